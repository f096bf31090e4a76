use crate::HeaderMacKey;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Bytes of the header's MAC.
pub const HEADER_MAC_SIZE: usize = 32;

/// HMAC-SHA256 (RFC 2104) of a header's canonical bytes.
pub fn header_mac(key: &HeaderMacKey, header: &[u8]) -> [u8; HEADER_MAC_SIZE] {
    mac(key, header).finalize().into_bytes().into()
}

/// Compares in constant time.
pub fn verify_header_mac(key: &HeaderMacKey, header: &[u8], stated: &[u8; 32]) -> bool {
    mac(key, header).verify_slice(stated).is_ok()
}

fn mac(key: &HeaderMacKey, header: &[u8]) -> Hmac<Sha256> {
    let mut mac =
        Hmac::<Sha256>::new_from_slice(key.key().expose()).expect("HMAC takes keys of any length");
    mac.update(header);
    mac
}
