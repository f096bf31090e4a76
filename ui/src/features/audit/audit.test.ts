import { cleanup, fireEvent, screen, waitFor } from '@testing-library/svelte';
import { afterEach, expect, test } from 'vitest';
import { expectAccessible } from '../../test/axe';
import { openWindow } from '../../test/window';
import { subject } from './words';

afterEach(cleanup);

async function openAudit(options = {}) {
  const opened = await openWindow(options);
  await fireEvent.click(screen.getByTestId('nav-audit'));
  await screen.findByTestId('events');
  return opened;
}

test('lists events by day, newest first, and shows one in full', async () => {
  await openAudit();
  expect(screen.getAllByTestId('audit-day').length).toBeGreaterThan(0);
  await fireEvent.click(await screen.findByTestId('event-240'));
  expect((await screen.findByTestId('event-hash')).textContent?.trim()).toHaveLength(64);
  await expectAccessible(screen.getByTestId('view-audit'));
});

test('loads more', async () => {
  const { app } = await openAudit();
  expect(app.audit.events).toHaveLength(100);
  await fireEvent.click(screen.getByTestId('audit-more'));
  await waitFor(() => expect(app.audit.events).toHaveLength(200));
});

test('verifying says what was covered', async () => {
  await openAudit();
  await fireEvent.click(screen.getByTestId('audit-verify'));
  expect((await screen.findByTestId('verified')).textContent).toContain('240');
  expect(screen.getByTestId('verify-words').textContent).toContain('every hash agrees');
});

test('a log that could not be verified says why', async () => {
  await openAudit({
    failing: {
      verify_audit: { code: 'vault_damaged', message: 'Event 7 differs.', hint: 'Stop.' },
    },
  });
  await fireEvent.click(screen.getByTestId('audit-verify'));
  expect((await screen.findByTestId('verify-failure')).textContent).toContain('Event 7 differs.');
});

test('an event with nothing else was about the vault', async () => {
  const { platform } = await openAudit();
  const event = platform.events.find((each) => each.action === 'unlocked');
  expect(event && subject(event)).toBe('the vault');
});
