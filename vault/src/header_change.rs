//! Changing the header of an open vault, so that a crash leaves the old one or
//! the new one and never none that fits.
//!
//! Header and store are two files and can't change as one. The store holds the
//! generation and hash of the header that belongs to it; it first takes those of
//! the next one as *pending*, then the file is replaced, then pending becomes
//! current. Whoever opens the vault meanwhile takes either header, and settles
//! which it is. Once settled, the other is refused as before.

use crate::{
    asker::Asker,
    event::{Action, Outcome},
    header::{Header, HeaderError},
    log::{EventDraft, VAULT_LOG, record},
    slot::{Credential, SlotKind},
    unlock::{UnlockError, read_header},
    vault::{Vault, VaultError},
};
use keystead_crypto::{KdfError, RootKey};
use rusqlite::{Connection, TransactionBehavior, params};
use sha2::{Digest, Sha256};
use std::borrow::Cow;
#[cfg(test)]
use std::{cell::Cell, io};

/// Why the ways to unlock are as they were. Where a file could not be written, either of the two headers opens the
/// vault from now on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ChangeSlotsError {
    /// The credential is not one of this vault.
    #[error("that is not the present {}", .0.words())]
    WrongCredential(SlotKind),
    /// The passphrase counts only beside a key file.
    #[error("the vault is unlocked by a passphrase and a key file")]
    KeyFileNeeded,
    /// There is nothing of that kind.
    #[error("the vault has no {}", .0.words())]
    NoSlot(SlotKind),
    /// A vault without a passphrase could be lost with one sheet of paper or one machine.
    #[error("the passphrase can be changed, not removed")]
    PassphraseStays,
    /// Costs outside floor and ceilings, or no memory for them.
    #[error(transparent)]
    Kdf(#[from] KdfError),
    /// The header could not be read.
    #[error(transparent)]
    Header(UnlockError),
    /// A file could not be written.
    #[error(transparent)]
    Vault(#[from] VaultError),
}

/// What a change of the header is, for its event.
pub(crate) struct HeaderChange<'a> {
    action: Action,
    detail: Cow<'a, str>,
}

impl<'a> HeaderChange<'a> {
    pub(crate) fn of(action: Action, detail: impl Into<Cow<'a, str>>) -> Self {
        let detail = detail.into();
        Self { action, detail }
    }
}

#[cfg(test)]
thread_local! {
    /// How many steps are still made before one fails; 0 for never.
    pub(crate) static STEPS_UNTIL_FAILURE: Cell<u32> = const { Cell::new(0) };
}

/// A step that a crash may follow was made. Tests stop here; nothing else does.
#[cfg_attr(not(test), expect(clippy::unnecessary_wraps))]
pub(crate) fn step_made() -> Result<(), VaultError> {
    #[cfg(test)]
    if STEPS_UNTIL_FAILURE.replace(STEPS_UNTIL_FAILURE.get().saturating_sub(1)) == 1 {
        return Err(io::Error::other("stopped here").into());
    }
    Ok(())
}

impl Vault {
    /// Changes the header as `edit` says, which gets the root key that `present` opened.
    pub(crate) fn change_header(
        &mut self,
        present: &Credential<'_>,
        change: HeaderChange<'_>,
        asker: &Asker,
        edit: impl FnOnce(&mut Header, &RootKey) -> Result<(), ChangeSlotsError>,
    ) -> Result<(), ChangeSlotsError> {
        let (mut header, root) = self.open_present_header(present, change.action, asker)?;
        edit(&mut header, &root)?;
        Ok(self.replace_header(&mut header, &root, Some(&change), asker)?)
    }

    /// The header as it stands, and its root key, for a change that is about to be made.
    pub(crate) fn open_present_header(
        &mut self,
        present: &Credential<'_>,
        intent: Action,
        asker: &Asker,
    ) -> Result<(Header, RootKey), ChangeSlotsError> {
        self.refuse_rolled_back()?;
        let bytes = read_header(&self.folder).map_err(ChangeSlotsError::Header)?;
        // A change before this one may have stopped half-way, and this vault been open since: what is pending is
        // settled before another takes its place. A header that is not the store's has no next one.
        self.settle_header(&bytes, Some(asker))?;
        let header = Header::decode(&bytes).map_err(|e| ChangeSlotsError::Header(e.into()))?;
        if !is_known(&self.sql, header.generation, &bytes)? {
            return Err(VaultError::Damaged("its header and store are of different times").into());
        }
        let root = self.open_header(&header, &bytes, present, intent, asker)?;
        Ok((header, root))
    }

