//! An older copy of a vault, put back: how it is noticed, and how one goes on from it.
//!
//! A store can't know that a newer one existed. What can is an [`Anchor`] of each of its trees, kept outside; where
//! they are kept is not known here. A vault that does not hold what was anchored opens, but takes no change and releases
//! no value, as both would continue a log from a place that it has left: there would be two logs of one name. On consent
//! each log begins anew under another incarnation, and says what it goes on from.

use crate::{
    asker::Asker,
    change::Change,
    compact::Base,
    event::Action,
    header::Header,
    id::{Incarnation, SpaceId},
    keyring::Keyring,
    log::{EventDraft, Log, VAULT_LOG, record},
    rekey::copy_of,
    slot::SlotKind,
    unlock::{UnlockError, read_header},
    vault::{Vault, VaultError},
};
use keystead_crypto::{Anchor, AnchorState, DecodeError, Frontier, Hash, leaf_hash};
use rusqlite::{Connection, TransactionBehavior, params};

/// The trees that are anchored: operations and events, of the vault's own log and of the space's.
const TREES: usize = 4;
const ANCHOR_SIZE: usize = 68;

/// Where all trees of a vault stood, to be kept outside of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anchors([Anchor; TREES]);

impl Anchors {
    /// Canonical bytes: the four anchors, one behind the other.
    pub fn encode(&self) -> Vec<u8> {
        self.0.iter().flat_map(Anchor::encode).collect()
    }

    /// Reads what [`Self::encode`] wrote.
    ///
    /// # Errors
    /// [`DecodeError`] for anything else.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut anchors = bytes.chunks(ANCHOR_SIZE).map(Anchor::decode);
        let mut next = || anchors.next().unwrap_or_else(|| Anchor::decode(&[]));
        let four = [next()?, next()?, next()?, next()?];
        match anchors.next() {
            None => Ok(Self(four)),
            Some(_) => Anchor::decode(&[]).map(|_| Self(four)),
        }
    }
}

/// How an open vault differs from what was anchored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rollback {
    /// Operations that it is short of.
    pub operations: u64,
    /// Events that it is short of.
    pub events: u64,
    /// Its header is an older one: a passphrase or another way to unlock may have come back.
    pub older_header: bool,
    /// It went on by itself from some earlier state: it holds something else.
    pub diverged: bool,
}

/// One tree of a log: how much it holds, what was signed of it, and which table its bodies stand in.
struct Tree<'l> {
    log: i64,
    table: &'static str,
    frontier: &'l Frontier,
    signed: Option<(u64, Hash)>,
}

/// The operations and the events of a log.
fn trees<'l>(sql: &Connection, log: &'l Log, keys: &Keyring) -> Result<[Tree<'l>; 2], VaultError> {
    let head = log.newest_head(sql, keys)?;
    let operations = Tree {
        log: log.id,
        table: "operations",
        frontier: &log.operations,
        signed: head
            .as_ref()
            .map(|head| (head.operations, head.operation_root)),
    };
    let events = Tree {
        log: log.id,
        table: "events",
        frontier: &log.events,
        signed: head.as_ref().map(|head| (head.events, head.event_root)),
    };
    Ok([operations, events])
}

impl Vault {
    /// Why it takes no change and releases no value, where it does not.
    pub fn rollback(&self) -> Option<&Rollback> {
        self.rollback.as_ref()
    }

    pub(crate) fn refuse_rolled_back(&self) -> Result<(), VaultError> {
        match self.rollback {
            None => Ok(()),
            Some(_) => Err(VaultError::RolledBack),
        }
    }

    /// Where it stands now; `None` while it is a copy that nobody goes on from.
    ///
    /// # Errors
    /// [`VaultError`] if the store or the header can't be read.
    pub fn anchors(&self) -> Result<Option<Anchors>, VaultError> {
        if self.rollback.is_some() {
            return Ok(None);
        }
        let (logs, generation) = (self.both_logs()?, self.header_generation()?);
        let [a, b] = &logs;
        let frontiers = [&a.operations, &a.events, &b.operations, &b.events];
        Ok(Some(Anchors(frontiers.map(|frontier| Anchor {
            vault: self.facts.vault.0,
            generation,
            sequence: frontier.size(),
            root: frontier.root(),
        }))))
    }

