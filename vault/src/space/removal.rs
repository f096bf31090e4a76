//! Taking back: a member, a device, a role. The same operation makes new keys where somebody holds one who may not any
//! more, and seals what is in use anew, so that there is no moment in between.

use crate::{
    asker::Asker,
    change::{Change, Sealed},
    event::Action,
    exposure::{self, Exposure},
    id::{AttachmentId, DeviceId, EnvironmentId, ProjectId, SecretId, SpaceId, VersionId},
    log::{EventDraft, Log},
    membership::of_environment,
    space::{
        Known,
        members::{Member, Place, Role, TeamError},
    },
    transaction::Transaction,
    vault::{Vault, VaultError},
};
use keystead_crypto::{EpochId, Fingerprint, Place as SealedPlace, open, seal};
use keystead_membership::{
    Act, Cut, EpochClaim, Graph, MemberId, Role as MembershipRole, Scope, StatementId, Unconfirmed,
};
use rusqlite::{Connection, OptionalExtension, params};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// What a removal would do, or did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemovalPlan {
    /// Who goes.
    pub member: Member,
    /// Scopes that get a new key.
    pub keys: usize,
    /// Values in use, or waiting, that they could read: what is sealed anew and what enters the queue of rotation.
    pub values: Vec<KnownValue>,
    /// Files that are sealed anew.
    pub files: usize,
}

/// A value that somebody could read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownValue {
    /// Its project.
    pub project: String,
    /// Its environment.
    pub environment: String,
    /// Its secret.
    pub name: String,
    /// Its number.
    pub number: u32,
    /// The version.
    pub version: VersionId,
}

impl Vault {
    /// What removing a member would do. Nothing is changed.
    ///
    /// # Errors
    /// [`TeamError::Nobody`].
    pub fn plan_removal(&self, member: &Fingerprint) -> Result<RemovalPlan, TeamError> {
        let there = self.member(member)?;
        let space = self.facts.space;
        let id = MemberId(*member);
        let (scopes, environments) = self.graphs.with(&self.sql, space, |graph| {
            let standing = graph.standing();
            let view = standing.view();
            let scopes = openings(graph);
            let may = scopes
                .iter()
                .copied()
                .filter(|scope| view.may_open(id, *scope));
            let may: Vec<Scope> = may.collect();
            let environments = may.iter().filter_map(|scope| match scope {
                Scope::Environment(_, environment) => Some(EnvironmentId(environment.0)),
                _ => None,
            });
            let environments: Vec<EnvironmentId> = environments.collect();
            Ok::<_, VaultError>((may.len(), environments))
        })?;
        let (mut values, mut files) = (Vec::new(), 0);
        for environment in environments {
            values.extend(known_values(&self.sql, environment)?);
            files += living_files(&self.sql, environment)?.len();
        }
        Ok(RemovalPlan {
            member: there,
            keys: scopes,
            values,
            files,
        })
    }

    /// Removes a member with every device, makes new keys for all that they could open and seals what is in use anew,
    /// as one operation. What they wrote until now stays; what they write from now on counts nowhere.
    ///
    /// # Errors
    /// [`TeamError`]; [`VaultError::NotAllowed`] where it is not this identity's to do.
    pub fn remove_member(
        &mut self,
        asker: &Asker,
        member: &Fingerprint,
    ) -> Result<RemovalPlan, TeamError> {
        let plan = self.plan_removal(member)?;
        let devices: Vec<DeviceId> = plan.member.devices.iter().map(|device| device.id).collect();
        let id = MemberId(*member);
        let name = plan.member.name.clone();
        let known: Vec<VersionId> = plan.values.iter().map(|value| value.version).collect();
        self.transact(asker, |t| {
            let cuts = t.cuts_of(&devices)?;
            t.say(Act::Remove { member: id, cuts })?;
            t.rekey()?;
            t.seal_anew()?;
            for version in known {
                exposure::record(t.sql(), version, Exposure::Granted, &name, asker.at)?;
            }
            t.event(EventDraft::of(Action::MemberRemoved).detail(&*name))
        })?;
        Ok(plan)
    }

    /// Takes a role back, or leaves less of it.
    ///
    /// # Errors
    /// As [`Self::remove_member`].
    pub fn take_back(
        &mut self,
        asker: &Asker,
        member: &Fingerprint,
        place: &Place,
        left: Option<Role>,
    ) -> Result<(), TeamError> {
        let there = self.member(member)?;
        let scope = self.scope(place)?;
        let devices: Vec<DeviceId> = there.devices.iter().map(|device| device.id).collect();
        let id = MemberId(*member);
        Ok(self.transact(asker, |t| {
            let cuts = t.cuts_of(&devices)?;
            t.say(Act::TakeBack {
                member: id,
                scope,
                role: left.map(Role::said),
                cuts,
            })?;
            t.rekey()?;
            t.seal_anew()?;
            t.event(EventDraft::of(Action::RoleTakenBack).detail(&*there.name))
        })?)
    }

