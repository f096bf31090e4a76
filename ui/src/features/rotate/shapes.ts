import type { ValueShape } from '$lib/bindings';

export interface ShapeWords {
  value: ValueShape;
  title: string;
  words: string;
  testid: string;
}

/** What a generated value may look like; these fit where any text does. */
export const TEXT_SHAPES: ShapeWords[] = [
  { value: 'password', title: 'Password', words: '32 characters, 193 bits' },
  { value: 'hex', title: 'Hex', words: '64 hex digits, 256 bits' },
  { value: 'base64url', title: 'Base64url', words: '43 characters, 256 bits' },
  { value: 'passphrase', title: 'Passphrase', words: 'Eight words, 88 bits' },
  { value: 'base64', title: 'Base64', words: '32 bytes, 256 bits' },
  { value: 'uuid', title: 'UUID', words: 'Version 4, 122 bits' },
].map((each) => ({ ...each, testid: `shape-${each.value}` }) as ShapeWords);

/** Private halves of key pairs, each as its programs read it. */
export const KEY_SHAPES: ShapeWords[] = [
  { value: 'ssh_key', title: 'SSH key', words: 'Ed25519, for OpenSSH' },
  { value: 'rsa_key', title: 'RSA key pair', words: '3072 bits, PKCS #8' },
  { value: 'ec_key', title: 'EC key pair', words: 'P-256, PKCS #8' },
].map((each) => ({ ...each, testid: `shape-${each.value}` }) as ShapeWords);
