//! Cards: the public half of an identity, versioned and signed by itself. Does
//! not decide whom to trust: a card says who its key is, not that it is right.

use super::{CardError, DisplayName, Fingerprint, IdentityKeys, armor, fingerprint, split_signed};
use crate::{
    KemPublicKey, PUBLIC_KEY_SIZE, Reader, SIGNATURE_SIZE, SigningContext, VerifyingKey, Writer,
};
use rand_core::CryptoRng;

/// The public half of an identity.
#[derive(Clone)]
pub struct Card {
    /// Rises with each change; the highest under a pinned key counts.
    pub version: u32,
    /// The person's name, as they give it.
    pub name: DisplayName,
    /// The pin.
    pub signing: VerifyingKey,
    /// Recipient of age files.
    pub share: KemPublicKey,
    encoded: Vec<u8>,
}

/// Why a card can't take another's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SupersedeError {
    /// Another identity's key: blocks until verified again.
    #[error("the card is of another identity key")]
    DifferentIdentity,
    /// Older than the card that is held.
    #[error("the card has version {found}, and version {held} is held already")]
    Older {
        /// The version held.
        held: u32,
        /// The version offered.
        found: u32,
    },
    /// One version with two contents: its owner's devices disagree, or one of
    /// them is not its owner's.
    #[error("two different cards have version {version}")]
    SameVersion {
        /// The version of both.
        version: u32,
    },
}

