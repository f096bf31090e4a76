//! Inclusion proofs (audit paths): that a leaf stands at an index of the tree
//! with a given root. Does not check who signed the root.
//!
//! Source: RFC 6962 §2.1.1 for the path, RFC 9162 §2.1.3.2 for its verification.

use super::{
    Hash, MAX_TREE_SIZE, ProofError, TreeHead, node_hash, read_path, split, subtree_hash,
    write_path,
};
use crate::encoding::{Reader, Writer};

/// The sibling hashes from a leaf up to the root, the leaf's own first.
///
/// Holds exactly the hashes that index and size ask for: at most 63.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InclusionProof {
    index: u64,
    size: u64,
    path: Vec<Hash>,
}

impl InclusionProof {
    /// Proves that the leaf at `index` stands in the tree of the first `size`
    /// leaves. `leaf` gives a leaf's hash by its index; it is asked for every
    /// leaf of the tree but the one proven, once.
    ///
    /// # Errors
    /// [`ProofError::OutOfRange`] unless `index` < `size` ≤ [`MAX_TREE_SIZE`].
    pub fn generate(index: u64, size: u64, leaf: impl Fn(u64) -> Hash) -> Result<Self, ProofError> {
        if !is_position(index, size) {
            return Err(ProofError::OutOfRange);
        }
        // From the root down; the path is told from the leaf up.
        let mut path = Vec::new();
        let (mut start, mut end) = (0, size);
        while end - start > 1 {
            let middle = start + split(end - start);
            if index < middle {
                path.push(subtree_hash(middle, end, &leaf));
                end = middle;
            } else {
                path.push(subtree_hash(start, middle, &leaf));
                start = middle;
            }
        }
        path.reverse();
        Ok(Self { index, size, path })
    }

    /// The leaf's index, from 0.
    pub fn index(&self) -> u64 {
        self.index
    }

    /// Checks that `leaf`, a leaf's hash, stands at [`Self::index`] of `tree`.
    ///
    /// # Errors
    /// [`ProofError::OtherSize`] or [`ProofError::RootMismatch`] if it does not.
    pub fn verify(&self, leaf: &Hash, tree: &TreeHead) -> Result<(), ProofError> {
        if self.size != tree.size {
            return Err(ProofError::OtherSize);
        }
        let (mut node, mut last) = (self.index, self.size - 1);
        let mut hash = *leaf;
        for sibling in &self.path {
            if last == 0 {
                return Err(ProofError::WrongLength);
            }
            if node & 1 == 1 || node == last {
                hash = node_hash(sibling, &hash);
                // A right edge without a sibling passes its hash up unchanged.
                while node & 1 == 0 && node != 0 {
                    node >>= 1;
                    last >>= 1;
                }
            } else {
                hash = node_hash(&hash, sibling);
            }
            node >>= 1;
            last >>= 1;
        }
        if last != 0 {
            return Err(ProofError::WrongLength);
        }
        if hash == tree.root {
            Ok(())
        } else {
            Err(ProofError::RootMismatch)
        }
    }

    /// Canonical bytes: suite and schema, index, size, list of hashes.
    pub fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::versioned();
        writer.u64(self.index).u64(self.size);
        write_path(&mut writer, &self.path);
        writer.finish()
    }

    /// Reads what [`Self::encode`] wrote; proves nothing yet.
    ///
    /// # Errors
    /// [`ProofError`] for anything else, also for a path of another length than
    /// index and size ask for.
    pub fn decode(bytes: &[u8]) -> Result<Self, ProofError> {
        let mut reader = Reader::versioned(bytes)?;
        let (index, size) = (reader.u64()?, reader.u64()?);
        if !is_position(index, size) {
            return Err(ProofError::OutOfRange);
        }
        let path = read_path(&mut reader, path_length(index, size))?;
        reader.finish()?;
        Ok(Self { index, size, path })
    }
}

/// Hashes on the path of the leaf at `index`, which is below `size`.
fn path_length(mut index: u64, mut size: u64) -> u32 {
    let mut length = 0;
    while size > 1 {
        let left = split(size);
        if index < left {
            size = left;
        } else {
            index -= left;
            size -= left;
        }
        length += 1;
    }
    length
}

