//! Safety numbers: two people read 60 digits to each other, or scan a code, and
//! know that each holds the other's identity signature key. Covers these two
//! keys only: no names, no devices, no share keys. Does not remember that they
//! were compared.
//!
//! Each side is 30 digits by Signal's construction (`NumericFingerprint`, 5,200
//! rounds of SHA-512, fingerprint version 0, as published in Signal's libraries),
//! which makes a search for a similar number cost 5,200 times as much:
//!
//! - h₁ = SHA-512(0x0000 ‖ key ‖ identifier ‖ key), hᵢ = SHA-512(hᵢ₋₁ ‖ key),
//!   up to h₅₂₀₀; `key` is the 1,984 bytes of the composite public key;
//! - the "stable identifier", at Signal a telephone number, is here
//!   `keystead/v1/safety-number` ‖ the key's 32-byte fingerprint;
//! - the first 30 bytes of h₅₂₀₀ are six big-endian numbers of 5 bytes; each,
//!   modulo 100,000, gives five digits.
//!
//! The number is both sides' digits, the lesser string first.
//!
//! The code to scan is 65 bytes: version 1, then both fingerprints in full, the
//! lesser first. It is the same on both sides too.

use crate::{Fingerprint, VerifyingKey, identity::fingerprint, label};
use sha2::{Digest, Sha512};
use std::{fmt, str::FromStr};

const ROUNDS: usize = 5200;
const SIDE: usize = 30;
const DIGITS: usize = 2 * SIDE;
const GROUP: usize = 5;

const CODE_VERSION: u8 = 1;
const CODE_SIZE: usize = 65;

/// 60 digits, the same on both sides. Printed as twelve groups of five; not secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SafetyNumber([u8; DIGITS]);

/// Why what was typed is no safety number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SafetyNumberError {
    /// Something else than digits and spaces.
    #[error("character {position} is not a digit")]
    NotADigit {
        /// Where, counted from 1, spaces included.
        position: usize,
    },
    /// More or fewer digits.
    #[error("a safety number has 60 digits, and these are {found}")]
    WrongLength {
        /// How many there are.
        found: usize,
    },
}

impl SafetyNumber {
    /// The number of two identity signature keys, in either order. Takes about a
    /// tenth of a second: 10,400 rounds over 2 KB.
    pub fn of(one: &VerifyingKey, other: &VerifyingKey) -> Self {
        let (one, other) = (key_digits(one), key_digits(other));
        let (first, second) = if one <= other {
            (one, other)
        } else {
            (other, one)
        };
        let mut digits = [0; DIGITS];
        digits[..SIDE].copy_from_slice(&first);
        digits[SIDE..].copy_from_slice(&second);
        Self(digits)
    }
}

impl FromStr for SafetyNumber {
    type Err = SafetyNumberError;

    /// Reads what a person typed: white space anywhere is ignored.
    fn from_str(text: &str) -> Result<Self, SafetyNumberError> {
        let mut digits = [0; DIGITS];
        let mut found = 0;
        for (at, c) in text.chars().enumerate().filter(|(_, c)| !c.is_whitespace()) {
            let digit = u8::try_from(c).ok().filter(u8::is_ascii_digit);
            let digit = digit.ok_or(SafetyNumberError::NotADigit { position: at + 1 })?;
            if let Some(place) = digits.get_mut(found) {
                *place = digit;
            }
            found += 1;
        }
        if found == DIGITS {
            Ok(Self(digits))
        } else {
            Err(SafetyNumberError::WrongLength { found })
        }
    }
}

impl fmt::Display for SafetyNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, group) in self.0.chunks(GROUP).enumerate() {
            if index != 0 {
                f.write_str(" ")?;
            }
            f.write_str(str::from_utf8(group).expect("ASCII digits"))?;
        }
        Ok(())
    }
}

/// What a scanned code says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SafetyCodeMatch {
    /// Both sides hold the same two keys.
    Match,
    /// A safety code, of other keys: somebody stands between, or one side has
    /// another person's card.
    OtherKey,
    /// Some other code, or one of a version that is not known.
    NotASafetyCode,
}

