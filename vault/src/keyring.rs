//! The private keys of an open vault, and the keys of epochs that its device was given. Wiped when the vault is closed.

use crate::{
    id::{DeviceId, SpaceId},
    vault::VaultError,
};
use getrandom::{
    SysRng,
    rand_core::{Rng, UnwrapErr},
};
use keystead_crypto::{
    DeviceKeys, EnvironmentKey, EpochId, EpochScope, IdentityKeys, IndexKey, KemPublicKey,
    KeyBytes, ParcelKey, ProjectMetadataKey, Recipient, SecretBytes, SpaceKey, WrapError,
    check_epoch, epoch_id, unwrap_keys, wrap_keys_for_each,
};
use keystead_membership::{Act, EpochClaim, Scope, Statement, WrapClaim};
use keystead_replica::{Payload, wrap_context};
use rusqlite::{Connection, params};
use sha2::{Digest, Sha256};
use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

/// The system's random numbers.
pub(crate) fn system_random() -> UnwrapErr<SysRng> {
    UnwrapErr(SysRng)
}

pub(crate) struct Keyring {
    /// Only on primary devices.
    pub(crate) identity: Option<IdentityKeys>,
    pub(crate) device: DeviceKeys,
    pub(crate) index: IndexKey,
    /// Unwrapped on first use.
    opened: RefCell<HashMap<EpochId, Key>>,
}

/// The key of an epoch, for the one use that its scope has.
#[derive(Clone)]
enum Key {
    Space(Arc<SpaceKey>),
    Project(Arc<ProjectMetadataKey>),
    Environment(Arc<EnvironmentKey>),
}

impl Key {
    fn bytes(&self) -> &KeyBytes {
        match self {
            Self::Space(key) => key.key(),
            Self::Project(key) => key.key(),
            Self::Environment(key) => key.key(),
        }
    }
}

/// A scope that gets a new key: the epochs that it follows there, and the devices that may have it.
pub(crate) struct NewEpoch {
    pub(crate) scope: Scope,
    pub(crate) parents: BTreeSet<EpochId>,
    pub(crate) devices: BTreeSet<keystead_membership::DeviceId>,
}

/// Messages, by the device that each is for.
pub(crate) type Wraps = Vec<(keystead_membership::DeviceId, Vec<u8>)>;

/// What a statement says of a message.
pub(crate) fn claim((device, wrap): &(keystead_membership::DeviceId, Vec<u8>)) -> WrapClaim {
    WrapClaim {
        device: *device,
        message: Sha256::digest(wrap).into(),
    }
}

/// A statement of new epochs, and the messages that carry their keys.
pub(crate) struct OpenedEpochs {
    pub(crate) statement: Statement,
    pub(crate) parcel: [u8; 16],
    pub(crate) wraps: Wraps,
}

impl Keyring {
    pub(crate) fn new(identity: Option<IdentityKeys>, device: DeviceKeys, index: IndexKey) -> Self {
        Self {
            identity,
            device,
            index,
            opened: RefCell::default(),
        }
    }

    /// The identity's keys, where this device holds them.
    pub(crate) fn identity(&self) -> Result<&IdentityKeys, VaultError> {
        self.identity.as_ref().ok_or(VaultError::NotPrimary)
    }

    pub(crate) fn device_id(&self) -> DeviceId {
        DeviceId(self.device.id)
    }

    /// Makes a key for each scope, and wraps to each device those that it may have, in one message.
    pub(crate) fn open_epochs(
        &self,
        mut statement: Statement,
        mut scopes: Vec<NewEpoch>,
        reached: &BTreeMap<keystead_membership::DeviceId, KemPublicKey>,
    ) -> Result<OpenedEpochs, VaultError> {
        let rng = &mut system_random();
        scopes.sort_unstable_by_key(|new| new.scope);
        let keys: Vec<(EpochClaim, KeyBytes)> = scopes
            .iter()
            .map(|new| {
                let key = KeyBytes::generate(rng);
                let (scope, parents) = (new.scope, new.parents.clone());
                let epoch = epoch_id(&key, &statement.space.0, scope.of_keys(), &parents);
                let claim = EpochClaim {
                    scope,
                    epoch,
                    parents,
                };
                (claim, key)
            })
            .collect();
        let mut parcel = [0; 16];
        rng.fill_bytes(&mut parcel);
        let parcel_key = ParcelKey::generate(rng);
        let mut messages: Vec<(
            keystead_membership::DeviceId,
            &KemPublicKey,
            Vec<u8>,
            SecretBytes,
        )> = Vec::new();
        for (device, key) in reached {
            let given: Vec<(u16, &KeyBytes)> = (0u16..)
                .zip(scopes.iter().zip(&keys))
                .filter(|(_, (new, _))| new.devices.contains(device))
                .map(|(place, (_, (_, key)))| (place, key))
                .collect();
            if !given.is_empty() {
                let context = wrap_context(&statement.space.0, &parcel, &device.0);
                messages.push((*device, key, context, Payload::encode(&parcel_key, &given)));
            }
        }
        let recipients: Vec<Recipient<'_>> = messages
            .iter()
            .map(|(_, key, context, payload)| Recipient {
                key,
                context,
                payload,
            })
            .collect();
        let mut wraps = Vec::with_capacity(recipients.len());
        wrap_keys_for_each(&recipients, rng, |at, wrap| {
            wraps.push((messages[at].0, wrap));
            Ok::<_, WrapError>(())
        })
        .map_err(|_| VaultError::Damaged("a device's KEM key is not valid"))?;
        let mut epochs = Vec::with_capacity(keys.len());
        for (claim, key) in keys {
            self.keep(claim.scope.of_keys(), claim.epoch, key);
            epochs.push(claim);
        }
        statement.act = Act::OpenEpochs {
            epochs,
            wraps: wraps.iter().map(claim).collect(),
        };
        Ok(OpenedEpochs {
            statement,
            parcel,
            wraps,
        })
    }

