//! Another root key, for when a way to unlock may be known to others. Everything that the old one opened is sealed anew:
//! the slots, the seeds of identity and device, the fingerprints, every page of the store.
//!
//! A crash leaves a vault that opens. The new header comes first and keeps the old root key, sealed under the new one,
//! until the store no longer needs it; whoever opens the vault meanwhile goes on where this stopped. Environment keys
//! and values are not touched: no slot ever sealed them.

use crate::{
    asker::Asker,
    event::Action,
    header::Header,
    header_change::{ChangeSlotsError, HeaderChange, step_made},
    id::{EnvironmentId, ProjectId, SlotId, VersionId},
    keyring::system_random,
    slot::{Credential, NewPassphrase, NewSlot},
    store,
    vault::{Vault, VaultError},
};
use keystead_crypto::{KeyBytes, RootKey, SlotKey, fingerprint_value};
use rusqlite::params;

const CHANGE: &str = "new root key";

impl Vault {
    /// Gives the vault another root key, which this passphrase opens from now on, and the key in the system's keyring if
    /// one is given. No other way to unlock it stays: a recovery kit has to be made anew. A copy of the vault from
    /// before still opens as it did.
    ///
    /// # Errors
    /// [`ChangeSlotsError`]; a wrong credential is an event. If a file could not be written, the vault is keyed anew
    /// to the end when it is next opened, or is as it was.
    pub fn rekey(
        &mut self,
        present: &Credential<'_>,
        passphrase: NewPassphrase<'_>,
        keyring: Option<(SlotId, &SlotKey)>,
        asker: &Asker,
    ) -> Result<(), ChangeSlotsError> {
        let (mut header, old) = self.open_present_header(present, Action::Rekeyed, asker)?;
        if header.previous_root(&old).ok().flatten().is_some() {
            // One that stopped half-way while this vault was open.
            self.finish_rekey(&mut header, &old, asker)?;
        }
        let rng = &mut system_random();
        let new = RootKey::generate(rng);
        header.begin_root(&old, &new, rng);
        header.put(NewSlot::Passphrase(passphrase), &new, asker.at, rng)?;
        if let Some((id, key)) = keyring {
            header.put(NewSlot::Keyring(id, key), &new, asker.at, rng)?;
        }
        self.replace_header(&mut header, &new, None, asker)?;
        Ok(self.finish_rekey(&mut header, &new, asker)?)
    }

    /// All that follows once the new header stands. What was done before a crash is done again, to the same end.
    pub(crate) fn finish_rekey(
        &mut self,
        header: &mut Header,
        root: &RootKey,
        asker: &Asker,
    ) -> Result<(), VaultError> {
        self.root = copy_of(root);
        self.reseal(root)?;
        step_made()?;
        store::rekey(&self.sql, &root.derive_store_key())?;
        step_made()?;
        header.end_root();
        let change = HeaderChange::of(Action::Rekeyed, CHANGE);
        self.replace_header(header, root, Some(&change), asker)
    }

    /// Seals the seeds and makes the fingerprints under the keys that come from `root`.
    fn reseal(&mut self, root: &RootKey) -> Result<(), VaultError> {
        let (seal_key, index) = (root.derive_identity_seal_key(), root.derive_index_key());
        let (rng, vault) = (&mut system_random(), self.facts.vault.0);
        let identity = self.keys.identity.as_ref();
        let (signing, share) = identity
            .map(|identity| identity.seal(&seal_key, vault, rng))
            .unzip();
        let device = self.keys.device.seal(&seal_key, vault, rng);
        let mut fingerprints = Vec::new();
        let entered = self.facts.space;
        for space in self.spaces()? {
            self.enter_space(space.id)?;
            for (project, environment, version) in self.all_versions()? {
                let value = self.open_version(project, environment, version)?;
                fingerprints.push((version, fingerprint_value(&index, value.as_bytes())));
            }
        }
        self.enter_space(entered)?;
        let sql = self.sql.transaction()?;
        sql.execute(
            "UPDATE vault SET identity_signing = ?1, identity_share = ?2, device_signing = ?3,
             device_kem = ?4",
            params![signing, share, device.0, device.1],
        )?;
        for (version, fingerprint) in fingerprints {
            sql.prepare_cached("UPDATE versions SET fingerprint = ?2 WHERE id = ?1")?
                .execute(params![version, fingerprint])?;
        }
        sql.commit()?;
        self.keys.index = index;
        Ok(())
    }

