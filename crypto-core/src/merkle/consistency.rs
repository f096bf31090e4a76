//! Consistency proofs: that the tree with one root is the beginning of the tree
//! with another. Does not check who signed the roots.
//!
//! Source: RFC 6962 §2.1.2 for the path, RFC 9162 §2.1.4.2 for its verification.
//! The RFCs leave two cases out that logs have: an empty tree is the beginning
//! of every tree, and a tree that of itself; both proofs hold no hash.

use super::{
    Hash, MAX_TREE_SIZE, ProofError, TreeHead, node_hash, read_path, split, subtree_hash,
    tree_hash, write_path,
};
use crate::encoding::{Reader, Writer};

/// The hashes from which both roots follow.
///
/// Holds exactly the hashes that the two sizes ask for: at most 64.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsistencyProof {
    old: u64,
    new: u64,
    path: Vec<Hash>,
}

impl ConsistencyProof {
    /// Proves that the tree of the first `old` leaves is the beginning of that
    /// of the first `new`. `leaf` gives a leaf's hash by its index; it is asked
    /// for each leaf at most once.
    ///
    /// # Errors
    /// [`ProofError::OutOfRange`] unless `old` ≤ `new` ≤ [`MAX_TREE_SIZE`].
    pub fn generate(old: u64, new: u64, leaf: impl Fn(u64) -> Hash) -> Result<Self, ProofError> {
        check_range(old, new)?;
        let mut path = Vec::new();
        if old != 0 {
            // RFC 6962's SUBPROOF, from the root down; told from below up.
            let (mut start, mut end) = (0, new);
            while end != old {
                let middle = start + split(end - start);
                if old <= middle {
                    path.push(subtree_hash(middle, end, &leaf));
                    end = middle;
                } else {
                    path.push(subtree_hash(start, middle, &leaf));
                    start = middle;
                }
            }
            // The verifier has this hash already where it is the old root.
            if start != 0 {
                path.push(subtree_hash(start, end, &leaf));
            }
            path.reverse();
        }
        Ok(Self { old, new, path })
    }

    /// Checks that the tree `old` is the beginning of the tree `new`.
    ///
    /// # Errors
    /// [`ProofError::OtherSize`] or [`ProofError::RootMismatch`] if it is not.
    pub fn verify(&self, old: &TreeHead, new: &TreeHead) -> Result<(), ProofError> {
        if (self.old, self.new) != (old.size, new.size) {
            return Err(ProofError::OtherSize);
        }
        if self.old == 0 || self.old == self.new {
            let empty_holds = self.old != 0 || old.root == tree_hash([]);
            let same_holds = self.old != self.new || old.root == new.root;
            return match (self.path.is_empty(), empty_holds && same_holds) {
                (false, _) => Err(ProofError::WrongLength),
                (true, true) => Ok(()),
                (true, false) => Err(ProofError::RootMismatch),
            };
        }
        // A full older tree is a node of the newer one: its root starts the path.
        let own = self.old.is_power_of_two().then_some(&old.root);
        let mut path = own.into_iter().chain(&self.path);
        let first = path.next().ok_or(ProofError::WrongLength)?;
        let (mut old_hash, mut new_hash) = (*first, *first);
        let (mut node, mut last) = (self.old - 1, self.new - 1);
        let full = node.trailing_ones();
        node >>= full;
        last >>= full;
        for hash in path {
            if last == 0 {
                return Err(ProofError::WrongLength);
            }
            if node & 1 == 1 || node == last {
                old_hash = node_hash(hash, &old_hash);
                new_hash = node_hash(hash, &new_hash);
                while node & 1 == 0 && node != 0 {
                    node >>= 1;
                    last >>= 1;
                }
            } else {
                new_hash = node_hash(&new_hash, hash);
            }
            node >>= 1;
            last >>= 1;
        }
        if last != 0 {
            return Err(ProofError::WrongLength);
        }
        if old_hash == old.root && new_hash == new.root {
            Ok(())
        } else {
            Err(ProofError::RootMismatch)
        }
    }

