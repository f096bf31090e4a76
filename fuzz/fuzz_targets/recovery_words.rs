//! What people type or paste: recovery words, codes, safety numbers, card texts; and shares. Refused, or read back the same.
#![no_main]

use keystead_crypto::{Card, EnrolmentCode, RecoverySecret, RecoveryShare, SafetyNumber};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    keystead_fuzz::bound_memory();
    if let Ok(share) = RecoveryShare::decode(bytes) {
        assert_eq!(bytes, &share.encode()[..], "a share has one encoding");
    }
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    if let Ok(secret) = RecoverySecret::parse(text) {
        let words = secret.words();
        let again = RecoverySecret::parse(&words).expect("its own words");
        assert_eq!(&*again.words(), &*words);
    }
    if let Ok(code) = text.parse::<EnrolmentCode>() {
        assert!(code.to_string().parse::<EnrolmentCode>() == Ok(code));
    }
    if let Ok(number) = text.parse::<SafetyNumber>() {
        assert!(number.to_string().parse::<SafetyNumber>() == Ok(number));
    }
    if let Ok(card) = Card::parse_armored(text) {
        // Mail may add white space around the lines, and nothing else.
        let canonical = card.armored();
        let lines = text.trim().lines().map(str::trim);
        assert!(lines.eq(canonical.lines()), "a card has one text");
        assert_eq!(
            Card::parse(card.as_bytes())
                .expect("its own bytes")
                .as_bytes(),
            card.as_bytes()
        );
    }
});
