//! One operation of a shared space: whether it counts, and what it does then.

use crate::{
    apply::By,
    asker::Timestamp,
    change::{Change, Sealed},
    field::{CredentialField, EnvironmentField},
    history,
    id::{DeviceId, EnvironmentId, SecretId, SpaceId, VersionId},
    keyring::Keyring,
    log::Log,
    names::{BlockPlace, Said, open_block},
    space::{
        stamps::{self, Stamp},
        things::{KnownThings, Things},
    },
    vault::VaultError,
};
use keystead_crypto::{
    CommitmentOpening, EpochId, Field, Frontier, Hash, KeyBytes, Padding, Place, ValueFingerprint,
    fingerprint_value, open, opens_commitment, unpad,
};
use keystead_replica::{Header, Judge, LogId, Refusal};
use rusqlite::{Connection, OptionalExtension, params};
use std::{
    cell::RefCell,
    collections::{HashMap, HashSet},
};

/// Twins that are being put in order stand this far aside.
const ASIDE: i64 = 1 << 20;

/// What became of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Accepted {
    Counts,
    Refused,
}

/// What stands against an operation that is at odds with the tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Care {
    /// Nothing: all that is done fails with it, and is done again with care.
    None,
    /// A savepoint, so that it goes alone. It costs about as much as the rest.
    EachOperation,
}

pub(crate) struct Acceptor<'a> {
    pub(crate) sql: &'a Connection,
    pub(crate) keys: &'a Keyring,
    pub(crate) space: SpaceId,
    /// Envelopes that came along, by their hash.
    pub(crate) sealed: &'a HashMap<Hash, Vec<u8>>,
    care: Care,
    /// Rows that were found to be there; none of them goes while operations are done.
    there: RefCell<HashSet<[u8; 16]>>,
    known: KnownThings,
}

impl<'a> Acceptor<'a> {
    pub(crate) fn new(
        (sql, keys): (&'a Connection, &'a Keyring),
        space: SpaceId,
        sealed: &'a HashMap<Hash, Vec<u8>>,
        care: Care,
    ) -> Self {
        Self {
            sql,
            keys,
            space,
            sealed,
            care,
            there: RefCell::default(),
            known: KnownThings::default(),
        }
    }

    /// Looks at the tables anew, as rows went.
    pub(crate) fn look_again(&self) {
        self.there.borrow_mut().clear();
        self.known.borrow_mut().clear();
    }

    /// Keeps the newest operation of a log and does what it says, if it counts.
    pub(crate) fn take(
        &self,
        judge: &mut Judge<'_, '_>,
        log: &Log,
        seen: &HashMap<i64, u64>,
        header: &Header,
        (bytes, block): (&[u8], &[u8]),
    ) -> Result<Accepted, VaultError> {
        let verdict = self.judged(judge, log, seen, header, block)?;
        let refused = verdict.as_ref().err().map(|refusal| refusal.code());
        log.insert_operation(self.sql, header, (bytes, block), refused)?;
        match verdict {
            Ok((said, things)) => {
                self.perform(log.id, seen, (header, log.last_operation), &said, &things)?;
                Ok(Accepted::Counts)
            }
            Err(_) => {
                self.keep_what_is_refused(header, block)?;
                Ok(Accepted::Refused)
            }
        }
    }

    /// Keeps the sealed bytes of an operation that does not count: what is said later may turn that round, and nobody sends
    /// them again.
    fn keep_what_is_refused(&self, header: &Header, block: &[u8]) -> Result<(), VaultError> {
        let place = BlockPlace {
            space: self.space,
            log: header.log(),
            sequence: header.sequence,
        };
        if let Ok(said) = open_block(self.sql, self.keys, place, block) {
            for (change, _) in &said {
                self.keep_for_later(change)?;
            }
        }
        Ok(())
    }