    /// Whether this device has the key that a claim is of.
    pub(crate) fn fits(&self, sql: &Connection, space: SpaceId, claim: &EpochClaim) -> bool {
        let (scope, parents) = (claim.scope.of_keys(), &claim.parents);
        self.key(sql, claim.epoch).is_ok_and(|key| {
            check_epoch(&claim.epoch, key.bytes(), &space.0, scope, parents).is_ok()
        })
    }

    /// Whether this device has the key of an epoch.
    #[cfg(test)]
    pub(crate) fn has(&self, sql: &Connection, epoch: EpochId) -> bool {
        self.key(sql, epoch).is_ok()
    }

    fn keep(&self, scope: EpochScope, epoch: EpochId, key: KeyBytes) {
        let key = match scope {
            EpochScope::Space => Key::Space(Arc::new(SpaceKey::from_bytes(key))),
            EpochScope::Project(_) => Key::Project(Arc::new(ProjectMetadataKey::from_bytes(key))),
            EpochScope::Environment(_) => {
                Key::Environment(Arc::new(EnvironmentKey::from_bytes(key)))
            }
        };
        self.opened.borrow_mut().insert(epoch, key);
    }

    /// Wraps keys that are here to devices, all of them to each.
    pub(crate) fn share_epochs(
        &self,
        sql: &Connection,
        space: SpaceId,
        epochs: &[EpochId],
        devices: &BTreeMap<keystead_membership::DeviceId, KemPublicKey>,
    ) -> Result<([u8; 16], Wraps), VaultError> {
        let keys = epochs
            .iter()
            .map(|epoch| self.key(sql, *epoch))
            .collect::<Result<Vec<Key>, _>>()?;
        let rng = &mut system_random();
        let mut parcel = [0; 16];
        rng.fill_bytes(&mut parcel);
        let given: Vec<(u16, &KeyBytes)> = (0u16..).zip(keys.iter().map(Key::bytes)).collect();
        let payload = Payload::encode(&ParcelKey::generate(rng), &given);
        let messages: Vec<(keystead_membership::DeviceId, &KemPublicKey, Vec<u8>)> = devices
            .iter()
            .map(|(device, key)| (*device, key, wrap_context(&space.0, &parcel, &device.0)))
            .collect();
        let recipients: Vec<Recipient<'_>> = messages
            .iter()
            .map(|(_, key, context)| Recipient {
                key,
                context,
                payload: &payload,
            })
            .collect();
        let mut wraps = Vec::with_capacity(recipients.len());
        wrap_keys_for_each(&recipients, rng, |at, wrap| {
            wraps.push((messages[at].0, wrap));
            Ok::<_, WrapError>(())
        })
        .map_err(|_| VaultError::Damaged("a device's KEM key is not valid"))?;
        Ok((parcel, wraps))
    }

    /// An epoch's space key, unwrapped on first use.
    pub(crate) fn space_key(
        &self,
        sql: &Connection,
        epoch: EpochId,
    ) -> Result<Arc<SpaceKey>, VaultError> {
        match self.key(sql, epoch)? {
            Key::Space(key) => Ok(key),
            _ => Err(VaultError::Damaged("an epoch is of something else")),
        }
    }

    /// An epoch's environment key, unwrapped on first use.
    pub(crate) fn environment_key(
        &self,
        sql: &Connection,
        epoch: EpochId,
    ) -> Result<Arc<EnvironmentKey>, VaultError> {
        match self.key(sql, epoch)? {
            Key::Environment(key) => Ok(key),
            _ => Err(VaultError::Damaged("an epoch is of something else")),
        }
    }

    /// An epoch's project metadata key, unwrapped on first use.
    pub(crate) fn metadata_key(
        &self,
        sql: &Connection,
        epoch: EpochId,
    ) -> Result<Arc<ProjectMetadataKey>, VaultError> {
        match self.key(sql, epoch)? {
            Key::Project(key) => Ok(key),
            _ => Err(VaultError::Damaged("an epoch is of something else")),
        }
    }