/// The code that both sides show to be scanned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SafetyCode([u8; CODE_SIZE]);

impl SafetyCode {
    /// The code of two identities, in either order.
    pub fn of(one: &Fingerprint, other: &Fingerprint) -> Self {
        let mut bytes = [0; CODE_SIZE];
        bytes[0] = CODE_VERSION;
        bytes[1..33].copy_from_slice(one.min(other));
        bytes[33..].copy_from_slice(one.max(other));
        Self(bytes)
    }

    /// The bytes to show, in a QR code's byte mode.
    pub fn as_bytes(&self) -> &[u8; CODE_SIZE] {
        &self.0
    }

    /// Compares with the bytes that were scanned from the other side.
    pub fn compare(&self, scanned: &[u8]) -> SafetyCodeMatch {
        let Ok(scanned) = <&[u8; CODE_SIZE]>::try_from(scanned) else {
            return SafetyCodeMatch::NotASafetyCode;
        };
        let (first, second) = scanned[1..].split_at(32);
        if scanned[0] != CODE_VERSION || first > second {
            SafetyCodeMatch::NotASafetyCode
        } else if *scanned == self.0 {
            SafetyCodeMatch::Match
        } else {
            SafetyCodeMatch::OtherKey
        }
    }
}

fn key_digits(key: &VerifyingKey) -> [u8; SIDE] {
    let identifier = [label::SAFETY_NUMBER.as_bytes(), &fingerprint(key)].concat();
    side_digits(&identifier, key.as_bytes())
}

