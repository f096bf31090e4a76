import type { Choices } from '$lib/bindings';

/** Seconds as a person says them: "30 s", "10 min", "1 h". */
export function span(seconds: number): string {
  if (seconds % 3600 === 0) return `${seconds / 3600} h`;
  if (seconds % 60 === 0) return `${seconds / 60} min`;
  return `${seconds} s`;
}

/** Hours as a person says them: "6 h", "1 day", "4 weeks". */
export function every(hours: number): string {
  if (hours === 24) return 'day';
  if (hours === 168) return 'week';
  if (hours % 168 === 0) return `${hours / 168} weeks`;
  if (hours % 24 === 0) return `${hours / 24} days`;
  return hours === 1 ? 'hour' : `${hours} h`;
}

export interface Difference {
  name: string;
  now: string;
  then: string;
}

/** Each choice of a preset beside what holds now. */
export function compare(now: Choices, then: Choices): Difference[] {
  const yes = (on: boolean) => (on ? 'Yes' : 'No');
  return [
    { name: 'Locks when idle for', now: span(now.idle_seconds), then: span(then.idle_seconds) },
    { name: 'Locks on sleep', now: yes(now.lock_on_sleep), then: yes(then.lock_on_sleep) },
    {
      name: 'Locks with the screen',
      now: yes(now.lock_on_screen_lock),
      then: yes(then.lock_on_screen_lock),
    },
    {
      name: 'Copied values stay',
      now: span(now.clipboard_seconds),
      then: span(then.clipboard_seconds),
    },
  ];
}
