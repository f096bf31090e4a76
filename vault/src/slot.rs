//! Slots: the ways to unlock a vault. Each seals the vault's root key under a key of its own.

use crate::{
    asker::Timestamp,
    id::{SlotId, VaultId},
};
use keystead_crypto::{
    DecodeError, Field, KdfError, KdfParams, KeyFile, OpenError, Passphrase, Place, Reader,
    RecoverySecret, RootKey, SlotKey, Writer, derive_slot_key,
};
use rand_core::CryptoRng;

/// Which way to unlock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum SlotKind {
    /// What a person types, with a key file where the slot says so.
    Passphrase = 1,
    /// 24 words on paper.
    Recovery = 2,
    /// A key in the system's keyring.
    Keyring = 3,
}

impl SlotKind {
    /// The words shown.
    pub fn words(self) -> &'static str {
        match self {
            Self::Passphrase => "passphrase",
            Self::Recovery => "recovery kit",
            Self::Keyring => "system keyring",
        }
    }
}

/// What one guess at a passphrase costs, and who said so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Costs {
    /// The costs.
    pub params: KdfParams,
    /// Chosen by a person; costs that were calibrated rise with the machine.
    pub by_hand: bool,
}

/// What a slot says of itself before anything is derived. Only the header's MAC makes it sure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlotInfo {
    /// Its id.
    pub id: SlotId,
    /// Which way it is.
    pub kind: SlotKind,
    /// When it was made.
    pub made_at: Timestamp,
    /// For a passphrase.
    pub costs: Option<Costs>,
    /// Whether a key file counts beside the passphrase.
    pub key_file: bool,
}

/// What opens a slot.
#[derive(Clone, Copy)]
pub enum Credential<'a> {
    /// A passphrase; the key file counts where the slot wants one, and is not looked at elsewhere.
    Passphrase(&'a Passphrase, Option<&'a KeyFile>),
    /// The words of the recovery kit.
    Recovery(&'a RecoverySecret),
    /// What the system's keyring held.
    Keyring(&'a SlotKey),
}

impl Credential<'_> {
    /// The kind of slot that it opens.
    pub fn kind(&self) -> SlotKind {
        match self {
            Self::Passphrase(..) => SlotKind::Passphrase,
            Self::Recovery(_) => SlotKind::Recovery,
            Self::Keyring(_) => SlotKind::Keyring,
        }
    }
}

/// A passphrase that is to open a vault from now on.
#[derive(Clone, Copy)]
pub struct NewPassphrase<'a> {
    /// The passphrase.
    pub passphrase: &'a Passphrase,
    /// What has to be there beside it.
    pub key_file: Option<&'a KeyFile>,
    /// What each guess costs.
    pub costs: Costs,
}

