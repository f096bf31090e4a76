//! Epoch commitments: an epoch's id is a commitment to its key, so that nobody
//! can hand two members two keys under one name.

use crate::{
    encoding::{DecodeError, Reader, Writer},
    label::{self, Label},
    secret::KeyBytes,
};
use hkdf::Hkdf;
use sha2::Sha256;
use std::collections::BTreeSet;
use subtle::ConstantTimeEq;

/// A commitment to a key and its place.
pub type EpochId = [u8; 32];

/// What an epoch's key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EpochScope {
    /// A space's key.
    Space,
    /// A project's metadata key.
    Project([u8; 16]),
    /// An environment's key.
    Environment([u8; 16]),
}

impl EpochScope {
    /// The tag on the wire: 1 space, 2 project, 3 environment.
    pub fn tag(self) -> u8 {
        match self {
            Self::Space => 1,
            Self::Project(_) => 2,
            Self::Environment(_) => 3,
        }
    }

    /// The project's or environment's id; zero for the space.
    pub fn id(self) -> [u8; 16] {
        match self {
            Self::Space => [0; 16],
            Self::Project(id) | Self::Environment(id) => id,
        }
    }

    fn label(self) -> Label {
        match self {
            Self::Space => label::SPACE_EPOCH,
            Self::Project(_) => label::PROJECT_EPOCH,
            Self::Environment(_) => label::ENVIRONMENT_EPOCH,
        }
    }
}

/// HKDF-SHA256(key, info = label ‖ suite ‖ schema ‖ space ‖ scope id ‖ parents), 32 bytes.
pub fn epoch_id(
    key: &KeyBytes,
    space: &[u8; 32],
    scope: EpochScope,
    parents: &BTreeSet<EpochId>,
) -> EpochId {
    let mut info = Writer::versioned();
    info.fixed(space).fixed(&scope.id()).count(parents.len());
    for parent in parents {
        info.fixed(parent);
    }
    let mut id = [0; 32];
    Hkdf::<Sha256>::new(None, key.expose())
        .expand_multi_info(&[scope.label().as_bytes(), info.as_slice()], &mut id)
        .expect("32 bytes are within HKDF-SHA256's 8160");
    id
}

/// Reads the list of an epoch's parents.
///
/// # Errors
/// [`DecodeError::NotCanonical`] unless they ascend, none twice: two encodings of one set would be two ids.
pub fn read_parents(reader: &mut Reader<'_>) -> Result<BTreeSet<EpochId>, DecodeError> {
    let listed: Vec<EpochId> = reader.list(Reader::fixed)?;
    if listed.is_sorted_by(|a, b| a < b) {
        Ok(listed.into_iter().collect())
    } else {
        Err(DecodeError::NotCanonical)
    }
}

/// A key that is not the one that an epoch's id commits to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the key is not the one that its epoch commits to")]
pub struct EpochMismatch;

/// Recomputes an epoch's id from the key that came with it.
///
/// # Errors
/// [`EpochMismatch`] if whoever wrapped it handed out another key, or for another place.
pub fn check_epoch(
    stated: &EpochId,
    key: &KeyBytes,
    space: &[u8; 32],
    scope: EpochScope,
    parents: &BTreeSet<EpochId>,
) -> Result<(), EpochMismatch> {
    if bool::from(epoch_id(key, space, scope, parents).ct_eq(stated)) {
        Ok(())
    } else {
        Err(EpochMismatch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use getrandom::{SysRng, rand_core::UnwrapErr};

    #[test]
    fn key_space_scope_and_parents_are_all_committed_to() {
        let rng = &mut UnwrapErr(SysRng);
        let key = KeyBytes::generate(rng);
        let other = KeyBytes::generate(rng);
        let of = |key, space: u8, scope, parents: &[EpochId]| {
            epoch_id(key, &[space; 32], scope, &parents.iter().copied().collect())
        };
        let id = of(&key, 1, EpochScope::Environment([1; 16]), &[]);
        assert_eq!(id, of(&key, 1, EpochScope::Environment([1; 16]), &[]));
        assert_ne!(id, of(&other, 1, EpochScope::Environment([1; 16]), &[]));
        assert_ne!(id, of(&key, 2, EpochScope::Environment([1; 16]), &[]));
        assert_ne!(id, of(&key, 1, EpochScope::Environment([2; 16]), &[]));
        assert_ne!(id, of(&key, 1, EpochScope::Project([1; 16]), &[]));
        assert_ne!(
            id,
            of(&key, 1, EpochScope::Environment([1; 16]), &[[0; 32]])
        );
    }

    #[test]
    fn each_kind_of_scope_has_a_tag() {
        assert_eq!(EpochScope::Space.tag(), 1);
        assert_eq!(EpochScope::Project([0; 16]).tag(), 2);
        assert_eq!(EpochScope::Environment([0; 16]).tag(), 3);
    }

    #[test]
    fn parents_are_read_in_one_order() {
        let written = |parents: &[EpochId]| {
            let mut writer = Writer::new();
            writer.count(parents.len());
            parents.iter().for_each(|parent| {
                writer.fixed(parent);
            });
            read_parents(&mut Reader::new(&writer.finish())).map(|set| set.len())
        };
        assert_eq!(written(&[]), Ok(0));
        assert_eq!(written(&[[1; 32], [2; 32]]), Ok(2));
        assert_eq!(written(&[[2; 32], [1; 32]]), Err(DecodeError::NotCanonical));
        assert_eq!(written(&[[1; 32], [1; 32]]), Err(DecodeError::NotCanonical));
    }
}
