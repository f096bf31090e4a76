//! Envelopes under a key that the fuzzer does not have: none opens but the kit's, and that at its own place. And what
//! stands inside: one padding for each size.
#![no_main]

use keystead_crypto::{EnvironmentKey, Field, Padding, Place, open, unpad};
use keystead_fuzz::{bound_memory, kit};
use std::sync::LazyLock;

static KEY: LazyLock<EnvironmentKey> =
    LazyLock::new(|| EnvironmentKey::from_bytes(kit::key(kit::ENVELOPE, "key")));
static PLACE: LazyLock<Place> = LazyLock::new(kit::place);
static ENVELOPE: LazyLock<Vec<u8>> = LazyLock::new(|| kit::bytes(kit::ENVELOPE, "envelope"));

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    bound_memory();
    if open(&KEY, &PLACE, bytes).is_ok() {
        assert_eq!(bytes, &ENVELOPE[..], "a forged envelope opened");
    }
    let elsewhere = Place::in_vault([1; 16], [2; 16], Field::Value);
    assert!(
        open(&KEY, &elsewhere, bytes).is_err(),
        "an envelope was moved"
    );
    for padding in [Padding::Value, Padding::Name, Padding::Operation] {
        if let Ok(inner) = unpad(padding, bytes) {
            assert_eq!(bytes, &keystead_crypto::pad(padding, inner)[..]);
        }
    }
});
