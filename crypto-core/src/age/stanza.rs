//! The `mlkem768x25519` stanza: a file key sealed to one KEM key. Knows one
//! stanza, not the header around it.
//!
//! HPKE base mode (RFC 9180, draft-ietf-hpke-pq-05), KEM X-Wing (0x647A),
//! HKDF-SHA256, ChaCha20-Poly1305, `aad` empty. One argument, the encapsulated
//! key, in base64 without padding; the body is ciphertext and tag.

use crate::{ENCAPSULATED_SIZE, KemPrivateKey, KemPublicKey, wrap::contributes};
use ::age::{DecryptError, EncryptError, Identity, Recipient, secrecy::ExposeSecret};
use age_core::format::{FILE_KEY_BYTES, FileKey, Stanza};
use base64ct::{Base64Unpadded, Encoding};
use hpke::{
    Deserializable, HpkeError, Kem, OpModeR, OpModeS, Serializable, aead::ChaCha20Poly1305,
    kdf::HkdfSha256, kem::XWing,
};
use rand_core::CryptoRng;
use std::{cell::RefCell, collections::HashSet, io};
use zeroize::Zeroizing;

const TAG: &str = "mlkem768x25519";
const INFO: &[u8] = b"age-encryption.org/mlkem768x25519";
const BODY_SIZE: usize = FILE_KEY_BYTES + 16;

/// age refuses to seal one file to recipients that differ in their labels: one
/// that is not post-quantum would undo all that are.
const LABEL: &str = "postquantum";

pub(super) struct HybridRecipient<'a, R: ?Sized> {
    key: <XWing as Kem>::PublicKey,
    rng: &'a RefCell<&'a mut R>,
}

impl<'a, R: CryptoRng + ?Sized> HybridRecipient<'a, R> {
    pub(super) fn new(key: &KemPublicKey, rng: &'a RefCell<&'a mut R>) -> Self {
        let key = <XWing as Kem>::PublicKey::from_bytes(key.as_bytes())
            .expect("parsed once when the key was made");
        Self { key, rng }
    }

    fn seal(&self, file_key: &FileKey) -> Result<Stanza, HpkeError> {
        let mut rng = self.rng.borrow_mut();
        let (encapsulated, mut sender) = hpke::setup_sender_with_rng::<
            ChaCha20Poly1305,
            HkdfSha256,
            XWing,
        >(&OpModeS::Base, &self.key, INFO, &mut *rng)?;
        Ok(Stanza {
            tag: TAG.to_owned(),
            args: vec![Base64Unpadded::encode_string(&encapsulated.to_bytes())],
            body: sender.seal(file_key.expose_secret(), &[])?,
        })
    }
}

impl<R: CryptoRng + ?Sized> Recipient for HybridRecipient<'_, R> {
    fn wrap_file_key(
        &self,
        file_key: &FileKey,
    ) -> Result<(Vec<Stanza>, HashSet<String>), EncryptError> {
        let stanza = self.seal(file_key).map_err(io::Error::other)?;
        Ok((vec![stanza], HashSet::from([LABEL.to_owned()])))
    }
}

pub(super) struct HybridIdentity<'a>(&'a KemPrivateKey);

impl<'a> HybridIdentity<'a> {
    pub(super) fn new(key: &'a KemPrivateKey) -> Self {
        Self(key)
    }

    /// `Ok(None)` where the stanza is of the form, but for another key.
    fn open(&self, stanza: &Stanza) -> Result<Option<FileKey>, DecryptError> {
        let encapsulated = parse(stanza).ok_or(DecryptError::InvalidHeader)?;
        let mut receiver = hpke::setup_receiver::<ChaCha20Poly1305, HkdfSha256, XWing>(
            &OpModeR::Base,
            &self.0.key,
            &encapsulated,
            INFO,
        )
        .map_err(|_| DecryptError::InvalidHeader)?;
        let Ok(opened) = receiver.open(&stanza.body, &[]).map(Zeroizing::new) else {
            return Ok(None);
        };
        FileKey::try_init_with_mut(|file_key| {
            *file_key = *opened.first_chunk().ok_or(DecryptError::InvalidHeader)?;
            Ok(())
        })
        .map(Some)
    }
}

impl Identity for HybridIdentity<'_> {
    fn unwrap_stanza(&self, stanza: &Stanza) -> Option<Result<FileKey, DecryptError>> {
        if stanza.tag != TAG {
            return None;
        }
        self.open(stanza).transpose()
    }
}

/// The encapsulated key, of a stanza that is of the form. The body's size is
/// part of it: a longer one could open under more keys than one (c2sp.org/age,
/// partitioning oracles). X-Wing lets an X25519 half of small order through;
/// age refuses it.
fn parse(stanza: &Stanza) -> Option<<XWing as Kem>::EncappedKey> {
    let [argument] = &stanza.args[..] else {
        return None;
    };
    if stanza.body.len() != BODY_SIZE || argument.len() != (ENCAPSULATED_SIZE * 4).div_ceil(3) {
        return None;
    }
    // Refuses padding and bits after the last byte: one form of each key.
    let encapsulated = Base64Unpadded::decode_vec(argument).ok()?;
    if !contributes(&encapsulated) {
        return None;
    }
    <XWing as Kem>::EncappedKey::from_bytes(&encapsulated).ok()
}
