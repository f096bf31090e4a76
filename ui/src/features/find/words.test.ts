import { expect, test } from 'vitest';
import { aFile, aKind, sentence } from './words';

test.each([
  ['OpenAI API key', 'model', 'an OpenAI API key'],
  ['Hugging Face token', 'model', 'a Hugging Face token'],
  ['AWS access key ID', 'cloud', 'an AWS access key ID'],
  ['Private key', 'key', 'a private key'],
  ['Database URL', 'database', 'a database URL'],
  ['JSON credential', 'json', 'a JSON credential'],
  ['One-time code (TOTP)', 'key', 'a one-time code (TOTP)'],
])('%s of %s is %s', (words, family, said) => {
  expect(aKind({ kind: '', words, family })).toBe(said);
});

test('what the host says becomes a sentence', () => {
  expect(sentence('it is empty')).toBe('It is empty.');
  expect(aFile('dotenv-node')).toBe('a .env');
  expect(aFile('json')).toBe('a JSON file');
});
