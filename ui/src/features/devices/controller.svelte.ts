import type { ApiError, DevicesView, EnrolDeviceRequest, WelcomeView } from '$lib/bindings';
import { apiError } from '$lib/errors';
import type { Platform } from '$lib/platform';

/** The machines of whoever the vault is of. Holds no code, no request and no welcome. */
export class DevicesController {
  view = $state.raw<DevicesView | null>(null);
  failure = $state.raw<ApiError | null>(null);

  #platform: Platform;

  constructor(platform: Platform) {
    this.#platform = platform;
  }

  async load(): Promise<void> {
    try {
      this.view = await this.#platform.call('devices', {});
      this.failure = null;
    } catch (thrown) {
      this.failure = apiError(thrown);
    }
  }

  /** Rejects with an `ApiError`. */
  enrol(request: EnrolDeviceRequest): Promise<WelcomeView> {
    return this.#platform.call('enrol_device', request);
  }

  /** What it leaves is read with everything that changed. Rejects with an `ApiError`; then some spaces may be done. */
  async revoke(device: string): Promise<void> {
    try {
      await this.#platform.call('revoke_own_device', { device });
    } catch (thrown) {
      await this.load();
      throw thrown;
    }
  }
}
