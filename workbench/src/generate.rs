//! New values from the system's random numbers.

use crate::{
    api::{SecretText, ValueShape},
    key_pair::{generate_ec_key, generate_rsa_key, generate_ssh_key},
};
use getrandom::{
    SysRng,
    rand_core::{Rng, UnwrapErr},
};
use keystead_crypto::word_list;
use zeroize::Zeroizing;

const PASSWORD: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~";
const BASE64URL: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const HEX: &[u8] = b"0123456789abcdef";

const WORDS: usize = 8;

/// Makes a value of that shape; each character or word uniform among those there are.
pub(crate) fn generate_value(shape: ValueShape) -> SecretText {
    match shape {
        ValueShape::Password => characters(PASSWORD, 32),
        ValueShape::Passphrase => passphrase(),
        ValueShape::Hex => characters(HEX, 64),
        ValueShape::Base64 => base64(),
        ValueShape::Base64url => characters(BASE64URL, 43),
        ValueShape::Uuid => uuid(),
        ValueShape::SshKey => generate_ssh_key(),
        ValueShape::RsaKey => generate_rsa_key(),
        ValueShape::EcKey => generate_ec_key(),
    }
}

fn characters(alphabet: &[u8], length: usize) -> SecretText {
    let mut rng = UnwrapErr(SysRng);
    // Bytes from this on would favour the alphabet's start.
    let bound = 256 / alphabet.len() * alphabet.len();
    let mut value = Zeroizing::new(String::with_capacity(length));
    while value.len() < length {
        let byte = (rng.next_u32() & 0xff) as usize;
        if byte < bound {
            value.push(char::from(alphabet[byte % alphabet.len()]));
        }
    }
    value.into()
}

fn passphrase() -> SecretText {
    let mut rng = UnwrapErr(SysRng);
    let list = word_list();
    // No word has more than 8 letters.
    let mut value = Zeroizing::new(String::with_capacity(WORDS * 9));
    for at in 0..WORDS {
        if at > 0 {
            value.push('-');
        }
        // The list's length divides the numbers that there are.
        value.push_str(list[rng.next_u32() as usize % list.len()]);
    }
    value.into()
}

/// Standard base64 with its padding (RFC 4648 §4) of 32 bytes.
fn base64() -> SecretText {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut bytes = Zeroizing::new([0; 32]);
    UnwrapErr(SysRng).fill_bytes(&mut bytes[..]);
    let mut value = Zeroizing::new(String::with_capacity(44));
    for group in bytes.chunks(3) {
        let byte = |at: usize| u32::from(group.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for at in 0..4 {
            match at <= group.len() {
                true => value.push(char::from(ALPHABET[(bits >> (18 - 6 * at) & 63) as usize])),
                false => value.push('='),
            }
        }
    }
    value.into()
}

fn uuid() -> SecretText {
    let mut bytes = Zeroizing::new([0; 16]);
    UnwrapErr(SysRng).fill_bytes(&mut bytes[..]);
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let mut value = Zeroizing::new(String::with_capacity(36));
    for (at, byte) in bytes.iter().enumerate() {
        if matches!(at, 4 | 6 | 8 | 10) {
            value.push('-');
        }
        value.push(char::from(HEX[usize::from(byte >> 4)]));
        value.push(char::from(HEX[usize::from(byte & 0x0f)]));
    }
    value.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn shapes_have_their_length_and_alphabet_and_differ_each_time() {
        let base64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";
        for (shape, alphabet, length) in [
            (ValueShape::Password, PASSWORD, 32),
            (ValueShape::Hex, HEX, 64),
            (ValueShape::Base64, base64, 44),
            (ValueShape::Base64url, BASE64URL, 43),
            (ValueShape::Uuid, b"0123456789abcdef-", 36),
        ] {
            let (first, second) = (generate_value(shape), generate_value(shape));
            assert_eq!(first.expose().len(), length);
            assert!(first.expose().bytes().all(|b| alphabet.contains(&b)));
            assert_ne!(first.expose(), second.expose());
        }
    }

    #[test]
    fn a_passphrase_is_eight_words_of_the_list() {
        let list: BTreeSet<&str> = word_list().iter().copied().collect();
        let value = generate_value(ValueShape::Passphrase);
        let words: Vec<&str> = value.expose().split('-').collect();
        assert_eq!(words.len(), WORDS);
        assert!(words.iter().all(|word| list.contains(word)));
        assert_ne!(
            generate_value(ValueShape::Passphrase).expose(),
            value.expose()
        );
    }

    #[test]
    fn a_uuid_says_its_version_and_base64_ends_as_32_bytes_do() {
        for _ in 0..64 {
            let uuid = generate_value(ValueShape::Uuid);
            let uuid = uuid.expose().as_bytes();
            assert_eq!(
                (uuid[8], uuid[13], uuid[14], uuid[18], uuid[23]),
                (b'-', b'-', b'4', b'-', b'-')
            );
            assert!(b"89ab".contains(&uuid[19]), "the variant of RFC 9562");
            let base64 = generate_value(ValueShape::Base64);
            let (last, end) = base64.expose().as_bytes().split_last().expect("44");
            assert!(*last == b'=' && end[42] != b'=');
            // Two of its six bits stand for nothing.
            assert!(b"AEIMQUYcgkosw048".contains(&end[42]));
        }
    }
}