    /// Compares with what was anchored. From then on the vault is read-only, if it is an older copy or another.
    pub(crate) fn compare_with(&mut self, anchors: &Anchors) -> Result<(), VaultError> {
        let (logs, generation) = (self.both_logs()?, self.header_generation()?);
        let mut found = self.rollback.unwrap_or_default();
        let mut stands = true;
        let [vault, space] = [
            trees(&self.sql, &logs[0], &self.keys)?,
            trees(&self.sql, &logs[1], &self.keys)?,
        ];
        let trees = vault.into_iter().chain(space);
        let left = self.left_own_space()?;
        for (nth, (anchor, tree)) in anchors.0.iter().zip(trees).enumerate() {
            let size = tree.frontier.size();
            let mut failed = None;
            let root = |at| {
                self.root_at(&tree, at).unwrap_or_else(|error| {
                    failed = Some(error);
                    [0; 32]
                })
            };
            let state = anchor.compare(self.facts.vault.0, generation, size, root);
            if let Some(error) = failed {
                return Err(error);
            }
            match state {
                AnchorState::Holds => continue,
                // It is of the own space that this vault left to become another one's device: nothing came after that.
                AnchorState::Diverged | AnchorState::Behind
                    if nth >= 2
                        && anchor.sequence <= left[nth % 2]
                        && anchor.generation <= generation =>
                {
                    continue;
                }
                // Somebody else's anchor says nothing about this vault.
                AnchorState::OtherVault => return Ok(()),
                AnchorState::Diverged => found.diverged = true,
                AnchorState::Behind => {
                    let short = anchor.sequence.saturating_sub(size);
                    let sum = match nth % 2 {
                        0 => &mut found.operations,
                        _ => &mut found.events,
                    };
                    *sum = (*sum).max(short);
                    found.older_header |= generation < anchor.generation;
                }
            }
            stands = false;
        }
        if !stands {
            self.rollback = Some(found);
            self.sql.pragma_update(None, "query_only", true)?;
        }
        Ok(())
    }

    /// Goes on from this copy: each log begins anew under another incarnation, whose first operation names what it
    /// follows. Nothing that the copy holds is lost; what it is short of stays lost.
    ///
    /// # Errors
    /// [`UnlockError`] if the store could not be written; the vault is as it was then.
    pub fn accept_rollback(&mut self, asker: &Asker) -> Result<(), UnlockError> {
        let Some(rollback) = self.rollback else {
            return Ok(());
        };
        self.sql.pragma_update(None, "query_only", false)?;
        let begun = self.begin_incarnations(&rollback, asker);
        if begun.is_err() {
            self.sql.pragma_update(None, "query_only", true)?;
        }
        begun?;
        self.rollback = None;
        let how = self.unlocked_by;
        self.settle(how, asker)
    }

    fn begin_incarnations(&mut self, rollback: &Rollback, asker: &Asker) -> Result<(), VaultError> {
        let logs = self.both_logs()?;
        let sql = self
            .sql
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        for old in logs {
            old.sign_if_behind(&sql, &self.keys)?;
            let incarnation = Incarnation(crate::create::random());
            Log::continue_as(&sql, &old, incarnation)?;
            let mut log = Log::load(&sql, old.space)?;
            let change = Change::BeginIncarnation {
                follows: old.incarnation,
                operations: old.operations.size(),
                operation_root: old.operations.root(),
                events: old.events.size(),
                event_root: old.events.root(),
            };
            log.append_operation(&sql, &self.keys, asker, &[change])?;
        }
        let draft = EventDraft::of(Action::RollbackAccepted).detail(rollback.words());
        record(&sql, &self.keys, &self.facts, asker, VAULT_LOG, draft)?;
        Ok(sql.commit()?)
    }

    /// What an unlock does once it is sure of its store: ends what a crash left half-way, and is written down.
    pub(crate) fn settle(&mut self, how: SlotKind, asker: &Asker) -> Result<(), UnlockError> {
        let bytes = read_header(&self.folder)?;
        let mut header = Header::decode(&bytes)?;
        self.settle_header(&bytes, Some(asker))?;
        let root = copy_of(&self.root);
        if header.previous_root(&root)?.is_some() {
            self.finish_rekey(&mut header, &root, asker)?;
        }
        Ok(self.record_unlock(how, asker)?)
    }

    fn both_logs(&self) -> Result<[Log; 2], VaultError> {
        let load = |space: SpaceId| Log::load(&self.sql, space);
        Ok([load(VAULT_LOG)?, load(self.facts.home)?])
    }

    /// How much the own space held that this vault left: operations, events; nothing where it never did.
    fn left_own_space(&self) -> Result<[u64; 2], VaultError> {
        let sql = "SELECT left_operations, left_events FROM vault";
        Ok(self.sql.query_row(sql, [], |row| {
            let left: [i64; 2] = [row.get(0)?, row.get(1)?];
            Ok(left.map(i64::cast_unsigned))
        })?)
    }

    fn header_generation(&self) -> Result<u64, VaultError> {
        let sql = "SELECT max(header_generation, coalesce(pending_generation, 0)) FROM vault";
        let generation: i64 = self.sql.query_row(sql, [], |row| row.get(0))?;
        Ok(generation.cast_unsigned())
    }

