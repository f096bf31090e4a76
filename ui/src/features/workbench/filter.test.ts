import { cleanup, fireEvent, screen, waitFor } from '@testing-library/svelte';
import { afterEach, describe, expect, test } from 'vitest';
import { MemoryPlatform } from '../../lib/platform/memory';
import { openWindow } from '../../test/window';
import { expectAccessible } from '../../test/axe';
import { WorkbenchController } from './controller.svelte';
import { asked } from './rows';

afterEach(cleanup);

const type = (value: string) =>
  fireEvent.input(screen.getByTestId('filter'), { target: { value } });
const count = (found: string) =>
  waitFor(() => expect(screen.getByTestId('secret-count').textContent).toContain(found));

async function bench(platform = new MemoryPlatform()) {
  const made = new WorkbenchController(platform);
  await made.load();
  return made;
}

describe('the filter', () => {
  test('asks for words, tags and environments', async () => {
    await openWindow();
    await type('tag:production');
    await count('Secret 2');
    await type('missing:prod');
    await count('Secret 2');
    expect(screen.getByTestId('row-HF_TOKEN')).toBeTruthy();
    await type('missing:prod hugging');
    await count('Secret 1');
    await type('due:7d');
    await count('Secret 2');
    expect(screen.getByTestId('row-GITHUB_TOKEN')).toBeTruthy();
  });

  test('half a filter keeps what is shown', async () => {
    await openWindow();
    await type('env:prod due:7d');
    await count('Secret 1');
    await type('env:prod due:x');
    await type('env:prod due:xy');
    await count('Secret 1');
    expect(screen.queryByTestId('workbench-failure')).toBeNull();
    expect(asked('stripe due:')).toBe('stripe');
    expect(asked('tag:')).toBe('');
    expect(asked(' https: ')).toBe('https:');
  });

  test('an answer that a later key overtook is dropped', async () => {
    const slow = new MemoryPlatform();
    const made = await bench(slow);
    const call = slow.call.bind(slow);
    slow.call = async (command, request) => {
      if (command === 'filter' && 'query' in request && request.query === 'hf')
        await new Promise((done) => setTimeout(done, 50));
      return await call(command, request);
    };
    made.filter = 'hf';
    made.filter = 'stripe';
    await new Promise((done) => setTimeout(done, 80));
    expect(made.rows.map((row) => row.name)).toEqual(['STRIPE_KEY']);
  });

  test('rows of another moment are read again, once', async () => {
    const platform = new MemoryPlatform();
    const made = await bench(platform);
    await platform.call('remove_secrets', {
      project: 'churn-model',
      names: ['ANTHROPIC_API_KEY'],
      environment: null,
    });
    made.filter = 'stripe';
    await waitFor(() => expect(made.rows.map((row) => row.name)).toEqual(['STRIPE_KEY']));
    expect(platform.calls.filter((each) => each.command === 'matrix')).toHaveLength(2);
    expect(made.matrix?.rows).toHaveLength(15);
  });

  test('a change elsewhere asks again', async () => {
    const { app, platform } = await openWindow();
    await type('tag:ci');
    await count('Secret 1');
    const request = { project: 'churn-model', names: ['GITHUB_TOKEN'], environment: null };
    await platform.call('remove_secrets', request);
    await app.changed();
    expect((await screen.findByTestId('empty-filter')).textContent).toContain('owners and notes');
    await expectAccessible();
  });

  test('what can be written is listed, and written by choosing it', async () => {
    const { app } = await openWindow();
    await type('stripe');
    screen.getByTestId('filter-help').focus();
    await fireEvent.keyDown(screen.getByTestId('filter-help'), { key: 'Enter' });
    await fireEvent.click(await screen.findByTestId('filter-missing'));
    expect(app.workbench.filter).toBe('stripe missing:prod');
    await waitFor(() => expect(document.activeElement).toBe(screen.getByTestId('filter')));
  });

  test('another failure is said', async () => {
    await openWindow({
      failing: { filter: { code: 'io', message: 'The disk failed.', hint: 'Check it.' } },
    });
    await type('x');
    expect((await screen.findByTestId('workbench-failure')).textContent).toContain('Check it.');
  });
});

test('100,000 secrets are filtered by the host and never all drawn', async () => {
  const made = await bench(new MemoryPlatform({ holds: 'big' }));
  expect(made.rows).toHaveLength(100_000);
  made.filter = '099999';
  await waitFor(() => expect(made.rows).toHaveLength(1));
  made.filter = '';
  expect(made.rows).toHaveLength(100_000);
});
