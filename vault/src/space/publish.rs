//! What this device has to publish of a space, as objects that are made once, and a head that is written over.

use crate::{
    asker::Asker,
    change::{Change, Sealed},
    id::SpaceId,
    log::Log,
    space::{keys::sealing_epoch, packs},
    vault::{Vault, VaultError},
};
use keystead_crypto::{EpochId, EpochScope, Hash, leaf_hash, unwrap_keys};
use keystead_membership::{Act, Scope, Statement};
use keystead_replica::{
    Block, Entry, Header, LogId, ObjectKind, Parcel, Payload, RemoteName, Segment, SpaceEpoch,
    seal_head, wrap_context,
};
use rusqlite::{OptionalExtension, params};
use sha2::{Digest, Sha256};

/// A segment is closed before it gets larger than this.
const LARGEST_SEGMENT: usize = 4 * 1024 * 1024;
/// Sealed bytes that are larger have an object of their own.
const LARGEST_INSIDE: usize = 256 * 1024;

/// Objects in the order that they have to be written: a head never promises what is not there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outgoing {
    /// Each by its name. Only heads may be there already, and are replaced.
    pub objects: Vec<(RemoteName, Vec<u8>)>,
    /// Own logs and how far they are published with this: operations, events.
    logs: Vec<(i64, u64, u64)>,
    /// Own checkpoints among them.
    checkpoints: Vec<Hash>,
    /// Own segments among them.
    segments: Vec<packs::Kept>,
    /// Segments that these make needless, once they are there.
    pub replaced: Vec<RemoteName>,
}

impl Vault {
    /// What is to be published of a space; nothing where nothing is new since [`Self::note_published`].
    ///
    /// # Errors
    /// [`VaultError::NotSealing`] where a new key of the space has to be made first and is not this device's to make.
    pub fn outgoing(&mut self, asker: &Asker, space: SpaceId) -> Result<Outgoing, VaultError> {
        self.refuse_rolled_back()?;
        let before = self.facts.space;
        self.enter_space(space)?;
        let outgoing = self.outgoing_here(asker);
        self.enter_space(before)?;
        outgoing
    }

    fn outgoing_here(&mut self, asker: &Asker) -> Result<Outgoing, VaultError> {
        let space = self.facts.space;
        let mut outgoing = Outgoing::default();
        self.tidy_space(asker)?;
        if !self.has_news(space)? {
            return Ok(outgoing);
        }
        let epoch = self.publishing_epoch(asker)?;
        let key = self.keys.space_key(&self.sql, epoch)?;
        let under = SpaceEpoch { epoch, key: &key };
        let rng = &mut crate::keyring::system_random();
        let mut heads = Vec::new();
        for log in Log::of_space(&self.sql, space)? {
            let (operations, events) = self.published(log.id)?;
            if log.device != self.facts.device || log.operations.size() <= operations {
                continue;
            }
            log.sign_if_behind(&self.sql, &self.keys)?;
            let signed = log
                .signed_head(&self.sql)?
                .ok_or(VaultError::Damaged("a log has no head"))?;
            let pack = packs::from(
                &self.sql,
                log.id,
                (operations, events),
                log.operations.size(),
            )?;
            let mut segment = Segment {
                first: pack.first,
                first_event: pack.first_event,
                events: self.event_leaves(log.id, pack.first_event)?,
                ..Segment::default()
            };
            outgoing.replaced.extend(pack.names(space, log.name()));
            let mut keep = |segment: Segment| {
                let first_event = segment.first_event;
                let (name, object) = segment.seal(space.0, log.name(), under, rng);
                outgoing
                    .segments
                    .push(packs::Kept::of(log.id, first_event, &name, &object));
                (name, object)
            };
            let mut size = 0;
            for sequence in pack.first..log.operations.size() {
                let (header, block) = self.raw_operation(log.id, sequence)?;
                let Beside { sealed, parcels } = self.beside(space, &log, &header, &block)?;
                let is_new = sequence >= operations;
                if is_new {
                    outgoing.objects.extend(parcels);
                }
                let more = header.len() + block.len();
                let inside: usize = sealed.iter().map(|(_, bytes)| bytes.len()).sum();
                if size > 0 && size + more + inside > LARGEST_SEGMENT {
                    let full = std::mem::take(&mut segment);
                    segment.first = sequence;
                    segment.first_event = full.first_event + full.events.len() as u64;
                    outgoing.objects.push(keep(full));
                    size = 0;
                }
                size += more;
                for (hash, envelope) in sealed {
                    if envelope.len() <= LARGEST_INSIDE {
                        size += envelope.len();
                        segment.sealed.push((hash, envelope));
                    } else if is_new {
                        let name = RemoteName {
                            space: space.0,
                            kind: ObjectKind::Bytes(hash),
                        };
                        outgoing.objects.push((name, envelope));
                    }
                }
                segment.entries.push(Entry {
                    header,
                    block: Some(block),
                });
            }
            outgoing.objects.push(keep(segment));
            let name = RemoteName {
                space: space.0,
                kind: ObjectKind::Head(log.name()),
            };
            heads.push((name, seal_head(space.0, log.name(), under, &signed, rng)));
            outgoing
                .logs
                .push((log.id, log.operations.size(), log.events.size()));
        }
        for (hash, name, object) in self.new_checkpoints(space)? {
            outgoing.objects.push((name, object));
            outgoing.checkpoints.push(hash);
        }
        outgoing.objects.extend(heads);
        Ok(outgoing)
    }

