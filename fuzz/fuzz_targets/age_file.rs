//! age files for a key that the fuzzer does not have, and age keys as text: what opens is one of C2SP's files, whatever
//! was done to its outside, and a key has one text.
#![no_main]

use keystead_crypto::{KemPrivateKey, KemPublicKey, open_age_file};
use keystead_fuzz::{bound_memory, kit};
use std::sync::LazyLock;

static KEY: LazyLock<KemPrivateKey> = LazyLock::new(|| {
    let identity = kit::age_field(kit::AGE_FILE, "identity").expect("an identity");
    KemPrivateKey::import_age_identity(identity).expect("C2SP's own")
});

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    bound_memory();
    if let Ok(plaintext) = open_age_file(&KEY, bytes) {
        assert_eq!(&plaintext[..], b"age", "a forged file opened");
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        if let Ok(key) = KemPublicKey::from_age_recipient(text) {
            assert_eq!(key.to_age_recipient(), text);
        }
        if let Ok(key) = KemPrivateKey::import_age_identity(text) {
            assert_eq!(&*key.export_age_identity(), text);
        }
    }
});
