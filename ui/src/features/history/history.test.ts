import { cleanup, fireEvent, screen, waitFor } from '@testing-library/svelte';
import { afterEach, describe, expect, test } from 'vitest';
import type { MemoryOptions } from '../../lib/platform/memory';
import { expectAccessible } from '../../test/axe';
import { openWindow } from '../../test/window';
import { noEdit } from '../details/changes';
import { differs, fieldWords, tagsOf } from './words';

afterEach(cleanup);

const PLACE = { project: 'infra-shared', environment: 'dev', name: 'DATABASE_URL' };

async function inspect(options: MemoryOptions = {}) {
  const opened = await openWindow(options);
  await opened.app.jump(PLACE.project, PLACE.name, PLACE.environment);
  await screen.findByTestId('details-edit');
  return opened;
}

describe('the history of a secret', () => {
  test('tells what of a value changed, and holds none', async () => {
    await inspect();
    screen.getByTestId('history-open').focus();
    await fireEvent.click(screen.getByTestId('history-open'));
    const list = await screen.findByTestId('history');
    await waitFor(() => expect(document.activeElement).toBe(list));
    const newest = screen.getByTestId('history-row-0');
    expect(newest.textContent).toContain('v3');
    expect(newest.textContent).toContain('in dev · rotated');
    expect(newest.querySelector('[data-change=changed]')?.textContent).toContain(
      'password changed',
    );
    expect(newest.textContent).toContain('•••••••••••• → ••••••••••••');
    expect(newest.textContent).toContain('host, path, scheme and user as before');
    expect(screen.getByTestId('history-row-2').textContent).toContain('imported');
    expect(screen.getByTestId('history-row-2').querySelector('[data-change]')).toBeNull();
    expect(document.body.innerHTML).not.toContain('sample-2');
    await expectAccessible(screen.getByTestId('history-dialog'));
    await fireEvent.keyDown(list, { key: 'Escape' });
    await waitFor(() => expect(screen.queryByTestId('history-dialog')).toBeNull());
  });

  test('tells what it said of itself', async () => {
    const { app, platform } = await inspect();
    const edit = noEdit(PLACE.project, [PLACE.name]);
    const at = new Date(2031, 2, 31, 12).getTime();
    await platform.call('edit_secrets', { ...edit, owner: 'Mara', expires: { at } });
    await platform.call('edit_secrets', { ...edit, add_tags: ['pii'] });
    app.commands.find((each) => each.id === 'secret.history')?.run();
    const list = await screen.findByTestId('history');
    expect(list.textContent).toMatch(/owner:\s+Jon\s+Mara/);
    expect(list.textContent).toMatch(/31 Mar 2031|Mar 31, 2031/);
    expect(list.textContent).toMatch(/added\spii/);
    await expectAccessible(screen.getByTestId('history-dialog'));
  });

  test('a long one comes in parts', async () => {
    const { app, platform } = await inspect();
    for (let number = 0; number < 120; number++)
      await platform.call('edit_secrets', {
        ...noEdit(PLACE.project, [PLACE.name]),
        owner: `Mara ${number}`,
      });
    app.openDialog('history');
    await screen.findByTestId('history');
    expect(screen.queryByTestId('history-row-100')).toBeNull();
    await fireEvent.click(screen.getByTestId('history-more'));
    expect(screen.getByTestId('history-row-122')).toBeTruthy();
    expect(screen.queryByTestId('history-more')).toBeNull();
  });

  test('where it can not be read that is said, and tried again', async () => {
    const failing = { history: { code: 'io' as const, message: 'No.', hint: 'Look at the disk.' } };
    const { platform } = await inspect({ failing });
    await fireEvent.click(screen.getByTestId('history-open'));
    expect((await screen.findByTestId('history-error')).textContent).toContain('Look at the disk.');
    await expectAccessible(screen.getByTestId('history-dialog'));
    await fireEvent.click(screen.getByTestId('history-retry'));
    await screen.findByTestId('history-error');
    expect(platform.calls.filter((each) => each.command === 'history')).toHaveLength(2);
  });
});

test('fields are said as a person says them', () => {
  const words = (field: string, from: string | null, to: string) => {
    const said = fieldWords({ field, from, to });
    return [said.field, said.from, said.to].join('|');
  };
  expect(words('owner', '', 'Mara')).toBe('owner|nobody|Mara');
  expect(words('owner', null, 'Mara')).toBe('owner||Mara');
  expect(words('expires', '', '')).toBe('expires|never|never');
  expect(words('lead', '0', '14')).toBe('reminder|none|14 days before');
  expect(words('notes', '', 'a\n b')).toBe('notes|nothing|“a b”');
  expect(words('notes', '', 'x'.repeat(200))).toContain('x…”');
  expect(words('removed', '', 'removed')).toBe('removed||');
  expect(words('removed', 'removed', '')).toBe('brought back||');
  expect(tagsOf({ field: 'tags', from: 'a b', to: 'b c' })).toEqual({
    added: ['c'],
    removed: ['a'],
  });
  expect(tagsOf({ field: 'tags', from: null, to: 'b' })).toEqual({ added: ['b'], removed: [] });
});

test('a value that is the same says so', () => {
  expect(differs([{ part: 'value', change: 'same' }])).toEqual({
    parts: [],
    same: 'value as before',
  });
  expect(differs([])).toEqual({ parts: [], same: '' });
});
