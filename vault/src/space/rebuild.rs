//! Doing a space again from its logs: where a right turns out to have been taken back before what somebody did with it,
//! or where names can be read that could not be before.

use crate::{
    asker::Asker,
    event::Action,
    log::{EventDraft, Log, record},
    space::{
        accept::{Acceptor, Care, seen_rows},
        things::rows_of_logs,
    },
    vault::{Vault, VaultError},
};
use keystead_crypto::{Hash, leaf_hash};
use keystead_membership::Standing;
use keystead_replica::{Header, Judge, LogId, Seen};
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};
use std::{
    cmp::Reverse,
    collections::{BTreeMap, BinaryHeap, HashMap},
};

/// An operation on its way out of the logs of a space.
pub(crate) struct Replayed {
    pub(crate) header: Header,
    pub(crate) block: Vec<u8>,
    pub(crate) leaf: Hash,
    pub(crate) refused: Option<u8>,
    /// The other logs, each as far as its log had seen it by then.
    pub(crate) seen: BTreeMap<LogId, Seen>,
}

/// The operations of all logs of a space, ordered by stamp: each behind what it follows.
pub(crate) struct Replay<'s> {
    sql: &'s Connection,
    logs: Vec<(Log, BTreeMap<LogId, Seen>)>,
    next: BinaryHeap<Reverse<(u64, Hash, usize, u64)>>,
    waiting: BTreeMap<usize, Replayed>,
}

impl<'s> Replay<'s> {
    pub(crate) fn of(sql: &'s Connection, space: crate::id::SpaceId) -> Result<Self, VaultError> {
        let logs = Log::of_space(sql, space)?;
        let mut replay = Self {
            sql,
            logs: logs.into_iter().map(|log| (log, BTreeMap::new())).collect(),
            next: BinaryHeap::new(),
            waiting: BTreeMap::new(),
        };
        for at in 0..replay.logs.len() {
            replay.read(at, 0)?;
        }
        Ok(replay)
    }

    fn read(&mut self, at: usize, sequence: u64) -> Result<(), VaultError> {
        let row = self
            .sql
            .prepare_cached(
                "SELECT header, block, refused FROM operations WHERE log = ?1 AND sequence = ?2",
            )?
            .query_row(params![self.logs[at].0.id, sequence.cast_signed()], |row| {
                Ok((row.get::<_, Vec<u8>>(0)?, row.get(1)?, row.get(2)?))
            })
            .optional()?;
        if let Some((bytes, block, refused)) = row {
            let header = Header::decode(&bytes)?;
            let seen = &mut self.logs[at].1;
            seen.extend(header.seen.iter().map(|(log, seen)| (*log, *seen)));
            let leaf = leaf_hash(&bytes);
            self.next
                .push(Reverse((header.lamport, leaf, at, sequence)));
            let replayed = Replayed {
                header,
                leaf,
                block,
                refused,
                seen: seen.clone(),
            };
            self.waiting.insert(at, replayed);
        }
        Ok(())
    }

    /// The next one, with its log.
    pub(crate) fn next(&mut self) -> Result<Option<(&Log, Replayed)>, VaultError> {
        let Some(Reverse((_, _, at, sequence))) = self.next.pop() else {
            return Ok(None);
        };
        let Some(replayed) = self.waiting.remove(&at) else {
            return Ok(None);
        };
        self.read(at, sequence + 1)?;
        Ok(Some((&self.logs[at].0, replayed)))
    }
}

impl Vault {
    /// Does the space that is worked in again, where something counts now that did not, or the other way round.
    pub(crate) fn weigh_again(&mut self, asker: &Asker) -> Result<(), VaultError> {
        let space = self.facts.space;
        let sql = self
            .sql
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        let nothing = HashMap::new();
        let acceptor = Acceptor::new((&sql, &self.keys), space, &nothing, Care::EachOperation);
        let rebuilt = self.graphs.with(&sql, space, |graph| {
            let standing = graph.standing();
            let due = is_due(&acceptor, &standing)?;
            if due {
                rebuild(&acceptor, &standing)?;
            }
            Ok::<_, VaultError>(due)
        })?;
        if rebuilt {
            let draft = EventDraft::of(Action::ChangesTakenIn).detail("weighed again");
            record(&sql, &self.keys, &self.facts, asker, space, draft)?;
            self.stale.all = self.index.is_some();
        }
        Ok(sql.commit()?)
    }
}

