//! Objects that are sealed under a space's key: heads and segments of logs.

use crate::{
    log_id::LogId,
    remote_name::{ObjectKind, RemoteName, short_hash},
};
use keystead_crypto::{
    DecodeError, EpochId, Field, Hash, OpenError, Padding, PaddingError, Place, Reader, SpaceKey,
    Writer, pad, unpad,
};
use rand_core::CryptoRng;
use sha2::{Digest, Sha256};

const HINT_SIZE: usize = 8;

/// Why an object was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ObjectError {
    /// It is not in canonical form.
    #[error("the object is malformed: {0}")]
    Malformed(#[from] DecodeError),
    /// It does not open under the key that it names, at the place that its name says.
    #[error("the object was changed, or is another one's: {0}")]
    Sealed(#[from] OpenError),
    /// Its padding is not what it is made of.
    #[error("the object is padded otherwise")]
    Padding(#[from] PaddingError),
    /// It holds other operations than its name says, or other bytes than it lists.
    #[error("the object does not hold what it says")]
    Contents,
}

/// A space's key with its epoch.
#[derive(Clone, Copy)]
pub struct SpaceEpoch<'k> {
    /// The commitment.
    pub epoch: EpochId,
    /// The key.
    pub key: &'k SpaceKey,
}

/// What an object says about the key that it opens with.
pub fn hint_of(object: &[u8]) -> Option<[u8; HINT_SIZE]> {
    object.first_chunk().copied()
}

/// A log's signed head, sealed.
pub fn seal_head(
    space: [u8; 32],
    log: LogId,
    under: SpaceEpoch<'_>,
    signed: &[u8],
    rng: &mut (impl CryptoRng + ?Sized),
) -> Vec<u8> {
    let name = RemoteName {
        space,
        kind: ObjectKind::Head(log),
    };
    let mut writer = Writer::versioned();
    writer.bytes(signed);
    let padded = pad(Padding::Operation, writer.as_slice());
    let place = place_of(space, log, Field::SignedHead, under.epoch);
    let mut object = name.hint(&under.epoch).to_vec();
    object.extend(under.key.seal(&place, &padded, rng));
    object
}

/// The bytes of a signed head; its signature is for the caller to check.
///
/// # Errors
/// [`ObjectError`].
pub fn open_head(
    space: [u8; 32],
    log: LogId,
    under: SpaceEpoch<'_>,
    object: &[u8],
) -> Result<Vec<u8>, ObjectError> {
    open_one(space, log, Field::SignedHead, under, object)
}

fn place_of(space: [u8; 32], log: LogId, field: Field, epoch: EpochId) -> Place {
    Place {
        owner: space,
        project: [0; 16],
        environment: [0; 16],
        subject: log.device(),
        field,
        version: log.incarnation(),
        epoch,
        author: [0; 16],
        sealer: [0; 16],
    }
}

/// A signed checkpoint on a remote, and the name that it has there.
pub fn seal_checkpoint(
    space: [u8; 32],
    log: LogId,
    under: SpaceEpoch<'_>,
    signed: &[u8],
    rng: &mut (impl CryptoRng + ?Sized),
) -> (RemoteName, Vec<u8>) {
    let name = checkpoint_name(space, log, &Sha256::digest(signed).into());
    let mut writer = Writer::versioned();
    writer.bytes(signed);
    let padded = pad(Padding::Operation, writer.as_slice());
    let place = place_of(space, log, Field::Checkpoint, under.epoch);
    let mut object = name.hint(&under.epoch).to_vec();
    object.extend(under.key.seal(&place, &padded, rng));
    (name, object)
}

/// The name of the checkpoint with that hash.
pub fn checkpoint_name(space: [u8; 32], log: LogId, hash: &Hash) -> RemoteName {
    let hash = *hash.first_chunk().expect("32 bytes have 16");
    RemoteName {
        space,
        kind: ObjectKind::Checkpoint { log, hash },
    }
}

/// The bytes of a signed checkpoint; whether they are the ones that were meant, and who signed them, is for the caller.
///
/// # Errors
/// [`ObjectError`].
pub fn open_checkpoint(
    space: [u8; 32],
    log: LogId,
    under: SpaceEpoch<'_>,
    object: &[u8],
) -> Result<Vec<u8>, ObjectError> {
    open_one(space, log, Field::Checkpoint, under, object)
}

fn open_one(
    space: [u8; 32],
    log: LogId,
    field: Field,
    under: SpaceEpoch<'_>,
    object: &[u8],
) -> Result<Vec<u8>, ObjectError> {
    let (_, envelope) = object
        .split_first_chunk::<HINT_SIZE>()
        .ok_or(DecodeError::Truncated)?;
    let place = place_of(space, log, field, under.epoch);
    let padded = under.key.open(&place, envelope)?;
    let mut reader = Reader::versioned(unpad(Padding::Operation, &padded)?)?;
    let signed = reader.bytes()?.to_vec();
    reader.finish()?;
    Ok(signed)
}

/// One operation of a segment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// Its header.
    pub header: Vec<u8>,
    /// Its block; `None` where nothing rests on it any more.
    pub block: Option<Vec<u8>>,
}

