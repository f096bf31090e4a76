//! Credentials: what a provider knows as one thing, made of several secrets or of parts of one. They rotate, restore
//! and expire together, in one operation, so that no export ever shows half of one.

use crate::{
    apply,
    asker::Asker,
    change::{Change, Origin, Stages},
    edit::names_of,
    event::Action,
    field::CredentialField,
    id::{CredentialId, ProjectId, SecretId},
    log::EventDraft,
    name::{CredentialName, SecretName},
    part::{Part, PartOf},
    project,
    reference::{self, Target},
    secret::{self, no_secret},
    transaction::Put,
    vault::{Vault, VaultError},
};
use keystead_crypto::SecretText;
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
                    let id = CredentialId(crate::create::random());
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
        let mut texts: BTreeMap<&str, (Zeroizing<String>, Vec<Target>)> = BTreeMap::new();
        for (secret_name, of, value) in values {
            let label = || label(secret_name, of);
            if !parts.iter().any(|(s, o)| s == secret_name && o == of) {
                return Err(VaultError::NoPart(label()));
            }
            if !texts.contains_key(secret_name) {
                let (text, targets) = self.own_text((project, environment), place, secret_name)?;
                texts.insert(secret_name, (Zeroizing::new(text.to_string()), targets));
            }
            let Some((text, targets)) = texts.get_mut(secret_name) else {
                continue;
            };
            // What looks like a reference in a new part would take the place of one that is there.
            let shifts = !targets.is_empty() && value.contains("${") && *of != PartOf::Whole;
            if shifts {
                return Err(VaultError::NoPart(label()));
            }
            let written = of.write(text, value);
            *text = written.map_err(|_| VaultError::NoPart(label()))?;
            if *of == PartOf::Whole {
                targets.clear();
            }
        }
        self.transact(asker, |t| {
            let mut puts = Vec::new();
            for (secret_name, (text, targets)) in &texts {
                let secret_name = SecretName::parse(secret_name)?;
                let text = (text.as_str(), &targets[..]);
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

    /// Makes the previous values of a credential current again, all in one operation.
    ///
    /// # Errors
    /// [`VaultError::NoVersion`] where one of them has none, or [`VaultError`] that names what there is none of.
    pub fn restore_credential(
        &mut self,
        asker: &Asker,
        (project, environment, name): (&str, &str, &str),
    ) -> Result<(), VaultError> {
        let place = project::resolve(&self.sql, project, environment)?;
        let id = find(&self.sql, place.0, name)?
            .ok_or_else(|| VaultError::NoCredential(name.to_owned()))?;
        self.transact(asker, |t| {
            let mut versions = Vec::new();
            for secret in secrets_of(t.sql(), id)? {
                let now = apply::stages(t.sql(), secret, place.1)?;
                let Some(previous) = now.previous else {
                    let name = name_of(t.sql(), secret)?;
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
            }
            let mut draft =
                EventDraft::of(Action::ValueRestored).detail(format!("credential {name}"));
            draft.project = Some(place.0);
            draft.environment = Some(place.1);
            draft.versions = versions;
            t.event(draft)
        })
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
        (project, environment): (&str, &str),
        place: (ProjectId, crate::EnvironmentId),
        name: &str,
    ) -> Result<(SecretText, Vec<Target>), VaultError> {
        let missing = || no_secret(project, environment, name);
        let secret = secret::find(&self.sql, place.0, name)?.ok_or_else(missing)?;
        let current = apply::stages(&self.sql, secret, place.1)?.current;
        let version = current.ok_or_else(missing)?;
        let text = self.open_version(place.0, place.1, version)?;
        Ok((text, reference::targets(&self.sql, version)?))
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
