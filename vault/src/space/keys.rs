//! Which keys seal in a space, and new ones for whoever may have them.

use crate::{
    change::Change,
    id::SpaceId,
    keyring::{NewEpoch, system_random},
    membership::heads,
    space::Known,
    transaction::Transaction,
    vault::VaultError,
};
use keystead_crypto::{EpochId, EpochScope, KemPublicKey};
use keystead_membership::{
    Act, DeviceId, EpochClaim, Graph, MemberId, Role, Scope, Standing, Statement, StatementId,
    Verdict,
};
use rusqlite::{Connection, OptionalExtension, params};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// The epoch that a scope seals in; `None` where a new key has to be made first.
pub(crate) fn sealing_epoch(
    sql: &Connection,
    space: SpaceId,
    scope: EpochScope,
) -> Result<Option<EpochId>, VaultError> {
    Ok(sql
        .prepare_cached(
            "SELECT id FROM epochs
             WHERE scope = ?1 AND scope_id = ?2 AND seals = 1 AND space = ?3",
        )?
        .query_row(params![scope.tag(), scope.id(), space], |row| row.get(0))
        .optional()?)
}

/// Notes which epoch of each scope seals, as what is said of membership has it.
pub(crate) fn note_seals(
    sql: &Connection,
    space: SpaceId,
    graph: &Known,
) -> Result<(), VaultError> {
    let sealing = sealing_scopes(graph, &graph.standing());
    sql.prepare_cached("UPDATE epochs SET seals = 0 WHERE space = ?1 AND seals = 1")?
        .execute([space])?;
    let mut seals = sql.prepare_cached(
        "UPDATE epochs SET seals = 1 WHERE id = ?1 AND scope = ?2 AND scope_id = ?3",
    )?;
    for (scope, epoch) in sealing {
        let scope = scope.of_keys();
        seals.execute(params![epoch, scope.tag(), scope.id()])?;
    }
    Ok(())
}

/// The epochs that seal, one for each scope that has one.
pub(crate) fn sealing_scopes(graph: &Graph, standing: &Standing<'_>) -> BTreeMap<Scope, EpochId> {
    let mut scopes: BTreeSet<Scope> = BTreeSet::new();
    for id in graph.ids() {
        if let Some(Act::OpenEpochs { epochs, .. }) = graph.get(id).map(|said| &said.act) {
            scopes.extend(epochs.iter().map(|claim| claim.scope));
        }
    }
    let view = standing.view();
    let sealing = scopes
        .into_iter()
        .filter_map(|scope| Some((scope, view.sealing(scope).ok()?.epoch)));
    sealing.collect()
}

