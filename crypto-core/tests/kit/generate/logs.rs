//! Heads, epochs, frontiers.

use super::{Kit, flipped, longer, replaced};
use crate::{case::Case, seeded::Seeded};
use keystead_crypto::{EpochScope, Frontier, Head, KeyBytes, SigningKey, epoch_id, leaf_hash};

pub(crate) fn heads(kit: &mut Kit) {
    let rng = &mut Seeded::new("head");
    let (key, other) = (SigningKey::generate(rng), SigningKey::generate(rng));
    let head = Head {
        space: rng.array(),
        device: rng.array(),
        incarnation: rng.array(),
        operations: 41,
        operation_root: rng.array(),
        seen_heads: rng.array(),
        events: 1_200,
        event_root: rng.array(),
    };
    let signed = head.sign(&key, rng).encode();
    let case = |expect: &str, note: &str, key: &SigningKey, head: &[u8]| {
        Case::new("head", expect, note)
            .hex("key", &key.verifying_key().as_bytes()[..])
            .hex("head", head)
    };
    const ERROR: &str = "VerifyError";
    kit.add("control", case("ok", "as signed", &key, &signed));
    kit.add(
        "other-device",
        case(ERROR, "another device's key", &other, &signed),
    );
    for (fault, at, note) in [
        ("space", 4, "it is for another space"),
        ("device", 36, "it names another device"),
        ("incarnation", 52, "it names another incarnation"),
        ("operations-raised", 75, "it counts other operations"),
        ("operation-root", 76, "its operation root is another"),
        ("seen-heads", 108, "it has seen other heads"),
        ("events-raised", 147, "it counts other events"),
        ("event-root", 148, "its event root is another"),
        ("signature", 180, "a bit of the signature is changed"),
    ] {
        kit.add(fault, case(ERROR, note, &key, &flipped(&signed, at)));
    }
    kit.add(
        "short",
        case(
            "DecodeError::Truncated",
            "a byte is missing",
            &key,
            &signed[..signed.len() - 1],
        ),
    );
    kit.add(
        "longer",
        case(
            "DecodeError::TrailingBytes",
            "a byte is left over",
            &key,
            &longer(&signed),
        ),
    );
    kit.add(
        "empty",
        case("DecodeError::Truncated", "no bytes", &key, &[]),
    );
    kit.add(
        "schema",
        case(
            "DecodeError::UnsupportedSchema(256)",
            "schema 256",
            &key,
            &replaced(&signed, 2, &[1, 0]),
        ),
    );
    let next = Head {
        operations: 42,
        ..head
    };
    let next = next.sign(&key, rng).encode();
    kit.add(
        "signature-of-another",
        case(
            ERROR,
            "the signature is the one of the same device's next head",
            &key,
            &replaced(&signed, 180, &next[180..]),
        ),
    );
}

