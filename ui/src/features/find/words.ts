import type { KindView } from '$lib/bindings';

const GENERIC = ['database', 'json', 'key'];

/** "an OpenAI API key", "a private key": a kind within a sentence. */
export function aKind({ words, family }: KindView): string {
  const named = GENERIC.includes(family) && !/^[A-Z]{2}/.test(words);
  const said = named ? words.charAt(0).toLowerCase() + words.slice(1) : words;
  return `${/^[AEIO]/.test(said) ? 'an' : 'a'} ${said}`;
}

/** Words of the host as a sentence of their own. */
export function sentence(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1) + (words.endsWith('.') ? '' : '.');
}

/** "a .env", "a JSON file": what a paste reads as. */
export function aFile(dialect: string): string {
  return { json: 'a JSON file', yaml: 'a YAML file' }[dialect] ?? 'a .env';
}
