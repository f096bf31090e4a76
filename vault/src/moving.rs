//! Moving secrets to another project. A value is sealed at its place, so it is sealed anew there; the secret that it
//! leaves is removed, keeps its versions, and comes back by an undo. Who saw a value is known by the value, so the
//! exposures follow.

use crate::{
    apply,
    asker::Asker,
    change::{Change, Origin},
    credential,
    edit::{names_of, refuse_protected},
    event::Action,
    field::SecretField,
    log::EventDraft,
    name::SecretName,
    project::{self, environments},
    reference::{self, refuse_referred},
    secret::{self, no_secret},
    vault::{Vault, VaultError},
};
use std::collections::HashMap;

impl Vault {
    /// Moves secrets with their current values, and all that they say of themselves, to another project. Values go to
    /// the environments of the same names, which are made where they are missing and `create_missing` allows it.
    ///
    /// # Errors
    /// [`VaultError::Exists`] for a name that is taken there, [`VaultError::Protected`] where an environment that they
    /// leave is protected and nobody said so once more, or [`VaultError`] that names what there is none of.
    pub fn move_secrets(
        &mut self,
        asker: &Asker,
        (from, to): (&str, &str),
        names: &[&str],
        create_missing: bool,
    ) -> Result<(), VaultError> {
        let from_id = project::id_of(&self.sql, from)?;
        let to_id = project::id_of(&self.sql, to)?;
        if from_id == to_id {
            return Err(VaultError::Exists(format!("what is moved to {to}")));
        }
        let places = environments(&self.sql, from_id)?;
        let mut values = Vec::new();
        let mut files = Vec::new();
        let mut going = Vec::new();
        for name in names {
            let secret = secret::find(&self.sql, from_id, name)?;
            going.push(secret.ok_or_else(|| no_secret(from, "any environment", name))?);
        }
        for (name, secret) in names.iter().zip(going.iter().copied()) {
            let parsed = SecretName::parse(name)?;
            if secret::find(&self.sql, to_id, name)?.is_some() {
                return Err(VaultError::Exists(format!("secret {name}")));
            }
            for file in self.open_attachments(from_id, secret)? {
                if let Some(place) = places.iter().find(|place| place.id == file.environment) {
                    refuse_protected(&self.sql, place.id, asker)?;
                    self.refuse_unreleased_file(asker, (from_id, place.id), secret)?;
                    files.push((parsed.clone(), &place.name, file));
                }
            }
            for place in &places {
                let Some(version) = apply::stages(&self.sql, secret, place.id)?.current else {
                    continue;
                };
                refuse_protected(&self.sql, place.id, asker)?;
                self.refuse_unreleased(asker, place.id, [&version])?;
                let value = self.open_version(from_id, place.id, version)?;
                let mut targets = reference::targets(&self.sql, version)?;
                for target in targets.iter_mut().filter(|t| going.contains(&t.secret)) {
                    // What is inherited here may not be there.
                    if let Some((_, stands, _)) = reference::standing(&self.sql, target)? {
                        target.environment = stands;
                    }
                }
                values.push((parsed.clone(), &place.name, value, targets));
            }
        }
        self.transact(asker, |t| {
            let mut moved = Vec::new();
            let mut become_of = HashMap::new();
            for (name, old) in names.iter().zip(going.iter().copied()) {
                credential::refuse_member(t.sql(), old)?;
                refuse_referred(t.sql(), old, None, &going)?;
                let new = t.create_like(old, to_id, name)?;
                t.space_change(Change::SetSecret {
                    secret: old,
                    field: SecretField::Removed(true),
                })?;
                become_of.insert(old, new);
                moved.push(new);
            }
            let mut versions = Vec::new();
            for (name, environment, value, targets) in &values {
                asker.cancel.check()?;
                let place = t.place(to, environment, create_missing)?;
                let mut targets = targets.clone();
                for target in &mut targets {
                    // What moves together refers to each other still.
                    if let Some(new) = become_of.get(&target.secret) {
                        target.secret = *new;
                        if let Some(was) = places.iter().find(|e| e.id == target.environment) {
                            let (_, there) = t.place(to, &was.name, create_missing)?;
                            target.environment = there;
                        }
                    }
                }
                let text = (&value[..], &targets[..]);
                let (_, put) = t.put_composed(place, name, text, Origin::Moved)?;
                versions.push(put.version);
            }
            for (name, environment, file) in &files {
                let place = t.place(to, environment, create_missing)?;
                if let Some(secret) = secret::find(t.sql(), place.0, name.as_str())? {
                    t.attach_moved(place, secret, file)?;
                }
            }
            let detail = format!("from {from}: {}", names_of(names, |name| name));
            let mut draft = EventDraft::of(Action::SecretsMoved).detail(detail);
            draft.project = Some(to_id);
            if let [secret] = &moved[..] {
                draft.secret = Some(*secret);
            }
            draft.versions = versions;
            t.event(draft)
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        EnvironmentField, Exposure, Origin, Query, SecretField, SecretName, VaultError,
        VersionSelector,
        tests::{asker, vault_in},
    };

    #[test]
    fn what_moves_together_refers_to_each_other_still() {
        let temp = tempfile::tempdir().expect("temp");
        let (mut vault, ..) = vault_in(temp.path());
        let mut put = |environment: &str, name: &str, value: &str| {
            let one = [(SecretName::parse(name).expect("a name"), value)];
            vault
                .put_values(&asker(), "a", environment, &one, Origin::Set, "", true)
                .expect("put");
        };
        put("base", "HOST", "h1");
        put("dev", "STAYS", "s1");
        put("dev", "URL", "http://${a/base/HOST}/${a/dev/STAYS}");
        put("dev", "OUTER", "<${a/dev/URL}>");
        // HOST is inherited in dev, and there is no such inheritance in the other project.
        let base = vault.project("a").expect("there");
        let base = base.environment("base").expect("there").id;
        let inherits = [EnvironmentField::Inherits(Some(base))];
        vault
            .edit_environment(&asker(), ("a", "dev"), &inherits)
            .expect("inherits");
        let one = [(
            SecretName::parse("INHERITED").expect("a name"),
            "${a/dev/HOST}",
        )];
        vault
            .put_values(&asker(), "a", "dev", &one, Origin::Set, "", true)
            .expect("put");
        vault
            .create_project(
                &asker(),
                &crate::ProjectName::parse("b").expect("a name"),
                &[],
            )
            .expect("made");
        let names = ["OUTER", "URL", "HOST", "INHERITED"];
        vault
            .move_secrets(&asker(), ("a", "b"), &names, true)
            .expect("moved");
        let mut read = |name: &str| {
            let place = ("b", "dev", name);
            let current = VersionSelector::Current;
            let released = vault.read(&asker(), place, current, Exposure::Read, "bash");
            released.map(|released| released.value.to_string())
        };
        assert_eq!(read("OUTER").expect("read"), "<http://h1/s1>");
        assert_eq!(read("INHERITED").expect("read"), "h1");
        let new = [(SecretName::parse("HOST").expect("a name"), "h2")];
        vault
            .put_values(&asker(), "b", "base", &new, Origin::Set, "", true)
            .expect("put");
        let place = ("b", "dev", "OUTER");
        let released = vault
            .read(
                &asker(),
                place,
                VersionSelector::Current,
                Exposure::Read,
                "",
            )
            .expect("read");
        assert_eq!(&released.value[..], "<http://h2/s1>");
        assert!(vault.verify(&asker()).expect("verified").problem.is_none());
    }

    #[test]
    fn what_moves_keeps_what_it_says_and_who_saw_it_and_an_undo_brings_it_back() {
        let temp = tempfile::tempdir().expect("temp");
        let (mut vault, ..) = vault_in(temp.path());
        let name = || SecretName::parse("API_TOKEN").expect("a name");
        for (project, environment, value) in [
            ("a", "dev", "one"),
            ("a", "prod", "two"),
            ("b", "dev", "other"),
        ] {
            let named = match project {
                "a" => name(),
                _ => SecretName::parse("OTHER").expect("a name"),
            };
            let one = [(named, value)];
            vault
                .put_values(&asker(), project, environment, &one, Origin::Set, "", true)
                .expect("put");
        }
        let fields = vec![
            SecretField::Tags(vec!["pii".to_owned()]),
            SecretField::Notes("from the vendor".to_owned()),
        ];
        vault
            .edit_secrets(&asker(), "a", &[("API_TOKEN", fields)])
            .expect("edited");
        let read = |vault: &mut crate::Vault, project: &str, environment: &str| {
            let place = (project, environment, "API_TOKEN");
            let current = VersionSelector::Current;
            let released = vault.read(&asker(), place, current, Exposure::Read, "bash");
            released.map(|released| released.value.to_string())
        };
        assert_eq!(read(&mut vault, "a", "dev").expect("read"), "one");

        let protect = [EnvironmentField::Protected(true)];
        vault
            .edit_environment(&asker(), ("a", "prod"), &protect)
            .expect("protected");
        let moved = |vault: &mut crate::Vault, confirmed: bool, create: bool| {
            let mut asker = asker();
            asker.confirmed = confirmed;
            vault.move_secrets(&asker, ("a", "b"), &["API_TOKEN"], create)
        };
        let refused = moved(&mut vault, false, true);
        assert!(matches!(refused, Err(VaultError::Protected(_))));
        let refused = moved(&mut vault, true, false);
        assert!(
            matches!(refused, Err(VaultError::NoEnvironment { .. })),
            "b has no prod"
        );
        moved(&mut vault, true, true).expect("moved");

        assert_eq!(read(&mut vault, "b", "dev").expect("read"), "one");
        assert!(read(&mut vault, "a", "dev").is_err(), "it left");
        let there = vault.secret("b", "dev", "API_TOKEN").expect("there");
        assert_eq!(
            (&*there.notes, &there.tags[..]),
            ("from the vendor", &["pii".to_owned()][..])
        );
        assert!(
            there.exposures.iter().any(|e| e.times == 2),
            "who read it before it moved knows it still: {:?}",
            there.exposures
        );
        let query = Query::parse("tag:pii").expect("a query");
        let hits = vault.search(&query, asker().at, 9).expect("found").hits;
        assert!(hits.iter().all(|hit| hit.project == "b") && hits.len() == 1);
        let refused = vault.move_secrets(&asker(), ("b", "a"), &["NONE"], false);
        assert!(matches!(refused, Err(VaultError::NoSecret { .. })));

        vault.undo(&asker(), None).expect("undone");
        assert_eq!(read(&mut vault, "a", "dev").expect("read"), "one");
        assert!(read(&mut vault, "b", "dev").is_err());
        assert!(vault.verify(&asker()).expect("verified").problem.is_none());
    }
}
