import type { ApiError, EventView, VerifyAuditView } from '$lib/bindings';
import { apiError } from '$lib/errors';
import { day } from '$lib/format';
import type { Platform } from '$lib/platform';

const PAGE = 100;

export type AuditLine =
  { kind: 'day'; key: string; words: string } | { kind: 'event'; key: string; event: EventView };

/** The events of this vault, newest first, and what their verification said. */
export class AuditController {
  events = $state.raw<EventView[] | null>(null);
  total = $state(0);
  failure = $state<ApiError | null>(null);
  loading = $state(false);
  selected = $state<number | null>(null);
  verifying = $state(false);
  verified = $state.raw<VerifyAuditView | null>(null);
  verifyFailure = $state<ApiError | null>(null);

  #platform: Platform;

  constructor(platform: Platform) {
    this.#platform = platform;
  }

  lines: AuditLine[] = $derived.by(() => {
    const lines: AuditLine[] = [];
    let heading = '';
    for (const event of this.events ?? []) {
      const words = day(event.at);
      if (words !== heading) {
        heading = words;
        lines.push({ kind: 'day', key: `day-${event.position}`, words });
      }
      lines.push({ kind: 'event', key: `event-${event.position}`, event });
    }
    return lines;
  });

  current: EventView | undefined = $derived(
    this.events?.find((each) => each.position === this.selected),
  );

  get more(): boolean {
    return (this.events?.length ?? 0) < this.total;
  }

  async load(): Promise<void> {
    await this.#page(null);
  }

  async loadMore(): Promise<void> {
    await this.#page(this.events?.at(-1)?.position ?? null);
  }

  async verify(): Promise<void> {
    this.verifying = true;
    this.verifyFailure = null;
    try {
      this.verified = await this.#platform.call('verify_audit', {});
    } catch (thrown) {
      this.verified = null;
      this.verifyFailure = apiError(thrown);
    } finally {
      this.verifying = false;
    }
  }

  async #page(before: number | null): Promise<void> {
    if (this.loading) return;
    this.loading = true;
    try {
      const view = await this.#platform.call('audit', { limit: PAGE, before });
      this.events = before === null ? view.events : [...(this.events ?? []), ...view.events];
      this.total = view.total;
      this.failure = null;
    } catch (thrown) {
      this.failure = apiError(thrown);
    } finally {
      this.loading = false;
    }
  }
}
