import { cleanup, fireEvent, screen, waitFor } from '@testing-library/svelte';
import { afterEach, expect, test } from 'vitest';
import type { MemoryOptions } from '../../lib/platform/memory';
import { expectAccessible } from '../../test/axe';
import { openWindow } from '../../test/window';

afterEach(cleanup);

async function openCompare(options: MemoryOptions = {}) {
  const opened = await openWindow(options);
  await fireEvent.keyDown(window, { key: 'd', ctrlKey: true });
  await screen.findByTestId('compare-dialog');
  return opened;
}

const fills = (platform: { calls: { command: string; request: unknown }[] }) =>
  platform.calls.filter((each) => each.command === 'fill').map((each) => each.request);

test('the header leads to it', async () => {
  await openWindow();
  await fireEvent.click(screen.getByTestId('compare'));
  expect(await screen.findByTestId('compare-dialog')).toBeTruthy();
});

test('what is missing is filled but for what was left out, and stays open', async () => {
  const { platform } = await openCompare();
  expect(screen.getByTestId('compare-tab-missing').textContent).toContain('2');
  expect(screen.getByTestId('compare-row-HF_TOKEN').textContent).toContain('missing');
  await expectAccessible(screen.getByTestId('compare-dialog'));
  await fireEvent.click(screen.getByTestId('compare-check-HF_TOKEN'));
  expect(screen.getByTestId('compare-fill').textContent?.trim()).toBe('Fill 1 in prod');
  await fireEvent.click(screen.getByTestId('compare-fill'));
  await waitFor(() => expect(screen.queryByTestId('compare-row-GITHUB_TOKEN')).toBeNull());
  expect(fills(platform)).toEqual([
    { project: 'churn-model', from: 'dev', to: 'prod', names: ['GITHUB_TOKEN'] },
  ]);
  expect(screen.getByTestId('toast-done').textContent).toContain('Filled 1 in prod');
  expect(screen.getByTestId('toast-action').textContent).toBe('Undo');
  expect(screen.getByTestId('compare-row-HF_TOKEN')).toBeTruthy();
});

test('the keyboard alone chooses, fills and goes to a secret', async () => {
  const { app, platform } = await openCompare();
  const list = await screen.findByTestId('compare-list');
  await waitFor(() => expect(document.activeElement).toBe(list));
  await fireEvent.keyDown(list, { key: ' ' });
  await fireEvent.keyDown(list, { key: 'ArrowDown' });
  expect(list.getAttribute('aria-activedescendant')).toBe('compare-HF_TOKEN');
  await fireEvent.keyDown(list, { key: 'Enter', ctrlKey: true });
  await waitFor(() => expect(fills(platform)).toHaveLength(1));
  expect(fills(platform)[0]).toMatchObject({ names: ['HF_TOKEN'] });
  await waitFor(() => expect(screen.queryByTestId('compare-row-HF_TOKEN')).toBeNull());
  await fireEvent.keyDown(screen.getByTestId('compare-list'), { key: 'Enter' });
  expect(screen.queryByTestId('compare-dialog')).toBeNull();
  expect(app.workbench.selection).toEqual({ name: 'GITHUB_TOKEN', environment: 'prod' });
});

test('the other sides are told apart, and swapped', async () => {
  await openCompare();
  await fireEvent.click(screen.getByTestId('compare-tab-extra'));
  expect((await screen.findByTestId('compare-nothing')).textContent).toContain(
    'dev has everything that prod has',
  );
  await fireEvent.click(screen.getByTestId('compare-swap'));
  expect(screen.getByTestId('compare-from').dataset.value).toBe('prod');
  expect(await screen.findByTestId('compare-row-HF_TOKEN')).toBeTruthy();
  await fireEvent.click(screen.getByTestId('compare-tab-same'));
  expect(await screen.findByTestId('compare-row-SENTRY_DSN')).toBeTruthy();
  expect(screen.queryByTestId('compare-check-SENTRY_DSN')).toBeNull();
});

test('another environment is chosen from its list', async () => {
  await openCompare();
  const from = screen.getByTestId('compare-from');
  from.focus();
  await fireEvent.keyDown(from, { key: 'ArrowDown' });
  await screen.findByTestId('compare-from-option-staging');
  await expectAccessible(screen.getByTestId('compare-dialog'));
  await fireEvent.pointerUp(screen.getByTestId('compare-from-option-staging'));
  await waitFor(() => expect(from.dataset.value).toBe('staging'));
  expect(screen.getByTestId('compare-tab-missing').textContent).toContain('Only in staging');
});

test('a refused fill says why', async () => {
  await openCompare({
    failing: { fill: { code: 'io', message: 'The disk is full.', hint: 'Make room.' } },
  });
  await fireEvent.click(screen.getByTestId('compare-fill'));
  expect((await screen.findByTestId('compare-error')).textContent).toContain('Make room.');
});

test('a protected source asks once more, and nothing is said where it is refused', async () => {
  const { platform } = await openCompare();
  await platform.call('edit_environment', {
    project: 'churn-model',
    environment: 'dev',
    rename: null,
    protect: true,
    inherit: null,
    position: null,
    remove: false,
  });
  await fireEvent.click(screen.getByTestId('compare-fill'));
  await fireEvent.click(await screen.findByTestId('protected-cancel'));
  await waitFor(() => expect(screen.queryByTestId('protected-dialog')).toBeNull());
  expect(screen.queryByTestId('compare-error')).toBeNull();
  await fireEvent.click(screen.getByTestId('compare-fill'));
  await fireEvent.click(await screen.findByTestId('protected-confirm'));
  await waitFor(() =>
    expect(fills(platform).at(-1)).toMatchObject({ confirmed: true, to: 'prod' }),
  );
});

test('environments that hold the same say so, and one alone teaches what to do', async () => {
  const { app } = await openCompare({ holds: 'sample' });
  await app.workbench.open('notebooks');
  expect((await screen.findByTestId('compare-alone')).textContent).toContain('one environment');
  await app.workbench.open('rag-api');
  await app.workbench.createEnvironment('eu');
  await app.platform.call('fill', {
    project: 'rag-api',
    from: 'dev',
    to: 'eu',
    names: ['OPENAI_API_KEY', 'QDRANT_KEY', 'SERPAPI_KEY'],
  });
  await app.changed();
  expect((await screen.findByTestId('compare-alike')).textContent).toContain(
    'dev and eu hold the same values',
  );
  await expectAccessible(screen.getByTestId('compare-dialog'));
});
