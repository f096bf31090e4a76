//! Editing what projects, environments and secrets say of themselves, and what there is of them. Whatever is removed
//! stays in the log with its versions, and comes back by an undo.

use crate::{
    apply,
    asker::Asker,
    change::{Change, Origin, Stages},
    credential,
    event::Action,
    field::{EnvironmentField, ProjectField, SecretField},
    id::{EnvironmentId, ProjectId},
    log::EventDraft,
    name::SecretName,
    project::{self, environments, no_environment},
    reference::{self, refuse_referred, refuse_referred_environment, refuse_referred_project},
    secret::{self, no_secret},
    transaction::{Put, Transaction},
    vault::{Vault, VaultError},
};
use rusqlite::{Connection, OptionalExtension};
use std::collections::BTreeSet;

/// No chain of environments is longer; one that is refers to itself.
const LONGEST_CHAIN: usize = 16;

impl Vault {
    /// The tags of a secret.
    ///
    /// # Errors
    /// [`VaultError`] that names what there is none of.
    pub fn tags(&self, project: &str, name: &str) -> Result<BTreeSet<String>, VaultError> {
        let id = project::id_of(&self.sql, project)?;
        let secret = secret::find(&self.sql, id, name)?
            .ok_or_else(|| no_secret(project, "any environment", name))?;
        Ok(apply::tags(&self.sql, secret)?.into_iter().collect())
    }

    /// Says whether values of an environment may leave for this asker.
    ///
    /// # Errors
    /// [`VaultError::Protected`], or [`VaultError`] that names what there is none of.
    pub fn check_release(
        &self,
        asker: &Asker,
        (project, environment): (&str, &str),
    ) -> Result<(), VaultError> {
        let (_, environment) = project::resolve(&self.sql, project, environment)?;
        refuse_protected(&self.sql, environment, asker)?;
        for used in reference::environments_used(&self.sql, environment)? {
            refuse_protected(&self.sql, used, asker)?;
        }
        let current = self.current_in(environment)?;
        let versions = current.values().map(|(version, _)| version);
        self.refuse_unreleased(asker, environment, versions)
    }

    /// Edits fields of secrets of one project, as one operation. What says the same already is left out.
    ///
    /// # Errors
    /// [`VaultError`] that names what there is none of, or [`VaultError::Exists`] for a new name that is taken.
    pub fn edit_secrets(
        &mut self,
        asker: &Asker,
        project: &str,
        edits: &[(&str, Vec<SecretField>)],
    ) -> Result<(), VaultError> {
        let project_id = project::id_of(&self.sql, project)?;
        self.transact(asker, |t| {
            let mut edited = Vec::new();
            let mut removes = true;
            let mut gone = Vec::new();
            for (name, fields) in edits {
                let secret = secret::find(t.sql(), project_id, name)?
                    .ok_or_else(|| no_secret(project, "any environment", name))?;
                let mut changed = false;
                for field in fields {
                    let removed = matches!(field, SecretField::Removed(true));
                    removes &= removed;
                    gone.extend(removed.then_some(secret));
                    let field = field.clone();
                    changed |= t.set(Change::SetSecret { secret, field })?;
                }
                if changed {
                    edited.push((secret, *name));
                }
            }
            for secret in &gone {
                credential::refuse_member(t.sql(), *secret)?;
                refuse_referred(t.sql(), *secret, None, &gone)?;
            }
            let action = match removes {
                true => Action::SecretRemoved,
                false => Action::SecretEdited,
            };
            let mut draft = EventDraft::of(action).detail(names_of(&edited, |(_, name)| name));
            draft.project = Some(project_id);
            draft.secret = match &edited[..] {
                [] => return Ok(()),
                [(secret, _)] => Some(*secret),
                _ => None,
            };
            t.event(draft)
        })
    }

    /// Takes the values of secrets out of an environment; their versions stay.
    ///
    /// # Errors
    /// [`VaultError::NoSecret`] for one that has no value of its own there.
    pub fn remove_values(
        &mut self,
        asker: &Asker,
        (project, environment): (&str, &str),
        names: &[&str],
    ) -> Result<(), VaultError> {
        let (project_id, environment_id) = project::resolve(&self.sql, project, environment)?;
        self.transact(asker, |t| {
            let mut removed = Vec::new();
            let heirs = heirs(t.sql(), environment_id)?;
            let broken = reference::broken(t.sql(), &heirs)?;
            for name in names {
                let missing = || no_secret(project, environment, name);
                let secret = secret::find(t.sql(), project_id, name)?.ok_or_else(missing)?;
                let now = apply::stages(t.sql(), secret, environment_id)?;
                let current = now.current.ok_or_else(missing)?;
                t.space_change(Change::Promote {
                    secret,
                    environment: environment_id,
                    stages: Stages {
                        pending: now.pending,
                        current: None,
                        previous: Some(current),
                    },
                })?;
                removed.push((secret, *name, current));
            }
            reference::refuse_broken(t.sql(), &heirs, &broken)?;
            let mut draft = EventDraft::of(Action::ValueRemoved)
                .detail(names_of(&removed, |(_, name, _)| name));
            draft.project = Some(project_id);
            draft.environment = Some(environment_id);
            draft.versions = removed.iter().map(|(_, _, version)| *version).collect();
            if let [(secret, ..)] = &removed[..] {
                draft.secret = Some(*secret);
            }
            t.event(draft)
        })
    }

