//! Sealing with key commitment. Seals payloads; no I/O, callers own storage.
//!
//! AES-GCM alone lets one ciphertext open under two keys. Here both the AES key
//! and a commitment come out of one derivation over key, salt, label and place,
//! and the commitment stands in the envelope (CTX-like; see `docs/format.md`).

use crate::{SUITE, label::Label, place::Place, secret::KeyBytes};
use aes_gcm::{Aes256Gcm, KeyInit, aead::AeadInOut};
use hkdf::Hkdf;
use keystead_memory::SecretBytes;
use rand_core::CryptoRng;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

const SALT_SIZE: usize = 32;
const COMMITMENT_SIZE: usize = 32;
const TAG_SIZE: usize = 16;
const HEAD_SIZE: usize = 2 + SALT_SIZE + COMMITMENT_SIZE;

/// Bytes that an envelope is longer than its plaintext: suite 2, salt 32,
/// commitment 32, tag 16.
pub const ENVELOPE_OVERHEAD: usize = HEAD_SIZE + TAG_SIZE;

/// Why an envelope did not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Wrong key, wrong place, or changed bytes: one answer for all.
    #[error("the key is wrong or the data was changed")]
    WrongKeyOrTampered,
    /// Another suite.
    #[error("cipher suite {0} is not known")]
    UnsupportedSuite(u16),
}

/// Seals `plaintext` under `key` for one `place` and one use.
///
/// Envelope = suite ‖ salt ‖ commitment ‖ ciphertext ‖ tag. The salt is fresh
/// for each call, so no key is ever used twice and the nonce is zero.
pub(crate) fn seal_labelled(
    key: &KeyBytes,
    label: Label,
    place: &Place,
    plaintext: &[u8],
    rng: &mut (impl CryptoRng + ?Sized),
) -> Vec<u8> {
    let mut salt = [0; SALT_SIZE];
    rng.fill_bytes(&mut salt);
    let (cipher, commitment) = message_keys(key, &salt, label, place);

    let mut envelope = Vec::with_capacity(plaintext.len() + ENVELOPE_OVERHEAD);
    envelope.extend_from_slice(&SUITE.to_be_bytes());
    envelope.extend_from_slice(&salt);
    envelope.extend_from_slice(&commitment[..]);
    envelope.extend_from_slice(plaintext);
    let tag = cipher
        .encrypt_inout_detached(
            &Default::default(),
            &[],
            (&mut envelope[HEAD_SIZE..]).into(),
        )
        .expect("payloads are far below AES-GCM's 64 GiB");
    envelope.extend_from_slice(&tag);
    envelope
}

/// Opens an envelope that [`seal_labelled`] made for the same key, use and place.
pub(crate) fn open_labelled(
    key: &KeyBytes,
    label: Label,
    place: &Place,
    envelope: &[u8],
) -> Result<SecretBytes, OpenError> {
    let (suite, rest) = envelope
        .split_first_chunk::<2>()
        .ok_or(OpenError::WrongKeyOrTampered)?;
    match u16::from_be_bytes(*suite) {
        SUITE => {}
        other => return Err(OpenError::UnsupportedSuite(other)),
    }
    let (salt, rest) = rest
        .split_first_chunk::<SALT_SIZE>()
        .ok_or(OpenError::WrongKeyOrTampered)?;
    let (stated, rest) = rest
        .split_first_chunk::<COMMITMENT_SIZE>()
        .ok_or(OpenError::WrongKeyOrTampered)?;
    let (ciphertext, tag) = rest
        .split_last_chunk::<TAG_SIZE>()
        .ok_or(OpenError::WrongKeyOrTampered)?;

    let (cipher, commitment) = message_keys(key, salt, label, place);
    let committed = commitment[..].ct_eq(stated);
    let mut plaintext = SecretBytes::copy_of(ciphertext);
    let authentic = cipher
        .decrypt_inout_detached(
            &Default::default(),
            &[],
            (&mut plaintext[..]).into(),
            &(*tag).into(),
        )
        .is_ok();
    if authentic && bool::from(committed) {
        Ok(plaintext)
    } else {
        Err(OpenError::WrongKeyOrTampered)
    }
}

