import { expect, test } from 'vitest';
import { Picked } from './picked.svelte';

const ROWS = ['A', 'B', 'C', 'D', 'E'].map((name) => ({ name }));
const names = (picked: Picked) =>
  ROWS.map((row) => row.name)
    .filter((name) => picked.has(name))
    .join('');

test('a stretch goes from the last one picked, and shrinks again', () => {
  const picked = new Picked();
  picked.toggle('A');
  picked.toggle('C');
  picked.stretch(ROWS, 'E');
  expect(names(picked)).toBe('ACDE');
  picked.stretch(ROWS, 'D');
  expect(names(picked)).toBe('ACD');
  picked.stretch(ROWS, 'B');
  expect(names(picked)).toBe('ABC');
});

test('without one picked it begins where it is told to', () => {
  const picked = new Picked();
  picked.stretch(ROWS, 'C', 'B');
  expect(names(picked)).toBe('BC');
  picked.stretch(ROWS, 'D', 'C');
  expect(names(picked)).toBe('BCD');
  picked.clear();
  picked.stretch(ROWS, 'E');
  expect(names(picked)).toBe('E');
});

test('what vanished is let go of', () => {
  const picked = new Picked();
  picked.all(ROWS);
  picked.keep(ROWS.slice(1, 3));
  expect(names(picked)).toBe('BC');
  picked.toggle('B');
  expect(picked.size).toBe(1);
});
