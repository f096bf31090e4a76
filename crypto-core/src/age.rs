//! age files for `age1pq1…` recipients: sealed to, and opened by, KEM keys
//! (c2sp.org/age, the MLKEM768-X25519 recipient type).
//!
//! Brings the one recipient type that the `age` crate lacks. Header, payload
//! and armor are that crate's; passphrases, X25519 alone, plugins and files on
//! disk are not done at all.
//!
//! `age` draws file key and nonce from the system itself. It wipes keys and
//! what it opens, but not the last 64 KiB that it sealed.

mod stanza;
mod text;

use crate::{KemPrivateKey, KemPublicKey};
use ::age::{
    DecryptError, Decryptor, Encryptor, Identity, Recipient,
    armor::{ArmoredReader, ArmoredWriter, Format},
};
use keystead_memory::SecretBytes;
use rand_core::CryptoRng;
use stanza::{HybridIdentity, HybridRecipient};
use std::{
    cell::RefCell,
    io::{self, Read, Write},
    iter,
};

/// Bytes of the longest plaintext that is sealed or opened: 16 MiB, more than the largest attachment. A file in armor is
/// held thrice while it is opened, which stays below 64 MiB.
pub const AGE_PLAINTEXT_MAX: usize = 16 << 20;

/// The most recipients that one file is sealed to.
pub const AGE_RECIPIENTS_MAX: usize = 128;

/// Bytes of the longest header that is read: [`AGE_RECIPIENTS_MAX`] stanzas of
/// 1557 are 195 KiB, and the rest is for stanzas that are not ours.
const HEADER_MAX: usize = 256 << 10;

/// Lines of the longest header. The `age` crate parses a header anew with each
/// line that it reads, so that lines cost by their square.
const HEADER_LINES_MAX: usize = 512;

/// Bytes of the longest file: a tag of 16 for each chunk of 64 KiB, a nonce of
/// 16, and 66 for each 48 once they stand in armor with CRLF.
const FILE_MAX: usize =
    (HEADER_MAX + 16 + AGE_PLAINTEXT_MAX + (AGE_PLAINTEXT_MAX / (64 << 10) + 1) * 16) / 48 * 66
        + 4096;

/// Bytes of the longest line of armor. Its own are of 64; spaces may follow it,
/// and age allows 1024. The `age` crate gathers a line before it refuses it.
const ARMOR_LINE_MAX: usize = 64 + 1024;

const ARMOR_BEGIN: &[u8] = b"-----BEGIN AGE ENCRYPTED FILE-----";
const MAGIC: &[u8] = b"age-encryption.org/";
const VERSION_1: &[u8] = b"age-encryption.org/v1\n";

/// Why an age file was not sealed or opened. Never holds any of its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AgeError {
    /// Begins neither as an age file nor as its armor.
    #[error("this is not an age file")]
    NotAnAgeFile,
    /// An age file of another version than 1.
    #[error("the age file is of a version that is not known")]
    UnsupportedVersion,
    /// Header, stanza or armor are not of their form, end too early, or the
    /// header is longer than 256 KiB or 512 lines. Also an encapsulated key
    /// whose X25519 half is of small order.
    #[error("the age file's header or armor is damaged")]
    Malformed,
    /// No stanza is for this key, or the stanza's key or body was changed.
    #[error("the age file is not for this key")]
    NoMatchingKey,
    /// What the file key authenticates was changed, or the payload ends early.
    #[error("the age file was changed or cut short")]
    Tampered,
    /// The plaintext is longer than [`AGE_PLAINTEXT_MAX`].
    #[error("the age file is too large")]
    TooLarge,
    /// Not one recipient, or more than [`AGE_RECIPIENTS_MAX`].
    #[error("an age file has 1 to {AGE_RECIPIENTS_MAX} recipients")]
    RecipientCount,
    /// Not an `age1pq1…` recipient in its one form.
    #[error("this is not an age1pq1… recipient")]
    InvalidRecipient,
    /// Not an `AGE-SECRET-KEY-PQ-1…` identity in its one form.
    #[error("this is not an AGE-SECRET-KEY-PQ-1… identity")]
    InvalidIdentity,
}

/// How an age file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AgeFormat {
    /// Bytes.
    Binary,
    /// ASCII armor: text of 64 columns.
    Armored,
}

