//! Wraps: lists of keys sealed to one device's KEM key.
//!
//! HPKE base mode (RFC 9180, draft-ietf-hpke-pq), KEM X-Wing (0x647A),
//! HKDF-SHA256, AES-256-GCM. Label and context stand in `info`; `aad` is empty,
//! so that implementations without one can check it.

use crate::{label, secret::KeyBytes};
use hpke::{
    Deserializable, Kem, OpModeR, OpModeS, Serializable, aead::AesGcm256, kdf::HkdfSha256,
    kem::XWing,
};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

/// Bytes of an encapsulated key: ML-KEM-768's 1088, X25519's 32.
pub const ENCAPSULATED_SIZE: usize = 1120;
const PUBLIC_KEY_SIZE: usize = 1216;

/// Why keys could not be wrapped or unwrapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WrapError {
    /// Not a KEM key: wrong length, or an X25519 half that contributes nothing.
    #[error("the recipient's key is not valid")]
    InvalidRecipient,
    /// Wrong recipient, wrong context, or changed bytes: one answer for all.
    #[error("the wrap is for another key or was changed")]
    WrongKeyOrTampered,
}

/// A device's private KEM key, from a seed of 32 bytes.
pub struct KemPrivateKey {
    seed: KeyBytes,
    key: <XWing as Kem>::PrivateKey,
}

impl KemPrivateKey {
    /// Takes a new seed from `rng`.
    pub fn generate(rng: &mut (impl CryptoRng + ?Sized)) -> Self {
        Self::from_seed(KeyBytes::generate(rng))
    }

    /// Expands a seed.
    pub fn from_seed(seed: KeyBytes) -> Self {
        let key = <XWing as Kem>::PrivateKey::from_bytes(seed.expose())
            .expect("every 32 bytes are an X-Wing seed");
        Self { seed, key }
    }

    /// The seed, for sealing.
    pub fn seed(&self) -> &KeyBytes {
        &self.seed
    }

    /// The public half.
    pub fn public_key(&self) -> KemPublicKey {
        let key = XWing::sk_to_pk(&self.key);
        KemPublicKey {
            bytes: key.to_bytes().to_vec(),
            key,
        }
    }
}

/// A device's public KEM key.
#[derive(Clone)]
pub struct KemPublicKey {
    bytes: Vec<u8>,
    key: <XWing as Kem>::PublicKey,
}

impl KemPublicKey {
    /// Bytes of a public key: ML-KEM-768's 1184, X25519's 32.
    pub const SIZE: usize = PUBLIC_KEY_SIZE;

    /// Parses [`Self::SIZE`] bytes.
    ///
    /// # Errors
    /// [`WrapError::InvalidRecipient`] for anything that is not a key (FIPS 203
    /// §7.2 input check) or whose X25519 half is of small order.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, WrapError> {
        let key = <XWing as Kem>::PublicKey::from_bytes(bytes)
            .map_err(|_| WrapError::InvalidRecipient)?;
        if !contributes(bytes) {
            return Err(WrapError::InvalidRecipient);
        }
        Ok(Self {
            bytes: bytes.to_vec(),
            key,
        })
    }

    /// The key's bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// Wraps `payload` (the canonical list of keys) for one recipient and context.
/// Result = encapsulated key ([`ENCAPSULATED_SIZE`]) ‖ ciphertext ‖ tag (16).
///
/// # Errors
/// [`WrapError::InvalidRecipient`] if encapsulation fails.
pub fn wrap_keys(
    recipient: &KemPublicKey,
    context: &[u8],
    payload: &[u8],
    rng: &mut impl CryptoRng,
) -> Result<Vec<u8>, WrapError> {
    let (encapsulated, mut sender) = hpke::setup_sender_with_rng::<AesGcm256, HkdfSha256, XWing>(
        &OpModeS::Base,
        &recipient.key,
        &info(context),
        rng,
    )
    .map_err(|_| WrapError::InvalidRecipient)?;
    let ciphertext = sender
        .seal(payload, &[])
        .map_err(|_| WrapError::InvalidRecipient)?;
    let mut wrap = encapsulated.to_bytes().to_vec();
    wrap.extend_from_slice(&ciphertext);
    Ok(wrap)
}

