import { cleanup, fireEvent, screen } from '@testing-library/svelte';
import { afterEach, expect, test } from 'vitest';
import { MemoryPlatform } from '../../lib/platform/memory';
import { expectAccessible } from '../../test/axe';
import { openWindow } from '../../test/window';
import { ImportController } from './controller.svelte';

afterEach(cleanup);

test('previews, lets names be left out, and imports the rest', async () => {
  const { platform, app } = await openWindow();
  await fireEvent.click(screen.getByTestId('import'));
  await fireEvent.input(await screen.findByTestId('import-text'), {
    target: { value: 'A=1\nHF_TOKEN=\nA=2\n' },
  });
  await fireEvent.input(screen.getByTestId('import-project'), { target: { value: 'fresh' } });
  await fireEvent.click(screen.getByTestId('import-preview'));
  await screen.findByTestId('import-preview-view');
  expect(screen.getByTestId('import-makes').textContent).toContain('fresh will be made');
  expect(screen.getByTestId('import-row-A').textContent).toContain('line 1 has the same name');
  expect(screen.getByTestId('import-row-HF_TOKEN').textContent).toContain('empty value');
  expect(screen.queryByTestId('import-text')).toBeNull();
  await expectAccessible(screen.getByTestId('import-dialog'));
  await fireEvent.click(screen.getByTestId('import-choose-HF_TOKEN'));
  const save = screen.getByTestId('import-save');
  expect(save.textContent?.trim()).toBe('Import 1 secret');
  await fireEvent.click(save);
  await screen.findByTestId('row-A');
  expect(app.workbench.current).toBe('fresh');
  expect(platform.calls.find((each) => each.command === 'import')?.request).toMatchObject({
    names: ['A'],
    create_missing: true,
  });
});

test('a broken line is named and nothing is previewed', async () => {
  await openWindow();
  await fireEvent.click(screen.getByTestId('import'));
  await fireEvent.input(await screen.findByTestId('import-text'), {
    target: { value: 'A=1\nbroken' },
  });
  await fireEvent.click(screen.getByTestId('import-preview'));
  expect((await screen.findByTestId('import-error')).textContent).toContain('line 2');
  expect(screen.queryByTestId('import-preview-view')).toBeNull();
});

test('a file is read by the host from its path, and unchanged names are left out', async () => {
  const platform = new MemoryPlatform();
  const importing = new ImportController(platform, 'churn-model', 'dev');
  await importing.chooseFile();
  expect(await importing.read('')).toBe(true);
  expect(platform.calls.at(-1)?.request).toMatchObject({
    source: { path: '/home/mara/code/labelling/.env' },
  });
  expect(importing.chosen.size).toBe(importing.preview?.entries.length);
  importing.chooseAll(false);
  expect(importing.chosen.size).toBe(0);
});
