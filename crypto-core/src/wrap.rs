//! Wraps: lists of keys sealed to one device's KEM key.
//!
//! HPKE base mode (RFC 9180, draft-ietf-hpke-pq), KEM X-Wing (0x647A),
//! HKDF-SHA256, AES-256-GCM. Label and context stand in `info`; `aad` is empty,
//! so that implementations without one can check it.

use crate::{
    label::{self, Label},
    secret::KeyBytes,
};
use hpke::{
    Deserializable, Kem, OpModeR, OpModeS, Serializable,
    aead::{AeadTag, AesGcm256},
    kdf::HkdfSha256,
    kem::XWing,
};
use keystead_memory::{Guarded, SecretBytes};
use rand_core::{CryptoRng, TryCryptoRng, TryRng};
use rayon::iter::{IndexedParallelIterator, IntoParallelRefIterator, ParallelIterator};
use std::convert::Infallible;
use zeroize::ZeroizeOnDrop;

/// Bytes of an encapsulated key: ML-KEM-768's 1088, X25519's 32.
pub const ENCAPSULATED_SIZE: usize = 1120;
const PUBLIC_KEY_SIZE: usize = 1216;
const TAG_SIZE: usize = 16;

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
    pub(crate) key: Guarded<<XWing as Kem>::PrivateKey>,
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
        Self {
            seed,
            key: Guarded::new(key),
        }
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
    wrap_labelled(label::KEY_WRAP, recipient, context, payload, rng)
}

/// Wraps an identity's seeds for a recovery key. As [`wrap_keys`], for another use.
///
/// # Errors
/// As [`wrap_keys`].
pub fn wrap_seeds(
    recovery: &KemPublicKey,
    context: &[u8],
    seeds: &[u8],
    rng: &mut impl CryptoRng,
) -> Result<Vec<u8>, WrapError> {
    wrap_labelled(label::RECOVERY_WRAP, recovery, context, seeds, rng)
}

/// Wraps an invite for the invitee's device. As [`wrap_keys`], for another use.
///
/// # Errors
/// As [`wrap_keys`].
pub fn wrap_invite(
    device: &KemPublicKey,
    context: &[u8],
    invite: &[u8],
    rng: &mut impl CryptoRng,
) -> Result<Vec<u8>, WrapError> {
    wrap_labelled(label::INVITE_WRAP, device, context, invite, rng)
}

/// Wraps a welcome for the device that comes. As [`wrap_keys`], for another use.
///
/// # Errors
/// As [`wrap_keys`].
pub fn wrap_welcome(
    device: &KemPublicKey,
    context: &[u8],
    welcome: &[u8],
    rng: &mut impl CryptoRng,
) -> Result<Vec<u8>, WrapError> {
    wrap_labelled(label::WELCOME_WRAP, device, context, welcome, rng)
}

fn wrap_labelled(
    label: Label,
    recipient: &KemPublicKey,
    context: &[u8],
    payload: &[u8],
    rng: &mut impl CryptoRng,
) -> Result<Vec<u8>, WrapError> {
    let (encapsulated, mut sender) = hpke::setup_sender_with_rng::<AesGcm256, HkdfSha256, XWing>(
        &OpModeS::Base,
        &recipient.key,
        &info(label, context),
        rng,
    )
    .map_err(|_| WrapError::InvalidRecipient)?;
    let ciphertext = sender
        .seal(payload, &[])
        .map_err(|_| WrapError::InvalidRecipient)?;
    let mut wrap = Vec::with_capacity(ENCAPSULATED_SIZE + ciphertext.len());
    wrap.extend_from_slice(&encapsulated.to_bytes());
    wrap.extend_from_slice(&ciphertext);
    Ok(wrap)
}

/// Whom a message is for, and what it says.
#[derive(Clone, Copy)]
pub struct Recipient<'a> {
    /// The device's key.
    pub key: &'a KemPublicKey,
    /// What the message is bound to.
    pub context: &'a [u8],
    /// The canonical list of keys.
    pub payload: &'a [u8],
}

/// Recipients whose wraps are made before any is handed on: what is held at once, whatever their number.
const BATCH: usize = 64;

