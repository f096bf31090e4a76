//! Operations: one change or a batch, in a device's hash-chained log.

use crate::{
    change::Change,
    id::{DeviceId, SpaceId},
    keyring::Keyring,
    names::{BlockPlace, Said, open_block},
};
use keystead_crypto::{DecodeError, thing_id};
use keystead_replica::Header;
use rusqlite::Connection;

/// One entry of an operation log, as far as it can be read here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Operation {
    pub(crate) header: Header,
    /// Without those whose names are sealed under a key that this device was not given.
    pub(crate) changes: Vec<Change>,
    /// Whether the ids of what it makes are those that it can make.
    pub(crate) bound: bool,
}

impl Operation {
    /// Reads one as it is kept.
    pub(crate) fn read(
        sql: &Connection,
        keys: &Keyring,
        (header, block): (&[u8], &[u8]),
    ) -> Result<Self, DecodeError> {
        let header = Header::decode(header)?;
        let said = said(sql, keys, &header, block)?;
        let bound = ids_are_bound(&header, &said);
        let readable = said.into_iter().filter(|(_, veiled)| !veiled);
        Ok(Self {
            bound,
            header,
            changes: readable.map(|(change, _)| change).collect(),
        })
    }

    pub(crate) fn device(&self) -> DeviceId {
        DeviceId(self.header.device)
    }
}

/// Whether every id that an operation gives to something new names the operation and the change: else it could be the
/// id of what somebody else made.
pub(crate) fn ids_are_bound(header: &Header, said: &[Said]) -> bool {
    (0u32..).zip(said).all(|(index, (change, _))| {
        change.made().is_none_or(|id| {
            id[6..] == thing_id(&header.space, &header.log().0, header.sequence, index)
        })
    })
}

/// All that a block says, once it is the one that the header names.
pub(crate) fn said(
    sql: &Connection,
    keys: &Keyring,
    header: &Header,
    block: &[u8],
) -> Result<Vec<Said>, DecodeError> {
    if keystead_replica::Block::hash(block) != header.block {
        return Err(DecodeError::NotCanonical);
    }
    let place = BlockPlace {
        space: SpaceId(header.space),
        log: header.log(),
        sequence: header.sequence,
    };
    open_block(sql, keys, place, block)
}
