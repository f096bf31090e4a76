import type { NewGrantView } from '$lib/bindings';
import { endOfDay } from '../workbench/expiry';

/** One line of what somebody gets, as it stands in a form. */
export interface GrantLine {
  id: number;
  place: string;
  role: string;
  /** `2027-03-31`, or empty for no end. */
  until: string;
}

/** Whether its day is one. */
export function fits({ until }: GrantLine): boolean {
  return until.trim() === '' || endOfDay(until) !== null;
}

/** The roles that lines stand for; the last word on a place counts. */
export function grantsOf(lines: GrantLine[]): NewGrantView[] {
  const grants = lines.map(({ place, role, until }) => ({
    place,
    role,
    expires: until.trim() === '' ? null : endOfDay(until),
  }));
  return [...new Map(grants.map((grant) => [grant.place, grant])).values()];
}
