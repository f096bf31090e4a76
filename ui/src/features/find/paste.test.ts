import { cleanup, fireEvent, screen, waitFor } from '@testing-library/svelte';
import { afterEach, describe, expect, test } from 'vitest';
import type { MemoryOptions, MemoryPlatform } from '../../lib/platform/memory';
import { expectAccessible } from '../../test/axe';
import { openWindow } from '../../test/window';

afterEach(cleanup);

const TOKEN = 'hf_abcdefghijklmnopqrstuvwxyzABCDEFGH';
const FILE = 'ALPHA=one\nHF_TOKEN=two\n';

async function paste(text: string, target: Element | Document = document) {
  const clipboardData = { getData: () => text };
  await fireEvent(
    target,
    Object.assign(new Event('paste', { bubbles: true, cancelable: true }), { clipboardData }),
  );
}

async function openAndPaste(text: string, options: MemoryOptions = {}, ready = 'matrix') {
  const opened = await openWindow(options, ready);
  await paste(text);
  return opened;
}

const asked = (platform: MemoryPlatform, command: string) =>
  platform.calls.filter((each) => each.command === command).map((each) => each.request);

describe('a paste over the list', () => {
  test('of a new token begins a secret, with its usual name', async () => {
    const { app } = await openAndPaste(`${TOKEN}\n`);
    const value = await screen.findByTestId<HTMLTextAreaElement>('add-value-input');
    expect(value.value).toBe(TOKEN);
    expect((await screen.findByTestId('recognised')).textContent).toContain(
      'Looks like a Hugging Face token',
    );
    expect(screen.getByTestId<HTMLInputElement>('add-name').value).toBe('HF_TOKEN');
    expect(screen.getByTestId('add-replaces').textContent).toContain('has a value in dev already');
    await expectAccessible(screen.getByTestId('add-dialog'));
    expect(JSON.stringify([app.dialog, app.toasts.list])).not.toContain(TOKEN);
    await fireEvent.click(screen.getByTestId('add-cancel'));
    expect(document.body.innerHTML).not.toContain(TOKEN);
    await fireEvent.keyDown(window, { key: 'n', ctrlKey: true });
    expect((await screen.findByTestId<HTMLTextAreaElement>('add-value-input')).value).toBe('');
  });

  test('of a value that is held says where, and can be added all the same', async () => {
    await openAndPaste('sample-stripe-key-dev-2');
    const dialog = await screen.findByTestId('find-value-dialog');
    expect(dialog.textContent?.replace(/\s+/g, ' ')).toContain(
      'This value is STRIPE_KEY in dev of churn-model',
    );
    expect(screen.queryByTestId('find-value-input')).toBeNull();
    await waitFor(() =>
      expect(document.activeElement).toBe(screen.getByTestId('find-value-hit-0')),
    );
    await expectAccessible(dialog);
    await fireEvent.click(screen.getByTestId('find-value-add'));
    const value = await screen.findByTestId<HTMLTextAreaElement>('add-value-input');
    expect(value.value).toBe('sample-stripe-key-dev-2');
    expect(screen.queryByTestId('find-value-dialog')).toBeNull();
  });

  test('of a file is previewed, for whichever place', async () => {
    const { app, platform } = await openAndPaste(FILE);
    await screen.findByTestId('import-preview-view');
    expect(screen.getByTestId('import-row-HF_TOKEN').textContent).toContain('changed');
    expect(asked(platform, 'find_value')).toEqual([]);
    await expectAccessible(screen.getByTestId('import-dialog'));
    await fireEvent.input(screen.getByTestId('import-environment'), { target: { value: 'prod' } });
    expect(screen.getByTestId<HTMLButtonElement>('import-save').disabled).toBe(true);
    await waitFor(() =>
      expect(screen.getByTestId('import-row-HF_TOKEN').textContent).toContain('new'),
    );
    expect(asked(platform, 'preview_import').at(-1)).toMatchObject({ environment: 'prod' });
    await fireEvent.click(screen.getByTestId('import-save'));
    await screen.findByTestId('row-ALPHA');
    expect(screen.getByTestId('cell-ALPHA-prod').dataset.state).toBe('set');
    expect(app.dialog).toBeNull();
  });

  test('goes into a vault with nothing in it too', async () => {
    await openAndPaste(FILE, { holds: 'nothing' }, 'empty-vault');
    const text = await screen.findByTestId<HTMLTextAreaElement>('import-text');
    expect(text.value).toBe(FILE);
  });

  test('means nothing in a field, in a dialog or in another view', async () => {
    const { app, platform } = await openWindow();
    await paste(TOKEN, screen.getByTestId('filter'));
    app.openDialog('shortcuts');
    await screen.findByTestId('shortcuts');
    await paste(TOKEN);
    app.closeDialog();
    app.go('audit');
    await screen.findByTestId('view-audit');
    await waitFor(() => expect(screen.queryByTestId('shortcuts')).toBeNull());
    await paste(TOKEN);
    expect(asked(platform, 'recognise')).toEqual([]);
  });

  test('gives the focus back to where it was', async () => {
    await openWindow();
    const matrix = screen.getByTestId('matrix');
    matrix.focus();
    await fireEvent.keyDown(matrix, { key: 'v', ctrlKey: true });
    const trap = screen.getByTestId('paste-trap');
    expect(document.activeElement).toBe(trap);
    await paste(TOKEN, trap);
    await screen.findByTestId('add-dialog');
    await fireEvent.click(screen.getByTestId('add-cancel'));
    await waitFor(() => expect(document.activeElement).toBe(matrix));
  });

  test('that fails says why', async () => {
    await openAndPaste(TOKEN, {
      failing: { find_value: { code: 'io', message: 'The disk failed.', hint: 'Check it.' } },
    });
    expect((await screen.findByTestId('toast-failed')).textContent).toContain('Check it.');
  });
});

