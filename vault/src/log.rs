//! A device's logs: one per space, and one that is local to the vault. Each
//! holds operations and events, grown as Merkle trees, under signed heads.

use crate::{
    asker::Asker,
    change::Change,
    event::{Action, Event, Outcome},
    exposure::Exposure,
    id::{DeviceId, EnvironmentId, Incarnation, ProjectId, SecretId, SpaceId, VersionId},
    keyring::{Keyring, system_random},
    membership,
    names::{BlockPlace, seal_block},
    vault::{Facts, VaultError},
};
use keystead_crypto::{DecodeError, Frontier, Hash, Head, Reader, SignedHead, Writer, leaf_hash};
use keystead_replica::{Block, Header, LogId, Seen};
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::{BTreeMap, BTreeSet};

/// A head is signed at the latest after so many operations or events.
const SIGN_EVERY: u64 = 1_000;

/// The space id of the log that is local to the vault.
pub(crate) const VAULT_LOG: SpaceId = SpaceId([0; 32]);

pub(crate) struct Log {
    pub(crate) id: i64,
    pub(crate) space: SpaceId,
    pub(crate) device: DeviceId,
    pub(crate) incarnation: Incarnation,
    pub(crate) last_operation: Hash,
    pub(crate) lamport: u64,
    pub(crate) operations: Frontier,
    pub(crate) events: Frontier,
    /// The other logs of the space, each as far as the operations here had seen it.
    pub(crate) seen: BTreeMap<LogId, Seen>,
}