/// Whether an operation counts now that did not, or the other way round.
pub(crate) fn is_due(acceptor: &Acceptor<'_>, standing: &Standing<'_>) -> Result<bool, VaultError> {
    let mut judge = Judge::new(standing);
    let rows = rows_of_logs(acceptor.sql, acceptor.space)?;
    let mut replay = Replay::of(acceptor.sql, acceptor.space)?;
    while let Some((log, one)) = replay.next()? {
        let seen = seen_rows(&one.seen, &rows);
        let judged = acceptor.judged(&mut judge, log, &seen, &one.header, &one.block)?;
        if judged.err().map(|refusal| refusal.code()) != one.refused {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Does everything of a space again. What is known of values beside the logs stays with those that stay.
pub(crate) fn rebuild(acceptor: &Acceptor<'_>, standing: &Standing<'_>) -> Result<(), VaultError> {
    let (sql, space) = (acceptor.sql, acceptor.space);
    clear(acceptor)?;
    let mut judge = Judge::new(standing);
    let rows = rows_of_logs(sql, space)?;
    let mut replay = Replay::of(sql, space)?;
    while let Some((log, one)) = replay.next()? {
        let seen = seen_rows(&one.seen, &rows);
        let judged = acceptor.judged(&mut judge, log, &seen, &one.header, &one.block)?;
        let refused = judged.as_ref().err().map(|refusal| refusal.code());
        let judged_anew =
            "UPDATE operations SET refused = ?3, veiled = 0 WHERE log = ?1 AND sequence = ?2";
        sql.prepare_cached(judged_anew)?.execute(params![
            log.id,
            one.header.sequence.cast_signed(),
            refused
        ])?;
        if let Ok((said, things)) = judged {
            acceptor.perform(log.id, &seen, (&one.header, one.leaf), &said, &things)?;
        }
    }
    sweep(acceptor)?;
    acceptor.look_again();
    Ok(())
}

const PROJECTS: &str = "SELECT id FROM projects WHERE space = ?1";

/// Forgets what follows from the logs, and keeps the rows that other tables name.
fn clear(acceptor: &Acceptor<'_>) -> Result<(), VaultError> {
    let secrets = format!("SELECT id FROM secrets WHERE project IN ({PROJECTS})");
    let versions = format!("SELECT row FROM versions WHERE secret IN ({secrets})");
    for statement in [
        "DELETE FROM things WHERE space = ?1".to_owned(),
        "DELETE FROM stamps WHERE space = ?1".to_owned(),
        "DELETE FROM conflicts WHERE space = ?1".to_owned(),
        format!("DELETE FROM stages WHERE secret IN ({secrets})"),
        format!("DELETE FROM tags WHERE secret IN ({secrets})"),
        format!("DELETE FROM touched WHERE secret IN ({secrets})"),
        format!("DELETE FROM refers WHERE version IN ({versions})"),
        format!("DELETE FROM parts WHERE secret IN ({secrets})"),
    ] {
        acceptor.sql.execute(&statement, [acceptor.space])?;
    }
    let twins = format!("UPDATE versions SET twin = (2 << 20) + row WHERE secret IN ({secrets})");
    acceptor.sql.execute(&twins, [acceptor.space])?;
    // Nobody has a name until somebody says it again.
    let aside = "removed = 1, said = coalesce(said, name), name = hex(id)";
    for statement in [
        format!("UPDATE attachments SET {aside} WHERE secret IN ({secrets})"),
        format!("UPDATE credentials SET {aside} WHERE project IN ({PROJECTS})"),
        format!("UPDATE secrets SET {aside} WHERE project IN ({PROJECTS})"),
        format!("UPDATE environments SET {aside}, inherits = NULL WHERE project IN ({PROJECTS})"),
        format!("UPDATE projects SET {aside} WHERE space = ?1"),
    ] {
        acceptor.sql.execute(&statement, [acceptor.space])?;
    }
    Ok(())
}

/// Lets go what nobody made after all. Its sealed bytes stay aside: who made it may turn out to have had the right, and
/// nobody sends them again.
fn sweep(acceptor: &Acceptor<'_>) -> Result<(), VaultError> {
    let gone = "NOT IN (SELECT id FROM things WHERE space = ?1)";
    let secrets = format!("SELECT id FROM secrets WHERE project IN ({PROJECTS})");
    let versions = format!("SELECT row FROM versions WHERE secret IN ({secrets}) AND id {gone}");
    let ids = format!("SELECT id FROM versions WHERE secret IN ({secrets}) AND id {gone}");
    let files = format!("SELECT row FROM attachments WHERE secret IN ({secrets}) AND id {gone}");
    for statement in [
        format!(
            "INSERT OR IGNORE INTO arrived (hash, space, envelope)
             SELECT v.ciphertext, ?1, c.envelope FROM ciphertexts c
             JOIN versions v ON v.row = c.version WHERE v.row IN ({versions})"
        ),
        format!(
            "INSERT OR IGNORE INTO arrived (hash, space, envelope)
             SELECT a.ciphertext, ?1, c.envelope FROM attachment_ciphertexts c
             JOIN attachments a ON a.row = c.attachment WHERE a.row IN ({files})"
        ),
        format!("DELETE FROM exposures WHERE version IN ({versions})"),
        format!("DELETE FROM ciphertexts WHERE version IN ({versions})"),
        format!("DELETE FROM written_versions WHERE version IN ({ids})"),
        format!("DELETE FROM versions WHERE secret IN ({secrets}) AND id {gone}"),
        format!("DELETE FROM attachment_exposures WHERE attachment IN ({files})"),
        format!("DELETE FROM attachment_ciphertexts WHERE attachment IN ({files})"),
        format!("DELETE FROM attachments WHERE secret IN ({secrets}) AND id {gone}"),
        format!("DELETE FROM credentials WHERE project IN ({PROJECTS}) AND id {gone}"),
        format!("DELETE FROM secrets WHERE project IN ({PROJECTS}) AND id {gone}"),
        format!(
            "DELETE FROM links WHERE environment IN
             (SELECT id FROM environments WHERE project IN ({PROJECTS}) AND id {gone})"
        ),
        format!("DELETE FROM environments WHERE project IN ({PROJECTS}) AND id {gone}"),
        format!("DELETE FROM projects WHERE space = ?1 AND id {gone}"),
    ] {
        acceptor.sql.execute(&statement, [acceptor.space])?;
    }
    Ok(())
}
