import { grown, without } from './sets';

interface Named {
  name: string;
}

/** Secrets that are picked, by name. */
export class Picked {
  #names = $state.raw<ReadonlySet<string>>(without());
  /** What was picked before a stretch began, and the row at which it began. */
  #before: ReadonlySet<string> = without();
  #anchor: string | null = null;

  get size(): number {
    return this.#names.size;
  }

  has(name: string): boolean {
    return this.#names.has(name);
  }

  toggle(name: string): void {
    this.#names = this.has(name) ? without(this.#names, name) : grown(this.#names, [name]);
    this.#anchor = name;
    this.#before = this.#names;
  }

  /** Picks all from where the last one was picked to here; from `from`, where there is none. */
  stretch(rows: Named[], to: string, from = to): void {
    let start = rows.findIndex((row) => row.name === this.#anchor);
    if (start < 0 || this.size === 0) {
      start = rows.findIndex((row) => row.name === from);
      this.#anchor = from;
      this.#before = this.#names;
    }
    const end = rows.findIndex((row) => row.name === to);
    if (start < 0 || end < 0) return;
    const span = rows.slice(Math.min(start, end), Math.max(start, end) + 1);
    this.#names = grown(
      this.#before,
      span.map((row) => row.name),
    );
  }

  /** What is picked stays; the next stretch begins anew. */
  rest(): void {
    this.#anchor = null;
  }

  all(rows: Named[]): void {
    this.#names = grown(
      without(),
      rows.map((row) => row.name),
    );
    this.#before = this.#names;
  }

  /** Lets go of what is no longer among these. */
  keep(rows: Named[]): void {
    if (this.size === 0) return;
    const there = rows.map((row) => row.name).filter((name) => this.has(name));
    if (there.length === this.size) return;
    this.#names = grown(without(), there);
    this.#before = this.#names;
  }

  clear(): void {
    if (this.size > 0) this.#names = without();
    this.#before = this.#names;
    this.#anchor = null;
  }
}
