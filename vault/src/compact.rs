//! Keeping the log bounded: operations from long ago give way to what they lead to.
//!
//! The log grows on: an operation of it states the root of those that went and the hash of the state that they lead to,
//! and is covered by signed heads as any other. Verification begins from that state and goes on with what is there.
//! What can still be taken back stays; events, exposures and what is known of versions stay; only values outside the
//! retention go, and that is an operation too.

use crate::{
    asker::{Asker, Timestamp},
    change::Change,
    event::Action,
    id::{AttachmentId, VersionId},
    log::{EventDraft, Log},
    transaction::Transaction,
    undo,
    vault::{Vault, VaultError},
    verify,
};
use keystead_crypto::{Frontier, Hash, Reader, Writer};
use rusqlite::{Connection, OptionalExtension, params};
use sha2::{Digest, Sha256};
use std::collections::HashSet;

/// Of so many operations that went, newest first, the leaf hash stays: an anchor from then can still be compared.
const LEAVES: usize = 100_000;
/// Below, a state is not worth a rewrite.
const WORTH: u64 = 3 * undo::DEPTH;
const DAY_MS: i64 = 86_400_000;

/// Which values stay that are neither current, previous nor pending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// So many of the newest, of each secret in each environment.
    pub versions: u32,
    /// And all that are younger, in days.
    pub days: u32,
}

impl Default for Retention {
    fn default() -> Self {
        Self {
            versions: 20,
            days: 400,
        }
    }
}

/// What a compaction did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Compacted {
    /// Operations that gave way.
    pub operations: u64,
    /// Their bytes.
    pub before: u64,
    /// Bytes of what they lead to.
    pub after: u64,
    /// Values and files that went.
    pub values: u64,
}

/// What is about to go.
struct Going {
    versions: Vec<VersionId>,
    attachments: Vec<AttachmentId>,
    base: Base,
    done: Compacted,
}

/// What stands for the first operations of a log.
pub(crate) struct Base {
    /// The tree over them.
    pub(crate) frontier: Frontier,
    /// Leaf hash of the last of them.
    pub(crate) previous: Hash,
    /// What they lead to, as changes.
    pub(crate) state: Vec<u8>,
    /// The tree over those before the leaves.
    first: Frontier,
    /// Leaf hashes of the last of them, one behind the other.
    leaves: Vec<u8>,
}

impl Base {
    /// That of a log; `None` where all its operations are there.
    pub(crate) fn of(sql: &Connection, log: i64) -> Result<Option<Self>, VaultError> {
        let found = sql
            .prepare_cached(
                "SELECT frontier, previous, state, first, leaves FROM compacted WHERE log = ?1",
            )?
            .query_row([log], |row| {
                Ok((
                    row.get::<_, Vec<u8>>(0)?,
                    row.get(1)?,
                    row.get(2)?,
                    row.get::<_, Vec<u8>>(3)?,
                    row.get(4)?,
                ))
            })
            .optional()?;
        let Some((frontier, previous, state, first, leaves)) = found else {
            return Ok(None);
        };
        Ok(Some(Self {
            frontier: Frontier::decode(&frontier)?,
            previous,
            state,
            first: Frontier::decode(&first)?,
            leaves,
        }))
    }

    /// The state, once the parts fit together.
    pub(crate) fn changes(&self) -> Result<Vec<Change>, VaultError> {
        let whole = self.root_at(self.frontier.size());
        let last = self.leaves.chunks(32).next_back();
        let counted = self.first.size() + self.leaves.len() as u64 / 32 == self.frontier.size();
        if !counted || whole != Some(self.frontier.root()) || last != Some(&self.previous[..]) {
            return Err(VaultError::Damaged(
                "what stands for the first operations does not fit together",
            ));
        }
        let mut reader = Reader::versioned(&self.state)?;
        let changes = reader.list(Change::decode)?;
        reader.finish()?;
        Ok(changes)
    }

    /// What an operation must say of it.
    pub(crate) fn claim(&self) -> Change {
        Change::Compact {
            operations: self.frontier.size(),
            root: self.frontier.root(),
            state: Sha256::digest(&self.state).into(),
        }
    }