    /// Canonical bytes: suite and schema, older size, newer size, list of hashes.
    pub fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::versioned();
        writer.u64(self.old).u64(self.new);
        write_path(&mut writer, &self.path);
        writer.finish()
    }

    /// Reads what [`Self::encode`] wrote; proves nothing yet.
    ///
    /// # Errors
    /// [`ProofError`] for anything else, also for a path of another length than
    /// the sizes ask for.
    pub fn decode(bytes: &[u8]) -> Result<Self, ProofError> {
        let mut reader = Reader::versioned(bytes)?;
        let (old, new) = (reader.u64()?, reader.u64()?);
        check_range(old, new)?;
        let path = read_path(&mut reader, path_length(old, new))?;
        reader.finish()?;
        Ok(Self { old, new, path })
    }
}

fn check_range(old: u64, new: u64) -> Result<(), ProofError> {
    if old <= new && new <= MAX_TREE_SIZE {
        Ok(())
    } else {
        Err(ProofError::OutOfRange)
    }
}

/// Hashes on the path between trees of `old` and `new` leaves, `old` ≤ `new`.
fn path_length(old: u64, new: u64) -> u32 {
    if old == 0 {
        return 0;
    }
    let (mut start, mut end, mut length) = (0, new, 0);
    while end != old {
        let middle = start + split(end - start);
        if old <= middle {
            end = middle;
        } else {
            start = middle;
        }
        length += 1;
    }
    length + u32::from(start != 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::merkle::tests::{halves, head, leaves, recursive};
    use proptest::prelude::*;

    /// RFC 6962 §2.1.2 word for word: SUBPROOF(m, D[n], b).
    fn subproof(old: usize, leaves: &[Hash], whole: bool) -> Vec<Hash> {
        if old == leaves.len() {
            return if whole {
                Vec::new()
            } else {
                vec![recursive(leaves)]
            };
        }
        let (left, right) = halves(leaves);
        let (mut path, sibling) = if old <= left.len() {
            (subproof(old, left, whole), right)
        } else {
            (subproof(old - left.len(), right, false), left)
        };
        path.push(recursive(sibling));
        path
    }

    fn prove(old: u64, leaves: &[Hash]) -> ConsistencyProof {
        ConsistencyProof::generate(old, leaves.len() as u64, |n| leaves[n as usize])
            .expect("within the tree")
    }

    #[test]
    fn every_beginning_of_every_small_tree_is_proven_as_the_rfc_says() {
        for size in 1..=33 {
            let leaves = leaves(size);
            let new = head(&leaves);
            for at in 1..=leaves.len() {
                let proof = prove(at as u64, &leaves);
                assert_eq!(proof.path, subproof(at, &leaves, true), "{at} of {size}");
                let old = head(&leaves[..at]);
                assert_eq!(proof.verify(&old, &new), Ok(()), "{at} of {size}");
                for other in (0..=leaves.len()).filter(|other| *other != at) {
                    let root = recursive(&leaves[..other]);
                    assert_eq!(
                        proof.verify(&TreeHead { root, ..old }, &new),
                        Err(ProofError::RootMismatch),
                        "{other} for {at} of {size}"
                    );
                }
            }
        }
    }

    #[test]
    fn an_empty_log_begins_every_log_and_a_log_itself() {
        let leaves = leaves(5);
        let (none, five) = (head(&[]), head(&leaves));
        let changed = |tree: TreeHead| TreeHead {
            root: [7; 32],
            ..tree
        };
        for (proof, old, new) in [
            (prove(0, &leaves), none, five),
            (prove(5, &leaves), five, five),
            (prove(0, &[]), none, none),
        ] {
            assert_eq!(proof.path, Vec::<Hash>::new());
            assert_eq!(proof.verify(&old, &new), Ok(()));
            assert_eq!(
                proof.verify(&changed(old), &new),
                Err(ProofError::RootMismatch)
            );
        }
        let same = prove(0, &[]);
        let forged = changed(none);
        assert_eq!(
            same.verify(&forged, &forged),
            Err(ProofError::RootMismatch),
            "nothing but the empty hash stands for no leaves"
        );
        assert_eq!(
            prove(0, &leaves).verify(&five, &five),
            Err(ProofError::OtherSize)
        );
    }

    #[test]
    fn nothing_outside_the_tree_is_proven() {
        let generate = |old, new| ConsistencyProof::generate(old, new, |_| [0; 32]);
        assert_eq!(generate(4, 3), Err(ProofError::OutOfRange));
        assert_eq!(generate(0, MAX_TREE_SIZE + 1), Err(ProofError::OutOfRange));
        let mut bytes = prove(3, &leaves(3)).encode();
        bytes[4..12].copy_from_slice(&4u64.to_be_bytes());
        assert_eq!(
            ConsistencyProof::decode(&bytes),
            Err(ProofError::OutOfRange)
        );
    }

    #[test]
    fn the_longest_path_has_64_hashes() {
        let half = MAX_TREE_SIZE / 2;
        assert_eq!(path_length(half - 1, MAX_TREE_SIZE), 64);
        assert_eq!(path_length(MAX_TREE_SIZE - 1, MAX_TREE_SIZE), 64);
        assert_eq!(path_length(half, MAX_TREE_SIZE), 1);
        assert_eq!(path_length(0, MAX_TREE_SIZE), 0);
    }

    #[test]
    fn a_claimed_count_is_refused_before_it_is_believed() {
        let mut bytes = prove(1, &leaves(2)).encode();
        bytes[20..24].copy_from_slice(&u32::MAX.to_be_bytes());
        assert_eq!(
            ConsistencyProof::decode(&bytes),
            Err(ProofError::WrongLength)
        );
    }

    proptest! {
        #[test]
        fn a_rewritten_past_is_not_consistent(
            size in 2u64..150, pick: prop::sample::Index, victim: prop::sample::Index,
        ) {
            let honest = leaves(size);
            let old = pick.index(honest.len()) + 1;
            let mut forked = honest.clone();
            forked[victim.index(old)] = [0xee; 32];
            let (seen, shown) = (head(&honest[..old]), head(&forked));
            prop_assert!(prove(old as u64, &forked).verify(&seen, &shown).is_err());
            prop_assert!(prove(old as u64, &honest).verify(&seen, &shown).is_err());
        }

        #[test]
        fn a_proof_survives_its_encoding_and_no_change(
            size in 1u64..200, pick: prop::sample::Index, bit: prop::sample::Index,
        ) {
            let leaves = leaves(size);
            let at = pick.index(leaves.len()) + 1;
            let proof = prove(at as u64, &leaves);
            let (old, new) = (head(&leaves[..at]), head(&leaves));
            let bytes = proof.encode();
            prop_assert_eq!(ConsistencyProof::decode(&bytes), Ok(proof));

            let mut changed = bytes.clone();
            let bit = bit.index(bytes.len() * 8);
            changed[bit / 8] ^= 1 << (bit % 8);
            let believed = ConsistencyProof::decode(&changed)
                .and_then(|proof| proof.verify(&old, &new));
            prop_assert!(believed.is_err());
        }

        #[test]
        fn other_bytes_are_refused_and_what_is_read_is_canonical(
            old in 0u64..12, new in 0u64..12, hashes in 0u32..5, tail in 0usize..2,
        ) {
            let mut bytes = Writer::versioned();
            bytes.u64(old).u64(new).u32(hashes);
            bytes.fixed(&vec![7; hashes as usize * 32 + tail]);
            let bytes = bytes.finish();
            let canonical = old <= new && hashes == path_length(old, new) && tail == 0;
            let read = ConsistencyProof::decode(&bytes);
            prop_assert_eq!(read.is_ok(), canonical);
            prop_assert!(read.is_err() || read.map(|proof| proof.encode()) == Ok(bytes));
        }

        #[test]
        fn longer_and_shorter_paths_are_refused(size in 2u64..100, pick: prop::sample::Index) {
            let leaves = leaves(size);
            let at = pick.index(leaves.len() - 1) + 1;
            let (old, new) = (head(&leaves[..at]), head(&leaves));
            let mut proof = prove(at as u64, &leaves);
            proof.path.push([0; 32]);
            prop_assert_eq!(proof.verify(&old, &new), Err(ProofError::WrongLength));
            proof.path.truncate(proof.path.len() - 2);
            prop_assert_eq!(proof.verify(&old, &new), Err(ProofError::WrongLength));
        }
    }
}