/// Operations of a log, the hashes of its events, and the sealed values that they name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Segment {
    /// The first operation's sequence.
    pub first: u64,
    /// In order.
    pub entries: Vec<Entry>,
    /// The first event's sequence.
    pub first_event: u64,
    /// Leaf hashes of events; what they say never leaves.
    pub events: Vec<Hash>,
    /// Envelopes of values and files, each with its SHA-256.
    pub sealed: Vec<(Hash, Vec<u8>)>,
}

impl Segment {
    /// The sequence behind the last operation's.
    pub fn end(&self) -> u64 {
        self.first.saturating_add(self.entries.len() as u64)
    }

    /// Its bytes on a remote, and the name that they have there.
    pub fn seal(
        &self,
        space: [u8; 32],
        log: LogId,
        under: SpaceEpoch<'_>,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> (RemoteName, Vec<u8>) {
        let mut writer = Writer::versioned();
        writer
            .u64(self.first)
            .u64(self.end())
            .count(self.entries.len());
        for Entry { header, block } in &self.entries {
            match block {
                Some(block) => writer.u8(1).bytes(header).bytes(block),
                None => writer.u8(2).bytes(header),
            };
        }
        writer.u64(self.first_event).count(self.events.len());
        for leaf in &self.events {
            writer.fixed(leaf);
        }
        writer.count(self.sealed.len());
        for (hash, envelope) in &self.sealed {
            let size = u32::try_from(envelope.len()).expect("envelopes are bounded far below");
            writer.fixed(hash).u32(size);
        }
        let padded = pad(Padding::Operation, writer.as_slice());
        let place = place_of_segment(space, log, (self.first, self.end()), under.epoch);
        let envelope = under.key.seal(&place, &padded, rng);
        let kind = |hash| ObjectKind::Segment {
            log,
            first: self.first,
            end: self.end(),
            hash,
        };
        let unnamed = RemoteName {
            space,
            kind: kind([0; 8]),
        };
        let mut object = unnamed.hint(&under.epoch).to_vec();
        let size = u32::try_from(envelope.len()).expect("segments are bounded far below");
        object.extend(size.to_be_bytes());
        object.extend(envelope);
        for (_, envelope) in &self.sealed {
            object.extend(envelope);
        }
        let kind = kind(short_hash(&object));
        (RemoteName { space, kind }, object)
    }

    /// Reads a segment of that log and range.
    ///
    /// # Errors
    /// [`ObjectError`].
    pub fn open(
        space: [u8; 32],
        log: LogId,
        range: (u64, u64),
        under: SpaceEpoch<'_>,
        object: &[u8],
    ) -> Result<Self, ObjectError> {
        let mut outer = Reader::new(object);
        let _: [u8; HINT_SIZE] = outer.fixed()?;
        let envelope = outer.bytes()?;
        let place = place_of_segment(space, log, range, under.epoch);
        let padded = under.key.open(&place, envelope)?;
        let mut reader = Reader::versioned(unpad(Padding::Operation, &padded)?)?;
        let (first, end) = (reader.u64()?, reader.u64()?);
        let entries = reader.list(|r| {
            let kind = r.u8()?;
            let header = r.bytes()?.to_vec();
            let block = match kind {
                1 => Some(r.bytes()?.to_vec()),
                2 => None,
                _ => return Err(DecodeError::NotCanonical),
            };
            Ok(Entry { header, block })
        })?;
        let first_event = reader.u64()?;
        let events = reader.list(Reader::fixed)?;
        let listed = reader.list(|r| Ok((r.fixed::<32>()?, r.u32()?)))?;
        reader.finish()?;
        let segment = Self {
            first,
            entries,
            first_event,
            events,
            sealed: listed
                .into_iter()
                .map(|(hash, size)| {
                    let envelope = outer.take(size as usize)?.to_vec();
                    match hash == <Hash>::from(Sha256::digest(&envelope)) {
                        true => Ok((hash, envelope)),
                        false => Err(ObjectError::Contents),
                    }
                })
                .collect::<Result<_, ObjectError>>()?,
        };
        outer.finish()?;
        match (first, end) == range && segment.end() == end {
            true => Ok(segment),
            false => Err(ObjectError::Contents),
        }
    }
}

