import { cleanup, fireEvent, screen, waitFor } from '@testing-library/svelte';
import { afterEach, describe, expect, test } from 'vitest';
import type { MemoryOptions, MemoryPlatform } from '../../lib/platform/memory';
import { expectAccessible } from '../../test/axe';
import { openWindow } from '../../test/window';

afterEach(cleanup);

const edits = (platform: MemoryPlatform) =>
  platform.calls.filter((each) => each.command === 'edit_environment').map((each) => each.request);
const nothing = { rename: null, protect: null, inherit: null, position: null, remove: false };

async function openEnvironments(options: MemoryOptions = {}) {
  const opened = await openWindow(options);
  await fireEvent.click(screen.getByTestId('environment-settings'));
  await screen.findByTestId('environments-dialog');
  return opened;
}

describe('environments', () => {
  test('are renamed in place, by Enter, and the list follows', async () => {
    const { app, platform } = await openEnvironments();
    await expectAccessible(screen.getByTestId('environments-dialog'));
    app.workbench.environment = 'staging';
    const name = screen.getByTestId<HTMLInputElement>('environments-name-staging');
    await fireEvent.input(name, { target: { value: 'qa' } });
    await fireEvent.keyDown(name, { key: 'Escape' });
    expect(name.value).toBe('staging');
    expect(screen.getByTestId('environments-dialog')).toBeTruthy();
    await fireEvent.input(name, { target: { value: 'qa' } });
    await fireEvent.keyDown(name, { key: 'Enter' });
    expect(await screen.findByTestId('environments-row-qa')).toBeTruthy();
    expect(edits(platform)).toEqual([
      { project: 'churn-model', environment: 'staging', ...nothing, rename: 'qa' },
    ]);
    expect(app.workbench.environment).toBe('qa');
    expect(screen.getByTestId('toast-done').textContent).toContain('staging is qa now');
  });

  test('are protected, inherit, and give that up', async () => {
    const { platform } = await openEnvironments();
    await fireEvent.click(screen.getByTestId('environments-protected-prod'));
    expect(await screen.findByTestId('protected-prod')).toBeTruthy();
    const inherits = screen.getByTestId('environments-inherits-prod');
    inherits.focus();
    await fireEvent.keyDown(inherits, { key: 'Enter' });
    await fireEvent.pointerUp(await screen.findByTestId('environments-inherits-prod-option-dev'));
    await waitFor(() =>
      expect(screen.getByTestId('cell-HF_TOKEN-prod').dataset.state).toBe('inherited'),
    );
    await fireEvent.keyDown(inherits, { key: 'Enter' });
    await fireEvent.pointerUp(await screen.findByTestId('environments-inherits-prod-none'));
    await waitFor(() =>
      expect(screen.getByTestId('cell-HF_TOKEN-prod').dataset.state).toBe('missing'),
    );
    expect(edits(platform)).toMatchObject([
      { protect: true, inherit: null },
      { protect: null, inherit: 'dev' },
      { protect: null, inherit: '' },
    ]);
  });

  test('a circle is refused in words', async () => {
    const { app } = await openEnvironments();
    const request = { project: 'churn-model', environment: 'prod', ...nothing, inherit: 'dev' };
    await app.platform.call('edit_environment', request);
    await app.changed();
    const inherits = screen.getByTestId('environments-inherits-dev');
    inherits.focus();
    await fireEvent.keyDown(inherits, { key: 'Enter' });
    await fireEvent.pointerUp(await screen.findByTestId('environments-inherits-dev-option-prod'));
    expect((await screen.findByTestId('environments-error')).textContent).toContain('its own');
  });

  test('change their order, and the keyboard stays with the one that moved', async () => {
    const { app, platform } = await openEnvironments();
    await fireEvent.click(screen.getByTestId('environments-up-prod'));
    await waitFor(() =>
      expect(app.workbench.environments.map(({ name }) => name)).toEqual([
        'dev',
        'prod',
        'staging',
      ]),
    );
    expect(edits(platform)).toMatchObject([{ environment: 'prod', position: 1 }]);
    await waitFor(() =>
      expect(document.activeElement).toBe(screen.getByTestId('environments-up-prod')),
    );
    await fireEvent.click(screen.getByTestId('environments-up-dev'));
    expect(edits(platform)).toHaveLength(1);
  });

  test('are removed after a question, and added', async () => {
    const { app } = await openEnvironments();
    await fireEvent.click(screen.getByTestId('environments-remove-staging'));
    await expectAccessible(await screen.findByTestId('confirm-environment'));
    await fireEvent.click(screen.getByTestId('confirm-environment-yes'));
    await waitFor(() => expect(screen.queryByTestId('environments-row-staging')).toBeNull());
    await fireEvent.input(screen.getByTestId('environments-add-name'), { target: { value: 'eu' } });
    await fireEvent.submit(screen.getByTestId('environments-add-name'));
    expect(await screen.findByTestId('environments-row-eu')).toBeTruthy();
    expect(app.workbench.environments).toHaveLength(3);
    await waitFor(() =>
      expect(screen.getByTestId<HTMLInputElement>('environments-add-name').value).toBe(''),
    );
  });

  test('a refusal is said where it was asked', async () => {
    await openEnvironments({
      failing: { edit_environment: { code: 'not_allowed', message: 'Linked.', hint: 'Unlink.' } },
    });
    await fireEvent.click(screen.getByTestId('environments-protected-dev'));
    expect((await screen.findByTestId('environments-error')).textContent).toContain('Unlink.');
  });
});

