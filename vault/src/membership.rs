//! Who may do what in the space, as the store keeps it: statements of membership in the order that they came, each said
//! by an operation of the log.

use crate::{
    change::Change,
    id::{EnvironmentId, ProjectId, SpaceId},
    vault::VaultError,
};
use keystead_membership::{
    Act, EpochClaim, Genesis, Graph, Scope, Statement, StatementId, Verdict,
};
use keystead_replica::MOST_MEMBERSHIP_HEADS;
use rusqlite::{Connection, params};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

/// The scope of a project's names.
pub(crate) fn of_project(project: ProjectId) -> Scope {
    Scope::Project(keystead_membership::ProjectId(project.0))
}

/// The scope of an environment's values.
pub(crate) fn of_environment(project: ProjectId, environment: EnvironmentId) -> Scope {
    Scope::Environment(
        keystead_membership::ProjectId(project.0),
        keystead_membership::EnvironmentId(environment.0),
    )
}

pub(crate) fn apply_statement(
    sql: &Connection,
    space: SpaceId,
    bytes: &[u8],
    signature: &[u8],
) -> Result<(), VaultError> {
    let statement = Statement::decode(bytes)?;
    let id: [u8; 32] = Sha256::digest(bytes).into();
    let insert = "INSERT INTO statements (id, space, bytes, signature) VALUES (?1, ?2, ?3, ?4)";
    sql.prepare_cached(insert)?
        .execute(params![id, space, bytes, signature])?;
    let mut follow = sql.prepare_cached("UPDATE statements SET followed = 1 WHERE id = ?1")?;
    for parent in &statement.parents {
        follow.execute([parent.0])?;
    }
    if let Act::OpenEpochs { epochs, .. } = &statement.act {
        let mut insert = sql.prepare_cached(
            "INSERT OR IGNORE INTO epochs (id, space, scope, scope_id, statement)
             VALUES (?1, ?2, ?3, ?4, ?5)",
        )?;
        for claim in epochs {
            let scope = claim.scope.of_keys();
            insert.execute(params![claim.epoch, space, scope.tag(), scope.id(), id])?;
        }
    }
    if let Act::ShareKeys { epochs, .. } = &statement.act {
        let mut insert =
            sql.prepare_cached("INSERT OR IGNORE INTO shares (epoch, statement) VALUES (?1, ?2)")?;
        for epoch in epochs {
            insert.execute(params![epoch, id])?;
        }
    }
    Ok(())
}

/// The statements that no other one follows. Of more than may be named the newest and those that came first: where somebody
/// says thousands of things at once, one statement after the other follows them.
pub(crate) fn heads(sql: &Connection, space: SpaceId) -> Result<BTreeSet<StatementId>, VaultError> {
    let mut heads = sql
        .prepare_cached(
            "SELECT id FROM statements WHERE space = ?1 AND followed = 0 ORDER BY position",
        )?
        .query_map([space], |row| row.get(0).map(StatementId))?
        .collect::<Result<Vec<_>, _>>()?;
    if heads.len() > MOST_MEMBERSHIP_HEADS {
        let newest = heads.split_off(heads.len() - 1);
        heads.truncate(MOST_MEMBERSHIP_HEADS - 1);
        heads.extend(newest);
    }
    Ok(match heads.is_empty() {
        true => BTreeSet::from([StatementId(space.0)]),
        false => heads.into_iter().collect(),
    })
}

/// An epoch, its scope's tag and id, and the statement that opens it.
type EpochRow = ([u8; 32], u8, [u8; 16], [u8; 32]);

