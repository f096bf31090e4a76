//! KEM keys as age writes them: Bech32 (BIP 173) without its limit of length.
//! Reads one key; lists and files of keys are the caller's.

use super::AgeError;
use crate::{
    KemPrivateKey, KemPublicKey,
    secret::{KeyBytes, SecretText},
};
use bech32::{
    Bech32, Checksum, Hrp,
    primitives::decode::{ByteIter, CheckedHrpstring},
};
use std::ops::RangeInclusive;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

const RECIPIENT: Hrp = Hrp::parse_unchecked("age1pq");
const IDENTITY: Hrp = Hrp::parse_unchecked("age-secret-key-pq-");

const SEED_SIZE: usize = 32;

impl KemPublicKey {
    /// The key as an age recipient, `age1pq1…`: 1959 characters.
    pub fn to_age_recipient(&self) -> String {
        let mut text = String::with_capacity(encoded_size(RECIPIENT, Self::SIZE));
        encode(&mut text, RECIPIENT, self.as_bytes());
        text
    }

    /// Parses an age recipient, `age1pq1…` in lower case.
    ///
    /// # Errors
    /// [`AgeError::InvalidRecipient`] for anything that [`Self::to_age_recipient`]
    /// does not write, and for what is no key (see [`Self::from_bytes`]).
    pub fn from_age_recipient(text: &str) -> Result<Self, AgeError> {
        let invalid = || AgeError::InvalidRecipient;
        // Before anything is allocated.
        if text.len() != encoded_size(RECIPIENT, Self::SIZE) {
            return Err(invalid());
        }
        let bytes: Vec<_> = decode(text, |bytes| bytes.collect()).ok_or_else(invalid)?;
        let key = Self::from_bytes(&bytes).map_err(|_| invalid())?;
        // Another prefix is another type; upper case, and bits after the last
        // byte, are other forms of the same key.
        if key.to_age_recipient() != text {
            return Err(invalid());
        }
        Ok(key)
    }
}

impl KemPrivateKey {
    /// Exports the private key as an age identity, `AGE-SECRET-KEY-PQ-1…`: 77
    /// characters, the only form in which this key ever leaves as text.
    pub fn export_age_identity(&self) -> SecretText {
        let size = encoded_size(IDENTITY, SEED_SIZE);
        // With room for all of it: a string that grows leaves copies.
        let mut text = Zeroizing::new(String::with_capacity(size));
        encode(&mut text, IDENTITY, self.seed().expose());
        text.make_ascii_uppercase();
        SecretText::from_utf8(text.as_bytes()).expect("Bech32 is ASCII")
    }

    /// Imports an age identity, `AGE-SECRET-KEY-PQ-1…` in upper case.
    ///
    /// # Errors
    /// [`AgeError::InvalidIdentity`] for anything that
    /// [`Self::export_age_identity`] does not write.
    pub fn import_age_identity(text: &str) -> Result<Self, AgeError> {
        let invalid = || AgeError::InvalidIdentity;
        if text.len() != encoded_size(IDENTITY, SEED_SIZE) {
            return Err(invalid());
        }
        let seed = decode(text, |bytes| {
            KeyBytes::filled(|seed| {
                for (to, from) in seed.iter_mut().zip(bytes) {
                    *to = from;
                }
            })
        })
        .ok_or_else(invalid)?;
        let key = Self::from_seed(seed);
        let canonical = key.export_age_identity();
        if !bool::from(canonical.as_bytes().ct_eq(text.as_bytes())) {
            return Err(invalid());
        }
        Ok(key)
    }
}

/// Bech32's checksum, over more characters than it corrects errors in: age uses
/// it to notice them.
enum LongBech32 {}

impl Checksum for LongBech32 {
    type MidstateRepr = <Bech32 as Checksum>::MidstateRepr;
    type CorrectionField = <Bech32 as Checksum>::CorrectionField;
    const ROOT_GENERATOR: Self::CorrectionField = Bech32::ROOT_GENERATOR;
    const ROOT_EXPONENTS: RangeInclusive<usize> = Bech32::ROOT_EXPONENTS;
    const CODE_LENGTH: usize = usize::MAX;
    const CHECKSUM_LENGTH: usize = Bech32::CHECKSUM_LENGTH;
    const GENERATOR_SH: [Self::MidstateRepr; 5] = Bech32::GENERATOR_SH;
    const TARGET_RESIDUE: Self::MidstateRepr = Bech32::TARGET_RESIDUE;
}

fn encode(text: &mut String, hrp: Hrp, bytes: &[u8]) {
    bech32::encode_lower_to_fmt::<LongBech32, _>(text, hrp, bytes)
        .expect("a string takes all that is written");
}

/// `None` for another checksum, or a character that is none of Bech32's. The
/// prefix is told by encoding again.
fn decode<T>(text: &str, take: impl FnOnce(ByteIter<'_>) -> T) -> Option<T> {
    let checked = CheckedHrpstring::new::<LongBech32>(text).ok()?;
    Some(take(checked.byte_iter()))
}

/// Prefix, `1`, five bits a character, and the checksum.
fn encoded_size(hrp: Hrp, bytes: usize) -> usize {
    hrp.len() + 1 + (bytes * 8).div_ceil(5) + LongBech32::CHECKSUM_LENGTH
}
