import { cleanup, fireEvent, screen, waitFor, within } from '@testing-library/svelte';
import { afterEach, describe, expect, test } from 'vitest';
import type { MemoryOptions } from '../../lib/platform/memory';
import { expectAccessible } from '../../test/axe';
import { openWindow } from '../../test/window';

afterEach(cleanup);

async function openTeam(options: MemoryOptions = {}) {
  const opened = await openWindow({ team: 'sample', ...options }, 'shell');
  await fireEvent.click(screen.getByTestId('nav-team'));
  await screen.findByTestId('grants');
  const asked = (command: string) =>
    opened.platform.calls.filter((each) => each.command === command).map((each) => each.request);
  return { ...opened, asked };
}

const choose = (id: string) => fireEvent.click(screen.getByTestId(id));
const words = (id: string) => screen.getByTestId(id).textContent?.replaceAll(/\s+/g, ' ').trim();

describe('the grid', () => {
  test('says who may what: the narrowest word counts', async () => {
    await openTeam();
    expect(words('team-name')).toBe('Acme ML · 6 members');
    expect(words('grant-Mara Lindt-prod')).toBe('owner');
    expect(words('grant-Jon Abel-dev')).toBe('write');
    expect(words('grant-Jon Abel-prod')).toBe('no access');
    expect(words('grant-Tom Vale-staging')).toMatch(/^read until /);
    expect(words('role-Jon Abel')).toBe('editor');
    expect(words('role-Tom Vale')).toBe('in part');
    expect(words('trust-Ana Cruz')).toBe('key changed');
    expect(screen.getByTestId('trust-Mara Lindt').dataset.trust).toBe('own');
    await expectAccessible();
  });

  test('shows another project, and the whole space', async () => {
    await openTeam();
    await choose('team-project-embeddings-farm');
    expect(words('grant-Jon Abel-eu-prod')).toBe('read');
    await choose('team-project-space');
    expect(words('grant-Tom Vale-churn-model')).toBe('in part');
    expect(words('grant-CI runner-rag-api')).toBe('read');
    await expectAccessible(screen.getByTestId('view-team'));
  });

  test('goes by the keyboard, with one stop for Tab', async () => {
    const { app } = await openTeam();
    const grid = screen.getByTestId('grants');
    expect(grid.querySelectorAll('[tabindex="0"]')).toHaveLength(1);
    screen.getByTestId('look-Mara Lindt').focus();
    for (const key of ['ArrowDown', 'ArrowRight', 'ArrowRight'])
      await fireEvent.keyDown(grid, { key });
    expect(document.activeElement).toBe(screen.getByTestId('grant-Jon Abel-dev'));
    await fireEvent.keyDown(grid, { key: 'Home' });
    await fireEvent.click(document.activeElement ?? grid);
    await screen.findByTestId('member');
    expect(screen.getByTestId('member-Jon Abel').getAttribute('aria-selected')).toBe('true');
    await fireEvent.keyDown(grid, { key: 'ArrowDown' });
    await waitFor(() => expect(words('member-name')).toBe('Ines Roy'));
    await fireEvent.keyDown(window, { key: 'Escape' });
    expect(app.team.selected).toBeNull();
  });

  test('of somebody who owns nothing changes nothing', async () => {
    const { platform, app } = await openTeam();
    const own = platform.team.members[0];
    if (own) own.roles = [{ place: 'space', role: 'editor', expires: null }];
    await app.team.load();
    await waitFor(() => expect(screen.queryByTestId('invite')).toBeNull());
    const cell = screen.getByTestId('grant-Jon Abel-dev');
    expect(cell.getAttribute('aria-haspopup')).toBeNull();
    await fireEvent.click(cell);
    await screen.findByTestId('member-roles');
    expect(screen.queryByTestId('member-remove')).toBeNull();
    expect(screen.queryByTestId('change-churn-model')).toBeNull();
  });

  test('that can not be read offers to try again', async () => {
    await openWindow(
      {
        team: 'sample',
        failing: { members: { code: 'io', message: 'The disk failed.', hint: 'Check it.' } },
      },
      'shell',
    );
    await choose('nav-team');
    expect((await screen.findByTestId('team-failure')).textContent).toContain('The disk failed.');
    await expectAccessible(screen.getByTestId('view-team'));
  });
});

