import { describe, expect, test } from 'vitest';
import type { CellView, MatrixRowView, MatrixView } from '$lib/bindings';
import { cellWords, compare, rootOf } from './compare';

const NAMES = ['dev', 'staging', 'prod'];

function cell(over: Partial<CellView> = {}): CellView {
  return {
    version: 1,
    changed_at: 0,
    same_as: null,
    inherited_from: null,
    has_previous: false,
    ...over,
  };
}

const missing = cell({ version: null, changed_at: null });
const inherits = (from: string) => cell({ version: null, inherited_from: from });
const same = (as: string) => cell({ same_as: as });

function matrix(rows: Record<string, CellView[]>): MatrixView {
  return {
    project: {
      id: 'p',
      name: 'churn-model',
      secrets: 0,
      environments: NAMES.map((name) => ({ id: name, name, protected: false, inherits: null })),
    },
    rows: Object.entries(rows).map(([name, cells]): MatrixRowView => ({
      secret: name,
      name,
      kind: { kind: 'plain', words: 'Plain value', family: 'plain' },
      tags: [],
      owner: '',
      expires_at: null,
      lead_days: 0,
      cells,
    })),
  };
}

function groups(cells: CellView[], from = 'dev', to = 'prod'): string[] {
  return Object.entries(compare(matrix({ A: cells }), from, to))
    .filter(([, rows]) => rows.length > 0)
    .map(([group]) => group);
}

describe('two environments', () => {
  test('differ unless their values come from the same place', () => {
    expect(groups([cell(), missing, cell()])).toEqual(['differ']);
    expect(groups([cell(), missing, same('dev')])).toEqual(['same']);
    expect(groups([cell(), missing, missing])).toEqual(['missing']);
    expect(groups([missing, cell(), cell()])).toEqual(['extra']);
    expect(groups([missing, cell(), missing])).toEqual([]);
  });

  test('what is inherited counts as what it is inherited from', () => {
    expect(groups([cell(), inherits('dev'), inherits('staging')])).toEqual(['same']);
    expect(groups([cell(), cell(), inherits('staging')])).toEqual(['differ']);
    expect(groups([cell(), same('dev'), inherits('staging')])).toEqual(['same']);
    expect(groups([inherits('prod'), missing, cell()])).toEqual(['same']);
  });

  test('neither of which is first are the same where both say so of the first', () => {
    const cells = [cell(), same('dev'), same('dev')];
    expect(groups(cells, 'staging', 'prod')).toEqual(['same']);
    expect(groups(cells, 'prod', 'staging')).toEqual(['same']);
    expect(groups([cell(), same('dev'), cell()], 'staging', 'prod')).toEqual(['differ']);
  });

  test('a circle, which there never is, ends', () => {
    const { rows, project } = matrix({ A: [inherits('staging'), inherits('dev'), missing] });
    const [row] = rows;
    if (!row) throw new Error('a row');
    expect(rootOf(row, project.environments, 0)).toBeTypeOf('number');
    expect(rootOf(row, project.environments, 2)).toBeNull();
  });
});

test('a cell is said in a word or two', () => {
  expect(cellWords(cell({ version: 3 }))).toBe('v3');
  expect(cellWords(missing)).toBe('missing');
  expect(cellWords(inherits('staging'))).toBe('from staging');
  expect(cellWords(undefined)).toBe('missing');
});
