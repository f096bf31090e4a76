//! The header: what stands in clear beside the store. It says how to derive
//! the root key, and nothing about what the vault holds.

use crate::{
    asker::Timestamp,
    id::VaultId,
    slot::{Credential, NewPassphrase, NewSlot, Slot, SlotError, SlotKind},
};
use keystead_crypto::{
    DecodeError, Field, HEADER_MAC_SIZE, HeaderMacKey, KdfError, OpenError, Place, Reader, RootKey,
    Writer, header_mac, verify_header_mac,
};
use rand_core::CryptoRng;

const MAGIC: &[u8; 8] = b"KEYSTEAD";
/// A vault has a handful of slots; a header that says more is not ours.
const MOST_SLOTS: usize = 32;

/// Why a header was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HeaderError {
    /// Another kind of file, or damage.
    #[error("the header is not one of a vault, or it is damaged")]
    NotAHeader,
    /// Another schema or suite.
    #[error("the vault was written in format {0}, which this version does not read")]
    Unsupported(u16),
    /// Costs outside floor and ceilings.
    #[error(transparent)]
    Kdf(#[from] KdfError),
    /// No slot opens with that passphrase, or with those words.
    #[error("the passphrase is wrong or the header was changed")]
    WrongPassphraseOrTampered,
    /// The passphrase counts only beside a key file, and none was given.
    #[error("the vault is unlocked by a passphrase and a key file")]
    KeyFileNeeded,
    /// Nothing of that kind opens the vault.
    #[error("the vault has no {}", .0.words())]
    NoSlot(SlotKind),
}

impl From<DecodeError> for HeaderError {
    fn from(error: DecodeError) -> Self {
        match error {
            DecodeError::UnsupportedSuite(n) | DecodeError::UnsupportedSchema(n) => {
                Self::Unsupported(n)
            }
            _ => Self::NotAHeader,
        }
    }
}

pub(crate) struct Header {
    pub(crate) vault: VaultId,
    /// Rises with each change of the header; the store knows it too.
    pub(crate) generation: u64,
    pub(crate) slots: Vec<Slot>,
    /// While the vault is keyed anew: the root key before this one, sealed under this one.
    previous_root: Option<Vec<u8>>,
}

