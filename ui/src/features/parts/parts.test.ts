import { cleanup, fireEvent, screen, waitFor } from '@testing-library/svelte';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { MemoryOptions } from '../../lib/platform/memory';
import { expectAccessible } from '../../test/axe';
import { openWindow } from '../../test/window';

afterEach(() => {
  vi.useRealTimers();
  cleanup();
});

const PROJECT = 'infra-shared';

async function inspect(name: string, options: MemoryOptions = {}) {
  const opened = await openWindow(options);
  await opened.app.jump(PROJECT, name, 'dev');
  await screen.findByTestId('details-edit');
  return opened;
}

describe('a value made of others', () => {
  test('leads to them, and they lead back', async () => {
    const { app } = await inspect('REPORTING_URL');
    const there = screen.getByTestId('made-of-DATABASE_URL');
    expect(there.textContent).toContain('dev of infra-shared');
    expect(screen.queryByTestId('part-of')).toBeNull();
    await expectAccessible(screen.getByTestId('inspector'));
    await fireEvent.click(there);
    await waitFor(() => expect(app.workbench.selection?.name).toBe('DATABASE_URL'));
    const back = await screen.findByTestId('part-of-REPORTING_URL');
    expect(screen.queryByTestId('made-of')).toBeNull();
    await app.workbench.open('churn-model');
    expect(back.isConnected).toBe(false);
  });

  test('how it is written is said where a value is added', async () => {
    const { app, platform } = await openWindow();
    app.addSecret();
    expect((await screen.findByTestId('add-dialog')).textContent).toContain(
      '${project/env/NAME} stands for another value.',
    );
    await platform.call('set_secret', {
      project: 'churn-model',
      environment: 'dev',
      name: 'COPY',
      value: { pasted: '${infra-shared/dev/REPORTING_URL}' },
      create_missing: false,
    });
    const at = { project: 'churn-model', environment: 'dev', name: 'COPY' };
    const seen = await platform.call('reveal', { ...at, version: 'current' });
    expect(seen.value).toBe('postgres://app:sample-2@db.dev.internal/app');
  });
});

describe('a one-time code', () => {
  test('is shown in two halves, and goes when it no longer counts', async () => {
    await inspect('REGISTRY_TOTP');
    vi.useFakeTimers({ shouldAdvanceTime: true });
    await fireEvent.click(screen.getByTestId('code-show'));
    const code = await screen.findByTestId('code');
    expect([...code.children].map((each) => each.textContent)).toEqual(['123', '456']);
    expect(screen.getByTestId('code-ring').textContent).toContain('17 s');
    expect(document.activeElement).toBe(screen.getByTestId('code-box'));
    vi.advanceTimersByTime(10_000);
    await waitFor(() =>
      expect(screen.getByTestId('code-ring').textContent).toMatch(/Counts for [67] s/),
    );
    vi.advanceTimersByTime(7_500);
    await waitFor(() => expect(screen.queryByTestId('code')).toBeNull());
    expect(screen.getByTestId('code-show')).toBeTruthy();
  });

  test('goes when the window loses the focus, or something else is looked at', async () => {
    const { app } = await inspect('REGISTRY_TOTP');
    await fireEvent.click(screen.getByTestId('code-show'));
    await screen.findByTestId('code');
    await expectAccessible(screen.getByTestId('inspector'));
    await fireEvent.blur(window);
    expect(screen.queryByTestId('code')).toBeNull();
    await fireEvent.click(screen.getByTestId('code-show'));
    await screen.findByTestId('code');
    await app.workbench.select('GITHUB_TOKEN', 'dev');
    await waitFor(() => expect(screen.queryByTestId('code')).toBeNull());
    expect(screen.queryByTestId('code-show')).toBeNull();
    // The kit counts its ids up, and may be at 4560.
    expect(document.body.innerHTML.replaceAll(/\bc\d+/g, '')).not.toContain('456');
  });

  test('a refusal is said', async () => {
    await inspect('REGISTRY_TOTP', {
      failing: { one_time_code: { code: 'invalid_input', message: 'No.', hint: 'Replace it.' } },
    });
    await fireEvent.click(screen.getByTestId('code-show'));
    expect((await screen.findByTestId('toast-failed')).textContent).toContain('Replace it.');
  });
});

describe('the public half of a key', () => {
  test('is shown to be selected, and hidden again', async () => {
    await inspect('DEPLOY_PRIVATE_KEY');
    const button = screen.getByTestId('public-half-show');
    button.focus();
    await fireEvent.click(button);
    expect((await screen.findByTestId('public-half')).textContent).toContain('ssh-ed25519');
    expect(button.getAttribute('aria-expanded')).toBe('true');
    await expectAccessible(screen.getByTestId('inspector'));
    await fireEvent.click(button);
    expect(screen.queryByTestId('public-half')).toBeNull();
  });

  test('there is none of other kinds, and a refusal is said', async () => {
    const error = { code: 'invalid_input' as const, message: 'No.', hint: 'OpenSSH only.' };
    const { app } = await inspect('DEPLOY_PRIVATE_KEY', { failing: { public_half: error } });
    await fireEvent.click(screen.getByTestId('public-half-show'));
    expect((await screen.findByTestId('toast-failed')).textContent).toContain('OpenSSH only.');
    await app.workbench.select('GITHUB_TOKEN', 'dev');
    await waitFor(() => expect(screen.queryByTestId('public-half-show')).toBeNull());
  });
});

test('a version whose value is gone can not come back', async () => {
  const { app, platform } = await inspect('GITHUB_TOKEN');
  const held = platform.projects.find((each) => each.view.name === PROJECT);
  const versions = held?.secrets.find((each) => each.name === 'GITHUB_TOKEN')?.cells.dev?.versions;
  if (versions?.[0]) versions[0].gone = true;
  expect(screen.getByTestId('restore-1')).toBeTruthy();
  await app.changed();
  await waitFor(() => expect(screen.queryByTestId('restore-1')).toBeNull());
  expect(screen.getByTestId('version-1').textContent).toContain('value gone');
});
