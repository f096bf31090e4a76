//! Links: local folders that Keystead keeps exported. What is here is what
//! the vault knows of them; files and dialects are the workbench's.

use crate::{
    asker::{Asker, Timestamp},
    change::Change,
    event::{Action, Outcome},
    id::{EnvironmentId, LinkId, ProjectId, VersionId},
    log::EventDraft,
    vault::{Vault, VaultError},
};
use keystead_crypto::{IndexKey, KeyBytes, ValueFingerprint, fingerprint_value};
use rusqlite::params;

/// A local project folder, an environment and a dialect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Its id.
    pub id: LinkId,
    /// The project's name.
    pub project: String,
    /// The environment's name.
    pub environment: String,
    /// The folder.
    pub folder: String,
    /// The file in it.
    pub file: String,
    /// The dialect's name.
    pub dialect: String,
    /// When it was last written.
    pub written_at: Option<Timestamp>,
    /// SHA-256 of the whole file as last written.
    pub content_hash: Option<[u8; 32]>,
    /// SHA-256 of the file as it was about to be written, where nobody noted the end.
    pub pending_hash: Option<[u8; 32]>,
    /// SHA-256 of the file's lines that Keystead does not manage, as last written.
    pub foreign_hash: Option<[u8; 32]>,
    /// What was written, by name.
    pub written: Vec<WrittenVersion>,
    /// Why the last write did not happen, if it did not.
    pub problem: Option<LinkProblem>,
    project_id: ProjectId,
    environment_id: EnvironmentId,
}

impl Link {
    /// Whether a file of this hash is one that Keystead wrote here.
    pub fn wrote(&self, hash: [u8; 32]) -> bool {
        self.content_hash == Some(hash) || self.pending_hash == Some(hash)
    }

    /// The file's full path.
    pub fn path(&self) -> std::path::PathBuf {
        std::path::Path::new(&self.folder).join(&self.file)
    }
}

/// A version that stands in a linked file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrittenVersion {
    /// The secret's name.
    pub name: String,
    /// The version.
    pub version: VersionId,
    /// Of the value as it was written, with all that it referred to then.
    fingerprint: WrittenFingerprint,
}

/// The fingerprint of a written value, under a key of its own: a new root key takes nothing from it.
#[derive(Clone, Copy, PartialEq, Eq)]
struct WrittenFingerprint {
    key: [u8; 32],
    fingerprint: ValueFingerprint,
}

impl std::fmt::Debug for WrittenFingerprint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("WrittenFingerprint")
    }
}

impl WrittenFingerprint {
    fn under(key: [u8; 32], value: &str) -> Self {
        let bytes = KeyBytes::from_slice(&key).expect("a key has 32 bytes");
        let fingerprint = fingerprint_value(&IndexKey::from_bytes(bytes), value.as_bytes());
        Self { key, fingerprint }
    }
}

impl WrittenVersion {
    /// What is noted of a value that stands in a file now; the value is not kept.
    pub fn of(name: &str, version: VersionId, value: &str) -> Self {
        Self {
            name: name.to_owned(),
            version,
            fingerprint: WrittenFingerprint::under(crate::create::random(), value),
        }
    }

    /// Whether a value is the one that was written.
    pub fn was(&self, value: &str) -> bool {
        self.fingerprint == WrittenFingerprint::under(self.fingerprint.key, value)
    }
}

/// Why a link could not be written: code, message and hint, without values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkProblem {
    /// The stable word.
    pub code: String,
    /// What happened.
    pub message: String,
    /// What to do.
    pub hint: String,
}

impl Vault {
    /// Every link, by project, environment and folder.
    ///
    /// # Errors
    /// [`VaultError`] if the store fails.
    pub fn links(&self) -> Result<Vec<Link>, VaultError> {
        let mut statement = self.sql.prepare_cached(
            "SELECT l.id, p.name, e.name, l.folder, l.file, l.dialect, l.written_at,
             l.content_hash, l.problem_code, l.problem_message, l.problem_hint, l.project,
             l.environment, l.foreign_hash, l.pending_hash FROM links l JOIN projects p ON p.id = l.project
             JOIN environments e ON e.id = l.environment
             ORDER BY p.name, e.position, l.folder, l.file",
        )?;
        let rows = statement.query_map([], |row| {
            let code: Option<String> = row.get(8)?;
            let problem = match code {
                None => None,
                Some(code) => Some(LinkProblem {
                    code,
                    message: row.get(9)?,
                    hint: row.get(10)?,
                }),
            };
            Ok(Link {
                id: row.get(0)?,
                project: row.get(1)?,
                environment: row.get(2)?,
                folder: row.get(3)?,
                file: row.get(4)?,
                dialect: row.get(5)?,
                written_at: row.get::<_, Option<i64>>(6)?.map(Timestamp),
                content_hash: row.get(7)?,
                foreign_hash: row.get(13)?,
                pending_hash: row.get(14)?,
                written: Vec::new(),
                problem,
                project_id: row.get(11)?,
                environment_id: row.get(12)?,
            })
        })?;
        rows.map(|row| {
            let mut link = row?;
            link.written = self.written(link.id)?;
            Ok(link)
        })
        .collect()
    }

    /// One link.
    ///
    /// # Errors
    /// [`VaultError::NoLink`] if there is none of that id.
    pub fn link(&self, id: LinkId) -> Result<Link, VaultError> {
        let links = self.links()?;
        links
            .into_iter()
            .find(|link| link.id == id)
            .ok_or(VaultError::NoLink)
    }