describe('a role', () => {
  test('is given from the menu of a cell, with an end and older values', async () => {
    const { asked } = await openTeam();
    await choose('grant-Tom Vale-prod');
    await fireEvent.click(await screen.findByTestId('give-editor'));
    await screen.findByTestId('access-dialog');
    await fireEvent.input(screen.getByTestId('access-until'), { target: { value: '2099-03-31' } });
    await choose('access-history');
    await expectAccessible(screen.getByTestId('access-dialog'));
    await choose('access-save');
    await waitFor(() => expect(words('grant-Tom Vale-prod')).toMatch(/^write until /));
    expect(asked('grant')).toMatchObject([
      { grant: { place: 'churn-model/prod', role: 'editor' }, history: true },
    ]);
  });

  test('is lowered by taking it back, which says what that does not undo', async () => {
    const { asked } = await openTeam();
    await choose('grant-Jon Abel-dev');
    await fireEvent.click(await screen.findByTestId('give-reader'));
    expect((await screen.findByTestId('access-lowers')).textContent).toContain('stays known');
    await choose('access-save');
    await waitFor(() => expect(words('grant-Jon Abel-dev')).toBe('read'));
    expect(asked('take_back')).toMatchObject([{ place: 'churn-model/dev', left: 'reader' }]);
    expect(asked('grant')).toEqual([]);
  });

  test('of an owner can only be lowered where it was given', async () => {
    await openTeam();
    await choose('grant-Ines Roy-dev');
    await fireEvent.click(await screen.findByTestId('give-none'));
    expect((await screen.findByTestId('access-wider')).textContent).toContain('whole space');
    expect(screen.getByTestId<HTMLButtonElement>('access-save').disabled).toBe(true);
  });

  test('that is refused says why, and keeps the choice', async () => {
    await openTeam({
      failing: {
        grant: { code: 'role', message: 'Only an owner may do that.', hint: 'Ask one of them.' },
      },
    });
    await choose('grant-Tom Vale-prod');
    await fireEvent.click(await screen.findByTestId('give-reader'));
    await fireEvent.click(await screen.findByTestId('access-save'));
    expect((await screen.findByTestId('access-error')).textContent).toContain('Ask one of them.');
    expect(screen.getByTestId('access-role-reader').dataset.state).toBe('checked');
  });
});

