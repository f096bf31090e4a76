//! A copy of a vault in one file: a POSIX tar of `header` and `store.db`, as
//! encrypted as the vault is. It can be unpacked by hand, with `tar`.
//!
//! Says nothing about when to make one, or where to.

use crate::{
    asker::{Asker, Cancel},
    event::Action,
    folder::VaultFolder,
    log::{EventDraft, VAULT_LOG},
    unlock::{UnlockError, open_with_root_key},
    vault::{Vault, VaultError},
    verify::{Verification, verify},
};
use rusqlite::TransactionBehavior;
use sha2::{Digest, Sha256};
use std::{
    fs::{self, File, Permissions},
    io::{self, Read, Write},
    os::unix::fs::PermissionsExt,
    path::Path,
};
use tempfile::NamedTempFile;

const HEADER: &str = "header";
const STORE: &str = "store.db";
/// Far more than 32 slots take.
const HEADER_LIMIT: u64 = 64 * 1024;

/// What a backup holds, as it was read back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backup {
    /// Bytes of the file.
    pub bytes: u64,
    /// SHA-256 of the file.
    pub sha256: [u8; 32],
    /// Events in it.
    pub events: u64,
    /// Operations in it.
    pub operations: u64,
    /// Sealed values in it.
    pub ciphertexts: u64,
}

/// Why there is no backup. What stood at its place is as it was.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BackupError {
    /// Something stands at that place.
    #[error("{0} is there already")]
    Exists(String),
    /// It was written, but what was read back is not the vault.
    #[error("the backup does not read back: {0}")]
    DoesNotReadBack(String),
    /// The vault could not be read.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The file could not be written.
    #[error("the backup could not be written: {0}")]
    Io(#[from] io::Error),
}

impl From<rusqlite::Error> for BackupError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Vault(error.into())
    }
}

