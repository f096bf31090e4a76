//! An open vault: one process holds it, until it is closed.

use crate::{
    asker::Asker,
    event::{Action, Event, EventRow},
    folder::VaultFolder,
    id::{DeviceId, SpaceId, VaultId},
    keyring::Keyring,
    log::{EventDraft, Log, VAULT_LOG, record},
    name::NameError,
    rollback::{Anchors, Rollback},
    search::{Index, Stale},
    slot::SlotKind,
    space::Graphs,
    transaction::Transaction,
    verify::{self, Verification},
};
use keystead_crypto::{DecodeError, Fingerprint, OpenError, RootKey, leaf_hash};
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};
use std::{collections::HashMap, fs::File};

/// Why something in an open vault did not happen. Nothing was changed then.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VaultError {
    /// No such project.
    #[error("there is no project {0}")]
    NoProject(String),
    /// No such environment.
    #[error("{project} has no environment {environment}")]
    NoEnvironment {
        /// The project.
        project: String,
        /// The environment asked for.
        environment: String,
    },
    /// No such secret, or none with a value there.
    #[error("there is no {name} in {environment} of {project}")]
    NoSecret {
        /// The project.
        project: String,
        /// The environment.
        environment: String,
        /// The secret asked for.
        name: String,
    },
    /// No such version.
    #[error("{name} has no such version")]
    NoVersion {
        /// The secret.
        name: String,
    },
    /// No such link.
    #[error("there is no such link")]
    NoLink,
    /// No such space.
    #[error("there is no space {0}")]
    NoSpace(String),
    /// No such conflict, or it is settled.
    #[error("there is no conflict {0}")]
    NoConflict(String),
    /// This device was not given a key that it takes.
    #[error("this device was not given the key")]
    NoKey,
    /// Nothing can be sealed before a new key is made.
    #[error("a new key has to be made first: {0}")]
    NotSealing(String),
    /// Not a member's to do, in the role that they have.
    #[error("your role does not allow it: {0}")]
    NotAllowed(String),
    /// The name is taken.
    #[error("{0} is there already")]
    Exists(String),
    /// Not a name.
    #[error(transparent)]
    Name(#[from] NameError),
    /// Rotating to the same value.
    #[error("the new value is the one that is current already")]
    SameValue,
    /// There is no operation to take back, or to make again.
    #[error("there is nothing to take back")]
    NothingToUndo,
    /// What an operation did was changed by a later one.
    #[error("{0} was changed since")]
    ChangedSince(String),
    /// A value of a protected environment would leave.
    #[error("the environment {0} is protected")]
    Protected(String),
    /// A folder is linked to it.
    #[error("{0} is linked to a folder")]
    Linked(String),
    /// Environments would inherit in a circle.
    #[error("{0} has what it would get from itself")]
    InheritsItself(String),
    /// No such file of a secret.
    #[error("there is no attachment {0}")]
    NoAttachment(String),
    /// A file that is larger than any may be.
    #[error("an attachment can't be larger than 10 MiB")]
    AttachmentTooLarge,
    /// No such credential.
    #[error("there is no credential {0}")]
    NoCredential(String),
    /// A credential, or a current value, that has no such part.
    #[error("there is no part {0}")]
    NoPart(String),
    /// A credential of nothing, or of the same thing twice.
    #[error("a credential is made of one part at least, and of none twice")]
    NoParts,
    /// It changes only together with others.
    #[error("it is part of the credential {0}")]
    PartOf(String),
    /// A value would be made of itself.
    #[error("{0} would be made of itself")]
    RefersToItself(String),
    /// A value refers to one that is not there any more.
    #[error("a value refers to {0}, which has none")]
    RefersToNothing(String),
    /// The current value of another secret is made of it.
    #[error("{0} refers to it")]
    ReferredTo(String),
    /// With all that it refers to, a value is larger than any may be.
    #[error("a value is larger than 1 MiB with all that it refers to")]
    ResolvesTooLarge,
    /// Restoring what is current.
    #[error("that version is current already")]
    AlreadyCurrent,
    /// An owner said that it does not leave now, or here.
    #[error(transparent)]
    NotReleased(crate::space::NotReleased),
    /// It takes the identity's keys, which only primary devices hold.
    #[error("this device does not hold the identity's keys")]
    NotPrimary,
    /// An older copy was put back, and nobody goes on from it yet.
    #[error("this vault is older than it was on this machine, so it can only be looked at")]
    RolledBack,
    /// Nobody waits for it any more.
    #[error("it was cancelled")]
    Cancelled,
    /// The store and its logs or keys do not fit together.
    #[error("the vault is damaged: {0}")]
    Damaged(&'static str),
    /// The database could not read or write.
    #[error("the vault's store failed: {0}")]
    Store(#[from] rusqlite::Error),
    /// A file of the vault could not be read or written.
    #[error("a file of the vault failed: {0}")]
    Io(#[from] std::io::Error),
}

impl From<DecodeError> for VaultError {
    fn from(_: DecodeError) -> Self {
        Self::Damaged("an entry is not in canonical form")
    }
}

impl From<OpenError> for VaultError {
    fn from(_: OpenError) -> Self {
        Self::Damaged("a ciphertext does not open at its place")
    }
}

/// What an open vault knows of itself.
pub(crate) struct Facts {
    pub(crate) vault: VaultId,
    /// The vault's own space.
    pub(crate) home: SpaceId,
    /// The space that is looked at and worked in.
    pub(crate) space: SpaceId,
    pub(crate) space_name: String,
    /// Whether others write in it too, or may one day.
    pub(crate) shared: bool,
    pub(crate) identity: Fingerprint,
    pub(crate) identity_name: String,
    pub(crate) device: DeviceId,
    pub(crate) device_name: String,
}

/// A vault that this process holds open. Its keys are wiped on drop.
pub struct Vault {
    pub(crate) folder: VaultFolder,
    pub(crate) sql: Connection,
    pub(crate) keys: Keyring,
    pub(crate) facts: Facts,
    pub(crate) failed_unlocks: u32,
    pub(crate) unlocked_by: SlotKind,
    pub(crate) rollback: Option<Rollback>,
    /// What is searched, once somebody searched, and what changed since.
    pub(crate) index: Option<Index>,
    pub(crate) stale: Stale,
    /// Who may do what in the spaces that are shared.
    pub(crate) graphs: Graphs,
    /// Opens a backup that was just written; it protects no more than the keys beside it.
    pub(crate) root: RootKey,
    pub(crate) _hold: File,
}

impl Vault {
    /// Its folder.
    pub fn folder(&self) -> &VaultFolder {
        &self.folder
    }

    /// The vault's id.
    pub fn id(&self) -> VaultId {
        self.facts.vault
    }

    /// The space's name.
    pub fn space_name(&self) -> &str {
        &self.facts.space_name
    }

    /// The identity's name.
    pub fn identity_name(&self) -> &str {
        &self.facts.identity_name
    }

    /// This device's name.
    pub fn device_name(&self) -> &str {
        &self.facts.device_name
    }

    /// A device's name, by its id.
    pub fn name_of_device(&self, device: DeviceId) -> String {
        if device == self.facts.device {
            self.facts.device_name.clone()
        } else {
            device.to_string()
        }
    }

    /// Wrong passphrases that were tried since the unlock before this one.
    pub fn failed_unlocks(&self) -> u32 {
        self.failed_unlocks
    }

    /// Makes changes as one: all of them, their operation and their events, or none.
    ///
    /// # Errors
    /// What `act` says, or [`VaultError`] if the store fails.
    pub fn transact<T, E: From<VaultError>>(
        &mut self,
        asker: &Asker,
        act: impl FnOnce(&mut Transaction<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.refuse_rolled_back()?;
        let sql = self
            .sql
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(VaultError::from)?;
        let mut transaction = Transaction::new(sql, &self.keys, (&self.facts, &self.graphs), asker);
        let result = act(&mut transaction)?;
        transaction.follow_all_heads()?;
        let stale = transaction.commit()?;
        if self.index.is_some() {
            self.stale.all |= stale.all;
            self.stale.secrets.extend(stale.secrets);
        }
        Ok(result)
    }

    /// Events before position `before` (from the newest if `None`), newest first.
    ///
    /// # Errors
    /// [`VaultError`] if the store fails or an entry is damaged.
    pub fn events(&self, limit: u32, before: Option<i64>) -> Result<Vec<EventRow>, VaultError> {
        let mut logs: HashMap<i64, String> = HashMap::new();
        for log in Log::all(&self.sql)? {
            logs.insert(log.id, self.log_name(log.space)?);
        }
        let mut statement = self.sql.prepare_cached(
            "SELECT position, log, body FROM events WHERE position < ?1
             ORDER BY position DESC LIMIT ?2",
        )?;
        let rows = statement.query_map(params![before.unwrap_or(i64::MAX), limit], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get::<_, Vec<u8>>(2)?))
        })?;
        rows.map(|row| {
            let (position, log, body) = row?;
            let event = Event::decode(&body)?;
            let name = |table: &str, id: Option<&[u8]>| self.name_in(table, id);
            let number = |id: Option<&crate::VersionId>| self.number_of(id);
            Ok(EventRow {
                position,
                log: logs.get(&log).cloned().unwrap_or_default(),
                hash: leaf_hash(&body),
                project: name("projects", event.project.as_ref().map(|id| &id.0[..]))?,
                environment: name(
                    "environments",
                    event.environment.as_ref().map(|id| &id.0[..]),
                )?,
                secret: name("secrets", event.secret.as_ref().map(|id| &id.0[..]))?,
                version: number(event.versions.first().filter(|_| event.secret.is_some()))?,
                previous: number(event.previous.as_ref())?,
                event,
            })
        })
        .collect()
    }

    /// How many events there are, over all logs.
    ///
    /// # Errors
    /// [`VaultError`] if the store fails.
    pub fn event_count(&self) -> Result<u64, VaultError> {
        let logs = Log::all(&self.sql)?;
        Ok(logs.iter().map(|log| log.events.size()).sum())
    }

    /// Recomputes both logs, the tables that follow from them, and every
    /// ciphertext's hash, and checks the signed heads.
    ///
    /// # Errors
    /// [`VaultError`] if the store can't be read; a disagreement is no error
    /// but part of the [`Verification`].
    pub fn verify(&mut self, asker: &Asker) -> Result<Verification, VaultError> {
        let verification = verify::verify(self, &asker.cancel)?;
        if self.rollback.is_some() {
            return Ok(verification);
        }
        let words = match &verification.problem {
            None => format!(
                "{} events, {} operations",
                verification.events, verification.operations
            ),
            Some(problem) => problem.clone(),
        };
        let outcome = if verification.problem.is_none() {
            crate::Outcome::Ok
        } else {
            crate::Outcome::Failed
        };
        self.record(
            asker,
            VAULT_LOG,
            EventDraft::of(Action::AuditVerified)
                .detail(words)
                .outcome(outcome),
        )?;
        Ok(verification)
    }

    /// Signs heads for what is new and closes the store. Keys are wiped. Says what to anchor.
    ///
    /// # Errors
    /// [`VaultError`] if the last words could not be written; it is closed all the same.
    pub fn close(mut self, asker: &Asker, reason: &str) -> Result<Option<Anchors>, VaultError> {
        let draft = EventDraft::of(Action::Locked).detail(reason);
        let said = match self.rollback {
            Some(_) => Ok(()),
            None => self.record(asker, VAULT_LOG, draft),
        };
        let anchors = self.finish()?;
        said.map(|()| anchors)
    }

    /// As [`Self::close`], for a command that opened the vault for itself
    /// alone: its end is not worth an event.
    ///
    /// # Errors
    /// As [`Self::close`].
    pub fn close_quietly(mut self) -> Result<Option<Anchors>, VaultError> {
        self.finish()
    }

    fn finish(&mut self) -> Result<Option<Anchors>, VaultError> {
        if self.rollback.is_some() {
            return Ok(None);
        }
        let sql = self.sql.transaction()?;
        for log in Log::own(&sql)? {
            log.sign_if_behind(&sql, &self.keys)?;
        }
        sql.commit()?;
        let anchors = self.anchors()?;
        self.sql
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
            .optional()?;
        Ok(anchors)
    }

    pub(crate) fn record(
        &mut self,
        asker: &Asker,
        space: SpaceId,
        draft: EventDraft,
    ) -> Result<(), VaultError> {
        self.refuse_rolled_back()?;
        let sql = self
            .sql
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        record(&sql, &self.keys, &self.facts, asker, space, draft)?;
        Ok(sql.commit()?)
    }

    /// A log's name; of one that is no longer the newest of its space, that it ended.
    pub(crate) fn name_of_log(&self, log: &Log) -> Result<String, VaultError> {
        let name = self.log_name(log.space)?;
        if log.device != self.facts.device {
            return Ok(format!("{name}, of device {}", log.device));
        }
        let newest = Log::load(&self.sql, log.space)?.id == log.id;
        Ok(match newest {
            true => name,
            false => format!("{name}, until an older copy was gone on from"),
        })
    }

    pub(crate) fn log_name(&self, space: SpaceId) -> Result<String, VaultError> {
        if space == VAULT_LOG {
            return Ok("vault".to_owned());
        }
        let name = "SELECT name FROM spaces WHERE id = ?1";
        Ok(self
            .sql
            .prepare_cached(name)?
            .query_row([space], |row| row.get(0))?)
    }

    fn name_in(&self, table: &str, id: Option<&[u8]>) -> Result<Option<String>, VaultError> {
        let Some(id) = id else { return Ok(None) };
        Ok(self
            .sql
            .prepare_cached(&format!("SELECT name FROM {table} WHERE id = ?1"))?
            .query_row([id], |row| row.get(0))
            .optional()?)
    }

    fn number_of(&self, id: Option<&crate::VersionId>) -> Result<Option<u32>, VaultError> {
        let Some(id) = id else { return Ok(None) };
        Ok(self
            .sql
            .prepare_cached("SELECT number FROM versions WHERE id = ?1")?
            .query_row([id], |row| row.get(0))
            .optional()?)
    }
}
