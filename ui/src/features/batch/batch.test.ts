import { cleanup, fireEvent, screen, waitFor } from '@testing-library/svelte';
import { afterEach, describe, expect, test } from 'vitest';
import type { MemoryOptions, MemoryPlatform } from '../../lib/platform/memory';
import { expectAccessible } from '../../test/axe';
import { openWindow } from '../../test/window';
import { members, planRotation } from './rotate-plan';

afterEach(cleanup);

const press = (key: string, init: KeyboardEventInit = {}) =>
  fireEvent.keyDown(screen.getByTestId('matrix'), { key, ...init });
const last = (platform: MemoryPlatform, command: string) =>
  platform.calls.filter((each) => each.command === command).at(-1)?.request;

async function pick(names: string[], options: MemoryOptions = {}) {
  const opened = await openWindow(options);
  for (const name of names) await fireEvent.click(await screen.findByTestId(`select-${name}`));
  await screen.findByTestId('selection-bar');
  return opened;
}

async function choose(id: string, option: string) {
  const trigger = screen.getByTestId(id);
  trigger.focus();
  await fireEvent.keyDown(trigger, { key: 'Enter' });
  await fireEvent.pointerUp(await screen.findByTestId(`${id}-option-${option}`));
}

describe('picking', () => {
  test('boxes, Ctrl and Shift pick; the bar takes the place of the filter', async () => {
    const { app } = await pick(['DATABASE_URL']);
    expect(screen.queryByTestId('filter')).toBeNull();
    expect(app.workbench.selection).toBeNull();
    await fireEvent.click(screen.getByTestId('cell-HF_TOKEN-dev'), { ctrlKey: true });
    expect(screen.getByTestId('selection-count').textContent).toContain('2 selected');
    await fireEvent.click(screen.getByTestId('select-LANGFUSE_SECRET'), { shiftKey: true });
    expect(app.workbench.pickedNames).toEqual([
      'DATABASE_URL',
      'HF_TOKEN',
      'JWT_SIGNING_KEY',
      'LANGFUSE_SECRET',
    ]);
    const row = screen.getByTestId('row-HF_TOKEN');
    expect(row.getAttribute('aria-selected')).toBe('true');
    expect(screen.getByTestId('row-STRIPE_KEY').getAttribute('aria-selected')).toBe('false');
    await expectAccessible();
    await fireEvent.click(screen.getByTestId('selection-clear'));
    expect(await screen.findByTestId('filter')).toBeTruthy();
  });

  test('the keyboard picks, stretches, picks all and lets go', async () => {
    const { app } = await openWindow();
    screen.getByTestId('matrix').focus();
    await press(' ');
    await press('ArrowDown', { shiftKey: true });
    await press('ArrowDown', { shiftKey: true });
    expect(app.workbench.pickedNames).toHaveLength(3);
    await press('ArrowUp', { shiftKey: true });
    expect(app.workbench.pickedNames).toHaveLength(2);
    await press('a', { ctrlKey: true });
    expect(app.workbench.pickedNames).toHaveLength(16);
    await press('Enter');
    await screen.findByTestId('inspector-name');
    await press('Escape');
    expect(app.workbench.picked.size).toBe(0);
    expect(screen.getByTestId('inspector')).toBeTruthy();
    await press('Escape');
    expect(screen.queryByTestId('inspector')).toBeNull();
  });

  test('only what is shown is picked, and what vanishes is let go of', async () => {
    const { app, platform } = await openWindow();
    await fireEvent.input(screen.getByTestId('filter'), { target: { value: 'aws' } });
    await waitFor(() => expect(app.workbench.rows).toHaveLength(2));
    app.commands.find((each) => each.id === 'selection.all')?.run();
    expect(app.workbench.pickedNames).toHaveLength(2);
    const names = ['AWS_ACCESS_KEY_ID'];
    await platform.call('remove_secrets', { project: 'churn-model', names, environment: null });
    await app.changed();
    expect(app.workbench.pickedNames).toEqual(['AWS_SECRET_ACCESS_KEY']);
    await app.workbench.open('rag-api');
    expect(app.workbench.picked.size).toBe(0);
  });

  test('commands wait for something that is picked', async () => {
    const { app } = await openWindow();
    const tag = () => app.commands.find((each) => each.id === 'selection.tag');
    expect(tag()?.enabled).toBe(false);
    await fireEvent.click(screen.getByTestId('select-HF_TOKEN'));
    expect(tag()?.enabled).toBe(true);
    await fireEvent.keyDown(window, { key: 'Delete' });
    expect(await screen.findByTestId('confirm-remove')).toBeTruthy();
  });
});

