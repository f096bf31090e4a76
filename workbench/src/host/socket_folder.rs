//! The folder that the sockets stand in: ours, mode 0700, no symbolic link.
//! It is opened once and checked as opened; what is looked up later goes through
//! that handle, so that nobody can put another folder in its place.

use super::HostError;
use rustix::{
    fs::{AtFlags, Mode, OFlags, fchmod, fstat, open, openat, unlinkat},
    io::Errno,
    process::geteuid,
};
use sha2::{Digest, Sha256};
use std::{
    fs::{self, DirBuilder, File},
    io,
    os::{
        fd::{AsRawFd, OwnedFd},
        unix::{
            ffi::OsStrExt,
            fs::{DirBuilderExt, PermissionsExt},
        },
    },
    path::{Path, PathBuf},
};

pub(super) struct SocketFolder {
    path: PathBuf,
    folder: OwnedFd,
}

/// The socket of one vault, and the lock that its host holds.
#[derive(PartialEq, Eq)]
pub(super) struct SocketName(String);

impl SocketName {
    /// By the vault's place, whatever way there was named.
    pub(super) fn of(vault: &Path) -> Self {
        // A vault that is still to be made has the name that it will have.
        let to_be_made = || {
            let parent = fs::canonicalize(vault.parent()?).ok()?;
            Some(parent.join(vault.file_name()?))
        };
        let place = fs::canonicalize(vault)
            .ok()
            .or_else(to_be_made)
            .or_else(|| std::path::absolute(vault).ok())
            .unwrap_or_else(|| vault.to_owned());
        let digest = Sha256::digest(place.as_os_str().as_bytes());
        // A socket's address has room for some hundred bytes in all.
        Self(digest[..12].iter().map(|b| format!("{b:02x}")).collect())
    }

    fn socket(&self) -> String {
        format!("{}.sock", self.0)
    }

    fn lock(&self) -> String {
        format!("{}.lock", self.0)
    }
}

impl SocketFolder {
    /// Makes the folder where it is missing, and opens it.
    pub(super) fn make(path: &Path) -> Result<Self, HostError> {
        if let Some(parent) = path.parent() {
            DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(parent)?;
        }
        match DirBuilder::new().mode(0o700).create(path) {
            // Whatever the umask.
            Ok(()) => fs::set_permissions(path, fs::Permissions::from_mode(0o700))?,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error.into()),
        }
        let made = Self::open(path)?;
        made.ok_or_else(|| io::Error::from(io::ErrorKind::NotFound).into())
    }

    /// Opens the folder; `None` where there is none.
    ///
    /// # Errors
    /// [`HostError::UnsafeFolder`] for one that is not ours alone.
    pub(super) fn open(path: &Path) -> Result<Option<Self>, HostError> {
        let refuse = |why| HostError::UnsafeFolder {
            path: path.to_owned(),
            why,
        };
        let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::RDONLY;
        let folder = match open(path, flags, Mode::empty()) {
            Ok(folder) => folder,
            Err(Errno::NOENT) => return Ok(None),
            Err(Errno::LOOP | Errno::NOTDIR) => {
                return Err(refuse("it is not a folder but a link or a file"));
            }
            Err(Errno::ACCESS) => return Err(refuse("it belongs to another user")),
            Err(error) => return Err(io::Error::from(error).into()),
        };
        let found = fstat(&folder).map_err(io::Error::from)?;
        if found.st_uid != geteuid().as_raw() {
            return Err(refuse("it belongs to another user"));
        }
        let mode = Mode::from_raw_mode(found.st_mode);
        if mode.intersects(Mode::WGRP | Mode::WOTH) {
            return Err(refuse("others may write there"));
        }
        if mode.intersects(Mode::RWXG | Mode::RWXO) {
            // A lax umask, or a folder made by hand: nobody else could put anything there.
            fchmod(&folder, Mode::RWXU).map_err(io::Error::from)?;
        }
        Ok(Some(Self {
            path: path.to_owned(),
            folder,
        }))
    }

    /// The socket's address, through the folder as it was checked: so it can
    /// neither be another folder's nor too long.
    pub(super) fn address(&self, name: &SocketName) -> PathBuf {
        let opened = PathBuf::from(format!("/proc/self/fd/{}", self.folder.as_raw_fd()));
        if opened.exists() {
            opened.join(name.socket())
        } else {
            self.path.join(name.socket())
        }
    }

    /// The file whose lock a host holds for as long as it lives.
    pub(super) fn lock_file(&self, name: &SocketName) -> io::Result<File> {
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = openat(&self.folder, name.lock(), flags, Mode::RUSR | Mode::WUSR)?;
        Ok(file.into())
    }

    pub(super) fn remove_socket(&self, name: &SocketName) {
        // A socket that is gone is what we want.
        let _ = unlinkat(&self.folder, name.socket(), AtFlags::empty());
    }
}