    /// The root that the tree had at a size within it; `None` for one from before the leaves.
    pub(crate) fn root_at(&self, size: u64) -> Option<Hash> {
        let wanted = usize::try_from(size.checked_sub(self.first.size())?).ok()?;
        let mut frontier = self.first.clone();
        let mut leaves = self.leaves.chunks_exact(32);
        for _ in 0..wanted {
            frontier.append(leaves.next()?.try_into().ok()?);
        }
        Some(frontier.root())
    }

    fn write(&self, sql: &Connection, log: i64) -> Result<(), VaultError> {
        sql.execute(
            "INSERT OR REPLACE INTO compacted (log, frontier, previous, state, first, leaves)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![
                log,
                self.frontier.encode(),
                self.previous,
                self.state,
                self.first.encode(),
                self.leaves
            ],
        )?;
        Ok(())
    }
}

impl Vault {
    /// Whether a compaction may be worth its time.
    ///
    /// # Errors
    /// [`VaultError`] if the store fails.
    pub fn is_long(&self) -> Result<bool, VaultError> {
        if self.facts.shared {
            return Ok(false);
        }
        let log = Log::load(&self.sql, self.facts.space)?;
        let base = self
            .sql
            .prepare_cached("SELECT min(sequence) FROM operations WHERE log = ?1")?
            .query_row([log.id], |row| row.get::<_, Option<i64>>(0))?;
        let there = log.operations.size() - base.unwrap_or(0).cast_unsigned();
        Ok(there >= WORTH)
    }

    /// Lets operations from long ago give way to what they lead to, and values outside the retention go. `None` where
    /// that would free less than it writes.
    ///
    /// # Errors
    /// [`VaultError::Damaged`] where the vault does not verify: nothing is settled on a state that does not follow.
    pub fn compact(
        &mut self,
        asker: &Asker,
        retention: Retention,
    ) -> Result<Option<Compacted>, VaultError> {
        self.compact_but(asker, retention, undo::DEPTH)
    }

    /// What [`Self::compact`] would do; nothing is changed.
    ///
    /// # Errors
    /// As [`Self::compact`].
    pub fn plan_compaction(
        &mut self,
        asker: &Asker,
        retention: Retention,
    ) -> Result<Option<Compacted>, VaultError> {
        let going = self.going(asker, retention, undo::DEPTH)?;
        Ok(going.map(|going| going.done))
    }

    /// As [`Self::compact`], of all but so many operations.
    pub(crate) fn compact_but(
        &mut self,
        asker: &Asker,
        retention: Retention,
        kept: u64,
    ) -> Result<Option<Compacted>, VaultError> {
        let Some(going) = self.going(asker, retention, kept)? else {
            return Ok(None);
        };
        let done = going.done;
        let log = Log::load(&self.sql, self.facts.space)?.id;
        self.transact(asker, |t| {
            if done.values > 0 {
                t.space_change(Change::Prune {
                    versions: going.versions,
                    attachments: going.attachments,
                })?;
            }
            if done.operations > 0 {
                t.space_change(going.base.claim())?;
                going.base.write(t.sql(), log)?;
                t.forget_before(log, done.operations)?;
            }
            let detail = format!(
                "{} operations and {} values gave way",
                done.operations, done.values
            );
            t.event(EventDraft::of(Action::Compacted).detail(detail))
        })?;
        Ok(Some(done))
    }

