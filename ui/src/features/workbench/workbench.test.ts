import { cleanup, fireEvent, screen, waitFor } from '@testing-library/svelte';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { expectAccessible } from '../../test/axe';
import { openWindow } from '../../test/window';

afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

async function inspect(name: string, environment = 'dev') {
  const opened = await openWindow();
  await fireEvent.click(await screen.findByTestId(`cell-${name}-${environment}`));
  await screen.findByTestId('reveal');
  return opened;
}

describe('the matrix', () => {
  test('shows set, missing and same cells, and is accessible', async () => {
    await openWindow();
    expect(screen.getByTestId('secret-count').textContent).toContain('16');
    expect(screen.getByTestId('cell-HF_TOKEN-prod').dataset.state).toBe('missing');
    expect(screen.getByTestId('cell-OPENAI_API_KEY-staging').textContent).toContain('same as dev');
    expect(screen.getByTestId('cell-OPENAI_API_KEY-dev').textContent).toContain('12 d');
    await expectAccessible();
  });

  test('filters by name and by kind as one types', async () => {
    await openWindow();
    await fireEvent.input(screen.getByTestId('filter'), { target: { value: 'aws secret' } });
    await waitFor(() => expect(screen.getByTestId('secret-count').textContent).toContain('1'));
    expect(screen.queryByTestId('row-HF_TOKEN')).toBeNull();
    await fireEvent.input(screen.getByTestId('filter'), { target: { value: 'hugging' } });
    expect(await screen.findByTestId('row-HF_TOKEN')).toBeTruthy();
    await fireEvent.input(screen.getByTestId('filter'), { target: { value: 'no such' } });
    expect(await screen.findByTestId('empty-filter')).toBeTruthy();
  });

  test('arrows move, Enter opens the inspector, Escape closes it', async () => {
    const { app } = await openWindow();
    const matrix = screen.getByTestId('matrix');
    matrix.focus();
    await fireEvent.keyDown(matrix, { key: 'ArrowDown' });
    await fireEvent.keyDown(matrix, { key: 'ArrowRight' });
    expect(matrix.getAttribute('aria-activedescendant')).toBe('cell-AWS_ACCESS_KEY_ID-staging');
    await fireEvent.keyDown(matrix, { key: 'Enter' });
    expect((await screen.findByTestId('inspector-name')).textContent).toContain(
      'AWS_ACCESS_KEY_ID',
    );
    expect(app.workbench.selection?.environment).toBe('staging');
    await fireEvent.keyDown(matrix, { key: 'Escape' });
    expect(screen.queryByTestId('inspector')).toBeNull();
  });
});

describe('a revealed value', () => {
  test('is shown, then hidden when its time is over', async () => {
    await inspect('HF_TOKEN');
    vi.useFakeTimers({ shouldAdvanceTime: true });
    await fireEvent.click(screen.getByTestId('reveal'));
    expect((await screen.findByTestId('value')).textContent).toBe('sample-hf-token-dev-1');
    await expectAccessible(screen.getByTestId('inspector'));
    await vi.advanceTimersByTimeAsync(20_500);
    expect(screen.queryByTestId('value')).toBeNull();
    expect(document.body.innerHTML).not.toContain('sample-hf-token');
  });

  test('is hidden when the window loses focus', async () => {
    await inspect('HF_TOKEN');
    await fireEvent.click(screen.getByTestId('reveal'));
    await screen.findByTestId('value');
    await fireEvent.blur(window);
    expect(screen.queryByTestId('value')).toBeNull();
  });

  test('is hidden when another secret or environment is chosen', async () => {
    const { app } = await inspect('OPENAI_API_KEY');
    await fireEvent.click(screen.getByTestId('reveal'));
    await screen.findByTestId('value');
    await fireEvent.click(screen.getByTestId('inspector-environment-prod'));
    await waitFor(() => expect(app.workbench.inspected?.environment).toBe('prod'));
    expect(screen.queryByTestId('value')).toBeNull();
  });

  test('stays out of every controller', async () => {
    const { app } = await inspect('HF_TOKEN');
    await fireEvent.click(screen.getByTestId('reveal'));
    await screen.findByTestId('value');
    const held = JSON.stringify([
      app.workbench.matrix,
      app.workbench.inspected,
      app.toasts.list,
      app.audit.events,
      app.links.links,
    ]);
    expect(held).not.toContain('sample-hf-token');
  });
});

