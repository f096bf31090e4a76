import { apiError } from './errors';

export interface Toast {
  id: number;
  tone: 'done' | 'failed';
  title: string;
  detail: string;
  /** What a person may do about it. */
  action?: ToastAction;
}

export interface ToastAction {
  label: string;
  run: () => void;
}

const SHOWN_MS = { done: 5_000, failed: 10_000 };

/** What was done or failed, said in a corner for a while. Never holds a value. */
export class Toasts {
  list = $state<Toast[]>([]);
  #next = 1;
  #timers: Record<number, ReturnType<typeof setTimeout>> = {};

  done(title: string, detail = '', action?: ToastAction): void {
    this.#add('done', title, detail, action);
  }

  failed(thrown: unknown, action?: ToastAction): void {
    const error = apiError(thrown);
    // Whoever locked, or just refused to let a value out, knows.
    if (error.code === 'vault_locked' || error.code === 'protected') return;
    this.#add('failed', error.message, error.hint, action);
  }

  dismiss(id: number): void {
    clearTimeout(this.#timers[id]);
    this.list = this.list.filter((toast) => toast.id !== id);
  }

  clear(): void {
    for (const toast of this.list) this.dismiss(toast.id);
  }

  #add(tone: Toast['tone'], title: string, detail: string, action?: ToastAction): void {
    const id = this.#next++;
    this.list = [...this.list.slice(-2), { id, tone, title, detail, action }];
    this.#timers[id] = setTimeout(() => this.dismiss(id), SHOWN_MS[tone]);
  }
}
