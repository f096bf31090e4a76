//! Names of objects on a remote. The grammar is exact and in lower case: what a syncing program makes of a name when two
//! copies differ is nobody's.

use crate::{log_id::LogId, parcel::Parcel};
use keystead_crypto::{EpochId, Hash, object_hint};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;

/// What an object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ObjectKind {
    /// A log's newest signed head; its device alone writes it, again and again.
    Head(LogId),
    /// Operations of a log from `first` to before `end`; made once.
    Segment {
        /// The log.
        log: LogId,
        /// The first operation's sequence.
        first: u64,
        /// The sequence behind the last one's.
        end: u64,
        /// First bytes of the object's SHA-256.
        hash: [u8; 8],
    },
    /// The parcel of the statement in an operation; made once.
    Parcel {
        /// The log.
        log: LogId,
        /// The operation's sequence.
        sequence: u64,
        /// Which of the operation's parcels.
        nth: u16,
    },
    /// Sealed bytes that are too large for a segment, by their SHA-256; made once.
    Bytes(Hash),
    /// What a device says the space held when it invited somebody; made once.
    Checkpoint {
        /// The log of the device that says so.
        log: LogId,
        /// First bytes of the SHA-256 of what is signed.
        hash: [u8; 16],
    },
}

/// An object of a space.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RemoteName {
    /// The space.
    pub space: [u8; 32],
    /// What it is.
    pub kind: ObjectKind,
}

/// Schema 0. A reader of another one looks elsewhere, so that an old tree put beside a new one is no step back.
const ROOT: &str = "ks0";

impl RemoteName {
    /// The folder of all heads of a space.
    pub fn heads_of(space: &[u8; 32]) -> String {
        format!("{ROOT}/{}/h", hex(space))
    }

    /// The folder of a log's segments.
    pub fn segments_of(space: &[u8; 32], log: LogId) -> String {
        format!("{ROOT}/{}/l/{log}", hex(space))
    }

    /// The folder of the parcels of a log.
    pub fn parcels_of(space: &[u8; 32], log: LogId) -> String {
        format!("{ROOT}/{}/k/{log}", hex(space))
    }

    /// Its path.
    pub fn path(&self) -> String {
        let space = hex(&self.space);
        match self.kind {
            ObjectKind::Head(log) => format!("{ROOT}/{space}/h/{log}"),
            ObjectKind::Segment {
                log,
                first,
                end,
                hash,
            } => format!(
                "{ROOT}/{space}/l/{log}/{first:016x}-{end:016x}-{}",
                hex(&hash)
            ),
            ObjectKind::Parcel { log, sequence, nth } => {
                format!("{ROOT}/{space}/k/{log}/{sequence:016x}-{nth:04x}")
            }
            ObjectKind::Bytes(hash) => format!("{ROOT}/{space}/b/{}", hex(&hash)),
            ObjectKind::Checkpoint { log, hash } => {
                format!("{ROOT}/{space}/c/{log}/{}", hex(&hash))
            }
        }
    }

    /// What a path means; `None` for every other one.
    pub fn parse(path: &str) -> Option<Self> {
        let mut parts = path.split('/');
        if parts.next()? != ROOT {
            return None;
        }
        let space = unhex(parts.next()?)?;
        let kind = match parts.next()? {
            "h" => ObjectKind::Head(LogId(unhex(parts.next()?)?)),
            "l" => {
                let log = LogId(unhex(parts.next()?)?);
                let mut name = parts.next()?.split('-');
                let (first, end) = (number(name.next()?)?, number(name.next()?)?);
                let hash = unhex(name.next()?)?;
                if name.next().is_some() || first >= end {
                    return None;
                }
                ObjectKind::Segment {
                    log,
                    first,
                    end,
                    hash,
                }
            }
            "k" => {
                let log = LogId(unhex(parts.next()?)?);
                let (sequence, nth) = parts.next()?.split_once('-')?;
                ObjectKind::Parcel {
                    log,
                    sequence: number(sequence)?,
                    nth: u16::from_be_bytes(unhex(nth)?),
                }
            }
            "b" => ObjectKind::Bytes(unhex(parts.next()?)?),
            "c" => ObjectKind::Checkpoint {
                log: LogId(unhex(parts.next()?)?),
                hash: unhex(parts.next()?)?,
            },
            _ => return None,
        };
        let name = Self { space, kind };
        parts.next().is_none().then_some(name)
    }

    /// What begins an object that is sealed under a space's key: it says which epoch's, to whoever knows that epoch. A
    /// hash of the object at the end of its name is no part of it, as it stands in the object.
    pub fn hint(&self, epoch: &EpochId) -> [u8; 8] {
        let path = self.path();
        let stem = match self.kind {
            ObjectKind::Segment { .. } => path.rsplit_once('-').map_or(&*path, |(stem, _)| stem),
            _ => &path,
        };
        object_hint(epoch, stem.as_bytes())
    }
}

