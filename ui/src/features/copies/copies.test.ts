import { cleanup, fireEvent, screen, waitFor } from '@testing-library/svelte';
import { afterEach, describe, expect, test } from 'vitest';
import { memoryCard } from '../../lib/platform/memory-copies';
import { expectAccessible } from '../../test/axe';
import { openWindow } from '../../test/window';

afterEach(cleanup);

const BEN = memoryCard('Ben Ito');

async function openSend(options: Parameters<typeof openWindow>[0] = {}) {
  const opened = await openWindow(options);
  await fireEvent.click(screen.getByTestId('cell-HF_TOKEN-dev'));
  await screen.findByTestId('inspector');
  opened.app.commands.find(({ id }) => id === 'secret.send')?.run();
  await screen.findByTestId('send-dialog');
  return opened;
}

const paste = (value: string) =>
  fireEvent.input(screen.getByTestId('send-card'), { target: { value } });
const sent = (platform: { calls: { command: string; request: unknown }[] }) =>
  platform.calls.filter(({ command }) => command === 'send_copy').map(({ request }) => request);

describe('a copy', () => {
  test('is sealed for a card, whose digits are shown first', async () => {
    const { platform } = await openSend();
    expect(screen.getByTestId<HTMLButtonElement>('send-save').disabled).toBe(true);
    await paste(BEN.text);
    const recipient = await screen.findByTestId('send-recipient');
    expect(recipient.textContent).toContain('Ben Ito');
    expect(recipient.textContent).toContain(BEN.fingerprint);
    await expectAccessible(screen.getByTestId('send-dialog'));
    await fireEvent.click(screen.getByTestId('send-save'));
    await waitFor(() => expect(screen.queryByTestId('send-dialog')).toBeNull());
    expect(sent(platform)).toMatchObject([
      { project: 'churn-model', environment: 'dev', names: ['HF_TOKEN'], to: [{ card: BEN.text }] },
    ]);
    expect(screen.getByTestId('toasts').textContent).toContain('for Ben Ito');
  });

  test('goes to an age recipient too, and what is neither is said', async () => {
    await openSend();
    await paste('somebody');
    await waitFor(() =>
      expect(screen.getByTestId('send-dialog').textContent).toContain('This is no card.'),
    );
    await paste('age1pq1qqqq');
    expect((await screen.findByTestId('send-recipient')).textContent).toContain('age1pq1qqqq');
  });

  test('asks before it replaces a file', async () => {
    const { platform } = await openSend();
    await paste(BEN.text);
    await screen.findByTestId('send-recipient');
    const path = (await platform.pickSave('HF_TOKEN.age')) ?? '';
    platform.copies.files.add(path);
    await fireEvent.click(screen.getByTestId('send-save'));
    await fireEvent.click(await screen.findByTestId('send-replace'));
    await waitFor(() => expect(screen.queryByTestId('send-dialog')).toBeNull());
    expect(sent(platform)).toMatchObject([{ overwrite: false }, { overwrite: true }]);
  });
});

test('copies of several secrets go in one file', async () => {
  const { platform } = await openWindow();
  await fireEvent.click(screen.getByTestId('select-HF_TOKEN'));
  await fireEvent.click(screen.getByTestId('select-STRIPE_KEY'));
  await fireEvent.click(screen.getByTestId('selection-send'));
  await screen.findByTestId('send-dialog');
  await paste(BEN.text);
  await screen.findByTestId('send-recipient');
  await fireEvent.click(screen.getByTestId('send-save'));
  await waitFor(() =>
    expect(sent(platform)).toMatchObject([{ names: ['HF_TOKEN', 'STRIPE_KEY'] }]),
  );
});

test('somebody is kept, compared, named and forgotten', async () => {
  const { platform, app } = await openWindow({}, 'view-workbench');
  await fireEvent.click(screen.getByTestId('nav-settings'));
  await fireEvent.click(await screen.findByTestId('person-add'));
  await fireEvent.input(await screen.findByTestId('add-card-text'), {
    target: { value: BEN.text },
  });
  await screen.findByTestId('add-card-read');
  await expectAccessible(screen.getByTestId('add-card-dialog'));
  await fireEvent.click(screen.getByTestId('add-card-save'));
  expect((await screen.findByTestId('person-state-Ben Ito')).textContent).toContain('Not compared');
  await fireEvent.click(screen.getByTestId('person-compare-Ben Ito'));
  const number = await screen.findByTestId('verify-number');
  expect(number.textContent?.replaceAll(/\s/g, '')).toHaveLength(60);
  await fireEvent.click(screen.getByTestId('verify-differs'));
  expect(screen.getByTestId('verify-another').textContent).toContain('Send Ben Ito nothing yet');
  expect(screen.getByTestId<HTMLButtonElement>('verify-save').disabled).toBe(true);
  await fireEvent.click(screen.getByTestId('verify-cancel'));
  await fireEvent.click(await screen.findByTestId('person-compare-Ben Ito'));
  await screen.findByTestId('verify-number');
  await expectAccessible(screen.getByTestId('verify-dialog'));
  await fireEvent.click(screen.getByTestId('verify-save'));
  await waitFor(() =>
    expect(screen.getByTestId('person-state-Ben Ito').textContent).toContain('Verified'),
  );

  await fireEvent.click(screen.getByTestId('nav-workbench'));
  await fireEvent.click(await screen.findByTestId('cell-HF_TOKEN-dev'));
  await screen.findByTestId('inspector');
  app.commands.find(({ id }) => id === 'secret.send')?.run();
  const recipient = await screen.findByTestId('send-recipient');
  expect(recipient.dataset.verified).toBe('true');
  await expectAccessible(screen.getByTestId('send-dialog'));
  await fireEvent.click(screen.getByTestId('send-save'));
  await waitFor(() => expect(sent(platform)).toMatchObject([{ to: [{ contact: 'Ben Ito' }] }]));

  await fireEvent.click(screen.getByTestId('nav-settings'));
  await fireEvent.click(await screen.findByTestId('person-forget-Ben Ito'));
  await fireEvent.click(await screen.findByTestId('confirm-forget-yes'));
  await waitFor(() => expect(screen.queryByTestId('person-Ben Ito')).toBeNull());
});

test('the own card is shown with its digits, as text and as a file', async () => {
  const { platform } = await openWindow({}, 'view-workbench');
  await fireEvent.click(screen.getByTestId('nav-settings'));
  const digits = await screen.findByTestId('card-fingerprint');
  expect(digits.textContent).toBe(memoryCard('Mara Lindt').fingerprint);
  await fireEvent.click(screen.getByTestId('card-rename'));
  await fireEvent.input(await screen.findByTestId('rename-card-name'), {
    target: { value: 'Mara L.' },
  });
  await expectAccessible(screen.getByTestId('rename-card-dialog'));
  await fireEvent.click(screen.getByTestId('rename-card-save'));
  await waitFor(() => expect(screen.getByTestId('card-name').textContent).toBe('Mara L.'));
  await fireEvent.click(screen.getByTestId('card-show'));
  const text = screen.getByTestId<HTMLTextAreaElement>('card-text');
  expect(text.value).toContain('BEGIN KEYSTEAD CARD');
  await expectAccessible(screen.getByTestId('settings-card'));
  await fireEvent.click(screen.getByTestId('card-save'));
  await waitFor(() => expect(platform.copies.files.size).toBe(1));
  await fireEvent.click(screen.getByTestId('card-save'));
  await fireEvent.click(await screen.findByTestId('confirm-card-yes'));
  await waitFor(() =>
    expect(platform.calls.filter(({ command }) => command === 'save_card')).toHaveLength(3),
  );
});