describe('the inspector', () => {
  test('copies through the host and counts down in the status bar', async () => {
    const { platform } = await inspect('HF_TOKEN');
    await fireEvent.click(screen.getByTestId('copy'));
    expect((await screen.findByTestId('clipboard')).textContent).toContain('30 s');
    expect(platform.calls.some((each) => each.command === 'copy')).toBe(true);
    expect(platform.calls.some((each) => each.command === 'reveal')).toBe(false);
    platform.notify({ notice: 'clipboard_cleared' });
    await waitFor(() => expect(screen.queryByTestId('clipboard')).toBeNull());
  });

  test('restores an older version', async () => {
    await inspect('WANDB_API_KEY');
    await fireEvent.click(screen.getByTestId('restore-2'));
    expect(await screen.findByTestId('version-4')).toBeTruthy();
  });
});

describe('adding', () => {
  test('saves, clears the value and selects the secret', async () => {
    const { app, platform } = await openWindow();
    await fireEvent.click(screen.getByTestId('add-secret'));
    await screen.findByTestId('add-dialog');
    await expectAccessible(screen.getByTestId('add-dialog'));
    await fireEvent.input(screen.getByTestId('add-name'), { target: { value: 'NEW_TOKEN' } });
    await fireEvent.input(screen.getByTestId('add-value-input'), { target: { value: 'pasted' } });
    await fireEvent.click(screen.getByTestId('add-save'));
    await waitFor(() => expect(app.workbench.selection?.name).toBe('NEW_TOKEN'));
    expect(platform.calls.find((each) => each.command === 'set_secret')?.request).toMatchObject({
      value: { pasted: 'pasted' },
      create_missing: true,
    });
    expect(screen.queryByTestId('add-dialog')).toBeNull();
  });

  test('a refused value is cleared and the reason stays', async () => {
    await openWindow({
      failing: {
        set_secret: { code: 'invalid_input', message: 'No such name.', hint: 'Mend it.' },
      },
    });
    await fireEvent.click(screen.getByTestId('add-secret'));
    await fireEvent.input(await screen.findByTestId('add-name'), { target: { value: '9' } });
    const value = screen.getByTestId<HTMLTextAreaElement>('add-value-input');
    await fireEvent.input(value, { target: { value: 'pasted' } });
    await fireEvent.click(screen.getByTestId('add-save'));
    expect((await screen.findByTestId('add-error')).textContent).toContain('Mend it.');
    expect(value.value).toBe('');
  });
});

test('a vault with nothing in it teaches the first step', async () => {
  await openWindow({ holds: 'nothing' }, 'empty-vault');
  await fireEvent.click(screen.getByTestId('empty-import'));
  expect(await screen.findByTestId('import-dialog')).toBeTruthy();
});

describe('a protected environment', () => {
  test('asks once more before a value leaves, and keeps it when refused', async () => {
    const { platform } = await inspect('HF_TOKEN');
    await platform.call('edit_environment', {
      project: 'churn-model',
      environment: 'dev',
      rename: null,
      protect: true,
      inherit: null,
      position: null,
      remove: false,
    });
    await fireEvent.click(screen.getByTestId('reveal'));
    await expectAccessible(await screen.findByTestId('protected-dialog'));
    await fireEvent.click(screen.getByTestId('protected-cancel'));
    await waitFor(() => expect(screen.queryByTestId('protected-dialog')).toBeNull());
    expect(screen.queryByTestId('toast-failed')).toBeNull();
    expect(screen.queryByTestId('value')).toBeNull();
    await fireEvent.click(screen.getByTestId('reveal'));
    await fireEvent.click(await screen.findByTestId('protected-confirm'));
    expect((await screen.findByTestId('value')).textContent).toBe('sample-hf-token-dev-1');
  });
});

describe('taking back', () => {
  test('an added value goes by its toast, and comes again by the keyboard', async () => {
    const { app, platform } = await inspect('HF_TOKEN');
    const before = app.workbench.inspected?.versions.length ?? 0;
    await platform.call('rotate', {
      project: 'churn-model',
      environment: 'dev',
      name: 'HF_TOKEN',
      value: { pasted: 'sample-next' },
    });
    app.toasts.done('Rotated', '', app.undoAction);
    await fireEvent.click(await screen.findByTestId('toast-action'));
    await screen.findByText(/^Took back: HF_TOKEN in dev/);
    await waitFor(() => expect(app.workbench.inspected?.versions).toHaveLength(before));
    await fireEvent.keyDown(window, { key: 'z', ctrlKey: true, shiftKey: true });
    await waitFor(() => expect(app.workbench.inspected?.versions).toHaveLength(before + 1));
    await fireEvent.keyDown(screen.getByTestId('filter'), { key: 'z', ctrlKey: true });
    await screen.findByText(/^Made again/);
    expect(app.workbench.inspected?.versions).toHaveLength(before + 1);
    await fireEvent.keyDown(window, { key: 'z', ctrlKey: true });
    await waitFor(() => expect(app.workbench.inspected?.versions).toHaveLength(before));
  });
});
