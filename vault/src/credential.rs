//! Credentials: what a provider knows as one thing, made of several secrets or of parts of one. They rotate, restore
//! and expire together, in one operation, so that no export ever shows half of one.

use crate::{
    apply,
    asker::Asker,
    change::{Change, Origin, Stages},
    edit::names_of,
    event::Action,
    field::CredentialField,
    id::{CredentialId, EnvironmentId, ProjectId, SecretId, VersionId},
    log::{EventDraft, Log},
    name::{CredentialName, SecretName},
    part::{Part, PartOf},
    project,
    reference::{self, Composed},
    secret::{self, no_secret},
    transaction::Put,
    vault::{Vault, VaultError},
};
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::{BTreeMap, BTreeSet};
use zeroize::Zeroizing;

/// What a provider knows as one thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderCredential {
    /// Its id.
    pub id: CredentialId,
    /// Its name.
    pub name: String,
    /// What it is made of: a secret's name, and which part of its values.
    pub parts: Vec<(String, PartOf)>,
}

impl Vault {
    /// The credentials of a project, by name.
    ///
    /// # Errors
    /// [`VaultError::NoProject`].
    pub fn credentials(&self, project: &str) -> Result<Vec<ProviderCredential>, VaultError> {
        let project = project::id_of(&self.sql, project)?;
        let found: Vec<(CredentialId, String)> = self
            .sql
            .prepare_cached(
                "SELECT id, name FROM credentials WHERE project = ?1 AND removed = 0 ORDER BY name",
            )?
            .query_map([project], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<Result<_, _>>()?;
        let view = |(id, name)| {
            let parts = named_parts(&self.sql, id)?;
            Ok(ProviderCredential { id, name, parts })
        };
        found.into_iter().map(view).collect()
    }

    /// The credential that a secret is part of.
    ///
    /// # Errors
    /// [`VaultError`] that names what there is none of.
    pub fn credential_of(
        &self,
        project: &str,
        name: &str,
    ) -> Result<Option<ProviderCredential>, VaultError> {
        let project_id = project::id_of(&self.sql, project)?;
        let secret = secret::find(&self.sql, project_id, name)?
            .ok_or_else(|| no_secret(project, "any environment", name))?;
        let Some((id, name)) = of_secret(&self.sql, secret)? else {
            return Ok(None);
        };
        let parts = named_parts(&self.sql, id)?;
        Ok(Some(ProviderCredential { id, name, parts }))
    }

    /// Says of which parts a credential is made; makes it if there is none of that name.
    ///
    /// # Errors
    /// [`VaultError::PartOf`] for a secret that is part of another one, [`VaultError::NoParts`] for none at all, or
    /// [`VaultError`] that names what there is none of.
    pub fn set_credential(
        &mut self,
        asker: &Asker,
        project: &str,
        name: &CredentialName,
        parts: &[(&str, PartOf)],
    ) -> Result<(), VaultError> {
        let project_id = project::id_of(&self.sql, project)?;
        let distinct: BTreeSet<(&str, String)> = parts
            .iter()
            .map(|(secret, of)| (*secret, of.to_string()))
            .collect();
        if distinct.is_empty() || distinct.len() < parts.len() {
            return Err(VaultError::NoParts);
        }
        self.transact(asker, |t| {
            let existing = find(t.sql(), project_id, name.as_str())?;
            let mut made_of = Vec::new();
            for (secret_name, of) in parts {
                let secret = secret::find(t.sql(), project_id, secret_name)?
                    .ok_or_else(|| no_secret(project, "any environment", secret_name))?;
                if let Some((other, of_name)) = of_secret(t.sql(), secret)?
                    && Some(other) != existing
                {
                    return Err(VaultError::PartOf(of_name));
                }
                made_of.push(Part {
                    secret,
                    of: of.clone(),
                });
            }
            let credential = match existing {
                Some(id) => id,
                None => {
                    let id = CredentialId(t.next_id()?);
                    t.space_change(Change::CreateCredential {
                        id,
                        project: project_id,
                        name: name.to_string(),
                    })?;
                    id
                }
            };
            let changed = t.set(Change::SetCredential {
                credential,
                field: CredentialField::Parts(made_of),
            })?;
            if !changed {
                return Ok(());
            }
            let words = names_of(parts, |(secret, _)| secret);
            let mut draft =
                EventDraft::of(Action::CredentialEdited).detail(format!("{name}: {words}"));
            draft.project = Some(project_id);
            t.event(draft)
        })
    }

    /// Edits fields of a credential; whatever it is made of stays.
    ///
    /// # Errors
    /// [`VaultError::NoCredential`], or [`VaultError::Exists`] for a name that is taken.
    pub fn edit_credential(
        &mut self,
        asker: &Asker,
        (project, name): (&str, &str),
        fields: &[CredentialField],
    ) -> Result<(), VaultError> {
        let project_id = project::id_of(&self.sql, project)?;
        let credential = find(&self.sql, project_id, name)?
            .ok_or_else(|| VaultError::NoCredential(name.to_owned()))?;
        self.transact(asker, |t| {
            let mut changed = false;
            for field in fields {
                let field = field.clone();
                changed |= t.set(Change::SetCredential { credential, field })?;
            }
            if !changed {
                return Ok(());
            }
            let mut draft = EventDraft::of(Action::CredentialEdited).detail(name);
            draft.project = Some(project_id);
            t.event(draft)
        })
    }

    /// Gives a credential new values in an environment, all in one operation. Parts that are not named keep theirs.
    ///
    /// # Errors
    /// [`VaultError::NoPart`] for a part that the credential or a current value lacks, [`VaultError::SameValue`] where
    /// nothing would change, or [`VaultError`] that names what there is none of.
    pub fn rotate_credential(
        &mut self,
        asker: &Asker,
        (project, environment, name): (&str, &str, &str),
        values: &[(&str, PartOf, &str)],
        origin: Origin,
    ) -> Result<Vec<Put>, VaultError> {
        let place = project::resolve(&self.sql, project, environment)?;
        let id = find(&self.sql, place.0, name)?
            .ok_or_else(|| VaultError::NoCredential(name.to_owned()))?;
        let parts = named_parts(&self.sql, id)?;
        let mut texts: BTreeMap<&str, Composed> = BTreeMap::new();
        for (secret_name, of, value) in values {
            let label = || label(secret_name, of);
            if !parts.iter().any(|(s, o)| s == secret_name && o == of) {
                return Err(VaultError::NoPart(label()));
            }
            if *of == PartOf::Whole {
                self.own_current((project, environment), place, secret_name)?;
                texts.insert(secret_name, reference::compose(&self.sql, value)?);
                continue;
            }
            if !texts.contains_key(secret_name) {
                let text = self.own_text((project, environment), place, secret_name)?;
                texts.insert(secret_name, text);
            }
            if let Some(now) = texts.get_mut(secret_name) {
                let written = reference::write_part(&now.text, &now.targets, (of, value));
                *now = written.map_err(|_| VaultError::NoPart(label()))?;
                if now.text.len() > reference::LARGEST {
                    return Err(VaultError::ResolvesTooLarge);
                }
            }
        }
        self.transact(asker, |t| {
            let mut puts = Vec::new();
            for (secret_name, now) in &texts {
                let secret_name = SecretName::parse(secret_name)?;
                let text = (now.text.as_str(), &now.targets[..]);
                puts.push(t.put_composed(place, &secret_name, text, origin)?.1);
            }
            if !puts.iter().any(|put| put.written) {
                return Err(VaultError::SameValue);
            }
            let mut draft = EventDraft::of(Action::ValueRotated)
                .detail(format!("credential {name}, {}", origin.words()));
            draft.project = Some(place.0);
            draft.environment = Some(place.1);
            draft.versions = puts.iter().map(|put| put.version).collect();
            t.event(draft)?;
            Ok(puts)
        })
    }

    /// Takes the newest rotation of a credential back, in one operation: what it made current gives way to what was
    /// current before. Members that it left alone stay, so that what is current was current together before.
    ///
    /// # Errors
    /// [`VaultError::NoVersion`] where there is nothing to go back to, or [`VaultError`] that names what there is
    /// none of.
    pub fn restore_credential(
        &mut self,
        asker: &Asker,
        (project, environment, name): (&str, &str, &str),
    ) -> Result<Vec<String>, VaultError> {
        let place = project::resolve(&self.sql, project, environment)?;
        let id = find(&self.sql, place.0, name)?
            .ok_or_else(|| VaultError::NoCredential(name.to_owned()))?;
        let rotated = self.last_rotated(id, place.1)?;
        self.transact(asker, |t| {
            let (mut versions, mut names) = (Vec::new(), Vec::new());
            for secret in rotated {
                let now = apply::stages(t.sql(), secret, place.1)?;
                let name = name_of(t.sql(), secret)?;
                let Some(previous) = now.previous else {
                    return Err(VaultError::NoVersion { name });
                };
                t.space_change(Change::Promote {
                    secret,
                    environment: place.1,
                    stages: Stages {
                        pending: now.pending,
                        current: Some(previous),
                        previous: now.current,
                    },
                })?;
                versions.push(previous);
                names.push(name);
            }
            if versions.is_empty() {
                let name = name.to_owned();
                return Err(VaultError::NoVersion { name });
            }
            let mut draft = EventDraft::of(Action::ValueRestored)
                .detail(format!("credential {name}: {}", names.join(", ")));
            draft.project = Some(place.0);
            draft.environment = Some(place.1);
            draft.versions = versions;
            t.event(draft)?;
            Ok(names)
        })
    }

    /// The members of a credential whose current values the newest operation set that set any of them.
    fn last_rotated(
        &self,
        credential: CredentialId,
        environment: EnvironmentId,
    ) -> Result<Vec<SecretId>, VaultError> {
        let members = secrets_of(&self.sql, credential)?;
        let log = Log::load(&self.sql, self.facts.space)?.id;
        let named = "instr(block, ?) > 0 OR ".repeat(members.len());
        let query = format!(
            "SELECT header, block FROM operations WHERE log = ? AND ({named} 0)
             ORDER BY sequence DESC"
        );
        let mut statement = self.sql.prepare(&query)?;
        statement.raw_bind_parameter(1, log)?;
        for (at, member) in (2..).zip(&members) {
            statement.raw_bind_parameter(at, member)?;
        }
        let mut rows = statement.raw_query();
        while let Some(row) = rows.next()? {
            let changes = self
                .read_operation(&row.get::<_, Vec<u8>>(0)?, &row.get::<_, Vec<u8>>(1)?)?
                .changes;
            let waits = |version| {
                let put = |change: &Change| matches!(change, Change::PutVersion { id, .. } if Some(*id) == version);
                changes.iter().any(put)
            };
            let set = |member: &&SecretId| {
                changes.iter().any(|change| {
                    matches!(change, Change::Promote { secret, environment: at, stages }
                        if secret == *member && *at == environment && !waits(stages.pending))
                })
            };
            let rotated: Vec<SecretId> = members.iter().filter(set).copied().collect();
            if !rotated.is_empty() {
                return Ok(rotated);
            }
        }
        Ok(Vec::new())
    }

    /// The names of the secrets that rotate with this one: those of its credential, or itself alone.
    ///
    /// # Errors
    /// [`VaultError`] that names what there is none of.
    pub fn together_with(&self, project: &str, name: &str) -> Result<Vec<String>, VaultError> {
        let credential = self.credential_of(project, name)?;
        let Some(credential) = credential else {
            return Ok(vec![name.to_owned()]);
        };
        let names: BTreeSet<String> = credential.parts.into_iter().map(|(name, _)| name).collect();
        Ok(names.into_iter().collect())
    }

    /// Refuses to change one of several secrets that only change together.
    pub(crate) fn refuse_part(&self, project: &str, name: &str) -> Result<(), VaultError> {
        match self.credential_of(project, name)? {
            Some(credential) if credential.parts.iter().any(|(other, _)| other != name) => {
                Err(VaultError::PartOf(credential.name))
            }
            _ => Ok(()),
        }
    }

    /// A current value as it is stored, of the environment itself.
    fn own_text(
        &mut self,
        names: (&str, &str),
        place: (ProjectId, EnvironmentId),
        name: &str,
    ) -> Result<Composed, VaultError> {
        let version = self.own_current(names, place, name)?;
        let text = self.open_version(place.0, place.1, version)?;
        Ok(Composed {
            text: Zeroizing::new(text.to_string()),
            targets: reference::targets(&self.sql, version)?,
        })
    }

    /// The version that is current in the environment itself.
    pub(crate) fn own_current(
        &self,
        (project, environment): (&str, &str),
        place: (ProjectId, EnvironmentId),
        name: &str,
    ) -> Result<VersionId, VaultError> {
        let missing = || no_secret(project, environment, name);
        let secret = secret::find(&self.sql, place.0, name)?.ok_or_else(missing)?;
        let current = apply::stages(&self.sql, secret, place.1)?.current;
        current.ok_or_else(missing)
    }
}

/// A part as a person names it: `DATABASE_URL#password`.
pub(crate) fn label(secret: &str, of: &PartOf) -> String {
    match of {
        PartOf::Whole => secret.to_owned(),
        of => format!("{secret}#{of}"),
    }
}

fn find(
    sql: &Connection,
    project: ProjectId,
    name: &str,
) -> Result<Option<CredentialId>, VaultError> {
    Ok(sql
        .prepare_cached(
            "SELECT id FROM credentials WHERE project = ?1 AND name = ?2 AND removed = 0",
        )?
        .query_row(params![project, name], |row| row.get(0))
        .optional()?)
}

fn of_secret(
    sql: &Connection,
    secret: SecretId,
) -> Result<Option<(CredentialId, String)>, VaultError> {
    Ok(sql
        .prepare_cached(
            "SELECT d.id, d.name FROM parts p JOIN credentials d ON d.id = p.credential
             WHERE p.secret = ?1 AND d.removed = 0 LIMIT 1",
        )?
        .query_row([secret], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?)
}

/// Refuses to take a secret away that a credential is made of.
pub(crate) fn refuse_member(sql: &Connection, secret: SecretId) -> Result<(), VaultError> {
    match of_secret(sql, secret)? {
        None => Ok(()),
        Some((_, name)) => Err(VaultError::PartOf(name)),
    }
}

/// Whether a credential, where it is there, is made of secrets that are there and of no other credential.
pub(crate) fn stands(sql: &Connection, credential: CredentialId) -> Result<bool, VaultError> {
    let torn = sql
        .prepare_cached(
            "SELECT 1 FROM credentials d JOIN parts p ON p.credential = d.id
             JOIN secrets c ON c.id = p.secret WHERE d.id = ?1 AND d.removed = 0
             AND (c.removed = 1 OR EXISTS (SELECT 1 FROM parts o JOIN credentials x
               ON x.id = o.credential AND x.removed = 0
               WHERE o.secret = p.secret AND o.credential <> d.id))",
        )?
        .exists([credential])?;
    Ok(!torn)
}

fn name_of(sql: &Connection, secret: SecretId) -> Result<String, VaultError> {
    Ok(sql
        .prepare_cached("SELECT name FROM secrets WHERE id = ?1")?
        .query_row([secret], |row| row.get(0))?)
}

fn secrets_of(sql: &Connection, credential: CredentialId) -> Result<Vec<SecretId>, VaultError> {
    let mut secrets = Vec::new();
    for part in parts(sql, credential)? {
        if !secrets.contains(&part.secret) {
            secrets.push(part.secret);
        }
    }
    Ok(secrets)
}

pub(crate) fn parts(sql: &Connection, credential: CredentialId) -> Result<Vec<Part>, VaultError> {
    let mut statement = sql
        .prepare_cached("SELECT secret, part FROM parts WHERE credential = ?1 ORDER BY position")?;
    let rows = statement.query_map([credential], |row| Ok((row.get(0)?, row.get(1)?)))?;
    rows.map(|row| {
        let (secret, of): (_, String) = row?;
        let of = of.parse();
        let of = of.map_err(|_| VaultError::Damaged("a credential's part is unknown"))?;
        Ok(Part { secret, of })
    })
    .collect()
}

fn named_parts(
    sql: &Connection,
    credential: CredentialId,
) -> Result<Vec<(String, PartOf)>, VaultError> {
    let named = |part: Part| Ok((name_of(sql, part.secret)?, part.of));
    parts(sql, credential)?.into_iter().map(named).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Exposure, SecretField, VersionSelector,
        tests::{asker, vault_in},
    };

    fn put(vault: &mut Vault, name: &str, value: &str) {
        let one = [(SecretName::parse(name).expect("a name"), value)];
        vault
            .put_values(&asker(), "p", "prod", &one, Origin::Set, "", true)
            .expect("put");
    }

    fn get(vault: &mut Vault, name: &str) -> String {
        let place = ("p", "prod", name);
        let read = vault.read(
            &asker(),
            place,
            VersionSelector::Current,
            Exposure::Read,
            "",
        );
        read.expect("read").value.to_string()
    }

    fn set(vault: &mut Vault, name: &str, parts: &[(&str, PartOf)]) -> Result<(), VaultError> {
        let name = CredentialName::parse(name).expect("a name");
        vault.set_credential(&asker(), "p", &name, parts)
    }

    #[test]
    fn a_credential_rotates_restores_and_comes_back_as_one() {
        let temp = tempfile::tempdir().expect("temp");
        let (mut vault, ..) = vault_in(temp.path());
        put(&mut vault, "AWS_ACCESS_KEY_ID", "AKIAOLD");
        put(&mut vault, "AWS_SECRET_ACCESS_KEY", "old");
        put(&mut vault, "DATABASE_URL", "postgres://app:one@h/d?x=y");
        put(&mut vault, "OTHER", "x");
        set(
            &mut vault,
            "aws",
            &[
                ("AWS_ACCESS_KEY_ID", PartOf::Whole),
                ("AWS_SECRET_ACCESS_KEY", PartOf::Whole),
            ],
        )
        .expect("made");
        let in_url = [
            ("DATABASE_URL", PartOf::UrlUser),
            ("DATABASE_URL", PartOf::UrlPassword),
        ];
        set(&mut vault, "app's login", &in_url).expect("made");
        let refused = set(&mut vault, "again", &[("AWS_ACCESS_KEY_ID", PartOf::Whole)]);
        assert!(matches!(&refused, Err(VaultError::PartOf(of)) if of == "aws"));
        let refused = set(&mut vault, "none", &[]);
        assert!(matches!(refused, Err(VaultError::NoParts)));

        // Half of it does not change alone.
        let one = ("p", "prod", "AWS_ACCESS_KEY_ID");
        let refused = vault.rotate(&asker(), one, "AKIANEW", Origin::Rotated);
        assert!(matches!(refused, Err(VaultError::PartOf(_))), "{refused:?}");

        let before = vault.operations(1, None).expect("listed")[0].sequence;
        let rotate = |vault: &mut Vault, name: &str, values: &[(&str, PartOf, &str)]| {
            vault.rotate_credential(&asker(), ("p", "prod", name), values, Origin::Rotated)
        };
        let both = [
            ("AWS_ACCESS_KEY_ID", PartOf::Whole, "AKIANEW"),
            ("AWS_SECRET_ACCESS_KEY", PartOf::Whole, "new"),
        ];
        let puts = rotate(&mut vault, "aws", &both).expect("rotated");
        assert_eq!(puts.len(), 2);
        let after = vault.operations(1, None).expect("listed")[0].sequence;
        assert_eq!(after, before + 1, "one operation");
        assert_eq!(get(&mut vault, "AWS_ACCESS_KEY_ID"), "AKIANEW");
        assert_eq!(get(&mut vault, "AWS_SECRET_ACCESS_KEY"), "new");
        let refused = rotate(&mut vault, "aws", &both);
        assert!(matches!(refused, Err(VaultError::SameValue)));
        let stranger = [("OTHER", PartOf::Whole, "y")];
        let refused = rotate(&mut vault, "aws", &stranger);
        assert!(matches!(refused, Err(VaultError::NoPart(_))));

        let login = [
            ("DATABASE_URL", PartOf::UrlUser, "app_b"),
            ("DATABASE_URL", PartOf::UrlPassword, "t/wo"),
        ];
        rotate(&mut vault, "app's login", &login).expect("rotated");
        assert_eq!(
            get(&mut vault, "DATABASE_URL"),
            "postgres://app_b:t%2Fwo@h/d?x=y"
        );
        vault
            .restore_credential(&asker(), ("p", "prod", "aws"))
            .expect("restored");
        assert_eq!(get(&mut vault, "AWS_ACCESS_KEY_ID"), "AKIAOLD");
        assert_eq!(get(&mut vault, "AWS_SECRET_ACCESS_KEY"), "old");
        vault.undo(&asker(), None).expect("undone");
        assert_eq!(get(&mut vault, "AWS_ACCESS_KEY_ID"), "AKIANEW");

        let together = vault
            .together_with("p", "AWS_SECRET_ACCESS_KEY")
            .expect("listed");
        assert_eq!(together, ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]);
        let gone = [CredentialField::Removed(true)];
        vault
            .edit_credential(&asker(), ("p", "aws"), &gone)
            .expect("removed");
        vault
            .rotate(&asker(), one, "AKIALONE", Origin::Rotated)
            .expect("alone now");
        assert_eq!(vault.credentials("p").expect("listed").len(), 1);
        assert!(vault.verify(&asker()).expect("verified").problem.is_none());
    }