impl Log {
    pub(crate) fn create(
        sql: &Connection,
        space: SpaceId,
        (device, own): (DeviceId, bool),
        incarnation: Incarnation,
    ) -> Result<(), VaultError> {
        let empty = Frontier::new().encode();
        sql.execute(
            "INSERT INTO logs (space, device, own, incarnation, last_operation, lamport,
             operation_frontier, event_frontier, seen) VALUES (?1, ?2, ?3, ?4, ?5, 0, ?6, ?6, ?7)",
            params![
                space,
                device,
                own,
                incarnation,
                [0u8; 32],
                empty,
                encode_seen(&BTreeMap::new())
            ],
        )?;
        Ok(())
    }

    /// Begins the log of a space anew, under another name.
    pub(crate) fn continue_as(
        sql: &Connection,
        old: &Self,
        incarnation: Incarnation,
    ) -> Result<(), VaultError> {
        Self::create(sql, old.space, (old.device, true), incarnation)?;
        sql.execute(
            "UPDATE logs SET lamport = ?2 WHERE incarnation = ?1",
            params![incarnation, old.lamport.cast_signed()],
        )?;
        Ok(())
    }

    /// The log of a space that this device writes: the newest of its own.
    pub(crate) fn load(sql: &Connection, space: SpaceId) -> Result<Self, VaultError> {
        let own = "WHERE space = ?1 AND own = 1 ORDER BY id DESC LIMIT 1";
        Self::all_where(sql, own, params![space])?
            .pop()
            .ok_or(VaultError::Damaged("a log is missing"))
    }

    /// The logs that this device writes, and wrote.
    pub(crate) fn own(sql: &Connection) -> Result<Vec<Self>, VaultError> {
        Self::all_where(sql, "WHERE own = 1 ORDER BY id", params![])
    }

    pub(crate) fn all(sql: &Connection) -> Result<Vec<Self>, VaultError> {
        Self::all_where(sql, "ORDER BY id", params![])
    }

    fn all_where(
        sql: &Connection,
        condition: &str,
        values: &[&dyn rusqlite::ToSql],
    ) -> Result<Vec<Self>, VaultError> {
        let mut statement = sql.prepare_cached(&format!(
            "SELECT id, space, device, incarnation, last_operation, lamport, operation_frontier,
             event_frontier, seen FROM logs {condition}"
        ))?;
        let rows = statement.query_map(values, |row| {
            Ok((
                Self {
                    id: row.get(0)?,
                    space: row.get(1)?,
                    device: row.get(2)?,
                    incarnation: row.get(3)?,
                    last_operation: row.get(4)?,
                    lamport: row.get::<_, i64>(5)?.cast_unsigned(),
                    operations: Frontier::new(),
                    events: Frontier::new(),
                    seen: BTreeMap::new(),
                },
                row.get::<_, Vec<u8>>(6)?,
                row.get::<_, Vec<u8>>(7)?,
                row.get::<_, Vec<u8>>(8)?,
            ))
        })?;
        rows.map(|row| {
            let (mut log, operations, events, seen) = row?;
            log.operations = Frontier::decode(&operations)?;
            log.events = Frontier::decode(&events)?;
            log.seen = decode_seen(&seen)?;
            Ok(log)
        })
        .collect()
    }

    /// Which log it is.
    pub(crate) fn name(&self) -> LogId {
        LogId::new(self.device.0, self.incarnation.0)
    }

    /// The other logs of the space that grew since the last operation here, and the greatest Lamport counter of all.
    fn grown(&self, sql: &Connection) -> Result<(BTreeMap<LogId, Seen>, u64), VaultError> {
        if self.space == VAULT_LOG {
            return Ok((BTreeMap::new(), self.lamport));
        }
        let others = "WHERE space = ?1 AND id <> ?2";
        let others = Self::all_where(sql, others, params![self.space, self.id])?;
        let mut lamport = self.lamport;
        let mut grown = BTreeMap::new();
        for other in others {
            let operations = other.operations.size();
            let known = self
                .seen
                .get(&other.name())
                .map_or(0, |seen| seen.operations);
            if operations > known {
                let root = other.operations.root();
                grown.insert(other.name(), Seen { operations, root });
                lamport = lamport.max(other.lamport);
            }
        }
        Ok((grown, lamport))
    }

    /// One log of a space.
    pub(crate) fn of(
        sql: &Connection,
        space: SpaceId,
        device: DeviceId,
        incarnation: Incarnation,
    ) -> Result<Option<Self>, VaultError> {
        let one = "WHERE space = ?1 AND device = ?2 AND incarnation = ?3";
        Ok(Self::all_where(sql, one, params![space, device, incarnation])?.pop())
    }

    /// Every log of a space.
    pub(crate) fn of_space(sql: &Connection, space: SpaceId) -> Result<Vec<Self>, VaultError> {
        Self::all_where(sql, "WHERE space = ?1 ORDER BY id", params![space])
    }

    /// Keeps a head that covers the log.
    pub(crate) fn keep_head(&self, sql: &Connection, signed: &[u8]) -> Result<(), VaultError> {
        sql.prepare_cached("INSERT OR REPLACE INTO heads (log, signed) VALUES (?1, ?2)")?
            .execute(params![self.id, signed])?;
        Ok(())
    }

    pub(crate) fn save(&self, sql: &Connection) -> Result<(), VaultError> {
        sql.prepare_cached(
            "UPDATE logs SET last_operation = ?2, lamport = ?3, operation_frontier = ?4,
             event_frontier = ?5, seen = ?6 WHERE id = ?1",
        )?
        .execute(params![
            self.id,
            self.last_operation,
            self.lamport.cast_signed(),
            self.operations.encode(),
            self.events.encode(),
            encode_seen(&self.seen)
        ])?;
        Ok(())
    }

    /// Appends one operation of all `changes`.
    pub(crate) fn append_operation(
        &mut self,
        sql: &Connection,
        keys: &Keyring,
        asker: &Asker,
        changes: &[Change],
    ) -> Result<Header, VaultError> {
        let place = BlockPlace {
            space: self.space,
            log: self.name(),
            sequence: self.operations.size(),
        };
        let block = seal_block(sql, keys, place, changes)?;
        let (seen, lamport) = self.grown(sql)?;
        let header = Header {
            space: self.space.0,
            device: self.device.0,
            incarnation: self.incarnation.0,
            sequence: place.sequence,
            previous: self.last_operation,
            lamport: lamport + 1,
            at: asker.at.0,
            membership: match self.space {
                VAULT_LOG => BTreeSet::new(),
                space => membership::heads(sql, space)?
                    .iter()
                    .map(|id| id.0)
                    .collect(),
            },
            seen,
            block: Block::hash(&block),
        };
        let bytes = header.encode();
        let hash = leaf_hash(&bytes);
        self.operations.append(hash);
        self.insert_operation(sql, &header, (&bytes, &block), None)?;
        self.last_operation = hash;
        self.lamport = header.lamport;
        self.seen
            .extend(header.seen.iter().map(|(log, seen)| (*log, *seen)));
        self.save_and_sign_when_due(sql, keys, self.operations.size())?;
        Ok(header)
    }

    /// Keeps the last operation of the log as it is.
    pub(crate) fn insert_operation(
        &self,
        sql: &Connection,
        header: &Header,
        (bytes, block): (&[u8], &[u8]),
        refused: Option<u8>,
    ) -> Result<(), VaultError> {
        sql.prepare_cached(
            "INSERT INTO operations (log, sequence, header, block, lamport, root, refused)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![
            self.id,
            header.sequence.cast_signed(),
            bytes,
            block,
            header.lamport.cast_signed(),
            self.operations.root(),
            refused
        ])?;
        Ok(())
    }

    pub(crate) fn append_event(
        &mut self,
        sql: &Connection,
        keys: &Keyring,
        event: &Event,
    ) -> Result<(), VaultError> {
        let body = event.encode();
        sql.prepare_cached("INSERT INTO events (log, sequence, body) VALUES (?1, ?2, ?3)")?
            .execute(params![self.id, event.sequence.cast_signed(), body])?;
        self.events.append(leaf_hash(&body));
        self.save_and_sign_when_due(sql, keys, self.events.size())
    }

    fn save_and_sign_when_due(
        &mut self,
        sql: &Connection,
        keys: &Keyring,
        size: u64,
    ) -> Result<(), VaultError> {
        if size.is_multiple_of(SIGN_EVERY) {
            self.sign(sql, keys)?;
        }
        self.save(sql)
    }

    fn sign(&self, sql: &Connection, keys: &Keyring) -> Result<(), VaultError> {
        let head = Head {
            space: self.space.0,
            device: keys.device.id,
            incarnation: self.incarnation.0,
            operations: self.operations.size(),
            operation_root: self.operations.root(),
            seen_heads: self.seen_hash(),
            events: self.events.size(),
            event_root: self.events.root(),
        };
        let signed = head.sign(&keys.device.signing, &mut system_random());
        sql.prepare_cached("INSERT OR REPLACE INTO heads (log, signed) VALUES (?1, ?2)")?
            .execute(params![self.id, signed.encode()])?;
        Ok(())
    }

    /// What a head says of the other logs.
    pub(crate) fn seen_hash(&self) -> Hash {
        let seen = self.seen.iter();
        let seen = seen.map(|(log, seen)| (log.0, (seen.operations, seen.root)));
        Head::seen_heads_hash(&seen.collect())
    }

    /// The bytes of the newest signed head.
    pub(crate) fn signed_head(&self, sql: &Connection) -> Result<Option<Vec<u8>>, VaultError> {
        Ok(sql
            .prepare_cached("SELECT signed FROM heads WHERE log = ?1")?
            .query_row([self.id], |row| row.get(0))
            .optional()?)
    }

    /// The newest signed head, once its signature holds.
    pub(crate) fn newest_head(
        &self,
        sql: &Connection,
        keys: &Keyring,
    ) -> Result<Option<Head>, VaultError> {
        let Some(bytes) = self.signed_head(sql)? else {
            return Ok(None);
        };
        let signed = SignedHead::decode(&bytes)?;
        let head = signed
            .verify(&keys.device.signing.verifying_key())
            .map_err(|_| VaultError::Damaged("a signed head does not verify"))?;
        Ok(Some(*head))
    }

    /// Signs a head if the newest one does not cover everything.
    pub(crate) fn sign_if_behind(
        &self,
        sql: &Connection,
        keys: &Keyring,
    ) -> Result<(), VaultError> {
        let head = self.newest_head(sql, keys)?;
        let covered = head.map_or((0, 0), |head| (head.operations, head.events));
        if covered != (self.operations.size(), self.events.size()) {
            self.sign(sql, keys)?;
        }
        Ok(())
    }
}

