//! The canonical bytes of a change.

use super::{Change, Origin, Sealed, Stages};
use crate::{
    field::{CredentialField, EnvironmentField, ProjectField, SecretField, flag},
    id::{
        AttachmentId, CredentialId, EnvironmentId, Incarnation, LinkId, ProjectId, SecretId,
        VersionId,
    },
    kind::Kind,
    reference::Target,
};
use keystead_crypto::{DecodeError, Reader, Writer};

/// Where the names part of a change comes from: `None` where it can't be read.
pub(crate) type NamesOf<'n> =
    &'n mut dyn FnMut(&mut Reader<'_>) -> Result<Option<Vec<u8>>, DecodeError>;

impl Change {
    /// All of it, as it stays within the vault.
    pub(crate) fn encode(&self, writer: &mut Writer) {
        self.encode_open(writer);
        if let Some(names) = self.names() {
            writer.bytes(&names);
        }
    }

    /// What every member of a space may read of it: ids, hashes, and which field of what.
    pub(crate) fn encode_open(&self, writer: &mut Writer) {
        match self {
            Self::Genesis {
                statement,
                signature,
                name,
            } => {
                writer.u8(1).bytes(statement).bytes(signature).text(name);
            }
            Self::Say {
                statement,
                signature,
            } => {
                writer.u8(2).bytes(statement).bytes(signature);
            }
            Self::CreateProject { id, .. } => {
                writer.u8(3).fixed(&id.0);
            }
            Self::CreateEnvironment {
                id,
                project,
                position,
                ..
            } => {
                writer.u8(4).fixed(&id.0).fixed(&project.0).u32(*position);
            }
            Self::CreateSecret { id, project, .. } => {
                writer.u8(5).fixed(&id.0).fixed(&project.0);
            }
            Self::PutVersion {
                id,
                secret,
                environment,
                number,
                ciphertext,
                commitment,
                epoch,
                origin,
            } => {
                writer
                    .u8(6)
                    .fixed(&id.0)
                    .fixed(&secret.0)
                    .fixed(&environment.0)
                    .u32(*number)
                    .fixed(ciphertext)
                    .fixed(commitment)
                    .fixed(epoch)
                    .u8(*origin as u8);
            }
            Self::Promote {
                secret,
                environment,
                stages,
            } => {
                writer.u8(7).fixed(&secret.0).fixed(&environment.0);
                for stage in [stages.pending, stages.current, stages.previous] {
                    writer.option(stage, |w, id| {
                        w.fixed(&id.0);
                    });
                }
            }
            Self::SetProject { project, field } => {
                writer.u8(11).fixed(&project.0).u8(field.tag());
            }
            Self::SetEnvironment { environment, field } => {
                writer.u8(12).fixed(&environment.0).u8(field.tag());
            }
            Self::SetSecret { secret, field } => {
                writer.u8(13).fixed(&secret.0).u8(field.tag());
            }
            Self::Attach {
                id,
                secret,
                environment,
                size,
                ciphertext,
                epoch,
                ..
            } => {
                writer
                    .u8(15)
                    .fixed(&id.0)
                    .fixed(&secret.0)
                    .fixed(&environment.0)
                    .u64(*size)
                    .fixed(ciphertext)
                    .fixed(epoch);
            }
            Self::SetAttachment {
                attachment,
                removed,
            } => {
                writer.u8(16).fixed(&attachment.0).u8((*removed).into());
            }
            Self::CreateCredential { id, project, .. } => {
                writer.u8(17).fixed(&id.0).fixed(&project.0);
            }
            Self::SetCredential { credential, field } => {
                writer.u8(18).fixed(&credential.0).u8(field.tag());
            }
            Self::Compact {
                operations,
                root,
                state,
            } => {
                writer.u8(19).u64(*operations).fixed(root).fixed(state);
            }
            Self::Prune {
                versions,
                attachments,
            } => {
                writer.u8(20).count(versions.len());
                for version in versions {
                    writer.fixed(&version.0);
                }
                writer.count(attachments.len());
                for attachment in attachments {
                    writer.fixed(&attachment.0);
                }
            }
            Self::Refer { version, targets } => {
                writer.u8(14).fixed(&version.0).count(targets.len());
                for target in targets {
                    target.encode(writer);
                }
            }
            Self::CreateLink {
                id,
                project,
                environment,
                folder,
                file,
                dialect,
            } => {
                writer
                    .u8(8)
                    .fixed(&id.0)
                    .fixed(&project.0)
                    .fixed(&environment.0)
                    .text(folder)
                    .text(file)
                    .text(dialect);
            }
            Self::RemoveLink { id } => {
                writer.u8(9).fixed(&id.0);
            }
            Self::PinCard { card } => {
                writer.u8(21).bytes(card);
            }
            Self::Vouch { identity, verified } => {
                writer.u8(22).fixed(identity).u8((*verified).into());
            }
            Self::ForgetCard { identity } => {
                writer.u8(23).fixed(identity);
            }
            Self::SealAnew {
                what,
                ciphertext,
                epoch,
            } => {
                let (kind, id) = match what {
                    Sealed::Version(id) => (1, id.0),
                    Sealed::Attachment(id) => (2, id.0),
                };
                writer
                    .u8(24)
                    .u8(kind)
                    .fixed(&id)
                    .fixed(ciphertext)
                    .fixed(epoch);
            }
            Self::BeginIncarnation {
                follows,
                operations,
                operation_root,
                events,
                event_root,
            } => {
                writer
                    .u8(10)
                    .fixed(&follows.0)
                    .u64(*operations)
                    .fixed(operation_root)
                    .u64(*events)
                    .fixed(event_root);
            }
        }
    }