/// Whether what stands under a name that is made once is what somebody wants to put there: an earlier try of theirs. A
/// parcel that is put together again has the same messages, but for those who went meanwhile, and its statement sealed
/// anew.
pub fn is_same_object(name: &RemoteName, there: &[u8], wanted: &[u8]) -> bool {
    match name.kind {
        ObjectKind::Parcel { .. } => match (Parcel::decode(there), Parcel::decode(wanted)) {
            (Ok(there), Ok(wanted)) => {
                let mut wraps = wanted.wraps.iter();
                there.id == wanted.id
                    && wraps.all(|(tag, wrap)| there.wraps.get(tag).is_none_or(|old| old == wrap))
            }
            _ => false,
        },
        _ => there == wanted,
    }
}

/// The first bytes of an object's SHA-256, for its name.
pub fn short_hash(object: &[u8]) -> [u8; 8] {
    let hash: Hash = Sha256::digest(object).into();
    *hash.first_chunk().expect("32 bytes have 8")
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        write!(text, "{byte:02x}").expect("writing to a string");
    }
    text
}

fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digits = text.as_bytes();
    let lower = |digit: &u8| digit.is_ascii_digit() || (b'a'..=b'f').contains(digit);
    if digits.len() != 2 * N || !digits.iter().all(lower) {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(bytes)
}

fn number(text: &str) -> Option<u64> {
    unhex(text).map(u64::from_be_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn names() -> impl Strategy<Value = RemoteName> {
        let parts = any::<([u8; 32], [u8; 32], [u64; 2], [u8; 8], u16)>();
        (parts, 0..5).prop_map(|((space, other, numbers, hash, nth), which)| {
            let log = LogId(other);
            let kind = match which {
                0 => ObjectKind::Head(log),
                1 => ObjectKind::Segment {
                    log,
                    first: numbers[0].min(numbers[1]),
                    end: numbers[0].max(numbers[1]).max(1),
                    hash,
                },
                2 => ObjectKind::Parcel {
                    log,
                    sequence: numbers[0],
                    nth,
                },
                3 => ObjectKind::Bytes(other),
                _ => ObjectKind::Checkpoint {
                    log,
                    hash: *space.first_chunk().expect("32 bytes have 16"),
                },
            };
            RemoteName { space, kind }
        })
    }

    #[test]
    fn what_syncing_programs_make_of_a_name_is_nobodys() {
        let name = RemoteName {
            space: [0xab; 32],
            kind: ObjectKind::Head(LogId([0xcd; 32])),
        };
        let path = name.path();
        assert_eq!(RemoteName::parse(&path), Some(name));
        for other in [
            format!("{path}.sync-conflict-20261127-120000-ABCDEFG"),
            format!("{path} (conflicted copy)"),
            format!("{path}#1"),
            format!("/{path}"),
            format!("{path}/"),
            path.to_uppercase(),
            path.replace("ks0", "ks1"),
            path[..path.len() - 1].to_owned(),
        ] {
            assert_eq!(RemoteName::parse(&other), None, "{other}");
        }
    }

    #[test]
    fn a_parcel_that_is_sealed_again_is_the_same() {
        let name = |kind| RemoteName {
            space: [1; 32],
            kind,
        };
        let parcel = |id: u8, wrap: u8, envelope: u8| Parcel {
            id: [id; 16],
            wraps: [([3; 16], vec![wrap])].into(),
            envelope: vec![envelope],
        };
        let kind = ObjectKind::Parcel {
            log: LogId([2; 32]),
            sequence: 3,
            nth: 0,
        };
        let one = parcel(1, 1, 1).encode();
        let same = |other: &Parcel| is_same_object(&name(kind), &one, &other.encode());
        assert!(same(&parcel(1, 1, 1)) && same(&parcel(1, 1, 2)));
        assert!(!same(&parcel(2, 1, 1)) && !same(&parcel(1, 2, 1)));
        let bytes = name(ObjectKind::Bytes([4; 32]));
        assert!(is_same_object(&bytes, b"x", b"x") && !is_same_object(&bytes, b"x", b"y"));
    }

    #[test]
    fn a_segments_hint_is_known_before_its_hash() {
        let of = |hash, epoch: u8| {
            let (first, end, log) = (1, 2, LogId([2; 32]));
            let kind = ObjectKind::Segment {
                log,
                first,
                end,
                hash,
            };
            let space = [1; 32];
            RemoteName { space, kind }.hint(&[epoch; 32])
        };
        assert_eq!(of([1; 8], 1), of([2; 8], 1));
        assert_ne!(of([1; 8], 1), of([1; 8], 2));
    }

    proptest! {
        #[test]
        fn a_name_has_one_path(name in names()) {
            prop_assert_eq!(RemoteName::parse(&name.path()), Some(name));
        }

        #[test]
        fn no_path_panics(path in "(ks0/)?[0-9a-f]{0,70}/[hlkbx]/[0-9a-f]{0,66}/?[0-9a-f-]{0,50}") {
            if let Some(name) = RemoteName::parse(&path) {
                prop_assert_eq!(name.path(), path);
            }
        }
    }
}
