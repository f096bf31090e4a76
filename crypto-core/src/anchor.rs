//! Anchors: where a vault's own log stood, kept outside the vault, so that an old copy put back is noticed.
//!
//! Says how a store stands to an anchor; keeps none, and does not decide what to do.

use crate::{DecodeError, Hash, Reader, Writer};

/// What is kept in the system's keyring at each head and lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Anchor {
    /// The vault.
    pub vault: [u8; 16],
    /// The header's generation.
    pub generation: u64,
    /// Operations of the own log.
    pub sequence: u64,
    /// RFC 6962 root over them.
    pub root: Hash,
}

/// How a store stands to what was anchored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnchorState {
    /// It holds what was anchored, and maybe more.
    Holds,
    /// It holds less: an older copy was put back.
    Behind,
    /// It holds something else: a copy went on by itself.
    Diverged,
    /// The anchor is another vault's.
    OtherVault,
}

impl Anchor {
    /// Canonical bytes, 68.
    pub fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::versioned();
        writer
            .fixed(&self.vault)
            .u64(self.generation)
            .u64(self.sequence)
            .fixed(&self.root);
        writer.finish()
    }

    /// Reads what [`Self::encode`] wrote.
    ///
    /// # Errors
    /// [`DecodeError`] for anything else.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::versioned(bytes)?;
        let anchor = Self {
            vault: reader.fixed()?,
            generation: reader.u64()?,
            sequence: reader.u64()?,
            root: reader.fixed()?,
        };
        reader.finish()?;
        Ok(anchor)
    }

    /// Compares with a store: its vault, its header's generation, the size of its own log, and the root that this log
    /// had at a size up to that.
    pub fn compare(
        &self,
        vault: [u8; 16],
        generation: u64,
        sequence: u64,
        root_at: impl FnOnce(u64) -> Hash,
    ) -> AnchorState {
        if vault != self.vault {
            AnchorState::OtherVault
        } else if generation < self.generation || sequence < self.sequence {
            AnchorState::Behind
        } else if root_at(self.sequence) != self.root {
            AnchorState::Diverged
        } else {
            AnchorState::Holds
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{leaf_hash, tree_hash};
    use proptest::prelude::*;

    fn root(branch: u8, size: u64) -> Hash {
        tree_hash((0..size).map(|index| leaf_hash(&[branch, index as u8])))
    }

    #[test]
    fn a_store_is_ahead_behind_or_beside_its_anchor() {
        let anchor = Anchor {
            vault: [1; 16],
            generation: 3,
            sequence: 10,
            root: root(0, 10),
        };
        assert_eq!(anchor.encode().len(), 68);
        assert_eq!(Anchor::decode(&anchor.encode()), Ok(anchor));
        assert!(Anchor::decode(&anchor.encode()[..67]).is_err());
        let stands = |vault, generation, sequence, branch| {
            anchor.compare([vault; 16], generation, sequence, |size| root(branch, size))
        };
        assert_eq!(stands(1, 3, 10, 0), AnchorState::Holds);
        assert_eq!(
            stands(1, 4, 25, 0),
            AnchorState::Holds,
            "a store ahead of it is fine"
        );
        assert_eq!(stands(1, 3, 9, 0), AnchorState::Behind);
        assert_eq!(
            stands(1, 2, 10, 0),
            AnchorState::Behind,
            "an old header beside a new store"
        );
        assert_eq!(stands(1, 3, 12, 1), AnchorState::Diverged);
        assert_eq!(stands(2, 3, 10, 0), AnchorState::OtherVault);
    }

    proptest! {
        #[test]
        fn what_is_read_is_written_again(
            fields: ([u8; 16], u64, u64, Hash),
            junk in prop::collection::vec(any::<u8>(), 0..80),
        ) {
            let (vault, generation, sequence, root) = fields;
            let anchor = Anchor { vault, generation, sequence, root };
            prop_assert_eq!(Anchor::decode(&anchor.encode()), Ok(anchor));
            // Behind suite and schema any 64 bytes are an anchor, and no other number of them.
            let bytes = [&[0, 1, 0, 0], &junk[..]].concat();
            match Anchor::decode(&bytes) {
                Ok(read) => prop_assert_eq!(read.encode(), bytes),
                Err(error) => {
                    prop_assert_ne!(junk.len(), 64);
                    let longer = junk.len() > 64;
                    prop_assert_eq!(error == DecodeError::TrailingBytes, longer);
                }
            }
            prop_assert!(Anchor::decode(&junk).map_or(true, |read| read.encode() == junk));
        }

        #[test]
        fn sixty_four_bytes_are_an_anchor(first: [u8; 32], second: [u8; 32]) {
            let bytes = [&[0, 1, 0, 0], &first[..], &second[..]].concat();
            prop_assert_eq!(Anchor::decode(&bytes).map(|read| read.encode()), Ok(bytes));
        }
    }
}