    /// The space's key that objects are sealed under. Who may make no new one, as a reader who lost a machine, goes on under
    /// the newest that there is: others have to hear of it before they can make one.
    pub(super) fn publishing_epoch(&mut self, asker: &Asker) -> Result<EpochId, VaultError> {
        let space = self.facts.space;
        if let Some(epoch) = sealing_epoch(&self.sql, space, EpochScope::Space)? {
            return Ok(epoch);
        }
        match self.transact(asker, |t| t.sealing_epoch(Scope::Space)) {
            Err(VaultError::NotSealing(_) | VaultError::NotAllowed(_)) => {}
            made => return made,
        }
        let mut statement = self.sql.prepare_cached(
            "SELECT e.id FROM epochs e JOIN statements s ON s.id = e.statement
             WHERE e.space = ?1 AND e.scope = ?2 AND e.scope_id = ?3 ORDER BY s.position DESC",
        )?;
        let scope = EpochScope::Space;
        let rows =
            statement.query_map(params![space, scope.tag(), scope.id()], |row| row.get(0))?;
        for epoch in rows.collect::<Result<Vec<EpochId>, _>>()? {
            if self.keys.space_key(&self.sql, epoch).is_ok() {
                return Ok(epoch);
            }
        }
        Err(VaultError::NotSealing("the space has none".to_owned()))
    }

    /// Notes that everything of it is where it belongs.
    ///
    /// # Errors
    /// [`VaultError`] if the store fails.
    pub fn note_published(&mut self, outgoing: &Outgoing) -> Result<(), VaultError> {
        let sql = self.sql.transaction()?;
        for (log, operations, events) in &outgoing.logs {
            sql.execute(
                "INSERT INTO published (log, operations, events) VALUES (?1, ?2, ?3)
                 ON CONFLICT DO UPDATE SET operations = max(operations, excluded.operations),
                 events = max(events, excluded.events)",
                params![log, operations.cast_signed(), events.cast_signed()],
            )?;
        }
        packs::note(&sql, &outgoing.segments)?;
        for hash in &outgoing.checkpoints {
            sql.execute(
                "UPDATE checkpoints SET published = 1 WHERE hash = ?1",
                [hash],
            )?;
        }
        Ok(sql.commit()?)
    }

    /// Whether this device did something in a space that is not published yet: so many operations.
    ///
    /// # Errors
    /// [`VaultError`] if the store fails.
    pub fn unpublished(&self, space: SpaceId) -> Result<u64, VaultError> {
        let mut waiting = 0;
        for log in Log::of_space(&self.sql, space)? {
            if log.device == self.facts.device {
                waiting += log.operations.size() - self.published(log.id)?.0;
            }
        }
        Ok(waiting)
    }

    fn has_news(&self, space: SpaceId) -> Result<bool, VaultError> {
        Ok(self.unpublished(space)? > 0 || !self.new_checkpoints(space)?.is_empty())
    }

