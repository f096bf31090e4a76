import type { CellView, EnvironmentView, MatrixRowView, MatrixView } from '$lib/bindings';

/** Rows by how two environments stand to each other; what neither has is in none. */
export interface Comparison {
  /** Only the first has them. */
  missing: MatrixRowView[];
  differ: MatrixRowView[];
  same: MatrixRowView[];
  /** Only the second has them. */
  extra: MatrixRowView[];
}

export type Group = keyof Comparison;

/**
 * The environment in which the value of a cell comes first, by its place; `null` where there is
 * none. Cells hold the same value if and only if this is the same.
 */
export function rootOf(
  row: MatrixRowView,
  environments: EnvironmentView[],
  index: number,
): number | null {
  let at = index;
  // Each step leads to another environment, and there are no more of them.
  for (let steps = 0; steps <= environments.length; steps++) {
    const cell = row.cells[at];
    const next = cell?.inherited_from ?? cell?.same_as ?? null;
    if (next === null) return cell?.version == null ? null : at;
    const found = environments.findIndex((each) => each.name === next);
    if (found < 0) return at;
    at = found;
  }
  return at;
}

export function compare({ project, rows }: MatrixView, from: string, to: string): Comparison {
  const { environments } = project;
  const first = environments.findIndex((each) => each.name === from);
  const second = environments.findIndex((each) => each.name === to);
  const groups: Comparison = { missing: [], differ: [], same: [], extra: [] };
  for (const row of rows) {
    const [one, other] = [first, second].map((index) => rootOf(row, environments, index));
    if (one == null && other == null) continue;
    if (other == null) groups.missing.push(row);
    else if (one == null) groups.extra.push(row);
    else if (one === other) groups.same.push(row);
    else groups.differ.push(row);
  }
  return groups;
}

/** "v3", "missing", "from staging". */
export function cellWords(cell: CellView | undefined): string {
  if (cell?.inherited_from) return `from ${cell.inherited_from}`;
  return cell?.version == null ? 'missing' : `v${cell.version}`;
}
