import axe from 'axe-core';
import { expect } from 'vitest';

/** Fails on any axe violation. Contrast needs a real page: jsdom has no layout. */
export async function expectAccessible(root: Element = document.body): Promise<void> {
  const { violations } = await axe.run(root, {
    preload: false,
    resultTypes: ['violations'],
    rules: { 'color-contrast': { enabled: false } },
  });
  expect(violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html)])).toEqual([]);
}