    #[test]
    fn only_the_newest_rotation_is_taken_back() {
        let temp = tempfile::tempdir().expect("temp");
        let (mut vault, ..) = vault_in(temp.path());
        let both = [
            (SecretName::parse("ID").expect("a name"), "id 1"),
            (SecretName::parse("KEY").expect("a name"), "key 1"),
        ];
        vault
            .put_values(&asker(), "p", "prod", &both, Origin::Imported, "", true)
            .expect("put");
        let whole = [("ID", PartOf::Whole), ("KEY", PartOf::Whole)];
        set(&mut vault, "aws", &whole).expect("made");
        let rotate = |vault: &mut Vault, values: &[(&str, PartOf, &str)]| {
            vault
                .rotate_credential(&asker(), ("p", "prod", "aws"), values, Origin::Rotated)
                .expect("rotated");
        };
        let restore = |vault: &mut Vault| vault.restore_credential(&asker(), ("p", "prod", "aws"));
        let pair = |vault: &mut Vault| (get(vault, "ID"), get(vault, "KEY"));
        let refused = restore(&mut vault);
        assert!(matches!(refused, Err(VaultError::NoVersion { .. })));
        rotate(
            &mut vault,
            &[
                ("ID", PartOf::Whole, "id 2"),
                ("KEY", PartOf::Whole, "key 2"),
            ],
        );
        rotate(&mut vault, &[("KEY", PartOf::Whole, "key 3")]);
        assert_eq!(restore(&mut vault).expect("restored"), ["KEY"]);
        assert_eq!(
            pair(&mut vault),
            ("id 2".to_owned(), "key 2".to_owned()),
            "a pair that was there before"
        );
        restore(&mut vault).expect("and made again");
        assert_eq!(pair(&mut vault), ("id 2".to_owned(), "key 3".to_owned()));
    }

