//! An invite: what somebody needs to find a space and to begin to read it, sealed for one of their devices and signed by
//! a device of whoever invites.

use crate::log_id::LogId;
use keystead_crypto::{
    Card, CardError, DecodeError, Hash, KemPrivateKey, KemPublicKey, Reader, SIGNATURE_SIZE,
    SecretBytes, SigningContext, SigningKey, VerifyError, WrapError, Writer, unwrap_invite,
    wrap_invite,
};
use keystead_membership::{Endorsement, EndorsementError, Genesis, StatementError};
use rand_core::CryptoRng;
use std::collections::BTreeSet;

/// Why an invite was refused.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InviteError {
    /// It is not in canonical form.
    #[error("the invite is malformed: {0}")]
    Malformed(#[from] DecodeError),
    /// It is for another device, or was changed.
    #[error("the invite is for another device, or was changed")]
    NotForThisDevice,
    /// The beginning of its space does not hold.
    #[error("the invite's space is not what it says: {0}")]
    Genesis(#[from] StatementError),
    /// The card in it does not hold.
    #[error("the card in the invite was refused: {0}")]
    Card(#[from] CardError),
    /// The device that signs it is not its card's.
    #[error("the device that signs the invite is not whose it says: {0}")]
    Endorsement(#[from] EndorsementError),
    /// Its signature does not hold.
    #[error("the invite is not signed by whom it names")]
    NotSigned(#[from] VerifyError),
}

/// Where a space's remote is, and what opens it.
#[derive(Clone, PartialEq, Eq)]
pub struct InviteRemote {
    /// The place, without anything secret.
    pub place: String,
    /// Key id and secret, where the place takes them.
    pub credential: Option<(String, String)>,
}

/// What an invite says.
#[derive(Clone, PartialEq, Eq)]
pub struct Invite {
    /// The space's name, as whoever invites has it.
    pub name: String,
    /// The genesis and its signature.
    pub genesis: (Vec<u8>, Vec<u8>),
    /// The card of whoever invites.
    pub card: Vec<u8>,
    /// Their device that signs.
    pub endorsement: Vec<u8>,
    /// The identity that is invited.
    pub member: [u8; 32],
    /// Its device.
    pub device: [u8; 16],
    /// The statements that whoever joins has to find, at least.
    pub membership: BTreeSet<Hash>,
    /// The parcel with the first keys: log, operation, and which of its parcels.
    pub parcel: (LogId, u64, u16),
    /// The log of the device whose checkpoint whoever joins has to find, and the SHA-256 of what is signed.
    pub checkpoint: (LogId, Hash),
    /// Where the space is kept.
    pub remote: Option<InviteRemote>,
    /// When it was made, in milliseconds since 1970.
    pub at: i64,
    /// When it is too old to be accepted.
    pub expires: i64,
}

impl Invite {
    fn body(&self) -> SecretBytes {
        let parts = [
            &self.genesis.0,
            &self.genesis.1,
            &self.card,
            &self.endorsement,
        ];
        let parts: usize = parts.iter().map(|part| part.len()).sum();
        let remote = self.remote.as_ref().map_or(0, |remote| {
            let (id, secret) = remote.credential.as_ref().map_or(("", ""), |(a, b)| (a, b));
            remote.place.len() + id.len() + secret.len()
        });
        let heads = 32 * self.membership.len();
        let mut writer = Writer::versioned_in(self.name.len() + parts + heads + remote + 512);
        writer
            .text(&self.name)
            .bytes(&self.genesis.0)
            .bytes(&self.genesis.1)
            .bytes(&self.card)
            .bytes(&self.endorsement)
            .fixed(&self.member)
            .fixed(&self.device)
            .count(self.membership.len());
        for head in &self.membership {
            writer.fixed(head);
        }
        let (log, sequence, nth) = self.parcel;
        writer.fixed(&log.0).u64(sequence).u16(nth);
        writer.fixed(&self.checkpoint.0.0).fixed(&self.checkpoint.1);
        writer.option(self.remote.as_ref(), |w, remote| {
            w.text(&remote.place);
            w.option(remote.credential.as_ref(), |w, (id, secret)| {
                w.text(id).text(secret);
            });
        });
        writer.i64(self.at).i64(self.expires);
        let bytes = zeroizing(writer.finish());
        SecretBytes::copy_of(&bytes)
    }

    /// Signs it with the device of whoever invites and seals it for the device that it names.
    ///
    /// # Errors
    /// [`WrapError`] where that device's key is none.
    pub fn seal(
        &self,
        signing: &SigningKey,
        to: &KemPublicKey,
        rng: &mut impl CryptoRng,
    ) -> Result<Vec<u8>, WrapError> {
        let body = self.body();
        let signature = signing.sign(SigningContext::Invite, &body, rng);
        let mut whole = SecretBytes::zeroed(body.len() + SIGNATURE_SIZE);
        whole[..body.len()].copy_from_slice(&body);
        whole[body.len()..].copy_from_slice(&signature[..]);
        let wrap = wrap_invite(to, &device_context(&self.device), &whole, rng)?;
        let mut writer = Writer::versioned();
        writer.fixed(&self.device).bytes(&wrap);
        Ok(writer.finish())
    }

    /// The device that an invite is for.
    ///
    /// # Errors
    /// [`DecodeError`].
    pub fn device_of(bytes: &[u8]) -> Result<[u8; 16], DecodeError> {
        let mut reader = Reader::versioned(bytes)?;
        let device = reader.fixed()?;
        reader.bytes()?;
        reader.finish()?;
        Ok(device)
    }

    /// Reads an invite for this device, once everything in it holds together: the space's beginning, the card, its device
    /// and the signature. Whether the person of the card is who they say is for the reader to settle.
    ///
    /// # Errors
    /// [`InviteError`].
    pub fn open(bytes: &[u8], device: [u8; 16], key: &KemPrivateKey) -> Result<Self, InviteError> {
        let mut reader = Reader::versioned(bytes)?;
        let named: [u8; 16] = reader.fixed()?;
        let wrap = reader.bytes()?;
        if named != device {
            return Err(InviteError::NotForThisDevice);
        }
        let whole = unwrap_invite(key, &device_context(&device), wrap)
            .map_err(|_| InviteError::NotForThisDevice)?;
        reader.finish()?;
        let (body, signature) = whole
            .split_last_chunk::<SIGNATURE_SIZE>()
            .ok_or(DecodeError::Truncated)?;
        let invite = Self::decode(body)?;
        Genesis::parse(&invite.genesis.0, &invite.genesis.1)?;
        let card = Card::parse(&invite.card)?;
        let endorsement = Endorsement::parse(&card.signing, &invite.endorsement)?;
        endorsement
            .certificate
            .device
            .signing
            .verify(SigningContext::Invite, body, signature)?;
        match invite.device == device {
            true => Ok(invite),
            false => Err(InviteError::NotForThisDevice),
        }
    }

    fn decode(body: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::versioned(body)?;
        let invite = Self {
            name: reader.text()?.to_owned(),
            genesis: (reader.bytes()?.to_vec(), reader.bytes()?.to_vec()),
            card: reader.bytes()?.to_vec(),
            endorsement: reader.bytes()?.to_vec(),
            member: reader.fixed()?,
            device: reader.fixed()?,
            membership: {
                let heads: Vec<Hash> = reader.list(Reader::fixed)?;
                if !heads.is_sorted_by(|a, b| a < b) {
                    return Err(DecodeError::NotCanonical);
                }
                heads.into_iter().collect()
            },
            parcel: (LogId(reader.fixed()?), reader.u64()?, reader.u16()?),
            checkpoint: (LogId(reader.fixed()?), reader.fixed()?),
            remote: reader.option(|r| {
                Ok(InviteRemote {
                    place: r.text()?.to_owned(),
                    credential: r.option(|r| Ok((r.text()?.to_owned(), r.text()?.to_owned())))?,
                })
            })?,
            at: reader.i64()?,
            expires: reader.i64()?,
        };
        reader.finish()?;
        Ok(invite)
    }
}

pub(crate) fn device_context(device: &[u8; 16]) -> Vec<u8> {
    let mut writer = Writer::versioned();
    writer.fixed(device);
    writer.finish()
}

/// Bytes that may hold a credential are wiped where they were put together.
pub(crate) fn zeroizing(bytes: Vec<u8>) -> zeroize::Zeroizing<Vec<u8>> {
    zeroize::Zeroizing::new(bytes)
}

impl Drop for InviteRemote {
    fn drop(&mut self) {
        use zeroize::Zeroize;
        if let Some((id, secret)) = &mut self.credential {
            id.zeroize();
            secret.zeroize();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use getrandom::{SysRng, rand_core::UnwrapErr};
    use keystead_crypto::{DeviceCertificate, DeviceKeys, DeviceRole, DisplayName, IdentityKeys};

    struct Person {
        identity: IdentityKeys,
        device: DeviceKeys,
        card: Vec<u8>,
        endorsement: Vec<u8>,
    }

    fn person(name: &str) -> Person {
        let rng = &mut UnwrapErr(SysRng);
        let (identity, device) = (IdentityKeys::generate(rng), DeviceKeys::generate(rng));
        let name = DisplayName::parse(name).expect("a name");
        let card = Card::issue(1, &name, &identity, rng);
        let public = device.public(&name);
        let certificate =
            DeviceCertificate::issue(&identity.signing, DeviceRole::Primary, &public, rng);
        let endorsement = Endorsement::consent(&certificate, &device.signing, rng);
        Person {
            identity,
            device,
            card,
            endorsement,
        }
    }

    fn invite(from: &Person, to: &Person) -> Invite {
        let rng = &mut UnwrapErr(SysRng);
        let (genesis, signature) = Genesis::sign(&from.identity.signing, &[1; 32], rng);
        Invite {
            name: "team".to_owned(),
            genesis: (genesis.as_bytes().to_vec(), signature),
            card: from.card.clone(),
            endorsement: from.endorsement.clone(),
            member: [2; 32],
            device: to.device.id,
            membership: [[3; 32], [4; 32]].into(),
            parcel: (LogId([5; 32]), 6, 7),
            checkpoint: (LogId([8; 32]), [9; 32]),
            remote: Some(InviteRemote {
                place: "s3://bucket/team".to_owned(),
                credential: Some(("id".to_owned(), "secret".to_owned())),
            }),
            at: 8,
            expires: 9,
        }
    }

    #[test]
    fn an_invite_opens_on_its_device_alone_and_as_it_was_signed() {
        let rng = &mut UnwrapErr(SysRng);
        let (ann, ben, eve) = (person("Ann"), person("Ben"), person("Eve"));
        let kem = ben.device.kem.public_key();
        let said = invite(&ann, &ben);
        let bytes = said.seal(&ann.device.signing, &kem, rng).expect("sealed");
        assert_eq!(Invite::device_of(&bytes), Ok(ben.device.id));
        let read = Invite::open(&bytes, ben.device.id, &ben.device.kem).expect("his");
        assert!(read == said);
        assert_eq!(
            Invite::open(&bytes, eve.device.id, &eve.device.kem).err(),
            Some(InviteError::NotForThisDevice)
        );
        assert!(Invite::open(&bytes, ben.device.id, &eve.device.kem).is_err());
        let mut changed = bytes.clone();
        *changed.last_mut().expect("bytes") ^= 1;
        assert!(Invite::open(&changed, ben.device.id, &ben.device.kem).is_err());
        // Somebody else signs in her name; somebody else's device under her card; another space's beginning.
        let forged = said.seal(&eve.device.signing, &kem, rng).expect("sealed");
        assert_eq!(
            Invite::open(&forged, ben.device.id, &ben.device.kem).err(),
            Some(InviteError::NotSigned(VerifyError))
        );
        let mut other = invite(&ann, &ben);
        other.endorsement.clone_from(&eve.endorsement);
        let bytes = other.seal(&eve.device.signing, &kem, rng).expect("sealed");
        assert!(matches!(
            Invite::open(&bytes, ben.device.id, &ben.device.kem).err(),
            Some(InviteError::Endorsement(_))
        ));
        let mut other = invite(&ann, &ben);
        other.genesis.1 = invite(&eve, &ben).genesis.1.clone();
        let bytes = other.seal(&ann.device.signing, &kem, rng).expect("sealed");
        assert!(matches!(
            Invite::open(&bytes, ben.device.id, &ben.device.kem).err(),
            Some(InviteError::Genesis(_))
        ));
    }
}