/// What is sealed under an environment key has a label by what it is.
fn label_of(place: &Place) -> crate::label::Label {
    match place.field {
        crate::Field::Attachment => crate::label::ATTACHMENT_SEAL,
        _ => crate::label::VALUE_SEAL,
    }
}

/// Seals a value or a file, padded by the caller, under an environment key.
pub fn seal(
    key: &crate::EnvironmentKey,
    place: &Place,
    padded: &[u8],
    rng: &mut (impl CryptoRng + ?Sized),
) -> Vec<u8> {
    seal_labelled(key.key(), label_of(place), place, padded, rng)
}

/// Opens a value or a file; the result is still padded.
///
/// # Errors
/// [`OpenError::WrongKeyOrTampered`] for another key or place or changed bytes,
/// [`OpenError::UnsupportedSuite`] for another suite.
pub fn open(
    key: &crate::EnvironmentKey,
    place: &Place,
    envelope: &[u8],
) -> Result<SecretBytes, OpenError> {
    open_labelled(key.key(), label_of(place), place, envelope)
}

fn label_under_space_key(place: &Place) -> Label {
    match place.field {
        crate::Field::SignedHead => crate::label::HEAD_SEAL,
        crate::Field::Checkpoint => crate::label::CHECKPOINT_SEAL,
        _ => crate::label::OPERATION_SEAL,
    }
}

