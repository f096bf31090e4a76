//! A device's logs: one per space, and one that is local to the vault. Each
//! holds operations and events, grown as Merkle trees, under signed heads.

use crate::{
    asker::Asker,
    change::Change,
    event::{Action, Event, Outcome},
    exposure::Exposure,
    id::{EnvironmentId, Incarnation, ProjectId, SecretId, SpaceId, VersionId},
    keyring::{Keyring, system_random},
    operation::Operation,
    vault::{Facts, VaultError},
};
use keystead_crypto::{Frontier, Hash, Head, SignedHead, leaf_hash};
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::BTreeMap;

/// A head is signed at the latest after so many operations or events.
const SIGN_EVERY: u64 = 1_000;

/// The space id of the log that is local to the vault.
pub(crate) const VAULT_LOG: SpaceId = SpaceId([0; 32]);

pub(crate) struct Log {
    pub(crate) id: i64,
    pub(crate) space: SpaceId,
    pub(crate) incarnation: Incarnation,
    pub(crate) last_operation: Hash,
    pub(crate) lamport: u64,
    pub(crate) operations: Frontier,
    pub(crate) events: Frontier,
}

impl Log {
    pub(crate) fn create(
        sql: &Connection,
        space: SpaceId,
        incarnation: Incarnation,
    ) -> Result<(), VaultError> {
        let empty = Frontier::new().encode();
        sql.execute(
            "INSERT INTO logs (space, incarnation, last_operation, lamport, operation_frontier,
             event_frontier) VALUES (?1, ?2, ?3, 0, ?4, ?4)",
            params![space, incarnation, [0u8; 32], empty],
        )?;
        Ok(())
    }

    /// Begins the log of a space anew, under another name.
    pub(crate) fn continue_as(
        sql: &Connection,
        old: &Self,
        incarnation: Incarnation,
    ) -> Result<(), VaultError> {
        Self::create(sql, old.space, incarnation)?;
        sql.execute(
            "UPDATE logs SET lamport = ?2 WHERE id = (SELECT max(id) FROM logs WHERE space = ?1)",
            params![old.space, old.lamport.cast_signed()],
        )?;
        Ok(())
    }

    /// The log of a space that grows: the newest of them.
    pub(crate) fn load(sql: &Connection, space: SpaceId) -> Result<Self, VaultError> {
        Self::all_where(sql, "WHERE space = ?1 ORDER BY id", params![space])?
            .pop()
            .ok_or(VaultError::Damaged("a log is missing"))
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
            "SELECT id, space, incarnation, last_operation, lamport, operation_frontier,
             event_frontier FROM logs {condition}"
        ))?;
        let rows = statement.query_map(values, |row| {
            Ok((
                Self {
                    id: row.get(0)?,
                    space: row.get(1)?,
                    incarnation: row.get(2)?,
                    last_operation: row.get(3)?,
                    lamport: row.get::<_, i64>(4)?.cast_unsigned(),
                    operations: Frontier::new(),
                    events: Frontier::new(),
                },
                row.get::<_, Vec<u8>>(5)?,
                row.get::<_, Vec<u8>>(6)?,
            ))
        })?;
        rows.map(|row| {
            let (mut log, operations, events) = row?;
            log.operations = Frontier::decode(&operations)?;
            log.events = Frontier::decode(&events)?;
            Ok(log)
        })
        .collect()
    }

    fn save(&self, sql: &Connection) -> Result<(), VaultError> {
        sql.prepare_cached(
            "UPDATE logs SET last_operation = ?2, lamport = ?3, operation_frontier = ?4,
             event_frontier = ?5 WHERE id = ?1",
        )?
        .execute(params![
            self.id,
            self.last_operation,
            self.lamport.cast_signed(),
            self.operations.encode(),
            self.events.encode()
        ])?;
        Ok(())
    }

    /// Appends one operation of all `changes`.
    pub(crate) fn append_operation(
        &mut self,
        sql: &Connection,
        keys: &Keyring,
        asker: &Asker,
        changes: Vec<Change>,
    ) -> Result<(), VaultError> {
        let operation = Operation {
            space: self.space,
            device: keys.device_id(),
            incarnation: self.incarnation,
            sequence: self.operations.size(),
            previous: self.last_operation,
            lamport: self.lamport + 1,
            at: asker.at.0,
            seen: Vec::new(),
            changes,
        };
        let body = operation.encode();
        let hash = leaf_hash(&body);
        sql.prepare_cached("INSERT INTO operations (log, sequence, body) VALUES (?1, ?2, ?3)")?
            .execute(params![self.id, operation.sequence.cast_signed(), body])?;
        self.operations.append(hash);
        self.last_operation = hash;
        self.lamport += 1;
        self.save_and_sign_when_due(sql, keys, self.operations.size())
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
            seen_heads: Head::seen_heads_hash(&BTreeMap::new()),
            events: self.events.size(),
            event_root: self.events.root(),
        };
        let signed = head.sign(&keys.device.signing, &mut system_random());
        sql.prepare_cached("INSERT OR REPLACE INTO heads (log, signed) VALUES (?1, ?2)")?
            .execute(params![self.id, signed.encode()])?;
        Ok(())
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
