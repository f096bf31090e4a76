import { expect, test } from 'vitest';
import type { RemoteView } from '../../lib/bindings';
import { memoryRole } from '../../lib/platform/memory-team-sample';
import { fits, grantsOf } from './grant-lines';
import { bucketOf, NO_BUCKET, placeOf, shortPlace } from './place';
import { perPlace, placesInWords } from './removal';
import { owns, settledPlaces, standingIn, within } from './roles';
import { cellTitle, cellWords, heard, spoken, syncedTitle, syncWords } from './words';

const NOW = new Date(2026, 10, 27, 12).getTime();
const DAY = 86_400_000;
const with_ = (...roles: [string, string | null, (number | null)?][]) => ({
  roles: roles.map(([place, role, ends]) => memoryRole(place, role, ends ?? null)),
});

test('the narrowest word counts', () => {
  expect(within('a/b')).toEqual(['a/b', 'a', 'space']);
  const member = with_(['space', 'reader'], ['a', 'editor'], ['a/prod', null]);
  expect(standingIn(member, 'a/dev')).toMatchObject({ role: 'editor', from: 'a' });
  expect(standingIn(member, 'a/prod')).toMatchObject({ role: null, from: 'a/prod' });
  expect(standingIn(member, 'b/dev')).toMatchObject({ role: 'reader', from: 'space' });
  expect(standingIn(with_(), 'a')).toMatchObject({ role: null, from: null, part: false });
});

test('an owner further out is one within', () => {
  const owner = with_(['a', 'owner'], ['a/prod', 'reader']);
  expect(standingIn(owner, 'a/prod')).toMatchObject({ role: 'owner', from: 'a' });
  const member = { ...owner, fingerprint: '', name: '', trust: 'own' as const, devices: [] };
  expect(owns(member, 'a/prod')).toBe(true);
  expect(owns(member, 'space')).toBe(false);
  expect(owns(undefined, 'space')).toBe(false);
});

test('something for a part is not nothing', () => {
  const member = with_(['a/dev', 'reader'], ['b/dev', null]);
  expect(standingIn(member, 'a').part).toBe(true);
  expect(standingIn(member, 'space').part).toBe(true);
  expect(standingIn(member, 'b').part).toBe(false);
  expect(cellWords(standingIn(member, 'a'), NOW)).toBe('in part');
});

test('places keep the order of environments', () => {
  const settled = with_(['a/prod', 'reader'], ['z', 'editor']).roles;
  expect(settledPlaces(settled, ['a', 'a/staging', 'a/dev', 'a/prod'])).toEqual([
    'space',
    'a',
    'a/staging',
    'a/dev',
    'a/prod',
    'z',
  ]);
});

test('a cell says what ends, and when', () => {
  const soon = standingIn(with_(['a', 'reader', NOW + 3 * DAY]), 'a');
  expect(cellWords(soon, NOW)).toBe('until Mon');
  const far = standingIn(with_(['a', 'reader', NOW + 500 * DAY]), 'a');
  expect(cellWords(far, NOW)).toBe('until Apr 2028');
  expect(spoken(soon, NOW)).toBe('read until Mon');
  expect(cellTitle(soon, 'a', NOW)).toMatch(/^Reader until /);
  const late = standingIn(with_(['a', 'editor', NOW - DAY]), 'a/dev');
  expect(cellWords(late, NOW)).toMatch(/^ended /);
  expect(cellTitle(late, 'a/dev', NOW)).toMatch(/^Editor of all of a, ended .* takes it back$/);
  expect(cellWords(standingIn(with_(['a', 'owner']), 'a'), NOW)).toBe('owner');
});

test('the status bar says the worst first', () => {
  const remote: RemoteView = {
    place: '/mnt/team',
    keys: null,
    last_ok: NOW - 12_000,
    problem: null,
    requests: 1,
    received: 1,
    sent: 1,
  };
  const words = (over: Partial<RemoteView> | null, unpublished = 0) =>
    syncWords({ remote: over && { ...remote, ...over }, unpublished }, NOW).words;
  expect(words({})).toBe('Synced 12 s ago');
  expect(words({}, 3)).toBe('3 not published');
  expect(words({ last_ok: null })).toBe('Not synced yet');
  expect(words(null)).toBe('On this machine only');
  expect(
    syncWords({ remote: { ...remote, problem: 'It is not there.' }, unpublished: 3 }, NOW),
  ).toMatchObject({
    state: 'problem',
    words: 'Not reached since 11:59',
    title: 'It is not there.',
  });
});

test('a sync says what went which way', () => {
  const said = {
    space: 'a',
    taken_in: 0,
    refused: 0,
    published: 0,
    unreadable: 0,
    problems: [],
    requests: 1,
    received: 0,
    sent: 0,
  };
  expect(syncedTitle(said)).toBe('Synced: nothing was new');
  expect(syncedTitle({ ...said, taken_in: 1, published: 2 })).toBe(
    'Synced: 1 change came in, 2 changes went out',
  );
  expect(heard(null, NOW)).toBe('not heard yet');
  expect(heard(NOW - 12_000, NOW)).toBe('12 s ago');
});

test('a bucket is its fields, and back', () => {
  const place = 's3://acme/team/x?region=eu-central-1&endpoint=https://s3.example.com:9000';
  const bucket = bucketOf(place);
  expect(bucket).toEqual({
    bucket: 'acme',
    prefix: 'team/x',
    region: 'eu-central-1',
    endpoint: 'https://s3.example.com:9000',
  });
  expect(placeOf(bucket ?? NO_BUCKET)).toBe(place);
  expect(placeOf({ ...NO_BUCKET, bucket: ' acme ', prefix: '/team/' })).toBe('s3://acme/team');
  expect(bucketOf('/mnt/team')).toBeNull();
  expect(shortPlace(place)).toBe('s3://acme/team/x');
});

test('lines become roles, the last on a place', () => {
  const line = { id: 0, place: 'a', role: 'reader', until: '' };
  expect(grantsOf([line, { ...line, id: 1, role: 'editor', until: '2027-03-31' }])).toEqual([
    { place: 'a', role: 'editor', expires: new Date(2027, 2, 31, 23, 59, 59, 999).getTime() },
  ]);
  expect(fits({ ...line, until: '2027-02-31' })).toBe(false);
});

test('values are counted by place', () => {
  const value = (project: string, environment: string) => ({
    project,
    environment,
    name: 'A',
    number: 1,
  });
  const values = [value('a', 'dev'), value('a', 'dev'), value('a', 'prod'), value('b', 'dev')];
  expect(perPlace(values)[0]).toEqual({ place: 'a · dev', count: 2 });
  expect(placesInWords(values)).toBe('a dev, prod · b dev');
});