/// Whether a tree of `size` leaves has a leaf at `index`.
fn is_position(index: u64, size: u64) -> bool {
    index < size && size <= MAX_TREE_SIZE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_is_within_a_tree_that_may_be() {
        assert!(!is_position(0, 0));
        assert!(is_position(0, 1));
        assert!(!is_position(1, 1));
        assert!(is_position(MAX_TREE_SIZE - 1, MAX_TREE_SIZE));
        assert!(!is_position(0, MAX_TREE_SIZE + 1));
        assert!(!is_position(0, u64::MAX));
    }
    use crate::merkle::tests::{halves, head, leaves, recursive};
    use proptest::prelude::*;

    /// RFC 6962 §2.1.1 word for word.
    fn audit_path(index: usize, leaves: &[Hash]) -> Vec<Hash> {
        if leaves.len() == 1 {
            return Vec::new();
        }
        let (left, right) = halves(leaves);
        let (mut path, sibling) = if index < left.len() {
            (audit_path(index, left), right)
        } else {
            (audit_path(index - left.len(), right), left)
        };
        path.push(recursive(sibling));
        path
    }

    fn prove(index: u64, leaves: &[Hash]) -> InclusionProof {
        InclusionProof::generate(index, leaves.len() as u64, |n| leaves[n as usize])
            .expect("within the tree")
    }

    #[test]
    fn every_leaf_of_every_small_tree_is_proven_as_the_rfc_says() {
        for size in 1..=33 {
            let leaves = leaves(size);
            let tree = head(&leaves);
            for index in 0..size {
                let proof = prove(index, &leaves);
                let place = index as usize;
                assert_eq!(proof.path, audit_path(place, &leaves), "{index} of {size}");
                assert_eq!(proof.verify(&leaves[place], &tree), Ok(()));
                for (other, leaf) in leaves.iter().enumerate() {
                    assert_eq!(proof.verify(leaf, &tree).is_ok(), other == place);
                }
            }
        }
    }

    #[test]
    fn nothing_outside_the_tree_is_proven() {
        let generate = |index, size| InclusionProof::generate(index, size, |_| [0; 32]);
        assert_eq!(generate(0, 0), Err(ProofError::OutOfRange));
        assert_eq!(generate(3, 3), Err(ProofError::OutOfRange));
        assert_eq!(generate(0, MAX_TREE_SIZE + 1), Err(ProofError::OutOfRange));

        let mut bytes = prove(1, &leaves(3)).encode();
        bytes[4..12].copy_from_slice(&3u64.to_be_bytes());
        assert_eq!(InclusionProof::decode(&bytes), Err(ProofError::OutOfRange));
    }

    #[test]
    fn a_proof_is_about_one_size_even_where_another_asks_for_the_same_hashes() {
        let leaves = leaves(3);
        let mut proof = prove(0, &leaves);
        proof.size = 4;
        assert_eq!(
            proof.verify(&leaves[0], &head(&leaves)),
            Err(ProofError::OtherSize)
        );
    }

    #[test]
    fn the_longest_path_has_63_hashes() {
        assert_eq!(path_length(0, MAX_TREE_SIZE), 63);
        assert_eq!(path_length(MAX_TREE_SIZE - 1, MAX_TREE_SIZE), 63);
        assert_eq!(path_length(MAX_TREE_SIZE - 2, MAX_TREE_SIZE - 1), 62);
    }

    #[test]
    fn a_claimed_count_is_refused_before_it_is_believed() {
        let mut bytes = prove(0, &leaves(2)).encode();
        bytes[20..24].copy_from_slice(&u32::MAX.to_be_bytes());
        assert_eq!(InclusionProof::decode(&bytes), Err(ProofError::WrongLength));
    }

    proptest! {
        #[test]
        fn a_proof_survives_its_encoding_and_no_change(
            size in 1u64..200, pick: prop::sample::Index, bit: prop::sample::Index,
        ) {
            let leaves = leaves(size);
            let index = pick.index(leaves.len());
            let proof = prove(index as u64, &leaves);
            let tree = head(&leaves);
            let bytes = proof.encode();
            prop_assert_eq!(InclusionProof::decode(&bytes), Ok(proof));

            let mut changed = bytes.clone();
            let bit = bit.index(bytes.len() * 8);
            changed[bit / 8] ^= 1 << (bit % 8);
            let believed = InclusionProof::decode(&changed)
                .and_then(|proof| proof.verify(&leaves[index], &tree));
            prop_assert!(believed.is_err());
        }

        #[test]
        fn other_bytes_are_refused_and_what_is_read_is_canonical(
            index in 0u64..12, size in 0u64..12, hashes in 0u32..5, tail in 0usize..2,
        ) {
            let mut bytes = Writer::versioned();
            bytes.u64(index).u64(size).u32(hashes);
            bytes.fixed(&vec![7; hashes as usize * 32 + tail]);
            let bytes = bytes.finish();
            let canonical = index < size && hashes == path_length(index, size) && tail == 0;
            let read = InclusionProof::decode(&bytes);
            prop_assert_eq!(read.is_ok(), canonical);
            prop_assert!(read.is_err() || read.map(|proof| proof.encode()) == Ok(bytes));
        }

        #[test]
        fn longer_and_shorter_paths_are_refused(size in 2u64..100, pick: prop::sample::Index) {
            let leaves = leaves(size);
            let index = pick.index(leaves.len()) as u64;
            let tree = head(&leaves);
            let mut proof = prove(index, &leaves);
            let first = proof.path[0];
            proof.path.push(first);
            prop_assert_eq!(
                proof.verify(&leaves[index as usize], &tree),
                Err(ProofError::WrongLength)
            );
            proof.path.truncate(proof.path.len() - 2);
            prop_assert_eq!(
                proof.verify(&leaves[index as usize], &tree),
                Err(ProofError::WrongLength)
            );
        }
    }
}