describe('a member', () => {
  async function look(name: string, options: MemoryOptions = {}) {
    const opened = await openTeam(options);
    await choose(`look-${name}`);
    await screen.findByTestId('member');
    return opened;
  }

  test('is verified by the safety number', async () => {
    const { asked, platform } = await look('Ana Cruz');
    const number = await screen.findByTestId('member-number');
    expect(number.textContent?.replaceAll(/\s/g, '')).toHaveLength(60);
    expect(within(number).getAllByText(/^\d{5}$/)).toHaveLength(12);
    expect(screen.getByTestId('member-qr')).toBeTruthy();
    await screen.findByTestId('can-read');
    await expectAccessible();
    await choose('number-match');
    await waitFor(() => expect(words('member-trust')).toBe('verified'));
    expect(words('trust-Ana Cruz')).toBe('verified');
    const ana = platform.team.members.find(({ name }) => name === 'Ana Cruz');
    expect(asked('verify_contact')).toMatchObject([{ name: ana?.fingerprint }]);
    await waitFor(() => expect(screen.queryByTestId('number-match')).toBeNull());
  });

  test('whose number is another one is told about', async () => {
    const { asked } = await look('Tom Vale');
    await fireEvent.click(await screen.findByTestId('number-differs'));
    expect(screen.getByTestId('number-another').textContent).toContain('Share nothing new');
    expect(screen.getByTestId<HTMLButtonElement>('number-match').disabled).toBe(true);
    expect(asked('verify_contact')).toEqual([]);
  });

  test('shows what they can read, and why they may', async () => {
    await look('Jon Abel');
    expect((await screen.findByTestId('can-read')).textContent).toMatch(
      /churn-model · dev\s*16 values/,
    );
    await choose('why-churn-model/prod');
    expect((await screen.findByTestId('because')).textContent).toContain(
      'Mara Lindt left nothing of it for churn-model/prod.',
    );
    await choose('why-churn-model/prod');
    expect(screen.queryByTestId('because')).toBeNull();
  });

  test('gets a role beside the grid, too', async () => {
    const { asked } = await look('CI runner');
    await choose('role-elsewhere');
    await screen.findByTestId('access-dialog');
    await choose('access-role-editor');
    await choose('access-save');
    await waitFor(() => expect(words('role-CI runner')).toBe('editor'));
    expect(asked('grant')).toMatchObject([{ grant: { place: 'churn-model', role: 'editor' } }]);
  });

  test('loses a device after a question', async () => {
    const { asked } = await look('Tom Vale');
    await choose('revoke-tom-zenbook');
    const dialog = await screen.findByTestId('confirm-revoke');
    expect(dialog.textContent).toContain('sealed anew');
    await expectAccessible(dialog);
    await choose('confirm-revoke-yes');
    await waitFor(() => expect(screen.queryByTestId('device-tom-zenbook')).toBeNull());
    expect(asked('revoke_device')).toHaveLength(1);
  });

  test('that is this identity has a card, and no number', async () => {
    await look('Mara Lindt');
    expect(screen.queryByTestId('member-number')).toBeNull();
    expect(screen.queryByTestId('member-remove')).toBeNull();
    await choose('member-card');
    expect(await screen.findByTestId('my-card-dialog')).toBeTruthy();
  });
});

describe('a removal', () => {
  async function openRemoval(options: MemoryOptions = {}) {
    const opened = await openTeam(options);
    await choose('look-Ana Cruz');
    await fireEvent.click(await screen.findByTestId('member-remove'));
    await screen.findByTestId('removal-values');
    return opened;
  }

  test('is shown before it is done: what they could read, and what happens', async () => {
    const { asked } = await openRemoval();
    expect(words('removal-tile-values')).toMatch(/^19/);
    expect(words('removal-tile-places')).toBe('2 environments');
    expect(words('removal-tile-devices')).toBe('1 device');
    expect(screen.getByTestId('removal-values').textContent).toContain('HF_TOKEN');
    expect(words('removal-steps')).toContain('19 values wait to be rotated');
    expect(screen.getByTestId('removal-storage').textContent).toContain('s3://acme-ml-keystead');
    await expectAccessible();
    await choose('removal-cancel');
    await screen.findByTestId('grants');
    expect(asked('remove_member')).toEqual([]);
  });

  test('takes the member out', async () => {
    await openRemoval();
    await choose('removal-remove');
    await screen.findByTestId('grants');
    expect(screen.queryByTestId('member-Ana Cruz')).toBeNull();
    expect(screen.getByTestId('toasts').textContent).toContain(
      'Ana Cruz was removed; 19 values wait to be rotated',
    );
    expect(words('storage-unpublished')).toBe('1 change of this device not published');
  });

  test('that is refused says why, and Escape leaves', async () => {
    const { app } = await openRemoval({
      failing: { remove_member: { code: 'role', message: 'Only an owner may.', hint: 'Ask one.' } },
    });
    await choose('removal-remove');
    expect((await screen.findByTestId('removal-failure')).textContent).toContain('Ask one.');
    await fireEvent.keyDown(window, { key: 'Escape' });
    await screen.findByTestId('grants');
    expect(app.team.removing).toBeNull();
    expect(app.team.selected).not.toBeNull();
  });
});
