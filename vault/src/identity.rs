//! What this vault's identity is to others: its card, and the copies that others seal for it.

use crate::{
    asker::Asker,
    create::display_name_error,
    event::Action,
    keyring::system_random,
    log::EventDraft,
    vault::{Vault, VaultError},
};
use keystead_crypto::{AgeError, Card, DisplayName, SecretBytes, open_age_file};
use keystead_membership::Act;

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

    /// Gives the own card another name: a newer card of the same key, which others take in the place of the old one.
    ///
    /// # Errors
    /// [`VaultError`] for a name that no card can have, or if the store fails.
    pub fn rename_card(&mut self, asker: &Asker, name: &str) -> Result<Card, VaultError> {
        let name = DisplayName::parse(name).map_err(display_name_error)?;
        let old = self.card()?;
        if old.name == name {
            return Ok(old);
        }
        let rng = &mut system_random();
        let version = old.version.saturating_add(1);
        let bytes = Card::issue(version, &name, self.keys.identity()?, rng);
        let card = bytes.clone();
        self.transact(asker, |t| {
            t.say(Act::UpdateCard { card: card.clone() })?;
            t.sql().execute("UPDATE vault SET card = ?1", [&card])?;
            t.event(EventDraft::of(Action::CardRenamed).detail(name.as_str()))
        })?;
        self.facts.identity_name = name.to_string();
        Card::parse(&bytes).map_err(|_| VaultError::Damaged("a new card does not parse"))
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
        let opened = open_age_file(&self.keys.identity()?.share, file)?;
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
    fn a_renamed_card_is_newer_and_of_the_same_key() {
        let temp = tempfile::tempdir().expect("temp");
        let (mut vault, place, root) = vault_in(temp.path());
        let old = vault.card().expect("a card");
        let new = vault.rename_card(&asker(), "Ann Lee").expect("renamed");
        new.supersedes(&old).expect("takes its place");
        assert_eq!(
            (new.name.as_str(), new.version),
            ("Ann Lee", old.version + 1)
        );
        assert!(vault.rename_card(&asker(), "  ").is_err());
        let last = vault.operations(1, None).expect("listed")[0].clone();
        assert_eq!(
            (&*last.what, last.can_undo),
            ("renewed the own card", false)
        );
        assert!(vault.verify(&asker()).expect("verified").problem.is_none());
        vault.close_quietly().expect("closed");
        let vault = crate::unlock::open_with_root_key(&place, &root).expect("opens");
        assert_eq!(vault.card().expect("a card").name.as_str(), "Ann Lee");
        assert_eq!(vault.identity_name(), "Ann Lee");
    }

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
