import { cleanup, fireEvent, screen, waitFor } from '@testing-library/svelte';
import { afterEach, describe, expect, test } from 'vitest';
import type { MemoryOptions, MemoryPlatform } from '../../lib/platform/memory';
import { expectAccessible } from '../../test/axe';
import { openWindow } from '../../test/window';
import { draftPart, lacks, partOf } from './draft';
import { listed, togetherWith } from './words';

afterEach(cleanup);

const PROJECT = 'infra-shared';

async function inspect(name: string, environment = 'dev', options: MemoryOptions = {}) {
  const opened = await openWindow(options);
  await opened.app.jump(PROJECT, name, environment);
  await screen.findByTestId('details-edit');
  return opened;
}

const last = (platform: MemoryPlatform, command: string) =>
  platform.calls.filter((each) => each.command === command).at(-1)?.request;

const type = (id: string, value: string) =>
  fireEvent.input(screen.getByTestId(id), { target: { value } });

async function choose(id: string, option: string) {
  const select = screen.getByTestId(id);
  select.focus();
  await fireEvent.keyDown(select, { key: 'Enter' });
  await fireEvent.pointerUp(await screen.findByTestId(`${id}-option-${option}`));
}

describe('a credential of several secrets', () => {
  test('is said with its parts, and none of them goes back alone', async () => {
    await inspect('AWS_ACCESS_KEY_ID', 'prod');
    expect(screen.getByTestId('credential-name').textContent?.trim()).toBe('aws');
    expect(screen.getByTestId('credential-parts').textContent).toContain('AWS_SECRET_ACCESS_KEY');
    expect(screen.queryByTestId('restore-2')).toBeNull();
    expect(screen.getByTestId('versions-together').textContent).toContain('all of aws');
    await expectAccessible(screen.getByTestId('inspector'));
  });

  test('rotates in one step, by paste and by what is made here', async () => {
    const { platform } = await inspect('AWS_ACCESS_KEY_ID', 'prod');
    await fireEvent.keyDown(window, { key: 'R', ctrlKey: true, shiftKey: true });
    const dialog = await screen.findByTestId('rotate-credential-dialog');
    expect(dialog.textContent).toContain('infra-shared · prod');
    expect(screen.getByTestId('rotate-credential-plan').textContent).toContain('An undo takes');
    expect(document.activeElement).toBe(screen.getByTestId('new-part-value-0'));
    await expectAccessible(dialog);
    const submit = screen.getByTestId<HTMLButtonElement>('rotate-credential-submit');
    expect(submit.disabled).toBe(true);
    await type('new-part-value-0', 'AKIACANARY');
    await fireEvent.click(screen.getByTestId('new-part-generate-1'));
    await choose('new-part-shape-1', 'hex');
    await expectAccessible(dialog);
    await fireEvent.keyDown(screen.getByTestId('new-part-value-0'), {
      key: 'Enter',
      ctrlKey: true,
    });
    const done = await screen.findByTestId('rotate-credential-done');
    expect(done.textContent).toContain('AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY');
    expect(document.body.innerHTML).not.toContain('CANARY');
    expect(last(platform, 'rotate_credential')).toEqual({
      project: PROJECT,
      environment: 'prod',
      name: 'aws',
      values: [
        { part: { secret: 'AWS_ACCESS_KEY_ID', part: '' }, value: { pasted: 'AKIACANARY' } },
        { part: { secret: 'AWS_SECRET_ACCESS_KEY', part: '' }, value: { generated: 'hex' } },
      ],
    });
    await waitFor(() => expect(screen.getByTestId('version-4')).toBeTruthy());
    await fireEvent.click(screen.getByTestId('rotate-credential-close'));
    expect(screen.queryByTestId('rotate-credential-dialog')).toBeNull();
  });

  test('a refused rotation says why, and what was pasted can be sent again', async () => {
    await inspect('AWS_ACCESS_KEY_ID', 'dev', {
      failing: {
        rotate_credential: { code: 'io', message: 'The disk is full.', hint: 'Make room.' },
      },
    });
    await fireEvent.click(screen.getByTestId('credential-rotate'));
    await screen.findByTestId('rotate-credential-dialog');
    await type('new-part-value-1', 'again');
    await fireEvent.click(screen.getByTestId('rotate-credential-submit'));
    expect((await screen.findByTestId('rotate-credential-error')).textContent).toContain(
      'Make room.',
    );
    expect(screen.getByTestId<HTMLTextAreaElement>('new-part-value-1').value).toBe('again');
    // Another way of getting a value takes what was pasted away.
    await fireEvent.click(screen.getByTestId('new-part-generate-1'));
    await fireEvent.click(screen.getByTestId('new-part-paste-1'));
    expect(screen.getByTestId<HTMLTextAreaElement>('new-part-value-1').value).toBe('');
  });

  test('goes back as one, and an undo takes that back', async () => {
    const { platform } = await inspect('AWS_SECRET_ACCESS_KEY', 'prod');
    await fireEvent.click(screen.getByTestId('credential-restore'));
    await waitFor(() => expect(screen.getByTestId('version-2').textContent).toContain('current'));
    expect(last(platform, 'restore_credential')).toEqual({
      project: PROJECT,
      environment: 'prod',
      name: 'aws',
    });
    expect(screen.getByTestId('toast-done').textContent).toContain('went back together');
    await fireEvent.click(screen.getByTestId('toast-action'));
    await waitFor(() => expect(screen.getByTestId('version-3').textContent).toContain('current'));
  });

  test('a refused restore is said', async () => {
    await inspect('AWS_SECRET_ACCESS_KEY', 'prod', {
      failing: { restore_credential: { code: 'io', message: 'No.', hint: 'Try again.' } },
    });
    await fireEvent.click(screen.getByTestId('credential-restore'));
    expect((await screen.findByTestId('toast-failed')).textContent).toContain('Try again.');
  });
});

