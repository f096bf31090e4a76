//! Spaces: the vault's own one, and those that several people write in.

mod accept;
#[cfg(test)]
mod campaign;
mod checkpoint;
mod conflicts;
#[cfg(test)]
mod devices;
#[cfg(test)]
mod evil;
mod exchange;
mod graphs;
#[cfg(test)]
mod imposters;
#[cfg(test)]
mod interop;
mod keys;
mod members;
#[cfg(test)]
mod newcomer;
mod opened;
pub(crate) mod own;
mod packs;
#[cfg(test)]
mod past;
mod problem;
mod publish;
mod rebuild;
mod release;
mod removal;
#[cfg(test)]
mod rogue;
pub(crate) mod shadows;
pub(crate) mod stamps;
mod statements;
mod take_in;
#[cfg(test)]
pub(crate) mod tests;
mod things;
pub(crate) mod verify;

pub use conflicts::{Conflict, Said, Settlement};
pub use exchange::{RemoteRow, Wanted};
pub use members::{Guest, InviteTerms, Member, MemberDevice, NewGrant, Place, Role, TeamError};
pub use problem::{Problem, ProblemKind};
pub use publish::Outgoing;
pub use release::{NotReleased, ReleaseRule, SaidRelease};
pub use removal::{KnownValue, RemovalPlan};
pub use take_in::TakenIn;

pub(crate) use graphs::{Graphs, Known};
pub(crate) use keys::sealing_epoch;

use crate::{
    asker::Asker,
    change::Change,
    event::Action,
    id::{DeviceId, Incarnation, SpaceId},
    keyring::system_random,
    log::{EventDraft, Log},
    vault::{Vault, VaultError},
};
use keystead_membership::{Act, Endorsement, Genesis, Scope};
use keystead_replica::{At, LogId};
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

/// A space of the vault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpaceRow {
    /// Its id.
    pub id: SpaceId,
    /// Its name.
    pub name: String,
    /// Whether others write in it too, or may one day.
    pub shared: bool,
    /// Whether it is the one that is worked in.
    pub entered: bool,
}

/// Notes which space names of projects are looked up in, for as long as the store is open.
pub(crate) fn note_entered(sql: &Connection, space: SpaceId) -> Result<(), VaultError> {
    sql.execute_batch(
        "CREATE TEMP TABLE IF NOT EXISTS entered (
           one INTEGER PRIMARY KEY CHECK (one = 1), space BLOB NOT NULL)",
    )?;
    sql.execute(
        "INSERT OR REPLACE INTO temp.entered (one, space) VALUES (1, ?1)",
        params![space],
    )?;
    Ok(())
}

/// Whether others write in a space too.
pub(crate) fn is_shared(sql: &Connection, space: SpaceId) -> Result<bool, VaultError> {
    let shared = sql
        .prepare_cached("SELECT shared FROM spaces WHERE id = ?1")?
        .query_row([space], |row| row.get(0))
        .optional()?;
    Ok(shared.unwrap_or(false))
}

/// What is here of a log of a space at so many operations.
pub(crate) fn at(
    sql: &Connection,
    space: SpaceId,
    log: LogId,
    operations: u64,
) -> Result<Option<At>, VaultError> {
    let (device, incarnation) = (DeviceId(log.device()), Incarnation(log.incarnation()));
    let row: Option<i64> = sql
        .prepare_cached(
            "SELECT id FROM logs WHERE space = ?1 AND device = ?2 AND incarnation = ?3",
        )?
        .query_row(params![space, device, incarnation], |row| row.get(0))
        .optional()?;
    match row {
        Some(row) => take_in::at(sql, row, operations),
        None => Ok(None),
    }
}

