import type { HistoryFieldView, HistoryPartView, PartChange } from '$lib/bindings';
import { date, plural } from '$lib/format';
import { listed } from '../parts/words';

const FIELDS: Record<string, string> = {
  name: 'name',
  kind: 'kind',
  notes: 'notes',
  owner: 'owner',
  tags: 'tags',
  expires: 'expires',
  lead: 'reminder',
};

const NOTES_SHOWN = 120;

/** What a field said, as a person says it. */
export function said(field: string, text: string): string {
  if (field === 'owner') return text || 'nobody';
  if (field === 'expires') return text === '' ? 'never' : date(Number(text));
  if (field === 'lead') return text === '0' ? 'none' : `${plural(Number(text), 'day')} before`;
  if (field === 'notes') return notes(text);
  return text || 'nothing';
}

function notes(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  if (line === '') return 'nothing';
  return line.length > NOTES_SHOWN ? `“${line.slice(0, NOTES_SHOWN)}…”` : `“${line}”`;
}

/** "owner: nobody → Mara" in three; `from` is empty where it is not known any more. */
export function fieldWords({ field, from, to }: HistoryFieldView): {
  field: string;
  from: string;
  to: string;
} {
  if (field === 'removed')
    return { field: to === '' ? 'brought back' : 'removed', from: '', to: '' };
  return {
    field: FIELDS[field] ?? field,
    from: from === null ? '' : said(field, from),
    to: said(field, to),
  };
}

/** Which tags came and went; all that are there came, where it is not known what was. */
export function tagsOf({ from, to }: HistoryFieldView): { added: string[]; removed: string[] } {
  const tags = (text: string | null) => (text ?? '').split(' ').filter(Boolean);
  const [before, since] = [tags(from), tags(to)];
  return {
    added: since.filter((each) => !before.includes(each)),
    removed: before.filter((each) => !since.includes(each)),
  };
}

export interface Differs {
  /** Each that differs. */
  parts: (HistoryPartView & { change: Exclude<PartChange, 'same'> })[];
  /** "host and path as before"; empty where nothing stayed. */
  same: string;
}

/** What of a value differs from the one before, and what stayed. */
export function differs(parts: HistoryPartView[]): Differs {
  const same = parts.filter((each) => each.change === 'same').map((each) => each.part);
  return {
    parts: parts.flatMap(({ part, change }) => (change === 'same' ? [] : [{ part, change }])),
    same: same.length > 0 ? `${listed(same)} as before` : '',
  };
}
