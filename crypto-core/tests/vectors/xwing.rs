//! X-Wing: draft-connolly-cfrg-xwing-kem-10, Appendix C, by the crate and by
//! our own wraps, whose HPKE part is opened with a key schedule of this test's.

use crate::support::{Expected, Given, Schedule, Tally, hex};
use aes_gcm::{Aes256Gcm, KeyInit, aead::Aead};
use keystead_crypto::{
    ALL_LABELS, ENCAPSULATED_SIZE, KemPrivateKey, KemPublicKey, KeyBytes, Writer, unwrap_keys,
    wrap_keys,
};
use serde_json::Value;
use x_wing::{Decapsulate, DecapsulationKey, Encapsulate, EncapsulationKey, KeyExport};

fn vectors() -> Vec<Value> {
    serde_json::from_str(include_str!("../../testdata/vectors/xwing.json")).expect("our own file")
}

#[test]
fn the_crate() {
    let mut tally = Tally::new("x-wing draft-10, the crate");
    for case in vectors() {
        let seed: [u8; 32] = hex(&case, "seed").try_into().expect("32 bytes");
        let key = DecapsulationKey::from(seed);
        assert_eq!(key.as_bytes()[..], hex(&case, "sk"));
        let public = EncapsulationKey::try_from(&hex(&case, "pk")[..]).expect("a key");
        assert_eq!(
            x_wing::Decapsulator::encapsulation_key(&key).to_bytes()[..],
            hex(&case, "pk")
        );
        let mut randomness = Given::new(&hex(&case, "eseed"));
        let (encapsulated, shared) = public.encapsulate_with_rng(&mut randomness);
        randomness.finish();
        assert_eq!(encapsulated[..], hex(&case, "ct"));
        assert_eq!(shared[..], hex(&case, "ss"));
        assert_eq!(key.decapsulate(&encapsulated)[..], hex(&case, "ss"));
        tally.held();
    }
    tally.finish(&Expected {
        run: 3,
        ..Expected::default()
    });
}

#[test]
fn our_wraps() {
    let mut tally = Tally::new("x-wing draft-10, our wraps");
    for case in vectors() {
        let key = KemPrivateKey::from_seed(
            KeyBytes::from_slice(&hex(&case, "seed")).expect("32 bytes are a seed"),
        );
        assert_eq!(key.public_key().as_bytes(), hex(&case, "pk"));
        wraps_as(
            &key,
            &hex(&case, "pk"),
            &hex(&case, "eseed"),
            &hex(&case, "ct"),
            &hex(&case, "ss"),
        );
        tally.held();
    }
    tally.finish(&Expected {
        run: 3,
        ..Expected::default()
    });
}

/// With the vector's randomness our wrap starts with the vector's encapsulated
/// key, and opens both by the vector's shared secret and by its private key.
pub(crate) fn wraps_as(
    key: &KemPrivateKey,
    public: &[u8],
    randomness: &[u8],
    encapsulated: &[u8],
    shared_secret: &[u8],
) {
    let recipient = KemPublicKey::from_bytes(public).expect("the vector's key");
    let mut randomness = Given::new(randomness);
    let wrap = wrap_keys(&recipient, b"context", b"payload", &mut randomness).expect("wraps");
    randomness.finish();
    let (ours, ciphertext) = wrap.split_at(ENCAPSULATED_SIZE);
    assert_eq!(ours, encapsulated);
    let (cipher, nonce) = wrap_cipher(shared_secret, b"context");
    assert_eq!(
        cipher
            .decrypt(&nonce.into(), ciphertext)
            .expect("the schedule's key"),
        b"payload"
    );
    assert_eq!(
        &unwrap_keys(key, b"context", &wrap).expect("ours")[..],
        b"payload"
    );
}

/// The cipher and nonce of a wrap's one message. `info` as in `docs/format.md`.
pub(crate) fn wrap_cipher(shared_secret: &[u8], context: &[u8]) -> (Aes256Gcm, [u8; 12]) {
    let schedule = Schedule::new(2, shared_secret, &wrap_info(context));
    let cipher = Aes256Gcm::new_from_slice(&schedule.key).expect("32 bytes are a key");
    (cipher, schedule.base_nonce)
}

pub(crate) fn wrap_info(context: &[u8]) -> Vec<u8> {
    let label = ALL_LABELS
        .iter()
        .find(|label| label.as_bytes() == b"keystead/v1/key-wrap")
        .expect("the label of wraps");
    let mut info = Writer::versioned();
    info.bytes(label.as_bytes()).bytes(context);
    info.finish()
}
