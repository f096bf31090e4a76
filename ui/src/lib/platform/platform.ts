import type { Commands, Notice } from '../bindings';

/** What the window may ask of the machine it runs on. */
export interface Platform {
  /** Asks the host; rejects with an `ApiError`. */
  call<K extends keyof Commands>(
    command: K,
    request: Commands[K]['request'],
  ): Promise<Commands[K]['view']>;
  /** Shows the system's dialog for a file; `null` when the person cancels. */
  pickFile(): Promise<string | null>;
  /** Shows the system's dialog for a folder; `null` when the person cancels. */
  pickFolder(): Promise<string | null>;
  /** Shows the system's dialog for a place to save; `null` when the person cancels. */
  pickSave(suggested: string): Promise<string | null>;
  /** Hears what happens without being asked for. Returns how to stop. */
  onNotice(hear: (notice: Notice) => void): Promise<() => void>;
}