    /// What only who may read the project's names can read of it; `None` where it says nothing of the kind.
    pub(crate) fn names(&self) -> Option<Vec<u8>> {
        let mut writer = Writer::new();
        match self {
            Self::CreateProject { name, .. }
            | Self::CreateEnvironment { name, .. }
            | Self::CreateCredential { name, .. }
            | Self::Attach { name, .. } => {
                writer.text(name);
            }
            Self::CreateSecret { name, kind, .. } => {
                writer.text(name).u16(kind.code());
            }
            Self::SetProject { field, .. } => field.encode_value(&mut writer),
            Self::SetEnvironment { field, .. } => field.encode_value(&mut writer),
            Self::SetSecret { field, .. } => field.encode_value(&mut writer),
            Self::SetCredential { field, .. } => field.encode_value(&mut writer),
            _ => return None,
        }
        Some(writer.finish())
    }

    /// Reads what [`Self::encode`] wrote.
    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let (change, veiled) =
            Self::decode_with(reader, &mut |reader| Ok(Some(reader.bytes()?.to_vec())))?;
        match veiled {
            true => Err(DecodeError::NotCanonical),
            false => Ok(change),
        }
    }

    /// Reads what [`Self::encode_open`] wrote, with the names from elsewhere; and whether they could not be read, so that
    /// those in the change are empty ones.
    pub(crate) fn decode_with(
        reader: &mut Reader<'_>,
        names: NamesOf<'_>,
    ) -> Result<(Self, bool), DecodeError> {
        let text = |reader: &mut Reader<'_>| reader.text().map(str::to_owned);
        let open = match reader.u8()? {
            1 => Self::Genesis {
                statement: reader.bytes()?.to_vec(),
                signature: reader.bytes()?.to_vec(),
                name: reader.text()?.to_owned(),
            },
            2 => Self::Say {
                statement: reader.bytes()?.to_vec(),
                signature: reader.bytes()?.to_vec(),
            },
            3 => {
                let id = ProjectId(reader.fixed()?);
                let (name, veiled) = named(reader, names, String::new(), text)?;
                return Ok((Self::CreateProject { id, name }, veiled));
            }
            4 => {
                let id = EnvironmentId(reader.fixed()?);
                let project = ProjectId(reader.fixed()?);
                let position = reader.u32()?;
                let (name, veiled) = named(reader, names, String::new(), text)?;
                let change = Self::CreateEnvironment {
                    id,
                    project,
                    name,
                    position,
                };
                return Ok((change, veiled));
            }
            5 => {
                let id = SecretId(reader.fixed()?);
                let project = ProjectId(reader.fixed()?);
                let blank = (String::new(), Kind::Plain);
                let ((name, kind), veiled) = named(reader, names, blank, |reader| {
                    let name = reader.text()?.to_owned();
                    let kind = Kind::from_code(reader.u16()?).ok_or(DecodeError::NotCanonical)?;
                    Ok((name, kind))
                })?;
                let change = Self::CreateSecret {
                    id,
                    project,
                    name,
                    kind,
                };
                return Ok((change, veiled));
            }
            6 => Self::PutVersion {
                id: VersionId(reader.fixed()?),
                secret: SecretId(reader.fixed()?),
                environment: EnvironmentId(reader.fixed()?),
                number: reader.u32()?,
                ciphertext: reader.fixed()?,
                commitment: reader.fixed()?,
                epoch: reader.fixed()?,
                origin: Origin::from_code(reader.u8()?).ok_or(DecodeError::NotCanonical)?,
            },
            7 => Self::Promote {
                secret: SecretId(reader.fixed()?),
                environment: EnvironmentId(reader.fixed()?),
                stages: Stages {
                    pending: reader.option(|r| r.fixed().map(VersionId))?,
                    current: reader.option(|r| r.fixed().map(VersionId))?,
                    previous: reader.option(|r| r.fixed().map(VersionId))?,
                },
            },
            8 => Self::CreateLink {
                id: LinkId(reader.fixed()?),
                project: ProjectId(reader.fixed()?),
                environment: EnvironmentId(reader.fixed()?),
                folder: reader.text()?.to_owned(),
                file: reader.text()?.to_owned(),
                dialect: reader.text()?.to_owned(),
            },
            9 => Self::RemoveLink {
                id: LinkId(reader.fixed()?),
            },
            21 => Self::PinCard {
                card: reader.bytes()?.to_vec(),
            },
            22 => Self::Vouch {
                identity: reader.fixed()?,
                verified: flag(reader)?,
            },
            23 => Self::ForgetCard {
                identity: reader.fixed()?,
            },
            24 => Self::SealAnew {
                what: match reader.u8()? {
                    1 => Sealed::Version(VersionId(reader.fixed()?)),
                    2 => Sealed::Attachment(AttachmentId(reader.fixed()?)),
                    _ => return Err(DecodeError::NotCanonical),
                },
                ciphertext: reader.fixed()?,
                epoch: reader.fixed()?,
            },
            10 => Self::BeginIncarnation {
                follows: Incarnation(reader.fixed()?),
                operations: reader.u64()?,
                operation_root: reader.fixed()?,
                events: reader.u64()?,
                event_root: reader.fixed()?,
            },
            11 => {
                let project = ProjectId(reader.fixed()?);
                let tag = reader.u8()?;
                let blank = ProjectField::blank(tag).ok_or(DecodeError::NotCanonical)?;
                let (field, veiled) =
                    named(reader, names, blank, |r| ProjectField::decode_value(tag, r))?;
                return Ok((Self::SetProject { project, field }, veiled));
            }
            12 => {
                let environment = EnvironmentId(reader.fixed()?);
                let tag = reader.u8()?;
                let blank = EnvironmentField::blank(tag).ok_or(DecodeError::NotCanonical)?;
                let (field, veiled) = named(reader, names, blank, |r| {
                    EnvironmentField::decode_value(tag, r)
                })?;
                return Ok((Self::SetEnvironment { environment, field }, veiled));
            }
            13 => {
                let secret = SecretId(reader.fixed()?);
                let tag = reader.u8()?;
                let blank = SecretField::blank(tag).ok_or(DecodeError::NotCanonical)?;
                let (field, veiled) =
                    named(reader, names, blank, |r| SecretField::decode_value(tag, r))?;
                return Ok((Self::SetSecret { secret, field }, veiled));
            }
            14 => Self::Refer {
                version: VersionId(reader.fixed()?),
                targets: {
                    let targets = reader.list(Target::decode)?;
                    match targets.is_sorted_by(|a, b| a.at < b.at) {
                        true => targets,
                        false => return Err(DecodeError::NotCanonical),
                    }
                },
            },
            15 => {
                let id = AttachmentId(reader.fixed()?);
                let secret = SecretId(reader.fixed()?);
                let environment = EnvironmentId(reader.fixed()?);
                let (size, ciphertext, epoch) = (reader.u64()?, reader.fixed()?, reader.fixed()?);
                let (name, veiled) = named(reader, names, String::new(), text)?;
                let change = Self::Attach {
                    id,
                    secret,
                    environment,
                    name,
                    size,
                    ciphertext,
                    epoch,
                };
                return Ok((change, veiled));
            }
            16 => Self::SetAttachment {
                attachment: AttachmentId(reader.fixed()?),
                removed: flag(reader)?,
            },
            17 => {
                let id = CredentialId(reader.fixed()?);
                let project = ProjectId(reader.fixed()?);
                let (name, veiled) = named(reader, names, String::new(), text)?;
                return Ok((Self::CreateCredential { id, project, name }, veiled));
            }
            19 => Self::Compact {
                operations: reader.u64()?,
                root: reader.fixed()?,
                state: reader.fixed()?,
            },
            20 => Self::Prune {
                versions: reader.list(|r| r.fixed().map(VersionId))?,
                attachments: reader.list(|r| r.fixed().map(AttachmentId))?,
            },
            18 => {
                let credential = CredentialId(reader.fixed()?);
                let tag = reader.u8()?;
                let blank = CredentialField::blank(tag).ok_or(DecodeError::NotCanonical)?;
                let (field, veiled) = named(reader, names, blank, |r| {
                    CredentialField::decode_value(tag, r)
                })?;
                return Ok((Self::SetCredential { credential, field }, veiled));
            }
            _ => return Err(DecodeError::NotCanonical),
        };
        Ok((open, false))
    }
}