/// Seals `plaintext` for `recipients`, any of whom opens it.
///
/// `rng` is what the stanzas are made with; file key, nonce and the stanza that
/// every reader has to ignore are the `age` crate's, from the system's own.
///
/// # Errors
/// [`AgeError::RecipientCount`] for none or too many, [`AgeError::TooLarge`]
/// above [`AGE_PLAINTEXT_MAX`], [`AgeError::InvalidRecipient`] if encapsulation fails.
pub fn seal_age_file(
    recipients: &[KemPublicKey],
    plaintext: &[u8],
    format: AgeFormat,
    rng: &mut (impl CryptoRng + ?Sized),
) -> Result<Vec<u8>, AgeError> {
    if recipients.is_empty() || recipients.len() > AGE_RECIPIENTS_MAX {
        return Err(AgeError::RecipientCount);
    }
    if plaintext.len() > AGE_PLAINTEXT_MAX {
        return Err(AgeError::TooLarge);
    }
    let rng = RefCell::new(rng);
    let recipients: Vec<_> = recipients
        .iter()
        .map(|key| HybridRecipient::new(key, &rng))
        .collect();
    let encryptor = Encryptor::with_recipients(recipients.iter().map(|r| r as &dyn Recipient))
        .map_err(|_| AgeError::InvalidRecipient)?;
    Ok(write_file(encryptor, plaintext, format).expect("a vector takes all that is written"))
}

fn write_file(encryptor: Encryptor, plaintext: &[u8], format: AgeFormat) -> io::Result<Vec<u8>> {
    let format = match format {
        AgeFormat::Binary => Format::Binary,
        AgeFormat::Armored => Format::AsciiArmor,
    };
    let armor = ArmoredWriter::wrap_output(Vec::new(), format)?;
    let mut writer = encryptor.wrap_output(armor)?;
    writer.write_all(plaintext)?;
    writer.finish()?.finish()
}

/// Opens an age file, binary or armored, with `identity`. All or nothing: no
/// byte of a file that was changed at its end is given out.
///
/// Needs no more memory than a small multiple of the file, nor of
/// [`AGE_PLAINTEXT_MAX`], whatever the file says.
///
/// # Errors
/// [`AgeError`] for anything that is not whole and for this key.
pub fn open_age_file(identity: &KemPrivateKey, file: &[u8]) -> Result<SecretBytes, AgeError> {
    open_with(&HybridIdentity::new(identity), file)
}

fn open_with(identity: &HybridIdentity<'_>, file: &[u8]) -> Result<SecretBytes, AgeError> {
    if file.len() > FILE_MAX {
        return Err(AgeError::TooLarge);
    }
    // As age does: armor may have been pasted with space around it.
    let pasted = file.trim_ascii_start();
    if pasted.starts_with(ARMOR_BEGIN) {
        open_binary(identity, &read_armor(pasted)?)
    } else {
        open_binary(identity, file)
    }
}

fn read_armor(armored: &[u8]) -> Result<Vec<u8>, AgeError> {
    let mut lines = armored.split(|byte| *byte == b'\n');
    if lines.any(|line| line.len() > ARMOR_LINE_MAX) {
        return Err(AgeError::Malformed);
    }
    let mut file = Vec::with_capacity(armored.len() / 4 * 3);
    ArmoredReader::new(armored)
        .read_to_end(&mut file)
        .map_err(|_| AgeError::Malformed)?;
    Ok(file)
}

fn open_binary(identity: &HybridIdentity<'_>, file: &[u8]) -> Result<SecretBytes, AgeError> {
    if !file.starts_with(MAGIC) {
        return Err(AgeError::NotAnAgeFile);
    }
    bound_header(file)?;
    let decryptor = Decryptor::new_buffered(file).map_err(|error| match error {
        // The `age` crate takes a version 1 that it can't parse for another.
        DecryptError::UnknownFormat if !file.starts_with(VERSION_1) => AgeError::UnsupportedVersion,
        _ => AgeError::Malformed,
    })?;
    let reader = decryptor
        .decrypt(iter::once(identity as &dyn Identity))
        .map_err(|error| match error {
            DecryptError::NoMatchingKeys => AgeError::NoMatchingKey,
            DecryptError::InvalidMac => AgeError::Tampered,
            _ => AgeError::Malformed,
        })?;
    read_plaintext(reader, file.len())
}

fn bound_header(file: &[u8]) -> Result<(), AgeError> {
    let mut size = 0;
    for (index, line) in file.split_inclusive(|byte| *byte == b'\n').enumerate() {
        size += line.len();
        if size > HEADER_MAX || index >= HEADER_LINES_MAX {
            return Err(AgeError::Malformed);
        }
        if line.starts_with(b"---") {
            break;
        }
    }
    Ok(())
}

/// Reads into one piece of memory, since a vector that grows leaves copies. The
/// plaintext is shorter than the file, so the one byte that is left over tells
/// a plaintext at the limit from one above it. It is read from memory, which
/// nothing interrupts.
fn read_plaintext(mut reader: impl Read, file: usize) -> Result<SecretBytes, AgeError> {
    let mut plaintext = SecretBytes::zeroed(file.min(AGE_PLAINTEXT_MAX + 1));
    let mut size = 0;
    while size < plaintext.len() {
        match reader.read(&mut plaintext[size..]) {
            Ok(0) => {
                plaintext.truncate(size);
                return Ok(plaintext);
            }
            Ok(read) => size += read,
            Err(_) => return Err(AgeError::Tampered),
        }
    }
    Err(AgeError::TooLarge)
}

#[cfg(test)]
mod cctv;
#[cfg(test)]
mod tests;