/// Checks what the operations of a space say of membership: that each statement is signed and holds, and that the store
/// has these and no others.
pub(crate) fn verify(
    sql: &Connection,
    space: SpaceId,
    changes: &[Change],
) -> Result<Result<(), String>, VaultError> {
    let mut graph: Option<Graph> = None;
    let mut said = Vec::new();
    for change in changes {
        match (change, &mut graph) {
            (
                Change::Genesis {
                    statement,
                    signature,
                    ..
                },
                None,
            ) => match Genesis::parse(statement, signature) {
                Ok(genesis) => graph = Some(Graph::new(genesis)),
                Err(error) => return Ok(Err(format!("the space's beginning: {error}"))),
            },
            (
                Change::Say {
                    statement,
                    signature,
                },
                Some(graph),
            ) => {
                if let Err(error) = graph.insert(statement, signature) {
                    return Ok(Err(format!("statement {}: {error}", said.len())));
                }
                said.push((statement.clone(), signature.clone()));
            }
            _ => return Ok(Err("a statement of membership before its space".to_owned())),
        }
    }
    let kept: Vec<(Vec<u8>, Vec<u8>)> = sql
        .prepare_cached(
            "SELECT bytes, signature FROM statements WHERE space = ?1 ORDER BY position",
        )?
        .query_map([space], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    if kept != said {
        return Ok(Err(
            "the statements are not those of the operations".to_owned()
        ));
    }
    let Some(graph) = graph else {
        return Ok(Ok(()));
    };
    let standing = graph.standing();
    let mut epochs: BTreeSet<EpochRow> = BTreeSet::new();
    for (at, id) in graph.ids().enumerate() {
        if let Some(Verdict::Refused(why)) = standing.verdict(id) {
            return Ok(Err(format!("statement {at} does not hold: {why}")));
        }
        if let Some(Act::OpenEpochs { epochs: claims, .. }) =
            graph.get(id).map(|statement| &statement.act)
        {
            let row = |claim: &EpochClaim| {
                let scope = claim.scope.of_keys();
                (claim.epoch, scope.tag(), scope.id(), id.0)
            };
            epochs.extend(claims.iter().map(row));
        }
    }
    let kept: BTreeSet<EpochRow> = sql
        .prepare_cached("SELECT id, scope, scope_id, statement FROM epochs WHERE space = ?1")?
        .query_map([space], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
        })?
        .collect::<Result<_, _>>()?;
    match kept == epochs {
        true => Ok(Ok(())),
        false => Ok(Err("the epochs are not those of the statements".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{asker, set, vault_in};
    use keystead_membership::MemberId;

    #[test]
    fn a_vault_begins_with_its_owner_and_says_who_gets_each_key() {
        let temp = tempfile::tempdir().expect("temp");
        let (mut vault, ..) = vault_in(temp.path());
        set(&mut vault, "KEY", "x");
        let said: Vec<Vec<u8>> = vault
            .sql
            .prepare("SELECT bytes FROM statements ORDER BY position")
            .expect("prepared")
            .query_map([], |row| row.get(0))
            .expect("listed")
            .collect::<Result<_, _>>()
            .expect("read");
        let acts: Vec<Act> = said
            .iter()
            .map(|bytes| Statement::decode(bytes).expect("a statement").act)
            .collect();
        // Device, card, and the keys of the space, of a project and of an environment.
        assert!(matches!(
            &acts[..],
            [
                Act::AddDevice { .. },
                Act::UpdateCard { .. },
                Act::OpenEpochs { .. },
                Act::OpenEpochs { .. },
                Act::OpenEpochs { .. }
            ]
        ));
        assert_eq!(
            heads(&vault.sql, vault.facts.space).expect("heads").len(),
            1
        );
        assert!(vault.verify(&asker()).expect("verified").problem.is_none());
    }

    /// An operation may say what it likes; what does not hold is found.
    #[test]
    fn what_does_not_hold_is_named() {
        let stranger = MemberId([7; 32]);
        let temp = tempfile::tempdir().expect("temp");
        for (known, words) in [(false, "not known"), (true, "no owner would remain")] {
            let (mut vault, ..) = vault_in(&temp.path().join(words));
            let member = match known {
                true => MemberId(vault.facts.identity),
                false => stranger,
            };
            let cuts = Vec::new();
            vault
                .transact(&asker(), |t| t.say(Act::Remove { member, cuts }))
                .expect("said");
            let problem = vault.verify(&asker()).expect("verified").problem;
            let problem = problem.expect("found");
            assert!(problem.contains(words), "{problem}");
        }
    }
}
