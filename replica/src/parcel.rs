//! A parcel: a statement that opens or shares keys, with a message for each device that gets some of them. Whoever can
//! open one message can read the statement, and before that needs no other key of the space.

use keystead_crypto::{
    DecodeError, Field, KeyBytes, OpenError, Padding, PaddingError, ParcelKey, Place, Reader,
    SecretBytes, Writer, pad, parcel_tag, unpad,
};
use rand_core::CryptoRng;
use std::collections::BTreeMap;

/// Why a parcel was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParcelError {
    /// It is not in canonical form.
    #[error("the parcel is malformed: {0}")]
    Malformed(#[from] DecodeError),
    /// The statement in it does not open with the key that came in the message.
    #[error("the parcel's statement does not open")]
    Sealed(#[from] OpenError),
    /// The statement's padding is not what it is made of.
    #[error("the parcel's statement is padded otherwise")]
    Padding(#[from] PaddingError),
}

/// What the message for a device is bound to.
pub fn wrap_context(space: &[u8; 32], parcel: &[u8; 16], device: &[u8; 16]) -> Vec<u8> {
    let mut writer = Writer::versioned();
    writer.fixed(space).fixed(parcel).fixed(device);
    writer.finish()
}

/// What a message says: the parcel's key, and of the statement's epochs those that its device gets, by their place.
pub struct Payload {
    /// Opens the parcel's statement.
    pub parcel: ParcelKey,
    /// Ascending by place.
    pub keys: Vec<(u16, KeyBytes)>,
}

impl Payload {
    /// Parcel's key 32, number of keys, and for each its place and 32 bytes.
    pub fn encode(parcel: &ParcelKey, keys: &[(u16, &KeyBytes)]) -> SecretBytes {
        let mut bytes = SecretBytes::zeroed(34 + keys.len() * 34);
        let count = u16::try_from(keys.len()).expect("a statement opens far fewer epochs");
        bytes[..32].copy_from_slice(parcel.key().expose());
        bytes[32..34].copy_from_slice(&count.to_be_bytes());
        for (room, (place, key)) in bytes[34..].chunks_exact_mut(34).zip(keys) {
            room[..2].copy_from_slice(&place.to_be_bytes());
            room[2..].copy_from_slice(key.expose());
        }
        bytes
    }

    /// Reads what [`Self::encode`] wrote.
    ///
    /// # Errors
    /// [`DecodeError`] for another length, and where the places do not ascend.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        let key = |reader: &mut Reader<'_>| {
            KeyBytes::from_slice(reader.take(32)?).ok_or(DecodeError::NotCanonical)
        };
        let parcel = ParcelKey::from_bytes(key(&mut reader)?);
        let count = reader.u16()?;
        let mut keys = Vec::new();
        for _ in 0..count {
            let place = reader.u16()?;
            keys.push((place, key(&mut reader)?));
        }
        reader.finish()?;
        match keys.is_sorted_by(|a, b| a.0 < b.0) {
            true => Ok(Self { parcel, keys }),
            false => Err(DecodeError::NotCanonical),
        }
    }
}

/// The object that travels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parcel {
    /// Random.
    pub id: [u8; 16],
    /// The messages, by the tag that its device computes.
    pub wraps: BTreeMap<[u8; 16], Vec<u8>>,
    /// The statement and its signature, sealed.
    pub envelope: Vec<u8>,
}

impl Parcel {
    /// Puts a statement and its messages together.
    pub fn seal(
        space: [u8; 32],
        id: [u8; 16],
        key: &ParcelKey,
        (statement, signature): (&[u8], &[u8]),
        wraps: impl IntoIterator<Item = ([u8; 16], Vec<u8>)>,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Self {
        let mut writer = Writer::versioned();
        writer.bytes(statement).bytes(signature);
        let padded = pad(Padding::Operation, writer.as_slice());
        let wraps = wraps.into_iter();
        Self {
            id,
            wraps: wraps
                .map(|(device, wrap)| (parcel_tag(&id, &device), wrap))
                .collect(),
            envelope: key.seal(&place(space, id), &padded, rng),
        }
    }

    /// The message for a device, if there is one.
    pub fn wrap_for(&self, device: &[u8; 16]) -> Option<&[u8]> {
        self.wraps
            .get(&parcel_tag(&self.id, device))
            .map(Vec::as_slice)
    }

    /// The statement and its signature.
    ///
    /// # Errors
    /// [`ParcelError`] where it was not sealed for this space and id with this key.
    pub fn statement(
        &self,
        space: [u8; 32],
        key: &ParcelKey,
    ) -> Result<(Vec<u8>, Vec<u8>), ParcelError> {
        let padded = key.open(&place(space, self.id), &self.envelope)?;
        let mut reader = Reader::versioned(unpad(Padding::Operation, &padded)?)?;
        let found = (reader.bytes()?.to_vec(), reader.bytes()?.to_vec());
        reader.finish()?;
        Ok(found)
    }

    /// The canonical bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::versioned();
        writer.fixed(&self.id).count(self.wraps.len());
        for (tag, wrap) in &self.wraps {
            writer.fixed(tag).bytes(wrap);
        }
        writer.bytes(&self.envelope);
        writer.finish()
    }