    /// What would go, and what would stand for it; `None` where it is not worth it.
    fn going(
        &mut self,
        asker: &Asker,
        retention: Retention,
        kept: u64,
    ) -> Result<Option<Going>, VaultError> {
        // What others may still need gives way to no state that only this device can show.
        if self.facts.shared {
            return Ok(None);
        }
        if self.verify(asker)?.problem.is_some() {
            return Err(VaultError::Damaged(
                "it does not verify, so nothing is compacted",
            ));
        }
        let (versions, attachments) = self.outside(self.newest(asker.at)?, retention)?;
        let values = versions.len() + attachments.len();
        let log = Log::load(&self.sql, self.facts.space)?;
        let until = log.operations.size().saturating_sub(kept);
        let base = self.base_at(&log, until, &asker.cancel)?;
        let size = "SELECT coalesce(sum(length(header) + length(block)), 0) FROM operations
                    WHERE log = ?1 AND sequence < ?2";
        let before: i64 =
            self.sql
                .query_row(size, params![log.id, until.cast_signed()], |row| row.get(0))?;
        let (before, after) = (before.cast_unsigned(), base.state.len() as u64);
        let shorter = until > 0 && after + 32 * LEAVES.min(kept_leaves(&base)) as u64 <= before;
        if !shorter && values == 0 {
            return Ok(None);
        }
        Ok(Some(Going {
            versions,
            attachments,
            base,
            done: Compacted {
                operations: if shorter { until } else { 0 },
                before,
                after,
                values: values as u64,
            },
        }))
    }

    /// Now, as far as the vault itself bears it out: a clock that runs ahead lets nothing go early.
    fn newest(&self, now: Timestamp) -> Result<Timestamp, VaultError> {
        let newest = format!("SELECT max(created_at) FROM versions WHERE secret IN ({HERE})");
        let space = [self.facts.space];
        let newest: Option<i64> = self.sql.query_row(&newest, space, |row| row.get(0))?;
        Ok(Timestamp(newest.map_or(now.0, |newest| now.0.min(newest))))
    }

    /// What would stand for the first operations of a log.
    fn base_at(&self, log: &Log, until: u64, cancel: &crate::Cancel) -> Result<Base, VaultError> {
        let expected = verify::expected_at(self, log, until, cancel)?;
        let mut writer = Writer::versioned();
        let changes = expected.changes();
        writer.count(changes.len());
        for change in &changes {
            change.encode(&mut writer);
        }
        let mut leaves = Vec::new();
        let mut first = Frontier::new();
        let mut frontier = Frontier::new();
        if let Some(old) = Base::of(&self.sql, log.id)? {
            (leaves, first, frontier) = (old.leaves, old.first, old.frontier);
        }
        let from = frontier.size();
        verify::each_leaf(self, log.id, (from, until), cancel, |leaf| {
            frontier.append(leaf);
            leaves.extend_from_slice(&leaf);
        })?;
        let gone = leaves.len().saturating_sub(32 * LEAVES);
        for leaf in leaves[..gone].chunks_exact(32) {
            first.append(leaf.try_into().expect("32 of them"));
        }
        leaves.drain(..gone);
        let previous = leaves.chunks(32).next_back();
        Ok(Base {
            frontier,
            previous: previous.map_or([0; 32], |leaf| leaf.try_into().unwrap_or([0; 32])),
            state: writer.finish(),
            first,
            leaves,
        })
    }

    /// Values and removed files that are outside the retention, and that nothing could bring back.
    fn outside(
        &self,
        at: Timestamp,
        retention: Retention,
    ) -> Result<(Vec<VersionId>, Vec<AttachmentId>), VaultError> {
        let (kept, files) = undo::remembered(&self.sql)?;
        let young = at.0 - i64::from(retention.days) * DAY_MS;
        let space = self.facts.space;
        let mut statement = self.sql.prepare(&format!(
            "SELECT v.id FROM (SELECT id, row, secret, environment, created_at, pruned,
               row_number() OVER (PARTITION BY secret, environment ORDER BY number DESC) AS age
               FROM versions WHERE secret IN ({HERE})) v
             LEFT JOIN stages s ON s.secret = v.secret AND s.environment = v.environment
             WHERE v.pruned = 0 AND v.created_at < ?2 AND v.age > ?3
             AND v.id NOT IN (SELECT version FROM written_versions)
             AND coalesce(v.id NOT IN (s.current), 1) AND coalesce(v.id NOT IN (s.previous), 1)
             AND coalesce(v.id NOT IN (s.pending), 1) ORDER BY v.row"
        ))?;
        let rows =
            statement.query_map(params![space, young, retention.versions], |row| row.get(0))?;
        let mut versions = rows.collect::<Result<Vec<VersionId>, _>>()?;
        versions.retain(|id| !kept.contains(id));
        let mut statement = self.sql.prepare(&format!(
            "SELECT id FROM attachments WHERE removed = 1 AND pruned = 0 AND created_at < ?2
             AND secret IN ({HERE}) ORDER BY row"
        ))?;
        let rows = statement.query_map(params![space, young], |row| row.get(0))?;
        let mut attachments = rows.collect::<Result<Vec<AttachmentId>, _>>()?;
        attachments.retain(|id| !files.contains(id));
        Ok((versions, attachments))
    }
}

