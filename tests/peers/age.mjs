// The age files of another implementation, npm age-encryption (typage): seals
// and opens what it is asked to. Compares nothing itself; `age_peers.rs` does.
//
// One JSON request a line, one JSON answer a line; bytes are base64. An answer
// is {ok: …}, or {error: message} where the implementation refuses.

import { ml_kem768 } from '@noble/post-quantum/ml-kem.js';
import * as age from 'age-encryption';
import crypto from 'node:crypto';
import readline from 'node:readline';

const bytes = (text) => new Uint8Array(Buffer.from(text, 'base64'));
const base64 = (bytes) => Buffer.from(bytes).toString('base64');

const operations = {
  async generate() {
    const identity = await age.generateHybridIdentity();
    return { identity, recipient: await age.identityToRecipient(identity) };
  },

  recipientOf({ identity }) {
    return age.identityToRecipient(identity);
  },

  seal({ recipients, plaintext, armored }) {
    const encrypter = new age.Encrypter();
    for (const recipient of recipients) encrypter.addRecipient(recipient);
    return write(encrypter, plaintext, armored);
  },

  async open({ identity, file, armored }) {
    const decrypter = new age.Decrypter();
    decrypter.addIdentity(identity);
    const sealed = armored ? age.armor.decode(Buffer.from(file, 'base64').toString()) : bytes(file);
    return base64(await decrypter.decrypt(sealed));
  },

  // Seals to the bytes of a public key as the specification says, save that the
  // X25519 half of the encapsulated key is `point` and its shared secret zero:
  // what opens wherever a point of small order is not refused. With `point`
  // null, as the specification says.
  sealWithPoint({ key, plaintext, point }) {
    const encrypter = new age.Encrypter();
    encrypter.addRecipient({
      wrapFileKey: (fileKey) => [stanzaWithPoint(Buffer.from(key, 'base64'), fileKey, point)],
    });
    return write(encrypter, plaintext, false);
  },
};

async function write(encrypter, plaintext, armored) {
  const file = await encrypter.encrypt(bytes(plaintext));
  return base64(armored ? Buffer.from(age.armor.encode(file)) : file);
}

function stanzaWithPoint(key, fileKey, point) {
  const [latticeKey, curveKey] = [key.subarray(0, 1184), key.subarray(1184)];
  const lattice = ml_kem768.encapsulate(latticeKey);
  const curve = point === null ? x25519(curveKey) : { share: bytes(point), secret: Buffer.alloc(32) };
  // X-Wing's combiner (draft-connolly-cfrg-xwing-kem §5.3).
  const sharedSecret = crypto
    .createHash('sha3-256')
    .update(Buffer.concat([lattice.sharedSecret, curve.secret, curve.share, curveKey]))
    .update('\\.//^\\')
    .digest();
  const encapsulated = base64(Buffer.concat([lattice.cipherText, curve.share]));
  const body = hpkeSeal(sharedSecret, 'age-encryption.org/mlkem768x25519', fileKey);
  return new age.Stanza(['mlkem768x25519', encapsulated.replace(/=+$/, '')], body);
}

function x25519(point) {
  const { publicKey, privateKey } = crypto.generateKeyPairSync('x25519');
  const x = point.toString('base64url');
  const key = crypto.createPublicKey({ key: { kty: 'OKP', crv: 'X25519', x }, format: 'jwk' });
  return {
    share: Buffer.from(publicKey.export({ format: 'jwk' }).x, 'base64url'),
    secret: crypto.diffieHellman({ publicKey: key, privateKey }),
  };
}

// RFC 9180 §5.1: base mode, X-Wing, HKDF-SHA256, ChaCha20-Poly1305; `aad` empty,
// first message.
function hpkeSeal(sharedSecret, info, plaintext) {
  const hmac = (key, ...parts) =>
    crypto.createHmac('sha256', key).update(Buffer.concat(parts)).digest();
  const suite = Buffer.from([...Buffer.from('HPKE'), 0x64, 0x7a, 0x00, 0x01, 0x00, 0x03]);
  const labeled = (label, value) =>
    Buffer.concat([Buffer.from('HPKE-v1'), suite, Buffer.from(label), Buffer.from(value)]);
  const extract = (salt, label, value) => hmac(salt, labeled(label, value));
  // At most one block of the hash, so that the counter stays at 1.
  const expand = (key, label, value, size) =>
    hmac(key, Buffer.from([0, size]), labeled(label, value), Buffer.from([1])).subarray(0, size);

  const context = Buffer.concat([
    Buffer.from([0]),
    extract('', 'psk_id_hash', ''),
    extract('', 'info_hash', info),
  ]);
  const secret = extract(sharedSecret, 'secret', '');
  const key = expand(secret, 'key', context, 32);
  const nonce = expand(secret, 'base_nonce', context, 12);
  const cipher = crypto.createCipheriv('chacha20-poly1305', key, nonce, { authTagLength: 16 });
  return new Uint8Array([...cipher.update(plaintext), ...cipher.final(), ...cipher.getAuthTag()]);
}

for await (const line of readline.createInterface({ input: process.stdin })) {
  let answer;
  try {
    const { operation, ...request } = JSON.parse(line);
    answer = { ok: await operations[operation](request) };
  } catch (error) {
    answer = { error: String(error?.message ?? error) };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
