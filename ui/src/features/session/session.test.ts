import { cleanup, fireEvent, screen, waitFor } from '@testing-library/svelte';
import { afterEach, describe, expect, test } from 'vitest';
import { MEMORY_PASSPHRASE, MemoryPlatform } from '../../lib/platform/memory';
import { expectAccessible } from '../../test/axe';
import { openWindow } from '../../test/window';
import { SessionController } from './controller.svelte';

afterEach(cleanup);

describe('unlock', () => {
  test('a wrong passphrase says so, and the field is empty and focused', async () => {
    await openWindow({ start: 'locked' }, 'view-unlock');
    const field = screen.getByTestId<HTMLInputElement>('unlock-passphrase');
    await fireEvent.input(field, { target: { value: 'wrong' } });
    await fireEvent.click(screen.getByTestId('unlock-submit'));
    expect((await screen.findByRole('alert')).textContent).toContain('passphrase is wrong');
    await waitFor(() => expect(field.value).toBe(''));
    expect(document.activeElement).toBe(field);
    await expectAccessible();
  });

  test('the right one opens the workbench', async () => {
    await openWindow({ start: 'locked' }, 'view-unlock');
    expect(screen.getByTestId('status-bar').textContent).toContain('no key is in memory');
    await fireEvent.input(screen.getByTestId('unlock-passphrase'), {
      target: { value: MEMORY_PASSPHRASE },
    });
    await fireEvent.click(screen.getByTestId('unlock-submit'));
    expect(await screen.findByTestId('view-workbench')).toBeTruthy();
  });

  test('an older copy can be looked at, and one goes on from it only after a second word', async () => {
    const { platform } = await openWindow({ rollback: true }, 'view-workbench');
    const note = screen.getByTestId('rollback-note');
    expect(note.textContent).toContain('lacks 3 changes and 17 events');
    await expectAccessible();
    await fireEvent.click(screen.getByTestId('rollback-accept'));
    await fireEvent.click(await screen.findByTestId('rollback-confirm-no'));
    expect(platform.calls.some((call) => call.command === 'accept_rollback')).toBe(false);
    await fireEvent.click(screen.getByTestId('rollback-accept'));
    await fireEvent.click(await screen.findByTestId('rollback-confirm-yes'));
    await waitFor(() => expect(screen.queryByTestId('rollback-note')).toBeNull());
  });

  test('memory that could not be locked is said in the status bar, in full to a screen reader', async () => {
    await openWindow({ memoryWarning: 'Secrets may be written to swap.' }, 'view-workbench');
    const warning = screen.getByTestId('memory-warning');
    expect(warning.textContent).toContain('Memory is not locked');
    expect(warning.textContent).toContain('Secrets may be written to swap.');
    await expectAccessible();
    cleanup();
    await openWindow({}, 'view-workbench');
    expect(screen.queryByTestId('memory-warning')).toBeNull();
  });

  test('a window that no terminal reaches says so', async () => {
    await openWindow({ hostWarning: 'Another program is this host.' }, 'view-workbench');
    expect(screen.getByTestId('host-warning').textContent).toContain(
      'Another program is this host.',
    );
    await expectAccessible();
  });

  test('a vault that another process holds shows message and hint', async () => {
    await openWindow(
      {
        start: 'locked',
        failing: {
          unlock: { code: 'vault_busy', message: 'Held by another one.', hint: 'Close that.' },
        },
      },
      'view-unlock',
    );
    await fireEvent.input(screen.getByTestId('unlock-passphrase'), { target: { value: 'x' } });
    await fireEvent.click(screen.getByTestId('unlock-submit'));
    const alert = await screen.findByRole('alert');
    expect(alert.textContent).toContain('Held by another one.');
    expect(alert.textContent).toContain('Close that.');
  });
});

