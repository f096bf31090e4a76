//! Taking in what others wrote. Everything is checked before anything of it counts: who signed, what it follows, whether
//! its author might. What does not hold is named and left, and what is here stays readable.

use crate::{
    asker::Asker,
    event::Action,
    id::{DeviceId, Incarnation, SpaceId},
    log::{EventDraft, Log, record},
    space::{
        Known,
        accept::{Accepted, Acceptor, Care, is_refused_by_tables, root_at, seen_rows},
        keys::note_seals,
        opened::{Headed, Opened, SpaceKeys},
        packs,
        problem::{Problem, ProblemKind},
        rebuild,
        statements::{Offered, statements_of},
        things::rows_of_logs,
    },
    vault::{Vault, VaultError},
};
use keystead_crypto::{Frontier, Hash, Head, SignedHead, leaf_hash};
use keystead_membership::{DeviceId as Device, StatementId, View};
use keystead_replica::{
    At, Block, Chain, ChainError, Entry, Header, Known as Reached, LogId, Next, ObjectKind,
    RemoteName, Segment, remembers,
};
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

/// What taking in came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TakenIn {
    /// Operations that are here now and were not before.
    pub operations: u64,
    /// Of these, the ones that do not count.
    pub refused: u64,
    /// Statements of membership that are new.
    pub statements: u64,
    /// Whether what counted before was weighed again, as somebody's right was taken back meanwhile.
    pub rebuilt: bool,
    /// Objects that can't be read on this device: its keys are still on their way, or it is not to have them.
    pub unreadable: u64,
    /// What did not hold.
    pub problems: Vec<Problem>,
}

impl Vault {
    /// Takes in objects of a space, by their names. They may come in any order and any number; what is missing is named,
    /// and the same objects may come again.
    ///
    /// # Errors
    /// [`VaultError`] if the store fails; what others did wrong is part of the answer.
    pub fn take_in(
        &mut self,
        asker: &Asker,
        space: SpaceId,
        objects: &[(RemoteName, Vec<u8>)],
    ) -> Result<TakenIn, VaultError> {
        let mut taken = self.take_in_objects(asker, space, objects, Care::None);
        if let Err(VaultError::Store(error)) = &taken
            && is_refused_by_tables(error)
        {
            // Somebody's operation is at odds with the tables: once more, so that no other one goes with it.
            self.graphs.forget(space);
            taken = self.take_in_objects(asker, space, objects, Care::EachOperation);
        }
        if taken.is_err() {
            // What was read and not kept is read again.
            self.graphs.forget(space);
        }
        taken
    }