    /// Revokes a device for good; its member stays. As [`Self::remove_member`] for the rest.
    ///
    /// # Errors
    /// As [`Self::remove_member`].
    pub fn revoke_device(&mut self, asker: &Asker, device: DeviceId) -> Result<(), TeamError> {
        let members = self.members()?;
        let mut devices = members.iter().flat_map(|member| &member.devices);
        let found = devices
            .find(|there| there.id == device)
            .ok_or_else(|| TeamError::Nobody(device.to_string()))?;
        let name = found.name.clone();
        Ok(self.transact(asker, |t| {
            let cuts = t.cuts_of(&[device])?;
            t.say(Act::RevokeDevice {
                device: keystead_membership::DeviceId(device.0),
                cuts,
            })?;
            t.rekey()?;
            t.seal_anew()?;
            t.event(EventDraft::of(Action::DeviceRevoked).detail(&*name))
        })?)
    }

    /// Makes the keys that are missing and seals anew what is not sealed under the ones that seal, as far as this identity
    /// may: somebody may have written while somebody else was removed. Whether anything was done.
    ///
    /// # Errors
    /// [`VaultError`] if the store fails.
    pub fn tidy_space(&mut self, asker: &Asker) -> Result<bool, VaultError> {
        if !self.facts.shared {
            return Ok(false);
        }
        let space = self.facts.space;
        let own = MemberId(self.facts.identity);
        let own_device = keystead_membership::DeviceId(self.facts.device.0);
        let (lacks_keys, said) = self.graphs.with(&self.sql, space, |graph| {
            let standing = graph.standing();
            let say = standing.wants_witness(own) || !unconfirmed(graph, own).is_empty();
            let has = |claim: &EpochClaim| self.keys.fits(&self.sql, space, claim);
            let unsealed = unsealed(graph, (own, own_device), has);
            Ok::<_, VaultError>((!unsealed.is_empty(), say))
        })?;
        let say = !self.ended(asker, own)?.is_empty() || said;
        if !say && !lacks_keys && stale(&self.sql, space)?.is_empty() {
            return Ok(false);
        }
        let (mut did, mut confirmed) = (false, false);
        self.transact(asker, |t| {
            confirmed = t.confirm_takings()?;
            did |= confirmed | t.take_back_ended()? | t.bear_witness()?;
            did |= t.rekey()? > 0;
            did |= t.seal_anew()? > 0;
            Ok::<_, VaultError>(())
        })?;
        if confirmed {
            // What came after what was taken in until then counts no more.
            self.weigh_again(asker)?;
        }
        Ok(did)
    }
}

impl Vault {
    /// Roles that have ended and that this identity may take back.
    fn ended(&self, asker: &Asker, own: MemberId) -> Result<Vec<Ended>, VaultError> {
        self.graphs.with(&self.sql, self.facts.space, |graph| {
            Ok(ended(graph, own, asker.at.0))
        })
    }
}

/// Of whom a role has ended, where, and what is left there.
type Ended = (MemberId, Scope, Option<MembershipRole>);

/// Roles that have ended and that somebody may take back. What was theirs by a wider one stays theirs, if it is less.
fn ended(graph: &Known, own: MemberId, now: i64) -> Vec<Ended> {
    let standing = graph.standing();
    let view = standing.view();
    let ended = view.ending().into_iter().filter(|(_, scope, _, at)| {
        *at <= now && view.role(own, *scope) == Some(MembershipRole::Owner)
    });
    let left = |(member, scope, role, _)| {
        let wider = view.role_around(member, scope);
        (member, scope, wider.filter(|wider| *wider < role))
    };
    ended.map(left).collect()
}

/// Takings that end no log until an owner says them again, and that somebody may say.
fn unconfirmed(graph: &Known, own: MemberId) -> Vec<Unconfirmed> {
    let standing = graph.standing();
    let view = standing.view();
    let owns = |one: &Unconfirmed| match &one.act {
        Act::TakeBack { member, scope, .. } => {
            *member != own && view.role(own, *scope) == Some(MembershipRole::Owner)
        }
        Act::Remove { .. } | Act::RevokeDevice { .. } => {
            view.role(own, Scope::Space) == Some(MembershipRole::Owner)
        }
        _ => false,
    };
    let unconfirmed = standing.unconfirmed().into_iter();
    unconfirmed.filter(owns).collect()
}

