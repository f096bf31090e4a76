//! Hashes that name things: each with a label of its own, so that no name of one kind is a name of another.

use crate::{
    epoch::EpochId,
    label::{self, Label},
    merkle::Hash,
};
use sha2::{Digest, Sha256};

fn labelled<const N: usize>(label: Label, parts: &[&[u8]]) -> [u8; N] {
    let mut hash = Sha256::new_with_prefix(label.as_bytes());
    for part in parts {
        hash.update(part);
    }
    let hash: Hash = hash.finalize().into();
    *hash.first_chunk().expect("none is longer than a hash")
}

/// The part of a thing's id that says which change made it: the space, the log (device 16 ‖ incarnation 16), the operation's
/// sequence there and the change's place in the operation. Nobody else can make a thing of that id again.
pub fn thing_id(space: &[u8; 32], log: &[u8; 32], sequence: u64, index: u32) -> [u8; 10] {
    let (sequence, index) = (sequence.to_be_bytes(), index.to_be_bytes());
    labelled(label::THING_ID, &[space, log, &sequence, &index])
}

/// What an operation's header says of its block.
pub fn block_hash(block: &[u8]) -> Hash {
    labelled(label::CHANGE_BLOCK, &[block])
}

/// Which message of a parcel is for a device: who does not know the device's id cannot tell.
pub fn parcel_tag(parcel: &[u8; 16], device: &[u8; 16]) -> [u8; 16] {
    labelled(label::PARCEL_TAG, &[parcel, device])
}

/// Which epoch's key opens an object on a remote: who does not know the epoch's id cannot tell two apart.
pub fn object_hint(epoch: &EpochId, name: &[u8]) -> [u8; 8] {
    labelled(label::OBJECT_HINT, &[epoch, name])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Computed apart from this code, with Python's hashlib.
    #[test]
    fn they_are_as_written_down() {
        let hex = |bytes: &[u8]| bytes.iter().map(|b| format!("{b:02x}")).collect::<String>();
        assert_eq!(
            hex(&thing_id(&[4; 32], &[1; 32], 2, 3)),
            "6594ebd94f8336fb2504"
        );
        assert_eq!(
            hex(&block_hash(b"block")),
            "84ccb3bb6aec4761525e83a012d9ce74e5204ee398c7f7c9f2c565f4ddd15fe8"
        );
        assert_eq!(
            hex(&parcel_tag(&[1; 16], &[2; 16])),
            "e002dfbc5a6fb240f267182ebe5b40be"
        );
        assert_eq!(hex(&object_hint(&[1; 32], b"name")), "1880c0a2508e2b56");
    }
}
