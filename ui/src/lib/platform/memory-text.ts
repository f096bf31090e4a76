import type { HistoryPartView } from '../bindings';
import type { MemoryProject } from './memory-data';
import { currentOf, holderOf } from './memory-values';

const REFERENCE = /\$\{([^/{}]+)\/([^/{}]+)\/([^/{}]+)\}/g;
const DEPTH = 8;

interface Place {
  project: string;
  environment: string;
  name: string;
}

/** The places that a stored value names. */
export function placesIn(text: string): Place[] {
  return [...text.matchAll(REFERENCE)].map(([, project = '', environment = '', name = '']) => ({
    project,
    environment,
    name,
  }));
}

/** What a stored value stands for: each place in it replaced by what is there. */
export function resolved(projects: MemoryProject[], text: string, depth = 0): string {
  if (depth > DEPTH) return text;
  return text.replace(REFERENCE, (whole, project: string, environment: string, name: string) => {
    const held = projects.find((each) => each.view.name === project);
    const secret = held?.secrets.find((each) => each.name === name);
    if (!held || !secret) return whole;
    const at = holderOf(held, secret, environment) ?? environment;
    const value = currentOf(secret, at)?.value;
    return value === undefined ? whole : resolved(projects, value, depth + 1);
  });
}

const URL_LOGIN = /^(\w+:\/\/)([^:@/]*)(?::([^@/]*))?@(.*)$/s;

/** A value with one part replaced; `null` where it has no such part. */
export function withPart(text: string, part: string, value: string): string | null {
  if (part === '') return value;
  if (!part.startsWith('/')) {
    const [, scheme, user, password, rest] = URL_LOGIN.exec(text) ?? [];
    if (scheme === undefined || (part === 'password' && password === undefined)) return null;
    const next = encodeURIComponent(value);
    const login = part === 'user' ? [next, password] : [user, next];
    return `${scheme}${login.filter((each) => each !== undefined).join(':')}@${rest}`;
  }
  const path = part.slice(1).split('/');
  const last = path.pop() ?? '';
  try {
    const document = JSON.parse(text) as Record<string, unknown>;
    let at = document;
    for (const step of path) at = at[step] as Record<string, unknown>;
    if (typeof at[last] !== 'string') return null;
    at[last] = value;
    return JSON.stringify(document);
  } catch {
    return null;
  }
}

function partsOf(text: string): Record<string, string> | null {
  const [, scheme, login, host, path] =
    /^(\w+):\/\/(?:([^@/]*)@)?([^/?#]*)([^?#]*)/.exec(text) ?? [];
  if (scheme === undefined) return null;
  const [user, password] = login?.split(':') ?? [];
  const parts = { host, password, path, scheme, user };
  return Object.fromEntries(
    Object.entries(parts).flatMap(([name, value]) => (value ? [[name, value]] : [])),
  );
}

/** How two values differ, without either. */
export function differences(before: string, after: string): HistoryPartView[] {
  const [old, now] = [partsOf(before), partsOf(after)];
  if (!old || !now) return [{ part: 'value', change: before === after ? 'same' : 'changed' }];
  return [
    ...Object.entries(now).map(([part, value]): HistoryPartView => {
      const from = old[part];
      return { part, change: from === undefined ? 'added' : from === value ? 'same' : 'changed' };
    }),
    ...Object.keys(old)
      .filter((part) => !(part in now))
      .map((part): HistoryPartView => ({ part, change: 'removed' })),
  ];
}
