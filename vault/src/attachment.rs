//! Files that belong to a secret in an environment: a certificate, a service account, a client's configuration. Sealed
//! under the environment's key at their own place; each is put once and never changed, only removed.

use crate::{
    asker::{Asker, Timestamp},
    change::Change,
    edit::refuse_protected,
    event::Action,
    exposure::Exposure,
    id::{AttachmentId, DeviceId, EnvironmentId, ProjectId, SecretId},
    log::EventDraft,
    name::FileName,
    project,
    secret::{self, no_secret},
    transaction::Transaction,
    vault::{Vault, VaultError},
};
use keystead_crypto::{EpochId, Field, Hash, Padding, Place, SecretBytes, open, pad, unpad};
use rusqlite::{Connection, OptionalExtension, params};
use sha2::{Digest, Sha256};

/// The largest file that is kept, in bytes: 10 MiB.
pub const LARGEST_ATTACHMENT: usize = 10 * 1024 * 1024;

/// A file of a secret, without what is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// Its id.
    pub id: AttachmentId,
    /// Its name.
    pub name: String,
    /// Bytes of it.
    pub size: u64,
    /// When it was attached.
    pub created_at: Timestamp,
    /// How often it left.
    pub exposures: u32,
}

/// A file with what is in it.
pub(crate) struct OpenAttachment {
    pub(crate) id: AttachmentId,
    pub(crate) environment: EnvironmentId,
    pub(crate) name: String,
    pub(crate) bytes: SecretBytes,
}

/// Where a file is sealed, and under what.
struct Sealed {
    id: AttachmentId,
    epoch: EpochId,
    author: DeviceId,
    sealer: DeviceId,
    ciphertext: Hash,
    envelope: Vec<u8>,
}

impl Vault {
    /// Attaches a file to a secret in an environment; one of the same name is replaced.
    ///
    /// # Errors
    /// [`VaultError::AttachmentTooLarge`], or [`VaultError`] that names what there is none of.
    pub fn attach(
        &mut self,
        asker: &Asker,
        (project, environment, name): (&str, &str, &str),
        file: &FileName,
        bytes: &[u8],
    ) -> Result<(), VaultError> {
        if bytes.len() > LARGEST_ATTACHMENT {
            return Err(VaultError::AttachmentTooLarge);
        }
        let place = project::resolve(&self.sql, project, environment)?;
        let secret = secret::find(&self.sql, place.0, name)?
            .ok_or_else(|| no_secret(project, environment, name))?;
        self.transact(asker, |t| {
            if let Some(old) = find(t.sql(), secret, place.1, file.as_str())? {
                t.space_change(Change::SetAttachment {
                    attachment: old,
                    removed: true,
                })?;
            }
            t.attach(place, secret, file.as_str(), bytes)?;
            let mut draft = EventDraft::of(Action::Attached).detail(file.as_str());
            draft.project = Some(place.0);
            draft.environment = Some(place.1);
            draft.secret = Some(secret);
            t.event(draft)
        })
    }

