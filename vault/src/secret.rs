//! Secrets: what there is, what changes them. No value leaves here; see `read`.

use crate::{
    apply,
    asker::{Asker, Timestamp},
    change::{Change, Origin, Stages},
    edit::chain,
    event::Action,
    exposure::{self, Exposed},
    id::{DeviceId, EnvironmentId, ProjectId, SecretId, VersionId},
    kind::Kind,
    log::EventDraft,
    name::SecretName,
    project,
    reference::{self, Used},
    transaction::Put,
    vault::{Vault, VaultError},
};
use keystead_crypto::{ValueFingerprint, fingerprint_value};
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::HashMap;

/// Which version of a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VersionSelector {
    /// The one in use.
    Current,
    /// The one in use before.
    Previous,
    /// By number.
    Number(u32),
}

/// Where a version stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StageName {
    /// In use.
    Current,
    /// In use before.
    Previous,
    /// Made at a provider, and not in use yet.
    Pending,
}

/// One secret across a project's environments.
#[derive(Clone, Debug)]
pub struct MatrixRow {
    /// The secret.
    pub secret: SecretId,
    /// Its name.
    pub name: String,
    /// Its kind.
    pub kind: Kind,
    /// Who is asked about it, or empty.
    pub owner: String,
    /// When its values stop working.
    pub expires_at: Option<Timestamp>,
    /// So many days before that it is due.
    pub lead: u16,
    /// Words to find it by.
    pub tags: Vec<String>,
    /// One cell an environment, in order; `None` where the value is missing.
    pub cells: Vec<Option<Cell>>,
}

/// A value's outside in one environment.
#[derive(Clone, Debug)]
pub struct Cell {
    /// The current version's number.
    pub number: u32,
    /// When it was made.
    pub created_at: Timestamp,
    /// Whether there is a version to go back to.
    pub has_previous: bool,
    /// Tells equal values.
    fingerprint: Option<ValueFingerprint>,
}

impl Cell {
    /// Whether this device was given the key that opens it.
    pub fn is_readable(&self) -> bool {
        self.fingerprint.is_some()
    }

    /// Whether both hold the same value.
    pub fn same_value(&self, other: &Self) -> bool {
        self.fingerprint.is_some() && self.fingerprint == other.fingerprint
    }
}

/// One secret in one environment, without its value.
#[derive(Clone, Debug)]
pub struct Secret {
    /// Its id.
    pub id: SecretId,
    /// Its name.
    pub name: String,
    /// Its kind.
    pub kind: Kind,
    /// What somebody wrote down about it.
    pub notes: String,
    /// Who is asked about it, or empty.
    pub owner: String,
    /// When its values stop working.
    pub expires_at: Option<Timestamp>,
    /// So many days before that it is due.
    pub lead: u16,
    /// Words to find it by.
    pub tags: Vec<String>,
    /// When it was first made.
    pub created_at: Timestamp,
    /// Its environment.
    pub environment: EnvironmentId,
    /// Newest first.
    pub versions: Vec<VersionRow>,
    /// Newest version first.
    pub exposures: Vec<Exposed>,
}

/// One version, without its value.
#[derive(Clone, Debug)]
pub struct VersionRow {
    /// Its id.
    pub id: VersionId,
    /// Its number.
    pub number: u32,
    /// Its stage, if it has one.
    pub stage: Option<StageName>,
    /// When it was made.
    pub created_at: Timestamp,
    /// The device that made it.
    pub author: DeviceId,
    /// Where it came from.
    pub origin: Origin,
    /// Whether its value is gone, outside the retention.
    pub pruned: bool,
}

