//! Operations and events, of which a malicious remote may write any: refused, or the one canonical form.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    keystead_fuzz::bound_memory();
    if let Some(again) = keystead_vault::fuzzing::operation(bytes) {
        assert_eq!(bytes, again, "an operation has one encoding");
    }
    if let Some(again) = keystead_vault::fuzzing::event(bytes) {
        assert_eq!(bytes, again, "an event has one encoding");
    }
});
