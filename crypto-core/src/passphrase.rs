//! From a passphrase to a slot key: Argon2id v1.3 (RFC 9106), with a floor
//! and ceilings that are checked before anything is derived.

use crate::secret::{KeyBytes, SecretText};
use argon2::{Algorithm, Argon2, Params, Version};
use keystead_memory::KdfBlocks;

/// Cost of one derivation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KdfParams {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
}

/// Why a passphrase could not be turned into a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KdfError {
    /// Cheaper than any vault is allowed to be.
    #[error("the passphrase derivation is weaker than the floor of 64 MiB and 3 passes")]
    BelowFloor,
    /// Dearer than this program is willing to pay.
    #[error("the passphrase derivation asks for more than 1 GiB, 64 passes or 16 lanes")]
    AboveCeiling,
    /// The memory could not be had.
    #[error("there is not enough memory for the passphrase derivation")]
    OutOfMemory,
}

impl KdfParams {
    /// The least that any vault has: 64 MiB, 3 passes, 4 lanes (RFC 9106 §4, second choice).
    pub const FLOOR: Self = Self {
        memory_kib: 64 * 1024,
        passes: 3,
        lanes: 4,
    };
    /// The most memory that is ever used, in KiB.
    pub const MEMORY_CEILING_KIB: u32 = 1024 * 1024;
    /// The most passes that are ever made.
    pub const PASSES_CEILING: u32 = 64;
    /// The most lanes that are ever used.
    pub const LANES_CEILING: u32 = 16;

    /// Checks costs against floor and ceilings. `memory_kib` in KiB.
    ///
    /// # Errors
    /// [`KdfError::BelowFloor`] or [`KdfError::AboveCeiling`].
    pub fn new(memory_kib: u32, passes: u32, lanes: u32) -> Result<Self, KdfError> {
        if memory_kib < Self::FLOOR.memory_kib || passes < Self::FLOOR.passes || lanes == 0 {
            return Err(KdfError::BelowFloor);
        }
        if memory_kib > Self::MEMORY_CEILING_KIB
            || passes > Self::PASSES_CEILING
            || lanes > Self::LANES_CEILING
        {
            return Err(KdfError::AboveCeiling);
        }
        Ok(Self {
            memory_kib,
            passes,
            lanes,
        })
    }

    /// Memory, in KiB.
    pub fn memory_kib(self) -> u32 {
        self.memory_kib
    }

    /// Passes over the memory.
    pub fn passes(self) -> u32 {
        self.passes
    }

    /// Lanes.
    pub fn lanes(self) -> u32 {
        self.lanes
    }
}

/// A passphrase, UTF-8 as typed.
pub struct Passphrase(SecretText);

impl Passphrase {
    /// Takes what was typed; wipes the string that it was typed into.
    pub fn new(text: String) -> Self {
        Self(SecretText::new(text))
    }

    /// What was typed.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// A key that opens one slot.
pub struct SlotKey(pub(crate) KeyBytes);

impl SlotKey {
    pub(crate) fn key(&self) -> &KeyBytes {
        &self.0
    }
}

/// Derives the key of a passphrase slot. `salt` is 32 random bytes.
///
/// The working memory stands on huge pages where the system has them, and is wiped before it is given back. It is too
/// large to be locked.
///
/// # Errors
/// [`KdfError::OutOfMemory`] if the memory can't be had.
///
/// Source: RFC 9106, Argon2id, version 0x13, no secret, no associated data.
pub fn derive_slot_key(
    passphrase: &Passphrase,
    salt: &[u8; 32],
    params: KdfParams,
) -> Result<SlotKey, KdfError> {
    let argon_params = Params::new(params.memory_kib, params.passes, params.lanes, Some(32))
        .map_err(|_| KdfError::AboveCeiling)?;
    let mut memory =
        KdfBlocks::map(argon_params.block_count()).map_err(|_| KdfError::OutOfMemory)?;
    let mut derived = Ok(());
    let key = KeyBytes::filled(|out| {
        derived = Argon2::new(Algorithm::Argon2id, Version::V0x13, argon_params)
            .hash_password_into_with_memory(passphrase.0.as_bytes(), salt, out, &mut memory[..]);
    });
    derived.map_err(|_| KdfError::AboveCeiling)?;
    Ok(SlotKey(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floor_and_ceilings_are_checked_before_deriving() {
        assert_eq!(KdfParams::new(65_535, 3, 4), Err(KdfError::BelowFloor));
        assert_eq!(KdfParams::new(65_536, 2, 4), Err(KdfError::BelowFloor));
        assert_eq!(KdfParams::new(65_536, 3, 0), Err(KdfError::BelowFloor));
        assert_eq!(KdfParams::new(1_048_577, 3, 4), Err(KdfError::AboveCeiling));
        assert_eq!(KdfParams::new(65_536, 65, 4), Err(KdfError::AboveCeiling));
        assert_eq!(KdfParams::new(65_536, 3, 17), Err(KdfError::AboveCeiling));
    }

    /// Computed with PyPI cryptography 50 (OpenSSL's Argon2id).
    #[test]
    fn the_derivation_is_argon2id_at_the_floor() {
        let salt = std::array::from_fn(|index| index as u8);
        let passphrase = Passphrase::new("correct horse battery staple ✓".to_owned());
        let key = derive_slot_key(&passphrase, &salt, KdfParams::FLOOR).expect("the floor fits");
        let bytes = key.key().expose();
        let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(
            digits,
            "ac06e3eb240e9bdc94dd334a3dc85b2e22e41a404e2d3ddaee725667813946d0"
        );
    }

    #[test]
    fn salt_and_passphrase_both_count() {
        let key = |text: &str, salt: u8| {
            let passphrase = Passphrase::new(text.to_owned());
            let derived = derive_slot_key(&passphrase, &[salt; 32], KdfParams::FLOOR)
                .expect("the floor fits");
            *derived.key().expose()
        };
        let first = key("correct horse", 1);
        assert_eq!(first, key("correct horse", 1));
        assert_ne!(first, key("correct horse", 2), "another salt, another key");
        assert_ne!(
            first,
            key("correct horsf", 1),
            "another passphrase, another key"
        );
    }
}
