//! Recomputing what projects, environments and secrets say of themselves.

use crate::{
    apply,
    change::{Change, Sealed},
    contact, credential,
    field::{CredentialField, EnvironmentField, ProjectField, SecretField},
    id::{EnvironmentId, ProjectId, SecretId},
    kind::Kind,
    part::Part,
    vault::VaultError,
    verify::Expected,
};
use keystead_crypto::{EpochId, Hash};
use rusqlite::Connection;
use std::collections::HashMap;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EnvironmentRow {
    project: ProjectId,
    name: String,
    position: u32,
    protected: bool,
    inherits: Option<EnvironmentId>,
    removed: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SecretRow {
    project: ProjectId,
    name: String,
    kind: u16,
    notes: String,
    owner: String,
    tags: Vec<String>,
    expires: Option<i64>,
    lead: u16,
    removed: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AttachmentRow {
    secret: SecretId,
    environment: EnvironmentId,
    name: String,
    size: i64,
    pub(crate) ciphertext: Hash,
    epoch: EpochId,
    removed: bool,
    pub(crate) pruned: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CredentialRow {
    project: ProjectId,
    name: String,
    parts: Vec<Part>,
    removed: bool,
}

impl Expected {
    /// What projects, environments, secrets and what belongs to them say of themselves, as changes that lead to it.
    pub(crate) fn field_changes(&self) -> Vec<Change> {
        let mut changes = Vec::new();
        for (id, (name, removed)) in &self.projects {
            let (id, name) = (*id, name.clone());
            changes.push(Change::CreateProject { id, name });
            changes.extend(removed.then_some(Change::SetProject {
                project: id,
                field: ProjectField::Removed(true),
            }));
        }
        for (id, row) in &self.environments {
            changes.push(Change::CreateEnvironment {
                id: *id,
                project: row.project,
                name: row.name.clone(),
                position: row.position,
            });
            for field in [
                EnvironmentField::Protected(row.protected),
                EnvironmentField::Inherits(row.inherits),
                EnvironmentField::Removed(row.removed),
            ] {
                changes.push(Change::SetEnvironment {
                    environment: *id,
                    field,
                });
            }
        }
        for (id, row) in &self.secrets {
            changes.push(Change::CreateSecret {
                id: *id,
                project: row.project,
                name: row.name.clone(),
                kind: Kind::from_code(row.kind).unwrap_or(Kind::Plain),
            });
            let said = [
                SecretField::Notes(row.notes.clone()),
                SecretField::Owner(row.owner.clone()),
                SecretField::Tags(row.tags.clone()),
                SecretField::Expires(row.expires),
                SecretField::Lead(row.lead),
                SecretField::Removed(row.removed),
            ];
            let nothing = [
                SecretField::Notes(String::new()),
                SecretField::Owner(String::new()),
                SecretField::Tags(Vec::new()),
                SecretField::Expires(None),
                SecretField::Lead(0),
                SecretField::Removed(false),
            ];
            for field in said.into_iter().filter(|field| !nothing.contains(field)) {
                changes.push(Change::SetSecret { secret: *id, field });
            }
        }
        for (id, row) in &self.attachments {
            changes.push(Change::Attach {
                id: *id,
                secret: row.secret,
                environment: row.environment,
                name: row.name.clone(),
                size: row.size.cast_unsigned(),
                ciphertext: row.ciphertext,
                epoch: row.epoch,
            });
            changes.push(Change::SetAttachment {
                attachment: *id,
                removed: row.removed,
            });
        }
        for (id, row) in &self.credentials {
            changes.push(Change::CreateCredential {
                id: *id,
                project: row.project,
                name: row.name.clone(),
            });
            for field in [
                CredentialField::Parts(row.parts.clone()),
                CredentialField::Removed(row.removed),
            ] {
                changes.push(Change::SetCredential {
                    credential: *id,
                    field,
                });
            }
        }
        changes
    }

    pub(crate) fn add_fields(&mut self, change: &Change) {
        match change {
            Change::PinCard { card } => contact::expect_pinned(&mut self.contacts, card),
            Change::Vouch { identity, verified } => {
                if let Some((_, kept)) = self.contacts.get_mut(identity) {
                    *kept = *verified;
                }
            }
            Change::ForgetCard { identity } => {
                self.contacts.remove(identity);
            }
            Change::CreateProject { id, name } => {
                self.projects.insert(*id, (name.clone(), false));
            }
            Change::CreateEnvironment {
                id,
                project,
                name,
                position,
            } => {
                let row = EnvironmentRow {
                    project: *project,
                    name: name.clone(),
                    position: *position,
                    protected: false,
                    inherits: None,
                    removed: false,
                };
                self.environments.insert(*id, row);
            }
            Change::CreateSecret {
                id,
                project,
                name,
                kind,
            } => {
                let row = SecretRow {
                    project: *project,
                    name: name.clone(),
                    kind: kind.code(),
                    notes: String::new(),
                    owner: String::new(),
                    tags: Vec::new(),
                    expires: None,
                    lead: 0,
                    removed: false,
                };
                self.secrets.insert(*id, row);
            }
            Change::Attach {
                id,
                secret,
                environment,
                name,
                size,
                ciphertext,
                epoch,
            } => {
                let row = AttachmentRow {
                    secret: *secret,
                    environment: *environment,
                    name: name.clone(),
                    size: size.cast_signed(),
                    ciphertext: *ciphertext,
                    epoch: *epoch,
                    removed: false,
                    pruned: false,
                };
                self.attachments.insert(*id, row);
            }
            Change::SealAnew {
                what: Sealed::Attachment(attachment),
                ciphertext,
                epoch,
            } => {
                if let Some(row) = self.attachments.get_mut(attachment) {
                    (row.ciphertext, row.epoch) = (*ciphertext, *epoch);
                }
            }
            Change::SetAttachment {
                attachment,
                removed,
            } => {
                if let Some(row) = self.attachments.get_mut(attachment) {
                    row.removed = *removed;
                }
            }
            Change::CreateCredential { id, project, name } => {
                let row = CredentialRow {
                    project: *project,
                    name: name.clone(),
                    parts: Vec::new(),
                    removed: false,
                };
                self.credentials.insert(*id, row);
            }
            Change::SetCredential { credential, field } => {
                if let Some(row) = self.credentials.get_mut(credential) {
                    match field {
                        CredentialField::Name(to) => row.name.clone_from(to),
                        CredentialField::Parts(to) => row.parts.clone_from(to),
                        CredentialField::Removed(to) => row.removed = *to,
                    }
                }
            }
            Change::SetProject { project, field } => {
                if let Some((name, removed)) = self.projects.get_mut(project) {
                    match field {
                        ProjectField::Name(to) => name.clone_from(to),
                        ProjectField::Removed(to) => *removed = *to,
                    }
                }
            }
            Change::SetEnvironment { environment, field } => {
                if let Some(row) = self.environments.get_mut(environment) {
                    match field {
                        EnvironmentField::Name(to) => row.name.clone_from(to),
                        EnvironmentField::Position(to) => row.position = *to,
                        EnvironmentField::Protected(to) => row.protected = *to,
                        EnvironmentField::Inherits(to) => row.inherits = *to,
                        EnvironmentField::Removed(to) => row.removed = *to,
                    }
                }
            }
            Change::SetSecret { secret, field } => {
                if let Some(row) = self.secrets.get_mut(secret) {
                    match field {
                        SecretField::Name(to) => row.name.clone_from(to),
                        SecretField::Kind(to) => row.kind = to.code(),
                        SecretField::Notes(to) => row.notes.clone_from(to),
                        SecretField::Owner(to) => row.owner.clone_from(to),
                        SecretField::Tags(to) => row.tags.clone_from(to),
                        SecretField::Expires(to) => row.expires = *to,
                        SecretField::Lead(to) => row.lead = *to,
                        SecretField::Removed(to) => row.removed = *to,
                    }
                }
            }
            _ => {}
        }
    }

    /// The first table that does not hold what follows from the operations.
    pub(crate) fn disagreement(
        &self,
        sql: &Connection,
    ) -> Result<Option<&'static str>, VaultError> {
        let projects: HashMap<_, _> = sql
            .prepare_cached("SELECT id, coalesce(said, name), removed FROM projects")?
            .query_map([], |row| Ok((row.get(0)?, (row.get(1)?, row.get(2)?))))?
            .collect::<Result<_, _>>()?;
        if projects != self.projects {
            return Ok(Some("the projects"));
        }
        let environments: HashMap<_, _> = sql
            .prepare_cached(
                "SELECT id, project, coalesce(said, name), position, protected, inherits, removed FROM environments",
            )?
            .query_map([], |row| {
                let fields = EnvironmentRow {
                    project: row.get(1)?,
                    name: row.get(2)?,
                    position: row.get(3)?,
                    protected: row.get(4)?,
                    inherits: row.get(5)?,
                    removed: row.get(6)?,
                };
                Ok((row.get(0)?, fields))
            })?
            .collect::<Result<_, _>>()?;
        if environments != self.environments {
            return Ok(Some("the environments"));
        }
        let mut secrets: HashMap<_, _> = sql
            .prepare_cached(
                "SELECT id, project, coalesce(said, name), kind, notes, owner, expires_at, lead, removed
                 FROM secrets",
            )?
            .query_map([], |row| {
                let fields = SecretRow {
                    project: row.get(1)?,
                    name: row.get(2)?,
                    kind: row.get(3)?,
                    notes: row.get(4)?,
                    owner: row.get(5)?,
                    tags: Vec::new(),
                    expires: row.get(6)?,
                    lead: row.get(7)?,
                    removed: row.get(8)?,
                };
                Ok((row.get(0)?, fields))
            })?
            .collect::<Result<HashMap<_, _>, _>>()?;
        for (id, row) in &mut secrets {
            row.tags = apply::tags(sql, *id)?;
        }
        if secrets != self.secrets {
            return Ok(Some("the secrets"));
        }
        let miscounted = sql.prepare_cached(
            "SELECT 1 FROM projects p WHERE p.secrets <>
             (SELECT count(*) FROM secrets c WHERE c.project = p.id AND c.removed = 0)",
        );
        if miscounted?.exists([])? {
            return Ok(Some("the counts of secrets"));
        }
        self.disagreement_beside(sql)
    }

    /// As [`Self::disagreement`], of what belongs to secrets.
    fn disagreement_beside(&self, sql: &Connection) -> Result<Option<&'static str>, VaultError> {
        let attachments: HashMap<_, _> = sql
            .prepare_cached(
                "SELECT id, secret, environment, coalesce(said, name), size, ciphertext, epoch, removed, pruned
                 FROM attachments",
            )?
            .query_map([], |row| {
                let fields = AttachmentRow {
                    secret: row.get(1)?,
                    environment: row.get(2)?,
                    name: row.get(3)?,
                    size: row.get(4)?,
                    ciphertext: row.get(5)?,
                    epoch: row.get(6)?,
                    removed: row.get(7)?,
                    pruned: row.get(8)?,
                };
                Ok((row.get(0)?, fields))
            })?
            .collect::<Result<_, _>>()?;
        if attachments != self.attachments {
            return Ok(Some("the attachments"));
        }
        let mut credentials: HashMap<_, _> = sql
            .prepare_cached("SELECT id, project, coalesce(said, name), removed FROM credentials")?
            .query_map([], |row| {
                let fields = CredentialRow {
                    project: row.get(1)?,
                    name: row.get(2)?,
                    parts: Vec::new(),
                    removed: row.get(3)?,
                };
                Ok((row.get(0)?, fields))
            })?
            .collect::<Result<HashMap<_, _>, _>>()?;
        for (id, row) in &mut credentials {
            row.parts = credential::parts(sql, *id)?;
        }
        if credentials != self.credentials {
            return Ok(Some("the credentials"));
        }
        Ok((contact::kept(sql)? != self.contacts).then_some("the contacts"))
    }
}
