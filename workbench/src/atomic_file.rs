//! Files that hold secrets: written whole or not at all, mode 0600; read only
//! where they are ordinary files.

use std::{
    fs, io,
    io::{Read, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};
use zeroize::Zeroizing;

const GITIGNORE: &str = ".gitignore";
const STAGED: &str = "values";

/// Replaces `path` durably. Right before it does, `still` says whether the file
/// is as the caller saw it.
///
/// What stands there must be an ordinary file: what a symbolic link points to
/// was not what anybody chose, and a pipe or device must not be replaced.
///
/// # Errors
/// What the system says, or [`io::ErrorKind::ResourceBusy`] where `still` says
/// no; the file is as it was then.
pub(crate) fn write(
    path: &Path,
    bytes: &[u8],
    still: impl FnOnce(&Path) -> io::Result<bool>,
) -> io::Result<()> {
    put(path, bytes, |staged| {
        if !still(path)? {
            return Err(io::ErrorKind::ResourceBusy.into());
        }
        refuse_special(path)?;
        fs::rename(staged, path)
    })
}

/// As [`write`], of a file that must not be there yet.
///
/// # Errors
/// What the system says, or [`io::ErrorKind::AlreadyExists`].
pub(crate) fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    put(path, bytes, |staged| {
        match renameat_with(CWD, staged, CWD, path, RenameFlags::NOREPLACE) {
            // A file system that has no such call.
            Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS) => {
                if fs::symlink_metadata(path).is_ok() {
                    return Err(io::ErrorKind::AlreadyExists.into());
                }
                fs::rename(staged, path)
            }
            other => Ok(other?),
        }
    })
}

/// Makes a file ready beside `path` and lets `place` put it there.
fn put(path: &Path, bytes: &[u8], place: impl FnOnce(&Path) -> io::Result<()>) -> io::Result<()> {
    refuse_special(path)?;
    // Opened first: once the file is replaced, nothing may fail that could be known before.
    let folder = fs::File::open(folder_of(path)?)?;
    let staging = staging_folder(path);
    // One name for each file, so that what a crash left behind goes with the next write.
    remove(&staging)?;
    let result = stage(&staging, bytes).and_then(|staged| place(&staged));
    // The first error is the one to tell, and a file that was replaced is no failure.
    let _ = remove(&staging);
    result?;
    folder.sync_all()
}

/// The folder of `path`, which is `.` for a name alone.
///
/// # Errors
/// [`io::ErrorKind::InvalidInput`] if `path` names no file.
pub(crate) fn folder_of(path: &Path) -> io::Result<&Path> {
    match path.parent() {
        Some(folder) if folder.as_os_str().is_empty() => Ok(Path::new(".")),
        Some(folder) => Ok(folder),
        None => Err(io::ErrorKind::InvalidInput.into()),
    }
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

fn refuse_special(path: &Path) -> io::Result<()> {
    refuse_link(path)?;
    match fs::symlink_metadata(path) {
        Ok(metadata) if !metadata.is_file() => Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "it is not an ordinary file",
        )),
        _ => Ok(()),
    }
}

/// The folder in which a file is made ready. It tells git to ignore it: what a
/// crash leaves there holds secrets, and no rule for `path` itself covers it.
fn staging_folder(path: &Path) -> PathBuf {
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(".keystead-partial");
    path.with_file_name(name)
}

fn stage(staging: &Path, bytes: &[u8]) -> io::Result<PathBuf> {
    fs::DirBuilder::new().mode(0o700).create(staging)?;
    // The umask may have taken even our own rights.
    fs::set_permissions(staging, fs::Permissions::from_mode(0o700))?;
    let private = |name, bytes| private_file(staging.join(name), bytes);
    private(GITIGNORE, b"*\n")?;
    private(STAGED, bytes)
}

fn private_file(path: PathBuf, bytes: &[u8]) -> io::Result<PathBuf> {
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&path)?;
    file.set_permissions(fs::Permissions::from_mode(0o600))?;
    file.write_all(bytes)?;
    file.sync_all()?;
    Ok(path)
}