    fn take_in_objects(
        &mut self,
        asker: &Asker,
        space: SpaceId,
        objects: &[(RemoteName, Vec<u8>)],
        care: Care,
    ) -> Result<TakenIn, VaultError> {
        self.refuse_rolled_back()?;
        let mut taken = TakenIn::default();
        let sql = self
            .sql
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        let of_space: Vec<&(RemoteName, Vec<u8>)> = objects
            .iter()
            .filter(|(name, _)| name.space == space.0)
            .collect();
        let work = Work {
            sql: &sql,
            keys: &self.keys,
            space,
        };
        let mut offered = Vec::new();
        let mut keys = SpaceKeys::new();
        for (name, bytes) in &of_space {
            if let ObjectKind::Parcel { log, sequence, nth } = name.kind {
                sql.prepare_cached(
                    "DELETE FROM awaited
                     WHERE space = ?1 AND log = ?2 AND sequence = ?3 AND nth = ?4",
                )?
                .execute(params![space, log.0, sequence.cast_signed(), nth])?;
                match work.parcel(bytes) {
                    Ok(Some((found, given))) => {
                        offered.push(found);
                        keys.extend(given);
                    }
                    Ok(None) => {}
                    Err(kind) => taken.problems.push(Problem::of(kind, Some(log))),
                }
            }
        }
        keys.extend(work.space_keys()?);
        let Opened {
            heads,
            mut segments,
        } = Opened::of(space, &of_space, &keys, &mut taken);
        let said = segments
            .values()
            .flatten()
            .flat_map(|segment| &segment.entries)
            .filter_map(|entry| entry.block.as_deref())
            .flat_map(statements_of)
            .map(|(statement, signature)| Offered {
                statement,
                signature,
                parcel: None,
            });
        offered.extend(said);
        let before = self.graphs.with(&sql, space, |graph| {
            Ok::<_, VaultError>(graph.standing().verdicts().to_vec())
        })?;
        let (news, messages) = work.statements(&self.graphs, offered, &mut taken)?;
        taken.statements = news.len() as u64;

        let mut sealed: HashMap<Hash, Vec<u8>> = HashMap::new();
        for segment in segments.values_mut().flatten() {
            sealed.extend(std::mem::take(&mut segment.sealed));
        }
        for (name, bytes) in &of_space {
            if let ObjectKind::Bytes(hash) = name.kind
                && hash == <Hash>::from(Sha256::digest(bytes))
            {
                sealed.insert(hash, bytes.clone());
            }
        }
        self.graphs.with(&sql, space, |graph| {
            if !news.is_empty() {
                note_seals(&sql, space, graph)?;
            }
            let ranges = work.ranges(graph, heads, segments, &mut taken)?;
            let acceptor = Acceptor::new((&sql, &self.keys), space, &sealed, care);
            let standing = graph.standing();
            let takes = |id: &StatementId| graph.get(*id).is_some_and(|said| said.act.takes());
            let turned = !standing.verdicts().starts_with(&before);
            let weighed =
                (turned || news.iter().any(takes)) && rebuild::is_due(&acceptor, &standing)?;
            // Keys that came late may open names that could not be read.
            let read = messages > 0 && work.has_veiled()?;
            if weighed || read {
                rebuild::rebuild(&acceptor, &standing)?;
                taken.rebuilt = true;
            }
            let reached = work.go_on(graph, &acceptor, ranges, &mut taken)?;
            // Where a log reaches a cut it shows whether it is the one that was cut.
            let due = match reached {
                Reach::Nothing => false,
                Reach::Cut => rebuild::is_due(&acceptor, &standing)?,
                Reach::Late => true,
            };
            if due {
                rebuild::rebuild(&acceptor, &standing)?;
                taken.rebuilt = true;
            }
            work.note_taken(graph, &standing, &news)?;
            let mut late = false;
            for (name, _) in &of_space {
                if let ObjectKind::Bytes(hash) = name.kind
                    && let Some(envelope) = sealed.get(&hash)
                {
                    acceptor.attach(&hash, envelope)?;
                    late = true;
                }
            }
            if messages > 0 || late {
                acceptor.note_fingerprints()?;
            }
            taken
                .problems
                .extend(work.confirm(graph, &of_space, &keys)?);
            Ok::<_, VaultError>(())
        })?;
        if taken.operations > 0 || taken.rebuilt {
            let count = taken.operations - taken.refused;
            let draft =
                EventDraft::of(Action::ChangesTakenIn).detail(format!("{count} operations"));
            record(&sql, &self.keys, &self.facts, asker, space, draft)?;
        }
        if taken.refused > 0 {
            let draft = EventDraft::of(Action::ChangesRefused)
                .detail(format!("{} operations", taken.refused));
            record(&sql, &self.keys, &self.facts, asker, space, draft)?;
        }
        sql.commit()?;
        if taken.operations > 0 || taken.rebuilt {
            self.stale.all = self.index.is_some();
        }
        Ok(taken)
    }
}

/// What is to be taken in of one log.
struct Range {
    log: Log,
    chain: Chain,
    entries: VecDeque<Entry>,
    events: Frontier,
    headed: Headed,
    membership: BTreeSet<Hash>,
    /// The other logs by their rows, each as far as it was seen.
    seen: HashMap<i64, u64>,
    /// So many operations of it were here before.
    began: u64,
}

pub(super) struct Work<'w> {
    pub(super) sql: &'w Connection,
    pub(super) keys: &'w crate::keyring::Keyring,
    pub(super) space: SpaceId,
}

