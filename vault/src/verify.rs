//! Recomputing the logs: what they hold, what follows from them, and what a
//! signed head covers.

use crate::{
    asker::Cancel,
    change::{Change, Origin, Sealed, Stages},
    compact::Base,
    event::Event,
    field::{CredentialField, EnvironmentField},
    id::{AttachmentId, CredentialId, EnvironmentId, ProjectId, SecretId, SpaceId, VersionId},
    log::{Log, VAULT_LOG},
    membership,
    operation::Operation,
    reference::{self, Target},
    space,
    vault::{Vault, VaultError},
    verify_fields::{AttachmentRow, CredentialRow, EnvironmentRow, SecretRow},
};
use keystead_crypto::{Frontier, Hash, Head, SignedHead, SigningContext, VerifyingKey, leaf_hash};
use keystead_replica::{Chain, ChainError, Known, Next};
use rusqlite::{OptionalExtension, params};
use sha2::{Digest, Sha256};
use std::{cell::Cell, collections::HashMap};

/// What was recomputed, and what it showed.
#[derive(Clone, Debug, Default)]
pub struct Verification {
    /// Events, over all logs.
    pub events: u64,
    /// Operations, over all logs.
    pub operations: u64,
    /// Ciphertexts compared to the hash that their operation names.
    pub ciphertexts: u64,
    /// What each log's newest signed head covers.
    pub logs: Vec<LogCoverage>,
    /// The first disagreement.
    pub problem: Option<String>,
}

/// What a log's newest signed head covers.
#[derive(Clone, Debug)]
pub struct LogCoverage {
    /// The log's name.
    pub log: String,
    /// Events in it.
    pub events: u64,
    /// Of these, covered.
    pub signed_events: u64,
    /// Operations in it.
    pub operations: u64,
    /// Of these, covered.
    pub signed_operations: u64,
}

type Versions = HashMap<VersionId, (SecretId, EnvironmentId, u32, Hash, Hash, Hash, u8, bool)>;
type StageRows = HashMap<(SecretId, EnvironmentId), Stages>;

/// What the tables must hold if the operations are all there is.
#[derive(Default)]
pub(crate) struct Expected {
    /// The space's beginning, and those of its keys.
    statements: Vec<Change>,
    versions: Versions,
    stages: StageRows,
    refers: HashMap<VersionId, Vec<Target>>,
    pub(crate) projects: HashMap<ProjectId, (String, bool)>,
    pub(crate) environments: HashMap<EnvironmentId, EnvironmentRow>,
    pub(crate) secrets: HashMap<SecretId, SecretRow>,
    pub(crate) attachments: HashMap<AttachmentId, AttachmentRow>,
    pub(crate) credentials: HashMap<CredentialId, CredentialRow>,
    /// Cards that are kept, by identity, and whether the safety number was compared.
    pub(crate) contacts: HashMap<Hash, (Vec<u8>, bool)>,
}

pub(crate) fn verify(vault: &Vault, cancel: &Cancel) -> Result<Verification, VaultError> {
    let mut verification = Verification::default();
    let mut expected = Expected::default();
    for log in Log::all(&vault.sql)? {
        if let Err(problem) = verify_log(vault, &log, &mut verification, &mut expected, cancel)? {
            let name = vault.log_name(log.space)?;
            verification.problem = Some(format!("log {name}: {problem}"));
            return Ok(verification);
        }
    }
    for space in vault.spaces()?.into_iter().filter(|space| space.shared) {
        let (sql, keys) = (&vault.sql, &vault.keys);
        let followed = space::verify::expect(sql, keys, space.id, &mut expected, cancel)?;
        if let Err(problem) = followed {
            verification.problem = Some(format!("space {}: {problem}", space.name));
            return Ok(verification);
        }
    }
    verification.problem = verify_tables(vault, &expected, &mut verification, cancel)?.err();
    Ok(verification)
}

type Checked = Result<Result<(), String>, VaultError>;