/// Wraps for every recipient a payload and with a context of its own, on all cores. `each` gets the wraps in order,
/// as they come, so that memory does not grow with the number of recipients.
///
/// # Errors
/// The first error of a recipient, or of `each`; what `each` had before stands.
pub fn wrap_keys_for_each<E: From<WrapError>>(
    recipients: &[Recipient<'_>],
    rng: &mut (impl CryptoRng + ?Sized),
    mut each: impl FnMut(usize, Vec<u8>) -> Result<(), E>,
) -> Result<(), E> {
    for (batch, recipients) in recipients.chunks(BATCH).enumerate() {
        // Drawn one after the other, so that one source serves all cores and its order says which wrap got what.
        let drawn: Vec<Drawn> = recipients.iter().map(|_| Drawn::from(&mut *rng)).collect();
        let wraps: Vec<Result<Vec<u8>, WrapError>> = recipients
            .par_iter()
            .zip(drawn.par_iter())
            .map(|(recipient, drawn)| {
                let Recipient {
                    key,
                    context,
                    payload,
                } = recipient;
                wrap_keys(key, context, payload, &mut drawn.reader())
            })
            .collect();
        for (index, wrap) in wraps.into_iter().enumerate() {
            each(batch * BATCH + index, wrap?)?;
        }
    }
    Ok(())
}

/// The randomness of one encapsulation: 64 bytes (X-Wing draft-10, `EncapsulateDerand`).
#[derive(ZeroizeOnDrop)]
struct Drawn([u8; 64]);

impl Drawn {
    fn from(rng: &mut (impl CryptoRng + ?Sized)) -> Self {
        let mut drawn = Self([0; 64]);
        rng.fill_bytes(&mut drawn.0);
        drawn
    }

    fn reader(&self) -> DrawnReader<'_> {
        DrawnReader(&self.0)
    }
}

/// Gives out what was drawn, once.
struct DrawnReader<'a>(&'a [u8]);

impl TryRng for DrawnReader<'_> {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        let (now, later) = self
            .0
            .split_at_checked(bytes.len())
            .expect("an encapsulation takes 64 bytes and no more");
        bytes.copy_from_slice(now);
        self.0 = later;
        Ok(())
    }
}

impl TryCryptoRng for DrawnReader<'_> {}

/// Unwraps what [`wrap_keys`] made for this key and context.
///
/// # Errors
/// [`WrapError::WrongKeyOrTampered`] for anything else, also where the X25519
/// part is of small order and would contribute nothing.
pub fn unwrap_keys(
    key: &KemPrivateKey,
    context: &[u8],
    wrap: &[u8],
) -> Result<SecretBytes, WrapError> {
    unwrap_labelled(label::KEY_WRAP, key, context, wrap)
}

/// Unwraps what [`wrap_seeds`] made for this key and context.
///
/// # Errors
/// As [`unwrap_keys`].
pub fn unwrap_seeds(
    key: &KemPrivateKey,
    context: &[u8],
    wrap: &[u8],
) -> Result<SecretBytes, WrapError> {
    unwrap_labelled(label::RECOVERY_WRAP, key, context, wrap)
}

/// Unwraps what [`wrap_invite`] made for this key and context.
///
/// # Errors
/// As [`unwrap_keys`].
pub fn unwrap_invite(
    key: &KemPrivateKey,
    context: &[u8],
    wrap: &[u8],
) -> Result<SecretBytes, WrapError> {
    unwrap_labelled(label::INVITE_WRAP, key, context, wrap)
}

/// Unwraps what [`wrap_welcome`] made for this key and context.
///
/// # Errors
/// As [`unwrap_keys`].
pub fn unwrap_welcome(
    key: &KemPrivateKey,
    context: &[u8],
    wrap: &[u8],
) -> Result<SecretBytes, WrapError> {
    unwrap_labelled(label::WELCOME_WRAP, key, context, wrap)
}

