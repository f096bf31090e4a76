//! The valid inputs of `crypto-core/testdata`, compiled in: what a fuzzer without keys can open, and nothing else.

use keystead_crypto::{Field, KeyBytes, Place, VerifyingKey};

pub const CERTIFICATE: &str = include_str!("../../crypto-core/testdata/v0/certificate-control.txt");
pub const ENVELOPE: &str = include_str!("../../crypto-core/testdata/v0/envelope-control.txt");
pub const WRAP: &str = include_str!("../../crypto-core/testdata/v0/wrap-control.txt");
pub const AGE_FILE: &[u8] = include_bytes!("../../crypto-core/testdata/age/cctv/hybrid");

/// The first line `name: value` of a kit file.
pub fn text<'a>(file: &'a str, name: &str) -> &'a str {
    file.lines()
        .filter_map(|line| line.split_once(": "))
        .find_map(|(found, value)| (found == name).then_some(value))
        .expect("the kit's file has this line")
}

/// The same, of which the kit holds hex.
pub fn bytes(file: &str, name: &str) -> Vec<u8> {
    unhex(text(file, name)).expect("hex")
}

/// `None` for anything that is no hex.
pub fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) {
        return None;
    }
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok())
        .collect()
}

/// 32 secret bytes of a kit file.
pub fn key(file: &str, name: &str) -> KeyBytes {
    KeyBytes::from_slice(&bytes(file, name)).expect("32 bytes")
}

/// The identity that signed the kit's certificates.
pub fn identity() -> VerifyingKey {
    VerifyingKey::from_bytes(&bytes(CERTIFICATE, "identity")).expect("a public key")
}

/// Where the kit's envelope belongs.
pub fn place() -> Place {
    Place {
        owner: fixed("owner"),
        project: fixed("project"),
        environment: fixed("environment"),
        subject: fixed("subject"),
        field: Field::Value,
        version: fixed("version"),
        epoch: fixed("epoch"),
        author: fixed("author"),
        sealer: fixed("sealer"),
    }
}

fn fixed<const N: usize>(name: &str) -> [u8; N] {
    let bytes = bytes(ENVELOPE, name);
    bytes.try_into().expect("as long as the format says")
}

/// The value of a field in the header of one of C2SP's age vectors.
pub fn age_field<'a>(vector: &'a [u8], name: &str) -> Option<&'a str> {
    let (header, _) = split_age(vector)?;
    std::str::from_utf8(header)
        .ok()?
        .lines()
        .filter_map(|line| line.split_once(": "))
        .find_map(|(found, value)| (found == name).then_some(value))
}

/// The file that one of C2SP's age vectors is about, without the fields before it; `None` for no vector.
pub fn age_file(vector: &[u8]) -> Option<Vec<u8>> {
    let (_, body) = split_age(vector)?;
    match age_field(vector, "compressed") {
        None => Some(body.to_vec()),
        Some("zlib") => miniz_oxide::inflate::decompress_to_vec_zlib(body).ok(),
        Some(_) => None,
    }
}

fn split_age(vector: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = vector.windows(2).position(|pair| pair == b"\n\n")?;
    Some((&vector[..end], &vector[end + 2..]))
}
