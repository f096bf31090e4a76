/**
 * Keeps the keyboard's place: where the focus goes when what had it is no longer there. Moves
 * nothing while the focused element stands.
 *
 * `data-focus-home` marks a part of the page that takes the focus over from what vanished in it;
 * `data-home` marks where each view begins.
 */
export class FocusKeeper {
  #last: HTMLElement | null = null;
  #parts: HTMLElement[] = [];
  #lost = false;

  start(): () => void {
    const remember = (event: FocusEvent) => this.#remember(event.target);
    const observer = new MutationObserver(() => this.#check());
    document.addEventListener('focusin', remember);
    document.addEventListener('keydown', keyed, true);
    document.addEventListener('pointerdown', pointed, true);
    observer.observe(document.body, { childList: true, subtree: true });
    return () => {
      document.removeEventListener('focusin', remember);
      document.removeEventListener('keydown', keyed, true);
      document.removeEventListener('pointerdown', pointed, true);
      observer.disconnect();
    };
  }

  /** Goes to where the view begins, as soon as that is there. */
  goHome(): void {
    this.#last = null;
    this.#parts = [];
    this.#lost = true;
    // What was asked for is drawn first.
    queueMicrotask(() => this.#check());
  }

  #remember(target: EventTarget | null): void {
    if (!(target instanceof HTMLElement)) return;
    this.#last = target;
    this.#lost = false;
    this.#parts = [];
    for (let at = target.parentElement; at; at = at.parentElement)
      if (at.dataset.focusHome !== undefined) this.#parts.push(at);
  }

  #check(): void {
    if (this.#last && !this.#last.isConnected && document.activeElement === document.body)
      this.#lost = true;
    // A dialog has the focus to itself, and gives it back.
    if (!this.#lost || document.querySelector('[role="dialog"]')) return;
    const home =
      this.#parts.find((part) => part.isConnected) ??
      document.querySelector<HTMLElement>('[data-home]');
    home?.focus();
    // What has the focus already hears nothing of it.
    if (home && document.activeElement === home) this.#remember(home);
  }
}

const MODIFIERS = ['Control', 'Shift', 'Alt', 'Meta'];

function keyed(event: KeyboardEvent): void {
  if (!MODIFIERS.includes(event.key)) document.documentElement.dataset.keys = '';
}

function pointed(): void {
  delete document.documentElement.dataset.keys;
}

/** Whether the last thing used was a key; the stylesheet draws rings then. */
export function byKeyboard(): boolean {
  return document.documentElement.dataset.keys !== undefined;
}

/**
 * An attachment for a list whose rows are not focusable. After a click on one WebKit goes on from
 * the row, whose predecessor is the list: Shift Tab would never leave it. Focus that is new has
 * no such memory.
 */
export function focusesAsOne(list: HTMLElement): () => void {
  const renew = (event: MouseEvent) => {
    if (event.target === list || document.activeElement !== list) return;
    list.blur();
    list.focus({ preventScroll: true });
  };
  list.addEventListener('click', renew);
  return () => list.removeEventListener('click', renew);
}

/** An attachment: takes the focus when the element appears. */
export function takeFocus(element: HTMLElement): void {
  element.focus();
}