    fn published(&self, log: i64) -> Result<(u64, u64), VaultError> {
        let found: Option<(i64, i64)> = self
            .sql
            .prepare_cached("SELECT operations, events FROM published WHERE log = ?1")?
            .query_row([log], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        Ok(found.map_or((0, 0), |(operations, events)| {
            (operations.cast_unsigned(), events.cast_unsigned())
        }))
    }

    fn event_leaves(&self, log: i64, from: u64) -> Result<Vec<Hash>, VaultError> {
        let mut statement = self.sql.prepare_cached(
            "SELECT body FROM events WHERE log = ?1 AND sequence >= ?2 ORDER BY sequence",
        )?;
        let rows = statement.query_map(params![log, from.cast_signed()], |row| {
            Ok(leaf_hash(&row.get::<_, Vec<u8>>(0)?))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn raw_operation(&self, log: i64, sequence: u64) -> Result<(Vec<u8>, Vec<u8>), VaultError> {
        Ok(self
            .sql
            .prepare_cached(
                "SELECT header, block FROM operations WHERE log = ?1 AND sequence = ?2",
            )?
            .query_row(params![log, sequence.cast_signed()], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })?)
    }

    /// What goes with an operation: the sealed bytes that it names, and the parcels of its statements.
    fn beside(
        &self,
        space: SpaceId,
        log: &Log,
        header: &[u8],
        block: &[u8],
    ) -> Result<Beside, VaultError> {
        let header = Header::decode(header)?;
        let Beside {
            mut sealed,
            mut parcels,
        } = Beside::default();
        let mut nth = 0;
        for change in Block::decode(block)?.changes {
            let mut reader = keystead_crypto::Reader::new(&change);
            let (change, _) = Change::decode_with(&mut reader, &mut |_| Ok(None))?;
            match change {
                Change::PutVersion { id, ciphertext, .. }
                | Change::SealAnew {
                    what: Sealed::Version(id),
                    ciphertext,
                    ..
                } => {
                    sealed.extend(self.envelope(
                        "SELECT c.envelope FROM versions v JOIN ciphertexts c ON c.version = v.row
                         WHERE v.id = ?1 AND v.ciphertext = ?2",
                        id.0,
                        ciphertext,
                    )?);
                }
                Change::Attach { id, ciphertext, .. }
                | Change::SealAnew {
                    what: Sealed::Attachment(id),
                    ciphertext,
                    ..
                } => {
                    sealed.extend(self.envelope(
                        "SELECT c.envelope FROM attachments a
                         JOIN attachment_ciphertexts c ON c.attachment = a.row
                         WHERE a.id = ?1 AND a.ciphertext = ?2",
                        id.0,
                        ciphertext,
                    )?);
                }
                Change::Say {
                    statement,
                    signature,
                } => {
                    if let Some(parcel) = self.parcel(space, &statement, &signature)? {
                        let name = parcel_name(space, log.name(), header.sequence, nth);
                        parcels.push((name, parcel.encode()));
                        nth += 1;
                    }
                }
                _ => {}
            }
        }
        Ok(Beside { sealed, parcels })
    }

    /// The sealed bytes of what an operation names, also where somebody sealed it anew since: that may turn out to be junk, or
    /// to have been nobody's right, and nobody else has them.
    fn envelope(
        &self,
        query: &str,
        id: [u8; 16],
        ciphertext: Hash,
    ) -> Result<Option<(Hash, Vec<u8>)>, VaultError> {
        let here = self
            .sql
            .prepare_cached(query)?
            .query_row(params![id, ciphertext], |row| row.get(0))
            .optional()?;
        let aside = "SELECT envelope FROM arrived WHERE hash = ?1 AND space = ?2";
        let found = match here {
            Some(envelope) => Some(envelope),
            None => self
                .sql
                .prepare_cached(aside)?
                .query_row(params![ciphertext, self.facts.space], |row| row.get(0))
                .optional()?,
        };
        Ok(found.map(|envelope| (ciphertext, envelope)))
    }

    /// The parcel of a statement that this device said; `None` for one that gives no keys.
    fn parcel(
        &self,
        space: SpaceId,
        statement: &[u8],
        signature: &[u8],
    ) -> Result<Option<Parcel>, VaultError> {
        let id: [u8; 32] = Sha256::digest(statement).into();
        let said = Statement::decode(statement)?;
        if !matches!(said.act, Act::OpenEpochs { .. } | Act::ShareKeys { .. }) {
            return Ok(None);
        }
        let parcel: [u8; 16] = self
            .sql
            .prepare_cached("SELECT parcel FROM parcels WHERE statement = ?1")?
            .query_row([id], |row| row.get(0))?;
        let mut rows = self
            .sql
            .prepare_cached("SELECT device, message FROM wraps WHERE statement = ?1")?;
        let wraps: Vec<([u8; 16], Vec<u8>)> = rows
            .query_map([id], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<Result<_, _>>()?;
        let device = self.facts.device.0;
        // Who went since then gets nothing more, not even what was meant for them before.
        let gone = self.graphs.with(&self.sql, space, |graph| {
            let standing = graph.standing();
            let view = standing.view();
            let gone = |(to, _): &&([u8; 16], Vec<u8>)| {
                view.member_of(keystead_membership::DeviceId(*to)).is_none()
            };
            let gone = wraps.iter().filter(gone).map(|(to, _)| *to);
            Ok::<_, VaultError>(gone.collect::<Vec<_>>())
        })?;
        let own = wraps.iter().find(|(to, _)| *to == device);
        let (_, own) = own.ok_or(VaultError::Damaged("a statement has no own message"))?;
        let context = wrap_context(&space.0, &parcel, &device);
        let payload = unwrap_keys(&self.keys.device.kem, &context, own)
            .map_err(|_| VaultError::Damaged("a wrap does not open"))?;
        let payload = Payload::decode(&payload)?;
        let rng = &mut crate::keyring::system_random();
        let said = (statement, signature);
        let wraps = wraps.into_iter().filter(|(to, _)| !gone.contains(to));
        Ok(Some(Parcel::seal(
            space.0,
            parcel,
            &payload.parcel,
            said,
            wraps,
            rng,
        )))
    }
}

/// What goes with an operation.
#[derive(Default)]
struct Beside {
    /// The sealed bytes that it names.
    sealed: Vec<(Hash, Vec<u8>)>,
    /// The parcels of its statements.
    parcels: Vec<(RemoteName, Vec<u8>)>,
}

pub(crate) fn parcel_name(space: SpaceId, log: LogId, sequence: u64, nth: u16) -> RemoteName {
    RemoteName {
        space: space.0,
        kind: ObjectKind::Parcel { log, sequence, nth },
    }
}
