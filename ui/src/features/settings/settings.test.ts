import { cleanup, fireEvent, screen, waitFor, within } from '@testing-library/svelte';
import { afterEach, describe, expect, test } from 'vitest';
import { MEMORY_PASSPHRASE } from '../../lib/platform/memory';
import { MEMORY_WORDS } from '../../lib/platform/memory-slots';
import { expectAccessible } from '../../test/axe';
import { openWindow } from '../../test/window';
import { compare, every, span } from './words';

afterEach(cleanup);

async function settings(options: Parameters<typeof openWindow>[0] = {}) {
  const opened = await openWindow(options, 'view-workbench');
  await fireEvent.click(screen.getByTestId('nav-settings'));
  await screen.findByTestId('settings-lock');
  return opened;
}

async function type(testid: string, value: string) {
  await fireEvent.input(await screen.findByTestId(testid), { target: { value } });
}

describe('locking and the clipboard', () => {
  test('a preset is shown before it holds, and can be left', async () => {
    const { platform } = await settings();
    await expectAccessible();
    await fireEvent.click(screen.getByTestId('preset-strict'));
    const preview = await screen.findByTestId('preset-preview');
    expect(preview.textContent).toContain('Strict would change 2 choices');
    expect(platform.settings.chosen.idle_seconds).toBe(600);
    await fireEvent.click(screen.getByTestId('preset-cancel'));
    expect(screen.queryByTestId('preset-preview')).toBeNull();
    expect(screen.getByTestId('preset-balanced').dataset.state).toBe('checked');
    await fireEvent.click(screen.getByTestId('preset-strict'));
    await fireEvent.click(await screen.findByTestId('preset-apply'));
    await waitFor(() => expect(platform.settings.chosen.idle_seconds).toBe(120));
    await waitFor(() => expect(screen.getByTestId('idle-120').dataset.state).toBe('checked'));
  });

  test('one choice at a time, and one that is no preset has no preset', async () => {
    const { platform } = await settings();
    await fireEvent.click(screen.getByTestId('lock-with-screen'));
    await waitFor(() => expect(platform.settings.chosen.lock_on_screen_lock).toBe(false));
    await waitFor(() =>
      expect(screen.getByTestId('preset-balanced').dataset.state).toBe('unchecked'),
    );
    await fireEvent.click(screen.getByTestId('clipboard-90'));
    await waitFor(() => expect(platform.settings.chosen.clipboard_seconds).toBe(90));
  });
});

describe('backups', () => {
  test('a folder turns them on; how often and how many are chosen; off again', async () => {
    const { platform } = await settings();
    await fireEvent.click(screen.getByTestId('backups-folder'));
    expect((await screen.findByTestId('backups-path')).textContent).toContain('labelling');
    await fireEvent.click(screen.getByTestId('every-168'));
    await fireEvent.click(await screen.findByTestId('keep-30'));
    await waitFor(() =>
      expect(platform.settings.chosen.backups).toEqual({
        folder: '/home/mara/code/labelling',
        every_hours: 168,
        keep: 30,
      }),
    );
    await expectAccessible();
    await fireEvent.click(screen.getByTestId('backups-off'));
    await waitFor(() => expect(platform.settings.chosen.backups).toBeNull());
  });
});

