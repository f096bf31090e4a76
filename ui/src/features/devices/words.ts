import type { ApiError, OwnDeviceView } from '$lib/bindings';
import { locale } from '$lib/format';
import { heard } from '../team/words';

const conjunction = new Intl.ListFormat(locale(), { type: 'conjunction' });

/** "Acme ML, Lab and Data". */
export function listed(names: string[]): string {
  return conjunction.format(names);
}

/** What the two kinds of device are, told with what follows from losing one. */
export const KINDS = {
  secondary: {
    title: 'Secondary',
    words: 'Reads and writes in your spaces. If you lose it, revoke it alone.',
  },
  primary: {
    title: 'Primary',
    words:
      'Also holds your identity’s keys, so it can take in other machines and open copies sent to you. If you lose it, you need a new identity.',
  },
};

/** "Last heard 2 hours ago · in Acme ML and Lab". */
export function deviceWords({ own, last_heard, spaces }: OwnDeviceView, now: number): string {
  const words = heard(last_heard, now);
  const seen = last_heard === null ? words : `last heard ${words}`;
  const where = spaces.length === 0 ? 'in no shared space' : `in ${listed(spaces)}`;
  const all = own ? where : `${seen} · ${where}`;
  return all.charAt(0).toUpperCase() + all.slice(1);
}

const SEPARATES = /[\s\-‐-―−]/g;
const CODE_LENGTH = 20;

/** How many characters of a code were typed: spaces and dashes do not count. */
export function typed(code: string): number {
  return [...code.replaceAll(SEPARATES, '')].length;
}

export const isWhole = (code: string) => typed(code) === CODE_LENGTH;

/** Which field of the first step a refusal is about; `null` where it is about none of them. */
export function faulty({ code, message }: ApiError): 'request' | 'code' | null {
  if (code !== 'invalid_input') return null;
  return /\bcodes?\b/i.test(message) ? 'code' : 'request';
}