    fn all_versions(&self) -> Result<Vec<(ProjectId, EnvironmentId, VersionId)>, VaultError> {
        let mut statement = self.sql.prepare(
            "SELECT e.project, e.id, v.id FROM versions v JOIN environments e ON e.id = v.environment
             JOIN projects p ON p.id = e.project
             WHERE v.fingerprint IS NOT NULL AND v.pruned = 0
             AND p.space = (SELECT space FROM entered)",
        )?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

/// The same key once more, for whoever keeps it beside another.
pub(crate) fn copy_of(root: &RootKey) -> RootKey {
    RootKey::from_bytes(KeyBytes::from_slice(root.key().expose()).expect("a key has 32 bytes"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Exposure, UnlockError, VaultFolder, VersionSelector,
        header_change::{STEPS_UNTIL_FAILURE, tests::opens},
        tests::{asker, at_the_floor, set, vault_in},
        unlock::open_with_root_key,
    };
    use keystead_crypto::Passphrase;
    use std::fs;

    const OLD: &str = "one passphrase";
    const NEW: &str = "another passphrase";

    fn rekey(vault: &mut Vault) -> Result<(), ChangeSlotsError> {
        let old = Passphrase::new(OLD.to_owned());
        let new = Passphrase::new(NEW.to_owned());
        let present = Credential::Passphrase(&old, None);
        vault.rekey(&present, at_the_floor(&new), None, &asker())
    }

    fn unlocked(place: &VaultFolder, text: &str) -> Vault {
        let passphrase = Passphrase::new(text.to_owned());
        Vault::unlock(place, &Credential::Passphrase(&passphrase, None), &asker()).expect("opens")
    }

    fn filled(vault: &mut Vault) {
        for index in 0..40 {
            set(vault, &format!("KEY_{index}"), &format!("value {index}"));
        }
        set(vault, "KEY_3", "a second version");
    }

    fn check(vault: &mut Vault) {
        let released = vault
            .read(
                &asker(),
                ("churn-model", "dev", "KEY_3"),
                VersionSelector::Previous,
                Exposure::Read,
                "",
            )
            .expect("opens");
        assert_eq!(&*released.value, "value 3");
        // The fingerprints are those of the new index key: the same value is known as the same.
        let put = vault.rotate(
            &asker(),
            ("churn-model", "dev", "KEY_7"),
            "value 7",
            crate::Origin::Rotated,
        );
        assert!(matches!(put, Err(VaultError::SameValue)));
    }

    /// A value that went has nothing to open, and must not keep a new root key from being finished.
    #[test]
    fn a_vault_with_values_that_went_is_keyed_anew_and_opens() {
        let temp = tempfile::tempdir().expect("temp");
        let (mut vault, place, _) = vault_in(temp.path());
        filled(&mut vault);
        for index in 0..4 {
            set(&mut vault, "KEY_5", &format!("later {index}"));
        }
        vault
            .sql
            .execute("DELETE FROM undo", [])
            .expect("as after ten thousand operations");
        let mut later = asker();
        later.at = crate::Timestamp(later.at.0 + 500 * 86_400_000);
        let one = [(crate::SecretName::parse("LATER").expect("a name"), "x")];
        vault
            .put_values(&later, "p", "dev", &one, crate::Origin::Set, "", true)
            .expect("put");
        let few = crate::Retention {
            versions: 1,
            days: 1,
        };
        let done = vault.compact(&later, few).expect("compacted");
        assert!(done.is_some_and(|done| done.values > 0), "{done:?}");
        rekey(&mut vault).expect("keyed anew");
        check(&mut vault);
        vault.close_quietly().expect("closed");
        let mut vault = unlocked(&place, NEW);
        check(&mut vault);
        assert!(vault.verify(&asker()).expect("verified").problem.is_none());
    }

    /// What a file holds is not known anew by a new root key: its lines would all look edited.
    #[test]
    fn what_was_written_to_a_file_is_known_still() {
        let temp = tempfile::tempdir().expect("temp");
        let (mut vault, ..) = vault_in(temp.path());
        filled(&mut vault);
        let (place, file) = (("churn-model", "dev"), ("/somewhere", ".env"));
        let link = vault
            .create_link(&asker(), place, file, "dotenv", false)
            .expect("linked");
        let version = vault.current_versions("churn-model", "dev").expect("there")[0].1;
        let written = [crate::WrittenVersion::of("KEY", version, "as it was")];
        vault
            .note_link_written(&asker(), link, ([1; 32], [2; 32]), &written)
            .expect("noted");
        rekey(&mut vault).expect("keyed anew");
        let link = vault.link(link).expect("there");
        assert!(link.written[0].was("as it was") && !link.written[0].was("another"));
    }

    #[test]
    fn the_old_root_key_opens_nothing_any_more() {
        let temp = tempfile::tempdir().expect("temp");
        let (mut vault, place, old_root) = vault_in(temp.path());
        filled(&mut vault);
        let before = fs::read(place.header_path()).expect("a header");
        rekey(&mut vault).expect("keyed anew");
        check(&mut vault);
        set(&mut vault, "LATER", "written to the new pages");
        let last = vault.events(50, None).expect("events");
        let rekeyed = last
            .iter()
            .filter(|row| row.event.action == Action::Rekeyed);
        assert_eq!(rekeyed.count(), 1);
        vault.close_quietly().expect("closed");
        assert!(opens(&place, NEW) && !opens(&place, OLD));
        assert!(matches!(
            open_with_root_key(&place, &old_root),
            Err(UnlockError::WrongPassphraseOrTampered)
        ));
        let pages = store::open(&place.store_path(), &old_root.derive_store_key());
        assert!(pages.is_err(), "no page opens with it");
        fs::write(place.header_path(), before).expect("put back");
        assert!(
            open_with_root_key(&place, &old_root).is_err(),
            "nor does the old header bring it back"
        );
    }

    #[test]
    fn a_re_key_that_is_interrupted_anywhere_leaves_a_vault_that_opens() {
        let mut fired = 0;
        // Announced, replaced, settled; resealed, rekeyed; announced, replaced, settled.
        for steps in 1..=8 {
            let temp = tempfile::tempdir().expect("temp");
            let (mut vault, place, _) = vault_in(temp.path());
            filled(&mut vault);
            STEPS_UNTIL_FAILURE.set(steps);
            fired += u32::from(rekey(&mut vault).is_err());
            assert_eq!(STEPS_UNTIL_FAILURE.replace(0), 0);
            // As after a kill: nothing is closed in order.
            drop(vault);
            let new_opens = steps > 1;
            assert_eq!(opens(&place, NEW), new_opens, "{steps}");
            assert_eq!(opens(&place, OLD), !new_opens, "{steps}");
            let mut vault = unlocked(&place, if new_opens { NEW } else { OLD });
            check(&mut vault);
            let events = vault.events(100, None).expect("events");
            let rekeyed = events
                .iter()
                .filter(|row| row.event.action == Action::Rekeyed);
            assert_eq!(rekeyed.count(), usize::from(new_opens), "{steps}");
            let header = Header::decode(&fs::read(place.header_path()).expect("a header"));
            let header = header.expect("a header");
            assert!(
                header.previous_root(&vault.root).expect("reads").is_none(),
                "{steps}: the old root key is gone"
            );
        }
        assert_eq!(fired, 8, "each fault fired");
    }

    #[test]
    fn a_re_key_that_failed_is_tried_again_by_the_open_vault() {
        for steps in 1..=8 {
            let temp = tempfile::tempdir().expect("temp");
            let (mut vault, place, _) = vault_in(temp.path());
            filled(&mut vault);
            STEPS_UNTIL_FAILURE.set(steps);
            assert!(rekey(&mut vault).is_err());
            let new = Passphrase::new(NEW.to_owned());
            let old = Passphrase::new(OLD.to_owned());
            let present = if steps > 1 { &new } else { &old };
            vault
                .rekey(
                    &Credential::Passphrase(present, None),
                    at_the_floor(&new),
                    None,
                    &asker(),
                )
                .expect("keyed anew");
            check(&mut vault);
            vault.close_quietly().expect("closed");
            assert!(opens(&place, NEW), "{steps}");
        }
    }
}
