//! RFC 6962 Merkle trees over canonical bytes, grown one leaf at a time, and
//! proofs about them. Keeps the frontier only: O(log n) hashes, whatever the
//! log holds. Does not keep leaves and does not check who signed a root.

mod consistency;
mod inclusion;

pub use consistency::ConsistencyProof;
pub use inclusion::InclusionProof;

use crate::encoding::{DecodeError, Reader, Writer};
use sha2::{Digest, Sha256};

/// The largest tree that a proof is about. No log comes near; with it a path
/// has at most 64 hashes and every size fits a signed 64-bit column.
pub const MAX_TREE_SIZE: u64 = 1 << 63;

/// What a signed head says of a tree: all that a proof is checked against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TreeHead {
    /// Leaves.
    pub size: u64,
    /// The tree's hash.
    pub root: Hash,
}

/// Why a proof could not be made, read or believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProofError {
    /// Not the canonical form.
    #[error("the proof can't be read: {0}")]
    Malformed(#[from] DecodeError),
    /// A leaf beyond the tree, an older tree larger than the newer, or a tree
    /// beyond [`MAX_TREE_SIZE`].
    #[error("the proof is about something outside the tree")]
    OutOfRange,
    /// About a tree of another size than the one it is checked against.
    #[error("the proof is about a tree of another size")]
    OtherSize,
    /// More or fewer hashes than the two numbers ask for.
    #[error("the proof has the wrong number of hashes")]
    WrongLength,
    /// The hashes lead to another root.
    #[error("the proof does not lead to the stated root")]
    RootMismatch,
}

/// A SHA-256 hash.
pub type Hash = [u8; 32];

/// SHA-256(0x00 ‖ leaf). Source: RFC 6962 §2.1.
pub fn leaf_hash(leaf: &[u8]) -> Hash {
    Sha256::new()
        .chain_update([0])
        .chain_update(leaf)
        .finalize()
        .into()
}

fn node_hash(left: &Hash, right: &Hash) -> Hash {
    Sha256::new()
        .chain_update([1])
        .chain_update(left)
        .chain_update(right)
        .finalize()
        .into()
}

/// The right edge of a tree: one root for each full subtree, largest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    roots: Vec<Hash>,
}

impl Frontier {
    /// An empty tree.
    pub fn new() -> Self {
        Self::default()
    }

    /// Leaves so far.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Adds a leaf by its hash.
    pub fn append(&mut self, leaf: Hash) {
        let mut root = leaf;
        for _ in 0..self.size.trailing_ones() {
            let left = self.roots.pop().expect("one root for each bit of the size");
            root = node_hash(&left, &root);
        }
        self.roots.push(root);
        self.size += 1;
    }

    /// The tree's hash; that of the empty string for an empty tree (RFC 6962 §2.1).
    pub fn root(&self) -> Hash {
        let mut roots = self.roots.iter().rev();
        match roots.next() {
            None => Sha256::digest([]).into(),
            Some(last) => roots.fold(*last, |right, left| node_hash(left, &right)),
        }
    }

    /// Size and hash, as a signed head states them.
    pub fn head(&self) -> TreeHead {
        TreeHead {
            size: self.size,
            root: self.root(),
        }
    }

    /// Canonical bytes: size, then the roots.
    pub fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::new();
        writer.u64(self.size);
        for root in &self.roots {
            writer.fixed(root);
        }
        writer.finish()
    }

    /// Reads what [`Self::encode`] wrote.
    ///
    /// # Errors
    /// [`DecodeError`] for anything else.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        let size = reader.u64()?;
        if size > MAX_TREE_SIZE {
            return Err(DecodeError::NotCanonical);
        }
        let mut roots = Vec::new();
        for _ in 0..size.count_ones() {
            roots.push(reader.fixed()?);
        }
        reader.finish()?;
        Ok(Self { size, roots })
    }
}

/// The largest power of two below `size`, which is at least 2: where RFC 6962
/// splits a tree.
fn split(size: u64) -> u64 {
    1 << (size - 1).ilog2()
}

/// The hash of the subtree over the leaves `start..end`.
fn subtree_hash(start: u64, end: u64, leaf: &impl Fn(u64) -> Hash) -> Hash {
    tree_hash((start..end).map(leaf))
}

/// Reads a path of exactly `expected` hashes (at most 64).
fn read_path(reader: &mut Reader<'_>, expected: u32) -> Result<Vec<Hash>, ProofError> {
    // Compared before anything is allocated: the count is the sender's word.
    if reader.u32()? != expected {
        return Err(ProofError::WrongLength);
    }
    let mut path = Vec::new();
    for _ in 0..expected {
        path.push(reader.fixed()?);
    }
    Ok(path)
}

fn write_path(writer: &mut Writer, path: &[Hash]) {
    writer.count(path.len());
    for hash in path {
        writer.fixed(hash);
    }
}

/// The hash of a whole tree, from its leaves' hashes.
pub fn tree_hash(leaves: impl IntoIterator<Item = Hash>) -> Hash {
    let mut frontier = Frontier::new();
    leaves.into_iter().for_each(|leaf| frontier.append(leaf));
    frontier.root()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// RFC 6962 §2.1 word for word.
    pub(super) fn recursive(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => Sha256::digest([]).into(),
            [one] => *one,
            more => {
                let (left, right) = halves(more);
                node_hash(&recursive(left), &recursive(right))
            }
        }
    }

    /// RFC 6962's split: the largest power of two below the size goes left.
    pub(super) fn halves(leaves: &[Hash]) -> (&[Hash], &[Hash]) {
        leaves.split_at(leaves.len().next_power_of_two() / 2)
    }

    pub(super) fn head(leaves: &[Hash]) -> TreeHead {
        TreeHead {
            size: leaves.len() as u64,
            root: recursive(leaves),
        }
    }

    pub(super) fn leaves(count: u64) -> Vec<Hash> {
        (0..count).map(|n| leaf_hash(&n.to_be_bytes())).collect()
    }

    #[test]
    fn a_tree_splits_at_the_largest_power_of_two_below_its_size() {
        let expected = [(2, 1), (3, 2), (4, 2), (5, 4), (8, 4), (9, 8)];
        for (size, left) in expected {
            assert_eq!(split(size), left, "{size}");
        }
        assert_eq!(split(MAX_TREE_SIZE), MAX_TREE_SIZE / 2);
        let frontier = |size: u64, roots: usize| {
            let mut writer = Writer::new();
            writer.u64(size);
            for _ in 0..roots {
                writer.fixed(&[7; 32]);
            }
            Frontier::decode(&writer.finish()).map(|read| read.size())
        };
        assert_eq!(frontier(MAX_TREE_SIZE, 1), Ok(MAX_TREE_SIZE));
        let beyond = frontier(MAX_TREE_SIZE + 1, 2);
        assert_eq!(beyond, Err(DecodeError::NotCanonical));
    }

    proptest! {
        #[test]
        fn the_frontier_is_the_rfc_tree(leaves: Vec<[u8; 4]>) {
            let hashes: Vec<_> = leaves.iter().map(|leaf| leaf_hash(leaf)).collect();
            let mut frontier = Frontier::new();
            for (index, hash) in hashes.iter().enumerate() {
                frontier.append(*hash);
                prop_assert_eq!(frontier.head(), head(&hashes[..=index]));
            }
            prop_assert_eq!(Frontier::decode(&frontier.encode()), Ok(frontier));
        }
    }
}
