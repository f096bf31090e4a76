//! The ways to unlock an open vault, and how they are changed. Each change asks for a credential again: a window that
//! was left open is not enough.

use crate::{
    asker::Asker,
    event::Action,
    folder::VaultFolder,
    header::Header,
    header_change::{ChangeSlotsError, HeaderChange},
    id::{SlotId, VaultId},
    slot::{Credential, NewPassphrase, NewSlot, Slot, SlotInfo, SlotKind},
    unlock::{UnlockError, read_header},
    vault::{Vault, VaultError},
};
use keystead_crypto::{KeyFile, Passphrase, RecoverySecret, SlotKey};

/// A vault's id and the ways to unlock it, as its header names them; nobody has vouched for them before it is open.
///
/// # Errors
/// [`UnlockError`] if there is no vault, or no header that can be read.
pub fn slots_of(place: &VaultFolder) -> Result<(VaultId, Vec<SlotInfo>), UnlockError> {
    let header = Header::decode(&read_header(place)?)?;
    let slots = header.slots.iter().map(Slot::info).collect();
    Ok((header.vault, slots))
}

impl Vault {
    /// The ways to unlock it.
    ///
    /// # Errors
    /// [`UnlockError`] if the header can't be read.
    pub fn slots(&self) -> Result<Vec<SlotInfo>, UnlockError> {
        Ok(slots_of(&self.folder)?.1)
    }

    /// Gives the vault another passphrase, key file or cost of a guess. The root key stays: what was sealed is not
    /// sealed anew, and a copy of the vault from before still opens with the old one.
    ///
    /// # Errors
    /// [`ChangeSlotsError`]; a wrong credential is an event.
    pub fn change_passphrase(
        &mut self,
        present: &Credential<'_>,
        new: NewPassphrase<'_>,
        asker: &Asker,
    ) -> Result<(), ChangeSlotsError> {
        let detail = if new.key_file.is_some() {
            "with a key file"
        } else {
            ""
        };
        let change = HeaderChange::of(Action::PassphraseChanged, detail);
        self.put_slot(present, change, NewSlot::Passphrase(new), asker)
    }

    /// Derives the slot of the same passphrase at other costs.
    ///
    /// # Errors
    /// As [`Self::change_passphrase`].
    pub fn upgrade_kdf(
        &mut self,
        new: NewPassphrase<'_>,
        asker: &Asker,
    ) -> Result<(), ChangeSlotsError> {
        let params = new.costs.params;
        let (memory, passes) = (params.memory_kib() / 1024, params.passes());
        let change = HeaderChange::of(
            Action::KdfUpgraded,
            format!("{memory} MiB, {passes} passes"),
        );
        let present = Credential::Passphrase(new.passphrase, new.key_file);
        self.put_slot(&present, change, NewSlot::Passphrase(new), asker)
    }

    /// Makes a recovery kit's words open the vault. Those of an earlier kit no longer do.
    ///
    /// # Errors
    /// As [`Self::change_passphrase`].
    pub fn add_recovery(
        &mut self,
        present: &Credential<'_>,
        secret: &RecoverySecret,
        asker: &Asker,
    ) -> Result<(), ChangeSlotsError> {
        let change = HeaderChange::of(Action::SlotAdded, SlotKind::Recovery.words());
        self.put_slot(present, change, NewSlot::Recovery(secret), asker)
    }

    /// Makes a key open the vault that the system's keyring keeps under `id`.
    ///
    /// # Errors
    /// As [`Self::change_passphrase`].
    pub fn add_keyring(
        &mut self,
        present: &Credential<'_>,
        (id, key): (SlotId, &SlotKey),
        asker: &Asker,
    ) -> Result<(), ChangeSlotsError> {
        let change = HeaderChange::of(Action::SlotAdded, SlotKind::Keyring.words());
        self.put_slot(present, change, NewSlot::Keyring(id, key), asker)
    }

    /// Removes a way to unlock. The root key stays: whoever has used that way and kept a copy of the vault can still
    /// open the copy; [`Self::rekey`] is for a way that others may know.
    ///
    /// # Errors
    /// As [`Self::change_passphrase`]; [`ChangeSlotsError::PassphraseStays`] for the passphrase.
    pub fn remove_slot(
        &mut self,
        present: &Credential<'_>,
        kind: SlotKind,
        asker: &Asker,
    ) -> Result<(), ChangeSlotsError> {
        if kind == SlotKind::Passphrase {
            return Err(ChangeSlotsError::PassphraseStays);
        }
        let change = HeaderChange::of(Action::SlotRemoved, kind.words());
        self.change_header(present, change, asker, |header, _| {
            if header.remove(kind) {
                Ok(())
            } else {
                Err(ChangeSlotsError::NoSlot(kind))
            }
        })
    }

    fn put_slot(
        &mut self,
        present: &Credential<'_>,
        change: HeaderChange<'_>,
        new: NewSlot<'_>,
        asker: &Asker,
    ) -> Result<(), ChangeSlotsError> {
        self.change_header(present, change, asker, |header, root| {
            let rng = &mut crate::keyring::system_random();
            Ok(header.put(new, root, asker.at, rng)?)
        })
    }

    /// Whether that passphrase, with that key file, is the vault's; a wrong one is an event.
    ///
    /// # Errors
    /// As [`Self::change_passphrase`].
    pub fn check_passphrase(
        &mut self,
        passphrase: &Passphrase,
        key_file: Option<&KeyFile>,
        intent: Action,
        asker: &Asker,
    ) -> Result<(), ChangeSlotsError> {
        let bytes = read_header(&self.folder).map_err(ChangeSlotsError::Header)?;
        let header = Header::decode(&bytes).map_err(|e| ChangeSlotsError::Header(e.into()))?;
        let credential = Credential::Passphrase(passphrase, key_file);
        self.open_header(&header, &bytes, &credential, intent, asker)?;
        Ok(())
    }
}

impl From<rusqlite::Error> for ChangeSlotsError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Vault(VaultError::from(error))
    }
}
