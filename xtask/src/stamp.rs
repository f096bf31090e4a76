//! Remembers by content what a step was last done for, so that a second start can leave it out.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// A file under `target/xtask` with the digest of what the step last saw.
pub(crate) struct Stamp {
    file: PathBuf,
    digest: String,
}

impl Stamp {
    /// Digests `inputs`, files or folders; a missing one counts as empty. `extra` is whatever else the step depends on.
    pub(crate) fn of(file: PathBuf, inputs: &[PathBuf], extra: &str) -> Result<Self> {
        let mut digest = Digest::new();
        digest.add(extra.as_bytes());
        for input in inputs {
            digest.add_path(input, input)?;
        }
        Ok(Self {
            file,
            digest: format!("{:016x}\n", digest.0),
        })
    }

    pub(crate) fn is_current(&self) -> bool {
        fs::read_to_string(&self.file).is_ok_and(|stored| stored == self.digest)
    }

    pub(crate) fn store(&self) -> Result<()> {
        if let Some(parent) = self.file.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(&self.file, &self.digest)
            .with_context(|| format!("cannot write {}", self.file.display()))
    }
}

/// FNV-1a: it tells files apart from their earlier selves and guards against nobody.
struct Digest(u64);

impl Digest {
    fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    fn add(&mut self, bytes: &[u8]) {
        let length = bytes.len().to_le_bytes();
        for byte in length.iter().chain(bytes) {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    fn add_path(&mut self, path: &Path, base: &Path) -> Result<()> {
        self.add(
            path.strip_prefix(base)
                .unwrap_or(path)
                .as_os_str()
                .as_encoded_bytes(),
        );
        if path.is_dir() {
            let mut entries = fs::read_dir(path)
                .and_then(|entries| entries.collect::<std::io::Result<Vec<_>>>())
                .with_context(|| format!("cannot read {}", path.display()))?;
            entries.sort_by_key(fs::DirEntry::file_name);
            for entry in entries {
                self.add_path(&entry.path(), base)?;
            }
        } else if path.is_file() {
            self.add(&fs::read(path).with_context(|| format!("cannot read {}", path.display()))?);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_is_current_until_a_file_changes_comes_or_goes() -> Result<()> {
        let folder = std::env::temp_dir().join(format!("xtask-stamp-{}", std::process::id()));
        let (inputs, file) = (folder.join("inputs"), folder.join("stamp"));
        fs::create_dir_all(&inputs)?;
        fs::write(inputs.join("a"), "one")?;
        let stamp = |extra: &str| Stamp::of(file.clone(), std::slice::from_ref(&inputs), extra);

        assert!(!stamp("")?.is_current(), "nothing was stored yet");
        stamp("")?.store()?;
        assert!(stamp("")?.is_current(), "nothing changed");
        assert!(!stamp("node 22")?.is_current(), "the extra input changed");
        fs::write(inputs.join("b"), "")?;
        assert!(!stamp("")?.is_current(), "an empty file came");
        fs::remove_file(inputs.join("b"))?;
        fs::write(inputs.join("a"), "two")?;
        assert!(!stamp("")?.is_current(), "a file changed");
        fs::remove_dir_all(folder)?;
        Ok(())
    }
}