describe('a value in a field', () => {
  const type = (id: string, value: string) =>
    fireEvent.input(screen.getByTestId(id), { target: { value } });

  test('is warned about, and never refused', async () => {
    await openWindow();
    await fireEvent.click(screen.getByTestId('add-secret'));
    await screen.findByTestId('add-dialog');
    await type('add-value-input', 'sk-short');
    expect((await screen.findByTestId('recognised-problem')).textContent).toContain(
      'An OpenAI API key begins with sk-',
    );
    expect(screen.getByTestId<HTMLInputElement>('add-name').value).toBe('OPENAI_API_KEY');
    expect(screen.getByTestId<HTMLButtonElement>('add-save').disabled).toBe(false);
    await type('add-name', 'MINE');
    await type('add-value-input', TOKEN);
    await waitFor(() =>
      expect(screen.getByTestId('recognised').textContent).toContain('Hugging Face'),
    );
    expect(screen.getByTestId<HTMLInputElement>('add-name').value).toBe('MINE');
  });

  test('that is a whole file can be previewed as one', async () => {
    await openWindow();
    await fireEvent.click(screen.getByTestId('add-secret'));
    await screen.findByTestId('add-dialog');
    await type('add-value-input', FILE);
    expect((await screen.findByTestId('recognised-file')).textContent).toContain(
      'This is a .env of 2 secrets.',
    );
    await fireEvent.click(screen.getByTestId('recognised-preview'));
    expect(await screen.findByTestId('import-row-ALPHA')).toBeTruthy();
    expect(screen.queryByTestId('add-dialog')).toBeNull();
  });

  test('of a rotation is looked at as what it should be', async () => {
    const { platform } = await openWindow();
    await fireEvent.click(await screen.findByTestId('cell-OPENAI_API_KEY-dev'));
    await fireEvent.click(await screen.findByTestId('rotate'));
    await waitFor(() => expect(screen.getByTestId('rotate-plan').textContent).toContain('v5'));
    await type('rotate-value', TOKEN);
    expect((await screen.findByTestId('recognised-problem')).textContent).toContain('sk-');
    expect(asked(platform, 'recognise').at(-1)).toMatchObject({ kind: 'openai_api_key' });
    expect(screen.getByTestId<HTMLButtonElement>('rotate-submit').disabled).toBe(false);
  });
});
