import type { MemberView, ProjectView, RoleView } from '$lib/bindings';

/** What a member may be somewhere, least first. */
export const ROLES = ['reader', 'editor', 'owner'] as const;

/** The place that every other one lies in. */
export const SPACE = 'space';

/** What a member may in a place, and where that is settled. */
export interface Standing {
  role: string | null;
  /** When it ends. */
  expires: number | null;
  /** The place whose word counts; `null` where nobody said anything. */
  from: string | null;
  /** Nothing for all of the place, but something for a part of it. */
  part: boolean;
}

const NOTHING: Standing = { role: null, expires: null, from: null, part: false };

/** The place and what it lies in, narrowest first: `a/b`, `a`, `space`. */
export function within(place: string): string[] {
  if (place === SPACE) return [place];
  const [project = ''] = place.split('/');
  return place === project ? [place, SPACE] : [place, project, SPACE];
}

/** What a member may in a place: the narrowest word counts, but an owner further out is one here too. */
export function standingIn(member: Pick<MemberView, 'roles'>, place: string): Standing {
  const said = within(place)
    .map((at) => member.roles.find((each) => each.place === at))
    .filter((each) => each !== undefined);
  const counts = said.find((each) => each.role === 'owner') ?? said[0];
  const found = counts
    ? { role: counts.role, expires: counts.expires, from: counts.place, part: false }
    : NOTHING;
  return found.role === null ? { ...found, part: inPart(member, place) } : found;
}

/** Nothing for all of a place may still be something for a part of it. */
function inPart(member: Pick<MemberView, 'roles'>, place: string): boolean {
  return member.roles.some(
    (each) => each.role !== null && (place === SPACE || each.place.startsWith(`${place}/`)),
  );
}

/** 0 for nothing, 3 for an owner. */
export function rank(role: string | null): number {
  return ROLES.findIndex((each) => each === role) + 1;
}

/** Whether that member may say there who may what. */
export function owns(member: MemberView | undefined, place: string): boolean {
  return member !== undefined && standingIn(member, place).role === 'owner';
}

/** "the whole space", "churn-model", "churn-model · prod". */
export function placeWords(place: string): string {
  return place === SPACE ? 'the whole space' : place.replace('/', ' · ');
}

/** Every place that a role can be given for, the widest first. */
export function placesOf(projects: ProjectView[]): string[] {
  return [SPACE, ...projects.flatMap((project) => placesOfProject(project))];
}

/** A project and its environments. */
export function placesOfProject({ name, environments }: ProjectView): string[] {
  return [name, ...environments.map((environment) => `${name}/${environment.name}`)];
}

/** The places where something is settled for a member, with those that are named beside them. */
export function settledPlaces(roles: RoleView[], beside: string[]): string[] {
  const places = new Set([SPACE, ...roles.map(({ place }) => place), ...beside]);
  const project = (place: string) => (place === SPACE ? '' : (place.split('/')[0] ?? ''));
  // Sorting keeps the order of environments: `beside` names them in theirs.
  return [...places].sort((a, b) => {
    if (project(a) !== project(b)) return project(a).localeCompare(project(b));
    return beside.includes(a) && beside.includes(b)
      ? beside.indexOf(a) - beside.indexOf(b)
      : a.localeCompare(b);
  });
}
