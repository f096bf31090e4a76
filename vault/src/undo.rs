//! Taking operations back. An undo is an operation of its own that says what was so before, so that logs only grow and
//! an undo can be undone. Not taken back: membership, keys, exposures, events, links, and what a provider did.

use crate::{
    apply::{self, Subject},
    asker::{Asker, Timestamp},
    change::Change,
    compact, credential,
    event::Action,
    field::{CredentialField, EnvironmentField, ProjectField, SecretField},
    id::{AttachmentId, DeviceId, EnvironmentId, ProjectId, SecretId, VersionId},
    log::{EventDraft, Log},
    operation::Operation,
    vault::{Vault, VaultError},
};
use keystead_crypto::{Reader, Writer};
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::{HashMap, HashSet};

/// So many operations back can be taken back.
pub(crate) const DEPTH: u64 = 10_000;

/// Why an operation was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Somebody wanted what it says.
    Change,
    /// It takes back the operation of that sequence.
    Undo(u64),
    /// It makes again what the undo of that sequence took back.
    Redo(u64),
}

/// What was taken back, or made again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undone {
    /// The operation, by its sequence in the space's log.
    pub sequence: u64,
    /// What it had done, in words.
    pub what: String,
    /// Where values are others now: project and environment.
    pub places: Vec<(String, String)>,
}

/// An operation as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperationRow {
    /// Its sequence in the space's log.
    pub sequence: u64,
    /// When.
    pub at: Timestamp,
    /// The device that made it.
    pub device: DeviceId,
    /// What it did, in words.
    pub what: String,
    /// Whether it was taken back.
    pub undone: bool,
    /// Whether it can be taken back, as far as is known before it is tried.
    pub can_undo: bool,
}

struct Remembered {
    role: Role,
    undone_by: Option<u64>,
    before: Vec<Change>,
}

/// Keeps what was so before an operation, and marks what it takes back.
pub(crate) fn remember(
    sql: &Connection,
    (log, sequence): (i64, u64),
    role: Role,
    before: &[Change],
) -> Result<(), VaultError> {
    let (code, of) = match role {
        Role::Change if before.is_empty() => return Ok(()),
        Role::Change => (0, None),
        Role::Undo(of) => (1, Some(of)),
        Role::Redo(of) => (2, Some(of)),
    };
    let mut writer = Writer::versioned();
    writer.count(before.len());
    for change in before {
        change.encode(&mut writer);
    }
    let signed = |n: u64| n.cast_signed();
    sql.prepare_cached(
        "INSERT INTO undo (log, sequence, role, of, before) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute(params![
        log,
        signed(sequence),
        code,
        of.map(signed),
        writer.finish()
    ])?;
    if let Some(of) = of {
        sql.prepare_cached("UPDATE undo SET undone_by = ?3 WHERE log = ?1 AND sequence = ?2")?
            .execute(params![log, signed(of), signed(sequence)])?;
    }
    if let Role::Redo(undo) = role {
        // What the undo took back is so again, and can be taken back again.
        sql.prepare_cached(
            "UPDATE undo SET undone_by = NULL WHERE log = ?1
             AND sequence = (SELECT of FROM undo WHERE log = ?1 AND sequence = ?2)",
        )?
        .execute(params![log, signed(undo)])?;
    }
    sql.prepare_cached("DELETE FROM undo WHERE log = ?1 AND sequence < ?2")?
        .execute(params![log, signed(sequence.saturating_sub(DEPTH))])?;
    Ok(())
}

