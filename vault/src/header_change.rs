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
    keyring::system_random,
    log::{EventDraft, VAULT_LOG, record},
    unlock::{UnlockError, read_header},
    vault::{Vault, VaultError},
};
use keystead_crypto::{KdfError, KdfParams, Passphrase};
use rusqlite::{Connection, TransactionBehavior, params};
use sha2::{Digest, Sha256};
use std::io;

/// Why a passphrase was not changed. Where a file could not be written, either of the two opens the vault from now on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ChangePassphraseError {
    /// The present passphrase is another one.
    #[error("that is not the present passphrase")]
    WrongPassphrase,
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

impl From<rusqlite::Error> for ChangePassphraseError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Vault(error.into())
    }
}

/// Where a change may be interrupted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Announced,
    Replaced,
    Settled,
}

impl Vault {
    /// Gives the passphrase slot another passphrase, with these costs. The root key stays: what was
    /// sealed is not sealed anew, and a copy of the vault from before still opens with the old one.
    ///
    /// # Errors
    /// [`ChangePassphraseError`]; a wrong present passphrase is an event.
    pub fn change_passphrase(
        &mut self,
        present: &Passphrase,
        new: &Passphrase,
        params: KdfParams,
        asker: &Asker,
    ) -> Result<(), ChangePassphraseError> {
        self.change_passphrase_stepwise(present, new, params, asker, |_| Ok(()))
    }

    pub(crate) fn change_passphrase_stepwise(
        &mut self,
        present: &Passphrase,
        new: &Passphrase,
        params: KdfParams,
        asker: &Asker,
        mut after: impl FnMut(Step) -> io::Result<()>,
    ) -> Result<(), ChangePassphraseError> {
        let bytes = read_header(&self.folder).map_err(ChangePassphraseError::Header)?;
        // A change before this one may have stopped half-way, and this vault been open since: what is pending is
        // settled before another takes its place. A header that is not the store's has no next one.
        self.settle_header(&bytes, Some(asker))?;
        let header = Header::decode(&bytes).map_err(|e| ChangePassphraseError::Header(e.into()))?;
        if !is_known(&self.sql, header.generation, &bytes)? {
            return Err(VaultError::Damaged("its header and store are of different times").into());
        }
        let rng = &mut system_random();
        let (header, root) = match header.with_new_passphrase(&bytes, present, (new, params), rng) {
            Ok(changed) => changed,
            Err(HeaderError::WrongPassphraseOrTampered) => {
                let draft = EventDraft::of(Action::PassphraseChanged).outcome(Outcome::Refused);
                self.record(asker, VAULT_LOG, draft.detail("wrong passphrase"))?;
                return Err(ChangePassphraseError::WrongPassphrase);
            }
            Err(HeaderError::Kdf(error)) => return Err(error.into()),
            Err(error) => return Err(ChangePassphraseError::Header(error.into())),
        };
        let bytes = header.encode(&root.derive_header_mac_key());
        self.sql.execute(
            "UPDATE vault SET pending_generation = ?1, pending_hash = ?2",
            params![header.generation.cast_signed(), hash(&bytes)],
        )?;
        after(Step::Announced).map_err(VaultError::from)?;
        self.folder.write_header(&bytes).map_err(VaultError::from)?;
        after(Step::Replaced).map_err(VaultError::from)?;
        self.settle_header(&bytes, Some(asker))?;
        Ok(after(Step::Settled).map_err(VaultError::from)?)
    }

