import type { PartView } from '$lib/bindings';

export type PartWay = 'whole' | 'user' | 'password' | 'json';

/** A part of a credential as it stands in the fields of a form. */
export interface DraftPart {
  /** Tells lines apart while they are edited. */
  id: number;
  secret: string;
  way: PartWay;
  /** Where in a JSON document; counts only there. */
  pointer: string;
}

export const PART_WAYS: { value: PartWay; label: string }[] = [
  { value: 'whole', label: 'The whole value' },
  { value: 'user', label: 'User of the URL' },
  { value: 'password', label: 'Password of the URL' },
  { value: 'json', label: 'A field of the JSON' },
];

let next = 0;

export function draftPart({ secret, part }: PartView): DraftPart {
  const way = part === '' ? 'whole' : part.startsWith('/') ? 'json' : (part as PartWay);
  return { id: next++, secret, way, pointer: way === 'json' ? part : '' };
}

export function partOf({ secret, way, pointer }: DraftPart): PartView {
  const part = { whole: '', user: 'user', password: 'password', json: pointer.trim() }[way];
  return { secret: secret.trim(), part };
}

/** What a line lacks, in words; empty where it is complete. */
export function lacks({ secret, way, pointer }: DraftPart): string {
  if (secret.trim() === '') return 'Choose a secret.';
  if (way === 'json' && !pointer.trim().startsWith('/'))
    return 'Write where it stands, as /database/password.';
  return '';
}
