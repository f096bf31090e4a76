//! Statements that others offer, and the messages with keys that come with them: each statement is taken in once those that it
//! follows are here, each message once it is the one that its statement names and its keys are those of their epochs.

use crate::{
    change::Change,
    keyring::claim_of,
    log::Log,
    membership::apply_statement,
    space::{
        Known,
        opened::SpaceKeys,
        problem::{Problem, ProblemKind},
        take_in::{TakenIn, Work},
    },
    vault::VaultError,
};
use keystead_crypto::{Reader, SpaceKey, unwrap_keys};
use keystead_membership::{
    Act, DeviceId as Device, InsertError, Scope, Standing, Statement, StatementId,
};
use keystead_replica::{Block, Parcel, Payload, wrap_context};
use rusqlite::params;
use sha2::{Digest, Sha256};
use std::{collections::BTreeSet, sync::Arc};

/// A statement that somebody offers, and the message for this device that came with it.
pub(super) struct Offered {
    pub(super) statement: Vec<u8>,
    pub(super) signature: Vec<u8>,
    pub(super) parcel: Option<([u8; 16], Vec<u8>)>,
}

impl Work<'_> {
    /// The statement of a parcel that has something for this device, and the keys that came with it. Nobody vouches for
    /// these yet: they open what may be signed by whom it names, and what is not is nothing.
    pub(super) fn parcel(&self, bytes: &[u8]) -> Result<Option<(Offered, SpaceKeys)>, ProblemKind> {
        let parcel = Parcel::decode(bytes).map_err(|_| ProblemKind::Changed)?;
        let device = self.keys.device.id;
        let Some(wrap) = parcel.wrap_for(&device) else {
            return Ok(None);
        };
        let context = wrap_context(&self.space.0, &parcel.id, &device);
        let opened =
            unwrap_keys(&self.keys.device.kem, &context, wrap).map_err(|_| ProblemKind::Changed)?;
        let payload = Payload::decode(&opened).map_err(|_| ProblemKind::Changed)?;
        let (statement, signature) = parcel
            .statement(self.space.0, &payload.parcel)
            .map_err(|_| ProblemKind::Changed)?;
        let said = Statement::decode(&statement).map_err(|_| ProblemKind::Changed)?;
        let mut keys = SpaceKeys::new();
        for (place, key) in payload.keys {
            let place = usize::from(place);
            let epoch = match &said.act {
                Act::OpenEpochs { epochs, .. } => match epochs.get(place) {
                    Some(claim) if claim.scope == Scope::Space => claim.epoch,
                    _ => continue,
                },
                Act::ShareKeys { epochs, .. } => match epochs.get(place) {
                    Some(epoch) => *epoch,
                    None => continue,
                },
                _ => continue,
            };
            keys.insert(epoch, Arc::new(SpaceKey::from_bytes(key)));
        }
        let offered = Offered {
            statement,
            signature,
            parcel: Some((parcel.id, wrap.to_vec())),
        };
        Ok(Some((offered, keys)))
    }

    /// Takes in statements, each once those that it follows are here, and says which are new, and how many messages with
    /// keys are.
    pub(super) fn statements(
        &self,
        graphs: &super::Graphs,
        mut offered: Vec<Offered>,
        taken: &mut TakenIn,
    ) -> Result<(Vec<StatementId>, usize), VaultError> {
        let mut news = Vec::new();
        let mut messages = 0;
        loop {
            let before = (news.len(), offered.len());
            let mut left = Vec::new();
            for one in offered {
                let id: [u8; 32] = Sha256::digest(&one.statement).into();
                let known: bool = self
                    .sql
                    .prepare_cached("SELECT 1 FROM statements WHERE id = ?1")?
                    .exists([id])?;
                if !known {
                    match graphs.insert(self.sql, self.space, &one.statement, &one.signature)? {
                        Ok(()) => {
                            apply_statement(self.sql, self.space, &one.statement, &one.signature)?;
                            news.push(StatementId(id));
                        }
                        Err(InsertError::Unknown(_)) => {
                            left.push(one);
                            continue;
                        }
                        // Nobody who is known signed it, or not so: it is nothing.
                        Err(error) => {
                            let kind = match error {
                                InsertError::Card(_) | InsertError::Endorsement(_) => {
                                    ProblemKind::CardForged
                                }
                                _ => ProblemKind::StatementForged,
                            };
                            taken.problems.push(Problem::of(kind, None));
                            continue;
                        }
                    }
                }
                if let Some((parcel, message)) = &one.parcel {
                    match self.keep_message(id, &one.statement, parcel, message)? {
                        Ok(new) => {
                            messages += new;
                            if new > 0 && !self.has_what_it_may(graphs, id, &one.statement)? {
                                let kind = ProblemKind::WrongKeyForEpoch;
                                taken.problems.push(Problem::of(kind, None));
                            }
                        }
                        Err(kind) => taken.problems.push(Problem::of(kind, None)),
                    }
                }
            }
            offered = left;
            if (news.len(), offered.len()) == before || offered.is_empty() {
                return Ok((news, messages));
            }
        }
    }

    fn keep_message(
        &self,
        id: [u8; 32],
        statement: &[u8],
        parcel: &[u8; 16],
        message: &[u8],
    ) -> Result<Result<usize, ProblemKind>, VaultError> {
        let statement = Statement::decode(statement)?;
        let (Act::OpenEpochs { wraps, .. } | Act::ShareKeys { wraps, .. }) = &statement.act else {
            return Ok(Ok(0));
        };
        let device = Device(self.keys.device.id);
        let named = wraps.iter().find(|wrap| wrap.device == device);
        if named.map(|wrap| wrap.message) != Some(Sha256::digest(message).into()) {
            return Ok(Ok(0));
        }
        if !self.commits(&statement, parcel, message)? {
            return Ok(Err(ProblemKind::WrongKeyForEpoch));
        }
        self.sql
            .prepare_cached("INSERT OR IGNORE INTO parcels (statement, parcel) VALUES (?1, ?2)")?
            .execute(params![id, parcel])?;
        Ok(Ok(self
            .sql
            .prepare_cached(
                "INSERT OR IGNORE INTO wraps (statement, device, message) VALUES (?1, ?2, ?3)",
            )?
            .execute(params![id, device.0, message])?))
    }

    /// Whether every key in a message is the one that its epoch commits to.
    fn commits(
        &self,
        statement: &Statement,
        parcel: &[u8; 16],
        message: &[u8],
    ) -> Result<bool, VaultError> {
        let context = wrap_context(&self.space.0, parcel, &self.keys.device.id);
        let opened = unwrap_keys(&self.keys.device.kem, &context, message);
        let Ok(Ok(payload)) = opened.map(|opened| Payload::decode(&opened)) else {
            return Ok(false);
        };
        for (place, key) in payload.keys {
            if claim_of(self.sql, statement, place, &key)?.is_none() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether this device has each key of a statement that its member may have there: a message that leaves one out would
    /// make its reader blind, while everybody else sees them served.
    fn has_what_it_may(
        &self,
        graphs: &super::Graphs,
        id: [u8; 32],
        statement: &[u8],
    ) -> Result<bool, VaultError> {
        let Act::OpenEpochs { epochs, .. } = Statement::decode(statement)?.act else {
            return Ok(true);
        };
        graphs.with(self.sql, self.space, |graph| {
            let heads = BTreeSet::from([StatementId(id)]);
            let standing = graph.standing();
            let Some(view) = standing.view_at(&heads) else {
                return Ok(true);
            };
            let Some(member) = view.member_of(Device(self.keys.device.id)) else {
                return Ok(true);
            };
            let mut may = epochs
                .iter()
                .filter(|claim| view.may_open(member, claim.scope));
            Ok(may.all(|claim| self.keys.fits(self.sql, self.space, claim)))
        })
    }

    /// Notes of takings that are new how much of the logs concerned counts now: one that turns out to be contested is said
    /// again with that, whatever comes later.
    pub(super) fn note_taken(
        &self,
        graph: &Known,
        standing: &Standing<'_>,
        news: &[StatementId],
    ) -> Result<(), VaultError> {
        let mut insert = self.sql.prepare_cached(
            "INSERT OR IGNORE INTO taken_logs (statement, log, operations) VALUES (?1, ?2, ?3)",
        )?;
        let mut logs = Vec::new();
        for id in news {
            let concerned: BTreeSet<Device> = match graph.get(*id).map(|said| &said.act) {
                Some(Act::Remove { member, .. } | Act::TakeBack { member, .. }) => {
                    graph.devices_ever(*member).collect()
                }
                Some(Act::RevokeDevice { device, .. }) => [*device].into(),
                _ => continue,
            };
            if logs.is_empty() {
                logs = Log::of_space(self.sql, self.space)?;
            }
            for log in &logs {
                let device = Device(log.device.0);
                if concerned.contains(&device) {
                    let end = standing.end_by(*id, device, log.incarnation.0);
                    let here = log.operations.size();
                    let counts = end.map_or(here, |end| end.min(here));
                    insert.execute(params![id.0, log.id, counts.cast_signed()])?;
                }
            }
        }
        Ok(())
    }

    /// The space's keys that are here.
    pub(super) fn space_keys(&self) -> Result<SpaceKeys, VaultError> {
        let mut statement = self
            .sql
            .prepare_cached("SELECT DISTINCT id FROM epochs WHERE space = ?1 AND scope = 1")?;
        let rows = statement.query_map([self.space], |row| row.get(0))?;
        let mut keys = SpaceKeys::new();
        for epoch in rows {
            let epoch = epoch?;
            if let Ok(key) = self.keys.space_key(self.sql, epoch) {
                keys.insert(epoch, key);
            }
        }
        Ok(keys)
    }
}

/// The statements that a block says, which anybody can read.
pub(super) fn statements_of(block: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
    let Ok(block) = Block::decode(block) else {
        return Vec::new();
    };
    let said = block.changes.iter().filter_map(|change| {
        let mut reader = Reader::new(change);
        match Change::decode_with(&mut reader, &mut |_| Ok(None)) {
            Ok((
                Change::Say {
                    statement,
                    signature,
                },
                _,
            )) => Some((statement, signature)),
            _ => None,
        }
    });
    said.collect()
}
