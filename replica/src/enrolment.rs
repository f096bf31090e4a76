//! How a second machine becomes a device of an identity: it asks, and is welcomed. Both travel under the key of a code that
//! is read from one screen and typed at the other, so that whatever carries them can neither read nor replace them.

use crate::invite::{Invite, device_context, zeroizing};
use keystead_crypto::{
    Card, CardError, DecodeError, DeviceCertificate, DevicePublic, EnrolmentCode, Field,
    IdentityKeys, KemPrivateKey, KeyBytes, OpenError, Padding, PaddingError, Place, Reader,
    SIGNATURE_SIZE, SecretBytes, SigningKey, VerifyError, WrapError, Writer, pad, unpad,
    unwrap_welcome, wrap_welcome,
};
use keystead_membership::{Endorsement, EndorsementError, Genesis, Proxy, StatementError};
use rand_core::CryptoRng;

/// Why a request or a welcome was refused.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EnrolmentError {
    /// The code is not that of the request, or it was changed.
    #[error("the code is not that of this request, or the request was changed")]
    WrongCode,
    /// The welcome is for another request, or was changed.
    #[error("the welcome is for another request, or was changed")]
    NotForThisDevice,
    /// It is not in canonical form.
    #[error("it is malformed: {0}")]
    Malformed(#[from] DecodeError),
    /// A card in it does not hold.
    #[error("the card in it was refused: {0}")]
    Card(#[from] CardError),
    /// The device in it is not whose it says.
    #[error("the device in it was refused: {0}")]
    Endorsement(#[from] EndorsementError),
    /// The beginning of the own space does not hold.
    #[error("the own space in it was refused: {0}")]
    Genesis(#[from] StatementError),
    /// The device did not say that another key may consent for it.
    #[error("the device did not agree to be enrolled")]
    NotAgreed(#[from] VerifyError),
    /// Its parts are of different identities or devices.
    #[error("its parts do not belong together")]
    Mixed,
}

impl From<PaddingError> for EnrolmentError {
    fn from(_: PaddingError) -> Self {
        Self::Malformed(DecodeError::NotCanonical)
    }
}

fn place(device: [u8; 16], field: Field) -> Place {
    Place::in_vault([0; 16], device, field)
}

/// A device that asks to be enrolled.
pub struct EnrolmentRequest {
    /// It.
    pub device: DevicePublic,
    /// What consents to its certificate in its place.
    pub proxy: Proxy,
}

impl EnrolmentRequest {
    /// Asks for a device, with a nonce that whoever asks keeps; what is sent, and the code that opens it.
    pub fn seal(
        device: &DevicePublic,
        signing: &SigningKey,
        nonce: &[u8; 32],
        rng: &mut impl CryptoRng,
    ) -> (EnrolmentCode, Vec<u8>) {
        let code = EnrolmentCode::of(device, nonce);
        let proxy = Proxy::of(signing, rng);
        let (seed, word) = proxy.parts();
        let card = device.encode();
        let mut writer = Writer::versioned_in(card.len() + SIGNATURE_SIZE + 128);
        writer.fixed(nonce).bytes(&card).fixed(seed).fixed(word);
        let body = pad(Padding::Operation, &zeroizing(writer.finish()));
        let place = place([0; 16], Field::EnrolmentRequest);
        (code, code.key().seal(&place, &body, rng))
    }

    /// Opens a request with the code that the new machine shows.
    ///
    /// # Errors
    /// [`EnrolmentError`].
    pub fn open(bytes: &[u8], code: &EnrolmentCode) -> Result<Self, EnrolmentError> {
        let place = place([0; 16], Field::EnrolmentRequest);
        let body = code.key().open(&place, bytes);
        let body = body.map_err(|_: OpenError| EnrolmentError::WrongCode)?;
        let mut reader = Reader::versioned(unpad(Padding::Operation, &body)?)?;
        let nonce: [u8; 32] = reader.fixed()?;
        let device = DevicePublic::decode(reader.bytes()?)?;
        let seed = reader.take(64)?;
        let word: [u8; SIGNATURE_SIZE] = reader.fixed()?;
        reader.finish()?;
        // Who knows a code could seal another device's request under its key.
        if EnrolmentCode::of(&device, &nonce) != *code {
            return Err(EnrolmentError::WrongCode);
        }
        let proxy = Proxy::from_parts(seed, word, &device.signing)?;
        Ok(Self { device, proxy })
    }
}

/// What a device gets that is enrolled.
pub struct Welcome {
    /// The identity's newest card.
    pub card: Vec<u8>,
    /// The device's certificate, with its consent.
    pub endorsement: Vec<u8>,
    /// The identity's keys, for a primary device.
    pub identity: Option<IdentityKeys>,
    /// The genesis of a space for the device alone, and its signature.
    pub genesis: (Vec<u8>, Vec<u8>),
    /// An invite into each space that the identity is in, for this device.
    pub invites: Vec<Vec<u8>>,
}

impl Welcome {
    /// The certificate in it.
    ///
    /// # Errors
    /// [`EnrolmentError`].
    pub fn certificate(&self) -> Result<(Card, DeviceCertificate), EnrolmentError> {
        let card = Card::parse(&self.card)?;
        let endorsed = Endorsement::parse(&card.signing, &self.endorsement)?;
        Ok((card, endorsed.certificate))
    }

    /// Seals it for the device that asked, with the code of its request.
    ///
    /// # Errors
    /// [`WrapError`] where the device's key is none.
    pub fn seal(
        &self,
        to: &DevicePublic,
        code: &EnrolmentCode,
        rng: &mut impl CryptoRng,
    ) -> Result<Vec<u8>, WrapError> {
        let parts = [
            &self.card,
            &self.endorsement,
            &self.genesis.0,
            &self.genesis.1,
        ];
        let parts = parts.into_iter().chain(&self.invites);
        let size: usize = parts.map(|part| part.len() + 4).sum();
        let mut writer = Writer::versioned_in(size + 128);
        writer.bytes(&self.card).bytes(&self.endorsement);
        writer.option(self.identity.as_ref(), |w, keys| {
            w.fixed(keys.signing.seed())
                .fixed(keys.share.seed().expose());
        });
        writer.bytes(&self.genesis.0).bytes(&self.genesis.1);
        writer.count(self.invites.len());
        for invite in &self.invites {
            writer.bytes(invite);
        }
        let body = zeroizing(writer.finish());
        let wrap = wrap_welcome(&to.kem, &device_context(&to.id), &body, rng)?;
        let padded = pad(Padding::Operation, &wrap);
        Ok(code.key().seal(&place(to.id, Field::Welcome), &padded, rng))
    }

    /// Opens a welcome for this device, once everything in it holds together. Whether the identity is the one that was
    /// meant is for whoever reads the name.
    ///
    /// # Errors
    /// [`EnrolmentError`].
    pub fn open(
        bytes: &[u8],
        device: &DevicePublic,
        kem: &KemPrivateKey,
        code: &EnrolmentCode,
    ) -> Result<Self, EnrolmentError> {
        let other = || EnrolmentError::NotForThisDevice;
        let padded = code
            .key()
            .open(&place(device.id, Field::Welcome), bytes)
            .map_err(|_| other())?;
        let wrap = unpad(Padding::Operation, &padded)?;
        let body = unwrap_welcome(kem, &device_context(&device.id), wrap).map_err(|_| other())?;
        let welcome = Self::decode(&body)?;
        welcome.check(device)?;
        Ok(welcome)
    }

    fn decode(body: &SecretBytes) -> Result<Self, EnrolmentError> {
        let mut reader = Reader::versioned(body)?;
        let welcome = Self {
            card: reader.bytes()?.to_vec(),
            endorsement: reader.bytes()?.to_vec(),
            identity: reader.option(|r| {
                let malformed = DecodeError::NotCanonical;
                let signing = SigningKey::from_seed(r.take(64)?).ok_or(malformed)?;
                let share = KeyBytes::from_slice(r.take(32)?).ok_or(malformed)?;
                let share = KemPrivateKey::from_seed(share);
                Ok(IdentityKeys { signing, share })
            })?,
            genesis: (reader.bytes()?.to_vec(), reader.bytes()?.to_vec()),
            invites: reader.list(|r| Ok(r.bytes()?.to_vec()))?,
        };
        reader.finish()?;
        Ok(welcome)
    }

    fn check(&self, device: &DevicePublic) -> Result<(), EnrolmentError> {
        let (card, certificate) = self.certificate()?;
        let genesis = Genesis::parse(&self.genesis.0, &self.genesis.1)?;
        let own = |invite: &Vec<u8>| Invite::device_of(invite) == Ok(device.id);
        let primary = certificate.role == keystead_crypto::DeviceRole::Primary;
        let keys_fit = self.identity.as_ref().is_none_or(|keys| {
            keys.signing.verifying_key().as_bytes() == card.signing.as_bytes()
                && keys.share.public_key().as_bytes() == card.share.as_bytes()
        });
        let whole = certificate.device.encode() == device.encode()
            && genesis.founder().0 == card.fingerprint()
            && self.invites.iter().all(own)
            && primary == self.identity.is_some()
            && keys_fit;
        match whole {
            true => Ok(()),
            false => Err(EnrolmentError::Mixed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use getrandom::{SysRng, rand_core::UnwrapErr};
    use keystead_crypto::{DeviceKeys, DeviceRole, DisplayName};

    struct Both {
        identity: IdentityKeys,
        card: Vec<u8>,
        device: DeviceKeys,
        public: DevicePublic,
        nonce: [u8; 32],
    }

    fn both() -> Both {
        let rng = &mut UnwrapErr(SysRng);
        let identity = IdentityKeys::generate(rng);
        let name = |text: &str| DisplayName::parse(text).expect("a name");
        let device = DeviceKeys::generate(rng);
        Both {
            card: Card::issue(3, &name("Ann"), &identity, rng),
            public: device.public(&name("desktop")),
            identity,
            device,
            nonce: [7; 32],
        }
    }

    fn welcome(both: &Both, request: &EnrolmentRequest, role: DeviceRole) -> Welcome {
        let rng = &mut UnwrapErr(SysRng);
        let certificate =
            DeviceCertificate::issue(&both.identity.signing, role, &request.device, rng);
        let (genesis, signature) = Genesis::sign(&both.identity.signing, &[1; 32], rng);
        let seeds = (both.identity.signing.seed(), both.identity.share.seed());
        let copied = || IdentityKeys {
            signing: SigningKey::from_seed(seeds.0).expect("a seed"),
            share: KemPrivateKey::from_seed(
                KeyBytes::from_slice(seeds.1.expose()).expect("a seed"),
            ),
        };
        Welcome {
            card: both.card.clone(),
            endorsement: Endorsement::consent_by_proxy(&certificate, &request.proxy, rng),
            identity: (role == DeviceRole::Primary).then(copied),
            genesis: (genesis.as_bytes().to_vec(), signature),
            invites: Vec::new(),
        }
    }

    #[test]
    fn a_request_opens_with_its_code_and_a_welcome_on_its_device() {
        let rng = &mut UnwrapErr(SysRng);
        let one = both();
        let sent = |both: &Both| {
            let rng = &mut UnwrapErr(SysRng);
            EnrolmentRequest::seal(&both.public, &both.device.signing, &both.nonce, rng)
        };
        let (code, request) = sent(&one);
        let typed: EnrolmentCode = code.to_string().to_lowercase().parse().expect("a code");
        let opened = EnrolmentRequest::open(&request, &typed).expect("the code is its");
        assert_eq!(opened.device.encode(), one.public.encode());
        for role in [DeviceRole::Primary, DeviceRole::Secondary] {
            let sealed = welcome(&one, &opened, role)
                .seal(&opened.device, &code, rng)
                .expect("sealed");
            let kem = &one.device.kem;
            let read = Welcome::open(&sealed, &one.public, kem, &code).expect("its own");
            assert_eq!(read.identity.is_some(), role == DeviceRole::Primary);
            assert_eq!(read.certificate().expect("certified").1.role, role);

            // Another code, another device, changed, cut.
            let other = both();
            let (others, _) = sent(&other);
            let refused = |sealed: &[u8], public: &DevicePublic, kem, code| {
                Welcome::open(sealed, public, kem, code).err()
            };
            let not = Some(EnrolmentError::NotForThisDevice);
            assert_eq!(refused(&sealed, &one.public, kem, &others), not);
            assert_eq!(
                refused(&sealed, &other.public, &other.device.kem, &code),
                not
            );
            assert_eq!(refused(&sealed, &one.public, &other.device.kem, &code), not);
            let mut changed = sealed.clone();
            changed[sealed.len() / 2] ^= 1;
            assert_eq!(refused(&changed, &one.public, kem, &code), not);
            assert_eq!(refused(&sealed[..40], &one.public, kem, &code), not);
        }
        let (others, _) = sent(&both());
        let wrong = EnrolmentRequest::open(&request, &others).err();
        assert_eq!(wrong, Some(EnrolmentError::WrongCode));
    }

    #[test]
    fn what_does_not_belong_together_is_refused() {
        let rng = &mut UnwrapErr(SysRng);
        let (one, eve) = (both(), both());
        let (code, request) =
            EnrolmentRequest::seal(&one.public, &one.device.signing, &one.nonce, rng);
        let request = EnrolmentRequest::open(&request, &code).expect("opens");
        let mut open = |change: &dyn Fn(&mut Welcome)| {
            let mut sent = welcome(&one, &request, DeviceRole::Primary);
            change(&mut sent);
            let sealed = sent.seal(&one.public, &code, rng).expect("sealed");
            Welcome::open(&sealed, &one.public, &one.device.kem, &code).err()
        };
        assert_eq!(open(&|_| {}), None);
        let theirs = welcome(&eve, &request, DeviceRole::Primary);
        let mixed = Some(EnrolmentError::Mixed);
        assert_eq!(open(&|sent| sent.genesis = theirs.genesis.clone()), mixed);
        assert_eq!(open(&|sent| sent.identity = None), mixed);
        let keys = |sent: &mut Welcome| {
            sent.identity = welcome(&eve, &request, DeviceRole::Primary).identity;
        };
        assert_eq!(open(&keys), mixed);
        assert_eq!(open(&|sent| sent.invites.push(vec![1, 2, 3])), mixed);
        let endorsement = open(&|sent| sent.endorsement = theirs.endorsement.clone());
        assert!(matches!(endorsement, Some(EnrolmentError::Endorsement(_))));
        // A request of somebody else's device, sealed by who overheard the code.
        let other = both();
        let mut writer = Writer::versioned();
        let proxy = Proxy::of(&other.device.signing, rng);
        writer
            .fixed(&other.nonce)
            .bytes(&other.public.encode())
            .fixed(proxy.parts().0)
            .fixed(proxy.parts().1);
        let body = pad(Padding::Operation, &writer.finish());
        let place = place([0; 16], Field::EnrolmentRequest);
        let forged = code.key().seal(&place, &body, rng);
        assert_eq!(
            EnrolmentRequest::open(&forged, &code).err(),
            Some(EnrolmentError::WrongCode)
        );
    }
}
