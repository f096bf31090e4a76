//! Who said last what is so. Every subject of a shared space is a register: of what was said without seeing each other
//! the greatest stamp stands and the others wait as a conflict, until somebody who saw them says something again.
//!
//! A stamp is (Lamport counter, leaf hash, place in the operation). It grows along what operations follow, so its order is
//! one of those that causality allows; wall time is never asked.

use crate::{
    apply::{By, Subject},
    change::{Change, Sealed},
    field::{CredentialField, EnvironmentField, ProjectField, SecretField},
    id::SpaceId,
    space::shadows,
    vault::VaultError,
};
use keystead_crypto::{Hash, Writer};
use rusqlite::{Connection, OptionalExtension, Row, params};

/// Which operation said something, and where in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Stamp {
    pub(crate) lamport: u64,
    pub(crate) leaf: Hash,
    pub(crate) place: u32,
    pub(crate) log: i64,
    pub(crate) sequence: u64,
}

impl Stamp {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            lamport: row.get::<_, i64>(0)?.cast_unsigned(),
            leaf: row.get(1)?,
            place: row.get(2)?,
            log: row.get(3)?,
            sequence: row.get::<_, i64>(4)?.cast_unsigned(),
        })
    }
}

const COLUMNS: &str = "lamport, leaf, place, log, sequence";

/// The subject's bytes of how something is sealed: the last who did it counts, and nobody is asked which was right.
fn key_of_sealed(what: Sealed) -> Vec<u8> {
    let mut writer = Writer::new();
    match what {
        Sealed::Version(id) => writer.u8(7).fixed(&id.0),
        Sealed::Attachment(id) => writer.u8(8).fixed(&id.0),
    };
    writer.finish()
}

/// Notes that something was sealed anew; false where somebody did with a greater stamp.
pub(crate) fn note_sealed(
    sql: &Connection,
    space: SpaceId,
    what: Sealed,
    stamp: &Stamp,
) -> Result<bool, VaultError> {
    let key = key_of_sealed(what);
    if winner(sql, &key)?.is_some_and(|old| old > *stamp) {
        return Ok(false);
    }
    set_winner(sql, space, &key, stamp)?;
    Ok(true)
}

/// A subject's bytes: what it is, of what, and which field.
fn key(subject: Subject) -> Vec<u8> {
    let mut writer = Writer::new();
    match subject {
        Subject::Project(id, field) => writer.u8(1).fixed(&id.0).u8(field),
        Subject::Environment(id, field) => writer.u8(2).fixed(&id.0).u8(field),
        Subject::Secret(id, field) => writer.u8(3).fixed(&id.0).u8(field),
        Subject::Stages(secret, environment) => writer.u8(4).fixed(&secret.0).fixed(&environment.0),
        Subject::Attachment(id) => writer.u8(5).fixed(&id.0),
        Subject::Credential(id, field) => writer.u8(6).fixed(&id.0).u8(field),
    };
    writer.finish()
}

/// What a change settles: for a creation, that the thing is there, and what it is called.
fn settled(change: &Change) -> Vec<(Subject, Change)> {
    let named = match change {
        Change::CreateProject { id, name } => Some(Change::SetProject {
            project: *id,
            field: ProjectField::Name(name.clone()),
        }),
        Change::CreateEnvironment { id, name, .. } => Some(Change::SetEnvironment {
            environment: *id,
            field: EnvironmentField::Name(name.clone()),
        }),
        Change::CreateSecret { id, name, .. } => Some(Change::SetSecret {
            secret: *id,
            field: SecretField::Name(name.clone()),
        }),
        Change::CreateCredential { id, name, .. } => Some(Change::SetCredential {
            credential: *id,
            field: CredentialField::Name(name.clone()),
        }),
        _ => None,
    };
    let named = named.and_then(|change| change.settles());
    change.settles().into_iter().chain(named).collect()
}

fn winner(sql: &Connection, key: &[u8]) -> Result<Option<Stamp>, VaultError> {
    Ok(sql
        .prepare_cached(&format!("SELECT {COLUMNS} FROM stamps WHERE subject = ?1"))?
        .query_row([key], Stamp::read)
        .optional()?)
}

