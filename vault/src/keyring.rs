//! The private keys of an open vault, and the environment keys that its
//! device was given. Wiped when the vault is closed.

use crate::{
    id::{DeviceId, EnvironmentId, SpaceId},
    vault::VaultError,
};
use getrandom::{SysRng, rand_core::UnwrapErr};
use keystead_crypto::{
    DecodeError, DeviceKeys, EnvironmentKey, EpochId, EpochScope, IdentityKeys, IndexKey, KeyBytes,
    Reader, SecretBytes, SigningContext, Writer, check_epoch, epoch_id, unwrap_keys, wrap_keys,
};
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

/// A signed statement of new epochs, and the wraps that carry their keys.
pub(crate) struct OpenedEpochs {
    pub(crate) statement: Vec<u8>,
    pub(crate) signature: Vec<u8>,
    pub(crate) wrap: Vec<u8>,
}

/// What a statement says.
pub(crate) struct EpochStatement {
    pub(crate) epochs: Vec<(EpochScope, EpochId)>,
    pub(crate) recipients: Vec<(DeviceId, [u8; 32])>,
    context: Vec<u8>,
    space: SpaceId,
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

    /// Makes a key for each scope and wraps them all, in one message, to this device.
    pub(crate) fn open_epochs(
        &self,
        space: SpaceId,
        scopes: &[EpochScope],
    ) -> Result<OpenedEpochs, VaultError> {
        let rng = &mut system_random();
        let keys: Vec<_> = scopes
            .iter()
            .map(|&scope| {
                let key = KeyBytes::generate(rng);
                (
                    scope,
                    epoch_id(&key, &space.0, scope, &BTreeSet::new()),
                    key,
                )
            })
            .collect();

        let mut statement = Writer::versioned();
        statement.fixed(&space.0).count(keys.len());
        for (scope, id, _) in &keys {
            statement
                .u8(scope.tag())
                .fixed(&scope.id())
                .fixed(id)
                .count(0);
        }
        let mut context = statement.as_slice().to_vec();
        context.extend_from_slice(&self.device.id);

        let mut payload = SecretBytes::zeroed(keys.len() * 32);
        for (room, (_, _, key)) in payload.chunks_exact_mut(32).zip(&keys) {
            room.copy_from_slice(key.expose());
        }
        let wrap = wrap_keys(&self.device.kem.public_key(), &context, &payload, rng)
            .map_err(|_| VaultError::Damaged("the device's own KEM key is not valid"))?;
        statement
            .count(1)
            .fixed(&self.device.id)
            .fixed(&Sha256::digest(&wrap));
        let statement = statement.finish();
        let signature = self
            .device
            .signing
            .sign(SigningContext::Membership, &statement, rng)
            .to_vec();
        Ok(OpenedEpochs {
            statement,
            signature,
            wrap,
        })
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
                "SELECT e.statement, w.message FROM epochs e
                 JOIN wraps w ON w.statement = e.statement AND w.device = ?2 WHERE e.id = ?1",
            )?
            .query_row(params![epoch, self.device_id()], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .optional()?
            .ok_or(VaultError::Damaged("an epoch has no wrap for this device"))?;
        let parsed = EpochStatement::parse(&statement)?;
        let named = (self.device_id(), <[u8; 32]>::from(Sha256::digest(&wrap)));
        if !parsed.recipients.contains(&named) {
            return Err(VaultError::Damaged(
                "a wrap is not the one its statement names",
            ));
        }
        let mut context = parsed.context.clone();
        context.extend_from_slice(&self.device.id);
        let payload = unwrap_keys(&self.device.kem, &context, &wrap)
            .map_err(|_| VaultError::Damaged("a wrap does not open"))?;
        if payload.len() != parsed.epochs.len() * 32 {
            return Err(VaultError::Damaged("a wrap has another number of keys"));
        }
        for ((scope, id), bytes) in parsed.epochs.iter().zip(payload.chunks_exact(32)) {
            let key = KeyBytes::from_slice(bytes).expect("chunks of 32");
            // The id commits to the key: whoever wrapped another one shows here.
            check_epoch(id, &key, &parsed.space.0, *scope, &BTreeSet::new())
                .map_err(|_| VaultError::Damaged("a wrapped key is not its epoch's"))?;
            if matches!(scope, EpochScope::Environment(_)) {
                self.environments
                    .insert(*id, EnvironmentKey::from_bytes(key));
            }
        }
        Ok(())
    }
}

impl EpochStatement {
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::versioned(bytes)?;
        let space = SpaceId(reader.fixed()?);
        let epochs = reader.list(|r| {
            let tag = r.u8()?;
            let id = r.fixed()?;
            let scope = match tag {
                1 => EpochScope::Space,
                2 => EpochScope::Project(id),
                3 => EpochScope::Environment(id),
                _ => return Err(DecodeError::NotCanonical),
            };
            let epoch = r.fixed()?;
            // Parents come with removals; a first epoch has none.
            r.list(|r| r.fixed::<32>())?
                .is_empty()
                .then_some((scope, epoch))
                .ok_or(DecodeError::NotCanonical)
        })?;
        // Each epoch is tag 1, scope id 16, id 32, no parents 4.
        let context = bytes[..4 + 32 + 4 + epochs.len() * 53].to_vec();
        let recipients = reader.list(|r| Ok((DeviceId(r.fixed()?), r.fixed()?)))?;
        reader.finish()?;
        Ok(Self {
            epochs,
            recipients,
            context,
            space,
        })
    }
}
