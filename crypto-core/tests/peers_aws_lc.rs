//! Against AWS-LC, in both directions: envelopes, whole wraps and both halves of
//! signatures, put together from its HKDF, HMAC, AES-256-GCM, ML-KEM-768, X25519,
//! SHA-3, ML-DSA-65 and Ed25519.
//!
//! Its ML-DSA takes no context string, which the composite's half has: that half
//! is compared by the crate that makes it, without a context.

mod peers;

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey},
    agreement::{self, UnparsedPublicKey as X25519Public, X25519},
    digest, hkdf, hmac,
    kem::{self, ML_KEM_768},
    signature::{
        ED25519, Ed25519KeyPair, KeyPair as _, ML_DSA_65, ML_DSA_65_SIGNING, PqdsaKeyPair,
        UnparsedPublicKey,
    },
};
use keystead_crypto::{Field, Place};
use ml_dsa::MlDsa65;
use peers::{
    CHANGED, Random, cases,
    ours::{self, label},
    report,
};

/// A length that AWS-LC's HKDF is asked for.
struct Size(usize);

impl hkdf::KeyType for Size {
    fn len(&self) -> usize {
        self.0
    }
}

fn expand<const N: usize>(secret: &hkdf::Prk, info: &[&[u8]]) -> [u8; N] {
    let mut out = [0; N];
    let okm = secret.expand(info, Size(N)).expect("a short output");
    okm.fill(&mut out).expect("its own length");
    out
}

fn aes_256_gcm(key: &[u8; 32]) -> LessSafeKey {
    LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).expect("32 bytes"))
}

fn encrypt(key: &[u8; 32], nonce: [u8; 12], payload: &[u8]) -> Vec<u8> {
    let mut sealed = payload.to_vec();
    let nonce = Nonce::assume_unique_for_key(nonce);
    aes_256_gcm(key)
        .seal_in_place_append_tag(nonce, Aad::empty(), &mut sealed)
        .expect("a short payload");
    sealed
}

fn decrypt(key: &[u8; 32], nonce: [u8; 12], sealed: &[u8]) -> Option<Vec<u8>> {
    let mut sealed = sealed.to_vec();
    let nonce = Nonce::assume_unique_for_key(nonce);
    let payload = aes_256_gcm(key).open_in_place(nonce, Aad::empty(), &mut sealed);
    Some(payload.ok()?.to_vec())
}

/// The encryption key of an envelope, and its commitment.
fn message_keys(key: &[u8; 32], salt: &[u8], place: &Place) -> ([u8; 32], [u8; 32]) {
    let label = label("value-seal");
    let size = u16::try_from(label.len()).expect("labels are short");
    let place = digest::digest(&digest::SHA256, &ours::place_bytes(place));
    let secret = hkdf::Salt::new(hkdf::HKDF_SHA256, salt).extract(key);
    let okm: [u8; 64] = expand(&secret, &[&size.to_be_bytes(), label, place.as_ref()]);
    let half = |at: usize| okm[at..at + 32].try_into().expect("half of 64");
    (half(0), half(32))
}

