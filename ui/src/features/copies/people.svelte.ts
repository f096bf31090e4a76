import type { ApiError, ContactView } from '$lib/bindings';
import { apiError } from '$lib/errors';
import type { Platform } from '$lib/platform';

/** Everybody whose card is kept. */
export class People {
  contacts = $state.raw<ContactView[] | null>(null);
  failure = $state.raw<ApiError | null>(null);
  #platform: Platform;

  constructor(platform: Platform) {
    this.#platform = platform;
  }

  async load() {
    try {
      this.contacts = (await this.#platform.call('contacts', {})).contacts;
      this.failure = null;
    } catch (thrown) {
      this.failure = apiError(thrown);
    }
  }

  async pin(text: string) {
    this.contacts = (await this.#platform.call('pin_card', { text })).contacts;
  }

  async verify(name: string, number: string) {
    this.contacts = (await this.#platform.call('verify_contact', { name, number })).contacts;
  }

  async forget(name: string) {
    this.contacts = (await this.#platform.call('forget_contact', { name })).contacts;
  }
}