pub(crate) fn epochs(kit: &mut Kit) {
    let rng = &mut Seeded::new("epoch");
    let (key, other): ([u8; 32], [u8; 32]) = (rng.array(), rng.array());
    let (space, scope): ([u8; 32], [u8; 16]) = (rng.array(), rng.array());
    let mut parents: [[u8; 32]; 2] = [rng.array(), rng.array()];
    parents.sort_unstable();
    let bytes = KeyBytes::from_slice(&key).expect("32 bytes");
    let stated = epoch_id(
        &bytes,
        &space,
        EpochScope::Environment(scope),
        &parents.into_iter().collect(),
    );
    let case = |expect: &str,
                note: &str,
                stated: &[u8],
                key: &[u8],
                space: &[u8],
                kind: &str,
                id: &[u8],
                parents: &[[u8; 32]]| {
        let case = Case::new("epoch", expect, note)
            .hex("stated", stated)
            .hex("key", key)
            .hex("space", space)
            .text("scope", kind)
            .hex("scope-id", id);
        parents
            .iter()
            .fold(case, |case, parent| case.hex("parent", parent))
    };
    const ERROR: &str = "EpochMismatch";
    let environment = "environment";
    kit.add(
        "control",
        case(
            "ok",
            "as stated",
            &stated,
            &key,
            &space,
            environment,
            &scope,
            &parents,
        ),
    );
    kit.add(
        "other-key",
        case(
            ERROR,
            "another member was handed another key",
            &stated,
            &other,
            &space,
            environment,
            &scope,
            &parents,
        ),
    );
    kit.add(
        "commitment-changed",
        case(
            ERROR,
            "a bit of the id is changed",
            &flipped(&stated, 31),
            &key,
            &space,
            environment,
            &scope,
            &parents,
        ),
    );
    kit.add(
        "other-space",
        case(
            ERROR,
            "another space",
            &stated,
            &key,
            &flipped(&space, 0),
            environment,
            &scope,
            &parents,
        ),
    );
    kit.add(
        "other-environment",
        case(
            ERROR,
            "another environment",
            &stated,
            &key,
            &space,
            environment,
            &flipped(&scope, 0),
            &parents,
        ),
    );
    kit.add(
        "other-scope",
        case(
            ERROR,
            "a project's metadata key with the same id",
            &stated,
            &key,
            &space,
            "project",
            &scope,
            &parents,
        ),
    );
    kit.add(
        "parent-missing",
        case(
            ERROR,
            "one of two parents is left out",
            &stated,
            &key,
            &space,
            environment,
            &scope,
            &parents[..1],
        ),
    );
    kit.add(
        "parent-twice",
        case(
            "DecodeError::NotCanonical",
            "one parent twice",
            &stated,
            &key,
            &space,
            environment,
            &scope,
            &[parents[0], parents[0]],
        ),
    );
    kit.add(
        "parents-reversed",
        case(
            "DecodeError::NotCanonical",
            "the parents are not in order",
            &stated,
            &key,
            &space,
            environment,
            &scope,
            &[parents[1], parents[0]],
        ),
    );
    kit.add(
        "no-parents",
        case(
            ERROR,
            "no parents",
            &stated,
            &key,
            &space,
            environment,
            &scope,
            &[],
        ),
    );
}

pub(crate) fn frontiers(kit: &mut Kit) {
    let mut frontier = Frontier::new();
    (0..11u8).for_each(|leaf| frontier.append(leaf_hash(&[leaf])));
    let bytes = frontier.encode();
    let case = |expect: &str, note: &str, frontier: &[u8]| {
        Case::new("frontier", expect, note).hex("frontier", frontier)
    };
    kit.add(
        "control",
        case("ok", "eleven leaves, so three roots", &bytes),
    );
    kit.add(
        "control-empty",
        case("ok", "no leaves", &Frontier::new().encode()),
    );
    kit.add("empty", case("DecodeError::Truncated", "no bytes", &[]));
    kit.add(
        "short",
        case(
            "DecodeError::Truncated",
            "a byte is missing",
            &bytes[..bytes.len() - 1],
        ),
    );
    kit.add(
        "longer",
        case(
            "DecodeError::TrailingBytes",
            "a byte is left over",
            &longer(&bytes),
        ),
    );
    kit.add(
        "size-more-bits",
        case(
            "DecodeError::Truncated",
            "a size of more bits than there are roots",
            &replaced(&bytes, 0, &15u64.to_be_bytes()),
        ),
    );
    kit.add(
        "size-beyond",
        case(
            "DecodeError::NotCanonical",
            "more leaves than a tree may have",
            &replaced(&bytes, 0, &[0xff; 8]),
        ),
    );
    kit.add(
        "size-fewer-bits",
        case(
            "DecodeError::TrailingBytes",
            "a size of fewer bits than there are roots",
            &replaced(&bytes, 0, &8u64.to_be_bytes()),
        ),
    );
}
