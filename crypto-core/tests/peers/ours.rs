//! All that the comparisons use of this crate, as bytes in and bytes out: where
//! the crate's interface changes, this file follows and the comparisons stay.

use super::{Random, hex};
use keystead_crypto::{
    ALL_LABELS, EnvironmentKey, Field, KdfParams, KemPrivateKey, KemPublicKey, KeyBytes,
    Passphrase, Place, RootKey, SCHEMA, SUITE, SigningContext, SigningKey, VerifyingKey, Writer,
    derive_slot_key, open, pad, seal, unwrap_keys, wrap_keys,
};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha512};

/// Bytes of the first half of a composite signature.
pub(crate) const ML_DSA_SIGNATURE_SIZE: usize = 3309;
/// Bytes of the first half of a composite public key.
pub(crate) const ML_DSA_PUBLIC_SIZE: usize = 1952;
/// Bytes of the first half of an X-Wing public key.
pub(crate) const ML_KEM_PUBLIC_SIZE: usize = 1184;
/// Bytes of the first half of an X-Wing ciphertext.
pub(crate) const ML_KEM_CIPHERTEXT_SIZE: usize = 1088;
/// Bytes of an X-Wing ciphertext, which begins a wrap.
pub(crate) const ENCAPSULATED_SIZE: usize = keystead_crypto::ENCAPSULATED_SIZE;
/// The composite algorithm's label, also ML-DSA's context (draft-ietf-lamps-pq-composite-sigs-19).
pub(crate) const COMPOSITE_LABEL: &[u8] = b"COMPSIG-MLDSA65-Ed25519-SHA512";

/// The label that ends in `/name`; the registry stays the one place that spells it out.
pub(crate) fn label(name: &str) -> &'static [u8] {
    ALL_LABELS
        .iter()
        .map(|label| label.as_bytes())
        .find(|label| label.ends_with(format!("/{name}").as_bytes()))
        .unwrap_or_else(|| panic!("no label ends in /{name}"))
}