    /// The root that a tree had at a size: the last one and the signed one are known, another is computed.
    fn root_at(&self, tree: &Tree<'_>, size: u64) -> Result<Hash, VaultError> {
        if size == tree.frontier.size() {
            return Ok(tree.frontier.root());
        }
        if let Some((_, root)) = tree.signed.filter(|(signed, _)| *signed == size) {
            return Ok(root);
        }
        let mut frontier = Frontier::new();
        if tree.table == "operations"
            && let Some(base) = Base::of(&self.sql, tree.log)?
        {
            if size <= base.frontier.size() {
                // One from before the leaves is no root that this vault can show: it counts as another's.
                return Ok(base.root_at(size).unwrap_or([0; 32]));
            }
            frontier = base.frontier;
        }
        let leaf = if tree.table == "operations" {
            "header"
        } else {
            "body"
        };
        let mut statement = self.sql.prepare(&format!(
            "SELECT {leaf} FROM {} WHERE log = ?1 AND sequence < ?2 ORDER BY sequence",
            tree.table
        ))?;
        let mut rows = statement.query(params![tree.log, size.cast_signed()])?;
        while let Some(row) = rows.next()? {
            frontier.append(leaf_hash(&row.get::<_, Vec<u8>>(0)?));
        }
        Ok(frontier.root())
    }
}

impl Rollback {
    /// What is so, behind the name of the copy: "lacks 3 changes and 17 events".
    pub fn words(&self) -> String {
        let count = |n: u64, one: &str| match n {
            0 => None,
            1 => Some(format!("1 {one}")),
            n => Some(format!("{n} {one}s")),
        };
        let short = [
            count(self.operations, "change"),
            count(self.events, "event"),
        ];
        let short: Vec<_> = short.into_iter().flatten().collect();
        let mut words = Vec::new();
        if !short.is_empty() {
            words.push(format!("lacks {}", short.join(" and ")));
        }
        if self.older_header {
            words.push("has older ways to unlock".to_owned());
        }
        if self.diverged {
            words.push("holds other changes instead".to_owned());
        }
        words.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Credential, VaultFolder,
        tests::{asker, at_the_floor, set, vault_in},
        unlock::open_with_root_key,
    };
    use keystead_crypto::{Passphrase, RootKey};
    use std::{fs, path::Path, slice};

    fn open(place: &VaultFolder, root: &RootKey, anchors: &[Anchors]) -> Vault {
        let mut vault = open_with_root_key(place, root).expect("opens");
        for anchors in anchors {
            vault.compare_with(anchors).expect("compared");
        }
        vault
    }

    fn copy(from: &Path, to: &Path) {
        fs::create_dir_all(to).expect("a folder");
        for name in ["header", "store.db"] {
            fs::copy(from.join(name), to.join(name)).expect("copied");
        }
    }

    fn verified(vault: &mut Vault) {
        let verified = vault.verify(&asker()).expect("verifies");
        assert_eq!(verified.problem, None);
    }

    /// A vault with `n` snapshots, one after each of its changes or reads, and the anchors at its end.
    fn history(temp: &Path, n: usize) -> (VaultFolder, RootKey, Anchors) {
        let (mut vault, place, root) = vault_in(temp);
        set(&mut vault, "KEY", "first");
        vault.close_quietly().expect("closed");
        for nth in 0..n {
            let mut vault = open(&place, &root, &[]);
            match nth % 3 {
                0 => set(&mut vault, "KEY", &format!("value {nth}")),
                1 => set(&mut vault, &format!("KEY_{nth}"), "value"),
                _ => verified(&mut vault),
            }
            vault.close_quietly().expect("closed");
            copy(place.path(), &temp.join(format!("{nth}.keystead")));
        }
        let mut vault = open(&place, &root, &[]);
        set(&mut vault, "KEY", "last");
        let anchors = vault.close_quietly().expect("closed").expect("anchors");
        (place, root, anchors)
    }

    #[test]
    fn every_older_copy_is_noticed_and_takes_no_change() {
        let temp = tempfile::tempdir().expect("temp");
        let (_, root, anchors) = history(temp.path(), 50);
        let decoded = Anchors::decode(&anchors.encode()).expect("decodes");
        assert_eq!(decoded, anchors);
        let mut noticed = 0;
        for nth in 0..50 {
            let place = VaultFolder::at(&temp.path().join(format!("{nth}.keystead")));
            let before = fs::read(place.store_path()).expect("read");
            let mut vault = open(&place, &root, slice::from_ref(&anchors));
            let rollback = *vault.rollback().expect("noticed");
            noticed += 1;
            assert!(rollback.events > 0 && !rollback.diverged, "{rollback:?}");
            let at = ("churn-model", "dev", "KEY");
            let refused = vault.rotate(&asker(), at, "x", crate::Origin::Rotated);
            assert!(matches!(refused, Err(VaultError::RolledBack)), "{nth}");
            assert!(vault.matrix("churn-model").is_ok(), "it can be looked at");
            assert_eq!(vault.close_quietly().expect("closed"), None);
            assert_eq!(fs::read(place.store_path()).expect("read"), before, "{nth}");
        }
        assert_eq!(noticed, 50);
    }

