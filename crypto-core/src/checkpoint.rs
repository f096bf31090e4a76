//! Checkpoints: what an owner's device says a space holds, so that a newcomer need not replay it first.
//!
//! Trusted for completeness only, until replay confirms it; a live version counts only with an inclusion proof under its
//! author's signed head, which is not checked here.

use crate::{
    DecodeError, Hash, Reader, SIGNATURE_SIZE, SigningContext, SigningKey, VerifyError,
    VerifyingKey, Writer,
};
use rand_core::CryptoRng;

/// What a space holds at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The space.
    pub space: [u8; 32],
    /// Leaf hashes of the membership operations that nothing follows yet, ascending.
    pub membership_heads: Vec<Hash>,
    /// Every log as far as it was seen, ascending by log.
    pub logs: Vec<LogPosition>,
    /// Every version that is live, ascending by version.
    pub live: Vec<LiveVersion>,
}

/// How far a log was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogPosition {
    /// Device 16 ‖ incarnation 16.
    pub log: [u8; 32],
    /// Operations.
    pub operations: u64,
    /// RFC 6962 root over them.
    pub root: Hash,
}

/// A live version, and the operation that made it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LiveVersion {
    /// The version.
    pub version: [u8; 16],
    /// Its author's log.
    pub log: [u8; 32],
    /// The operation's position there.
    pub sequence: u64,
}

impl Checkpoint {
    fn canonical(&self) -> Vec<u8> {
        let mut writer = Writer::versioned();
        writer.fixed(&self.space).count(self.membership_heads.len());
        for head in &self.membership_heads {
            writer.fixed(head);
        }
        writer.count(self.logs.len());
        for LogPosition {
            log,
            operations,
            root,
        } in &self.logs
        {
            writer.fixed(log).u64(*operations).fixed(root);
        }
        writer.count(self.live.len());
        for LiveVersion {
            version,
            log,
            sequence,
        } in &self.live
        {
            writer.fixed(version).fixed(log).u64(*sequence);
        }
        writer.finish()
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let checkpoint = Self {
            space: reader.fixed()?,
            membership_heads: reader.list(Reader::fixed)?,
            logs: reader.list(|reader| {
                Ok(LogPosition {
                    log: reader.fixed()?,
                    operations: reader.u64()?,
                    root: reader.fixed()?,
                })
            })?,
            live: reader.list(|reader| {
                Ok(LiveVersion {
                    version: reader.fixed()?,
                    log: reader.fixed()?,
                    sequence: reader.u64()?,
                })
            })?,
        };
        if checkpoint.is_in_order() {
            Ok(checkpoint)
        } else {
            Err(DecodeError::NotCanonical)
        }
    }

    /// Puts the lists in order and signs with an owner's device key.
    ///
    /// # Errors
    /// [`Contradiction`] if one log or version stands in a list with two contents.
    pub fn sign(
        mut self,
        key: &SigningKey,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<SignedCheckpoint, Contradiction> {
        self.membership_heads.sort_unstable();
        self.membership_heads.dedup();
        self.logs.sort_unstable_by_key(|position| position.log);
        self.logs.dedup();
        self.live.sort_unstable_by_key(|live| live.version);
        self.live.dedup();
        if !self.is_in_order() {
            return Err(Contradiction);
        }
        Ok(SignedCheckpoint {
            signature: key.sign(SigningContext::Checkpoint, &self.canonical(), rng),
            checkpoint: self,
        })
    }

    fn is_in_order(&self) -> bool {
        self.membership_heads.is_sorted_by(|a, b| a < b)
            && self.logs.is_sorted_by(|a, b| a.log < b.log)
            && self.live.is_sorted_by(|a, b| a.version < b.version)
    }
}

/// One log or version with two contents: nothing that an owner can vouch for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the checkpoint says two things of one log or version")]
pub struct Contradiction;

/// A checkpoint and the signature of the owner's device that vouches for it.
pub struct SignedCheckpoint {
    checkpoint: Checkpoint,
    signature: Box<[u8; SIGNATURE_SIZE]>,
}

impl SignedCheckpoint {
    /// Canonical bytes: the checkpoint, then the signature.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = self.checkpoint.canonical();
        bytes.extend_from_slice(&self.signature[..]);
        bytes
    }

