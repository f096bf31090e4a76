//! A device that its identity certifies and that agrees to it. A certificate alone could be of somebody else's device.
//!
//! A device that comes later agrees before it knows to what: it makes a key that may consent in its place, and hands it to
//! whoever certifies it. That key is used once, by them, and nobody else ever has it.

use crate::id::{DeviceId, MemberId};
use keystead_crypto::{
    CardError, DecodeError, DeviceCertificate, PUBLIC_KEY_SIZE, Reader, SIGNATURE_SIZE,
    SigningContext, SigningKey, VerifyError, VerifyingKey, Writer, device_id,
};
use rand_core::CryptoRng;

/// A certificate and the device's consent to it.
pub struct Endorsement {
    /// The identity that certifies it.
    pub member: MemberId,
    /// What it certifies.
    pub certificate: DeviceCertificate,
}

/// Why an endorsement was refused.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EndorsementError {
    /// It is not in canonical form.
    #[error("the device's endorsement is malformed: {0}")]
    Malformed(#[from] DecodeError),
    /// The identity did not certify it.
    #[error("the identity did not certify the device: {0}")]
    Certificate(#[from] CardError),
    /// The device did not sign it.
    #[error("the device does not agree to its certificate")]
    NoConsent(#[from] VerifyError),
    /// The device goes by another id than its key's.
    #[error("the device's id is not its key's")]
    WrongId,
}

/// A key that may consent to a certificate in a device's place, and the device's word for it.
pub struct Proxy {
    key: SigningKey,
    word: [u8; SIGNATURE_SIZE],
}

impl Proxy {
    /// Makes one of a device.
    pub fn of(device: &SigningKey, rng: &mut (impl CryptoRng + ?Sized)) -> Self {
        let key = SigningKey::generate(rng);
        let word = device.sign(
            SigningContext::Proxy,
            &proxy_body(&key.verifying_key()),
            rng,
        );
        Self { key, word: *word }
    }

    /// The seed of the key, and the device's signature.
    pub fn parts(&self) -> (&[u8; 64], &[u8; SIGNATURE_SIZE]) {
        (self.key.seed(), &self.word)
    }

    /// Takes its parts, if the device said so.
    ///
    /// # Errors
    /// [`VerifyError`].
    pub fn from_parts(
        seed: &[u8],
        word: [u8; SIGNATURE_SIZE],
        device: &VerifyingKey,
    ) -> Result<Self, VerifyError> {
        let key = SigningKey::from_seed(seed).ok_or(VerifyError)?;
        device.verify(
            SigningContext::Proxy,
            &proxy_body(&key.verifying_key()),
            &word,
        )?;
        Ok(Self { key, word })
    }
}

fn proxy_body(key: &VerifyingKey) -> Vec<u8> {
    let mut writer = Writer::versioned();
    writer.fixed(key.as_bytes());
    writer.finish()
}

impl Endorsement {
    /// Signs a certificate with the device that it is of, and encodes both.
    pub fn consent(
        certificate: &[u8],
        device: &SigningKey,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Vec<u8> {
        let signature = device.sign(SigningContext::Consent, certificate, rng);
        encode(certificate, None, &signature[..])
    }

    /// Signs a certificate in the place of the device that it is of, and encodes both.
    pub fn consent_by_proxy(
        certificate: &[u8],
        proxy: &Proxy,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Vec<u8> {
        let signature = proxy.key.sign(SigningContext::Consent, certificate, rng);
        encode(certificate, Some(proxy), &signature[..])
    }

    /// The identity that an endorsement names; nothing is checked.
    ///
    /// # Errors
    /// [`DecodeError`].
    pub fn named(bytes: &[u8]) -> Result<MemberId, DecodeError> {
        let mut reader = Reader::versioned(bytes)?;
        let mut certificate = Reader::versioned(reader.bytes()?)?;
        Ok(MemberId(certificate.fixed()?))
    }

    /// Reads an endorsement once both signatures hold.
    ///
    /// # Errors
    /// [`EndorsementError`].
    pub fn parse(identity: &VerifyingKey, bytes: &[u8]) -> Result<Self, EndorsementError> {
        let mut reader = Reader::versioned(bytes)?;
        let signed = reader.bytes()?;
        let proxy = reader.option(|r| {
            let key = VerifyingKey::from_bytes(r.take(PUBLIC_KEY_SIZE)?);
            let key = key.map_err(|_| DecodeError::NotCanonical)?;
            Ok((key, r.take(SIGNATURE_SIZE)?))
        })?;
        let signature = reader.take(SIGNATURE_SIZE)?;
        reader.finish()?;
        let certificate = DeviceCertificate::parse(identity, signed)?;
        let device = &certificate.device;
        if device.id != device_id(&device.signing) {
            return Err(EndorsementError::WrongId);
        }
        let mut consents = &device.signing;
        if let Some((key, word)) = &proxy {
            device
                .signing
                .verify(SigningContext::Proxy, &proxy_body(key), word)?;
            consents = key;
        }
        consents.verify(SigningContext::Consent, signed, signature)?;
        Ok(Self {
            member: MemberId(certificate.identity),
            certificate,
        })
    }

    /// The device.
    pub fn device(&self) -> DeviceId {
        DeviceId(self.certificate.device.id)
    }
}

fn encode(certificate: &[u8], proxy: Option<&Proxy>, signature: &[u8]) -> Vec<u8> {
    let mut writer = Writer::versioned();
    writer.bytes(certificate);
    writer.option(proxy, |w, proxy| {
        w.fixed(proxy.key.verifying_key().as_bytes())
            .fixed(&proxy.word);
    });
    writer.fixed(signature);
    writer.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use getrandom::{SysRng, rand_core::UnwrapErr};
    use keystead_crypto::{DeviceKeys, DeviceRole, DisplayName, IdentityKeys};

    #[test]
    fn a_proxy_consents_for_its_device_alone() {
        let rng = &mut UnwrapErr(SysRng);
        let (ann, eve) = (IdentityKeys::generate(rng), IdentityKeys::generate(rng));
        let (device, other) = (DeviceKeys::generate(rng), DeviceKeys::generate(rng));
        let name = DisplayName::parse("laptop").expect("a name");
        let certified = |identity: &IdentityKeys, device: &DeviceKeys| {
            let rng = &mut UnwrapErr(SysRng);
            let public = device.public(&name);
            DeviceCertificate::issue(&identity.signing, DeviceRole::Secondary, &public, rng)
        };
        let made = Proxy::of(&device.signing, rng);
        let (seed, word) = made.parts();
        let public = device.signing.verifying_key();
        let proxy = Proxy::from_parts(seed, *word, &public).expect("its own");
        let key = ann.signing.verifying_key();
        let endorsed = Endorsement::consent_by_proxy(&certified(&ann, &device), &proxy, rng);
        let read = Endorsement::parse(&key, &endorsed).expect("endorsed");
        assert_eq!(read.device().0, device.id);
        // For another device; for another identity; with a word of another device; without one; changed.
        let refused = |identity: &VerifyingKey, bytes: &[u8]| {
            assert!(Endorsement::parse(identity, bytes).is_err());
        };
        let others = Endorsement::consent_by_proxy(&certified(&ann, &other), &proxy, rng);
        refused(&key, &others);
        refused(&eve.signing.verifying_key(), &endorsed);
        assert!(Proxy::from_parts(seed, *word, &other.signing.verifying_key()).is_err());
        let without = Endorsement::consent(&certified(&ann, &device), &proxy.key, rng);
        refused(&key, &without);
        let at = endorsed.len() - 2 * SIGNATURE_SIZE - 9;
        for at in [at, endorsed.len() - SIGNATURE_SIZE - 1, endorsed.len() - 1] {
            let mut changed = endorsed.clone();
            changed[at] ^= 1;
            refused(&key, &changed);
        }
        // What consented to one certificate says nothing of another.
        let body = certified(&eve, &device);
        let mut moved = Writer::versioned();
        moved.bytes(&body);
        let tail = 4 + 4 + certified(&ann, &device).len();
        let moved = [&moved.finish()[..], &endorsed[tail..]].concat();
        refused(&eve.signing.verifying_key(), &moved);
    }
}