fn verify_log(
    vault: &Vault,
    log: &Log,
    verification: &mut Verification,
    expected: &mut Expected,
    cancel: &Cancel,
) -> Checked {
    let shared = log.space != VAULT_LOG && space::is_shared(&vault.sql, log.space)?;
    let signed = match log.signed_head(&vault.sql)? {
        None => None,
        Some(bytes) => {
            let Some(key) = key_of(vault, log)? else {
                return Ok(Err("nobody said whose device writes it".to_owned()));
            };
            match SignedHead::decode(&bytes).map(|head| head.verify(&key).copied()) {
                Ok(Ok(head)) => Some(head),
                _ => return Ok(Err("its signed head does not verify".to_owned())),
            }
        }
    };
    if let Some(head) = &signed
        && (head.space, head.device, head.incarnation)
            != (log.space.0, log.device.0, log.incarnation.0)
    {
        return Ok(Err("its signed head is of another log".to_owned()));
    }

    let mut chain = Chain::new(log.space.0, log.name());
    let mut claim = None;
    // Where the first operations gave way, and in the vault's own log, which sees no other, the counter begins anywhere.
    let mut counts_from_here = log.space == VAULT_LOG;
    if let Some(base) = Base::of(&vault.sql, log.id)? {
        let Ok(changes) = base.changes() else {
            return Ok(Err(
                "what stands for its first operations does not fit together".to_owned(),
            ));
        };
        let first = |change: &Change| change_holds(vault, change, (log.space, true));
        if !changes.iter().all(first) {
            return Ok(Err(
                "what stands for its first operations has a statement that is not signed"
                    .to_owned(),
            ));
        }
        *expected = Expected {
            contacts: std::mem::take(&mut expected.contacts),
            ..Expected::default()
        };
        expected.add(&changes);
        claim = Some(base.claim());
        (chain.operations, chain.last) = (base.frontier, base.previous);
        counts_from_here = true;
    }
    let mut bodies = Bodies::operations(vault, log.id, cancel);
    let failed = Cell::new(None);
    while let Some(row) = bodies.next()? {
        let (sequence, header, block) = (row.sequence, &row.first, &row.second);
        if let Some(problem) = head_problem(&signed, "operation", &chain.operations, |h| {
            (h.operations, h.operation_root)
        }) {
            return Ok(Err(problem));
        }
        let here = format!("operation {sequence}");
        let Ok(operation) = vault.read_operation(header, block) else {
            return Ok(Err(format!(
                "{here} is not in canonical form, or its block is another"
            )));
        };
        let said = &operation.header;
        if counts_from_here {
            chain.lamport = said.lamport.saturating_sub(1);
            counts_from_here = false;
        }
        let pushed = chain.push(header, said, |other, operations| {
            let at = space::at(&vault.sql, log.space, other, operations);
            let at = at.unwrap_or_else(|error| {
                failed.set(Some(error));
                None
            });
            match at {
                Some(at) => Known::Here(at),
                // Of a device that is out it may never come.
                None if shared => Known::Never,
                None => Known::NotYet,
            }
        });
        if let Some(error) = failed.take() {
            return Err(error);
        }
        match pushed {
            Ok(Next::Taken(_)) if said.sequence == sequence => {}
            Ok(Next::Waits(..)) => {
                return Ok(Err(format!("{here} saw more of a log than is here")));
            }
            Err(error) if error != ChainError::Reordered => {
                return Ok(Err(format!("{here}: {error}")));
            }
            _ => return Ok(Err(format!("{here} does not follow the one before"))),
        }
        if (row.lamport, row.root) != (chain.lamport, chain.operations.root()) {
            return Ok(Err(format!(
                "{here} is kept beside another root or counter"
            )));
        }
        if !shared && !operation.bound {
            return Ok(Err(format!(
                "{here} makes something under an id that is not its own"
            )));
        }
        if !shared && !statements_hold(vault, &operation) {
            return Ok(Err(format!("{here} has a statement that is not signed")));
        }
        if claim
            .as_ref()
            .is_some_and(|claim| operation.changes.contains(claim))
        {
            if signed.is_none_or(|head| head.operations <= sequence) {
                return Ok(Err(format!(
                    "no signed head covers {here}, which states what stands for the first ones"
                )));
            }
            claim = None;
        }
        // Which operations of a shared space count is for all of its logs together to say.
        if !shared {
            expected.add(&operation.changes);
        }
    }
    let operations = &chain.operations;
    if signed.is_some_and(|head| {
        head.operations == operations.size() && head.seen_heads != chain.seen_hash()
    }) {
        return Ok(Err("its signed head saw other logs otherwise".to_owned()));
    }
    if claim.is_some() {
        return Ok(Err(
            "no operation states what stands for its first ones".to_owned()
        ));
    }
    let own = log.device == vault.facts.device;
    // Of what others did and saw only the hashes leave their devices.
    let events = match own {
        true => match own_events(vault, log, &signed, cancel)? {
            Ok(events) => events,
            Err(problem) => return Ok(Err(problem)),
        },
        false => log.events.clone(),
    };
    let ends = [
        head_problem(&signed, "operation", operations, |h| {
            (h.operations, h.operation_root)
        }),
        head_problem(&signed, "event", &events, |h| (h.events, h.event_root)),
    ];
    if let Some(problem) = ends.into_iter().flatten().next() {
        return Ok(Err(problem));
    }
    let beyond =
        signed.is_some_and(|h| h.operations > operations.size() || h.events > events.size());
    if beyond || *operations != log.operations || events != log.events {
        return Ok(Err("entries at its end are missing".to_owned()));
    }
    verification.operations += operations.size();
    verification.events += events.size();
    verification.logs.push(LogCoverage {
        log: vault.name_of_log(log)?,
        events: events.size(),
        signed_events: signed.map_or(0, |h| h.events),
        operations: operations.size(),
        signed_operations: signed.map_or(0, |h| h.operations),
    });
    Ok(Ok(()))
}

