//! Cards, certificates, device cards: refused, or the one canonical form; and of one identity's certificates, since the
//! fuzzer cannot sign, none but the kit's.
#![no_main]

use keystead_crypto::{Card, DeviceCertificate, DevicePublic, SIGNATURE_SIZE, VerifyingKey};
use keystead_fuzz::{bound_memory, kit};
use std::sync::LazyLock;

static IDENTITY: LazyLock<VerifyingKey> = LazyLock::new(kit::identity);
static CERTIFICATE: LazyLock<Vec<u8>> =
    LazyLock::new(|| kit::bytes(kit::CERTIFICATE, "certificate"));

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    bound_memory();
    if let Ok(card) = Card::parse(bytes) {
        assert_eq!(card.as_bytes(), bytes, "a card is kept as it came");
        let text = card.armored();
        let again = Card::parse_armored(&text).expect("its own text");
        assert_eq!(again.as_bytes(), bytes);
    }
    if DeviceCertificate::parse(&IDENTITY, bytes).is_ok() {
        let body = bytes.len() - SIGNATURE_SIZE;
        assert_eq!(
            bytes[..body],
            CERTIFICATE[..body],
            "a forged certificate was taken"
        );
    }
    if let Ok(device) = DevicePublic::decode(bytes) {
        assert_eq!(device.encode(), bytes, "a device card has one encoding");
    }
});
