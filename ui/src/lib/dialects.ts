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
];

/** "python-dotenv", "npm dotenv", "bash". */
export function reader(dialect: Dialect): string {
  return { dotenv: 'python-dotenv', 'dotenv-node': 'npm dotenv', shell: 'bash' }[dialect];
}