impl Vault {
    /// Every space, the vault's own first, the others by name.
    ///
    /// # Errors
    /// [`VaultError`] if the store fails.
    pub fn spaces(&self) -> Result<Vec<SpaceRow>, VaultError> {
        let mut statement = self
            .sql
            .prepare_cached("SELECT id, name, shared FROM spaces ORDER BY id <> ?1, name, id")?;
        let rows = statement.query_map([self.facts.home], |row| {
            let id: SpaceId = row.get(0)?;
            Ok(SpaceRow {
                id,
                name: row.get(1)?,
                shared: row.get(2)?,
                entered: id == self.facts.space,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The vault's own space.
    pub fn own_space(&self) -> SpaceId {
        self.facts.home
    }

    /// The space that is worked in.
    pub fn entered_space(&self) -> SpaceId {
        self.facts.space
    }

    /// Works in another space from now on: names of projects are looked up there.
    ///
    /// # Errors
    /// [`VaultError::NoSpace`].
    pub fn enter_space(&mut self, space: SpaceId) -> Result<(), VaultError> {
        if space == self.facts.space {
            return Ok(());
        }
        let found = self
            .sql
            .prepare_cached("SELECT name, shared FROM spaces WHERE id = ?1")?
            .query_row([space], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let (name, shared) = found.ok_or_else(|| VaultError::NoSpace(space.to_string()))?;
        // An older copy is only looked at; which part of it is, is nothing that is written to it.
        let read_only = self.rollback.is_some();
        if read_only {
            self.sql.pragma_update(None, "query_only", false)?;
        }
        let noted = note_entered(&self.sql, space);
        if read_only {
            self.sql.pragma_update(None, "query_only", true)?;
        }
        noted?;
        (self.facts.space, self.facts.space_name, self.facts.shared) = (space, name, shared);
        (self.index, self.stale) = (None, crate::search::Stale::default());
        Ok(())
    }

    /// Makes a space for several people, with this vault's identity as its first owner, and works in it.
    ///
    /// # Errors
    /// [`VaultError::Exists`] where a space of this vault has the name.
    pub fn create_space(&mut self, asker: &Asker, name: &str) -> Result<SpaceId, VaultError> {
        self.refuse_rolled_back()?;
        if self.spaces()?.iter().any(|space| space.name == name) {
            return Err(VaultError::Exists(format!("space {name}")));
        }
        let nonce: [u8; 32] = crate::create::random();
        let rng = &mut system_random();
        let (genesis, signature) = Genesis::sign(&self.keys.identity()?.signing, &nonce, rng);
        let space = SpaceId(genesis.space().0);
        let (card, endorsement) = (self.card_bytes()?, self.endorsement()?);
        let device = self.facts.device;
        let before = self.facts.space;
        let sql = self
            .sql
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        sql.execute(
            "INSERT INTO spaces (id, name, shared) VALUES (?1, ?2, 1)",
            params![space, name],
        )?;
        Log::create(
            &sql,
            space,
            (device, true),
            Incarnation(crate::create::random()),
        )?;
        sql.commit()?;
        self.enter_space(space)?;
        let founded = self.transact(asker, |t| {
            t.space_change(Change::Genesis {
                statement: genesis.as_bytes().to_vec(),
                signature: signature.clone(),
                name: name.to_owned(),
            })?;
            t.say(Act::AddDevice { endorsement })?;
            t.say(Act::UpdateCard { card })?;
            t.open_epochs(&[Scope::Space])?;
            t.event(EventDraft::of(Action::SpaceCreated).detail(name))
        });
        if let Err(error) = founded {
            self.enter_space(before)?;
            self.sql
                .execute("DELETE FROM logs WHERE space = ?1", [space])?;
            self.sql
                .execute("DELETE FROM spaces WHERE id = ?1", [space])?;
            return Err(error);
        }
        Ok(space)
    }

    fn card_bytes(&self) -> Result<Vec<u8>, VaultError> {
        let card = "SELECT card FROM vault";
        Ok(self.sql.query_row(card, [], |row| row.get(0))?)
    }

    /// The certificate of this device with its consent.
    ///
    /// # Errors
    /// [`VaultError`] if the store fails.
    pub fn endorsement(&self) -> Result<Vec<u8>, VaultError> {
        let certificate = "SELECT certificate FROM vault";
        let certificate: Vec<u8> = self.sql.query_row(certificate, [], |row| row.get(0))?;
        let rng = &mut system_random();
        Ok(Endorsement::consent(
            &certificate,
            &self.keys.device.signing,
            rng,
        ))
    }
}
