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
import { Picked } from '../batch/picked.svelte';
import { asked, stays, stillThere } from './rows';

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
  /** The one environment shown, or all. */
  environment = $state<string | null>(null);
  selection = $state.raw<Selection | null>(null);
  inspected = $state.raw<SecretView | null>(null);
  inspectFailure = $state<ApiError | null>(null);
  /** What several things are done to at once. */
  readonly picked = new Picked();
  /** Grows when somebody asks by shortcut that the value be shown or hidden. */
  revealAsked = $state(0);

  #platform: Platform;
  #filter = $state('');
  #found = $state.raw<{ matrix: MatrixView; rows: MatrixRowView[] } | null>(null);
  #filterTurn = 0;
  #matrixTurn = 0;
  #inspectTurn = 0;

  constructor(platform: Platform) {
    this.#platform = platform;
  }

  /** Words and filters that rows have to match, as they were typed. */
  get filter(): string {
    return this.#filter;
  }

  set filter(words: string) {
    this.#filter = words;
    void this.#find();
  }

  /** The rows that are shown. Until an answer is there, those of the one before. */
  rows: MatrixRowView[] = $derived.by(() => {
    const all = this.matrix?.rows ?? [];
    if (this.#found === null) return all;
    return this.#found.matrix === this.matrix
      ? this.#found.rows
      : stillThere(this.#found.rows, all);
  });

  /** Names of what is picked, in the order shown. */
  pickedNames: string[] = $derived(
    this.picked.size === 0
      ? []
      : this.rows.map((row) => row.name).filter((name) => this.picked.has(name)),
  );

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
      const id = this.project?.id;
      const view = await this.#platform.call('projects', {});
      this.space = view.space;
      this.projects = view.projects;
      this.failure = null;
      this.current = (stays(view.projects, this.current, id) ?? view.projects[0])?.name ?? null;
      await this.loadMatrix();
    } catch (thrown) {
      this.failure = apiError(thrown);
    }
  }

  async loadMatrix(again = true): Promise<void> {
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
      await this.#find(again);
    } catch (thrown) {
      if (turn === this.#matrixTurn) this.failure = apiError(thrown);
    }
  }

  /** Goes on with a secret under its new name, or lets go of one that is gone. */
  #keepSelection(before: MatrixView | null): void {
    const places = this.environments;
    const same = before?.project.id === this.matrix?.project.id;
    const environmentNow = (name: string | null) =>
      stays(places, name, before?.project.environments.find((each) => each.name === name)?.id)
        ?.name ?? null;
    this.environment = same ? environmentNow(this.environment) : null;
    if (!same) this.picked.clear();
    if (!same || !before || this.selection === null) return;
    const place = environmentNow(this.selection.environment);
    if (place === null) return this.close();
    this.selection = { ...this.selection, environment: place };
    const { name } = this.selection;
    const rows = this.matrix?.rows ?? [];
    const was = before.rows.find((row) => row.name === name);
    if (!was) return;
    const now = rows.find((row) => row.secret === was.secret);
    if (now) this.follow(name, now.name);
    else if (!rows.some((row) => row.name === name)) this.close();
  }

  /** A secret got another name: whoever looks at it goes on looking. */
  follow(from: string, to: string): void {
    if (this.selection?.name === from) this.selection = { ...this.selection, name: to };
  }

  /** Asks which rows match. Where the host knows of other rows, they are read once more. */
  async #find(again = true): Promise<void> {
    const turn = ++this.#filterTurn;
    const matrix = this.matrix;
    const query = asked(this.#filter);
    try {
      if (matrix === null || query === '') this.#found = null;
      else {
        const request = { project: matrix.project.name, query };
        const view = await this.#platform.call('filter', request);
        // A later key was faster.
        if (turn !== this.#filterTurn) return;
        if (view.of !== matrix.rows.length && again) return await this.loadMatrix(false);
        this.#found = { matrix, rows: view.rows.flatMap((at) => matrix.rows[at] ?? []) };
      }
      this.picked.keep(this.rows);
    } catch (thrown) {
      const failure = apiError(thrown);
      // Half a filter, such as "due:x", is not worth a word: the next key may complete it.
      if (turn === this.#filterTurn && failure.code !== 'invalid_input') this.failure = failure;
    }
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
      this.picked.clear();
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
