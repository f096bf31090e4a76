//! What this vault's identity is to others: its card, and the copies that others seal for it.

use crate::{
    asker::Asker,
    event::Action,
    log::EventDraft,
    vault::{Vault, VaultError},
};
use keystead_crypto::{AgeError, Card, SecretBytes, open_age_file};

/// Why a copy was not opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenCopyError {
    /// It is no age file for this identity, or not whole.
    #[error(transparent)]
    Age(#[from] AgeError),
    /// It could not be written down, so nothing was let out.
    #[error(transparent)]
    Vault(#[from] VaultError),
}

impl Vault {
    /// The card of this vault's identity: what others need to seal something for it.
    ///
    /// # Errors
    /// [`VaultError::Damaged`] if it does not verify.
    pub fn card(&self) -> Result<Card, VaultError> {
        let card: Vec<u8> = self
            .sql
            .prepare_cached("SELECT card FROM vault")?
            .query_row([], |row| row.get(0))?;
        Card::parse(&card).map_err(|_| VaultError::Damaged("its own card does not verify"))
    }

    /// Opens an age file that somebody sealed for this identity. `place` is where it came from. The event is durable
    /// before anything is let out.
    ///
    /// # Errors
    /// [`OpenCopyError`].
    pub fn open_copy(
        &mut self,
        asker: &Asker,
        file: &[u8],
        place: &str,
    ) -> Result<SecretBytes, OpenCopyError> {
        let opened = open_age_file(&self.keys.identity.share, file)?;
        self.transact(asker, |t| {
            t.vault_event(EventDraft::of(Action::CopyOpened).detail(place))
        })?;
        Ok(opened)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{asker, vault_in};
    use keystead_crypto::{AgeFormat, seal_age_file};

    #[test]
    fn a_copy_for_the_card_opens_in_its_vault_alone_and_is_written_down() {
        let temp = tempfile::tempdir().expect("temp");
        let (mut vault, ..) = vault_in(&temp.path().join("one"));
        let (mut other, ..) = vault_in(&temp.path().join("two"));
        let recipient = vault.card().expect("a card").share;
        let rng = &mut crate::keyring::system_random();
        let sealed = seal_age_file(&[recipient], b"A=1\n", AgeFormat::Binary, rng).expect("sealed");
        let opened = vault.open_copy(&asker(), &sealed, "mail").expect("opened");
        assert_eq!(&opened[..], b"A=1\n");
        let events = vault.events(10, None).expect("listed");
        assert!(
            events
                .iter()
                .any(|e| e.event.action == Action::CopyOpened && e.event.detail == "mail")
        );
        let refused = other.open_copy(&asker(), &sealed, "mail");
        assert!(matches!(
            refused,
            Err(OpenCopyError::Age(AgeError::NoMatchingKey))
        ));
    }
}