    /// Opens a header; a wrong credential is an event, with what was intended.
    pub(crate) fn open_header(
        &mut self,
        header: &Header,
        bytes: &[u8],
        present: &Credential<'_>,
        intent: Action,
        asker: &Asker,
    ) -> Result<RootKey, ChangeSlotsError> {
        match header.unlock(bytes, present) {
            Ok(root) => Ok(root),
            Err(HeaderError::WrongPassphraseOrTampered) => {
                let kind = present.kind();
                let draft = EventDraft::of(intent).outcome(Outcome::Refused);
                let detail = format!("wrong {}", kind.words());
                self.record(asker, VAULT_LOG, draft.detail(detail))?;
                Err(ChangeSlotsError::WrongCredential(kind))
            }
            Err(HeaderError::KeyFileNeeded) => Err(ChangeSlotsError::KeyFileNeeded),
            Err(HeaderError::NoSlot(kind)) => Err(ChangeSlotsError::NoSlot(kind)),
            Err(HeaderError::Kdf(error)) => Err(error.into()),
            Err(error) => Err(ChangeSlotsError::Header(error.into())),
        }
    }

    /// Puts the next header in the place of the one that is there, in the three steps above. The event is written with
    /// the last of them.
    pub(crate) fn replace_header(
        &mut self,
        header: &mut Header,
        root: &RootKey,
        change: Option<&HeaderChange<'_>>,
        asker: &Asker,
    ) -> Result<(), VaultError> {
        header.generation += 1;
        let bytes = header.encode(&root.derive_header_mac_key());
        self.sql.execute(
            "UPDATE vault SET pending_generation = ?1, pending_hash = ?2, pending_action = ?3,
             pending_detail = ?4",
            params![
                header.generation.cast_signed(),
                hash(&bytes),
                change.map(|change| change.action as u16),
                change.map(|change| &change.detail),
            ],
        )?;
        step_made()?;
        self.folder.write_header(&bytes)?;
        step_made()?;
        self.settle_header(&bytes, Some(asker))?;
        step_made()
    }

    /// Makes the header that is there the only one that belongs to the store. Where that ends a change, its
    /// event is written with it.
    pub(crate) fn settle_header(
        &mut self,
        bytes: &[u8],
        asker: Option<&Asker>,
    ) -> Result<(), VaultError> {
        type Pending = (Option<[u8; 32]>, Option<u16>, Option<String>);
        let (pending, action, detail): Pending = self.sql.query_row(
            "SELECT pending_hash, pending_action, pending_detail FROM vault",
            [],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
        )?;
        let Some(pending) = pending else {
            return Ok(());
        };
        let sql = self
            .sql
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        if pending == hash(bytes) {
            sql.execute(
                "UPDATE vault SET header_generation = pending_generation, header_hash = pending_hash",
                [],
            )?;
            if let (Some(asker), Some(action)) = (asker, action.and_then(Action::from_code)) {
                let draft = EventDraft::of(action).detail(detail.unwrap_or_default());
                record(&sql, &self.keys, &self.facts, asker, VAULT_LOG, draft)?;
            }
        }
        sql.execute(
            "UPDATE vault SET pending_generation = NULL, pending_hash = NULL, pending_action = NULL,
             pending_detail = NULL",
            [],
        )?;
        Ok(sql.commit()?)
    }
}

/// Whether this is the header that belongs to the store, or the one that was about to replace it.
pub(crate) fn is_known(sql: &Connection, generation: u64, bytes: &[u8]) -> rusqlite::Result<bool> {
    sql.query_row(
        "SELECT (header_generation = ?1 AND header_hash = ?2)
             OR (pending_generation IS ?1 AND pending_hash IS ?2) FROM vault",
        params![generation.cast_signed(), hash(bytes)],
        |row| row.get(0),
    )
}