fn place_of_segment(space: [u8; 32], log: LogId, range: (u64, u64), epoch: EpochId) -> Place {
    let mut environment = [0; 16];
    environment[..8].copy_from_slice(&range.0.to_be_bytes());
    environment[8..].copy_from_slice(&range.1.to_be_bytes());
    Place {
        owner: space,
        project: [0; 16],
        environment,
        subject: log.device(),
        field: Field::Segment,
        version: log.incarnation(),
        epoch,
        author: [0; 16],
        sealer: log.device(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use getrandom::{SysRng, rand_core::UnwrapErr};
    use proptest::prelude::*;

    const SPACE: [u8; 32] = [1; 32];
    const LOG: LogId = LogId([2; 32]);

    fn segment() -> Segment {
        let entry = |header: &[u8], block: Option<&[u8]>| Entry {
            header: header.to_vec(),
            block: block.map(<[u8]>::to_vec),
        };
        Segment {
            first: 5,
            entries: vec![entry(b"one", Some(b"block")), entry(b"two", None)],
            first_event: 9,
            events: vec![[3; 32], [4; 32]],
            sealed: [vec![7; 338], vec![8; 90]]
                .map(|bytes| (Sha256::digest(&bytes).into(), bytes))
                .to_vec(),
        }
    }

    #[test]
    fn a_segment_opens_under_its_name_alone() {
        let rng = &mut UnwrapErr(SysRng);
        let (key, other) = (SpaceKey::generate(rng), SpaceKey::generate(rng));
        let under = SpaceEpoch {
            epoch: [9; 32],
            key: &key,
        };
        let (name, object) = segment().seal(SPACE, LOG, under, rng);
        let ObjectKind::Segment {
            log, first, end, ..
        } = name.kind
        else {
            panic!("{name:?}");
        };
        assert_eq!((log, first, end), (LOG, 5, 7));
        assert_eq!(hint_of(&object), Some(name.hint(&[9; 32])));
        let open = |space, log, range, under| Segment::open(space, log, range, under, &object);
        assert_eq!(open(SPACE, LOG, (5, 7), under), Ok(segment()));
        let tampered = Err(ObjectError::Sealed(OpenError::WrongKeyOrTampered));
        assert_eq!(open([3; 32], LOG, (5, 7), under), tampered);
        assert_eq!(open(SPACE, LogId([3; 32]), (5, 7), under), tampered);
        assert_eq!(open(SPACE, LOG, (5, 8), under), tampered);
        let wrong = SpaceEpoch {
            key: &other,
            ..under
        };
        assert_eq!(open(SPACE, LOG, (5, 7), wrong), tampered);
    }

    /// Every bit of it counts but those that say which key to try.
    #[test]
    fn no_bit_of_a_segment_or_head_can_change() {
        let rng = &mut UnwrapErr(SysRng);
        let key = SpaceKey::generate(rng);
        let under = SpaceEpoch {
            epoch: [9; 32],
            key: &key,
        };
        let (_, segment) = segment().seal(SPACE, LOG, under, rng);
        let head = seal_head(SPACE, LOG, under, b"signed", rng);
        assert_eq!(
            open_head(SPACE, LOG, under, &head).as_deref(),
            Ok(&b"signed"[..])
        );
        for at in HINT_SIZE * 8..segment.len() * 8 {
            let mut changed = segment.clone();
            changed[at / 8] ^= 1 << (at % 8);
            assert!(Segment::open(SPACE, LOG, (5, 7), under, &changed).is_err());
        }
        for at in HINT_SIZE * 8..head.len() * 8 {
            let mut changed = head.clone();
            changed[at / 8] ^= 1 << (at % 8);
            assert!(open_head(SPACE, LOG, under, &changed).is_err());
        }
        for cut in 0..segment.len() {
            assert!(Segment::open(SPACE, LOG, (5, 7), under, &segment[..cut]).is_err());
        }
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes: Vec<u8>) {
            let key = SpaceKey::generate(&mut UnwrapErr(SysRng));
            let under = SpaceEpoch { epoch: [9; 32], key: &key };
            prop_assert!(Segment::open(SPACE, LOG, (0, 1), under, &bytes).is_err());
            prop_assert!(open_head(SPACE, LOG, under, &bytes).is_err());
        }
    }
}
