import type { MemberView, ReleaseRuleView, SetReleaseRequest } from '../bindings';
import { refuse } from './memory-import';

/** `project/environment` lies in `project`, which lies in the space. */
export function placesAround(place: string): string[] {
  if (place === 'space') return [place];
  const [project = ''] = place.split('/');
  return place === project ? [place, 'space'] : [place, project, 'space'];
}

/** The rules that hold in a place, the widest first. */
export function rulesAround(rules: ReleaseRuleView[], place: string): ReleaseRuleView[] {
  const around = placesAround(place);
  return rules.filter((rule) => around.includes(rule.place));
}

/** The rules with what is said there now: in place of what was said, or none where nothing is asked. */
export function withRule(
  rules: ReleaseRuleView[],
  { place, hours, tags, devices }: SetReleaseRequest,
  members: MemberView[],
): ReleaseRuleView[] {
  if (hours && (hours[0] === hours[1] || hours[0] > 23 || hours[1] > 24))
    refuse(
      'invalid_input',
      'Hours are from 0 to 24, and the second is another one than the first.',
      'Choose others.',
    );
  const named = devices.map((wanted) => {
    const found = members
      .flatMap((member) => member.devices)
      .find(({ id, name }) => name === wanted || (wanted.length >= 8 && id.startsWith(wanted)));
    return found ?? refuse('not_found', `There is no device ${wanted}.`, 'Choose another.');
  });
  const others = rules.filter((rule) => rule.place !== place);
  if (!hours && tags.length === 0 && devices.length === 0) return others;
  const by = members.find((member) => member.trust === 'own')?.name ?? null;
  const rule = {
    place,
    hours,
    tags: [...tags].sort(),
    devices: named.map(({ name }) => name),
    device_ids: named.map(({ id }) => id),
    by,
  };
  const depth = (of: string) => placesAround(of).length;
  return [...others, rule].sort(
    (a, b) => depth(a.place) - depth(b.place) || a.place.localeCompare(b.place),
  );
}
