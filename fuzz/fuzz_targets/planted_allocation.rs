//! Not a parser: takes 200 MiB, on the heap or as secret memory, as the input says. A run that lets it live has no bound
//! on memory, and so says nothing about the others.
#![no_main]

use keystead_crypto::SecretBytes;
use keystead_fuzz::bound_memory;
use std::hint::black_box;

const SIZE: usize = 200 << 20;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    bound_memory();
    match bytes {
        b"heap" => drop(black_box(Vec::<u8>::with_capacity(SIZE))),
        b"secret" => drop(black_box(SecretBytes::zeroed(SIZE))),
        _ => {}
    }
});
