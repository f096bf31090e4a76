//! The header of an operation: what stays when its block went, and what a log's tree is made of.

use crate::log_id::LogId;
use keystead_crypto::{DecodeError, Hash, Reader, Writer, leaf_hash};
use std::collections::{BTreeMap, BTreeSet};

/// So many membership heads may be named, as in a statement.
pub const MOST_MEMBERSHIP_HEADS: usize = 4096;

/// How far another log was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// So many of its operations.
    pub operations: u64,
    /// RFC 6962 root over them.
    pub root: Hash,
}

/// What an operation says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The space; zero in the log that is local to a vault.
    pub space: [u8; 32],
    /// The device that writes the log.
    pub device: [u8; 16],
    /// The log's random name among those of the device.
    pub incarnation: [u8; 16],
    /// From 0, without gaps.
    pub sequence: u64,
    /// Leaf hash of the operation before; zero for the first.
    pub previous: Hash,
    /// One more than the greatest of the own log before and of what was seen.
    pub lamport: u64,
    /// Wall time in milliseconds since 1970; shown, never compared.
    pub at: i64,
    /// The statements of membership that no other one follows, with those that this operation makes. Empty in the log
    /// that is local to a vault.
    pub membership: BTreeSet<Hash>,
    /// The other logs of the space that grew since the own operation before, each as far as it was seen.
    pub seen: BTreeMap<LogId, Seen>,
    /// [`keystead_crypto::block_hash`] of its block.
    pub block: Hash,
}

impl Header {
    /// The canonical bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::versioned();
        writer
            .fixed(&self.space)
            .fixed(&self.device)
            .fixed(&self.incarnation)
            .u64(self.sequence)
            .fixed(&self.previous)
            .u64(self.lamport)
            .i64(self.at)
            .count(self.membership.len());
        for head in &self.membership {
            writer.fixed(head);
        }
        writer.count(self.seen.len());
        for (log, seen) in &self.seen {
            writer.fixed(&log.0).u64(seen.operations).fixed(&seen.root);
        }
        writer.fixed(&self.block);
        writer.finish()
    }

    /// Reads what [`Self::encode`] wrote.
    ///
    /// # Errors
    /// [`DecodeError`]; [`DecodeError::NotCanonical`] for a list that does not ascend or names too much, and for a log
    /// that says that it saw itself.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::versioned(bytes)?;
        let header = Self {
            space: reader.fixed()?,
            device: reader.fixed()?,
            incarnation: reader.fixed()?,
            sequence: reader.u64()?,
            previous: reader.fixed()?,
            lamport: reader.u64()?,
            at: reader.i64()?,
            membership: {
                let heads: Vec<Hash> = reader.list(Reader::fixed)?;
                if !heads.is_sorted_by(|a, b| a < b) || heads.len() > MOST_MEMBERSHIP_HEADS {
                    return Err(DecodeError::NotCanonical);
                }
                heads.into_iter().collect()
            },
            seen: {
                let seen = reader.list(|r| {
                    let log = LogId(r.fixed()?);
                    let (operations, root) = (r.u64()?, r.fixed()?);
                    Ok((log, Seen { operations, root }))
                })?;
                if !seen.is_sorted_by(|a, b| a.0 < b.0) {
                    return Err(DecodeError::NotCanonical);
                }
                seen.into_iter().collect()
            },
            block: reader.fixed()?,
        };
        reader.finish()?;
        let nothing = header.seen.values().any(|seen| seen.operations == 0);
        match nothing || header.seen.contains_key(&header.log()) {
            true => Err(DecodeError::NotCanonical),
            false => Ok(header),
        }
    }

    /// The log that it stands in.
    pub fn log(&self) -> LogId {
        LogId::new(self.device, self.incarnation)
    }

    /// Its leaf in the log's tree.
    pub fn leaf(&self) -> Hash {
        leaf_hash(&self.encode())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn headers() -> impl Strategy<Value = Header> {
        let heads = prop::collection::btree_set(any::<[u8; 32]>(), 0..4);
        let seen = (any::<[u8; 32]>(), 1..u64::MAX, any::<[u8; 32]>());
        let seen = prop::collection::vec(seen, 0..4);
        let numbers = any::<(u64, u64, i64)>();
        (any::<[u8; 16]>(), numbers, any::<[u8; 32]>(), heads, seen).prop_map(
            |(device, (sequence, lamport, at), hash, membership, seen)| Header {
                space: [1; 32],
                device,
                incarnation: [3; 16],
                sequence,
                previous: hash,
                lamport,
                at,
                membership,
                seen: seen
                    .into_iter()
                    .map(|(log, operations, root)| (LogId(log), Seen { operations, root }))
                    .collect(),
                block: hash,
            },
        )
    }

    proptest! {
        #[test]
        fn a_header_has_one_encoding(header in headers(), cut in 0usize..200) {
            let bytes = header.encode();
            prop_assert_eq!(Header::decode(&bytes), Ok(header));
            prop_assert!(Header::decode(&bytes[..bytes.len().saturating_sub(cut + 1)]).is_err());
        }

        #[test]
        fn no_bytes_panic(bytes: Vec<u8>) {
            if let Ok(header) = Header::decode(&bytes) {
                prop_assert_eq!(header.encode(), bytes);
            }
        }

        #[test]
        fn a_log_does_not_say_that_it_saw_itself_or_nothing(header in headers()) {
            let mut own = header.clone();
            own.seen.insert(own.log(), Seen { operations: 1, root: [0; 32] });
            prop_assert_eq!(Header::decode(&own.encode()), Err(DecodeError::NotCanonical));
            let mut nothing = header;
            nothing.seen.insert(LogId([7; 32]), Seen { operations: 0, root: [0; 32] });
            prop_assert_eq!(Header::decode(&nothing.encode()), Err(DecodeError::NotCanonical));
        }
    }
}
