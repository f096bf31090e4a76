//! Reading values. A value leaves only after its event is durable; if the
//! event can't be written, nothing is read.

use crate::{
    asker::Asker,
    edit::{chain, refuse_protected},
    event::Action,
    exposure::Exposure,
    id::{DeviceId, EnvironmentId, ProjectId, SecretId, VersionId},
    log::EventDraft,
    project,
    reference::Used,
    secret::{VersionSelector, no_secret, select_one},
    vault::{Vault, VaultError},
};
use keystead_crypto::{
    CommitmentOpening, EpochId, Field, KeyBytes, Padding, Place, SecretText, ValueCommitment, open,
    opens_commitment, unpad,
};
use rusqlite::params;
use std::collections::{BTreeMap, BTreeSet};

/// A value that was let out.
pub struct Released {
    /// The value.
    pub value: SecretText,
    /// Its version.
    pub version: VersionId,
    /// Its number.
    pub number: u32,
}

/// Every current value of an environment, by name.
pub struct ReleasedEnvironment {
    /// Name, version and value.
    pub values: Vec<(String, VersionId, SecretText)>,
}

impl ReleasedEnvironment {
    /// Names and values, borrowed.
    pub fn pairs(&self) -> Vec<(&str, &str)> {
        self.values
            .iter()
            .map(|(name, _, value)| (name.as_str(), &value[..]))
            .collect()
    }
}

struct Sealed {
    version: VersionId,
    secret: SecretId,
    epoch: EpochId,
    author: DeviceId,
    sealer: DeviceId,
    commitment: ValueCommitment,
    envelope: Vec<u8>,
}

impl Vault {
    /// Reads one value. `place` is where it goes: a program, a path, or empty.
    ///
    /// # Errors
    /// [`VaultError`] that names what there is none of, or says what is
    /// damaged. No value was let out then.
    pub fn read(
        &mut self,
        asker: &Asker,
        (project, environment, name): (&str, &str, &str),
        selector: VersionSelector,
        how: Exposure,
        place: &str,
    ) -> Result<Released, VaultError> {
        let (project_id, environment_id) = project::resolve(&self.sql, project, environment)?;
        let place_of = (project_id, environment_id);
        let found = select_one(&self.sql, place_of, name, selector)?
            .ok_or_else(|| no_secret(project, environment, name))?;
        let name = name.to_owned();
        let (version, number) = found.version.ok_or(VaultError::NoVersion { name })?;
        refuse_protected(&self.sql, environment_id, asker)?;
        let mut used = Used::default();
        let value = self.open_resolved(project_id, found.environment, version, &mut used)?;
        used.refuse_protected(&self.sql, asker)?;
        self.refuse_unreleased(
            asker,
            environment_id,
            used.versions.iter().chain([&version]),
        )?;
        let action = match how {
            Exposure::Revealed => Action::ValueRevealed,
            Exposure::Copied => Action::ValueCopied,
            _ => Action::ValueRead,
        };
        self.transact(asker, |t| {
            let mut draft = EventDraft::of(action).detail(place);
            draft.project = Some(project_id);
            draft.environment = Some(found.environment);
            draft.secret = Some(found.secret);
            draft.versions = vec![version];
            draft.versions.extend(&used.versions);
            draft.exposure = Some((how, place.to_owned()));
            t.event(draft)
        })?;
        Ok(Released {
            value,
            version,
            number,
        })
    }