/// The names part of a change; `blank` and true where it can't be read.
fn named<T>(
    reader: &mut Reader<'_>,
    names: NamesOf<'_>,
    blank: T,
    read: impl FnOnce(&mut Reader<'_>) -> Result<T, DecodeError>,
) -> Result<(T, bool), DecodeError> {
    let Some(bytes) = names(reader)? else {
        return Ok((blank, true));
    };
    let mut reader = Reader::new(&bytes);
    let read = read(&mut reader).and_then(|read| reader.finish().map(|()| read));
    Ok(match read {
        Ok(read) => (read, false),
        Err(_) => (blank, true),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
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
            (id, any::<[[u8; 32]; 2]>(), any::<bool>()).prop_map(|(id, hashes, file)| {
                Change::SealAnew {
                    what: match file {
                        true => Sealed::Attachment(AttachmentId(id)),
                        false => Sealed::Version(VersionId(id)),
                    },
                    ciphertext: hashes[0],
                    epoch: hashes[1],
                }
            }),
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
        fn a_change_has_one_encoding(change in changes(), cut in 0usize..200) {
            let mut writer = Writer::new();
            change.encode(&mut writer);
            let bytes = writer.finish();
            let read = |bytes: &[u8]| {
                let mut reader = Reader::new(bytes);
                let change = Change::decode(&mut reader)?;
                reader.finish().map(|()| change)
            };
            prop_assert_eq!(read(&bytes), Ok(change));
            prop_assert!(read(&bytes[..bytes.len().saturating_sub(cut + 1)]).is_err());
        }

        /// What everybody may read has no name in it, and with the names it is the change again.
        #[test]
        fn names_stand_apart(change in changes()) {
            let mut writer = Writer::new();
            change.encode_open(&mut writer);
            let open = writer.finish();
            let names = change.names();
            let read = |names: Option<Vec<u8>>| {
                let mut names = Some(names);
                let mut reader = Reader::new(&open);
                let read = Change::decode_with(&mut reader, &mut |_| Ok(names.take().flatten()));
                reader.finish().and(read)
            };
            prop_assert_eq!(read(names.clone()), Ok((change.clone(), false)));
            if names.is_some() {
                let (veiled, is_veiled) = read(None).expect("its clear part is canonical");
                prop_assert!(is_veiled);
                let mut writer = Writer::new();
                veiled.encode_open(&mut writer);
                prop_assert_eq!(writer.finish(), open);
            }
        }

        #[test]
        fn no_bytes_panic(bytes: Vec<u8>) {
            let mut reader = Reader::new(&bytes);
            if let Ok(change) = Change::decode(&mut reader)
                && reader.finish().is_ok()
            {
                let mut writer = Writer::new();
                change.encode(&mut writer);
                prop_assert_eq!(writer.finish(), bytes);
            }
        }
    }
}
