// X-Wing, wraps and composite signatures a second time: X-Wing and ML-DSA out of npm's @noble/post-quantum,
// the HPKE key schedule written here from RFC 9180, the classical primitives out of node:crypto.
//
// Reads one JSON object per line and answers each with one line: {"done": ...}, or {"refused": reason} where a key or a
// byte is not the right one. Bytes are hexadecimal. Anything else that goes wrong ends the program, which is never
// taken for a refusal.

import crypto from 'node:crypto';
import fs from 'node:fs';
import readline from 'node:readline';
import { ml_dsa65 } from '@noble/post-quantum/ml-dsa.js';
import { ml_kem768_x25519 as XWing } from '@noble/post-quantum/hybrid.js';

const ENCAPSULATED_SIZE = 1120;
const ML_DSA_PUBLIC_SIZE = 1952;
const ML_DSA_SIGNATURE_SIZE = 3309;
const TAG_SIZE = 16;

class Refused extends Error {}

const bytes = (hex) => Uint8Array.from(Buffer.from(hex, 'hex'));
const hex = (value) => Buffer.from(value).toString('hex');
const u16 = (value) => Buffer.from([value >> 8, value & 0xff]);

function versions() {
  const manifest = new URL('./node_modules/@noble/post-quantum/package.json', import.meta.url);
  const { version } = JSON.parse(fs.readFileSync(manifest, 'utf8'));
  return { 'post-quantum': version, node: process.version, openssl: process.versions.openssl };
}

// X-Wing by itself.

const xwing = {
  public: ({ seed }) => ({ public: hex(XWing.keygen(bytes(seed)).publicKey) }),
  encapsulate: (request) => {
    const { cipherText, sharedSecret } = XWing.encapsulate(bytes(request.public));
    return { ciphertext: hex(cipherText), secret: hex(sharedSecret) };
  },
  decapsulate: ({ seed, ciphertext }) => ({
    secret: hex(XWing.decapsulate(bytes(ciphertext), bytes(seed))),
  }),
};

// HPKE base mode: KEM X-Wing, HKDF-SHA256, AES-256-GCM; one message, so sequence number 0.

const SUITE = Buffer.concat([Buffer.from('HPKE'), u16(0x647a), u16(0x0001), u16(0x0002)]);
const VERSION = Buffer.from('HPKE-v1');
const MODE_BASE = Buffer.from([0]);

const hmac = (key, ...parts) =>
  crypto.createHmac('sha256', key).update(Buffer.concat(parts)).digest();

const labeledExtract = (salt, label, material) =>
  hmac(salt, VERSION, SUITE, Buffer.from(label), material);

// One block of HKDF-Expand is enough: nothing here is longer than 32 bytes.
const labeledExpand = (secret, label, context, size) =>
  hmac(secret, u16(size), VERSION, SUITE, Buffer.from(label), context, Buffer.from([1])).subarray(0, size);

function keySchedule(sharedSecret, info) {
  const none = Buffer.alloc(0);
  const context = Buffer.concat([
    MODE_BASE,
    labeledExtract(none, 'psk_id_hash', none),
    labeledExtract(none, 'info_hash', info),
  ]);
  const secret = labeledExtract(sharedSecret, 'secret', none);
  return {
    key: labeledExpand(secret, 'key', context, 32),
    nonce: labeledExpand(secret, 'base_nonce', context, 12),
  };
}

function hpkeOpen({ seed, info, wrap }) {
  const whole = bytes(wrap);
  const encapsulated = whole.subarray(0, ENCAPSULATED_SIZE);
  const { key, nonce } = keySchedule(XWing.decapsulate(encapsulated, bytes(seed)), bytes(info));
  const cipher = crypto.createDecipheriv('aes-256-gcm', key, nonce);
  cipher.setAuthTag(whole.subarray(whole.length - TAG_SIZE));
  const payload = cipher.update(whole.subarray(ENCAPSULATED_SIZE, whole.length - TAG_SIZE));
  try {
    cipher.final();
  } catch {
    throw new Refused('tag');
  }
  return { payload: hex(payload) };
}