impl Transaction<'_> {
    /// Says something of who may do what, as this device, after everything that is known.
    pub(crate) fn say(&mut self, act: Act) -> Result<(), VaultError> {
        let statement = self.statement(act)?;
        let id = self.say_statement(&statement)?;
        self.refuse_refused(id)
    }

    /// Says something if it holds after everything that is known; whether it did.
    pub(crate) fn say_if_holds(&mut self, act: Act) -> Result<bool, VaultError> {
        let statement = self.statement(act)?;
        let (statement, signature) =
            statement.sign(&self.keys().device.signing, &mut system_random());
        let holds = self.with_graph(|graph| {
            let mut trial = Graph::clone(graph);
            let said = trial.insert_kept(&statement, &signature);
            let standing = trial.standing();
            Ok::<_, VaultError>(said.is_ok_and(|id| standing.verdict(id) == Some(Verdict::Holds)))
        })?;
        if holds {
            self.space_change(Change::Say {
                statement,
                signature,
            })?;
        }
        Ok(holds)
    }

    /// What this device says has to hold: in a shared space others would refuse it too.
    fn refuse_refused(&self, id: [u8; 32]) -> Result<(), VaultError> {
        if !self.is_shared() {
            return Ok(());
        }
        self.with_graph(|graph| match graph.standing().verdict(StatementId(id)) {
            Some(Verdict::Refused(why)) => Err(VaultError::NotAllowed(why.to_string())),
            _ => Ok(()),
        })
    }

    /// Makes new keys for these scopes, for whoever may have them now.
    pub(crate) fn open_epochs(&mut self, scopes: &[Scope]) -> Result<(), VaultError> {
        let (new, reached) = self.recipients(scopes)?;
        let statement = self.statement(Act::OpenEpochs {
            epochs: Vec::new(),
            wraps: Vec::new(),
        })?;
        let opened = self.keys().open_epochs(statement, new, &reached)?;
        let id = self.say_statement(&opened.statement)?;
        self.refuse_refused(id)?;
        self.keep_parcel(id, opened.parcel, opened.wraps)?;
        if let Act::OpenEpochs { epochs, .. } = &opened.statement.act {
            self.seal_under(epochs)?;
        }
        Ok(())
    }

    /// Gives keys that are there to devices that may have them.
    pub(crate) fn share_keys(
        &mut self,
        epochs: &[EpochId],
        devices: &BTreeMap<DeviceId, KemPublicKey>,
    ) -> Result<(), VaultError> {
        if epochs.is_empty() || devices.is_empty() {
            return Ok(());
        }
        let epochs: Vec<EpochId> = epochs
            .iter()
            .copied()
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect();
        let space = self.space();
        // A message of its own lets this device put the parcel together again.
        let mut devices = devices.clone();
        let own = self.keys();
        devices.insert(DeviceId(own.device_id().0), own.device.kem.public_key());
        let (parcel, wraps) = own.share_epochs(self.sql(), space, &epochs, &devices)?;
        let act = Act::ShareKeys {
            epochs,
            wraps: wraps.iter().map(crate::keyring::claim).collect(),
        };
        let statement = self.statement(act)?;
        let id = self.say_statement(&statement)?;
        self.refuse_refused(id)?;
        self.keep_parcel(id, parcel, wraps)
    }

    /// Of each scope the epochs that a new one follows and the devices that may have it; and how these are reached.
    fn recipients(
        &self,
        scopes: &[Scope],
    ) -> Result<(Vec<NewEpoch>, BTreeMap<DeviceId, KemPublicKey>), VaultError> {
        if !self.is_shared() {
            // Before anybody else is in, a new key is the first of its scope, and this device's alone.
            let device = DeviceId(self.keys().device_id().0);
            let new = |scope: &Scope| NewEpoch {
                scope: *scope,
                parents: BTreeSet::new(),
                devices: BTreeSet::from([device]),
            };
            let reached = BTreeMap::from([(device, self.keys().device.kem.public_key())]);
            return Ok((scopes.iter().map(new).collect(), reached));
        }
        self.with_graph(|graph| {
            let standing = graph.standing();
            let view = standing.view();
            let mut reached = BTreeMap::new();
            let new = scopes.iter().map(|scope| {
                let devices = view.entitled(*scope);
                for device in &devices {
                    if let Some(public) = view.device(*device) {
                        reached.insert(*device, public.kem.clone());
                    }
                }
                NewEpoch {
                    scope: *scope,
                    parents: view.epochs(*scope),
                    devices,
                }
            });
            let new: Vec<NewEpoch> = new.collect();
            Ok((new, reached))
        })
    }

    /// What this device may do in a scope, and within it.
    pub(crate) fn own_role(
        &self,
        scope: Scope,
    ) -> Result<(Option<Role>, Option<Role>), VaultError> {
        let member = MemberId(self.facts().identity);
        self.with_graph(|graph| {
            let standing = graph.standing();
            let view = standing.view();
            Ok((view.role(member, scope), view.role_within(member, scope)))
        })
    }

    fn seal_under(&self, epochs: &[EpochClaim]) -> Result<(), VaultError> {
        if self.is_shared() {
            let space = self.space();
            return self.with_graph(|graph| note_seals(self.sql(), space, graph));
        }
        let mut seals = self
            .sql()
            .prepare_cached("UPDATE epochs SET seals = 1 WHERE id = ?1")?;
        for claim in epochs {
            seals.execute([claim.epoch])?;
        }
        Ok(())
    }

    fn statement(&self, act: Act) -> Result<Statement, VaultError> {
        let space = self.space();
        Ok(Statement {
            space: keystead_membership::SpaceId(space.0),
            parents: heads(self.sql(), space)?,
            author: DeviceId(self.keys().device_id().0),
            at: self.asker().at.0,
            act,
        })
    }

    fn say_statement(&mut self, statement: &Statement) -> Result<[u8; 32], VaultError> {
        let (statement, signature) =
            statement.sign(&self.keys().device.signing, &mut system_random());
        let id = Sha256::digest(&statement).into();
        self.space_change(Change::Say {
            statement,
            signature,
        })?;
        Ok(id)
    }

    fn keep_parcel(
        &self,
        statement: [u8; 32],
        parcel: [u8; 16],
        wraps: Vec<(DeviceId, Vec<u8>)>,
    ) -> Result<(), VaultError> {
        self.sql()
            .prepare_cached("INSERT INTO parcels (statement, parcel) VALUES (?1, ?2)")?
            .execute(params![statement, parcel])?;
        let mut insert = self
            .sql()
            .prepare_cached("INSERT INTO wraps (statement, device, message) VALUES (?1, ?2, ?3)")?;
        for (device, message) in wraps {
            insert.execute(params![statement, device.0, message])?;
        }
        Ok(())
    }
}

