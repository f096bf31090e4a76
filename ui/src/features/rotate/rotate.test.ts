import { cleanup, fireEvent, screen, waitFor } from '@testing-library/svelte';
import { afterEach, expect, test } from 'vitest';
import type { MemoryOptions } from '../../lib/platform/memory';
import { expectAccessible } from '../../test/axe';
import { openWindow } from '../../test/window';

afterEach(cleanup);

async function openRotation(options: MemoryOptions = {}) {
  const opened = await openWindow(options);
  await fireEvent.click(await screen.findByTestId('cell-OPENAI_API_KEY-dev'));
  await fireEvent.click(await screen.findByTestId('rotate'));
  await waitFor(() => expect(screen.getByTestId('rotate-plan').textContent).toContain('v5'));
  return opened;
}

test('a pasted value becomes current, and each link says what became of it', async () => {
  const { platform } = await openRotation();
  await expectAccessible(screen.getByTestId('rotate-dialog'));
  await fireEvent.input(screen.getByTestId('rotate-value'), { target: { value: 'new-one' } });
  await fireEvent.click(screen.getByTestId('rotate-submit'));
  const done = await screen.findByTestId('rotate-done');
  expect(done.textContent).toContain('v5 is current, v4 is previous');
  expect(screen.getByTestId('write-result').textContent).toContain('left alone');
  expect(document.body.innerHTML).not.toContain('new-one');
  expect(platform.calls.find((each) => each.command === 'rotate')?.request).toMatchObject({
    value: { pasted: 'new-one' },
  });
  await expectAccessible(screen.getByTestId('rotate-dialog'));
});

test('a generated value has the shape that was asked for', async () => {
  const { platform } = await openRotation();
  await fireEvent.click(screen.getByTestId('rotate-generate'));
  await fireEvent.click(await screen.findByTestId('shape-hex'));
  await fireEvent.click(screen.getByTestId('rotate-submit'));
  await screen.findByTestId('rotate-done');
  expect(platform.calls.find((each) => each.command === 'rotate')?.request).toMatchObject({
    value: { generated: 'hex' },
  });
});

test('a new secret can be made of a generated value, by the keyboard', async () => {
  const { app, platform } = await openWindow();
  app.addSecret();
  await screen.findByTestId('add-dialog');
  await fireEvent.input(screen.getByTestId('add-name'), { target: { value: 'DEPLOY_KEY' } });
  await fireEvent.input(screen.getByTestId('add-value-input'), { target: { value: 'typed' } });
  await fireEvent.click(screen.getByTestId('add-generate'));
  await waitFor(() => expect(document.activeElement).toBe(screen.getByTestId('add-paste')));
  await expectAccessible(screen.getByTestId('add-dialog'));
  await fireEvent.click(screen.getByTestId('add-paste'));
  const area = await screen.findByTestId<HTMLTextAreaElement>('add-value-input');
  await waitFor(() => expect(document.activeElement).toBe(area));
  expect(area.value).toBe('');
  await fireEvent.click(screen.getByTestId('add-generate'));
  await fireEvent.click(await screen.findByTestId('shape-ssh_key'));
  expect(screen.getByTestId('add-save').textContent?.trim()).toBe('Generate and save');
  await fireEvent.keyDown(screen.getByTestId('add-name'), { key: 'Enter', ctrlKey: true });
  await waitFor(() => expect(screen.queryByTestId('add-dialog')).toBeNull());
  expect(platform.calls.find((each) => each.command === 'set_secret')?.request).toMatchObject({
    name: 'DEPLOY_KEY',
    value: { generated: 'ssh_key' },
  });
  await waitFor(() => expect(app.workbench.selection?.name).toBe('DEPLOY_KEY'));
});

test('a pair that takes a while shows that it works, and a failure keeps the choice', async () => {
  const failing = { rotate: { code: 'io' as const, message: 'No.', hint: 'Make room.' } };
  await openRotation({ failing, delay: 30 });
  await fireEvent.click(screen.getByTestId('rotate-generate'));
  const shape = await screen.findByTestId('shape-rsa_key');
  await fireEvent.click(shape);
  expect(screen.getByTestId('rotate-dialog').textContent).toContain('takes a few seconds');
  const submit = screen.getByTestId('rotate-submit');
  await fireEvent.click(submit);
  await waitFor(() => expect(submit.getAttribute('aria-busy')).toBe('true'));
  expect((await screen.findByTestId('rotate-error')).textContent).toContain('Make room.');
  expect(submit.getAttribute('aria-busy')).toBeNull();
  expect(screen.getByTestId('shape-rsa_key').getAttribute('aria-checked')).toBe('true');
});
