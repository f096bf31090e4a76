//! What operations of a shared space made, and what somebody must have been allowed for each change. Kept for every
//! member alike, also of projects whose names they can't read: all have to come to the same answer.

use crate::{
    change::{Change, Sealed, Stages},
    field::{CredentialField, EnvironmentField, ProjectField},
    id::{EnvironmentId, ProjectId, SpaceId},
    membership::{of_environment, of_project},
    names::Said,
    transaction::MOST_VERSIONS,
    vault::VaultError,
};
use keystead_membership::{Role, Scope};
use keystead_replica::{Demand, Header, LogId, Refusal};
use rusqlite::{Connection, OptionalExtension, params};
use std::{
    cell::RefCell,
    collections::{HashMap, HashSet},
};

/// What a thing is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Kind {
    Project = 1,
    Environment = 2,
    Secret = 3,
    Version = 4,
    Attachment = 5,
    Credential = 6,
}

/// Something that an operation made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Thing {
    pub(crate) kind: Kind,
    pub(crate) project: [u8; 16],
    /// Of a version and an attachment.
    pub(crate) secret: [u8; 16],
    pub(crate) environment: [u8; 16],
    /// The operation that made it: the log's row, and the sequence.
    pub(crate) by: (i64, u64),
}

/// Things that were looked up, by their ids. What made a thing never changes, so it holds until rows go.
pub(crate) type KnownThings = RefCell<HashMap<[u8; 16], Thing>>;

/// Looks things up as an operation knows them: what it makes itself, and what it follows.
pub(crate) struct Things<'t> {
    pub(crate) sql: &'t Connection,
    pub(crate) space: SpaceId,
    /// The operation's own log, by its row.
    pub(crate) log: i64,
    pub(crate) header: &'t Header,
    /// By its row, so many operations of each other log that it had seen.
    pub(crate) seen: &'t HashMap<i64, u64>,
    known: &'t KnownThings,
    made: HashMap<[u8; 16], Thing>,
    /// Versions whose references are said.
    referring: HashSet<[u8; 16]>,
}