    /// The files of a secret in an environment, by name.
    ///
    /// # Errors
    /// [`VaultError`] that names what there is none of.
    pub fn attachments(
        &self,
        (project, environment, name): (&str, &str, &str),
    ) -> Result<Vec<Attachment>, VaultError> {
        let place = project::resolve(&self.sql, project, environment)?;
        let secret = secret::find(&self.sql, place.0, name)?
            .ok_or_else(|| no_secret(project, environment, name))?;
        let mut statement = self.sql.prepare_cached(
            "SELECT a.id, a.name, a.size, a.created_at,
             (SELECT coalesce(sum(times), 0) FROM attachment_exposures e WHERE e.attachment = a.row)
             FROM attachments a WHERE a.secret = ?1 AND a.environment = ?2 AND a.removed = 0
             ORDER BY a.name",
        )?;
        let rows = statement.query_map(params![secret, place.1], |row| {
            Ok(Attachment {
                id: row.get(0)?,
                name: row.get(1)?,
                size: row.get::<_, i64>(2)?.cast_unsigned(),
                created_at: Timestamp(row.get(3)?),
                exposures: row.get(4)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Reads a file. `destination` is where it goes. The event and the exposure are durable before it is answered.
    ///
    /// # Errors
    /// [`VaultError::NoAttachment`], [`VaultError::Protected`], or [`VaultError`] that says what is damaged.
    pub fn read_attachment(
        &mut self,
        asker: &Asker,
        (project, environment, name): (&str, &str, &str),
        file: &str,
        destination: &str,
    ) -> Result<SecretBytes, VaultError> {
        let place = project::resolve(&self.sql, project, environment)?;
        let secret = secret::find(&self.sql, place.0, name)?
            .ok_or_else(|| no_secret(project, environment, name))?;
        let id = find(&self.sql, secret, place.1, file)?
            .ok_or_else(|| VaultError::NoAttachment(file.to_owned()))?;
        refuse_protected(&self.sql, place.1, asker)?;
        self.refuse_unreleased_file(asker, place, secret)?;
        let bytes = self.open_attachment(place, secret, id)?;
        self.transact(asker, |t| {
            t.sql()
                .prepare_cached(
                    "INSERT INTO attachment_exposures
                     (attachment, how, place, first_at, last_at, times)
                     SELECT row, ?2, ?3, ?4, ?4, 1 FROM attachments WHERE id = ?1
                     ON CONFLICT DO UPDATE SET last_at = excluded.last_at, times = times + 1",
                )?
                .execute(params![
                    id,
                    Exposure::Exported as u8,
                    destination,
                    asker.at.0
                ])?;
            let mut draft =
                EventDraft::of(Action::AttachmentRead).detail(format!("{file} to {destination}"));
            draft.project = Some(place.0);
            draft.environment = Some(place.1);
            draft.secret = Some(secret);
            t.event(draft)
        })?;
        Ok(bytes)
    }

    /// Removes a file of a secret; an undo brings it back.
    ///
    /// # Errors
    /// [`VaultError::NoAttachment`], or [`VaultError`] that names what there is none of.
    pub fn remove_attachment(
        &mut self,
        asker: &Asker,
        (project, environment, name): (&str, &str, &str),
        file: &str,
    ) -> Result<(), VaultError> {
        let place = project::resolve(&self.sql, project, environment)?;
        let secret = secret::find(&self.sql, place.0, name)?
            .ok_or_else(|| no_secret(project, environment, name))?;
        let attachment = find(&self.sql, secret, place.1, file)?
            .ok_or_else(|| VaultError::NoAttachment(file.to_owned()))?;
        self.transact(asker, |t| {
            t.space_change(Change::SetAttachment {
                attachment,
                removed: true,
            })?;
            let mut draft = EventDraft::of(Action::AttachmentRemoved).detail(file);
            draft.project = Some(place.0);
            draft.environment = Some(place.1);
            draft.secret = Some(secret);
            t.event(draft)
        })
    }

    /// Every file of a secret.
    pub(crate) fn open_attachments(
        &mut self,
        project: ProjectId,
        secret: SecretId,
    ) -> Result<Vec<OpenAttachment>, VaultError> {
        let found: Vec<(AttachmentId, EnvironmentId, String)> = self
            .sql
            .prepare_cached(
                "SELECT id, environment, name FROM attachments
                 WHERE secret = ?1 AND removed = 0 ORDER BY environment, name",
            )?
            .query_map([secret], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
            .collect::<Result<_, _>>()?;
        let open = |(id, environment, name)| {
            Ok(OpenAttachment {
                id,
                environment,
                name,
                bytes: self.open_attachment((project, environment), secret, id)?,
            })
        };
        found.into_iter().map(open).collect()
    }

    fn open_attachment(
        &mut self,
        (project, environment): (ProjectId, EnvironmentId),
        secret: SecretId,
        id: AttachmentId,
    ) -> Result<SecretBytes, VaultError> {
        let sealed = self
            .sql
            .prepare_cached(
                "SELECT a.epoch, a.author, a.sealer, a.ciphertext, c.envelope FROM attachments a
                 JOIN attachment_ciphertexts c ON c.attachment = a.row WHERE a.id = ?1",
            )?
            .query_row([id], |row| {
                Ok(Sealed {
                    id,
                    epoch: row.get(0)?,
                    author: row.get(1)?,
                    sealer: row.get(2)?,
                    ciphertext: row.get(3)?,
                    envelope: row.get(4)?,
                })
            })?;
        if sealed.ciphertext != <[u8; 32]>::from(Sha256::digest(&sealed.envelope)) {
            return Err(VaultError::Damaged(
                "an attachment is not the one its operation says",
            ));
        }
        let place = Place {
            owner: self.facts.space.0,
            project: project.0,
            environment: environment.0,
            subject: secret.0,
            field: Field::Attachment,
            version: sealed.id.0,
            epoch: sealed.epoch,
            author: sealed.author.0,
            sealer: sealed.sealer.0,
        };
        let key = self.keys.environment_key(&self.sql, sealed.epoch)?;
        let padded = open(&key, &place, &sealed.envelope)?;
        let bytes = unpad(Padding::Value, &padded)
            .map_err(|_| VaultError::Damaged("an attachment's padding is not canonical"))?;
        Ok(SecretBytes::copy_of(bytes))
    }
}

impl Transaction<'_> {
    pub(crate) fn attach(
        &mut self,
        (project, environment): (ProjectId, EnvironmentId),
        secret: SecretId,
        name: &str,
        bytes: &[u8],
    ) -> Result<AttachmentId, VaultError> {
        let id = AttachmentId(self.next_id()?);
        let padded = pad(Padding::Value, bytes);
        let here = (project, environment, secret);
        let (envelope, epoch) = self.seal_here(here, (Field::Attachment, id.0), &padded)?;
        let ciphertext = <[u8; 32]>::from(Sha256::digest(&envelope));
        self.space_change(Change::Attach {
            id,
            secret,
            environment,
            name: name.to_owned(),
            size: bytes.len() as u64,
            ciphertext,
            epoch,
        })?;
        self.sql()
            .prepare_cached(
                "INSERT INTO attachment_ciphertexts (attachment, envelope)
                 SELECT row, ?2 FROM attachments WHERE id = ?1",
            )?
            .execute(params![id, envelope])?;
        Ok(id)
    }

    /// As [`Self::attach`], of a file that stood elsewhere: whoever saw it there has seen this one.
    pub(crate) fn attach_moved(
        &mut self,
        place: (ProjectId, EnvironmentId),
        secret: SecretId,
        file: &OpenAttachment,
    ) -> Result<(), VaultError> {
        let new = self.attach(place, secret, &file.name, &file.bytes)?;
        self.sql()
            .prepare_cached(
                "INSERT INTO attachment_exposures (attachment, how, place, first_at, last_at, times)
                 SELECT n.row, e.how, e.place, e.first_at, e.last_at, e.times
                 FROM attachments o JOIN attachment_exposures e ON e.attachment = o.row
                 JOIN attachments n ON n.id = ?2 WHERE o.id = ?1",
            )?
            .execute(params![file.id, new])?;
        Ok(())
    }
}

fn find(
    sql: &Connection,
    secret: SecretId,
    environment: EnvironmentId,
    name: &str,
) -> Result<Option<AttachmentId>, VaultError> {
    Ok(sql
        .prepare_cached(
            "SELECT id FROM attachments
             WHERE secret = ?1 AND environment = ?2 AND name = ?3 AND removed = 0",
        )?
        .query_row(params![secret, environment, name], |row| row.get(0))
        .optional()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        EnvironmentField, Origin, SecretName,
        tests::{asker, vault_in},
    };

    const HERE: (&str, &str, &str) = ("p", "dev", "CERT");

    fn file(name: &str) -> FileName {
        FileName::parse(name).expect("a file's name")
    }

    #[test]
    fn a_file_is_sealed_read_replaced_removed_and_brought_back() {
        let temp = tempfile::tempdir().expect("temp");
        let (mut vault, ..) = vault_in(temp.path());
        let one = [(SecretName::parse("CERT").expect("a name"), "x")];
        vault
            .put_values(&asker(), "p", "dev", &one, Origin::Set, "", true)
            .expect("put");
        let largest = vec![7; LARGEST_ATTACHMENT];
        vault
            .attach(&asker(), HERE, &file("client.p12"), &largest)
            .expect("10 MiB fit");
        let too_large = vec![7; LARGEST_ATTACHMENT + 1];
        let refused = vault.attach(&asker(), HERE, &file("big"), &too_large);
        assert!(matches!(refused, Err(VaultError::AttachmentTooLarge)));
        let read = |vault: &mut Vault, name: &str| {
            let read = vault.read_attachment(&asker(), HERE, name, "/tmp/x");
            read.map(|bytes| bytes.to_vec())
        };
        assert_eq!(read(&mut vault, "client.p12").expect("read"), largest);
        vault
            .attach(&asker(), HERE, &file("client.p12"), b"")
            .expect("replaced");
        assert_eq!(read(&mut vault, "client.p12").expect("read"), b"");
        let listed = vault.attachments(HERE).expect("listed");
        assert_eq!(listed.len(), 1);
        assert_eq!((listed[0].size, listed[0].exposures), (0, 1));
        vault.undo(&asker(), None).expect("undone");
        assert_eq!(
            read(&mut vault, "client.p12").expect("read").len(),
            LARGEST_ATTACHMENT
        );
        vault
            .remove_attachment(&asker(), HERE, "client.p12")
            .expect("removed");
        assert!(matches!(
            read(&mut vault, "client.p12"),
            Err(VaultError::NoAttachment(_))
        ));
        vault.undo(&asker(), None).expect("undone");
        let protect = [EnvironmentField::Protected(true)];
        vault
            .edit_environment(&asker(), ("p", "dev"), &protect)
            .expect("protected");
        assert!(matches!(
            read(&mut vault, "client.p12"),
            Err(VaultError::Protected(_))
        ));
        let events = vault.events(20, None).expect("listed");
        let reads = events
            .iter()
            .filter(|row| row.event.action == Action::AttachmentRead);
        assert_eq!(reads.count(), 3);
        assert!(vault.verify(&asker()).expect("verified").problem.is_none());

        // Whoever holds the store key can't put another file there.
        vault
            .sql
            .execute(
                "UPDATE attachment_ciphertexts SET envelope = x'00'
                 WHERE attachment = (SELECT min(attachment) FROM attachment_ciphertexts)",
                [],
            )
            .expect("tampered");
        let problem = vault.verify(&asker()).expect("verified").problem;
        assert!(problem.expect("seen").contains("attachment"));
    }

    #[test]
    fn files_move_with_their_secret() {
        let temp = tempfile::tempdir().expect("temp");
        let (mut vault, ..) = vault_in(temp.path());
        for project in ["p", "q"] {
            let name = if project == "p" { "CERT" } else { "OTHER" };
            let one = [(SecretName::parse(name).expect("a name"), "x")];
            vault
                .put_values(&asker(), project, "dev", &one, Origin::Set, "", true)
                .expect("put");
        }
        vault
            .attach(&asker(), HERE, &file("ca.pem"), b"bytes")
            .expect("attached");
        vault
            .move_secrets(&asker(), ("p", "q"), &["CERT"], false)
            .expect("moved");
        let there = ("q", "dev", "CERT");
        let bytes = vault
            .read_attachment(&asker(), there, "ca.pem", "/tmp/x")
            .expect("read");
        assert_eq!(&bytes[..], b"bytes");
        assert!(vault.verify(&asker()).expect("verified").problem.is_none());
    }

    #[test]
    fn a_files_name_is_no_path() {
        for name in ["ca.pem", "kube config", ".netrc", "schlüssel.pem"] {
            assert!(FileName::parse(name).is_ok(), "{name}");
        }
        for name in [
            "",
            ".",
            "..",
            "a/b",
            "/etc/passwd",
            "a\0b",
            "a\nb",
            "a\u{202e}b",
        ] {
            assert!(FileName::parse(name).is_err(), "{name:?}");
        }
    }
}
