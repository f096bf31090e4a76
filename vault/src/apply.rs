//! What a change does to the tables, and what it takes back.

use crate::{
    asker::Timestamp,
    change::{Change, Stages},
    compact, contact, credential,
    field::{CredentialField, EnvironmentField, ProjectField, SecretField},
    id::{AttachmentId, CredentialId, DeviceId, EnvironmentId, ProjectId, SecretId, SpaceId},
    kind::Kind,
    membership,
    space::shadows,
    vault::VaultError,
};
use keystead_crypto::Writer;
use rusqlite::{Connection, OptionalExtension, ToSql, params};

/// Whose change it is, and when they say that they made it.
#[derive(Clone, Copy)]
pub(crate) struct By {
    pub(crate) space: SpaceId,
    pub(crate) device: DeviceId,
    pub(crate) at: Timestamp,
}

/// What a change says something about. Two changes of one subject replace each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Subject {
    Project(ProjectId, u8),
    Environment(EnvironmentId, u8),
    Secret(SecretId, u8),
    Stages(SecretId, EnvironmentId),
    Attachment(AttachmentId),
    Credential(CredentialId, u8),
}

impl Change {
    /// What it settles, as a change that can be made again: a creation settles that something is not gone. `None` for
    /// what is never taken back: keys, versions, links, the log itself.
    pub(crate) fn settles(&self) -> Option<(Subject, Self)> {
        let settled = match self {
            Self::CreateProject { id, .. } => Self::SetProject {
                project: *id,
                field: ProjectField::Removed(false),
            },
            Self::CreateEnvironment { id, .. } => Self::SetEnvironment {
                environment: *id,
                field: EnvironmentField::Removed(false),
            },
            Self::CreateSecret { id, .. } => Self::SetSecret {
                secret: *id,
                field: SecretField::Removed(false),
            },
            Self::Attach { id, .. } => Self::SetAttachment {
                attachment: *id,
                removed: false,
            },
            Self::CreateCredential { id, .. } => Self::SetCredential {
                credential: *id,
                field: CredentialField::Removed(false),
            },
            other => other.clone(),
        };
        let subject = match &settled {
            Self::SetProject { project, field } => Subject::Project(*project, field.tag()),
            Self::SetEnvironment { environment, field } => {
                Subject::Environment(*environment, field.tag())
            }
            Self::SetSecret { secret, field } => Subject::Secret(*secret, field.tag()),
            Self::Promote {
                secret,
                environment,
                ..
            } => Subject::Stages(*secret, *environment),
            Self::SetAttachment { attachment, .. } => Subject::Attachment(*attachment),
            Self::SetCredential { credential, field } => {
                Subject::Credential(*credential, field.tag())
            }
            _ => return None,
        };
        Some((subject, settled))
    }

    /// The id of what it makes.
    pub(crate) fn made(&self) -> Option<[u8; 16]> {
        Some(match self {
            Self::CreateProject { id, .. } => id.0,
            Self::CreateEnvironment { id, .. } => id.0,
            Self::CreateSecret { id, .. } => id.0,
            Self::PutVersion { id, .. } => id.0,
            Self::Attach { id, .. } => id.0,
            Self::CreateCredential { id, .. } => id.0,
            _ => return None,
        })
    }

    /// Whether it makes something that was not there and can be taken back.
    pub(crate) fn creates(&self) -> bool {
        matches!(
            self,
            Self::CreateProject { .. }
                | Self::CreateEnvironment { .. }
                | Self::CreateSecret { .. }
                | Self::Attach { .. }
                | Self::CreateCredential { .. }
        )
    }

