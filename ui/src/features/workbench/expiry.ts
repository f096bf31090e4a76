import { date, daysBetween } from '$lib/format';

const DAY = 86_400_000;

export interface Expiry {
  /** Fine, soon enough to be reminded of, or over. */
  state: 'fine' | 'due' | 'over';
  /** "expires in 5 d", "expired 3 d ago". */
  words: string;
  /** "5 d left", "expired": where there is little room. */
  short: string;
}

/** How a secret stands to the day on which its values stop working; `null` where there is none. */
export function expiryOf(
  secret: { expires_at: number | null; lead_days: number },
  now: number,
): Expiry | null {
  const at = secret.expires_at;
  if (at === null) return null;
  if (now > at) {
    const days = daysBetween(at, now);
    return {
      state: 'over',
      words: days === 0 ? 'expired today' : `expired ${days} d ago`,
      short: 'expired',
    };
  }
  const days = daysBetween(now, at);
  const due = now >= at - secret.lead_days * DAY;
  return {
    state: due ? 'due' : 'fine',
    words: due ? (days === 0 ? 'expires today' : `expires in ${days} d`) : `expires on ${date(at)}`,
    short: days === 0 ? 'last day' : `${days} d left`,
  };
}

/** The end of a local day given as `2027-03-31`; `null` where it is none. */
export function endOfDay(text: string): number | null {
  const [, year, month, day] = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text.trim()) ?? [];
  if (!year || !month || !day) return null;
  const at = new Date(Number(year), Number(month) - 1, Number(day), 23, 59, 59, 999);
  return at.getMonth() === Number(month) - 1 ? at.getTime() : null;
}

/** The local day of a moment, as `2027-03-31`. */
export function dayOf(at: number): string {
  const date = new Date(at);
  const two = (part: number) => String(part).padStart(2, '0');
  return `${String(date.getFullYear()).padStart(4, '0')}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}
