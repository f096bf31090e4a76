import type { EditEnvironmentRequest, OperationView } from '../bindings';
import type { Handlers, MemoryProject } from './memory-data';
import { refuse } from './memory-import';

type Names = 'edit_environment' | 'edit_project' | 'operations' | 'undo' | 'redo';

interface Step {
  sequence: number;
  what: string;
  projects: MemoryProject[];
}

const SAMPLE_OPERATIONS = 120;
const HOUR = 3_600_000;

/** What edits environments and projects, and takes back, over the projects that `world` holds. */
export class MemoryDomain {
  #world: { projects: MemoryProject[] };
  #done: Step[] = [];
  #undone: Step[] = [];
  /** Oldest first; an operation's sequence is its place. */
  #log: OperationView[] = [];

  constructor(world: { projects: MemoryProject[] }) {
    this.#world = world;
  }

  /** Invents a past, which can't be taken back here. */
  remembersSample(): void {
    for (let index = 0; index < SAMPLE_OPERATIONS; index++)
      this.#note(
        `HF_TOKEN in dev of churn-model`,
        true,
        Date.now() - (SAMPLE_OPERATIONS - index) * 5 * HOUR,
      );
  }

  /** Keeps what is so before a change. */
  remember(what: string): void {
    this.#done.push(this.#now(what, this.#note(what, true)));
    this.#undone = [];
  }

  #note(what: string, can_undo: boolean, at = Date.now()): number {
    const sequence = this.#log.length;
    this.#log.push({ sequence, at, device: 'thinkpad-7', what, undone: false, can_undo });
    return sequence;
  }

  #now(what: string, sequence: number): Step {
    return { sequence, what, projects: structuredClone(this.#world.projects) };
  }

  #turn(from: Step[], to: Step[], words: string) {
    const step = from.pop() ?? refuse('not_found', 'There is nothing to take back.');
    to.push(this.#now(step.what, step.sequence));
    this.#world.projects = step.projects;
    const noted = this.#log[step.sequence];
    if (noted) {
      noted.undone = to === this.#undone;
      noted.can_undo = !noted.undone;
    }
    this.#note(`${words}: ${step.what}`, false);
    return { sequence: step.sequence, what: step.what, links: [] };
  }

  #project(name: string): MemoryProject {
    return (
      this.#world.projects.find((each) => each.view.name === name) ??
      refuse('not_found', `There is no project ${name}.`, 'Choose one from the list.')
    );
  }

  #environment(project: string, name: string) {
    return (
      this.#project(project).view.environments.find((each) => each.name === name) ??
      refuse('not_found', `${project} has no environment ${name}.`)
    );
  }

  /** Refuses what would let a value of a protected environment out. */
  release(request: { project: string; environment: string; confirmed?: boolean }): void {
    const environment = this.#environment(request.project, request.environment);
    if (environment.protected && !request.confirmed)
      refuse('protected', `${environment.name} is protected.`, 'Agree to it.');
  }

  /** The one that this environment inherits from, once its own values may leave. */
  #released(project: string, environment: string, confirmed?: boolean): string | null {
    this.release({ project, environment, confirmed });
    return this.#environment(project, environment).inherits;
  }

  #editEnvironment(request: EditEnvironmentRequest): void {
    const held = this.#project(request.project);
    const it = this.#environment(request.project, request.environment);
    const { rename, protect, inherit, position, remove } = request;
    if (rename !== null && held.view.environments.some((each) => each.name === rename))
      refuse('exists', `There is an environment ${rename} already.`, 'Choose another name.');
    for (let from = inherit; from; from = this.#environment(request.project, from).inherits)
      if (from === it.name)
        refuse('invalid_input', `${it.name} would have its own values.`, 'Choose another one.');
    if (inherit && inherit !== it.inherits)
      for (let from: string | null = inherit; from;)
        from = this.#released(request.project, from, request.confirmed);
    this.remember(`edited ${it.name} of ${request.project}`);
    if (protect !== null) it.protected = protect;
    if (inherit !== null) it.inherits = inherit || null;
    if (rename !== null) {
      for (const secret of held.secrets) {
        const { [it.name]: cell, ...others } = secret.cells;
        if (cell) secret.cells = { ...others, [rename]: cell };
      }
      for (const each of held.view.environments)
        if (each.inherits === it.name) each.inherits = rename;
      it.name = rename;
    }
    const others = held.view.environments.filter((each) => each !== it);
    if (position !== null) held.view.environments = others.toSpliced(position, 0, it);
    if (remove) {
      held.view.environments = others;
      for (const secret of held.secrets)
        secret.cells = Object.fromEntries(
          Object.entries(secret.cells).filter(([name]) => name !== it.name),
        );
    }
  }

  handlers: Pick<Handlers, Names> = {
    edit_environment: (request) => {
      this.#editEnvironment(request);
      return { links: [] };
    },
    edit_project: ({ project, rename, remove }) => {
      const held = this.#project(project);
      if (rename !== null && this.#world.projects.some((each) => each.view.name === rename))
        refuse('exists', `There is a project ${rename} already.`, 'Choose another name.');
      this.remember(`edited ${project}`);
      if (rename !== null) held.view.name = rename;
      if (remove) this.#world.projects = this.#world.projects.filter((each) => each !== held);
      return { links: [] };
    },
    operations: ({ limit, before }) => ({
      operations: this.#log
        .filter((each) => before === null || each.sequence < before)
        .reverse()
        .slice(0, limit),
    }),
    undo: ({ sequence }) => {
      if (sequence !== null && this.#done.at(-1)?.sequence !== sequence)
        refuse(
          'changed_since',
          'What it changed was changed again since.',
          'Take back the later change first.',
        );
      return this.#turn(this.#done, this.#undone, 'took back');
    },
    redo: () => this.#turn(this.#undone, this.#done, 'made again'),
  };
}