/// Why a backup was not unpacked. Nothing is left behind.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RestoreError {
    /// Something stands at that place.
    #[error("{0} is there already")]
    Exists(String),
    /// It holds something else than a vault's two files, or not all of them.
    #[error("that is no backup of a vault: {0}")]
    NotABackup(&'static str),
    /// A file could not be read or written.
    #[error("the backup could not be restored: {0}")]
    Io(#[from] io::Error),
}

impl Vault {
    /// Writes the whole vault into a new file of mode 0600 and reads it back: the copy has to open, to verify, and
    /// to hold as much as the vault.
    ///
    /// # Errors
    /// [`BackupError`]; no file is left then, unless it is only the event that could not be written.
    pub fn backup(&mut self, to: &Path, asker: &Asker) -> Result<Backup, BackupError> {
        self.refuse_rolled_back()?;
        let taken = || BackupError::Exists(to.display().to_string());
        if to.symlink_metadata().is_ok() {
            return Err(taken());
        }
        let folder = to.parent().filter(|p| !p.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new("."));
        let mut file = tempfile::Builder::new()
            .prefix(".keystead-backup")
            .permissions(Permissions::from_mode(0o600))
            .tempfile_in(folder)?;
        file.as_file()
            .set_permissions(Permissions::from_mode(0o600))?;
        self.write_copy(&mut file, asker)?;
        file.as_file().sync_all()?;
        let backup = self.read_back(file.path(), folder, &asker.cancel)?;
        file.persist_noclobber(to).map_err(|error| {
            if error.error.kind() == io::ErrorKind::AlreadyExists {
                taken()
            } else {
                error.error.into()
            }
        })?;
        File::open(folder)?.sync_all()?;
        let name = to.display().to_string();
        self.record(
            asker,
            VAULT_LOG,
            EventDraft::of(Action::BackedUp).detail(name),
        )?;
        Ok(backup)
    }

    fn write_copy(&mut self, file: &mut NamedTempFile, asker: &Asker) -> Result<(), BackupError> {
        let (header, store) = (self.folder.header_path(), self.folder.store_path());
        // All of it into the one file, and nobody writes while that is copied.
        self.sql
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        let held = self
            .sql
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut archive = tar::Builder::new(file);
        for (name, path) in [(HEADER, header), (STORE, store)] {
            let source = File::open(path)?;
            let mut entry = tar::Header::new_ustar();
            entry.set_size(source.metadata()?.len());
            entry.set_mode(0o600);
            entry.set_mtime(u64::try_from(asker.at.0 / 1000).unwrap_or_default());
            archive.append_data(&mut entry, name, source)?;
            asker.cancel.check()?;
        }
        archive.into_inner()?.flush()?;
        drop(held);
        Ok(())
    }

    fn read_back(
        &self,
        file: &Path,
        folder: &Path,
        cancel: &Cancel,
    ) -> Result<Backup, BackupError> {
        let wrong = |words: String| BackupError::DoesNotReadBack(words);
        let room = tempfile::Builder::new()
            .prefix(".keystead-backup")
            .permissions(Permissions::from_mode(0o700))
            .tempdir_in(folder)?;
        let place = VaultFolder::at(&room.path().join("copy"));
        restore_backup(file, &place).map_err(|error| match error {
            RestoreError::Io(error) => BackupError::Io(error),
            other => wrong(other.to_string()),
        })?;
        let copy = open_with_root_key(&place, &self.root).map_err(|error| match error {
            UnlockError::Io(error) => BackupError::Io(error),
            other => wrong(other.to_string()),
        })?;
        let (ours, theirs) = (verify(self, cancel)?, verify(&copy, cancel)?);
        if let Some(problem) = theirs.problem {
            return Err(wrong(problem));
        }
        let counts = |v: &Verification| (v.events, v.operations, v.ciphertexts);
        if counts(&ours) != counts(&theirs) {
            return Err(wrong("it holds less than the vault".to_owned()));
        }
        let (bytes, sha256) = digest(&mut File::open(file)?)?;
        Ok(Backup {
            bytes,
            sha256,
            events: theirs.events,
            operations: theirs.operations,
            ciphertexts: theirs.ciphertexts,
        })
    }
}

fn digest(file: &mut File) -> io::Result<(u64, [u8; 32])> {
    let mut digest = Sha256::new();
    let mut room = vec![0; 64 * 1024];
    let mut bytes = 0;
    loop {
        match file.read(&mut room)? {
            0 => return Ok((bytes, digest.finalize().into())),
            read => {
                digest.update(&room[..read]);
                bytes += read as u64;
            }
        }
    }
}

/// Unpacks a backup into a new vault folder. The passphrase is the one that the vault had then.
///
/// # Errors
/// [`RestoreError`] for anything but exactly the two files of a vault.
pub fn restore_backup(file: &Path, place: &VaultFolder) -> Result<(), RestoreError> {
    let taken = || RestoreError::Exists(place.path().display().to_string());
    if place.exists() {
        return Err(taken());
    }
    let source = File::open(file)?;
    if !source.metadata()?.is_file() {
        return Err(RestoreError::NotABackup("it is not a file"));
    }
    let staged = place.stage()?;
    let unpacked = unpack(source, &staged).and_then(|()| {
        staged.publish(place).map_err(|error| {
            if error.kind() == io::ErrorKind::AlreadyExists {
                taken()
            } else {
                error.into()
            }
        })
    });
    if unpacked.is_err() {
        staged.discard();
    }
    unpacked
}

fn unpack(source: File, staged: &VaultFolder) -> Result<(), RestoreError> {
    let whole = source.metadata()?.len();
    let mut archive = tar::Archive::new(source);
    let (mut header, mut store) = (None, false);
    let not = RestoreError::NotABackup;
    // What the library can't read is no backup; what the disk does not give is no fault of it.
    let form = |error: io::Error| match error.raw_os_error() {
        Some(_) => RestoreError::Io(error),
        None => not("it is damaged or of another kind"),
    };
    // Raw: a record that renames or extends the next one is an entry as well, and refused.
    for entry in archive.entries().map_err(form)?.raw(true) {
        let mut entry = entry.map_err(form)?;
        let (name, size) = (entry.path_bytes().into_owned(), entry.size());
        if entry.header().entry_type() != tar::EntryType::Regular {
            return Err(not("it holds something that is no file"));
        }
        if size > whole {
            return Err(not("it is cut short"));
        }
        match name.as_slice() {
            b"header" if header.is_none() && size <= HEADER_LIMIT => {
                let mut bytes = Vec::new();
                entry.read_to_end(&mut bytes).map_err(form)?;
                if bytes.len() as u64 != size {
                    return Err(not("it is cut short"));
                }
                header = Some(bytes);
            }
            b"store.db" if !store => {
                let mut file = fs::OpenOptions::new()
                    .write(true)
                    .truncate(true)
                    .open(staged.store_path())?;
                let copied = io::copy(&mut entry, &mut file).map_err(form)?;
                if copied != size {
                    return Err(not("it is cut short"));
                }
                file.sync_all()?;
                store = true;
            }
            _ => return Err(not("it holds another file than a vault's two")),
        }
    }
    match (header, store) {
        (Some(header), true) => Ok(staged.write_header(&header)?),
        _ => Err(not("a vault's two files are not in it")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{asker, set, vault_in};
    use keystead_crypto::RootKey;
    use std::path::PathBuf;

    fn backed_up(folder: &Path) -> (PathBuf, RootKey, Backup) {
        let (mut vault, _, root) = vault_in(folder);
        for i in 0..5 {
            set(&mut vault, &format!("KEY_{i}"), &format!("value {i}"));
        }
        let file = folder.join("one.keystead-backup");
        let backup = vault.backup(&file, &asker()).expect("backed up");
        let taken = vault.backup(&file, &asker());
        assert!(
            matches!(taken, Err(BackupError::Exists(_))),
            "never over another"
        );
        // What comes later is not in it.
        set(&mut vault, "LATER", "value");
        (file, root, backup)
    }

    #[test]
    fn a_backup_is_private_whole_and_opens_as_the_vault_that_it_was() {
        let temp = tempfile::tempdir().expect("temp");
        let (file, root, backup) = backed_up(temp.path());
        let found = fs::metadata(&file).expect("there");
        assert_eq!(found.permissions().mode() & 0o777, 0o600);
        assert_eq!((found.len(), backup.ciphertexts), (backup.bytes, 5));
        let bytes = fs::read(&file).expect("read");
        assert_eq!(<[u8; 32]>::from(Sha256::digest(&bytes)), backup.sha256);
        let others = fs::read_dir(temp.path()).expect("read").flatten();
        let left: Vec<_> = others.map(|entry| entry.file_name()).collect();
        assert_eq!(left.len(), 2, "the vault and the backup: {left:?}");

        let place = VaultFolder::at(&temp.path().join("again"));
        restore_backup(&file, &place).expect("restored");
        let mut copy = open_with_root_key(&place, &root).expect("opens");
        let verified = copy.verify(&asker()).expect("verifies");
        assert_eq!(verified.problem, None);
        let names = copy.current_versions("churn-model", "dev").expect("names");
        assert_eq!(names.len(), 5);
        let again = restore_backup(&file, &place);
        assert!(matches!(again, Err(RestoreError::Exists(_))));
    }

    fn archive(entries: &[(&str, tar::EntryType, &[u8])]) -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        for (name, kind, bytes) in entries {
            let mut header = tar::Header::new_ustar();
            // Past the library's own refusal of what leads out of the folder.
            header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
            header.set_entry_type(*kind);
            header.set_size(bytes.len() as u64);
            header.set_mode(0o600);
            header.set_cksum();
            builder.append(&header, *bytes).expect("into memory");
        }
        builder.into_inner().expect("into memory")
    }

    #[test]
    fn nothing_but_a_vault_s_two_files_is_unpacked() {
        use tar::EntryType::{Directory, Regular, Symlink};
        let temp = tempfile::tempdir().expect("temp");
        let (file, ..) = backed_up(temp.path());
        let whole = fs::read(&file).expect("read");
        let hostile: Vec<Vec<u8>> = vec![
            Vec::new(),
            b"PK\x03\x04".repeat(400),
            archive(&[("header", Regular, b"h")]),
            archive(&[("store.db", Regular, b"s")]),
            archive(&[
                ("header", Regular, b"h"),
                ("store.db", Regular, b"s"),
                ("lock", Regular, b""),
            ]),
            archive(&[
                ("header", Regular, b"h"),
                ("header", Regular, b"h"),
                ("store.db", Regular, b"s"),
            ]),
            archive(&[("header", Symlink, b""), ("store.db", Regular, b"s")]),
            archive(&[("header", Regular, b"h"), ("store.db", Directory, b"")]),
            archive(&[("../header", Regular, b"h"), ("store.db", Regular, b"s")]),
            archive(&[("/header", Regular, b"h"), ("store.db", Regular, b"s")]),
            archive(&[
                ("header", Regular, &[0; 70_000]),
                ("store.db", Regular, b"s"),
            ]),
            whole[..whole.len() / 2].to_vec(),
            whole[..700].to_vec(),
        ];
        let place = VaultFolder::at(&temp.path().join("again"));
        let before = fs::read_dir(temp.path()).expect("read").count();
        for (index, bytes) in hostile.iter().enumerate() {
            let file = temp.path().join("hostile");
            fs::write(&file, bytes).expect("written");
            let refused = restore_backup(&file, &place);
            assert!(
                matches!(refused, Err(RestoreError::NotABackup(_))),
                "{index}: {refused:?}"
            );
            fs::remove_file(&file).expect("removed");
            let after = fs::read_dir(temp.path()).expect("read").count();
            assert_eq!(after, before, "{index}: nothing is left behind");
        }
    }
}
