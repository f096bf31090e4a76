//! What people said apart of the same thing: listed, and settled by whoever saw both.

use crate::{
    asker::{Asker, Timestamp},
    change::{Change, Stages},
    event::Action,
    field::{CredentialField, EnvironmentField, ProjectField, SecretField},
    id::{DeviceId, EnvironmentId, VersionId},
    log::EventDraft,
    vault::{Vault, VaultError},
};
use keystead_crypto::Reader;
use keystead_replica::Header;
use rusqlite::{Connection, OptionalExtension, params};
use sha2::{Digest, Sha256};

/// Something that two said without seeing each other. One of it stands, the other waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// Names it, for as long as it is there.
    pub id: String,
    /// What it is about: `shop/dev KEY`, `shop KEY note`.
    pub about: String,
    /// What stands.
    pub stands: Said,
    /// What waits.
    pub waits: Said,
}

/// What somebody said, and when they say that they did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// What, without a value.
    pub what: String,
    /// The name of the device's member.
    pub by: String,
    /// When; shown, never compared.
    pub at: Timestamp,
}

/// How a conflict ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settlement {
    /// What stands stays.
    Keep,
    /// What waits takes its place.
    Take,
}

struct Waiting {
    id: String,
    subject: Vec<u8>,
    log: i64,
    sequence: i64,
    change: Change,
}

impl Vault {
    /// What people said apart in the space that is worked in. What says the same as what stands is none.
    ///
    /// # Errors
    /// [`VaultError`] if the store fails.
    pub fn conflicts(&self) -> Result<Vec<Conflict>, VaultError> {
        let mut conflicts = Vec::new();
        for waiting in self.waiting()? {
            let Some(present) = waiting.change.present(&self.sql)? else {
                continue;
            };
            if present == waiting.change {
                continue;
            }
            let stands = self
                .sql
                .prepare_cached("SELECT log, sequence FROM stamps WHERE subject = ?1")?
                .query_row([&waiting.subject], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()?;
            let Some((log, sequence)) = stands else {
                continue;
            };
            conflicts.push(Conflict {
                about: about(&self.sql, &waiting.change)?,
                stands: self.said(&present, (log, sequence))?,
                waits: self.said(&waiting.change, (waiting.log, waiting.sequence))?,
                id: waiting.id,
            });
        }
        conflicts.sort_by(|a, b| (&a.about, &a.id).cmp(&(&b.about, &b.id)));
        Ok(conflicts)
    }

    /// Settles a conflict: says again what stands, or says what waits. Whoever says more later has the last word as ever.
    ///
    /// # Errors
    /// [`VaultError::NoConflict`] where it is settled already.
    pub fn settle_conflict(
        &mut self,
        asker: &Asker,
        id: &str,
        settlement: Settlement,
    ) -> Result<(), VaultError> {
        let waiting = self.waiting()?.into_iter().find(|one| one.id == id);
        let waiting = waiting.ok_or_else(|| VaultError::NoConflict(id.to_owned()))?;
        let present = waiting
            .change
            .present(&self.sql)?
            .ok_or_else(|| VaultError::NoConflict(id.to_owned()))?;
        let words = about(&self.sql, &waiting.change)?;
        let said = match (settlement, present, waiting.change) {
            (Settlement::Keep, present, _) => present,
            // The version that was current stays one to go back to.
            (
                Settlement::Take,
                Change::Promote {
                    secret,
                    environment,
                    stages: now,
                },
                Change::Promote { stages: other, .. },
            ) => Change::Promote {
                secret,
                environment,
                stages: Stages {
                    pending: now.pending,
                    current: other.current,
                    previous: now.current.or(now.previous),
                },
            },
            (Settlement::Take, _, change) => change,
        };
        self.transact(asker, |t| {
            t.space_change(said)?;
            t.event(EventDraft::of(Action::ConflictSettled).detail(words))
        })
    }

    fn waiting(&self) -> Result<Vec<Waiting>, VaultError> {
        let mut statement = self.sql.prepare_cached(
            "SELECT subject, log, sequence, place, change FROM conflicts WHERE space = ?1",
        )?;
        let mut rows = statement.query([self.facts.space])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let subject: Vec<u8> = row.get(0)?;
            let (log, sequence, place): (i64, i64, u32) = (row.get(1)?, row.get(2)?, row.get(3)?);
            let bytes: Vec<u8> = row.get(4)?;
            let mut reader = Reader::new(&bytes);
            let change = Change::decode(&mut reader)?;
            let mut hash = Sha256::new_with_prefix(&subject);
            for part in [log.to_be_bytes(), sequence.to_be_bytes()] {
                hash.update(part);
            }
            hash.update(place.to_be_bytes());
            let id = hash.finalize()[..4]
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect();
            found.push(Waiting {
                id,
                subject,
                log,
                sequence,
                change,
            });
        }
        Ok(found)
    }

    fn said(&self, change: &Change, (log, sequence): (i64, i64)) -> Result<Said, VaultError> {
        let header: Vec<u8> = self
            .sql
            .prepare_cached("SELECT header FROM operations WHERE log = ?1 AND sequence = ?2")?
            .query_row(params![log, sequence], |row| row.get(0))?;
        let header = Header::decode(&header)?;
        Ok(Said {
            what: what(&self.sql, change)?,
            by: self.author(DeviceId(header.device))?,
            at: Timestamp(header.at),
        })
    }

