import type { CardView, ContactView, ContactsView } from '../bindings';
import type { Handlers, MemoryProject } from './memory-data';
import type { MemoryDomain } from './memory-domain';
import { refuse } from './memory-import';
import { sampleQr } from './memory-slots';
import { currentOf, holderOf } from './memory-values';

type Names =
  | 'card'
  | 'read_card'
  | 'rename_card'
  | 'save_card'
  | 'contacts'
  | 'pin_card'
  | 'safety_number'
  | 'verify_contact'
  | 'forget_contact'
  | 'send_copy'
  | 'open_copy';

const BEGIN = '-----BEGIN KEYSTEAD CARD-----';

/** A number that one name has and hardly another. */
function seedOf(name: string): number {
  return [...name].reduce((sum, letter) => (sum * 31 + (letter.codePointAt(0) ?? 0)) % 65_521, 7);
}

/** A card of this name, as the window sees one. */
export function memoryCard(name: string): CardView {
  const group = (at: number) =>
    ((seedOf(name) * (at + 1) * 4099 + at * 257) % 65_536).toString(16).padStart(4, '0');
  return {
    name,
    fingerprint: Array.from({ length: 16 }, (_, at) => group(at)).join(' '),
    recipient: `age1pq1${name.toLowerCase().replaceAll(' ', '')}`,
    text: `${BEGIN}\n${name}\n-----END KEYSTEAD CARD-----\n`,
  };
}

/** Sixty digits in groups of five. */
export function numberOf({ name }: CardView): string {
  const group = (at: number) =>
    String((seedOf(name) * (at + 3) * 7919 + at * 104_729) % 100_000).padStart(5, '0');
  return Array.from({ length: 12 }, (_, at) => group(at)).join(' ');
}

function read(text: string): CardView {
  const trimmed = text.trim();
  if (trimmed.startsWith('age1pq1'))
    return { name: '', fingerprint: '', recipient: trimmed, text: '' };
  const [begin, name = ''] = trimmed.split('\n');
  return begin === BEGIN
    ? memoryCard(name)
    : refuse('invalid_input', 'This is no card.', 'Paste all of it.');
}

/** Cards, and copies that are sealed for them. */
export class MemoryCopies {
  /** Files that were written. */
  readonly files = new Set<string>();
  contacts: ContactView[] = [];
  name = 'Mara Lindt';
  #world: { projects: MemoryProject[] };
  #domain: MemoryDomain;

  constructor(world: { projects: MemoryProject[] }, domain: MemoryDomain) {
    this.#world = world;
    this.#domain = domain;
  }

  #write(path: string, overwrite: boolean): void {
    if (this.files.has(path) && !overwrite)
      refuse('exists', `${path} is there already.`, 'Choose another name.');
    this.files.add(path);
  }

  #listed(): ContactsView {
    return { contacts: [...this.contacts].sort((a, b) => a.card.name.localeCompare(b.card.name)) };
  }

  #contact(name: string): ContactView {
    return (
      this.contacts.find(({ card }) => card.name === name) ??
      refuse('not_found', `No card of ${name} is kept.`, 'Ask them for it.')
    );
  }

  handlers: Pick<Handlers, Names> = {
    contacts: () => this.#listed(),
    pin_card: ({ text }) => {
      const card = read(text);
      if (!this.contacts.some((kept) => kept.card.fingerprint === card.fingerprint))
        this.contacts = [...this.contacts, { card, verified: false, since: Date.now() }];
      return this.#listed();
    },
    safety_number: ({ name }) => ({
      number: numberOf(this.#contact(name).card),
      qr: sampleQr(),
    }),
    verify_contact: ({ name, number }) => {
      const contact = this.#contact(name);
      if (number.replaceAll(/\s/g, '') !== numberOf(contact.card).replaceAll(' ', ''))
        refuse('not_allowed', 'The safety number is another one.', 'Read it again, both of you.');
      contact.verified = true;
      return this.#listed();
    },
    forget_contact: ({ name }) => {
      this.contacts = this.contacts.filter((kept) => kept !== this.#contact(name));
      return this.#listed();
    },
    card: () => memoryCard(this.name),
    rename_card: ({ name }) => {
      if (name.trim() === '') refuse('invalid_input', 'A name has a letter.', 'Type one.');
      this.name = name;
      return memoryCard(name);
    },
    read_card: ({ text }) => read(text),
    save_card: ({ path, overwrite }) => {
      this.#write(path, overwrite);
      return memoryCard(this.name);
    },
    send_copy: ({ project, environment, names, to, path, overwrite, confirmed }) => {
      const cards = to.map((one) =>
        'card' in one ? read(one.card) : this.#contact(one.contact).card,
      );
      this.#domain.release({ project, environment, confirmed });
      const held = this.#world.projects.find((each) => each.view.name === project);
      for (const name of names) {
        const secret = held?.secrets.find((each) => each.name === name);
        const at = held && secret && (holderOf(held, secret, environment) ?? environment);
        const current = secret && currentOf(secret, at ?? '');
        if (!current) return refuse('not_found', `${name} has no value in ${environment}.`);
      }
      if (path !== null) this.#write(path, overwrite);
      return { path, text: path === null ? 'sealed' : null, secrets: names.length, to: cards };
    },
    open_copy: () => refuse('not_allowed', "A window can't use open_copy.", 'Import the file.'),
  };
}
