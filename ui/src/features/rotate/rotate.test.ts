import { cleanup, fireEvent, screen, waitFor } from '@testing-library/svelte';
import { afterEach, expect, test } from 'vitest';
import { expectAccessible } from '../../test/axe';
import { openWindow } from '../../test/window';

afterEach(cleanup);

async function openRotation() {
  const opened = await openWindow();
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