    /// Reads what [`Self::encode`] wrote; says nothing about the signature yet.
    ///
    /// # Errors
    /// [`DecodeError`] for anything else, lists out of order included.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::versioned(bytes)?;
        let checkpoint = Checkpoint::read(&mut reader)?;
        let signature = Box::new(reader.fixed()?);
        reader.finish()?;
        Ok(Self {
            checkpoint,
            signature,
        })
    }

    /// The checkpoint, once its signature holds.
    ///
    /// # Errors
    /// [`VerifyError`] if it does not.
    pub fn verify(&self, key: &VerifyingKey) -> Result<&Checkpoint, VerifyError> {
        key.verify(
            SigningContext::Checkpoint,
            &self.checkpoint.canonical(),
            &self.signature[..],
        )?;
        Ok(&self.checkpoint)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use getrandom::{SysRng, rand_core::UnwrapErr};
    use proptest::prelude::*;

    fn checkpoint(heads: &[u8], logs: &[u8], live: &[u8]) -> Checkpoint {
        Checkpoint {
            space: [1; 32],
            membership_heads: heads.iter().map(|&byte| [byte; 32]).collect(),
            logs: logs
                .iter()
                .map(|&byte| LogPosition {
                    log: [byte; 32],
                    operations: u64::from(byte),
                    root: [!byte; 32],
                })
                .collect(),
            live: live
                .iter()
                .map(|&byte| LiveVersion {
                    version: [byte; 16],
                    log: [1; 32],
                    sequence: 7,
                })
                .collect(),
        }
    }

    #[test]
    fn it_holds_as_signed_and_in_one_order_alone() {
        let rng = &mut UnwrapErr(SysRng);
        let (key, other) = (SigningKey::generate(rng), SigningKey::generate(rng));
        let signed = checkpoint(&[2, 1, 2], &[9, 4, 9], &[8, 3, 5]).sign(&key, rng);
        let signed = signed.expect("no contradiction");
        let bytes = signed.encode();
        let read = SignedCheckpoint::decode(&bytes).expect("just encoded");
        let inside = read.verify(&key.verifying_key()).expect("just signed");
        assert_eq!(
            inside,
            &checkpoint(&[1, 2], &[4, 9], &[3, 5, 8]),
            "in order"
        );
        assert!(read.verify(&other.verifying_key()).is_err());
        // The first two heads stand behind suite, schema, space and count.
        let mut swapped = bytes.clone();
        swapped[40..104].rotate_left(32);
        assert_eq!(
            SignedCheckpoint::decode(&swapped).err(),
            Some(DecodeError::NotCanonical)
        );
        swapped[40..72].copy_from_slice(&[2; 32]);
        swapped[72..104].copy_from_slice(&[2; 32]);
        assert_eq!(
            SignedCheckpoint::decode(&swapped).err(),
            Some(DecodeError::NotCanonical),
            "nothing stands twice"
        );
        for at in (0..bytes.len()).step_by(37) {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            let holds = SignedCheckpoint::decode(&changed)
                .is_ok_and(|read| read.verify(&key.verifying_key()).is_ok());
            assert!(!holds, "byte {at}");
        }
    }

    #[test]
    fn one_log_or_version_with_two_contents_is_not_signed() {
        let rng = &mut UnwrapErr(SysRng);
        let key = SigningKey::generate(rng);
        let mut logs = checkpoint(&[], &[4, 4], &[]);
        logs.logs[0].operations += 1;
        assert_eq!(logs.sign(&key, rng).err(), Some(Contradiction));
        let mut live = checkpoint(&[], &[], &[4, 4]);
        live.live[1].sequence += 1;
        assert_eq!(live.sign(&key, rng).err(), Some(Contradiction));
    }

    proptest! {
        #[test]
        fn what_is_read_is_written_again(
            heads: Vec<u8>,
            logs: Vec<u8>,
            live: Vec<u8>,
            junk in prop::collection::vec(any::<u8>(), 0..400),
        ) {
            let signed = SignedCheckpoint {
                checkpoint: {
                    let mut lists = [heads, logs, live];
                    for list in &mut lists {
                        list.sort_unstable();
                        list.dedup();
                    }
                    checkpoint(&lists[0], &lists[1], &lists[2])
                },
                signature: Box::new([5; SIGNATURE_SIZE]),
            };
            let bytes = signed.encode();
            let read = SignedCheckpoint::decode(&bytes).expect("just encoded");
            prop_assert_eq!(&read.checkpoint, &signed.checkpoint);
            prop_assert_eq!(read.encode(), bytes);
            if let Ok(read) = SignedCheckpoint::decode(&junk) {
                prop_assert_eq!(read.encode(), junk);
            }
        }
    }
}
