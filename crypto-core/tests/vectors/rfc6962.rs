//! RFC 6962 trees: the eight reference leaves, every root, and the published
//! inclusion and consistency paths, rebuilt from `tree_hash` by the RFC's own
//! recursion. Does not check any proof by an API.

use crate::support::{Expected, Tally, list, number, unhex};
use keystead_crypto::{Frontier, Hash, leaf_hash, tree_hash};
use serde_json::Value;

fn vectors() -> Value {
    serde_json::from_str(include_str!("../../testdata/vectors/rfc6962.json")).expect("our own file")
}

fn text(value: &Value) -> Vec<u8> {
    unhex(value.as_str().expect("hexadecimal text"))
}

fn leaves(vectors: &Value) -> Vec<Hash> {
    list(vectors, "leaves")
        .iter()
        .map(|leaf| leaf_hash(&text(leaf)))
        .collect()
}

#[test]
fn roots() {
    let vectors = vectors();
    let leaves = leaves(&vectors);
    let mut tally = Tally::new("rfc 6962 roots");
    let mut frontier = Frontier::new();
    for (size, root) in list(&vectors, "roots").iter().enumerate() {
        let root = text(root);
        assert_eq!(frontier.root()[..], root, "size {size}, grown");
        assert_eq!(
            tree_hash(leaves[..size].iter().copied())[..],
            root,
            "size {size}, at once"
        );
        tally.held();
        if let Some(leaf) = leaves.get(size) {
            frontier.append(*leaf);
        }
    }
    tally.finish(&Expected {
        run: 9,
        ..Expected::default()
    });
}

#[test]
fn inclusion_paths() {
    let vectors = vectors();
    let leaves = leaves(&vectors);
    let mut tally = Tally::new("rfc 6962 inclusion paths");
    for case in list(&vectors, "inclusion") {
        let size = number(case, "tree_size");
        let path = inclusion(number(case, "leaf_index"), &leaves[..size]);
        let published: Vec<_> = list(case, "path").iter().map(text).collect();
        assert_eq!(path, published, "{case}");
        tally.held();
    }
    tally.finish(&Expected {
        run: 5,
        ..Expected::default()
    });
}

#[test]
fn consistency_paths() {
    let vectors = vectors();
    let leaves = leaves(&vectors);
    let mut tally = Tally::new("rfc 6962 consistency paths");
    for case in list(&vectors, "consistency") {
        let second = number(case, "second");
        let path = consistency(number(case, "first"), &leaves[..second], true);
        let published: Vec<_> = list(case, "path").iter().map(text).collect();
        assert_eq!(path, published, "{case}");
        tally.held();
    }
    tally.finish(&Expected {
        run: 4,
        ..Expected::default()
    });
}

fn root(leaves: &[Hash]) -> Vec<u8> {
    tree_hash(leaves.iter().copied()).to_vec()
}

/// PATH(m, D[n]) of RFC 6962 §2.1.1.
fn inclusion(index: usize, leaves: &[Hash]) -> Vec<Vec<u8>> {
    if leaves.len() <= 1 {
        return Vec::new();
    }
    let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
    let (mut path, other) = match index.checked_sub(left.len()) {
        None => (inclusion(index, left), right),
        Some(index) => (inclusion(index, right), left),
    };
    path.push(root(other));
    path
}

/// SUBPROOF(m, D[n], b) of RFC 6962 §2.1.2.
fn consistency(first: usize, leaves: &[Hash], known: bool) -> Vec<Vec<u8>> {
    if first == leaves.len() {
        return if known {
            Vec::new()
        } else {
            vec![root(leaves)]
        };
    }
    let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
    let (mut path, other) = if first <= left.len() {
        (consistency(first, left, known), right)
    } else {
        (consistency(first - left.len(), right, false), left)
    };
    path.push(root(other));
    path
}