    fn key(&self, sql: &Connection, epoch: EpochId) -> Result<Key, VaultError> {
        if let Some(key) = self.opened.borrow().get(&epoch) {
            return Ok(key.clone());
        }
        self.unwrap_messages_of(sql, epoch)?;
        let opened = self.opened.borrow();
        opened.get(&epoch).cloned().ok_or(VaultError::NoKey)
    }

    /// Opens the messages that may carry the key of an epoch until one does: those of statements that open it, then those of
    /// statements that share it. One that has keys of other epochs alone, or is nothing at all, hides none that comes after.
    fn unwrap_messages_of(&self, sql: &Connection, epoch: EpochId) -> Result<(), VaultError> {
        let mut statement = sql.prepare_cached(
            "SELECT s.bytes, p.parcel, w.message FROM
             (SELECT statement, 0 AS shared FROM epochs WHERE id = ?1
              UNION ALL SELECT statement, 1 FROM shares WHERE epoch = ?1) c
             JOIN statements s ON s.id = c.statement
             JOIN parcels p ON p.statement = s.id
             JOIN wraps w ON w.statement = s.id AND w.device = ?2
             ORDER BY c.shared, s.position",
        )?;
        let mut rows = statement.query(params![epoch, self.device_id()])?;
        let mut failed = Ok(());
        while let Some(row) = rows.next()? {
            let (said, parcel, wrap): (Vec<u8>, [u8; 16], Vec<u8>) =
                (row.get(0)?, row.get(1)?, row.get(2)?);
            match self.unwrap_message(sql, &Statement::decode(&said)?, &parcel, &wrap) {
                Ok(()) if self.opened.borrow().contains_key(&epoch) => return Ok(()),
                Ok(()) => {}
                Err(error @ VaultError::Damaged(_)) => failed = Err(error),
                Err(error) => return Err(error),
            }
        }
        failed
    }

    fn unwrap_message(
        &self,
        sql: &Connection,
        statement: &Statement,
        parcel: &[u8; 16],
        wrap: &[u8],
    ) -> Result<(), VaultError> {
        let device = keystead_membership::DeviceId(self.device.id);
        let context = wrap_context(&statement.space.0, parcel, &device.0);
        let payload = unwrap_keys(&self.device.kem, &context, wrap)
            .map_err(|_| VaultError::Damaged("a wrap does not open"))?;
        let named = match &statement.act {
            Act::OpenEpochs { wraps, .. } | Act::ShareKeys { wraps, .. } => wraps,
            _ => return Err(VaultError::Damaged("an epoch's statement gives no key")),
        };
        let named = named.iter().find(|wrap| wrap.device == device);
        if named.map(|named| named.message) != Some(Sha256::digest(wrap).into()) {
            return Err(VaultError::Damaged(
                "a wrap is not the one its statement names",
            ));
        }
        for (place, key) in Payload::decode(&payload)?.keys {
            let claim = claim_of(sql, statement, place, &key)?;
            let claim = claim.ok_or(VaultError::Damaged("a wrapped key is not its epoch's"))?;
            self.keep(claim.scope.of_keys(), claim.epoch, key);
        }
        Ok(())
    }
}

/// What a statement says of the key at a place in a message of it, if it is the one that this commits to: whoever wrapped
/// another one shows here. Several statements may name one epoch, for whichever scope they like; the key fits one.
pub(crate) fn claim_of(
    sql: &Connection,
    statement: &Statement,
    place: u16,
    key: &KeyBytes,
) -> Result<Option<EpochClaim>, VaultError> {
    let place = usize::from(place);
    let claims = match &statement.act {
        Act::OpenEpochs { epochs, .. } => epochs.get(place).cloned().into_iter().collect(),
        Act::ShareKeys { epochs, .. } => match epochs.get(place) {
            Some(epoch) => opening_claims(sql, *epoch)?,
            None => Vec::new(),
        },
        _ => Vec::new(),
    };
    let space = statement.space.0;
    Ok(claims.into_iter().find(|claim| {
        let (scope, parents) = (claim.scope.of_keys(), &claim.parents);
        check_epoch(&claim.epoch, key, &space, scope, parents).is_ok()
    }))
}

/// What the statements that open an epoch say of it.
fn opening_claims(sql: &Connection, epoch: EpochId) -> Result<Vec<EpochClaim>, VaultError> {
    let mut statement = sql.prepare_cached(
        "SELECT s.bytes FROM epochs e JOIN statements s ON s.id = e.statement
         WHERE e.id = ?1 ORDER BY s.position",
    )?;
    let mut rows = statement.query([epoch])?;
    let mut claims = Vec::new();
    while let Some(row) = rows.next()? {
        let bytes: Vec<u8> = row.get(0)?;
        if let Act::OpenEpochs { epochs, .. } = Statement::decode(&bytes)?.act {
            claims.extend(epochs.into_iter().filter(|claim| claim.epoch == epoch));
        }
    }
    Ok(claims)
}
