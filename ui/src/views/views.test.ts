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
