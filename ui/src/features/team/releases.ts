import type { MemberView, ReleaseRuleView } from '$lib/bindings';
import { locale } from '$lib/format';
import { placeWords } from './roles';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** From this hour of the day to before that one, UTC. */
export type Hours = [from: number, until: number];

const two = (hour: number) => String(hour).padStart(2, '0');

/** A day ends at 24, however it was said. */
export function ending([from, until]: Hours): Hours {
  return [from, until === 0 ? 24 : until];
}

/** "08:00". */
export function clockHour(hour: number): string {
  return `${two(hour)}:00`;
}

/** "deploy or ci or night": commas part what a rule asks for, so none is in a list. */
export function either(names: string[]): string {
  return names.join(' or ');
}

/** "08–18 UTC", "22–06 UTC overnight". */
export function hoursWords(hours: Hours): string {
  const [from, until] = ending(hours);
  return `${two(from)}–${two(until)} UTC${from > until ? ' overnight' : ''}`;
}

/** "08–18 UTC, tagged deploy, on ann-laptop". */
export function ruleWords({ hours, tags, devices }: ReleaseRuleView): string {
  const parts = [
    hours && hoursWords(hours),
    tags.length > 0 && `tagged ${either(tags)}`,
    devices.length > 0 && `on ${either(devices)}`,
  ];
  return parts.filter(Boolean).join(', ');
}

/** "Values of shop · prod leave from 08 to 18 UTC, as Mara said." */
export function ruleSentence({ place, hours, tags, devices, by }: ReleaseRuleView): string {
  const [from, until] = ending(hours ?? [0, 0]);
  const parts = [
    hours && `from ${two(from)} to ${two(until)} UTC${from > until ? ' overnight' : ''}`,
    tags.length > 0 && `only where tagged ${either(tags)}`,
    devices.length > 0 && `only on ${either(devices)}`,
  ];
  const who = by ?? 'an owner who has left';
  return `Values of ${placeWords(place)} leave ${parts.filter(Boolean).join(', ')}, as ${who} said.`;
}

/** Whether that moment is within them. */
export function isOpen(hours: Hours, now: number): boolean {
  const [from, until] = ending(hours);
  const hour = Math.floor((now % DAY) / HOUR);
  return from < until ? hour >= from && hour < until : hour >= from || hour < until;
}

/** What hours are on the clock of whoever reads this, today: "09:00 to 19:00". */
export function localHours(hours: Hours, now: number, timeZone?: string): string {
  const format = new Intl.DateTimeFormat(locale(), {
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    timeZone,
  });
  const day = now - (now % DAY);
  const [from, until] = ending(hours).map((hour) => format.format(day + hour * HOUR)) as [
    string,
    string,
  ];
  if (until === '00:00') return `${from} to midnight`;
  return `${from} to ${until}${until <= from ? ' the next day' : ''}`;
}

/** That, as a sentence. */
export function localSentence(hours: Hours, now: number, timeZone?: string): string {
  const zone = new Intl.DateTimeFormat(locale(), { timeZone }).resolvedOptions().timeZone;
  return ['UTC', 'Etc/UTC'].includes(zone)
    ? 'Your clock shows UTC: the hours are the same for you.'
    : `Today that is ${localHours(hours, now, timeZone)} on your clock.`;
}

/** Why these are no hours of a rule; empty where they are. */
export function hoursFault([from, until]: Hours): string {
  if (from === until) return 'From and until are the same hour. Choose two that differ.';
  return from === 0 && until === 24 ? 'That is the whole day. Choose “Any hour” instead.' : '';
}

/** A device that a rule can name. */
export interface NamedDevice {
  id: string;
  name: string;
  member: string;
}

/** Every device of the members. */
export function devicesOf(members: MemberView[]): NamedDevice[] {
  return members.flatMap(({ name: member, devices }) =>
    devices.map(({ id, name }) => ({ id, name, member })),
  );
}