/// The tree over the events that this device wrote.
fn own_events(
    vault: &Vault,
    log: &Log,
    signed: &Option<Head>,
    cancel: &Cancel,
) -> Result<Result<Frontier, String>, VaultError> {
    let mut events = Frontier::new();
    let mut bodies = Bodies::events(vault, log.id, cancel);
    while let Some(row) = bodies.next()? {
        let (sequence, body) = (row.sequence, row.first);
        if let Some(problem) = head_problem(signed, "event", &events, |h| (h.events, h.event_root))
        {
            return Ok(Err(problem));
        }
        match Event::decode(&body) {
            Ok(event) if event.sequence == sequence && sequence == events.size() => {}
            _ => {
                return Ok(Err(format!(
                    "event {sequence} does not follow the one before"
                )));
            }
        }
        events.append(leaf_hash(&body));
    }
    Ok(Ok(events))
}

/// The key that signs a log's heads; `None` where nobody said whose device writes it.
fn key_of(vault: &Vault, log: &Log) -> Result<Option<VerifyingKey>, VaultError> {
    if log.device == vault.facts.device {
        return Ok(Some(vault.keys.device.signing.verifying_key()));
    }
    let device = keystead_membership::DeviceId(log.device.0);
    vault.graphs.with(&vault.sql, log.space, |graph| {
        Ok(graph
            .known_device(device)
            .map(|public| public.signing.clone()))
    })
}

/// Genesis is the identity's and names the space; epochs are this device's.
fn statements_hold(vault: &Vault, operation: &Operation) -> bool {
    let header = &operation.header;
    let place = (SpaceId(header.space), header.sequence == 0);
    let mut changes = operation.changes.iter();
    changes.all(|change| change_holds(vault, change, place))
}

fn change_holds(vault: &Vault, change: &Change, (space, first): (SpaceId, bool)) -> bool {
    match change {
        Change::Genesis {
            statement,
            signature,
            ..
        } => {
            first
                && space.0 == <[u8; 32]>::from(Sha256::digest(statement))
                && vault.card().is_ok_and(|card| {
                    card.signing
                        .verify(SigningContext::Membership, statement, signature)
                        .is_ok()
                })
        }
        _ => true,
    }
}

/// What the first operations of a log lead to, with those of the logs of its space before it.
pub(crate) fn expected_at(
    vault: &Vault,
    log: &Log,
    until: u64,
    cancel: &Cancel,
) -> Result<Expected, VaultError> {
    let mut expected = Expected::default();
    for each in Log::all(&vault.sql)? {
        if each.space != log.space || each.id > log.id {
            continue;
        }
        if let Some(base) = Base::of(&vault.sql, each.id)? {
            expected = Expected::default();
            expected.add(&base.changes()?);
        }
        let mut bodies = Bodies::operations(vault, each.id, cancel);
        while let Some(row) = bodies.next()? {
            if each.id == log.id && row.sequence >= until {
                break;
            }
            expected.add(&vault.read_operation(&row.first, &row.second)?.changes);
        }
    }
    Ok(expected)
}

