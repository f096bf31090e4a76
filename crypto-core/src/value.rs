//! Commitments to values, and keyed fingerprints of them.

use crate::{IndexKey, KeyBytes, label};
use hmac::{Hmac, KeyInit, Mac};
use rand_core::CryptoRng;
use sha2::Sha256;
use subtle::ConstantTimeEq;

/// A hiding commitment: HMAC-SHA256(r, value).
pub type ValueCommitment = [u8; 32];
/// A keyed fingerprint: tells equal values, tells nothing without the vault's key.
pub type ValueFingerprint = [u8; 32];

/// The 32 random bytes `r` of a commitment, sealed beside the value. Whoever has them can try values.
pub struct CommitmentOpening(KeyBytes);

impl CommitmentOpening {
    /// Takes 32 uniform bytes from `rng`.
    pub fn generate(rng: &mut (impl CryptoRng + ?Sized)) -> Self {
        Self(KeyBytes::generate(rng))
    }

    /// Gives these bytes this use.
    pub fn from_bytes(bytes: KeyBytes) -> Self {
        Self(bytes)
    }

    /// The bytes, to be sealed beside the value.
    pub fn expose(&self) -> &[u8; 32] {
        self.0.expose()
    }
}

/// Commits to `value`: whoever re-seals it can't change it under its author's name.
pub fn commit_value(opening: &CommitmentOpening, value: &[u8]) -> ValueCommitment {
    hmac(opening.expose(), &[value])
}

/// Whether `opening` and `value` are what a version's author committed to. Compares in constant time.
pub fn opens_commitment(
    stated: &ValueCommitment,
    opening: &CommitmentOpening,
    value: &[u8],
) -> bool {
    commit_value(opening, value).ct_eq(stated).into()
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
        let opening =
            |byte| CommitmentOpening(KeyBytes::from_slice(&[byte; 32]).expect("32 bytes"));
        let stated = commit_value(&opening(7), b"sk-live");
        assert!(opens_commitment(&stated, &opening(7), b"sk-live"));
        assert!(!opens_commitment(&stated, &opening(7), b"sk-test"));
        assert!(!opens_commitment(&stated, &opening(8), b"sk-live"));
        assert_ne!(
            stated,
            commit_value(&opening(8), b"sk-live"),
            "equal values are not seen to be equal"
        );
        for bit in 0..256 {
            let mut changed = stated;
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(
                !opens_commitment(&changed, &opening(7), b"sk-live"),
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
            commit_value(
                &CommitmentOpening(KeyBytes::from_slice(&[1; 32]).expect("32")),
                b"x"
            )
        );
    }
}