fn unwrap_labelled(
    label: Label,
    key: &KemPrivateKey,
    context: &[u8],
    wrap: &[u8],
) -> Result<SecretBytes, WrapError> {
    let (encapsulated, ciphertext) = wrap
        .split_at_checked(ENCAPSULATED_SIZE)
        .ok_or(WrapError::WrongKeyOrTampered)?;
    let (ciphertext, tag) = ciphertext
        .split_last_chunk::<TAG_SIZE>()
        .ok_or(WrapError::WrongKeyOrTampered)?;
    let tag = AeadTag::<AesGcm256>::from_bytes(tag).map_err(|_| WrapError::WrongKeyOrTampered)?;
    if !contributes(encapsulated) {
        return Err(WrapError::WrongKeyOrTampered);
    }
    let encapsulated = <XWing as Kem>::EncappedKey::from_bytes(encapsulated)
        .map_err(|_| WrapError::WrongKeyOrTampered)?;
    let mut receiver = hpke::setup_receiver::<AesGcm256, HkdfSha256, XWing>(
        &OpModeR::Base,
        &key.key,
        &encapsulated,
        &info(label, context),
    )
    .map_err(|_| WrapError::WrongKeyOrTampered)?;
    // Opened where it stays: nothing of it is ever on the ordinary heap.
    let mut payload = SecretBytes::copy_of(ciphertext);
    receiver
        .open_inout_detached((&mut payload[..]).into(), &[], &tag)
        .map_err(|_| WrapError::WrongKeyOrTampered)?;
    Ok(payload)
}

fn info(label: Label, context: &[u8]) -> Vec<u8> {
    let mut writer = crate::Writer::versioned();
    writer.bytes(label.as_bytes()).bytes(context);
    writer.finish()
}

/// The encodings of points of small order, with the bit that X25519 ignores cleared: 0, 1, the two of order 8,
/// p - 1, p and p + 1. RFC 7748 §6.1: every clamped scalar takes exactly these to zero.
const SMALL_ORDER: [[u8; 32]; 7] = {
    const fn little_endian(low: u8, rest: u8, high: u8) -> [u8; 32] {
        let mut bytes = [rest; 32];
        bytes[0] = low;
        bytes[31] = high;
        bytes
    }
    [
        little_endian(0, 0, 0),
        little_endian(1, 0, 0),
        [
            0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3, 0xfa, 0xf1, 0x9f,
            0xc4, 0x6a, 0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32, 0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16,
            0x5f, 0x49, 0xb8, 0x00,
        ],
        [
            0x5f, 0x9c, 0x95, 0xbc, 0xa3, 0x50, 0x8c, 0x24, 0xb1, 0xd0, 0xb1, 0x55, 0x9c, 0x83,
            0xef, 0x5b, 0x04, 0x44, 0x5c, 0xc4, 0x58, 0x1c, 0x8e, 0x86, 0xd8, 0x22, 0x4e, 0xdd,
            0xd0, 0x9f, 0x11, 0x57,
        ],
        little_endian(0xec, 0xff, 0x7f),
        little_endian(0xed, 0xff, 0x7f),
        little_endian(0xee, 0xff, 0x7f),
    ]
};

