import type { Dialect } from './bindings';

export interface DialectWords {
  dialect: Dialect;
  title: string;
  words: string;
}

/** Dialects are named after their reader; these are the words that go with them. */
export const DIALECTS: DialectWords[] = [
  {
    dialect: 'dotenv',
    title: 'dotenv',
    words: 'Read by python-dotenv. Carries any text, line breaks included.',
  },
  {
    dialect: 'dotenv-node',
    title: 'dotenv-node',
    words: 'Read by npm dotenv, in Node projects.',
  },
  { dialect: 'shell', title: 'shell', words: 'Read by bash, with source.' },
  { dialect: 'json', title: 'json', words: 'One object. Read by jq.' },
  { dialect: 'yaml', title: 'yaml', words: 'One mapping. Read by PyYAML.' },
];

/** The program whose reading defines the dialect. */
export function reader(dialect: Dialect): string {
  return {
    dotenv: 'python-dotenv',
    'dotenv-node': 'npm dotenv',
    shell: 'bash',
    json: 'jq',
    yaml: 'PyYAML',
  }[dialect];
}

/** The name that a file of the dialect has where nobody names it. */
export function usualFile(dialect: Dialect): string {
  return {
    dotenv: '.env',
    'dotenv-node': '.env',
    shell: '.env',
    json: '.env.json',
    yaml: '.env.yaml',
  }[dialect];
}

/** The dialect that a file's name tells of; `null` where it tells nothing. */
export function dialectOf(path: string): Dialect | null {
  if (/\.json$/.test(path)) return 'json';
  return /\.ya?ml$/.test(path) ? 'yaml' : null;
}