impl Vault {
    /// Secrets × environments of one project, by name.
    ///
    /// # Errors
    /// [`VaultError::NoProject`] if there is none of that name.
    pub fn matrix(&self, project: &str) -> Result<Vec<MatrixRow>, VaultError> {
        let project = self.project(project)?;
        let columns: HashMap<EnvironmentId, usize> = project
            .environments
            .iter()
            .enumerate()
            .map(|(index, environment)| (environment.id, index))
            .collect();
        let mut rows = Vec::new();
        let mut indices = HashMap::new();
        let mut statement = self.sql.prepare_cached(
            "SELECT id, name, kind, owner, expires_at, lead FROM secrets
             WHERE project = ?1 AND removed = 0 ORDER BY name",
        )?;
        let mut found = statement.query([project.id])?;
        while let Some(row) = found.next()? {
            let secret: SecretId = row.get(0)?;
            indices.insert(secret, rows.len());
            rows.push(MatrixRow {
                secret,
                name: row.get(1)?,
                kind: kind(row.get(2)?)?,
                owner: row.get(3)?,
                expires_at: row.get::<_, Option<i64>>(4)?.map(Timestamp),
                lead: row.get(5)?,
                tags: Vec::new(),
                cells: vec![None; columns.len()],
            });
        }
        let mut statement = self.sql.prepare_cached(
            "SELECT t.secret, t.tag FROM secrets c CROSS JOIN tags t ON t.secret = c.id
             WHERE c.project = ?1 AND c.removed = 0 ORDER BY t.tag",
        )?;
        let mut found = statement.query([project.id])?;
        while let Some(row) = found.next()? {
            if let Some(&index) = indices.get(&row.get::<_, SecretId>(0)?) {
                rows[index].tags.push(row.get(1)?);
            }
        }
        let mut statement = self.sql.prepare_cached(
            "SELECT v.secret, v.environment, v.number, v.created_at, v.fingerprint,
             s.previous IS NOT NULL FROM environments e
             CROSS JOIN stages s ON s.environment = e.id
             CROSS JOIN versions v ON v.id = s.current WHERE e.project = ?1",
        )?;
        let mut found = statement.query([project.id])?;
        while let Some(row) = found.next()? {
            let index: Option<&usize> = indices.get(&row.get::<_, SecretId>(0)?);
            let column = columns.get(&row.get::<_, EnvironmentId>(1)?);
            if let (Some(&index), Some(&column)) = (index, column) {
                rows[index].cells[column] = Some(Cell {
                    number: row.get(2)?,
                    created_at: Timestamp(row.get(3)?),
                    fingerprint: row.get(4)?,
                    has_previous: row.get(5)?,
                });
            }
        }
        Ok(rows)
    }

    /// One secret in one environment.
    ///
    /// # Errors
    /// [`VaultError`] that names what there is none of.
    pub fn secret(
        &self,
        project: &str,
        environment: &str,
        name: &str,
    ) -> Result<Secret, VaultError> {
        let (project_id, environment_id) = project::resolve(&self.sql, project, environment)?;
        let id = find(&self.sql, project_id, name)?
            .ok_or_else(|| no_secret(project, environment, name))?;
        let (kind_code, created_at, notes, owner, expires_at, lead) = self
            .sql
            .prepare_cached(
                "SELECT kind, created_at, notes, owner, expires_at, lead FROM secrets WHERE id = ?1",
            )?
            .query_row([id], |row| {
                Ok((
                    row.get(0)?,
                    row.get(1)?,
                    row.get(2)?,
                    row.get(3)?,
                    row.get::<_, Option<i64>>(4)?,
                    row.get(5)?,
                ))
            })?;
        Ok(Secret {
            id,
            name: name.to_owned(),
            kind: kind(kind_code)?,
            notes,
            owner,
            expires_at: expires_at.map(Timestamp),
            lead,
            tags: apply::tags(&self.sql, id)?,
            created_at: Timestamp(created_at),
            environment: environment_id,
            versions: versions(&self.sql, id, environment_id)?,
            exposures: exposure::of_secret(&self.sql, id, environment_id)?,
        })
    }

    /// The environment whose value a secret has here; `None` where the value is its own, or there is none.
    ///
    /// # Errors
    /// [`VaultError`] that names what there is none of.
    pub fn inherited_from(
        &self,
        (project, environment): (&str, &str),
        name: &str,
    ) -> Result<Option<String>, VaultError> {
        let place = project::resolve(&self.sql, project, environment)?;
        let found = select_one(&self.sql, place, name, VersionSelector::Current)?;
        let Some(from) = found
            .map(|found| found.environment)
            .filter(|e| *e != place.1)
        else {
            return Ok(None);
        };
        let environments = project::environments(&self.sql, place.0)?;
        let named = environments.into_iter().find(|e| e.id == from);
        Ok(named.map(|e| e.name))
    }