/// Whether the X25519 point that ends `bytes` is of large order. X-Wing itself
/// lets small orders through; with one, only the ML-KEM half would protect.
/// The bytes are public, so comparing them need not be constant-time.
pub(crate) fn contributes(bytes: &[u8]) -> bool {
    let Some(mut point) = bytes.last_chunk::<32>().copied() else {
        return false;
    };
    point[31] &= 0x7f;
    !SMALL_ORDER.contains(&point)
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
        assert_eq!(
            &unwrap_keys(&key, b"here", &wrap).expect("ours")[..],
            b"keys"
        );
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
    fn a_wrap_of_one_use_opens_for_no_other() {
        let rng = &mut UnwrapErr(SysRng);
        let key = KemPrivateKey::generate(rng);
        let public = key.public_key();
        let wraps = [
            wrap_keys(&public, b"here", b"payload", rng).expect("a valid key"),
            wrap_seeds(&public, b"here", b"payload", rng).expect("a valid key"),
            wrap_invite(&public, b"here", b"payload", rng).expect("a valid key"),
        ];
        for (index, wrap) in wraps.iter().enumerate() {
            let opens = [
                unwrap_keys(&key, b"here", wrap).is_ok(),
                unwrap_seeds(&key, b"here", wrap).is_ok(),
                unwrap_invite(&key, b"here", wrap).is_ok(),
            ];
            let own: [bool; 3] = std::array::from_fn(|at| at == index);
            assert_eq!(opens, own);
        }
    }

    #[test]
    fn points_of_small_order_are_refused() {
        let rng = &mut UnwrapErr(SysRng);
        let key = KemPrivateKey::generate(rng);
        let mut public = key.public_key().as_bytes().to_vec();
        let mut wrap = wrap_keys(&key.public_key(), b"", b"keys", rng).expect("a valid key");
        for mut point in SMALL_ORDER {
            // With and without the bit that X25519 ignores.
            for high in [0, 0x80] {
                point[31] ^= high;
                public[PUBLIC_KEY_SIZE - 32..].copy_from_slice(&point);
                assert!(KemPublicKey::from_bytes(&public).is_err(), "{point:02x?}");
                wrap[ENCAPSULATED_SIZE - 32..ENCAPSULATED_SIZE].copy_from_slice(&point);
                assert_eq!(
                    unwrap_keys(&key, b"", &wrap).err(),
                    Some(WrapError::WrongKeyOrTampered)
                );
            }
        }
    }

    #[test]
    fn the_list_of_small_orders_is_what_x25519_takes_to_zero() {
        let zero = |point| x25519_dalek::x25519([0x40; 32], point) == [0; 32];
        for point in SMALL_ORDER {
            assert!(zero(point), "{point:02x?}");
        }
        // The neighbours of the listed ones, and ordinary points.
        for low in 2..=255u8 {
            let mut small = [0; 32];
            small[0] = low;
            assert!(!zero(small) && contributes(&small), "{low}");
            let mut large = [0xff; 32];
            large[31] = 0x7f;
            large[0] = low;
            assert_eq!(contributes(&large), !zero(large), "{low}");
        }
        assert!(!contributes(&[9; 31]), "no point at all");
    }

    #[test]
    fn what_was_drawn_is_given_once_and_in_order() {
        use rand_core::TryRng;
        let drawn: Vec<u8> = (1..=20).collect();
        let mut reader = DrawnReader(&drawn);
        assert_eq!(reader.try_next_u32(), Ok(0x0403_0201));
        assert_eq!(reader.try_next_u64(), Ok(0x0c0b_0a09_0807_0605));
        let mut rest = [0; 8];
        reader.try_fill_bytes(&mut rest).expect("it can't fail");
        assert_eq!(rest, [13, 14, 15, 16, 17, 18, 19, 20]);
    }

    #[test]
    fn wraps_for_many_come_in_order_and_each_opens_for_its_own() {
        let rng = &mut UnwrapErr(SysRng);
        let keys: Vec<_> = (0..150).map(|_| KemPrivateKey::generate(rng)).collect();
        let publics: Vec<_> = keys.iter().map(KemPrivateKey::public_key).collect();
        let contexts: Vec<_> = (0..keys.len()).map(|i| format!("device {i}")).collect();
        let recipients: Vec<_> = publics
            .iter()
            .zip(&contexts)
            .map(|(key, context)| Recipient {
                key,
                context: context.as_bytes(),
                // Each gets keys of its own.
                payload: context.as_bytes(),
            })
            .collect();
        let mut next = 0;
        let mut seen = std::collections::BTreeSet::new();
        wrap_keys_for_each(&recipients, rng, |index, wrap| {
            assert_eq!(index, next, "in order");
            next += 1;
            let opened = unwrap_keys(&keys[index], contexts[index].as_bytes(), &wrap);
            assert_eq!(&opened.expect("its own")[..], contexts[index].as_bytes());
            assert!(
                seen.insert(wrap[..ENCAPSULATED_SIZE].to_vec()),
                "each encapsulation has randomness of its own"
            );
            Ok::<_, WrapError>(())
        })
        .expect("valid keys");
        assert_eq!(next, keys.len());

        // The same key twice: only the randomness tells the two apart.
        let twice = [Recipient {
            key: &publics[0],
            context: b"one",
            payload: b"",
        }; 2];
        let mut encapsulations = Vec::new();
        wrap_keys_for_each(&twice, rng, |_, wrap| {
            encapsulations.push(wrap[..ENCAPSULATED_SIZE].to_vec());
            Ok::<_, WrapError>(())
        })
        .expect("valid keys");
        assert_ne!(encapsulations[0], encapsulations[1]);

        let stopped = wrap_keys_for_each(&recipients, rng, |index, _| {
            if index == 70 {
                Err(WrapError::InvalidRecipient)
            } else {
                Ok(())
            }
        });
        assert_eq!(stopped, Err(WrapError::InvalidRecipient));
    }
}
