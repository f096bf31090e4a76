//! Devices: what others know of a machine, and the identity's word that it is
//! one of theirs. Does not revoke: that is a membership operation.

use super::{CardError, DisplayName, Fingerprint, fingerprint, split_signed};
use crate::{
    DecodeError, KemPublicKey, PUBLIC_KEY_SIZE, Reader, SigningContext, SigningKey, VerifyingKey,
    Writer,
};
use rand_core::CryptoRng;

/// The public half of a device.
#[derive(Clone)]
pub struct DevicePublic {
    /// The first half of the fingerprint of its signature key.
    pub id: [u8; 16],
    /// The machine's name.
    pub name: DisplayName,
    /// Checks its heads.
    pub signing: VerifyingKey,
    /// Recipient of its wraps.
    pub kem: KemPublicKey,
}

impl DevicePublic {
    /// The device card: suite and schema, id, name, signature key, KEM key.
    ///
    /// It is not signed. What vouches for it is the enrolment code, entered by
    /// hand. A certificate does not prove that the device agrees to it: whoever
    /// keeps members must refuse a device id or key that two identities certify.
    pub fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::versioned();
        self.write(&mut writer);
        writer.finish()
    }

    /// Reads what [`Self::encode`] wrote.
    ///
    /// # Errors
    /// [`CardError`] for anything else.
    pub fn decode(bytes: &[u8]) -> Result<Self, CardError> {
        let mut reader = Reader::versioned(bytes)?;
        let device = Self::read(&mut reader)?;
        reader.finish()?;
        Ok(device)
    }

    fn write(&self, writer: &mut Writer) {
        writer
            .fixed(&self.id)
            .text(self.name.as_str())
            .fixed(self.signing.as_bytes())
            .fixed(self.kem.as_bytes());
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, CardError> {
        Ok(Self {
            id: reader.fixed()?,
            name: DisplayName::parse(reader.text()?)?,
            signing: VerifyingKey::from_bytes(reader.take(PUBLIC_KEY_SIZE)?)?,
            kem: KemPublicKey::from_bytes(reader.take(KemPublicKey::SIZE)?)?,
        })
    }
}

/// Whether a device holds the identity's private keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DeviceRole {
    /// Its own keys only: losing it is mended by revoking it.
    Secondary,
    /// The identity's keys too: losing it means a new identity key, and
    /// everybody verifies again.
    Primary,
}

impl DeviceRole {
    /// The byte on the wire: 0 secondary, 1 primary.
    fn tag(self) -> u8 {
        match self {
            Self::Secondary => 0,
            Self::Primary => 1,
        }
    }

    fn from_tag(tag: u8) -> Result<Self, DecodeError> {
        match tag {
            0 => Ok(Self::Secondary),
            1 => Ok(Self::Primary),
            _ => Err(DecodeError::NotCanonical),
        }
    }
}

/// A device, as certified by its identity.
pub struct DeviceCertificate {
    /// The identity's fingerprint.
    pub identity: Fingerprint,
    /// Whether the identity's private keys are on it.
    pub role: DeviceRole,
    /// The device.
    pub device: DevicePublic,
}

