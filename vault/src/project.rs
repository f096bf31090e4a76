//! Projects and their environments.

use crate::{
    asker::Asker,
    id::{EnvironmentId, ProjectId},
    name::{EnvironmentName, ProjectName},
    transaction::Transaction,
    vault::{Vault, VaultError},
};
use rusqlite::{Connection, OptionalExtension};

/// A named set of secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Project {
    /// Its id.
    pub id: ProjectId,
    /// Its name.
    pub name: String,
    /// Its environments, in order.
    pub environments: Vec<Environment>,
    /// How many secrets it has.
    pub secrets: u32,
}

/// An environment of a project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Environment {
    /// Its id.
    pub id: EnvironmentId,
    /// Its name.
    pub name: String,
    /// Whether values leave only for whoever says so once more.
    pub protected: bool,
    /// The environment whose values it has where it has none of its own.
    pub inherits: Option<String>,
}

impl Vault {
    /// Every project, by name.
    ///
    /// # Errors
    /// [`VaultError`] if the store fails.
    pub fn projects(&self) -> Result<Vec<Project>, VaultError> {
        let names: Vec<String> = self
            .sql
            .prepare_cached(
                "SELECT name FROM projects
                 WHERE removed = 0 AND space = (SELECT space FROM entered) ORDER BY name",
            )?
            .query_map([], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        names.iter().map(|name| by_name(&self.sql, name)).collect()
    }

    /// One project.
    ///
    /// # Errors
    /// [`VaultError::NoProject`] if there is none of that name.
    pub fn project(&self, name: &str) -> Result<Project, VaultError> {
        by_name(&self.sql, name)
    }

    /// Makes a project with these environments.
    ///
    /// # Errors
    /// [`VaultError::Exists`] if the name is taken.
    pub fn create_project(
        &mut self,
        asker: &Asker,
        name: &ProjectName,
        environments: &[EnvironmentName],
    ) -> Result<Project, VaultError> {
        self.transact(asker, |t| t.create_project(name, environments))
    }

    /// Adds an environment at the end.
    ///
    /// # Errors
    /// [`VaultError::NoProject`], or [`VaultError::Exists`] if the name is taken.
    pub fn create_environment(
        &mut self,
        asker: &Asker,
        project: &str,
        name: &EnvironmentName,
    ) -> Result<Project, VaultError> {
        self.transact(asker, |t| {
            let id = by_name(t.sql(), project)?.id;
            t.create_environment(id, name)?;
            by_name(t.sql(), project)
        })
    }
}

impl Transaction<'_> {
    /// The project and environment, made where `create_missing` allows it.
    pub(crate) fn place(
        &mut self,
        project: &str,
        environment: &str,
        create_missing: bool,
    ) -> Result<(ProjectId, EnvironmentId), VaultError> {
        match resolve(self.sql(), project, environment) {
            Err(VaultError::NoProject(_)) if create_missing => {
                let name = EnvironmentName::parse(environment)?;
                let made = self.create_project(&ProjectName::parse(project)?, &[])?;
                Ok((made.id, self.create_environment(made.id, &name)?.id))
            }
            Err(VaultError::NoEnvironment { .. }) if create_missing => {
                let name = EnvironmentName::parse(environment)?;
                let found = id_of(self.sql(), project)?;
                Ok((found, self.create_environment(found, &name)?.id))
            }
            other => other,
        }
    }
}

impl Project {
    /// The environment of that name.
    pub fn environment(&self, name: &str) -> Option<&Environment> {
        self.environments.iter().find(|e| e.name == name)
    }
}

pub(crate) fn no_environment(project: &str, environment: &str) -> VaultError {
    VaultError::NoEnvironment {
        project: project.to_owned(),
        environment: environment.to_owned(),
    }
}

pub(crate) fn find(sql: &Connection, name: &str) -> Result<Option<ProjectId>, VaultError> {
    Ok(sql
        .prepare_cached(
            "SELECT id FROM projects
             WHERE name = ?1 AND removed = 0 AND space = (SELECT space FROM entered)",
        )?
        .query_row([name], |row| row.get(0))
        .optional()?)
}

/// The id of a project that must be there.
pub(crate) fn id_of(sql: &Connection, name: &str) -> Result<ProjectId, VaultError> {
    find(sql, name)?.ok_or_else(|| VaultError::NoProject(name.to_owned()))
}

pub(crate) fn by_name(sql: &Connection, name: &str) -> Result<Project, VaultError> {
    let id = id_of(sql, name)?;
    let secrets = sql
        .prepare_cached("SELECT secrets FROM projects WHERE id = ?1")?
        .query_row([id], |row| row.get(0))?;
    Ok(Project {
        id,
        name: name.to_owned(),
        environments: environments(sql, id)?,
        secrets,
    })
}

pub(crate) fn environments(
    sql: &Connection,
    project: ProjectId,
) -> Result<Vec<Environment>, VaultError> {
    let mut statement = sql.prepare_cached(
        "SELECT e.id, e.name, e.protected, i.name FROM environments e
         LEFT JOIN environments i ON i.id = e.inherits AND i.removed = 0
         WHERE e.project = ?1 AND e.removed = 0 ORDER BY e.position, e.name",
    )?;
    let rows = statement.query_map([project], |row| {
        Ok(Environment {
            id: row.get(0)?,
            name: row.get(1)?,
            protected: row.get(2)?,
            inherits: row.get(3)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The ids of a project and of one of its environments.
pub(crate) fn resolve(
    sql: &Connection,
    project: &str,
    environment: &str,
) -> Result<(ProjectId, EnvironmentId), VaultError> {
    let id = id_of(sql, project)?;
    sql.prepare_cached(
        "SELECT id FROM environments WHERE project = ?1 AND name = ?2 AND removed = 0",
    )?
    .query_row(rusqlite::params![id, environment], |row| row.get(0))
    .optional()?
    .map(|environment| (id, environment))
    .ok_or_else(|| no_environment(project, environment))
}
