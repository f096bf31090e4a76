//! The private keys of an open vault, and the environment keys that its
//! device was given. Wiped when the vault is closed.

use crate::{
    id::{DeviceId, EnvironmentId},
    membership,
    vault::VaultError,
};
use getrandom::{SysRng, rand_core::UnwrapErr};
use keystead_crypto::{
    DeviceKeys, EnvironmentKey, EpochId, EpochScope, IdentityKeys, IndexKey, KeyBytes, SecretBytes,
    check_epoch, epoch_id, unwrap_keys, wrap_keys,
};
use keystead_membership::{Act, EpochClaim, Scope, Statement, WrapClaim};
use rusqlite::{Connection, OptionalExtension, params};
use sha2::{Digest, Sha256};
use std::collections::{BTreeSet, HashMap};

/// The system's random numbers.
pub(crate) fn system_random() -> UnwrapErr<SysRng> {
    UnwrapErr(SysRng)
}

pub(crate) struct Keyring {
    pub(crate) identity: IdentityKeys,
    pub(crate) device: DeviceKeys,
    pub(crate) index: IndexKey,
    environments: HashMap<EpochId, EnvironmentKey>,
}

/// A statement of new epochs, and the message that carries their keys to this device.
pub(crate) struct OpenedEpochs {
    pub(crate) statement: Statement,
    pub(crate) wrap: Vec<u8>,
}

impl Keyring {
    pub(crate) fn new(identity: IdentityKeys, device: DeviceKeys, index: IndexKey) -> Self {
        Self {
            identity,
            device,
            index,
            environments: HashMap::new(),
        }
    }

    pub(crate) fn device_id(&self) -> DeviceId {
        DeviceId(self.device.id)
    }

    /// Makes a first key for each scope and wraps them all, in one message, to this device.
    pub(crate) fn open_epochs(
        &self,
        mut statement: Statement,
        scopes: &[Scope],
    ) -> Result<OpenedEpochs, VaultError> {
        let rng = &mut system_random();
        let mut scopes = scopes.to_vec();
        scopes.sort_unstable();
        let parents = BTreeSet::new();
        let keys: Vec<(EpochClaim, KeyBytes)> = scopes
            .into_iter()
            .map(|scope| {
                let key = KeyBytes::generate(rng);
                let epoch = epoch_id(&key, &statement.space.0, scope.of_keys(), &parents);
                let parents = parents.clone();
                let claim = EpochClaim {
                    scope,
                    epoch,
                    parents,
                };
                (claim, key)
            })
            .collect();
        let mut payload = SecretBytes::zeroed(keys.len() * 32);
        for (room, (_, key)) in payload.chunks_exact_mut(32).zip(&keys) {
            room.copy_from_slice(key.expose());
        }
        let epochs: Vec<EpochClaim> = keys.into_iter().map(|(claim, _)| claim).collect();
        statement.act = Act::OpenEpochs {
            epochs: epochs.clone(),
            wraps: Vec::new(),
        };
        let device = keystead_membership::DeviceId(self.device.id);
        let context = membership::wrap_context(&statement, device);
        let wrap = wrap_keys(&self.device.kem.public_key(), &context, &payload, rng)
            .map_err(|_| VaultError::Damaged("the device's own KEM key is not valid"))?;
        let message = Sha256::digest(&wrap).into();
        statement.act = Act::OpenEpochs {
            epochs,
            wraps: vec![WrapClaim { device, message }],
        };
        Ok(OpenedEpochs { statement, wrap })
    }

    /// The epoch that an environment seals in, with its key at hand.
    pub(crate) fn current_epoch(
        &mut self,
        sql: &Connection,
        environment: EnvironmentId,
    ) -> Result<EpochId, VaultError> {
        let epoch = sql
            .prepare_cached(
                "SELECT id FROM epochs WHERE scope = 3 AND scope_id = ?1 ORDER BY rowid DESC LIMIT 1",
            )?
            .query_row([environment], |row| row.get(0))
            .optional()?
            .ok_or(VaultError::Damaged("an environment has no epoch"))?;
        self.environment_key(sql, epoch)?;
        Ok(epoch)
    }

    /// An epoch's environment key, unwrapped on first use.
    pub(crate) fn environment_key(
        &mut self,
        sql: &Connection,
        epoch: EpochId,
    ) -> Result<&EnvironmentKey, VaultError> {
        if !self.environments.contains_key(&epoch) {
            self.unwrap_statement_of(sql, epoch)?;
        }
        self.environments
            .get(&epoch)
            .ok_or(VaultError::Damaged("a wrap lacks the key of its epoch"))
    }

    fn unwrap_statement_of(&mut self, sql: &Connection, epoch: EpochId) -> Result<(), VaultError> {
        let (statement, wrap): (Vec<u8>, Vec<u8>) = sql
            .prepare_cached(
                "SELECT s.bytes, w.message FROM epochs e JOIN statements s ON s.id = e.statement
                 JOIN wraps w ON w.statement = s.id AND w.device = ?2 WHERE e.id = ?1",
            )?
            .query_row(params![epoch, self.device_id()], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .optional()?
            .ok_or(VaultError::Damaged("an epoch has no wrap for this device"))?;
        let statement = Statement::decode(&statement)?;
        let device = keystead_membership::DeviceId(self.device.id);
        let (claims, named) = membership::claims_for(&statement, device).ok_or(
            VaultError::Damaged("an epoch's statement has nothing for this device"),
        )?;
        if named.message != <[u8; 32]>::from(Sha256::digest(&wrap)) {
            return Err(VaultError::Damaged(
                "a wrap is not the one its statement names",
            ));
        }
        let context = membership::wrap_context(&statement, device);
        let payload = unwrap_keys(&self.device.kem, &context, &wrap)
            .map_err(|_| VaultError::Damaged("a wrap does not open"))?;
        if payload.len() != claims.len() * 32 {
            return Err(VaultError::Damaged("a wrap has another number of keys"));
        }
        for (claim, bytes) in claims.iter().zip(payload.chunks_exact(32)) {
            let key = KeyBytes::from_slice(bytes).expect("chunks of 32");
            let scope = claim.scope.of_keys();
            // The id commits to the key: whoever wrapped another one shows here.
            check_epoch(
                &claim.epoch,
                &key,
                &statement.space.0,
                scope,
                &claim.parents,
            )
            .map_err(|_| VaultError::Damaged("a wrapped key is not its epoch's"))?;
            if matches!(scope, EpochScope::Environment(_)) {
                self.environments
                    .insert(claim.epoch, EnvironmentKey::from_bytes(key));
            }
        }
        Ok(())
    }
}
