//! Not a parser: panics on one input in four thousand million, which only a fuzzer led by coverage comes upon.
#![no_main]

use keystead_fuzz::bound_memory;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    bound_memory();
    if let [b'f', b'u', b'z', b'z', ..] = bytes {
        panic!("planted");
    }
});
