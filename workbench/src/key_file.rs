//! Key files on disk. What stands in one is said by the crypto core.

use crate::{
    api::{ApiError, Code},
    atomic_file,
    errors::io_error,
};
use keystead_vault::KeyFile;
use std::{
    fs::OpenOptions,
    io::Write,
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::Path,
};

/// Reads the key file at that path.
///
/// # Errors
/// `io` where it can't be read, `invalid_file` where it is none.
pub(crate) fn read(path: &str) -> Result<KeyFile, ApiError> {
    let path = Path::new(path);
    let bytes = atomic_file::read_regular(path, KeyFile::MAX_SIZE as u64)
        .map_err(|error| io_error(path, &error))?;
    KeyFile::parse(&bytes).map_err(|error| {
        ApiError::new(
            Code::InvalidFile,
            format!("{}: {error}.", path.display()),
            "Name the key file that was made for this vault.",
        )
    })
}

/// Writes a new key file, of mode 0600, where nothing stands yet.
///
/// # Errors
/// `exists` where something stands, `io` where it can't be written.
pub(crate) fn write(path: &str, file: &KeyFile) -> Result<(), ApiError> {
    let path = Path::new(path);
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .and_then(|mut out| {
            // Whatever the umask is.
            out.set_permissions(std::fs::Permissions::from_mode(0o600))?;
            out.write_all(file.text().as_bytes())?;
            out.sync_all()
        });
    match written {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Err(ApiError::new(
            Code::Exists,
            format!("{} is there already.", path.display()),
            "Choose another name for the key file.",
        )),
        other => other.map_err(|error| io_error(path, &error)),
    }
}
