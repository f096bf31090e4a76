//! Changes on their way into the store: applied to the tables at once, and
//! written as one operation a log when the transaction commits.

use crate::{
    apply,
    asker::Asker,
    change::{Change, Origin, Stages},
    event::Action,
    field::SecretField,
    history,
    id::{EnvironmentId, ProjectId, SecretId, SpaceId, VersionId},
    keyring::Keyring,
    kind::Kind,
    log::{EventDraft, Log, VAULT_LOG, record},
    membership,
    name::{EnvironmentName, ProjectName, SecretName},
    project::{self, Environment, Project},
    reference::{self, Composed, Target},
    search::Stale,
    space::{Graphs, Known, own, sealing_epoch, shadows},
    undo::{self, Role},
    vault::{Facts, VaultError},
};
use keystead_crypto::{
    CommitmentOpening, EpochId, Field, Padding, Place, SecretBytes, ValueFingerprint, commit_value,
    fingerprint_value, pad, seal, thing_id,
};
use keystead_membership::{Act, Role as MemberRole, Scope};
use keystead_replica::LogId;
use rusqlite::{Connection, OptionalExtension, params};
use sha2::{Digest, Sha256};

/// No secret has so many versions in an environment: whoever gives one a greater number has said a number, not counted.
pub(crate) const MOST_VERSIONS: u32 = 1 << 30;

/// More statements that none follows than an operation is to name.
const MANY_HEADS: usize = 64;

/// What storing a value did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Put {
    /// The secret's name.
    pub name: SecretName,
    /// The version that is current now.
    pub version: VersionId,
    /// Its number.
    pub number: u32,
    /// The version that was current before, with its number.
    pub previous: Option<(VersionId, u32)>,
    /// Whether anything was written: not, if the value was current already.
    pub written: bool,
}

/// One set of changes, all or none.
pub struct Transaction<'v> {
    sql: rusqlite::Transaction<'v>,
    keys: &'v Keyring,
    facts: &'v Facts,
    graphs: &'v Graphs,
    asker: &'v Asker,
    space_changes: Vec<Change>,
    /// For each of the space's changes that can be taken back, what was so before.
    before: Vec<Change>,
    /// Why these changes are made.
    role: Role,
    vault_changes: Vec<Change>,
    /// The space's log and the sequence that its operation will have, once something is made.
    place: Option<(LogId, u64)>,
}

impl<'v> Transaction<'v> {
    pub(crate) fn new(
        sql: rusqlite::Transaction<'v>,
        keys: &'v Keyring,
        (facts, graphs): (&'v Facts, &'v Graphs),
        asker: &'v Asker,
    ) -> Self {
        Self {
            sql,
            keys,
            facts,
            graphs,
            asker,
            space_changes: Vec::new(),
            before: Vec::new(),
            role: Role::Change,
            vault_changes: Vec::new(),
            place: None,
        }
    }

    /// The id of what the next change makes. It names the space, the log, the operation and the change, so that nobody can make
    /// something of that id again; before that stand 48 bits of the millisecond: what is made together stands together
    /// in an index, which a store of a hundred thousand secrets feels. Nothing compares the time in it.
    pub(crate) fn next_id(&mut self) -> Result<[u8; 16], VaultError> {
        let (log, sequence) = match self.place {
            Some(place) => place,
            None => {
                let log = Log::load(&self.sql, self.facts.space)?;
                *self.place.insert((log.name(), log.operations.size()))
            }
        };
        let index = u32::try_from(self.space_changes.len())
            .map_err(|_| VaultError::Damaged("an operation has too many changes"))?;
        let mut id = [0; 16];
        id[..6].copy_from_slice(&self.asker.at.0.to_be_bytes()[2..]);
        id[6..].copy_from_slice(&thing_id(&self.facts.space.0, &log.0, sequence, index));
        Ok(id)
    }

    pub(crate) fn asker(&self) -> &Asker {
        self.asker
    }

    pub(crate) fn sql(&self) -> &Connection {
        &self.sql
    }

    pub(crate) fn keys(&self) -> &Keyring {
        self.keys
    }

    pub(crate) fn facts(&self) -> &Facts {
        self.facts
    }