    /// The change that says of the same subject what is so now. Of what is about to be made, that it is gone.
    pub(crate) fn present(&self, sql: &Connection) -> Result<Option<Self>, VaultError> {
        Ok(Some(match self {
            Self::CreateProject { id, .. } => Self::SetProject {
                project: *id,
                field: ProjectField::Removed(true),
            },
            Self::CreateEnvironment { id, .. } => Self::SetEnvironment {
                environment: *id,
                field: EnvironmentField::Removed(true),
            },
            Self::CreateSecret { id, .. } => Self::SetSecret {
                secret: *id,
                field: SecretField::Removed(true),
            },
            Self::Attach { id, .. } => Self::SetAttachment {
                attachment: *id,
                removed: true,
            },
            Self::CreateCredential { id, .. } => Self::SetCredential {
                credential: *id,
                field: CredentialField::Removed(true),
            },
            Self::SetAttachment { attachment, .. } => Self::SetAttachment {
                attachment: *attachment,
                removed: Column {
                    sql,
                    table: "attachments",
                    id: attachment,
                }
                .read("removed")?,
            },
            Self::SetCredential { credential, field } => Self::SetCredential {
                credential: *credential,
                field: field.present(sql, *credential)?,
            },
            Self::SetProject { project, field } => Self::SetProject {
                project: *project,
                field: field.present(sql, *project)?,
            },
            Self::SetEnvironment { environment, field } => Self::SetEnvironment {
                environment: *environment,
                field: field.present(sql, *environment)?,
            },
            Self::SetSecret { secret, field } => Self::SetSecret {
                secret: *secret,
                field: field.present(sql, *secret)?,
            },
            Self::Promote {
                secret,
                environment,
                ..
            } => Self::Promote {
                secret: *secret,
                environment: *environment,
                stages: stages(sql, *secret, *environment)?,
            },
            _ => return Ok(None),
        }))
    }

