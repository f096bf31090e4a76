//! The recovery secret: 256 random bits on paper as 24 words, from which come
//! the key of a recovery slot and a recovery KEM key. Does not store anything;
//! no passphrase is mixed in, as the bits are all the strength there is need of.
//!
//! BIP-39 (English list) is the spelling only: 24 words of 11 bits are the 256
//! bits and the first 8 bits of their SHA-256. BIP-39's own derivation of a
//! seed is not used. The list comes from the `bip39` crate, and nothing else
//! does: it works in arrays that it does not wipe. Keys are derived
//! with HKDF-SHA256 (RFC 5869; no salt, ikm = the 32 bytes, 32 bytes out):
//!
//! - slot key: info = `keystead/v1/recovery-slot-key`;
//! - seed of the recovery KEM key (X-Wing): info = `keystead/v1/recovery-kem-key`.

use crate::{
    KemPrivateKey, SlotKey, label,
    secret::{KeyBytes, SecretText},
};
use bip39::Language;
use rand_core::CryptoRng;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

const WORDS: usize = 24;
const BITS_PER_WORD: usize = 11;

/// The 32 bytes and their checksum of one, which are 24 times 11 bits.
const SPELLED_SIZE: usize = 33;

/// No word of the list has more than 8 letters.
const LONGEST_TEXT: usize = WORDS * (8 + 1);

/// So many letters tell each word of the list from every other.
const ABBREVIATION: usize = 4;

/// 256 random bits, kept on paper as 24 words.
pub struct RecoverySecret(KeyBytes);

/// Why words are no recovery secret. Never holds any of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RecoveryWordsError {
    /// More or fewer words.
    #[error("there are 24 recovery words, and these are {found}")]
    WrongCount {
        /// How many there are.
        found: usize,
    },
    /// A word that is not on the list.
    #[error("word {position} is not a recovery word")]
    UnknownWord {
        /// Which one, counted from 1.
        position: usize,
    },
    /// All on the list, and not these words in this order.
    #[error("the recovery words do not belong together: one is wrong, or their order is")]
    Checksum,
}

/// The 2,048 English words of BIP-39, each told by its first four letters: for whoever makes passphrases of words.
pub fn word_list() -> &'static [&'static str; 2048] {
    Language::English.word_list()
}

impl RecoverySecret {
    /// Takes 256 uniform bits from `rng`.
    pub fn generate(rng: &mut (impl CryptoRng + ?Sized)) -> Self {
        Self(KeyBytes::generate(rng))
    }

    /// The 24 words, in small letters, a space between.
    pub fn words(&self) -> SecretText {
        let mut spelled = Zeroizing::new([0; SPELLED_SIZE]);
        spelled[..32].copy_from_slice(self.0.expose());
        spelled[32] = checksum(self.0.expose());
        // In one allocation, so that none is left behind unwiped.
        let mut text = Zeroizing::new(String::with_capacity(LONGEST_TEXT));
        for word in 0..WORDS {
            let index = (0..BITS_PER_WORD).fold(0, |index, bit| {
                let at = word * BITS_PER_WORD + bit;
                index * 2 + usize::from(spelled[at / 8] >> (7 - at % 8) & 1)
            });
            if word != 0 {
                text.push(' ');
            }
            text.push_str(Language::English.word_list()[index]);
        }
        SecretText::from_utf8(text.as_bytes()).expect("the list's words are ASCII")
    }

    /// Reads 24 words: capital or not, with any white space between, each in
    /// full or by its first four or more letters.
    ///
    /// # Errors
    /// [`RecoveryWordsError`] with the first mistake there is.
    pub fn parse(text: &str) -> Result<Self, RecoveryWordsError> {
        let found = text.split_whitespace().count();
        if found != WORDS {
            return Err(RecoveryWordsError::WrongCount { found });
        }
        let mut spelled = Zeroizing::new([0; SPELLED_SIZE]);
        for (word, typed) in text.split_whitespace().enumerate() {
            let index = look_up(typed);
            let index = index.ok_or(RecoveryWordsError::UnknownWord { position: word + 1 })?;
            for bit in 0..BITS_PER_WORD {
                let at = word * BITS_PER_WORD + bit;
                let value = u8::from(index >> (BITS_PER_WORD - 1 - bit) & 1 == 1);
                spelled[at / 8] |= value << (7 - at % 8);
            }
        }
        let (secret, stated) = spelled.split_at(32);
        KeyBytes::from_slice(secret)
            .filter(|secret| stated == [checksum(secret.expose())])
            .map(Self)
            .ok_or(RecoveryWordsError::Checksum)
    }

    /// Derives the key of the vault's recovery slot.
    pub fn derive_slot_key(&self) -> SlotKey {
        SlotKey(self.0.derive(label::RECOVERY_SLOT_KEY))
    }

    /// Derives the key to whose public half the identity's keys are sealed.
    pub fn derive_kem_key(&self) -> KemPrivateKey {
        KemPrivateKey::from_seed(self.0.derive(label::RECOVERY_KEM_KEY))
    }
}

/// BIP-39's: the first byte of the SHA-256.
fn checksum(secret: &[u8; 32]) -> u8 {
    Sha256::digest(secret)[0]
}