/// Every scope that a key was ever made for.
fn openings(graph: &Graph) -> BTreeSet<Scope> {
    let statements = graph.ids().filter_map(|id| graph.get(id));
    let scopes = statements.filter_map(|said| match &said.act {
        Act::OpenEpochs { epochs, .. } => Some(epochs.iter().map(|claim| claim.scope)),
        _ => None,
    });
    scopes.flatten().collect()
}

/// Scopes that have no key that seals, and that somebody may make one for. One that was not given to this device, where it
/// was for it, is none: whoever made it gives different people different keys, or none.
fn unsealed(
    graph: &Known,
    (member, device): (MemberId, keystead_membership::DeviceId),
    has: impl Fn(&EpochClaim) -> bool,
) -> Vec<Scope> {
    let standing = graph.standing();
    let view = standing.view();
    let scopes = openings(graph).into_iter().filter(|scope| {
        if view.role_within(member, *scope) < Some(MembershipRole::Editor) {
            return false;
        }
        let Ok(sealing) = view.sealing(*scope) else {
            return true;
        };
        let given = view.entitled(*scope).contains(&device) && !sealing.lacking.contains(&device);
        given
            && !view
                .claims_of(sealing.epoch, *scope)
                .iter()
                .any(|claim| has(claim))
    });
    scopes.collect()
}

