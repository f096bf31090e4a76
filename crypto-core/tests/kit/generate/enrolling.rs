//! Device cards, enrolment codes, safety codes.

use super::{Kit, flipped, longer, replaced};
use crate::{case::Case, seeded::Seeded};
use keystead_crypto::{DeviceKeys, DevicePublic, DisplayName, EnrolmentCode, SafetyCode};

fn device(name: &str) -> DevicePublic {
    let name = DisplayName::parse(name).expect("a name");
    DeviceKeys::generate(&mut Seeded::new("device card")).public(&name)
}

pub(crate) fn device_cards(kit: &mut Kit) {
    const NOT_A_KEY: &str = "CardError::NotSigned";
    let device = device("thinkpad-7");
    let card = device.encode();
    let case = |expect: &str, note: &str, card: &[u8]| {
        Case::new("device card", expect, note).hex("card", card)
    };
    // Id from 4, length of the name from 20, name from 24, signature key from 34, KEM key from 2018.
    let named = |name: &[u8]| {
        let size = u32::try_from(name.len()).expect("short");
        [&card[..20], &size.to_be_bytes(), name, &card[34..]].concat()
    };
    let mut off_curve = [0; 32];
    off_curve[0] = 2;
    for (fault, expect, note, bytes) in [
        ("control", "ok", "as encoded", card.clone()),
        (
            "control-longest-name",
            "ok",
            "a name of 128 bytes",
            named(&[b'x'; 128]),
        ),
        (
            "name-too-long",
            "CardError::Name(TooLong)",
            "a name of 129 bytes",
            named(&[b'x'; 129]),
        ),
        (
            "name-empty",
            "CardError::Name(Empty)",
            "a name of no bytes",
            named(b""),
        ),
        (
            "name-line-break",
            "CardError::Name(NotPrintable)",
            "a name of two lines",
            named(b"a\nb"),
        ),
        (
            "name-direction",
            "CardError::Name(NotPrintable)",
            "a name with U+202E",
            named("a\u{202e}b".as_bytes()),
        ),
        (
            "name-outer-space",
            "CardError::Name(OuterSpace)",
            "a space behind the name",
            named(b"a "),
        ),
        (
            "name-not-utf-8",
            "DecodeError::NotCanonical",
            "a name that is not UTF-8",
            named(&[0xff]),
        ),
        (
            "name-beyond",
            "DecodeError::Truncated",
            "the name's length reaches beyond the end",
            replaced(&card, 20, &[0xff; 4]),
        ),
        (
            "ed25519-off-curve",
            NOT_A_KEY,
            "the Ed25519 half is no point",
            replaced(&card, 34 + 1952, &off_curve),
        ),
        (
            "ml-kem-not-reduced",
            NOT_A_KEY,
            "a coefficient of the ML-KEM half is 4095",
            replaced(&card, 2018, &[0xff; 3]),
        ),
        (
            "x25519-zero",
            NOT_A_KEY,
            "the X25519 half is of small order",
            replaced(&card, 2018 + 1184, &[0; 32]),
        ),
        ("empty", "DecodeError::Truncated", "no bytes", Vec::new()),
        (
            "short",
            "DecodeError::Truncated",
            "a byte is missing",
            card[..card.len() - 1].to_vec(),
        ),
        (
            "longer",
            "DecodeError::TrailingBytes",
            "a byte is left over",
            longer(&card),
        ),
        (
            "suite",
            "DecodeError::UnsupportedSuite(9)",
            "suite 9",
            replaced(&card, 1, &[9]),
        ),
        (
            "schema",
            "DecodeError::UnsupportedSchema(1)",
            "schema 1",
            replaced(&card, 3, &[1]),
        ),
    ] {
        kit.add(fault, case(expect, note, &bytes));
    }
}

pub(crate) fn enrolment_codes(kit: &mut Kit) {
    const OTHER: &str = "no match";
    const NONCE: [u8; 32] = [2; 32];
    let card = device("thinkpad-7").encode();
    let code = EnrolmentCode::of(&device("thinkpad-7"), &NONCE).to_string();
    let others = EnrolmentCode::of(&device("thinkpad-8"), &NONCE).to_string();
    let case = |expect: &str, note: &str, typed: &str| {
        Case::new("enrolment code", expect, note)
            .hex("card", &card)
            .hex("nonce", &NONCE)
            .text("typed", typed)
    };
    let last = if code.ends_with('Z') { "Y" } else { "Z" };
    let length = |found| format!("EnrolmentCodeError::WrongLength {{ found: {found} }}");
    let unknown =
        |position| format!("EnrolmentCodeError::UnknownCharacter {{ position: {position} }}");
    for (fault, expect, note, typed) in [
        ("control", "ok", "as shown", code.clone()),
        (
            "control-loose",
            "ok",
            "small letters, spaces and another dash",
            code.to_lowercase().replacen('-', " \u{2013} ", 2),
        ),
        (
            "control-look-alikes",
            "ok",
            "O for 0 and l for 1",
            code.replace('0', "O").replace('1', "l"),
        ),
        ("other-device", OTHER, "another name's", others),
        (
            "last-character",
            OTHER,
            "the last character is another",
            format!("{}{last}", &code[..code.len() - 1]),
        ),
        ("empty", &length(0), "no characters", String::new()),
        (
            "short",
            &length(19),
            "a character is missing",
            code[..code.len() - 1].to_owned(),
        ),
        (
            "longer",
            &length(21),
            "a character is left over",
            format!("{code}0"),
        ),
        (
            "letter-u",
            &unknown(1),
            "U, which no code has",
            format!("U{}", &code[1..]),
        ),
        (
            "not-ascii",
            &unknown(2),
            "a full-width digit",
            format!("0\u{ff10}{}", &code[2..]),
        ),
    ] {
        kit.add(fault, case(expect, note, &typed));
    }
}

pub(crate) fn safety_codes(kit: &mut Kit) {
    const OTHER: &str = "SafetyCodeMatch::OtherKey";
    const NONE: &str = "SafetyCodeMatch::NotASafetyCode";
    let rng = &mut Seeded::new("safety code");
    let (one, other, third): ([u8; 32], [u8; 32], [u8; 32]) =
        (rng.array(), rng.array(), rng.array());
    let code = *SafetyCode::of(&one, &other).as_bytes();
    let with_third = *SafetyCode::of(&one, &third).as_bytes();
    let case = |expect: &str, note: &str, scanned: &[u8]| {
        Case::new("safety code", expect, note)
            .hex("one", &one)
            .hex("other", &other)
            .hex("scanned", scanned)
    };
    let greater_first = [&[1], &code[33..], &code[1..33]].concat();
    let twice = [&[1], &code[1..33], &code[1..33]].concat();
    for (fault, expect, note, scanned) in [
        ("control", "ok", "what the other side shows", &code[..]),
        ("other-key", OTHER, "a third one's fingerprint", &with_third),
        ("one-bit", OTHER, "a bit is changed", &flipped(&code, 64)),
        ("one-key-twice", OTHER, "one fingerprint twice", &twice),
        ("greater-first", NONE, "the greater first", &greater_first),
        ("version-0", NONE, "version 0", &replaced(&code, 0, &[0])),
        ("version-2", NONE, "version 2", &replaced(&code, 0, &[2])),
        ("empty", NONE, "no bytes", &[]),
        ("short", NONE, "a byte is missing", &code[..64]),
        ("longer", NONE, "a byte is left over", &longer(&code)),
    ] {
        kit.add(fault, case(expect, note, scanned));
    }
}