impl Vault {
    /// Takes an operation back: the newest that was not, or the one of that sequence.
    ///
    /// # Errors
    /// [`VaultError::NothingToUndo`], or [`VaultError::ChangedSince`] where something that it did was changed later.
    pub fn undo(&mut self, asker: &Asker, sequence: Option<u64>) -> Result<Undone, VaultError> {
        let log = Log::load(&self.sql, self.facts.space)?.id;
        let newest = "SELECT sequence FROM undo WHERE log = ?1 AND role = 0 AND undone_by IS NULL
                      ORDER BY sequence DESC LIMIT 1";
        let sequence = match sequence {
            Some(sequence) => sequence,
            None => self.one(newest, log)?.ok_or(VaultError::NothingToUndo)?,
        };
        let kept = recall(&self.sql, log, sequence)?.ok_or(VaultError::NothingToUndo)?;
        if kept.role != Role::Change || kept.undone_by.is_some() {
            return Err(VaultError::NothingToUndo);
        }
        let changes = self.operation(log, sequence)?.changes;
        let what = words(&self.sql, &changes)?;
        let role = Role::Undo(sequence);
        self.reverse(asker, role, (sequence, what), &changes, &kept.before)
    }

    /// Makes again what the newest undo took back, unless something was changed since.
    ///
    /// # Errors
    /// As [`Self::undo`].
    pub fn redo(&mut self, asker: &Asker) -> Result<Undone, VaultError> {
        let log = Log::load(&self.sql, self.facts.space)?.id;
        let newest = "SELECT max(sequence) FROM undo WHERE log = ?1 AND role = 1
                      AND undone_by IS NULL AND sequence > coalesce(
                        (SELECT max(sequence) FROM undo WHERE log = ?1 AND role = 0), -1)";
        let undo = self.one(newest, log)?.ok_or(VaultError::NothingToUndo)?;
        let kept = recall(&self.sql, log, undo)?.ok_or(VaultError::NothingToUndo)?;
        let Role::Undo(sequence) = kept.role else {
            return Err(VaultError::NothingToUndo);
        };
        let what = words(&self.sql, &self.operation(log, sequence)?.changes)?;
        let changes = self.operation(log, undo)?.changes;
        let role = Role::Redo(undo);
        self.reverse(asker, role, (sequence, what), &changes, &kept.before)
    }

    /// The space's operations before `before` (from the newest if `None`), newest first.
    ///
    /// # Errors
    /// [`VaultError`] if the store fails or an entry is damaged.
    pub fn operations(
        &self,
        limit: u32,
        before: Option<u64>,
    ) -> Result<Vec<OperationRow>, VaultError> {
        let log = Log::load(&self.sql, self.facts.space)?.id;
        let mut statement = self.sql.prepare_cached(
            "SELECT o.sequence, o.header, o.block, u.role, u.undone_by FROM operations o
             LEFT JOIN undo u ON u.log = o.log AND u.sequence = o.sequence
             WHERE o.log = ?1 AND o.sequence < ?2 ORDER BY o.sequence DESC LIMIT ?3",
        )?;
        let before = before.map_or(i64::MAX, u64::cast_signed);
        let rows = statement.query_map(params![log, before, limit], |row| {
            Ok((
                row.get::<_, i64>(0)?,
                row.get::<_, Vec<u8>>(1)?,
                row.get::<_, Vec<u8>>(2)?,
                row.get::<_, Option<u8>>(3)?,
                row.get::<_, Option<i64>>(4)?,
            ))
        })?;
        rows.map(|row| {
            let (sequence, header, block, role, undone_by) = row?;
            let operation = self.read_operation(&header, &block)?;
            let what = words(&self.sql, &operation.changes)?;
            Ok(OperationRow {
                sequence: sequence.cast_unsigned(),
                at: Timestamp(operation.header.at),
                device: operation.device(),
                what: match role {
                    Some(1) => format!("took back: {what}"),
                    Some(2) => format!("made again: {what}"),
                    _ => what,
                },
                undone: undone_by.is_some(),
                can_undo: role == Some(0) && undone_by.is_none(),
            })
        })
        .collect()
    }

    fn one(&self, query: &str, log: i64) -> Result<Option<u64>, VaultError> {
        let found: Option<Option<i64>> = self
            .sql
            .prepare_cached(query)?
            .query_row([log], |row| row.get(0))
            .optional()?;
        Ok(found.flatten().map(i64::cast_unsigned))
    }

