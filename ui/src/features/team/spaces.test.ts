import { cleanup, fireEvent, screen, waitFor } from '@testing-library/svelte';
import { afterEach, describe, expect, test } from 'vitest';
import type { MemoryOptions } from '../../lib/platform/memory';
import { memoryCard } from '../../lib/platform/memory-copies';
import { expectAccessible } from '../../test/axe';
import { openWindow } from '../../test/window';

afterEach(cleanup);

const INVITE = '-----BEGIN KEYSTEAD INVITE-----\nLab\n-----END KEYSTEAD INVITE-----\n';

async function openTeam(options: MemoryOptions = {}) {
  const opened = await openWindow(options, 'shell');
  await fireEvent.click(screen.getByTestId('nav-team'));
  await screen.findByTestId(options.team ? 'grants' : 'empty-team');
  const asked = (command: string) =>
    opened.platform.calls.filter((each) => each.command === command).map((each) => each.request);
  return { ...opened, asked };
}

const choose = (id: string) => fireEvent.click(screen.getByTestId(id));
const input = (id: string, value: string) =>
  fireEvent.input(screen.getByTestId(id), { target: { value } });
const words = (id: string) => screen.getByTestId(id).textContent?.replaceAll(/\s+/g, ' ').trim();

describe('without a team', () => {
  test('the view says what one is, and a space is made from there', async () => {
    const { app, asked } = await openTeam();
    expect(screen.queryByTestId('sync-state')).toBeNull();
    await expectAccessible();
    await choose('empty-space-new');
    await input((await screen.findByTestId('space-name')).dataset.testid ?? '', ' Acme ML ');
    await expectAccessible(screen.getByTestId('space-dialog'));
    await choose('space-create');
    await screen.findByTestId('grants');
    expect(asked('create_space')).toEqual([{ name: 'Acme ML' }]);
    expect(words('space-switcher')).toBe('Acme ML');
    expect(words('storage-place')).toContain('Nowhere yet');
    expect(screen.getByTestId('team-alone')).toBeTruthy();
    expect(words('sync-state')).toBe('On this machine only');
    expect(app.workbench.projects).toEqual([]);
  });

  test('one joins with an invite, once it is clear whose it is', async () => {
    const { asked } = await openTeam();
    await choose('empty-space-join');
    await screen.findByTestId('join-dialog');
    await input('join-text', 'hello');
    await waitFor(() =>
      expect(screen.getByTestId('join-dialog').textContent).toContain('not the text of an invite'),
    );
    await input('join-text', INVITE);
    await screen.findByTestId('join-preview');
    expect(words('join-space')).toBe('Lab');
    expect(words('join-place')).toBe('s3://lab-keystead/team');
    expect(words('join-number')?.replaceAll(' ', '')).toHaveLength(60);
    await expectAccessible(screen.getByTestId('join-dialog'));
    await choose('join-save');
    await screen.findByTestId('grants');
    expect(words('team-name')).toBe('Lab · 2 members');
    expect(asked('accept_invite')).toHaveLength(1);
    // Who joins owns nothing there.
    expect(screen.queryByTestId('invite')).toBeNull();
  });

  test('the own card is there for whoever invites', async () => {
    await openTeam();
    await choose('empty-my-card');
    await screen.findByTestId('card-fingerprint');
    await expectAccessible(screen.getByTestId('my-card-dialog'));
    expect(words('card-fingerprint')).toBe(memoryCard('Mara Lindt').fingerprint);
  });
});

describe('the switcher', () => {
  test('lists the spaces, and moves everything over', async () => {
    const { app } = await openTeam({ team: 'trouble' });
    await app.workbench.select('HF_TOKEN');
    await choose('space-switcher');
    expect((await screen.findByTestId('space-Acme ML')).textContent).toContain(
      'Storage not reached',
    );
    await fireEvent.click(screen.getByTestId('space-Personal'));
    await screen.findByTestId('empty-team');
    expect(words('space-switcher')).toBe('Personal');
    await waitFor(() => expect(app.workbench.space).toBe('Personal'));
    expect(app.workbench.selection).toBeNull();
    expect(screen.queryByTestId('project-embeddings-farm')).toBeNull();
    app.commands.find(({ title }) => title === 'Switch to the space Acme ML')?.run();
    await screen.findByTestId('grants');
    expect(await screen.findByTestId('project-embeddings-farm')).toBeTruthy();
  });

  test('a space that can not be entered is said', async () => {
    const { app } = await openTeam({
      team: 'sample',
      failing: { enter_space: { code: 'io', message: 'The disk failed.', hint: 'Check it.' } },
    });
    app.enterSpace('0000');
    expect((await screen.findByTestId('toast-failed')).textContent).toContain('The disk failed.');
    expect(words('space-switcher')).toBe('Acme ML');
  });
});

