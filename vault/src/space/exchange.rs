//! What this vault knows of a remote: where it is, what was seen there, and what it wants of it.

use crate::{
    asker::{Asker, Timestamp},
    event::Action,
    id::{DeviceId, EnvironmentId, Incarnation, SpaceId},
    log::{EventDraft, Log},
    project,
    space::{ProblemKind, TakenIn, opened::SpaceKeys, packs, publish::parcel_name, take_in::Work},
    vault::{Vault, VaultError},
};
use keystead_crypto::{Hash, SignedHead, SpaceKey};
use keystead_membership::{Act, DeviceId as Device, Statement};
use keystead_replica::{
    Block, LogId, ObjectKind, RemoteName, Segment, SpaceEpoch, hint_of, open_head,
};
use rusqlite::{OptionalExtension, params};
use sha2::{Digest, Sha256};
use std::collections::{BTreeSet, HashMap};

/// So many large objects are fetched for one taking in.
const MOST_BYTES_AT_ONCE: u32 = 16;

/// Where a space is kept, and how it went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteRow {
    /// The place, without anything secret.
    pub place: String,
    /// Project and environment of the own space whose values open it.
    pub keys: Option<(String, String)>,
    /// When all was the same here and there.
    pub last_ok: Option<Timestamp>,
    /// What went wrong since.
    pub problem: Option<String>,
    /// Requests, bytes that came, bytes that went.
    pub traffic: (u64, u64, u64),
}

/// What is wanted of a remote.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Of each log, from which operation to before which.
    pub ranges: Vec<(LogId, u64, u64)>,
    /// Logs whose heads can't be read yet: their parcels may have the key.
    pub unreadable: Vec<LogId>,
}

impl Vault {
    /// Says where a space is kept. The keys that open the place are values of an environment in the own space.
    ///
    /// # Errors
    /// [`VaultError`] that names what there is none of.
    pub fn set_remote(
        &mut self,
        asker: &Asker,
        space: SpaceId,
        place: &str,
        keys: Option<(&str, &str)>,
    ) -> Result<(), VaultError> {
        self.refuse_rolled_back()?;
        let entered = self.facts.space;
        self.enter_space(self.facts.home)?;
        let environment = keys
            .map(|(project, environment)| project::resolve(&self.sql, project, environment))
            .transpose();
        self.enter_space(entered)?;
        let environment: Option<EnvironmentId> = environment?.map(|(_, environment)| environment);
        self.sql.execute(
            "INSERT INTO remotes (space, place, environment) VALUES (?1, ?2, ?3)
             ON CONFLICT DO UPDATE SET place = excluded.place, environment = excluded.environment,
             last_ok = NULL, problem = NULL",
            params![space, place, environment],
        )?;
        self.sql
            .execute("DELETE FROM remote_heads WHERE space = ?1", [space])?;
        // Another place has none of it yet.
        self.sql.execute(
            "DELETE FROM published WHERE log IN (SELECT id FROM logs WHERE space = ?1)",
            [space],
        )?;
        self.sql.execute(
            "DELETE FROM segments WHERE log IN (SELECT id FROM logs WHERE space = ?1)",
            [space],
        )?;
        self.publish_checkpoints_again(space)?;
        let draft = EventDraft::of(Action::RemoteSet).detail(place);
        self.record(asker, space, draft)
    }

    /// Forgets where a space is kept. What is there stays there.
    ///
    /// # Errors
    /// [`VaultError`] if the store fails.
    pub fn forget_remote(&mut self, asker: &Asker, space: SpaceId) -> Result<(), VaultError> {
        self.refuse_rolled_back()?;
        self.sql
            .execute("DELETE FROM remotes WHERE space = ?1", [space])?;
        self.sql
            .execute("DELETE FROM remote_heads WHERE space = ?1", [space])?;
        self.record(asker, space, EventDraft::of(Action::RemoteForgotten))
    }

    /// Where a space is kept; `None` where it is nowhere else.
    ///
    /// # Errors
    /// [`VaultError`] if the store fails.
    pub fn remote(&self, space: SpaceId) -> Result<Option<RemoteRow>, VaultError> {
        Ok(self
            .sql
            .prepare_cached(
                "SELECT r.place, p.name, e.name, r.last_ok, r.problem, r.requests, r.received,
                 r.sent FROM remotes r LEFT JOIN environments e ON e.id = r.environment
                 LEFT JOIN projects p ON p.id = e.project WHERE r.space = ?1",
            )?
            .query_row([space], |row| {
                let names: (Option<String>, Option<String>) = (row.get(1)?, row.get(2)?);
                let number =
                    |at| Ok::<u64, rusqlite::Error>(row.get::<_, i64>(at)?.cast_unsigned());
                Ok(RemoteRow {
                    place: row.get(0)?,
                    keys: names.0.zip(names.1),
                    last_ok: row.get::<_, Option<i64>>(3)?.map(Timestamp),
                    problem: row.get(4)?,
                    traffic: (number(5)?, number(6)?, number(7)?),
                })
            })
            .optional()?)
    }