/// Gives the leaf hash of each operation between two sequences.
pub(crate) fn each_leaf(
    vault: &Vault,
    log: i64,
    (from, until): (u64, u64),
    cancel: &Cancel,
    mut give: impl FnMut(Hash),
) -> Result<(), VaultError> {
    let mut bodies = Bodies::operations(vault, log, cancel);
    while let Some(row) = bodies.next()? {
        if (from..until).contains(&row.sequence) {
            give(leaf_hash(&row.first));
        }
    }
    Ok(())
}

/// At the size that the head covers, the root must be the head's.
fn head_problem(
    signed: &Option<Head>,
    what: &str,
    tree: &Frontier,
    covered: impl Fn(&Head) -> (u64, Hash),
) -> Option<String> {
    let (size, root) = covered(signed.as_ref()?);
    (tree.size() == size && tree.root() != root)
        .then(|| format!("the signed head does not match the first {size} {what}s"))
}

impl Expected {
    /// All of it as changes, which lead to it again.
    pub(crate) fn changes(&self) -> Vec<Change> {
        let mut changes = self.statements.clone();
        changes.extend(self.field_changes());
        let mut pruned = Vec::new();
        for (id, row) in &self.versions {
            let (secret, environment, number, ciphertext, commitment, epoch, origin, gone) = *row;
            changes.push(Change::PutVersion {
                id: *id,
                secret,
                environment,
                number,
                ciphertext,
                commitment,
                epoch,
                origin: Origin::from_code(origin).unwrap_or(Origin::Set),
            });
            pruned.extend(gone.then_some(*id));
        }
        for (version, targets) in &self.refers {
            changes.push(Change::Refer {
                version: *version,
                targets: targets.clone(),
            });
        }
        for ((secret, environment), stages) in &self.stages {
            changes.push(Change::Promote {
                secret: *secret,
                environment: *environment,
                stages: *stages,
            });
        }
        let attachments = self.attachments.iter();
        let attachments = attachments.filter_map(|(id, row)| row.pruned.then_some(*id));
        let attachments: Vec<AttachmentId> = attachments.collect();
        if !pruned.is_empty() || !attachments.is_empty() {
            changes.push(Change::Prune {
                versions: pruned,
                attachments,
            });
        }
        changes
    }

    /// As [`Self::add`], of a change in a shared space: what it is about may be nothing that can be read here.
    pub(crate) fn add_here(&mut self, change: &Change) {
        let place = |secret, environment| {
            self.secrets.contains_key(secret) && self.environments.contains_key(environment)
        };
        let here = match change {
            Change::SetProject { project, .. }
            | Change::CreateEnvironment { project, .. }
            | Change::CreateSecret { project, .. }
            | Change::CreateCredential { project, .. } => self.projects.contains_key(project),
            Change::PutVersion {
                secret,
                environment,
                ..
            }
            | Change::Promote {
                secret,
                environment,
                ..
            }
            | Change::Attach {
                secret,
                environment,
                ..
            } => place(secret, environment),
            Change::Refer { version, .. } => self.versions.contains_key(version),
            Change::SetEnvironment {
                field: EnvironmentField::Inherits(Some(from)),
                ..
            } => self.environments.contains_key(from),
            Change::SetCredential {
                field: CredentialField::Parts(parts),
                ..
            } => parts
                .iter()
                .all(|part| self.secrets.contains_key(&part.secret)),
            // The others change nothing where there is nothing, and statements are looked at apart.
            Change::Genesis { .. } | Change::Say { .. } => false,
            _ => true,
        };
        match change {
            Change::Refer { version, targets } if here => {
                let targets = targets.iter().filter(|target| {
                    self.secrets.contains_key(&target.secret)
                        && self.environments.contains_key(&target.environment)
                });
                let targets: Vec<Target> = targets.copied().collect();
                if !targets.is_empty() {
                    self.refers.insert(*version, targets);
                }
            }
            _ if here => self.add(std::slice::from_ref(change)),
            _ => {}
        }
    }