fn encode_seen(seen: &BTreeMap<LogId, Seen>) -> Vec<u8> {
    let mut writer = Writer::new();
    writer.count(seen.len());
    for (log, seen) in seen {
        writer.fixed(&log.0).u64(seen.operations).fixed(&seen.root);
    }
    writer.finish()
}

fn decode_seen(bytes: &[u8]) -> Result<BTreeMap<LogId, Seen>, DecodeError> {
    let mut reader = Reader::new(bytes);
    let seen = reader.list(|r| {
        let log = LogId(r.fixed()?);
        let (operations, root) = (r.u64()?, r.fixed()?);
        Ok((log, Seen { operations, root }))
    })?;
    reader.finish()?;
    Ok(seen.into_iter().collect())
}

/// What an event is about, before the log gives it a place.
pub(crate) struct EventDraft {
    pub(crate) action: Action,
    pub(crate) outcome: Outcome,
    pub(crate) project: Option<ProjectId>,
    pub(crate) environment: Option<EnvironmentId>,
    pub(crate) secret: Option<SecretId>,
    pub(crate) versions: Vec<VersionId>,
    pub(crate) previous: Option<VersionId>,
    pub(crate) detail: String,
    /// How and where the versions go, if they leave.
    pub(crate) exposure: Option<(Exposure, String)>,
}

impl EventDraft {
    pub(crate) fn of(action: Action) -> Self {
        Self {
            action,
            outcome: Outcome::Ok,
            project: None,
            environment: None,
            secret: None,
            versions: Vec::new(),
            previous: None,
            detail: String::new(),
            exposure: None,
        }
    }

    pub(crate) fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = detail.into();
        self
    }

    pub(crate) fn outcome(mut self, outcome: Outcome) -> Self {
        self.outcome = outcome;
        self
    }
}

/// Appends an event, and the exposures that it means, to one log.
pub(crate) fn record(
    sql: &Connection,
    keys: &Keyring,
    facts: &Facts,
    asker: &Asker,
    space: SpaceId,
    draft: EventDraft,
) -> Result<(), VaultError> {
    let mut log = Log::load(sql, space)?;
    if let Some((how, place)) = &draft.exposure {
        for version in &draft.versions {
            crate::exposure::record(sql, *version, *how, place, asker.at)?;
        }
    }
    let event = Event {
        sequence: log.events.size(),
        at: asker.at.0,
        actor: facts.identity,
        device: keys.device_id(),
        action: draft.action,
        outcome: draft.outcome,
        project: draft.project,
        environment: draft.environment,
        secret: draft.secret,
        versions: draft.versions,
        previous: draft.previous,
        detail: draft.detail,
        purpose: asker.purpose.clone(),
        process: asker.process.clone(),
    };
    log.append_event(sql, keys, &event)
}