/// The index of the word that is meant. A word in full is no other's
/// abbreviation, as no two words begin with the same four letters.
fn look_up(typed: &str) -> Option<usize> {
    let begins = |word: &str| {
        word.get(..typed.len())
            .is_some_and(|head| head.eq_ignore_ascii_case(typed))
    };
    Language::English
        .word_list()
        .iter()
        .position(|word| begins(word) && (typed.len() >= ABBREVIATION || typed.len() == word.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use getrandom::{SysRng, rand_core::UnwrapErr};
    use proptest::prelude::*;

    fn secret(bytes: [u8; 32]) -> RecoverySecret {
        RecoverySecret(KeyBytes::from_slice(&bytes).expect("32 bytes"))
    }

    fn error(text: &str) -> Option<RecoveryWordsError> {
        RecoverySecret::parse(text).err()
    }

    #[test]
    fn the_longest_words_fit_into_what_is_wiped() {
        let longest = Language::English.word_list().iter().map(|w| w.len()).max();
        let longest = longest.expect("a list of words");
        assert!(WORDS * longest + (WORDS - 1) <= LONGEST_TEXT);
        assert!(LONGEST_TEXT <= WORDS * (longest + 1));
    }

    /// Vectors of the BIP-39 reference implementation (MIT).
    #[test]
    fn the_spelling_is_that_of_bip_39() {
        let vectors = [
            (0x00, ["abandon"; 23].join(" ") + " art"),
            (
                0x7f,
                "legal winner thank year wave sausage worth useful ".repeat(2)
                    + "legal winner thank year wave sausage worth title",
            ),
            (
                0x80,
                "letter advice cage absurd amount doctor acoustic avoid ".repeat(2)
                    + "letter advice cage absurd amount doctor acoustic bless",
            ),
            (0xff, ["zoo"; 23].join(" ") + " vote"),
        ];
        for (byte, words) in vectors {
            assert_eq!(*secret([byte; 32]).words(), words);
            let read = RecoverySecret::parse(&words).expect("a published vector");
            assert_eq!(read.0.expose(), &[byte; 32]);
        }
    }

    #[test]
    fn four_letters_of_every_word_are_enough() {
        let list = Language::English.word_list();
        for (index, word) in list.iter().enumerate() {
            for size in word.len().min(ABBREVIATION)..=word.len() {
                assert_eq!(look_up(&word[..size]), Some(index));
            }
            assert!(word.len() <= 8, "{word}");
        }
        assert_eq!(look_up("aba"), None, "three are not");
        assert_eq!(look_up("abandons"), None);
        assert_eq!(list[look_up("act").expect("a word")], "act");
        assert_eq!(look_up(""), None);
        assert_eq!(look_up("zo\u{f6}"), None);
    }

    #[test]
    fn what_a_person_types_is_read_and_mistakes_are_named() {
        let zeros = ["abandon"; 23].join(" ") + " art";
        let loose = zeros.replace("abandon ", "ABAN\r\n\t") + "  ";
        let read = RecoverySecret::parse(&loose).expect("tolerated");
        assert_eq!(read.0.expose(), &[0; 32]);

        use RecoveryWordsError::{Checksum, UnknownWord, WrongCount};
        assert_eq!(error(""), Some(WrongCount { found: 0 }));
        assert_eq!(error(&zeros[8..]), Some(WrongCount { found: 23 }));
        assert_eq!(
            error(&format!("{zeros} art")),
            Some(WrongCount { found: 25 })
        );
        assert_eq!(
            error(&zeros.replace(" art", " arx")),
            Some(UnknownWord { position: 24 })
        );
        assert_eq!(
            error(&zeros.replacen("abandon", "hunter2", 1)),
            Some(UnknownWord { position: 1 })
        );
        assert_eq!(error(&zeros.replace(" art", " zoo")), Some(Checksum));
        let swapped = secret(std::array::from_fn(|n| n as u8)).words();
        let mut words: Vec<_> = swapped.split(' ').collect();
        words.swap(3, 4);
        assert_eq!(
            error(&words.join(" ")),
            Some(Checksum),
            "their order counts"
        );
    }

    /// Pinned; HKDF-SHA256 computed apart from this code.
    #[test]
    fn slot_key_and_kem_key_are_derived_apart() {
        let secret = secret([0x7f; 32]);
        assert_eq!(
            hex(secret.derive_slot_key().key().expose()),
            "db6bea44f852971c215953c5d0bf55351423e17f78df90ee5507ee94dcb4914e"
        );
        assert_eq!(
            hex(secret.derive_kem_key().seed().expose()),
            "fc728d5a4455f5afb0185f5d050c6d8b584723355d2a17b72b44c2ace376a0fa"
        );
    }

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    #[test]
    fn two_secrets_are_never_the_same() {
        let rng = &mut UnwrapErr(SysRng);
        let words = RecoverySecret::generate(rng).words();
        assert_ne!(*words, *RecoverySecret::generate(rng).words());
        assert!(RecoverySecret::parse(&words).is_ok());
    }

    proptest! {
        #[test]
        fn every_secret_is_read_as_spelled(bytes: [u8; 32]) {
            let words = secret(bytes).words();
            let read = RecoverySecret::parse(&words).map(|read| *read.0.expose());
            prop_assert_eq!(read, Ok(bytes));
            let short: Vec<_> = words.split(' ').map(|word| &word[..word.len().min(4)]).collect();
            let read = RecoverySecret::parse(&short.join(" ")).map(|read| *read.0.expose());
            prop_assert_eq!(read, Ok(bytes));
        }

        /// One in 256 holds by chance.
        #[test]
        fn words_of_the_list_are_read_as_they_are_or_miss_the_checksum(
            picks in prop::collection::vec(0usize..2048, WORDS),
        ) {
            let list = Language::English.word_list();
            let words: Vec<_> = picks.iter().map(|pick| list[*pick]).collect();
            let words = words.join(" ");
            match RecoverySecret::parse(&words) {
                Ok(secret) => prop_assert_eq!(&*secret.words(), &words),
                Err(error) => prop_assert_eq!(error, RecoveryWordsError::Checksum),
            }
        }
    }
}
