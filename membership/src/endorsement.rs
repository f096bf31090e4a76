//! A device that its identity certifies and that agrees to it. A certificate alone could be of somebody else's device.

use crate::id::{DeviceId, MemberId};
use keystead_crypto::{
    CardError, DecodeError, DeviceCertificate, Reader, SIGNATURE_SIZE, SigningContext, SigningKey,
    VerifyError, VerifyingKey, Writer, device_id,
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

impl Endorsement {
    /// Signs a certificate with the device that it is of, and encodes both.
    pub fn consent(
        certificate: &[u8],
        device: &SigningKey,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Vec<u8> {
        let signature = device.sign(SigningContext::Consent, certificate, rng);
        let mut writer = Writer::versioned();
        writer.bytes(certificate).fixed(&signature[..]);
        writer.finish()
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
        let signature = reader.take(SIGNATURE_SIZE)?;
        reader.finish()?;
        let certificate = DeviceCertificate::parse(identity, signed)?;
        let device = &certificate.device;
        if device.id != device_id(&device.signing) {
            return Err(EndorsementError::WrongId);
        }
        device
            .signing
            .verify(SigningContext::Consent, signed, signature)?;
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
