import type {
  ApiError,
  EnvironmentView,
  MatrixRowView,
  MatrixView,
  ProjectView,
  SecretView,
  VersionSelector,
  WrittenView,
} from '$lib/bindings';
import { apiError } from '$lib/errors';
import type { Platform } from '$lib/platform';
import { unique } from '$lib/unique';

export interface Selection {
  name: string;
  environment: string;
}

/** Projects, one project's matrix, and the secret under the inspector. Holds no value. */
export class WorkbenchController {
  space = $state('');
  projects = $state.raw<ProjectView[] | null>(null);
  current = $state<string | null>(null);
  matrix = $state.raw<MatrixView | null>(null);
  failure = $state<ApiError | null>(null);
  filter = $state('');
  /** The one environment shown, or all. */
  environment = $state<string | null>(null);
  selection = $state.raw<Selection | null>(null);
  inspected = $state.raw<SecretView | null>(null);
  inspectFailure = $state<ApiError | null>(null);
  /** Grows when somebody asks by shortcut that the value be shown or hidden. */
  revealAsked = $state(0);

  #platform: Platform;
  #matrixTurn = 0;
  #inspectTurn = 0;

  constructor(platform: Platform) {
    this.#platform = platform;
  }

  #searchable = $derived(
    (this.matrix?.rows ?? []).map((row) => `${row.name} ${row.kind.words}`.toLowerCase()),
  );

  rows: MatrixRowView[] = $derived.by(() => {
    const all = this.matrix?.rows ?? [];
    const words = this.filter.trim().toLowerCase().split(/\s+/).filter(Boolean);
    if (words.length === 0) return all;
    return all.filter((_, index) => words.every((word) => this.#searchable[index]?.includes(word)));
  });

  environments: EnvironmentView[] = $derived(this.matrix?.project.environments ?? []);

  shown: { environment: EnvironmentView; index: number }[] = $derived(
    this.environments
      .map((environment, index) => ({ environment, index }))
      .filter(({ environment }) => !this.environment || environment.name === this.environment),
  );

  /** The project's own entry, with its environments. */
  project: ProjectView | undefined = $derived(
    this.projects?.find((each) => each.name === this.current),
  );

  /** Every tag of the project, for whoever writes one. */
  tags: string[] = $derived(
    unique(this.matrix?.rows.flatMap((row) => row.tags) ?? []).sort((a, b) => a.localeCompare(b)),
  );

  /** Whether the secret under the inspector has a value of its own there. */
  get hasOwnValue(): boolean {
    return this.inspected?.versions.some((each) => each.stage === 'current') ?? false;
  }

  /** Whether it has one, be it inherited. */
  get hasValue(): boolean {
    return this.hasOwnValue || this.inspected?.inherited_from != null;
  }

  async load(): Promise<void> {
    try {
      const view = await this.#platform.call('projects', {});
      this.space = view.space;
      this.projects = view.projects;
      this.failure = null;
      const stays = view.projects.some((each) => each.name === this.current);
      if (!stays) this.current = view.projects[0]?.name ?? null;
      await this.loadMatrix();
    } catch (thrown) {
      this.failure = apiError(thrown);
    }
  }

  async loadMatrix(): Promise<void> {
    const turn = ++this.#matrixTurn;
    const project = this.current;
    if (project === null) {
      this.matrix = null;
      return;
    }
    try {
      const matrix = await this.#platform.call('matrix', { project });
      if (turn !== this.#matrixTurn) return;
      const before = this.matrix;
      this.matrix = matrix;
      this.#keepSelection(before);
      this.failure = null;
      if (!matrix.project.environments.some((each) => each.name === this.environment))
        this.environment = null;
    } catch (thrown) {
      if (turn === this.#matrixTurn) this.failure = apiError(thrown);
    }
  }

  /** Goes on with a secret under its new name, or lets go of one that is gone. */
  #keepSelection(before: MatrixView | null): void {
    const name = this.selection?.name;
    const rows = this.matrix?.rows ?? [];
    const was = before?.rows.find((row) => row.name === name);
    if (name === undefined || !was || before?.project.id !== this.matrix?.project.id) return;
    const now = rows.find((row) => row.secret === was.secret);
    if (now) this.follow(name, now.name);
    else if (!rows.some((row) => row.name === name)) this.close();
  }

  /** A secret got another name: whoever looks at it goes on looking. */
  follow(from: string, to: string): void {
    if (this.selection?.name === from) this.selection = { ...this.selection, name: to };
  }

  /** Everything on screen again, after something was written. */
  async refresh(): Promise<void> {
    await this.load();
    await this.#inspect();
  }

  async open(project: string): Promise<void> {
    if (project !== this.current) {
      this.current = project;
      this.matrix = null;
      this.filter = '';
      this.environment = null;
      this.close();
    }
    await this.loadMatrix();
  }

  /** Looks at one secret; at the first environment that has it, if none is named. */
  async select(name: string, environment?: string): Promise<void> {
    const row = this.matrix?.rows.find((each) => each.name === name);
    const first = this.environments.find((_, index) => row?.cells[index]?.version != null);
    const chosen = environment ?? this.environment ?? first?.name ?? this.environments[0]?.name;
    if (chosen === undefined) return;
    const same = this.selection?.name === name;
    this.selection = { name, environment: chosen };
    if (!same || this.inspected?.environment !== chosen) this.inspected = null;
    await this.#inspect();
  }

  close(): void {
    this.#inspectTurn++;
    this.selection = null;
    this.inspected = null;
    this.inspectFailure = null;
  }

  async copy(version: VersionSelector = 'current'): Promise<number> {
    const view = await this.#platform.call('copy', { ...this.#target(), version });
    await this.#inspect();
    return view.clears_after_seconds;
  }

  restore(version: VersionSelector): Promise<WrittenView> {
    return this.#platform.call('restore', { ...this.#target(), version });
  }

  /** Reads the secret under the inspector again: it was revealed, or a link moved. */
  async inspectAgain(): Promise<void> {
    await this.#inspect();
  }

  async createProject(name: string, environments: string[]): Promise<void> {
    await this.#platform.call('create_project', { name, environments });
    this.current = name;
    this.close();
    await this.load();
  }

  async createEnvironment(name: string): Promise<void> {
    if (this.current === null) return;
    await this.#platform.call('create_environment', { project: this.current, name });
    await this.load();
  }

  #target(): { project: string; environment: string; name: string } {
    return {
      project: this.current ?? '',
      environment: this.selection?.environment ?? '',
      name: this.selection?.name ?? '',
    };
  }

  async #inspect(): Promise<void> {
    if (this.selection === null) return;
    const turn = ++this.#inspectTurn;
    try {
      const view = await this.#platform.call('inspect', this.#target());
      if (turn !== this.#inspectTurn) return;
      this.inspected = view;
      this.inspectFailure = null;
    } catch (thrown) {
      if (turn !== this.#inspectTurn) return;
      this.inspected = null;
      this.inspectFailure = apiError(thrown);
    }
  }
}
