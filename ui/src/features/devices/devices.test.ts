import { cleanup, fireEvent, screen, waitFor, within } from '@testing-library/svelte';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { MEMORY_PASSPHRASE, type MemoryOptions } from '../../lib/platform/memory';
import { MEMORY_CODE, memoryRequest } from '../../lib/platform/memory-devices';
import { expectAccessible } from '../../test/axe';
import { openWindow } from '../../test/window';
import { deviceWords, faulty, isWhole, listed, typed } from './words';

afterEach(cleanup);

const REQUEST = memoryRequest('mini-lab');
const FAILURE = { code: 'io', message: 'The disk failed.', hint: 'Check it.' } as const;

const choose = (id: string) => fireEvent.click(screen.getByTestId(id));
const input = async (id: string, value: string) =>
  fireEvent.input(await screen.findByTestId(id), { target: { value } });
const words = (id: string) => screen.getByTestId(id).textContent.replaceAll(/\s+/g, ' ').trim();
const button = (id: string) => screen.getByTestId<HTMLButtonElement>(id);
const focused = () => (document.activeElement as HTMLElement | null)?.dataset.testid;
const gone = (id: string) => waitFor(() => expect(screen.queryByTestId(id)).toBeNull());

async function settings(options: MemoryOptions = { team: 'sample' }) {
  const opened = await openWindow(options, 'view-workbench');
  await choose('nav-settings');
  await screen.findByTestId(options.failing?.devices ? 'devices-failure' : 'own-devices');
  const asked = (command: string) =>
    opened.platform.calls.filter((each) => each.command === command).map((each) => each.request);
  return { ...opened, asked };
}

describe('the section', () => {
  test('lists the own devices: this one is marked, and another one can be revoked', async () => {
    await settings();
    expect(words('own-device-thinkpad-7')).toBe('thinkpad-7 In Acme ML This device');
    expect(words('own-device-studio-mac')).toBe(
      'studio-mac Last heard 2 hours ago · in Acme ML Revoke…',
    );
    expect(screen.queryByTestId('own-device-revoke-thinkpad-7')).toBeNull();
    expect(screen.getByTestId('device-add')).toBeTruthy();
    // Something is in this vault: it can't become another one's device.
    expect(screen.queryByTestId('device-ask')).toBeNull();
    await expectAccessible(screen.getByTestId('settings-devices'));
  });

  test('says what a secondary device can not do', async () => {
    await settings({ team: 'sample', secondary: true });
    expect(screen.queryByTestId('device-add')).toBeNull();
    expect(words('device-secondary')).toContain('Only a primary device can take one in');
  });

  test('of a vault with nothing in it offers to ask another machine', async () => {
    await settings({ holds: 'nothing' });
    expect(words('own-device-thinkpad-7')).toContain('In no shared space');
    await choose('device-ask');
    await screen.findByTestId('ask-code');
  });

  test('that can not be read says so, and is read again', async () => {
    const failing: MemoryOptions['failing'] = { devices: FAILURE };
    await settings({ team: 'sample', failing });
    expect(words('devices-failure')).toContain('The disk failed.');
    delete failing.devices;
    await choose('devices-retry');
    await screen.findByTestId('own-device-studio-mac');
  });

  test('hears of a device that was added elsewhere', async () => {
    const { platform, app } = await settings();
    platform.team.addDevice({ id: 'ab'.repeat(16), name: 'attic', own: false, last_heard: null });
    await app.hear({ notice: 'synced' });
    expect(words('own-device-attic')).toContain('Not heard yet · in Acme ML');
  });
});

