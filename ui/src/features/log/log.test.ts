import { cleanup, fireEvent, screen, waitFor } from '@testing-library/svelte';
import { afterEach, expect, test } from 'vitest';
import { MemoryPlatform, type MemoryOptions } from '../../lib/platform/memory';
import { expectAccessible } from '../../test/axe';
import { openWindow } from '../../test/window';
import { LogController } from './controller.svelte';

afterEach(cleanup);

async function openLog(options: MemoryOptions = {}, ready = 'matrix') {
  const opened = await openWindow(options, ready);
  await fireEvent.keyDown(window, { key: 'h', ctrlKey: true });
  await screen.findByTestId('log-dialog');
  return opened;
}

test('a change is taken back from the list, and stays in it', async () => {
  const { app, platform } = await openWindow();
  const request = { project: 'churn-model', names: ['HF_TOKEN'], environment: null };
  await platform.call('remove_secrets', request);
  await app.changed();
  app.openDialog('log');
  const row = await screen.findByTestId('log-row-120');
  expect(row.textContent).toContain('removed HF_TOKEN');
  await expectAccessible(screen.getByTestId('log-dialog'));
  await fireEvent.click(screen.getByTestId('log-undo-120'));
  await waitFor(() => expect(screen.getByTestId('log-row-120').dataset.undone).toBe('true'));
  expect(screen.getByTestId('log-row-120').textContent).toContain('taken back');
  expect(screen.queryByTestId('log-undo-120')).toBeNull();
  expect(screen.getByTestId('log-row-121').textContent).toContain('took back');
  expect(await screen.findByTestId('row-HF_TOKEN')).toBeTruthy();
  expect(platform.calls.find((each) => each.command === 'undo')?.request).toEqual({
    sequence: 120,
  });
});

test('what was changed since is refused in words', async () => {
  await openLog();
  await fireEvent.click(await screen.findByTestId('log-undo-119'));
  expect((await screen.findByTestId('toast-failed')).textContent).toContain('changed again since');
});

test('older ones are read as one scrolls', async () => {
  const { platform } = await openLog();
  await screen.findByTestId('log-row-119');
  const reads = () => platform.calls.filter((each) => each.command === 'operations').length;
  expect(reads()).toBe(1);
  await fireEvent.scroll(screen.getByTestId('log'));
  await waitFor(() => expect(reads()).toBe(2));
  const log = new LogController(new MemoryPlatform());
  await log.older();
  expect(log.operations).toHaveLength(60);
  await log.older();
  await log.older();
  await log.older();
  expect(log.operations).toHaveLength(120);
  expect(log.more).toBe(false);
});

test('a space to which nothing happened says so', async () => {
  await openLog({ holds: 'nothing' }, 'empty-vault');
  expect(await screen.findByTestId('empty-log')).toBeTruthy();
  await expectAccessible(screen.getByTestId('log-dialog'));
});

test('a list that could not be read says why', async () => {
  await openLog({
    failing: { operations: { code: 'io', message: 'The disk failed.', hint: 'Check it.' } },
  });
  expect((await screen.findByTestId('log-error')).textContent).toContain('Check it.');
});