impl Work<'_> {
    fn has_veiled(&self) -> Result<bool, VaultError> {
        Ok(self
            .sql
            .prepare_cached(
                "SELECT 1 FROM operations o JOIN logs l ON l.id = o.log
                 WHERE o.veiled = 1 AND l.space = ?1",
            )?
            .exists([self.space])?)
    }

    /// Which operations of each log are new, under a head that holds.
    fn ranges(
        &self,
        graph: &Known,
        heads: BTreeMap<LogId, Headed>,
        mut segments: BTreeMap<LogId, Vec<Segment>>,
        taken: &mut TakenIn,
    ) -> Result<Vec<Range>, VaultError> {
        let mut ranges = Vec::new();
        for (name, headed) in heads {
            let segments = segments.remove(&name).unwrap_or_default();
            match self.range(graph, name, headed, segments)? {
                Ok(Some(range)) => ranges.push(range),
                Ok(None) => {}
                Err(kind) => taken.problems.push(Problem::of(kind, Some(name))),
            }
        }
        Ok(ranges)
    }

    fn range(
        &self,
        graph: &Known,
        name: LogId,
        headed: Headed,
        mut segments: Vec<Segment>,
    ) -> Result<Result<Option<Range>, ProblemKind>, VaultError> {
        let Some(device) = graph.known_device(Device(name.device())) else {
            return Ok(Err(ProblemKind::NobodyKnowsDevice));
        };
        let signed = SignedHead::decode(&headed.bytes)?;
        let Ok(head) = signed.verify(&device.signing).copied() else {
            return Ok(Err(ProblemKind::Forged));
        };
        if (head.space, LogId::new(head.device, head.incarnation)) != (self.space.0, name) {
            return Ok(Err(ProblemKind::Transplanted));
        }
        let log = self.log(name)?;
        let have = log.operations.size();
        if head.operations <= have {
            let root = root_at(self.sql, log.id, head.operations)?;
            if root != Some(head.operation_root) {
                return Ok(Err(ProblemKind::Forked));
            }
            if log.device == DeviceId(self.keys.device.id) {
                return self.own_head(&log, &head);
            }
            let older = head.operations < have || head.events < log.events.size();
            return Ok(match older {
                true => Err(ProblemKind::RolledBack),
                false => Ok(None),
            });
        }
        if log.device == DeviceId(self.keys.device.id) {
            // Somebody who holds this device's key went on with its log elsewhere.
            return Ok(Err(ProblemKind::OwnLogAhead));
        }
        let mut entries = VecDeque::new();
        let mut operations = log.operations.clone();
        while operations.size() < head.operations {
            let next = operations.size();
            let covering = segments
                .iter_mut()
                .filter(|segment| segment.first <= next && next < segment.end())
                .max_by_key(|segment| segment.end());
            let Some(segment) = covering else {
                return Ok(Err(ProblemKind::Withheld {
                    from: next,
                    to: head.operations,
                }));
            };
            let skip = usize::try_from(next - segment.first).unwrap_or(usize::MAX);
            let most = usize::try_from(head.operations - next).unwrap_or(usize::MAX);
            for entry in segment.entries.iter_mut().skip(skip).take(most) {
                operations.append(leaf_hash(&entry.header));
                entries.push_back(std::mem::take(entry));
            }
        }
        if operations.root() != head.operation_root {
            return Ok(Err(ProblemKind::Changed));
        }
        let mut events = log.events.clone();
        while events.size() < head.events {
            let next = events.size();
            let covering = segments.iter().find(|segment| {
                segment.first_event <= next
                    && next
                        < segment
                            .first_event
                            .saturating_add(segment.events.len() as u64)
            });
            let Some(segment) = covering else {
                return Ok(Err(ProblemKind::Withheld {
                    from: log.operations.size(),
                    to: head.operations,
                }));
            };
            let skip = usize::try_from(next - segment.first_event).unwrap_or(usize::MAX);
            let most = usize::try_from(head.events - next).unwrap_or(usize::MAX);
            for leaf in segment.events.iter().skip(skip).take(most) {
                events.append(*leaf);
            }
        }
        if events.size() != head.events || events.root() != head.event_root {
            return Ok(Err(ProblemKind::Changed));
        }
        let chain = Chain {
            space: self.space.0,
            log: name,
            operations: log.operations.clone(),
            last: log.last_operation,
            lamport: log.lamport,
            seen: log.seen.clone(),
        };
        let membership = self.last_membership(&log)?;
        Ok(Ok(Some(Range {
            began: log.operations.size(),
            log,
            chain,
            entries,
            events,
            headed: Headed { head, ..headed },
            membership,
            seen: HashMap::new(),
        })))
    }

    /// What the storage shows of an own log. Less than was published is published again.
    fn own_head(
        &self,
        log: &Log,
        head: &Head,
    ) -> Result<Result<Option<Range>, ProblemKind>, VaultError> {
        let lowered = self
            .sql
            .prepare_cached(
                "UPDATE published SET operations = ?2, events = min(events, ?3)
                 WHERE log = ?1 AND operations > ?2",
            )?
            .execute(params![
                log.id,
                head.operations.cast_signed(),
                head.events.cast_signed()
            ])?;
        if lowered > 0 {
            packs::forget_beyond(self.sql, log.id, head.operations)?;
        }
        Ok(match lowered {
            0 => Ok(None),
            _ => Err(ProblemKind::RemoteBehind),
        })
    }

    /// A log of the space, begun if it is a new one.
    fn log(&self, name: LogId) -> Result<Log, VaultError> {
        let (device, incarnation) = (DeviceId(name.device()), Incarnation(name.incarnation()));
        let found = Log::of(self.sql, self.space, device, incarnation)?;
        match found {
            Some(log) => Ok(log),
            None => {
                Log::create(self.sql, self.space, (device, false), incarnation)?;
                let made = Log::of(self.sql, self.space, device, incarnation)?;
                made.ok_or(VaultError::Damaged("a log that was begun is missing"))
            }
        }
    }

    fn last_membership(&self, log: &Log) -> Result<BTreeSet<Hash>, VaultError> {
        let header: Option<Vec<u8>> = self
            .sql
            .prepare_cached(
                "SELECT header FROM operations WHERE log = ?1 ORDER BY sequence DESC LIMIT 1",
            )?
            .query_row([log.id], |row| row.get(0))
            .optional()?;
        Ok(match header {
            Some(header) => Header::decode(&header)?.membership,
            None => BTreeSet::new(),
        })
    }

    /// Goes on with every log as far as what it follows is here.
    fn go_on(
        &self,
        graph: &Known,
        acceptor: &Acceptor<'_>,
        mut ranges: Vec<Range>,
        taken: &mut TakenIn,
    ) -> Result<Reach, VaultError> {
        let standing = graph.standing();
        let mut judge = keystead_replica::Judge::new(&standing);
        let view = standing.view();
        let mut rows = rows_of_logs(self.sql, self.space)?;
        rows.extend(ranges.iter().map(|range| (range.chain.log, range.log.id)));
        for range in &mut ranges {
            range.seen = seen_rows(&range.chain.seen, &rows);
        }
        loop {
            let mut moved = false;
            for range in &mut ranges {
                while let Some(entry) = range.entries.pop_front() {
                    match self.step(
                        (graph, &view),
                        acceptor,
                        &mut judge,
                        &rows,
                        range,
                        (&entry, taken),
                    )? {
                        Step::Taken(accepted) => {
                            taken.operations += 1;
                            taken.refused += u64::from(accepted == Accepted::Refused);
                            moved = true;
                        }
                        Step::Waits => {
                            range.entries.push_front(entry);
                            break;
                        }
                        Step::Stops(kind) => {
                            range.entries.clear();
                            let name = Some(range.chain.log);
                            taken.problems.push(Problem::of(kind, name));
                            // What was taken in of it stays; its head covers more.
                            range.headed.head.operations = u64::MAX;
                        }
                    }
                }
            }
            if !moved {
                break;
            }
        }
        let mut reached = Reach::Nothing;
        for range in ranges {
            let (device, incarnation) = (range.chain.log.device(), range.chain.log.incarnation());
            let now = range.log.operations.size();
            let mut cuts = graph.cuts_of(Device(device), incarnation).into_iter();
            if cuts.any(|at| range.began < at && at <= now) {
                reached = reached.max(Reach::Cut);
            }
            if range.began < now && view.member_of(Device(device)).is_none() {
                reached = Reach::Late;
            }
            self.finish(range, taken)?;
        }
        Ok(reached)
    }

    fn step(
        &self,
        (graph, view): (&Known, &View<'_>),
        acceptor: &Acceptor<'_>,
        judge: &mut keystead_replica::Judge<'_, '_>,
        rows: &HashMap<LogId, i64>,
        range: &mut Range,
        (entry, taken): (&Entry, &mut TakenIn),
    ) -> Result<Step, VaultError> {
        let Ok(header) = Header::decode(&entry.header) else {
            return Ok(Step::Stops(ProblemKind::Changed));
        };
        let known = |id: &Hash| *id == self.space.0 || graph.get(StatementId(*id)).is_some();
        if !header.membership.iter().all(known) {
            return Ok(Step::Waits);
        }
        let follows = |new: &Hash, old: &Hash| graph.follows(StatementId(*new), StatementId(*old));
        if header.membership.is_empty()
            || !remembers(&range.membership, &header.membership, follows)
        {
            return Ok(Step::Stops(ProblemKind::ForgetsMembers));
        }
        if let Some(block) = &entry.block
            && Block::hash(block) != header.block
        {
            return Ok(Step::Stops(ProblemKind::Changed));
        }
        let Some(block) = &entry.block else {
            return Ok(Step::Stops(ProblemKind::Withheld {
                from: header.sequence,
                to: header.sequence.saturating_add(1),
            }));
        };
        let failed = std::cell::Cell::new(None);
        let at = |log: LogId, operations: u64| {
            let found = rows
                .get(&log)
                .map_or(Ok(None), |row| at(self.sql, *row, operations));
            let found = found.unwrap_or_else(|error| {
                failed.set(Some(error));
                None
            });
            match found {
                Some(at) => Reached::Here(at),
                // What a device that is out kept back will never come.
                None if view.member_of(Device(log.device())).is_none()
                    && graph.known_device(Device(log.device())).is_some() =>
                {
                    Reached::Never
                }
                None => Reached::NotYet,
            }
        };
        let next = range.chain.push(&entry.header, &header, at);
        if let Some(error) = failed.into_inner() {
            return Err(error);
        }
        match next {
            Ok(Next::Taken(None)) => {}
            Ok(Next::Taken(Some(log))) => taken
                .problems
                .push(Problem::of(ProblemKind::SawAnother(log), Some(log))),
            Ok(Next::Waits(..)) => return Ok(Step::Waits),
            Err(ChainError::AnotherLog) => return Ok(Step::Stops(ProblemKind::Transplanted)),
            Err(ChainError::Reordered) => return Ok(Step::Stops(ProblemKind::Reordered)),
            Err(ChainError::WrongCounter) => return Ok(Step::Stops(ProblemKind::WrongCounter)),
            Err(_) => return Ok(Step::Stops(ProblemKind::Changed)),
        }
        range.membership.clone_from(&header.membership);
        let log = &mut range.log;
        log.operations.clone_from(&range.chain.operations);
        log.last_operation = range.chain.last;
        log.lamport = range.chain.lamport;
        range.seen.extend(seen_rows(&header.seen, rows));
        let seen = &range.seen;
        let accepted = acceptor.take(judge, log, seen, &header, (&entry.header, block))?;
        Ok(Step::Taken(accepted))
    }

    fn finish(&self, mut range: Range, taken: &mut TakenIn) -> Result<(), VaultError> {
        range.log.seen.clone_from(&range.chain.seen);
        let whole =
            range.entries.is_empty() && range.headed.head.operations == range.log.operations.size();
        if whole {
            if range.chain.is_headed_by(&range.headed.head) {
                range.log.events = range.events;
                range.log.keep_head(self.sql, &range.headed.bytes)?;
            } else {
                let kind = ProblemKind::Changed;
                taken
                    .problems
                    .push(Problem::of(kind, Some(range.chain.log)));
            }
        } else if let Some(entry) = range.entries.front()
            && let Ok(header) = Header::decode(&entry.header)
        {
            let kind = ProblemKind::Waits {
                from: header.sequence,
            };
            taken
                .problems
                .push(Problem::of(kind, Some(range.chain.log)));
        }
        range.log.save(self.sql)
    }
}

/// What logs came to that others may have gone on without.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Reach {
    Nothing,
    /// Where one is cut.
    Cut,
    /// A device is out, so nobody waited for it: what follows these operations may have been done before them.
    Late,
}

enum Step {
    Taken(Accepted),
    Waits,
    Stops(ProblemKind),
}

/// What is here of a log at so many operations.
pub(crate) fn at(sql: &Connection, log: i64, operations: u64) -> Result<Option<At>, VaultError> {
    let Some(last) = operations.checked_sub(1) else {
        return Ok(None);
    };
    Ok(sql
        .prepare_cached("SELECT root, lamport FROM operations WHERE log = ?1 AND sequence = ?2")?
        .query_row(params![log, last.cast_signed()], |row| {
            Ok(At {
                root: row.get(0)?,
                lamport: row.get::<_, i64>(1)?.cast_unsigned(),
            })
        })
        .optional()?)
}
