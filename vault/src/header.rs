//! The header: what stands in clear beside the store. It says how to derive
//! the root key, and nothing about what the vault holds.

use crate::id::VaultId;
use keystead_crypto::{
    DecodeError, Field, HEADER_MAC_SIZE, HeaderMacKey, KdfError, KdfParams, OpenError, Passphrase,
    Place, Reader, RootKey, Writer, derive_slot_key, header_mac, verify_header_mac,
};
use rand_core::CryptoRng;

const MAGIC: &[u8; 8] = b"KEYSTEAD";
const PASSPHRASE_SLOT: u8 = 1;
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
    /// No slot opens with that passphrase.
    #[error("the passphrase is wrong or the header was changed")]
    WrongPassphraseOrTampered,
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

/// One way to unlock.
pub(crate) struct Slot {
    id: [u8; 16],
    params: KdfParams,
    salt: [u8; 32],
    envelope: Vec<u8>,
}

impl Slot {
    fn generate(
        vault: VaultId,
        passphrase: &Passphrase,
        params: KdfParams,
        root: &RootKey,
        rng: &mut impl CryptoRng,
    ) -> Result<Self, KdfError> {
        let mut id = [0; 16];
        let mut salt = [0; 32];
        rng.fill_bytes(&mut id);
        rng.fill_bytes(&mut salt);
        let place = Place::in_vault(vault.0, id, Field::SlotRootKey);
        let envelope = derive_slot_key(passphrase, &salt, params)?.seal_root_key(&place, root, rng);
        Ok(Self {
            id,
            params,
            salt,
            envelope,
        })
    }
}

pub(crate) struct Header {
    pub(crate) vault: VaultId,
    /// Rises with each change of the header; the store knows it too.
    pub(crate) generation: u64,
    pub(crate) slots: Vec<Slot>,
}

impl Header {
    pub(crate) fn generate(
        vault: VaultId,
        passphrase: &Passphrase,
        params: KdfParams,
        root: &RootKey,
        rng: &mut impl CryptoRng,
    ) -> Result<Self, KdfError> {
        Ok(Self {
            vault,
            generation: 1,
            slots: vec![Slot::generate(vault, passphrase, params, root, rng)?],
        })
    }

    /// The next header: the slot that `old` opens is one that `new` opens, the
    /// others stay. With the root key, which is the same.
    pub(crate) fn with_new_passphrase(
        mut self,
        bytes: &[u8],
        old: &Passphrase,
        (new, params): (&Passphrase, KdfParams),
        rng: &mut impl CryptoRng,
    ) -> Result<(Self, RootKey), HeaderError> {
        let (index, root) = self.open_slot(bytes, old)?;
        self.slots[index] = Slot::generate(self.vault, new, params, &root, rng)?;
        self.generation += 1;
        Ok((self, root))
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
            writer
                .fixed(&slot.id)
                .u8(PASSPHRASE_SLOT)
                .u32(slot.params.memory_kib())
                .u32(slot.params.passes())
                .u32(slot.params.lanes())
                .fixed(&slot.salt)
                .bytes(&slot.envelope);
        }
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
        let raw = reader.list(|r| {
            let id = r.fixed()?;
            if r.u8()? != PASSPHRASE_SLOT {
                return Err(DecodeError::NotCanonical);
            }
            let costs = (r.u32()?, r.u32()?, r.u32()?);
            Ok((id, costs, r.fixed()?, r.bytes()?.to_vec()))
        })?;
        reader.finish()?;
        if raw.is_empty() || raw.len() > MOST_SLOTS {
            return Err(HeaderError::NotAHeader);
        }
        let slots = raw
            .into_iter()
            .map(|(id, (memory_kib, passes, lanes), salt, envelope)| {
                Ok(Slot {
                    id,
                    params: KdfParams::new(memory_kib, passes, lanes)?,
                    salt,
                    envelope,
                })
            })
            .collect::<Result<_, KdfError>>()?;
        Ok(Self {
            vault,
            generation,
            slots,
        })
    }

    /// Opens the first slot that the passphrase opens, and checks the MAC.
    pub(crate) fn unlock(
        &self,
        bytes: &[u8],
        passphrase: &Passphrase,
    ) -> Result<RootKey, HeaderError> {
        Ok(self.open_slot(bytes, passphrase)?.1)
    }

    fn open_slot(
        &self,
        bytes: &[u8],
        passphrase: &Passphrase,
    ) -> Result<(usize, RootKey), HeaderError> {
        for (index, slot) in self.slots.iter().enumerate() {
            let place = Place::in_vault(self.vault.0, slot.id, Field::SlotRootKey);
            let key = derive_slot_key(passphrase, &slot.salt, slot.params)?;
            match key.open_root_key(&place, &slot.envelope) {
                Ok(root) => {
                    verify(bytes, &root)?;
                    return Ok((index, root));
                }
                Err(OpenError::UnsupportedSuite(n)) => return Err(HeaderError::Unsupported(n)),
                Err(_) => {}
            }
        }
        Err(HeaderError::WrongPassphraseOrTampered)
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
    use getrandom::{SysRng, rand_core::UnwrapErr};

    #[test]
    fn a_weaker_header_is_refused_before_deriving_and_a_changed_one_after() {
        let rng = &mut UnwrapErr(SysRng);
        let root = RootKey::generate(rng);
        let passphrase = Passphrase::new("correct horse battery staple".to_owned());
        let header = Header::generate(VaultId([7; 16]), &passphrase, KdfParams::FLOOR, &root, rng)
            .expect("the floor fits");
        let bytes = header.encode(&root.derive_header_mac_key());
        let read = Header::decode(&bytes).expect("just written");
        assert!(read.unlock(&bytes, &passphrase).is_ok());

        // Magic 8, versions 4, vault 16, generation 8, count 4, slot id 16, kind 1.
        let memory = 8 + 4 + 16 + 8 + 4 + 16 + 1;
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
            read.unlock(&other_generation, &passphrase).err(),
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