describe('an invite', () => {
  const BEN = memoryCard('Ben Ito');

  test('is made from a card, line by line, and handed over as text', async () => {
    const { asked } = await openTeam({ team: 'sample' });
    await choose('invite');
    await screen.findByTestId('invite-dialog');
    await input('invite-card', 'age1pq1qqqq');
    await waitFor(() =>
      expect(screen.getByTestId('invite-dialog').textContent).toContain('a recipient, not a card'),
    );
    await input('invite-card', BEN.text);
    await screen.findByTestId('invite-read');
    await choose('grant-add');
    await input('grant-until-1', '2099-03-31');
    await choose('invite-history');
    await choose('invite-keys');
    await expectAccessible(screen.getByTestId('invite-dialog'));
    await choose('invite-save');
    const text = await screen.findByTestId<HTMLTextAreaElement>('invite-text-0');
    expect(text.value).toContain('BEGIN KEYSTEAD INVITE');
    expect(words('invite-words')).toContain('only their device opens it');
    await expectAccessible(screen.getByTestId('invited-dialog'));
    expect(asked('invite')).toMatchObject([
      {
        card: BEN.text,
        grants: [
          { place: 'churn-model', role: 'reader', expires: null },
          {
            place: 'churn-model/dev',
            role: 'reader',
            expires: new Date(2099, 2, 31, 23, 59, 59, 999).getTime(),
          },
        ],
        history: true,
        with_keys: false,
      },
    ]);
    await choose('invited-close');
    expect(await screen.findByTestId('member-Ben Ito')).toBeTruthy();
  });

  test('takes the card from a file, and is copied', async () => {
    const copied: string[] = [];
    Object.defineProperty(navigator, 'clipboard', {
      configurable: true,
      value: { writeText: (text: string) => Promise.resolve(copied.push(text)) },
    });
    await openTeam({ team: 'alone' });
    await choose('invite');
    await screen.findByTestId('invite-dialog');
    expect(screen.queryByTestId('invite-keys')).toBeNull();
    const file = new File([BEN.text], 'card.txt', { type: 'text/plain' });
    // jsdom's files can not be read as text.
    file.text = () => Promise.resolve(BEN.text);
    await fireEvent.change(screen.getByTestId('invite-file-input'), { target: { files: [file] } });
    await screen.findByTestId('invite-read');
    await choose('invite-save');
    await fireEvent.click(await screen.findByTestId('invite-copy-0'));
    await waitFor(() => expect(copied).toHaveLength(1));
    expect(screen.getByTestId('invited-dialog').textContent).toContain('Copied');
    await fireEvent.click(screen.getByTestId('invite-file-0'));
    await screen.findByText(/Saved the invite/);
    // What is there already is written over only once somebody says so.
    await fireEvent.click(screen.getByTestId('invite-file-0'));
    await fireEvent.click(await screen.findByTestId('confirm-invite-yes'));
    await waitFor(() => expect(screen.getAllByText(/Saved the invite/).length).toBe(2));
    Reflect.deleteProperty(navigator, 'clipboard');
  });
});

