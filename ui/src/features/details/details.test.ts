import { cleanup, fireEvent, screen, waitFor } from '@testing-library/svelte';
import { afterEach, describe, expect, test } from 'vitest';
import type { MemoryOptions } from '../../lib/platform/memory';
import { expectAccessible } from '../../test/axe';
import { openWindow } from '../../test/window';

afterEach(cleanup);

async function inspect(name: string, environment = 'dev', options: MemoryOptions = {}) {
  const opened = await openWindow(options);
  await fireEvent.click(await screen.findByTestId(`cell-${name}-${environment}`));
  await screen.findByTestId('details-edit');
  return opened;
}

const type = (id: string, value: string) =>
  fireEvent.input(screen.getByTestId(id), { target: { value } });

describe('details', () => {
  test('only what differs is sent, and the selection follows another name', async () => {
    const { app, platform } = await inspect('STRIPE_KEY');
    await fireEvent.click(screen.getByTestId('details-edit'));
    await screen.findByTestId('details-dialog');
    await expectAccessible(screen.getByTestId('details-dialog'));
    const save = screen.getByTestId<HTMLButtonElement>('details-save');
    expect(save.disabled).toBe(true);
    await type('details-name', 'STRIPE_SECRET_KEY');
    await type('details-tags', 'PII,');
    await fireEvent.click(screen.getByTestId('details-tags-remove-customer'));
    await type('details-tags', 'billing');
    await type('details-expires', '2031-03-31');
    await type('details-lead', '14');
    await fireEvent.click(save);
    await screen.findByTestId('row-STRIPE_SECRET_KEY');
    expect(platform.calls.find((each) => each.command === 'edit_secrets')?.request).toEqual({
      project: 'churn-model',
      names: ['STRIPE_KEY'],
      rename: 'STRIPE_SECRET_KEY',
      kind: null,
      notes: null,
      owner: null,
      add_tags: ['pii', 'billing'],
      remove_tags: ['customer'],
      expires: { at: new Date(2031, 2, 31, 23, 59, 59, 999).getTime() },
      lead_days: 14,
    });
    expect(app.workbench.selection).toEqual({ name: 'STRIPE_SECRET_KEY', environment: 'dev' });
    await waitFor(() => expect(screen.getByTestId('detail-tags').textContent).toContain('billing'));
    await fireEvent.click(screen.getByTestId('toast-action'));
    await waitFor(() => expect(app.workbench.selection?.name).toBe('STRIPE_KEY'));
  });

  test('another kind is chosen, and an expiry taken away', async () => {
    const { platform } = await inspect('STRIPE_KEY');
    await fireEvent.keyDown(window, { key: 'E', ctrlKey: true, shiftKey: true });
    const kind = await screen.findByTestId('details-kind');
    kind.focus();
    await fireEvent.keyDown(kind, { key: 'Enter' });
    await fireEvent.pointerUp(await screen.findByTestId('details-kind-option-database_url'));
    await type('details-expires', '');
    expect(screen.getByTestId<HTMLInputElement>('details-lead').disabled).toBe(true);
    await fireEvent.keyDown(screen.getByTestId('details-name'), { key: 'Enter', ctrlKey: true });
    await waitFor(() => expect(screen.queryByTestId('details-dialog')).toBeNull());
    expect(platform.calls.find((each) => each.command === 'edit_secrets')?.request).toMatchObject({
      rename: null,
      kind: 'database_url',
      expires: 'never',
      lead_days: null,
    });
    await waitFor(() => expect(screen.queryByTestId('detail-expires')).toBeNull());
  });

  test('a refused edit says why and keeps what was typed', async () => {
    await inspect('HF_TOKEN');
    await fireEvent.click(screen.getByTestId('details-edit'));
    await screen.findByTestId('details-dialog');
    await type('details-name', 'GITHUB_TOKEN');
    await fireEvent.click(screen.getByTestId('details-save'));
    expect((await screen.findByTestId('details-error')).textContent).toContain('already');
    expect(screen.getByTestId<HTMLInputElement>('details-name').value).toBe('GITHUB_TOKEN');
  });

  test('tags are suggested, and chosen and taken back by keys', async () => {
    await inspect('HF_TOKEN');
    await fireEvent.click(screen.getByTestId('details-edit'));
    const tags = await screen.findByTestId('details-tags');
    await type('details-tags', 'c');
    expect(await screen.findByTestId('details-tags-option-ci')).toBeTruthy();
    await fireEvent.keyDown(tags, { key: 'ArrowDown' });
    await fireEvent.keyDown(tags, { key: 'Enter' });
    expect(screen.getByTestId('details-tags-tag-ci')).toBeTruthy();
    await fireEvent.keyDown(tags, { key: 'Backspace' });
    expect(screen.queryByTestId('details-tags-tag-ci')).toBeNull();
    expect(screen.getByTestId('details-dialog')).toBeTruthy();
  });
});

