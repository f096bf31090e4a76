//! Recomputing a shared space: that its statements are signed, that each operation counts or not as they have it, and what
//! follows from those that count.

use crate::{
    asker::Cancel,
    change::Change,
    id::SpaceId,
    keyring::Keyring,
    space::{
        Graphs,
        accept::{Acceptor, Care, seen_rows},
        keys::sealing_scopes,
        rebuild::Replay,
        things::rows_of_logs,
    },
    vault::VaultError,
    verify::Expected,
};
use keystead_crypto::EpochId;
use keystead_membership::{Graph, Standing};
use keystead_replica::Judge;
use rusqlite::Connection;
use std::collections::{BTreeSet, HashMap};

/// Adds what a shared space's logs lead to. The answer inside says what does not hold.
pub(crate) fn expect(
    sql: &Connection,
    keys: &Keyring,
    space: SpaceId,
    expected: &mut Expected,
    cancel: &Cancel,
) -> Result<Result<(), String>, VaultError> {
    let graph = match signed(sql, space)? {
        Ok(graph) => graph,
        Err(problem) => return Ok(Err(problem)),
    };
    let standing = graph.standing();
    let sealing = sealing_scopes(&graph, &standing).into_iter();
    let sealing = sealing.map(|(scope, epoch)| {
        let scope = scope.of_keys();
        (scope.tag(), scope.id(), epoch)
    });
    if seals(sql, space)? != sealing.collect() {
        return Ok(Err(
            "the keys that seal are not those that the statements say".to_owned(),
        ));
    }
    replay(sql, keys, (space, &standing), expected, cancel)
}

/// The statements that are kept, each signed by whom it names and behind what it follows.
fn signed(sql: &Connection, space: SpaceId) -> Result<Result<Graph, String>, VaultError> {
    let mut graph = Graph::new(Graphs::genesis(sql, space)?);
    let mut statement = sql.prepare_cached(
        "SELECT id, bytes, signature FROM statements WHERE space = ?1 ORDER BY position",
    )?;
    let mut rows = statement.query([space])?;
    let mut at = 0;
    while let Some(row) = rows.next()? {
        let (id, bytes, signature): ([u8; 32], Vec<u8>, Vec<u8>) =
            (row.get(0)?, row.get(1)?, row.get(2)?);
        match graph.insert(&bytes, &signature) {
            Ok(inserted) if inserted.0 == id => {}
            Ok(_) => return Ok(Err(format!("statement {at} stands under another id"))),
            Err(error) => return Ok(Err(format!("statement {at}: {error}"))),
        }
        at += 1;
    }
    Ok(Ok(graph))
}

/// The keys that seal, each with the tag and the id of its scope.
fn seals(
    sql: &Connection,
    space: SpaceId,
) -> Result<BTreeSet<(u8, [u8; 16], EpochId)>, VaultError> {
    let mut statement = sql
        .prepare_cached("SELECT scope, scope_id, id FROM epochs WHERE space = ?1 AND seals = 1")?;
    let rows = statement.query_map([space], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn replay(
    sql: &Connection,
    keys: &Keyring,
    (space, standing): (SpaceId, &Standing<'_>),
    expected: &mut Expected,
    cancel: &Cancel,
) -> Result<Result<(), String>, VaultError> {
    let nothing = HashMap::new();
    let acceptor = Acceptor::new((sql, keys), space, &nothing, Care::EachOperation);
    let rows = rows_of_logs(sql, space)?;
    let mut judge = Judge::new(standing);
    let mut replay = Replay::of(sql, space)?;
    let mut count = 0u32;
    while let Some((log, one)) = replay.next()? {
        if count.is_multiple_of(256) {
            cancel.check()?;
        }
        count += 1;
        let seen = seen_rows(&one.seen, &rows);
        let judged = acceptor.judged(&mut judge, log, &seen, &one.header, &one.block)?;
        let refused = judged.as_ref().err().map(|refusal| refusal.code());
        if refused != one.refused {
            return Ok(Err(format!(
                "operation {} of log {} is kept as one that {}, and it is the other way round",
                one.header.sequence,
                log.name(),
                if one.refused.is_some() {
                    "does not count"
                } else {
                    "counts"
                }
            )));
        }
        if let Ok((said, _)) = judged {
            for (change, veiled) in said {
                let change: Change = change;
                if !veiled {
                    expected.add_here(&change);
                }
            }
        }
    }
    Ok(Ok(()))
}