    /// Copies the current values of secrets from one environment to another, without letting any out.
    ///
    /// # Errors
    /// [`VaultError::NoSecret`] for one that has no value to copy, [`VaultError::Protected`] where the environment that
    /// they come from is protected and nobody said so once more.
    pub fn fill(
        &mut self,
        asker: &Asker,
        project: &str,
        (from, to): (&str, &str),
        names: &[&str],
    ) -> Result<Vec<Put>, VaultError> {
        let (project_id, from_id) = project::resolve(&self.sql, project, from)?;
        let (_, to_id) = project::resolve(&self.sql, project, to)?;
        refuse_protected(&self.sql, from_id, asker)?;
        let mut values = Vec::new();
        for name in names {
            let place = (project_id, from_id);
            let found =
                secret::select_one(&self.sql, place, name, secret::VersionSelector::Current)?;
            let version = found.and_then(|found| Some((found.environment, found.version?.0)));
            let (environment, version) = version.ok_or_else(|| no_secret(project, from, name))?;
            self.refuse_unreleased(asker, from_id, [&version])?;
            let value = self.open_version(project_id, environment, version)?;
            let targets = reference::targets(&self.sql, version)?;
            values.push((SecretName::parse(name)?, value, targets));
        }
        self.transact(asker, |t| {
            let mut puts = Vec::new();
            for (name, value, targets) in &values {
                asker.cancel.check()?;
                let (place, text) = ((project_id, to_id), (&value[..], &targets[..]));
                puts.push(t.put_composed(place, name, text, Origin::Copied)?);
            }
            let detail = format!("from {from}: {}", names_of(names, |name| name));
            let mut draft = EventDraft::of(Action::ValuesFilled).detail(detail);
            draft.project = Some(project_id);
            draft.environment = Some(to_id);
            if let [(secret, _)] = &puts[..] {
                draft.secret = Some(*secret);
            }
            let written = puts.iter().filter(|(_, put)| put.written);
            draft.versions = written.map(|(_, put)| put.version).collect();
            t.event(draft)?;
            Ok(puts.into_iter().map(|(_, put)| put).collect())
        })
    }

    /// Edits fields of an environment.
    ///
    /// # Errors
    /// [`VaultError`] that names what there is none of; [`VaultError::Exists`], [`VaultError::InheritsItself`],
    /// [`VaultError::Protected`] for one to inherit from where nobody said so once more, [`VaultError::ReferredTo`]
    /// where a value elsewhere would lose what it is made of or, for one that is to go, [`VaultError::Linked`].
    pub fn edit_environment(
        &mut self,
        asker: &Asker,
        (project, environment): (&str, &str),
        fields: &[EnvironmentField],
    ) -> Result<(), VaultError> {
        let (project_id, id) = project::resolve(&self.sql, project, environment)?;
        self.transact(asker, |t| {
            let mut changed = false;
            let mut action = Action::EnvironmentEdited;
            let heirs = heirs(t.sql(), id)?;
            let broken = reference::broken(t.sql(), &heirs)?;
            for field in fields {
                match field {
                    EnvironmentField::Inherits(Some(from)) => {
                        let theirs: Option<ProjectId> = t
                            .sql()
                            .prepare_cached("SELECT project FROM environments WHERE id = ?1")?
                            .query_row([from], |row| row.get(0))
                            .optional()?;
                        if theirs != Some(project_id) {
                            return Err(no_environment(project, "of that id"));
                        }
                        if chain(t.sql(), *from)?.contains(&id) {
                            return Err(VaultError::InheritsItself(environment.to_owned()));
                        }
                        if chain(t.sql(), id)?.get(1) != Some(from) {
                            // Its values leave through this one from now on.
                            refuse_protected(t.sql(), *from, asker)?;
                        }
                    }
                    EnvironmentField::Removed(true) => {
                        refuse_linked(t.sql(), "environment", id.0, environment)?;
                        refuse_referred_environment(t.sql(), id)?;
                        action = Action::EnvironmentRemoved;
                    }
                    _ => {}
                }
                let (environment, field) = (id, field.clone());
                changed |= t.set(Change::SetEnvironment { environment, field })?;
            }
            if !changed {
                return Ok(());
            }
            reference::refuse_broken(t.sql(), &heirs, &broken)?;
            let mut draft = EventDraft::of(action).detail(environment);
            draft.project = Some(project_id);
            draft.environment = Some(id);
            t.event(draft)
        })
    }