    /// Brings the tables to where the change says.
    pub(crate) fn apply(&self, sql: &Connection, by: By) -> Result<(), VaultError> {
        let By { space, device, at } = by;
        match self {
            Self::Genesis { name, .. } => {
                let mut writer = Writer::new();
                self.encode(&mut writer);
                let insert = "INSERT INTO spaces (id, name, genesis) VALUES (?1, ?2, ?3)
                              ON CONFLICT DO UPDATE SET genesis = excluded.genesis";
                sql.prepare_cached(insert)?
                    .execute(params![space, name, writer.as_slice()])?;
            }
            Self::Say {
                statement,
                signature,
            } => membership::apply_statement(sql, space, statement, signature)?,
            Self::CreateProject { id, name } => {
                let insert = "INSERT INTO projects (id, space, name) VALUES (?1, ?2, ?3)";
                let made = sql
                    .prepare_cached(insert)?
                    .execute(params![id, space, name]);
                unless_taken(made, "project", name)?;
            }
            Self::CreateEnvironment {
                id,
                project,
                name,
                position,
            } => {
                let insert = "INSERT INTO environments (id, project, name, position)
                              VALUES (?1, ?2, ?3, ?4)";
                let made = sql
                    .prepare_cached(insert)?
                    .execute(params![id, project, name, position]);
                unless_taken(made, "environment", name)?;
            }
            Self::CreateSecret {
                id,
                project,
                name,
                kind,
            } => {
                let insert = "INSERT INTO secrets (id, project, name, kind, created_at)
                              VALUES (?1, ?2, ?3, ?4, ?5)";
                let values = params![id, project, name, kind.code(), at.0];
                unless_taken(sql.prepare_cached(insert)?.execute(values), "secret", name)?;
            }
            Self::Promote {
                secret,
                environment,
                stages,
            } => {
                sql.prepare_cached(
                    "INSERT INTO stages (secret, environment, pending, current, previous)
                     VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO UPDATE
                     SET pending = excluded.pending, current = excluded.current,
                     previous = excluded.previous",
                )?
                .execute(params![
                    secret,
                    environment,
                    stages.pending,
                    stages.current,
                    stages.previous
                ])?;
            }
            Self::SetProject { project, field } => field.apply(sql, *project)?,
            Self::SetEnvironment { environment, field } => field.apply(sql, *environment)?,
            Self::SetSecret { secret, field } => field.apply(sql, *secret)?,
            Self::CreateLink {
                id,
                project,
                environment,
                folder,
                file,
                dialect,
            } => {
                sql.prepare_cached(
                    "INSERT INTO links (id, project, environment, folder, file, dialect)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                )?
                .execute(params![
                    id,
                    project,
                    environment,
                    folder,
                    file,
                    dialect
                ])?;
            }
            Self::RemoveLink { id } => {
                sql.prepare_cached("DELETE FROM links WHERE id = ?1")?
                    .execute([id])?;
            }
            Self::PinCard { .. } | Self::Vouch { .. } | Self::ForgetCard { .. } => {
                contact::apply(sql, self, at)?;
            }
            Self::Attach {
                id,
                secret,
                environment,
                name,
                size,
                ciphertext,
                epoch,
            } => {
                let insert = "INSERT INTO attachments (id, secret, environment, name, size,
                              ciphertext, epoch, author, sealer, created_at)
                              VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8, ?9)";
                let values = params![
                    id,
                    secret,
                    environment,
                    name,
                    size.cast_signed(),
                    ciphertext,
                    epoch,
                    device,
                    at.0
                ];
                unless_taken(sql.prepare_cached(insert)?.execute(values), "file", name)?;
            }
            Self::SetAttachment {
                attachment,
                removed,
            } => Column {
                sql,
                table: "attachments",
                id: attachment,
            }
            .write("removed", removed)?,
            Self::CreateCredential { id, project, name } => {
                let insert = "INSERT INTO credentials (id, project, name) VALUES (?1, ?2, ?3)";
                let made = sql
                    .prepare_cached(insert)?
                    .execute(params![id, project, name]);
                unless_taken(made, "credential", name)?;
            }
            Self::SetCredential { credential, field } => field.apply(sql, *credential)?,
            Self::Refer { version, targets } => {
                crate::reference::apply_refer(sql, *version, targets)?;
            }
            Self::Prune {
                versions,
                attachments,
            } => compact::prune(sql, versions, attachments)?,
            // A version's row also holds what the operation does not: see `Transaction::put_version`. Where a log begins
            // anew it says so itself.
            Self::PutVersion { .. }
            | Self::BeginIncarnation { .. }
            | Self::Compact { .. }
            | Self::SealAnew { .. } => {}
        }
        Ok(())
    }
}

