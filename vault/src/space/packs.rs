//! Segments of an own log on a remote, of which small ones are put together as they become many: whoever joins would have to
//! fetch one for each edit there ever was. Where sixteen of one size stand at the end of a log, the next publish has all of
//! them in one; so an operation is written again as often as its log grew sixteenfold.

use crate::{id::SpaceId, vault::VaultError};
use keystead_replica::{LogId, ObjectKind, RemoteName};
use rusqlite::{Connection, params};

/// So many of one size become one.
const MANY: usize = 16;
/// One that is as large is left as it is.
const LARGE: u64 = 1024 * 1024;

/// A segment that is on a remote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Kept {
    log: i64,
    first: u64,
    end: u64,
    first_event: u64,
    hash: [u8; 8],
    bytes: u64,
}

impl Kept {
    pub(super) fn of(log: i64, first_event: u64, name: &RemoteName, object: &[u8]) -> Self {
        let (first, end, hash) = match name.kind {
            ObjectKind::Segment {
                first, end, hash, ..
            } => (first, end, hash),
            _ => (0, 0, [0; 8]),
        };
        Self {
            log,
            first,
            end,
            first_event,
            hash,
            bytes: object.len() as u64,
        }
    }

    /// How many times sixteenfold.
    fn size(&self) -> u32 {
        (self.end - self.first).ilog(MANY as u64)
    }
}

/// Where the next segment of a log begins, and which ones it has in it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Pack {
    pub(super) first: u64,
    pub(super) first_event: u64,
    replaces: Vec<Kept>,
}

impl Pack {
    /// The names of those that it has in it.
    pub(super) fn names(&self, space: SpaceId, log: LogId) -> impl Iterator<Item = RemoteName> {
        self.replaces.iter().map(move |kept| RemoteName {
            space: space.0,
            kind: ObjectKind::Segment {
                log,
                first: kept.first,
                end: kept.end,
                hash: kept.hash,
            },
        })
    }
}

/// Where the segment has to begin that goes on from what is published to `end`.
pub(super) fn from(
    sql: &Connection,
    log: i64,
    (published, events): (u64, u64),
    end: u64,
) -> Result<Pack, VaultError> {
    let mut statement = sql.prepare_cached(
        "SELECT log, first, end, first_event, hash, bytes FROM segments
         WHERE log = ?1 ORDER BY first DESC",
    )?;
    let rows = statement.query_map([log], |row| {
        let number = |at| Ok::<u64, rusqlite::Error>(row.get::<_, i64>(at)?.cast_unsigned());
        Ok(Kept {
            log: row.get(0)?,
            first: number(1)?,
            end: number(2)?,
            first_event: number(3)?,
            hash: row.get(4)?,
            bytes: number(5)?,
        })
    })?;
    let mut pack = Pack {
        first: published,
        first_event: events,
        replaces: Vec::new(),
    };
    let mut run: Vec<Kept> = Vec::new();
    for kept in rows {
        let kept = kept?;
        let begins = run.last().map_or(pack.first, |last| last.first);
        let size = (end - pack.first).ilog(MANY as u64);
        if kept.end != begins || kept.bytes >= LARGE || kept.size() > size {
            break;
        }
        run.push(kept);
        if run.len() + 1 >= MANY {
            let last = run.last().expect("just pushed");
            (pack.first, pack.first_event) = (last.first, last.first_event);
            pack.replaces.append(&mut run);
        }
    }
    Ok(pack)
}

/// Notes segments that are there, in the place of those that they have in them.
pub(super) fn note(sql: &Connection, segments: &[Kept]) -> Result<(), VaultError> {
    for kept in segments {
        sql.prepare_cached("DELETE FROM segments WHERE log = ?1 AND first >= ?2 AND end <= ?3")?
            .execute(params![
                kept.log,
                kept.first.cast_signed(),
                kept.end.cast_signed()
            ])?;
        sql.prepare_cached(
            "INSERT OR REPLACE INTO segments (log, first, end, first_event, hash, bytes)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![
            kept.log,
            kept.first.cast_signed(),
            kept.end.cast_signed(),
            kept.first_event.cast_signed(),
            kept.hash,
            kept.bytes.cast_signed()
        ])?;
    }
    Ok(())
}

/// Forgets those of a log that go beyond what a remote has of it.
pub(super) fn forget_beyond(sql: &Connection, log: i64, operations: u64) -> Result<(), VaultError> {
    sql.prepare_cached("DELETE FROM segments WHERE log = ?1 AND end > ?2")?
        .execute(params![log, operations.cast_signed()])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::vault_in;

    fn segment(first: u64, end: u64, bytes: u64) -> Kept {
        Kept {
            log: 1,
            first,
            end,
            first_event: first * 2,
            hash: first.to_be_bytes(),
            bytes,
        }
    }

    /// However often somebody publishes, few segments are left, and each operation is written few times.
    #[test]
    fn few_segments_are_left_of_many_publishes() {
        let temp = tempfile::tempdir().expect("temp");
        let (vault, ..) = vault_in(temp.path());
        let (mut written, mut most) = (0, 0);
        for at in 0..5_000u64 {
            let pack = from(&vault.sql, 1, (at, at * 2), at + 1).expect("looked up");
            assert_eq!(pack.first_event, pack.first * 2);
            written += at + 1 - pack.first;
            let made = segment(pack.first, at + 1, 100);
            let replaced = pack.replaces.len();
            note(&vault.sql, &[made]).expect("noted");
            let rows: Vec<(u64, u64)> = all(&vault.sql);
            assert_eq!(rows.first().map(|row| row.0), Some(0));
            let joined = rows.windows(2).all(|pair| pair[0].1 == pair[1].0);
            assert!(joined && rows.last().map(|row| row.1) == Some(at + 1));
            assert!(
                replaced == 0 || replaced.is_multiple_of(MANY - 1),
                "{replaced}"
            );
            most = most.max(rows.len());
        }
        // Fifteen of each of one, 16, 256 and the few of 4,096.
        assert!(most <= 15 * 3 + 2, "{most}");
        assert!(written <= 5_000 * 4, "{written}");
    }

    fn all(sql: &Connection) -> Vec<(u64, u64)> {
        let mut statement = sql
            .prepare("SELECT first, end FROM segments ORDER BY first")
            .expect("prepared");
        let rows = statement.query_map([], |row| {
            let number = |at| Ok::<u64, rusqlite::Error>(row.get::<_, i64>(at)?.cast_unsigned());
            Ok((number(0)?, number(1)?))
        });
        rows.expect("rows").map(|row| row.expect("read")).collect()
    }

    #[test]
    fn large_ones_and_gaps_are_left_alone() {
        let temp = tempfile::tempdir().expect("temp");
        let (vault, ..) = vault_in(temp.path());
        let small: Vec<Kept> = (0..15).map(|at| segment(at, at + 1, 100)).collect();
        let begin = |kept: &[Kept], published| {
            vault.sql.execute("DELETE FROM segments", []).expect("done");
            note(&vault.sql, kept).expect("noted");
            from(&vault.sql, 1, (published, 0), published + 1)
                .expect("looked up")
                .first
        };
        assert_eq!(begin(&small, 15), 0);
        assert_eq!(begin(&small[..14], 14), 14, "not many enough");
        // Of the remote's state something is not known.
        assert_eq!(begin(&small, 16), 16);
        let mut large = small.clone();
        large[3].bytes = LARGE;
        assert_eq!(begin(&large, 15), 15);
        forget_beyond(&vault.sql, 1, 10).expect("forgotten");
        assert_eq!(all(&vault.sql).len(), 10);
    }
}
