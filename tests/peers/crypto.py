"""Wraps, composite signatures, envelopes and slots a second time, out of PyPI's cryptography.

Written from docs/format.md and the drafts that it names. Reads one JSON object
per line and answers each with one line: {"done": ...}, or {"refused": reason}
where a key, a place or a byte is not the right one. Bytes are hexadecimal.
Anything else that goes wrong ends the program, which is never taken for a refusal.
"""

import hashlib
import hmac
import json
import os
import sys

import cryptography
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA65PrivateKey, MLDSA65PublicKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hpke import (
    AEAD,
    KDF,
    KEM,
    MLKEM768X25519PrivateKey,
    MLKEM768X25519PublicKey,
    Suite,
)
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

HPKE = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
ML_KEM_PUBLIC_SIZE = 1184
ML_DSA_PUBLIC_SIZE = 1952
ML_DSA_SIGNATURE_SIZE = 3309
COMPOSITE_PREFIX = b"CompositeAlgorithmSignatures2025"
COMPOSITE_LABEL = b"COMPSIG-MLDSA65-Ed25519-SHA512"
SALT_SIZE = 32
COMMITMENT_SIZE = 32
NONCE = bytes(12)


class Refused(Exception):
    """What was given is not what it should be."""


def raw(request, *names):
    """The named members as bytes."""
    return [bytes.fromhex(request[name]) for name in names]


def versions(_request):
    from cryptography.hazmat.backends.openssl import backend

    return {"cryptography": cryptography.__version__, "openssl": backend.openssl_version_text()}


# Wraps: HPKE base mode, the KEM's private key being an X-Wing seed.


def kem_private(seed):
    expanded = hashlib.shake_256(seed).digest(96)
    return MLKEM768X25519PrivateKey(
        MLKEM768PrivateKey.from_seed_bytes(expanded[:64]),
        X25519PrivateKey.from_private_bytes(expanded[64:]),
    )


def kem_public(public):
    return MLKEM768X25519PublicKey(
        MLKEM768PublicKey.from_public_bytes(public[:ML_KEM_PUBLIC_SIZE]),
        X25519PublicKey.from_public_bytes(public[ML_KEM_PUBLIC_SIZE:]),
    )


def hpke_open(request):
    seed, info, wrap = raw(request, "seed", "info", "wrap")
    try:
        return {"payload": HPKE.decrypt(wrap, kem_private(seed), info=info).hex()}
    except InvalidTag:
        raise Refused("tag") from None


def hpke_seal(request):
    public, info, payload = raw(request, "public", "info", "payload")
    return {"wrap": HPKE.encrypt(payload, kem_public(public), info=info).hex()}


# Composite signatures: each half over M', ML-DSA with the algorithm's label as context.


def representative(context, message):
    digest = hashlib.sha512(message).digest()
    return COMPOSITE_PREFIX + COMPOSITE_LABEL + bytes([len(context)]) + context + digest


def holds(verify):
    try:
        verify()
    except InvalidSignature:
        return False
    return True


def composite_verify(request):
    public, context, message, signature = raw(request, "public", "context", "message", "signature")
    # Another context than the algorithm's label, to see that it counts.
    ml_dsa_context = bytes.fromhex(request.get("ml_dsa_context", COMPOSITE_LABEL.hex()))
    signed = representative(context, message)
    ml_dsa = MLDSA65PublicKey.from_public_bytes(public[:ML_DSA_PUBLIC_SIZE])
    ed25519 = Ed25519PublicKey.from_public_bytes(public[ML_DSA_PUBLIC_SIZE:])
    first, second = signature[:ML_DSA_SIGNATURE_SIZE], signature[ML_DSA_SIGNATURE_SIZE:]
    return {
        "ml_dsa": holds(lambda: ml_dsa.verify(first, signed, ml_dsa_context)),
        "ed25519": holds(lambda: ed25519.verify(second, signed)),
    }


def composite_sign(request):
    seed, context, message = raw(request, "seed", "context", "message")
    ml_dsa = MLDSA65PrivateKey.from_seed_bytes(seed[:32])
    ed25519 = Ed25519PrivateKey.from_private_bytes(seed[32:])
    signed = representative(context, message)
    public = ml_dsa.public_key().public_bytes_raw() + ed25519.public_key().public_bytes_raw()
    signature = ml_dsa.sign(signed, COMPOSITE_LABEL) + ed25519.sign(signed)
    return {"public": public.hex(), "signature": signature.hex()}


# Envelopes: suite, salt, commitment, ciphertext, tag.


def canonical(place):
    ids = raw(place, "owner", "project", "environment", "subject")
    more = raw(place, "version", "epoch", "author", "sealer")
    head = place["suite"].to_bytes(2, "big") + place["schema"].to_bytes(2, "big")
    return head + b"".join(ids) + bytes([place["field"]]) + b"".join(more)


def message_keys(key, salt, label, place):
    info = len(label).to_bytes(2, "big") + label + hashlib.sha256(canonical(place)).digest()
    okm = HKDF(algorithm=hashes.SHA256(), length=64, salt=salt, info=info).derive(key)
    return AESGCM(okm[:32]), okm[32:]


def seal(key, salt, label, place, payload):
    cipher, commitment = message_keys(key, salt, label, place)
    return place["suite"].to_bytes(2, "big") + salt + commitment + cipher.encrypt(NONCE, payload, None)


def open_(key, label, place, envelope):
    head = 2 + SALT_SIZE
    suite, salt = envelope[:2], envelope[2:head]
    commitment, sealed = envelope[head : head + COMMITMENT_SIZE], envelope[head + COMMITMENT_SIZE :]
    if suite != place["suite"].to_bytes(2, "big"):
        raise Refused("suite")
    cipher, expected = message_keys(key, salt, label, place)
    if not hmac.compare_digest(expected, commitment):
        raise Refused("commitment")
    try:
        return cipher.decrypt(NONCE, sealed, None)
    except InvalidTag:
        raise Refused("tag") from None


def envelope_seal(request):
    key, label, payload = raw(request, "key", "label", "payload")
    return {"envelope": seal(key, os.urandom(SALT_SIZE), label, request["place"], payload).hex()}


def envelope_open(request):
    key, label, envelope = raw(request, "key", "label", "envelope")
    return {"payload": open_(key, label, request["place"], envelope).hex()}


# Slots: an envelope under a key that a passphrase gives.


def slot_key(request):
    passphrase, salt = raw(request, "passphrase", "salt")
    derivation = Argon2id(
        salt=salt,
        length=32,
        iterations=request["passes"],
        lanes=request["lanes"],
        memory_cost=request["memory_kib"],
    )
    return derivation.derive(passphrase)


def slot_seal(request):
    label, root = raw(request, "label", "root")
    salt = os.urandom(SALT_SIZE)
    return {"envelope": seal(slot_key(request), salt, label, request["place"], root).hex()}


def slot_open(request):
    label, envelope = raw(request, "label", "envelope")
    return {"root": open_(slot_key(request), label, request["place"], envelope).hex()}


ANSWERS = {
    "versions": versions,
    "hpke-open": hpke_open,
    "hpke-seal": hpke_seal,
    "composite-verify": composite_verify,
    "composite-sign": composite_sign,
    "envelope-seal": envelope_seal,
    "envelope-open": envelope_open,
    "slot-seal": slot_seal,
    "slot-open": slot_open,
}

for line in sys.stdin:
    request = json.loads(line)
    try:
        answer = {"done": ANSWERS[request["do"]](request)}
    except Refused as refusal:
        answer = {"refused": str(refusal)}
    print(json.dumps(answer), flush=True)
