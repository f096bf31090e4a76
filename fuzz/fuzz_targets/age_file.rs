//! age files and age keys as text: none is for a key that the fuzzer does not have, and a key has one text.
#![no_main]

use keystead_crypto::{KemPrivateKey, KemPublicKey, KeyBytes, open_age_file};
use std::sync::LazyLock;

static KEY: LazyLock<KemPrivateKey> =
    LazyLock::new(|| KemPrivateKey::from_seed(KeyBytes::from_slice(&[7; 32]).expect("32 bytes")));

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    assert!(open_age_file(&KEY, bytes).is_err(), "a forged file opened");
    if let Ok(text) = std::str::from_utf8(bytes) {
        if let Ok(key) = KemPublicKey::from_age_recipient(text) {
            assert_eq!(key.to_age_recipient(), text);
        }
        if let Ok(key) = KemPrivateKey::import_age_identity(text) {
            assert_eq!(&*key.export_age_identity(), text);
        }
    }
});
