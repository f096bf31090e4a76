//! Vaults to measure, and who asks them.

use keystead_vault::{
    Asker, Cancel, Costs, Credential, KdfParams, Names, NewPassphrase, Passphrase, Process,
    Timestamp, Vault, VaultFolder,
};
use std::path::Path;

/// The moment at which everything is measured.
pub const NOW: Timestamp = Timestamp(1_800_000_000_000);

/// Somebody without a history.
pub fn asker() -> Asker {
    Asker {
        at: NOW,
        process: Process::default(),
        purpose: String::new(),
        confirmed: false,
        cancel: Cancel::default(),
    }
}

/// A place for a vault, and the passphrase of it.
pub struct Measured {
    place: VaultFolder,
    words: Passphrase,
}

impl Measured {
    /// Names the place; nothing is there yet.
    pub fn at(path: &Path) -> Self {
        Self {
            place: VaultFolder::at(path),
            words: Passphrase::new("lantern otter ribbon quarry".to_owned()),
        }
    }

    /// What opens it.
    pub fn passphrase(&self) -> &Passphrase {
        &self.words
    }

    /// Makes an empty vault there, at the least cost of a guess.
    pub fn create(&self) -> Vault {
        let passphrase = NewPassphrase {
            passphrase: &self.words,
            key_file: None,
            costs: Costs {
                params: KdfParams::FLOOR,
                by_hand: true,
            },
        };
        let names = Names {
            identity: "bench".to_owned(),
            device: "bench".to_owned(),
        };
        Vault::create(&self.place, passphrase, &names, &asker()).expect("a vault")
    }

    /// Opens it by its passphrase.
    pub fn unlock(&self) -> Vault {
        let credential = Credential::Passphrase(&self.words, None);
        Vault::unlock(&self.place, &credential, &asker()).expect("unlocked")
    }
}
