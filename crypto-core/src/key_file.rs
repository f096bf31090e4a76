//! A key file: 32 random bytes that count beside a passphrase, kept where the vault is not.
//!
//! Says how the file is spelled; reads and writes none.

use crate::secret::{KeyBytes, SecretText};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

const FIRST_LINE: &str = "keystead key file 1";
const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// What a key file holds.
pub struct KeyFile(KeyBytes);

/// Why a file is no key file. Never holds any of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("that is no key file: it would be the line `{FIRST_LINE}` and one of 64 hex digits")]
pub struct KeyFileError;

impl KeyFile {
    /// More than any key file has, line ends of any system counted.
    pub const MAX_SIZE: usize = FIRST_LINE.len() + 64 + 4;

    /// Takes 32 uniform bytes from `rng`.
    pub fn generate(rng: &mut (impl CryptoRng + ?Sized)) -> Self {
        Self(KeyBytes::generate(rng))
    }

    /// Gives these bytes this use.
    pub fn from_bytes(bytes: KeyBytes) -> Self {
        Self(bytes)
    }

    /// The 32 bytes, for the one call that needs them.
    pub fn secret(&self) -> &KeyBytes {
        &self.0
    }

    /// The file's text: a line that says what it is, and the bytes as 64 hex digits.
    pub fn text(&self) -> SecretText {
        // In one allocation, so that none is left behind unwiped.
        let mut text = Zeroizing::new(String::with_capacity(Self::MAX_SIZE));
        text.push_str(FIRST_LINE);
        text.push('\n');
        for byte in self.0.expose() {
            for digit in [byte >> 4, byte & 15] {
                text.push(char::from(DIGITS[usize::from(digit)]));
            }
        }
        text.push('\n');
        SecretText::from_utf8(text.as_bytes()).expect("ASCII")
    }

    /// Reads what [`Self::text`] wrote; an editor may have changed the line ends, and nothing else.
    ///
    /// # Errors
    /// [`KeyFileError`] for anything else.
    pub fn parse(text: &[u8]) -> Result<Self, KeyFileError> {
        let text = std::str::from_utf8(text).map_err(|_| KeyFileError)?;
        let mut lines = text.lines();
        let (Some(FIRST_LINE), Some(digits), None) = (lines.next(), lines.next(), lines.next())
        else {
            return Err(KeyFileError);
        };
        let digits: &[u8; 64] = digits.as_bytes().try_into().map_err(|_| KeyFileError)?;
        let mut read = true;
        let key = KeyBytes::filled(|out| {
            for (byte, pair) in out.iter_mut().zip(digits.chunks_exact(2)) {
                let value = |digit: u8| DIGITS.iter().position(|d| *d == digit);
                match (value(pair[0]), value(pair[1])) {
                    (Some(high), Some(low)) => *byte = (high * 16 + low) as u8,
                    _ => read = false,
                }
            }
        });
        if read {
            Ok(Self(key))
        } else {
            Err(KeyFileError)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use getrandom::{SysRng, rand_core::UnwrapErr};
    use proptest::prelude::*;

    #[test]
    fn a_key_file_is_two_lines_and_read_with_any_line_ends() {
        let bytes: [u8; 32] = std::array::from_fn(|index| 0xf0 ^ index as u8);
        let file = KeyFile::from_bytes(KeyBytes::from_slice(&bytes).expect("32 bytes"));
        let text = file.text();
        assert_eq!(
            &*text,
            "keystead key file 1\n\
             f0f1f2f3f4f5f6f7f8f9fafbfcfdfeffe0e1e2e3e4e5e6e7e8e9eaebecedeeef\n"
        );
        assert_eq!(text.replace('\n', "\r\n").len(), KeyFile::MAX_SIZE);
        for form in [
            text.to_owned(),
            text.replace('\n', "\r\n"),
            text.trim_end().to_owned(),
        ] {
            assert!(form.len() <= KeyFile::MAX_SIZE);
            let read = KeyFile::parse(form.as_bytes()).expect("its own");
            assert_eq!(read.secret().expose(), &bytes);
        }
        for wrong in [
            String::new(),
            text.replace("file 1", "file 2"),
            text.to_uppercase(),
            text.replace("f0f1", "f0g1"),
            text.replace("f0f1", "f0f"),
            format!("{}x\n", &*text),
            format!("\n{}", &*text),
        ] {
            assert!(KeyFile::parse(wrong.as_bytes()).is_err(), "{wrong}");
        }
        assert!(KeyFile::parse(b"\xff\xfe").is_err());
    }

    #[test]
    fn two_key_files_are_never_the_same() {
        let rng = &mut UnwrapErr(SysRng);
        assert_ne!(
            *KeyFile::generate(rng).text(),
            *KeyFile::generate(rng).text()
        );
    }

    proptest! {
        #[test]
        fn every_key_file_is_read_as_written(bytes: [u8; 32]) {
            let file = KeyFile::from_bytes(KeyBytes::from_slice(&bytes).expect("32 bytes"));
            let read = KeyFile::parse(file.text().as_bytes()).expect("its own");
            prop_assert_eq!(read.secret().expose(), &bytes);
        }
    }
}
