//! Envelopes, wraps, padding, costs, value commitments.

use super::{Kit, flipped, longer, replaced};
use crate::{case::Case, seeded::Seeded};
use keystead_crypto::{
    CommitmentOpening, EnvironmentKey, Field, KemPrivateKey, KeyBytes, Padding, Place,
    commit_value, pad, seal, unwrap_keys, wrap_keys,
};

const TAMPERED: &str = "OpenError::WrongKeyOrTampered";

/// Takes one part of the first place from the second.
type Move = fn(&mut Place, &Place);

pub(super) fn place(rng: &mut Seeded, field: Field) -> Place {
    Place {
        owner: rng.array(),
        project: rng.array(),
        environment: rng.array(),
        subject: rng.array(),
        field,
        version: rng.array(),
        epoch: rng.array(),
        author: rng.array(),
        sealer: rng.array(),
    }
}

fn envelope_case(expect: &str, note: &str, key: &[u8], place: &Place, envelope: &[u8]) -> Case {
    envelope_of("envelope", expect, note, key, place, envelope)
}

pub(super) fn envelope_of(
    what: &str,
    expect: &str,
    note: &str,
    key: &[u8],
    place: &Place,
    envelope: &[u8],
) -> Case {
    Case::new(what, expect, note)
        .hex("key", key)
        .hex("owner", &place.owner)
        .hex("project", &place.project)
        .hex("environment", &place.environment)
        .hex("subject", &place.subject)
        .number("field", place.field as u64)
        .hex("version", &place.version)
        .hex("epoch", &place.epoch)
        .hex("author", &place.author)
        .hex("sealer", &place.sealer)
        .hex("plaintext", b"sk-proj-not-a-real-key")
        .hex("envelope", envelope)
}

pub(crate) fn envelopes(kit: &mut Kit) {
    let rng = &mut Seeded::new("envelope");
    let (key, other) = (rng.array::<32>(), rng.array::<32>());
    let environment_key = |bytes: &[u8; 32]| {
        EnvironmentKey::from_bytes(KeyBytes::from_slice(bytes).expect("32 bytes"))
    };
    let here = place(rng, Field::Value);
    let sealed = seal(
        &environment_key(&key),
        &here,
        b"sk-proj-not-a-real-key",
        rng,
    );
    let add = |kit: &mut Kit, fault: &str, expect: &str, note: &str, bytes: &[u8]| {
        kit.add(fault, envelope_case(expect, note, &key, &here, bytes));
    };

    add(kit, "control", "ok", "as sealed", &sealed);
    kit.add(
        "other-key",
        envelope_case(TAMPERED, "the key is another one", &other, &here, &sealed),
    );
    let end = sealed.len();
    for (fault, at, note) in [
        ("salt", 2, "a bit of the salt is changed"),
        (
            "commitment-first",
            34,
            "the commitment's first bit is changed",
        ),
        (
            "commitment-last",
            65,
            "the commitment's last byte is changed",
        ),
        ("ciphertext", 66, "a bit of the ciphertext is changed"),
        ("tag", end - 1, "a bit of the tag is changed"),
    ] {
        add(kit, fault, TAMPERED, note, &flipped(&sealed, at));
    }
    for (fault, size, note) in [
        ("empty", 0, "no bytes"),
        ("one-byte", 1, "half a suite"),
        ("suite-alone", 2, "ends after the suite"),
        ("no-commitment", 34, "ends after the salt"),
        ("no-ciphertext", 66, "ends after the commitment"),
        ("no-tag", end - 16, "ends before the tag"),
        ("short-tag", end - 1, "the tag lacks a byte"),
    ] {
        add(kit, fault, TAMPERED, note, &sealed[..size]);
    }
    add(
        kit,
        "longer",
        TAMPERED,
        "a byte is left over",
        &longer(&sealed),
    );
    for suite in [0u16, 2, 0xffff] {
        let note = format!("suite {suite}");
        let expect = format!("OpenError::UnsupportedSuite({suite})");
        let bytes = replaced(&sealed, 0, &suite.to_be_bytes());
        add(kit, &format!("suite-{suite}"), &expect, &note, &bytes);
    }
    let zero = replaced(&sealed, 34, &[0; 32]);
    add(
        kit,
        "commitment-zero",
        TAMPERED,
        "the commitment is zero",
        &zero,
    );

    // A commitment of the right key for another envelope: the ciphertext is not what it commits to.
    let second = seal(
        &environment_key(&key),
        &here,
        b"sk-proj-not-a-real-key",
        rng,
    );
    add(
        kit,
        "commitment-transplanted",
        TAMPERED,
        "salt and commitment are of another envelope under the same key and place",
        &replaced(&sealed, 2, &second[2..66]),
    );

    let there = place(rng, Field::Value);
    let moves: [(&str, Move); 9] = [
        ("owner", |p, q| p.owner = q.owner),
        ("project", |p, q| p.project = q.project),
        ("environment", |p, q| p.environment = q.environment),
        ("subject", |p, q| p.subject = q.subject),
        ("version", |p, q| p.version = q.version),
        ("epoch", |p, q| p.epoch = q.epoch),
        ("author", |p, q| p.author = q.author),
        ("sealer", |p, q| p.sealer = q.sealer),
        ("field", |p, _| p.field = Field::BlockNames),
    ];
    for (part, change) in moves {
        let mut moved = here;
        change(&mut moved, &there);
        let note = format!("moved to another {part}");
        kit.add(
            &format!("moved-{part}"),
            envelope_case(TAMPERED, &note, &key, &moved, &sealed),
        );
    }
    for (fault, exchange) in [
        (
            "author-for-sealer",
            (|p| std::mem::swap(&mut p.author, &mut p.sealer)) as fn(&mut Place),
        ),
        ("project-for-environment", |p| {
            std::mem::swap(&mut p.project, &mut p.environment);
        }),
        ("owner-for-epoch", |p| {
            std::mem::swap(&mut p.owner, &mut p.epoch)
        }),
    ] {
        let mut swapped = here;
        exchange(&mut swapped);
        kit.add(
            &format!("swapped-{fault}"),
            envelope_case(
                TAMPERED,
                "two parts of the place are exchanged",
                &key,
                &swapped,
                &sealed,
            ),
        );
    }
}

