import { cleanup, fireEvent, screen, waitFor } from '@testing-library/svelte';
import { afterEach, expect, test } from 'vitest';
import { expectAccessible } from '../../test/axe';
import { openWindow } from '../../test/window';

afterEach(cleanup);

async function openDisk() {
  const opened = await openWindow();
  await fireEvent.click(screen.getByTestId('nav-disk'));
  await screen.findByTestId('links');
  return opened;
}

test('drift is shown masked, and overwriting asks first', async () => {
  const { platform } = await openDisk();
  expect(screen.getByTestId('disk-badge').textContent).toContain('3');
  await fireEvent.click(screen.getByTestId('link-row-churn-model-dev'));
  expect(screen.getByTestId('drift-row-SLACK_WEBHOOK').dataset.change).toBe('removed');
  await expectAccessible(screen.getByTestId('view-disk'));
  await fireEvent.click(screen.getByTestId('link-write'));
  await screen.findByTestId('confirm-overwrite');
  expect(platform.calls.some((each) => each.command === 'write_link')).toBe(false);
  await fireEvent.click(screen.getByTestId('confirm-overwrite-yes'));
  await waitFor(() => expect(screen.getByTestId('disk-badge').textContent).toContain('2'));
  expect(platform.calls.find((each) => each.command === 'write_link')?.request).toMatchObject({
    overwrite_drift: true,
  });
});

test('the badge follows a notice at once', async () => {
  const { platform } = await openWindow();
  await waitFor(() => expect(screen.getByTestId('disk-badge').textContent).toContain('3'));
  const current = platform.links.find((each) => each.state === 'current');
  if (current) current.state = 'drifted';
  platform.notify({ notice: 'links_changed' });
  await waitFor(() => expect(screen.getByTestId('disk-badge').textContent).toContain('4'));
});

test('linking shows what it does, and offers .gitignore', async () => {
  const { platform, app } = await openDisk();
  await fireEvent.click(screen.getByTestId('link-new'));
  await fireEvent.click(await screen.findByTestId('link-folder'));
  expect((await screen.findByTestId('link-keeps')).textContent).toContain('PYTHONPATH');
  expect(screen.getByTestId('link-gitignore').getAttribute('aria-checked')).toBe('true');
  await expectAccessible(screen.getByTestId('link-dialog'));
  await fireEvent.click(screen.getByTestId('link-submit'));
  await waitFor(() => expect(app.links.links).toHaveLength(5));
  expect(platform.calls.find((each) => each.command === 'link')?.request).toMatchObject({
    add_to_gitignore: true,
    file: null,
  });
});

test('an existing file is replaced only after asking', async () => {
  const { platform, app } = await openWindow({
    failing: { export_file: { code: 'exists', message: 'A file is there.', hint: '' } },
  });
  app.exportFile();
  await fireEvent.click(await screen.findByTestId('export-save'));
  expect(await screen.findByTestId('export-exists')).toBeTruthy();
  await fireEvent.click(screen.getByTestId('export-replace'));
  await waitFor(() =>
    expect(platform.calls.filter((each) => each.command === 'export_file')).toHaveLength(2),
  );
  expect(platform.calls.at(-1)?.request).toMatchObject({ overwrite: true });
});