impl Header {
    /// A vault's first header, with a passphrase to unlock it.
    pub(crate) fn generate(
        vault: VaultId,
        new: NewPassphrase<'_>,
        root: &RootKey,
        at: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<Self, KdfError> {
        let slot = Slot::generate(vault, NewSlot::Passphrase(new), root, at, rng)?;
        Ok(Self {
            vault,
            generation: 1,
            slots: vec![slot],
            previous_root: None,
        })
    }

    /// Puts a slot in the place of those of its kind: there is one of each at most.
    pub(crate) fn put(
        &mut self,
        new: NewSlot<'_>,
        root: &RootKey,
        at: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<(), KdfError> {
        let slot = Slot::generate(self.vault, new, root, at, rng)?;
        self.remove(slot.kind());
        self.slots.push(slot);
        Ok(())
    }

    /// Whether there was one.
    pub(crate) fn remove(&mut self, kind: SlotKind) -> bool {
        let before = self.slots.len();
        self.slots.retain(|slot| slot.kind() != kind);
        self.slots.len() < before
    }

    /// Begins a change of the root key: no slot opens the new one yet, which keeps the old one for what it still opens.
    pub(crate) fn begin_root(&mut self, old: &RootKey, new: &RootKey, rng: &mut impl CryptoRng) {
        self.slots.clear();
        let key = new.derive_previous_root_key();
        self.previous_root = Some(key.seal_root_key(&self.previous_root_place(), old, rng));
    }

    /// Ends a change of the root key: nothing is left that the old one opens.
    pub(crate) fn end_root(&mut self) {
        self.previous_root = None;
    }

    /// The root key before `root`, where a change of it has begun and not ended.
    pub(crate) fn previous_root(&self, root: &RootKey) -> Result<Option<RootKey>, HeaderError> {
        let Some(envelope) = &self.previous_root else {
            return Ok(None);
        };
        let key = root.derive_previous_root_key();
        match key.open_root_key(&self.previous_root_place(), envelope) {
            Ok(previous) => Ok(Some(previous)),
            Err(OpenError::UnsupportedSuite(n)) => Err(HeaderError::Unsupported(n)),
            Err(_) => Err(HeaderError::WrongPassphraseOrTampered),
        }
    }

    fn previous_root_place(&self) -> Place {
        Place::in_vault(self.vault.0, [0; 16], Field::PreviousRootKey)
    }

    /// The header's bytes: canonical form, then the MAC.
    pub(crate) fn encode(&self, key: &HeaderMacKey) -> Vec<u8> {
        let mut bytes = self.body();
        let mac = header_mac(key, &bytes);
        bytes.extend_from_slice(&mac);
        bytes
    }

    /// All that the MAC covers.
    pub(crate) fn body(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        let mut writer = Writer::versioned();
        writer
            .fixed(&self.vault.0)
            .u64(self.generation)
            .count(self.slots.len());
        for slot in &self.slots {
            slot.encode(&mut writer);
        }
        writer.option(self.previous_root.as_ref(), |w, envelope| {
            w.bytes(envelope);
        });
        bytes.extend_from_slice(&writer.finish());
        bytes
    }

    /// Reads the form; the MAC can only be checked with the root key.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, HeaderError> {
        let (body, _) = split_mac(bytes)?;
        let body = body.strip_prefix(MAGIC).ok_or(HeaderError::NotAHeader)?;
        let mut reader = Reader::versioned(body)?;
        let vault = VaultId(reader.fixed()?);
        let generation = reader.u64()?;
        let slots = reader.list(Slot::decode)?;
        let previous_root = reader.option(|r| Ok(r.bytes()?.to_vec()))?;
        reader.finish()?;
        if slots.is_empty() || slots.len() > MOST_SLOTS {
            return Err(HeaderError::NotAHeader);
        }
        Ok(Self {
            vault,
            generation,
            slots: slots.into_iter().collect::<Result<_, KdfError>>()?,
            previous_root,
        })
    }

    /// Opens the first slot that the credential opens, and checks the MAC.
    pub(crate) fn unlock(
        &self,
        bytes: &[u8],
        credential: &Credential<'_>,
    ) -> Result<RootKey, HeaderError> {
        let kind = credential.kind();
        if self.slots.iter().all(|slot| slot.kind() != kind) {
            return Err(HeaderError::NoSlot(kind));
        }
        let mut refused = HeaderError::WrongPassphraseOrTampered;
        for slot in &self.slots {
            match slot.open(self.vault, credential) {
                Ok(root) => {
                    verify(bytes, &root)?;
                    return Ok(root);
                }
                Err(SlotError::NotThis) => {}
                Err(SlotError::KeyFileNeeded) => refused = HeaderError::KeyFileNeeded,
                Err(SlotError::UnsupportedSuite(n)) => return Err(HeaderError::Unsupported(n)),
                Err(SlotError::Kdf(error)) => return Err(error.into()),
            }
        }
        Err(refused)
    }
}

/// Checks the MAC of a header's bytes.
pub(crate) fn verify(bytes: &[u8], root: &RootKey) -> Result<(), HeaderError> {
    let (body, mac) = split_mac(bytes)?;
    if verify_header_mac(&root.derive_header_mac_key(), body, mac) {
        Ok(())
    } else {
        Err(HeaderError::WrongPassphraseOrTampered)
    }
}

fn split_mac(bytes: &[u8]) -> Result<(&[u8], &[u8; HEADER_MAC_SIZE]), HeaderError> {
    bytes.split_last_chunk().ok_or(HeaderError::NotAHeader)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::at_the_floor;
    use getrandom::{SysRng, rand_core::UnwrapErr};
    use keystead_crypto::{KeyFile, Passphrase, RecoverySecret, SlotKey};

    const AT: Timestamp = Timestamp(1_800_000_000_000);

    #[test]
    fn every_kind_of_slot_opens_with_its_own_credential_and_no_other() {
        let rng = &mut UnwrapErr(SysRng);
        let root = RootKey::generate(rng);
        let (passphrase, file) = (Passphrase::new("words".to_owned()), KeyFile::generate(rng));
        let (words, other) = (RecoverySecret::generate(rng), RecoverySecret::generate(rng));
        let (kept, stale) = (SlotKey::generate(rng), SlotKey::generate(rng));
        let new = NewPassphrase {
            key_file: Some(&file),
            ..at_the_floor(&passphrase)
        };
        let mut header =
            Header::generate(VaultId([7; 16]), new, &root, AT, rng).expect("the floor fits");
        let id = crate::SlotId([8; 16]);
        let unlock = |header: &Header, credential: Credential<'_>| {
            let bytes = header.encode(&root.derive_header_mac_key());
            let read = Header::decode(&bytes).expect("just written");
            let opened = read.unlock(&bytes, &credential)?;
            Ok(*opened.key().expose() == *root.key().expose())
        };
        let (recovery, keyring) = (SlotKind::Recovery, SlotKind::Keyring);
        assert_eq!(
            unlock(&header, Credential::Recovery(&words)),
            Err(HeaderError::NoSlot(recovery))
        );
        header
            .put(NewSlot::Recovery(&other), &root, AT, rng)
            .expect("no derivation");
        header
            .put(NewSlot::Recovery(&words), &root, AT, rng)
            .expect("no derivation");
        header
            .put(NewSlot::Keyring(id, &kept), &root, AT, rng)
            .expect("no derivation");
        let kinds: Vec<_> = header.slots.iter().map(Slot::kind).collect();
        assert_eq!(kinds, [SlotKind::Passphrase, recovery, keyring]);
        assert_eq!(header.slots[2].info().id, id);

        let wrong = Err(HeaderError::WrongPassphraseOrTampered);
        let stranger = KeyFile::generate(rng);
        for (credential, opens) in [
            (Credential::Passphrase(&passphrase, Some(&file)), Ok(true)),
            (Credential::Passphrase(&passphrase, Some(&stranger)), wrong),
            (
                Credential::Passphrase(&passphrase, None),
                Err(HeaderError::KeyFileNeeded),
            ),
            (Credential::Recovery(&words), Ok(true)),
            (Credential::Recovery(&other), wrong),
            (Credential::Keyring(&kept), Ok(true)),
            (Credential::Keyring(&stale), wrong),
        ] {
            assert_eq!(unlock(&header, credential), opens);
        }
        assert!(header.remove(keyring) && !header.remove(keyring));
        assert_eq!(
            unlock(&header, Credential::Keyring(&kept)),
            Err(HeaderError::NoSlot(keyring))
        );
    }

