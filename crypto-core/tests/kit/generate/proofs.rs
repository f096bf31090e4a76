//! Inclusion and consistency proofs.

use super::{Kit, flipped, longer, replaced};
use crate::case::Case;
use keystead_crypto::{ConsistencyProof, Hash, InclusionProof, leaf_hash, tree_hash};

fn leaf(index: u64) -> Hash {
    leaf_hash(&index.to_be_bytes())
}

fn root(size: u64) -> Hash {
    tree_hash((0..size).map(leaf))
}

pub(crate) fn inclusion(kit: &mut Kit) {
    let proof = InclusionProof::generate(5, 11, leaf)
        .expect("inside")
        .encode();
    let case = |expect: &str, note: &str, leaf: Hash, size: u64, root: Hash, proof: &[u8]| {
        Case::new("inclusion", expect, note)
            .hex("leaf", &leaf)
            .number("size", size)
            .hex("root", &root)
            .hex("proof", proof)
    };
    let add = |kit: &mut Kit, fault: &str, expect: &str, note: &str, proof: &[u8]| {
        kit.add(fault, case(expect, note, leaf(5), 11, root(11), proof));
    };
    add(kit, "control", "ok", "leaf 5 of 11", &proof);
    add(kit, "empty", "DecodeError::Truncated", "no bytes", &[]);
    add(
        kit,
        "short",
        "DecodeError::Truncated",
        "a byte is missing",
        &proof[..proof.len() - 1],
    );
    add(
        kit,
        "longer",
        "DecodeError::TrailingBytes",
        "a byte is left over",
        &longer(&proof),
    );
    add(
        kit,
        "path-changed",
        "ProofError::RootMismatch",
        "a bit of the first hash is changed",
        &flipped(&proof, 24),
    );
    add(
        kit,
        "path-short",
        "ProofError::WrongLength",
        "a hash is left out",
        &{
            let mut shorter = proof[..proof.len() - 32].to_vec();
            shorter[23] -= 1;
            shorter
        },
    );
    add(
        kit,
        "beyond",
        "ProofError::OutOfRange",
        "leaf 11 of 11",
        &replaced(&proof, 4, &11u64.to_be_bytes()),
    );
    add(
        kit,
        "huge",
        "ProofError::OutOfRange",
        "a tree of 2^64 - 1 leaves",
        &replaced(&proof, 12, &[0xff; 8]),
    );
    kit.add(
        "other-leaf",
        case(
            "ProofError::RootMismatch",
            "another leaf",
            leaf(6),
            11,
            root(11),
            &proof,
        ),
    );
    kit.add(
        "other-size",
        case(
            "ProofError::OtherSize",
            "the tree has grown",
            leaf(5),
            12,
            root(12),
            &proof,
        ),
    );
    kit.add(
        "other-root",
        case(
            "ProofError::RootMismatch",
            "a root of the same size",
            leaf(5),
            11,
            root(12),
            &proof,
        ),
    );
    let sibling = InclusionProof::generate(4, 11, leaf)
        .expect("inside")
        .encode();
    add(
        kit,
        "other-index",
        "ProofError::RootMismatch",
        "the proof of its neighbour",
        &sibling,
    );
}

pub(crate) fn consistency(kit: &mut Kit) {
    let proof = ConsistencyProof::generate(6, 11, leaf)
        .expect("inside")
        .encode();
    let case = |expect: &str,
                note: &str,
                old: u64,
                old_root: Hash,
                new: u64,
                new_root: Hash,
                proof: &[u8]| {
        Case::new("consistency", expect, note)
            .number("old-size", old)
            .hex("old-root", &old_root)
            .number("new-size", new)
            .hex("new-root", &new_root)
            .hex("proof", proof)
    };
    let add = |kit: &mut Kit, fault: &str, expect: &str, note: &str, proof: &[u8]| {
        kit.add(fault, case(expect, note, 6, root(6), 11, root(11), proof));
    };
    add(kit, "control", "ok", "from 6 leaves to 11", &proof);
    add(kit, "empty", "DecodeError::Truncated", "no bytes", &[]);
    add(
        kit,
        "longer",
        "DecodeError::TrailingBytes",
        "a byte is left over",
        &longer(&proof),
    );
    add(
        kit,
        "path-changed",
        "ProofError::RootMismatch",
        "a bit of the first hash is changed",
        &flipped(&proof, 24),
    );
    add(
        kit,
        "shrinking",
        "ProofError::OutOfRange",
        "from 12 leaves to 11",
        &replaced(&proof, 4, &12u64.to_be_bytes()),
    );
    let rewritten = tree_hash((0..11).map(|index| leaf(if index == 2 { 99 } else { index })));
    kit.add(
        "rewritten",
        case(
            "ProofError::RootMismatch",
            "an old leaf was rewritten",
            6,
            root(6),
            11,
            rewritten,
            &proof,
        ),
    );
    kit.add(
        "other-past",
        case(
            "ProofError::RootMismatch",
            "another past",
            6,
            rewritten,
            11,
            root(11),
            &proof,
        ),
    );
    kit.add(
        "other-size",
        case(
            "ProofError::OtherSize",
            "heads of other sizes",
            7,
            root(7),
            11,
            root(11),
            &proof,
        ),
    );
    let same = ConsistencyProof::generate(11, 11, leaf)
        .expect("inside")
        .encode();
    kit.add(
        "control-same",
        case("ok", "nothing new", 11, root(11), 11, root(11), &same),
    );
    kit.add(
        "same-size-other-root",
        case(
            "ProofError::RootMismatch",
            "one size, two roots: a fork",
            11,
            root(11),
            11,
            rewritten,
            &same,
        ),
    );
}
