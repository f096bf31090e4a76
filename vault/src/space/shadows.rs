//! Things of one name in one place. Nobody can make two alone; two people apart can, and both stay: the one that had the
//! name first keeps it, the others are shown with some of their id behind it, until somebody renames or removes one.

use crate::{
    apply::Subject,
    change::Change,
    field::{CredentialField, EnvironmentField, ProjectField, SecretField},
    id::{CredentialId, EnvironmentId, ProjectId, SecretId},
    space::stamps,
    vault::VaultError,
};
use rusqlite::{Connection, OptionalExtension, params};
use std::fmt::Write as _;

/// A name in a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NameHere {
    table: &'static str,
    /// A space, a project, or a secret and an environment.
    parent: Vec<u8>,
    name: String,
}

/// The thing whose name, or whose being there, a change says.
fn named_by(change: &Change) -> Option<(&'static str, [u8; 16])> {
    Some(match change {
        Change::CreateProject { id, .. }
        | Change::SetProject {
            project: id,
            field: ProjectField::Name(_) | ProjectField::Removed(_),
        } => ("projects", id.0),
        Change::CreateEnvironment { id, .. }
        | Change::SetEnvironment {
            environment: id,
            field: EnvironmentField::Name(_) | EnvironmentField::Removed(_),
        } => ("environments", id.0),
        Change::CreateSecret { id, .. }
        | Change::SetSecret {
            secret: id,
            field: SecretField::Name(_) | SecretField::Removed(_),
        } => ("secrets", id.0),
        Change::CreateCredential { id, .. }
        | Change::SetCredential {
            credential: id,
            field: CredentialField::Name(_) | CredentialField::Removed(_),
        } => ("credentials", id.0),
        Change::Attach { id, .. } => ("attachments", id.0),
        Change::SetAttachment { attachment, .. } => ("attachments", attachment.0),
        _ => return None,
    })
}

/// What a thing's place is made of, and how it is looked up.
fn parent_of(table: &str) -> (&'static str, &'static str) {
    match table {
        "projects" => ("space", "space = ?1"),
        "attachments" => (
            "CAST(secret || environment AS BLOB)",
            "secret = substr(?1, 1, 16) AND environment = substr(?1, 17)",
        ),
        _ => ("project", "project = ?1"),
    }
}

/// The name that the thing has before the change.
pub(crate) fn names_before(
    sql: &Connection,
    change: &Change,
) -> Result<Option<NameHere>, VaultError> {
    let Some((table, id)) = named_by(change) else {
        return Ok(None);
    };
    let query = format!(
        "SELECT {}, coalesce(said, name) FROM {table} WHERE id = ?1",
        parent_of(table).0
    );
    Ok(sql
        .prepare_cached(&query)?
        .query_row([id], |row| {
            Ok(NameHere {
                table,
                parent: row.get(0)?,
                name: row.get(1)?,
            })
        })
        .optional()?)
}

/// Says who has the name that a change said.
pub(crate) fn settle(sql: &Connection, change: &Change) -> Result<(), VaultError> {
    settle_names(sql, names_before(sql, change)?)
}

/// Says who has a name.
pub(crate) fn settle_names(sql: &Connection, here: Option<NameHere>) -> Result<(), VaultError> {
    let Some(NameHere {
        table,
        parent,
        name,
    }) = here
    else {
        return Ok(());
    };
    let (_, here) = parent_of(table);
    // What is gone stands in nobody's way.
    sql.prepare_cached(&format!(
        "UPDATE {table} SET name = said, said = NULL WHERE removed = 1 AND said = ?2 AND {here}"
    ))?
    .execute(params![parent, name])?;
    let query = format!(
        "SELECT id, said IS NULL FROM {table} WHERE removed = 0 AND name = ?2 AND {here}
         UNION SELECT id, said IS NULL FROM {table} WHERE removed = 0 AND said = ?2 AND {here}"
    );
    let mut statement = sql.prepare_cached(&query)?;
    let rows = statement.query_map(params![parent, name], |row| {
        Ok((row.get::<_, [u8; 16]>(0)?, row.get::<_, bool>(1)?))
    })?;
    let named: Vec<([u8; 16], bool)> = rows.collect::<Result<_, _>>()?;
    if matches!(named[..], [] | [(_, true)]) {
        return Ok(());
    }
    let mut order = Vec::new();
    for (id, _) in &named {
        order.push((stamps::of_name(sql, subject(table, *id))?, *id));
    }
    order.sort_unstable();
    let mut write = sql.prepare_cached(&format!(
        "UPDATE {table} SET name = ?2, said = ?3 WHERE id = ?1"
    ))?;
    // Everybody steps aside before one takes the name.
    for (_, id) in order.iter().rev() {
        write.execute(params![id, aside(&name, id), name])?;
    }
    if let Some((_, id)) = order.first() {
        write.execute(params![id, name, None::<String>])?;
    }
    Ok(())
}

/// A name that nobody can say, for one who does not have it.
pub(crate) fn aside(name: &str, id: &[u8; 16]) -> String {
    let mut shown = format!("{name}/");
    for byte in id {
        write!(shown, "{byte:02x}").expect("writing to a string");
    }
    shown
}

fn subject(table: &str, id: [u8; 16]) -> Subject {
    match table {
        "projects" => Subject::Project(ProjectId(id), ProjectField::Name(String::new()).tag()),
        "environments" => Subject::Environment(
            EnvironmentId(id),
            EnvironmentField::Name(String::new()).tag(),
        ),
        "secrets" => Subject::Secret(SecretId(id), SecretField::Name(String::new()).tag()),
        "credentials" => {
            Subject::Credential(CredentialId(id), CredentialField::Name(String::new()).tag())
        }
        _ => Subject::Attachment(crate::id::AttachmentId(id)),
    }
}
