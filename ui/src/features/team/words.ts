import type { MemberTrust, MemberView, RemoteView, SpaceView, SyncView } from '$lib/bindings';
import { ago, date, daysBetween, locale, plural } from '$lib/format';
import { SPACE, type Standing } from './roles';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const SOON_DAYS = 6;
const FAR_DAYS = 330;
const weekday = new Intl.DateTimeFormat(locale(), { weekday: 'short' });
const dayMonth = new Intl.DateTimeFormat(locale(), { day: 'numeric', month: 'short' });
const monthYear = new Intl.DateTimeFormat(locale(), { month: 'short', year: 'numeric' });
const hour = new Intl.DateTimeFormat(locale(), {
  hour: '2-digit',
  minute: '2-digit',
  hourCycle: 'h23',
});

/** What a role lets its member do, as a verb for a cell. */
export const VERBS: Record<string, string> = { reader: 'read', editor: 'write', owner: 'owner' };

/** Roles by what they let somebody do. */
export const ROLE_WORDS: Record<string, { title: string; words: string }> = {
  '': { title: 'No access', words: 'Reads nothing there' },
  reader: { title: 'Reader', words: 'Reads values' },
  editor: { title: 'Editor', words: 'Reads and changes values' },
  owner: { title: 'Owner', words: 'And says who may what' },
};

/** "Fri" within a week, "12 Dec" within the year, "Mar 2028" after that. */
export function untilDay(at: number, now: number): string {
  const days = daysBetween(now, at);
  if (days <= SOON_DAYS) return weekday.format(at);
  return days < FAR_DAYS ? dayMonth.format(at) : monthYear.format(at);
}

/** What a cell says: "write", "until Fri", "ended 3 Dec", "in part", "no access". */
export function cellWords({ role, expires, part }: Standing, now: number): string {
  if (role === null) return part ? 'in part' : 'no access';
  if (expires === null) return VERBS[role] ?? role;
  return expires <= now ? `ended ${dayMonth.format(expires)}` : `until ${untilDay(expires, now)}`;
}

/** That, with what ends: "read until Fri". */
export function spoken(standing: Standing, now: number): string {
  const words = cellWords(standing, now);
  return standing.role === null || standing.expires === null
    ? words
    : `${VERBS[standing.role] ?? ''} ${words}`;
}

/** A role as a column of words has it: "editor", "in part", "none". */
export function roleWord({ role, part }: Standing): string {
  return role ?? (part ? 'in part' : 'none');
}

/** The whole of it, for a pointer that rests and for assistive technology. */
export function cellTitle(
  { role, expires, from, part }: Standing,
  place: string,
  now: number,
): string {
  if (role === null && part) return 'Not all of it, but a part';
  if (role === null)
    return from === null || from === place ? 'No access' : `No access, from ${from}`;
  const title = ROLE_WORDS[role]?.title ?? role;
  const until =
    expires === null
      ? ''
      : expires <= now
        ? `, ended ${date(expires)}: an owner’s Keystead takes it back`
        : ` until ${date(expires)}`;
  const wide = from === SPACE ? 'of the whole space' : `of all of ${from ?? ''}`;
  return from === place ? title + until : `${title} ${wide}${until}`;
}

/** How well somebody is known, in a word. */
export const TRUST_WORDS: Record<MemberTrust, string> = {
  own: 'you',
  verified: 'verified',
  pinned: 'pinned',
  introduced: 'introduced',
  changed: 'key changed',
};

/** What that means. */
export function trustSentence({ trust, name }: MemberView): string {
  return {
    own: 'This is you. Others compare this vault’s card with you.',
    verified: `You compared the safety number with ${name}. Their key is the same since.`,
    pinned: `You keep the card of ${name}, but have not compared the safety number yet. Protected environments wait for that.`,
    introduced: `An owner brought ${name} in. Compare the safety number to be sure that the key is theirs.`,
    changed: `The card of ${name} now carries another identity key. Nothing new is shared with them until you compare again.`,
  }[trust];
}

/** "just now", "12 s ago", "3 minutes ago". */
export function justAgo(at: number, now: number): string {
  const past = Math.max(0, now - at);
  if (past < 5_000) return 'just now';
  return past < MINUTE ? `${Math.floor(past / 1_000)} s ago` : ago(at, now);
}

/** "14:03" within a day, "26 Nov" before. */
export function since(at: number, now: number): string {
  return now - at < DAY ? hour.format(at) : dayMonth.format(at);
}

/** How a space's storage stands, in a few words for the status bar. */
export function syncWords(
  { remote, unpublished }: Pick<SpaceView, 'remote' | 'unpublished'>,
  now: number,
): { state: 'none' | 'problem' | 'waiting' | 'synced' | 'never'; words: string; title: string } {
  if (remote === null)
    return {
      state: 'none',
      words: 'On this machine only',
      title: 'The space is kept nowhere else yet. Choose a storage in Team.',
    };
  if (remote.problem !== null)
    return {
      state: 'problem',
      words:
        remote.last_ok === null
          ? 'Never reached'
          : `Not reached since ${since(remote.last_ok, now)}`,
      title: remote.problem,
    };
  if (unpublished > 0)
    return {
      state: 'waiting',
      words: `${unpublished} not published`,
      title: `${plural(unpublished, 'change')} of this device that nobody else sees yet.`,
    };
  return remote.last_ok === null
    ? { state: 'never', words: 'Not synced yet', title: remote.place }
    : { state: 'synced', words: `Synced ${justAgo(remote.last_ok, now)}`, title: remote.place };
}

/** When a device was heard, for whoever wonders whether it is still in use. */
export function heard(last_heard: number | null, now: number): string {
  if (last_heard === null) return 'not heard yet';
  return now - last_heard < HOUR ? justAgo(last_heard, now) : ago(last_heard, now);
}

/** What is to be done where a storage does not answer. */
export function storageHint({ place, keys }: RemoteView): string {
  return place.startsWith('s3://')
    ? `Check the connection${keys === null ? '' : `, and the keys in ${keys} of your own space`}, then sync again.`
    : 'Check that the folder is there and can be written to, then sync again.';
}

/** What a sync did, in a line. */
export function syncedTitle({ taken_in, published }: SyncView): string {
  if (taken_in === 0 && published === 0) return 'Synced: nothing was new';
  const parts = [
    taken_in > 0 && `${plural(taken_in, 'change')} came in`,
    published > 0 && `${plural(published, 'change')} went out`,
  ];
  return `Synced: ${parts.filter(Boolean).join(', ')}`;
}

/** And what of it did not hold. */
export function syncedDetail({ refused, unreadable, problems }: SyncView): string {
  const parts = [
    refused > 0 && `${plural(refused, 'change')} did not count.`,
    unreadable > 0 && `${plural(unreadable, 'object')} can’t be read on this device yet.`,
    problems.some((each) => each.alarming) && 'Something needs a look: see Team.',
  ];
  return parts.filter(Boolean).join(' ');
}