    /// Whether an operation counts, and what it says then.
    pub(crate) fn judged<'h>(
        &'h self,
        judge: &mut Judge<'_, '_>,
        log: &Log,
        seen: &'h HashMap<i64, u64>,
        header: &'h Header,
        block: &[u8],
    ) -> Result<Result<(Vec<Said>, Things<'h>), Refusal>, VaultError> {
        let place = BlockPlace {
            space: self.space,
            log: header.log(),
            sequence: header.sequence,
        };
        // Signed, and still nothing that anybody can read: then it is nothing for everybody.
        let Ok(said) = open_block(self.sql, self.keys, place, block) else {
            return Ok(Err(Refusal::NotHere));
        };
        let mut things =
            Things::known_to(self.sql, self.space, (log.id, header), seen, &self.known);
        let demands = match things.demands(&said)? {
            Ok(demands) => demands,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let failed = std::cell::Cell::new(None);
        let root_at = |operations: u64| {
            root_at(self.sql, log.id, operations).unwrap_or_else(|error| {
                failed.set(Some(error));
                None
            })
        };
        let judged = judge.judge(header, &demands, root_at);
        if let Some(error) = failed.into_inner() {
            return Err(error);
        }
        Ok(match judged {
            Some(Ok(())) => Ok((said, things)),
            Some(Err(refusal)) => Err(refusal),
            None => Err(Refusal::NotIn),
        })
    }

    /// Keeps what an operation makes and does what it says. Where the tables refuse it, nothing of it is done: no operation
    /// of one member stops the others'.
    pub(crate) fn perform(
        &self,
        log: i64,
        seen: &HashMap<i64, u64>,
        (header, leaf): (&Header, Hash),
        said: &[Said],
        things: &Things<'_>,
    ) -> Result<(), VaultError> {
        let act = || {
            things
                .keep()
                .and_then(|()| self.act(log, seen, header, leaf, said))
        };
        if self.care == Care::None {
            return act();
        }
        self.sql.execute_batch("SAVEPOINT operation")?;
        let done = act();
        let undo = match &done {
            Ok(()) => "",
            Err(_) => {
                self.look_again();
                "ROLLBACK TO operation;"
            }
        };
        self.sql
            .execute_batch(&format!("{undo} RELEASE operation"))?;
        match done {
            Err(VaultError::Store(error)) if is_refused_by_tables(&error) => Ok(()),
            done => done,
        }
    }

    /// Does what an operation says, as far as it can be read here.
    fn act(
        &self,
        log: i64,
        seen: &HashMap<i64, u64>,
        header: &Header,
        leaf: Hash,
        said: &[Said],
    ) -> Result<(), VaultError> {
        let by = By {
            space: self.space,
            device: DeviceId(header.device),
            at: Timestamp(header.at),
        };
        let follows = |other: &Stamp| match other.log == log {
            true => other.sequence < header.sequence,
            false => seen
                .get(&other.log)
                .is_some_and(|operations| *operations > other.sequence),
        };
        for (place, (change, veiled)) in (0u32..).zip(said) {
            let stamp = Stamp {
                lamport: header.lamport,
                leaf,
                place,
                log,
                sequence: header.sequence,
            };
            if *veiled || !self.is_here(change)? {
                self.keep_for_later(change)?;
                continue;
            }
            match change {
                // Statements count for themselves and are here already; a log's own affairs change no table.
                Change::Genesis { .. }
                | Change::Say { .. }
                | Change::BeginIncarnation { .. }
                | Change::Compact { .. } => {}
                Change::PutVersion { .. } => self.put_version(by, change)?,
                Change::Attach {
                    id,
                    ciphertext,
                    epoch,
                    ..
                } => {
                    stamps::merge(self.sql, by, change, &stamp, follows)?;
                    self.seal_anew(by, Sealed::Attachment(*id), (*ciphertext, *epoch))?;
                    if let Some(envelope) = self.envelope(*ciphertext)? {
                        self.sql
                            .prepare_cached(
                                "INSERT OR IGNORE INTO attachment_ciphertexts (attachment, envelope)
                                 SELECT row, ?2 FROM attachments WHERE id = ?1",
                            )?
                            .execute(params![id, envelope])?;
                    }
                }
                Change::Refer { version, targets } => {
                    let mut here = Vec::new();
                    for target in targets {
                        let both = self.exists("secrets", &target.secret.0)?
                            && self.exists("environments", &target.environment.0)?;
                        if both {
                            here.push(*target);
                        }
                    }
                    crate::reference::apply_refer(self.sql, *version, &here)?;
                }
                Change::SealAnew {
                    what,
                    ciphertext,
                    epoch,
                } => {
                    match stamps::note_sealed(self.sql, self.space, *what, &stamp)? {
                        true => self.seal_anew(by, *what, (*ciphertext, *epoch))?,
                        // The one that stands may fall.
                        false => self.keep_for_later(change)?,
                    }
                }
                settles => stamps::merge(self.sql, by, settles, &stamp, follows)?,
            }
        }
        if said.iter().any(|(_, veiled)| *veiled) {
            let note = "UPDATE operations SET veiled = 1 WHERE log = ?1 AND sequence = ?2";
            self.sql
                .prepare_cached(note)?
                .execute(params![log, header.sequence.cast_signed()])?;
        }
        for (change, veiled) in said {
            if let Change::SetSecret { secret, .. } = change
                && !veiled
                && self.exists("secrets", &secret.0)?
            {
                history::note_touched(self.sql, (log, header.sequence), *secret)?;
            }
        }
        Ok(())
    }

    fn exists(&self, table: &str, id: &[u8; 16]) -> Result<bool, VaultError> {
        // No id is one of two tables.
        if self.there.borrow().contains(id) {
            return Ok(true);
        }
        let query = format!("SELECT 1 FROM {table} WHERE id = ?1");
        let exists = self.sql.prepare_cached(&query)?.exists([id])?;
        if exists {
            self.there.borrow_mut().insert(*id);
        }
        Ok(exists)
    }

    /// Whether what a change is about is here: names that can't be read here leave nothing to change.
    fn is_here(&self, change: &Change) -> Result<bool, VaultError> {
        Ok(match change {
            Change::SetProject { project, .. }
            | Change::CreateEnvironment { project, .. }
            | Change::CreateSecret { project, .. }
            | Change::CreateCredential { project, .. } => self.exists("projects", &project.0)?,
            Change::SetEnvironment { environment, field } => {
                let from = match field {
                    EnvironmentField::Inherits(from) => *from,
                    _ => None,
                };
                self.exists("environments", &environment.0)?
                    && match from {
                        Some(from) => self.exists("environments", &from.0)?,
                        None => true,
                    }
            }
            Change::SetSecret { secret, .. } => self.exists("secrets", &secret.0)?,
            Change::SetCredential { credential, field } => {
                let parts = match field {
                    CredentialField::Parts(parts) => parts.as_slice(),
                    _ => &[],
                };
                for part in parts {
                    if !self.exists("secrets", &part.secret.0)? {
                        return Ok(false);
                    }
                }
                self.exists("credentials", &credential.0)?
            }
            Change::PutVersion {
                secret,
                environment,
                ..
            }
            | Change::Promote {
                secret,
                environment,
                ..
            }
            | Change::Attach {
                secret,
                environment,
                ..
            } => {
                self.exists("secrets", &secret.0)? && self.exists("environments", &environment.0)?
            }
            Change::SetAttachment { attachment, .. } => {
                self.exists("attachments", &attachment.0)?
            }
            Change::Refer { version, .. }
            | Change::SealAnew {
                what: Sealed::Version(version),
                ..
            } => self.exists("versions", &version.0)?,
            Change::SealAnew {
                what: Sealed::Attachment(attachment),
                ..
            } => self.exists("attachments", &attachment.0)?,
            _ => true,
        })
    }

    fn put_version(&self, by: By, change: &Change) -> Result<(), VaultError> {
        let Change::PutVersion {
            id,
            secret,
            environment,
            number,
            ciphertext,
            commitment,
            epoch,
            origin,
        } = change
        else {
            return Ok(());
        };
        let envelope = self.envelope(*ciphertext)?;
        let fingerprint = match &envelope {
            Some(envelope) => {
                let place = Place {
                    owner: self.space.0,
                    project: self.project_of(*environment)?,
                    environment: environment.0,
                    subject: secret.0,
                    field: Field::Value,
                    version: id.0,
                    epoch: *epoch,
                    author: by.device.0,
                    sealer: by.device.0,
                };
                self.fingerprint(&place, commitment, envelope)
            }
            None => None,
        };
        // Aside until it is clear which of equal numbers came first.
        let twin: Option<i64> = self
            .sql
            .prepare_cached(
                "INSERT INTO versions (id, secret, environment, number, twin, ciphertext,
                 commitment, epoch, author, sealer, origin, created_at, fingerprint)
                 VALUES (?1, ?2, ?3, ?4,
                   (SELECT coalesce(max(twin), -1) + 1 FROM versions
                    WHERE secret = ?2 AND environment = ?3 AND number = ?4),
                   ?5, ?6, ?7, ?8, ?8, ?9, ?10, ?11)
                 ON CONFLICT (id) DO NOTHING RETURNING twin",
            )?
            .query_row(
                params![
                    id,
                    secret,
                    environment,
                    number,
                    ciphertext,
                    commitment,
                    epoch,
                    by.device,
                    *origin as u8,
                    by.at.0,
                    fingerprint
                ],
                |row| row.get(0),
            )
            .optional()?;
        if twin.is_none() {
            // Done again: as it was sealed first, until somebody seals it anew.
            self.seal_anew(by, Sealed::Version(*id), (*ciphertext, *epoch))?;
        }
        if let Some(envelope) = envelope {
            let row = match twin {
                Some(_) => self.sql.last_insert_rowid(),
                None => self.row_of(*id)?,
            };
            self.sql
                .prepare_cached(
                    "INSERT OR IGNORE INTO ciphertexts (version, envelope) VALUES (?1, ?2)",
                )?
                .execute(params![row, envelope])?;
            if twin.is_none() {
                self.note_fingerprint(*id)?;
            }
        }
        match twin {
            Some(0) => Ok(()),
            _ => self.order_twins(*secret, *environment, *number),
        }
    }

    fn row_of(&self, version: VersionId) -> Result<i64, VaultError> {
        Ok(self
            .sql
            .prepare_cached("SELECT row FROM versions WHERE id = ?1")?
            .query_row([version], |row| row.get(0))?)
    }

    fn project_of(&self, environment: EnvironmentId) -> Result<[u8; 16], VaultError> {
        if let Some(thing) = self.known.borrow().get(&environment.0) {
            return Ok(thing.project);
        }
        Ok(self
            .sql
            .prepare_cached("SELECT project FROM environments WHERE id = ?1")?
            .query_row([environment], |row| row.get(0))?)
    }

    /// Puts another envelope in the place of one. The old one stays aside: who sealed anew may turn out to have had no
    /// right to.
    pub(crate) fn seal_anew(
        &self,
        by: By,
        what: Sealed,
        (ciphertext, epoch): (Hash, EpochId),
    ) -> Result<(), VaultError> {
        let (table, bytes, column, id) = match what {
            Sealed::Version(id) => ("versions", "ciphertexts", "version", id.0),
            Sealed::Attachment(id) => ("attachments", "attachment_ciphertexts", "attachment", id.0),
        };
        let there: bool = self
            .sql
            .prepare_cached(&format!(
                "SELECT 1 FROM {table} WHERE id = ?1 AND ciphertext = ?2"
            ))?
            .exists(params![id, ciphertext])?;
        if there {
            return Ok(());
        }
        // Whoever seals anew may seal junk: what was there is read where the new one does not hold.
        self.sql
            .prepare_cached(&format!(
                "INSERT OR IGNORE INTO sealed_before (id, ciphertext, epoch, sealer)
                 SELECT id, ciphertext, epoch, sealer FROM {table} WHERE id = ?1"
            ))?
            .execute([id])?;
        self.sql
            .prepare_cached(&format!(
                "INSERT OR IGNORE INTO arrived (hash, space, envelope)
                 SELECT t.ciphertext, ?2, c.envelope FROM {table} t
                 JOIN {bytes} c ON c.{column} = t.row WHERE t.id = ?1"
            ))?
            .execute(params![id, self.space])?;
        self.sql
            .prepare_cached(&format!(
                "UPDATE {table} SET ciphertext = ?2, epoch = ?3, sealer = ?4 WHERE id = ?1"
            ))?
            .execute(params![id, ciphertext, epoch, by.device])?;
        self.sql
            .prepare_cached(&format!(
                "DELETE FROM {bytes} WHERE {column} = (SELECT row FROM {table} WHERE id = ?1)"
            ))?
            .execute([id])?;
        if let Some(envelope) = self.envelope(ciphertext)? {
            self.sql
                .prepare_cached(&format!(
                    "INSERT INTO {bytes} ({column}, envelope)
                     SELECT row, ?2 FROM {table} WHERE id = ?1"
                ))?
                .execute(params![id, envelope])?;
        }
        match what {
            Sealed::Version(version) => self.note_fingerprint(version),
            Sealed::Attachment(_) => Ok(()),
        }
    }

    /// Of the versions that people apart gave one number, the one with the least stamp is the first.
    fn order_twins(
        &self,
        secret: SecretId,
        environment: EnvironmentId,
        number: u32,
    ) -> Result<(), VaultError> {
        let mut statement = self.sql.prepare_cached(
            "SELECT v.id, o.lamport, o.header FROM versions v
             JOIN things t ON t.id = v.id
             JOIN operations o ON o.log = t.log AND o.sequence = t.sequence
             WHERE v.secret = ?1 AND v.environment = ?2 AND v.number = ?3",
        )?;
        let rows = statement.query_map(params![secret, environment, number], |row| {
            Ok((
                row.get::<_, i64>(1)?,
                keystead_crypto::leaf_hash(&row.get::<_, Vec<u8>>(2)?),
                row.get::<_, VersionId>(0)?,
            ))
        })?;
        let mut twins = rows.collect::<Result<Vec<_>, _>>()?;
        twins.sort_unstable();
        let mut write = self
            .sql
            .prepare_cached("UPDATE versions SET twin = ?2 WHERE id = ?1")?;
        for step in [ASIDE, 0] {
            for (at, (_, _, id)) in (0i64..).zip(&twins) {
                write.execute(params![id, at + step])?;
            }
        }
        Ok(())
    }

    /// Sealed bytes that came along, or that came before what names them could be read.
    fn envelope(&self, hash: Hash) -> Result<Option<Vec<u8>>, VaultError> {
        if let Some(envelope) = self.sealed.get(&hash) {
            return Ok(Some(envelope.clone()));
        }
        Ok(self
            .sql
            .prepare_cached("SELECT envelope FROM arrived WHERE hash = ?1 AND space = ?2")?
            .query_row(params![hash, self.space], |row| row.get(0))
            .optional()?)
    }

    /// Keeps the sealed bytes that a change names which can't be read here yet.
    fn keep_for_later(&self, change: &Change) -> Result<(), VaultError> {
        let (Change::PutVersion { ciphertext, .. }
        | Change::Attach { ciphertext, .. }
        | Change::SealAnew { ciphertext, .. }) = change
        else {
            return Ok(());
        };
        if let Some(envelope) = self.sealed.get(ciphertext) {
            self.sql
                .prepare_cached(
                    "INSERT OR IGNORE INTO arrived (hash, space, envelope) VALUES (?1, ?2, ?3)",
                )?
                .execute(params![ciphertext, self.space, envelope])?;
        }
        Ok(())
    }

    /// Puts bytes that came by themselves where they belong.
    pub(crate) fn attach(&self, hash: &Hash, envelope: &[u8]) -> Result<(), VaultError> {
        let here = "SELECT c.id FROM secrets c JOIN projects p ON p.id = c.project
                    WHERE p.space = ?3";
        for (bytes, column, table) in [
            ("ciphertexts", "version", "versions"),
            ("attachment_ciphertexts", "attachment", "attachments"),
        ] {
            self.sql
                .prepare_cached(&format!(
                    "INSERT OR IGNORE INTO {bytes} ({column}, envelope)
                     SELECT row, ?2 FROM {table}
                     WHERE ciphertext = ?1 AND pruned = 0 AND secret IN ({here})"
                ))?
                .execute(params![hash, envelope, self.space])?;
        }
        Ok(())
    }

    /// Computes the fingerprints of values that could not be opened before.
    pub(crate) fn note_fingerprints(&self) -> Result<(), VaultError> {
        let mut statement = self.sql.prepare_cached(
            "SELECT v.id FROM versions v JOIN environments e ON e.id = v.environment
             JOIN projects p ON p.id = e.project
             WHERE v.fingerprint IS NULL AND v.pruned = 0 AND p.space = ?1",
        )?;
        let rows = statement.query_map([self.space], |row| row.get(0))?;
        for version in rows.collect::<Result<Vec<VersionId>, _>>()? {
            self.note_fingerprint(version)?;
        }
        Ok(())
    }

    /// Notes a value's fingerprint, where this device may open it and it is what its author committed to.
    fn note_fingerprint(&self, version: VersionId) -> Result<(), VaultError> {
        type Sealed = (Place, [u8; 32], Vec<u8>);
        let sealed: Option<Sealed> = self
            .sql
            .prepare_cached(
                "SELECT e.project, v.environment, v.secret, v.epoch, v.author, v.sealer,
                 v.commitment, c.envelope FROM versions v
                 JOIN environments e ON e.id = v.environment
                 JOIN ciphertexts c ON c.version = v.row WHERE v.id = ?1",
            )?
            .query_row([version], |row| {
                let place = Place {
                    owner: self.space.0,
                    project: row.get(0)?,
                    environment: row.get(1)?,
                    subject: row.get(2)?,
                    field: Field::Value,
                    version: version.0,
                    epoch: row.get(3)?,
                    author: row.get(4)?,
                    sealer: row.get(5)?,
                };
                Ok((place, row.get(6)?, row.get(7)?))
            })
            .optional()?;
        let Some((place, commitment, envelope)) = sealed else {
            return Ok(());
        };
        let fingerprint = self.fingerprint(&place, &commitment, &envelope);
        self.sql
            .prepare_cached("UPDATE versions SET fingerprint = ?2 WHERE id = ?1")?
            .execute(params![version, fingerprint])?;
        Ok(())
    }

    /// A value's fingerprint, where this device may open it and it is what its author committed to.
    fn fingerprint(
        &self,
        place: &Place,
        commitment: &[u8; 32],
        envelope: &[u8],
    ) -> Option<ValueFingerprint> {
        let key = self.keys.environment_key(self.sql, place.epoch).ok()?;
        let padded = open(&key, place, envelope).ok()?;
        let committed = unpad(Padding::Value, &padded).ok()?;
        let (opening, value) = committed.split_at_checked(32)?;
        let opening = CommitmentOpening::from_bytes(KeyBytes::from_slice(opening)?);
        opens_commitment(commitment, &opening, value)
            .then(|| fingerprint_value(&self.keys.index, value))
    }
}

/// Whether a rule of the tables stands against something, and not the disk.
pub(crate) fn is_refused_by_tables(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(rusqlite::ErrorCode::ConstraintViolation)
}

/// By the rows of logs, so many operations of each that an operation had seen.
pub(crate) fn seen_rows(
    seen: &std::collections::BTreeMap<LogId, keystead_replica::Seen>,
    rows: &HashMap<LogId, i64>,
) -> HashMap<i64, u64> {
    seen.iter()
        .filter_map(|(log, seen)| Some((*rows.get(log)?, seen.operations)))
        .collect()
}

/// The root over so many operations of a log.
pub(crate) fn root_at(
    sql: &Connection,
    log: i64,
    operations: u64,
) -> Result<Option<Hash>, VaultError> {
    if operations == 0 {
        return Ok(Some(Frontier::new().root()));
    }
    Ok(sql
        .prepare_cached("SELECT root FROM operations WHERE log = ?1 AND sequence = ?2")?
        .query_row(params![log, (operations - 1).cast_signed()], |row| {
            row.get(0)
        })
        .optional()?)
}
