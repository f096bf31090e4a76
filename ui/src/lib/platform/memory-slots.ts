import type {
  Commands,
  CostsView,
  Present,
  SlotKind,
  SlotsView,
  SlotView,
  UnlockWaysView,
} from '../bindings';
import { KDF } from './memory-data';
import { refuse } from './memory-import';

const COSTS: CostsView = {
  memory_kib: KDF.memory_kib,
  passes: KDF.passes,
  lanes: KDF.lanes,
  by_hand: false,
};
const DAY = 86_400_000;

/** 24 words that open nothing. */
export const MEMORY_WORDS =
  'letter advice cage absurd amount doctor acoustic avoid letter advice cage absurd amount doctor acoustic avoid letter advice cage absurd amount doctor acoustic bless';

/** A picture of the size that the host's has, which says nothing. */
export function sampleQr(): string {
  const dark = (row: number, column: number) => {
    const finder = (r: number, c: number) =>
      r >= 0 && r < 7 && c >= 0 && c < 7
        ? Math.max(Math.abs(r - 3), Math.abs(c - 3)) !== 2
        : undefined;
    return (
      finder(row, column) ??
      finder(row, column - 34) ??
      finder(row - 34, column) ??
      (row * 7 + column * 13 + row * column) % 5 < 2
    );
  };
  const size = Array.from({ length: 41 }, (_, index) => index);
  return size
    .map((row) => size.map((column) => (dark(row, column) ? '1' : '0')).join(''))
    .join('\n');
}

/** The ways to unlock a vault in memory. */
export class MemorySlots {
  passphrase: string;
  slots: SlotView[];
  #kit: number[] | null = null;

  constructor(passphrase: string, ways: SlotKind[]) {
    this.passphrase = passphrase;
    this.slots = [this.#slot('passphrase', 61)];
    for (const kind of ways) if (kind !== 'passphrase') this.slots.push(this.#slot(kind, 20));
  }

  #slot(kind: SlotKind, days: number): SlotView {
    const costs = kind === 'passphrase' ? COSTS : null;
    return { kind, made_at: Date.now() - days * DAY, costs, key_file: false };
  }

  ways(): UnlockWaysView {
    const has = (kind: SlotKind) => this.slots.some((slot) => slot.kind === kind);
    return {
      key_file: this.slots.some((slot) => slot.key_file),
      keyring: has('keyring'),
      recovery: has('recovery'),
    };
  }

  view(): SlotsView {
    return { slots: this.slots };
  }

  check(present: Present): void {
    if (present.passphrase !== this.passphrase)
      refuse(
        'wrong_passphrase',
        'That is not the present passphrase; nothing was changed.',
        'Try again; look at Caps Lock and the keyboard layout.',
      );
  }

  #put(kind: SlotKind): SlotsView {
    this.slots = [...this.slots.filter((slot) => slot.kind !== kind), this.#slot(kind, 0)];
    return this.view();
  }

  addKeyring({ present }: Commands['add_keyring']['request']): SlotsView {
    this.check(present);
    return this.#put('keyring');
  }

  newKit({
    present,
  }: Commands['new_recovery_kit']['request']): Commands['new_recovery_kit']['view'] {
    this.check(present);
    this.#kit = [4, 11, 20];
    return {
      words: MEMORY_WORDS,
      qr: sampleQr(),
      vault: 'work',
      made_at: Date.now(),
      ask: this.#kit,
    };
  }

  confirmKit({ answer }: Commands['confirm_recovery_kit']['request']): SlotsView {
    const words = MEMORY_WORDS.split(' ');
    const asked = this.#kit ?? refuse('not_found', 'That recovery kit is no longer held.');
    if (answer.trim() !== asked.map((at) => words[at - 1]).join(' '))
      refuse(
        'recovery_words',
        `Those are not the words ${asked.join(', ')}.`,
        'Read them from the kit that was just made.',
      );
    this.#kit = null;
    return this.#put('recovery');
  }

  remove({ kind, present, compromised }: Commands['remove_slot']['request']): SlotsView {
    this.check(present);
    const stays = (slot: SlotView) =>
      slot.kind === 'passphrase' || (!compromised && slot.kind !== kind);
    this.slots = this.slots.filter(stays);
    return this.view();
  }

  change({
    present,
    new: next,
    key_file,
    compromised,
  }: Commands['change_passphrase']['request']): Commands['change_passphrase']['view'] {
    this.check(present);
    this.passphrase = next;
    const slot = this.slots.find((each) => each.kind === 'passphrase');
    if (slot && key_file !== 'keep') slot.key_file = key_file !== 'without';
    if (compromised) this.slots = this.slots.filter((each) => each.kind === 'passphrase');
    return KDF;
  }

  recover({ words, new: next }: Commands['recover']['request']): void {
    if (words.trim().toLowerCase() !== MEMORY_WORDS)
      refuse(
        'recovery_words',
        'The recovery words do not belong together: one is wrong, or their order is.',
        'Compare with the recovery kit, word by word; the first four letters of each are enough.',
      );
    this.passphrase = next;
  }
}
