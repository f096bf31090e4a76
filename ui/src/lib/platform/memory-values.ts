import type { CellView, MatrixRowView, ValueShape } from '../bindings';
import { blank, nextId, version, type MemoryCell } from './memory-data';
import type { MemoryProject, MemorySecret } from './memory-data';

/** The version in use, with its value; of this environment alone. */
export function currentOf(secret: MemorySecret, environment: string) {
  const cell = secret.cells[environment];
  const view = cell?.versions.find((each) => each.stage === 'current');
  return view && { view, value: cell?.values[view.number - 1] ?? '' };
}

/** The environment whose value another one has; `null` where it has its own, or none. */
export function holderOf(
  held: MemoryProject,
  secret: MemorySecret,
  environment: string,
): string | null {
  if (currentOf(secret, environment)) return null;
  const environments = held.view.environments;
  let at = environments.find((each) => each.name === environment)?.inherits;
  for (let steps = 0; at && steps < environments.length; steps++) {
    if (currentOf(secret, at)) return at;
    const next: string = at;
    at = environments.find((each) => each.name === next)?.inherits;
  }
  return null;
}

export function putValue(
  held: MemoryProject,
  name: string,
  environment: string,
  value: string,
  origin: string,
): MemoryCell {
  let secret = held.secrets.find((each) => each.name === name);
  if (!secret) {
    secret = blank(name, Date.now());
    held.secrets = [...held.secrets, secret].sort((a, b) => a.name.localeCompare(b.name));
  }
  const cell = (secret.cells[environment] ??= { values: [], versions: [] });
  for (const each of cell.versions) each.stage = each.stage === 'current' ? 'previous' : null;
  cell.values.push(value);
  cell.versions.push(version(cell.values.length, Date.now(), origin));
  return cell;
}

export function generated(shape: ValueShape): string {
  return `sample-${shape}-${nextId()}`;
}

/** What a secret says of itself, as every view of it shows it. */
export function detailsOf({ kind, tags, owner, expires_at, lead_days }: MemorySecret) {
  return { kind, tags, owner, expires_at, lead_days };
}

function cellOf(held: MemoryProject, secret: MemorySecret, index: number): CellView {
  const names = held.view.environments.map((each) => each.name);
  const name = names[index] ?? '';
  const current = currentOf(secret, name);
  const same = names.slice(0, index).find((each) => {
    const other = currentOf(secret, each);
    return current && other && other.value === current.value;
  });
  return {
    version: current?.view.number ?? null,
    changed_at: current?.view.created_at ?? null,
    same_as: same ?? null,
    inherited_from: holderOf(held, secret, name),
    has_previous: current !== undefined && current.view.number > 1,
  };
}

/** Secrets × environments of one project. */
export function rowsOf(held: MemoryProject): MatrixRowView[] {
  return held.secrets.map((secret) => ({
    secret: secret.id,
    name: secret.name,
    ...detailsOf(secret),
    cells: held.view.environments.map((_, index) => cellOf(held, secret, index)),
  }));
}