describe('the storage', () => {
  test('is a folder that somebody picks', async () => {
    const { asked, platform } = await openTeam({ team: 'alone' });
    platform.picked = '/mnt/team';
    await choose('storage-choose');
    await fireEvent.click(await screen.findByTestId('storage-pick'));
    await screen.findByTestId('storage-path');
    await expectAccessible(screen.getByTestId('storage-dialog'));
    await choose('storage-save');
    await waitFor(() => expect(words('storage-place')).toContain('synced just now'));
    expect(asked('set_remote')).toEqual([{ place: '/mnt/team', keys: null }]);
    expect(words('sync-state')).toBe('Synced just now');
  });

  test('is a bucket, whose keys are of the own space', async () => {
    const { asked } = await openTeam({ team: 'sample' });
    await choose('storage-change');
    await screen.findByTestId('storage-name');
    expect(screen.getByTestId<HTMLInputElement>('storage-name').value).toBe('acme-ml-keystead');
    await input('storage-endpoint', 'https://s3.example.com');
    await input('storage-keys', 'nonsense');
    expect(screen.getByTestId<HTMLButtonElement>('storage-save').disabled).toBe(true);
    await input('storage-keys', 'infra/storage');
    await expectAccessible(screen.getByTestId('storage-dialog'));
    await choose('storage-save');
    await waitFor(() =>
      expect(asked('set_remote')).toEqual([
        {
          place: 's3://acme-ml-keystead/team?region=eu-central-1&endpoint=https://s3.example.com',
          keys: 'infra/storage',
        },
      ]),
    );
  });

  test('is forgotten after a question', async () => {
    const { asked } = await openTeam({ team: 'sample' });
    await choose('storage-change');
    await fireEvent.click(await screen.findByTestId('storage-forget'));
    await fireEvent.click(await screen.findByTestId('confirm-forget-storage-yes'));
    await waitFor(() => expect(words('storage-place')).toContain('Nowhere yet'));
    expect(asked('forget_remote')).toHaveLength(1);
  });

  test('that does not answer is said in the card and the status bar, which leads there', async () => {
    const { app } = await openTeam({ team: 'trouble' });
    expect(screen.getByTestId('storage-problem').textContent).toContain('infra-shared/storage');
    expect(screen.getByTestId('sync-state').dataset.state).toBe('problem');
    expect(screen.getByTestId('sync-state').title).toContain('does not answer');
    app.go('workbench');
    await choose('sync-state');
    await screen.findByTestId('grants');
  });
});

describe('a sync', () => {
  test('tells what is alarming until the next one, and the rest quietly', async () => {
    const { app, platform } = await openTeam({ team: 'trouble' });
    await choose('sync-now');
    expect((await screen.findByTestId('sync-alarm')).textContent).toContain('Ask Ana Cruz');
    expect(words('sync-note')).toContain('on their way');
    await waitFor(() =>
      expect(screen.getByTestId('toasts').textContent).toContain('3 changes went out'),
    );
    await expectAccessible(screen.getByTestId('view-team'));
    platform.team.problems = [];
    app.commands.find(({ id }) => id === 'team.sync')?.run();
    await waitFor(() => expect(screen.queryByTestId('sync-alarm')).toBeNull());
  });

  test('that fails stays on screen, and elsewhere is said once', async () => {
    const { app } = await openTeam({
      team: 'sample',
      failing: { sync: { code: 'storage', message: 'The bucket is gone.', hint: 'Look for it.' } },
    });
    await app.sync();
    expect((await screen.findByTestId('storage-problem')).textContent).toContain('Look for it.');
    expect(screen.queryByTestId('toast-failed')).toBeNull();
    app.go('workbench');
    await app.sync();
    expect((await screen.findByTestId('toast-failed')).textContent).toContain(
      'The bucket is gone.',
    );
  });
});

test('conflicts are settled either way, and show no value', async () => {
  const { asked } = await openTeam({ team: 'sample' });
  expect(words('storage-conflicts')).toContain('2 conflicts to settle');
  await choose('conflicts-open');
  await screen.findByTestId('conflict-c1');
  expect(words('conflict-c1')).toContain('Stands v5, rotated Ines Roy');
  await expectAccessible(screen.getByTestId('conflicts-dialog'));
  await choose('take-c1');
  await waitFor(() => expect(screen.queryByTestId('conflict-c1')).toBeNull());
  await choose('keep-c2');
  await screen.findByTestId('conflicts-none');
  expect(asked('settle')).toEqual([
    { id: 'c1', take: true },
    { id: 'c2', take: false },
  ]);
  await choose('conflicts-close');
  expect(words('storage-conflicts')).toBe('Nothing to settle');
});

test('the device that was not heard for longest leads to its member', async () => {
  await openTeam({ team: 'sample' });
  expect(words('storage-quietest')).toBe('ana-mbp last heard 3 days ago');
  await choose('storage-quietest');
  expect((await screen.findByTestId('member-name')).textContent).toBe('Ana Cruz');
});
