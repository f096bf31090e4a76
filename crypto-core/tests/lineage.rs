//! How Kyber and Dilithium, from before the standards, stand to ML-KEM and ML-DSA,
//! which this crate uses. Tests no code of this crate but that it takes no Dilithium.
//!
//! `pqcrypto-kyber` and `pqcrypto-dilithium` are unmaintained and stay in tests. What
//! they hold is near the standards' drafts of 2023 and no longer the competition's round 3:
//! Kyber without its last hash, Dilithium with challenges of 48 bytes instead of 32.

mod peers;

use ml_dsa::MlDsa65;
use ml_kem::{
    Decapsulate as _, Encapsulate as _, KeyExport as _, TryKeyInit as _,
    ml_kem_768::{DecapsulationKey, EncapsulationKey},
};
use peers::{CHANGED, Random, cases, ours, report, unhex};
use pqcrypto_dilithium::dilithium3;
use pqcrypto_kyber::kyber768;
use pqcrypto_traits::{
    kem::{Ciphertext as _, PublicKey as _, SecretKey as _, SharedSecret as _},
    sign::{DetachedSignature as _, PublicKey as _, SecretKey as _},
};
use sha3::{Digest as _, Sha3_256, Sha3_512};

/// True of `pqcrypto-kyber` 0.8: keys and ciphertexts have one format and the shared
/// secrets agree. It would not be of Kyber's round 3, where the ciphertexts agree and
/// the secrets don't: there one more hash, over secret and ciphertext, comes last.
#[test]
fn kyber768_and_ml_kem_768_decapsulate_each_other_s_ciphertexts() {
    let random = &mut Random::start("kyber");
    let (mut by_kyber, mut by_ml_kem, mut rejected) = (0, 0, 0);
    for case in 0..cases() {
        let (public, private) = kyber768::keypair();
        let recipient = EncapsulationKey::new_from_slice(public.as_bytes()).expect("one format");
        let (ciphertext, secret) = recipient.encapsulate_with_rng(random);
        let by = |ciphertext: &[u8]| {
            let ciphertext = kyber768::Ciphertext::from_bytes(ciphertext).expect("one length");
            kyber768::decapsulate(&ciphertext, &private)
        };
        assert_eq!(by(&ciphertext).as_bytes(), &secret[..], "case {case}");
        by_kyber += 1;

        let key = DecapsulationKey::from_seed(random.array::<64>().into());
        let public = key.encapsulation_key().to_bytes();
        let public = kyber768::PublicKey::from_bytes(&public).expect("one format");
        let (theirs, sent) = kyber768::encapsulate(&public);
        let sent = sent.as_bytes().try_into().expect("one length");
        assert_eq!(
            key.decapsulate(&sent)[..],
            *theirs.as_bytes(),
            "case {case}"
        );
        by_ml_kem += 1;

        if case < CHANGED {
            // Both answer a changed ciphertext with a secret that only the key's holder can tell.
            let (changed, at) = random.change(&ciphertext, 0..ciphertext.len());
            let expanded = private.as_bytes().try_into().expect("one length");
            #[allow(deprecated, reason = "Kyber's private keys have no other form")]
            let same = DecapsulationKey::from_expanded(&expanded).expect("one format");
            let changed_for_us = changed.as_slice().try_into().expect("one length");
            assert_ne!(by(&changed).as_bytes(), &secret[..], "byte {at}");
            assert_eq!(
                by(&changed).as_bytes(),
                &same.decapsulate(&changed_for_us)[..],
                "byte {at}"
            );
            rejected += 1;
        }
    }
    report("pqcrypto-kyber decapsulates ML-KEM-768", by_kyber, cases());
    report("ml-kem decapsulates Kyber768", by_ml_kem, cases());
    report(
        "both reject a changed ciphertext alike",
        rejected,
        CHANGED.min(cases()),
    );
}

/// The standard hashes the parameter set's rank beside the seed, Kyber the seed alone.
///
/// `pqcrypto-kyber` takes no seeds. What Kyber768 makes of one is in its round 3's known
/// answers (PQCkemKAT_2400.rsp, count 0, public domain): seed d ‖ z, the matrix seed that
/// ends the public key, and the public key's hash, which stands in the private one.
#[test]
fn the_same_seed_gives_different_keys() {
    let seed: [u8; 64] = unhex(
        "7c9935a0b07694aa0c6d10e4db6b1add2fd81a25ccb148032dcd739936737f2d\
         8626ed79d451140800e03b59b956f8210e556067407d13dc90fa9e8b872bfb8f",
    )
    .try_into()
    .expect("64 bytes");
    let matrix_seed = unhex("65eafd465fc64a0c5f8f3f9003489415899d59a543d8208c54a3166529b53922");
    let hash = unhex("d4ec143b50f01423b177895edee22bb739f647ecf85f50bc25ef7b5a725dee86");
    assert_eq!(
        Sha3_512::digest(&seed[..32])[..32],
        matrix_seed,
        "Kyber: G(d)"
    );

    let key = DecapsulationKey::from_seed(seed.into());
    let public = key.encapsulation_key().to_bytes();
    let (_, ours) = public.split_last_chunk::<32>().expect("1184 bytes");
    let ranked = Sha3_512::new().chain_update(&seed[..32]).chain_update([3]);
    assert_eq!(ours[..], ranked.finalize()[..32], "ML-KEM: G(d ‖ 3)");
    assert_ne!(ours[..], matrix_seed, "another matrix");
    assert_ne!(Sha3_256::digest(public)[..], hash, "another key");
}