function hpkeSeal(request) {
  const { cipherText, sharedSecret } = XWing.encapsulate(bytes(request.public));
  const { key, nonce } = keySchedule(sharedSecret, bytes(request.info));
  const cipher = crypto.createCipheriv('aes-256-gcm', key, nonce);
  const parts = [cipherText, cipher.update(bytes(request.payload)), cipher.final(), cipher.getAuthTag()];
  return { wrap: hex(Buffer.concat(parts)) };
}

// Composite signatures: each half over M', ML-DSA with the algorithm's label as context.

const COMPOSITE_PREFIX = Buffer.from('CompositeAlgorithmSignatures2025');
const COMPOSITE_LABEL = Buffer.from('COMPSIG-MLDSA65-Ed25519-SHA512');
const mlDsaContext = (context) => ({ context: Uint8Array.from(context) });
// The fixed heads of Ed25519 keys in PKCS#8 and SubjectPublicKeyInfo (RFC 8410); the 32 bytes of the key follow.
const ED25519_PRIVATE = Buffer.from('302e020100300506032b657004220420', 'hex');
const ED25519_PUBLIC = Buffer.from('302a300506032b6570032100', 'hex');

function representative(context, message) {
  const digest = crypto.createHash('sha512').update(message).digest();
  const parts = [COMPOSITE_PREFIX, COMPOSITE_LABEL, Buffer.from([context.length]), context, digest];
  return Uint8Array.from(Buffer.concat(parts));
}

function compositeVerify(request) {
  const signed = representative(bytes(request.context), bytes(request.message));
  const key = bytes(request.public);
  const signature = bytes(request.signature);
  const ed25519 = crypto.createPublicKey({
    key: Buffer.concat([ED25519_PUBLIC, key.subarray(ML_DSA_PUBLIC_SIZE)]),
    format: 'der',
    type: 'spki',
  });
  const [first, second] = [
    signature.subarray(0, ML_DSA_SIGNATURE_SIZE),
    signature.subarray(ML_DSA_SIGNATURE_SIZE),
  ];
  // Another context than the algorithm's label, to see that it counts.
  const context = mlDsaContext('ml_dsa_context' in request ? bytes(request.ml_dsa_context) : COMPOSITE_LABEL);
  return {
    ml_dsa: ml_dsa65.verify(first, signed, key.subarray(0, ML_DSA_PUBLIC_SIZE), context),
    ed25519: crypto.verify(null, signed, ed25519, second),
  };
}

function compositeSign(request) {
  const seed = bytes(request.seed);
  const signed = representative(bytes(request.context), bytes(request.message));
  const mlDsa = ml_dsa65.keygen(seed.subarray(0, 32));
  const ed25519 = crypto.createPrivateKey({
    key: Buffer.concat([ED25519_PRIVATE, seed.subarray(32)]),
    format: 'der',
    type: 'pkcs8',
  });
  const ed25519Public = crypto
    .createPublicKey(ed25519)
    .export({ format: 'der', type: 'spki' })
    .subarray(ED25519_PUBLIC.length);
  return {
    public: hex(Buffer.concat([mlDsa.publicKey, ed25519Public])),
    signature: hex(
      Buffer.concat([
        ml_dsa65.sign(signed, mlDsa.secretKey, mlDsaContext(COMPOSITE_LABEL)),
        crypto.sign(null, signed, ed25519),
      ]),
    ),
  };
}

const ANSWERS = {
  versions,
  'xwing-public': xwing.public,
  'xwing-encapsulate': xwing.encapsulate,
  'xwing-decapsulate': xwing.decapsulate,
  'hpke-open': hpkeOpen,
  'hpke-seal': hpkeSeal,
  'composite-verify': compositeVerify,
  'composite-sign': compositeSign,
};

for await (const line of readline.createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  let answer;
  try {
    answer = { done: ANSWERS[request.do](request) };
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    answer = { refused: error.message };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