impl DeviceCertificate {
    /// Signs and encodes a certificate.
    pub fn issue(
        identity: &SigningKey,
        role: DeviceRole,
        device: &DevicePublic,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Vec<u8> {
        let mut writer = Writer::versioned();
        writer
            .fixed(&fingerprint(&identity.verifying_key()))
            .u8(role.tag());
        device.write(&mut writer);
        let signature = identity.sign(SigningContext::Device, writer.as_slice(), rng);
        writer.fixed(&signature[..]);
        writer.finish()
    }

    /// Reads a certificate and checks that `identity` signed it.
    ///
    /// # Errors
    /// [`CardError`] for anything that `identity` did not issue.
    pub fn parse(identity: &VerifyingKey, bytes: &[u8]) -> Result<Self, CardError> {
        let (body, signature) = split_signed(bytes)?;
        let mut reader = Reader::versioned(body)?;
        let certificate = Self {
            identity: reader.fixed()?,
            role: DeviceRole::from_tag(reader.u8()?)?,
            device: DevicePublic::read(&mut reader)?,
        };
        reader.finish()?;
        if certificate.identity != fingerprint(identity) {
            return Err(CardError::NotSigned);
        }
        identity.verify(SigningContext::Device, body, signature)?;
        Ok(certificate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{DeviceKeys, IdentityKeys, SIGNATURE_SIZE, identity::tests::name};
    use getrandom::{SysRng, rand_core::UnwrapErr};
    use proptest::prelude::*;

    #[test]
    fn the_role_is_signed() {
        let rng = &mut UnwrapErr(SysRng);
        let identity = IdentityKeys::generate(rng);
        let public = identity.signing.verifying_key();
        let device = DeviceKeys::generate(rng).public(&name("thinkpad-7"));
        for role in [DeviceRole::Primary, DeviceRole::Secondary] {
            let mut bytes = DeviceCertificate::issue(&identity.signing, role, &device, rng);
            let read = DeviceCertificate::parse(&public, &bytes).expect("just issued");
            assert_eq!(read.role, role);
            assert_eq!(read.device.encode(), device.encode());
            bytes[36] ^= 1;
            assert_eq!(
                DeviceCertificate::parse(&public, &bytes).err(),
                Some(CardError::NotSigned)
            );
            bytes[36] = 2;
            assert_eq!(
                DeviceCertificate::parse(&public, &bytes).err(),
                Some(CardError::Malformed(DecodeError::NotCanonical))
            );
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]
        #[test]
        fn a_device_card_is_canonical(called in "[a-z]{1,128}", id: [u8; 16], cut: prop::sample::Index) {
            let mut device = DeviceKeys::generate(&mut UnwrapErr(SysRng)).public(&name(&called));
            device.id = id;
            let bytes = device.encode();
            let read = DevicePublic::decode(&bytes).expect("just encoded");
            prop_assert_eq!(read.encode(), bytes.clone());
            prop_assert_eq!((read.id, read.name.as_str()), (id, &called[..]));
            prop_assert!(DevicePublic::decode(&bytes[..cut.index(bytes.len())]).is_err());
            let mut longer = bytes;
            longer.push(0);
            prop_assert_eq!(
                DevicePublic::decode(&longer).err(),
                Some(CardError::Malformed(DecodeError::TrailingBytes))
            );
        }

        #[test]
        fn what_is_read_is_written_again(
            called in "\\PC{1,40}|[a-z\u{0}-\u{1f}\u{200b}\u{202e} ]{0,6}|x{126,130}",
            changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 64),
            junk in prop::collection::vec(any::<u8>(), 0..200),
        ) {
            let device = DeviceKeys::generate(&mut UnwrapErr(SysRng)).public(&name("thinkpad"));
            let mut writer = Writer::versioned();
            writer
                .fixed(&device.id)
                .text(&called)
                .fixed(device.signing.as_bytes())
                .fixed(device.kem.as_bytes());
            let bytes = writer.finish();
            match (DevicePublic::decode(&bytes), DisplayName::parse(&called)) {
                (Ok(read), Ok(name)) => {
                    prop_assert_eq!(&read.name, &name);
                    prop_assert_eq!(read.encode(), bytes.clone());
                }
                (read, name) => {
                    prop_assert_eq!(read.err(), name.err().map(CardError::Name), "{:?}", called);
                }
            }
            for (at, value) in changes {
                let mut changed = bytes.clone();
                changed[at.index(bytes.len())] = value;
                if let Ok(read) = DevicePublic::decode(&changed) {
                    prop_assert_eq!(read.encode(), changed);
                }
            }
            for junk in [junk.clone(), [&[0, 1, 0, 0], &junk[..]].concat()] {
                prop_assert!(DevicePublic::decode(&junk).is_err(), "too short for its keys");
            }
        }

        #[test]
        fn a_certificate_has_one_encoding(
            called in "[a-z\u{e0}-\u{ff}]{1,60}",
            role in prop_oneof![Just(DeviceRole::Primary), Just(DeviceRole::Secondary)],
            change: (prop::sample::Index, u8),
            junk in prop::collection::vec(any::<u8>(), 0..200),
        ) {
            let rng = &mut UnwrapErr(SysRng);
            let identity = SigningKey::generate(rng);
            let public = identity.verifying_key();
            let device = DeviceKeys::generate(rng).public(&name(&called));
            let bytes = DeviceCertificate::issue(&identity, role, &device, rng);
            let read = DeviceCertificate::parse(&public, &bytes).expect("just issued");
            prop_assert_eq!((read.identity, read.role), (fingerprint(&public), role));
            prop_assert_eq!(read.device.encode(), device.encode());
            let again = DeviceCertificate::issue(&identity, read.role, &read.device, rng);
            let signed = bytes.len() - SIGNATURE_SIZE;
            prop_assert_eq!(&again[..signed], &bytes[..signed], "but for the signature");

            let at = change.0.index(bytes.len());
            let mut changed = bytes.clone();
            changed[at] = change.1;
            prop_assert!(
                changed == bytes || DeviceCertificate::parse(&public, &changed).is_err(),
                "byte {}", at
            );
            prop_assert!(DeviceCertificate::parse(&public, &bytes[..at]).is_err());
            let signature = identity.sign(SigningContext::Device, &junk, rng);
            let signed_junk = [&junk[..], &signature[..]].concat();
            prop_assert!(DeviceCertificate::parse(&public, &signed_junk).is_err());
        }
    }
}