type MlDsaKey = ml_dsa::SigningKey<MlDsa65>;

fn ml_dsa_signature(bytes: &[u8]) -> Option<ml_dsa::Signature<MlDsa65>> {
    ml_dsa::Signature::decode(&bytes.try_into().ok()?)
}

/// One key in both, by its expanded form.
fn as_dilithium3(key: &MlDsaKey) -> (dilithium3::PublicKey, dilithium3::SecretKey) {
    let public = key.expanded_key().verifying_key().encode();
    #[allow(deprecated, reason = "Dilithium's private keys have no other form")]
    let private = key.expanded_key().to_expanded();
    (
        dilithium3::PublicKey::from_bytes(&public).expect("one length"),
        dilithium3::SecretKey::from_bytes(&private).expect("one length"),
    )
}

/// One form of keys, one length, and refused for two reasons: the standard signs
/// 0 ‖ len(ctx) ‖ ctx ‖ message, and draws the challenge from all 48 bytes of its hash,
/// `pqcrypto-dilithium` 0.5 from the first 32. Of round 3 the length would tell: 3293.
#[test]
fn a_dilithium3_signature_is_refused_as_ml_dsa_65() {
    let random = &mut Random::start("dilithium");
    let contexts = ours::signing_contexts();
    let (mut refused, mut refused_by_dilithium) = (0, 0);
    for case in 0..cases() {
        let (context, context_bytes) = contexts[random.below(contexts.len())];
        let (seed, message): ([u8; 64], _) = (random.array(), random.bytes(1_000));
        let xi: [u8; 32] = seed[..32].try_into().expect("half of 64");
        let key = MlDsaKey::from_seed(&xi.into());
        let verifying = key.expanded_key().verifying_key();
        let (public, private) = as_dilithium3(&key);

        // Inside a composite, whose other half holds.
        let signed = ours::representative(context_bytes, &message);
        let dilithium = dilithium3::detached_sign(&signed, &private);
        assert!(dilithium3::verify_detached_signature(&dilithium, &signed, &public).is_ok());
        let composite_key = ours::signature_public(&seed);
        let genuine = ours::sign(&seed, context, &message, random);
        let (ml_dsa, ed25519) = genuine.split_at(ours::ML_DSA_SIGNATURE_SIZE);
        assert_eq!(
            dilithium.as_bytes().len(),
            ml_dsa.len(),
            "the length does not tell"
        );
        assert!(ours::verifies(&composite_key, context, &message, &genuine));
        let forged = [dilithium.as_bytes(), ed25519].concat();
        assert!(
            !ours::verifies(&composite_key, context, &message, &forged),
            "case {case}"
        );

        // By itself: without a context, with one, and with the prefix that the standard adds.
        let size = u8::try_from(ours::COMPOSITE_LABEL.len()).expect("a short label");
        let prefixed = [&[0, size], ours::COMPOSITE_LABEL, &signed].concat();
        let prefixed = dilithium3::detached_sign(&prefixed, &private);
        let [plain, prefixed] = [dilithium, prefixed]
            .map(|signature| ml_dsa_signature(signature.as_bytes()).expect("one format"));
        let takes = |context, signature| verifying.verify_with_context(&signed, context, signature);
        assert!(!takes(&[], &plain), "case {case}");
        assert!(!takes(ours::COMPOSITE_LABEL, &plain), "case {case}");
        assert!(!takes(ours::COMPOSITE_LABEL, &prefixed), "case {case}");
        let own = ml_dsa_signature(ml_dsa).expect("one format");
        assert!(takes(ours::COMPOSITE_LABEL, &own), "its own it takes");
        refused += 1;

        let other = dilithium3::DetachedSignature::from_bytes(ml_dsa).expect("one length");
        let taken = dilithium3::verify_detached_signature(&other, &signed, &public);
        assert!(taken.is_err(), "case {case}");
        refused_by_dilithium += 1;
    }
    report("ML-DSA-65 refuses Dilithium3", refused, cases());
    report(
        "Dilithium3 refuses ML-DSA-65",
        refused_by_dilithium,
        cases(),
    );
}
