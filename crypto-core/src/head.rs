//! Heads: one signature that covers a log's operations and events so far.

use crate::{
    DecodeError, Hash, Reader, SIGNATURE_SIZE, SigningContext, SigningKey, VerifyError,
    VerifyingKey, Writer, label,
};
use rand_core::CryptoRng;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// What one device says its log holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// The space, or zero for the log that is local to the vault.
    pub space: [u8; 32],
    /// The device that writes the log.
    pub device: [u8; 16],
    /// The log's random incarnation.
    pub incarnation: [u8; 16],
    /// Operations in the log.
    pub operations: u64,
    /// RFC 6962 root over the operations.
    pub operation_root: Hash,
    /// Hash of the full vector of seen heads.
    pub seen_heads: Hash,
    /// Events in the log.
    pub events: u64,
    /// RFC 6962 root over the events.
    pub event_root: Hash,
}

impl Head {
    /// The hash of what was seen of other logs: by log id, so many operations and the root over them.
    pub fn seen_heads_hash(seen: &BTreeMap<[u8; 32], (u64, Hash)>) -> Hash {
        let mut writer = Writer::versioned();
        writer.bytes(label::SEEN_HEADS.as_bytes()).count(seen.len());
        for (log, (operations, root)) in seen {
            writer.fixed(log).u64(*operations).fixed(root);
        }
        Sha256::digest(writer.as_slice()).into()
    }

    fn canonical(&self) -> Vec<u8> {
        let mut writer = Writer::versioned();
        writer
            .fixed(&self.space)
            .fixed(&self.device)
            .fixed(&self.incarnation)
            .u64(self.operations)
            .fixed(&self.operation_root)
            .fixed(&self.seen_heads)
            .u64(self.events)
            .fixed(&self.event_root);
        writer.finish()
    }

    /// Signs this head with the device's key.
    pub fn sign(self, key: &SigningKey, rng: &mut (impl CryptoRng + ?Sized)) -> SignedHead {
        SignedHead {
            signature: key.sign(SigningContext::Head, &self.canonical(), rng),
            head: self,
        }
    }
}

/// A head and its device's signature: 3,553 bytes.
pub struct SignedHead {
    head: Head,
    signature: Box<[u8; SIGNATURE_SIZE]>,
}

impl SignedHead {
    /// Canonical bytes: the head, then the signature.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = self.head.canonical();
        bytes.extend_from_slice(&self.signature[..]);
        bytes
    }

    /// Reads what [`Self::encode`] wrote; says nothing about the signature yet.
    ///
    /// # Errors
    /// [`DecodeError`] for anything else.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::versioned(bytes)?;
        let head = Head {
            space: reader.fixed()?,
            device: reader.fixed()?,
            incarnation: reader.fixed()?,
            operations: reader.u64()?,
            operation_root: reader.fixed()?,
            seen_heads: reader.fixed()?,
            events: reader.u64()?,
            event_root: reader.fixed()?,
        };
        let signature = Box::new(reader.fixed()?);
        reader.finish()?;
        Ok(Self { head, signature })
    }

    /// The head, whose signature nobody checked.
    pub fn unverified(&self) -> &Head {
        &self.head
    }

    /// The head, once its signature holds.
    ///
    /// # Errors
    /// [`VerifyError`] if it does not.
    pub fn verify(&self, key: &VerifyingKey) -> Result<&Head, VerifyError> {
        key.verify(
            SigningContext::Head,
            &self.head.canonical(),
            &self.signature[..],
        )?;
        Ok(&self.head)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use getrandom::{SysRng, rand_core::UnwrapErr};
    use proptest::prelude::*;

    fn head(numbers: (u64, u64), hash: Hash) -> Head {
        Head {
            space: hash,
            device: [1; 16],
            incarnation: [2; 16],
            operations: numbers.0,
            operation_root: hash,
            seen_heads: hash,
            events: numbers.1,
            event_root: hash,
        }
    }

    #[test]
    fn it_holds_for_its_device_and_as_signed_alone() {
        let rng = &mut UnwrapErr(SysRng);
        let (key, other) = (SigningKey::generate(rng), SigningKey::generate(rng));
        let bytes = head((3, 9), [7; 32]).sign(&key, rng).encode();
        assert_eq!(bytes.len(), 3_553);
        let read = SignedHead::decode(&bytes).expect("just encoded");
        assert_eq!(
            read.verify(&key.verifying_key()),
            Ok(&head((3, 9), [7; 32]))
        );
        assert!(read.verify(&other.verifying_key()).is_err());
    }

    #[test]
    fn seen_heads_are_told_apart() {
        let of = |seen: &[(u8, u64, u8)]| {
            let seen = seen
                .iter()
                .map(|&(log, operations, root)| ([log; 32], (operations, [root; 32])));
            Head::seen_heads_hash(&seen.collect())
        };
        assert_eq!(
            of(&[(1, 5, 2), (3, 5, 4)]),
            of(&[(3, 5, 4), (1, 5, 2)]),
            "in one order"
        );
        assert_ne!(of(&[(1, 5, 2)]), of(&[(1, 5, 3)]));
        assert_ne!(of(&[(1, 5, 2)]), of(&[(1, 6, 2)]));
        assert_ne!(of(&[(1, 5, 2)]), of(&[(2, 5, 2)]));
        assert_ne!(of(&[]), of(&[(0, 0, 0)]));
    }

    proptest! {
        #[test]
        fn what_is_read_is_written_again(numbers: (u64, u64), hash: Hash, junk: Vec<u8>) {
            let signed = SignedHead { head: head(numbers, hash), signature: Box::new([9; SIGNATURE_SIZE]) };
            let bytes = signed.encode();
            let read = SignedHead::decode(&bytes).expect("just encoded");
            prop_assert_eq!(read.head, signed.head);
            prop_assert_eq!(read.encode(), bytes);
            if let Ok(read) = SignedHead::decode(&junk) {
                prop_assert_eq!(read.encode(), junk);
            }
        }
    }
}
