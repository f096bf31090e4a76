import type { ApiError, Dialect, ProjectView } from '$lib/bindings';
import { apiError } from '$lib/errors';
import type { WorkbenchController } from '../workbench/controller.svelte';

/** Which environment goes out, for which reader: what linking and saving share. Holds no value. */
export class Outgoing {
  project = $state('');
  environment = $state('');
  dialect = $state<Dialect>('dotenv');
  busy = $state(false);
  failure = $state<ApiError | null>(null);
  readonly projects: ProjectView[];

  constructor(bench: WorkbenchController) {
    this.projects = bench.projects ?? [];
    this.project = bench.current ?? '';
    this.environment = bench.environment ?? bench.environments[0]?.name ?? 'dev';
  }

  target: { project: string; environment: string; dialect: Dialect } = $derived({
    project: this.project.trim(),
    environment: this.environment.trim(),
    dialect: this.dialect,
  });

  get ready(): boolean {
    return this.target.project !== '' && this.target.environment !== '';
  }

  /** Runs the one thing the dialog is for; what it throws stays as `failure`. */
  async run(work: () => Promise<void>): Promise<void> {
    this.busy = true;
    this.failure = null;
    try {
      await work();
    } catch (thrown) {
      this.failure = apiError(thrown);
    } finally {
      this.busy = false;
    }
  }
}
