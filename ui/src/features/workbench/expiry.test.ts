import { expect, test } from 'vitest';
import { dayOf, endOfDay, expiryOf } from './expiry';

const DAY = 86_400_000;
const now = new Date(2026, 10, 27, 12).getTime();
const of = (days: number, lead_days = 0) =>
  expiryOf({ expires_at: now + days * DAY, lead_days }, now);

test('a secret is fine, due within its days, or over', () => {
  expect(expiryOf({ expires_at: null, lead_days: 7 }, now)).toBeNull();
  expect(of(30)).toMatchObject({ state: 'fine', short: '30 d left' });
  expect(of(5, 7)).toMatchObject({ state: 'due', words: 'expires in 5 d', short: '5 d left' });
  expect(of(8, 7)?.state).toBe('fine');
  expect(of(0.2, 1)).toMatchObject({ state: 'due', words: 'expires today', short: 'last day' });
  expect(of(-3)).toMatchObject({ state: 'over', words: 'expired 3 d ago', short: 'expired' });
  expect(of(-0.2)?.words).toBe('expired today');
});

test('a day goes to its end and back', () => {
  const at = endOfDay('2027-03-31');
  expect(at).toBe(new Date(2027, 2, 31, 23, 59, 59, 999).getTime());
  expect(dayOf(at ?? 0)).toBe('2027-03-31');
});

test.each(['', 'soon', '2027-13-01', '2027-02-30', '27-3-1'])('%j is no day', (text) => {
  expect(endOfDay(text)).toBeNull();
});
