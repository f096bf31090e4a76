//! Enrolment codes: 20 characters that a new device shows and that are entered
//! on an enrolled one, before anything is sent, so that keys go to that device
//! and no other. Does not transport anything.
//!
//! A device's card is known to everybody once it is enrolled, so a nonce goes
//! into the code: the two machines know the code, and whatever they send what is
//! sealed under its key by never does.
//!
//! Code = the first 100 bits of SHA-256(`keystead/v1/enrolment-code` ‖ nonce 32 ‖
//! device card), five bits to a character, most significant first, in Crockford's
//! base32 alphabet. To find another device's card with the same code takes
//! 2¹⁰⁰ hashes.
//!
//! Of the two common alphabets Crockford's is misread less: it has no I, L, O
//! and U, so that what looks like 1 or 0 can only be 1 or 0 (and is read so),
//! where that of RFC 4648 has both I and L, and takes a written 0, 1 or 8 as an
//! error that its user must guess about.

use crate::{DevicePublic, EnrolmentKey, label};
use sha2::{Digest, Sha256};
use std::{fmt, str::FromStr};
use subtle::ConstantTimeEq;

const CHARACTERS: usize = 20;
const GROUP: usize = 4;

/// Crockford's base32 symbols in the order of their values.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// 20 characters that stand for one device's card. Printed as five groups of
/// four with dashes between. Compared in constant time.
#[derive(Clone, Copy, Debug)]
pub struct EnrolmentCode([u8; CHARACTERS]);

/// Why what was typed is no enrolment code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EnrolmentCodeError {
    /// A character that no code has: a `U`, or no letter or digit at all.
    #[error("character {position} does not occur in enrolment codes")]
    UnknownCharacter {
        /// Where, counted from 1, spaces and dashes included.
        position: usize,
    },
    /// More or fewer characters.
    #[error("an enrolment code has 20 characters, and these are {found}")]
    WrongLength {
        /// How many there are.
        found: usize,
    },
}

impl EnrolmentCode {
    /// The code of a device that asks, with a nonce of that asking.
    pub fn of(device: &DevicePublic, nonce: &[u8; 32]) -> Self {
        let hash = Sha256::new()
            .chain_update(label::ENROLMENT_CODE.as_bytes())
            .chain_update(nonce)
            .chain_update(device.encode())
            .finalize();
        Self::first_bits(&hash.into())
    }

    /// The key of what travels between the two machines: HKDF-SHA256 without salt over the 20 characters, in capitals and
    /// without dashes. Whoever sees what travels, and not the code, can neither read it nor make another of it.
    pub fn key(&self) -> EnrolmentKey {
        let text = self.0.map(|value| ALPHABET[usize::from(value)]);
        EnrolmentKey::of_code(&text)
    }

    fn first_bits(hash: &[u8; 32]) -> Self {
        let bit = |at: usize| hash[at / 8] >> (7 - at % 8) & 1;
        Self(std::array::from_fn(|character| {
            (0..5).fold(0, |value, n| value << 1 | bit(character * 5 + n))
        }))
    }
}

impl PartialEq for EnrolmentCode {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for EnrolmentCode {}

impl FromStr for EnrolmentCode {
    type Err = EnrolmentCodeError;

    /// Reads what a person typed: capital or not, with spaces and dashes
    /// anywhere, `O` for 0 and `I` or `L` for 1.
    fn from_str(text: &str) -> Result<Self, EnrolmentCodeError> {
        let mut values = [0; CHARACTERS];
        let mut found = 0;
        for (at, c) in text.chars().enumerate().filter(|(_, c)| !separates(*c)) {
            let value =
                value_of(c).ok_or(EnrolmentCodeError::UnknownCharacter { position: at + 1 })?;
            if let Some(place) = values.get_mut(found) {
                *place = value;
            }
            found += 1;
        }
        if found == CHARACTERS {
            Ok(Self(values))
        } else {
            Err(EnrolmentCodeError::WrongLength { found })
        }
    }
}

/// White space, the hyphen, and the dashes that editors make of it.
fn separates(c: char) -> bool {
    c.is_whitespace() || matches!(c, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}')
}

fn value_of(c: char) -> Option<u8> {
    let symbol = match u8::try_from(c).ok()?.to_ascii_uppercase() {
        b'O' => b'0',
        b'I' | b'L' => b'1',
        other => other,
    };
    let value = ALPHABET.iter().position(|known| *known == symbol)?;
    u8::try_from(value).ok()
}

impl fmt::Display for EnrolmentCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, value) in self.0.iter().enumerate() {
            if index != 0 && index % GROUP == 0 {
                f.write_str("-")?;
            }
            write!(f, "{}", char::from(ALPHABET[usize::from(*value)]))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{DisplayName, KemPrivateKey, KeyBytes, SigningKey};
    use proptest::prelude::*;

