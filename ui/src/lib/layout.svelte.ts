const KEY = 'keystead.layout';

/** How wide a pane may be, in CSS pixels. */
export interface Bounds {
  least: number;
  most: number;
  usual: number;
}

/** A pane at the window's side: how wide it is, and whether it is there. */
export class Pane {
  readonly bounds: Bounds;
  width = $state(0);
  open = $state(true);
  #keep: () => void;

  constructor(bounds: Bounds, kept: unknown, keep: () => void) {
    this.bounds = bounds;
    const [width, open] = Array.isArray(kept) ? kept : [];
    this.width = typeof width === 'number' ? this.#within(width) : bounds.usual;
    this.open = open !== false;
    this.#keep = keep;
  }

  resize(width: number): void {
    this.width = this.#within(width);
    this.#keep();
  }

  toggle(): void {
    this.open = !this.open;
    this.#keep();
  }

  show(): void {
    if (!this.open) this.toggle();
  }

  #within(width: number): number {
    const { least, most, usual } = this.bounds;
    return Number.isFinite(width) ? Math.round(Math.min(most, Math.max(least, width))) : usual;
  }
}

/** Widths and what is folded away. Numbers alone are remembered: no name, nothing of a vault. */
export class Layout {
  readonly sidebar: Pane;
  readonly panel: Pane;
  /** Below 1280 px the panel lies over the list beside it. */
  narrow = $state(false);

  constructor() {
    const kept = read();
    const keep = () => this.#write();
    this.sidebar = new Pane({ least: 176, most: 320, usual: 224 }, kept.sidebar, keep);
    this.panel = new Pane({ least: 320, most: 560, usual: 368 }, kept.panel, keep);
    const query = matchMedia('(width < 1280px)');
    this.narrow = query.matches;
    query.addEventListener('change', () => (this.narrow = query.matches));
  }

  #write(): void {
    const { sidebar, panel } = this;
    try {
      localStorage.setItem(
        KEY,
        JSON.stringify({
          sidebar: [sidebar.width, sidebar.open],
          panel: [panel.width, panel.open],
        }),
      );
    } catch {
      // A window without storage forgets its layout; nothing else depends on it.
    }
  }
}

function read(): Record<string, unknown> {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? '{}');
    return typeof kept === 'object' && kept !== null ? (kept as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