    /// Puts the environments of a project in this order; those that are not named come after, as they were.
    ///
    /// # Errors
    /// [`VaultError`] that names what there is none of.
    pub fn order_environments(
        &mut self,
        asker: &Asker,
        project: &str,
        order: &[&str],
    ) -> Result<(), VaultError> {
        let id = project::id_of(&self.sql, project)?;
        self.transact(asker, |t| {
            let mut rest = environments(t.sql(), id)?;
            let mut ordered = Vec::new();
            for name in order {
                let at = rest.iter().position(|e| e.name == *name);
                ordered.push(rest.remove(at.ok_or_else(|| no_environment(project, name))?));
            }
            ordered.extend(rest);
            let mut changed = false;
            for (position, environment) in (0..).zip(&ordered) {
                changed |= t.set(Change::SetEnvironment {
                    environment: environment.id,
                    field: EnvironmentField::Position(position),
                })?;
            }
            if !changed {
                return Ok(());
            }
            let mut draft = EventDraft::of(Action::EnvironmentEdited)
                .detail(format!("order: {}", names_of(&ordered, |e| &e.name)));
            draft.project = Some(id);
            t.event(draft)
        })
    }

    /// Edits fields of a project.
    ///
    /// # Errors
    /// [`VaultError::NoProject`], [`VaultError::Exists`] or, for one that is to go, [`VaultError::Linked`].
    pub fn edit_project(
        &mut self,
        asker: &Asker,
        project: &str,
        fields: &[ProjectField],
    ) -> Result<(), VaultError> {
        let id = project::id_of(&self.sql, project)?;
        self.transact(asker, |t| {
            let mut changed = false;
            let mut action = Action::ProjectEdited;
            for field in fields {
                if matches!(field, ProjectField::Removed(true)) {
                    refuse_linked(t.sql(), "project", id.0, project)?;
                    refuse_referred_project(t.sql(), id)?;
                    action = Action::ProjectRemoved;
                }
                let field = field.clone();
                changed |= t.set(Change::SetProject { project: id, field })?;
            }
            if !changed {
                return Ok(());
            }
            let mut draft = EventDraft::of(action).detail(project);
            draft.project = Some(id);
            t.event(draft)
        })
    }
}

impl Transaction<'_> {
    /// Makes a change unless it says what is so already; whether it was made.
    pub(crate) fn set(&mut self, change: Change) -> Result<bool, VaultError> {
        if change.present(self.sql())?.as_ref() == Some(&change) {
            return Ok(false);
        }
        self.space_change(change)?;
        Ok(true)
    }
}

/// An environment, and those whose values it has where it has none, nearest first.
pub(crate) fn chain(
    sql: &Connection,
    environment: EnvironmentId,
) -> Result<Vec<EnvironmentId>, VaultError> {
    let mut statement = sql.prepare_cached(
        "SELECT i.id FROM environments e JOIN environments i ON i.id = e.inherits
         WHERE e.id = ?1 AND i.removed = 0",
    )?;
    let mut chain = vec![environment];
    while let Some(next) = statement
        .query_row([chain[chain.len() - 1]], |row| row.get(0))
        .optional()?
    {
        if chain.contains(&next) || chain.len() == LONGEST_CHAIN {
            return Err(VaultError::Damaged("environments inherit in a circle"));
        }
        chain.push(next);
    }
    Ok(chain)
}

/// An environment, and those that have its values where they have none.
pub(crate) fn heirs(
    sql: &Connection,
    environment: EnvironmentId,
) -> Result<Vec<EnvironmentId>, VaultError> {
    let mut statement =
        sql.prepare_cached("SELECT id FROM environments WHERE inherits = ?1 AND removed = 0")?;
    let mut heirs = vec![environment];
    let mut at = 0;
    while at < heirs.len() {
        let found: Vec<EnvironmentId> = statement
            .query_map([heirs[at]], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        heirs.extend(found.into_iter().filter(|heir| *heir != environment));
        at += 1;
    }
    Ok(heirs)
}

/// Whether values of this environment, or of one that it inherits from, may leave.
pub(crate) fn refuse_protected(
    sql: &Connection,
    environment: EnvironmentId,
    asker: &Asker,
) -> Result<(), VaultError> {
    if asker.confirmed {
        return Ok(());
    }
    let mut statement =
        sql.prepare_cached("SELECT name FROM environments WHERE id = ?1 AND protected = 1")?;
    for environment in chain(sql, environment)? {
        let protected: Option<String> = statement
            .query_row([environment], |row| row.get(0))
            .optional()?;
        if let Some(name) = protected {
            return Err(VaultError::Protected(name));
        }
    }
    Ok(())
}

fn refuse_linked(
    sql: &Connection,
    column: &str,
    id: [u8; 16],
    name: &str,
) -> Result<(), VaultError> {
    let query = format!("SELECT 1 FROM links WHERE {column} = ?1");
    match sql.prepare_cached(&query)?.exists([id])? {
        true => Err(VaultError::Linked(name.to_owned())),
        false => Ok(()),
    }
}

/// The first few by name, the rest by number.
pub(crate) fn names_of<T>(things: &[T], name: impl Fn(&T) -> &str) -> String {
    let mut words: Vec<&str> = things.iter().take(5).map(name).collect();
    let more = things.len().saturating_sub(5);
    let rest = format!("and {more} more");
    if more > 0 {
        words.push(&rest);
    }
    words.join(", ")
}
