//! The system's keyring (Secret Service): holds the key of a vault's keyring slot while the person's session lasts.
//!
//! Each item is named by vault and slot, so that a copy of a vault has an item of its own once it is changed.

use crate::{
    api::{ApiError, Code},
    errors::sentence,
};
use keyring_core::{Entry, Error, api::CredentialStoreApi};
use keystead_crypto::KeyBytes;
use keystead_vault::{SlotId, SlotKey, VaultId};
use std::{collections::HashMap, sync::mpsc, thread, time::Duration};
use zbus_secret_service_keyring_store::Store;
use zeroize::Zeroizing;

const SERVICE: &str = "keystead";
/// A keyring that is locked asks its person; a question that nobody sees has no answer.
const PATIENCE: Duration = Duration::from_secs(45);
/// Nobody asked for an anchor, so nobody waits long for one.
const ANCHOR_PATIENCE: Duration = Duration::from_secs(3);

/// Why the keyring did not help.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum KeyringError {
    #[error("there is no system keyring: nothing answers for it on this desktop session's bus")]
    NoService,
    #[error("the system keyring is locked, and was not unlocked")]
    Locked,
    #[error("the system keyring has no key of this vault")]
    NoKey,
    #[error("the system keyring failed")]
    Failed,
}

impl From<Error> for KeyringError {
    fn from(error: Error) -> Self {
        match error {
            Error::NoEntry => Self::NoKey,
            Error::NoStorageAccess(_) => Self::Locked,
            _ => Self::Failed,
        }
    }
}

impl From<KeyringError> for ApiError {
    fn from(error: KeyringError) -> Self {
        let hint = match error {
            KeyringError::NoService => {
                "Unlock with the passphrase. A desktop has a keyring as GNOME Keyring, KWallet or KeePassXC provide it."
            }
            KeyringError::Locked => "Unlock the keyring, or use the passphrase.",
            KeyringError::NoKey => {
                "Unlock with the passphrase, and add the keyring again in Settings."
            }
            KeyringError::Failed => "Unlock with the passphrase.",
        };
        Self::new(Code::Keyring, sentence(&error), hint)
    }
}

/// Which item.
#[derive(Clone, Copy)]
pub(crate) struct Item {
    pub(crate) vault: VaultId,
    pub(crate) slot: SlotId,
}

impl Item {
    fn entry(self) -> Result<Entry, KeyringError> {
        entry(&format!("{}/{}", self.vault, self.slot))
    }

    /// The slot's key.
    pub(crate) fn load(self) -> Result<SlotKey, KeyringError> {
        let bytes = in_time(move || Ok(Zeroizing::new(self.entry()?.get_secret()?)))?;
        KeyBytes::from_slice(&bytes)
            .map(SlotKey::from_bytes)
            .ok_or(KeyringError::NoKey)
    }

    /// Keeps the slot's key.
    pub(crate) fn store(self, key: &SlotKey) -> Result<(), KeyringError> {
        let bytes = Zeroizing::new(key.key().expose().to_vec());
        in_time(move || Ok(self.entry()?.set_secret(&bytes)?))
    }

    /// Forgets the slot's key, and where its vault stood: nothing of the vault is left there.
    pub(crate) fn forget_all(self) -> Result<(), KeyringError> {
        let vault = self.vault;
        let anchor = in_time(move || Ok(entry(&anchor_name(vault))?.delete_credential()?));
        self.forget()?;
        match anchor {
            Err(KeyringError::NoKey) => Ok(()),
            other => other,
        }
    }

    /// Forgets the slot's key; one that is not there is forgotten.
    pub(crate) fn forget(self) -> Result<(), KeyringError> {
        match in_time(move || Ok(self.entry()?.delete_credential()?)) {
            Err(KeyringError::NoKey) => Ok(()),
            other => other,
        }
    }
}

/// What is kept of where a vault stood.
pub(crate) fn load_anchor(vault: VaultId) -> Result<Vec<u8>, KeyringError> {
    within(ANCHOR_PATIENCE, move || {
        Ok(entry(&anchor_name(vault))?.get_secret()?)
    })
}

/// Keeps where a vault stands.
pub(crate) fn store_anchor(vault: VaultId, bytes: &[u8]) -> Result<(), KeyringError> {
    let bytes = bytes.to_vec();
    within(ANCHOR_PATIENCE, move || {
        Ok(entry(&anchor_name(vault))?.set_secret(&bytes)?)
    })
}

fn anchor_name(vault: VaultId) -> String {
    format!("{vault}/anchor")
}

fn entry(user: &str) -> Result<Entry, KeyringError> {
    let store = Store::new().map_err(|_| KeyringError::NoService)?;
    let label = HashMap::from([("label", "Keystead vault")]);
    Ok(store.build(SERVICE, user, Some(&label))?)
}

fn in_time<T: Send + 'static>(
    act: impl FnOnce() -> Result<T, KeyringError> + Send + 'static,
) -> Result<T, KeyringError> {
    within(PATIENCE, act)
}

/// Asks on a thread of its own, as an answer may never come.
fn within<T: Send + 'static>(
    patience: Duration,
    act: impl FnOnce() -> Result<T, KeyringError> + Send + 'static,
) -> Result<T, KeyringError> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        // Nobody waits any more where this fails.
        let _ = sender.send(act());
    });
    receiver
        .recv_timeout(patience)
        .unwrap_or(Err(KeyringError::Locked))
}