/// Unwraps what [`wrap_keys`] made for this key and context.
///
/// # Errors
/// [`WrapError::WrongKeyOrTampered`] for anything else, also where the X25519
/// part is of small order and would contribute nothing.
pub fn unwrap_keys(
    key: &KemPrivateKey,
    context: &[u8],
    wrap: &[u8],
) -> Result<Zeroizing<Vec<u8>>, WrapError> {
    let (encapsulated, ciphertext) = wrap
        .split_at_checked(ENCAPSULATED_SIZE)
        .ok_or(WrapError::WrongKeyOrTampered)?;
    if !contributes(encapsulated) {
        return Err(WrapError::WrongKeyOrTampered);
    }
    let encapsulated = <XWing as Kem>::EncappedKey::from_bytes(encapsulated)
        .map_err(|_| WrapError::WrongKeyOrTampered)?;
    let mut receiver = hpke::setup_receiver::<AesGcm256, HkdfSha256, XWing>(
        &OpModeR::Base,
        &key.key,
        &encapsulated,
        &info(context),
    )
    .map_err(|_| WrapError::WrongKeyOrTampered)?;
    receiver
        .open(ciphertext, &[])
        .map(Zeroizing::new)
        .map_err(|_| WrapError::WrongKeyOrTampered)
}

fn info(context: &[u8]) -> Vec<u8> {
    let mut writer = crate::Writer::versioned();
    writer.bytes(label::KEY_WRAP.as_bytes()).bytes(context);
    writer.finish()
}

/// Whether the X25519 point that ends `bytes` is of large order. X-Wing itself
/// lets small orders through; with one, only the ML-KEM half would protect
/// (RFC 7748 §6.1: a clamped scalar takes exactly these points to zero).
pub(crate) fn contributes(bytes: &[u8]) -> bool {
    match bytes.last_chunk::<32>() {
        Some(point) => x25519_dalek::x25519([0x40; 32], *point) != [0; 32],
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use getrandom::{SysRng, rand_core::UnwrapErr};

    #[test]
    fn a_wrap_opens_for_its_key_and_context_alone() {
        let rng = &mut UnwrapErr(SysRng);
        let key = KemPrivateKey::generate(rng);
        let other = KemPrivateKey::generate(rng);
        let wrap = wrap_keys(&key.public_key(), b"here", b"keys", rng).expect("a valid key");
        assert_eq!(*unwrap_keys(&key, b"here", &wrap).expect("ours"), b"keys");
        assert!(unwrap_keys(&key, b"there", &wrap).is_err());
        assert!(unwrap_keys(&other, b"here", &wrap).is_err());
        for at in [0, 1087, 1088, 1119, 1120, wrap.len() - 1] {
            let mut changed = wrap.clone();
            changed[at] ^= 1;
            assert!(unwrap_keys(&key, b"here", &changed).is_err(), "byte {at}");
        }
        assert!(unwrap_keys(&key, b"here", &wrap[..1000]).is_err());
    }

    #[test]
    fn points_of_small_order_are_refused() {
        let rng = &mut UnwrapErr(SysRng);
        let key = KemPrivateKey::generate(rng);
        let mut public = key.public_key().as_bytes().to_vec();
        let mut wrap = wrap_keys(&key.public_key(), b"", b"keys", rng).expect("a valid key");
        for point in [[0; 32], {
            let mut one = [0; 32];
            one[0] = 1;
            one
        }] {
            public[PUBLIC_KEY_SIZE - 32..].copy_from_slice(&point);
            assert!(KemPublicKey::from_bytes(&public).is_err());
            wrap[ENCAPSULATED_SIZE - 32..ENCAPSULATED_SIZE].copy_from_slice(&point);
            assert_eq!(
                unwrap_keys(&key, b"", &wrap).err(),
                Some(WrapError::WrongKeyOrTampered)
            );
        }
    }
}
