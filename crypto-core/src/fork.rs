//! Fork proofs: two signed heads of one log that agree up to a position and not at it.
//!
//! Anybody can check one with the device's public key alone. What follows from it, cutting the log at the last common
//! entry, is not decided here; that there is one such entry is.

use crate::{
    ConsistencyProof, DecodeError, Hash, Head, InclusionProof, ProofError, Reader, SignedHead,
    TreeHead, VerifyError, VerifyingKey, Writer,
};

/// Which of a log's two trees forked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum ForkedTree {
    /// Its operations.
    Operations = 1,
    /// Its events.
    Events = 2,
}

impl ForkedTree {
    fn parse(tag: u8) -> Result<Self, DecodeError> {
        match tag {
            1 => Ok(Self::Operations),
            2 => Ok(Self::Events),
            _ => Err(DecodeError::NotCanonical),
        }
    }

    fn of(self, head: &Head) -> TreeHead {
        let (size, root) = match self {
            Self::Operations => (head.operations, head.operation_root),
            Self::Events => (head.events, head.event_root),
        };
        TreeHead { size, root }
    }
}

/// Two heads that contradict each other, and where: what is common, and the first entry that is not.
pub struct ForkProof {
    tree: ForkedTree,
    /// The entries that both heads have, and their root.
    common: TreeHead,
    branches: [Branch; 2],
}

/// One side of a fork.
pub struct Branch {
    /// A head that the device signed.
    pub head: SignedHead,
    /// That the common entries begin this head's tree.
    pub consistency: ConsistencyProof,
    /// The hash of the entry that follows them under this head.
    pub leaf: Hash,
    /// That it does.
    pub inclusion: InclusionProof,
}

/// Why a fork proof proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ForkError {
    /// Not the canonical form.
    #[error("the fork proof can't be read: {0}")]
    Malformed(#[from] DecodeError),
    /// A head that the device did not sign.
    #[error("one of the heads is not signed by the device")]
    NotSigned,
    /// Heads of different logs.
    #[error("the heads are of different logs")]
    DifferentLogs,
    /// What is said to be common is not, or an entry is not where it is said to be.
    #[error("a head does not hold what the proof says: {0}")]
    Proof(ProofError),
    /// Both heads go on with the same entry.
    #[error("the two heads do not contradict each other")]
    NoContradiction,
}

impl From<VerifyError> for ForkError {
    fn from(_: VerifyError) -> Self {
        Self::NotSigned
    }
}

impl From<ProofError> for ForkError {
    fn from(error: ProofError) -> Self {
        match error {
            ProofError::Malformed(inner) => Self::Malformed(inner),
            other => Self::Proof(other),
        }
    }
}

impl ForkProof {
    /// Puts a proof together; [`Self::verify`] says whether it is one.
    pub fn new(tree: ForkedTree, common: TreeHead, one: Branch, other: Branch) -> Self {
        Self {
            tree,
            common,
            branches: [one, other],
        }
    }

    /// The tree, and how many of its entries are common, once all holds. Two valid proofs about the same two heads say
    /// the same number.
    ///
    /// # Errors
    /// [`ForkError`] by what is missing.
    pub fn verify(&self, device: &VerifyingKey) -> Result<(ForkedTree, u64), ForkError> {
        let [one, other] = &self.branches;
        let heads = [one.head.verify(device)?, other.head.verify(device)?];
        let log = |head: &Head| (head.space, head.device, head.incarnation);
        if log(heads[0]) != log(heads[1]) {
            return Err(ForkError::DifferentLogs);
        }
        for (branch, head) in self.branches.iter().zip(heads) {
            let tree = self.tree.of(head);
            branch.consistency.verify(&self.common, &tree)?;
            branch.inclusion.verify(&branch.leaf, &tree)?;
            if branch.inclusion.index() != self.common.size {
                return Err(ForkError::Proof(ProofError::OutOfRange));
            }
        }
        if one.leaf == other.leaf {
            return Err(ForkError::NoContradiction);
        }
        Ok((self.tree, self.common.size))
    }