    #[test]
    fn a_root_key_that_is_being_replaced_is_kept_under_the_new_one() {
        let rng = &mut UnwrapErr(SysRng);
        let (old, new) = (RootKey::generate(rng), RootKey::generate(rng));
        let passphrase = Passphrase::new("words".to_owned());
        let mut header =
            Header::generate(VaultId([7; 16]), at_the_floor(&passphrase), &old, AT, rng)
                .expect("the floor fits");
        assert!(header.previous_root(&old).expect("none").is_none());
        header.begin_root(&old, &new, rng);
        header
            .put(
                NewSlot::Recovery(&RecoverySecret::generate(rng)),
                &new,
                AT,
                rng,
            )
            .expect("no derivation");
        let bytes = header.encode(&new.derive_header_mac_key());
        let mut read = Header::decode(&bytes).expect("just written");
        let kept = read.previous_root(&new).expect("opens").expect("kept");
        assert_eq!(kept.key().expose(), old.key().expose());
        assert!(read.previous_root(&old).is_err());
        read.end_root();
        assert!(read.previous_root(&new).expect("none").is_none());
    }

    #[test]
    fn a_weaker_header_is_refused_before_deriving_and_a_changed_one_after() {
        let rng = &mut UnwrapErr(SysRng);
        let root = RootKey::generate(rng);
        let passphrase = Passphrase::new("correct horse battery staple".to_owned());
        let header = Header::generate(VaultId([7; 16]), at_the_floor(&passphrase), &root, AT, rng)
            .expect("the floor fits");
        let bytes = header.encode(&root.derive_header_mac_key());
        let read = Header::decode(&bytes).expect("just written");
        let credential = Credential::Passphrase(&passphrase, None);
        assert!(read.unlock(&bytes, &credential).is_ok());

        // Magic 8, versions 4, vault 16, generation 8, count 4, slot id 16, kind 1, time 8.
        let memory = 8 + 4 + 16 + 8 + 4 + 16 + 1 + 8;
        let mut weaker = bytes.clone();
        weaker[memory..memory + 4].copy_from_slice(&8u32.to_be_bytes());
        assert_eq!(
            Header::decode(&weaker).err(),
            Some(HeaderError::Kdf(KdfError::BelowFloor))
        );
        let mut dearer = bytes.clone();
        dearer[memory..memory + 4].copy_from_slice(&u32::MAX.to_be_bytes());
        assert_eq!(
            Header::decode(&dearer).err(),
            Some(HeaderError::Kdf(KdfError::AboveCeiling))
        );
        let mut newer = bytes.clone();
        newer[11] = 9;
        assert_eq!(
            Header::decode(&newer).err(),
            Some(HeaderError::Unsupported(9))
        );

        let mut other_generation = bytes.clone();
        other_generation[8 + 4 + 16 + 7] ^= 1;
        let read = Header::decode(&other_generation).expect("the form is right");
        assert_eq!(
            read.unlock(&other_generation, &credential).err(),
            Some(HeaderError::WrongPassphraseOrTampered),
            "the MAC covers the generation"
        );
        assert_eq!(
            Header::decode(b"PK\x03\x04").err(),
            Some(HeaderError::NotAHeader)
        );
        for size in 0..bytes.len() {
            assert!(
                Header::decode(&bytes[..size]).is_err() || verify(&bytes[..size], &root).is_err(),
                "truncated to {size}"
            );
        }
    }
}