    /// Whether others write in the space too.
    pub(crate) fn is_shared(&self) -> bool {
        self.facts.shared
    }

    /// Looks at what is said of who may do what, with what this transaction says.
    pub(crate) fn with_graph<T, E: From<VaultError>>(
        &self,
        look: impl FnOnce(&Known) -> Result<T, E>,
    ) -> Result<T, E> {
        self.graphs.with(&self.sql, self.facts.space, look)
    }

    pub(crate) fn space(&self) -> SpaceId {
        self.facts.space
    }

    pub(crate) fn space_change(&mut self, change: Change) -> Result<(), VaultError> {
        let space = self.facts.space;
        self.before.extend(change.present(&self.sql)?);
        let had = match self.facts.shared {
            true => shadows::names_before(&self.sql, &change)?,
            false => None,
        };
        change.apply(&self.sql, self.by(space))?;
        shadows::settle_names(&self.sql, had)?;
        self.space_changes.push(change);
        Ok(())
    }

    /// As a cheat writes a change, whatever its own tables say to it.
    #[cfg(test)]
    pub(crate) fn cheat(&mut self, change: Change) {
        let _ = change.apply(&self.sql, self.by(self.facts.space));
        self.space_changes.push(change);
    }

    /// The ids of what the first changes of an operation make.
    #[cfg(test)]
    pub(crate) fn ids_ahead<const N: usize>(&self) -> [[u8; 16]; N] {
        let log = Log::load(&self.sql, self.facts.space).expect("a log");
        let mut index = 0;
        [(); N].map(|()| {
            let (space, log, sequence) = (self.facts.space.0, log.name().0, log.operations.size());
            let mut id = [0; 16];
            id[6..].copy_from_slice(&thing_id(&space, &log, sequence, index));
            index += 1;
            id
        })
    }

    pub(crate) fn vault_change(&mut self, change: Change) -> Result<(), VaultError> {
        change.apply(&self.sql, self.by(VAULT_LOG))?;
        self.vault_changes.push(change);
        Ok(())
    }

    fn by(&self, space: SpaceId) -> apply::By {
        apply::By {
            space,
            device: self.keys.device_id(),
            at: self.asker.at,
        }
    }

    /// Where many said something at once, says that this device goes on from all of it, so that operations name few heads.
    pub(crate) fn follow_all_heads(&mut self) -> Result<(), VaultError> {
        if !self.facts.shared || self.space_changes.is_empty() {
            return Ok(());
        }
        while membership::heads(&self.sql, self.facts.space)?.len() > MANY_HEADS {
            let own = keystead_membership::MemberId(self.facts.identity);
            let is_in = self
                .with_graph(|graph| Ok::<_, VaultError>(graph.standing().view().is_member(own)))?;
            if !is_in {
                break;
            }
            self.say(Act::Acknowledge)?;
        }
        Ok(())
    }

    /// An event of the space's log.
    pub(crate) fn event(&mut self, draft: EventDraft) -> Result<(), VaultError> {
        let space = self.facts.space;
        record(&self.sql, self.keys, self.facts, self.asker, space, draft)
    }

    /// An event of the vault's own log.
    pub(crate) fn vault_event(&mut self, draft: EventDraft) -> Result<(), VaultError> {
        record(
            &self.sql, self.keys, self.facts, self.asker, VAULT_LOG, draft,
        )
    }

    /// Says why: they take something back, or make it again.
    pub(crate) fn set_role(&mut self, role: Role) {
        self.role = role;
    }

    pub(crate) fn commit(self) -> Result<Stale, VaultError> {
        let stale = stale_after(&self.space_changes);
        let batches = [
            (self.facts.space, self.space_changes),
            (VAULT_LOG, self.vault_changes),
        ];
        for (space, changes) in batches {
            if changes.is_empty() {
                continue;
            }
            let mut log = Log::load(&self.sql, space)?;
            let sequence = log.operations.size();
            for change in &changes {
                if let Change::SetSecret { secret, .. } = change {
                    history::note_touched(&self.sql, (log.id, sequence), *secret)?;
                }
            }
            let compacts = changes
                .iter()
                .any(|change| matches!(change, Change::Compact { .. }));
            let header = log.append_operation(&self.sql, self.keys, self.asker, &changes)?;
            if space != VAULT_LOG && self.facts.shared {
                self.graphs.with(&self.sql, space, |graph| {
                    own::note(&self.sql, &log, &header, &changes, graph)
                })?;
            }
            if compacts {
                // What stands for operations that went counts only under a signature.
                log.sign_if_behind(&self.sql, self.keys)?;
            }
            if space != VAULT_LOG {
                undo::remember(&self.sql, (log.id, sequence), self.role, &self.before)?;
            }
        }
        self.sql.commit()?;
        Ok(stale)
    }

