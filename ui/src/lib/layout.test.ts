import { afterEach, expect, test } from 'vitest';
import { Layout } from './layout.svelte';

afterEach(() => localStorage.clear());

test('a width and a folded pane are remembered, within bounds', () => {
  const layout = new Layout();
  expect([layout.sidebar.width, layout.panel.width]).toEqual([224, 368]);
  layout.sidebar.resize(10_000);
  layout.panel.resize(10);
  layout.panel.toggle();
  const again = new Layout();
  expect([again.sidebar.width, again.sidebar.open]).toEqual([320, true]);
  expect([again.panel.width, again.panel.open]).toEqual([320, false]);
  again.panel.show();
  expect(new Layout().panel.open).toBe(true);
});

test('what is stored is four plain values', () => {
  new Layout().sidebar.resize(300);
  expect(localStorage.getItem('keystead.layout')).toBe('{"sidebar":[300,true],"panel":[368,true]}');
});

test.each(['', 'nonsense', 'null', '[]', '{"sidebar":"x","panel":[null,"yes"]}'])(
  'stored %j gives the usual layout',
  (stored) => {
    localStorage.setItem('keystead.layout', stored);
    const layout = new Layout();
    expect([layout.sidebar.width, layout.sidebar.open]).toEqual([224, true]);
    expect([layout.panel.width, layout.panel.open]).toEqual([368, true]);
  },
);