/// The secrets of one space: several share the tables, and each is compacted by its own statement.
const HERE: &str =
    "SELECT c.id FROM secrets c JOIN projects p ON p.id = c.project WHERE p.space = ?1";

/// Whether something stands for the first operations of a log.
pub(crate) fn is_compacted(sql: &Connection, log: i64) -> Result<bool, VaultError> {
    let query = "SELECT 1 FROM compacted WHERE log = ?1";
    Ok(sql.prepare_cached(query)?.exists([log])?)
}

fn kept_leaves(base: &Base) -> usize {
    base.leaves.len() / 32
}

impl Transaction<'_> {
    /// Forgets operations of a log that something stands for, and what was noted of them.
    fn forget_before(&mut self, log: i64, until: u64) -> Result<(), VaultError> {
        for table in ["operations", "undo", "touched"] {
            self.sql().execute(
                &format!("DELETE FROM {table} WHERE log = ?1 AND sequence < ?2"),
                params![log, until.cast_signed()],
            )?;
        }
        Ok(())
    }
}

/// Takes values and files away; what is known of them stays.
pub(crate) fn prune(
    sql: &Connection,
    versions: &[VersionId],
    attachments: &[AttachmentId],
) -> Result<(), VaultError> {
    let mut mark = sql.prepare_cached("UPDATE versions SET pruned = 1 WHERE id = ?1")?;
    let mut take = sql.prepare_cached(
        "DELETE FROM ciphertexts WHERE version = (SELECT row FROM versions WHERE id = ?1)",
    )?;
    for version in versions {
        mark.execute([version])?;
        take.execute([version])?;
    }
    let mut mark = sql.prepare_cached("UPDATE attachments SET pruned = 1 WHERE id = ?1")?;
    let mut take = sql.prepare_cached(
        "DELETE FROM attachment_ciphertexts
         WHERE attachment = (SELECT row FROM attachments WHERE id = ?1)",
    )?;
    for attachment in attachments {
        mark.execute([attachment])?;
        take.execute([attachment])?;
    }
    Ok(())
}