    /// Notes how a sync went, and what it moved.
    ///
    /// # Errors
    /// [`VaultError`] if the store fails.
    pub fn note_sync(
        &mut self,
        space: SpaceId,
        at: Timestamp,
        problem: Option<&str>,
        (requests, received, sent): (u64, u64, u64),
    ) -> Result<(), VaultError> {
        self.refuse_rolled_back()?;
        let ok = problem.is_none().then_some(at.0);
        self.sql.execute(
            "UPDATE remotes SET last_ok = coalesce(?2, last_ok), problem = ?3,
             requests = requests + ?4, received = received + ?5, sent = sent + ?6
             WHERE space = ?1",
            params![
                space,
                ok,
                problem,
                requests.cast_signed(),
                received.cast_signed(),
                sent.cast_signed()
            ],
        )?;
        Ok(())
    }

    /// The tags of the heads that were taken in last, by their names.
    ///
    /// # Errors
    /// [`VaultError`] if the store fails.
    pub fn known_tags(&self, space: SpaceId) -> Result<HashMap<RemoteName, String>, VaultError> {
        let mut statement = self
            .sql
            .prepare_cached("SELECT log, tag FROM remote_heads WHERE space = ?1")?;
        let rows = statement.query_map([space], |row| {
            let name = RemoteName {
                space: space.0,
                kind: ObjectKind::Head(LogId(row.get(0)?)),
            };
            Ok((name, row.get(1)?))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Notes heads of which everything is here.
    ///
    /// # Errors
    /// [`VaultError`] if the store fails.
    pub fn note_tags(
        &mut self,
        space: SpaceId,
        tags: &[(RemoteName, String)],
    ) -> Result<(), VaultError> {
        let sql = self.sql.transaction()?;
        for (name, tag) in tags {
            if let ObjectKind::Head(log) = name.kind {
                sql.prepare_cached(
                    "INSERT OR REPLACE INTO remote_heads (space, log, tag) VALUES (?1, ?2, ?3)",
                )?
                .execute(params![space, log.0, tag])?;
            }
        }
        Ok(sql.commit()?)
    }

    /// Notes which heads a remote has. Where an own one is gone that was there, what it covered is published again; says
    /// whether.
    ///
    /// # Errors
    /// [`VaultError`] if the store fails.
    pub fn note_listed(
        &mut self,
        space: SpaceId,
        heads: &[RemoteName],
    ) -> Result<bool, VaultError> {
        let mut lost = false;
        for log in Log::of_space(&self.sql, space)? {
            let name = RemoteName {
                space: space.0,
                kind: ObjectKind::Head(log.name()),
            };
            if log.device == self.facts.device && !heads.contains(&name) {
                packs::forget_beyond(&self.sql, log.id, 0)?;
                lost |= self
                    .sql
                    .execute("DELETE FROM published WHERE log = ?1", [log.id])?
                    > 0;
            }
        }
        if lost {
            self.publish_checkpoints_again(space)?;
        }
        Ok(lost)
    }

    /// What the heads among these objects promise that is not here. Parcels among them may have the keys that open heads.
    ///
    /// # Errors
    /// [`VaultError`] if the store fails.
    pub fn wanted(
        &self,
        space: SpaceId,
        objects: &[(RemoteName, Vec<u8>)],
    ) -> Result<Wanted, VaultError> {
        let keys = self.space_keys(space, objects)?;
        let mut wanted = Wanted::default();
        for (name, bytes) in objects {
            let ObjectKind::Head(log) = name.kind else {
                continue;
            };
            let Some((epoch, key)) = fitting(&keys, name, bytes) else {
                wanted.unreadable.push(log);
                continue;
            };
            let under = SpaceEpoch { epoch, key };
            // What does not hold is named when it is taken in.
            let Ok(signed) = open_head(space.0, log, under, bytes) else {
                continue;
            };
            let Ok(signed) = SignedHead::decode(&signed) else {
                continue;
            };
            let promised = signed.unverified().operations;
            let (device, incarnation) = (DeviceId(log.device()), Incarnation(log.incarnation()));
            let there = Log::of(&self.sql, space, device, incarnation)?;
            let have = there.map_or(0, |log| log.operations.size());
            if promised > have && device != self.facts.device {
                wanted.ranges.push((log, have, promised));
            }
        }
        Ok(wanted)
    }

    /// Whether the storage has another history of this device's own log than this vault, or a longer one.
    pub fn is_behind_itself(&self, taken: &TakenIn) -> bool {
        taken.problems.iter().any(|problem| {
            let own = problem
                .log
                .is_some_and(|log| log.device() == self.facts.device.0);
            own && matches!(problem.kind, ProblemKind::OwnLogAhead | ProblemKind::Forked)
        })
    }

    /// Sealed bytes that something here names and that are not here: large ones are objects of their own, and may come late.
    ///
    /// # Errors
    /// [`VaultError`] if the store fails.
    pub fn wanted_bytes(&self, space: SpaceId) -> Result<Vec<RemoteName>, VaultError> {
        let here = "SELECT c.id FROM secrets c JOIN projects p ON p.id = c.project
                    WHERE p.space = ?1 AND c.removed = 0";
        let mut statement = self.sql.prepare_cached(&format!(
            "SELECT v.ciphertext FROM versions v LEFT JOIN ciphertexts c ON c.version = v.row
             WHERE c.version IS NULL AND v.pruned = 0 AND v.secret IN ({here})
             UNION SELECT a.ciphertext FROM attachments a
             LEFT JOIN attachment_ciphertexts c ON c.attachment = a.row
             WHERE c.attachment IS NULL AND a.pruned = 0 AND a.removed = 0 AND a.secret IN ({here})
             LIMIT ?2"
        ))?;
        let rows = statement.query_map(params![space, MOST_BYTES_AT_ONCE], |row| {
            Ok(RemoteName {
                space: space.0,
                kind: ObjectKind::Bytes(row.get(0)?),
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The parcels that were named to this device and are not here: by an invite, and by statements in these objects.
    ///
    /// # Errors
    /// [`VaultError`] if the store fails.
    pub fn wanted_parcels(
        &self,
        space: SpaceId,
        objects: &[(RemoteName, Vec<u8>)],
    ) -> Result<Vec<RemoteName>, VaultError> {
        let mut wanted: BTreeSet<RemoteName> = BTreeSet::new();
        let mut statement = self
            .sql
            .prepare_cached("SELECT log, sequence, nth FROM awaited WHERE space = ?1")?;
        let rows = statement.query_map([space], |row| {
            let sequence: i64 = row.get(1)?;
            let log = LogId(row.get(0)?);
            Ok(parcel_name(
                space,
                log,
                sequence.cast_unsigned(),
                row.get(2)?,
            ))
        })?;
        for row in rows {
            wanted.insert(row?);
        }
        let keys = self.space_keys(space, objects)?;
        for (name, bytes) in objects {
            let ObjectKind::Segment {
                log, first, end, ..
            } = name.kind
            else {
                continue;
            };
            let Some((epoch, key)) = fitting(&keys, name, bytes) else {
                continue;
            };
            let under = SpaceEpoch { epoch, key };
            let Ok(segment) = Segment::open(space.0, log, (first, end), under, bytes) else {
                continue;
            };
            for (sequence, entry) in (first..).zip(&segment.entries) {
                for (nth, id) in self.given_to_own(entry.block.as_deref())? {
                    let here = self
                        .sql
                        .prepare_cached("SELECT 1 FROM wraps WHERE statement = ?1 AND device = ?2")?
                        .exists(params![id, self.facts.device])?;
                    if !here {
                        wanted.insert(parcel_name(space, log, sequence, nth));
                    }
                }
            }
        }
        let all = objects.iter().map(|(name, _)| *name);
        let fetched: BTreeSet<RemoteName> = all.collect();
        Ok(wanted.difference(&fetched).copied().collect())
    }

    /// Of the statements of a block that give keys, those that have some for this device, each with its place among them.
    fn given_to_own(&self, block: Option<&[u8]>) -> Result<Vec<(u16, Hash)>, VaultError> {
        let Some(Ok(block)) = block.map(Block::decode) else {
            return Ok(Vec::new());
        };
        let device = Device(self.facts.device.0);
        let mut given = Vec::new();
        let mut nth = 0;
        for change in &block.changes {
            let mut reader = keystead_crypto::Reader::new(change);
            let decoded = crate::change::Change::decode_with(&mut reader, &mut |_| Ok(None));
            let Ok((crate::change::Change::Say { statement, .. }, _)) = decoded else {
                continue;
            };
            let Ok(said) = Statement::decode(&statement) else {
                continue;
            };
            let (Act::OpenEpochs { wraps, .. } | Act::ShareKeys { wraps, .. }) = &said.act else {
                continue;
            };
            if wraps.iter().any(|wrap| wrap.device == device) {
                given.push((nth, Sha256::digest(&statement).into()));
            }
            nth += 1;
        }
        Ok(given)
    }

    fn space_keys(
        &self,
        space: SpaceId,
        objects: &[(RemoteName, Vec<u8>)],
    ) -> Result<SpaceKeys, VaultError> {
        let work = Work {
            sql: &self.sql,
            keys: &self.keys,
            space,
        };
        let mut keys = SpaceKeys::new();
        for (name, bytes) in objects {
            if let ObjectKind::Parcel { .. } = name.kind
                && let Ok(Some((_, given))) = work.parcel(bytes)
            {
                keys.extend(given);
            }
        }
        keys.extend(work.space_keys()?);
        Ok(keys)
    }
}

fn fitting<'k>(
    keys: &'k SpaceKeys,
    name: &RemoteName,
    object: &[u8],
) -> Option<([u8; 32], &'k SpaceKey)> {
    let hint = hint_of(object);
    let mut keys = keys.iter();
    let (epoch, key) = keys.find(|(epoch, _)| hint == Some(name.hint(epoch)))?;
    Some((*epoch, key))
}
