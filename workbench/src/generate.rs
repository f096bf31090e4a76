//! New values from the system's random numbers.

use crate::api::{SecretText, ValueShape};
use getrandom::{
    SysRng,
    rand_core::{Rng, UnwrapErr},
};
use zeroize::Zeroizing;

const PASSWORD: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~";
const BASE64URL: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const HEX: &[u8] = b"0123456789abcdef";

/// Makes a value of that shape; each character uniform in its alphabet.
pub(crate) fn generate_value(shape: ValueShape) -> SecretText {
    let (alphabet, length) = match shape {
        ValueShape::Password => (PASSWORD, 32),
        ValueShape::Hex => (HEX, 64),
        ValueShape::Base64url => (BASE64URL, 43),
    };
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_have_their_length_and_alphabet_and_differ_each_time() {
        for (shape, alphabet, length) in [
            (ValueShape::Password, PASSWORD, 32),
            (ValueShape::Hex, HEX, 64),
            (ValueShape::Base64url, BASE64URL, 43),
        ] {
            let (first, second) = (generate_value(shape), generate_value(shape));
            assert_eq!(first.expose().len(), length);
            assert!(first.expose().bytes().all(|b| alphabet.contains(&b)));
            assert_ne!(first.expose(), second.expose());
        }
    }
}
