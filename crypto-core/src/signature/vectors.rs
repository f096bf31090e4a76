//! The published vectors of composite signatures: draft-ietf-lamps-pq-composite-sigs-19,
//! Appendix E. They want contexts that no [`SigningContext`] has, so they stand
//! here and not among `tests/vectors`.

use super::*;
use base64::{Engine, prelude::BASE64_STANDARD};
use getrandom::{SysRng, rand_core::UnwrapErr};
use serde_json::Value;

const FILE: &str = include_str!("../../testdata/vectors/composite-mldsa65-ed25519-sha512.json");

fn bytes(object: &Value, name: &str) -> Vec<u8> {
    let text = object[name]
        .as_str()
        .unwrap_or_else(|| panic!("{name} is not text"));
    BASE64_STANDARD.decode(text).expect("base64")
}

#[test]
fn composite_signatures_draft_19() {
    let file: Value = serde_json::from_str(FILE).expect("our own file");
    let (message, context) = (bytes(&file, "m"), bytes(&file, "ctx"));
    let mut run = 0;
    for case in file["tests"].as_array().expect("a list") {
        assert_eq!(case["tcId"], "id-MLDSA65-Ed25519-SHA512");
        let public = VerifyingKey::from_bytes(&bytes(case, "pk")).expect("a key");
        let key = SigningKey::from_seed(&bytes(case, "sk")).expect("64 bytes");

        // The private key, bare and in PKCS#8, is the public key's.
        assert_eq!(key.verifying_key().as_bytes(), public.as_bytes());
        assert!(bytes(case, "sk_pkcs8").ends_with(key.seed()));
        run += 1;

        // Both signatures hold in their own context and in no other.
        let (plain, in_context) = (bytes(case, "s"), bytes(case, "sWithContext"));
        for (signature, ours, other) in [
            (&plain, &b""[..], &context[..]),
            (&in_context, &context, b""),
        ] {
            assert_eq!(public.verify_in(ours, &message, signature), Ok(()));
            assert_eq!(
                public.verify_in(other, &message, signature),
                Err(VerifyError)
            );
            run += 1;
        }

        // The certificate is signed by the key that it certifies.
        let certificate = bytes(case, "x5c");
        let (body, signature) = split_certificate(&certificate);
        assert!(
            body.windows(PUBLIC_KEY_SIZE)
                .any(|window| window == public.as_bytes())
        );
        assert_eq!(public.verify_in(b"", body, signature), Ok(()));
        run += 1;

        // What we sign with the private key holds under the public one.
        for context in [&b""[..], &context] {
            let signature = key.sign_in(context, &message, &mut UnwrapErr(SysRng));
            assert_eq!(public.verify_in(context, &message, &signature[..]), Ok(()));
            run += 1;
        }
    }
    println!("composite signatures draft-19: {run} cases: {run} run, 0 left out");
    assert_eq!(run, 6, "cases run");
}

/// What is signed, and the signature. Reads no more of X.509 than the vector wants.
fn split_certificate(der: &[u8]) -> (&[u8], &[u8]) {
    let (certificate, rest) = element(der, 0x30);
    assert!(rest.is_empty());
    let content = &certificate[header_size(certificate)..];
    let (body, rest) = element(content, 0x30);
    let (_algorithm, rest) = element(rest, 0x30);
    let (signature, rest) = element(rest, 0x03);
    assert!(rest.is_empty());
    let bits = &signature[header_size(signature)..];
    assert_eq!(bits[0], 0, "whole bytes");
    (body, &bits[1..])
}

/// The first element, whole, and what follows it.
fn element(der: &[u8], tag: u8) -> (&[u8], &[u8]) {
    assert_eq!(der[0], tag);
    let header = header_size(der);
    let size = match header {
        2 => usize::from(der[1]),
        _ => der[2..header]
            .iter()
            .fold(0, |size, byte| size << 8 | usize::from(*byte)),
    };
    der.split_at(header + size)
}

fn header_size(der: &[u8]) -> usize {
    match der[1] {
        0..0x80 => 2,
        long => 2 + usize::from(long & 0x7f),
    }
}