/// A slot that is to be made.
#[derive(Clone, Copy)]
pub(crate) enum NewSlot<'a> {
    Passphrase(NewPassphrase<'a>),
    Recovery(&'a RecoverySecret),
    Keyring(SlotId, &'a SlotKey),
}

enum Way {
    Passphrase {
        costs: Costs,
        key_file: bool,
        salt: [u8; 32],
    },
    Recovery,
    Keyring,
}

/// Why a slot did not open.
pub(crate) enum SlotError {
    /// The credential is of another kind, or not this slot's.
    NotThis,
    KeyFileNeeded,
    Kdf(KdfError),
    UnsupportedSuite(u16),
}

pub(crate) struct Slot {
    id: SlotId,
    made_at: Timestamp,
    way: Way,
    envelope: Vec<u8>,
}

impl Slot {
    pub(crate) fn generate(
        vault: VaultId,
        new: NewSlot<'_>,
        root: &RootKey,
        made_at: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<Self, KdfError> {
        let mut id = SlotId::generate(rng);
        let (way, envelope) = match new {
            NewSlot::Passphrase(new) => {
                let mut salt = [0; 32];
                rng.fill_bytes(&mut salt);
                let params = new.costs.params;
                let key = derive_slot_key(new.passphrase, new.key_file, &salt, params)?;
                let way = Way::Passphrase {
                    costs: new.costs,
                    key_file: new.key_file.is_some(),
                    salt,
                };
                (way, key.seal_root_key(&place(vault, id), root, rng))
            }
            NewSlot::Recovery(secret) => {
                let key = secret.derive_slot_key();
                (
                    Way::Recovery,
                    key.seal_root_key(&place(vault, id), root, rng),
                )
            }
            NewSlot::Keyring(kept_under, key) => {
                id = kept_under;
                (
                    Way::Keyring,
                    key.seal_root_key(&place(vault, id), root, rng),
                )
            }
        };
        Ok(Self {
            id,
            made_at,
            way,
            envelope,
        })
    }

    pub(crate) fn open(
        &self,
        vault: VaultId,
        credential: &Credential<'_>,
    ) -> Result<RootKey, SlotError> {
        let opened = match (credential, &self.way) {
            (
                Credential::Passphrase(passphrase, file),
                Way::Passphrase {
                    costs,
                    key_file,
                    salt,
                },
            ) => {
                if *key_file && file.is_none() {
                    return Err(SlotError::KeyFileNeeded);
                }
                let file = file.filter(|_| *key_file);
                derive_slot_key(passphrase, file, salt, costs.params)
                    .map_err(SlotError::Kdf)?
                    .open_root_key(&place(vault, self.id), &self.envelope)
            }
            (Credential::Recovery(secret), Way::Recovery) => secret
                .derive_slot_key()
                .open_root_key(&place(vault, self.id), &self.envelope),
            (Credential::Keyring(key), Way::Keyring) => {
                key.open_root_key(&place(vault, self.id), &self.envelope)
            }
            _ => return Err(SlotError::NotThis),
        };
        opened.map_err(|error| match error {
            OpenError::UnsupportedSuite(n) => SlotError::UnsupportedSuite(n),
            _ => SlotError::NotThis,
        })
    }

    pub(crate) fn info(&self) -> SlotInfo {
        let (costs, key_file) = match self.way {
            Way::Passphrase {
                costs, key_file, ..
            } => (Some(costs), key_file),
            Way::Recovery | Way::Keyring => (None, false),
        };
        SlotInfo {
            id: self.id,
            kind: self.kind(),
            made_at: self.made_at,
            costs,
            key_file,
        }
    }

    pub(crate) fn kind(&self) -> SlotKind {
        match self.way {
            Way::Passphrase { .. } => SlotKind::Passphrase,
            Way::Recovery => SlotKind::Recovery,
            Way::Keyring => SlotKind::Keyring,
        }
    }

    pub(crate) fn encode(&self, writer: &mut Writer) {
        writer
            .fixed(&self.id.0)
            .u8(self.kind() as u8)
            .i64(self.made_at.0);
        if let Way::Passphrase {
            costs,
            key_file,
            salt,
        } = &self.way
        {
            writer
                .u32(costs.params.memory_kib())
                .u32(costs.params.passes())
                .u32(costs.params.lanes())
                .u8(costs.by_hand.into())
                .u8((*key_file).into())
                .fixed(salt);
        }
        writer.bytes(&self.envelope);
    }

    /// Reads one slot; costs outside floor and ceilings are told apart from another form.
    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<Result<Self, KdfError>, DecodeError> {
        let id = SlotId(reader.fixed()?);
        let kind = reader.u8()?;
        let made_at = Timestamp(reader.i64()?);
        let way = match kind {
            1 => {
                let (memory_kib, passes, lanes) = (reader.u32()?, reader.u32()?, reader.u32()?);
                let (by_hand, key_file) = (flag(reader)?, flag(reader)?);
                let salt = reader.fixed()?;
                KdfParams::new(memory_kib, passes, lanes).map(|params| Way::Passphrase {
                    costs: Costs { params, by_hand },
                    key_file,
                    salt,
                })
            }
            2 => Ok(Way::Recovery),
            3 => Ok(Way::Keyring),
            _ => return Err(DecodeError::NotCanonical),
        };
        let envelope = reader.bytes()?.to_vec();
        Ok(way.map(|way| Self {
            id,
            made_at,
            way,
            envelope,
        }))
    }
}

fn flag(reader: &mut Reader<'_>) -> Result<bool, DecodeError> {
    match reader.u8()? {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(DecodeError::NotCanonical),
    }
}

fn place(vault: VaultId, slot: SlotId) -> Place {
    Place::in_vault(vault.0, slot.0, Field::SlotRootKey)
}
