//! Signed heads, frontiers: refused, or the one canonical form.
#![no_main]

use keystead_crypto::{Frontier, SignedHead};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(head) = SignedHead::decode(bytes) {
        assert_eq!(bytes, head.encode(), "a head has one encoding");
    }
    if let Ok(frontier) = Frontier::decode(bytes) {
        assert_eq!(bytes, frontier.encode(), "a frontier has one encoding");
        frontier.root();
    }
});
