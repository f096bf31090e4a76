//! Operations, parcels and events, of which a malicious remote may write any: refused, or the one canonical form.
#![no_main]

use keystead_replica::{Block, Header, Parcel, Payload};
use keystead_vault::fuzzing;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    keystead_fuzz::bound_memory();
    if let Ok(header) = Header::decode(bytes) {
        assert_eq!(bytes, header.encode(), "a header has one encoding");
    }
    if let Ok(block) = Block::decode(bytes) {
        assert_eq!(bytes, block.encode(), "a block has one encoding");
    }
    if let Ok(parcel) = Parcel::decode(bytes) {
        assert_eq!(bytes, parcel.encode(), "a parcel has one encoding");
    }
    let _ = Payload::decode(bytes);
    if let Some(again) = fuzzing::change(bytes) {
        assert_eq!(bytes, again, "a change has one encoding");
    }
    if let Some(again) = fuzzing::event(bytes) {
        assert_eq!(bytes, again, "an event has one encoding");
    }
});