#[test]
fn envelopes_both_ways() {
    const SALT: std::ops::Range<usize> = 2..34;
    const COMMITMENT: std::ops::Range<usize> = 34..66;
    let random = &mut Random::start("aws-lc envelopes");
    let (mut theirs_opened, mut ours_opened) = (0, 0);
    let (mut theirs_refused, mut ours_refused) = (0, 0);
    for case in 0..cases() {
        let key = random.array();
        let place = ours::random_place(random, Field::Value);
        let padded = ours::random_padded(random);
        let open = |envelope: &[u8]| {
            let (encryption, commitment) = message_keys(&key, &envelope[SALT], &place);
            if envelope[COMMITMENT] != commitment {
                return None;
            }
            decrypt(&encryption, [0; 12], &envelope[COMMITMENT.end..])
        };

        let envelope = ours::seal_value(&key, &place, &padded, random);
        assert_eq!(open(&envelope).as_ref(), Some(&padded), "case {case}");
        theirs_opened += 1;

        let salt: [u8; 32] = random.array();
        let (encryption, commitment) = message_keys(&key, &salt, &place);
        let sealed = encrypt(&encryption, [0; 12], &padded);
        let sealed = [&envelope[..2], &salt, &commitment, &sealed].concat();
        let opened = ours::open_value(&key, &place, &sealed);
        assert_eq!(opened.as_ref(), Some(&padded), "case {case}");
        ours_opened += 1;

        if case < CHANGED {
            // From the salt on: that the suite counts is not AWS-LC's to say.
            let (changed, at) = random.change(&envelope, SALT.start..envelope.len());
            assert_eq!(open(&changed), None, "byte {at}");
            theirs_refused += 1;
            let (changed, at) = random.change(&sealed, 0..sealed.len());
            assert_eq!(ours::open_value(&key, &place, &changed), None, "byte {at}");
            ours_refused += 1;
        }
    }
    let changed = CHANGED.min(cases());
    report("AWS-LC opens our envelopes", theirs_opened, cases());
    report("we open AWS-LC's envelopes", ours_opened, cases());
    report("AWS-LC refuses changed envelopes", theirs_refused, changed);
    report("we refuse changed envelopes", ours_refused, changed);
}

