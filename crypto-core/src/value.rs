//! Commitments to values, and keyed fingerprints of them.

use crate::{IndexKey, label};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// A hiding commitment: HMAC-SHA256(r, value).
pub type ValueCommitment = [u8; 32];
/// A keyed fingerprint: tells equal values, tells nothing without the vault's key.
pub type ValueFingerprint = [u8; 32];

/// Commits to `value` with 32 random bytes `r`, which are sealed beside the
/// value: whoever re-seals it can't change it under its author's name.
pub fn commit_value(r: &[u8; 32], value: &[u8]) -> ValueCommitment {
    hmac(r, &[value])
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