/// What somebody gives everybody else under the name of a key.
#[cfg(test)]
#[derive(Clone, Copy)]
pub(crate) enum Cheat {
    Not,
    AnotherKey,
    NoKey,
}

#[cfg(test)]
impl Transaction<'_> {
    /// As a cheat says something, or as if it had been said long ago: whatever the rules have of it.
    pub(crate) fn say_anyway(
        &mut self,
        parents: &BTreeSet<StatementId>,
        at: i64,
        act: Act,
    ) -> Result<(), VaultError> {
        use keystead_crypto::{ParcelKey, wrap_keys};
        use keystead_replica::{Payload, wrap_context};
        let mut statement = self.statement(act)?;
        statement.parents.clone_from(parents);
        statement.at = at;
        let Act::OpenEpochs { wraps, .. } = &mut statement.act else {
            return self.say_statement(&statement).map(|_| ());
        };
        // With a message to oneself that has no key.
        let rng = &mut system_random();
        let parcel = crate::create::random();
        let own = DeviceId(self.keys().device_id().0);
        let payload = Payload::encode(&ParcelKey::generate(rng), &[]);
        let context = wrap_context(&self.space().0, &parcel, &own.0);
        let kem = self.keys().device.kem.public_key();
        let message = (
            own,
            wrap_keys(&kem, &context, &payload, rng).expect("a key"),
        );
        *wraps = vec![crate::keyring::claim(&message)];
        let id = self.say_statement(&statement)?;
        self.keep_parcel(id, parcel, vec![message])
    }

    /// Opens a key as somebody does who may cheat everybody else.
    pub(crate) fn open_as_a_cheat(&mut self, scope: Scope, cheat: Cheat) -> Result<(), VaultError> {
        use keystead_crypto::{KeyBytes, ParcelKey, epoch_id, wrap_keys};
        use keystead_replica::{Payload, wrap_context};
        let (new, reached) = self.recipients(&[scope])?;
        let rng = &mut system_random();
        let (key, other) = (KeyBytes::generate(rng), KeyBytes::generate(rng));
        let (parcel, parcel_key) = (crate::create::random(), ParcelKey::generate(rng));
        let space = self.space();
        let parents = new[0].parents.clone();
        let epoch = epoch_id(&key, &space.0, scope.of_keys(), &parents);
        let own = DeviceId(self.keys().device_id().0);
        let mut wraps = Vec::new();
        for (device, kem) in &reached {
            let given = match cheat {
                _ if *device == own => Some(&key),
                Cheat::Not => Some(&key),
                Cheat::AnotherKey => Some(&other),
                Cheat::NoKey => None,
            };
            let given: Vec<_> = given.into_iter().map(|key| (0, key)).collect();
            let payload = Payload::encode(&parcel_key, &given);
            let context = wrap_context(&space.0, &parcel, &device.0);
            let wrap = wrap_keys(kem, &context, &payload, rng).expect("a key");
            wraps.push((*device, wrap));
        }
        let claim = EpochClaim {
            scope,
            epoch,
            parents,
        };
        let statement = self.statement(Act::OpenEpochs {
            epochs: vec![claim],
            wraps: wraps.iter().map(crate::keyring::claim).collect(),
        })?;
        let id = self.say_statement(&statement)?;
        self.keep_parcel(id, parcel, wraps)
    }
}