impl<'t> Things<'t> {
    pub(crate) fn known_to(
        sql: &'t Connection,
        space: SpaceId,
        (log, header): (i64, &'t Header),
        seen: &'t HashMap<i64, u64>,
        known: &'t KnownThings,
    ) -> Self {
        Self {
            sql,
            space,
            log,
            header,
            seen,
            known,
            made: HashMap::new(),
            referring: HashSet::new(),
        }
    }

    fn find(&self, kind: Kind, id: [u8; 16]) -> Result<Result<Thing, Refusal>, VaultError> {
        let thing = match self.made.get(&id) {
            Some(thing) => Some(*thing),
            None => self.kept(id)?,
        };
        Ok(match thing {
            Some(thing) if thing.kind == kind => Ok(thing),
            _ => Err(Refusal::NothingThere),
        })
    }

    fn kept(&self, id: [u8; 16]) -> Result<Option<Thing>, VaultError> {
        let known = self.known.borrow().get(&id).copied();
        let found = match known {
            Some(thing) => Some(thing),
            None => self.looked_up(id)?,
        };
        Ok(found.filter(|thing| {
            let (log, sequence) = thing.by;
            match log == self.log {
                true => sequence < self.header.sequence,
                false => self.seen.get(&log).is_some_and(|seen| *seen > sequence),
            }
        }))
    }

    fn looked_up(&self, id: [u8; 16]) -> Result<Option<Thing>, VaultError> {
        let found = self
            .sql
            .prepare_cached(
                "SELECT kind, project, secret, environment, log, sequence FROM things
                 WHERE id = ?1 AND space = ?2",
            )?
            .query_row(params![id, self.space], |row| {
                let kind = match row.get(0)? {
                    1 => Kind::Project,
                    2 => Kind::Environment,
                    3 => Kind::Secret,
                    4 => Kind::Version,
                    5 => Kind::Attachment,
                    _ => Kind::Credential,
                };
                Ok(Thing {
                    kind,
                    project: row.get(1)?,
                    secret: row.get::<_, Option<_>>(2)?.unwrap_or_default(),
                    environment: row.get::<_, Option<_>>(3)?.unwrap_or_default(),
                    by: (row.get(4)?, row.get::<_, i64>(5)?.cast_unsigned()),
                })
            })
            .optional()?;
        if let Some(thing) = found {
            self.known.borrow_mut().insert(id, thing);
        }
        Ok(found)
    }

    /// What each change of an operation demands, and what the operation makes. The changes' names need not be readable.
    pub(crate) fn demands(
        &mut self,
        said: &[Said],
    ) -> Result<Result<Vec<Demand>, Refusal>, VaultError> {
        let mut demands = Vec::new();
        if !crate::operation::ids_are_bound(self.header, said) {
            return Ok(Err(Refusal::NothingThere));
        }
        for (place, (change, _)) in said.iter().enumerate() {
            match self.demand(place, change, &mut demands)? {
                Ok(()) => {}
                Err(refusal) => return Ok(Err(refusal)),
            }
        }
        demands.dedup();
        Ok(Ok(demands))
    }

    fn demand(
        &mut self,
        place: usize,
        change: &Change,
        demands: &mut Vec<Demand>,
    ) -> Result<Result<(), Refusal>, VaultError> {
        macro_rules! or_refused {
            ($found:expr) => {
                match $found? {
                    Ok(found) => found,
                    Err(refusal) => return Ok(Err(refusal)),
                }
            };
        }
        macro_rules! there {
            ($kind:ident, $id:expr) => {
                or_refused!(self.find(Kind::$kind, $id))
            };
        }
        let by = (self.log, self.header.sequence);
        let mut needs = |scope, role, within, epoch| {
            demands.push(Demand {
                scope,
                role,
                within,
                epoch,
            });
        };
        let project_of = |thing: &Thing| of_project(ProjectId(thing.project));
        let environment_of = |project: [u8; 16], environment: [u8; 16]| {
            of_environment(ProjectId(project), EnvironmentId(environment))
        };
        let thing = |kind, project, secret, environment| Thing {
            kind,
            project,
            secret,
            environment,
            by,
        };
        const NONE: [u8; 16] = [0; 16];
        match change {
            Change::Genesis { statement, .. } => {
                use sha2::{Digest, Sha256};
                let space: [u8; 32] = Sha256::digest(statement).into();
                if place != 0 || self.header.sequence != 0 || space != self.space.0 {
                    return Ok(Err(Refusal::NotHere));
                }
            }
            Change::Say { .. } => {}
            Change::CreateProject { id, .. } => {
                needs(Scope::Space, Role::Editor, false, None);
                self.made
                    .insert(id.0, thing(Kind::Project, id.0, NONE, NONE));
            }
            Change::SetProject { project, field } => {
                let found = there!(Project, project.0);
                let role = match field {
                    ProjectField::Name(_) => Role::Editor,
                    ProjectField::Removed(_) => Role::Owner,
                };
                needs(project_of(&found), role, false, None);
            }
            Change::CreateEnvironment { id, project, .. } => {
                let found = there!(Project, project.0);
                needs(project_of(&found), Role::Editor, false, None);
                let made = thing(Kind::Environment, project.0, NONE, id.0);
                self.made.insert(id.0, made);
            }
            Change::SetEnvironment { environment, field } => {
                let found = there!(Environment, environment.0);
                let role = match field {
                    EnvironmentField::Protected(_) | EnvironmentField::Removed(_) => Role::Owner,
                    _ => Role::Editor,
                };
                if let EnvironmentField::Inherits(Some(from)) = field {
                    if there!(Environment, from.0).project != found.project {
                        return Ok(Err(Refusal::NothingThere));
                    }
                    let scope = environment_of(found.project, from.0);
                    needs(scope, Role::Reader, false, None);
                }
                needs(project_of(&found), role, false, None);
            }
            Change::CreateSecret { id, project, .. } => {
                let found = there!(Project, project.0);
                needs(project_of(&found), Role::Editor, true, None);
                self.made
                    .insert(id.0, thing(Kind::Secret, project.0, id.0, NONE));
            }
            Change::SetSecret { secret, .. } => {
                let found = there!(Secret, secret.0);
                needs(project_of(&found), Role::Editor, true, None);
            }
            Change::CreateCredential { id, project, .. } => {
                let found = there!(Project, project.0);
                needs(project_of(&found), Role::Editor, true, None);
                let made = thing(Kind::Credential, project.0, NONE, NONE);
                self.made.insert(id.0, made);
            }
            Change::SetCredential { credential, field } => {
                let found = there!(Credential, credential.0);
                if let CredentialField::Parts(parts) = field {
                    for part in parts {
                        if there!(Secret, part.secret.0).project != found.project {
                            return Ok(Err(Refusal::NothingThere));
                        }
                    }
                }
                needs(project_of(&found), Role::Editor, true, None);
            }
            Change::PutVersion { number, .. } if *number >= MOST_VERSIONS => {
                return Ok(Err(Refusal::NotHere));
            }
            Change::PutVersion {
                id,
                secret,
                environment,
                epoch,
                ..
            } => {
                let project = or_refused!(self.in_one_project(secret.0, environment.0));
                let scope = environment_of(project, environment.0);
                needs(scope, Role::Editor, false, Some(*epoch));
                let made = thing(Kind::Version, project, secret.0, environment.0);
                self.made.insert(id.0, made);
            }
            Change::Promote {
                secret,
                environment,
                stages,
            } => {
                let project = or_refused!(self.in_one_project(secret.0, environment.0));
                let Stages {
                    pending,
                    current,
                    previous,
                } = stages;
                for version in [pending, current, previous].into_iter().flatten() {
                    let found = there!(Version, version.0);
                    if (found.secret, found.environment) != (secret.0, environment.0) {
                        return Ok(Err(Refusal::NothingThere));
                    }
                }
                let scope = environment_of(project, environment.0);
                needs(scope, Role::Editor, false, None);
            }
            Change::Refer { version, targets } => {
                let found = there!(Version, version.0);
                // It is said with the version, once.
                if found.by != by || !self.referring.insert(version.0) {
                    return Ok(Err(Refusal::NothingThere));
                }
                for target in targets {
                    let project =
                        or_refused!(self.in_one_project(target.secret.0, target.environment.0));
                    // Whoever is given this value is given that one: its author has to be one who may read it.
                    let scope = environment_of(project, target.environment.0);
                    needs(scope, Role::Reader, false, None);
                }
                let scope = environment_of(found.project, found.environment);
                needs(scope, Role::Editor, false, None);
            }
            Change::Attach {
                id,
                secret,
                environment,
                epoch,
                ..
            } => {
                let project = or_refused!(self.in_one_project(secret.0, environment.0));
                let scope = environment_of(project, environment.0);
                needs(scope, Role::Editor, false, Some(*epoch));
                let made = thing(Kind::Attachment, project, secret.0, environment.0);
                self.made.insert(id.0, made);
            }
            Change::SetAttachment { attachment, .. } => {
                let found = there!(Attachment, attachment.0);
                let scope = environment_of(found.project, found.environment);
                needs(scope, Role::Editor, false, None);
            }
            Change::SealAnew { what, epoch, .. } => {
                let found = match what {
                    Sealed::Version(id) => self.find(Kind::Version, id.0)?,
                    Sealed::Attachment(id) => self.find(Kind::Attachment, id.0)?,
                };
                // What is not here, as its device was shown otherwise, is no reason to leave all the rest unsealed.
                if let Ok(found) = found {
                    let scope = environment_of(found.project, found.environment);
                    demands.push(Demand {
                        scope,
                        role: Role::Editor,
                        within: false,
                        epoch: Some(*epoch),
                    });
                }
            }
            Change::BeginIncarnation { .. } => {
                if place != 0 || self.header.sequence != 0 {
                    return Ok(Err(Refusal::NotHere));
                }
            }
            // What lets values go is said of one's own space alone, until there are checkpoints.
            Change::Compact { .. }
            | Change::Prune { .. }
            | Change::CreateLink { .. }
            | Change::RemoveLink { .. }
            | Change::PinCard { .. }
            | Change::Vouch { .. }
            | Change::ForgetCard { .. } => return Ok(Err(Refusal::NotHere)),
        }
        Ok(Ok(()))
    }

    fn in_one_project(
        &self,
        secret: [u8; 16],
        environment: [u8; 16],
    ) -> Result<Result<[u8; 16], Refusal>, VaultError> {
        let secret = self.find(Kind::Secret, secret)?;
        let environment = self.find(Kind::Environment, environment)?;
        Ok(match (secret, environment) {
            (Ok(secret), Ok(environment)) if secret.project == environment.project => {
                Ok(secret.project)
            }
            _ => Err(Refusal::NothingThere),
        })
    }

    /// Keeps what the operation makes.
    pub(crate) fn keep(&self) -> Result<(), VaultError> {
        let mut insert = self.sql.prepare_cached(
            "INSERT OR IGNORE INTO things (id, space, kind, project, secret, environment, log, sequence)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?;
        let some = |id: [u8; 16]| (id != [0; 16]).then_some(id);
        for (id, thing) in &self.made {
            let kept = insert.execute(params![
                id,
                self.space,
                thing.kind as u8,
                thing.project,
                some(thing.secret),
                some(thing.environment),
                thing.by.0,
                thing.by.1.cast_signed()
            ])?;
            if kept > 0 {
                self.known.borrow_mut().insert(*id, *thing);
            }
        }
        Ok(())
    }
}

/// The rows of the logs of a space, by what they are called.
pub(crate) fn rows_of_logs(
    sql: &Connection,
    space: SpaceId,
) -> Result<HashMap<LogId, i64>, VaultError> {
    let mut statement =
        sql.prepare_cached("SELECT id, device, incarnation FROM logs WHERE space = ?1")?;
    let rows = statement.query_map([space], |row| {
        Ok((LogId::new(row.get(1)?, row.get(2)?), row.get(0)?))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
