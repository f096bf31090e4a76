import { describe, expect, test } from 'vitest';
import { age, ago, basename, countdown, duration, locale, plural } from './format';

const now = new Date(2026, 10, 22, 12, 0, 0).getTime();
const HOUR = 3_600_000;

describe('age', () => {
  test('counts calendar days', () => {
    expect(age(now - 3 * HOUR, now)).toBe('today');
    expect(age(now - 13 * HOUR, now)).toBe('1 d');
    expect(age(now - 12 * 24 * HOUR, now)).toBe('12 d');
  });

  test('a clock that went back shows today, not a negative age', () => {
    expect(age(now + 50 * HOUR, now)).toBe('today');
  });
});

test('ago says how long in words', () => {
  expect(ago(now - 5_000, now)).toBe('just now');
  expect(ago(now - 14 * 60_000, now)).toBe('14 minutes ago');
  expect(ago(now - 2 * HOUR, now)).toBe('2 hours ago');
  expect(ago(now - 13 * HOUR, now)).toBe('yesterday');
  expect(ago(now - 12 * 24 * HOUR, now)).toBe('12 days ago');
});

test('countdowns and counts', () => {
  expect(countdown(582)).toBe('9:42');
  expect(countdown(-3)).toBe('0:00');
  expect(duration(600)).toBe('10 minutes');
  expect(duration(45)).toBe('45 seconds');
  expect(plural(1, 'secret')).toBe('1 secret');
  expect(plural(30, 'secret')).toBe('30 secrets');
});

test('basename takes the last part', () => {
  expect(basename('/usr/bin/keystead')).toBe('keystead');
  expect(basename('')).toBe('');
});

test('the locale is one that Intl takes, whatever the system says', () => {
  Object.defineProperty(navigator, 'language', { value: 'C', configurable: true });
  expect(() => new Intl.DateTimeFormat(locale())).not.toThrow();
});
