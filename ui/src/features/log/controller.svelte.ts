import type { ApiError, OperationView } from '$lib/bindings';
import { apiError } from '$lib/errors';
import type { Platform } from '$lib/platform';

const PAGE = 60;

/** What was done to the space, newest first, as far as somebody scrolled. */
export class LogController {
  operations = $state.raw<OperationView[] | null>(null);
  failure = $state<ApiError | null>(null);
  /** Whether there may be older ones. */
  more = $state(true);
  #busy = false;
  #platform: Platform;

  constructor(platform: Platform) {
    this.#platform = platform;
  }

  /** The next older ones. */
  async older(): Promise<void> {
    if (this.#busy || !this.more) return;
    const known = this.operations ?? [];
    await this.#read(PAGE, known.at(-1)?.sequence ?? null, known);
  }

  /** All that is shown, again: something was taken back. */
  async again(): Promise<void> {
    await this.#read(Math.max(PAGE, (this.operations?.length ?? 0) + 1), null, []);
  }

  async #read(limit: number, before: number | null, known: OperationView[]): Promise<void> {
    this.#busy = true;
    try {
      const { operations } = await this.#platform.call('operations', { limit, before });
      this.operations = [...known, ...operations];
      this.more = operations.length === limit;
      this.failure = null;
    } catch (thrown) {
      this.failure = apiError(thrown);
    } finally {
      this.#busy = false;
    }
  }
}