    pub(crate) fn operation(&self, log: i64, sequence: u64) -> Result<Operation, VaultError> {
        let (header, block): (Vec<u8>, Vec<u8>) = self
            .sql
            .prepare_cached(
                "SELECT header, block FROM operations WHERE log = ?1 AND sequence = ?2",
            )?
            .query_row(params![log, sequence.cast_signed()], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })?;
        self.read_operation(&header, &block)
    }

    pub(crate) fn read_operation(
        &self,
        header: &[u8],
        block: &[u8],
    ) -> Result<Operation, VaultError> {
        Ok(Operation::read(&self.sql, &self.keys, (header, block))?)
    }

    /// Makes of everything that `changes` settled what it was `before`.
    fn reverse(
        &mut self,
        asker: &Asker,
        role: Role,
        (sequence, what): (u64, String),
        changes: &[Change],
        before: &[Change],
    ) -> Result<Undone, VaultError> {
        let mut settled: HashMap<Subject, Change> = HashMap::new();
        let mut made = Vec::new();
        for change in changes {
            if let Some((subject, change_made)) = change.settles() {
                settled.insert(subject, change_made);
            }
            if change.creates() {
                made.extend(change.settles().map(|(subject, _)| subject));
            }
        }
        self.transact(asker, |t| {
            t.set_role(role);
            // Of two changes to one thing the first one knows what was before.
            let mut seen = HashSet::new();
            let firsts: Vec<(Subject, Change)> = before
                .iter()
                .filter_map(Change::settles)
                .filter(|(subject, _)| seen.insert(*subject))
                .collect();
            let mut values = Vec::new();
            let mut credentials = HashSet::new();
            let mut first = None;
            for (subject, was) in firsts.into_iter().rev() {
                asker.cancel.check()?;
                let now = was.present(t.sql())?;
                if now.as_ref() != settled.get(&subject) {
                    return Err(changed_since(t.sql(), subject)?);
                }
                if made.contains(&subject) {
                    refuse_if_used(t.sql(), subject)?;
                }
                if let Subject::Stages(secret, environment) = subject {
                    first = Some((secret, environment));
                }
                for environment in whose_values(t.sql(), subject)? {
                    if !values.contains(&environment) {
                        values.push(environment);
                    }
                }
                if let Subject::Credential(credential, _) = subject {
                    credentials.insert(credential);
                }
                t.space_change(was)?;
            }
            for credential in credentials {
                if !credential::stands(t.sql(), credential)? {
                    let name = name_in(t.sql(), "credentials", credential.0)?;
                    return Err(VaultError::ChangedSince(name));
                }
            }
            let action = match role {
                Role::Redo(_) => Action::Redone,
                _ => Action::Undone,
            };
            let mut draft = EventDraft::of(action).detail(&*what);
            if let (Some((secret, environment)), [_]) = (first, &values[..]) {
                draft.environment = Some(environment);
                draft.project = Some(project_of(t.sql(), environment)?);
                draft.versions = current_of(t.sql(), secret, environment)?
                    .into_iter()
                    .collect();
                draft.secret = Some(secret);
            }
            t.event(draft)?;
            let places = values
                .into_iter()
                .map(|environment| place(t.sql(), environment))
                .collect::<Result<_, _>>()?;
            Ok(Undone {
                sequence,
                what,
                places,
            })
        })
    }
}

/// The environments whose files may hold something else after a change of that subject.
fn whose_values(sql: &Connection, subject: Subject) -> Result<Vec<EnvironmentId>, VaultError> {
    match subject {
        Subject::Stages(_, environment) | Subject::Environment(environment, _) => {
            Ok(vec![environment])
        }
        Subject::Secret(secret, _) => {
            let query = "SELECT environment FROM stages WHERE secret = ?1 AND current IS NOT NULL";
            let mut statement = sql.prepare_cached(query)?;
            let rows = statement.query_map([secret], |row| row.get(0))?;
            Ok(rows.collect::<Result<_, _>>()?)
        }
        Subject::Project(..) | Subject::Attachment(_) | Subject::Credential(..) => Ok(Vec::new()),
    }
}

