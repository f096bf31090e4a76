//! The hybrid classical and post-quantum core of Keystead.
//!
//! Seals payloads, wraps keys, signs, derives and hashes. It does *not* do
//! I/O, read a clock, take randomness by itself, know SQL or decide policy:
//! callers own storage, and pass time and randomness in.
//!
//! Every byte string that is signed, MACed or hashed is described in
//! `docs/format.md`; the requirements that shape it stand there too.

mod age;
mod anchor;
mod calibrate;
mod checkpoint;
mod encoding;
mod enrolment;
mod epoch;
mod fork;
mod head;
mod identity;
mod key_file;
mod label;
mod mac;
mod merkle;
mod naming;
mod padding;
mod passphrase;
mod place;
mod recovery;
mod safety_number;
mod seal;
mod secret;
mod shamir;
mod signature;
mod suite;
mod value;
mod wrap;

pub use crate::age::{
    AGE_PLAINTEXT_MAX, AGE_RECIPIENTS_MAX, AgeError, AgeFormat, open_age_file, seal_age_file,
};
pub use anchor::{Anchor, AnchorState};
pub use calibrate::calibrate;
pub use checkpoint::{Checkpoint, Contradiction, LiveVersion, LogPosition, SignedCheckpoint};
pub use encoding::{DecodeError, Reader, Writer};
pub use enrolment::{EnrolmentCode, EnrolmentCodeError};
pub use epoch::{EpochId, EpochMismatch, EpochScope, check_epoch, epoch_id, read_parents};
pub use fork::{Branch, ForkError, ForkProof, ForkedTree};
pub use head::{Head, SignedHead};
pub use identity::{
    ArmorError, Card, CardError, DeviceCertificate, DeviceKeys, DevicePublic, DeviceRole,
    DisplayName, DisplayNameError, Fingerprint, IdentityKeys, SealedSeeds, SupersedeError,
    TextBlock, device_id, key_fingerprint,
};
pub use key_file::{KeyFile, KeyFileError};
pub use keystead_memory::{Protection, SecretBytes, WipingAllocator, protection, remove_variable};
pub use label::{ALL as ALL_LABELS, Label};
pub use mac::{HEADER_MAC_SIZE, header_mac, verify_header_mac};
pub use merkle::{
    ConsistencyProof, Frontier, Hash, InclusionProof, MAX_TREE_SIZE, ProofError, TreeHead,
    leaf_hash, tree_hash,
};
pub use naming::{block_hash, object_hint, parcel_tag, thing_id};
pub use padding::{Padding, PaddingError, pad, padded_size, unpad};
pub use passphrase::{KdfError, KdfParams, Passphrase, SlotKey, derive_slot_key};
pub use place::{Field, Place};
pub use recovery::{RecoverySecret, RecoveryWordsError, word_list};
pub use safety_number::{SafetyCode, SafetyCodeMatch, SafetyNumber, SafetyNumberError};
pub use seal::{ENVELOPE_OVERHEAD, OpenError, open, seal};
pub use secret::{
    EnrolmentKey, EnvironmentKey, HeaderMacKey, IdentitySealKey, IndexKey, KeyBytes, ParcelKey,
    ProjectMetadataKey, RootKey, SecretText, SpaceKey, StoreKey,
};
pub use shamir::{RecoveryShare, ShareError, Threshold, combine_shares, split_key};
pub use signature::{
    PUBLIC_KEY_SIZE, SIGNATURE_SIZE, SigningContext, SigningKey, VerifyError, VerifyingKey,
};
pub use suite::{SCHEMA, SUITE};
pub use value::{
    CommitmentOpening, ValueCommitment, ValueFingerprint, commit_value, fingerprint_value,
    opens_commitment,
};
pub use wrap::{
    ENCAPSULATED_SIZE, KemPrivateKey, KemPublicKey, Recipient, WrapError, unwrap_invite,
    unwrap_keys, unwrap_seeds, unwrap_welcome, wrap_invite, wrap_keys, wrap_keys_for_each,
    wrap_seeds, wrap_welcome,
};