    #[test]
    fn a_store_that_is_ahead_of_its_anchor_is_the_same_one() {
        let temp = tempfile::tempdir().expect("temp");
        let (place, root, anchors) = history(temp.path(), 2);
        for nth in 0..3 {
            let mut vault = open(&place, &root, slice::from_ref(&anchors));
            assert_eq!(vault.rollback(), None);
            set(&mut vault, "KEY", &format!("later {nth}"));
            // As after a kill: no head is signed for it.
            drop(vault);
        }
        let mut vault = open(&place, &root, slice::from_ref(&anchors));
        assert_eq!(vault.rollback(), None);
        verified(&mut vault);
    }

    #[test]
    fn one_goes_on_from_an_older_copy_under_another_incarnation() {
        let temp = tempfile::tempdir().expect("temp");
        let (newest, root, anchors) = history(temp.path(), 9);
        let place = VaultFolder::at(&temp.path().join("4.keystead"));
        let mut vault = open(&place, &root, slice::from_ref(&anchors));
        assert!(vault.rollback().is_some());
        vault.accept_rollback(&asker()).expect("goes on");
        assert_eq!(vault.rollback(), None);
        set(&mut vault, "KEY", "after");
        verified(&mut vault);
        let events = vault.events(50, None).expect("events");
        let accepted = events
            .iter()
            .filter(|row| row.event.action == Action::RollbackAccepted);
        assert_eq!(accepted.count(), 1);
        let after = vault.close_quietly().expect("closed").expect("anchors");
        // What was accepted is not asked about again; the other copy has become the other one.
        let mut vault = open(&place, &root, slice::from_ref(&after));
        assert_eq!(vault.rollback(), None);
        verified(&mut vault);
        drop(vault);
        let vault = open(&newest, &root, slice::from_ref(&after));
        assert!(vault.rollback().expect("noticed").diverged);
    }

    #[test]
    fn a_copy_that_went_on_by_itself_is_noticed() {
        let temp = tempfile::tempdir().expect("temp");
        let (_, root, anchors) = history(temp.path(), 3);
        let place = VaultFolder::at(&temp.path().join("0.keystead"));
        let mut vault = open(&place, &root, &[]);
        for nth in 0..20 {
            set(&mut vault, "KEY", &format!("elsewhere {nth}"));
        }
        vault.close_quietly().expect("closed");
        let vault = open(&place, &root, slice::from_ref(&anchors));
        assert!(vault.rollback().expect("noticed").diverged);
    }

    #[test]
    fn an_older_header_alone_is_noticed_too() {
        let temp = tempfile::tempdir().expect("temp");
        let (place, root, _) = history(temp.path(), 1);
        copy(place.path(), &temp.path().join("old.keystead"));
        let mut vault = open(&place, &root, &[]);
        let old = Passphrase::new("one passphrase".to_owned());
        let new = Passphrase::new("another passphrase".to_owned());
        vault
            .change_passphrase(
                &Credential::Passphrase(&old, None),
                at_the_floor(&new),
                &asker(),
            )
            .expect("changed");
        let anchors = vault.close_quietly().expect("closed").expect("anchors");
        let old = VaultFolder::at(&temp.path().join("old.keystead"));
        let vault = open(&old, &root, slice::from_ref(&anchors));
        assert!(vault.rollback().expect("noticed").older_header);
    }

    #[test]
    fn what_is_missing_is_said_in_words() {
        let mut rollback = Rollback {
            operations: 3,
            events: 1,
            ..Rollback::default()
        };
        assert_eq!(rollback.words(), "lacks 3 changes and 1 event");
        (rollback.older_header, rollback.diverged) = (true, true);
        assert_eq!(
            rollback.words(),
            "lacks 3 changes and 1 event, has older ways to unlock, holds other changes instead"
        );
    }

    #[test]
    fn what_is_no_anchor_is_refused() {
        let temp = tempfile::tempdir().expect("temp");
        let (_, _, anchors) = history(temp.path(), 1);
        let bytes = anchors.encode();
        assert_eq!(bytes.len(), TREES * ANCHOR_SIZE);
        assert!(Anchors::decode(&bytes[..bytes.len() - 1]).is_err());
        assert!(Anchors::decode(&bytes[ANCHOR_SIZE..]).is_err());
        assert!(Anchors::decode(&[bytes.clone(), bytes].concat()).is_err());
    }
}