    /// The name of whoever's device this is.
    fn author(&self, device: DeviceId) -> Result<String, VaultError> {
        if device == self.facts.device {
            return Ok(self.facts.identity_name.clone());
        }
        let of = keystead_membership::DeviceId(device.0);
        self.graphs.with(&self.sql, self.facts.space, |graph| {
            let standing = graph.standing();
            let view = standing.view();
            let card = view.member_of(of).and_then(|member| view.card(member));
            Ok(card.map_or_else(|| device.to_string(), |card| card.name.to_string()))
        })
    }
}

fn name_of(sql: &Connection, table: &str, id: [u8; 16]) -> Result<String, VaultError> {
    let query = format!("SELECT name FROM {table} WHERE id = ?1");
    Ok(sql
        .prepare_cached(&query)?
        .query_row([id], |row| row.get(0))?)
}

fn project_of(sql: &Connection, table: &str, id: [u8; 16]) -> Result<String, VaultError> {
    let query =
        format!("SELECT p.name FROM {table} t JOIN projects p ON p.id = t.project WHERE t.id = ?1");
    Ok(sql
        .prepare_cached(&query)?
        .query_row([id], |row| row.get(0))?)
}

fn place_of(sql: &Connection, environment: EnvironmentId) -> Result<String, VaultError> {
    let project = project_of(sql, "environments", environment.0)?;
    let environment = name_of(sql, "environments", environment.0)?;
    Ok(format!("{project}/{environment}"))
}

/// What a change is about, in names.
fn about(sql: &Connection, change: &Change) -> Result<String, VaultError> {
    Ok(match change {
        Change::Promote {
            secret,
            environment,
            ..
        } => format!(
            "{} {}",
            place_of(sql, *environment)?,
            name_of(sql, "secrets", secret.0)?
        ),
        Change::SetSecret { secret, .. } => format!(
            "{} {}",
            project_of(sql, "secrets", secret.0)?,
            name_of(sql, "secrets", secret.0)?
        ),
        Change::SetEnvironment { environment, .. } => place_of(sql, *environment)?,
        Change::SetProject { project, .. } => name_of(sql, "projects", project.0)?,
        Change::SetCredential { credential, .. } => format!(
            "{} credential {}",
            project_of(sql, "credentials", credential.0)?,
            name_of(sql, "credentials", credential.0)?
        ),
        Change::SetAttachment { attachment, .. } => {
            format!("file {}", name_of(sql, "attachments", attachment.0)?)
        }
        _ => return Err(VaultError::Damaged("a conflict is about nothing")),
    })
}

/// What a change says; of a value, which version.
fn what(sql: &Connection, change: &Change) -> Result<String, VaultError> {
    let gone = |removed: bool| if removed { "removed" } else { "there" }.to_owned();
    Ok(match change {
        Change::Promote { stages, .. } => match stages.current {
            None => "no value".to_owned(),
            Some(version) => format!("value {}", number(sql, version)?),
        },
        Change::SetSecret { field, .. } => match field {
            SecretField::Name(name) => format!("name {name}"),
            SecretField::Kind(kind) => format!("kind {}", kind.words()),
            SecretField::Notes(notes) => format!("note {notes}"),
            SecretField::Owner(owner) => format!("owner {owner}"),
            SecretField::Tags(tags) => format!("tags {}", tags.join(" ")),
            SecretField::Expires(None) => "expires never".to_owned(),
            SecretField::Expires(Some(at)) => format!("expires {at}"),
            SecretField::Lead(days) => format!("due {days} days before"),
            SecretField::Removed(removed) => gone(*removed),
        },
        Change::SetEnvironment { field, .. } => match field {
            EnvironmentField::Name(name) => format!("name {name}"),
            EnvironmentField::Position(place) => format!("place {place}"),
            EnvironmentField::Protected(protected) => format!("protected: {protected}"),
            EnvironmentField::Inherits(None) => "inherits nothing".to_owned(),
            EnvironmentField::Inherits(Some(from)) => {
                format!("inherits from {}", name_of(sql, "environments", from.0)?)
            }
            EnvironmentField::Removed(removed) => gone(*removed),
        },
        Change::SetProject { field, .. } => match field {
            ProjectField::Name(name) => format!("name {name}"),
            ProjectField::Removed(removed) => gone(*removed),
        },
        Change::SetCredential { field, .. } => match field {
            CredentialField::Name(name) => format!("name {name}"),
            CredentialField::Parts(parts) => format!("{} parts", parts.len()),
            CredentialField::Removed(removed) => gone(*removed),
        },
        Change::SetAttachment { removed, .. } => gone(*removed),
        _ => return Err(VaultError::Damaged("a conflict is about nothing")),
    })
}

/// A version's number, with a letter where people apart gave the same.
fn number(sql: &Connection, version: VersionId) -> Result<String, VaultError> {
    let (number, twin): (u32, u32) = sql
        .prepare_cached("SELECT number, twin FROM versions WHERE id = ?1")?
        .query_row([version], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let letter = match twin {
        0 => String::new(),
        twin => char::from_u32('a' as u32 + twin.min(25)).map_or_else(String::new, String::from),
    };
    Ok(format!("{number}{letter}"))
}