/// The uses of signatures, with the bytes of their contexts.
pub(crate) fn signing_contexts() -> [(SigningContext, &'static [u8]); 7] {
    [
        (SigningContext::Card, label("sign-card")),
        (SigningContext::Device, label("sign-device")),
        (SigningContext::Consent, label("sign-consent")),
        (SigningContext::Head, label("sign-head")),
        (SigningContext::Membership, label("sign-membership")),
        (SigningContext::Invite, label("sign-invite")),
        (SigningContext::Checkpoint, label("sign-checkpoint")),
    ]
}

fn key_bytes(bytes: &[u8; 32]) -> KeyBytes {
    KeyBytes::from_slice(bytes).expect("32 bytes")
}

/// The public KEM key of a seed.
pub(crate) fn kem_public(seed: &[u8; 32]) -> Vec<u8> {
    KemPrivateKey::from_seed(key_bytes(seed))
        .public_key()
        .as_bytes()
        .to_vec()
}

/// The HPKE `info` of a wrap.
pub(crate) fn wrap_info(context: &[u8]) -> Vec<u8> {
    let mut writer = Writer::versioned();
    writer.bytes(label("key-wrap")).bytes(context);
    writer.finish()
}

pub(crate) fn wrap(public: &[u8], context: &[u8], payload: &[u8], random: &mut Random) -> Vec<u8> {
    let recipient = KemPublicKey::from_bytes(public).expect("a KEM key");
    wrap_keys(&recipient, context, payload, random).expect("a valid recipient")
}

pub(crate) fn unwrap(seed: &[u8; 32], context: &[u8], wrap: &[u8]) -> Option<Vec<u8>> {
    let key = KemPrivateKey::from_seed(key_bytes(seed));
    Some(unwrap_keys(&key, context, wrap).ok()?.to_vec())
}

/// The public signature key of a seed.
pub(crate) fn signature_public(seed: &[u8; 64]) -> Vec<u8> {
    let key = SigningKey::from_seed(seed).expect("64 bytes");
    key.verifying_key().as_bytes().to_vec()
}

pub(crate) fn sign(
    seed: &[u8; 64],
    context: SigningContext,
    message: &[u8],
    random: &mut Random,
) -> Vec<u8> {
    let key = SigningKey::from_seed(seed).expect("64 bytes");
    key.sign(context, message, random).to_vec()
}

/// What both halves of a composite sign: prefix ‖ label ‖ len(ctx) ‖ ctx ‖ SHA-512(message).
pub(crate) fn representative(context: &[u8], message: &[u8]) -> Vec<u8> {
    [
        b"CompositeAlgorithmSignatures2025",
        COMPOSITE_LABEL,
        &[u8::try_from(context.len()).expect("labels are short")],
        context,
        &Sha512::digest(message),
    ]
    .concat()
}

pub(crate) fn verifies(
    public: &[u8],
    context: SigningContext,
    message: &[u8],
    signature: &[u8],
) -> bool {
    let key = VerifyingKey::from_bytes(public).expect("a signature key");
    key.verify(context, message, signature).is_ok()
}

/// A value as it is sealed, of a random length.
pub(crate) fn random_padded(random: &mut Random) -> Vec<u8> {
    let value = random.bytes(2_000);
    pad(keystead_crypto::Padding::Value, &value).to_vec()
}

pub(crate) fn random_place(random: &mut Random, field: Field) -> Place {
    Place {
        owner: random.array(),
        project: random.array(),
        environment: random.array(),
        subject: random.array(),
        field,
        version: random.array(),
        epoch: random.array(),
        author: random.array(),
        sealer: random.array(),
    }
}

/// A place in parts: a peer puts the canonical bytes together by itself.
pub(crate) fn place_parts(place: &Place) -> Value {
    json!({
        "suite": SUITE,
        "schema": SCHEMA,
        "owner": hex(place.owner),
        "project": hex(place.project),
        "environment": hex(place.environment),
        "subject": hex(place.subject),
        "field": place.field as u8,
        "version": hex(place.version),
        "epoch": hex(place.epoch),
        "author": hex(place.author),
        "sealer": hex(place.sealer),
    })
}

/// A place's canonical bytes, put together from `docs/format.md`.
pub(crate) fn place_bytes(place: &Place) -> Vec<u8> {
    [
        &SUITE.to_be_bytes()[..],
        &SCHEMA.to_be_bytes(),
        &place.owner,
        &place.project,
        &place.environment,
        &place.subject,
        &[place.field as u8],
        &place.version,
        &place.epoch,
        &place.author,
        &place.sealer,
    ]
    .concat()
}

pub(crate) fn seal_value(
    key: &[u8; 32],
    place: &Place,
    padded: &[u8],
    random: &mut Random,
) -> Vec<u8> {
    let key = EnvironmentKey::from_bytes(key_bytes(key));
    seal(&key, place, padded, random)
}

pub(crate) fn open_value(key: &[u8; 32], place: &Place, envelope: &[u8]) -> Option<Vec<u8>> {
    let key = EnvironmentKey::from_bytes(key_bytes(key));
    Some(open(&key, place, envelope).ok()?.to_vec())
}

/// The costs that slots are compared at.
pub(crate) const SLOT_COSTS: KdfParams = KdfParams::FLOOR;

pub(crate) fn seal_slot(
    passphrase: &str,
    salt: &[u8; 32],
    place: &Place,
    root: &[u8; 32],
    random: &mut Random,
) -> Vec<u8> {
    let passphrase = Passphrase::new(passphrase.to_owned());
    let key = derive_slot_key(&passphrase, None, salt, SLOT_COSTS).expect("the floor fits");
    key.seal_root_key(place, &RootKey::from_bytes(key_bytes(root)), random)
}

pub(crate) fn open_slot(
    passphrase: &str,
    salt: &[u8; 32],
    place: &Place,
    envelope: &[u8],
) -> Option<[u8; 32]> {
    let passphrase = Passphrase::new(passphrase.to_owned());
    let key = derive_slot_key(&passphrase, None, salt, SLOT_COSTS).expect("the floor fits");
    Some(*key.open_root_key(place, envelope).ok()?.key().expose())
}