fn recall(sql: &Connection, log: i64, sequence: u64) -> Result<Option<Remembered>, VaultError> {
    let found = sql
        .prepare_cached(
            "SELECT role, of, undone_by, before FROM undo WHERE log = ?1 AND sequence = ?2",
        )?
        .query_row(params![log, sequence.cast_signed()], |row| {
            Ok((
                row.get::<_, u8>(0)?,
                row.get::<_, Option<i64>>(1)?,
                row.get::<_, Option<i64>>(2)?,
                row.get::<_, Vec<u8>>(3)?,
            ))
        })
        .optional()?;
    let Some((role, of, undone_by, before)) = found else {
        return Ok(None);
    };
    let of = of.map(i64::cast_unsigned);
    let role = match (role, of) {
        (0, None) => Role::Change,
        (1, Some(of)) => Role::Undo(of),
        (2, Some(of)) => Role::Redo(of),
        _ => return Err(VaultError::Damaged("an undo is of nothing")),
    };
    let mut reader = Reader::versioned(&before)?;
    let before = reader.list(Change::decode)?;
    reader.finish()?;
    Ok(Some(Remembered {
        role,
        undone_by: undone_by.map(i64::cast_unsigned),
        before,
    }))
}

/// Versions that taking something back could make current again, and attachments that it could bring back.
pub(crate) fn remembered(
    sql: &Connection,
) -> Result<(HashSet<VersionId>, HashSet<AttachmentId>), VaultError> {
    let (mut versions, mut attachments) = (HashSet::new(), HashSet::new());
    let mut statement = sql.prepare("SELECT before FROM undo")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let before: Vec<u8> = row.get(0)?;
        let mut reader = Reader::versioned(&before)?;
        for change in reader.list(Change::decode)? {
            compact::versions_of(&change, &mut versions);
            if let Change::SetAttachment { attachment, .. } = change {
                attachments.insert(attachment);
            }
        }
    }
    Ok((versions, attachments))
}

/// Something that is about to be gone again must not hold what came later.
fn refuse_if_used(sql: &Connection, subject: Subject) -> Result<(), VaultError> {
    let (query, id) = match subject {
        Subject::Secret(id, _) => (
            "SELECT 1 FROM stages WHERE secret = ?1 AND current IS NOT NULL
             UNION ALL SELECT 1 FROM attachments WHERE secret = ?1 AND removed = 0
             UNION ALL SELECT 1 FROM parts p JOIN credentials d ON d.id = p.credential
             WHERE p.secret = ?1 AND d.removed = 0",
            id.0,
        ),
        Subject::Environment(id, _) => (
            "SELECT 1 FROM stages s JOIN secrets c ON c.id = s.secret AND c.removed = 0
             WHERE s.environment = ?1 AND s.current IS NOT NULL
             UNION ALL SELECT 1 FROM links WHERE environment = ?1",
            id.0,
        ),
        Subject::Project(id, _) => (
            "SELECT 1 FROM secrets WHERE project = ?1 AND removed = 0
             UNION ALL SELECT 1 FROM environments WHERE project = ?1 AND removed = 0",
            id.0,
        ),
        Subject::Stages(..) | Subject::Attachment(_) | Subject::Credential(..) => return Ok(()),
    };
    if sql.prepare_cached(query)?.exists([id])? {
        return Err(changed_since(sql, subject)?);
    }
    Ok(())
}

fn changed_since(sql: &Connection, subject: Subject) -> Result<VaultError, VaultError> {
    let name = match subject {
        Subject::Project(id, _) => project_name(sql, id)?,
        Subject::Environment(id, _) => environment_name(sql, id)?,
        Subject::Secret(id, _) | Subject::Stages(id, _) => secret_name(sql, id)?,
        Subject::Attachment(id) => name_in(sql, "attachments", id.0)?,
        Subject::Credential(id, _) => name_in(sql, "credentials", id.0)?,
    };
    Ok(VaultError::ChangedSince(name))
}

