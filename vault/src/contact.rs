//! People whose cards are kept. A card that was accepted once is pinned: another identity key under its name is told,
//! and a newer card of the same key takes its place. Verified is who compared the safety number by another way.

use crate::{
    asker::{Asker, Timestamp},
    change::Change,
    event::{Action, Outcome},
    log::EventDraft,
    vault::{Vault, VaultError},
};
use keystead_crypto::{Card, Fingerprint, SafetyNumber, SafetyNumberError, SupersedeError};
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::HashMap;

/// Somebody whose card is kept.
#[derive(Clone)]
pub struct Contact {
    /// The card.
    pub card: Card,
    /// Whether the safety number was compared with them.
    pub verified: bool,
    /// When the card was kept first.
    pub since: Timestamp,
}

/// Why a card was not kept, or somebody not verified.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ContactError {
    /// One's own.
    #[error("that is this vault's own card")]
    Own,
    /// Another identity has that name here.
    #[error("{0} is kept already, with another identity key")]
    AnotherIdentity(String),
    /// It can't take the place of the card that is kept.
    #[error(transparent)]
    Supersede(#[from] SupersedeError),
    /// No such contact.
    #[error("no card of {0} is kept")]
    Nobody(String),
    /// What was typed is no safety number.
    #[error(transparent)]
    NoNumber(#[from] SafetyNumberError),
    /// It is another safety number.
    #[error("the safety number is another one")]
    AnotherNumber,
    /// The store failed.
    #[error(transparent)]
    Vault(#[from] VaultError),
}

impl Vault {
    /// Everybody whose card is kept, by name.
    ///
    /// # Errors
    /// [`VaultError`] if the store fails or a card does not verify.
    pub fn contacts(&self) -> Result<Vec<Contact>, VaultError> {
        let rows: Vec<(Vec<u8>, bool, i64)> = self
            .sql
            .prepare_cached("SELECT card, verified, since FROM contacts")?
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
            .collect::<Result<_, _>>()?;
        let contact = |(card, verified, since): (Vec<u8>, _, _)| {
            let card = Card::parse(&card).map_err(|_| VaultError::Damaged("a kept card"))?;
            Ok(Contact {
                card,
                verified,
                since: Timestamp(since),
            })
        };
        let contacts = rows.into_iter().map(contact);
        let mut contacts = contacts.collect::<Result<Vec<_>, VaultError>>()?;
        contacts.sort_by(|a, b| a.card.name.as_str().cmp(b.card.name.as_str()));
        Ok(contacts)
    }

    /// One of them, by name.
    ///
    /// # Errors
    /// [`ContactError::Nobody`].
    pub fn contact(&self, name: &str) -> Result<Contact, ContactError> {
        let contacts = self.contacts()?;
        let mut named = contacts
            .into_iter()
            .filter(|c| c.card.name.as_str() == name);
        named
            .next()
            .ok_or_else(|| ContactError::Nobody(name.to_owned()))
    }

    /// Keeps somebody's card, or a newer one of theirs; they stay verified if they were. The same card changes nothing.
    ///
    /// # Errors
    /// [`ContactError::AnotherIdentity`] where the name is somebody else's here: whoever it is has to be looked at.
    pub fn pin_card(&mut self, asker: &Asker, card: &Card) -> Result<(), ContactError> {
        if card.fingerprint() == self.facts.identity {
            return Err(ContactError::Own);
        }
        for kept in self.contacts()? {
            if kept.card.fingerprint() == card.fingerprint() {
                card.supersedes(&kept.card)?;
                if card.version == kept.card.version {
                    return Ok(());
                }
            } else if kept.card.name == card.name {
                return Err(ContactError::AnotherIdentity(card.name.to_string()));
            }
        }
        let bytes = card.as_bytes().to_vec();
        Ok(self.transact(asker, |t| {
            t.vault_change(Change::PinCard { card: bytes })?;
            t.vault_event(EventDraft::of(Action::CardPinned).detail(card.name.as_str()))
        })?)
    }

    /// The number to compare with somebody by another way: the same on both sides. Takes a tenth of a second.
    ///
    /// # Errors
    /// [`ContactError::Nobody`].
    pub fn safety_number(&self, name: &str) -> Result<SafetyNumber, ContactError> {
        Ok(self.number_with(&self.person(name)?)?)
    }

    /// The fingerprint of this vault's identity.
    pub fn fingerprint(&self) -> Fingerprint {
        self.facts.identity
    }

    /// The card of somebody by name, or by the whole fingerprint: one that is kept, or else one of a member of the space that
    /// is worked in.
    ///
    /// # Errors
    /// [`ContactError::Nobody`].
    pub fn person(&self, named: &str) -> Result<Card, ContactError> {
        let digits: String = named.chars().filter(|c| !c.is_whitespace()).collect();
        let fits = |card: &Card| {
            let fingerprint = card.fingerprint();
            let hex: String = fingerprint
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect();
            card.name.as_str() == named || hex == digits.to_lowercase()
        };
        let kept = self.contacts()?.into_iter().map(|contact| contact.card);
        if let Some(card) = kept.into_iter().find(fits) {
            return Ok(card);
        }
        let members = match self.facts.shared {
            true => self.member_cards()?,
            false => Vec::new(),
        };
        let mut members = members.into_iter();
        let member = members.find(|card| card.fingerprint() != self.facts.identity && fits(card));
        member.ok_or_else(|| ContactError::Nobody(named.to_owned()))
    }

    fn number_with(&self, card: &Card) -> Result<SafetyNumber, VaultError> {
        Ok(SafetyNumber::of(&self.card()?.signing, &card.signing))
    }

    /// Notes that the number that somebody read out is the one that is shown here. Another one is an event too. The card of a
    /// member is kept then, in the place of one of another identity that had the name: they are who was meant.
    ///
    /// # Errors
    /// [`ContactError::AnotherNumber`]: somebody stands between the two, or it is of somebody else.
    pub fn verify_contact(
        &mut self,
        asker: &Asker,
        name: &str,
        typed: &str,
    ) -> Result<(), ContactError> {
        let typed: SafetyNumber = typed.parse()?;
        let card = self.person(name)?;
        let identity = card.fingerprint();
        let same = typed == self.number_with(&card)?;
        let kept = self.contacts()?;
        let is_kept = kept.iter().any(|kept| kept.card.fingerprint() == identity);
        let namesake = kept.iter().find(|kept| {
            kept.card.name == card.name && kept.card.fingerprint() != identity && !is_kept
        });
        let namesake = namesake.map(|kept| kept.card.fingerprint());
        let name = card.name.to_string();
        self.transact(asker, |t| {
            let mut draft = EventDraft::of(Action::ContactVerified).detail(&*name);
            if same {
                if let Some(identity) = namesake {
                    t.vault_change(Change::ForgetCard { identity })?;
                    t.vault_event(EventDraft::of(Action::CardForgotten).detail(&*name))?;
                }
                if !is_kept {
                    let card = card.as_bytes().to_vec();
                    t.vault_change(Change::PinCard { card })?;
                    t.vault_event(EventDraft::of(Action::CardPinned).detail(&*name))?;
                }
                t.vault_change(Change::Vouch {
                    identity,
                    verified: true,
                })?;
            } else {
                draft = draft.outcome(Outcome::Failed);
            }
            t.vault_event(draft)
        })?;
        match same {
            true => Ok(()),
            false => Err(ContactError::AnotherNumber),
        }
    }

    /// Forgets somebody's card.
    ///
    /// # Errors
    /// [`ContactError::Nobody`].
    pub fn forget_contact(&mut self, asker: &Asker, name: &str) -> Result<(), ContactError> {
        let identity = self.contact(name)?.card.fingerprint();
        Ok(self.transact(asker, |t| {
            t.vault_change(Change::ForgetCard { identity })?;
            t.vault_event(EventDraft::of(Action::CardForgotten).detail(name))
        })?)
    }
}

pub(crate) fn apply(sql: &Connection, change: &Change, at: Timestamp) -> Result<(), VaultError> {
    match change {
        Change::PinCard { card } => {
            let identity = identity_of(card)?;
            sql.prepare_cached(
                "INSERT INTO contacts (identity, card, since) VALUES (?1, ?2, ?3)
                 ON CONFLICT DO UPDATE SET card = excluded.card",
            )?
            .execute(params![identity, card, at.0])?;
        }
        Change::Vouch { identity, verified } => {
            sql.prepare_cached("UPDATE contacts SET verified = ?2 WHERE identity = ?1")?
                .execute(params![identity, verified])?;
        }
        Change::ForgetCard { identity } => {
            sql.prepare_cached("DELETE FROM contacts WHERE identity = ?1")?
                .execute([identity])?;
        }
        _ => {}
    }
    Ok(())
}

fn identity_of(card: &[u8]) -> Result<Fingerprint, VaultError> {
    let card = Card::parse(card).map_err(|_| VaultError::Damaged("a kept card"))?;
    Ok(card.fingerprint())
}

/// What follows from a card that is kept.
pub(crate) fn expect_pinned(contacts: &mut HashMap<Fingerprint, (Vec<u8>, bool)>, card: &[u8]) {
    // One that does not verify is no contact, and then the tables differ.
    if let Ok(identity) = identity_of(card) {
        let kept = contacts.entry(identity).or_default();
        kept.0 = card.to_vec();
    }
}

/// The contacts as the store has them.
pub(crate) fn kept(sql: &Connection) -> Result<HashMap<Fingerprint, (Vec<u8>, bool)>, VaultError> {
    let mut statement = sql.prepare_cached("SELECT identity, card, verified FROM contacts")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, (row.get(1)?, row.get(2)?))))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Whether a card is of somebody whose safety number was compared.
