//! Operations: one change or a batch, in a device's hash-chained log.

use crate::{
    change::Change,
    id::{DeviceId, Incarnation, SpaceId},
};
use keystead_crypto::{DecodeError, Hash, Reader, Writer};

/// One entry of an operation log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Operation {
    pub(crate) space: SpaceId,
    pub(crate) device: DeviceId,
    pub(crate) incarnation: Incarnation,
    /// From 0, without gaps.
    pub(crate) sequence: u64,
    /// Leaf hash of the operation before; zero for the first.
    pub(crate) previous: Hash,
    /// One more than the greatest seen.
    pub(crate) lamport: u64,
    /// Wall time; shown, never compared.
    pub(crate) at: i64,
    /// Heads of other logs that changed since the operation before.
    pub(crate) seen: Vec<([u8; 32], Hash)>,
    pub(crate) changes: Vec<Change>,
}

impl Operation {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::versioned();
        writer
            .fixed(&self.space.0)
            .fixed(&self.device.0)
            .fixed(&self.incarnation.0)
            .u64(self.sequence)
            .fixed(&self.previous)
            .u64(self.lamport)
            .i64(self.at)
            .count(self.seen.len());
        for (log, head) in &self.seen {
            writer.fixed(log).fixed(head);
        }
        writer.count(self.changes.len());
        for change in &self.changes {
            change.encode(&mut writer);
        }
        writer.finish()
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::versioned(bytes)?;
        let operation = Self {
            space: SpaceId(reader.fixed()?),
            device: DeviceId(reader.fixed()?),
            incarnation: Incarnation(reader.fixed()?),
            sequence: reader.u64()?,
            previous: reader.fixed()?,
            lamport: reader.u64()?,
            at: reader.i64()?,
            seen: reader.list(|r| Ok((r.fixed()?, r.fixed()?)))?,
            changes: reader.list(Change::decode)?,
        };
        reader.finish()?;
        Ok(operation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{EnvironmentField, Kind, Origin, ProjectField, SecretField, Stages, id::*};
    use proptest::prelude::*;

    fn changes() -> impl Strategy<Value = Change> {
        let id = any::<[u8; 16]>();
        prop_oneof![
            (id, ".*").prop_map(|(id, name)| Change::CreateProject {
                id: ProjectId(id),
                name
            }),
            (id, id, ".*", any::<u32>()).prop_map(|(a, b, name, position)| {
                Change::CreateEnvironment {
                    id: EnvironmentId(a),
                    project: ProjectId(b),
                    name,
                    position,
                }
            }),
            (id, id, ".*").prop_map(|(a, b, name)| Change::CreateSecret {
                id: SecretId(a),
                project: ProjectId(b),
                name,
                kind: Kind::DatabaseUrl,
            }),
            (id, id, any::<u32>(), any::<[u8; 32]>()).prop_map(|(a, b, number, hash)| {
                Change::PutVersion {
                    id: VersionId(a),
                    secret: SecretId(b),
                    environment: EnvironmentId(a),
                    number,
                    ciphertext: hash,
                    commitment: hash,
                    epoch: hash,
                    origin: Origin::Imported,
                }
            }),
            (id, any::<[Option<[u8; 16]>; 3]>()).prop_map(|(a, stages)| Change::Promote {
                secret: SecretId(a),
                environment: EnvironmentId(a),
                stages: Stages {
                    pending: stages[0].map(VersionId),
                    current: stages[1].map(VersionId),
                    previous: stages[2].map(VersionId),
                },
            }),
            (id, fields()).prop_map(|(id, (project, environment, secret))| match id[0] % 3 {
                0 => Change::SetProject {
                    project: ProjectId(id),
                    field: project,
                },
                1 => Change::SetEnvironment {
                    environment: EnvironmentId(id),
                    field: environment,
                },
                _ => Change::SetSecret {
                    secret: SecretId(id),
                    field: secret,
                },
            }),
            (id, ".*").prop_map(|(id, text)| Change::CreateLink {
                id: LinkId(id),
                project: ProjectId(id),
                environment: EnvironmentId(id),
                folder: text.clone(),
                file: text.clone(),
                dialect: text,
            }),
            id.prop_map(|id| Change::RemoveLink { id: LinkId(id) }),
            prop::collection::vec(any::<u8>(), 0..40).prop_map(|card| Change::PinCard { card }),
            any::<([u8; 32], bool)>()
                .prop_map(|(identity, verified)| Change::Vouch { identity, verified }),
            any::<[u8; 32]>().prop_map(|identity| Change::ForgetCard { identity }),
            (id, any::<[u64; 2]>(), any::<[[u8; 32]; 2]>()).prop_map(|(id, sizes, roots)| {
                Change::BeginIncarnation {
                    follows: Incarnation(id),
                    operations: sizes[0],
                    operation_root: roots[0],
                    events: sizes[1],
                    event_root: roots[1],
                }
            }),
            (prop::collection::vec(any::<u8>(), 0..40), ".*").prop_map(|(bytes, name)| {
                Change::Genesis {
                    statement: bytes.clone(),
                    signature: bytes,
                    name,
                }
            }),
            prop::collection::vec(any::<u8>(), 0..40).prop_map(|bytes| Change::Say {
                statement: bytes.clone(),
                signature: bytes,
            }),
        ]
    }

    fn fields() -> impl Strategy<Value = (ProjectField, EnvironmentField, SecretField)> {
        let tags = prop::collection::btree_set(".*", 0..4);
        let id = prop::option::of(any::<[u8; 16]>());
        (any::<u8>(), ".*", any::<bool>(), any::<u32>(), id, tags).prop_map(
            |(which, text, flag, number, id, tags)| {
                let project = match which % 2 {
                    0 => ProjectField::Name(text.clone()),
                    _ => ProjectField::Removed(flag),
                };
                let environment = match which % 5 {
                    0 => EnvironmentField::Name(text.clone()),
                    1 => EnvironmentField::Position(number),
                    2 => EnvironmentField::Protected(flag),
                    3 => EnvironmentField::Inherits(id.map(EnvironmentId)),
                    _ => EnvironmentField::Removed(flag),
                };
                let secret = match which % 8 {
                    0 => SecretField::Name(text),
                    1 => SecretField::Kind(Kind::DatabaseUrl),
                    2 => SecretField::Notes(text),
                    3 => SecretField::Owner(text),
                    4 => SecretField::Tags(tags.into_iter().collect()),
                    5 => SecretField::Expires(flag.then_some(number.into())),
                    6 => SecretField::Lead(number as u16),
                    _ => SecretField::Removed(flag),
                };
                (project, environment, secret)
            },
        )
    }

    proptest! {
        #[test]
        fn an_operation_has_one_encoding(
            changes in prop::collection::vec(changes(), 0..6),
            sequence: u64,
            at: i64,
            cut in 0usize..200,
        ) {
            let operation = Operation {
                space: SpaceId([1; 32]),
                device: DeviceId([2; 16]),
                incarnation: Incarnation([3; 16]),
                sequence,
                previous: [4; 32],
                lamport: sequence,
                at,
                seen: vec![([5; 32], [6; 32])],
                changes,
            };
            let bytes = operation.encode();
            prop_assert_eq!(Operation::decode(&bytes), Ok(operation));
            prop_assert!(Operation::decode(&bytes[..bytes.len().saturating_sub(cut + 1)]).is_err());
        }

        #[test]
        fn no_bytes_panic(bytes: Vec<u8>) {
            if let Ok(operation) = Operation::decode(&bytes) {
                prop_assert_eq!(operation.encode(), bytes);
            }
        }
    }
}