/// The name of a row, by its id.
fn name_in(sql: &Connection, table: &str, id: [u8; 16]) -> Result<String, VaultError> {
    let query = format!("SELECT name FROM {table} WHERE id = ?1");
    Ok(sql
        .prepare_cached(&query)?
        .query_row([id], |row| row.get(0))?)
}

fn project_name(sql: &Connection, id: ProjectId) -> Result<String, VaultError> {
    name_in(sql, "projects", id.0)
}

fn environment_name(sql: &Connection, id: EnvironmentId) -> Result<String, VaultError> {
    name_in(sql, "environments", id.0)
}

fn secret_name(sql: &Connection, id: SecretId) -> Result<String, VaultError> {
    name_in(sql, "secrets", id.0)
}

fn project_of(sql: &Connection, environment: EnvironmentId) -> Result<ProjectId, VaultError> {
    let query = "SELECT project FROM environments WHERE id = ?1";
    Ok(sql
        .prepare_cached(query)?
        .query_row([environment], |row| row.get(0))?)
}

fn place(sql: &Connection, environment: EnvironmentId) -> Result<(String, String), VaultError> {
    let project = project_of(sql, environment)?;
    Ok((
        project_name(sql, project)?,
        environment_name(sql, environment)?,
    ))
}

fn current_of(
    sql: &Connection,
    secret: SecretId,
    environment: EnvironmentId,
) -> Result<Option<VersionId>, VaultError> {
    Ok(apply::stages(sql, secret, environment)?.current)
}