    #[test]
    fn no_undo_makes_a_credential_of_what_is_gone_or_is_in_another() {
        let temp = tempfile::tempdir().expect("temp");
        let (mut vault, ..) = vault_in(temp.path());
        put(&mut vault, "A", "x");
        put(&mut vault, "B", "y");
        set(&mut vault, "one", &[("A", PartOf::Whole)]).expect("made");
        let gone = [CredentialField::Removed(true)];
        vault
            .edit_credential(&asker(), ("p", "one"), &gone)
            .expect("removed");
        let removal = vault.operations(1, None).expect("listed")[0].sequence;
        set(&mut vault, "two", &[("A", PartOf::Whole)]).expect("made");
        let refused = vault.undo(&asker(), Some(removal));
        assert!(matches!(&refused, Err(VaultError::ChangedSince(name)) if name == "one"));
        set(&mut vault, "two", &[("B", PartOf::Whole)]).expect("made of another");
        let gone = [("A", vec![SecretField::Removed(true)])];
        vault.edit_secrets(&asker(), "p", &gone).expect("removed");
        let refused = vault.undo(&asker(), Some(removal));
        assert!(matches!(refused, Err(VaultError::ChangedSince(_))));
        vault.undo(&asker(), None).expect("the secret is back");
        vault.undo(&asker(), Some(removal)).expect("and so it is");
        assert_eq!(vault.credentials("p").expect("listed").len(), 2);
    }