describe('ways to unlock', () => {
  test('a recovery kit counts once three of its words were said', async () => {
    const { platform } = await settings();
    await fireEvent.click(screen.getByTestId('recovery-make'));
    await type('present-passphrase', 'wrong');
    await fireEvent.click(screen.getByTestId('kit-next'));
    expect((await screen.findByTestId('kit-error')).textContent).toContain('not the present');
    await type('present-passphrase', MEMORY_PASSPHRASE);
    await fireEvent.click(screen.getByTestId('kit-next'));
    const words = within(await screen.findByTestId('kit-words')).getAllByRole('listitem');
    expect(words.map((each) => each.textContent.replace(/\d|\s/g, ''))).toEqual(
      MEMORY_WORDS.split(' '),
    );
    expect(screen.getByTestId('kit-qr').getAttribute('aria-label')).toContain('QR');
    await expectAccessible();
    await fireEvent.click(screen.getByTestId('kit-next'));
    for (const at of [0, 1, 2]) await type(`kit-answer-${at}`, 'zoo');
    await fireEvent.click(screen.getByTestId('kit-next'));
    expect((await screen.findByTestId('kit-error')).textContent).toContain('4, 11, 20');
    expect(platform.slots.ways().recovery).toBe(false);
    await fireEvent.click(screen.getByTestId('kit-back'));
    await screen.findByTestId('kit-words');
    await fireEvent.click(screen.getByTestId('kit-next'));
    const spelled = MEMORY_WORDS.split(' ');
    for (const [at, position] of [4, 11, 20].entries())
      await type(`kit-answer-${at}`, spelled[position - 1] ?? '');
    await fireEvent.click(screen.getByTestId('kit-next'));
    await waitFor(() => expect(platform.slots.ways().recovery).toBe(true));
    await waitFor(() => expect(screen.queryByTestId('kit-dialog')).toBeNull());
    expect(screen.getByTestId('recovery-make').textContent).toContain('Replace');
  });

  test('a compromised passphrase is changed with everything else', async () => {
    const { platform } = await settings({ ways: ['recovery', 'keyring'] });
    await fireEvent.click(screen.getByTestId('passphrase-change'));
    await type('present-passphrase', MEMORY_PASSPHRASE);
    await type('create-passphrase', 'a wholly new passphrase');
    await type('create-again', 'a wholly new passphrase');
    await fireEvent.click(screen.getByTestId('slot-compromised'));
    expect(await screen.findByTestId('slot-rekey')).toBeTruthy();
    await expectAccessible();
    const submit = screen.getByTestId<HTMLButtonElement>('slot-submit');
    await waitFor(() => expect(submit.disabled).toBe(false));
    await fireEvent.click(submit);
    await waitFor(() => expect(platform.slots.passphrase).toBe('a wholly new passphrase'));
    expect(platform.slots.ways()).toEqual({ key_file: false, keyring: false, recovery: false });
  });

  test('a keyring that is not there says so and changes nothing', async () => {
    const { platform } = await settings({
      failing: {
        add_keyring: { code: 'keyring', message: 'There is no system keyring.', hint: 'Use it.' },
      },
    });
    await fireEvent.click(screen.getByTestId('keyring-add'));
    await type('present-passphrase', MEMORY_PASSPHRASE);
    await fireEvent.click(screen.getByTestId('slot-submit'));
    expect((await screen.findByTestId('slot-error')).textContent).toContain('no system keyring');
    expect(platform.slots.ways().keyring).toBe(false);
  });
});

describe('unlock', () => {
  test('by the system keyring, where it holds a key', async () => {
    await openWindow({ start: 'locked', ways: ['keyring'] }, 'view-unlock');
    await expectAccessible();
    await fireEvent.click(screen.getByTestId('unlock-keyring'));
    expect(await screen.findByTestId('view-workbench')).toBeTruthy();
    cleanup();
    await openWindow({ start: 'locked' }, 'view-unlock');
    expect(screen.queryByTestId('unlock-keyring')).toBeNull();
    expect(screen.queryByTestId('unlock-recover')).toBeNull();
  });

  test('by the recovery kit, with a new passphrase', async () => {
    const { platform } = await openWindow({ start: 'locked', ways: ['recovery'] }, 'view-unlock');
    await fireEvent.click(screen.getByTestId('unlock-recover'));
    await type('recovery-words', 'one two three');
    expect(screen.getByTestId('recovery-count').textContent).toBe('3 of 24');
    await type('create-passphrase', 'a wholly new passphrase');
    await type('create-again', 'a wholly new passphrase');
    const submit = screen.getByTestId<HTMLButtonElement>('recover-submit');
    await waitFor(() => expect(submit.disabled).toBe(false));
    await fireEvent.click(submit);
    expect((await screen.findByTestId('recover-error')).textContent).toContain('belong together');
    await expectAccessible();
    await type('recovery-words', MEMORY_WORDS);
    await fireEvent.click(submit);
    expect(await screen.findByTestId('view-workbench')).toBeTruthy();
    expect(platform.slots.passphrase).toBe('a wholly new passphrase');
  });
});

test('spans and hours are in words', () => {
  expect([30, 60, 90, 600, 3600, 5400].map(span)).toEqual([
    '30 s',
    '1 min',
    '90 s',
    '10 min',
    '1 h',
    '90 min',
  ]);
  expect([1, 6, 24, 48, 168, 336].map(every)).toEqual([
    'hour',
    '6 h',
    'day',
    '2 days',
    'week',
    '2 weeks',
  ]);
  const choices = {
    idle_seconds: 60,
    lock_on_sleep: true,
    lock_on_screen_lock: true,
    clipboard_seconds: 10,
    backups: null,
  };
  const differences = compare(choices, { ...choices, lock_on_sleep: false });
  expect(differences.filter((each) => each.now !== each.then)).toHaveLength(1);
});