    fn add(&mut self, changes: &[Change]) {
        for change in changes {
            match change {
                Change::PutVersion {
                    id,
                    secret,
                    environment,
                    number,
                    ciphertext,
                    commitment,
                    epoch,
                    origin,
                } => {
                    let origin: Origin = *origin;
                    let row = (
                        *secret,
                        *environment,
                        *number,
                        *ciphertext,
                        *commitment,
                        *epoch,
                        origin as u8,
                        false,
                    );
                    self.versions.insert(*id, row);
                }
                Change::Promote {
                    secret,
                    environment,
                    stages,
                } => {
                    self.stages.insert((*secret, *environment), *stages);
                }
                Change::Prune {
                    versions,
                    attachments,
                } => {
                    for version in versions {
                        if let Some(row) = self.versions.get_mut(version) {
                            row.7 = true;
                        }
                    }
                    for attachment in attachments {
                        if let Some(row) = self.attachments.get_mut(attachment) {
                            row.pruned = true;
                        }
                    }
                }
                Change::SealAnew {
                    what: Sealed::Version(version),
                    ciphertext,
                    epoch,
                } => {
                    if let Some(row) = self.versions.get_mut(version) {
                        (row.3, row.5) = (*ciphertext, *epoch);
                    }
                }
                Change::Genesis { .. } | Change::Say { .. } => {
                    self.statements.push(change.clone());
                }
                Change::Refer { version, targets } => {
                    self.refers.insert(*version, targets.clone());
                }
                other => self.add_fields(other),
            }
        }
    }
}

fn verify_tables(
    vault: &Vault,
    expected: &Expected,
    verification: &mut Verification,
    cancel: &Cancel,
) -> Checked {
    if let Err(problem) = membership::verify(&vault.sql, vault.facts.home, &expected.statements)? {
        return Ok(Err(problem));
    }
    let mut statement = vault.sql.prepare_cached(
        "SELECT id, secret, environment, number, ciphertext, commitment, epoch, origin, pruned
         FROM versions",
    )?;
    let rows = statement.query_map([], |row| {
        let fields = (
            row.get(1)?,
            row.get(2)?,
            row.get(3)?,
            row.get(4)?,
            row.get(5)?,
            row.get(6)?,
            row.get(7)?,
            row.get(8)?,
        );
        Ok((row.get(0)?, fields))
    })?;
    let versions: Versions = rows.collect::<Result<_, _>>()?;
    if versions != expected.versions {
        return Ok(Err(
            "the versions are not those of the operations".to_owned()
        ));
    }
    let mut statement = vault
        .sql
        .prepare_cached("SELECT secret, environment, pending, current, previous FROM stages")?;
    let rows = statement.query_map([], |row| {
        let stages = Stages {
            pending: row.get(2)?,
            current: row.get(3)?,
            previous: row.get(4)?,
        };
        Ok(((row.get(0)?, row.get(1)?), stages))
    })?;
    let stages: StageRows = rows.collect::<Result<_, _>>()?;
    if stages != expected.stages {
        return Ok(Err("the stages are not those of the operations".to_owned()));
    }
    for (version, targets) in &expected.refers {
        if reference::targets(&vault.sql, *version)? != *targets {
            return Ok(Err(format!(
                "what version {version} refers to is not what its operation says"
            )));
        }
    }
    let referring = "SELECT COUNT(DISTINCT version) FROM refers";
    let referring: i64 = vault.sql.query_row(referring, [], |row| row.get(0))?;
    if usize::try_from(referring) != Ok(expected.refers.len()) {
        return Ok(Err(
            "the references are not those of the operations".to_owned()
        ));
    }
    if let Some(what) = expected.disagreement(&vault.sql)? {
        return Ok(Err(format!("{what} are not those of the operations")));
    }
    let mut statement = vault.sql.prepare_cached(
        "SELECT c.envelope FROM versions v JOIN ciphertexts c ON c.version = v.row WHERE v.id = ?1",
    )?;
    // Of what others wrote the bytes may be on their way.
    let mut shared = vault.sql.prepare_cached(
        "SELECT s.shared FROM versions v JOIN secrets c ON c.id = v.secret
         JOIN projects p ON p.id = c.project JOIN spaces s ON s.id = p.space WHERE v.id = ?1",
    )?;
    let mut is_shared = |id: &VersionId| {
        shared
            .query_row([id], |row| row.get::<_, bool>(0))
            .optional()
    };
    let mut is_shared = |id| Ok::<_, VaultError>(is_shared(id)?.unwrap_or(false));
    for (id, row) in &versions {
        if verification.ciphertexts.is_multiple_of(256) {
            cancel.check()?;
        }
        let envelope: Vec<u8> = match statement.query_row([id], |row| row.get(0)) {
            Err(rusqlite::Error::QueryReturnedNoRows) if row.7 => continue,
            Ok(_) if row.7 => {
                return Ok(Err(format!("version {id} has a value that went")));
            }
            Err(rusqlite::Error::QueryReturnedNoRows) if is_shared(id)? => continue,
            Err(rusqlite::Error::QueryReturnedNoRows) => {
                return Ok(Err(format!("the ciphertext of version {id} is missing")));
            }
            other => other?,
        };
        if <[u8; 32]>::from(Sha256::digest(&envelope)) != row.3 {
            return Ok(Err(format!("the ciphertext of version {id} was changed")));
        }
        verification.ciphertexts += 1;
    }
    let mut statement = vault.sql.prepare_cached(
        "SELECT c.envelope FROM attachments a
         JOIN attachment_ciphertexts c ON c.attachment = a.row WHERE a.id = ?1",
    )?;
    let mut shared = vault.sql.prepare_cached(
        "SELECT s.shared FROM attachments a JOIN secrets c ON c.id = a.secret
         JOIN projects p ON p.id = c.project JOIN spaces s ON s.id = p.space WHERE a.id = ?1",
    )?;
    let mut is_shared_file = |id: &AttachmentId| {
        let found = shared.query_row([id], |row| row.get::<_, bool>(0));
        Ok::<_, VaultError>(found.optional()?.unwrap_or(false))
    };
    for (id, row) in &expected.attachments {
        cancel.check()?;
        let envelope: Option<Vec<u8>> = statement.query_row([id], |row| row.get(0)).optional()?;
        let hash = envelope.map(|envelope| <[u8; 32]>::from(Sha256::digest(&envelope)));
        let on_its_way = hash.is_none() && !row.pruned && is_shared_file(id)?;
        if !on_its_way && hash != (!row.pruned).then_some(row.ciphertext) {
            return Ok(Err(format!(
                "the ciphertext of attachment {id} is missing or was changed"
            )));
        }
        verification.ciphertexts += u64::from(!row.pruned);
    }
    Ok(Ok(()))
}