impl Change {
    /// Makes what somebody's operation makes, as it was at first. Its name is nobody's yet: see `space::shadows`.
    pub(crate) fn create_from_log(&self, sql: &Connection, by: By) -> Result<(), VaultError> {
        let By { space, device, at } = by;
        match self {
            Self::CreateProject { id, name } => {
                sql.prepare_cached(
                    "INSERT INTO projects (id, space, name, said) VALUES (?1, ?2, ?3, ?4)
                     ON CONFLICT (id) DO UPDATE SET name = excluded.name, said = excluded.said,
                     removed = 0",
                )?
                .execute(params![id, space, shadows::aside(name, &id.0), name])?;
            }
            Self::CreateEnvironment {
                id,
                project,
                name,
                position,
            } => {
                sql.prepare_cached(
                    "INSERT INTO environments (id, project, name, said, position)
                     VALUES (?1, ?2, ?3, ?4, ?5)
                     ON CONFLICT (id) DO UPDATE SET name = excluded.name, said = excluded.said,
                     position = excluded.position, protected = 0, inherits = NULL, removed = 0",
                )?
                .execute(params![
                    id,
                    project,
                    shadows::aside(name, &id.0),
                    name,
                    position
                ])?;
            }
            Self::CreateSecret {
                id,
                project,
                name,
                kind,
            } => {
                sql.prepare_cached(
                    "INSERT INTO secrets (id, project, name, said, kind, created_at)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                     ON CONFLICT (id) DO UPDATE SET name = excluded.name, said = excluded.said,
                     kind = excluded.kind, created_at = excluded.created_at, notes = '',
                     owner = '', expires_at = NULL, lead = 0, removed = 0",
                )?
                .execute(params![
                    id,
                    project,
                    shadows::aside(name, &id.0),
                    name,
                    kind.code(),
                    at.0
                ])?;
            }
            Self::Attach {
                id,
                secret,
                environment,
                name,
                size,
                ciphertext,
                epoch,
            } => {
                sql.prepare_cached(
                    "INSERT INTO attachments (id, secret, environment, name, said, size,
                     ciphertext, epoch, author, sealer, created_at)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9, ?10)
                     ON CONFLICT (id) DO UPDATE SET name = excluded.name, said = excluded.said,
                     removed = 0",
                )?
                .execute(params![
                    id,
                    secret,
                    environment,
                    shadows::aside(name, &id.0),
                    name,
                    size.cast_signed(),
                    ciphertext,
                    epoch,
                    device,
                    at.0
                ])?;
            }
            Self::CreateCredential { id, project, name } => {
                sql.prepare_cached(
                    "INSERT INTO credentials (id, project, name, said) VALUES (?1, ?2, ?3, ?4)
                     ON CONFLICT (id) DO UPDATE SET name = excluded.name, said = excluded.said,
                     removed = 0",
                )?
                .execute(params![
                    id,
                    project,
                    shadows::aside(name, &id.0),
                    name
                ])?;
            }
            _ => return Err(VaultError::Damaged("a change makes nothing")),
        }
        Ok(())
    }

    /// Brings the tables to where a change of somebody's operation says, if the thing that it is about is here.
    pub(crate) fn apply_from_log(&self, sql: &Connection, by: By) -> Result<(), VaultError> {
        let named = |table: &str, id: &[u8; 16], name: &str| -> Result<(), VaultError> {
            sql.prepare_cached(&format!(
                "UPDATE {table} SET name = ?2, said = ?3 WHERE id = ?1"
            ))?
            .execute(params![id, shadows::aside(name, id), name])?;
            Ok(())
        };
        match self {
            Self::SetProject {
                project,
                field: ProjectField::Name(name),
            } => named("projects", &project.0, name),
            Self::SetEnvironment {
                environment,
                field: EnvironmentField::Name(name),
            } => named("environments", &environment.0, name),
            Self::SetSecret {
                secret,
                field: SecretField::Name(name),
            } => named("secrets", &secret.0, name),
            Self::SetCredential {
                credential,
                field: CredentialField::Name(name),
            } => named("credentials", &credential.0, name),
            // Back among the living it has its name aside first, as another may have it now.
            Self::SetProject { .. }
            | Self::SetEnvironment { .. }
            | Self::SetSecret { .. }
            | Self::SetCredential { .. }
            | Self::SetAttachment { .. } => {
                self.step_aside(sql)?;
                self.apply(sql, by)
            }
            _ => self.apply(sql, by),
        }
    }

    /// Puts the name of something that comes back aside.
    fn step_aside(&self, sql: &Connection) -> Result<(), VaultError> {
        let (table, id) = match self {
            Self::SetProject {
                project,
                field: ProjectField::Removed(false),
            } => ("projects", project.0),
            Self::SetEnvironment {
                environment,
                field: EnvironmentField::Removed(false),
            } => ("environments", environment.0),
            Self::SetSecret {
                secret,
                field: SecretField::Removed(false),
            } => ("secrets", secret.0),
            Self::SetCredential {
                credential,
                field: CredentialField::Removed(false),
            } => ("credentials", credential.0),
            Self::SetAttachment {
                attachment,
                removed: false,
            } => ("attachments", attachment.0),
            _ => return Ok(()),
        };
        let name = format!("SELECT coalesce(said, name) FROM {table} WHERE id = ?1");
        let name: String = sql
            .prepare_cached(&name)?
            .query_row([id], |row| row.get(0))?;
        sql.prepare_cached(&format!(
            "UPDATE {table} SET name = ?2, said = ?3 WHERE id = ?1"
        ))?
        .execute(params![id, shadows::aside(&name, &id), name])?;
        Ok(())
    }
}