    /// Lets `make` see a current value, for something that does not tell it: a one-time code, a public key. `what` says
    /// what, for the audit; there is no exposure.
    ///
    /// # Errors
    /// What `make` says, or [`VaultError`]; the event is durable before anything is answered.
    pub fn use_value<T, E: From<VaultError>>(
        &mut self,
        asker: &Asker,
        (project, environment, name): (&str, &str, &str),
        what: &str,
        make: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<T, E> {
        let place = project::resolve(&self.sql, project, environment).map_err(E::from)?;
        let found = select_one(&self.sql, place, name, VersionSelector::Current)?
            .ok_or_else(|| no_secret(project, environment, name))?;
        let named = name.to_owned();
        let (version, _) = found.version.ok_or(VaultError::NoVersion { name: named })?;
        refuse_protected(&self.sql, place.1, asker)?;
        let mut used = Used::default();
        let value = self.open_resolved(place.0, found.environment, version, &mut used)?;
        used.refuse_protected(&self.sql, asker)?;
        self.refuse_unreleased(asker, place.1, used.versions.iter().chain([&version]))?;
        let made = make(&value)?;
        self.transact(asker, |t| {
            let mut draft = EventDraft::of(Action::ValueUsed).detail(what);
            draft.project = Some(place.0);
            draft.environment = Some(found.environment);
            draft.secret = Some(found.secret);
            draft.versions = vec![version];
            draft.versions.extend(&used.versions);
            t.event(draft)
        })?;
        Ok(made)
    }

    /// Reads every current value of an environment. `check` sees the values
    /// first, inside, and may refuse: then none is let out and no event is written.
    ///
    /// # Errors
    /// What `check` says, or [`VaultError`].
    pub fn read_environment<T, E: From<VaultError>>(
        &mut self,
        asker: &Asker,
        place: (&str, &str),
        how: Exposure,
        destination: &str,
        check: impl FnOnce(&ReleasedEnvironment) -> Result<T, E>,
    ) -> Result<(ReleasedEnvironment, T), E> {
        self.read_some(asker, place, None, how, destination, check)
    }

    /// As [`Self::read_environment`], of these secrets only.
    ///
    /// # Errors
    /// As [`Self::read_environment`], and [`VaultError::NoSecret`] for one that has no value there.
    pub fn read_some<T, E: From<VaultError>>(
        &mut self,
        asker: &Asker,
        (project, environment): (&str, &str),
        only: Option<&[&str]>,
        how: Exposure,
        place: &str,
        check: impl FnOnce(&ReleasedEnvironment) -> Result<T, E>,
    ) -> Result<(ReleasedEnvironment, T), E> {
        let names = (project, environment);
        let (project_id, environment_id) = project::resolve(&self.sql, project, environment)?;
        // Whoever linked the folder said so then.
        if how != Exposure::Linked {
            refuse_protected(&self.sql, environment_id, asker).map_err(E::from)?;
        }
        let mut used = Used::default();
        let environment = match only {
            None => self.open_environment(project_id, environment_id, &mut used)?,
            Some(only) => self.open_some(names, (project_id, environment_id), only, &mut used)?,
        };
        if how != Exposure::Linked {
            used.refuse_protected(&self.sql, asker).map_err(E::from)?;
        }
        let leaving = environment.values.iter().map(|(_, version, _)| version);
        self.refuse_unreleased(asker, environment_id, used.versions.iter().chain(leaving))
            .map_err(E::from)?;
        let checked = check(&environment)?;
        let action = match how {
            Exposure::Linked => Action::LinkWritten,
            Exposure::Injected => Action::Injected,
            Exposure::Shared => Action::ValueShared,
            _ => Action::Exported,
        };
        self.transact(asker, |t| {
            let mut draft = EventDraft::of(action).detail(place);
            draft.project = Some(project_id);
            draft.environment = Some(environment_id);
            draft.versions = environment.values.iter().map(|(_, id, _)| *id).collect();
            let own: BTreeSet<VersionId> = draft.versions.iter().copied().collect();
            draft.versions.extend(used.versions.difference(&own));
            draft.exposure = Some((how, place.to_owned()));
            t.event(draft)
        })?;
        Ok((environment, checked))
    }

    /// Lets `check` see every current value of an environment, for an answer
    /// that holds none of them (whether a dialect can carry them, say).
    ///
    /// # Errors
    /// [`VaultError`] that names what there is none of, or says what is damaged.
    pub fn examine_environment<T>(
        &mut self,
        (project, environment): (&str, &str),
        check: impl FnOnce(&ReleasedEnvironment) -> T,
    ) -> Result<T, VaultError> {
        let (project_id, environment_id) = project::resolve(&self.sql, project, environment)?;
        let mut used = Used::default();
        Ok(check(&self.open_environment(
            project_id,
            environment_id,
            &mut used,
        )?))
    }

    /// Names and current versions of an environment, by name.
    ///
    /// # Errors
    /// [`VaultError`] that names what there is none of.
    pub fn current_versions(
        &self,
        project: &str,
        environment: &str,
    ) -> Result<Vec<(String, VersionId)>, VaultError> {
        let (_, environment) = project::resolve(&self.sql, project, environment)?;
        let current = self.current_in(environment)?;
        Ok(current
            .into_iter()
            .map(|(name, (version, _))| (name, version))
            .collect())
    }

    /// Versions by name, with the environment that each stands in: its own before those it inherits.
    pub(crate) fn current_in(
        &self,
        environment: EnvironmentId,
    ) -> Result<BTreeMap<String, (VersionId, EnvironmentId)>, VaultError> {
        let mut current = BTreeMap::new();
        let mut statement = self.sql.prepare_cached(
            "SELECT c.name, s.current FROM stages s JOIN secrets c ON c.id = s.secret
             WHERE s.environment = ?1 AND s.current IS NOT NULL AND c.removed = 0",
        )?;
        for place in chain(&self.sql, environment)? {
            let rows = statement.query_map([place], |row| Ok((row.get(0)?, row.get(1)?)))?;
            for row in rows {
                let (name, version) = row?;
                current.entry(name).or_insert((version, place));
            }
        }
        Ok(current)
    }

    fn open_environment(
        &mut self,
        project: ProjectId,
        environment: EnvironmentId,
        used: &mut Used,
    ) -> Result<ReleasedEnvironment, VaultError> {
        let values = self
            .current_in(environment)?
            .into_iter()
            .map(|(name, (version, place))| {
                let value = self.open_resolved(project, place, version, used)?;
                Ok((name, version, value))
            })
            .collect::<Result<_, VaultError>>()?;
        Ok(ReleasedEnvironment { values })
    }

    fn open_some(
        &mut self,
        (project, environment): (&str, &str),
        place: (ProjectId, EnvironmentId),
        only: &[&str],
        used: &mut Used,
    ) -> Result<ReleasedEnvironment, VaultError> {
        let mut values = Vec::with_capacity(only.len());
        for name in only {
            let found = select_one(&self.sql, place, name, VersionSelector::Current)?;
            let found = found.and_then(|found| Some((found.version?.0, found.environment)));
            let (version, of) = found.ok_or_else(|| no_secret(project, environment, name))?;
            let value = self.open_resolved(place.0, of, version, used)?;
            values.push(((*name).to_owned(), version, value));
        }
        values.sort_by(|a, b| a.0.cmp(&b.0));
        values.dedup_by(|a, b| a.0 == b.0);
        Ok(ReleasedEnvironment { values })
    }

    /// The value of a version, for a use that lets nothing out.
    pub(crate) fn open_version(
        &mut self,
        project: ProjectId,
        environment: EnvironmentId,
        version: VersionId,
    ) -> Result<SecretText, VaultError> {
        let mut opened = Err(VaultError::Damaged("the bytes of a value are not here yet"));
        for (place, sealed) in self.sealed(version)?.into_iter().enumerate() {
            let tried = self.open(project, environment, &sealed);
            // What it is now says what is wrong, if no earlier one opens.
            if tried.is_ok() || place == 0 {
                opened = tried;
            }
            if opened.is_ok() {
                break;
            }
        }
        opened
    }

    /// A version as it is sealed now, and as it was before somebody sealed it anew, the newest key first: whoever did may
    /// have sealed something else.
    fn sealed(&self, version: VersionId) -> Result<Vec<Sealed>, VaultError> {
        let mut statement = self.sql.prepare_cached(
            "SELECT v.secret, v.epoch, v.author, v.sealer, v.commitment, c.envelope, 0 AS before
             FROM versions v JOIN ciphertexts c ON c.version = v.row WHERE v.id = ?1
             UNION ALL
             SELECT v.secret, b.epoch, v.author, b.sealer, v.commitment, a.envelope, 1
             FROM versions v JOIN sealed_before b ON b.id = v.id AND b.ciphertext <> v.ciphertext
             JOIN arrived a ON a.hash = b.ciphertext WHERE v.id = ?1 AND v.pruned = 0
             ORDER BY before",
        )?;
        let rows = statement.query_map(params![version], |row| {
            Ok(Sealed {
                version,
                secret: row.get(0)?,
                epoch: row.get(1)?,
                author: row.get(2)?,
                sealer: row.get(3)?,
                commitment: row.get(4)?,
                envelope: row.get(5)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn open(
        &mut self,
        project: ProjectId,
        environment: EnvironmentId,
        sealed: &Sealed,
    ) -> Result<SecretText, VaultError> {
        let place = Place {
            owner: self.facts.space.0,
            project: project.0,
            environment: environment.0,
            subject: sealed.secret.0,
            field: Field::Value,
            version: sealed.version.0,
            epoch: sealed.epoch,
            author: sealed.author.0,
            sealer: sealed.sealer.0,
        };
        let key = self.keys.environment_key(&self.sql, sealed.epoch)?;
        let padded = open(&key, &place, &sealed.envelope)?;
        let committed = unpad(Padding::Value, &padded)
            .map_err(|_| VaultError::Damaged("a value's padding is not canonical"))?;
        let (opening, value) = committed
            .split_at_checked(32)
            .ok_or(VaultError::Damaged("a value has no commitment opening"))?;
        let opening = KeyBytes::from_slice(opening).expect("the first 32");
        let opening = CommitmentOpening::from_bytes(opening);
        if !opens_commitment(&sealed.commitment, &opening, value) {
            return Err(VaultError::Damaged(
                "a value is not the one its author committed to",
            ));
        }
        SecretText::from_utf8(value).ok_or(VaultError::Damaged("a value is not UTF-8"))
    }
}