describe('an expiry', () => {
  test('is said in words in the matrix and the inspector', async () => {
    await inspect('GITHUB_TOKEN');
    expect(screen.getByTestId('detail-expires').textContent).toContain('expires in 5 d');
    expect(screen.getByTestId('expiry-GITHUB_TOKEN').dataset.state).toBe('due');
    expect(screen.getByTestId('expiry-STRIPE_KEY').textContent).toContain('expired 3 d ago');
    expect(screen.queryByTestId('expiry-DATABASE_URL')).toBeNull();
    await expectAccessible();
  });
});

describe('removing', () => {
  test('a secret asks, goes, and comes back', async () => {
    const { app, platform } = await inspect('HF_TOKEN');
    await fireEvent.click(screen.getByTestId('remove-secret'));
    await expectAccessible(await screen.findByTestId('confirm-remove'));
    await fireEvent.click(screen.getByTestId('confirm-remove-yes'));
    await waitFor(() => expect(screen.queryByTestId('row-HF_TOKEN')).toBeNull());
    expect(screen.queryByTestId('inspector')).toBeNull();
    expect(platform.calls.find((each) => each.command === 'remove_secrets')?.request).toEqual({
      project: 'churn-model',
      names: ['HF_TOKEN'],
      environment: null,
    });
    await fireEvent.click(screen.getByTestId('toast-action'));
    expect(await screen.findByTestId('row-HF_TOKEN')).toBeTruthy();
    expect(app.workbench.selection).toBeNull();
  });

  test('one value goes alone, and becomes the previous one', async () => {
    await inspect('STRIPE_KEY', 'prod');
    await fireEvent.click(screen.getByTestId('remove-value'));
    await fireEvent.click(await screen.findByTestId('confirm-remove-value-yes'));
    expect(await screen.findByTestId('inspector-missing')).toBeTruthy();
    expect(screen.getByTestId('cell-STRIPE_KEY-prod').dataset.state).toBe('missing');
    expect(screen.queryByTestId('rotate')).toBeNull();
    expect(screen.getByTestId('restore-4')).toBeTruthy();
  });

  test('a refusal is said', async () => {
    await inspect('HF_TOKEN', 'dev', {
      failing: { remove_secrets: { code: 'not_allowed', message: 'In use.', hint: 'Unlink it.' } },
    });
    await fireEvent.click(screen.getByTestId('remove-secret'));
    await fireEvent.click(await screen.findByTestId('confirm-remove-yes'));
    expect((await screen.findByTestId('toast-failed')).textContent).toContain('Unlink it.');
    expect(screen.getByTestId('row-HF_TOKEN')).toBeTruthy();
  });
});

describe('an inherited value', () => {
  test('is shown and copied here, and rotated where it stands', async () => {
    const { app, platform } = await openWindow();
    await platform.call('edit_environment', {
      project: 'churn-model',
      environment: 'prod',
      rename: null,
      protect: null,
      inherit: 'dev',
      position: null,
      remove: false,
    });
    await app.changed();
    await fireEvent.click(await screen.findByTestId('cell-HF_TOKEN-prod'));
    expect((await screen.findByTestId('inspector-inherited')).textContent).toContain('From dev');
    expect(screen.queryByTestId('rotate')).toBeNull();
    expect(app.commands.find((each) => each.id === 'secret.rotate')?.enabled).toBe(false);
    await fireEvent.click(screen.getByTestId('reveal'));
    expect((await screen.findByTestId('value')).textContent).toBe('sample-hf-token-dev-1');
    await fireEvent.keyDown(window, { key: 'C', ctrlKey: true, shiftKey: true });
    expect(await screen.findByTestId('clipboard')).toBeTruthy();
    await expectAccessible(screen.getByTestId('inspector'));
    await fireEvent.click(screen.getByTestId('add-value'));
    const environment = await screen.findByTestId<HTMLInputElement>('add-environment');
    expect(environment.value).toBe('prod');
  });
});