/// The stages of a secret in an environment; none where it never had a value there.
pub(crate) fn stages(
    sql: &Connection,
    secret: SecretId,
    environment: EnvironmentId,
) -> Result<Stages, VaultError> {
    let found = sql
        .prepare_cached(
            "SELECT pending, current, previous FROM stages WHERE secret = ?1 AND environment = ?2",
        )?
        .query_row(params![secret, environment], |row| {
            Ok(Stages {
                pending: row.get(0)?,
                current: row.get(1)?,
                previous: row.get(2)?,
            })
        })
        .optional()?;
    Ok(found.unwrap_or_default())
}

pub(crate) fn tags(sql: &Connection, secret: SecretId) -> Result<Vec<String>, VaultError> {
    let mut statement =
        sql.prepare_cached("SELECT tag FROM tags WHERE secret = ?1 ORDER BY tag")?;
    let rows = statement.query_map([secret], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// One column of one row, by the row's id.
struct Column<'s> {
    sql: &'s Connection,
    table: &'static str,
    id: &'s dyn ToSql,
}

impl Column<'_> {
    fn read<T: rusqlite::types::FromSql>(&self, column: &str) -> Result<T, VaultError> {
        let Self { sql, table, id } = self;
        Ok(sql
            .prepare_cached(&format!("SELECT {column} FROM {table} WHERE id = ?1"))?
            .query_row([*id], |row| row.get(0))?)
    }

    /// Whoever says a name themselves has it.
    fn write_name(&self, name: &str) -> Result<(), VaultError> {
        self.write("said = NULL, name", &name)
    }

    fn write(&self, column: &str, value: &dyn ToSql) -> Result<(), VaultError> {
        let Self { sql, table, id } = self;
        let update = format!("UPDATE {table} SET {column} = ?2 WHERE id = ?1");
        let updated = sql.prepare_cached(&update)?.execute([*id, value]);
        match unless_taken(updated, "name", "that name")? {
            1 => Ok(()),
            _ => Err(VaultError::Damaged("a change is about nothing there")),
        }
    }
}

impl ProjectField {
    fn present(&self, sql: &Connection, id: ProjectId) -> Result<Self, VaultError> {
        let column = Column {
            sql,
            table: "projects",
            id: &id,
        };
        Ok(match self {
            Self::Name(_) => Self::Name(column.read("coalesce(said, name)")?),
            Self::Removed(_) => Self::Removed(column.read("removed")?),
        })
    }

    fn apply(&self, sql: &Connection, id: ProjectId) -> Result<(), VaultError> {
        let column = Column {
            sql,
            table: "projects",
            id: &id,
        };
        match self {
            Self::Name(name) => column.write_name(name),
            Self::Removed(removed) => column.write("removed", removed),
        }
    }
}

impl CredentialField {
    fn present(&self, sql: &Connection, id: CredentialId) -> Result<Self, VaultError> {
        let column = Column {
            sql,
            table: "credentials",
            id: &id,
        };
        Ok(match self {
            Self::Name(_) => Self::Name(column.read("coalesce(said, name)")?),
            Self::Removed(_) => Self::Removed(column.read("removed")?),
            Self::Parts(_) => Self::Parts(credential::parts(sql, id)?),
        })
    }