fn set_winner(
    sql: &Connection,
    space: SpaceId,
    key: &[u8],
    stamp: &Stamp,
) -> Result<(), VaultError> {
    sql.prepare_cached(
        "INSERT OR REPLACE INTO stamps (subject, space, log, sequence, place, lamport, leaf)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?
    .execute(params![
        key,
        space,
        stamp.log,
        stamp.sequence.cast_signed(),
        stamp.place,
        stamp.lamport.cast_signed(),
        stamp.leaf
    ])?;
    Ok(())
}

/// The stamp of what a thing is called.
pub(crate) fn of_name(sql: &Connection, subject: Subject) -> Result<Option<Stamp>, VaultError> {
    winner(sql, &key(subject))
}

/// Notes that this device's own operation said something: it follows everything here, so whatever was in conflict is
/// settled by it.
pub(crate) fn note_own(
    sql: &Connection,
    space: SpaceId,
    change: &Change,
    stamp: &Stamp,
) -> Result<(), VaultError> {
    if let Change::SealAnew { what, .. } = change {
        note_sealed(sql, space, *what, stamp)?;
    }
    for (subject, _) in settled(change) {
        let key = key(subject);
        set_winner(sql, space, &key, stamp)?;
        sql.prepare_cached("DELETE FROM conflicts WHERE subject = ?1")?
            .execute([&key])?;
    }
    shadows::settle(sql, change)
}

/// Takes in what somebody's operation settles. `follows` says whether it had seen another one.
pub(crate) fn merge(
    sql: &Connection,
    by: By,
    change: &Change,
    stamp: &Stamp,
    follows: impl Fn(&Stamp) -> bool,
) -> Result<(), VaultError> {
    let before = shadows::names_before(sql, change)?;
    if change.creates() {
        change.create_from_log(sql, by)?;
    }
    for (subject, said) in settled(change) {
        let key = key(subject);
        // What it had seen, it replaces, what waits too: this is how a conflict is settled.
        let seen = |other: &Stamp| {
            follows(other) || (other.log, other.sequence) == (stamp.log, stamp.sequence)
        };
        drop_conflicts(sql, &key, seen)?;
        match winner(sql, &key)? {
            // The one that stands has the greatest stamp of all, so who follows it stands before all.
            Some(old) if !seen(&old) && old > *stamp => {
                keep_conflict(sql, by.space, &key, stamp, &said)?;
                continue;
            }
            Some(old) if !seen(&old) => {
                if let Some(present) = said.present(sql)? {
                    keep_conflict(sql, by.space, &key, &old, &present)?;
                }
            }
            _ => {}
        }
        if !change.creates() {
            said.apply_from_log(sql, by)?;
        }
        set_winner(sql, by.space, &key, stamp)?;
    }
    shadows::settle_names(sql, before)?;
    shadows::settle(sql, change)
}

fn keep_conflict(
    sql: &Connection,
    space: SpaceId,
    key: &[u8],
    stamp: &Stamp,
    change: &Change,
) -> Result<(), VaultError> {
    let mut writer = Writer::new();
    change.encode(&mut writer);
    sql.prepare_cached(
        "INSERT OR REPLACE INTO conflicts
         (subject, log, sequence, place, lamport, leaf, space, change)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?
    .execute(params![
        key,
        stamp.log,
        stamp.sequence.cast_signed(),
        stamp.place,
        stamp.lamport.cast_signed(),
        stamp.leaf,
        space,
        writer.as_slice()
    ])?;
    Ok(())
}

fn drop_conflicts(
    sql: &Connection,
    key: &[u8],
    seen: impl Fn(&Stamp) -> bool,
) -> Result<(), VaultError> {
    let mut statement = sql.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM conflicts WHERE subject = ?1"
    ))?;
    let rows = statement.query_map([key], Stamp::read)?;
    let waiting = rows.collect::<Result<Vec<Stamp>, _>>()?;
    for stamp in waiting {
        if seen(&stamp) {
            drop_conflict(sql, key, &stamp)?;
        }
    }
    Ok(())
}

fn drop_conflict(sql: &Connection, key: &[u8], stamp: &Stamp) -> Result<(), VaultError> {
    sql.prepare_cached(
        "DELETE FROM conflicts WHERE subject = ?1 AND log = ?2 AND sequence = ?3 AND place = ?4",
    )?
    .execute(params![
        key,
        stamp.log,
        stamp.sequence.cast_signed(),
        stamp.place
    ])?;
    Ok(())
}
