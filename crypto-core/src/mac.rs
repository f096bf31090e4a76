//! The header's MAC. Takes bytes; does not know what a header says.

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::KeyBytes;

    fn key() -> HeaderMacKey {
        HeaderMacKey::from_bytes(KeyBytes::from_slice(&[0xaa; 32]).expect("32 bytes"))
    }

    /// Computed with Python's `hmac`.
    #[test]
    fn it_is_hmac_sha256() {
        let expected = "b79c2ecbbbc26577079d6cc130a20d34e61a2dba3a0f7415282208fabd95e029";
        let mac = header_mac(&key(), b"KEYSTEAD header");
        let digits: String = mac.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(digits, expected);
    }

    #[test]
    fn a_changed_bit_of_header_or_mac_is_refused() {
        let mac = header_mac(&key(), b"header");
        assert!(verify_header_mac(&key(), b"header", &mac));
        assert!(!verify_header_mac(&key(), b"Header", &mac));
        assert!(!verify_header_mac(&key(), b"header\0", &mac));
        for bit in 0..256 {
            let mut changed = mac;
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(!verify_header_mac(&key(), b"header", &changed), "bit {bit}");
        }
    }
}
