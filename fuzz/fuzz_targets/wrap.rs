//! Wraps for a key that the fuzzer does not have, of each kind, and recipients' keys from a stranger: no wrap opens but
//! the kit's, which holds keys, and a key that parses is the bytes it came from.
#![no_main]

use keystead_crypto::{KemPrivateKey, KemPublicKey, unwrap_invite, unwrap_keys, unwrap_seeds};
use keystead_fuzz::{bound_memory, kit};
use std::sync::LazyLock;

static KEY: LazyLock<KemPrivateKey> =
    LazyLock::new(|| KemPrivateKey::from_seed(kit::key(kit::WRAP, "seed")));
static CONTEXT: LazyLock<Vec<u8>> = LazyLock::new(|| kit::bytes(kit::WRAP, "context"));
static WRAP: LazyLock<Vec<u8>> = LazyLock::new(|| kit::bytes(kit::WRAP, "wrap"));

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    bound_memory();
    if unwrap_keys(&KEY, &CONTEXT, bytes).is_ok() {
        assert_eq!(bytes, &WRAP[..], "a forged wrap opened");
    }
    assert!(
        unwrap_seeds(&KEY, &CONTEXT, bytes).is_err(),
        "taken for wrapped seeds"
    );
    assert!(
        unwrap_invite(&KEY, &CONTEXT, bytes).is_err(),
        "taken for an invite"
    );
    if let Ok(key) = KemPublicKey::from_bytes(bytes) {
        assert_eq!(key.as_bytes(), bytes);
    }
});
