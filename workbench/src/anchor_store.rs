//! Where a vault's anchors are kept: in a file of this machine's, and in the system's keyring where that keeps a key of
//! the vault. The file tells an old copy that was put back by mistake; who can write the files of a vault can write it
//! too, but not a keyring.
//!
//! Does not compare: what an anchor says is the vault's to know.

use crate::system_keyring::{self, KeyringError};
use keystead_vault::{Anchors, SlotInfo, SlotKind, VaultFolder, VaultId, slots_of};
use std::{
    fs::{self, DirBuilder, Permissions},
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt as _, PermissionsExt as _},
    path::PathBuf,
};

/// More than the anchors of a vault take.
const FILE_LIMIT: u64 = 4096;

/// The anchors of one vault.
#[derive(Clone, Debug)]
pub(crate) struct AnchorStore {
    /// The folder of such files; `None` where there is no home.
    folder: Option<PathBuf>,
    vault: VaultId,
    /// Whether the keyring keeps one too: it does not get to know a vault that nobody told it of.
    keyring: bool,
}

impl AnchorStore {
    /// The anchors of the vault that stands there; `None` where there is none that can be read.
    pub(crate) fn of(place: &VaultFolder, folder: Option<PathBuf>) -> Option<Self> {
        let (vault, slots) = slots_of(place).ok()?;
        let keyring = |slot: &SlotInfo| slot.kind == SlotKind::Keyring;
        Some(Self {
            folder,
            vault,
            keyring: slots.iter().any(keyring),
        })
    }

    /// Leaves the keyring out: it did not answer, or would ask the person again.
    pub(crate) fn without_keyring(mut self) -> Self {
        self.keyring = false;
        self
    }

    /// What was kept, and whether the keyring answers. A file that is none counts as none: it vouches for nothing.
    pub(crate) fn load(&self) -> (Vec<Anchors>, bool) {
        let file = self.path().filter(|path| {
            let found = path.symlink_metadata();
            found.is_ok_and(|found| found.is_file() && found.len() <= FILE_LIMIT)
        });
        let file = file.and_then(|path| fs::read(path).ok());
        let keyring = self
            .keyring
            .then(|| system_keyring::load_anchor(self.vault));
        let answers =
            !matches!(&keyring, Some(Err(error)) if !matches!(error, KeyringError::NoKey));
        let kept = [file, keyring.and_then(Result::ok)];
        let anchors = kept
            .into_iter()
            .flatten()
            .filter_map(|bytes| Anchors::decode(&bytes).ok());
        (anchors.collect(), answers)
    }

    /// Keeps these from now on; whether the keyring took them. What is not taken leaves what was kept before, which stays
    /// true: a vault that is ahead of its anchor is no other one.
    pub(crate) fn keep(&self, anchors: &Anchors) -> bool {
        let bytes = anchors.encode();
        let taken = !self.keyring || system_keyring::store_anchor(self.vault, &bytes).is_ok();
        let _ = self.write(&bytes);
        taken
    }

    fn write(&self, bytes: &[u8]) -> io::Result<()> {
        let (Some(path), Some(folder)) = (self.path(), &self.folder) else {
            return Ok(());
        };
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)?;
        let private = Permissions::from_mode(0o600);
        let mut file = tempfile::Builder::new()
            .prefix(".anchor")
            .permissions(private.clone())
            .tempfile_in(folder)?;
        file.as_file().set_permissions(private)?;
        file.write_all(bytes)?;
        // A crash may leave an older one, or an empty file: no alarm comes of either.
        file.persist(path)?;
        Ok(())
    }

    fn path(&self) -> Option<PathBuf> {
        Some(self.folder.as_ref()?.join(self.vault.to_string()))
    }
}
