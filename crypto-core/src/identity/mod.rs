//! Identities, their cards, and the devices that they certify. Does not decide
//! whom to trust, and stores nothing.
//!
//! The identity's signature key is the pin. Wraps go to device keys only; the
//! share key is for age files only.

mod armor;
mod card;
mod device;
mod name;

pub use armor::{ArmorError, TextBlock};
pub use card::{Card, SupersedeError};
pub use device::{DeviceCertificate, DevicePublic, DeviceRole};
pub use name::{DisplayName, DisplayNameError};

use crate::{
    DecodeError, Field, IdentitySealKey, KemPrivateKey, OpenError, Place, SIGNATURE_SIZE,
    SigningKey, VerifyError, VerifyingKey, WrapError, label, secret::KeyBytes,
};
use rand_core::CryptoRng;
use sha2::{Digest, Sha256};

/// SHA-256 over label and public key.
pub type Fingerprint = [u8; 32];

/// Why a card or certificate was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CardError {
    /// Not the canonical form.
    #[error("the card can't be read: {0}")]
    Malformed(#[from] DecodeError),
    /// The name in it is none.
    #[error("the card's name is refused: {0}")]
    Name(#[from] DisplayNameError),
    /// The text around it is not a card's.
    #[error(transparent)]
    Armor(#[from] ArmorError),
    /// A key in it is not a key, or the signature does not hold.
    #[error("the card's signature does not hold")]
    NotSigned,
}

impl From<WrapError> for CardError {
    fn from(_: WrapError) -> Self {
        Self::NotSigned
    }
}

impl From<VerifyError> for CardError {
    fn from(_: VerifyError) -> Self {
        Self::NotSigned
    }
}

/// A person's private keys.
pub struct IdentityKeys {
    /// Signs cards and device certificates.
    pub signing: SigningKey,
    /// Opens age files.
    pub share: KemPrivateKey,
}

/// One machine's private keys.
pub struct DeviceKeys {
    /// The device's id, of its signature key.
    pub id: [u8; 16],
    /// Signs heads.
    pub signing: SigningKey,
    /// Opens wraps.
    pub kem: KemPrivateKey,
}

/// The sealed seeds of an identity or device: signature key, then KEM key.
pub type SealedSeeds = (Vec<u8>, Vec<u8>);

impl IdentityKeys {
    /// Makes a person's keys.
    pub fn generate(rng: &mut (impl CryptoRng + ?Sized)) -> Self {
        Self {
            signing: SigningKey::generate(rng),
            share: KemPrivateKey::generate(rng),
        }
    }

    /// Seals both seeds for the vault's own store.
    pub fn seal(
        &self,
        key: &IdentitySealKey,
        vault: [u8; 16],
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> SealedSeeds {
        let place = |field| Place::in_vault(vault, [0; 16], field);
        (
            key.seal_seed(&place(Field::IdentitySigningSeed), self.signing.seed(), rng),
            key.seal_seed(
                &place(Field::IdentityShareSeed),
                self.share.seed().expose(),
                rng,
            ),
        )
    }

    /// Opens what [`Self::seal`] sealed.
    ///
    /// # Errors
    /// [`OpenError`] for another key, vault, or changed bytes.
    pub fn open(
        key: &IdentitySealKey,
        vault: [u8; 16],
        (signing, share): (&[u8], &[u8]),
    ) -> Result<Self, OpenError> {
        let place = |field| Place::in_vault(vault, [0; 16], field);
        Ok(Self {
            signing: open_signing(key, &place(Field::IdentitySigningSeed), signing)?,
            share: open_kem(key, &place(Field::IdentityShareSeed), share)?,
        })
    }
}

impl DeviceKeys {
    /// Makes a machine's keys.
    pub fn generate(rng: &mut (impl CryptoRng + ?Sized)) -> Self {
        let signing = SigningKey::generate(rng);
        Self {
            id: device_id(&signing.verifying_key()),
            signing,
            kem: KemPrivateKey::generate(rng),
        }
    }

    /// Seals both seeds for the vault's own store.
    pub fn seal(
        &self,
        key: &IdentitySealKey,
        vault: [u8; 16],
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> SealedSeeds {
        let place = |field| Place::in_vault(vault, self.id, field);
        (
            key.seal_seed(&place(Field::DeviceSigningSeed), self.signing.seed(), rng),
            key.seal_seed(&place(Field::DeviceKemSeed), self.kem.seed().expose(), rng),
        )
    }

    /// Opens what [`Self::seal`] sealed for the device `id`.
    ///
    /// # Errors
    /// [`OpenError`] for another key, vault, device, or changed bytes.
    pub fn open(
        key: &IdentitySealKey,
        vault: [u8; 16],
        id: [u8; 16],
        (signing, kem): (&[u8], &[u8]),
    ) -> Result<Self, OpenError> {
        let place = |field| Place::in_vault(vault, id, field);
        Ok(Self {
            id,
            signing: open_signing(key, &place(Field::DeviceSigningSeed), signing)?,
            kem: open_kem(key, &place(Field::DeviceKemSeed), kem)?,
        })
    }

    /// What others need to know of this machine.
    pub fn public(&self, name: &DisplayName) -> DevicePublic {
        DevicePublic {
            id: self.id,
            name: name.clone(),
            signing: self.signing.verifying_key(),
            kem: self.kem.public_key(),
        }
    }
}

fn open_signing(
    key: &IdentitySealKey,
    place: &Place,
    sealed: &[u8],
) -> Result<SigningKey, OpenError> {
    SigningKey::from_seed(&key.open_seed(place, sealed)?).ok_or(OpenError::WrongKeyOrTampered)
}

fn open_kem(
    key: &IdentitySealKey,
    place: &Place,
    sealed: &[u8],
) -> Result<KemPrivateKey, OpenError> {
    KeyBytes::from_slice(&key.open_seed(place, sealed)?)
        .map(KemPrivateKey::from_seed)
        .ok_or(OpenError::WrongKeyOrTampered)
}

/// SHA-256(label ‖ key).
/// The id of a device with this signature key: the first half of the key's fingerprint. So nobody can give a device the
/// id of another one.
pub fn device_id(key: &VerifyingKey) -> [u8; 16] {
    let mut id = [0; 16];
    id.copy_from_slice(&fingerprint(key)[..16]);
    id
}

/// The fingerprint of an identity's signature key: SHA-256 of a label and the key.
pub fn key_fingerprint(key: &VerifyingKey) -> Fingerprint {
    fingerprint(key)
}

pub(crate) fn fingerprint(key: &VerifyingKey) -> Fingerprint {
    Sha256::new()
        .chain_update(label::KEY_FINGERPRINT.as_bytes())
        .chain_update(key.as_bytes())
        .finalize()
        .into()
}

fn split_signed(bytes: &[u8]) -> Result<(&[u8], &[u8]), CardError> {
    let body = bytes
        .len()
        .checked_sub(SIGNATURE_SIZE)
        .ok_or(DecodeError::Truncated)?;
    Ok(bytes.split_at(body))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use getrandom::{SysRng, rand_core::UnwrapErr};

    pub(crate) fn name(text: &str) -> DisplayName {
        DisplayName::parse(text).expect("a name")
    }

    #[test]
    fn seeds_come_back_in_their_own_vault_and_place_alone() {
        let rng = &mut UnwrapErr(SysRng);
        let root = crate::RootKey::generate(rng);
        let (key, other) = (
            root.derive_identity_seal_key(),
            crate::RootKey::generate(rng).derive_identity_seal_key(),
        );
        let vault = [7; 16];
        let identity = IdentityKeys::generate(rng);
        let (signing, share) = identity.seal(&key, vault, rng);
        let read = IdentityKeys::open(&key, vault, (&signing, &share)).expect("just sealed");
        assert_eq!(read.signing.seed(), identity.signing.seed());
        assert_eq!(read.share.seed().expose(), identity.share.seed().expose());
        assert!(IdentityKeys::open(&other, vault, (&signing, &share)).is_err());
        assert!(IdentityKeys::open(&key, [8; 16], (&signing, &share)).is_err());
        assert!(IdentityKeys::open(&key, vault, (&share, &signing)).is_err());

        let device = DeviceKeys::generate(rng);
        let (signing, kem) = device.seal(&key, vault, rng);
        let read = DeviceKeys::open(&key, vault, device.id, (&signing, &kem)).expect("just sealed");
        assert_eq!(read.id, device.id);
        assert_eq!(read.signing.seed(), device.signing.seed());
        assert_eq!(read.kem.seed().expose(), device.kem.seed().expose());
        assert!(DeviceKeys::open(&key, vault, [9; 16], (&signing, &kem)).is_err());
        assert!(DeviceKeys::open(&key, vault, device.id, (&kem, &signing)).is_err());
    }

    #[test]
    fn a_card_and_a_certificate_hold_as_issued_and_no_other_way() {
        let rng = &mut UnwrapErr(SysRng);
        let identity = IdentityKeys::generate(rng);
        let stranger = IdentityKeys::generate(rng);
        let device = DeviceKeys::generate(rng);

        let card = Card::issue(1, &name("Mara"), &identity, rng);
        let read = Card::parse(&card).expect("just issued");
        assert_eq!((read.version, read.name.as_str()), (1, "Mara"));
        let certificate = DeviceCertificate::issue(
            &identity.signing,
            DeviceRole::Primary,
            &device.public(&name("thinkpad-7")),
            rng,
        );
        assert!(DeviceCertificate::parse(&read.signing, &certificate).is_ok());
        assert!(
            DeviceCertificate::parse(&stranger.signing.verifying_key(), &certificate).is_err(),
            "another identity did not certify it"
        );
        for bytes in [&card, &certificate] {
            for at in (0..bytes.len()).step_by(97) {
                let mut changed = bytes.clone();
                changed[at] ^= 1;
                assert!(Card::parse(&changed).is_err(), "byte {at}");
                assert!(
                    DeviceCertificate::parse(&read.signing, &changed).is_err(),
                    "byte {at}"
                );
            }
            assert!(Card::parse(&bytes[..bytes.len() - 1]).is_err());
        }
    }

    #[test]
    fn sealed_seeds_open_in_their_vault_and_device_alone() {
        let rng = &mut UnwrapErr(SysRng);
        let key = crate::RootKey::generate(rng).derive_identity_seal_key();
        let device = DeviceKeys::generate(rng);
        let (signing, kem) = device.seal(&key, [1; 16], rng);
        assert!(DeviceKeys::open(&key, [1; 16], device.id, (&signing, &kem)).is_ok());
        assert!(DeviceKeys::open(&key, [2; 16], device.id, (&signing, &kem)).is_err());
        assert!(DeviceKeys::open(&key, [1; 16], [0; 16], (&signing, &kem)).is_err());
        assert!(DeviceKeys::open(&key, [1; 16], device.id, (&kem, &signing)).is_err());
    }
}
