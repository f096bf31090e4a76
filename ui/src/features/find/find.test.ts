import { cleanup, fireEvent, screen, waitFor } from '@testing-library/svelte';
import { afterEach, expect, test } from 'vitest';
import type { MemoryOptions } from '../../lib/platform/memory';
import { expectAccessible } from '../../test/axe';
import { openWindow } from '../../test/window';

afterEach(cleanup);

const HELD = 'sample-openai-api-key-dev-4';

async function openFind(options: MemoryOptions = {}) {
  const opened = await openWindow(options);
  await fireEvent.keyDown(window, { key: 'F', ctrlKey: true, shiftKey: true });
  await screen.findByTestId('find-value-dialog');
  return opened;
}

async function ask(value: string) {
  await fireEvent.input(screen.getByTestId('find-value-input'), { target: { value } });
  await fireEvent.click(screen.getByTestId('find-value-submit'));
}

test('a value is found wherever it is, and leads there by the keyboard', async () => {
  const { app } = await openFind();
  await ask(HELD);
  expect(
    (await screen.findByTestId('find-value-words')).textContent?.replace(/\s+/g, ' '),
  ).toContain('This value is OPENAI_API_KEY in dev of churn-model, and in 1 more place.');
  await expectAccessible(screen.getByTestId('find-value-dialog'));
  const first = screen.getByTestId('find-value-hit-0');
  expect(document.activeElement).toBe(first);
  await fireEvent.keyDown(first, { key: 'ArrowDown' });
  const second = screen.getByTestId('find-value-hit-1');
  expect(document.activeElement).toBe(second);
  expect(second.textContent).toContain('staging');
  await fireEvent.click(second);
  await waitFor(() =>
    expect(app.workbench.selection).toEqual({ name: 'OPENAI_API_KEY', environment: 'staging' }),
  );
  expect(screen.queryByTestId('find-value-dialog')).toBeNull();
  expect(document.body.innerHTML).not.toContain(HELD);
});

test('a paste asks at once', async () => {
  const { platform } = await openFind();
  const field = screen.getByTestId('find-value-input');
  await fireEvent.paste(field);
  await fireEvent.input(field, { target: { value: 'sample-hf-token-dev-1' } });
  expect(await screen.findByTestId('find-value-hit-0')).toBeTruthy();
  expect(platform.calls.filter((each) => each.command === 'find_value')).toHaveLength(1);
  await fireEvent.input(field, { target: { value: 'sample-hf-token' } });
  expect(screen.queryByTestId('find-value-hit-0')).toBeNull();
});

test('what no secret holds can be added, and is nowhere once that is closed', async () => {
  const { app } = await openFind();
  await ask('nobody-holds-this');
  await screen.findByTestId('find-value-none');
  await expectAccessible(screen.getByTestId('find-value-dialog'));
  await fireEvent.click(screen.getByTestId('find-value-add'));
  const value = await screen.findByTestId<HTMLTextAreaElement>('add-value-input');
  expect(value.value).toBe('nobody-holds-this');
  expect(JSON.stringify(app.dialog)).not.toContain('nobody-holds-this');
  await fireEvent.click(screen.getByTestId('add-cancel'));
  await fireEvent.keyDown(window, { key: 'n', ctrlKey: true });
  expect((await screen.findByTestId<HTMLTextAreaElement>('add-value-input')).value).toBe('');
});

test('a failed question says why', async () => {
  await openFind({
    failing: { find_value: { code: 'io', message: 'The disk failed.', hint: 'Check it.' } },
  });
  await ask('anything');
  expect((await screen.findByTestId('find-value-error')).textContent).toContain('Check it.');
});
