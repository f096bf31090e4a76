import type { ApiError } from './bindings';
import { apiError } from './errors';

/** The one thing a dialog is for: whether it runs, and why it failed. */
export class Attempt {
  busy = $state(false);
  failure = $state<ApiError | null>(null);

  /** Runs it once at a time; what it throws stays as `failure`. `false` if it did not happen. */
  async run(work: () => Promise<unknown>): Promise<boolean> {
    if (this.busy) return false;
    this.busy = true;
    this.failure = null;
    try {
      await work();
      return true;
    } catch (thrown) {
      const failure = apiError(thrown);
      // Whoever just refused to let a value out knows.
      if (failure.code !== 'protected') this.failure = failure;
      return false;
    } finally {
      this.busy = false;
    }
  }
}