    fn device(name: &str, seed: u8) -> DevicePublic {
        let kem = KeyBytes::from_slice(&[seed; 32]).expect("32 bytes");
        DevicePublic {
            id: [seed; 16],
            name: DisplayName::parse(name).expect("a name"),
            signing: SigningKey::from_seed(&[seed; 64])
                .expect("64 bytes")
                .verifying_key(),
            kem: KemPrivateKey::from_seed(kem).public_key(),
        }
    }

    /// Pinned; the hash and its spelling computed apart from this code.
    #[test]
    fn the_code_is_the_beginning_of_the_hash() {
        let code = EnrolmentCode::of(&device("thinkpad-7", 1), &[2; 32]);
        assert_eq!(code.to_string(), "08EQ-9RWT-NRQJ-BMAK-JRM8");
        assert_eq!(code, EnrolmentCode::of(&device("thinkpad-7", 1), &[2; 32]));
        let mut hash = [0; 32];
        hash[..4].copy_from_slice(&[0b0000_0000, 0b0100_0100, 0b0011_1111, 0b1111_1000]);
        hash[12] = 0b1111_1111;
        assert_eq!(
            EnrolmentCode::first_bits(&hash).to_string(),
            "0123-ZY00-0000-0000-000F",
            "most significant bit first, and 100 of them"
        );
    }

    #[test]
    fn every_part_of_the_card_changes_the_code() {
        let code = EnrolmentCode::of(&device("a", 1), &[2; 32]);
        assert_ne!(EnrolmentCode::of(&device("a", 1), &[3; 32]), code);
        let (mut id, mut signing, mut kem) = (device("a", 1), device("a", 1), device("a", 1));
        id.id[15] ^= 1;
        signing.signing = device("a", 2).signing;
        kem.kem = device("a", 2).kem;
        for changed in [id, signing, kem, device("b", 1)] {
            assert_ne!(EnrolmentCode::of(&changed, &[2; 32]), code);
        }
    }

    #[test]
    fn what_a_person_types_is_read_and_mistakes_are_named() {
        let read = |text: &str| text.parse::<EnrolmentCode>();
        let code = read("0123-4567-89AB-CDEF-GHJK").expect("a code");
        assert_eq!(read(" o123 4567 — 89ab–cdef ghjk\n"), Ok(code));
        assert_eq!(read("OI2345678 9ABCDEFGHJK"), Ok(code));
        assert_eq!(read("Ol2345678 9ABCDEFGHJK"), Ok(code));
        assert_ne!(read("0123-4567-89AB-CDEF-GHJM"), Ok(code));
        assert_eq!(
            read("0123-4567-89AB-CDEF-GHJ"),
            Err(EnrolmentCodeError::WrongLength { found: 19 })
        );
        assert_eq!(
            read("0123-4567-89AB-CDEF-GHJKM"),
            Err(EnrolmentCodeError::WrongLength { found: 21 })
        );
        for (text, position) in [("0123-U", 6), ("é", 1), ("01.2", 3), ("0\u{130}", 2)] {
            assert_eq!(
                read(text),
                Err(EnrolmentCodeError::UnknownCharacter { position }),
                "{text}"
            );
        }
    }

    /// Computed apart from this code, with Python's hmac.
    #[test]
    fn a_code_has_a_key_however_it_is_typed() {
        let key = |text: &str| {
            let code: EnrolmentCode = text.parse().expect("a code");
            let key = code.key();
            key.key()
                .expose()
                .map(|byte| format!("{byte:02x}"))
                .concat()
        };
        assert_eq!(
            key("0123-4567-89AB-CDEF-GHJK"),
            "762f129f533e0d4848eda298367565b4fd0148cd5aee5a9b78c246250ef7402a"
        );
        assert_eq!(key("o123456789abcdefghjk"), key("0123-4567-89AB-CDEF-GHJK"));
        assert_ne!(key("0123456789ABCDEFGHJM"), key("0123-4567-89AB-CDEF-GHJK"));
    }

    proptest! {
        #[test]
        fn every_code_is_read_as_printed(hash: [u8; 32]) {
            let code = EnrolmentCode::first_bits(&hash);
            let text = code.to_string();
            prop_assert_eq!(text.len(), 24);
            prop_assert_eq!(text.parse(), Ok(code));
            prop_assert_eq!(text.to_lowercase().replace('-', " ").parse(), Ok(code));
        }

        #[test]
        fn another_bit_is_another_code(hash: [u8; 32], bit in 0usize..256) {
            let mut other = hash;
            other[bit / 8] ^= 0x80 >> (bit % 8);
            let same = EnrolmentCode::first_bits(&hash) == EnrolmentCode::first_bits(&other);
            prop_assert_eq!(same, bit >= 100);
        }

        #[test]
        fn twenty_characters_are_a_code_and_no_others(text in "[0-9A-Za-z -]{18,26}") {
            let letters = text.chars().filter(char::is_ascii_alphanumeric).count();
            let canonical = letters == 20 && !text.contains(['U', 'u']);
            let code = text.parse::<EnrolmentCode>();
            prop_assert_eq!(code.is_ok(), canonical);
            if let Ok(code) = code {
                prop_assert_eq!(code.to_string().parse(), Ok(code));
            }
        }
    }
}