pub(crate) fn is_verified(sql: &Connection, card: &Card) -> Result<bool, VaultError> {
    let verified = sql
        .prepare_cached("SELECT verified FROM contacts WHERE identity = ?1")?
        .query_row([card.fingerprint()], |row| row.get(0))
        .optional()?;
    Ok(verified.unwrap_or(false))
}

impl Vault {
    /// Whether a card is of somebody whose safety number was compared.
    ///
    /// # Errors
    /// [`VaultError`] if the store fails.
    pub fn is_verified(&self, card: &Card) -> Result<bool, VaultError> {
        is_verified(&self.sql, card)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{asker, vault_in};
    use keystead_crypto::{DisplayName, IdentityKeys};

    fn card(version: u32, name: &str, keys: &IdentityKeys) -> Card {
        let rng = &mut crate::keyring::system_random();
        let name = DisplayName::parse(name).expect("a name");
        Card::parse(&Card::issue(version, &name, keys, rng)).expect("just issued")
    }

    #[test]
    fn a_card_is_pinned_renewed_verified_and_forgotten() {
        let temp = tempfile::tempdir().expect("temp");
        let (mut vault, ..) = vault_in(temp.path());
        let rng = &mut crate::keyring::system_random();
        let (ben, eve) = (IdentityKeys::generate(rng), IdentityKeys::generate(rng));
        let own = vault.card().expect("a card");
        let refused = vault.pin_card(&asker(), &own);
        assert!(matches!(refused, Err(ContactError::Own)));
        vault
            .pin_card(&asker(), &card(2, "Ben", &ben))
            .expect("pinned");
        // Somebody else under his name, and an older card of his.
        let refused = vault.pin_card(&asker(), &card(9, "Ben", &eve));
        assert!(matches!(&refused, Err(ContactError::AnotherIdentity(name)) if name == "Ben"));
        let refused = vault.pin_card(&asker(), &card(1, "Ben", &ben));
        assert!(matches!(
            refused,
            Err(ContactError::Supersede(SupersedeError::Older { .. }))
        ));
        assert!(!vault.contact("Ben").expect("kept").verified);

        let number = vault.safety_number("Ben").expect("a number").to_string();
        let theirs = SafetyNumber::of(&ben.signing.verifying_key(), &own.signing).to_string();
        assert_eq!(number, theirs, "the same on both sides");
        let wrong = SafetyNumber::of(&eve.signing.verifying_key(), &own.signing).to_string();
        let refused = vault.verify_contact(&asker(), "Ben", &wrong);
        assert!(matches!(refused, Err(ContactError::AnotherNumber)));
        assert!(!vault.contact("Ben").expect("kept").verified);
        vault
            .verify_contact(&asker(), "Ben", &number)
            .expect("verified");
        // A newer card of the same key keeps it.
        vault
            .pin_card(&asker(), &card(3, "Benedict", &ben))
            .expect("renewed");
        let kept = vault.contact("Benedict").expect("kept");
        assert!(kept.verified && kept.card.version == 3);
        assert_eq!(vault.contacts().expect("listed").len(), 1);
        assert!(vault.verify(&asker()).expect("verified").problem.is_none());
        vault
            .sql
            .execute("UPDATE contacts SET card = zeroblob(length(card))", [])
            .expect("tampered");
        assert!(vault.verify(&asker()).expect("verified").problem.is_some());
    }

    #[test]
    fn who_is_forgotten_may_come_with_another_key() {
        let temp = tempfile::tempdir().expect("temp");
        let (mut vault, ..) = vault_in(temp.path());
        let rng = &mut crate::keyring::system_random();
        let (old, new) = (IdentityKeys::generate(rng), IdentityKeys::generate(rng));
        vault
            .pin_card(&asker(), &card(1, "Ben", &old))
            .expect("pinned");
        vault.forget_contact(&asker(), "Ben").expect("forgotten");
        assert!(matches!(vault.contact("Ben"), Err(ContactError::Nobody(_))));
        vault
            .pin_card(&asker(), &card(1, "Ben", &new))
            .expect("pinned");
        assert!(vault.verify(&asker()).expect("verified").problem.is_none());
    }
    /// Members are compared with as whoever's card is kept. Where another identity had the name here, the fingerprint says
    /// who is meant, and they take its place once the number was the same.
    #[test]
    fn a_member_is_verified_by_name_or_by_fingerprint() {
        use crate::{Role, space::tests::Person};
        let [mut ann, mut ben] = ["Ann", "Ben"].map(Person::new);
        ann.founds("team");
        ann.invites(&mut ben, &[("shop", Role::Reader)]);
        let of_ann = ann.vault.card().expect("a card");
        let number = ben.vault.number_with(&of_ann).expect("a card");
        let named = |vault: &Vault, named: &str| vault.person(named).map(|card| card.fingerprint());
        let of_ben = ben.vault.fingerprint();
        assert_eq!(named(&ann.vault, "Ben").expect("a member"), of_ben);
        assert!(ann.vault.contact("Ben").is_err(), "of whom no card is kept");
        // The card of somebody else is kept under that name.
        let before = IdentityKeys::generate(&mut crate::keyring::system_random());
        let before = card(1, "Ben", &before);
        ann.vault.pin_card(&asker(), &before).expect("pinned");
        assert_eq!(
            named(&ann.vault, "Ben").expect("kept"),
            before.fingerprint()
        );
        let refused = ann
            .vault
            .verify_contact(&asker(), "Ben", &number.to_string());
        assert!(matches!(refused, Err(ContactError::AnotherNumber)));
        let hex = |all: Fingerprint| all.map(|byte| format!("{byte:02X}")).join("");
        let his = hex(of_ben);
        ann.vault
            .verify_contact(
                &asker(),
                &format!("{} {}", &his[..4], &his[4..]),
                &number.to_string(),
            )
            .expect("verified");
        let kept = ann.vault.contacts().expect("listed");
        let kept: Vec<_> = kept
            .iter()
            .map(|kept| (kept.card.fingerprint(), kept.verified))
            .collect();
        assert_eq!(kept, [(of_ben, true)]);
        assert!(
            named(&ann.vault, "Ann").is_err(),
            "nobody compares with themselves"
        );
        ann.vault.verify(&asker()).expect("verified");
    }
}
