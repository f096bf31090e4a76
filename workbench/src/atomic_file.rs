//! Writing a file that holds secrets: whole or not at all, mode 0600.

use std::{
    fs, io,
    io::Write,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

/// Replaces `path` durably. A symbolic link keeps pointing where it points.
///
/// # Errors
/// What the system says; the file is as it was then.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let target = resolved(path)?;
    let folder = target
        .parent()
        .ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
    let private = || fs::Permissions::from_mode(0o600);
    let mut file = tempfile::Builder::new()
        .prefix(".keystead-")
        .permissions(private())
        .tempfile_in(folder)?;
    file.as_file().set_permissions(private())?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(&target)?;
    fs::File::open(folder)?.sync_all()
}

fn resolved(path: &Path) -> io::Result<PathBuf> {
    match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_symlink() => fs::canonicalize(path),
        _ => Ok(path.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_private_and_a_link_stays_one() {
        let temp = tempfile::tempdir().expect("temp");
        let real = temp.path().join("real");
        let link = temp.path().join("link");
        fs::write(&real, "old").expect("write");
        fs::set_permissions(&real, fs::Permissions::from_mode(0o644)).expect("mode");
        std::os::unix::fs::symlink(&real, &link).expect("link");
        write(&link, b"new").expect("written");
        assert_eq!(fs::read(&real).expect("read"), b"new");
        let mode = fs::metadata(&real).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert!(fs::symlink_metadata(&link).expect("there").is_symlink());
        let names = fs::read_dir(temp.path()).expect("folder").count();
        assert_eq!(names, 2, "no temporary file is left");
        assert!(write(&temp.path().join("none/file"), b"x").is_err());
    }
}
