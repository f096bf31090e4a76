import { cleanup, fireEvent, screen, waitFor } from '@testing-library/svelte';
import { afterEach, expect, test } from 'vitest';
import { expectAccessible } from '../test/axe';
import { openWindow } from '../test/window';

afterEach(cleanup);

test('the palette jumps to a secret of another project', async () => {
  const { app } = await openWindow();
  await fireEvent.keyDown(window, { key: 'k', ctrlKey: true });
  const input = await screen.findByTestId('palette-input');
  await fireEvent.input(input, { target: { value: 'qdrant' } });
  await screen.findByTestId('palette-secret-QDRANT_KEY');
  await expectAccessible(screen.getByTestId('palette'));
  await fireEvent.keyDown(input, { key: 'Enter' });
  await waitFor(() => expect(app.workbench.current).toBe('rag-api'));
  await waitFor(() => expect(app.workbench.selection?.name).toBe('QDRANT_KEY'));
});

test('the sheet shows every shortcut of the registry', async () => {
  const { app } = await openWindow();
  await fireEvent.keyDown(window, { key: '?', shiftKey: true });
  const sheet = await screen.findByTestId('shortcuts');
  for (const command of app.commands.filter((each) => each.shortcut))
    expect(sheet.textContent).toContain(command.title);
  await expectAccessible(screen.getByTestId('shortcuts'));
});

test('the theme follows the choice', async () => {
  const { app } = await openWindow();
  app.theme.choose('dark');
  expect(document.documentElement.classList.contains('dark')).toBe(true);
  app.theme.choose('light');
  expect(document.documentElement.classList.contains('dark')).toBe(false);
});

test('a failed read offers to try again', async () => {
  await openWindow(
    { failing: { matrix: { code: 'io', message: 'Disk failed.', hint: 'Check it.' } } },
    'workbench-failure',
  );
  expect(screen.getByTestId('workbench-retry')).toBeTruthy();
  await expectAccessible();
});

test('the first view sets the ready mark', async () => {
  delete document.documentElement.dataset.ready;
  await openWindow();
  await waitFor(() => expect(document.documentElement.dataset.ready).toBe('true'));
});

test('Escape closes a dialog and leaves the inspector open', async () => {
  const { app } = await openWindow();
  await app.workbench.select('HF_TOKEN');
  app.rotate();
  const dialog = await screen.findByTestId('rotate-dialog');
  await fireEvent.keyDown(dialog, { key: 'Escape' });
  await waitFor(() => expect(screen.queryByTestId('rotate-dialog')).toBeNull());
  expect(screen.getByTestId('inspector')).toBeTruthy();
});

test('a dialog begins at its first field, and gives the keyboard back', async () => {
  const { app } = await openWindow();
  screen.getByTestId('add-secret').focus();
  app.addSecret();
  await waitFor(() => expect(document.activeElement).toBe(screen.getByTestId('add-name')));
  await fireEvent.keyDown(screen.getByTestId('add-dialog'), { key: 'Escape' });
  await waitFor(() => expect(document.activeElement).toBe(screen.getByTestId('add-secret')));
});

test('Ctrl Enter does what a dialog is for, once it can', async () => {
  const { app, platform } = await openWindow();
  app.newEnvironment();
  const name = await screen.findByTestId('environment-name');
  const confirm = () => fireEvent.keyDown(name, { key: 'Enter', ctrlKey: true });
  await confirm();
  await fireEvent.input(name, { target: { value: 'canary' } });
  await confirm();
  await waitFor(() => expect(screen.queryByTestId('environment-dialog')).toBeNull());
  expect(platform.calls.filter((each) => each.command === 'create_environment')).toHaveLength(1);
});

test('closing the inspector from inside it leads back to the matrix', async () => {
  const { app } = await openWindow();
  await app.workbench.select('HF_TOKEN');
  const close = await screen.findByTestId('inspector-close');
  close.focus();
  await fireEvent.click(close);
  await waitFor(() => expect(document.activeElement).toBe(screen.getByTestId('matrix')));
});

test('panes fold away, and come back as wide as they were', async () => {
  const { app } = await openWindow();
  await fireEvent.keyDown(screen.getByTestId('sidebar-handle'), { key: 'ArrowRight' });
  await fireEvent.keyDown(screen.getByTestId('sidebar-handle'), { key: 'Enter' });
  expect(screen.queryByTestId('sidebar')).toBeNull();
  await fireEvent.keyDown(window, { key: 'b', ctrlKey: true });
  expect(screen.getByTestId('sidebar').style.width).toBe('232px');
  await app.workbench.select('HF_TOKEN');
  await fireEvent.click(await screen.findByTestId('panel-fold'));
  await expectAccessible();
  expect(screen.queryByTestId('inspector')).toBeNull();
  app.reveal();
  expect(await screen.findByTestId('value')).toBeTruthy();
  localStorage.clear();
});

test('Shift Tab goes round a dialog, under the name WebKitGTK gives it', async () => {
  const { app } = await openWindow();
  app.newEnvironment();
  await screen.findByTestId('environment-dialog');
  const close = screen.getByTestId('environment-dialog-close');
  close.focus();
  await fireEvent.keyDown(close, { key: 'Unidentified', keyCode: 9, shiftKey: true });
  expect(document.activeElement).toBe(screen.getByTestId('environment-cancel'));
});
