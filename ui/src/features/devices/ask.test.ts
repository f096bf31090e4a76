import { cleanup, fireEvent, screen, waitFor, within } from '@testing-library/svelte';
import { afterEach, describe, expect, test } from 'vitest';
import type { MemoryOptions } from '../../lib/platform/memory';
import { memoryCard } from '../../lib/platform/memory-copies';
import { MEMORY_CODE, memoryRequest, memoryWelcome } from '../../lib/platform/memory-devices';
import { expectAccessible } from '../../test/axe';
import { openWindow } from '../../test/window';

afterEach(cleanup);

const FAILURE = { code: 'io', message: 'The disk failed.', hint: 'Check it.' } as const;

const choose = (id: string) => fireEvent.click(screen.getByTestId(id));
const input = async (id: string, value: string) =>
  fireEvent.input(await screen.findByTestId(id), { target: { value } });
const words = (id: string) => screen.getByTestId(id).textContent.replaceAll(/\s+/g, ' ').trim();
const focused = () => (document.activeElement as HTMLElement | null)?.dataset.testid;

async function open(options: MemoryOptions = {}) {
  const opened = await openWindow({ holds: 'nothing', ...options }, 'empty-vault');
  (await screen.findByTestId('second-machine')).focus();
  await choose('second-machine');
  await screen.findByTestId('ask-dialog');
  const asked = (command: string) =>
    opened.platform.calls.filter((each) => each.command === command).map((each) => each.request);
  return { ...opened, asked };
}

async function withWelcome(text: string, options: MemoryOptions = {}) {
  const opened = await open(options);
  await screen.findByTestId('ask-code');
  await choose('ask-next');
  await input('ask-welcome', text);
  return opened;
}

describe('the way to it', () => {
  test('is in the empty workbench, and gives the keyboard back to where it was', async () => {
    await open();
    await screen.findByTestId('ask-code');
    await choose('ask-cancel');
    await waitFor(() => expect(screen.queryByTestId('ask-dialog')).toBeNull());
    await waitFor(() => expect(focused()).toBe('second-machine'));
  });

  test('is not there once the vault is used for something', async () => {
    const { app, platform } = await openWindow({ holds: 'nothing' }, 'empty-vault');
    await screen.findByTestId('second-machine');
    await platform.call('create_space', { name: 'Lab' });
    await app.changed();
    expect(await screen.findByTestId('empty-vault')).toBeTruthy();
    await waitFor(() => expect(screen.queryByTestId('second-machine')).toBeNull());
  });

  test('is not there where that can not be told', async () => {
    const { app } = await openWindow(
      { holds: 'nothing', failing: { devices: FAILURE } },
      'empty-vault',
    );
    await waitFor(() => expect(app.devices.failure).not.toBeNull());
    expect(screen.queryByTestId('second-machine')).toBeNull();
  });
});

describe('asking', () => {
  test('shows the code, and the request to take along', async () => {
    const { asked } = await open();
    expect((await screen.findByTestId('ask-code')).textContent.trim()).toBe(MEMORY_CODE);
    const request = screen.getByTestId<HTMLTextAreaElement>('request-text');
    expect(request.value).toBe(memoryRequest('thinkpad-7'));
    await waitFor(() => expect(focused()).toBe('request-copy'));
    await expectAccessible(screen.getByTestId('ask-dialog'));
    await choose('request-file');
    await screen.findByText('Saved the request as keystead-request.txt');
    expect(asked('save_invite')).toEqual([
      {
        path: '/home/mara/code/labelling/keystead-request.txt',
        text: memoryRequest('thinkpad-7'),
        overwrite: false,
      },
    ]);
  });

  test('of a vault that is used meanwhile is refused, and can be tried again', async () => {
    const failing: MemoryOptions['failing'] = {
      request_enrolment: {
        code: 'exists',
        message: 'This vault has projects or spaces of its own already.',
        hint: 'Make a new vault on this machine.',
      },
    };
    await open({ failing });
    expect((await screen.findByTestId('ask-failure')).textContent).toContain('of its own already');
    expect(screen.getByTestId<HTMLButtonElement>('ask-next').disabled).toBe(true);
    delete failing.request_enrolment;
    await choose('ask-retry');
    await screen.findByTestId('ask-code');
    expect(screen.queryByTestId('ask-failure')).toBeNull();
  });
});

