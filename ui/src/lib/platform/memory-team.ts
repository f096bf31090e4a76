import type {
  ConflictView,
  DeviceView,
  KnownValueView,
  MemberView,
  MembersView,
  ProblemView,
  ReleaseRuleView,
  RemovalView,
  RoleView,
  SpaceView,
  SpacesView,
  SyncView,
} from '../bindings';
import { memoryCard, numberOf, type MemoryCopies } from './memory-copies';
import type { Handlers, MemoryProject } from './memory-data';
import { refuse } from './memory-import';
import { placesAround, rulesAround, withRule } from './memory-releases';
import { sampleQr } from './memory-slots';
import {
  memoryMember,
  memoryRole,
  sampleConflicts,
  sampleMembers,
  sampleReleases,
  sampleRemote,
  sampleTeamProjects,
  type TeamSample,
} from './memory-team-sample';
import { currentOf } from './memory-values';

type Names =
  | 'spaces'
  | 'create_space'
  | 'enter_space'
  | 'members'
  | 'invite'
  | 'save_invite'
  | 'read_invite'
  | 'accept_invite'
  | 'grant'
  | 'take_back'
  | 'plan_removal'
  | 'remove_member'
  | 'revoke_device'
  | 'set_remote'
  | 'forget_remote'
  | 'conflicts'
  | 'explain'
  | 'releases'
  | 'set_release'
  | 'settle'
  | 'sync'
  | 'safety_number'
  | 'verify_contact';

const INVITE = '-----BEGIN KEYSTEAD INVITE-----';
const END = '-----END KEYSTEAD INVITE-----';
/** What is made here to go somewhere else. */
const GOES_OUT = /^-----BEGIN KEYSTEAD (INVITE|REQUEST|WELCOME)-----/;

/** What a space holds that is not worked in just now. */
interface Held {
  projects: MemoryProject[];
  members: MemberView[];
  conflicts: ConflictView[];
  releases: ReleaseRuleView[];
}

/** The narrowest place that says something of the member there; an owner further out stays one. */
function deciding(member: MemberView, place: string): string | null {
  const said = placesAround(place).filter((at) => member.roles.some((role) => role.place === at));
  const owned = said.find((at) =>
    member.roles.some((role) => role.place === at && role.role === 'owner'),
  );
  return owned ?? said[0] ?? null;
}

function roleIn(member: MemberView, place: string): string | null {
  const at = deciding(member, place);
  return member.roles.find((role) => role.place === at)?.role ?? null;
}

/** Spaces that several people write in. */
export class MemoryTeam {
  spaces: SpaceView[] = [
    {
      id: '0'.repeat(64),
      name: 'Personal',
      shared: false,
      entered: true,
      unpublished: 0,
      remote: null,
    },
  ];
  members: MemberView[] = [];
  conflicts: ConflictView[] = [];
  releases: ReleaseRuleView[] = [];
  readonly files = new Set<string>();
  /** What the next sync complains about. */
  problems: ProblemView[] = [];
  #held = new Map<string, Held>();
  #world: { projects: MemoryProject[] };
  #copies: MemoryCopies;

  constructor(world: { projects: MemoryProject[] }, copies: MemoryCopies) {
    this.#world = world;
    this.#copies = copies;
  }

  /** The name of the space that is worked in. */
  get name(): string {
    return this.spaces.find((space) => space.entered)?.name ?? 'Personal';
  }

  /** Begins in a space for several people, as the sample says. */
  begin(sample: TeamSample, now: number): void {
    this.#add('Acme ML');
    const space = this.#entered();
    space.unpublished = sample === 'trouble' ? 3 : 0;
    if (sample === 'alone') return;
    this.#world.projects = sampleTeamProjects(now);
    this.members = sampleMembers(now);
    this.conflicts = sampleConflicts(now);
    this.releases = sampleReleases();
    space.remote = sampleRemote(now, sample === 'trouble');
    if (sample === 'trouble')
      this.problems = [
        {
          message: 'ana-mbp says two different things about the same moment.',
          hint: 'Ask Ana Cruz whether the machine was restored from a copy. What came after the split does not count.',
          alarming: true,
        },
        {
          message: '2 changes of ines-x1 are on their way.',
          hint: 'They come in with one of the next syncs.',
          alarming: false,
        },
      ];
  }

  /** The own devices in each space that is shared, by its name. */
  ownIn(): { name: string; devices: DeviceView[] }[] {
    return this.#own().map(({ space, own }) => ({ name: space.name, devices: own.devices }));
  }

  #own(): { space: SpaceView; own: MemberView }[] {
    return this.spaces.flatMap((space) => {
      const members = space.entered ? this.members : (this.#held.get(space.id)?.members ?? []);
      const own = members.find((member) => member.trust === 'own');
      return space.shared && own ? [{ space, own }] : [];
    });
  }

  /** Brings another own device into every space that is shared; which these are, by name. */
  addDevice(device: DeviceView): string[] {
    for (const { space, own } of this.#own()) {
      own.devices = [...own.devices.filter(({ id }) => id !== device.id), device];
      space.unpublished += 1;
    }
    return this.#own().map(({ space }) => space.name);
  }

