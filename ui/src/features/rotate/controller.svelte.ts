import type { ApiError, LinkView, NewValue, ValueShape, WrittenView } from '$lib/bindings';
import { apiError } from '$lib/errors';
import type { Platform } from '$lib/platform';

export interface RotateTarget {
  project: string;
  environment: string;
  name: string;
}

/** One rotation by hand. The pasted value passes through and is not kept. */
export class RotateController {
  way = $state<'paste' | 'generate'>('paste');
  shape = $state<ValueShape>('password');
  busy = $state(false);
  failure = $state<ApiError | null>(null);
  written = $state.raw<WrittenView | null>(null);
  /** The version that becomes previous. */
  version = $state<number | null>(null);
  links = $state.raw<LinkView[]>([]);
  /** What the new value should be, where that is known. */
  kind = $state<string | null>(null);

  readonly target: RotateTarget;
  #platform: Platform;

  constructor(platform: Platform, target: RotateTarget) {
    this.#platform = platform;
    this.target = target;
  }

  /** Reads what the rotation would touch. */
  async prepare(): Promise<void> {
    try {
      const view = await this.#platform.call('inspect', this.target);
      this.version = view.versions.find((each) => each.stage === 'current')?.number ?? null;
      this.links = view.links;
      this.kind = view.kind.family === 'plain' ? null : view.kind.kind;
    } catch (thrown) {
      this.failure = apiError(thrown);
    }
  }

  /** Replaces the value; `false` if it did not happen. */
  async rotate(pasted: string): Promise<boolean> {
    const value: NewValue = this.way === 'paste' ? { pasted } : { generated: this.shape };
    this.busy = true;
    this.failure = null;
    try {
      this.written = await this.#platform.call('rotate', { ...this.target, value });
      return true;
    } catch (thrown) {
      this.failure = apiError(thrown);
      return false;
    } finally {
      this.busy = false;
    }
  }
}