describe('several at once', () => {
  test('are tagged, and lose tags', async () => {
    const { platform } = await pick(['OPENAI_API_KEY', 'STRIPE_KEY']);
    await fireEvent.click(screen.getByTestId('selection-tag'));
    await expectAccessible(await screen.findByTestId('tag-dialog'));
    expect(screen.getByTestId('tag-dialog').textContent).toContain('on 1 of 2');
    await fireEvent.input(screen.getByTestId('tag-add'), { target: { value: 'Billing' } });
    await fireEvent.click(screen.getByTestId('tag-remove-production'));
    await fireEvent.click(screen.getByTestId('tag-save'));
    await waitFor(() => expect(screen.queryByTestId('tag-dialog')).toBeNull());
    expect(last(platform, 'edit_secrets')).toMatchObject({
      names: ['OPENAI_API_KEY', 'STRIPE_KEY'],
      add_tags: ['billing'],
      remove_tags: ['production'],
      owner: null,
    });
    expect(screen.getByTestId('selection-count').textContent).toContain('2');
    expect(screen.getByTestId('toast-action').textContent).toBe('Undo');
  });

  test('a tag that is none is refused in words', async () => {
    await pick(['HF_TOKEN']);
    await fireEvent.click(screen.getByTestId('selection-tag'));
    await fireEvent.input(await screen.findByTestId('tag-add'), { target: { value: 'a:b' } });
    await fireEvent.click(screen.getByTestId('tag-save'));
    expect((await screen.findByTestId('tag-error')).textContent).toContain('A tag is made of');
  });

  test('are moved, and ask before environments are made', async () => {
    const { app, platform } = await pick(['HF_TOKEN', 'DATABASE_URL']);
    await fireEvent.click(screen.getByTestId('selection-move'));
    await screen.findByTestId('move-dialog');
    await choose('move-project', 'notebooks');
    await expectAccessible(screen.getByTestId('move-dialog'));
    await fireEvent.click(screen.getByTestId('move-save'));
    expect((await screen.findByTestId('move-asks')).textContent).toContain('no environment');
    expect(document.activeElement).toBe(screen.getByTestId('move-create'));
    await fireEvent.click(screen.getByTestId('move-create'));
    await waitFor(() => expect(screen.queryByTestId('row-HF_TOKEN')).toBeNull());
    expect(last(platform, 'move_secrets')).toEqual({
      project: 'churn-model',
      names: ['DATABASE_URL', 'HF_TOKEN'],
      to: 'notebooks',
      create_missing: true,
    });
    expect(app.workbench.picked.size).toBe(0);
    await fireEvent.click(screen.getByTestId('toast-action'));
    expect(await screen.findByTestId('row-HF_TOKEN')).toBeTruthy();
  });

  test('a name that is taken there is said', async () => {
    await pick(['OPENAI_API_KEY']);
    await fireEvent.click(screen.getByTestId('selection-move'));
    await screen.findByTestId('move-dialog');
    await choose('move-project', 'rag-api');
    await fireEvent.click(screen.getByTestId('move-save'));
    expect((await screen.findByTestId('move-error')).textContent).toContain('OPENAI_API_KEY');
  });

  test('are rotated where a value can be made, and the others are named', async () => {
    const { platform } = await pick(['HF_TOKEN', 'SLACK_WEBHOOK', 'STRIPE_KEY']);
    await fireEvent.click(screen.getByTestId('selection-rotate'));
    await screen.findByTestId('rotate-many-dialog');
    await waitFor(() =>
      expect(screen.getByTestId<HTMLButtonElement>('rotate-many-save').disabled).toBe(false),
    );
    await choose('rotate-many-environment', 'staging');
    expect(screen.getByTestId('rotate-many-missing').textContent).toContain('HF_TOKEN');
    expect(screen.getByTestId('rotate-many-generated').textContent).toContain('STRIPE_KEY');
    await choose('rotate-many-environment', 'dev');
    expect(screen.getByTestId('rotate-many-provided').textContent).toContain('HF_TOKEN');
    await expectAccessible(screen.getByTestId('rotate-many-dialog'));
    await fireEvent.click(screen.getByTestId('shape-hex'));
    expect(screen.getByTestId('rotate-many-save').textContent?.trim()).toBe('Rotate 2');
    await fireEvent.click(screen.getByTestId('rotate-many-save'));
    await waitFor(() =>
      expect(screen.getByTestId('cell-STRIPE_KEY-dev').textContent).toContain('v3'),
    );
    expect(last(platform, 'generate_values')).toEqual({
      project: 'churn-model',
      environment: 'dev',
      names: ['SLACK_WEBHOOK', 'STRIPE_KEY'],
      shape: 'hex',
    });
  });

  test('a refused rotation says why', async () => {
    await pick(['STRIPE_KEY'], {
      failing: { generate_values: { code: 'io', message: 'Disk failed.', hint: 'Check it.' } },
    });
    await fireEvent.click(screen.getByTestId('selection-rotate'));
    const save = await screen.findByTestId<HTMLButtonElement>('rotate-many-save');
    await waitFor(() => expect(save.disabled).toBe(false));
    await fireEvent.click(save);
    expect((await screen.findByTestId('rotate-many-error')).textContent).toContain('Check it.');
  });

  test('are saved as a file, by name', async () => {
    const { platform } = await pick(['HF_TOKEN', 'STRIPE_KEY']);
    await fireEvent.click(screen.getByTestId('selection-export'));
    const dialog = await screen.findByTestId('export-dialog');
    expect(dialog.textContent).toContain('2 secrets');
    expect(screen.queryByTestId('export-project')).toBeNull();
    await expectAccessible(dialog);
    await fireEvent.click(screen.getByTestId('export-save'));
    await waitFor(() => expect(screen.queryByTestId('export-dialog')).toBeNull());
    expect(last(platform, 'export_file')).toMatchObject({ names: ['HF_TOKEN', 'STRIPE_KEY'] });
  });

  test('are removed after a question, and come back', async () => {
    const { platform } = await pick(['HF_TOKEN', 'STRIPE_KEY']);
    await fireEvent.click(screen.getByTestId('selection-remove'));
    const question = await screen.findByTestId('confirm-remove');
    expect(question.textContent).toContain('Remove 2 secrets?');
    expect(question.textContent).toContain('HF_TOKEN, STRIPE_KEY');
    await fireEvent.click(screen.getByTestId('confirm-remove-yes'));
    await waitFor(() => expect(screen.queryByTestId('selection-bar')).toBeNull());
    expect(last(platform, 'remove_secrets')).toMatchObject({ environment: null });
    await fireEvent.click(screen.getByTestId('toast-action'));
    expect(await screen.findByTestId('row-HF_TOKEN')).toBeTruthy();
  });
});

test('a plan tells what is made here, what others issue and what is missing', () => {
  const row = (
    name: string,
    family: string,
    version: number | null,
    from: string | null = null,
  ) => ({
    secret: name,
    name,
    kind: { kind: family, words: family, family },
    tags: [],
    owner: '',
    expires_at: null,
    lead_days: 0,
    cells: [{ version, changed_at: 0, same_as: null, inherited_from: from, has_previous: false }],
  });
  const plan = planRotation(
    [
      row('A', 'plain', 1),
      row('B', 'model', 1),
      row('C', 'plain', null),
      row('D', 'plain', null, 'dev'),
      row('E', 'plain', 1),
      row('F', 'plain', 1),
    ],
    0,
    members([
      { name: 'pair', parts: ['E', 'X'].map((secret) => ({ secret, part: '' })) },
      { name: 'url', parts: ['user', 'password'].map((part) => ({ secret: 'F', part })) },
    ]),
  );
  expect(plan.generated).toEqual(['A', 'F']);
  expect(plan.together).toEqual(['E']);
  expect(plan.provided.map((each) => each.name)).toEqual(['B']);
  expect(plan.missing).toEqual(['C', 'D']);
});
