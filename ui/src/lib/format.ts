const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/**
 * The one locale for every `Intl` use: English as the system writes it. Under
 * `LANG=C` a web view reports a tag that `Intl` refuses.
 */
export function locale(): string {
  try {
    const asked = Intl.getCanonicalLocales(navigator.language)[0] ?? '';
    return asked.startsWith('en-') ? asked : 'en-GB';
  } catch {
    return 'en-GB';
  }
}

const LOCALE = locale();
const dayFormat = new Intl.DateTimeFormat(LOCALE, {
  weekday: 'long',
  day: 'numeric',
  month: 'long',
});
const dateFormat = new Intl.DateTimeFormat(LOCALE, {
  day: 'numeric',
  month: 'short',
  year: 'numeric',
});
const timeFormat = new Intl.DateTimeFormat(LOCALE, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
});
const numberFormat = new Intl.NumberFormat(LOCALE);

function startOfDay(at: number): number {
  const date = new Date(at);
  return new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
}

/** Whole calendar days between two moments. */
export function daysBetween(at: number, now: number): number {
  return Math.max(0, Math.round((startOfDay(now) - startOfDay(at)) / DAY));
}

/** "today", "12 d": the age in a cell. */
export function age(at: number, now: number): string {
  const days = daysBetween(at, now);
  return days === 0 ? 'today' : `${days} d`;
}

/** "just now", "14 minutes ago", "12 days ago". */
export function ago(at: number, now: number): string {
  const past = Math.max(0, now - at);
  if (past < MINUTE) return 'just now';
  if (past < HOUR) return plural(Math.floor(past / MINUTE), 'minute') + ' ago';
  if (past < DAY && daysBetween(at, now) === 0)
    return plural(Math.floor(past / HOUR), 'hour') + ' ago';
  const days = Math.max(1, daysBetween(at, now));
  return days === 1 ? 'yesterday' : `${days} days ago`;
}

/** "3 secrets", "1 secret". */
export function plural(count: number, one: string, many = one + 's'): string {
  return `${number(count)} ${count === 1 ? one : many}`;
}

/** "18,204". */
export function number(value: number): string {
  return numberFormat.format(value);
}

/** "9:42": minutes and seconds left. */
export function countdown(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}

/** "10 minutes", "45 seconds". */
export function duration(seconds: number): string {
  return seconds >= 60 ? plural(Math.round(seconds / 60), 'minute') : plural(seconds, 'second');
}

/** "Sunday 22 November", for the heading of a day. */
export function day(at: number): string {
  return dayFormat.format(at);
}

/** "22 Nov 2026". */
export function date(at: number): string {
  return dateFormat.format(at);
}

/** "03:14:07". */
export function time(at: number): string {
  return timeFormat.format(at);
}

/** The last part of a path: the name of a program or file. */
export function basename(path: string): string {
  return path.split(/[\\/]/).filter(Boolean).at(-1) ?? path;
}

/** "26 Nov 2026, 14:03:11". */
export function dateTime(at: number): string {
  return `${dateFormat.format(at)}, ${timeFormat.format(at)}`;
}
