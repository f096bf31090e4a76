//! Where a ciphertext belongs. Bound into its key, so that it opens nowhere else.

use crate::{SCHEMA, SUITE};

/// Bytes of a canonical place.
const PLACE_SIZE: usize = 2 + 2 + 32 + 3 * 16 + 1 + 16 + 32 + 2 * 16;
const _: () = assert!(PLACE_SIZE == 165, "docs/format.md says 165");

/// What a sealed payload is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Field {
    /// The root key inside a slot.
    SlotRootKey = 1,
    /// The seed of the identity's signature key.
    IdentitySigningSeed = 2,
    /// The seed of the identity's share key.
    IdentityShareSeed = 3,
    /// The seed of a device's signature key.
    DeviceSigningSeed = 4,
    /// The seed of a device's KEM key.
    DeviceKemSeed = 5,
    /// A secret's value.
    Value = 6,
    /// A segment of operations, on a remote.
    Segment = 7,
    /// The names in an operation's block.
    BlockNames = 8,
    /// The root key before the present one, while a vault is keyed anew.
    PreviousRootKey = 9,
    /// A file of a secret.
    Attachment = 10,
    /// A log's signed head, on a remote.
    SignedHead = 11,
    /// The statement of a parcel.
    ParcelStatement = 12,
    /// What a new device asks to be enrolled with.
    EnrolmentRequest = 13,
    /// What it gets.
    Welcome = 14,
    /// A checkpoint, on a remote.
    Checkpoint = 15,
}

/// The place of a ciphertext. Absent parts are zero; ids are random or hashes,
/// so zero is no id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The vault's id (zero-extended) or the space's.
    pub owner: [u8; 32],
    /// The project.
    pub project: [u8; 16],
    /// The environment.
    pub environment: [u8; 16],
    /// The secret, or the slot, or the device.
    pub subject: [u8; 16],
    /// What it is.
    pub field: Field,
    /// The version.
    pub version: [u8; 16],
    /// The commitment of the key it is sealed under.
    pub epoch: [u8; 32],
    /// The device that made the version.
    pub author: [u8; 16],
    /// The device that sealed it.
    pub sealer: [u8; 16],
}

impl Place {
    /// A place in a vault that needs no more than a subject and a field.
    pub fn in_vault(vault: [u8; 16], subject: [u8; 16], field: Field) -> Self {
        let mut owner = [0; 32];
        owner[..16].copy_from_slice(&vault);
        Self {
            owner,
            project: [0; 16],
            environment: [0; 16],
            subject,
            field,
            version: [0; 16],
            epoch: [0; 32],
            author: [0; 16],
            sealer: [0; 16],
        }
    }

    /// The canonical additional data: suite, schema and every part, big-endian.
    pub(crate) fn canonical(&self) -> [u8; PLACE_SIZE] {
        let parts: [&[u8]; 11] = [
            &SUITE.to_be_bytes(),
            &SCHEMA.to_be_bytes(),
            &self.owner,
            &self.project,
            &self.environment,
            &self.subject,
            &[self.field as u8],
            &self.version,
            &self.epoch,
            &self.author,
            &self.sealer,
        ];
        let mut bytes = [0; PLACE_SIZE];
        let mut rest = &mut bytes[..];
        for part in parts {
            let (here, after) = rest.split_at_mut(part.len());
            here.copy_from_slice(part);
            rest = after;
        }
        bytes
    }
}