/// What an operation did, in a line: its first things by name, the rest by number. Names as they are now.
fn words(sql: &Connection, changes: &[Change]) -> Result<String, VaultError> {
    let mut parts = Vec::new();
    let mut sealed = 0;
    let mut values: Vec<(EnvironmentId, Vec<SecretId>)> = Vec::new();
    for change in changes {
        match change {
            Change::Genesis { name, .. } => parts.push(format!("began space {name}")),
            Change::CreateProject { name, .. } => parts.push(format!("made project {name}")),
            Change::CreateEnvironment { name, project, .. } => {
                let project = project_name(sql, *project)?;
                parts.push(format!("made {name} of {project}"));
            }
            Change::BeginIncarnation { .. } => parts.push("went on from an older copy".to_owned()),
            Change::Promote {
                secret,
                environment,
                ..
            } => match values.iter_mut().find(|(id, _)| id == environment) {
                Some((_, secrets)) => secrets.push(*secret),
                None => values.push((*environment, vec![*secret])),
            },
            Change::SetProject { project, field } => {
                let name = project_name(sql, *project)?;
                parts.push(match field {
                    ProjectField::Name(to) => format!("renamed a project to {to}"),
                    ProjectField::Removed(true) => format!("removed project {name}"),
                    ProjectField::Removed(false) => format!("brought project {name} back"),
                });
            }
            Change::SetEnvironment { environment, field } => {
                let (project, name) = place(sql, *environment)?;
                parts.push(match field {
                    EnvironmentField::Name(to) => {
                        format!("renamed an environment of {project} to {to}")
                    }
                    EnvironmentField::Position(_) => format!("moved {name} of {project}"),
                    EnvironmentField::Protected(true) => format!("protected {name} of {project}"),
                    EnvironmentField::Protected(false) => {
                        format!("ended the protection of {name} of {project}")
                    }
                    EnvironmentField::Inherits(Some(from)) => format!(
                        "{name} of {project} has what {} has",
                        environment_name(sql, *from)?
                    ),
                    EnvironmentField::Inherits(None) => {
                        format!("{name} of {project} stands alone")
                    }
                    EnvironmentField::Removed(true) => format!("removed {name} of {project}"),
                    EnvironmentField::Removed(false) => format!("brought {name} of {project} back"),
                });
            }
            Change::SetSecret { secret, field } if parts.len() < 4 => {
                let name = secret_name(sql, *secret)?;
                parts.push(match field {
                    SecretField::Name(to) => format!("renamed a secret to {to}"),
                    SecretField::Kind(kind) => format!("{name} is {}", kind.words()),
                    SecretField::Notes(_) => format!("wrote notes of {name}"),
                    SecretField::Owner(owner) if owner.is_empty() => {
                        format!("{name} has no owner")
                    }
                    SecretField::Owner(owner) => format!("{name} is owned by {owner}"),
                    SecretField::Tags(tags) => format!("tagged {name}: {}", tags.join(", ")),
                    SecretField::Expires(_) => format!("set when {name} expires"),
                    SecretField::Lead(_) => format!("set when {name} is due"),
                    SecretField::Removed(true) => format!("removed {name}"),
                    SecretField::Removed(false) => format!("brought {name} back"),
                });
            }
            Change::SetSecret { .. } => parts.push(String::new()),
            Change::Compact { operations, .. } => {
                parts.push(format!("compacted {operations} operations"));
            }
            Change::Prune {
                versions,
                attachments,
            } => {
                let gone = versions.len() + attachments.len();
                parts.push(format!("let {gone} old values and files go"));
            }
            Change::Attach { secret, name, .. } => {
                let secret = secret_name(sql, *secret)?;
                parts.push(format!("attached {name} to {secret}"));
            }
            Change::SetAttachment {
                attachment,
                removed,
            } => {
                let name = name_in(sql, "attachments", attachment.0)?;
                parts.push(match removed {
                    true => format!("removed attachment {name}"),
                    false => format!("brought attachment {name} back"),
                });
            }
            Change::SetCredential { credential, field } => {
                let name = name_in(sql, "credentials", credential.0)?;
                parts.push(match field {
                    CredentialField::Name(to) => format!("renamed a credential to {to}"),
                    CredentialField::Parts(of) => {
                        format!("credential {name} is of {} parts", of.len())
                    }
                    CredentialField::Removed(true) => format!("removed credential {name}"),
                    CredentialField::Removed(false) => format!("brought credential {name} back"),
                });
            }
            // Keys come with what they are for; a card comes alone.
            Change::Say { .. } if changes.len() == 1 => {
                parts.push("renewed the own card".to_owned());
            }
            Change::Say { .. }
            | Change::CreateSecret { .. }
            | Change::PutVersion { .. }
            | Change::Refer { .. }
            | Change::CreateCredential { .. }
            | Change::CreateLink { .. }
            | Change::RemoveLink { .. }
            | Change::PinCard { .. }
            | Change::Vouch { .. }
            | Change::ForgetCard { .. } => {}
            Change::SealAnew { .. } => sealed += 1,
        }
    }
    match sealed {
        0 => {}
        1 => parts.push("sealed 1 value anew".to_owned()),
        n => parts.push(format!("sealed {n} values anew")),
    }
    for (environment, secrets) in values {
        let (project, environment) = place(sql, environment)?;
        let first = secret_name(sql, secrets[0])?;
        parts.push(match secrets.len() {
            1 => format!("{first} in {environment} of {project}"),
            n => format!("{first} and {} more in {environment} of {project}", n - 1),
        });
    }
    let more = parts.len().saturating_sub(3);
    parts.truncate(3);
    let mut words = parts.join("; ");
    if more > 0 {
        words.push_str(&format!("; and {more} more"));
    }
    if words.is_empty() {
        "made keys".clone_into(&mut words);
    }
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Origin, ProjectName, SecretName, VersionSelector,
        tests::{asker, set, vault_in},
    };

    const HERE: (&str, &str) = ("churn-model", "dev");

    fn newest(vault: &Vault) -> u64 {
        vault.operations(1, None).expect("listed")[0].sequence
    }

    fn put(vault: &mut Vault, values: &[(&str, &str)]) -> u64 {
        let values: Vec<_> = values
            .iter()
            .map(|(name, value)| (SecretName::parse(name).expect("a name"), *value))
            .collect();
        let put = vault.put_values(&asker(), HERE.0, HERE.1, &values, Origin::Set, "", true);
        put.expect("put");
        newest(vault)
    }

    fn value(vault: &mut Vault, name: &str) -> Option<String> {
        vault
            .examine_environment(HERE, |environment| {
                let mut pairs = environment.pairs().into_iter();
                let found = pairs.find(|(n, _)| *n == name);
                found.map(|(_, value)| value.to_owned())
            })
            .expect("examined")
    }

    #[test]
    fn any_operation_is_taken_back_unless_something_it_did_was_changed() {
        let temp = tempfile::tempdir().expect("temp");
        let (mut vault, ..) = vault_in(temp.path());
        set(&mut vault, "A", "first");
        let both = put(&mut vault, &[("A", "second"), ("B", "second")]);
        let other = put(&mut vault, &[("C", "third")]);
        let later = put(&mut vault, &[("B", "fourth")]);
        let undone = vault.undo(&asker(), Some(both));
        assert!(matches!(undone, Err(VaultError::ChangedSince(name)) if name == "B"));
        assert_eq!(
            value(&mut vault, "A").as_deref(),
            Some("second"),
            "nothing was changed"
        );

        vault.undo(&asker(), Some(later)).expect("undone");
        let undone = vault.undo(&asker(), Some(both)).expect("undone");
        assert_eq!(
            undone.places,
            [("churn-model".to_owned(), "dev".to_owned())]
        );
        assert_eq!(value(&mut vault, "A").as_deref(), Some("first"));
        assert_eq!(value(&mut vault, "B"), None);
        assert_eq!(value(&mut vault, "C").as_deref(), Some("third"));
        let again = vault.undo(&asker(), Some(both));
        assert!(matches!(again, Err(VaultError::NothingToUndo)), "{again:?}");

        let rows = vault.operations(10, None).expect("listed");
        let of = |sequence| {
            rows.iter()
                .find(|row| row.sequence == sequence)
                .expect("there")
        };
        assert!(of(both).undone && !of(both).can_undo);
        assert!(!of(other).undone && of(other).can_undo);
        assert!(rows[0].what.starts_with("took back: "), "{}", rows[0].what);
        vault.redo(&asker()).expect("redone");
        assert_eq!(value(&mut vault, "B").as_deref(), Some("second"));
        assert_eq!(vault.verify(&asker()).expect("verifies").problem, None);
    }

    #[test]
    fn what_was_made_stays_while_something_is_in_it() {
        let temp = tempfile::tempdir().expect("temp");
        let (mut vault, ..) = vault_in(temp.path());
        let name = ProjectName::parse("fresh").expect("a name");
        let dev = crate::EnvironmentName::parse("dev").expect("a name");
        vault.create_project(&asker(), &name, &[dev]).expect("made");
        let made = newest(&vault);
        let one = [(SecretName::parse("A").expect("a name"), "x")];
        let put = vault.put_values(&asker(), "fresh", "dev", &one, Origin::Set, "", false);
        put.expect("put");
        let undone = vault.undo(&asker(), Some(made));
        assert!(matches!(undone, Err(VaultError::ChangedSince(name)) if name == "dev"));
        vault.undo(&asker(), None).expect("undone");
        vault.undo(&asker(), None).expect("undone");
        assert!(vault.project("fresh").is_err());
    }

    #[test]
    fn what_was_let_out_and_what_is_older_than_the_memory_is_not_taken_back() {
        let temp = tempfile::tempdir().expect("temp");
        let (mut vault, ..) = vault_in(temp.path());
        set(&mut vault, "A", "first");
        let here = (HERE.0, HERE.1, "A");
        let how = crate::Exposure::Read;
        vault
            .read(&asker(), here, VersionSelector::Current, how, "sh")
            .expect("read");
        vault.undo(&asker(), None).expect("undone");
        let events = vault.events(10, None).expect("listed");
        assert!(
            events
                .iter()
                .any(|row| row.event.action == Action::ValueRead)
        );
        assert_eq!(events[0].event.action, Action::Undone);
        vault
            .sql
            .execute("DELETE FROM undo", [])
            .expect("forgotten");
        let undone = vault.undo(&asker(), None);
        assert!(
            matches!(undone, Err(VaultError::NothingToUndo)),
            "{undone:?}"
        );
    }
}
