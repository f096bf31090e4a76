//! A vault's header: refused by a typed error, or the one canonical form of what was read.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    keystead_fuzz::bound_memory();
    if let Some(again) = keystead_vault::fuzzing::header(bytes) {
        assert_eq!(bytes, again, "a header has one encoding");
    }
});