impl Card {
    /// Signs and encodes a card.
    pub fn issue(
        version: u32,
        name: &DisplayName,
        keys: &IdentityKeys,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Vec<u8> {
        let mut writer = Writer::versioned();
        writer
            .u32(version)
            .text(name.as_str())
            .fixed(keys.signing.verifying_key().as_bytes())
            .fixed(keys.share.public_key().as_bytes());
        let signature = keys
            .signing
            .sign(SigningContext::Card, writer.as_slice(), rng);
        writer.fixed(&signature[..]);
        writer.finish()
    }

    /// Reads a card and checks its own signature.
    ///
    /// # Errors
    /// [`CardError`] for anything that [`Self::issue`] did not make.
    pub fn parse(bytes: &[u8]) -> Result<Self, CardError> {
        let (body, signature) = split_signed(bytes)?;
        let mut reader = Reader::versioned(body)?;
        let card = Self {
            version: reader.u32()?,
            name: DisplayName::parse(reader.text()?)?,
            signing: VerifyingKey::from_bytes(reader.take(PUBLIC_KEY_SIZE)?)?,
            share: KemPublicKey::from_bytes(reader.take(KemPublicKey::SIZE)?)?,
            encoded: bytes.to_vec(),
        };
        reader.finish()?;
        card.signing.verify(SigningContext::Card, body, signature)?;
        Ok(card)
    }

    /// Reads a card from its text.
    ///
    /// # Errors
    /// [`CardError`] for anything that [`Self::armored`] did not make, but for
    /// CRLF and white space around lines, which mail adds.
    pub fn parse_armored(text: &str) -> Result<Self, CardError> {
        Self::parse(&armor::TextBlock::Card.unarmor(text)?)
    }

    /// The card's bytes, as issued.
    pub fn as_bytes(&self) -> &[u8] {
        &self.encoded
    }

    /// The card as text, for mail and chat: base64 in lines of 64 characters
    /// between `-----BEGIN KEYSTEAD CARD-----` and `-----END KEYSTEAD CARD-----`.
    pub fn armored(&self) -> String {
        armor::TextBlock::Card.armor(&self.encoded)
    }

    /// The fingerprint of the pinned key.
    pub fn fingerprint(&self) -> Fingerprint {
        fingerprint(&self.signing)
    }

    /// Whether this card may stand where `held` stands: of the same identity
    /// key, and newer or the same. A signature made anew over the same words is
    /// the same card, as signatures are randomized.
    ///
    /// # Errors
    /// [`SupersedeError`] that says why not.
    pub fn supersedes(&self, held: &Self) -> Result<(), SupersedeError> {
        if self.signing.as_bytes() != held.signing.as_bytes() {
            return Err(SupersedeError::DifferentIdentity);
        }
        match self.version.cmp(&held.version) {
            std::cmp::Ordering::Greater => Ok(()),
            std::cmp::Ordering::Equal if self.signed_bytes() == held.signed_bytes() => Ok(()),
            std::cmp::Ordering::Equal => Err(SupersedeError::SameVersion {
                version: self.version,
            }),
            std::cmp::Ordering::Less => Err(SupersedeError::Older {
                held: held.version,
                found: self.version,
            }),
        }
    }

    fn signed_bytes(&self) -> &[u8] {
        &self.encoded[..self.encoded.len() - SIGNATURE_SIZE]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::{ArmorError, DisplayNameError, tests::name};
    use crate::{DecodeError, SigningKey};
    use getrandom::{SysRng, rand_core::UnwrapErr};
    use proptest::prelude::*;

    fn card(version: u32, called: &str, keys: &IdentityKeys) -> Card {
        let bytes = Card::issue(version, &name(called), keys, &mut UnwrapErr(SysRng));
        Card::parse(&bytes).expect("just issued")
    }

    #[test]
    fn a_newer_card_of_the_same_key_supersedes_and_no_other() {
        let rng = &mut UnwrapErr(SysRng);
        let mara = IdentityKeys::generate(rng);
        let renewed = IdentityKeys {
            signing: SigningKey::from_seed(mara.signing.seed()).expect("64 bytes"),
            share: crate::KemPrivateKey::generate(rng),
        };
        let held = card(3, "Mara", &mara);
        assert_eq!(
            held.fingerprint(),
            fingerprint(&mara.signing.verifying_key())
        );
        let stranger = card(3, "Mara", &IdentityKeys::generate(rng));
        assert_ne!(held.fingerprint(), stranger.fingerprint());
        assert_eq!(card(4, "Mara K", &mara).supersedes(&held), Ok(()));
        assert_eq!(card(4, "Mara", &renewed).supersedes(&held), Ok(()));
        let again = card(3, "Mara", &mara);
        assert_ne!(again.as_bytes(), held.as_bytes(), "signatures are hedged");
        assert_eq!(again.supersedes(&held), Ok(()));

        let same = Err(SupersedeError::SameVersion { version: 3 });
        assert_eq!(card(3, "Mara K", &mara).supersedes(&held), same);
        assert_eq!(card(3, "Mara", &renewed).supersedes(&held), same);
        assert_eq!(
            card(2, "Mara", &mara).supersedes(&held),
            Err(SupersedeError::Older { held: 3, found: 2 })
        );
        let stranger = IdentityKeys::generate(rng);
        for version in [2, 3, 4] {
            assert_eq!(
                card(version, "Mara", &stranger).supersedes(&held),
                Err(SupersedeError::DifferentIdentity),
                "whatever its version"
            );
        }
    }

    #[test]
    fn a_card_travels_as_text() {
        let keys = IdentityKeys::generate(&mut UnwrapErr(SysRng));
        let card = card(1, "Mara", &keys);
        let text = card.armored();
        let read = Card::parse_armored(&text.replace('\n', "\r\n")).expect("our own text");
        assert_eq!(read.as_bytes(), card.as_bytes());
        assert_eq!(read.armored(), text);
        assert_eq!(
            Card::parse_armored("hello").err(),
            Some(CardError::Armor(ArmorError::NotACard))
        );
        let at = text.len() / 2;
        let other = if text.as_bytes()[at] == b'A' {
            "B"
        } else {
            "A"
        };
        let mut changed = text.clone();
        changed.replace_range(at..=at, other);
        assert!(Card::parse_armored(&changed).is_err(), "one letter changed");
    }

    #[test]
    fn a_signed_name_that_breaks_the_line_is_refused_all_the_same() {
        let rng = &mut UnwrapErr(SysRng);
        let keys = IdentityKeys::generate(rng);
        let mut writer = Writer::versioned();
        writer
            .u32(1)
            .text("Mara\nverified")
            .fixed(keys.signing.verifying_key().as_bytes())
            .fixed(keys.share.public_key().as_bytes());
        let signature = keys
            .signing
            .sign(SigningContext::Card, writer.as_slice(), rng);
        writer.fixed(&signature[..]);
        assert_eq!(
            Card::parse(&writer.finish()).err(),
            Some(CardError::Name(DisplayNameError::NotPrintable))
        );
        assert_eq!(
            Card::parse(&[0; 7]).err(),
            Some(CardError::Malformed(DecodeError::Truncated))
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]
        #[test]
        fn a_card_has_one_encoding(
            version: u32,
            called in "\\PC{1,40}|[a-z\u{0}-\u{1f}\u{200b}\u{202e} ]{0,6}|x{126,130}",
            change: (prop::sample::Index, u8),
            junk in prop::collection::vec(any::<u8>(), 0..200),
        ) {
            let rng = &mut UnwrapErr(SysRng);
            let keys = IdentityKeys::generate(rng);
            let mut writer = Writer::versioned();
            writer
                .u32(version)
                .text(&called)
                .fixed(keys.signing.verifying_key().as_bytes())
                .fixed(keys.share.public_key().as_bytes());
            let signature = keys.signing.sign(SigningContext::Card, writer.as_slice(), rng);
            writer.fixed(&signature[..]);
            let bytes = writer.finish();
            match (Card::parse(&bytes), DisplayName::parse(&called)) {
                (Ok(read), Ok(name)) => {
                    prop_assert_eq!((read.version, &read.name), (version, &name));
                    let issued = Card::issue(read.version, &read.name, &keys, rng);
                    let signed = bytes.len() - SIGNATURE_SIZE;
                    prop_assert_eq!(&issued[..signed], &bytes[..signed], "but for the signature");
                    prop_assert_eq!(read.as_bytes(), &bytes[..]);
                }
                (read, name) => {
                    prop_assert_eq!(read.err(), name.err().map(CardError::Name), "{:?}", called);
                }
            }
            let (at, value) = (change.0.index(bytes.len()), change.1);
            let mut changed = bytes.clone();
            changed[at] = value;
            prop_assert!(changed == bytes || Card::parse(&changed).is_err(), "byte {}", at);
            prop_assert!(Card::parse(&bytes[..at]).is_err());
            prop_assert!(Card::parse(&junk).is_err(), "too short for a signature");
            let longer = [&[0, 1, 0, 0], &junk[..], &signature[..]].concat();
            prop_assert!(Card::parse(&longer).is_err());
        }
    }
}