    /// Reads what [`Self::encode`] wrote.
    ///
    /// # Errors
    /// [`DecodeError`]; [`DecodeError::NotCanonical`] where the tags do not ascend.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::versioned(bytes)?;
        let id = reader.fixed()?;
        let wraps = reader.list(|r| Ok((r.fixed()?, r.bytes()?.to_vec())))?;
        let envelope = reader.bytes()?.to_vec();
        reader.finish()?;
        match wraps.is_sorted_by(|a, b| a.0 < b.0) {
            true => Ok(Self {
                id,
                wraps: wraps.into_iter().collect(),
                envelope,
            }),
            false => Err(DecodeError::NotCanonical),
        }
    }
}

fn place(space: [u8; 32], parcel: [u8; 16]) -> Place {
    Place {
        owner: space,
        project: [0; 16],
        environment: [0; 16],
        subject: parcel,
        field: Field::ParcelStatement,
        version: [0; 16],
        epoch: [0; 32],
        author: [0; 16],
        sealer: [0; 16],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use getrandom::{SysRng, rand_core::UnwrapErr};
    use proptest::prelude::*;

    #[test]
    fn a_statement_opens_with_its_key_in_its_space_under_its_id() {
        let rng = &mut UnwrapErr(SysRng);
        let key = ParcelKey::generate(rng);
        let other = ParcelKey::generate(rng);
        let wraps = [([7; 16], vec![1, 2]), ([8; 16], vec![3])];
        let parcel = Parcel::seal([1; 32], [2; 16], &key, (b"said", b"signed"), wraps, rng);
        let read = Parcel::decode(&parcel.encode()).expect("just encoded");
        assert_eq!(read, parcel);
        assert_eq!(read.wrap_for(&[7; 16]), Some(&[1, 2][..]));
        assert_eq!(read.wrap_for(&[9; 16]), None);
        let (statement, signature) = read.statement([1; 32], &key).expect("its key");
        assert_eq!(
            (&statement[..], &signature[..]),
            (&b"said"[..], &b"signed"[..])
        );
        assert!(read.statement([1; 32], &other).is_err(), "another key");
        assert!(read.statement([3; 32], &key).is_err(), "another space");
        let moved = Parcel {
            id: [4; 16],
            ..read
        };
        assert!(moved.statement([1; 32], &key).is_err(), "another id");
    }

    #[test]
    fn a_message_says_which_keys_it_has() {
        let rng = &mut UnwrapErr(SysRng);
        let parcel = ParcelKey::generate(rng);
        let keys = [KeyBytes::generate(rng), KeyBytes::generate(rng)];
        let bytes = Payload::encode(&parcel, &[(1, &keys[0]), (4, &keys[1])]);
        let read = Payload::decode(&bytes).expect("just encoded");
        assert_eq!(read.parcel.key().expose(), parcel.key().expose());
        let places: Vec<u16> = read.keys.iter().map(|(place, _)| *place).collect();
        assert_eq!(places, [1, 4]);
        assert_eq!(read.keys[1].1.expose(), keys[1].expose());
        assert!(Payload::decode(&bytes[..bytes.len() - 1]).is_err());
        let twice = Payload::encode(&parcel, &[(1, &keys[0]), (1, &keys[1])]);
        assert!(Payload::decode(&twice).is_err(), "the same place twice");
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes: Vec<u8>) {
            let _ = Payload::decode(&bytes);
            if let Ok(parcel) = Parcel::decode(&bytes) {
                prop_assert_eq!(parcel.encode(), bytes);
            }
        }
    }
}