describe('a device is revoked', () => {
  test('once it is clear what follows, and then it is gone from every space', async () => {
    const { asked, platform } = await settings();
    const [own] = platform.team.members;
    const id = own?.devices.find(({ name }) => name === 'studio-mac')?.id;
    screen.getByTestId('own-device-revoke-studio-mac').focus();
    await choose('own-device-revoke-studio-mac');
    await screen.findByTestId('revoke-dialog');
    const follows = words('revoke-follows');
    expect(follows).toContain('read nothing that is written from now on');
    expect(follows).toContain('What it has already, it keeps');
    expect(follows).toContain('New keys are made for Acme ML');
    expect(follows).toContain('your identity’s keys were on it');
    await waitFor(() => expect(focused()).toBe('revoke-cancel'));
    await expectAccessible(screen.getByTestId('revoke-dialog'));
    await choose('revoke-save');
    await gone('own-device-studio-mac');
    expect(asked('revoke_own_device')).toEqual([{ device: id }]);
    await screen.findByText('studio-mac is revoked');
    await waitFor(() => expect(focused()).toBe('own-devices'));
    expect(own?.devices.map(({ name }) => name)).toEqual(['thinkpad-7']);
    expect(screen.queryByTestId('revoke-dialog')).toBeNull();
  });

  test('or stays, where somebody thinks better of it', async () => {
    const { asked } = await settings();
    await choose('own-device-revoke-studio-mac');
    await fireEvent.click(await screen.findByTestId('revoke-cancel'));
    await gone('revoke-dialog');
    expect(asked('revoke_own_device')).toEqual([]);
    expect(screen.getByTestId('own-device-studio-mac')).toBeTruthy();
  });

  test('or it fails, and the dialog says why', async () => {
    const { asked } = await settings({ team: 'sample', failing: { revoke_own_device: FAILURE } });
    const before = asked('devices').length;
    await choose('own-device-revoke-studio-mac');
    await fireEvent.click(await screen.findByTestId('revoke-save'));
    expect((await screen.findByTestId('revoke-error')).textContent).toContain('The disk failed.');
    // Some spaces may be done.
    expect(asked('devices')).toHaveLength(before + 1);
    expect(screen.queryByTestId('toast-failed')).toBeNull();
  });
});

