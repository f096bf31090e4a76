import type { ApiError, KdfView, LockView, StatusView } from '$lib/bindings';
import { apiError } from '$lib/errors';
import type { Platform } from '$lib/platform';

const TOUCH_EVERY_MS = 10_000;

/** Whether the vault is there and open, and how long it stays so. Holds no passphrase. */
export class SessionController {
  status = $state<StatusView | null>(null);
  /** Why the status could not be read at all. */
  failure = $state<ApiError | null>(null);
  /** After creation, until dismissed: what each guess costs. */
  kdf = $state<KdfView | null>(null);
  /** When the vault locks, by this window's clock. */
  locksAt = $state<number | null>(null);
  /** When the clipboard is cleared, by this window's clock. */
  clipboardClearsAt = $state<number | null>(null);

  #platform: Platform;
  #touchedAt = 0;

  constructor(platform: Platform) {
    this.#platform = platform;
  }

  get unlocked(): boolean {
    return this.status?.state === 'unlocked';
  }

  async refresh(): Promise<void> {
    try {
      this.#take(await this.#platform.call('status', {}));
      this.failure = null;
    } catch (thrown) {
      this.failure = apiError(thrown);
    }
  }

  /** Makes the vault at the host's place. Rejects with an `ApiError`. */
  async create(passphrase: string): Promise<void> {
    const created = await this.#platform.call('create_vault', {
      path: null,
      passphrase,
      kdf: null,
    });
    this.kdf = created.kdf;
    this.#take(created.status);
  }

  /** Rejects with an `ApiError`. */
  async unlock(passphrase: string, keyFile: string | null = null): Promise<void> {
    this.#take(await this.#platform.call('unlock', { passphrase, key_file: keyFile }));
  }

  /** Rejects with an `ApiError`. */
  async unlockWithKeyring(): Promise<void> {
    this.#take(await this.#platform.call('unlock_with_keyring', {}));
  }

  /** Opens the vault with its recovery kit and gives it a new passphrase. Rejects with an `ApiError`. */
  async recover(words: string, passphrase: string, acceptRollback = false): Promise<void> {
    const request = { words, new: passphrase, kdf: null, accept_rollback: acceptRollback };
    this.#take(await this.#platform.call('recover', request));
  }

  /** Rejects with an `ApiError`. */
  async acceptRollback(): Promise<void> {
    this.#take(await this.#platform.call('accept_rollback', {}));
  }

  /** Asks for the vault's key file; `null` when the person cancels. */
  pickKeyFile(): Promise<string | null> {
    return this.#platform.pickFile();
  }

  /** Rejects with an `ApiError`. */
  async lock(): Promise<void> {
    this.#take(await this.#platform.call('lock', {}));
  }

  /** Asks for a vault's folder and chooses it; `false` when the person cancels. */
  async openAnother(): Promise<boolean> {
    const path = await this.#platform.pickFolder();
    if (path === null) return false;
    this.#take(await this.#platform.call('open_vault', { path }));
    return true;
  }

  /** Opens a vault in which nothing is real. Rejects with an `ApiError`. */
  async openSample(): Promise<void> {
    this.#take(await this.#platform.call('open_sample', { path: null, seed: null, secrets: null }));
  }

  /** Says that a person is there; at most one call every ten seconds. */
  async touch(now: number): Promise<void> {
    if (!this.unlocked || now - this.#touchedAt < TOUCH_EVERY_MS) return;
    this.#touchedAt = now;
    try {
      this.#count(await this.#platform.call('touch', {}));
    } catch {
      await this.refresh();
    }
  }

  clipboardHolds(seconds: number): void {
    this.clipboardClearsAt = Date.now() + seconds * 1_000;
  }

  clipboardCleared(): void {
    this.clipboardClearsAt = null;
  }

  #take(status: StatusView): void {
    this.status = status;
    if (status.state !== 'unlocked') {
      this.kdf = null;
      this.clipboardClearsAt = null;
    }
    this.#count(status.lock);
  }

  #count(lock: LockView | null): void {
    this.locksAt = lock ? Date.now() + lock.locks_in_seconds * 1_000 : null;
  }
}
