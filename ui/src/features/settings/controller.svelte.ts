import type {
  ApiError,
  Choices,
  Present,
  PresetView,
  RecoveryKitView,
  SettingsView,
  SlotKind,
  SlotView,
} from '$lib/bindings';
import { apiError } from '$lib/errors';
import type { Platform } from '$lib/platform';

/** What was chosen about the vault, and the ways to unlock it. Holds no passphrase and no words. */
export class SettingsController {
  settings = $state.raw<SettingsView | null>(null);
  slots = $state.raw<SlotView[] | null>(null);
  failure = $state.raw<ApiError | null>(null);
  /** A preset that is looked at before it holds. */
  preview = $state.raw<PresetView | null>(null);

  #platform: Platform;

  constructor(platform: Platform) {
    this.#platform = platform;
  }

  get chosen(): Choices | null {
    return this.settings?.chosen ?? null;
  }

  /** The preset that holds now, if one does. */
  get preset(): PresetView | null {
    const chosen = this.chosen;
    return (chosen && this.settings?.presets.find((each) => same(each.choices, chosen))) ?? null;
  }

  slot(kind: SlotKind): SlotView | null {
    return this.slots?.find((each) => each.kind === kind) ?? null;
  }

  async load(): Promise<void> {
    try {
      const [settings, slots] = await Promise.all([
        this.#platform.call('settings', {}),
        this.#platform.call('slots', {}),
      ]);
      this.settings = settings;
      this.slots = slots.slots;
      this.failure = null;
    } catch (thrown) {
      this.failure = apiError(thrown);
    }
  }

  /** Rejects with an `ApiError`. */
  async choose(change: Partial<Choices>): Promise<void> {
    if (!this.chosen) return;
    const choices = { ...this.chosen, ...change };
    this.settings = await this.#platform.call('change_settings', { choices });
    this.preview = null;
  }

  /** Rejects with an `ApiError`. */
  async changePassphrase(
    present: Present,
    next: string,
    keyFile: 'keep' | 'without' | { make: string },
    compromised: boolean,
  ): Promise<string> {
    const kdf = await this.#platform.call('change_passphrase', {
      present,
      new: next,
      key_file: keyFile,
      kdf: null,
      compromised,
    });
    await this.load();
    return kdf.words;
  }

  /** Rejects with an `ApiError`. */
  newKit(present: Present): Promise<RecoveryKitView> {
    return this.#platform.call('new_recovery_kit', { present });
  }

  /** Rejects with an `ApiError`. */
  async confirmKit(answer: string): Promise<void> {
    this.slots = (await this.#platform.call('confirm_recovery_kit', { answer })).slots;
  }

  /** Rejects with an `ApiError`. */
  async addKeyring(present: Present): Promise<void> {
    this.slots = (await this.#platform.call('add_keyring', { present })).slots;
  }

  /** Rejects with an `ApiError`. */
  async remove(kind: SlotKind, present: Present, compromised: boolean): Promise<void> {
    this.slots = (await this.#platform.call('remove_slot', { kind, present, compromised })).slots;
  }

  /** Writes a backup where a person says; `null` when the person cancels. Rejects with an `ApiError`. */
  async backUp(vault: string): Promise<{ path: string; values: number; events: number } | null> {
    const path = await this.#platform.pickSave(`${vault}.keystead-backup`);
    return path === null ? null : this.#platform.call('backup', { path });
  }
}

function same(one: Choices, other: Choices): boolean {
  return (
    one.idle_seconds === other.idle_seconds &&
    one.lock_on_sleep === other.lock_on_sleep &&
    one.lock_on_screen_lock === other.lock_on_screen_lock &&
    one.clipboard_seconds === other.clipboard_seconds
  );
}