macro_rules! sealing_keys {
    ($($(#[$doc:meta])* $key:ident, $label:expr;)*) => {
        $(impl crate::$key {
            $(#[$doc])*
            pub fn seal(
                &self,
                place: &Place,
                padded: &[u8],
                rng: &mut (impl CryptoRng + ?Sized),
            ) -> Vec<u8> {
                seal_labelled(self.key(), $label(place), place, padded, rng)
            }

            /// Opens what [`Self::seal`] sealed; the result is still padded.
            ///
            /// # Errors
            /// As [`open`].
            pub fn open(&self, place: &Place, envelope: &[u8]) -> Result<SecretBytes, OpenError> {
                open_labelled(self.key(), $label(place), place, envelope)
            }
        })*
    };
}

sealing_keys! {
    /// Seals a segment or a head, padded by the caller, for a remote.
    SpaceKey, label_under_space_key;
    /// Seals the names of a block, padded by the caller.
    ProjectMetadataKey, |_| crate::label::METADATA_SEAL;
    /// Seals a parcel's statement, padded by the caller.
    ParcelKey, |_| crate::label::PARCEL_SEAL;
    /// Seals a request or a welcome, padded by the caller.
    EnrolmentKey, |_| crate::label::ENROLMENT_SEAL;
}

impl crate::SlotKey {
    /// Seals the root key into a slot.
    pub fn seal_root_key(
        &self,
        place: &Place,
        root: &crate::RootKey,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Vec<u8> {
        seal_labelled(
            self.key(),
            crate::label::SLOT_SEAL,
            place,
            root.key().expose(),
            rng,
        )
    }

    /// Opens the root key of a slot.
    ///
    /// # Errors
    /// As [`open`].
    pub fn open_root_key(
        &self,
        place: &Place,
        envelope: &[u8],
    ) -> Result<crate::RootKey, OpenError> {
        let bytes = open_labelled(self.key(), crate::label::SLOT_SEAL, place, envelope)?;
        KeyBytes::from_slice(&bytes)
            .map(crate::RootKey::from_bytes)
            .ok_or(OpenError::WrongKeyOrTampered)
    }
}

impl crate::IdentitySealKey {
    /// Seals an identity's or device's seed.
    pub fn seal_seed(
        &self,
        place: &Place,
        seed: &[u8],
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Vec<u8> {
        seal_labelled(self.key(), crate::label::IDENTITY_SEAL, place, seed, rng)
    }

    /// Opens an identity's or device's seed.
    ///
    /// # Errors
    /// As [`open`].
    pub fn open_seed(&self, place: &Place, envelope: &[u8]) -> Result<SecretBytes, OpenError> {
        open_labelled(self.key(), crate::label::IDENTITY_SEAL, place, envelope)
    }
}

fn message_keys(
    key: &KeyBytes,
    salt: &[u8; SALT_SIZE],
    label: Label,
    place: &Place,
) -> (Aes256Gcm, Zeroizing<[u8; COMMITMENT_SIZE]>) {
    let okm = derive_okm(key, salt, label, place);
    let (encryption, committing) = okm.split_at(32);
    let cipher = Aes256Gcm::new_from_slice(encryption).expect("32 bytes are an AES-256 key");
    let mut commitment = Zeroizing::new([0; COMMITMENT_SIZE]);
    commitment.copy_from_slice(committing);
    (cipher, commitment)
}

/// PRK = HKDF-Extract(salt, key); OKM = HKDF-Expand(PRK, u16 len(label) ‖ label
/// ‖ SHA-256(place), 64); the first half encrypts, the second commits.
fn derive_okm(
    key: &KeyBytes,
    salt: &[u8; SALT_SIZE],
    label: Label,
    place: &Place,
) -> Zeroizing<[u8; 64]> {
    let label = label.as_bytes();
    let size = u16::try_from(label.len()).expect("labels are short constants");
    let mut okm = Zeroizing::new([0; 64]);
    Hkdf::<Sha256>::new(Some(salt), key.expose())
        .expand_multi_info(
            &[
                &size.to_be_bytes(),
                label,
                &Sha256::digest(place.canonical()),
            ],
            &mut okm[..],
        )
        .expect("64 bytes are within HKDF-SHA256's 8160");
    okm
}

#[cfg(test)]
mod commitment;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{EnvironmentKey, Field};
    use getrandom::{SysRng, rand_core::UnwrapErr};

    fn place() -> Place {
        Place {
            owner: [1; 32],
            project: [2; 16],
            environment: [3; 16],
            subject: [4; 16],
            field: Field::Value,
            version: [5; 16],
            epoch: [6; 32],
            author: [7; 16],
            sealer: [8; 16],
        }
    }

    #[test]
    fn every_part_of_the_place_is_bound() {
        let rng = &mut UnwrapErr(SysRng);
        let key = EnvironmentKey::generate(rng);
        let envelope = seal(&key, &place(), b"value", rng);
        assert_eq!(
            &open(&key, &place(), &envelope).expect("same place")[..],
            b"value"
        );

        let moves: [fn(&mut Place); 9] = [
            |p| p.owner[31] ^= 1,
            |p| p.project[0] ^= 1,
            |p| p.environment[0] ^= 1,
            |p| p.subject[0] ^= 1,
            |p| p.field = Field::SlotRootKey,
            |p| p.version[15] ^= 1,
            |p| p.epoch[0] ^= 1,
            |p| p.author[0] ^= 1,
            |p| p.sealer[0] ^= 1,
        ];
        for (index, change) in moves.iter().enumerate() {
            let mut elsewhere = place();
            change(&mut elsewhere);
            assert_eq!(
                open(&key, &elsewhere, &envelope).err(),
                Some(OpenError::WrongKeyOrTampered),
                "part {index} moved, and it must not open"
            );
        }
    }

    #[test]
    fn an_envelope_is_as_much_longer_as_is_said() {
        let rng = &mut UnwrapErr(SysRng);
        let key = EnvironmentKey::generate(rng);
        for size in [0, 1, 256, 1000] {
            let envelope = seal(&key, &place(), &vec![7; size], rng);
            assert_eq!(envelope.len(), size + ENVELOPE_OVERHEAD);
        }
    }

    #[test]
    fn a_slot_gives_back_the_root_key_at_its_own_place() {
        let rng = &mut UnwrapErr(SysRng);
        let root = crate::RootKey::generate(rng);
        let salt = [1; 32];
        let passphrase = crate::Passphrase::new("a passphrase".to_owned());
        let slot = crate::derive_slot_key(&passphrase, None, &salt, crate::KdfParams::FLOOR)
            .expect("the floor fits");
        let sealed = slot.seal_root_key(&place(), &root, rng);
        let opened = slot.open_root_key(&place(), &sealed).expect("its own");
        assert_eq!(opened.key().expose(), root.key().expose());
        let mut elsewhere = place();
        elsewhere.subject[0] ^= 1;
        let error = slot.open_root_key(&elsewhere, &sealed).err();
        assert_eq!(error, Some(OpenError::WrongKeyOrTampered));
    }

    #[test]
    fn no_two_parts_taken_from_another_place_open() {
        let rng = &mut UnwrapErr(SysRng);
        let key = EnvironmentKey::generate(rng);
        let here = seal(&key, &place(), b"value", rng);
        // Every part is another one there; parts are then moved over in pairs, all pairs in turn.
        let there = Place {
            owner: [0x11; 32],
            project: [0x12; 16],
            environment: [0x13; 16],
            subject: [0x14; 16],
            field: Field::DeviceKemSeed,
            version: [0x15; 16],
            epoch: [0x16; 32],
            author: [0x17; 16],
            sealer: [0x18; 16],
        };
        let moves: [fn(&mut Place, &Place); 9] = [
            |p, q| p.owner = q.owner,
            |p, q| p.project = q.project,
            |p, q| p.environment = q.environment,
            |p, q| p.subject = q.subject,
            |p, q| p.field = q.field,
            |p, q| p.version = q.version,
            |p, q| p.epoch = q.epoch,
            |p, q| p.author = q.author,
            |p, q| p.sealer = q.sealer,
        ];
        for (i, first) in moves.iter().enumerate() {
            for (j, second) in moves.iter().enumerate() {
                let mut mixed = place();
                first(&mut mixed, &there);
                second(&mut mixed, &there);
                assert!(open(&key, &mixed, &here).is_err(), "parts {i} and {j}");
            }
        }
        // Parts of one kind and size exchanged within one place.
        let mut swapped = place();
        std::mem::swap(&mut swapped.author, &mut swapped.sealer);
        assert!(open(&key, &swapped, &here).is_err(), "author and sealer");
        std::mem::swap(&mut swapped.project, &mut swapped.environment);
        assert!(
            open(&key, &swapped, &here).is_err(),
            "project and environment"
        );
    }

    #[test]
    fn no_flipped_bit_and_no_truncation_opens() {
        let rng = &mut UnwrapErr(SysRng);
        let key = EnvironmentKey::generate(rng);
        let envelope = seal(&key, &place(), b"value", rng);
        for bit in 0..envelope.len() * 8 {
            let mut flipped = envelope.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(open(&key, &place(), &flipped).is_err(), "bit {bit}");
        }
        for size in 0..envelope.len() {
            assert!(open(&key, &place(), &envelope[..size]).is_err(), "{size}");
        }
    }

    #[test]
    fn a_space_s_and_a_project_s_key_seal_for_their_own_use_alone() {
        let rng = &mut UnwrapErr(SysRng);
        let bytes = || KeyBytes::from_slice(&[3; 32]).expect("32 bytes");
        let space = crate::SpaceKey::from_bytes(bytes());
        let metadata = crate::ProjectMetadataKey::from_bytes(bytes());
        let body = space.seal(&place(), b"body", rng);
        let name = metadata.seal(&place(), b"name", rng);
        assert_eq!(&space.open(&place(), &body).expect("its own")[..], b"body");
        assert_eq!(
            &metadata.open(&place(), &name).expect("its own")[..],
            b"name"
        );
        assert!(space.open(&place(), &name).is_err());
        assert!(metadata.open(&place(), &body).is_err());
        assert!(open(&EnvironmentKey::from_bytes(bytes()), &place(), &body).is_err());
    }

    #[test]
    fn another_use_of_the_same_key_does_not_open() {
        let rng = &mut UnwrapErr(SysRng);
        let key = KeyBytes::generate(rng);
        let envelope = seal_labelled(&key, crate::label::SLOT_SEAL, &place(), b"x", rng);
        assert!(open_labelled(&key, crate::label::VALUE_SEAL, &place(), &envelope).is_err());
    }
}
