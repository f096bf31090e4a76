//! From a passphrase to a slot key: Argon2id v1.3 (RFC 9106), with a floor
//! and ceilings that are checked before anything is derived.

use crate::{
    KeyFile,
    secret::{KeyBytes, SecretText},
};
use argon2::{Algorithm, Argon2, Params, Version};
use keystead_memory::KdfBlocks;
use rand_core::CryptoRng;

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
    /// Takes 32 uniform bytes from `rng`: a key that is kept somewhere, and not derived.
    pub fn generate(rng: &mut (impl CryptoRng + ?Sized)) -> Self {
        Self(KeyBytes::generate(rng))
    }

    /// Gives these bytes this use.
    pub fn from_bytes(bytes: KeyBytes) -> Self {
        Self(bytes)
    }

    /// The key's bytes, for whoever keeps them.
    pub fn key(&self) -> &KeyBytes {
        &self.0
    }
}

/// Derives the key of a passphrase slot. `salt` is 32 random bytes. A key file's secret is Argon2's secret value *K*, so
/// that neither passphrase nor file opens the slot alone.
///
/// The working memory stands on huge pages where the system has them, and is wiped before it is given back. It is too
/// large to be locked.
///
/// # Errors
/// [`KdfError::OutOfMemory`] if the memory can't be had.
///
/// Source: RFC 9106, Argon2id, version 0x13; secret value (§3.1, K) the key file's 32 bytes or empty, no associated data.
pub fn derive_slot_key(
    passphrase: &Passphrase,
    key_file: Option<&KeyFile>,
    salt: &[u8; 32],
    params: KdfParams,
) -> Result<SlotKey, KdfError> {
    let argon_params = Params::new(params.memory_kib, params.passes, params.lanes, Some(32))
        .map_err(|_| KdfError::AboveCeiling)?;
    let mut memory =
        KdfBlocks::map(argon_params.block_count()).map_err(|_| KdfError::OutOfMemory)?;
    let mut derived = Ok(());
    let secret: &[u8] = key_file.map_or(&[], |file| file.secret().expose());
    let argon = Argon2::new_with_secret(secret, Algorithm::Argon2id, Version::V0x13, argon_params)
        .map_err(|_| KdfError::AboveCeiling)?;
    let key = KeyBytes::filled(|out| {
        derived = argon.hash_password_into_with_memory(
            passphrase.0.as_bytes(),
            salt,
            out,
            &mut memory[..],
        );
    });
    derived.map_err(|_| KdfError::AboveCeiling)?;
    Ok(SlotKey(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_is_what_is_exposed() {
        assert_eq!(Passphrase::new("ä b".to_owned()).expose(), "ä b");
    }

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
        let key =
            derive_slot_key(&passphrase, None, &salt, KdfParams::FLOOR).expect("the floor fits");
        let bytes = key.key().expose();
        let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(
            digits,
            "ac06e3eb240e9bdc94dd334a3dc85b2e22e41a404e2d3ddaee725667813946d0"
        );
    }

    /// Computed with PyPI cryptography 50 (OpenSSL's Argon2id), `secret` = 0x40, 0x41 … 0x5f.
    #[test]
    fn a_key_file_is_argon2s_secret_value() {
        let salt = std::array::from_fn(|index| index as u8);
        let secret: [u8; 32] = std::array::from_fn(|index| 0x40 + index as u8);
        let file = KeyFile::from_bytes(KeyBytes::from_slice(&secret).expect("32 bytes"));
        let passphrase = Passphrase::new("correct horse battery staple ✓".to_owned());
        let key = derive_slot_key(&passphrase, Some(&file), &salt, KdfParams::FLOOR)
            .expect("the floor fits");
        let bytes = key.key().expose();
        let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(
            digits,
            "02379b0f6ff5b9ff32092410a1f10dc6c9f825fe0600f650eb0ba31f46262043"
        );
    }

    #[test]
    fn salt_passphrase_and_key_file_all_count() {
        let key = |text: &str, file: Option<u8>, salt: u8| {
            let passphrase = Passphrase::new(text.to_owned());
            let file = file.map(|byte| {
                KeyFile::from_bytes(KeyBytes::from_slice(&[byte; 32]).expect("32 bytes"))
            });
            let derived =
                derive_slot_key(&passphrase, file.as_ref(), &[salt; 32], KdfParams::FLOOR)
                    .expect("the floor fits");
            *derived.key().expose()
        };
        let first = key("correct horse", None, 1);
        assert_eq!(first, key("correct horse", None, 1));
        assert_ne!(first, key("correct horse", None, 2), "another salt");
        assert_ne!(first, key("correct horsf", None, 1), "another passphrase");
        let with_file = key("correct horse", Some(7), 1);
        assert_ne!(first, with_file, "a file beside none");
        assert_ne!(with_file, key("correct horse", Some(8), 1), "another file");
    }
}
