//! HPKE with X-Wing: draft-ietf-hpke-pq-05, Appendix A.5. The draft publishes
//! 0x647A with ChaCha20-Poly1305 alone, so that is run through the crate as it
//! stands; our AES-256-GCM is run with the same keys, randomness and shared
//! secret, and a key schedule that the published values vouch for.

use crate::{
    support::{Expected, Given, Schedule, Tally, hex, list, number},
    xwing::wraps_as,
};
use hpke::{
    Deserializable, Kem, OpModeR, OpModeS, Serializable, aead::ChaCha20Poly1305, kdf::HkdfSha256,
    kem::XWing, setup_receiver, setup_sender_with_rng,
};
use keystead_crypto::{KemPrivateKey, KeyBytes};
use serde_json::Value;

fn vectors() -> Vec<Value> {
    serde_json::from_str(include_str!("../../testdata/vectors/hpke-pq.json")).expect("our own file")
}

#[test]
fn as_published() {
    let mut setups = Tally::new("hpke-pq draft-05 0x647A, HKDF-SHA256, ChaCha20-Poly1305: setups");
    let mut encryptions = Tally::new("hpke-pq draft-05 0x647A, encryptions");
    let mut exports = Tally::new("hpke-pq draft-05 0x647A, exports");
    for case in vectors() {
        assert_eq!(
            ["mode", "kem_id", "kdf_id", "aead_id"].map(|name| number(&case, name)),
            [0, 0x647a, 1, 3]
        );
        let info = hex(&case, "info");

        let (key, public) = XWing::derive_keypair(&hex(&case, "ikmR"));
        assert_eq!(key.to_bytes()[..], hex(&case, "skRm"));
        assert_eq!(public.to_bytes()[..], hex(&case, "pkRm"));

        let mut randomness = Given::new(&hex(&case, "ikmE"));
        let (encapsulated, mut sender) =
            setup_sender_with_rng::<ChaCha20Poly1305, HkdfSha256, XWing>(
                &OpModeS::Base,
                &public,
                &info,
                &mut randomness,
            )
            .expect("sets up");
        randomness.finish();
        assert_eq!(encapsulated.to_bytes()[..], hex(&case, "enc"));
        let encapsulated =
            <XWing as Kem>::EncappedKey::from_bytes(&hex(&case, "enc")).expect("1120 bytes");
        let mut receiver = setup_receiver::<ChaCha20Poly1305, HkdfSha256, XWing>(
            &OpModeR::Base,
            &key,
            &encapsulated,
            &info,
        )
        .expect("sets up");
        setups.held();

        for encryption in list(&case, "encryptions") {
            let (plaintext, aad) = (hex(encryption, "pt"), hex(encryption, "aad"));
            let ciphertext = hex(encryption, "ct");
            assert_eq!(sender.seal(&plaintext, &aad).expect("seals"), ciphertext);
            assert_eq!(receiver.open(&ciphertext, &aad).expect("opens"), plaintext);
            encryptions.held();
        }
        for export in list(&case, "exports") {
            let mut value = vec![0; number(export, "L")];
            receiver
                .export(&hex(export, "exporter_context"), &mut value)
                .expect("exports");
            assert_eq!(value, hex(export, "exported_value"));
            exports.held();
        }
    }
    for (tally, run) in [(setups, 1), (encryptions, 10), (exports, 5)] {
        tally.finish(&Expected {
            run,
            ..Expected::default()
        });
    }
}

#[test]
fn our_wraps() {
    let mut tally = Tally::new("hpke-pq draft-05 0x647A, our wraps with AES-256-GCM");
    for case in vectors() {
        let shared_secret = hex(&case, "shared_secret");
        let schedule = Schedule::new(3, &shared_secret, &hex(&case, "info"));
        assert_eq!(schedule.key[..], hex(&case, "key"));
        assert_eq!(schedule.base_nonce[..], hex(&case, "base_nonce"));
        assert_eq!(schedule.exporter_secret[..], hex(&case, "exporter_secret"));

        let seed = KeyBytes::from_slice(&hex(&case, "skRm")).expect("32 bytes are a seed");
        wraps_as(
            &KemPrivateKey::from_seed(seed),
            &hex(&case, "pkRm"),
            &hex(&case, "ikmE"),
            &hex(&case, "enc"),
            &shared_secret,
        );
        tally.held();
    }
    tally.finish(&Expected {
        run: 1,
        ..Expected::default()
    });
}