describe('the welcome', () => {
  const WELCOME = memoryWelcome('Mara Okoye', ['Acme ML', 'Lab']);

  test('says whose device this becomes before it does', async () => {
    const { asked, app } = await withWelcome(WELCOME);
    await screen.findByTestId('ask-read');
    expect(words('ask-read')).toContain('Is that you?');
    expect(words('ask-name')).toBe('Mara Okoye');
    expect(words('ask-fingerprint')).toBe(memoryCard('Mara Okoye').fingerprint);
    expect(words('ask-kind')).toBe('Secondary');
    expect(words('ask-spaces')).toBe('Acme ML and Lab');
    await expectAccessible(screen.getByTestId('ask-dialog'));
    expect(asked('accept_welcome')).toEqual([]);
    await choose('ask-join');
    await waitFor(() => expect(screen.queryByTestId('ask-dialog')).toBeNull());
    expect(asked('accept_welcome')).toEqual([{ text: WELCOME }]);
    const toast = await screen.findByTestId('toast-done');
    expect(toast.textContent).toContain('This is a device of Mara Okoye now');
    expect(toast.textContent).toContain('Acme ML and Lab fill with the next sync.');
    // The own space is worked in, and has begun anew.
    expect(words('space-switcher')).toBe('Personal');
    await choose('space-switcher');
    await screen.findByTestId('space-Acme ML');
    expect(screen.getByTestId('space-Lab')).toBeTruthy();
    await waitFor(() => expect(screen.queryByTestId('second-machine')).toBeNull());
    expect(app.devices.view).toMatchObject({ primary: false, unused: false });
  });

  test('of a primary device with one space leads there', async () => {
    await withWelcome(memoryWelcome('Mara Okoye', ['Lab'], { primary: true }));
    await screen.findByTestId('ask-read');
    expect(words('ask-kind')).toBe('Primary');
    expect(words('ask-read')).toContain('If you lose it, you need a new identity.');
    await choose('ask-join');
    await fireEvent.click(await screen.findByTestId('toast-action'));
    await waitFor(() => expect(words('space-switcher')).toBe('Lab'));
  });

  test('without a space says that none came along', async () => {
    await withWelcome(memoryWelcome('Mara Okoye', []));
    await screen.findByTestId('ask-read');
    expect(words('ask-spaces')).toBe('None');
    await choose('ask-join');
    expect((await screen.findByTestId('toast-done')).textContent).toContain('No space came along.');
    expect(screen.queryByTestId('toast-action')).toBeNull();
  });

  test('that is none, or of another request, is refused at its field', async () => {
    await withWelcome('hello');
    const dialog = within(screen.getByTestId('ask-dialog'));
    expect((await dialog.findByRole('alert')).textContent).toContain('not the text of a welcome');
    expect(screen.getByTestId('ask-welcome').getAttribute('aria-invalid')).toBe('true');
    expect(screen.getByTestId<HTMLButtonElement>('ask-join').disabled).toBe(true);
    await input('ask-welcome', memoryWelcome('Mara Okoye', ['Lab'], { to: 'attic' }));
    await waitFor(() =>
      expect(dialog.getByRole('alert').textContent).toContain('The welcome is for another request'),
    );
    expect(screen.queryByTestId('ask-read')).toBeNull();
    // What was read before does not count for what stands there now.
    await input('ask-welcome', WELCOME);
    await screen.findByTestId('ask-read');
    await input('ask-welcome', 'hello');
    await waitFor(() => expect(screen.queryByTestId('ask-read')).toBeNull());
    expect(screen.getByTestId<HTMLButtonElement>('ask-join').disabled).toBe(true);
    await input('ask-welcome', '');
    await waitFor(() => expect(dialog.queryByRole('alert')).toBeNull());
  });

  test('comes from a file too', async () => {
    await withWelcome('');
    await waitFor(() => expect(focused()).toBe('ask-welcome'));
    const file = new File([WELCOME], 'keystead-welcome.txt');
    // jsdom's files can not be read as text.
    file.text = () => Promise.resolve(WELCOME);
    await fireEvent.change(screen.getByTestId('ask-welcome-file-input'), {
      target: { files: [file] },
    });
    await screen.findByTestId('ask-read');
  });

  test('that can not be followed leaves all as it was, and the code can be shown again', async () => {
    const { app } = await withWelcome(WELCOME, { failing: { accept_welcome: FAILURE } });
    await screen.findByTestId('ask-read');
    await choose('ask-join');
    expect((await screen.findByTestId('ask-error')).textContent).toContain('The disk failed.');
    expect(app.team.spaces).toHaveLength(1);
    expect(screen.queryByTestId('toast-done')).toBeNull();
    await choose('ask-back');
    expect((await screen.findByTestId('ask-code')).textContent.trim()).toBe(MEMORY_CODE);
    expect(screen.queryByTestId('ask-error')).toBeNull();
  });

  test('is forgotten with the dialog', async () => {
    const { asked } = await withWelcome(WELCOME);
    await screen.findByTestId('ask-read');
    await choose('ask-cancel');
    await waitFor(() => expect(screen.queryByTestId('ask-dialog')).toBeNull());
    await choose('second-machine');
    await screen.findByTestId('ask-code');
    await choose('ask-next');
    expect((await screen.findByTestId<HTMLTextAreaElement>('ask-welcome')).value).toBe('');
    expect(screen.queryByTestId('ask-read')).toBeNull();
    expect(asked('accept_welcome')).toEqual([]);
  });
});