    /// Makes the header that is there the only one that belongs to the store. Where that ends a change, its
    /// event is written with it.
    pub(crate) fn settle_header(
        &mut self,
        bytes: &[u8],
        asker: Option<&Asker>,
    ) -> Result<(), VaultError> {
        let pending: Option<[u8; 32]> =
            self.sql
                .query_row("SELECT pending_hash FROM vault", [], |row| row.get(0))?;
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
            if let Some(asker) = asker {
                let draft = EventDraft::of(Action::PassphraseChanged);
                record(&sql, &self.keys, &self.facts, asker, VAULT_LOG, draft)?;
            }
        }
        sql.execute(
            "UPDATE vault SET pending_generation = NULL, pending_hash = NULL",
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
mod tests {
    use super::*;
    use crate::{
        VaultFolder,
        tests::{asker, set, vault_in},
    };
    use std::fs;

    const OLD: &str = "one passphrase";
    const NEW: &str = "another passphrase";

    fn passphrase(text: &str) -> Passphrase {
        Passphrase::new(text.to_owned())
    }

    fn opens(place: &VaultFolder, text: &str) -> bool {
        match Vault::unlock(place, &passphrase(text), &asker()) {
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

    #[test]
    fn the_new_passphrase_opens_the_vault_and_the_old_one_does_not() {
        let temp = tempfile::tempdir().expect("temp");
        let (mut vault, place, _) = vault_in(temp.path());
        set(&mut vault, "KEY", "value");
        let before = fs::read(place.header_path()).expect("a header");
        let change = |vault: &mut Vault, from, to| {
            let params = KdfParams::FLOOR;
            vault.change_passphrase(&passphrase(from), &passphrase(to), params, &asker())
        };
        let refused = change(&mut vault, "no passphrase", NEW);
        assert!(matches!(
            refused,
            Err(ChangePassphraseError::WrongPassphrase)
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
        assert!(matches!(
            Vault::unlock(&place, &passphrase(OLD), &asker()),
            Err(UnlockError::Damaged(_))
        ));
    }

    #[test]
    fn a_change_that_is_interrupted_anywhere_leaves_one_passphrase_that_opens() {
        let mut fired = 0;
        for (step, new_opens) in [
            (Step::Announced, false),
            (Step::Replaced, true),
            (Step::Settled, true),
        ] {
            let temp = tempfile::tempdir().expect("temp");
            let (mut vault, place, _) = vault_in(temp.path());
            set(&mut vault, "KEY", "value");
            let stopped = vault.change_passphrase_stepwise(
                &passphrase(OLD),
                &passphrase(NEW),
                KdfParams::FLOOR,
                &asker(),
                |at| {
                    if at == step {
                        fired += 1;
                        return Err(io::Error::other("stopped here"));
                    }
                    Ok(())
                },
            );
            assert!(stopped.is_err(), "{step:?}");
            // As after a kill: nothing is closed in order.
            drop(vault);
            assert_eq!(opens(&place, NEW), new_opens, "{step:?}");
            assert_eq!(opens(&place, OLD), !new_opens, "{step:?}");
            // Twice: what was settled stays so.
            assert_eq!(opens(&place, NEW), new_opens, "{step:?}");
            let opened = passphrase(if new_opens { NEW } else { OLD });
            let mut vault = Vault::unlock(&place, &opened, &asker()).expect("opens");
            let events = vault.events(50, None).expect("events");
            let changes = events
                .iter()
                .filter(|row| row.event.action == Action::PassphraseChanged);
            assert_eq!(changes.count(), usize::from(new_opens), "{step:?}");
            set(&mut vault, "KEY", "and it can be written to");
        }
        assert_eq!(fired, 3, "each fault fired");
    }

    #[test]
    fn a_change_that_failed_and_is_tried_again_locks_nobody_out() {
        for (first, second) in [
            (Step::Announced, Step::Announced),
            (Step::Replaced, Step::Announced),
            (Step::Replaced, Step::Replaced),
        ] {
            let temp = tempfile::tempdir().expect("temp");
            let (mut vault, place, _) = vault_in(temp.path());
            let mut stop = |from: &str, to: &str, step| {
                let stopped = vault.change_passphrase_stepwise(
                    &passphrase(from),
                    &passphrase(to),
                    KdfParams::FLOOR,
                    &asker(),
                    |at| {
                        if at == step {
                            Err(io::Error::other("stopped here"))
                        } else {
                            Ok(())
                        }
                    },
                );
                assert!(stopped.is_err());
            };
            // The vault stays open in between, as a window does.
            stop(OLD, NEW, first);
            let present = if first == Step::Replaced { NEW } else { OLD };
            stop(present, "a third passphrase", second);
            drop(vault);
            let opens_now = if second == Step::Replaced {
                "a third passphrase"
            } else {
                present
            };
            assert!(opens(&place, opens_now), "{first:?}, {second:?}");
        }
    }

    #[test]
    fn an_old_header_that_is_put_back_meanwhile_is_not_changed_further() {
        let temp = tempfile::tempdir().expect("temp");
        let (mut vault, place, _) = vault_in(temp.path());
        let before = fs::read(place.header_path()).expect("a header");
        let params = KdfParams::FLOOR;
        vault
            .change_passphrase(&passphrase(OLD), &passphrase(NEW), params, &asker())
            .expect("changed");
        fs::write(place.header_path(), before).expect("put back");
        let refused =
            vault.change_passphrase(&passphrase(OLD), &passphrase("third"), params, &asker());
        assert!(matches!(refused, Err(ChangePassphraseError::Vault(_))));
    }
}