    #[test]
    fn a_part_that_was_a_reference_gives_way_and_those_behind_it_stay() {
        let temp = tempfile::tempdir().expect("temp");
        let (mut vault, ..) = vault_in(temp.path());
        for (name, value) in [("USER", "u1"), ("PW", "p1"), ("HOST", "h1")] {
            put(&mut vault, name, value);
        }
        let url = "pg://${p/prod/USER}:${p/prod/PW}@${p/prod/HOST}/d?u=${p/prod/USER}";
        put(&mut vault, "URL", url);
        assert_eq!(get(&mut vault, "URL"), "pg://u1:p1@h1/d?u=u1");
        set(&mut vault, "login", &[("URL", PartOf::UrlPassword)]).expect("made");
        let rotate = |vault: &mut Vault, value: &str| {
            let new = [("URL", PartOf::UrlPassword, value)];
            vault.rotate_credential(&asker(), ("p", "prod", "login"), &new, Origin::Rotated)
        };
        rotate(&mut vault, "own").expect("rotated");
        assert_eq!(get(&mut vault, "URL"), "pg://u1:own@h1/d?u=u1");
        rotate(&mut vault, "${p/prod/PW}").expect("rotated");
        assert_eq!(
            get(&mut vault, "URL"),
            "pg://u1:%24%7Bp%2Fprod%2FPW%7D@h1/d?u=u1",
            "a password is text"
        );
        put(&mut vault, "PW", "p2");
        let json = "{\"a\": \"${p/prod/PW}\", \"b\": \"x\", \"c\": \"${p/prod/HOST}\"}";
        put(&mut vault, "JSON", json);
        let field = PartOf::Json("/b".to_owned());
        set(&mut vault, "doc", &[("JSON", field.clone())]).expect("made");
        let new = [("JSON", field, "${p/prod/USER}")];
        vault
            .rotate_credential(&asker(), ("p", "prod", "doc"), &new, Origin::Rotated)
            .expect("rotated");
        assert_eq!(
            get(&mut vault, "JSON"),
            "{\"a\": \"p2\", \"b\": \"${p/prod/USER}\", \"c\": \"h1\"}"
        );
        assert!(vault.verify(&asker()).expect("verified").problem.is_none());
    }

    #[test]
    fn a_reference_in_the_rest_of_a_value_outlives_a_rotation_of_a_part() {
        let temp = tempfile::tempdir().expect("temp");
        let (mut vault, ..) = vault_in(temp.path());
        put(&mut vault, "HOST", "h1");
        put(&mut vault, "URL", "postgres://app:one@${p/prod/HOST}/d");
        set(&mut vault, "login", &[("URL", PartOf::UrlPassword)]).expect("made");
        let new = [("URL", PartOf::UrlPassword, "two")];
        vault
            .rotate_credential(&asker(), ("p", "prod", "login"), &new, Origin::Rotated)
            .expect("rotated");
        put(&mut vault, "HOST", "h2");
        assert_eq!(get(&mut vault, "URL"), "postgres://app:two@h2/d");
        let rename = vec![SecretField::Name("DB".to_owned())];
        vault
            .edit_secrets(&asker(), "p", &[("URL", rename)])
            .expect("renamed");
        let parts = vault.credentials("p").expect("listed")[0].parts.clone();
        assert_eq!(parts, [("DB".to_owned(), PartOf::UrlPassword)]);
    }
}
