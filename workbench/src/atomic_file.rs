//! Files that hold secrets: written whole or not at all, mode 0600; read only
//! where they are ordinary files.

use std::{
    fs, io,
    io::{Read, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};
use zeroize::Zeroizing;

/// Replaces `path` durably. Right before it does, `still` says whether the file
/// is as the caller saw it.
///
/// A symbolic link is refused: what it points to was not what anybody chose.
///
/// # Errors
/// What the system says, or [`io::ErrorKind::ResourceBusy`] where `still` says
/// no; the file is as it was then.
pub(crate) fn write(
    path: &Path,
    bytes: &[u8],
    still: impl FnOnce(&Path) -> io::Result<bool>,
) -> io::Result<()> {
    refuse_link(path)?;
    let folder = path
        .parent()
        .ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
    let staged = staging_path(path);
    // One name for each file, so that what a crash left behind goes with the next write.
    remove(&staged)?;
    let result = stage(&staged, bytes).and_then(|()| {
        if !still(path)? {
            return Err(io::ErrorKind::ResourceBusy.into());
        }
        fs::rename(&staged, path)
    });
    if result.is_err() {
        // The first error is the one to tell.
        let _ = remove(&staged);
    }
    result?;
    fs::File::open(folder)?.sync_all()
}

/// Reads an ordinary file of at most `limit` + 1 bytes. A pipe or device, which
/// could block forever or never end, is an error.
///
/// # Errors
/// What the system says.
pub(crate) fn read_regular(path: &Path, limit: u64) -> io::Result<Zeroizing<Vec<u8>>> {
    let file = fs::OpenOptions::new()
        .read(true)
        .custom_flags(rustix::fs::OFlags::NONBLOCK.bits().cast_signed())
        .open(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(io::Error::other("it is not an ordinary file"));
    }
    // Room for all of it at once: growing would leave copies behind.
    let room = usize::try_from(metadata.len().min(limit) + 1).unwrap_or(0);
    let mut bytes = Zeroizing::new(Vec::with_capacity(room));
    file.take(limit + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Refuses a path whose last part is a symbolic link.
///
/// # Errors
/// [`io::ErrorKind::InvalidInput`] if it is one.
pub(crate) fn refuse_link(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_symlink() => Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "it is a symbolic link; name the file that it points to",
        )),
        _ => Ok(()),
    }
}

fn staging_path(path: &Path) -> PathBuf {
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(".keystead-partial");
    path.with_file_name(name)
}

fn stage(staged: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(staged)?;
    file.set_permissions(fs::Permissions::from_mode(0o600))?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_private_and_nothing_is_left_beside_it() {
        let temp = tempfile::tempdir().expect("temp");
        let real = temp.path().join("real");
        fs::write(&real, "old").expect("write");
        fs::set_permissions(&real, fs::Permissions::from_mode(0o644)).expect("mode");
        fs::write(staging_path(&real), "left by a crash").expect("write");
        write(&real, b"new", |_| Ok(true)).expect("written");
        assert_eq!(fs::read(&real).expect("read"), b"new");
        let mode = fs::metadata(&real).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(fs::read_dir(temp.path()).expect("folder").count(), 1);
        assert!(write(&temp.path().join("none/file"), b"x", |_| Ok(true)).is_err());
    }

    #[test]
    fn a_file_that_changed_meanwhile_or_is_a_link_stays() {
        let temp = tempfile::tempdir().expect("temp");
        let real = temp.path().join("real");
        let link = temp.path().join("link");
        fs::write(&real, "theirs").expect("write");
        std::os::unix::fs::symlink(&real, &link).expect("link");
        let busy = write(&real, b"ours", |_| Ok(false)).expect_err("changed");
        assert_eq!(busy.kind(), io::ErrorKind::ResourceBusy);
        assert!(
            write(&link, b"ours", |_| Ok(true)).is_err(),
            "a link is refused"
        );
        assert_eq!(fs::read(&real).expect("read"), b"theirs");
        assert_eq!(fs::read_dir(temp.path()).expect("folder").count(), 2);
    }

    #[test]
    fn a_pipe_is_refused_at_once() {
        let temp = tempfile::tempdir().expect("temp");
        let pipe = temp.path().join("pipe");
        rustix::fs::mknodat(
            rustix::fs::CWD,
            &pipe,
            rustix::fs::FileType::Fifo,
            rustix::fs::Mode::RUSR,
            0,
        )
        .expect("a pipe");
        assert!(read_regular(&pipe, 10).is_err());
    }
}
