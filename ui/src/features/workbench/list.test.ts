import { cleanup, fireEvent, screen, waitFor } from '@testing-library/svelte';
import { afterEach, expect, test } from 'vitest';
import { expectAccessible } from '../../test/axe';
import { openWindow } from '../../test/window';
import { listColumns } from './list-columns';

afterEach(cleanup);

test('one environment alone is a list of what its secrets say of themselves', async () => {
  const { app } = await openWindow();
  expect(screen.queryByTestId('kind-OPENAI_API_KEY')).toBeNull();
  await fireEvent.click(screen.getByTestId('environment-prod'));
  expect((await screen.findByTestId('kind-OPENAI_API_KEY')).textContent).toContain('OpenAI');
  expect(screen.getByTestId('tags-STRIPE_KEY').textContent).toContain('customer');
  expect(screen.getByTestId('owner-DATABASE_URL').textContent).toContain('Jon');
  expect(screen.getByTestId('expires-STRIPE_KEY').textContent).toContain('expired 3 d ago');
  expect(screen.getByTestId('expires-GITHUB_TOKEN').textContent).toContain('expires in 5 d');
  expect(screen.queryByTestId('cell-STRIPE_KEY-dev')).toBeNull();
  expect(screen.getByTestId('cell-HF_TOKEN-prod').dataset.state).toBe('missing');
  expect(screen.getByTestId('matrix').getAttribute('aria-colcount')).toBe('6');
  await expectAccessible();
  await fireEvent.click(screen.getByTestId('kind-STRIPE_KEY'));
  await waitFor(() =>
    expect(app.workbench.selection).toEqual({ name: 'STRIPE_KEY', environment: 'prod' }),
  );
});

test('the list is gone through and picked from by the same keys', async () => {
  const { app } = await openWindow();
  await fireEvent.click(screen.getByTestId('environment-dev'));
  const matrix = screen.getByTestId('matrix');
  matrix.focus();
  await fireEvent.keyDown(matrix, { key: 'ArrowDown' });
  await fireEvent.keyDown(matrix, { key: ' ' });
  expect(app.workbench.pickedNames).toEqual(['AWS_ACCESS_KEY_ID']);
  await fireEvent.keyDown(matrix, { key: 'Enter' });
  await waitFor(() =>
    expect(app.workbench.selection).toEqual({ name: 'AWS_ACCESS_KEY_ID', environment: 'dev' }),
  );
});

test('where room is short, kind and owner give way', () => {
  expect(listColumns(1_000).map(({ id }) => id)).toEqual(['kind', 'tags', 'owner', 'expires']);
  expect(listColumns(760).map(({ id }) => id)).toEqual(['tags', 'expires']);
});