    fn apply(&self, sql: &Connection, id: CredentialId) -> Result<(), VaultError> {
        let column = Column {
            sql,
            table: "credentials",
            id: &id,
        };
        match self {
            Self::Name(name) => column.write_name(name),
            Self::Removed(removed) => column.write("removed", removed),
            Self::Parts(parts) => {
                sql.prepare_cached("DELETE FROM parts WHERE credential = ?1")?
                    .execute([id])?;
                let mut insert = sql.prepare_cached(
                    "INSERT INTO parts (credential, position, secret, part)
                     VALUES (?1, ?2, ?3, ?4)",
                )?;
                for (position, part) in (0_u32..).zip(parts) {
                    insert.execute(params![id, position, part.secret, part.of.to_string()])?;
                }
                Ok(())
            }
        }
    }
}

impl EnvironmentField {
    fn present(&self, sql: &Connection, id: EnvironmentId) -> Result<Self, VaultError> {
        let column = Column {
            sql,
            table: "environments",
            id: &id,
        };
        Ok(match self {
            Self::Name(_) => Self::Name(column.read("coalesce(said, name)")?),
            Self::Position(_) => Self::Position(column.read("position")?),
            Self::Protected(_) => Self::Protected(column.read("protected")?),
            Self::Inherits(_) => Self::Inherits(column.read("inherits")?),
            Self::Removed(_) => Self::Removed(column.read("removed")?),
        })
    }

    fn apply(&self, sql: &Connection, id: EnvironmentId) -> Result<(), VaultError> {
        let column = Column {
            sql,
            table: "environments",
            id: &id,
        };
        match self {
            Self::Name(name) => column.write_name(name),
            Self::Position(position) => column.write("position", position),
            Self::Protected(protected) => column.write("protected", protected),
            Self::Inherits(from) => column.write("inherits", from),
            Self::Removed(removed) => column.write("removed", removed),
        }
    }
}

impl SecretField {
    pub(crate) fn present(&self, sql: &Connection, id: SecretId) -> Result<Self, VaultError> {
        let column = Column {
            sql,
            table: "secrets",
            id: &id,
        };
        Ok(match self {
            Self::Name(_) => Self::Name(column.read("coalesce(said, name)")?),
            Self::Kind(_) => Self::Kind(
                Kind::from_code(column.read("kind")?)
                    .ok_or(VaultError::Damaged("a secret's kind is unknown"))?,
            ),
            Self::Notes(_) => Self::Notes(column.read("notes")?),
            Self::Owner(_) => Self::Owner(column.read("owner")?),
            Self::Tags(_) => Self::Tags(tags(sql, id)?),
            Self::Expires(_) => Self::Expires(column.read("expires_at")?),
            Self::Lead(_) => Self::Lead(column.read("lead")?),
            Self::Removed(_) => Self::Removed(column.read("removed")?),
        })
    }

    fn apply(&self, sql: &Connection, id: SecretId) -> Result<(), VaultError> {
        let column = Column {
            sql,
            table: "secrets",
            id: &id,
        };
        match self {
            Self::Name(name) => column.write_name(name),
            Self::Kind(kind) => column.write("kind", &kind.code()),
            Self::Notes(notes) => column.write("notes", notes),
            Self::Owner(owner) => column.write("owner", owner),
            Self::Tags(tags) => {
                sql.prepare_cached("DELETE FROM tags WHERE secret = ?1")?
                    .execute([id])?;
                let mut insert =
                    sql.prepare_cached("INSERT INTO tags (secret, tag) VALUES (?1, ?2)")?;
                for tag in tags {
                    insert.execute(params![id, tag])?;
                }
                Ok(())
            }
            Self::Expires(at) => column.write("expires_at", at),
            Self::Lead(days) => column.write("lead", days),
            Self::Removed(removed) => column.write("removed", removed),
        }
    }
}

/// A name that is taken is not a failure of the store.
fn unless_taken<T>(made: rusqlite::Result<T>, what: &str, name: &str) -> Result<T, VaultError> {
    made.map_err(|error| match error.sqlite_error() {
        Some(failure) if failure.extended_code == rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE => {
            VaultError::Exists(format!("{what} {name}"))
        }
        _ => error.into(),
    })
}
