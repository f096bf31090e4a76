//! Fork proofs: two signed heads of one log of which neither is a prefix of the other.
//!
//! Anybody can check one with the device's public key alone. What follows from it, cutting the log at the last common
//! operation, is not decided here.

use crate::{
    DecodeError, Hash, InclusionProof, ProofError, Reader, SignedHead, TreeHead, VerifyError,
    VerifyingKey, Writer,
};

/// Two heads that contradict each other, and where: one position of the log's operations that holds two leaves.
pub struct ForkProof {
    branches: [Branch; 2],
}

/// One side of a fork.
pub struct Branch {
    /// A head that the device signed.
    pub head: SignedHead,
    /// The hash of the leaf that stands at the position under this head.
    pub leaf: Hash,
    /// That it stands there.
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
    /// A leaf that is not where it is said to be.
    #[error("a leaf does not stand where the proof says: {0}")]
    Inclusion(ProofError),
    /// Two positions, or the same leaf at both: no contradiction.
    #[error("the two heads do not contradict each other")]
    NoContradiction,
}

impl From<VerifyError> for ForkError {
    fn from(_: VerifyError) -> Self {
        Self::NotSigned
    }
}

impl ForkProof {
    /// Puts a proof together; [`Self::verify`] says whether it is one.
    pub fn new(one: Branch, other: Branch) -> Self {
        Self {
            branches: [one, other],
        }
    }

    /// The position at which the log forks, once all holds: operations below it may be common.
    ///
    /// # Errors
    /// [`ForkError`] by what is missing.
    pub fn verify(&self, device: &VerifyingKey) -> Result<u64, ForkError> {
        let mut logs = Vec::with_capacity(2);
        for branch in &self.branches {
            let head = branch.head.verify(device)?;
            let tree = TreeHead {
                size: head.operations,
                root: head.operation_root,
            };
            branch
                .inclusion
                .verify(&branch.leaf, &tree)
                .map_err(ForkError::Inclusion)?;
            logs.push((head.space, head.device, head.incarnation));
        }
        if logs[0] != logs[1] {
            return Err(ForkError::DifferentLogs);
        }
        let [one, other] = &self.branches;
        let position = one.inclusion.index();
        if position != other.inclusion.index() || one.leaf == other.leaf {
            return Err(ForkError::NoContradiction);
        }
        Ok(position)
    }

    /// Canonical bytes: for each branch the signed head, the leaf's hash and the inclusion proof.
    pub fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::versioned();
        for branch in &self.branches {
            writer
                .bytes(&branch.head.encode())
                .fixed(&branch.leaf)
                .bytes(&branch.inclusion.encode());
        }
        writer.finish()
    }

    /// Reads what [`Self::encode`] wrote; [`Self::verify`] says whether it holds.
    ///
    /// # Errors
    /// [`ForkError::Malformed`], or [`ForkError::Inclusion`] for a path that can't be one.
    pub fn decode(bytes: &[u8]) -> Result<Self, ForkError> {
        let mut reader = Reader::versioned(bytes)?;
        let one = Branch::read(&mut reader)?;
        let other = Branch::read(&mut reader)?;
        reader.finish()?;
        Ok(Self::new(one, other))
    }
}

impl Branch {
    fn read(reader: &mut Reader<'_>) -> Result<Self, ForkError> {
        Ok(Self {
            head: SignedHead::decode(reader.bytes()?)?,
            leaf: reader.fixed()?,
            inclusion: InclusionProof::decode(reader.bytes()?).map_err(|error| match error {
                ProofError::Malformed(inner) => ForkError::Malformed(inner),
                other => ForkError::Inclusion(other),
            })?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Head, SigningKey, leaf_hash, tree_hash};
    use getrandom::{SysRng, rand_core::UnwrapErr};

    fn leaf(branch: u8, index: u64) -> Hash {
        // Common up to operation 4.
        leaf_hash(&[if index < 4 { 0 } else { branch }, index as u8])
    }

    fn branch(key: &SigningKey, space: u8, branch: u8, size: u64, index: u64) -> Branch {
        let head = Head {
            space: [space; 32],
            device: [2; 16],
            incarnation: [3; 16],
            operations: size,
            operation_root: tree_hash((0..size).map(|at| leaf(branch, at))),
            seen_heads: [0; 32],
            events: 0,
            event_root: tree_hash([]),
        };
        Branch {
            head: head.sign(key, &mut UnwrapErr(SysRng)),
            leaf: leaf(branch, index),
            inclusion: InclusionProof::generate(index, size, |at| leaf(branch, at))
                .expect("inside"),
        }
    }

    #[test]
    fn two_heads_that_disagree_about_one_operation_are_a_proof() {
        let rng = &mut UnwrapErr(SysRng);
        let (key, other) = (SigningKey::generate(rng), SigningKey::generate(rng));
        let public = key.verifying_key();
        // Of different lengths: size alone tells nothing.
        let proof = ForkProof::new(branch(&key, 1, 1, 7, 5), branch(&key, 1, 2, 9, 5));
        let bytes = proof.encode();
        let read = ForkProof::decode(&bytes).expect("just encoded");
        assert_eq!(read.verify(&public), Ok(5));
        assert_eq!(read.encode(), bytes);
        assert_eq!(
            read.verify(&other.verifying_key()),
            Err(ForkError::NotSigned)
        );

        let verdict = |one, other| ForkProof::new(one, other).verify(&public);
        assert_eq!(
            verdict(branch(&key, 1, 1, 7, 3), branch(&key, 1, 2, 9, 3)),
            Err(ForkError::NoContradiction),
            "an operation before the fork"
        );
        assert_eq!(
            verdict(branch(&key, 1, 1, 7, 5), branch(&key, 1, 2, 9, 6)),
            Err(ForkError::NoContradiction),
            "two positions"
        );
        assert_eq!(
            verdict(branch(&key, 1, 1, 7, 5), branch(&key, 9, 2, 9, 5)),
            Err(ForkError::DifferentLogs)
        );
        let mut wrong = branch(&key, 1, 2, 9, 5);
        wrong.leaf[0] ^= 1;
        assert_eq!(
            verdict(branch(&key, 1, 1, 7, 5), wrong),
            Err(ForkError::Inclusion(ProofError::RootMismatch)),
            "a leaf made up"
        );
        for size in 0..bytes.len() {
            assert!(ForkProof::decode(&bytes[..size]).is_err(), "{size} bytes");
        }
    }
}
