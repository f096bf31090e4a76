import type { MatrixRowView } from '$lib/bindings';

/** What becomes of each secret when several are to be rotated at once. */
export interface RotatePlan {
  /** They get a value made here. */
  generated: string[];
  /** Their values come from somebody else. */
  provided: MatrixRowView[];
  /** They have no value of their own there. */
  missing: string[];
}

/** Of these rows, those of these names. */
export function named(rows: MatrixRowView[], names: string[]): MatrixRowView[] {
  const wanted = new Set(names);
  return rows.filter((row) => wanted.has(row.name));
}

/** `at` is the environment's place. Only what nobody in particular issues can be made here. */
export function planRotation(rows: MatrixRowView[], at: number): RotatePlan {
  const plan: RotatePlan = { generated: [], provided: [], missing: [] };
  for (const row of rows) {
    const cell = row.cells[at];
    if (cell?.version == null || cell.inherited_from !== null) plan.missing.push(row.name);
    else if (row.kind.family === 'plain') plan.generated.push(row.name);
    else plan.provided.push(row);
  }
  return plan;
}
