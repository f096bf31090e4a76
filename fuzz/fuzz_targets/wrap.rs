//! Wraps and recipients' keys from a stranger: no wrap opens, and a key that parses is the bytes it came from.
#![no_main]

use keystead_crypto::{KemPrivateKey, KemPublicKey, KeyBytes, unwrap_keys};
use std::sync::LazyLock;

static KEY: LazyLock<KemPrivateKey> =
    LazyLock::new(|| KemPrivateKey::from_seed(KeyBytes::from_slice(&[7; 32]).expect("32 bytes")));

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    assert!(unwrap_keys(&KEY, b"fuzz", bytes).is_err(), "a forged wrap opened");
    if let Ok(key) = KemPublicKey::from_bytes(bytes) {
        assert_eq!(key.as_bytes(), bytes);
    }
});
