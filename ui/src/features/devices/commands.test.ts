import { cleanup, fireEvent, screen, waitFor } from '@testing-library/svelte';
import { afterEach, expect, test } from 'vitest';
import type { MemoryOptions } from '../../lib/platform/memory';
import { openWindow } from '../../test/window';

afterEach(cleanup);

const ADD = 'palette-command-device.add';
const ASK = 'palette-command-device.ask';

async function palette(asked: string, options: MemoryOptions) {
  const opened = await openWindow(options, 'shell');
  await fireEvent.click(screen.getByTestId('palette-trigger'));
  await fireEvent.input(await screen.findByTestId('palette-input'), { target: { value: asked } });
  return opened;
}

test('the palette adds a device', async () => {
  const { app } = await palette('add a device', { team: 'sample' });
  await fireEvent.click(await screen.findByTestId(ADD));
  expect(await screen.findByTestId('enrol-dialog')).toBeTruthy();
  expect(app.view).toBe('workbench');
});

test('it makes an unused vault a second machine', async () => {
  await palette('second machine', { holds: 'nothing' });
  await fireEvent.click(await screen.findByTestId(ASK));
  expect(await screen.findByTestId('ask-code')).toBeTruthy();
});

test('it offers neither where it does not apply', async () => {
  const { app } = await palette('device', { team: 'sample', secondary: true });
  await waitFor(() => expect(app.devices.view?.primary).toBe(false));
  expect(screen.queryByTestId(ADD)).toBeNull();
  await fireEvent.input(screen.getByTestId('palette-input'), { target: { value: 'machine' } });
  expect(screen.queryByTestId(ASK)).toBeNull();
});

test('it stops offering what no longer applies', async () => {
  const { app, platform } = await palette('second machine', { holds: 'nothing' });
  await screen.findByTestId(ASK);
  await platform.call('create_space', { name: 'Lab' });
  await app.changed();
  await waitFor(() => expect(screen.queryByTestId(ASK)).toBeNull());
});

test('it offers nothing that can not be told', async () => {
  const failure = { code: 'io', message: 'The disk failed.', hint: 'Check it.' } as const;
  const { app } = await palette('device', { holds: 'nothing', failing: { devices: failure } });
  await waitFor(() => expect(app.devices.failure).not.toBeNull());
  expect(screen.queryByTestId(ADD)).toBeNull();
  expect(screen.queryByTestId('toast-failed')).toBeNull();
});