/// Removes a staging folder with what [`stage`] puts there and nothing else.
fn remove(staging: &Path) -> io::Result<()> {
    let missing = |result: io::Result<()>| match result {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    };
    match fs::symlink_metadata(staging) {
        Ok(metadata) if metadata.is_dir() => {
            // The rules go last: until then git does not see the values.
            missing(fs::remove_file(staging.join(STAGED)))?;
            missing(fs::remove_file(staging.join(GITIGNORE)))?;
            missing(fs::remove_dir(staging))
        }
        _ => missing(fs::remove_file(staging)),
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
        stage(&staging_folder(&real), b"left by a crash").expect("staged");
        write(&real, b"new", |_| Ok(true)).expect("written");
        assert_eq!(fs::read(&real).expect("read"), b"new");
        let mode = fs::metadata(&real).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(fs::read_dir(temp.path()).expect("folder").count(), 1);
        // As earlier versions left it: a file of that name.
        fs::write(staging_folder(&real), "left by a crash").expect("write");
        write(&real, b"newer", |_| Ok(true)).expect("written");
        assert_eq!(fs::read_dir(temp.path()).expect("folder").count(), 1);
        assert!(write(&temp.path().join("none/file"), b"x", |_| Ok(true)).is_err());
        let taken = write_new(&real, b"another");
        assert_eq!(
            taken.map_err(|error| error.kind()),
            Err(io::ErrorKind::AlreadyExists)
        );
        assert_eq!(fs::read(&real).expect("read"), b"newer");
        write_new(&temp.path().join("new"), b"new").expect("written");
        assert_eq!(fs::read_dir(temp.path()).expect("folder").count(), 2);
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
    fn what_a_crash_leaves_is_out_of_gits_sight() {
        let temp = tempfile::tempdir().expect("temp");
        let root = temp.path().canonicalize().expect("path");
        fs::create_dir(root.join(".git")).expect("folder");
        let staging = staging_folder(&root.join(".env"));
        let staged = stage(&staging, b"A=secret").expect("staged");
        assert_eq!(
            crate::git::look(&staged).state,
            crate::api::GitState::Ignored
        );
        let mode = fs::metadata(&staging).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
    }

    #[test]
    fn a_name_alone_is_a_file_here() {
        assert_eq!(folder_of(Path::new("x")).expect("here"), Path::new("."));
        assert_eq!(folder_of(Path::new("a/x")).expect("a"), Path::new("a"));
        assert!(folder_of(Path::new("/")).is_err());
        // No folder is named: the test's own, which holds the package.
        let name = format!("keystead-test-{}", std::process::id());
        let result = write(Path::new(&name), b"x", |_| Ok(true));
        let there = fs::remove_file(&name);
        result.expect("no failure after the file was written");
        there.expect("written");
    }

    #[test]
    fn a_pipe_is_not_replaced() {
        let temp = tempfile::tempdir().expect("temp");
        let pipe = temp.path().join("pipe");
        make_pipe(&pipe);
        assert!(write(&pipe, b"ours", |_| Ok(true)).is_err());
        let kind = fs::symlink_metadata(&pipe).expect("there").file_type();
        assert!(!kind.is_file(), "still the pipe");
        assert_eq!(fs::read_dir(temp.path()).expect("folder").count(), 1);
    }

    #[test]
    fn a_pipe_is_refused_at_once() {
        let temp = tempfile::tempdir().expect("temp");
        let pipe = temp.path().join("pipe");
        make_pipe(&pipe);
        assert!(read_regular(&pipe, 10).is_err());
    }

    fn make_pipe(path: &Path) {
        rustix::fs::mknodat(
            rustix::fs::CWD,
            path,
            rustix::fs::FileType::Fifo,
            rustix::fs::Mode::RUSR,
            0,
        )
        .expect("a pipe");
    }
}
