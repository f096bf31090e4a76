import type { ApiError, LinkRequest, LinkState, LinkView } from '$lib/bindings';
import { apiError } from '$lib/errors';
import type { Platform } from '$lib/platform';

/** Whether a person should look at a link. */
export function needsLook(state: LinkState): boolean {
  return state !== 'current';
}

/** Linked folders, and what is on disk compared to the vault. Holds no value. */
export class LinksController {
  links = $state.raw<LinkView[] | null>(null);
  failure = $state<ApiError | null>(null);
  selected = $state<string | null>(null);
  busy = $state(false);

  #platform: Platform;

  constructor(platform: Platform) {
    this.#platform = platform;
  }

  badge: number = $derived((this.links ?? []).filter((each) => needsLook(each.state)).length);

  current: LinkView | undefined = $derived(this.links?.find((each) => each.id === this.selected));

  async load(): Promise<void> {
    try {
      this.links = (await this.#platform.call('links', {})).links;
      this.failure = null;
    } catch (thrown) {
      this.failure = apiError(thrown);
    }
  }

  /** Writes a link's file again. Rejects with an `ApiError`. */
  write(link: string, overwriteDrift: boolean): Promise<LinkView> {
    return this.#change(() =>
      this.#platform.call('write_link', { link, overwrite_drift: overwriteDrift }),
    );
  }

  /** Takes a drifted file's values into the vault. Rejects with an `ApiError`. */
  take(link: string): Promise<LinkView> {
    return this.#change(() => this.#platform.call('take_drift', { link }));
  }

  /** Adds the file to `.gitignore`. Rejects with an `ApiError`. */
  ignore(link: string): Promise<LinkView> {
    return this.#change(() => this.#platform.call('ignore_in_git', { link }));
  }

  /** Forgets a link; its file stays. Rejects with an `ApiError`. */
  async unlink(link: string): Promise<void> {
    await this.#change(() => this.#platform.call('unlink', { link }));
    this.selected = null;
  }

  /** Links a folder and shows it. Rejects with an `ApiError`. */
  async add(request: LinkRequest): Promise<LinkView> {
    const link = await this.#change(() => this.#platform.call('link', request));
    this.selected = link.id;
    return link;
  }

  async #change<T>(run: () => Promise<T>): Promise<T> {
    this.busy = true;
    try {
      return await run();
    } finally {
      await this.load();
      this.busy = false;
    }
  }
}