    /// Links a file in a folder; nothing is written yet.
    ///
    /// # Errors
    /// [`VaultError::Exists`] if the file is linked already, or what is missing
    /// where `create_missing` does not allow to make it.
    pub fn create_link(
        &mut self,
        asker: &Asker,
        (project, environment): (&str, &str),
        (folder, file): (&str, &str),
        dialect: &str,
        create_missing: bool,
    ) -> Result<LinkId, VaultError> {
        let taken = self.links()?;
        if taken.iter().any(|l| l.folder == folder && l.file == file) {
            return Err(VaultError::Exists(format!("a link to {file} in {folder}")));
        }
        self.transact(asker, |t| {
            let (project, environment) = t.place(project, environment, create_missing)?;
            let id = LinkId(crate::create::random());
            t.vault_change(Change::CreateLink {
                id,
                project,
                environment,
                folder: folder.to_owned(),
                file: file.to_owned(),
                dialect: dialect.to_owned(),
            })?;
            let mut draft = EventDraft::of(Action::Linked).detail(format!("{folder}/{file}"));
            draft.project = Some(project);
            draft.environment = Some(environment);
            t.vault_event(draft)?;
            Ok(id)
        })
    }

    /// Forgets a link.
    ///
    /// # Errors
    /// [`VaultError::NoLink`] if there is none of that id.
    pub fn remove_link(&mut self, asker: &Asker, id: LinkId) -> Result<(), VaultError> {
        let link = self.link(id)?;
        self.transact(asker, |t| {
            t.vault_change(Change::RemoveLink { id })?;
            t.vault_event(about(&link, Action::Unlinked))
        })
    }

    /// Notes what a link's file is about to become, so that a crash right after
    /// the write is not taken for somebody else's edit.
    ///
    /// # Errors
    /// [`VaultError`] if the store fails.
    pub fn note_link_pending(
        &mut self,
        asker: &Asker,
        id: LinkId,
        hash: [u8; 32],
    ) -> Result<(), VaultError> {
        self.transact(asker, |t| {
            t.sql().execute(
                "UPDATE links SET pending_hash = ?2 WHERE id = ?1",
                params![id, hash],
            )?;
            Ok(())
        })
    }

    /// Notes what now stands in a link's file.
    ///
    /// # Errors
    /// [`VaultError`] if the store fails.
    pub fn note_link_written(
        &mut self,
        asker: &Asker,
        id: LinkId,
        (content_hash, foreign_hash): ([u8; 32], [u8; 32]),
        written: &[WrittenVersion],
    ) -> Result<(), VaultError> {
        self.transact(asker, |t| {
            t.sql().execute(
                "UPDATE links SET written_at = ?2, content_hash = ?3, foreign_hash = ?4,
                 pending_hash = NULL, problem_code = NULL, problem_message = NULL, problem_hint = NULL WHERE id = ?1",
                params![id, asker.at.0, content_hash, foreign_hash],
            )?;
            t.sql()
                .execute("DELETE FROM written_versions WHERE link = ?1", [id])?;
            let mut statement = t.sql().prepare_cached(
                "INSERT INTO written_versions (link, name, version, key, fingerprint)
                 VALUES (?1, ?2, ?3, ?4, ?5)",
            )?;
            for row in written {
                let WrittenFingerprint { key, fingerprint } = row.fingerprint;
                statement.execute(params![id, row.name, row.version, key, fingerprint])?;
            }
            Ok(())
        })
    }

    /// Notes why a link's file was left as it is.
    ///
    /// # Errors
    /// [`VaultError`] if the store fails.
    pub fn note_link_problem(
        &mut self,
        asker: &Asker,
        link: &Link,
        problem: &LinkProblem,
    ) -> Result<(), VaultError> {
        self.transact(asker, |t| {
            t.sql().execute(
                "UPDATE links SET problem_code = ?2, problem_message = ?3, problem_hint = ?4
                 WHERE id = ?1",
                params![link.id, problem.code, problem.message, problem.hint],
            )?;
            let mut draft = about(link, Action::LinkWritten).outcome(Outcome::Refused);
            draft.detail = format!("{}: {}", draft.detail, problem.code);
            t.vault_event(draft)
        })
    }

    /// Writes down that a link's file was found edited.
    ///
    /// # Errors
    /// [`VaultError`] if the store fails.
    pub fn note_drift(&mut self, asker: &Asker, link: &Link) -> Result<(), VaultError> {
        self.transact(asker, |t| t.vault_event(about(link, Action::DriftFound)))
    }

    /// Writes down that a link's file was added to a `.gitignore`.
    ///
    /// # Errors
    /// [`VaultError`] if the store fails.
    pub fn note_gitignore(
        &mut self,
        asker: &Asker,
        link: &Link,
        gitignore: &str,
    ) -> Result<(), VaultError> {
        self.transact(asker, |t| {
            t.vault_event(about(link, Action::GitignoreAdded).detail(gitignore))
        })
    }

    fn written(&self, link: LinkId) -> Result<Vec<WrittenVersion>, VaultError> {
        let mut statement = self.sql.prepare_cached(
            "SELECT name, version, key, fingerprint FROM written_versions
             WHERE link = ?1 ORDER BY name",
        )?;
        let rows = statement.query_map([link], |row| {
            Ok(WrittenVersion {
                name: row.get(0)?,
                version: row.get(1)?,
                fingerprint: WrittenFingerprint {
                    key: row.get(2)?,
                    fingerprint: row.get(3)?,
                },
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

fn about(link: &Link, action: Action) -> EventDraft {
    let mut draft = EventDraft::of(action).detail(link.path().display().to_string());
    draft.project = Some(link.project_id);
    draft.environment = Some(link.environment_id);
    draft
}