  dropDevice(id: string): void {
    for (const { space, own } of this.#own()) {
      const left = own.devices.filter((device) => device.id !== id);
      if (left.length < own.devices.length) space.unpublished += 1;
      own.devices = left;
    }
  }

  /** Comes into spaces that another own device is in; the own one is worked in. */
  joinAs(names: string[], devices: DeviceView[]): SpacesView {
    for (const name of names) {
      this.#add(name);
      this.#entered().remote = { ...sampleRemote(0, false), last_ok: null, requests: 0 };
      for (const { own } of this.#own()) own.devices = devices;
    }
    const home = this.spaces.find((space) => !space.shared);
    return home ? this.#enter(home) : this.#spaces();
  }

  #spaces(): SpacesView {
    return { spaces: this.spaces.map((space) => ({ ...space })) };
  }

  #entered(): SpaceView {
    const entered = this.spaces.find((space) => space.entered && space.shared);
    return (
      entered ??
      refuse(
        'invalid_input',
        'The vault’s own space is for its owner alone.',
        'Make a space for the team.',
      )
    );
  }

  #members(): MembersView {
    return { space: this.#entered().name, members: this.members };
  }

  #member(name: string): MemberView {
    const found = this.members.find((one) => one.name === name || one.fingerprint === name);
    return found ?? refuse('not_found', `There is no member ${name}.`, 'Look at who is in.');
  }

  /** Refuses what is not this identity's to do there. */
  #owns(place: string): void {
    const own = this.members.find((one) => one.trust === 'own');
    if (own && roleIn(own, place) === 'owner') return;
    refuse(
      'role',
      `Only an owner of ${place === 'space' ? 'the space' : place} may do that.`,
      'Ask one of them.',
    );
  }

  #enter(space: SpaceView): SpacesView {
    const before = this.spaces.find((one) => one.entered);
    if (before && before !== space) {
      const { members, conflicts, releases } = this;
      this.#held.set(before.id, { projects: this.#world.projects, members, conflicts, releases });
      const held = this.#held.get(space.id);
      this.#world.projects = held?.projects ?? [];
      this.members = held?.members ?? [];
      this.conflicts = held?.conflicts ?? [];
      this.releases = held?.releases ?? [];
    }
    for (const one of this.spaces) one.entered = one === space;
    return this.#spaces();
  }

  #add(name: string): SpacesView {
    const space: SpaceView = {
      id: String(this.spaces.length).repeat(64),
      name,
      shared: true,
      entered: false,
      unpublished: 1,
      remote: null,
    };
    this.spaces.push(space);
    this.#enter(space);
    this.members = [memoryMember(this.#copies.name, 'own', [memoryRole('space', 'owner')])];
    return this.#spaces();
  }

  #known(member: MemberView): KnownValueView[] {
    return this.#world.projects.flatMap(({ view, secrets }) =>
      view.environments
        .filter(({ name }) => roleIn(member, `${view.name}/${name}`) !== null)
        .flatMap(({ name: environment }) =>
          secrets.flatMap((secret) => {
            if (!currentOf(secret, environment)) return [];
            const number = secret.cells[environment]?.values.length ?? 1;
            return [{ project: view.name, environment, name: secret.name, number }];
          }),
        ),
    );
  }

  #plan(name: string): RemovalView {
    const member = this.#member(name);
    const values = this.#known(member);
    const places = new Set(values.map(({ project, environment }) => `${project}/${environment}`));
    const projects = new Set(values.map(({ project }) => project));
    const { remote } = this.#entered();
    return {
      member,
      // The space has one too.
      keys: 1 + projects.size + places.size,
      values,
      files: values.filter(({ name: of }) => /SIGNING|PRIVATE/.test(of)).length,
      storage: remote?.keys ? remote.place : null,
    };
  }

  #settle(member: MemberView, { place, role, expires }: RoleView) {
    member.roles = [...member.roles.filter((one) => one.place !== place), { place, role, expires }];
    this.#entered().unpublished += 1;
  }

  readonly handlers: Pick<Handlers, Names> = {
    spaces: () => this.#spaces(),
    create_space: ({ name }) => {
      if (name.trim() === '') refuse('invalid_input', 'That is no name of a space.', 'Type one.');
      return this.#add(name.trim());
    },
    enter_space: ({ space }) => {
      const found = this.spaces.find((one) => one.name === space || one.id.startsWith(space));
      return found
        ? this.#enter(found)
        : refuse('not_found', `There is no space ${space}.`, 'Choose one that is listed.');
    },
    members: () => this.#members(),
    invite: ({ card, grants, with_keys }) => {
      for (const { place } of grants) this.#owns(place);
      const name = card.trim().split('\n')[1] ?? '';
      this.members.push(
        memoryMember(
          name,
          'pinned',
          grants.map(({ place, role, expires }) => memoryRole(place, role, expires)),
        ),
      );
      return { name, invites: [`${INVITE}\n${this.name}\n${END}\n`], with_keys };
    },
    save_invite: ({ text, path, overwrite }) => {
      if (!GOES_OUT.test(text))
        refuse('invalid_input', 'This is not the text of an invite.', 'Copy all of it.');
      if (this.files.has(path) && !overwrite)
        refuse('exists', `There is a file ${path} already.`, 'Choose another name, or replace it.');
      this.files.add(path);
      return { path };
    },
    read_invite: ({ text }) => {
      const [begin, space = ''] = text.trim().split('\n');
      const from = memoryCard('Ben');
      return begin === INVITE
        ? {
            space,
            from,
            safety_number: numberOf(from),
            trust: 'introduced',
            place: 's3://lab-keystead/team',
            with_keys: true,
          }
        : refuse('invalid_input', 'This is not the text of an invite.', 'Copy all of it.');
    },
    accept_invite: ({ text }) => {
      this.#add(text.trim().split('\n')[1] ?? 'team');
      this.members = [
        memoryMember(this.#copies.name, 'own', [memoryRole('space', 'reader')]),
        memoryMember('Ben', 'introduced', [memoryRole('space', 'owner')]),
      ];
      return this.#spaces();
    },
    grant: ({ member: name, grant }) => {
      this.#owns(grant.place);
      const member = this.#member(name);
      if (member.trust === 'changed')
        refuse(
          'not_allowed',
          `The card of ${member.name} carries another identity key.`,
          'Compare the safety number first.',
        );
      this.#settle(member, grant);
      return this.#members();
    },
    take_back: ({ member: name, place, left }) => {
      this.#owns(place);
      this.#settle(this.#member(name), { place, role: left, expires: null });
      return this.#members();
    },
    plan_removal: ({ member: name }) => this.#plan(name),
    remove_member: ({ member: name }) => {
      this.#owns('space');
      const plan = this.#plan(name);
      this.members = this.members.filter((one) => one !== plan.member);
      this.#entered().unpublished += 1;
      return plan;
    },
    revoke_device: ({ device }) => {
      for (const one of this.members)
        one.devices = one.devices.filter((of) => of.id !== device && of.name !== device);
      return this.#members();
    },
    set_remote: ({ place, keys }) => {
      if (!/^(s3:\/\/[^/?]|[/\\]|[A-Z]:)/.test(place))
        refuse(
          'invalid_input',
          `${place} is no place for a space.`,
          'Choose a folder or a bucket.',
        );
      this.#entered().remote = {
        place,
        keys,
        last_ok: null,
        problem: null,
        requests: 0,
        received: 0,
        sent: 0,
      };
      return this.#spaces();
    },
    forget_remote: () => {
      this.#entered().remote = null;
      return this.#spaces();
    },
    explain: ({ member: name, place }) => {
      const member = this.#member(name);
      const at = deciding(member, place);
      const role = roleIn(member, place);
      const wide = at === 'space' ? 'the whole space' : at;
      const because =
        at === null
          ? 'nothing was ever given there, or in what it lies in'
          : role === null
            ? `Mara Lindt left nothing of it for ${wide}`
            : `Mara Lindt gave ${role} for ${wide}`;
      const release = rulesAround(this.releases, place);
      return { member: member.name, place, role, because, release };
    },
    releases: () => ({ rules: this.releases }),
    set_release: (request) => {
      this.#owns(request.place);
      this.releases = withRule(this.releases, request, this.members);
      this.#entered().unpublished += 1;
      return { rules: this.releases };
    },
    conflicts: () => ({ conflicts: this.conflicts }),
    settle: ({ id }) => {
      this.conflicts = this.conflicts.filter((one) => one.id !== id);
      return { conflicts: this.conflicts };
    },
    sync: (): SyncView => {
      const space = this.#entered();
      const { remote } = space;
      if (!remote)
        return refuse('storage', 'This space is kept nowhere yet.', 'Choose a storage for it.');
      const published = space.unpublished;
      space.unpublished = 0;
      Object.assign(remote, { last_ok: Date.now(), problem: null, requests: remote.requests + 3 });
      return {
        space: space.name,
        taken_in: 0,
        refused: 0,
        published,
        unreadable: 0,
        problems: this.problems,
        requests: 3,
        received: 4_096,
        sent: published * 2_048,
      };
    },
    // A member's name or digits do here what a kept card's name does.
    safety_number: (request) => {
      const member = this.#named(request.name);
      return member
        ? { number: numberOf(memoryCard(member.name)), qr: sampleQr() }
        : this.#copies.handlers.safety_number(request);
    },
    verify_contact: (request) => {
      const member = this.#named(request.name);
      if (member) {
        const card = memoryCard(member.name);
        this.#copies.handlers.pin_card({ text: card.text });
        const verified = this.#copies.handlers.verify_contact({ ...request, name: card.name });
        member.trust = 'verified';
        return verified;
      }
      return this.#copies.handlers.verify_contact(request);
    },
  };

  #named(name: string): MemberView | undefined {
    return this.members.find((one) => one.name === name || one.fingerprint === name);
  }
}