pub(crate) fn wraps(kit: &mut Kit) {
    const TAMPERED: &str = "WrapError::WrongKeyOrTampered";
    let rng = &mut Seeded::new("wrap");
    let (seed, other) = (rng.array::<32>(), rng.array::<32>());
    let key =
        |seed: &[u8; 32]| KemPrivateKey::from_seed(KeyBytes::from_slice(seed).expect("32 bytes"));
    let payload = rng.array::<64>();
    let context = b"the statement, then the device's id";
    let wrap = wrap_keys(&key(&seed).public_key(), context, &payload, rng).expect("a valid key");
    assert!(unwrap_keys(&key(&seed), context, &wrap).is_ok());
    let case = |expect: &str, note: &str, seed: &[u8], context: &[u8], wrap: &[u8]| {
        Case::new("wrap", expect, note)
            .hex("seed", seed)
            .hex("context", context)
            .hex("payload", &payload)
            .hex("wrap", wrap)
    };
    kit.add("control", case("ok", "as wrapped", &seed, context, &wrap));
    kit.add(
        "other-recipient",
        case(TAMPERED, "another device's key", &other, context, &wrap),
    );
    kit.add(
        "other-context",
        case(
            TAMPERED,
            "the context is another one",
            &seed,
            b"another statement",
            &wrap,
        ),
    );
    kit.add(
        "no-context",
        case(TAMPERED, "the context is empty", &seed, b"", &wrap),
    );
    let end = wrap.len();
    for (fault, at, note) in [
        ("ml-kem", 0, "a bit of the ML-KEM ciphertext is changed"),
        (
            "ml-kem-last",
            1087,
            "the last byte of the ML-KEM ciphertext is changed",
        ),
        ("x25519", 1088, "a bit of the X25519 point is changed"),
        ("ciphertext", 1120, "a bit of the ciphertext is changed"),
        ("tag", end - 1, "a bit of the tag is changed"),
    ] {
        kit.add(
            fault,
            case(TAMPERED, note, &seed, context, &flipped(&wrap, at)),
        );
    }
    for (fault, size, note) in [
        ("empty", 0, "no bytes"),
        ("no-x25519", 1088, "ends after the ML-KEM ciphertext"),
        (
            "encapsulated-alone",
            1120,
            "ends after the encapsulated key",
        ),
        ("short-tag", end - 1, "the tag lacks a byte"),
    ] {
        kit.add(fault, case(TAMPERED, note, &seed, context, &wrap[..size]));
    }
    kit.add(
        "longer",
        case(
            TAMPERED,
            "a byte is left over",
            &seed,
            context,
            &longer(&wrap),
        ),
    );
    for (fault, point) in small_orders() {
        let note = "the X25519 point is of small order, so its half contributes nothing";
        kit.add(
            &format!("x25519-{fault}"),
            case(
                TAMPERED,
                note,
                &seed,
                context,
                &replaced(&wrap, 1088, &point),
            ),
        );
    }
    // Halves of two wraps to the same device, under the same context.
    let second = wrap_keys(&key(&seed).public_key(), context, &payload, rng).expect("a valid key");
    kit.add(
        "halves-mixed",
        case(
            TAMPERED,
            "the X25519 point is another wrap's to the same device",
            &seed,
            context,
            &replaced(&wrap, 1088, &second[1088..1120]),
        ),
    );
}

