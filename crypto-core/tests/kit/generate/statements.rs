//! Checkpoints, fork proofs, anchors: what is said about whole logs.

use super::{Kit, flipped, longer, replaced};
use crate::{case::Case, seeded::Seeded};
use keystead_crypto::{
    Anchor, Branch, Checkpoint, ConsistencyProof, ForkProof, ForkedTree, Hash, Head,
    InclusionProof, LiveVersion, LogPosition, SigningContext, SigningKey, TreeHead, leaf_hash,
    tree_hash,
};

const TRUNCATED: &str = "DecodeError::Truncated";
const TRAILING: &str = "DecodeError::TrailingBytes";
const NOT_CANONICAL: &str = "DecodeError::NotCanonical";
const SCHEMA_1: &str = "DecodeError::UnsupportedSchema(1)";
const SUITE_9: &str = "DecodeError::UnsupportedSuite(9)";

pub(crate) fn checkpoints(kit: &mut Kit) {
    const ERROR: &str = "VerifyError";
    let rng = &mut Seeded::new("checkpoint");
    let (key, other) = (SigningKey::generate(rng), SigningKey::generate(rng));
    let position = |rng: &mut Seeded, operations| LogPosition {
        log: rng.array(),
        operations,
        root: rng.array(),
    };
    let live = |rng: &mut Seeded, sequence| LiveVersion {
        version: rng.array(),
        log: rng.array(),
        sequence,
    };
    let checkpoint = Checkpoint {
        space: rng.array(),
        membership_heads: vec![rng.array(), rng.array()],
        logs: vec![position(rng, 41), position(rng, 7)],
        live: vec![live(rng, 12), live(rng, 3)],
    };
    let signed = checkpoint.sign(&key, rng).expect("no contradiction");
    let signed = signed.encode();
    let nothing = Checkpoint {
        space: rng.array(),
        membership_heads: Vec::new(),
        logs: Vec::new(),
        live: Vec::new(),
    };
    let nothing = nothing.sign(&key, rng).expect("no contradiction").encode();
    let case = |expect: &str, note: &str, key: &SigningKey, checkpoint: &[u8]| {
        Case::new("checkpoint", expect, note)
            .hex("key", &key.verifying_key().as_bytes()[..])
            .hex("checkpoint", checkpoint)
    };
    kit.add("control", case("ok", "as signed", &key, &signed));
    kit.add(
        "control-nothing",
        case("ok", "a space of which nothing is known", &key, &nothing),
    );
    kit.add(
        "other-device",
        case(ERROR, "another device's key", &other, &signed),
    );
    // Heads from 40, logs from 108, live versions from 256, the signature from 368.
    for (fault, at, note) in [
        ("space", 4, "it is for another space"),
        ("log-raised", 147, "a log's operations are others"),
        ("live-version", 271, "a live version is another"),
        ("signature", 368, "a bit of the signature is changed"),
    ] {
        kit.add(fault, case(ERROR, note, &key, &flipped(&signed, at)));
    }
    let head = SigningContext::Head;
    let body = &signed[..368];
    kit.add(
        "signed-as-a-head",
        case(
            ERROR,
            "the signature's context is a head's",
            &key,
            &replaced(&signed, 368, &key.sign(head, body, rng)[..]),
        ),
    );
    let mut descending = signed.clone();
    descending[40..104].rotate_left(32);
    let mut logs = signed.clone();
    logs[108..252].rotate_left(72);
    let mut versions = signed.clone();
    versions[256..368].rotate_left(56);
    let twice = replaced(&signed, 72, &signed[40..72]);
    for (fault, note, bytes) in [
        ("heads-descending", "the heads descend", descending),
        ("logs-descending", "the logs descend", logs),
        ("versions-descending", "the versions descend", versions),
        ("head-twice", "a head stands twice", twice),
    ] {
        kit.add(fault, case(NOT_CANONICAL, note, &key, &bytes));
    }
    let count = replaced(&signed, 36, &[0xff; 4]);
    for (fault, expect, note, bytes) in [
        ("empty", TRUNCATED, "no bytes", &[][..]),
        ("short", TRUNCATED, "a byte is missing", &signed[..3740]),
        ("longer", TRAILING, "a byte is left over", &longer(&signed)),
        ("count-beyond", TRUNCATED, "2^32 - 1 heads", &count),
        ("suite", SUITE_9, "suite 9", &replaced(&signed, 1, &[9])),
        ("schema", SCHEMA_1, "schema 1", &replaced(&signed, 3, &[1])),
    ] {
        kit.add(fault, case(expect, note, &key, bytes));
    }
}

/// Entry `index` of a branch; both have the same up to 4.
fn entry(branch: u8, index: u64) -> Hash {
    leaf_hash(&[if index < 4 { 0 } else { branch }, index as u8])
}

fn root(branch: u8, size: u64) -> Hash {
    tree_hash((0..size).map(|at| entry(branch, at)))
}

/// One side of a fork after `common` entries; its head holds `size` operations.
fn side(key: &SigningKey, space: u8, branch: u8, size: u64, common: u64) -> Branch {
    let rng = &mut Seeded::new(&format!("fork {space} {branch} {common}"));
    let head = Head {
        space: [space; 32],
        device: [2; 16],
        incarnation: [3; 16],
        operations: size,
        operation_root: root(branch, size),
        seen_heads: [0; 32],
        events: 2,
        event_root: root(0, 2),
    };
    Branch {
        head: head.sign(key, rng),
        consistency: ConsistencyProof::generate(common, size, |at| entry(branch, at))
            .expect("inside"),
        leaf: entry(branch, common),
        inclusion: InclusionProof::generate(common, size, |at| entry(branch, at)).expect("inside"),
    }
}

