//! Statements as bytes: what is signed, and by whom.

use crate::{
    act::Act,
    id::{DeviceId, MemberId, SpaceId, StatementId},
};
use keystead_crypto::{
    DecodeError, Fingerprint, PUBLIC_KEY_SIZE, Reader, SigningContext, SigningKey, VerifyError,
    VerifyingKey, Writer, key_fingerprint,
};
use rand_core::CryptoRng;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

/// The beginning of a space: its founder's identity key and a random number. Its hash is the space's id.
#[derive(Clone)]
pub struct Genesis {
    bytes: Vec<u8>,
    founder: VerifyingKey,
    member: MemberId,
}

/// Why a genesis was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StatementError {
    /// It is not in canonical form.
    #[error("the statement is malformed: {0}")]
    Malformed(#[from] DecodeError),
    /// The signature does not hold.
    #[error("the statement's signature does not hold")]
    NotSigned(#[from] VerifyError),
}

impl Genesis {
    /// Makes one and signs it with the identity.
    pub fn sign(
        identity: &SigningKey,
        nonce: &[u8; 32],
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> (Self, Vec<u8>) {
        let founder = identity.verifying_key();
        let mut writer = Writer::versioned();
        writer.fixed(founder.as_bytes()).fixed(nonce);
        let bytes = writer.finish();
        let signature = identity.sign(SigningContext::Membership, &bytes, rng);
        (Self::of(bytes, founder), signature.to_vec())
    }

    /// Reads one once its signature holds.
    ///
    /// # Errors
    /// [`StatementError`].
    pub fn parse(bytes: &[u8], signature: &[u8]) -> Result<Self, StatementError> {
        let mut reader = Reader::versioned(bytes)?;
        let founder = VerifyingKey::from_bytes(reader.take(PUBLIC_KEY_SIZE)?)
            .map_err(|_| DecodeError::NotCanonical)?;
        let _: [u8; 32] = reader.fixed()?;
        reader.finish()?;
        founder.verify(SigningContext::Membership, bytes, signature)?;
        let bytes = bytes.to_vec();
        Ok(Self::of(bytes, founder))
    }

    fn of(bytes: Vec<u8>, founder: VerifyingKey) -> Self {
        let fingerprint: Fingerprint = key_fingerprint(&founder);
        let member = MemberId(fingerprint);
        Self {
            bytes,
            founder,
            member,
        }
    }

    /// The space that it begins.
    pub fn space(&self) -> SpaceId {
        SpaceId(Sha256::digest(&self.bytes).into())
    }

    /// The first owner.
    pub fn founder(&self) -> MemberId {
        self.member
    }

    pub(crate) fn key(&self) -> &VerifyingKey {
        &self.founder
    }

    /// The bytes that are signed.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// One thing that somebody says about who may do what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// The space.
    pub space: SpaceId,
    /// The statements that it follows; those that they follow are not named. The first ones follow the genesis, whose
    /// id is the space's.
    pub parents: BTreeSet<StatementId>,
    /// The device that signs it.
    pub author: DeviceId,
    /// Wall time in milliseconds since 1970; shown, never compared.
    pub at: i64,
    /// What it does.
    pub act: Act,
}

impl Statement {
    /// The bytes that are signed; their SHA-256 is the statement's id.
    pub fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::versioned();
        writer.fixed(&self.space.0).count(self.parents.len());
        for parent in &self.parents {
            writer.fixed(&parent.0);
        }
        writer.fixed(&self.author.0).i64(self.at);
        self.act.encode(&mut writer);
        writer.finish()
    }

    /// Reads what [`Self::encode`] wrote.
    ///
    /// # Errors
    /// [`DecodeError`].
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::versioned(bytes)?;
        let space = SpaceId(reader.fixed()?);
        let parents = reader.list(|reader| reader.fixed().map(StatementId))?;
        if parents.is_empty() || !parents.is_sorted_by(|a, b| a < b) {
            return Err(DecodeError::NotCanonical);
        }
        let statement = Self {
            space,
            parents: parents.into_iter().collect(),
            author: DeviceId(reader.fixed()?),
            at: reader.i64()?,
            act: Act::decode(&mut reader)?,
        };
        reader.finish()?;
        Ok(statement)
    }

    /// Its bytes, and the device's signature over them.
    pub fn sign(
        &self,
        device: &SigningKey,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> (Vec<u8>, Vec<u8>) {
        let bytes = self.encode();
        let signature = device.sign(SigningContext::Membership, &bytes, rng);
        (bytes, signature.to_vec())
    }
}

/// The id of a statement of these bytes.
pub(crate) fn id_of(bytes: &[u8]) -> StatementId {
    StatementId(Sha256::digest(bytes).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        act::{Cut, EpochClaim, Release, Role, Scope, WrapClaim},
        id::{EnvironmentId, ProjectId},
    };
    use proptest::{collection::vec, option, prelude::*};

    fn scope() -> impl Strategy<Value = Scope> {
        let id = any::<[u8; 16]>();
        prop_oneof![
            Just(Scope::Space),
            id.prop_map(|id| Scope::Project(ProjectId(id))),
            (id, id).prop_map(|(a, b)| Scope::Environment(ProjectId(a), EnvironmentId(b))),
        ]
    }

    fn role() -> impl Strategy<Value = Role> {
        prop_oneof![Just(Role::Reader), Just(Role::Editor), Just(Role::Owner)]
    }

    fn cuts() -> impl Strategy<Value = Vec<Cut>> {
        vec(any::<([u8; 16], [u8; 16], u64, [u8; 32])>(), 0..4).prop_map(|mut cuts| {
            cuts.sort_unstable();
            cuts.dedup_by_key(|cut| (cut.0, cut.1));
            let cut = |(device, incarnation, operations, root)| Cut {
                device: DeviceId(device),
                incarnation,
                operations,
                root,
            };
            cuts.into_iter().map(cut).collect()
        })
    }

    fn wraps() -> impl Strategy<Value = Vec<WrapClaim>> {
        vec(any::<([u8; 16], [u8; 32])>(), 0..4).prop_map(|mut wraps| {
            wraps.sort_unstable();
            wraps.dedup_by_key(|wrap| wrap.0);
            let wrap = |(device, message)| WrapClaim {
                device: DeviceId(device),
                message,
            };
            wraps.into_iter().map(wrap).collect()
        })
    }

    fn act() -> impl Strategy<Value = Act> {
        let member = || any::<[u8; 32]>().prop_map(MemberId);
        let device = || any::<[u8; 16]>().prop_map(DeviceId);
        let set = || vec(any::<[u8; 32]>(), 0..4).prop_map(BTreeSet::from_iter);
        let bytes = || vec(any::<u8>(), 0..40);
        let release = (
            option::of((0..=24u8, 0..=24u8)),
            vec("[a-z]{1,6}", 0..3).prop_map(BTreeSet::from_iter),
            vec(device(), 0..3).prop_map(BTreeSet::from_iter),
        );
        let release = release.prop_map(|(hours, tags, devices)| Release {
            hours,
            tags: tags.into_iter().collect(),
            devices: devices.into_iter().collect(),
        });
        prop_oneof![
            bytes().prop_map(|card| Act::AddMember { card }),
            bytes().prop_map(|card| Act::UpdateCard { card }),
            bytes().prop_map(|endorsement| Act::AddDevice { endorsement }),
            (member(), scope(), role(), any::<Option<i64>>()).prop_map(
                |(member, scope, role, expires)| Act::Grant {
                    member,
                    scope,
                    role,
                    expires
                }
            ),
            (member(), scope(), option::of(role()), cuts()).prop_map(
                |(member, scope, role, cuts)| Act::TakeBack {
                    member,
                    scope,
                    role,
                    cuts
                }
            ),
            (member(), cuts()).prop_map(|(member, cuts)| Act::Remove { member, cuts }),
            (device(), cuts()).prop_map(|(device, cuts)| Act::RevokeDevice { device, cuts }),
            (vec((scope(), any::<[u8; 32]>(), set()), 1..4), wraps()).prop_map(
                |(mut epochs, wraps)| {
                    epochs.sort_unstable();
                    epochs.dedup_by_key(|claim| claim.0);
                    let mut seen = BTreeSet::new();
                    epochs.retain(|claim| seen.insert(claim.1));
                    let claim = |(scope, epoch, parents)| EpochClaim {
                        scope,
                        epoch,
                        parents,
                    };
                    let epochs = epochs.into_iter().map(claim).collect();
                    Act::OpenEpochs { epochs, wraps }
                }
            ),
            (set(), wraps()).prop_map(|(epochs, wraps)| Act::ShareKeys {
                epochs: epochs.into_iter().collect(),
                wraps
            }),
            Just(Act::Acknowledge),
            (scope(), option::of(release))
                .prop_map(|(scope, release)| Act::SetRelease { scope, release }),
        ]
    }

    proptest! {
        #[test]
        fn a_statement_has_one_encoding(
            space: [u8; 32],
            parents in vec(any::<[u8; 32]>(), 1..4),
            author: [u8; 16],
            at: i64,
            act in act(),
            changes in vec(any::<(prop::sample::Index, u8)>(), 32),
        ) {
            let statement = Statement {
                space: SpaceId(space),
                parents: parents.into_iter().map(StatementId).collect(),
                author: DeviceId(author),
                at,
                act,
            };
            let bytes = statement.encode();
            prop_assert_eq!(Statement::decode(&bytes), Ok(statement));
            for (at, value) in changes {
                let mut changed = bytes.clone();
                changed[at.index(bytes.len())] = value;
                if let Ok(read) = Statement::decode(&changed) {
                    prop_assert_eq!(read.encode(), changed);
                }
                prop_assert!(Statement::decode(&bytes[..at.index(bytes.len())]).is_err());
            }
        }
    }
}
