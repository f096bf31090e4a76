//! The folder `NAME.keystead/`: what stands in it, who may read it, and who
//! holds it. Everything platform-dependent about files sits here.

use rustix::{
    fs::OFlags,
    io::Errno,
    process::{Pid, test_kill_process},
};
use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

const EXTENSION: &str = "keystead";
const HEADER: &str = "header";
const STORE: &str = "store.db";
const LOCK: &str = "lock";
const FAILED_UNLOCKS: &str = "failed-unlocks";
const PARTIAL: &str = ".partial";
/// Another command, which holds a vault only after its derivation, is done within this; a window is not.
const LOCK_PATIENCE: Duration = Duration::from_millis(400);
/// More failures than this are counted as this many.
const MOST_FAILED_UNLOCKS: usize = 10_000;

/// A vault's folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VaultFolder(PathBuf);

impl VaultFolder {
    /// Names a folder; adds `.keystead` where it is missing. Nothing is touched.
    pub fn at(path: &Path) -> Self {
        if path.extension().is_some_and(|e| e == EXTENSION) {
            return Self(path.to_owned());
        }
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(".");
        name.push(EXTENSION);
        Self(path.with_file_name(name))
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The folder's name without its ending.
    pub fn name(&self) -> String {
        let stem = self.0.file_stem().unwrap_or_default();
        stem.to_string_lossy().into_owned()
    }

    /// Whether something stands there.
    pub fn exists(&self) -> bool {
        self.0.symlink_metadata().is_ok()
    }

    pub(crate) fn header_path(&self) -> PathBuf {
        self.0.join(HEADER)
    }

    /// Opens whatever stands at the header's place; a pipe there does not block.
    pub(crate) fn open_header(&self) -> io::Result<File> {
        OpenOptions::new()
            .read(true)
            .custom_flags(OFlags::NONBLOCK.bits().cast_signed())
            .open(self.header_path())
    }

    pub(crate) fn store_path(&self) -> PathBuf {
        self.0.join(STORE)
    }

    /// Takes the vault for this process; `None` while another one has it.
    pub(crate) fn try_hold(&self) -> io::Result<Option<File>> {
        let file = private_file(&self.0.join(LOCK))?;
        let start = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Some(file)),
                Err(TryLockError::WouldBlock) if start.elapsed() < LOCK_PATIENCE => {
                    thread::sleep(Duration::from_millis(20));
                }
                Err(TryLockError::WouldBlock) => return Ok(None),
                Err(TryLockError::Error(error)) => return Err(error),
            }
        }
    }

    /// Whether another process has the vault open now.
    ///
    /// # Errors
    /// What the system says on the lock file.
    pub fn is_held(&self) -> io::Result<bool> {
        if !self.header_path().is_file() {
            return Ok(false);
        }
        Ok(self.try_hold()?.is_none())
    }

    /// Makes the folder beside its place, so that it appears there whole or not at all.
    pub(crate) fn stage(&self) -> io::Result<Self> {
        let parent = self.0.parent().filter(|p| !p.as_os_str().is_empty());
        let parent = parent.unwrap_or(Path::new("."));
        make_folders(parent)?;
        let mut name = std::ffi::OsString::from(".");
        name.push(self.0.file_name().unwrap_or_default());
        name.push(".");
        remove_leftovers(parent, &name.to_string_lossy());
        name.push(format!("{}{PARTIAL}", std::process::id()));
        let staged = self.0.with_file_name(name);
        fs::DirBuilder::new().mode(0o700).create(&staged)?;
        fs::set_permissions(&staged, fs::Permissions::from_mode(0o700))?;
        drop(private_file(&staged.join(STORE))?);
        drop(private_file(&staged.join(LOCK))?);
        Ok(Self(staged))
    }

    /// Moves a staged folder to `place`, durably.
    pub(crate) fn publish(&self, place: &Self) -> io::Result<()> {
        sync_folder(&self.0)?;
        // rename(2) would replace an empty folder that appeared meanwhile.
        if place.exists() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        fs::rename(&self.0, &place.0)?;
        sync_folder(place.0.parent().unwrap_or(Path::new(".")))
    }

    pub(crate) fn discard(&self) {
        // Nothing depends on it: the next `stage` of another process at this place removes leftovers.
        let _ = fs::remove_dir_all(&self.0);
    }

    pub(crate) fn write_header(&self, bytes: &[u8]) -> io::Result<()> {
        let mut file = tempfile::Builder::new()
            .prefix(".header")
            .permissions(fs::Permissions::from_mode(0o600))
            .tempfile_in(&self.0)?;
        file.as_file()
            .set_permissions(fs::Permissions::from_mode(0o600))?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        // Not `persist`, which goes past the C library, and so past the layer that the campaigns put before it.
        let made = file.into_temp_path();
        fs::rename(&made, self.header_path())?;
        let _ = made.keep();
        sync_folder(&self.0)
    }

    /// Notes a wrong passphrase: eight bytes of wall time, appended. The store
    /// is closed then, so the next unlock carries these into the audit.
    pub(crate) fn note_failed_unlock(&self, at: i64) -> io::Result<()> {
        let mut file = OpenOptions::new()
            .append(true)
            .create(true)
            .mode(0o600)
            .custom_flags(OFlags::NOFOLLOW.bits().cast_signed())
            .open(self.0.join(FAILED_UNLOCKS))?;
        file.set_permissions(fs::Permissions::from_mode(0o600))?;
        if file.metadata()?.len() < (MOST_FAILED_UNLOCKS * 8) as u64 {
            file.write_all(&at.to_be_bytes())?;
            file.sync_all()?;
        }
        Ok(())
    }

    pub(crate) fn failed_unlocks(&self) -> io::Result<Vec<i64>> {
        let bytes = match fs::read(self.0.join(FAILED_UNLOCKS)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            other => other?,
        };
        let whole = bytes.chunks_exact(8).take(MOST_FAILED_UNLOCKS);
        Ok(whole
            .map(|chunk| i64::from_be_bytes(chunk.try_into().expect("chunks of eight")))
            .collect())
    }

    pub(crate) fn clear_failed_unlocks(&self) -> io::Result<()> {
        match fs::remove_file(self.0.join(FAILED_UNLOCKS)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

/// Makes what is missing of a path, each folder 0700 whatever the umask: one that takes away its own owner's rights
/// would stop at the second.
fn make_folders(path: &Path) -> io::Result<()> {
    if path.as_os_str().is_empty() || path.is_dir() {
        return Ok(());
    }
    if let Some(parent) = path.parent() {
        make_folders(parent)?;
    }
    match fs::DirBuilder::new().mode(0o700).create(path) {
        Ok(()) => fs::set_permissions(path, fs::Permissions::from_mode(0o700)),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
        Err(error) => Err(error),
    }
}

/// Removes folders that a creation left which was killed: those of processes that are no more. Nothing depends on it.
fn remove_leftovers(parent: &Path, prefix: &str) {
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let pid = name
            .to_str()
            .and_then(|name| name.strip_prefix(prefix)?.strip_suffix(PARTIAL))
            .and_then(|pid| Pid::from_raw(pid.parse().ok()?));
        if let Some(pid) = pid
            && test_kill_process(pid) == Err(Errno::SRCH)
        {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// Opens or makes a file of mode 0600, whatever the umask; no symbolic link.
fn private_file(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .custom_flags(OFlags::NOFOLLOW.bits().cast_signed())
        .open(path)?;
    file.set_permissions(fs::Permissions::from_mode(0o600))?;
    Ok(file)
}

fn sync_folder(path: &Path) -> io::Result<()> {
    let path = if path.as_os_str().is_empty() {
        Path::new(".")
    } else {
        path
    };
    File::open(path)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ending_is_added_once() {
        let of = |p: &str| VaultFolder::at(Path::new(p)).0;
        assert_eq!(of("/a/work"), Path::new("/a/work.keystead"));
        assert_eq!(of("/a/work.keystead"), Path::new("/a/work.keystead"));
        assert_eq!(of("/a/my.work"), Path::new("/a/my.work.keystead"));
    }

    #[test]
    fn what_a_killed_creation_left_is_removed_and_a_living_one_s_is_not() -> io::Result<()> {
        let temp = tempfile::tempdir()?;
        let place = VaultFolder::at(&temp.path().join("a/b/work"));
        let staged = place.stage()?;
        assert_eq!(
            fs::metadata(temp.path().join("a"))?.permissions().mode() & 0o777,
            0o700
        );
        let mut child = std::process::Command::new("true").spawn()?;
        child.wait()?;
        let left = temp
            .path()
            .join(format!("a/b/.work.keystead.{}.partial", child.id()));
        fs::create_dir(&left)?;
        let parent = staged.path().parent().expect("it lies in a folder");
        remove_leftovers(parent, ".work.keystead.");
        assert!(!left.exists(), "its process is no more");
        assert!(staged.path().exists(), "this process lives");
        Ok(())
    }
}