fn hash(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::{
        VaultFolder,
        tests::{asker, at_the_floor, set, vault_in},
    };
    use keystead_crypto::Passphrase;
    use std::fs;

    const OLD: &str = "one passphrase";
    const NEW: &str = "another passphrase";

    fn passphrase(text: &str) -> Passphrase {
        Passphrase::new(text.to_owned())
    }

    pub(crate) fn opens(place: &VaultFolder, text: &str) -> bool {
        match Vault::unlock(
            place,
            &Credential::Passphrase(&passphrase(text), None),
            &asker(),
        ) {
            Ok(mut vault) => {
                let verified = vault.verify(&asker()).expect("verifies");
                assert_eq!(verified.problem, None);
                vault.close_quietly().expect("closed");
                true
            }
            Err(UnlockError::WrongPassphraseOrTampered) => false,
            Err(error) => panic!("{error}"),
        }
    }

    fn change(vault: &mut Vault, from: &str, to: &str) -> Result<(), ChangeSlotsError> {
        let (from, to) = (passphrase(from), passphrase(to));
        vault.change_passphrase(
            &Credential::Passphrase(&from, None),
            at_the_floor(&to),
            &asker(),
        )
    }

    /// Fails after so many steps; says whether it did.
    fn stop_after<T, E>(steps: u32, act: impl FnOnce() -> Result<T, E>) -> bool {
        STEPS_UNTIL_FAILURE.set(steps);
        let stopped = act().is_err();
        assert_eq!(stopped, STEPS_UNTIL_FAILURE.replace(0) == 0);
        stopped
    }

    #[test]
    fn the_new_passphrase_opens_the_vault_and_the_old_one_does_not() {
        let temp = tempfile::tempdir().expect("temp");
        let (mut vault, place, _) = vault_in(temp.path());
        set(&mut vault, "KEY", "value");
        let before = fs::read(place.header_path()).expect("a header");
        let refused = change(&mut vault, "no passphrase", NEW);
        assert!(matches!(
            refused,
            Err(ChangeSlotsError::WrongCredential(SlotKind::Passphrase))
        ));
        assert_eq!(fs::read(place.header_path()).expect("a header"), before);
        change(&mut vault, OLD, NEW).expect("changed");
        let events = vault.events(2, None).expect("events");
        let outcomes: Vec<_> = events
            .iter()
            .map(|row| (row.event.action, row.event.outcome))
            .collect();
        assert_eq!(
            outcomes,
            [
                (Action::PassphraseChanged, Outcome::Ok),
                (Action::PassphraseChanged, Outcome::Refused)
            ]
        );
        vault.close_quietly().expect("closed");
        assert!(opens(&place, NEW) && !opens(&place, OLD));

        // The old header beside the newer store is a passphrase come back to life.
        fs::write(place.header_path(), before).expect("put back");
        let old = passphrase(OLD);
        assert!(matches!(
            Vault::unlock(&place, &Credential::Passphrase(&old, None), &asker()),
            Err(UnlockError::Damaged(_))
        ));
    }

    #[test]
    fn a_change_that_is_interrupted_anywhere_leaves_one_passphrase_that_opens() {
        let mut fired = 0;
        // Announced, replaced, settled.
        for (steps, new_opens) in [(1, false), (2, true), (3, true)] {
            let temp = tempfile::tempdir().expect("temp");
            let (mut vault, place, _) = vault_in(temp.path());
            set(&mut vault, "KEY", "value");
            fired += u32::from(stop_after(steps, || change(&mut vault, OLD, NEW)));
            // As after a kill: nothing is closed in order.
            drop(vault);
            assert_eq!(opens(&place, NEW), new_opens, "{steps}");
            assert_eq!(opens(&place, OLD), !new_opens, "{steps}");
            // Twice: what was settled stays so.
            assert_eq!(opens(&place, NEW), new_opens, "{steps}");
            let opened = passphrase(if new_opens { NEW } else { OLD });
            let credential = Credential::Passphrase(&opened, None);
            let mut vault = Vault::unlock(&place, &credential, &asker()).expect("opens");
            let events = vault.events(50, None).expect("events");
            let changes = events
                .iter()
                .filter(|row| row.event.action == Action::PassphraseChanged);
            assert_eq!(changes.count(), usize::from(new_opens), "{steps}");
            set(&mut vault, "KEY", "and it can be written to");
        }
        assert_eq!(fired, 3, "each fault fired");
    }

    #[test]
    fn a_change_that_failed_and_is_tried_again_locks_nobody_out() {
        const THIRD: &str = "a third passphrase";
        for (first, second) in [(1, 1), (2, 1), (2, 2)] {
            let temp = tempfile::tempdir().expect("temp");
            let (mut vault, place, _) = vault_in(temp.path());
            // The vault stays open in between, as a window does.
            assert!(stop_after(first, || change(&mut vault, OLD, NEW)));
            let present = if first == 2 { NEW } else { OLD };
            assert!(stop_after(second, || change(&mut vault, present, THIRD)));
            drop(vault);
            let opens_now = if second == 2 { THIRD } else { present };
            assert!(opens(&place, opens_now), "{first}, {second}");
        }
    }

    #[test]
    fn an_old_header_that_is_put_back_meanwhile_is_not_changed_further() {
        let temp = tempfile::tempdir().expect("temp");
        let (mut vault, place, _) = vault_in(temp.path());
        let before = fs::read(place.header_path()).expect("a header");
        change(&mut vault, OLD, NEW).expect("changed");
        fs::write(place.header_path(), before).expect("put back");
        let refused = change(&mut vault, OLD, "third");
        assert!(matches!(refused, Err(ChangeSlotsError::Vault(_))));
    }
}
