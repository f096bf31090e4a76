//! What a space held when somebody was invited: whoever joins has seen nothing of it before, so a storage could show them an
//! older state, or another one. The invite, which does not come from the storage, names a checkpoint by its hash.

use crate::{
    asker::Asker,
    id::SpaceId,
    keyring::system_random,
    log::Log,
    membership::heads,
    space::{
        Known, at,
        opened::SpaceKeys,
        problem::{Problem, ProblemKind},
        take_in::Work,
    },
    vault::{Vault, VaultError},
};
use keystead_crypto::{Checkpoint, Hash, LiveVersion, LogPosition, SignedCheckpoint};
use keystead_membership::{DeviceId as Device, Role, Scope, StatementId};
use keystead_replica::{
    LogId, RemoteName, SpaceEpoch, checkpoint_name, hint_of, open_checkpoint, seal_checkpoint,
};
use rusqlite::{OptionalExtension, params};
use sha2::{Digest, Sha256};

/// So many of the own ones are kept, for a storage that loses them.
const KEPT: u32 = 16;

/// So often a newcomer asks before it is an alarm: ten minutes of a host that stays.
const PATIENCE: u32 = 20;

/// A checkpoint that goes out, and its hash.
type Going = (Hash, RemoteName, Vec<u8>);

impl Vault {
    /// Makes a checkpoint of the space that is worked in, which goes out with the next publish.
    pub(super) fn checkpoint(&mut self, asker: &Asker) -> Result<(LogId, Hash), VaultError> {
        let space = self.facts.space;
        let epoch = self.publishing_epoch(asker)?;
        let own = Log::load(&self.sql, space)?.name();
        let present = self.present(space)?;
        let rng = &mut system_random();
        let signed = present
            .sign(&self.keys.device.signing, rng)
            .map_err(|_| VaultError::Damaged("a log or a version stands twice"))?
            .encode();
        let hash: Hash = Sha256::digest(&signed).into();
        let key = self.keys.space_key(&self.sql, epoch)?;
        let under = SpaceEpoch { epoch, key: &key };
        let (_, object) = seal_checkpoint(space.0, own, under, &signed, rng);
        let sql = self.sql.transaction()?;
        sql.execute(
            "DELETE FROM checkpoints WHERE space = ?1 AND hash IN (SELECT hash FROM checkpoints
             WHERE space = ?1 AND published = 1 ORDER BY made_at DESC LIMIT -1 OFFSET ?2)",
            params![space, KEPT - 1],
        )?;
        sql.execute(
            "INSERT INTO checkpoints (hash, space, log, object, made_at) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![hash, space, own.0, object, asker.at.0],
        )?;
        sql.commit()?;
        Ok((own, hash))
    }

    /// What is here of the space: every log, and the operations that made what is current.
    pub(super) fn present(&self, space: SpaceId) -> Result<Checkpoint, VaultError> {
        let logs = Log::of_space(&self.sql, space)?;
        let logs = logs.iter().filter(|log| log.operations.size() > 0);
        let mut statement = self.sql.prepare_cached(
            // In this order: nothing is looked up by what is current.
            "SELECT v.id, l.device, l.incarnation, t.sequence FROM stages s
             CROSS JOIN versions v ON v.id = s.current CROSS JOIN things t ON t.id = v.id
             CROSS JOIN logs l ON l.id = t.log WHERE t.space = ?1 AND v.pruned = 0",
        )?;
        let live = statement.query_map([space], |row| {
            Ok(LiveVersion {
                version: row.get(0)?,
                log: LogId::new(row.get(1)?, row.get(2)?).0,
                sequence: row.get::<_, i64>(3)?.cast_unsigned(),
            })
        })?;
        Ok(Checkpoint {
            space: space.0,
            membership_heads: heads(&self.sql, space)?.iter().map(|id| id.0).collect(),
            logs: logs
                .map(|log| LogPosition {
                    log: log.name().0,
                    operations: log.operations.size(),
                    root: log.operations.root(),
                })
                .collect(),
            live: live.collect::<Result<_, _>>()?,
        })
    }

    /// The own checkpoints of a space that are not on its remote.
    pub(super) fn new_checkpoints(&self, space: SpaceId) -> Result<Vec<Going>, VaultError> {
        let mut statement = self.sql.prepare_cached(
            "SELECT hash, log, object FROM checkpoints
             WHERE space = ?1 AND published = 0 AND object IS NOT NULL",
        )?;
        let rows = statement.query_map([space], |row| {
            let hash: Hash = row.get(0)?;
            let name = checkpoint_name(space.0, LogId(row.get(1)?), &hash);
            Ok((hash, name, row.get(2)?))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The remote has none of them any more, or is another one.
    pub(super) fn publish_checkpoints_again(&self, space: SpaceId) -> Result<(), VaultError> {
        let again = "UPDATE checkpoints SET published = 0 WHERE space = ?1";
        self.sql.execute(again, [space])?;
        Ok(())
    }

    /// The checkpoint that this device was invited with, until all that it covers was found.
    ///
    /// # Errors
    /// [`VaultError`] if the store fails.
    pub fn wanted_checkpoint(&self, space: SpaceId) -> Result<Option<RemoteName>, VaultError> {
        let wanted = wanted(&self.sql, space)?;
        Ok(wanted.map(|(log, hash)| checkpoint_name(space.0, log, &hash)))
    }
}

fn wanted(sql: &rusqlite::Connection, space: SpaceId) -> Result<Option<(LogId, Hash)>, VaultError> {
    Ok(sql
        .prepare_cached("SELECT log, hash FROM checkpoints WHERE space = ?1 AND object IS NULL")?
        .query_row([space], |row| Ok((LogId(row.get(0)?), row.get(1)?)))
        .optional()?)
}

impl Work<'_> {
    /// Compares what is here with the checkpoint that this device was invited with. Once all of it was found, nobody asks
    /// for it again.
    pub(super) fn confirm(
        &self,
        graph: &Known,
        objects: &[&(RemoteName, Vec<u8>)],
        keys: &SpaceKeys,
    ) -> Result<Option<Problem>, VaultError> {
        let Some((log, hash)) = wanted(self.sql, self.space)? else {
            return Ok(None);
        };
        let name = checkpoint_name(self.space.0, log, &hash);
        let problem = match objects.iter().find(|(found, _)| *found == name) {
            Some((_, object)) => match self.checked(graph, keys, (log, hash), &name, object)? {
                Ok(()) => {
                    let done = "DELETE FROM checkpoints WHERE hash = ?1 AND space = ?2";
                    self.sql.execute(done, params![hash, self.space])?;
                    return Ok(None);
                }
                Err(kind) => kind,
            },
            None => ProblemKind::CheckpointMissing,
        };
        let asked = "UPDATE checkpoints SET asked = asked + 1 WHERE hash = ?1 AND space = ?2
                     RETURNING asked";
        let asked: u32 = self
            .sql
            .prepare_cached(asked)?
            .query_row(params![hash, self.space], |row| row.get(0))?;
        // A storage may bring things late, and not as late.
        let problem = match problem.is_alarming() {
            false if asked > PATIENCE => ProblemKind::KeptBack { asked },
            _ => problem,
        };
        Ok(Some(Problem::of(problem, Some(log))))
    }

    fn checked(
        &self,
        graph: &Known,
        keys: &SpaceKeys,
        (log, hash): (LogId, Hash),
        name: &RemoteName,
        object: &[u8],
    ) -> Result<Result<(), ProblemKind>, VaultError> {
        let hint = hint_of(object);
        let key = keys
            .iter()
            .find(|(epoch, _)| hint == Some(name.hint(epoch)));
        let signer = graph.known_device(Device(log.device()));
        // The parcel that the invite names has the key, and its statement says who the device is.
        let awaits = "SELECT 1 FROM awaited WHERE space = ?1";
        let awaits = self.sql.prepare_cached(awaits)?.exists([self.space])?;
        let (Some((epoch, key)), Some(signer)) = (key, signer) else {
            return Ok(Err(match awaits || signer.is_none() {
                true => ProblemKind::CheckpointMissing,
                false => ProblemKind::CheckpointForged,
            }));
        };
        let under = SpaceEpoch { epoch: *epoch, key };
        let signed = open_checkpoint(self.space.0, log, under, object).ok();
        let signed = signed.filter(|signed| <Hash>::from(Sha256::digest(signed)) == hash);
        let decoded = signed.and_then(|signed| SignedCheckpoint::decode(&signed).ok());
        let Some(decoded) = decoded else {
            return Ok(Err(ProblemKind::CheckpointForged));
        };
        let Ok(checkpoint) = decoded.verify(&signer.signing) else {
            return Ok(Err(ProblemKind::CheckpointForged));
        };
        let heads = checkpoint.membership_heads.iter();
        let heads = heads.copied().map(StatementId).collect();
        let standing = graph.standing();
        let Some(view) = standing.view_at(&heads) else {
            return Ok(Err(ProblemKind::OlderThanInvite { logs: 1 }));
        };
        let signed_by = view.member_of(Device(log.device()));
        let role = signed_by.and_then(|member| view.role_within(member, Scope::Space));
        if checkpoint.space != self.space.0 || role < Some(Role::Reader) {
            return Ok(Err(ProblemKind::CheckpointForged));
        }
        let (mut short, mut other) = (0, 0);
        for position in &checkpoint.logs {
            match at(
                self.sql,
                self.space,
                LogId(position.log),
                position.operations,
            )? {
                Some(here) if here.root == position.root => {}
                Some(_) => other += 1,
                None => short += 1,
            }
        }
        for live in &checkpoint.live {
            other += u64::from(short == 0 && !self.is_made_by(live)?);
        }
        Ok(match (short, other) {
            (0, 0) => Ok(()),
            (0, things) => Err(ProblemKind::CheckpointContradicted { things }),
            (logs, 0) => Err(ProblemKind::OlderThanInvite { logs }),
            (_, things) => Err(ProblemKind::CheckpointContradicted { things }),
        })
    }

    /// Whether a version is what that operation made. One that does not count here may have counted for whoever invited, who did not
    /// know yet of what takes it back.
    fn is_made_by(&self, live: &LiveVersion) -> Result<bool, VaultError> {
        let log = LogId(live.log);
        let found = "SELECT 1 FROM operations o JOIN logs l ON l.id = o.log
                     LEFT JOIN things t ON t.log = o.log AND t.sequence = o.sequence
                       AND t.id = ?1 AND t.space = ?2
                     WHERE l.space = ?2 AND l.device = ?3 AND l.incarnation = ?4
                     AND o.sequence = ?5 AND (t.id IS NOT NULL OR o.refused IS NOT NULL)";
        Ok(self.sql.prepare_cached(found)?.exists(params![
            live.version,
            self.space,
            log.device(),
            log.incarnation(),
            live.sequence.cast_signed()
        ])?)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::space::keys::sealing_epoch;
    use keystead_crypto::EpochScope;

    /// Anything that a device of the space signs, sealed as one of that log's.
    pub(crate) fn seal_for_test(
        vault: &Vault,
        space: SpaceId,
        log: LogId,
        said: Checkpoint,
    ) -> (Hash, Vec<u8>) {
        let rng = &mut system_random();
        let signed = said.sign(&vault.keys.device.signing, rng);
        let signed = signed.expect("in order").encode();
        let epoch = sealing_epoch(&vault.sql, space, EpochScope::Space);
        let epoch = epoch.expect("looked up").expect("one");
        let key = vault.keys.space_key(&vault.sql, epoch).expect("a key");
        let under = SpaceEpoch { epoch, key: &key };
        let (_, object) = seal_checkpoint(space.0, log, under, &signed, rng);
        (Sha256::digest(&signed).into(), object)
    }
}
