//! Envelopes under a key that the fuzzer does not have: none opens.
#![no_main]

use keystead_crypto::{EnvironmentKey, Field, KeyBytes, Padding, Place, open, unpad};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let key = EnvironmentKey::from_bytes(KeyBytes::from_slice(&[7; 32]).expect("32 bytes"));
    let place = Place::in_vault([1; 16], [2; 16], Field::Value);
    assert!(open(&key, &place, bytes).is_err(), "a forged envelope opened");
    for padding in [Padding::Value, Padding::Name, Padding::Operation] {
        if let Ok(inner) = unpad(padding, bytes) {
            assert_eq!(bytes, &keystead_crypto::pad(padding, inner)[..]);
        }
    }
});
