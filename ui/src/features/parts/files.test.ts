import { cleanup, fireEvent, screen, waitFor } from '@testing-library/svelte';
import { afterEach, expect, test } from 'vitest';
import type { MemoryOptions, MemoryPlatform } from '../../lib/platform/memory';
import { expectAccessible } from '../../test/axe';
import { openWindow } from '../../test/window';
import { fileSize } from './words';

afterEach(cleanup);

const PLACE = { project: 'churn-model', environment: 'dev', name: 'DATABASE_URL' };
const PICKED = '/home/mara/certs/ca.pem';

async function inspect(options: MemoryOptions = {}) {
  const opened = await openWindow(options);
  opened.platform.pickFile = () => Promise.resolve(PICKED);
  await opened.app.jump(PLACE.project, PLACE.name, PLACE.environment);
  await screen.findByTestId('file-attach');
  return opened;
}

async function attached(options: MemoryOptions = {}) {
  const opened = await inspect(options);
  await fireEvent.click(screen.getByTestId('file-attach'));
  await screen.findByTestId('file-ca.pem');
  return opened;
}

const last = (platform: MemoryPlatform, command: string) =>
  platform.calls.filter((each) => each.command === command).at(-1)?.request;

test('a file is attached, also by its command, and stays with its environment', async () => {
  const { app, platform } = await inspect();
  expect((await screen.findByTestId('files-none')).textContent).toContain('10 MiB');
  app.commands.find((each) => each.id === 'file.attach')?.run();
  const row = await screen.findByTestId('file-ca.pem');
  expect(row.textContent).toContain('1.8 KB · just now');
  expect(row.textContent).not.toContain('saved');
  expect(last(platform, 'attach')).toEqual({ ...PLACE, path: PICKED });
  await expectAccessible(screen.getByTestId('inspector'));
  await fireEvent.click(screen.getByTestId('inspector-environment-prod'));
  expect(await screen.findByTestId('files-none')).toBeTruthy();
});

test('nothing happens where nobody chose a file', async () => {
  const { platform } = await inspect();
  platform.pickFile = () => Promise.resolve(null);
  await fireEvent.click(screen.getByTestId('file-attach'));
  await Promise.resolve();
  expect(last(platform, 'attach')).toBeUndefined();
});

test('a file is saved, counted, and asked about before it replaces another', async () => {
  const { platform } = await attached();
  await fireEvent.click(screen.getByTestId('file-save-ca.pem'));
  await waitFor(() =>
    expect(screen.getByTestId('file-ca.pem').textContent).toContain('saved 1 time'),
  );
  const path = '/home/mara/code/labelling/ca.pem';
  const request = { ...PLACE, attachment: 'ca.pem', path };
  expect(last(platform, 'save_attachment')).toEqual({ ...request, overwrite: false });
  await fireEvent.click(screen.getByTestId('file-save-ca.pem'));
  await expectAccessible(await screen.findByTestId('confirm-file'));
  expect(document.activeElement).toBe(screen.getByTestId('confirm-file-no'));
  await fireEvent.click(screen.getByTestId('confirm-file-yes'));
  await waitFor(() =>
    expect(screen.getByTestId('file-ca.pem').textContent).toContain('saved 2 times'),
  );
  expect(last(platform, 'save_attachment')).toEqual({ ...request, overwrite: true });
});

test('a protected environment is asked about before a file leaves', async () => {
  const { app, platform } = await attached();
  const [held] = platform.projects;
  const dev = held?.view.environments[0];
  if (dev) dev.protected = true;
  await app.changed();
  await fireEvent.click(screen.getByTestId('file-save-ca.pem'));
  await waitFor(() => expect(app.question).not.toBeNull());
  app.question?.answer(true);
  await waitFor(() =>
    expect(screen.getByTestId('file-ca.pem').textContent).toContain('saved 1 time'),
  );
  expect(last(platform, 'save_attachment')).toMatchObject({ confirmed: true });
});

test('a file is removed, and an undo brings it back', async () => {
  await attached();
  await fireEvent.click(screen.getByTestId('file-remove-ca.pem'));
  expect(await screen.findByTestId('files-none')).toBeTruthy();
  const undo = screen.getAllByTestId('toast-action').at(-1);
  if (undo) await fireEvent.click(undo);
  expect(await screen.findByTestId('file-ca.pem')).toBeTruthy();
});

test('refusals are said', async () => {
  const error = { code: 'invalid_input' as const, message: 'Too large.', hint: 'Keep its key.' };
  await inspect({ failing: { attach: error } });
  await fireEvent.click(screen.getByTestId('file-attach'));
  expect((await screen.findByTestId('toast-failed')).textContent).toContain('Keep its key.');
});

test('files that can not be listed say why', async () => {
  const error = { code: 'io' as const, message: 'Can’t read.', hint: 'Try again.' };
  await inspect({ failing: { attachments: error } });
  expect((await screen.findByTestId('files-failure')).textContent).toContain('Try again.');
});

test('sizes are short', () => {
  expect([1, 812, 1_843, 120_000, 10 * 1024 * 1024].map(fileSize)).toEqual([
    '1 byte',
    '812 bytes',
    '1.8 KB',
    '117 KB',
    '10 MB',
  ]);
});
