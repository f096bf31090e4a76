//! RFC 6962 Merkle trees over canonical bytes, grown one leaf at a time.
//! Keeps the frontier only: O(log n) hashes, whatever the log holds.

use crate::encoding::{DecodeError, Reader, Writer};
use sha2::{Digest, Sha256};

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
        let mut roots = Vec::new();
        for _ in 0..size.count_ones() {
            roots.push(reader.fixed()?);
        }
        reader.finish()?;
        Ok(Self { size, roots })
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
    fn recursive(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => Sha256::digest([]).into(),
            [one] => *one,
            more => {
                let split = more.len().next_power_of_two() / 2;
                node_hash(&recursive(&more[..split]), &recursive(&more[split..]))
            }
        }
    }

    proptest! {
        #[test]
        fn the_frontier_is_the_rfc_tree(leaves: Vec<[u8; 4]>) {
            let hashes: Vec<_> = leaves.iter().map(|leaf| leaf_hash(leaf)).collect();
            let mut frontier = Frontier::new();
            for (index, hash) in hashes.iter().enumerate() {
                frontier.append(*hash);
                prop_assert_eq!(frontier.root(), recursive(&hashes[..=index]));
            }
            prop_assert_eq!(Frontier::decode(&frontier.encode()), Ok(frontier));
        }
    }
}