/// X-Wing's combiner: SHA3-256(ss_M ‖ ss_X ‖ ct_X ‖ pk_X ‖ label).
fn combine(ml_kem: &[u8], x25519: &[u8], ciphertext: &[u8], public: &[u8]) -> Vec<u8> {
    let whole = [ml_kem, x25519, ciphertext, public, br"\.//^\"].concat();
    digest::digest(&digest::SHA3_256, &whole).as_ref().to_vec()
}

/// HPKE's key schedule in base mode (RFC 9180 §5.1) for X-Wing, HKDF-SHA256 and
/// AES-256-GCM: key and first nonce.
fn key_schedule(shared_secret: &[u8], info: &[u8]) -> ([u8; 32], [u8; 12]) {
    const SUITE: &[u8] = b"HPKE\x64\x7a\x00\x01\x00\x02";
    const VERSION: &[u8] = b"HPKE-v1";
    let hash = |label: &[u8], material: &[u8]| {
        let none = hmac::Key::new(hmac::HMAC_SHA256, &[]);
        hmac::sign(&none, &[VERSION, SUITE, label, material].concat())
    };
    let context = [
        &[0][..],
        hash(b"psk_id_hash", b"").as_ref(),
        hash(b"info_hash", info).as_ref(),
    ]
    .concat();
    let secret = hkdf::Salt::new(hkdf::HKDF_SHA256, shared_secret)
        .extract(&[VERSION, SUITE, b"secret"].concat());
    (
        expand(&secret, &[&[0, 32], VERSION, SUITE, b"key", &context]),
        expand(
            &secret,
            &[&[0, 12], VERSION, SUITE, b"base_nonce", &context],
        ),
    )
}

fn x25519(key: &agreement::PrivateKey, public: &[u8]) -> Vec<u8> {
    let public = X25519Public::new(&X25519, public);
    agreement::agree(key, public, (), |secret| Ok(secret.to_vec())).expect("a large order")
}

fn x25519_public(key: &agreement::PrivateKey) -> Vec<u8> {
    key.compute_public_key()
        .expect("it has one")
        .as_ref()
        .to_vec()
}

/// AWS-LC's side of a wrap: an X-Wing key whose halves it made by itself.
struct Device {
    ml_kem: kem::DecapsulationKey,
    x25519: agreement::PrivateKey,
}

impl Device {
    fn generate() -> Self {
        Self {
            ml_kem: kem::DecapsulationKey::generate(&ML_KEM_768).expect("a key"),
            x25519: agreement::PrivateKey::generate(&X25519).expect("a key"),
        }
    }

    fn public(&self) -> Vec<u8> {
        let ml_kem = self.ml_kem.encapsulation_key().expect("its other half");
        let ml_kem = ml_kem.key_bytes().expect("its bytes");
        [ml_kem.as_ref(), &x25519_public(&self.x25519)].concat()
    }

    fn open(&self, info: &[u8], wrap: &[u8]) -> Option<Vec<u8>> {
        let (encapsulated, sealed) = wrap.split_at(ours::ENCAPSULATED_SIZE);
        let (ml_kem, point) = encapsulated.split_at(ours::ML_KEM_CIPHERTEXT_SIZE);
        let secret = self.ml_kem.decapsulate(ml_kem.into()).expect("1088 bytes");
        let shared = combine(
            secret.as_ref(),
            &x25519(&self.x25519, point),
            point,
            &x25519_public(&self.x25519),
        );
        let (key, nonce) = key_schedule(&shared, info);
        decrypt(&key, nonce, sealed)
    }
}

/// A wrap by AWS-LC for an X-Wing key of ours.
fn seal(public: &[u8], info: &[u8], payload: &[u8]) -> Vec<u8> {
    let (ml_kem, point) = public.split_at(ours::ML_KEM_PUBLIC_SIZE);
    let ml_kem = kem::EncapsulationKey::new(&ML_KEM_768, ml_kem).expect("our key");
    let (ciphertext, secret) = ml_kem.encapsulate().expect("a valid key");
    let ephemeral = agreement::PrivateKey::generate(&X25519).expect("a key");
    let sent = x25519_public(&ephemeral);
    let shared = combine(secret.as_ref(), &x25519(&ephemeral, point), &sent, point);
    let (key, nonce) = key_schedule(&shared, info);
    [ciphertext.as_ref(), &sent, &encrypt(&key, nonce, payload)].concat()
}

#[test]
fn wraps_both_ways() {
    let random = &mut Random::start("aws-lc wraps");
    let (mut theirs_opened, mut ours_opened) = (0, 0);
    let (mut theirs_refused, mut ours_refused) = (0, 0);
    for case in 0..cases() {
        let (context, payload) = (random.bytes(100), random.bytes(500));
        let info = ours::wrap_info(&context);

        let device = Device::generate();
        let wrap = ours::wrap(&device.public(), &context, &payload, random);
        assert_eq!(
            device.open(&info, &wrap).as_ref(),
            Some(&payload),
            "case {case}"
        );
        theirs_opened += 1;

        let seed = random.array();
        let sealed = seal(&ours::kem_public(&seed), &info, &payload);
        let opened = ours::unwrap(&seed, &context, &sealed);
        assert_eq!(opened.as_ref(), Some(&payload), "case {case}");
        ours_opened += 1;

        if case < CHANGED {
            let (changed, at) = random.change(&wrap, 0..wrap.len());
            assert_eq!(device.open(&info, &changed), None, "byte {at}");
            theirs_refused += 1;
            let (changed, at) = random.change(&sealed, 0..sealed.len());
            assert_eq!(ours::unwrap(&seed, &context, &changed), None, "byte {at}");
            ours_refused += 1;
        }
    }
    let changed = CHANGED.min(cases());
    report("AWS-LC opens our wraps", theirs_opened, cases());
    report("we open AWS-LC's wraps", ours_opened, cases());
    report("AWS-LC refuses changed wraps", theirs_refused, changed);
    report("we refuse changed wraps", ours_refused, changed);
}

fn ed25519_holds(public: &[u8], message: &[u8], signature: &[u8]) -> bool {
    UnparsedPublicKey::new(&ED25519, public)
        .verify(message, signature)
        .is_ok()
}

/// The Ed25519 half of ours holds at AWS-LC, and ours takes a composite whose
/// Ed25519 half AWS-LC made.
#[test]
fn ed25519_halves_both_ways() {
    let random = &mut Random::start("aws-lc ed25519");
    let contexts = ours::signing_contexts();
    let (mut theirs_held, mut ours_held) = (0, 0);
    let (mut theirs_refused, mut ours_refused) = (0, 0);
    for case in 0..cases() {
        let (context, context_bytes) = contexts[random.below(contexts.len())];
        let (seed, message): ([u8; 64], _) = (random.array(), random.bytes(1_000));
        let public = ours::signature_public(&seed);
        let signature = ours::sign(&seed, context, &message, random);
        let (ml_dsa, ed25519) = signature.split_at(ours::ML_DSA_SIGNATURE_SIZE);
        let signed = ours::representative(context_bytes, &message);

        let key = Ed25519KeyPair::from_seed_unchecked(&seed[32..]).expect("32 bytes");
        assert_eq!(
            key.public_key().as_ref(),
            &public[ours::ML_DSA_PUBLIC_SIZE..]
        );
        assert!(
            ed25519_holds(key.public_key().as_ref(), &signed, ed25519),
            "case {case}"
        );
        theirs_held += 1;

        let composite = [ml_dsa, key.sign(&signed).as_ref()].concat();
        assert!(
            ours::verifies(&public, context, &message, &composite),
            "case {case}"
        );
        ours_held += 1;

        if case < CHANGED {
            let (changed, at) = random.change(ed25519, 0..ed25519.len());
            assert!(
                !ed25519_holds(key.public_key().as_ref(), &signed, &changed),
                "byte {at}"
            );
            theirs_refused += 1;
            let half = ours::ML_DSA_SIGNATURE_SIZE..composite.len();
            let (changed, at) = random.change(&composite, half);
            assert!(
                !ours::verifies(&public, context, &message, &changed),
                "byte {at}"
            );
            ours_refused += 1;
        }
    }
    let changed = CHANGED.min(cases());
    report("our Ed25519 halves hold in AWS-LC", theirs_held, cases());
    report(
        "composites with AWS-LC's Ed25519 half hold here",
        ours_held,
        cases(),
    );
    report("AWS-LC refuses changed halves", theirs_refused, changed);
    report("we refuse changed halves", ours_refused, changed);
}

#[test]
fn ml_dsa_both_ways() {
    let random = &mut Random::start("aws-lc ml-dsa");
    let (mut theirs_held, mut ours_held) = (0, 0);
    let (mut theirs_refused, mut ours_refused) = (0, 0);
    for case in 0..cases() {
        let seed: [u8; 64] = random.array();
        let message = random.bytes(1_000);
        let xi: [u8; 32] = seed[..32].try_into().expect("half of 64");
        let key = ml_dsa::SigningKey::<MlDsa65>::from_seed(&xi.into());
        let public = key.expanded_key().verifying_key().encode();
        assert_eq!(
            public[..],
            ours::signature_public(&seed)[..ours::ML_DSA_PUBLIC_SIZE],
            "the key is that of a composite's first half"
        );
        let theirs = UnparsedPublicKey::new(&ML_DSA_65, &public[..]);
        let signature = key.expanded_key().sign_randomized(&message, &[], random);
        let signature = signature.expect("no context is a short one").encode();
        assert!(theirs.verify(&message, &signature).is_ok(), "case {case}");
        theirs_held += 1;

        let pair = PqdsaKeyPair::from_seed(&ML_DSA_65_SIGNING, &xi).expect("32 bytes");
        assert_eq!(pair.public_key().as_ref(), &public[..], "one seed, one key");
        let public = key.expanded_key().verifying_key();
        let mut signed = vec![0; ML_DSA_65_SIGNING.signature_len()];
        pair.sign(&message, &mut signed).expect("it signs");
        let holds = |signature: &[u8]| {
            let encoded = signature.try_into().expect("3309 bytes");
            ml_dsa::Signature::<MlDsa65>::decode(&encoded)
                .is_some_and(|signature| public.verify_with_context(&message, &[], &signature))
        };
        assert!(holds(&signed), "case {case}");
        ours_held += 1;

        if case < CHANGED {
            let (changed, at) = random.change(&signature, 0..signature.len());
            assert!(theirs.verify(&message, &changed).is_err(), "byte {at}");
            theirs_refused += 1;
            let (changed, at) = random.change(&signed, 0..signed.len());
            assert!(!holds(&changed), "byte {at}");
            ours_refused += 1;
        }
    }
    let changed = CHANGED.min(cases());
    report("ml-dsa's signatures hold in AWS-LC", theirs_held, cases());
    report("AWS-LC's signatures hold in ml-dsa", ours_held, cases());
    report("AWS-LC refuses changed signatures", theirs_refused, changed);
    report("ml-dsa refuses changed signatures", ours_refused, changed);
}
