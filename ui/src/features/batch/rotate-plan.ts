import type { CredentialView, MatrixRowView } from '$lib/bindings';

/** What becomes of each secret when several are to be rotated at once. */
export interface RotatePlan {
  /** They get a value made here. */
  generated: string[];
  /** Their values come from somebody else. */
  provided: MatrixRowView[];
  /** They change only together with the rest of their credential. */
  together: string[];
  /** They have no value of their own there. */
  missing: string[];
}

/** The secrets that change only together with others. */
export function members(credentials: CredentialView[]): Set<string> {
  const secrets = credentials.map(({ parts }) => new Set(parts.map(({ secret }) => secret)));
  return new Set(secrets.filter(({ size }) => size > 1).flatMap((names) => [...names]));
}

/** Of these rows, those of these names. */
export function named(rows: MatrixRowView[], names: string[]): MatrixRowView[] {
  const wanted = new Set(names);
  return rows.filter((row) => wanted.has(row.name));
}

/** `at` is the environment's place. Only what nobody in particular issues can be made here. */
export function planRotation(rows: MatrixRowView[], at: number, together: Set<string>): RotatePlan {
  const plan: RotatePlan = { generated: [], provided: [], together: [], missing: [] };
  for (const row of rows) {
    const cell = row.cells[at];
    if (cell?.version == null || cell.inherited_from !== null) plan.missing.push(row.name);
    else if (together.has(row.name)) plan.together.push(row.name);
    else if (row.kind.family === 'plain') plan.generated.push(row.name);
    else plan.provided.push(row);
  }
  return plan;
}
