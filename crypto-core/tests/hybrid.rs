//! Each half of the hybrid, given away in turn: nothing opens, nothing verifies.
//!
//! The attacker here has X-Wing and HPKE written out once more from the drafts, so that it can use whatever half it
//! was given; with both halves its computation must open the wrap, or the test would show nothing.

use aes_gcm::{Aes256Gcm, KeyInit, aead::Aead};
use getrandom::{SysRng, rand_core::UnwrapErr};
use hkdf::Hkdf;
use keystead_crypto::{
    ENCAPSULATED_SIZE, KemPrivateKey, KemPublicKey, SigningContext, SigningKey, VerifyingKey,
    Writer, unwrap_keys, wrap_keys,
};
use ml_kem::{
    FromSeed, MlKem768,
    kem::{Decapsulate, KeyExport},
};
use sha2::Sha256;
use sha3::{Digest, Sha3_256};

const ML_KEM_CIPHERTEXT: usize = 1088;
const ML_KEM_PUBLIC: usize = 1184;
const ML_DSA_SIGNATURE: usize = 3309;
const ML_DSA_PUBLIC: usize = 1952;
const SUITE_ID: &[u8] = b"HPKE\x64\x7a\x00\x01\x00\x02";

/// A recipient whose halves are known one by one: the seeds that X-Wing expands a key into (draft-10 §5.2).
struct Halves {
    ml_kem_seed: [u8; 64],
    x25519: [u8; 32],
}

impl Halves {
    fn of(key: &KemPrivateKey) -> Self {
        use sha3::digest::{ExtendableOutput, Update, XofReader};
        let mut shake = shake::Shake256::default();
        shake.update(key.seed().expose());
        let mut reader = shake.finalize_xof();
        let (mut ml_kem_seed, mut x25519) = ([0; 64], [0; 32]);
        reader.read(&mut ml_kem_seed);
        reader.read(&mut x25519);
        Self {
            ml_kem_seed,
            x25519,
        }
    }

    fn ml_kem_secret(&self, ciphertext: &[u8]) -> [u8; 32] {
        let (key, _) = MlKem768::from_seed(&self.ml_kem_seed.into());
        let ciphertext = ciphertext.try_into().expect("1,088 bytes");
        key.decapsulate(&ciphertext).into()
    }

    fn x25519_secret(&self, point: &[u8]) -> [u8; 32] {
        x25519_dalek::x25519(self.x25519, point.try_into().expect("32 bytes"))
    }

    fn x25519_public(&self) -> [u8; 32] {
        x25519_dalek::x25519(self.x25519, x25519_dalek::X25519_BASEPOINT_BYTES)
    }
}

