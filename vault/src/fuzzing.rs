//! The parsers that meet other people's bytes, for `fuzz/`. Compiled there and nowhere else.

use crate::{event::Event, header, operation::Operation};

/// Reads a header and writes it again; `None` if it is refused. The MAC's bytes are taken over, as it can only be
/// checked with the root key.
pub fn header(bytes: &[u8]) -> Option<Vec<u8>> {
    let header = header::Header::decode(bytes).ok()?;
    let body = bytes.len() - keystead_crypto::HEADER_MAC_SIZE;
    Some([&header.body()[..], &bytes[body..]].concat())
}

/// Reads an operation and writes it again; `None` if it is refused.
pub fn operation(bytes: &[u8]) -> Option<Vec<u8>> {
    Some(Operation::decode(bytes).ok()?.encode())
}

/// Reads an event and writes it again; `None` if it is refused.
pub fn event(bytes: &[u8]) -> Option<Vec<u8>> {
    Some(Event::decode(bytes).ok()?.encode())
}
