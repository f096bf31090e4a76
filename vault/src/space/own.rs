//! This device's own operation in a shared space: judged before it is written, as others will judge it.

use crate::{
    change::Change,
    log::Log,
    space::{
        Known,
        stamps::{self, Stamp},
        things::{KnownThings, Things, rows_of_logs},
    },
    vault::VaultError,
};
use keystead_replica::{Header, Judge};
use rusqlite::Connection;
use std::collections::HashMap;

/// Notes what the newest operation of a log made and said.
pub(crate) fn note(
    sql: &Connection,
    log: &Log,
    header: &Header,
    changes: &[Change],
    graph: &Known,
) -> Result<(), VaultError> {
    let rows = rows_of_logs(sql, log.space)?;
    let seen: HashMap<i64, u64> = log
        .seen
        .iter()
        .filter_map(|(name, seen)| Some((*rows.get(name)?, seen.operations)))
        .collect();
    let said: Vec<(Change, bool)> = changes
        .iter()
        .map(|change| (change.clone(), false))
        .collect();
    let known = KnownThings::default();
    let mut things = Things::known_to(sql, log.space, (log.id, header), &seen, &known);
    let refused = |refusal: keystead_replica::Refusal| VaultError::NotAllowed(refusal.to_string());
    let demands = things.demands(&said)?.map_err(refused)?;
    let standing = graph.standing();
    let judged = Judge::new(&standing).judge(header, &demands, |_| None);
    judged
        .unwrap_or(Err(keystead_replica::Refusal::NotIn))
        .map_err(refused)?;
    things.keep()?;
    for (place, change) in (0u32..).zip(changes) {
        let stamp = Stamp {
            lamport: header.lamport,
            leaf: log.last_operation,
            place,
            log: log.id,
            sequence: header.sequence,
        };
        stamps::note_own(sql, log.space, change, &stamp)?;
    }
    Ok(())
}
