import type { ApiError, Commands, Notice } from '../bindings';
import type { Platform } from './platform';

/** Asks a person before a value of a protected environment leaves, whichever part of the window wanted it. */
export class Confirming implements Platform {
  #inner: Platform;
  #ask: (error: ApiError) => Promise<boolean>;

  constructor(inner: Platform, ask: (error: ApiError) => Promise<boolean>) {
    this.#inner = inner;
    this.#ask = ask;
  }

  async call<K extends keyof Commands>(
    command: K,
    request: Commands[K]['request'],
  ): Promise<Commands[K]['view']> {
    try {
      return await this.#inner.call(command, request);
    } catch (thrown) {
      const error = thrown as ApiError;
      if (error.code !== 'protected' || !(await this.#ask(error))) throw thrown;
      return await this.#inner.call(command, { ...request, confirmed: true });
    }
  }

  pickFile(): Promise<string | null> {
    return this.#inner.pickFile();
  }

  pickFolder(): Promise<string | null> {
    return this.#inner.pickFolder();
  }

  pickSave(suggested: string): Promise<string | null> {
    return this.#inner.pickSave(suggested);
  }

  onNotice(hear: (notice: Notice) => void): Promise<() => void> {
    return this.#inner.onNotice(hear);
  }
}
