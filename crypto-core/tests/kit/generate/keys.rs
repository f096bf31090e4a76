//! Public keys, signatures, cards, certificates.

use super::sealed::small_orders;
use super::{Kit, flipped, longer, replaced};
use crate::{case::Case, seeded::Seeded};
use keystead_crypto::{
    Card, DeviceCertificate, DeviceKeys, DeviceRole, DisplayName, IdentityKeys, KemPrivateKey,
    SigningContext, SigningKey,
};

const ML_KEM_PUBLIC: usize = 1184;
const ML_DSA_PUBLIC: usize = 1952;
const ML_DSA_SIGNATURE: usize = 3309;
const NOT_SIGNED: &str = "CardError::NotSigned";

pub(crate) fn recipients(kit: &mut Kit) {
    const INVALID: &str = "WrapError::InvalidRecipient";
    let rng = &mut Seeded::new("recipient");
    let key = KemPrivateKey::generate(rng).public_key();
    let bytes = key.as_bytes();
    let case =
        |expect: &str, note: &str, key: &[u8]| Case::new("recipient", expect, note).hex("key", key);
    kit.add("control", case("ok", "as generated", bytes));
    kit.add("empty", case(INVALID, "no bytes", &[]));
    kit.add(
        "short",
        case(INVALID, "a byte is missing", &bytes[..bytes.len() - 1]),
    );
    kit.add(
        "longer",
        case(INVALID, "a byte is left over", &longer(bytes)),
    );
    kit.add(
        "ml-kem-alone",
        case(
            INVALID,
            "the X25519 half is left out",
            &bytes[..ML_KEM_PUBLIC],
        ),
    );
    kit.add(
        "not-reduced",
        case(
            INVALID,
            "the first ML-KEM coefficient is q = 3329 (FIPS 203 §7.2, modulus check)",
            &replaced(bytes, 0, &[0x01, 0x0d | bytes[1] & 0xf0]),
        ),
    );
    kit.add(
        "all-ones",
        case(
            INVALID,
            "every ML-KEM coefficient is 4095",
            &replaced(bytes, 0, &[0xff; 1152]),
        ),
    );
    for (fault, point) in small_orders() {
        kit.add(
            &format!("x25519-{fault}"),
            case(
                INVALID,
                "the X25519 half is of small order, so it contributes nothing",
                &replaced(bytes, ML_KEM_PUBLIC, &point),
            ),
        );
    }
}

pub(crate) fn verifying_keys(kit: &mut Kit) {
    let rng = &mut Seeded::new("verifying key");
    let key = SigningKey::generate(rng).verifying_key();
    let bytes = &key.as_bytes()[..];
    let case = |expect: &str, note: &str, key: &[u8]| {
        Case::new("verifying key", expect, note).hex("key", key)
    };
    kit.add("control", case("ok", "as generated", bytes));
    kit.add("empty", case("VerifyError", "no bytes", &[]));
    kit.add(
        "short",
        case(
            "VerifyError",
            "a byte is missing",
            &bytes[..bytes.len() - 1],
        ),
    );
    kit.add(
        "longer",
        case("VerifyError", "a byte is left over", &longer(bytes)),
    );
    kit.add(
        "ml-dsa-alone",
        case(
            "VerifyError",
            "the Ed25519 half is left out",
            &bytes[..ML_DSA_PUBLIC],
        ),
    );
    let mut two = [0; 32];
    two[0] = 2;
    kit.add(
        "off-curve",
        case(
            "VerifyError",
            "no point of Ed25519 has y = 2",
            &replaced(bytes, ML_DSA_PUBLIC, &two),
        ),
    );
}

