//! k-of-n splitting of a 32-byte recovery key: any k shares give it back, fewer
//! say nothing about it. Does not decide who holds shares, and does not seal
//! them: each goes to a device inside a wrap.
//!
//! Shamir's scheme (CACM 22(11), 1979), byte by byte over GF(2⁸) with the
//! polynomial x⁸ + x⁴ + x³ + x + 1 (FIPS 197 §4.2). With f(x) = key + c₁·x + … +
//! cₖ₋₁·xᵏ⁻¹ for each byte, share i is f(i), i from 1 to n; every coefficient is
//! uniform over all 256 values.
//!
//! Commitment = HKDF-SHA256(ikm = key, no salt, info =
//! `keystead/v1/split-commitment` ‖ versioned(set 16, k 1, n 1), 32 bytes). The
//! key is uniform, so the commitment says nothing about it; a share that was
//! changed, or made for another key, is found out when shares are combined.
//!
//! A share, 87 bytes: suite and schema 4, set 16, k 1, n 1, index 1, share 32,
//! commitment 32 — see [`RecoveryShare::encode`].

mod gf256;

use crate::{DecodeError, Reader, Writer, label, secret::KeyBytes};
use gf256::{invert, multiply};
use hkdf::Hkdf;
use keystead_memory::SecretBytes;
use rand_core::CryptoRng;
use sha2::Sha256;
use subtle::ConstantTimeEq;

/// How many shares there are, and how many of them are needed.
///
/// 2 ≤ k ≤ n ≤ 16. With k = 1 every holder would have the key, which a wrap
/// does better. Holders are a space's owners, each with a wrap in the log that
/// is dealt anew when one of them goes: beyond 16 that is no longer a circle of
/// people who know that they hold a share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Threshold {
    needed: u8,
    shares: u8,
}

/// Why a key was not split or not put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ShareError {
    /// Not the canonical form.
    #[error("the share can't be read: {0}")]
    Malformed(#[from] DecodeError),
    /// Not 2 ≤ k ≤ n ≤ 16.
    #[error(
        "{needed} of {shares} is no way to split a key: 2 to 16 shares, of which at least 2 are needed"
    )]
    Threshold {
        /// k.
        needed: u8,
        /// n.
        shares: u8,
    },
    /// Not 1 ≤ index ≤ n.
    #[error("there is no share {index}")]
    Index {
        /// The index that the share states.
        index: u8,
    },
    /// No shares at all, or fewer than k.
    #[error("{needed} shares are needed, and these are {found}")]
    TooFew {
        /// k; 2, the least there is, where no share says it.
        needed: u8,
        /// How many there are.
        found: usize,
    },
    /// Shares of different sets.
    #[error(
        "the shares are of different sets: an owner left and shares were dealt anew, or they are of another space"
    )]
    DifferentSets,
    /// One set, and different words on how many there are.
    #[error("the shares disagree on how many of them are needed")]
    DifferentThresholds,
    /// One set, and different commitments.
    #[error("the shares disagree on the key that they are of")]
    DifferentCommitments,
    /// One share twice.
    #[error("share {index} is there twice")]
    Duplicate {
        /// Its index.
        index: u8,
    },
    /// Together they give another key than was split: at least one was changed.
    #[error("at least one share was changed")]
    CommitmentMismatch,
}

impl Threshold {
    /// The most shares there can be.
    pub const MAX_SHARES: u8 = 16;

    /// `needed` (k) of `shares` (n).
    ///
    /// # Errors
    /// [`ShareError::Threshold`] unless 2 ≤ k ≤ n ≤ 16.
    pub fn new(needed: u8, shares: u8) -> Result<Self, ShareError> {
        if 2 <= needed && needed <= shares && shares <= Self::MAX_SHARES {
            Ok(Self { needed, shares })
        } else {
            Err(ShareError::Threshold { needed, shares })
        }
    }

    /// k: how many are needed.
    pub fn needed(self) -> u8 {
        self.needed
    }

    /// n: how many there are.
    pub fn shares(self) -> u8 {
        self.shares
    }
}

/// One share of a recovery key. As secret as a part of a key can be: wiped on
/// drop, never printed.
pub struct RecoveryShare {
    set: [u8; 16],
    threshold: Threshold,
    index: u8,
    share: KeyBytes,
    commitment: [u8; 32],
}

impl RecoveryShare {
    /// Bytes of an encoded share.
    pub const SIZE: usize = 4 + 16 + 3 + 32 + 32;

    /// The random id of the set that it was dealt with.
    pub fn set(&self) -> &[u8; 16] {
        &self.set
    }

    /// k and n.
    pub fn threshold(&self) -> Threshold {
        self.threshold
    }

    /// Which share it is, from 1.
    pub fn index(&self) -> u8 {
        self.index
    }

