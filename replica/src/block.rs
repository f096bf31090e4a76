//! The block of an operation: its changes, and the names that they say, sealed for those who may read them.

use keystead_crypto::{DecodeError, EpochId, Reader, Writer, block_hash};

/// Names that changes of one project say, sealed under that project's metadata key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamesGroup {
    /// The project.
    pub project: [u8; 16],
    /// The epoch of the key.
    pub epoch: EpochId,
    /// The list of names, padded and sealed.
    pub envelope: Vec<u8>,
}

/// What an operation does. A change is bytes here; which group it takes a name from is its own to say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Block {
    /// Ascending by project.
    pub names: Vec<NamesGroup>,
    /// In the order that they are made.
    pub changes: Vec<Vec<u8>>,
}

impl Block {
    /// The canonical bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::versioned();
        writer.count(self.names.len());
        for group in &self.names {
            writer
                .fixed(&group.project)
                .fixed(&group.epoch)
                .bytes(&group.envelope);
        }
        writer.count(self.changes.len());
        for change in &self.changes {
            writer.bytes(change);
        }
        writer.finish()
    }

    /// Reads what [`Self::encode`] wrote.
    ///
    /// # Errors
    /// [`DecodeError`]; [`DecodeError::NotCanonical`] where the groups do not ascend by project.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::versioned(bytes)?;
        let block = Self {
            names: reader.list(|r| {
                Ok(NamesGroup {
                    project: r.fixed()?,
                    epoch: r.fixed()?,
                    envelope: r.bytes()?.to_vec(),
                })
            })?,
            changes: reader.list(|r| Ok(r.bytes()?.to_vec()))?,
        };
        reader.finish()?;
        match block.names.is_sorted_by(|a, b| a.project < b.project) {
            true => Ok(block),
            false => Err(DecodeError::NotCanonical),
        }
    }

    /// What a header says of a block of these bytes.
    pub fn hash(bytes: &[u8]) -> [u8; 32] {
        block_hash(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_block_has_one_encoding(
            names in prop::collection::btree_map(any::<[u8; 16]>(), any::<Vec<u8>>(), 0..4),
            changes: Vec<Vec<u8>>,
            cut in 0usize..50,
        ) {
            let names = names.into_iter().map(|(project, envelope)| NamesGroup {
                project,
                epoch: [9; 32],
                envelope,
            });
            let block = Block { names: names.collect(), changes };
            let bytes = block.encode();
            prop_assert!(Block::decode(&bytes[..bytes.len().saturating_sub(cut + 1)]).is_err());
            prop_assert_eq!(Block::decode(&bytes), Ok(block.clone()));
            let mut twice = block.clone();
            twice.names.extend(block.names);
            if !twice.names.is_empty() {
                prop_assert_eq!(Block::decode(&twice.encode()), Err(DecodeError::NotCanonical));
            }
        }

        #[test]
        fn no_bytes_panic(bytes: Vec<u8>) {
            if let Ok(block) = Block::decode(&bytes) {
                prop_assert_eq!(block.encode(), bytes);
            }
        }
    }
}
