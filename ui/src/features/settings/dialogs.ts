/** A dialog that changes a way to unlock. */
export type SlotDialog =
  | { kind: 'recovery' }
  | { kind: 'passphrase' | 'key-file' | 'keyring' }
  | { kind: 'remove'; slot: 'recovery' | 'keyring' };