describe('a credential of parts of one secret', () => {
  test('rotates by its parts; the rest of the value stays', async () => {
    const { app, platform } = await inspect('DATABASE_URL');
    expect(screen.getByTestId('credential-parts').textContent).toContain('DATABASE_URL · password');
    expect(screen.getByTestId('restore-2')).toBeTruthy();
    await fireEvent.click(screen.getByTestId('credential-rotate'));
    await screen.findByTestId('rotate-credential-dialog');
    await type('new-part-value-1', 'sample new');
    await fireEvent.click(screen.getByTestId('rotate-credential-submit'));
    await screen.findByTestId('rotate-credential-done');
    const at = { project: PROJECT, environment: 'dev', name: 'DATABASE_URL' };
    const read = await platform.call('read', { ...at, version: 'current' });
    expect(read.value).toBe('postgres://app:sample%20new@db.dev.internal/app');
    await fireEvent.click(screen.getByTestId('rotate-credential-close'));
    app.rotate();
    expect(await screen.findByTestId('rotate-dialog')).toBeTruthy();
  });
});

describe('editing a credential', () => {
  test('a new one is made of secrets and parts of them', async () => {
    const { platform } = await inspect('GITHUB_TOKEN');
    await fireEvent.click(screen.getByTestId('credential-make'));
    const dialog = await screen.findByTestId('credential-dialog');
    expect(screen.getByTestId<HTMLInputElement>('part-secret-0').value).toBe('GITHUB_TOKEN');
    expect(screen.getByTestId('part-remove-0').getAttribute('aria-disabled')).toBe('true');
    await type('credential-name-input', 'github app');
    await fireEvent.click(screen.getByTestId('part-add'));
    await waitFor(() => expect(document.activeElement).toBe(screen.getByTestId('part-secret-1')));
    await type('part-secret-1', 'DEPLOY');
    await fireEvent.keyDown(screen.getByTestId('part-secret-1'), { key: 'ArrowDown' });
    await fireEvent.keyDown(screen.getByTestId('part-secret-1'), { key: 'Enter' });
    await choose('part-way-1', 'json');
    const save = screen.getByTestId<HTMLButtonElement>('credential-save');
    expect(save.disabled).toBe(true);
    await type('part-pointer-1', 'key');
    expect(dialog.textContent).toContain('/database/password');
    await type('part-pointer-1', '/key');
    await expectAccessible(dialog);
    await fireEvent.click(save);
    await waitFor(() =>
      expect(screen.getByTestId('credential-name').textContent?.trim()).toBe('github app'),
    );
    expect(last(platform, 'edit_credential')).toEqual({
      project: PROJECT,
      name: 'github app',
      parts: [
        { secret: 'GITHUB_TOKEN', part: '' },
        { secret: 'DEPLOY_PRIVATE_KEY', part: '/key' },
      ],
      rename: null,
      remove: false,
    });
  });

  test('a name that is there already gets the part added', async () => {
    const { platform } = await inspect('GITHUB_TOKEN');
    await fireEvent.click(screen.getByTestId('credential-make'));
    await screen.findByTestId('credential-dialog');
    await type('credential-name-input', 'aws');
    await waitFor(() =>
      expect(screen.getByTestId('credential-dialog').textContent).toContain('is added to it'),
    );
    await fireEvent.click(screen.getByTestId('credential-save'));
    await waitFor(() => expect(screen.queryByTestId('credential-dialog')).toBeNull());
    expect(last(platform, 'edit_credential')).toMatchObject({
      name: 'aws',
      parts: [
        { secret: 'AWS_ACCESS_KEY_ID' },
        { secret: 'AWS_SECRET_ACCESS_KEY' },
        { secret: 'GITHUB_TOKEN' },
      ],
    });
  });

  test('it gets another name, loses a part, and is removed; an undo brings it back', async () => {
    const { app, platform } = await inspect('DATABASE_URL');
    await fireEvent.click(screen.getByTestId('credential-edit'));
    await screen.findByTestId('credential-dialog');
    expect(screen.getByTestId<HTMLButtonElement>('credential-save').disabled).toBe(true);
    await type('credential-name-input', 'aws');
    expect((await screen.findByText('There is a credential aws already.')).role).toBe('alert');
    await type('credential-name-input', 'app login');
    await fireEvent.click(screen.getByTestId('part-remove-0'));
    await fireEvent.click(screen.getByTestId('credential-save'));
    await waitFor(() =>
      expect(screen.getByTestId('credential-name').textContent?.trim()).toBe('app login'),
    );
    expect(last(platform, 'edit_credential')).toEqual({
      project: PROJECT,
      name: 'database login',
      parts: [{ secret: 'DATABASE_URL', part: 'password' }],
      rename: 'app login',
      remove: false,
    });
    app.commands.find((each) => each.id === 'credential.edit')?.run();
    await fireEvent.click(await screen.findByTestId('credential-remove'));
    expect(await screen.findByTestId('credential-make')).toBeTruthy();
    const undo = screen.getAllByTestId('toast-action').at(-1);
    if (undo) await fireEvent.click(undo);
    expect((await screen.findByTestId('credential-name')).textContent?.trim()).toBe('app login');
  });

  test('a refusal says why', async () => {
    await inspect('GITHUB_TOKEN');
    await fireEvent.click(screen.getByTestId('credential-make'));
    await screen.findByTestId('credential-dialog');
    await type('credential-name-input', 'second');
    await type('part-secret-0', 'AWS_ACCESS_KEY_ID');
    await fireEvent.click(screen.getByTestId('credential-save'));
    expect((await screen.findByTestId('credential-error')).textContent).toContain(
      'part of the credential aws',
    );
  });
});

test('parts survive a form, and what a line lacks is said', () => {
  for (const part of ['', 'user', 'password', '/a/b'])
    expect(partOf(draftPart({ secret: 'X', part }))).toEqual({ secret: 'X', part });
  const line = { id: 0, secret: 'X', way: 'json' as const, pointer: 'a' };
  expect(lacks(line)).toContain('/database/password');
  expect(lacks({ ...line, pointer: '/a' })).toBe('');
  expect(lacks({ ...line, secret: ' ' })).toBe('Choose a secret.');
});

test('a secret that is a whole credential by itself may change alone', () => {
  const of = (secrets: string[]) => ({
    name: 'c',
    parts: secrets.map((secret) => ({ secret, part: '' })),
  });
  expect(togetherWith({ name: 'A', credential: null })).toBeNull();
  expect(togetherWith({ name: 'A', credential: of(['A']) })).toBeNull();
  expect(togetherWith({ name: 'A', credential: of(['A', 'B']) })?.name).toBe('c');
  expect(listed(['A', 'B', 'C'])).toBe('A, B and C');
});
