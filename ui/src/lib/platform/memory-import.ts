import type { ApiError, Code, ImportEntryView } from '../bindings';
import { kindOf } from './memory-data';

export function refuse(code: Code, message: string, hint = ''): never {
  throw { code, message, hint } satisfies ApiError;
}

/** Reads plain `NAME=value` lines: enough for tests, and no dialect of a real reader. */
export function readImport(
  text: string,
  current: (name: string) => string | undefined,
): { entries: ImportEntryView[]; pairs: [string, string][] } {
  const pairs: [string, string][] = [];
  const entries: ImportEntryView[] = [];
  text.split(/\r?\n/).forEach((raw, index) => {
    const line = raw.trim().replace(/^export /, '');
    if (!line || line.startsWith('#')) return;
    const [, name, value = ''] = /^([A-Za-z_]\w*)=(.*)$/.exec(line) ?? [];
    if (!name)
      refuse(
        'invalid_file',
        `pasted text, line ${index + 1}: this is not NAME=value.`,
        'Mend the line and preview again. Nothing was imported.',
      );
    const before = entries.find((each) => each.name === name);
    if (before) entries.splice(entries.indexOf(before), 1);
    const held = current(name);
    entries.push({
      name,
      line: index + 1,
      kind: kindOf(name),
      state: held === undefined ? 'new' : held === value ? 'unchanged' : 'changed',
      empty: value === '',
      overridden_lines: before ? [...before.overridden_lines, before.line] : [],
      warning: value.includes('$') ? 'Holds a $ that some readers expand.' : '',
    });
    pairs.push([name, value]);
  });
  return { entries, pairs };
}