    pub(crate) fn create_project(
        &mut self,
        name: &ProjectName,
        environments: &[EnvironmentName],
    ) -> Result<Project, VaultError> {
        if project::find(&self.sql, name.as_str())?.is_some() {
            return Err(VaultError::Exists(format!("project {name}")));
        }
        let id = ProjectId(self.next_id()?);
        self.space_change(Change::CreateProject {
            id,
            name: name.to_string(),
        })?;
        self.open_epochs(&[membership::of_project(id)])?;
        let mut draft = EventDraft::of(Action::ProjectCreated).detail(name.as_str());
        draft.project = Some(id);
        self.event(draft)?;
        for environment in environments {
            self.create_environment(id, environment)?;
        }
        project::by_name(&self.sql, name.as_str())
    }

    pub(crate) fn create_environment(
        &mut self,
        project: ProjectId,
        name: &EnvironmentName,
    ) -> Result<Environment, VaultError> {
        let existing = project::environments(&self.sql, project)?;
        if existing.iter().any(|e| e.name == name.as_str()) {
            return Err(VaultError::Exists(format!("environment {name}")));
        }
        let id = EnvironmentId(self.next_id()?);
        self.space_change(Change::CreateEnvironment {
            id,
            project,
            name: name.to_string(),
            position: existing.len().try_into().unwrap_or(u32::MAX),
        })?;
        self.open_epochs(&[membership::of_environment(project, id)])?;
        let mut draft = EventDraft::of(Action::EnvironmentCreated).detail(name.as_str());
        draft.project = Some(project);
        draft.environment = Some(id);
        self.event(draft)?;
        Ok(Environment {
            id,
            name: name.to_string(),
            protected: false,
            inherits: None,
        })
    }

    /// Stores a value as a new version and makes it current; nothing is
    /// written if it is current already.
    pub(crate) fn put(
        &mut self,
        project: ProjectId,
        environment: EnvironmentId,
        name: &SecretName,
        value: &str,
        origin: Origin,
    ) -> Result<(SecretId, Put), VaultError> {
        let Composed { text, targets } = reference::compose(&self.sql, value)?;
        self.put_composed((project, environment), name, (&text, &targets), origin)
    }

    /// As [`Self::put`], of a text whose references are known.
    pub(crate) fn put_composed(
        &mut self,
        (project, environment): (ProjectId, EnvironmentId),
        name: &SecretName,
        (value, targets): (&str, &[Target]),
        origin: Origin,
    ) -> Result<(SecretId, Put), VaultError> {
        let secret = self.secret_named(project, name, value)?;
        let fingerprint = fingerprint_value(&self.keys.index, value.as_bytes());
        let before = self.current(secret, environment)?;
        if let Some((version, number, same)) = before
            && same == Some(fingerprint)
            && reference::targets(&self.sql, version)? == targets
        {
            let put = Put {
                name: name.clone(),
                version,
                number,
                previous: None,
                written: false,
            };
            return Ok((secret, put));
        }
        let (version, number) =
            self.put_version((project, environment, secret), value, fingerprint, origin)?;
        let previous = before.map(|(version, number, _)| (version, number));
        let now = apply::stages(&self.sql, secret, environment)?;
        self.space_change(Change::Promote {
            secret,
            environment,
            stages: Stages {
                pending: now.pending,
                current: Some(version),
                previous: now.current.or(now.previous),
            },
        })?;
        self.refer(version, environment, targets)?;
        let put = Put {
            name: name.clone(),
            version,
            number,
            previous,
            written: true,
        };
        Ok((secret, put))
    }