    /// For each name and value: whether a value is there, and whether it is
    /// the same. `None` where there is none; nothing is read out.
    ///
    /// # Errors
    /// [`VaultError`] if the store fails; a missing project or environment has no values.
    pub fn compare(
        &mut self,
        project: &str,
        environment: &str,
        values: &[(&str, &str)],
    ) -> Result<Vec<Option<bool>>, VaultError> {
        let ids = match project::resolve(&self.sql, project, environment) {
            Err(VaultError::NoProject(_) | VaultError::NoEnvironment { .. }) => None,
            other => Some(other?),
        };
        let Some((project, environment)) = ids else {
            return Ok(vec![None; values.len()]);
        };
        values
            .iter()
            .map(|(name, value)| {
                let there: Option<VersionId> = self
                    .sql
                    .prepare_cached(
                        "SELECT s.current FROM secrets c
                         JOIN stages s ON s.secret = c.id AND s.environment = ?2
                         AND s.current IS NOT NULL
                         WHERE c.project = ?1 AND c.name = ?3 AND c.removed = 0",
                    )?
                    .query_row(params![project, environment, name], |row| row.get(0))
                    .optional()?;
                there
                    .map(|version| self.version_holds(version, value))
                    .transpose()
            })
            .collect()
    }

    /// Whether a version holds this value; nothing is read out.
    ///
    /// # Errors
    /// [`VaultError`] if the store fails.
    fn version_holds(&mut self, version: VersionId, value: &str) -> Result<bool, VaultError> {
        let (fingerprint, environment, project): (Option<ValueFingerprint>, _, _) = self
            .sql
            .prepare_cached(
                "SELECT v.fingerprint, v.environment, c.project FROM versions v
                 JOIN secrets c ON c.id = v.secret WHERE v.id = ?1",
            )?
            .query_row([version], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        if reference::targets(&self.sql, version)?.is_empty() {
            let same = fingerprint_value(&self.keys.index, value.as_bytes());
            return Ok(fingerprint == Some(same));
        }
        // Its own text is not what a file holds; where it can't be resolved, no file holds it.
        let used = &mut Used::default();
        match self.open_resolved(project, environment, version, used) {
            Ok(whole) => Ok(whole.as_bytes() == value.as_bytes()),
            Err(
                VaultError::RefersToNothing(_)
                | VaultError::RefersToItself(_)
                | VaultError::ResolvesTooLarge,
            ) => Ok(false),
            Err(other) => Err(other),
        }
    }

    /// Stores values as one operation and one event. Where a project or
    /// environment is missing it is made, if `create_missing`.
    ///
    /// # Errors
    /// [`VaultError::NoProject`] or [`VaultError::NoEnvironment`] where one is
    /// missing and may not be made. Nothing is stored then.
    #[allow(clippy::too_many_arguments, reason = "one place, one batch, one event")]
    pub fn put_values(
        &mut self,
        asker: &Asker,
        project: &str,
        environment: &str,
        values: &[(SecretName, &str)],
        origin: Origin,
        detail: &str,
        create_missing: bool,
    ) -> Result<Vec<Put>, VaultError> {
        self.transact(asker, |t| {
            let (project, environment) = t.place(project, environment, create_missing)?;
            if values.iter().any(|(_, value)| value.contains("${")) {
                // Those that come together may refer to each other, whatever their order.
                for (name, value) in values {
                    t.secret_named(project, name, value)?;
                }
            }
            let mut puts = Vec::with_capacity(values.len());
            let mut secrets = Vec::with_capacity(values.len());
            for (name, value) in values {
                asker.cancel.check()?;
                let (secret, put) = t.put(project, environment, name, value, origin)?;
                secrets.push(secret);
                puts.push(put);
            }
            let action = match origin {
                Origin::Imported => Action::Imported,
                Origin::Set | Origin::Copied | Origin::Moved => Action::ValueSet,
                Origin::Rotated | Origin::Generated | Origin::TakenFromFile => Action::ValueRotated,
            };
            let mut draft = EventDraft::of(action).detail(detail);
            draft.project = Some(project);
            draft.environment = Some(environment);
            if let ([secret], [put]) = (&secrets[..], &puts[..]) {
                draft.secret = Some(*secret);
                draft.previous = put.previous.map(|(id, _)| id);
            }
            draft.versions = puts
                .iter()
                .filter(|p| p.written)
                .map(|p| p.version)
                .collect();
            t.event(draft)?;
            Ok(puts)
        })
    }

    /// Replaces a value that is there by a new one.
    ///
    /// # Errors
    /// [`VaultError::NoSecret`] where there is none to replace,
    /// [`VaultError::SameValue`] where the value is current already.
    pub fn rotate(
        &mut self,
        asker: &Asker,
        (project, environment, name): (&str, &str, &str),
        value: &str,
        origin: Origin,
    ) -> Result<Put, VaultError> {
        let place = project::resolve(&self.sql, project, environment)?;
        self.own_current((project, environment), place, name)?;
        self.refuse_part(project, name)?;
        let name = SecretName::parse(name)?;
        self.transact(asker, |t| {
            let (secret, put) = t.put(place.0, place.1, &name, value, origin)?;
            if !put.written {
                return Err(VaultError::SameValue);
            }
            let mut draft = EventDraft::of(Action::ValueRotated).detail(origin.words());
            draft.project = Some(place.0);
            draft.environment = Some(place.1);
            draft.secret = Some(secret);
            draft.previous = put.previous.map(|(id, _)| id);
            draft.versions = vec![put.version];
            t.event(draft)?;
            Ok(put)
        })
    }

    /// Stores a value that is not in use yet, beside the one that is; [`Self::restore`] of its number puts it into use.
    /// A pending one from before is a version like any other then.
    ///
    /// # Errors
    /// As [`Self::rotate`].
    pub fn put_pending(
        &mut self,
        asker: &Asker,
        (project, environment, name): (&str, &str, &str),
        value: &str,
        origin: Origin,
    ) -> Result<Put, VaultError> {
        let place = project::resolve(&self.sql, project, environment)?;
        self.own_current((project, environment), place, name)?;
        self.refuse_part(project, name)?;
        let name = SecretName::parse(name)?;
        self.transact(asker, |t| {
            let (secret, put) = t.put_pending(place, &name, value, origin)?;
            let mut draft = EventDraft::of(Action::ValuePending).detail(origin.words());
            draft.project = Some(place.0);
            draft.environment = Some(place.1);
            draft.secret = Some(secret);
            draft.versions = vec![put.version];
            t.event(draft)?;
            Ok(put)
        })
    }

    /// Makes an older version current, or the pending one; what was current becomes previous.
    ///
    /// # Errors
    /// [`VaultError::NoVersion`], or [`VaultError::AlreadyCurrent`].
    pub fn restore(
        &mut self,
        asker: &Asker,
        (project, environment, name): (&str, &str, &str),
        version: VersionSelector,
    ) -> Result<Put, VaultError> {
        let place = project::resolve(&self.sql, project, environment)?;
        let secret =
            find(&self.sql, place.0, name)?.ok_or_else(|| no_secret(project, environment, name))?;
        self.refuse_part(project, name)?;
        let rows = versions(&self.sql, secret, place.1)?;
        let missing = || VaultError::NoVersion {
            name: name.to_owned(),
        };
        let target = select(&rows, version).filter(|target| !target.pruned);
        let target = target.ok_or_else(missing)?.clone();
        let current = select(&rows, VersionSelector::Current).cloned();
        if current
            .as_ref()
            .is_some_and(|current| current.id == target.id)
        {
            return Err(VaultError::AlreadyCurrent);
        }
        self.transact(asker, |t| {
            t.space_change(Change::Promote {
                secret,
                environment: place.1,
                stages: Stages {
                    pending: apply::stages(t.sql(), secret, place.1)?
                        .pending
                        .filter(|pending| *pending != target.id),
                    current: Some(target.id),
                    previous: current.as_ref().map(|current| current.id),
                },
            })?;
            let mut draft = EventDraft::of(Action::ValueRestored);
            draft.project = Some(place.0);
            draft.environment = Some(place.1);
            draft.secret = Some(secret);
            draft.versions = vec![target.id];
            draft.previous = current.as_ref().map(|current| current.id);
            t.event(draft)
        })?;
        Ok(Put {
            name: SecretName::parse(name)?,
            version: target.id,
            number: target.number,
            previous: current.map(|current| (current.id, current.number)),
            written: true,
        })
    }
}

pub(crate) fn find(
    sql: &Connection,
    project: ProjectId,
    name: &str,
) -> Result<Option<SecretId>, VaultError> {
    Ok(sql
        .prepare_cached("SELECT id FROM secrets WHERE project = ?1 AND name = ?2 AND removed = 0")?
        .query_row(params![project, name], |row| row.get(0))
        .optional()?)
}

/// One version of a secret, found without the others.
pub(crate) struct Selected {
    pub(crate) secret: SecretId,
    /// Where it stands: the environment asked for, or one that it inherits from.
    pub(crate) environment: EnvironmentId,
    /// Its id and number; `None` where the secret has no such one.
    pub(crate) version: Option<(VersionId, u32)>,
}

/// Finds one version, however many there are; `None` where the secret has no value there. What is current may be
/// inherited; an older version is the environment's own.
pub(crate) fn select_one(
    sql: &Connection,
    (project, environment): (ProjectId, EnvironmentId),
    name: &str,
    selector: VersionSelector,
) -> Result<Option<Selected>, VaultError> {
    let Some(secret) = find(sql, project, name)? else {
        return Ok(None);
    };
    for place in chain(sql, environment)? {
        let own = apply::stages(sql, secret, place)?;
        if own.current.is_none() && matches!(selector, VersionSelector::Current) {
            continue;
        }
        let staged = match selector {
            VersionSelector::Current => own.current,
            VersionSelector::Previous => own.previous,
            VersionSelector::Number(number) => sql
                .prepare_cached(
                    "SELECT id FROM versions
                     WHERE secret = ?1 AND environment = ?2 AND number = ?3",
                )?
                .query_row(params![secret, place, number], |row| row.get(0))
                .optional()?,
        };
        let version = match staged {
            None => None,
            Some(id) => sql
                .prepare_cached("SELECT id, number FROM versions WHERE id = ?1 AND pruned = 0")?
                .query_row([id], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()?,
        };
        if version.is_none() && own.current.is_none() {
            return Ok(None);
        }
        return Ok(Some(Selected {
            secret,
            environment: place,
            version,
        }));
    }
    Ok(None)
}

pub(crate) fn no_secret(project: &str, environment: &str, name: &str) -> VaultError {
    VaultError::NoSecret {
        project: project.to_owned(),
        environment: environment.to_owned(),
        name: name.to_owned(),
    }
}

pub(crate) fn select(rows: &[VersionRow], selector: VersionSelector) -> Option<&VersionRow> {
    let wanted = |row: &&VersionRow| match selector {
        VersionSelector::Current => row.stage == Some(StageName::Current),
        VersionSelector::Previous => row.stage == Some(StageName::Previous),
        VersionSelector::Number(number) => row.number == number,
    };
    rows.iter().find(wanted)
}

fn versions(
    sql: &Connection,
    secret: SecretId,
    environment: EnvironmentId,
) -> Result<Vec<VersionRow>, VaultError> {
    let stages = apply::stages(sql, secret, environment)?;
    let stage_of = |id: VersionId| {
        [
            (stages.current, StageName::Current),
            (stages.previous, StageName::Previous),
            (stages.pending, StageName::Pending),
        ]
        .into_iter()
        .find_map(|(staged, name)| (staged == Some(id)).then_some(name))
    };
    let mut statement = sql.prepare_cached(
        "SELECT id, number, created_at, author, origin, pruned FROM versions
         WHERE secret = ?1 AND environment = ?2 ORDER BY number DESC",
    )?;
    let rows = statement.query_map(params![secret, environment], |row| {
        Ok((
            row.get(0)?,
            row.get(1)?,
            row.get(2)?,
            row.get(3)?,
            row.get::<_, u8>(4)?,
            row.get(5)?,
        ))
    })?;
    rows.map(|row| {
        let (id, number, created_at, author, origin, pruned) = row?;
        Ok(VersionRow {
            id,
            number,
            stage: stage_of(id),
            created_at: Timestamp(created_at),
            author,
            origin: Origin::from_code(origin)
                .ok_or(VaultError::Damaged("a version's origin is unknown"))?,
            pruned,
        })
    })
    .collect()
}

fn kind(code: u16) -> Result<Kind, VaultError> {
    Kind::from_code(code).ok_or(VaultError::Damaged("a secret's kind is unknown"))
}