describe('a device is added', () => {
  async function adding(options?: MemoryOptions) {
    const opened = await settings(options);
    await choose('device-add');
    await screen.findByTestId('enrol-dialog');
    return opened;
  }

  /** The choices, with the passphrase shown once more. */
  async function enrolled() {
    await input('present-passphrase', MEMORY_PASSPHRASE);
    await choose('enrol-save');
  }

  async function chosen(options?: MemoryOptions) {
    const opened = await adding(options);
    await input('enrol-request', REQUEST);
    await input('enrol-code', MEMORY_CODE);
    await choose('enrol-next');
    await screen.findByTestId('enrol-save');
    return opened;
  }

  test('with its request and the code that is typed; what goes back is a welcome', async () => {
    const { asked } = await adding();
    await waitFor(() => expect(focused()).toBe('enrol-request'));
    await expectAccessible(screen.getByTestId('enrol-dialog'));
    await input('enrol-request', REQUEST);
    await input('enrol-code', '08eq 9rwt');
    expect(screen.getByTestId('enrol-dialog').textContent).toContain('8 of 20 characters.');
    expect(button('enrol-next').disabled).toBe(true);
    await input('enrol-code', '08eq 9rwt nrqj bmak jrm8');
    // Nothing goes anywhere before somebody says so.
    expect(asked('read_enrolment')).toEqual([]);
    await choose('enrol-next');
    await screen.findByTestId('enrol-save');
    expect(screen.getByTestId('enrol-dialog').textContent).toContain('Add mini-lab?');
    expect(words('enrol-space-Acme ML')).toBe('Acme ML s3://acme-ml-keystead/team');
    expect(screen.getByTestId('enrol-secondary').dataset.state).toBe('checked');
    expect(focused()).toBe('enrol-secondary');
    expect(screen.getByTestId('enrol-keys').dataset.state).toBe('checked');
    await expectAccessible(screen.getByTestId('enrol-dialog'));
    expect(asked('enrol_device')).toEqual([]);
    await enrolled();
    const text = await screen.findByTestId<HTMLTextAreaElement>('welcome-text');
    expect(text.value).toContain('-----BEGIN KEYSTEAD WELCOME-----');
    expect(words('enrol-words')).toContain('Bring it back to mini-lab');
    expect(words('enrol-words')).toContain('and in Acme ML');
    await waitFor(() => expect(focused()).toBe('welcome-copy'));
    await expectAccessible(screen.getByTestId('enrol-dialog'));
    expect(asked('enrol_device')).toEqual([
      {
        text: REQUEST,
        code: '08eq 9rwt nrqj bmak jrm8',
        primary: false,
        with_keys: true,
        present: { passphrase: MEMORY_PASSPHRASE, key_file: null },
      },
    ]);
    await choose('enrol-done');
    await gone('enrol-dialog');
    expect(words('own-device-mini-lab')).toContain('Not heard yet · in Acme ML');
  });

  test('not with another passphrase, which is said and can be typed again', async () => {
    await chosen();
    expect(button('enrol-save').disabled).toBe(true);
    await input('present-passphrase', 'wrong');
    await choose('enrol-save');
    expect((await screen.findByTestId('enrol-error')).textContent).toContain(
      'not the present passphrase',
    );
    expect(screen.getByTestId('present-passphrase').getAttribute('aria-invalid')).toBe('true');
    expect(screen.queryByTestId('welcome-text')).toBeNull();
    await enrolled();
    await screen.findByTestId('welcome-text');
  });

  test('as a primary one, without the keys of the storages', async () => {
    const { asked } = await chosen();
    expect(words('enrol-secondary')).toContain('If you lose it, revoke it alone.');
    expect(words('enrol-primary')).toContain('If you lose it, you need a new identity.');
    await choose('enrol-primary');
    await choose('enrol-keys');
    await enrolled();
    await screen.findByTestId('welcome-text');
    expect(asked('enrol_device')).toMatchObject([{ primary: true, with_keys: false }]);
  });

  test('where no storage has keys there are none to send along', async () => {
    const { asked } = await chosen({ team: 'alone' });
    expect(screen.queryByTestId('enrol-keys')).toBeNull();
    expect(words('enrol-space-Acme ML')).toContain('Kept nowhere yet');
    await enrolled();
    await screen.findByTestId('welcome-text');
    expect(asked('enrol_device')).toMatchObject([{ with_keys: false }]);
  });

  test('where there is no space that it could be in, that is said', async () => {
    await chosen({});
    expect(words('enrol-no-spaces')).toContain('no space that it could be in');
    expect(screen.queryByTestId('enrol-spaces')).toBeNull();
  });

  test('not with another code: that is said at the code, which can be mended', async () => {
    const { asked } = await adding();
    await input('enrol-request', REQUEST);
    await input('enrol-code', '08EQ-9RWT-NRQJ-BMAK-JRM7');
    await choose('enrol-next');
    const alert = await within(screen.getByTestId('enrol-dialog')).findByRole('alert');
    expect(alert.textContent).toBe(
      "The code is not that of this request, or the request was changed. Compare it with the other machine's screen, and the request with what it wrote last.",
    );
    const code = screen.getByTestId('enrol-code');
    expect(code.closest('div')?.contains(alert)).toBe(true);
    expect(code.getAttribute('aria-invalid')).toBe('true');
    expect(screen.getByTestId('enrol-request').getAttribute('aria-invalid')).toBe('false');
    await waitFor(() => expect(focused()).toBe('enrol-code'));
    expect(asked('enrol_device')).toEqual([]);
    await input('enrol-code', MEMORY_CODE);
    expect(within(screen.getByTestId('enrol-dialog')).queryByRole('alert')).toBeNull();
    await choose('enrol-next');
    await screen.findByTestId('enrol-save');
  });

  test('not with another text: that is said at the request', async () => {
    await adding();
    await input('enrol-request', 'hello');
    await input('enrol-code', MEMORY_CODE);
    await choose('enrol-next');
    const alert = await within(screen.getByTestId('enrol-dialog')).findByRole('alert');
    expect(alert.textContent).toContain('This is not the text of a request.');
    const request = screen.getByTestId('enrol-request');
    expect(request.closest('div')?.contains(alert)).toBe(true);
    expect(request.getAttribute('aria-invalid')).toBe('true');
    expect(screen.getByTestId('enrol-code').getAttribute('aria-invalid')).toBe('false');
    await waitFor(() => expect(focused()).toBe('enrol-request'));
  });

  test('not where reading fails for another reason: that is said of neither field', async () => {
    await adding({ team: 'sample', failing: { read_enrolment: FAILURE } });
    await input('enrol-request', REQUEST);
    await input('enrol-code', MEMORY_CODE);
    await choose('enrol-next');
    expect((await screen.findByTestId('enrol-error')).textContent).toContain('The disk failed.');
    expect(screen.getByTestId('enrol-code').getAttribute('aria-invalid')).toBe('false');
  });

  test('not from its own request, which is said before anything goes out', async () => {
    await adding();
    await input('enrol-request', memoryRequest('thinkpad-7'));
    await input('enrol-code', MEMORY_CODE);
    await choose('enrol-next');
    await enrolled();
    expect((await screen.findByTestId('enrol-error')).textContent).toContain('this very device');
    expect(screen.queryByTestId('welcome-text')).toBeNull();
    // The way back keeps what was given, and says nothing of what failed later.
    await choose('enrol-back');
    const request = await screen.findByTestId<HTMLTextAreaElement>('enrol-request');
    expect(request.value).toBe(memoryRequest('thinkpad-7'));
    expect(screen.getByTestId<HTMLInputElement>('enrol-code').value).toBe(MEMORY_CODE);
    expect(screen.queryByTestId('enrol-error')).toBeNull();
    await waitFor(() => expect(focused()).toBe('enrol-request'));
    await choose('enrol-next');
    await screen.findByTestId('enrol-save');
    expect(screen.queryByTestId('enrol-error')).toBeNull();
  });

  test('from a file, unless it is too large', async () => {
    await adding();
    const give = (file: File) =>
      fireEvent.change(screen.getByTestId('enrol-request-file-input'), {
        target: { files: [file] },
      });
    const large = new File([REQUEST], 'film.txt');
    Object.defineProperty(large, 'size', { value: 2_097_153 });
    await give(large);
    expect(screen.getByTestId('enrol-dialog').textContent).toContain(
      'film.txt is too large to be a request.',
    );
    const file = new File([REQUEST], 'keystead-request.txt');
    // jsdom's files can not be read as text.
    file.text = () => Promise.resolve(REQUEST);
    await give(file);
    const request = screen.getByTestId<HTMLTextAreaElement>('enrol-request');
    await waitFor(() => expect(request.value).toBe(REQUEST));
    expect(screen.getByTestId('enrol-dialog').textContent).not.toContain('too large');
  });

  test('and the welcome is copied, or saved; nothing of it stays once the dialog is closed', async () => {
    const writeText = vi.fn(() => Promise.resolve());
    Object.defineProperty(navigator, 'clipboard', { configurable: true, value: { writeText } });
    const { asked, app } = await chosen();
    await enrolled();
    const { value: text } = await screen.findByTestId<HTMLTextAreaElement>('welcome-text');
    await choose('welcome-copy');
    await waitFor(() => expect(writeText).toHaveBeenCalledWith(text));
    expect(screen.getByTestId('enrol-dialog').textContent).toContain('Copied');
    await choose('welcome-file');
    await screen.findByText('Saved the welcome as keystead-welcome.txt');
    await choose('welcome-file');
    await fireEvent.click(await screen.findByTestId('confirm-welcome-yes'));
    const path = '/home/mara/code/labelling/keystead-welcome.txt';
    await waitFor(() =>
      expect(asked('save_invite')).toEqual([
        { path, text, overwrite: false },
        { path, text, overwrite: false },
        { path, text, overwrite: true },
      ]),
    );
    await choose('enrol-done');
    await gone('enrol-dialog');
    expect(JSON.stringify([app.devices.view, app.team.spaces, app.dialog])).not.toContain('BEGIN');
    await choose('device-add');
    expect((await screen.findByTestId<HTMLTextAreaElement>('enrol-request')).value).toBe('');
    expect(screen.getByTestId<HTMLInputElement>('enrol-code').value).toBe('');
    Reflect.deleteProperty(navigator, 'clipboard');
  });

  test('and a clipboard that is out of reach is said', async () => {
    await chosen();
    await enrolled();
    await fireEvent.click(await screen.findByTestId('welcome-copy'));
    expect((await screen.findByTestId('toast-failed')).textContent).toContain(
      'copy it with Ctrl C',
    );
    expect(screen.getByTestId('enrol-dialog').textContent).not.toContain('Copied');
  });
});