    /// Canonical bytes: suite and schema, set, k, n, index, share, commitment.
    pub fn encode(&self) -> SecretBytes {
        let mut head = Writer::versioned();
        head.fixed(&self.set)
            .u8(self.threshold.needed)
            .u8(self.threshold.shares)
            .u8(self.index);
        let parts: [&[u8]; 3] = [head.as_slice(), self.share.expose(), &self.commitment];
        let mut bytes = SecretBytes::zeroed(Self::SIZE);
        let mut at = 0;
        for part in parts {
            bytes[at..at + part.len()].copy_from_slice(part);
            at += part.len();
        }
        bytes
    }

    /// Reads what [`Self::encode`] wrote.
    ///
    /// # Errors
    /// [`ShareError::Malformed`], [`ShareError::Threshold`] or
    /// [`ShareError::Index`] for anything else.
    pub fn decode(bytes: &[u8]) -> Result<Self, ShareError> {
        let mut reader = Reader::versioned(bytes)?;
        let set = reader.fixed()?;
        let threshold = Threshold::new(reader.u8()?, reader.u8()?)?;
        let index = reader.u8()?;
        if index == 0 || index > threshold.shares {
            return Err(ShareError::Index { index });
        }
        let share = reader.take(32)?;
        let share = KeyBytes::from_slice(share).expect("32 bytes were taken");
        let commitment = reader.fixed()?;
        reader.finish()?;
        Ok(Self {
            set,
            threshold,
            index,
            share,
            commitment,
        })
    }
}

/// Splits `key` into n shares, in the order of their indices. Set id and
/// coefficients come from `rng`.
pub fn split_key(
    key: &KeyBytes,
    threshold: Threshold,
    rng: &mut (impl CryptoRng + ?Sized),
) -> Vec<RecoveryShare> {
    let mut set = [0; 16];
    rng.fill_bytes(&mut set);
    let coefficients: Vec<_> = (1..threshold.needed)
        .map(|_| KeyBytes::generate(rng))
        .collect();
    let commitment = commit(key, &set, threshold);
    (1..=threshold.shares)
        .map(|index| RecoveryShare {
            set,
            threshold,
            index,
            share: evaluate(key, &coefficients, index),
            commitment,
        })
        .collect()
}

/// Puts a key together from at least k shares of one set. All that are given
/// count: one that was changed spoils the result, and is found by leaving
/// shares out in turn.
///
/// # Errors
/// [`ShareError`] that says what is wrong with these shares.
pub fn combine_shares(shares: &[RecoveryShare]) -> Result<KeyBytes, ShareError> {
    let Some(first) = shares.first() else {
        return Err(ShareError::TooFew {
            needed: 2,
            found: 0,
        });
    };
    for (at, share) in shares.iter().enumerate() {
        if share.set != first.set {
            return Err(ShareError::DifferentSets);
        }
        if share.threshold != first.threshold {
            return Err(ShareError::DifferentThresholds);
        }
        if share.commitment != first.commitment {
            return Err(ShareError::DifferentCommitments);
        }
        if shares[..at].iter().any(|other| other.index == share.index) {
            return Err(ShareError::Duplicate { index: share.index });
        }
    }
    if shares.len() < usize::from(first.threshold.needed) {
        return Err(ShareError::TooFew {
            needed: first.threshold.needed,
            found: shares.len(),
        });
    }
    let key = interpolate_at_zero(shares);
    let commitment = commit(&key, &first.set, first.threshold);
    if commitment.ct_eq(&first.commitment).into() {
        Ok(key)
    } else {
        Err(ShareError::CommitmentMismatch)
    }
}

fn commit(key: &KeyBytes, set: &[u8; 16], threshold: Threshold) -> [u8; 32] {
    let mut info = Writer::versioned();
    info.fixed(set).u8(threshold.needed).u8(threshold.shares);
    let mut commitment = [0; 32];
    Hkdf::<Sha256>::new(None, key.expose())
        .expand_multi_info(
            &[label::SPLIT_COMMITMENT.as_bytes(), info.as_slice()],
            &mut commitment,
        )
        .expect("32 bytes are within HKDF-SHA256's 8160");
    commitment
}

/// f(x) for every byte by Horner's rule, the highest coefficient first.
fn evaluate(key: &KeyBytes, coefficients: &[KeyBytes], x: u8) -> KeyBytes {
    KeyBytes::filled(|out| {
        for coefficient in coefficients.iter().rev().chain([key]) {
            for (byte, c) in out.iter_mut().zip(coefficient.expose()) {
                *byte = multiply(*byte, x) ^ c;
            }
        }
    })
}

/// f(0) by Lagrange's formula: the sum of yᵢ · ∏ⱼ xⱼ / (xⱼ − xᵢ).
/// Indices are distinct and not zero, so no factor is.
fn interpolate_at_zero(shares: &[RecoveryShare]) -> KeyBytes {
    KeyBytes::filled(|out| {
        for share in shares {
            let weight = shares
                .iter()
                .filter(|other| other.index != share.index)
                .fold(1, |weight, other| {
                    let difference = other.index ^ share.index;
                    multiply(weight, multiply(other.index, invert(difference)))
                });
            for (byte, y) in out.iter_mut().zip(share.share.expose()) {
                *byte ^= multiply(*y, weight);
            }
        }
    })
}

#[cfg(test)]
mod tests;