    /// Canonical bytes: tree, common size and root; for each branch the signed head, the consistency proof, the leaf's
    /// hash and the inclusion proof.
    pub fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::versioned();
        writer
            .u8(self.tree as u8)
            .u64(self.common.size)
            .fixed(&self.common.root);
        for branch in &self.branches {
            writer
                .bytes(&branch.head.encode())
                .bytes(&branch.consistency.encode())
                .fixed(&branch.leaf)
                .bytes(&branch.inclusion.encode());
        }
        writer.finish()
    }

    /// Reads what [`Self::encode`] wrote; [`Self::verify`] says whether it holds.
    ///
    /// # Errors
    /// [`ForkError::Malformed`], or [`ForkError::Proof`] for a path that can't be one.
    pub fn decode(bytes: &[u8]) -> Result<Self, ForkError> {
        let mut reader = Reader::versioned(bytes)?;
        let tree = ForkedTree::parse(reader.u8()?)?;
        let common = TreeHead {
            size: reader.u64()?,
            root: reader.fixed()?,
        };
        let one = Branch::read(&mut reader)?;
        let other = Branch::read(&mut reader)?;
        reader.finish()?;
        Ok(Self::new(tree, common, one, other))
    }
}

impl Branch {
    fn read(reader: &mut Reader<'_>) -> Result<Self, ForkError> {
        Ok(Self {
            head: SignedHead::decode(reader.bytes()?)?,
            consistency: ConsistencyProof::decode(reader.bytes()?)?,
            leaf: reader.fixed()?,
            inclusion: InclusionProof::decode(reader.bytes()?)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{SigningKey, leaf_hash, tree_hash};
    use getrandom::{SysRng, rand_core::UnwrapErr};
    use proptest::prelude::*;

    const COMMON: u64 = 4;

    /// Entry `index` of a branch; both have the same up to [`COMMON`].
    fn leaf(branch: u8, index: u64) -> Hash {
        leaf_hash(&[if index < COMMON { 0 } else { branch }, index as u8])
    }

    fn root(branch: u8, size: u64) -> Hash {
        tree_hash((0..size).map(|at| leaf(branch, at)))
    }

    /// The side of a fork of `tree` after `common` entries, whose head has `size` of them.
    fn side(
        key: &SigningKey,
        tree: ForkedTree,
        space: u8,
        branch: u8,
        size: u64,
        common: u64,
    ) -> Branch {
        let (other_size, other_root) = (2, root(0, 2));
        let (operations, operation_root, events, event_root) = match tree {
            ForkedTree::Operations => (size, root(branch, size), other_size, other_root),
            ForkedTree::Events => (other_size, other_root, size, root(branch, size)),
        };
        let head = Head {
            space: [space; 32],
            device: [2; 16],
            incarnation: [3; 16],
            operations,
            operation_root,
            seen_heads: [0; 32],
            events,
            event_root,
        };
        Branch {
            head: head.sign(key, &mut UnwrapErr(SysRng)),
            consistency: ConsistencyProof::generate(common, size, |at| leaf(branch, at))
                .expect("inside"),
            leaf: leaf(branch, common),
            inclusion: InclusionProof::generate(common, size, |at| leaf(branch, at))
                .expect("inside"),
        }
    }

    fn common(size: u64) -> TreeHead {
        TreeHead {
            size,
            root: root(0, size.min(COMMON)),
        }
    }

    #[test]
    fn two_heads_that_go_on_differently_are_a_proof_of_where() {
        let rng = &mut UnwrapErr(SysRng);
        let (key, other) = (SigningKey::generate(rng), SigningKey::generate(rng));
        let public = key.verifying_key();
        for tree in [ForkedTree::Operations, ForkedTree::Events] {
            // Of different lengths: size alone tells nothing.
            let proof = ForkProof::new(
                tree,
                common(COMMON),
                side(&key, tree, 1, 1, 7, COMMON),
                side(&key, tree, 1, 2, 9, COMMON),
            );
            let bytes = proof.encode();
            let read = ForkProof::decode(&bytes).expect("just encoded");
            assert_eq!(read.verify(&public), Ok((tree, COMMON)));
            assert_eq!(read.encode(), bytes);
            assert_eq!(
                read.verify(&other.verifying_key()),
                Err(ForkError::NotSigned)
            );
            for size in (0..bytes.len()).step_by(61) {
                assert!(ForkProof::decode(&bytes[..size]).is_err(), "{size} bytes");
            }
            for at in (0..bytes.len()).step_by(61) {
                let mut changed = bytes.clone();
                changed[at] ^= 1;
                let holds =
                    ForkProof::decode(&changed).is_ok_and(|read| read.verify(&public).is_ok());
                assert!(!holds, "byte {at}");
            }
        }
    }

    #[test]
    fn a_fork_is_where_it_begins_and_nowhere_else() {
        let tree = ForkedTree::Operations;
        let rng = &mut UnwrapErr(SysRng);
        let key = SigningKey::generate(rng);
        let public = key.verifying_key();
        let verdict = |size, one: Branch, other: Branch| {
            ForkProof::new(tree, common(size), one, other).verify(&public)
        };
        let at = |branch, size, common| side(&key, tree, 1, branch, size, common);
        assert_eq!(
            verdict(3, at(1, 7, 3), at(2, 9, 3)),
            Err(ForkError::NoContradiction),
            "an entry before the fork"
        );
        let later = TreeHead {
            size: 5,
            root: root(1, 5),
        };
        assert_eq!(
            ForkProof::new(tree, later, at(1, 7, 5), at(2, 9, 5)).verify(&public),
            Err(ForkError::Proof(ProofError::RootMismatch)),
            "an entry after it: what is said to be common is not"
        );
        assert_eq!(
            verdict(COMMON, at(1, 7, COMMON), side(&key, tree, 9, 2, 9, COMMON)),
            Err(ForkError::DifferentLogs)
        );
        let mut wrong = at(2, 9, COMMON);
        wrong.leaf[0] ^= 1;
        assert_eq!(
            verdict(COMMON, at(1, 7, COMMON), wrong),
            Err(ForkError::Proof(ProofError::RootMismatch)),
            "an entry made up"
        );
        let mut elsewhere = at(2, 9, COMMON);
        elsewhere.leaf = leaf(2, 6);
        elsewhere.inclusion = InclusionProof::generate(6, 9, |at| leaf(2, at)).expect("inside");
        assert_eq!(
            verdict(COMMON, at(1, 7, COMMON), elsewhere),
            Err(ForkError::Proof(ProofError::OutOfRange)),
            "another entry than the first"
        );
    }

    #[test]
    fn a_log_may_fork_at_its_very_first_entry() {
        let rng = &mut UnwrapErr(SysRng);
        let key = SigningKey::generate(rng);
        let side = |mark: u8| {
            let leaf = leaf_hash(&[mark]);
            let head = Head {
                space: [1; 32],
                device: [2; 16],
                incarnation: [3; 16],
                operations: 1,
                operation_root: tree_hash([leaf]),
                seen_heads: [0; 32],
                events: 0,
                event_root: tree_hash([]),
            };
            Branch {
                head: head.sign(&key, &mut UnwrapErr(SysRng)),
                consistency: ConsistencyProof::generate(0, 1, |_| leaf).expect("inside"),
                leaf,
                inclusion: InclusionProof::generate(0, 1, |_| leaf).expect("inside"),
            }
        };
        let nothing = TreeHead {
            size: 0,
            root: tree_hash([]),
        };
        let proof = ForkProof::new(ForkedTree::Operations, nothing, side(1), side(2));
        assert_eq!(
            proof.verify(&key.verifying_key()),
            Ok((ForkedTree::Operations, 0))
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn what_is_read_is_written_again_and_nothing_changed_holds(
            sizes in (1u64..9, 1u64..9),
            changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 64),
            junk in prop::collection::vec(any::<u8>(), 0..200),
        ) {
            let key = SigningKey::generate(&mut UnwrapErr(SysRng));
            let public = key.verifying_key();
            let tree = ForkedTree::Operations;
            let side = |branch, more| side(&key, tree, 1, branch, COMMON + more, COMMON);
            let proof = ForkProof::new(tree, common(COMMON), side(1, sizes.0), side(2, sizes.1));
            let bytes = proof.encode();
            let read = ForkProof::decode(&bytes).expect("just encoded");
            prop_assert_eq!(read.verify(&public), Ok((tree, COMMON)));
            prop_assert_eq!(read.encode(), bytes.clone());
            let longer = [&bytes[..], &[0]].concat();
            let left_over = ForkError::Malformed(DecodeError::TrailingBytes);
            prop_assert_eq!(ForkProof::decode(&longer).err(), Some(left_over));
            for (index, (at, value)) in changes.into_iter().enumerate() {
                // Half of them at the beginning, which signatures would crowd out.
                let within = if index % 2 == 0 { 50 } else { bytes.len() };
                let mut changed = bytes.clone();
                let byte = &mut changed[at.index(within)];
                if *byte == value {
                    continue;
                }
                *byte = value;
                if let Ok(read) = ForkProof::decode(&changed) {
                    prop_assert!(read.verify(&public).is_err());
                    prop_assert_eq!(read.encode(), changed);
                }
            }
            for junk in [junk.clone(), [&[0, 1, 0, 0, 1], &junk[..]].concat()] {
                prop_assert!(ForkProof::decode(&junk).map_or(true, |read| read.encode() == junk));
            }
        }
    }
}