/// Points that X25519 takes to zero (RFC 7748 §6.1).
pub(super) fn small_orders() -> [(&'static str, [u8; 32]); 4] {
    let (mut one, mut prime, mut high) = ([0; 32], [0xff; 32], [0; 32]);
    one[0] = 1;
    (prime[0], prime[31]) = (0xed, 0x7f);
    high[31] = 0x80;
    [
        ("zero", [0; 32]),
        ("one", one),
        ("prime", prime),
        ("zero-high-bit", high),
    ]
}

pub(crate) fn padding(kit: &mut Kit) {
    let value = pad(Padding::Value, b"sk-proj-not-a-real-key");
    let case = |expect: &str, note: &str, of: &str, padded: &[u8]| {
        Case::new("padding", expect, note)
            .text("of", of)
            .hex("padded", padded)
    };
    const ERROR: &str = "PaddingError";
    kit.add("control", case("ok", "as padded", "value", &value));
    kit.add(
        "control-empty",
        case("ok", "a name of no bytes", "name", &pad(Padding::Name, b"")),
    );
    kit.add("empty", case(ERROR, "no bytes", "value", &[]));
    kit.add(
        "no-length",
        case(ERROR, "ends inside the length", "value", &value[..3]),
    );
    kit.add(
        "short",
        case(
            ERROR,
            "a byte of padding is missing",
            "value",
            &value[..255],
        ),
    );
    kit.add(
        "longer",
        case(ERROR, "a byte is left over", "value", &longer(&value)),
    );
    kit.add(
        "not-zero",
        case(
            ERROR,
            "the padding is not zero",
            "value",
            &flipped(&value, 255),
        ),
    );
    kit.add(
        "length-beyond",
        case(
            ERROR,
            "the length reaches beyond the end",
            "value",
            &replaced(&value, 0, &[0xff; 4]),
        ),
    );
    kit.add(
        "other-floor",
        case(
            ERROR,
            "padded as a value, read as an operation",
            "operation",
            &value,
        ),
    );
    let mut next_bucket = pad(Padding::Value, &[7; 300]).to_vec();
    next_bucket.resize(next_bucket.len() + 16, 0);
    kit.add(
        "next-bucket",
        case(
            ERROR,
            "padded to the size above its own",
            "value",
            &next_bucket,
        ),
    );
}

pub(crate) fn costs(kit: &mut Kit) {
    for (fault, expect, memory, passes, lanes) in [
        ("control-floor", "ok", 65_536, 3, 4),
        ("control-ceiling", "ok", 1_048_576, 64, 16),
        ("little-memory", "KdfError::BelowFloor", 65_535, 3, 4),
        ("few-passes", "KdfError::BelowFloor", 65_536, 2, 4),
        ("no-memory", "KdfError::BelowFloor", 0, 3, 4),
        ("no-passes", "KdfError::BelowFloor", 65_536, 0, 4),
        ("no-lanes", "KdfError::BelowFloor", 65_536, 3, 0),
        ("much-memory", "KdfError::AboveCeiling", 1_048_577, 3, 4),
        ("all-memory", "KdfError::AboveCeiling", 4_294_967_295, 3, 4),
        ("many-passes", "KdfError::AboveCeiling", 65_536, 65, 4),
        ("many-lanes", "KdfError::AboveCeiling", 65_536, 3, 17),
    ] {
        kit.add(
            fault,
            Case::new(
                "costs",
                expect,
                "an Argon2id's costs, judged before anything is derived",
            )
            .number("memory-kib", memory)
            .number("passes", passes)
            .number("lanes", lanes),
        );
    }
}

pub(crate) fn commitments(kit: &mut Kit) {
    let rng = &mut Seeded::new("value commitment");
    let (opening, other) = (rng.array::<32>(), rng.array::<32>());
    let bytes = KeyBytes::from_slice(&opening).expect("32 bytes");
    let stated = commit_value(&CommitmentOpening::from_bytes(bytes), b"sk-live");
    let case = |expect: &str, note: &str, stated: &[u8], opening: &[u8], value: &[u8]| {
        Case::new("value commitment", expect, note)
            .hex("commitment", stated)
            .hex("opening", opening)
            .hex("value", value)
    };
    const ERROR: &str = "no match";
    kit.add(
        "control",
        case("ok", "as committed", &stated, &opening, b"sk-live"),
    );
    kit.add(
        "other-value",
        case(ERROR, "another value", &stated, &opening, b"sk-test"),
    );
    kit.add(
        "other-opening",
        case(ERROR, "another opening", &stated, &other, b"sk-live"),
    );
    kit.add(
        "longer-value",
        case(ERROR, "a byte more", &stated, &opening, b"sk-live\0"),
    );
    kit.add(
        "changed",
        case(
            ERROR,
            "the commitment's last byte is changed",
            &flipped(&stated, 31),
            &opening,
            b"sk-live",
        ),
    );
}
