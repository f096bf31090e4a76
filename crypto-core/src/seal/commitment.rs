//! One ciphertext under two keys: AES-GCM allows it, an envelope does not.
//!
//! The collision is the known one (Dodis, Grubbs, Ristenpart, Woodage, "Fast message franking", CRYPTO 2018, §3): with
//! both keys at hand, one block of ciphertext is solved for so that both keys give the same tag.

use super::*;
use crate::Field;
use aes::cipher::BlockCipherEncrypt;
use aes_gcm::aead::AeadInOut;
use getrandom::{SysRng, rand_core::UnwrapErr};

/// A block as GCM's field reads it: the first bit of the first byte is the lowest power (NIST SP 800-38D §6.3).
type Element = u128;

fn multiply(x: Element, y: Element) -> Element {
    let (mut product, mut power) = (0, y);
    for bit in (0..128).rev() {
        if x >> bit & 1 == 1 {
            product ^= power;
        }
        let carry = power & 1 == 1;
        power >>= 1;
        if carry {
            power ^= 0xe1 << 120;
        }
    }
    product
}

/// x^(2^128 - 2).
fn invert(x: Element) -> Element {
    let mut result = 1 << 127;
    let mut square = x;
    for _ in 1..128 {
        square = multiply(square, square);
        result = multiply(result, square);
    }
    result
}

fn encrypt_block(key: &[u8], block: Element) -> Element {
    let cipher = aes::Aes256::new_from_slice(key).expect("32 bytes");
    let mut block = block.to_be_bytes().into();
    cipher.encrypt_block(&mut block);
    Element::from_be_bytes(block.into())
}

/// One block and a tag that AES-256-GCM with a zero nonce opens under both keys.
fn collide(keys: [&[u8]; 2]) -> (Element, Element) {
    const LENGTHS: Element = 128;
    let hash_keys = keys.map(|key| encrypt_block(key, 0));
    let masks = keys.map(|key| encrypt_block(key, 1));
    let [h, g] = hash_keys;
    let numerator = multiply(LENGTHS, h ^ g) ^ masks[0] ^ masks[1];
    let block = multiply(numerator, invert(multiply(h, h) ^ multiply(g, g)));
    let tag = multiply(multiply(block, h) ^ LENGTHS, h) ^ masks[0];
    (block, tag)
}

fn opens_in_bare_gcm(key: &[u8], block: Element, tag: Element) -> bool {
    let mut data = block.to_be_bytes();
    Aes256Gcm::new_from_slice(key)
        .expect("32 bytes")
        .decrypt_inout_detached(
            &Default::default(),
            &[],
            (&mut data[..]).into(),
            &tag.to_be_bytes().into(),
        )
        .is_ok()
}

#[test]
fn a_ciphertext_made_for_two_keys_opens_under_neither_or_its_own_alone() {
    let rng = &mut UnwrapErr(SysRng);
    let place = Place::in_vault([1; 16], [2; 16], Field::Value);
    let label = crate::label::VALUE_SEAL;
    let keys = [KeyBytes::generate(rng), KeyBytes::generate(rng)];
    let salt = [9; SALT_SIZE];

    let derive = |key: &KeyBytes| derive_okm(key, &salt, label, &place);
    let okm = [derive(&keys[0]), derive(&keys[1])];
    let (block, tag) = collide([&okm[0][..32], &okm[1][..32]]);
    for okm in &okm {
        assert!(
            opens_in_bare_gcm(&okm[..32], block, tag),
            "the attack works on AES-GCM itself, or this test shows nothing"
        );
    }

    let envelope = |commitment: &[u8]| {
        let mut bytes = SUITE.to_be_bytes().to_vec();
        bytes.extend_from_slice(&salt);
        bytes.extend_from_slice(commitment);
        bytes.extend_from_slice(&block.to_be_bytes());
        bytes.extend_from_slice(&tag.to_be_bytes());
        bytes
    };
    let opening =
        |bytes: &[u8]| [0, 1].map(|key| open_labelled(&keys[key], label, &place, bytes).is_ok());
    assert_eq!(opening(&envelope(&okm[0][32..])), [true, false]);
    assert_eq!(opening(&envelope(&okm[1][32..])), [false, true]);
    let mixed: Vec<u8> = okm[0][32..48]
        .iter()
        .chain(&okm[1][48..])
        .copied()
        .collect();
    assert_eq!(opening(&envelope(&mixed)), [false, false]);
}