describe('create', () => {
  test('two equal and strong passphrases make a vault and show the cost of a guess', async () => {
    const { platform } = await openWindow({ start: 'new', holds: 'nothing' }, 'view-create');
    await expectAccessible();
    const submit = screen.getByTestId<HTMLButtonElement>('create-submit');
    expect(submit.disabled).toBe(true);
    await fireEvent.input(screen.getByTestId('create-passphrase'), {
      target: { value: MEMORY_PASSPHRASE },
    });
    await fireEvent.input(screen.getByTestId('create-again'), { target: { value: 'other' } });
    expect(await screen.findByTestId('create-mismatch')).toBeTruthy();
    await fireEvent.input(screen.getByTestId('create-again'), {
      target: { value: MEMORY_PASSPHRASE },
    });
    await waitFor(() => expect(submit.disabled).toBe(false));
    await fireEvent.click(submit);
    expect(await screen.findByTestId('kdf-note')).toBeTruthy();
    expect(await screen.findByTestId('empty-vault')).toBeTruthy();
    await expectAccessible();
    await fireEvent.click(screen.getByTestId('kdf-dismiss'));
    expect(screen.queryByTestId('kdf-note')).toBeNull();
    expect(platform.calls.filter((each) => each.command === 'create_vault')).toHaveLength(1);
  });
});

describe('the session', () => {
  test('touches at most once per ten seconds', async () => {
    const platform = new MemoryPlatform();
    const session = new SessionController(platform);
    await session.refresh();
    const start = 1_000_000;
    for (const later of [0, 1_000, 9_999, 10_000, 15_000]) await session.touch(start + later);
    expect(platform.calls.filter((each) => each.command === 'touch')).toHaveLength(2);
  });

  test('a lock notice brings the unlock screen and forgets what was shown', async () => {
    const { platform, app } = await openWindow();
    await app.workbench.select('HF_TOKEN');
    platform.state = 'locked';
    platform.notify({ notice: 'locked', reason: 'idle' });
    expect(await screen.findByTestId('view-unlock')).toBeTruthy();
    expect(app.workbench.matrix).toBeNull();
    expect(app.workbench.inspected).toBeNull();
  });

  test('what another process does shows at once, an unlock too', async () => {
    const { platform, app } = await openWindow();
    const count = app.workbench.matrix?.rows.length ?? 0;
    await platform.call('set_secret', {
      project: app.workbench.current ?? '',
      environment: 'dev',
      name: 'FROM_A_TERMINAL',
      value: { pasted: 'v' },
      create_missing: false,
    });
    expect(app.workbench.matrix?.rows.length).toBe(count);
    platform.notify({ notice: 'vault_changed' });
    expect(await screen.findByText('FROM_A_TERMINAL')).toBeTruthy();

    cleanup();
    const locked = await openWindow({ start: 'locked' }, 'view-unlock');
    locked.platform.state = 'unlocked';
    locked.platform.notify({ notice: 'vault_changed' });
    expect(await screen.findByTestId('view-workbench')).toBeTruthy();
  });

  test('a hundred notices at once are read a few times, and the last one counts', async () => {
    const { platform, app } = await openWindow({ delay: 20 });
    const read = () => platform.calls.filter((call) => call.command === 'matrix').length;
    const before = read();
    for (let nth = 0; nth < 100; nth++) platform.notify({ notice: 'vault_changed' });
    await platform.call('set_secret', {
      project: app.workbench.current ?? '',
      environment: 'dev',
      name: 'THE_LAST_ONE',
      value: { pasted: 'v' },
      create_missing: false,
    });
    platform.notify({ notice: 'vault_changed' });
    expect(await screen.findByText('THE_LAST_ONE')).toBeTruthy();
    expect(read() - before).toBeLessThan(6);
  });

  test('Ctrl L locks, also while a dialog is open', async () => {
    const { app } = await openWindow();
    app.addSecret();
    await screen.findByTestId('add-dialog');
    await fireEvent.keyDown(window, { key: 'l', ctrlKey: true });
    expect(await screen.findByTestId('view-unlock')).toBeTruthy();
    expect(screen.queryByTestId('add-dialog')).toBeNull();
  });
});

test('the sample vault opens from the first screen', async () => {
  const { app, platform } = await openWindow({ start: 'new' }, 'view-create');
  await fireEvent.click(screen.getByTestId('open-sample'));
  await screen.findByTestId('matrix');
  expect(app.unlocked).toBe(true);
  expect(platform.calls.some((each) => each.command === 'open_sample')).toBe(true);
});
