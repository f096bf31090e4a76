//! Heads: one signature that covers a log's operations and events so far.

use crate::{
    DecodeError, Hash, Reader, SIGNATURE_SIZE, SigningContext, SigningKey, VerifyError,
    VerifyingKey, Writer, label,
};
use rand_core::CryptoRng;
use sha2::{Digest, Sha256};

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
    /// The hash of a vector of other logs' heads, each `(log id, head hash)`, ascending.
    pub fn seen_heads_hash(seen: &[([u8; 32], Hash)]) -> Hash {
        let mut writer = Writer::versioned();
        writer.bytes(label::SEEN_HEADS.as_bytes()).count(seen.len());
        for (log, head) in seen {
            writer.fixed(log).fixed(head);
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

/// A head and its device's signature: 3,569 bytes.
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
