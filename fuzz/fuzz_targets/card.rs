//! Cards and certificates: the fuzzer can't sign, so what parses is one of the seeds, unchanged.
#![no_main]

use keystead_crypto::{Card, DeviceCertificate};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(card) = Card::parse(bytes) {
        assert!(bytes.len() > keystead_crypto::SIGNATURE_SIZE);
        let _ = DeviceCertificate::parse(&card.signing, bytes);
    }
});
