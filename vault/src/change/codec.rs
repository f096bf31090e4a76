//! The canonical bytes of a change.

use super::{Change, Origin, Stages};
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

impl Change {
    pub(crate) fn encode(&self, writer: &mut Writer) {
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
            Self::CreateProject { id, name } => {
                writer.u8(3).fixed(&id.0).text(name);
            }
            Self::CreateEnvironment {
                id,
                project,
                name,
                position,
            } => {
                writer
                    .u8(4)
                    .fixed(&id.0)
                    .fixed(&project.0)
                    .text(name)
                    .u32(*position);
            }
            Self::CreateSecret {
                id,
                project,
                name,
                kind,
            } => {
                writer
                    .u8(5)
                    .fixed(&id.0)
                    .fixed(&project.0)
                    .text(name)
                    .u16(kind.code());
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
                field.encode(writer.u8(11).fixed(&project.0));
            }
            Self::SetEnvironment { environment, field } => {
                field.encode(writer.u8(12).fixed(&environment.0));
            }
            Self::SetSecret { secret, field } => {
                field.encode(writer.u8(13).fixed(&secret.0));
            }
            Self::Attach {
                id,
                secret,
                environment,
                name,
                size,
                ciphertext,
                epoch,
            } => {
                writer
                    .u8(15)
                    .fixed(&id.0)
                    .fixed(&secret.0)
                    .fixed(&environment.0)
                    .text(name)
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
            Self::CreateCredential { id, project, name } => {
                writer.u8(17).fixed(&id.0).fixed(&project.0).text(name);
            }
            Self::SetCredential { credential, field } => {
                field.encode(writer.u8(18).fixed(&credential.0));
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

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(match reader.u8()? {
            1 => Self::Genesis {
                statement: reader.bytes()?.to_vec(),
                signature: reader.bytes()?.to_vec(),
                name: reader.text()?.to_owned(),
            },
            2 => Self::Say {
                statement: reader.bytes()?.to_vec(),
                signature: reader.bytes()?.to_vec(),
            },
            3 => Self::CreateProject {
                id: ProjectId(reader.fixed()?),
                name: reader.text()?.to_owned(),
            },
            4 => Self::CreateEnvironment {
                id: EnvironmentId(reader.fixed()?),
                project: ProjectId(reader.fixed()?),
                name: reader.text()?.to_owned(),
                position: reader.u32()?,
            },
            5 => Self::CreateSecret {
                id: SecretId(reader.fixed()?),
                project: ProjectId(reader.fixed()?),
                name: reader.text()?.to_owned(),
                kind: Kind::from_code(reader.u16()?).ok_or(DecodeError::NotCanonical)?,
            },
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
            10 => Self::BeginIncarnation {
                follows: Incarnation(reader.fixed()?),
                operations: reader.u64()?,
                operation_root: reader.fixed()?,
                events: reader.u64()?,
                event_root: reader.fixed()?,
            },
            11 => Self::SetProject {
                project: ProjectId(reader.fixed()?),
                field: ProjectField::decode(reader)?,
            },
            12 => Self::SetEnvironment {
                environment: EnvironmentId(reader.fixed()?),
                field: EnvironmentField::decode(reader)?,
            },
            13 => Self::SetSecret {
                secret: SecretId(reader.fixed()?),
                field: SecretField::decode(reader)?,
            },
            14 => Self::Refer {
                version: VersionId(reader.fixed()?),
                targets: reader.list(Target::decode)?,
            },
            15 => Self::Attach {
                id: AttachmentId(reader.fixed()?),
                secret: SecretId(reader.fixed()?),
                environment: EnvironmentId(reader.fixed()?),
                name: reader.text()?.to_owned(),
                size: reader.u64()?,
                ciphertext: reader.fixed()?,
                epoch: reader.fixed()?,
            },
            16 => Self::SetAttachment {
                attachment: AttachmentId(reader.fixed()?),
                removed: flag(reader)?,
            },
            17 => Self::CreateCredential {
                id: CredentialId(reader.fixed()?),
                project: ProjectId(reader.fixed()?),
                name: reader.text()?.to_owned(),
            },
            19 => Self::Compact {
                operations: reader.u64()?,
                root: reader.fixed()?,
                state: reader.fixed()?,
            },
            20 => Self::Prune {
                versions: reader.list(|r| r.fixed().map(VersionId))?,
                attachments: reader.list(|r| r.fixed().map(AttachmentId))?,
            },
            18 => Self::SetCredential {
                credential: CredentialId(reader.fixed()?),
                field: CredentialField::decode(reader)?,
            },
            _ => return Err(DecodeError::NotCanonical),
        })
    }
}