pub(crate) fn forks(kit: &mut Kit) {
    const ROOT: &str = "ForkError::Proof(RootMismatch)";
    let rng = &mut Seeded::new("fork proof");
    let (key, other) = (SigningKey::generate(rng), SigningKey::generate(rng));
    let case = |expect: &str, note: &str, key: &SigningKey, proof: &[u8]| {
        Case::new("fork proof", expect, note)
            .hex("key", &key.verifying_key().as_bytes()[..])
            .hex("proof", proof)
    };
    let prove = |common, branch: u8, one: Branch, other: Branch| {
        let common = TreeHead {
            size: common,
            root: root(branch, common),
        };
        ForkProof::new(ForkedTree::Operations, common, one, other).encode()
    };
    let at = |branch, size, common| side(&key, 1, branch, size, common);
    let proof = prove(4, 0, at(1, 7, 4), at(2, 9, 4));
    kit.add(
        "control",
        case("ok", "two heads that part after 4 entries", &key, &proof),
    );
    kit.add(
        "other-device",
        case("ForkError::NotSigned", "another device's", &other, &proof),
    );
    let before = prove(3, 0, at(1, 7, 3), at(2, 9, 3));
    let after = prove(5, 1, at(1, 7, 5), at(2, 9, 5));
    let same = prove(4, 0, at(1, 7, 4), at(1, 9, 4));
    let logs = prove(4, 0, at(1, 7, 4), side(&key, 9, 2, 9, 4));
    let mut made_up = at(2, 9, 4);
    made_up.leaf[0] ^= 1;
    let made_up = prove(4, 0, at(1, 7, 4), made_up);
    let mut elsewhere = at(2, 9, 4);
    elsewhere.leaf = entry(2, 6);
    elsewhere.inclusion = InclusionProof::generate(6, 9, |at| entry(2, at)).expect("inside");
    let elsewhere = prove(4, 0, at(1, 7, 4), elsewhere);
    let none = "ForkError::NoContradiction";
    let range = "ForkError::Proof(OutOfRange)";
    let events = replaced(&proof, 4, &[2]);
    let size = "ForkError::Proof(OtherSize)";
    for (fault, expect, note, bytes) in [
        ("before", none, "an entry before the fork", &before[..]),
        ("after", ROOT, "what is said to be common is not", &after),
        ("same-entry", none, "both go on with one entry", &same),
        (
            "other-log",
            "ForkError::DifferentLogs",
            "of two spaces",
            &logs,
        ),
        ("made-up", ROOT, "an entry that no head holds", &made_up),
        (
            "later-entry",
            range,
            "not the first that differs",
            &elsewhere,
        ),
        ("common-root", ROOT, "another root", &flipped(&proof, 13)),
        ("events", size, "said of the other tree", &events),
        (
            "tree-unknown",
            NOT_CANONICAL,
            "tree 3",
            &replaced(&proof, 4, &[3]),
        ),
        // The first head stands from 49; its operation root from 76 in it.
        (
            "head-changed",
            "ForkError::NotSigned",
            "a head's root is changed",
            &flipped(&proof, 49 + 76),
        ),
        ("empty", TRUNCATED, "no bytes", &[]),
        (
            "short",
            TRUNCATED,
            "a byte is missing",
            &proof[..proof.len() - 1],
        ),
        ("longer", TRAILING, "a byte is left over", &longer(&proof)),
        (
            "head-longer",
            TRAILING,
            "a byte of the proof behind it is counted to the head",
            &replaced(&proof, 45, &3_554u32.to_be_bytes()),
        ),
        ("schema", SCHEMA_1, "schema 1", &replaced(&proof, 3, &[1])),
    ] {
        kit.add(fault, case(expect, note, &key, bytes));
    }
}

pub(crate) fn anchors(kit: &mut Kit) {
    let rng = &mut Seeded::new("anchor");
    let (vault, other): ([u8; 16], [u8; 16]) = (rng.array(), rng.array());
    let anchor = Anchor {
        vault,
        generation: 3,
        sequence: 7,
        root: root(1, 7),
    };
    let bytes = anchor.encode();
    let case = |expect: &str, note: &str, vault, generation, operations, branch, bytes: &[u8]| {
        let root = root(branch, anchor.sequence.min(operations));
        let vault: [u8; 16] = vault;
        Case::new("anchor", expect, note)
            .hex("anchor", bytes)
            .hex("vault", &vault)
            .number("generation", generation)
            .number("operations", operations)
            .hex("root", &root)
    };
    let behind = "AnchorState::Behind";
    let diverged = "AnchorState::Diverged";
    let others = "AnchorState::OtherVault";
    for (fault, expect, note, vault, generation, operations, branch) in [
        ("control", "ok", "where it was", vault, 3, 7, 1),
        ("control-ahead", "ok", "the store went on", vault, 4, 9, 1),
        ("behind", behind, "an operation is missing", vault, 3, 6, 1),
        ("old-header", behind, "an older header", vault, 2, 7, 1),
        ("diverged", diverged, "another past", vault, 3, 9, 2),
        ("other-vault", others, "another vault's", other, 3, 7, 1),
    ] {
        let case = case(expect, note, vault, generation, operations, branch, &bytes);
        kit.add(fault, case);
    }
    for (fault, expect, note, bytes) in [
        ("empty", TRUNCATED, "no bytes", &[][..]),
        ("short", TRUNCATED, "a byte is missing", &bytes[..67]),
        ("longer", TRAILING, "a byte is left over", &longer(&bytes)),
        ("suite", SUITE_9, "suite 9", &replaced(&bytes, 1, &[9])),
        ("schema", SCHEMA_1, "schema 1", &replaced(&bytes, 3, &[1])),
    ] {
        kit.add(fault, case(expect, note, vault, 3, 7, 1, bytes));
    }
}