/// An operation, or an event.
struct Entry {
    sequence: u64,
    /// The header, or the body.
    first: Vec<u8>,
    /// The block, or nothing.
    second: Vec<u8>,
    /// Of an operation, as it is kept beside.
    lamport: u64,
    root: Hash,
}

/// A log's entries in order, a page at a time, so that a long log needs no more memory.
struct Bodies<'v> {
    vault: &'v Vault,
    cancel: &'v Cancel,
    sql: &'static str,
    log: i64,
    after: i64,
    page: std::vec::IntoIter<Entry>,
}

impl<'v> Bodies<'v> {
    const PAGE: i64 = 512;

    fn operations(vault: &'v Vault, log: i64, cancel: &'v Cancel) -> Self {
        let sql = "SELECT sequence, header, block, lamport, root FROM operations
                   WHERE log = ?1 AND sequence > ?2
                   ORDER BY sequence LIMIT ?3";
        Self::of(vault, sql, log, cancel)
    }

    fn events(vault: &'v Vault, log: i64, cancel: &'v Cancel) -> Self {
        let sql = "SELECT sequence, body, x'', 0, zeroblob(32) FROM events
                   WHERE log = ?1 AND sequence > ?2
                   ORDER BY sequence LIMIT ?3";
        Self::of(vault, sql, log, cancel)
    }

    fn of(vault: &'v Vault, sql: &'static str, log: i64, cancel: &'v Cancel) -> Self {
        Self {
            vault,
            cancel,
            sql,
            log,
            after: -1,
            page: Vec::new().into_iter(),
        }
    }

    fn next(&mut self) -> Result<Option<Entry>, VaultError> {
        if self.page.len() == 0 {
            self.cancel.check()?;
            let rows: Vec<Entry> = self
                .vault
                .sql
                .prepare_cached(self.sql)?
                .query_map(params![self.log, self.after, Self::PAGE], |row| {
                    Ok(Entry {
                        sequence: row.get::<_, i64>(0)?.cast_unsigned(),
                        first: row.get(1)?,
                        second: row.get(2)?,
                        lamport: row.get::<_, i64>(3)?.cast_unsigned(),
                        root: row.get(4)?,
                    })
                })?
                .collect::<Result<_, _>>()?;
            self.page = rows.into_iter();
        }
        Ok(self
            .page
            .next()
            .inspect(|row| self.after = row.sequence.cast_signed()))
    }
}