    /// Stores a value as a new version that waits beside the current one; [`VaultError::SameValue`] where that one is
    /// the same.
    pub(crate) fn put_pending(
        &mut self,
        (project, environment): (ProjectId, EnvironmentId),
        name: &SecretName,
        value: &str,
        origin: Origin,
    ) -> Result<(SecretId, Put), VaultError> {
        let secret = self.secret_named(project, name, value)?;
        let Composed { text, targets } = reference::compose(&self.sql, value)?;
        let fingerprint = fingerprint_value(&self.keys.index, text.as_bytes());
        if let Some((version, _, same)) = self.current(secret, environment)?
            && same == Some(fingerprint)
            && reference::targets(&self.sql, version)? == targets
        {
            return Err(VaultError::SameValue);
        }
        let here = (project, environment, secret);
        let (version, number) = self.put_version(here, &text, fingerprint, origin)?;
        let now = apply::stages(&self.sql, secret, environment)?;
        self.space_change(Change::Promote {
            secret,
            environment,
            stages: Stages {
                pending: Some(version),
                ..now
            },
        })?;
        self.refer(version, environment, &targets)?;
        let put = Put {
            name: name.clone(),
            version,
            number,
            previous: None,
            written: true,
        };
        Ok((secret, put))
    }

    pub(crate) fn secret_named(
        &mut self,
        project: ProjectId,
        name: &SecretName,
        value: &str,
    ) -> Result<SecretId, VaultError> {
        if let Some(id) = crate::secret::find(&self.sql, project, name.as_str())? {
            return Ok(id);
        }
        let id = SecretId(self.next_id()?);
        self.space_change(Change::CreateSecret {
            id,
            project,
            name: name.to_string(),
            kind: Kind::recognise(name.as_str(), value),
        })?;
        Ok(id)
    }

    /// A secret of this name that says of itself what another one says.
    pub(crate) fn create_like(
        &mut self,
        like: SecretId,
        project: ProjectId,
        name: &str,
    ) -> Result<SecretId, VaultError> {
        let kind = match SecretField::Kind(Kind::Plain).present(&self.sql, like)? {
            SecretField::Kind(kind) => kind,
            _ => Kind::Plain,
        };
        let id = SecretId(self.next_id()?);
        self.space_change(Change::CreateSecret {
            id,
            project,
            name: name.to_owned(),
            kind,
        })?;
        for field in [
            SecretField::Notes(String::new()),
            SecretField::Owner(String::new()),
            SecretField::Tags(Vec::new()),
            SecretField::Expires(None),
            SecretField::Lead(0),
        ] {
            let said = field.present(&self.sql, like)?;
            if said != field {
                self.space_change(Change::SetSecret {
                    secret: id,
                    field: said,
                })?;
            }
        }
        Ok(id)
    }

