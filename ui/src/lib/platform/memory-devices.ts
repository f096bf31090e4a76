import type { DevicesView, OwnDeviceView, Present } from '../bindings';
import { memoryCard, type MemoryCopies } from './memory-copies';
import type { Handlers, MemoryProject } from './memory-data';
import { refuse } from './memory-import';
import type { MemoryTeam } from './memory-team';
import { memoryDevice } from './memory-team-sample';

type Names =
  | 'devices'
  | 'request_enrolment'
  | 'read_enrolment'
  | 'enrol_device'
  | 'read_welcome'
  | 'accept_welcome'
  | 'revoke_own_device';

/** The code of every request in memory. */
export const MEMORY_CODE = '08EQ-9RWT-NRQJ-BMAK-JRM8';

/** What is asked of everything else in memory. */
interface World {
  projects: MemoryProject[];
  slots: { check(present: Present): void };
}

const OWN_NAME = 'thinkpad-7';
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** A block with these first lines, and then what looks sealed. */
function block(kind: string, lines: string[]): string {
  const noise = Array.from({ length: 24 }, (_, row) =>
    Array.from({ length: 64 }, (__, at) => LETTERS[(row * 89 + at * at * 31 + at * 17) % 64]).join(
      '',
    ),
  );
  const all = [`-----BEGIN KEYSTEAD ${kind}-----`, ...lines, ...noise];
  return [...all, `-----END KEYSTEAD ${kind}-----`, ''].join('\n');
}

function linesIn(text: string, kind: string, what: string): string[] {
  const begin = `-----BEGIN KEYSTEAD ${kind}-----`;
  const lines = text.trim().split('\n');
  return lines[0] === begin && lines.at(-1) === `-----END KEYSTEAD ${kind}-----`
    ? lines.slice(1)
    : refuse(
        'invalid_input',
        `This is not the text of ${what}.`,
        `It begins with ${begin}; copy all of it.`,
      );
}

/** What a machine of this name asks with. */
export function memoryRequest(name: string): string {
  return block('REQUEST', [name]);
}

/** What answers the request of a machine. */
export function memoryWelcome(
  person: string,
  spaces: string[],
  { to = OWN_NAME, primary = false } = {},
): string {
  return block('WELCOME', [to, person, primary ? 'primary' : 'secondary', spaces.join(', ')]);
}

/** As a real one reads it: capitals or not, spaces and dashes anywhere, O for 0, I and L for 1. */
function plain(code: string): string {
  const typed = code.toUpperCase().replaceAll(/[\s-]/g, '');
  return typed.replaceAll('O', '0').replaceAll(/[IL]/g, '1');
}

/** The machines of one person. */
export class MemoryDevices {
  primary = true;
  #asked = false;
  #world: World;
  #team: MemoryTeam;
  #copies: MemoryCopies;

  constructor(world: World, team: MemoryTeam, copies: MemoryCopies) {
    this.#world = world;
    this.#team = team;
    this.#copies = copies;
  }

  get #unused(): boolean {
    return this.#world.projects.length === 0 && this.#team.spaces.length === 1;
  }

  #listed(): DevicesView {
    const own: OwnDeviceView = {
      ...memoryDevice(OWN_NAME, null, true),
      spaces: [],
    };
    const devices = [own];
    for (const { name, devices: there } of this.#team.ownIn())
      for (const device of there) {
        const known = device.own ? own : devices.find(({ id }) => id === device.id);
        if (known) known.spaces.push(name);
        else devices.push({ ...device, spaces: [name] });
      }
    return { primary: this.primary, unused: this.#unused, devices };
  }

  /** The name of the machine that asks. */
  #read(text: string, code: string): string {
    const { length } = plain(code);
    if (length !== MEMORY_CODE.replaceAll('-', '').length)
      refuse(
        'invalid_input',
        `An enrolment code has 20 characters, and these are ${length}.`,
        'Type the 20 characters that the other machine shows.',
      );
    const [name = ''] = linesIn(text, 'REQUEST', 'a request');
    return plain(code) === plain(MEMORY_CODE)
      ? name
      : refuse(
          'invalid_input',
          'The code is not that of this request, or the request was changed.',
          "Compare it with the other machine's screen, and the request with what it wrote last.",
        );
  }

  #welcome(text: string) {
    const lines = linesIn(text, 'WELCOME', 'a welcome');
    const [to, person = '', role, spaces = ''] = lines;
    if (!this.#asked)
      refuse(
        'invalid_input',
        "This vault did not ask to become another one's device.",
        'Ask with `keystead device request`, and have that one answered.',
      );
    if (to !== OWN_NAME)
      refuse(
        'invalid_input',
        'The welcome is for another request, or was changed.',
        "Bring the welcome that answers this machine's own request.",
      );
    return {
      person,
      primary: role === 'primary',
      spaces: spaces.split(', ').filter(Boolean),
    };
  }

  #refuseInUse(): void {
    if (!this.#unused)
      refuse(
        'exists',
        'This vault has projects or spaces of its own already.',
        'Make a new vault on this machine, and ask from that one; what is in this one can be exported.',
      );
  }

  readonly handlers: Pick<Handlers, Names> = {
    devices: () => this.#listed(),
    request_enrolment: () => {
      this.#refuseInUse();
      this.#asked = true;
      return { code: MEMORY_CODE, text: memoryRequest(OWN_NAME) };
    },
    read_enrolment: ({ text, code }) => ({
      name: this.#read(text, code),
      spaces: this.#team.ownIn().map(({ name }) => name),
    }),
    enrol_device: ({ text, code, primary, present }) => {
      const name = this.#read(text, code);
      this.#world.slots.check(present);
      if (name === OWN_NAME)
        refuse(
          'invalid_input',
          'This is the request of this very device.',
          'The request is for your other machine: open Keystead there.',
        );
      if (!this.primary)
        refuse(
          'role',
          "This device does not hold the identity's keys.",
          'Do it on the machine that enrolled this one, or have this one enrolled as a primary device.',
        );
      const spaces = this.#team.addDevice(memoryDevice(name, null));
      return {
        name,
        text: memoryWelcome(this.#copies.name, spaces, { to: name, primary }),
        spaces,
      };
    },
    read_welcome: ({ text }) => {
      const { person, primary, spaces } = this.#welcome(text);
      return { card: memoryCard(person), primary, spaces };
    },
    accept_welcome: ({ text }) => {
      const { person, primary, spaces } = this.#welcome(text);
      this.#refuseInUse();
      this.#copies.name = person;
      this.primary = primary;
      this.#asked = false;
      return this.#team.joinAs(spaces, [
        memoryDevice(OWN_NAME, null, true),
        memoryDevice('studio-mac', Date.now() - 60_000),
      ]);
    },
    revoke_own_device: ({ device: wanted }) => {
      const others = this.#listed().devices.filter(({ own }) => !own);
      const named = others.filter(({ id, name }) => name === wanted || id.startsWith(wanted));
      if (named.length > 1)
        refuse('invalid_input', `More than one device is called ${wanted}.`, 'Say its id instead.');
      const [device] = named;
      if (!device) return refuse('not_found', `You have no other device ${wanted}.`, 'Look again.');
      this.#team.dropDevice(device.id);
      return this.#listed();
    },
  };
}
