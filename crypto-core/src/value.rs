//! Commitments to values, and keyed fingerprints of them.

use crate::{IndexKey, label};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

/// A hiding commitment: HMAC-SHA256(r, value).
pub type ValueCommitment = [u8; 32];
/// A keyed fingerprint: tells equal values, tells nothing without the vault's key.
pub type ValueFingerprint = [u8; 32];

/// Commits to `value` with 32 random bytes `r`, which are sealed beside the
/// value: whoever re-seals it can't change it under its author's name.
pub fn commit_value(r: &[u8; 32], value: &[u8]) -> ValueCommitment {
    hmac(r, &[value])
}

/// Whether `r` and `value` are what a version's author committed to. Compares in constant time.
pub fn opens_commitment(stated: &ValueCommitment, r: &[u8; 32], value: &[u8]) -> bool {
    commit_value(r, value).ct_eq(stated).into()
}

/// HMAC-SHA256(index key, label ‖ value).
pub fn fingerprint_value(key: &IndexKey, value: &[u8]) -> ValueFingerprint {
    hmac(
        key.key().expose(),
        &[label::VALUE_FINGERPRINT.as_bytes(), value],
    )
}

fn hmac(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commitment_opens_with_its_own_value_alone_and_hides_it() {
        let stated = commit_value(&[7; 32], b"sk-live");
        assert!(opens_commitment(&stated, &[7; 32], b"sk-live"));
        assert!(!opens_commitment(&stated, &[7; 32], b"sk-test"));
        assert!(!opens_commitment(&stated, &[8; 32], b"sk-live"));
        assert_ne!(
            stated,
            commit_value(&[8; 32], b"sk-live"),
            "equal values are not seen to be equal"
        );
        for bit in 0..256 {
            let mut changed = stated;
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(
                !opens_commitment(&changed, &[7; 32], b"sk-live"),
                "bit {bit}"
            );
        }
    }

    #[test]
    fn a_fingerprint_is_of_one_vault_and_is_no_commitment() {
        let key =
            |byte| IndexKey::from_bytes(crate::KeyBytes::from_slice(&[byte; 32]).expect("32"));
        assert_eq!(
            fingerprint_value(&key(1), b"x"),
            fingerprint_value(&key(1), b"x")
        );
        assert_ne!(
            fingerprint_value(&key(1), b"x"),
            fingerprint_value(&key(2), b"x")
        );
        assert_ne!(
            fingerprint_value(&key(1), b"x"),
            fingerprint_value(&key(1), b"y")
        );
        assert_ne!(
            fingerprint_value(&key(1), b"x"),
            commit_value(&[1; 32], b"x")
        );
    }
}