/// X-Wing's combiner (draft-10 §5.3).
fn combine(ml_kem: &[u8; 32], x25519: &[u8; 32], point: &[u8], public: &[u8; 32]) -> [u8; 32] {
    Sha3_256::new()
        .chain_update(ml_kem)
        .chain_update(x25519)
        .chain_update(point)
        .chain_update(public)
        .chain_update(br"\.//^\")
        .finalize()
        .into()
}

/// RFC 9180 §4: `LabeledExtract` and `LabeledExpand`.
fn labeled_extract(salt: &[u8], label: &[u8], ikm: &[u8]) -> [u8; 32] {
    let labeled = [b"HPKE-v1", SUITE_ID, label, ikm].concat();
    Hkdf::<Sha256>::extract(Some(salt), &labeled).0.into()
}

fn labeled_expand(prk: &[u8; 32], label: &[u8], info: &[u8], out: &mut [u8]) {
    let size = u16::try_from(out.len()).expect("short").to_be_bytes();
    let labeled = [&size, &b"HPKE-v1"[..], SUITE_ID, label, info].concat();
    let hkdf = Hkdf::<Sha256>::from_prk(prk).expect("32 bytes");
    hkdf.expand(&labeled, out).expect("short");
}

/// RFC 9180 §5.1, base mode, first message: what anybody does who has the shared secret.
fn open_with(shared: &[u8; 32], context: &[u8], ciphertext: &[u8]) -> Option<Vec<u8>> {
    let mut info = Writer::versioned();
    info.bytes(b"keystead/v1/key-wrap").bytes(context);
    let psk_id = labeled_extract(b"", b"psk_id_hash", b"");
    let info = labeled_extract(b"", b"info_hash", info.as_slice());
    let schedule = [&[0][..], &psk_id, &info].concat();
    let secret = labeled_extract(shared, b"secret", b"");
    let (mut key, mut nonce) = ([0; 32], [0; 12]);
    labeled_expand(&secret, b"key", &schedule, &mut key);
    labeled_expand(&secret, b"base_nonce", &schedule, &mut nonce);
    Aes256Gcm::new(&key.into())
        .decrypt(&nonce.into(), ciphertext)
        .ok()
}

#[test]
fn a_wrap_opens_with_both_secrets_and_with_neither_alone() {
    let rng = &mut UnwrapErr(SysRng);
    let key = KemPrivateKey::generate(rng);
    let own = Halves::of(&KemPrivateKey::generate(rng));
    let wrap = wrap_keys(&key.public_key(), b"place", b"the keys", rng).expect("a valid key");
    let (encapsulated, ciphertext) = wrap.split_at(ENCAPSULATED_SIZE);
    let (ml_kem_part, point) = encapsulated.split_at(ML_KEM_CIPHERTEXT);

    let given = Halves::of(&key);
    let public = given.x25519_public();
    assert_eq!(&key.public_key().as_bytes()[ML_KEM_PUBLIC..], &public);
    let try_with = |ml_kem: &[u8; 32], x25519: &[u8; 32]| {
        open_with(
            &combine(ml_kem, x25519, point, &public),
            b"place",
            ciphertext,
        )
    };
    let ml_kem = given.ml_kem_secret(ml_kem_part);
    let x25519 = given.x25519_secret(point);
    assert_eq!(
        try_with(&ml_kem, &x25519).as_deref(),
        Some(&b"the keys"[..]),
        "with both, this computation is the real one"
    );

    // What stands in for the half that is missing: nothing, the other half again, or a key of the attacker's own.
    let ml_kem_guesses = [[0; 32], x25519, own.ml_kem_secret(ml_kem_part)];
    for guess in &ml_kem_guesses {
        assert!(try_with(guess, &x25519).is_none(), "X25519 alone opened it");
    }
    let x25519_guesses = [[0; 32], ml_kem, own.x25519_secret(point)];
    for guess in &x25519_guesses {
        assert!(try_with(&ml_kem, guess).is_none(), "ML-KEM alone opened it");
    }
}

#[test]
fn a_public_key_with_one_half_replaced_leads_to_a_wrap_that_nobody_opens() {
    let rng = &mut UnwrapErr(SysRng);
    let victim = KemPrivateKey::generate(rng);
    let attacker = KemPrivateKey::generate(rng);
    let (mine, theirs) = (attacker.public_key(), victim.public_key());
    let mixes = [
        [
            &mine.as_bytes()[..ML_KEM_PUBLIC],
            &theirs.as_bytes()[ML_KEM_PUBLIC..],
        ]
        .concat(),
        [
            &theirs.as_bytes()[..ML_KEM_PUBLIC],
            &mine.as_bytes()[ML_KEM_PUBLIC..],
        ]
        .concat(),
    ];
    for (which, mixed) in mixes.iter().enumerate() {
        let mixed = KemPublicKey::from_bytes(mixed).expect("both halves are keys");
        let wrap = wrap_keys(&mixed, b"", b"the keys", rng).expect("a valid key");
        assert!(unwrap_keys(&victim, b"", &wrap).is_err(), "mix {which}");
        assert!(unwrap_keys(&attacker, b"", &wrap).is_err(), "mix {which}");

        // And the attacker's own computation, with the half that it has.
        let (encapsulated, ciphertext) = wrap.split_at(ENCAPSULATED_SIZE);
        let (ml_kem_part, point) = encapsulated.split_at(ML_KEM_CIPHERTEXT);
        let own = Halves::of(&attacker);
        let public: [u8; 32] = mixed.as_bytes()[ML_KEM_PUBLIC..].try_into().expect("32");
        let shared = combine(
            &own.ml_kem_secret(ml_kem_part),
            &own.x25519_secret(point),
            point,
            &public,
        );
        assert!(open_with(&shared, b"", ciphertext).is_none(), "mix {which}");
    }
    let (_, public) = MlKem768::from_seed(&Halves::of(&victim).ml_kem_seed.into());
    assert_eq!(&public.to_bytes()[..], &theirs.as_bytes()[..ML_KEM_PUBLIC]);
}

#[test]
fn a_signature_with_one_half_of_the_attackers_verifies_nowhere() {
    let rng = &mut UnwrapErr(SysRng);
    let (victim, attacker) = (SigningKey::generate(rng), SigningKey::generate(rng));
    let context = SigningContext::Membership;
    let message = b"remove the owner";
    let public = victim.verifying_key();
    let genuine = victim.sign(context, message, rng);
    public
        .verify(context, message, &genuine[..])
        .expect("the control holds");

    // The attacker can sign with its own key; of the victim it has signatures over something else.
    let own = attacker.sign(context, message, rng);
    let other_message = victim.sign(context, b"remove a reader", rng);
    let other_context = victim.sign(SigningContext::Head, message, rng);
    let zero = vec![0; own.len()];
    let sources: [&[u8]; 5] = [
        &own[..],
        &other_message[..],
        &other_context[..],
        &zero,
        &genuine[..],
    ];
    let genuine_at = sources.len() - 1;
    for (i, first) in sources.iter().enumerate() {
        for (j, second) in sources.iter().enumerate() {
            let mixed = [&first[..ML_DSA_SIGNATURE], &second[ML_DSA_SIGNATURE..]].concat();
            let holds = public.verify(context, message, &mixed).is_ok();
            assert_eq!(
                holds,
                i == genuine_at && j == genuine_at,
                "halves {i} and {j}"
            );
        }
    }

    // A half stripped, by leaving it out or by leaving only it.
    for stripped in [
        &genuine[..ML_DSA_SIGNATURE],
        &genuine[ML_DSA_SIGNATURE..],
        &[],
    ] {
        assert!(public.verify(context, message, stripped).is_err());
    }
}

#[test]
fn a_public_key_with_one_half_of_the_attackers_takes_no_signature_of_either() {
    let rng = &mut UnwrapErr(SysRng);
    let (victim, attacker) = (SigningKey::generate(rng), SigningKey::generate(rng));
    let context = SigningContext::Card;
    let signatures = [
        victim.sign(context, b"card", rng),
        attacker.sign(context, b"card", rng),
    ];
    let (theirs, mine) = (victim.verifying_key(), attacker.verifying_key());
    for (first, second) in [(&theirs, &mine), (&mine, &theirs)] {
        let mixed = [
            &first.as_bytes()[..ML_DSA_PUBLIC],
            &second.as_bytes()[ML_DSA_PUBLIC..],
        ]
        .concat();
        let mixed = VerifyingKey::from_bytes(&mixed).expect("both halves are keys");
        for signature in &signatures {
            assert!(mixed.verify(context, b"card", &signature[..]).is_err());
        }
    }
}
