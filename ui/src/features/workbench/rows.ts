import type { MatrixRowView } from '$lib/bindings';

/** A filter of which only the name is there yet. */
const HALF = /(^|\s)(env|missing|project|tag|kind|owner|due):$/i;

/** What is asked of what was typed: half a filter says nothing yet. */
export function asked(words: string): string {
  return words.trim().replace(HALF, '').trim();
}

/** Of these rows, those that still are there, as they are now. */
export function stillThere(rows: MatrixRowView[], all: MatrixRowView[]): MatrixRowView[] {
  const ids = new Set(rows.map((row) => row.secret));
  return all.filter((row) => ids.has(row.secret));
}

/** One of them by its name, or under its new one. */
export function stays<T extends { id: string; name: string }>(
  all: T[],
  name: string | null,
  id: string | undefined,
): T | undefined {
  return all.find((each) => each.id === id) ?? all.find((each) => each.name === name);
}