pub(crate) fn signatures(kit: &mut Kit) {
    let rng = &mut Seeded::new("signature");
    let (key, other) = (SigningKey::generate(rng), SigningKey::generate(rng));
    let message = b"remove the member";
    let context = SigningContext::Membership;
    let signature = key.sign(context, message, rng);
    let public = key.verifying_key();
    let case =
        |expect: &str, note: &str, key: &[u8], context: &str, message: &[u8], signature: &[u8]| {
            Case::new("signature", expect, note)
                .hex("key", key)
                .text("context", context)
                .hex("message", message)
                .hex("signature", signature)
        };
    let add = |kit: &mut Kit, fault: &str, expect: &str, note: &str, signature: &[u8]| {
        kit.add(
            fault,
            case(
                expect,
                note,
                &public.as_bytes()[..],
                "membership",
                message,
                signature,
            ),
        );
    };
    const ERROR: &str = "VerifyError";
    let whole = &signature[..];
    add(kit, "control", "ok", "as signed", whole);
    add(kit, "empty", ERROR, "no bytes", &[]);
    add(
        kit,
        "ml-dsa-alone",
        ERROR,
        "the Ed25519 half is stripped",
        &whole[..ML_DSA_SIGNATURE],
    );
    add(
        kit,
        "ed25519-alone",
        ERROR,
        "the ML-DSA half is stripped",
        &whole[ML_DSA_SIGNATURE..],
    );
    add(
        kit,
        "short",
        ERROR,
        "a byte is missing",
        &whole[..whole.len() - 1],
    );
    add(kit, "longer", ERROR, "a byte is left over", &longer(whole));
    add(
        kit,
        "ml-dsa-changed",
        ERROR,
        "a bit of the ML-DSA half is changed",
        &flipped(whole, 0),
    );
    add(
        kit,
        "ml-dsa-hint-changed",
        ERROR,
        "the last byte of the ML-DSA half, its count of hints, is changed",
        &flipped(whole, ML_DSA_SIGNATURE - 1),
    );
    add(
        kit,
        "ed25519-changed",
        ERROR,
        "a bit of the Ed25519 half is changed",
        &flipped(whole, ML_DSA_SIGNATURE),
    );
    add(
        kit,
        "ml-dsa-zero",
        ERROR,
        "the ML-DSA half is zero",
        &replaced(whole, 0, &[0; ML_DSA_SIGNATURE]),
    );
    add(
        kit,
        "ed25519-zero",
        ERROR,
        "the Ed25519 half is zero",
        &replaced(whole, ML_DSA_SIGNATURE, &[0; 64]),
    );
    let theirs = other.sign(context, message, rng);
    add(
        kit,
        "ml-dsa-of-another",
        ERROR,
        "the ML-DSA half is by another key",
        &replaced(whole, 0, &theirs[..ML_DSA_SIGNATURE]),
    );
    add(
        kit,
        "ed25519-of-another",
        ERROR,
        "the Ed25519 half is by another key",
        &replaced(whole, ML_DSA_SIGNATURE, &theirs[ML_DSA_SIGNATURE..]),
    );
    add(
        kit,
        "scalar-not-reduced",
        ERROR,
        "Ed25519's S has the group order added (RFC 8032 §5.1.7)",
        &{
            let mut bytes = whole.to_vec();
            add_group_order(&mut bytes[ML_DSA_SIGNATURE + 32..]);
            bytes
        },
    );
    kit.add(
        "other-context",
        case(
            ERROR,
            "signed for another use",
            &public.as_bytes()[..],
            "head",
            message,
            whole,
        ),
    );
    kit.add(
        "other-message",
        case(
            ERROR,
            "another message",
            &public.as_bytes()[..],
            "membership",
            b"remove the owner!",
            whole,
        ),
    );
    kit.add(
        "other-key",
        case(
            ERROR,
            "another key",
            &other.verifying_key().as_bytes()[..],
            "membership",
            message,
            whole,
        ),
    );
    for (fault, first, second) in [
        ("key-ml-dsa-of-another", &other, &key),
        ("key-ed25519-of-another", &key, &other),
    ] {
        let (first, second) = (first.verifying_key(), second.verifying_key());
        let mixed = replaced(
            &first.as_bytes()[..],
            ML_DSA_PUBLIC,
            &second.as_bytes()[ML_DSA_PUBLIC..],
        );
        kit.add(
            fault,
            case(
                ERROR,
                "one half of the public key is another's",
                &mixed,
                "membership",
                message,
                whole,
            ),
        );
    }
}

/// L = 2^252 + 27742317777372353535851937790883648493, added in place, little-endian.
fn add_group_order(scalar: &mut [u8]) {
    const L: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde,
        0x14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let mut carry = 0;
    for (byte, add) in scalar.iter_mut().zip(L) {
        let sum = u16::from(*byte) + u16::from(add) + carry;
        *byte = sum as u8;
        carry = sum >> 8;
    }
}

pub(crate) fn cards(kit: &mut Kit) {
    let rng = &mut Seeded::new("card");
    let identity = IdentityKeys::generate(rng);
    let card = issue_card(&identity, rng);
    let case =
        |expect: &str, note: &str, card: &[u8]| Case::new("card", expect, note).hex("card", card);
    kit.add("control", case("ok", "as issued", &card));
    kit.add("empty", case("DecodeError::Truncated", "no bytes", &[]));
    kit.add(
        "short",
        case(
            "DecodeError::Truncated",
            "a byte is missing",
            &card[..card.len() - 1],
        ),
    );
    kit.add(
        "longer",
        case(
            "DecodeError::TrailingBytes",
            "a byte is left over",
            &longer(&card),
        ),
    );
    kit.add(
        "suite",
        case(
            "DecodeError::UnsupportedSuite(9)",
            "suite 9",
            &replaced(&card, 0, &[0, 9]),
        ),
    );
    kit.add(
        "schema",
        case(
            "DecodeError::UnsupportedSchema(1)",
            "schema 1",
            &replaced(&card, 2, &[0, 1]),
        ),
    );
    kit.add(
        "version-raised",
        case(NOT_SIGNED, "its version is another", &flipped(&card, 7)),
    );
    kit.add(
        "name-changed",
        case(
            NOT_SIGNED,
            "a letter of its name is changed",
            &flipped(&card, 12),
        ),
    );
    kit.add(
        "name-beyond",
        case(
            "DecodeError::Truncated",
            "the name's length reaches beyond the end",
            &replaced(&card, 8, &[0xff; 4]),
        ),
    );
    kit.add(
        "signature",
        case(
            NOT_SIGNED,
            "a bit of the signature is changed",
            &flipped(&card, card.len() - 1),
        ),
    );
    let stranger = IdentityKeys::generate(rng);
    let theirs = issue_card(&stranger, rng);
    let start = card.len() - keystead_crypto::SIGNATURE_SIZE;
    kit.add(
        "signed-by-another",
        case(
            NOT_SIGNED,
            "the signature is another identity's",
            &replaced(&card, start, &theirs[start..]),
        ),
    );
}