describe('a project', () => {
  test('gets another name, and stays open', async () => {
    const { app } = await openWindow();
    await app.workbench.select('HF_TOKEN', 'dev');
    app.commands.find((each) => each.id === 'project.rename')?.run();
    const name = await screen.findByTestId('project-rename-name');
    await expectAccessible(screen.getByTestId('project-rename-dialog'));
    await fireEvent.input(name, { target: { value: 'rag-api' } });
    await fireEvent.submit(name);
    expect((await screen.findByTestId('project-rename-error')).textContent).toContain('already');
    await fireEvent.input(name, { target: { value: 'churn' } });
    await fireEvent.submit(name);
    await waitFor(() => expect(app.workbench.current).toBe('churn'));
    await waitFor(() =>
      expect(screen.getByTestId('project-title').textContent?.trim()).toBe('churn'),
    );
    await waitFor(() => expect(app.workbench.inspected?.name).toBe('HF_TOKEN'));
    await fireEvent.click(screen.getByTestId('toast-action'));
    await waitFor(() => expect(app.workbench.current).toBe('churn-model'));
  });

  test('is removed from its menu after a question', async () => {
    const { app } = await openWindow();
    const menu = screen.getByTestId('project-menu');
    menu.focus();
    await fireEvent.keyDown(menu, { key: 'Enter' });
    await fireEvent.click(await screen.findByTestId('project-menu-remove'));
    await expectAccessible(await screen.findByTestId('confirm-project'));
    expect(screen.getByTestId('confirm-project').textContent).toContain('16 secrets');
    await fireEvent.click(screen.getByTestId('confirm-project-yes'));
    await waitFor(() => expect(app.workbench.current).toBe('infra-shared'));
    expect(screen.queryByTestId('project-churn-model')).toBeNull();
    await fireEvent.click(screen.getByTestId('toast-action'));
    expect(await screen.findByTestId('project-churn-model')).toBeTruthy();
  });

  test('that may not go says why', async () => {
    const { app } = await openWindow({
      failing: { edit_project: { code: 'not_allowed', message: 'Linked.', hint: 'Unlink it.' } },
    });
    app.openDialog('project-remove');
    await fireEvent.click(await screen.findByTestId('confirm-project-yes'));
    expect((await screen.findByTestId('toast-failed')).textContent).toContain('Unlink it.');
  });
});