describe('words', () => {
  const NOW = Date.UTC(2026, 10, 28, 12);

  test('say when a device was heard, and where it is', () => {
    const device = { id: 'a', name: 'x', own: false, last_heard: NOW - 1_000, spaces: ['A', 'B'] };
    expect(deviceWords(device, NOW)).toBe('Last heard just now · in A and B');
    expect(deviceWords({ ...device, last_heard: null, spaces: [] }, NOW)).toBe(
      'Not heard yet · in no shared space',
    );
    expect(deviceWords({ ...device, own: true }, NOW)).toBe('In A and B');
    expect(listed(['A', 'B', 'C'])).toMatch(/^A, B,? and C$/);
  });

  test('count what was typed of a code, however it is set', () => {
    expect(typed(' 08eq–9rwt  nr')).toBe(10);
    expect(isWhole('08EQ−9RWT NRQJ-BMAK—JRM8')).toBe(true);
    expect(isWhole('08EQ9RWTNRQJBMAKJRM')).toBe(false);
    expect(isWhole('08EQ9RWTNRQJBMAKJRM88')).toBe(false);
  });

  test('of a refusal say which field it is about', () => {
    const of = (message: string, code: 'invalid_input' | 'role' = 'invalid_input') =>
      faulty({ code, message, hint: '' });
    expect(of('The code is not that of this request, or the request was changed.')).toBe('code');
    expect(of('Character 3 does not occur in enrolment codes.')).toBe('code');
    expect(of('This is not the text of a request.')).toBe('request');
    expect(of('It is malformed: it ends too early.')).toBe('request');
    expect(of('This device does not hold the code.', 'role')).toBeNull();
  });
});