fn issue_card(identity: &IdentityKeys, rng: &mut Seeded) -> Vec<u8> {
    let name = DisplayName::parse("Mara Lindqvist").expect("a name");
    Card::issue(3, &name, identity, rng)
}

fn certify(identity: &IdentityKeys, device: &DeviceKeys, name: &str, rng: &mut Seeded) -> Vec<u8> {
    let name = DisplayName::parse(name).expect("a name");
    DeviceCertificate::issue(
        &identity.signing,
        DeviceRole::Secondary,
        &device.public(&name),
        rng,
    )
}

pub(crate) fn certificates(kit: &mut Kit) {
    let rng = &mut Seeded::new("certificate");
    let (identity, stranger) = (IdentityKeys::generate(rng), IdentityKeys::generate(rng));
    let device = DeviceKeys::generate(rng);
    let certificate = certify(&identity, &device, "thinkpad-7", rng);
    let case = |expect: &str, note: &str, by: &IdentityKeys, certificate: &[u8]| {
        Case::new("certificate", expect, note)
            .hex("identity", &by.signing.verifying_key().as_bytes()[..])
            .hex("certificate", certificate)
    };
    kit.add("control", case("ok", "as issued", &identity, &certificate));
    kit.add(
        "other-identity",
        case(
            NOT_SIGNED,
            "another identity did not certify it",
            &stranger,
            &certificate,
        ),
    );
    kit.add(
        "device-changed",
        case(
            NOT_SIGNED,
            "the device's id is another",
            &identity,
            &flipped(&certificate, 37),
        ),
    );
    kit.add(
        "role-raised",
        case(
            NOT_SIGNED,
            "a secondary device says that it is primary",
            &identity,
            &replaced(&certificate, 36, &[1]),
        ),
    );
    kit.add(
        "role-unknown",
        case(
            "DecodeError::NotCanonical",
            "a role that there is not",
            &identity,
            &replaced(&certificate, 36, &[2]),
        ),
    );
    kit.add(
        "identity-changed",
        case(
            NOT_SIGNED,
            "it names another identity",
            &identity,
            &flipped(&certificate, 4),
        ),
    );
    kit.add(
        "schema",
        case(
            "DecodeError::UnsupportedSchema(65535)",
            "schema 65,535",
            &identity,
            &replaced(&certificate, 2, &[0xff, 0xff]),
        ),
    );
    let other = DeviceKeys::generate(rng);
    let second = certify(&identity, &other, "thinkpad-8", rng);
    let start = certificate.len() - keystead_crypto::SIGNATURE_SIZE;
    kit.add(
        "signature-of-another",
        case(
            NOT_SIGNED,
            "the signature is the one of another device of the same identity",
            &identity,
            &replaced(&certificate, start, &second[start..]),
        ),
    );
}

pub(crate) fn card_texts(kit: &mut Kit) {
    let rng = &mut Seeded::new("card text");
    let identity = IdentityKeys::generate(rng);
    let card = Card::parse(&issue_card(&identity, rng)).expect("just issued");
    let text = card.armored();
    // Line ends are written as a vertical bar, so that a text is one line of the file.
    let case = |expect: &str, note: &str, text: &str| {
        Case::new("card text", expect, note).text("text", &text.replace('\n', "|"))
    };
    kit.add("control", case("ok", "as written", &text));
    kit.add(
        "control-spaces",
        case("ok", "blank lines around it", &format!("\n\n{text}\n\n")),
    );
    kit.add("empty", case("ArmorError::NotACard", "nothing", ""));
    let without_end = text.rsplit_once("-----END").expect("a last line").0;
    kit.add(
        "no-end",
        case(
            "ArmorError::NotACard",
            "the last line is missing",
            without_end,
        ),
    );
    let mut lines: Vec<&str> = text.lines().collect();
    let joined = format!("{}{}", lines[1], lines[2]);
    lines[1] = &joined;
    lines.remove(2);
    kit.add(
        "line-joined",
        case(
            "ArmorError::NotCanonical",
            "two lines are joined",
            &(lines.join("\n") + "\n"),
        ),
    );
    let (first, rest) = text.split_at(60);
    let changed = format!("{first}!{}", &rest[1..]);
    kit.add(
        "not-base64",
        case(
            "ArmorError::NotCanonical",
            "a letter that base64 has not",
            &changed,
        ),
    );
}