/// The current, pending and previous values of an environment.
fn known_values(
    sql: &Connection,
    environment: EnvironmentId,
) -> Result<Vec<KnownValue>, VaultError> {
    let mut statement = sql.prepare_cached(
        "SELECT p.name, e.name, c.name, v.number, v.id FROM stages s
         JOIN versions v ON v.id IN (s.current, s.pending, s.previous)
         JOIN secrets c ON c.id = s.secret AND c.removed = 0
         JOIN environments e ON e.id = s.environment
         JOIN projects p ON p.id = c.project
         WHERE s.environment = ?1 AND v.pruned = 0 ORDER BY p.name, e.name, c.name, v.number",
    )?;
    let rows = statement.query_map([environment], |row| {
        Ok(KnownValue {
            project: row.get(0)?,
            environment: row.get(1)?,
            name: row.get(2)?,
            number: row.get(3)?,
            version: row.get(4)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn living_files(
    sql: &Connection,
    environment: EnvironmentId,
) -> Result<Vec<AttachmentId>, VaultError> {
    let mut statement = sql.prepare_cached(
        "SELECT id FROM attachments WHERE environment = ?1 AND removed = 0 AND pruned = 0",
    )?;
    let rows = statement.query_map([environment], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Something in use that is not sealed under the key that seals.
struct Stale {
    what: Sealed,
    project: ProjectId,
    environment: EnvironmentId,
    secret: SecretId,
    epoch: EpochId,
    author: DeviceId,
    sealer: DeviceId,
    envelope: Vec<u8>,
}

fn stale(sql: &Connection, space: SpaceId) -> Result<Vec<Stale>, VaultError> {
    let unsealed = "epoch NOT IN (SELECT x.id FROM epochs x WHERE x.seals = 1)";
    let sealing = "SELECT 1 FROM epochs k WHERE k.scope = 3 AND k.scope_id = e.id AND k.seals = 1";
    let queries = [
        (
            format!(
                "SELECT v.id, c.project, e.id, v.secret, v.epoch, v.author, v.sealer, b.envelope
                 FROM stages s JOIN versions v ON v.id IN (s.current, s.pending, s.previous)
                 JOIN ciphertexts b ON b.version = v.row
                 JOIN secrets c ON c.id = v.secret JOIN environments e ON e.id = v.environment
                 JOIN projects p ON p.id = c.project
                 WHERE p.space = ?1 AND {unsealed} AND EXISTS ({sealing})"
            ),
            false,
        ),
        (
            format!(
                "SELECT a.id, c.project, e.id, a.secret, a.epoch, a.author, a.sealer, b.envelope
                 FROM attachments a JOIN attachment_ciphertexts b ON b.attachment = a.row
                 JOIN secrets c ON c.id = a.secret JOIN environments e ON e.id = a.environment
                 JOIN projects p ON p.id = c.project
                 WHERE p.space = ?1 AND a.removed = 0 AND {unsealed} AND EXISTS ({sealing})"
            ),
            true,
        ),
    ];
    let mut found = Vec::new();
    for (query, files) in queries {
        let mut statement = sql.prepare_cached(&query)?;
        let rows = statement.query_map([space], |row| {
            Ok(Stale {
                what: match files {
                    true => Sealed::Attachment(row.get(0)?),
                    false => Sealed::Version(row.get(0)?),
                },
                project: row.get(1)?,
                environment: row.get(2)?,
                secret: row.get(3)?,
                epoch: row.get(4)?,
                author: row.get(5)?,
                sealer: row.get(6)?,
                envelope: row.get(7)?,
            })
        })?;
        for row in rows {
            found.push(row?);
        }
    }
    Ok(found)
}

impl Transaction<'_> {
    /// Until where the logs of these devices are taken in: as far as they are here.
    fn cuts_of(&self, devices: &[DeviceId]) -> Result<Vec<Cut>, VaultError> {
        let logs = Log::of_space(self.sql(), self.space())?;
        let logs = logs.iter().filter(|log| devices.contains(&log.device));
        let mut cuts: Vec<Cut> = logs
            .map(|log| Cut {
                device: keystead_membership::DeviceId(log.device.0),
                incarnation: log.incarnation.0,
                operations: log.operations.size(),
                root: log.operations.root(),
            })
            .collect();
        cuts.sort_unstable_by_key(|cut| (cut.device, cut.incarnation));
        Ok(cuts)
    }

    /// Takes back the roles that have ended, as far as this identity may.
    fn take_back_ended(&mut self) -> Result<bool, VaultError> {
        let own = MemberId(self.facts().identity);
        let now = self.asker().at.0;
        let ended = self.with_graph(|graph| Ok::<_, VaultError>(ended(graph, own, now)))?;
        let mut did = false;
        for (member, scope, left) in ended {
            let devices = self.with_graph(|graph| {
                let devices = graph.standing().view().devices(member);
                Ok::<_, VaultError>(devices)
            })?;
            let devices: Vec<DeviceId> = devices.iter().map(|device| DeviceId(device.0)).collect();
            let cuts = self.cuts_of(&devices)?;
            let taken = self.say_if_holds(Act::TakeBack {
                member,
                scope,
                role: left,
                cuts,
            })?;
            if taken {
                self.event(EventDraft::of(Action::RoleTakenBack).detail("a role that had ended"))?;
                did = true;
            }
        }
        Ok(did)
    }

    /// Says takings again that end no log yet: with what counted of the logs when they came, or with what whoever went said
    /// of their own.
    fn confirm_takings(&mut self) -> Result<bool, VaultError> {
        let own = MemberId(self.facts().identity);
        let again = self.with_graph(|graph| Ok::<_, VaultError>(unconfirmed(graph, own)))?;
        let mut did = false;
        for one in again {
            let cuts = match one.own {
                true => one.act.cuts().to_vec(),
                false => self.cuts_when(one.id)?,
            };
            did |= self.say_if_holds(match one.act {
                Act::Remove { member, .. } => Act::Remove { member, cuts },
                Act::RevokeDevice { device, .. } => Act::RevokeDevice { device, cuts },
                Act::TakeBack {
                    member,
                    scope,
                    role,
                    ..
                } => Act::TakeBack {
                    member,
                    scope,
                    role,
                    cuts,
                },
                other => other,
            })?;
        }
        Ok(did)
    }

    /// Until where the logs concerned counted when a taking came.
    fn cuts_when(&self, taking: StatementId) -> Result<Vec<Cut>, VaultError> {
        let mut cuts = Vec::new();
        let mut counted = self.sql().prepare_cached(
            "SELECT operations FROM taken_logs WHERE statement = ?1 AND log = ?2",
        )?;
        for log in Log::of_space(self.sql(), self.space())? {
            let counted: Option<i64> = counted
                .query_row(params![taking.0, log.id], |row| row.get(0))
                .optional()?;
            let Some(operations) = counted.map(i64::cast_unsigned) else {
                continue;
            };
            let root = super::accept::root_at(self.sql(), log.id, operations)?;
            cuts.push(Cut {
                device: keystead_membership::DeviceId(log.device.0),
                incarnation: log.incarnation.0,
                operations,
                root: root.ok_or(VaultError::Damaged("a log is shorter than it was"))?,
            });
        }
        cuts.sort_unstable_by_key(|cut| (cut.device, cut.incarnation));
        Ok(cuts)
    }

    /// Goes on from what took from an owner, so that nothing said later of the past undoes it.
    fn bear_witness(&mut self) -> Result<bool, VaultError> {
        let own = MemberId(self.facts().identity);
        let wanted =
            self.with_graph(|graph| Ok::<_, VaultError>(graph.standing().wants_witness(own)))?;
        match wanted {
            true => self.say_if_holds(Act::Acknowledge),
            false => Ok(false),
        }
    }

    /// Makes a key for every scope that has none that seals, as far as this identity may; says for how many.
    fn rekey(&mut self) -> Result<usize, VaultError> {
        let own = MemberId(self.facts().identity);
        let device = keystead_membership::DeviceId(self.keys().device_id().0);
        let space = self.space();
        let scopes = self.with_graph(|graph| {
            let has = |claim: &EpochClaim| self.keys().fits(self.sql(), space, claim);
            Ok::<_, VaultError>(unsealed(graph, (own, device), has))
        })?;
        if !scopes.is_empty() {
            self.open_epochs(&scopes)?;
        }
        Ok(scopes.len())
    }

    /// Seals what is in use anew under the keys that seal, as far as this device may and can; says how much.
    fn seal_anew(&mut self) -> Result<usize, VaultError> {
        let space = self.space();
        let own = MemberId(self.facts().identity);
        let stale = stale(self.sql(), space)?;
        let mut environments: BTreeSet<Scope> = BTreeSet::new();
        for one in &stale {
            environments.insert(of_environment(one.project, one.environment));
        }
        let may = self.with_graph(|graph| {
            let standing = graph.standing();
            let view = standing.view();
            let may = environments
                .into_iter()
                .filter(|scope| view.role(own, *scope) >= Some(MembershipRole::Editor));
            Ok::<BTreeSet<Scope>, VaultError>(may.collect())
        })?;
        let mut count = 0;
        let mut sealing: BTreeMap<Scope, EpochId> = BTreeMap::new();
        for one in stale {
            let scope = of_environment(one.project, one.environment);
            if !may.contains(&scope) {
                continue;
            }
            let epoch = match sealing.get(&scope) {
                Some(epoch) => *epoch,
                None => {
                    let epoch = self.sealing_epoch(scope)?;
                    sealing.insert(scope, epoch);
                    epoch
                }
            };
            count += usize::from(self.seal_one_anew(&one, epoch)?);
        }
        Ok(count)
    }

    fn seal_one_anew(&mut self, one: &Stale, epoch: EpochId) -> Result<bool, VaultError> {
        let (field, id) = match one.what {
            Sealed::Version(id) => (keystead_crypto::Field::Value, id.0),
            Sealed::Attachment(id) => (keystead_crypto::Field::Attachment, id.0),
        };
        let mut place = SealedPlace {
            owner: self.space().0,
            project: one.project.0,
            environment: one.environment.0,
            subject: one.secret.0,
            field,
            version: id,
            epoch: one.epoch,
            author: one.author.0,
            sealer: one.sealer.0,
        };
        let Ok(old) = self.keys().environment_key(self.sql(), one.epoch) else {
            return Ok(false);
        };
        let Ok(padded) = open(&old, &place, &one.envelope) else {
            return Ok(false);
        };
        let key = self.keys().environment_key(self.sql(), epoch)?;
        let device = self.keys().device_id();
        (place.epoch, place.sealer) = (epoch, device.0);
        let rng = &mut crate::keyring::system_random();
        let envelope = seal(&key, &place, &padded, rng);
        let ciphertext: [u8; 32] = Sha256::digest(&envelope).into();
        let (table, bytes, column) = match one.what {
            Sealed::Version(_) => ("versions", "ciphertexts", "version"),
            Sealed::Attachment(_) => ("attachments", "attachment_ciphertexts", "attachment"),
        };
        let sql = self.sql();
        sql.prepare_cached(&format!(
            "INSERT OR IGNORE INTO arrived (hash, space, envelope)
             SELECT ciphertext, ?2, ?3 FROM {table} WHERE id = ?1"
        ))?
        .execute(params![id, self.space(), one.envelope])?;
        sql.prepare_cached(&format!(
            "UPDATE {table} SET ciphertext = ?2, epoch = ?3, sealer = ?4 WHERE id = ?1"
        ))?
        .execute(params![id, ciphertext, epoch, device])?;
        sql.prepare_cached(&format!(
            "UPDATE {bytes} SET envelope = ?2
             WHERE {column} = (SELECT row FROM {table} WHERE id = ?1)"
        ))?
        .execute(params![id, envelope])?;
        self.space_change(Change::SealAnew {
            what: one.what,
            ciphertext,
            epoch,
        })?;
        Ok(true)
    }
}