/// Versions that a change of stages names.
pub(crate) fn versions_of(change: &Change, into: &mut HashSet<VersionId>) {
    if let Change::Promote { stages, .. } = change {
        into.extend(
            [stages.pending, stages.current, stages.previous]
                .into_iter()
                .flatten(),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Anchors, Exposure, FileName, Origin, SecretField, SecretName, Timestamp, VersionSelector,
        tests::{asker, vault_in},
        unlock::open_with_root_key,
    };

    const NOTHING_GOES: Retention = Retention {
        versions: u32::MAX,
        days: 0,
    };

    fn put(vault: &mut Vault, name: &str, value: &str) {
        put_by(vault, &asker(), name, value);
    }

    fn put_by(vault: &mut Vault, asker: &Asker, name: &str, value: &str) {
        let one = [(SecretName::parse(name).expect("a name"), value)];
        vault
            .put_values(asker, "p", "dev", &one, Origin::Set, "", true)
            .expect("put");
    }

    fn get(vault: &mut Vault, name: &str, version: VersionSelector) -> Result<String, VaultError> {
        let place = ("p", "dev", name);
        let read = vault.read(&asker(), place, version, Exposure::Read, "bash");
        read.map(|released| released.value.to_string())
    }

    fn problem(vault: &mut Vault) -> Option<String> {
        vault.verify(&asker()).expect("verified").problem
    }

    /// A vault of few secrets and many operations.
    fn busy(vault: &mut Vault) {
        put(vault, "A", "one");
        put(vault, "B", "${p/dev/A}");
        for at in 0..300 {
            let tags = vec![SecretField::Tags(vec![format!("t{at}")])];
            vault
                .edit_secrets(&asker(), "p", &[("A", tags)])
                .expect("edited");
        }
    }

    #[test]
    fn a_long_log_gives_way_to_what_it_leads_to_and_verifies_still() {
        let temp = tempfile::tempdir().expect("temp");
        let (mut vault, folder, root) = vault_in(temp.path());
        busy(&mut vault);
        let long_ago: Anchors = vault.anchors().expect("anchored").expect("stands");
        put(&mut vault, "A", "two");
        let rows = |vault: &Vault| -> i64 {
            let count = "SELECT count(*) FROM operations";
            vault
                .sql
                .query_row(count, [], |row| row.get(0))
                .expect("counted")
        };
        let (before, size) = (rows(&vault), vault.anchors().expect("anchored"));
        let done = vault
            .compact_but(&asker(), NOTHING_GOES, 20)
            .expect("compacted")
            .expect("worth it");
        assert!(
            done.operations > 250 && done.after * 2 < done.before,
            "{done:?}"
        );
        assert!(rows(&vault) < before / 4, "{} of {before}", rows(&vault));
        assert_eq!(problem(&mut vault), None);
        assert_eq!(
            get(&mut vault, "B", VersionSelector::Current).expect("read"),
            "two"
        );
        assert_eq!(
            get(&mut vault, "A", VersionSelector::Number(1)).expect("read"),
            "one",
            "inside the retention"
        );

        // What is new can be taken back; what went can't, and says so.
        vault.undo(&asker(), None).expect("undone");
        assert_eq!(
            get(&mut vault, "A", VersionSelector::Current).expect("read"),
            "one"
        );
        let refused = vault.undo(&asker(), Some(3));
        assert!(matches!(refused, Err(VaultError::NothingToUndo)));

        // It opens again, also beside an anchor from before, and is compacted again.
        vault.close_quietly().expect("closed");
        let mut vault = open_with_root_key(&folder, &root).expect("opens");
        vault.compare_with(&long_ago).expect("compared");
        vault.compare_with(&size.expect("stood")).expect("compared");
        assert!(vault.rollback().is_none(), "{:?}", vault.rollback());
        for at in 0..300 {
            put(&mut vault, "C", &format!("{at}"));
        }
        let again = vault
            .compact_but(&asker(), NOTHING_GOES, 20)
            .expect("compacted");
        assert!(again.is_some());
        assert_eq!(problem(&mut vault), None);
        vault.compare_with(&long_ago).expect("compared");
        assert!(vault.rollback().is_none());
    }

    #[test]
    fn values_outside_the_retention_go_and_what_is_known_of_them_stays() {
        let temp = tempfile::tempdir().expect("temp");
        let (mut vault, ..) = vault_in(temp.path());
        for at in 1..=8 {
            put(&mut vault, "A", &format!("value {at}"));
        }
        assert!(get(&mut vault, "A", VersionSelector::Number(2)).is_ok());
        let mut later = asker();
        later.at = Timestamp(later.at.0 + 500 * DAY_MS);
        let few = Retention {
            versions: 3,
            days: 400,
        };
        let none = vault.compact_but(&asker(), few, 1_000).expect("compacted");
        assert_eq!(none, None, "all of them are young");
        let none = vault.compact_but(&later, few, 1_000).expect("compacted");
        assert_eq!(none, None, "all of them can be brought back by an undo");
        let file = |name: &str| FileName::parse(name).expect("a name");
        for (name, bytes) in [("gone.pem", "old"), ("kept.pem", "new")] {
            vault
                .attach(&asker(), ("p", "dev", "A"), &file(name), bytes.as_bytes())
                .expect("attached");
        }
        vault
            .remove_attachment(&asker(), ("p", "dev", "A"), "gone.pem")
            .expect("removed");
        vault
            .sql
            .execute("DELETE FROM undo", [])
            .expect("as after ten thousand operations");
        let ahead = vault.compact_but(&later, few, 1_000).expect("compacted");
        assert_eq!(ahead, None, "a clock alone lets nothing go");
        put_by(&mut vault, &later, "LATER", "x");
        let done = vault
            .compact_but(&later, few, 1_000)
            .expect("compacted")
            .expect("worth it");
        assert_eq!((done.operations, done.values), (0, 6));
        let files = "SELECT count(*) FROM attachment_ciphertexts";
        let files = vault
            .sql
            .query_row(files, [], |row| row.get::<_, i64>(0))
            .expect("counted");
        assert_eq!(files, 1, "the bytes of a removed file go too");
        assert_eq!(problem(&mut vault), None);
        let secret = vault.secret("p", "dev", "A").expect("there");
        let gone: Vec<u32> = secret
            .versions
            .iter()
            .filter(|row| row.pruned)
            .map(|row| row.number)
            .collect();
        assert_eq!(gone, [5, 4, 3, 2, 1]);
        assert_eq!(secret.exposures.len(), 1, "who saw v2 is known still");
        for number in [2, 5] {
            let read = get(&mut vault, "A", VersionSelector::Number(number));
            assert!(
                matches!(read, Err(VaultError::NoVersion { .. })),
                "{read:?}"
            );
            let restored =
                vault.restore(&asker(), ("p", "dev", "A"), VersionSelector::Number(number));
            assert!(matches!(restored, Err(VaultError::NoVersion { .. })));
        }
        assert!(vault.history(("p", "dev"), "A").is_ok());
        assert!(get(&mut vault, "A", VersionSelector::Previous).is_ok());
    }

    /// The head from before the forgery stays where it was: it must not pass for one that covers the state.
    #[test]
    fn a_compaction_that_no_head_covers_is_seen() {
        let temp = tempfile::tempdir().expect("temp");
        let (mut vault, ..) = vault_in(temp.path());
        busy(&mut vault);
        put(&mut vault, "A", "signed so far");
        let log = Log::load(&vault.sql, vault.facts.space).expect("the log");
        log.sign_if_behind(&vault.sql, &vault.keys).expect("signed");
        let heads = vault
            .sql
            .query_row("SELECT signed FROM heads WHERE log = ?1", [log.id], |row| {
                row.get::<_, Vec<u8>>(0)
            })
            .expect("a head");
        vault
            .compact_but(&asker(), NOTHING_GOES, 0)
            .expect("compacted")
            .expect("worth it");
        assert_eq!(problem(&mut vault), None);
        vault
            .sql
            .execute(
                "UPDATE heads SET signed = ?2 WHERE log = ?1",
                params![log.id, heads],
            )
            .expect("put back");
        assert!(
            problem(&mut vault).is_some(),
            "a head from before does not cover it"
        );
    }

    /// Whoever holds the store's key, and not the device's, can't put another state there.
    #[test]
    fn a_state_that_no_signed_operation_states_is_seen() {
        for (what, act) in [
            (
                "another state",
                "UPDATE compacted
                 SET state = CAST(substr(state, 1, length(state) - 1) || x'01' AS BLOB)",
            ),
            ("another tree", "UPDATE compacted SET first = frontier"),
            (
                "other leaves",
                "UPDATE compacted SET leaves = zeroblob(length(leaves))",
            ),
            ("none", "DELETE FROM compacted"),
            ("no signature", "DELETE FROM heads"),
        ] {
            let temp = tempfile::tempdir().expect("temp");
            let (mut vault, ..) = vault_in(temp.path());
            busy(&mut vault);
            vault
                .compact_but(&asker(), NOTHING_GOES, 20)
                .expect("compacted")
                .expect("worth it");
            assert_eq!(problem(&mut vault), None);
            vault.sql.execute(act, []).expect("tampered");
            let seen = vault.verify(&asker());
            let fine = seen.is_ok_and(|seen| seen.problem.is_none());
            assert!(!fine, "{what} was not noticed");
        }
    }
}