/// One side's 30 ASCII digits.
fn side_digits(identifier: &[u8], key: &[u8]) -> [u8; SIDE] {
    let mut hash = Sha512::new()
        .chain_update([0, 0])
        .chain_update(key)
        .chain_update(identifier)
        .chain_update(key)
        .finalize();
    for _ in 1..ROUNDS {
        hash = Sha512::new()
            .chain_update(hash)
            .chain_update(key)
            .finalize();
    }
    let mut digits = [0; SIDE];
    for (chunk, group) in hash.chunks_exact(5).zip(digits.chunks_exact_mut(GROUP)) {
        let number = chunk.iter().fold(0, |n, byte| n << 8 | u64::from(*byte));
        // The lowest five digits; what is above them is not looked at.
        let mut rest = number;
        for digit in group.iter_mut().rev() {
            *digit = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
    }
    digits
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SigningKey;
    use proptest::prelude::*;

    fn key(seed: u8) -> VerifyingKey {
        SigningKey::from_seed(&[seed; 64])
            .expect("64 bytes")
            .verifying_key()
    }

    /// The vector of Signal's own tests (numeric fingerprint of two telephone
    /// numbers and keys, 5,200 iterations); published facts, no code.
    #[test]
    fn the_digits_are_those_of_signal() {
        let alice = side_digits(
            b"+14152222222",
            &hex("0506863bc66d02b40d27b8d49ca7c09e9239236f9d7d25d6fcca5ce13c7064d868"),
        );
        let bob = side_digits(
            b"+14153333333",
            &hex("05f781b6fb32fed9ba1cf2de978d4d5da28dc34046ae814402b5c0dbd96fda907b"),
        );
        assert_eq!(&alice, b"300354477692869396892869876765");
        assert_eq!(&bob, b"458257569162576843440918079131");
    }

    fn hex(text: &str) -> Vec<u8> {
        (0..text.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&text[at..at + 2], 16).expect("hex"))
            .collect()
    }

    /// Pinned; the digits computed apart from this code.
    #[test]
    fn both_sides_read_the_same_and_a_third_key_reads_another() {
        let (mara, jo, eve) = (key(1), key(2), key(3));
        let number = SafetyNumber::of(&mara, &jo);
        assert_eq!(number, SafetyNumber::of(&jo, &mara));
        assert_eq!(
            number.to_string(),
            "65289 84665 99070 70997 23228 18500 69641 75893 18494 22951 72465 98751"
        );
        let with_eve = SafetyNumber::of(&mara, &eve);
        assert_ne!(number, with_eve);
        let halves = |number: &SafetyNumber| {
            let (a, b) = number.0.split_at(SIDE);
            [a.to_vec(), b.to_vec()]
        };
        let shared = halves(&number)
            .iter()
            .filter(|half| halves(&with_eve).contains(half))
            .count();
        assert_eq!(shared, 1, "each side's half depends on its own key alone");
    }

    #[test]
    fn what_a_person_types_is_read_and_mistakes_are_named() {
        let number = SafetyNumber(*b"012345678901234567890123456789012345678901234567890123456789");
        assert_eq!(
            number.to_string(),
            "01234 56789 01234 56789 01234 56789 01234 56789 01234 56789 01234 56789"
        );
        let read = |text: &str| text.parse::<SafetyNumber>();
        assert_eq!(read(&number.to_string()), Ok(number));
        let lines = number.to_string().replace("9 0", "9\r\n\u{a0}0");
        assert_eq!(read(&lines), Ok(number));
        assert_eq!(
            read("01234 5678"),
            Err(SafetyNumberError::WrongLength { found: 9 })
        );
        assert_eq!(
            read(&format!("{number} 0")),
            Err(SafetyNumberError::WrongLength { found: 61 })
        );
        assert_eq!(
            read("01234 5678O"),
            Err(SafetyNumberError::NotADigit { position: 11 })
        );
        assert_eq!(
            read("٣"),
            Err(SafetyNumberError::NotADigit { position: 1 }),
            "digits of one script only"
        );
    }

    #[test]
    fn a_scanned_code_matches_or_says_what_it_is() {
        let (mara, jo, eve) = ([1; 32], [2; 32], [3; 32]);
        let ours = SafetyCode::of(&mara, &jo);
        assert_eq!(&ours.as_bytes()[..2], &[1, 1], "version, then the lesser");
        let theirs = SafetyCode::of(&jo, &mara);
        assert_eq!(ours.compare(theirs.as_bytes()), SafetyCodeMatch::Match);
        for other in [SafetyCode::of(&mara, &eve), SafetyCode::of(&eve, &jo)] {
            assert_eq!(ours.compare(other.as_bytes()), SafetyCodeMatch::OtherKey);
        }
        let swapped = [&[1][..], &jo, &mara].concat();
        let newer = [&[2][..], &mara, &jo].concat();
        let longer = [&ours.as_bytes()[..], &[0]].concat();
        for bytes in [
            &swapped,
            &newer,
            &longer,
            &Vec::new(),
            &b"https://".to_vec(),
        ] {
            assert_eq!(ours.compare(bytes), SafetyCodeMatch::NotASafetyCode);
        }
    }

    proptest! {
        #[test]
        fn every_number_is_read_as_printed(digits in "[0-9]{60}", spaces: [prop::sample::Index; 5]) {
            let number: SafetyNumber = digits.parse().expect("60 digits");
            prop_assert_eq!(number.to_string().replace(' ', ""), digits.clone());
            let mut typed = digits;
            for at in spaces {
                typed.insert(at.index(typed.len()), ' ');
            }
            prop_assert_eq!(typed.parse(), Ok(number));
        }

        #[test]
        fn sixty_digits_are_a_number_and_no_others(text in "[0-9 ]{55,75}") {
            let digits: String = text.split(' ').collect();
            match text.parse::<SafetyNumber>() {
                Ok(number) => prop_assert_eq!(number.to_string().replace(' ', ""), digits),
                Err(error) => {
                    prop_assert_ne!(digits.len(), 60);
                    let found = digits.len();
                    prop_assert_eq!(error, SafetyNumberError::WrongLength { found });
                }
            }
        }

        #[test]
        fn one_changed_byte_of_a_code_is_no_match(a: [u8; 32], b: [u8; 32], at in 0usize..65, bit in 0u8..8) {
            let code = SafetyCode::of(&a, &b);
            let mut scanned = *code.as_bytes();
            prop_assert_eq!(code.compare(&scanned), SafetyCodeMatch::Match);
            scanned[at] ^= 1 << bit;
            prop_assert_ne!(code.compare(&scanned), SafetyCodeMatch::Match);
        }
    }
}
