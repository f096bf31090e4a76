import type { HitView } from '../bindings';
import { UNSAID, type Handlers, type MemoryProject } from './memory-data';
import { refuse } from './memory-import';

type Names =
  | 'edit_secrets'
  | 'remove_secrets'
  | 'fill'
  | 'edit_environment'
  | 'edit_project'
  | 'operations'
  | 'undo'
  | 'redo'
  | 'search'
  | 'find_value';

interface Step {
  what: string;
  projects: MemoryProject[];
}

/** What edits, finds and takes back, over the projects that `world` holds. */
export class MemoryDomain {
  #world: { projects: MemoryProject[] };
  #done: Step[] = [];
  #undone: Step[] = [];

  constructor(world: { projects: MemoryProject[] }) {
    this.#world = world;
  }

  /** Keeps what is so before a change. */
  remember(what: string): void {
    this.#done.push(this.#now(what));
    this.#undone = [];
  }

  #now(what: string): Step {
    return { what, projects: structuredClone(this.#world.projects) };
  }

  #turn(from: Step[], to: Step[]) {
    const step = from.pop() ?? refuse('not_found', 'There is nothing to take back.');
    to.push(this.#now(step.what));
    this.#world.projects = step.projects;
    return { sequence: from.length, what: step.what, links: [] };
  }

  #environment(project: string, name: string) {
    const held = this.#world.projects.find((each) => each.view.name === project);
    return (
      held?.view.environments.find((each) => each.name === name) ??
      refuse('not_found', `${project} has no environment ${name}.`)
    );
  }

  /** Refuses what would let a value of a protected environment out. */
  release(request: { project: string; environment: string; confirmed?: boolean }): void {
    const environment = this.#environment(request.project, request.environment);
    if (environment.protected && !request.confirmed)
      refuse('protected', `${environment.name} is protected.`, 'Agree to it.');
  }

  #hits(query: string): HitView[] {
    const words = query.toLowerCase().split(/\s+/).filter(Boolean);
    return this.#world.projects.flatMap((held) =>
      held.secrets
        .filter((secret) => {
          const text = `${secret.name} ${held.view.name} ${secret.kind.words}`.toLowerCase();
          return words.every((word) => text.includes(word));
        })
        .map((secret) => ({
          project: held.view.name,
          secret: secret.id,
          name: secret.name,
          kind: secret.kind,
          ...UNSAID,
          environments: Object.keys(secret.cells),
        })),
    );
  }

  handlers: Pick<Handlers, Names> = {
    edit_secrets: () => refuse('not_allowed', 'There is no store here.'),
    remove_secrets: ({ project, names }) => {
      this.remember(`removed ${names.join(', ')}`);
      const held = this.#world.projects.find((each) => each.view.name === project);
      if (held) held.secrets = held.secrets.filter((each) => !names.includes(each.name));
      return { links: [] };
    },
    fill: () => refuse('not_allowed', 'There is no store here.'),
    edit_environment: ({ project, environment, protect }) => {
      this.remember(`protected ${environment}`);
      const held = this.#environment(project, environment);
      if (protect !== null) held.protected = protect;
      return { links: [] };
    },
    edit_project: () => refuse('not_allowed', 'There is no store here.'),
    operations: () => ({ operations: [] }),
    undo: () => this.#turn(this.#done, this.#undone),
    redo: () => this.#turn(this.#undone, this.#done),
    search: ({ query, limit }) => {
      const hits = this.#hits(query);
      return { hits: hits.slice(0, limit), total: hits.length };
    },
    find_value: () => ({ hits: [] }),
  };
}