    fn current(
        &self,
        secret: SecretId,
        environment: EnvironmentId,
    ) -> Result<Option<(VersionId, u32, Option<ValueFingerprint>)>, VaultError> {
        Ok(self
            .sql
            .prepare_cached(
                "SELECT v.id, v.number, v.fingerprint FROM stages s
                 JOIN versions v ON v.id = s.current WHERE s.secret = ?1 AND s.environment = ?2",
            )?
            .query_row(params![secret, environment], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            })
            .optional()?)
    }

    /// The epoch that seals in a scope. Where there is none, whoever may makes a new key first.
    pub(crate) fn sealing_epoch(&mut self, scope: Scope) -> Result<EpochId, VaultError> {
        let space = self.facts.space;
        if self.facts.shared {
            self.refuse_ended(scope)?;
        }
        if let Some(epoch) = sealing_epoch(&self.sql, space, scope.of_keys())? {
            return Ok(epoch);
        }
        if self.facts.shared && self.own_role(scope)?.1 >= Some(MemberRole::Editor) {
            self.open_epochs(&[scope])?;
            if let Some(epoch) = sealing_epoch(&self.sql, space, scope.of_keys())? {
                return Ok(epoch);
            }
        }
        Err(VaultError::NotSealing("nobody made one yet".to_owned()))
    }

    /// Where a role has ended and was not taken back, nothing more is sealed for whoever had it.
    fn refuse_ended(&self, scope: Scope) -> Result<(), VaultError> {
        let now = self.asker.at.0;
        self.with_graph(|graph| {
            let ending = graph.standing().view().ending();
            let mut ended = ending.iter().filter(|(.., at)| *at <= now);
            match ended.any(|(_, of, ..)| of.meets(scope)) {
                true => Err(VaultError::NotSealing(
                    "a role there has ended and no owner took it back yet".to_owned(),
                )),
                false => Ok(()),
            }
        })
    }

    /// Seals something of a secret in an environment, under its newest epoch, which is answered too.
    pub(crate) fn seal_here(
        &mut self,
        (project, environment, secret): (ProjectId, EnvironmentId, SecretId),
        (field, version): (Field, [u8; 16]),
        padded: &[u8],
    ) -> Result<(Vec<u8>, EpochId), VaultError> {
        let scope = membership::of_environment(project, environment);
        let epoch = self.sealing_epoch(scope)?;
        let device = self.keys.device_id();
        let place = Place {
            owner: self.facts.space.0,
            project: project.0,
            environment: environment.0,
            subject: secret.0,
            field,
            version,
            epoch,
            author: device.0,
            sealer: device.0,
        };
        let key = self.keys.environment_key(&self.sql, epoch)?;
        let envelope = seal(&key, &place, padded, &mut crate::keyring::system_random());
        Ok((envelope, epoch))
    }

    fn put_version(
        &mut self,
        (project, environment, secret): (ProjectId, EnvironmentId, SecretId),
        value: &str,
        fingerprint: ValueFingerprint,
        origin: Origin,
    ) -> Result<(VersionId, u32), VaultError> {
        let id = VersionId(self.next_id()?);
        let opening = CommitmentOpening::generate(&mut crate::keyring::system_random());
        let mut committed = SecretBytes::zeroed(32 + value.len());
        committed[..32].copy_from_slice(opening.expose());
        committed[32..].copy_from_slice(value.as_bytes());
        let padded = pad(Padding::Value, &committed);
        let device = self.keys.device_id();
        let here = (project, environment, secret);
        let (envelope, epoch) = self.seal_here(here, (Field::Value, id.0), &padded)?;
        let ciphertext = <[u8; 32]>::from(Sha256::digest(&envelope));
        let commitment = commit_value(&opening, value.as_bytes());
        let number: u32 = self
            .sql
            .prepare_cached(
                "SELECT COALESCE(MAX(number), 0) + 1 FROM versions
                 WHERE secret = ?1 AND environment = ?2 AND number < ?3",
            )?
            .query_row(params![secret, environment, MOST_VERSIONS], |row| {
                row.get(0)
            })?;
        self.sql
            .prepare_cached(
                "INSERT INTO versions (id, secret, environment, number, ciphertext, commitment,
                 fingerprint, epoch, author, sealer, origin, created_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9, ?10, ?11)",
            )?
            .execute(params![
                id,
                secret,
                environment,
                number,
                ciphertext,
                commitment,
                fingerprint,
                epoch,
                device,
                origin as u8,
                self.asker.at.0
            ])?;
        self.sql
            .prepare_cached("INSERT INTO ciphertexts (version, envelope) VALUES (?1, ?2)")?
            .execute(params![self.sql.last_insert_rowid(), envelope])?;
        self.space_changes.push(Change::PutVersion {
            id,
            secret,
            environment,
            number,
            ciphertext,
            commitment,
            epoch,
            origin,
        });
        Ok((id, number))
    }
}

/// What of the search index these changes touch.
fn stale_after(changes: &[Change]) -> Stale {
    let mut stale = Stale::default();
    for change in changes {
        match change {
            Change::CreateSecret { id, .. } => stale.secrets.push(*id),
            Change::SetSecret { secret, .. } | Change::Promote { secret, .. } => {
                stale.secrets.push(*secret);
            }
            Change::CreateProject { .. }
            | Change::CreateEnvironment { .. }
            | Change::SetProject { .. }
            | Change::SetEnvironment { .. } => stale.all = true,
            _ => {}
        }
    }
    stale.secrets.sort_unstable();
    stale.secrets.dedup();
    stale
}
