import { cleanup, fireEvent, screen, waitFor } from '@testing-library/svelte';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { ReleaseRuleView } from '../../lib/bindings';
import type { MemoryOptions } from '../../lib/platform/memory';
import { expectAccessible } from '../../test/axe';
import { openWindow } from '../../test/window';
import {
  hoursFault,
  hoursWords,
  isOpen,
  localHours,
  localSentence,
  ruleSentence,
  ruleWords,
} from './releases';

afterEach(() => {
  cleanup();
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const NOON = Date.UTC(2026, 10, 27, 12, 30);
const PROD = 'churn-model/prod';
const RULE: ReleaseRuleView = {
  place: 'shop/prod',
  hours: [8, 18],
  tags: ['deploy'],
  devices: ['ann-laptop'],
  device_ids: ['a1'],
  by: 'Mara',
};

async function openTeam(options: MemoryOptions = {}) {
  const opened = await openWindow({ team: 'sample', ...options }, 'shell');
  await fireEvent.click(screen.getByTestId('nav-team'));
  await screen.findByTestId('grants');
  const asked = (command: string) =>
    opened.platform.calls.filter((each) => each.command === command).map((each) => each.request);
  /** As another role of the own identity has it. */
  const become = async (place: string, role: string) => {
    const own = opened.platform.team.members[0];
    if (own) own.roles = [{ place, role, expires: null }];
    await opened.app.team.load();
  };
  return { ...opened, asked, become };
}

const choose = (id: string) => fireEvent.click(screen.getByTestId(id));
const words = (id: string) => screen.getByTestId(id).textContent.replaceAll(/\s+/g, ' ').trim();
const button = (id: string) => screen.getByTestId<HTMLButtonElement>(id);
const checked = (id: string) => screen.getByTestId(id).dataset.state === 'checked';
const gone = (id: string) => waitFor(() => expect(screen.queryByTestId(id)).toBeNull());

async function pick(id: string, option: string) {
  screen.getByTestId(id).focus();
  await fireEvent.keyDown(screen.getByTestId(id), { key: 'Enter' });
  await fireEvent.pointerUp(await screen.findByTestId(`${id}-option-${option}`));
  await waitFor(() => expect(screen.getByTestId(id).dataset.value).toBe(option));
}

async function tag(text: string) {
  await fireEvent.input(screen.getByTestId('release-tags'), { target: { value: text } });
}

describe('words', () => {
  test('say what a rule asks for', () => {
    expect(ruleWords(RULE)).toBe('08–18 UTC, tagged deploy, on ann-laptop');
    expect(ruleWords({ ...RULE, hours: null, tags: ['a', 'b', 'c'], devices: [] })).toBe(
      'tagged a or b or c',
    );
    expect(hoursWords([22, 6])).toBe('22–06 UTC overnight');
    // A day ends at 24, whichever way it was said.
    expect(hoursWords([22, 0])).toBe('22–24 UTC');
  });

  test('make a sentence of it', () => {
    const plain = { ...RULE, tags: [], devices: [] };
    expect(ruleSentence(plain)).toBe(
      'Values of shop · prod leave from 08 to 18 UTC, as Mara said.',
    );
    expect(ruleSentence({ ...plain, place: 'space', hours: [22, 6], by: null })).toBe(
      'Values of the whole space leave from 22 to 06 UTC overnight, as an owner who has left said.',
    );
    expect(ruleSentence({ ...RULE, hours: null })).toBe(
      'Values of shop · prod leave only where tagged deploy, only on ann-laptop, as Mara said.',
    );
  });

  test('tell whether values leave now', () => {
    expect(isOpen([8, 18], NOON)).toBe(true);
    expect(isOpen([13, 18], NOON)).toBe(false);
    expect(isOpen([8, 12], NOON)).toBe(false);
    expect(isOpen([22, 6], NOON)).toBe(false);
    expect(isOpen([22, 13], NOON)).toBe(true);
    expect(isOpen([12, 0], NOON)).toBe(true);
  });

  test('say what hours are on the own clock', () => {
    expect(localHours([8, 18], NOON, 'Europe/Berlin')).toBe('09:00 to 19:00');
    expect(localHours([8, 18], NOON, 'Asia/Kolkata')).toBe('13:30 to 23:30');
    expect(localHours([8, 18], NOON, 'Pacific/Auckland')).toBe('21:00 to 07:00 the next day');
    expect(localHours([8, 23], NOON, 'Europe/Berlin')).toBe('09:00 to midnight');
    expect(localSentence([8, 18], NOON, 'Europe/Berlin')).toBe(
      'Today that is 09:00 to 19:00 on your clock.',
    );
    expect(localSentence([8, 18], NOON, 'UTC')).toContain('the same for you');
  });

  test('tell hours that are none', () => {
    expect(hoursFault([8, 18])).toBe('');
    expect(hoursFault([22, 6])).toBe('');
    expect(hoursFault([8, 8])).toContain('same hour');
    expect(hoursFault([0, 24])).toContain('whole day');
  });
});

describe('the card', () => {
  test('lists the rules, who said them, and what they are worth', async () => {
    vi.useFakeTimers({ now: NOON, toFake: ['Date'] });
    const { app } = await openTeam();
    await waitFor(() =>
      expect(words(`release-rule-${PROD}`)).toBe(
        'churn-model · prod 08–18 UTC, tagged production, on thinkpad-7 or ines-x1 by Ines Roy',
      ),
    );
    expect(words('releases-words')).toContain('Honest programs keep to these rules');
    expect(words('releases-words')).toContain('what bounds somebody is their role');
    expect(screen.getByTestId(`release-rule-${PROD}`).dataset.open).toBe('true');
    await expectAccessible(screen.getByTestId('releases'));
    vi.setSystemTime(NOON + 8 * 3_600_000);
    app.clock.tick();
    await waitFor(() => expect(words(`release-rule-${PROD}`)).toContain('closed now'));
    expect(screen.getByTestId(`release-rule-${PROD}`).dataset.open).toBe('false');
  });

  test('is there for owners without a rule, and says what holds then', async () => {
    await openTeam({ team: 'alone' });
    expect(words('releases-none')).toContain('Whenever somebody may read them.');
    expect(screen.getByTestId('release-add')).toBeTruthy();
    await expectAccessible(screen.getByTestId('releases'));
  });

  test('of somebody who owns nothing only tells, and is not there without a rule', async () => {
    const { app, platform, become } = await openTeam();
    await become('space', 'editor');
    await gone('release-add');
    expect(screen.getByTestId(`release-rule-${PROD}`)).toBeTruthy();
    expect(screen.queryByTestId(`release-edit-${PROD}`)).toBeNull();
    expect(screen.queryByTestId(`release-remove-${PROD}`)).toBeNull();
    platform.team.releases = [];
    await app.team.load();
    await gone('releases');
  });

  test('of an owner of another place leaves the rule alone', async () => {
    const { become } = await openTeam();
    await become('rag-api', 'owner');
    await gone(`release-edit-${PROD}`);
    await choose('release-add');
    await screen.findByTestId('release-dialog');
    expect(screen.getByTestId('release-place').dataset.value).toBe('rag-api');
    screen.getByTestId('release-place').focus();
    await fireEvent.keyDown(screen.getByTestId('release-place'), { key: 'Enter' });
    await screen.findByTestId('release-place-option-rag-api/prod');
    expect(screen.queryByTestId('release-place-option-space')).toBeNull();
    expect(screen.queryByTestId(`release-place-option-${PROD}`)).toBeNull();
  });

  test('removes a rule after a question', async () => {
    const { asked } = await openTeam();
    screen.getByTestId(`release-remove-${PROD}`).focus();
    await choose(`release-remove-${PROD}`);
    const dialog = await screen.findByTestId('confirm-release');
    expect(dialog.textContent).toContain('08–18 UTC, tagged production');
    await expectAccessible(dialog);
    await choose('confirm-release-no');
    await gone('confirm-release');
    expect(asked('set_release')).toEqual([]);
    await choose(`release-remove-${PROD}`);
    await fireEvent.click(await screen.findByTestId('confirm-release-yes'));
    await gone(`release-rule-${PROD}`);
    expect(asked('set_release')).toEqual([{ place: PROD, hours: null, tags: [], devices: [] }]);
    await screen.findByText('The rule of churn-model · prod is gone');
    expect(screen.getByTestId('releases-none')).toBeTruthy();
    await waitFor(() => expect(document.activeElement).toBe(screen.getByTestId('releases')));
  });

  test('keeps a rule whose removal is refused, and says why', async () => {
    await openTeam({
      failing: { set_release: { code: 'role', message: 'Only an owner may.', hint: 'Ask one.' } },
    });
    await choose(`release-remove-${PROD}`);
    await fireEvent.click(await screen.findByTestId('confirm-release-yes'));
    expect((await screen.findByTestId('toast-failed')).textContent).toContain('Only an owner may.');
    expect(screen.getByTestId(`release-rule-${PROD}`)).toBeTruthy();
  });

  test('shows nothing of the space before', async () => {
    const { app } = await openTeam();
    const personal = app.team.spaces?.find((each) => !each.shared)?.id ?? '';
    await app.moveTo(() => app.team.enter(personal));
    expect(app.team.releases).toEqual([]);
    await gone('releases');
  });
});

describe('a rule', () => {
  async function add(options: MemoryOptions = {}) {
    const opened = await openTeam(options);
    await choose('release-add');
    await screen.findByTestId('release-dialog');
    return opened;
  }

  test('is added: hours, tags and devices of a place without one', async () => {
    const { asked, platform } = await add();
    expect(screen.getByTestId('release-place').dataset.value).toBe('churn-model');
    expect(words('release-dialog')).toContain('Honest programs keep to it');
    await pick('release-place', 'rag-api/prod');
    await choose('release-hours-certain');
    await pick('release-from', '22');
    await pick('release-until', '6');
    expect(words('release-dialog')).toMatch(/on your clock|the same for you/);
    await tag('deploy, Night');
    await choose('release-device-jon-fw13');
    await expectAccessible(screen.getByTestId('release-dialog'));
    await choose('release-save');
    await gone('release-dialog');
    const jon = platform.team.members.flatMap(({ devices }) => devices);
    const id = jon.find(({ name }) => name === 'jon-fw13')?.id;
    expect(asked('set_release')).toEqual([
      { place: 'rag-api/prod', hours: [22, 6], tags: ['deploy', 'night'], devices: [id] },
    ]);
    await waitFor(() =>
      expect(words('release-rule-rag-api/prod')).toMatch(
        /^rag-api · prod 22–06 UTC overnight, tagged deploy or night, on jon-fw13.* by Mara Lindt$/,
      ),
    );
    await screen.findByText('Added a rule of rag-api · prod');
    expect(words('storage-unpublished')).toContain('1 change');
  });

  test('of a tag that is still being typed counts', async () => {
    const { asked } = await add();
    await tag('deploy');
    await choose('release-save');
    await gone('release-dialog');
    expect(asked('set_release')).toMatchObject([{ place: 'churn-model', tags: ['deploy'] }]);
  });

  test('that asks for nothing is an error at the form', async () => {
    const { asked } = await add();
    expect(screen.queryByTestId('release-error')).toBeNull();
    await choose('release-save');
    expect((await screen.findByTestId('release-error')).textContent).toContain(
      'Choose hours, a tag or a device.',
    );
    await expectAccessible(screen.getByTestId('release-dialog'));
    expect(asked('set_release')).toEqual([]);
    await choose('release-device-ines-x1');
    await gone('release-error');
  });

  test('of equal hours, or of the whole day, is none', async () => {
    await add();
    await choose('release-hours-certain');
    expect(button('release-save').disabled).toBe(false);
    await pick('release-until', '8');
    expect(words('release-dialog')).toContain('From and until are the same hour.');
    expect(button('release-save').disabled).toBe(true);
    await expectAccessible(screen.getByTestId('release-dialog'));
    await pick('release-from', '0');
    await pick('release-until', '24');
    expect(words('release-dialog')).toContain('That is the whole day.');
    await choose('release-hours-any');
    expect(words('release-dialog')).not.toContain('That is the whole day.');
  });

  test('has its hour in sight when the list opens, and what the keys point at', async () => {
    const ROW = 28;
    const rects = vi.spyOn(Element.prototype, 'getBoundingClientRect');
    rects.mockImplementation(function (this: Element) {
      const list = this.closest('[role="listbox"]');
      const at = list ? [...list.querySelectorAll('[role="option"]')].indexOf(this) : -1;
      return at < 0
        ? new DOMRect(0, 0, 96, 10 * ROW)
        : new DOMRect(0, at * ROW - (list?.scrollTop ?? 0), 96, ROW);
    });
    await openTeam();
    await choose(`release-edit-${PROD}`);
    const until = await screen.findByTestId('release-until');
    until.focus();
    await fireEvent.keyDown(until, { key: 'Enter' });
    const option = await screen.findByTestId('release-until-option-18');
    const list = option.closest('[role="listbox"]');
    await waitFor(() => expect(list?.scrollTop).toBe(18 * ROW - 10 * ROW + 5));
    for (let hour = 18; hour < 20; hour++) await fireEvent.keyDown(until, { key: 'ArrowDown' });
    await waitFor(() => expect(list?.scrollTop).toBe(20 * ROW - 10 * ROW + 5));
    for (let hour = 20; hour > 10; hour--) await fireEvent.keyDown(until, { key: 'ArrowUp' });
    await waitFor(() => expect(list?.scrollTop).toBe(9 * ROW - 5));
  });

  test('is changed from what was said', async () => {
    const { asked, platform } = await openTeam();
    await choose(`release-edit-${PROD}`);
    await screen.findByTestId('release-dialog');
    expect(words('release-save')).toBe('Change the rule');
    expect(button('release-save').disabled).toBe(true);
    expect(screen.getByTestId('release-from').dataset.value).toBe('8');
    expect(screen.getByTestId('release-until').dataset.value).toBe('18');
    expect(screen.getByTestId('release-tags-tag-production')).toBeTruthy();
    expect(checked('release-device-thinkpad-7')).toBe(true);
    expect(checked('release-device-jon-fw13')).toBe(false);
    await choose('release-device-thinkpad-7');
    await choose('release-hours-any');
    await choose('release-save');
    await gone('release-dialog');
    const ines = platform.team.members.find(({ name }) => name === 'Ines Roy')?.devices[0];
    expect(asked('set_release')).toEqual([
      { place: PROD, hours: null, tags: ['production'], devices: [ines?.id] },
    ]);
    await screen.findByText('Changed the rule of churn-model · prod');
    expect(words(`release-rule-${PROD}`)).toContain('tagged production, on ines-x1 by Mara Lindt');
  });

  test('that nothing is left of is removed elsewhere', async () => {
    const { asked } = await openTeam();
    await choose(`release-edit-${PROD}`);
    await screen.findByTestId('release-dialog');
    await choose('release-hours-any');
    await choose('release-tags-remove-production');
    await choose('release-device-thinkpad-7');
    await choose('release-device-ines-x1');
    await choose('release-save');
    expect((await screen.findByTestId('release-error')).textContent).toContain('remove it in Team');
    expect(asked('set_release')).toEqual([]);
  });

  test('of a place that has one already is that one', async () => {
    await add();
    expect(words('release-save')).toBe('Add the rule');
    await pick('release-place', PROD);
    expect(words('release-save')).toBe('Change the rule');
    expect(words('release-dialog')).toContain('There is a rule of it already');
    expect(screen.getByTestId('release-tags-tag-production')).toBeTruthy();
    expect(checked('release-device-ines-x1')).toBe(true);
    // What is copied to a place without one stays.
    await pick('release-place', 'rag-api');
    expect(words('release-save')).toBe('Add the rule');
    expect(screen.getByTestId('release-tags-tag-production')).toBeTruthy();
  });

  test('tells two devices of one name apart', async () => {
    const { app, platform } = await openTeam();
    const tom = platform.team.members.find(({ name }) => name === 'Tom Vale');
    tom?.devices.push({ id: 'fe'.repeat(16), name: 'ines-x1', own: false, last_heard: null });
    await app.team.load();
    await choose(`release-edit-${PROD}`);
    await screen.findByTestId('release-dialog');
    const boxes = screen.getAllByTestId('release-device-ines-x1');
    expect(boxes.map((box) => box.dataset.state)).toEqual(['checked', 'unchecked']);
  });

  test('says which of its devices nobody has any more', async () => {
    const { app, platform } = await openTeam();
    platform.team.releases = [{ ...RULE, place: PROD, hours: [20, 0], devices: ['old-tower'] }];
    await app.team.load();
    await waitFor(() => expect(words(`release-rule-${PROD}`)).toContain('old-tower'));
    await choose(`release-edit-${PROD}`);
    const said = await screen.findByTestId('release-gone');
    expect(said.textContent).toContain('No member has old-tower any more');
    expect(said.textContent).toContain('values leave on every one');
    expect(screen.getByTestId('release-until').dataset.value).toBe('24');
    await choose('release-device-ines-x1');
    expect(screen.getByTestId('release-gone').textContent).toContain('it is left out');
    await expectAccessible(screen.getByTestId('release-dialog'));
  });

  test('that is refused says why, and keeps what was chosen', async () => {
    await add({
      failing: { set_release: { code: 'role', message: 'Only an owner may.', hint: 'Ask one.' } },
    });
    await choose('release-device-ines-x1');
    await choose('release-save');
    expect((await screen.findByTestId('release-error')).textContent).toContain('Ask one.');
    expect(checked('release-device-ines-x1')).toBe(true);
  });

  test('is said from the palette, too', async () => {
    const { app, become } = await openTeam();
    const offered = () => app.commands.find(({ id }) => id === 'team.release');
    offered()?.run();
    await screen.findByTestId('release-dialog');
    await choose('release-cancel');
    await gone('release-dialog');
    await become('space', 'editor');
    expect(offered()?.enabled).toBe(false);
  });
});

describe('why', () => {
  test('somebody may what they may also says every rule around it', async () => {
    const { app, platform } = await openTeam();
    platform.team.releases = [
      { ...RULE, place: 'space', hours: [22, 6], tags: [], devices: [] },
      ...platform.team.releases,
    ];
    await app.team.load();
    await choose('look-Jon Abel');
    await screen.findByTestId('member-roles');
    await choose(`why-${PROD}`);
    await screen.findByTestId('because');
    expect(screen.getAllByTestId('because-release').map((each) => each.textContent)).toEqual([
      'Values of the whole space leave from 22 to 06 UTC overnight, as Mara said.',
      'Values of churn-model · prod leave from 08 to 18 UTC, only where tagged production, only on thinkpad-7 or ines-x1, as Ines Roy said.',
    ]);
    await choose('why-churn-model/dev');
    await waitFor(() => expect(screen.getAllByTestId('because-release')).toHaveLength(1));
    await choose('why-churn-model/dev');
    expect(screen.queryByTestId('because-release')).toBeNull();
  });
});

describe('a value that is not let out', () => {
  const REFUSED = {
    code: 'role',
    message: 'Values of churn-model/prod leave from 8 to 18 o’clock UTC only.',
    hint: 'An owner of the space said so.',
  } as const;

  async function inspect(options: MemoryOptions) {
    const opened = await openWindow({ team: 'sample', ...options });
    await opened.app.workbench.select('OPENAI_API_KEY');
    await screen.findByTestId('reveal');
    return opened;
  }

  test('says why, and leads to where the rules are', async () => {
    const { app } = await inspect({ failing: { reveal: REFUSED } });
    await choose('reveal');
    const toast = await screen.findByTestId('toast-failed');
    expect(toast.textContent).toContain(REFUSED.message);
    expect(toast.textContent).toContain(REFUSED.hint);
    expect(screen.getByTestId('value-box').dataset.shown).toBe('false');
    expect(screen.queryByTestId('value')).toBeNull();
    await choose('toast-action');
    await screen.findByTestId('releases');
    expect(app.view).toBe('team');
  });

  test('is not copied either', async () => {
    await inspect({ failing: { copy: REFUSED } });
    await choose('copy');
    expect((await screen.findByTestId('toast-failed')).textContent).toContain(REFUSED.message);
    expect(words('toast-action')).toBe('Open Team');
    expect(screen.queryByTestId('clipboard')).toBeNull();
  });

  test('for another reason leads nowhere', async () => {
    const failure = { code: 'io', message: 'The disk failed.', hint: 'Check it.' } as const;
    await inspect({ failing: { reveal: failure } });
    await choose('reveal');
    await screen.findByTestId('toast-failed');
    expect(screen.queryByTestId('toast-action')).toBeNull();
  });
});
