//! Changes: what operations are made of.

mod codec;

use crate::{
    field::{CredentialField, EnvironmentField, ProjectField, SecretField},
    id::{
        AttachmentId, CredentialId, EnvironmentId, Incarnation, LinkId, ProjectId, SecretId,
        VersionId,
    },
    kind::Kind,
    reference::Target,
};
use keystead_crypto::{EpochId, Hash, ValueCommitment};

/// Where a version's value came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Origin {
    /// Out of a file.
    Imported = 1,
    /// Typed or piped in.
    Set = 2,
    /// A new value from the provider.
    Rotated = 3,
    /// Made by the generator.
    Generated = 4,
    /// Out of a linked file that somebody edited.
    TakenFromFile = 5,
    /// From another environment of the project.
    Copied = 6,
    /// From another project.
    Moved = 7,
}

impl Origin {
    /// The words shown.
    pub fn words(self) -> &'static str {
        match self {
            Self::Imported => "imported",
            Self::Set => "set",
            Self::Rotated => "rotated",
            Self::Generated => "generated",
            Self::TakenFromFile => "taken from file",
            Self::Copied => "copied from another environment",
            Self::Moved => "moved from another project",
        }
    }

    pub(crate) fn from_code(code: u8) -> Option<Self> {
        [
            Self::Imported,
            Self::Set,
            Self::Rotated,
            Self::Generated,
            Self::TakenFromFile,
            Self::Copied,
            Self::Moved,
        ]
        .into_iter()
        .find(|origin| *origin as u8 == code)
    }
}

/// The versions of a secret in an environment that have a stage.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stages {
    /// Made at a provider, and not in use yet.
    pub pending: Option<VersionId>,
    /// In use.
    pub current: Option<VersionId>,
    /// In use before.
    pub previous: Option<VersionId>,
}

/// What is sealed under an environment's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sealed {
    /// A value.
    Version(VersionId),
    /// A file.
    Attachment(AttachmentId),
}

/// One change of an operation. Holds ciphertexts by hash, and no value.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Change {
    /// The space begins: the founder's statement and the identity's signature.
    Genesis {
        /// Canonical statement; its SHA-256 is the space's id.
        statement: Vec<u8>,
        /// Composite signature of the identity.
        signature: Vec<u8>,
        /// The space's name.
        name: String,
    },
    /// Something is said of who may do what: a statement of membership.
    Say {
        /// Canonical statement.
        statement: Vec<u8>,
        /// Composite signature of the device.
        signature: Vec<u8>,
    },
    /// A project.
    CreateProject {
        /// Its id.
        id: ProjectId,
        /// Its name.
        name: String,
    },
    /// An environment.
    CreateEnvironment {
        /// Its id.
        id: EnvironmentId,
        /// Its project.
        project: ProjectId,
        /// Its name.
        name: String,
        /// Its place in the order, from 0.
        position: u32,
    },
    /// A secret's name.
    CreateSecret {
        /// Its id.
        id: SecretId,
        /// Its project.
        project: ProjectId,
        /// Its name.
        name: String,
        /// Its kind.
        kind: Kind,
    },
    /// An immutable value.
    PutVersion {
        /// Its id.
        id: VersionId,
        /// Its secret.
        secret: SecretId,
        /// Its environment.
        environment: EnvironmentId,
        /// Its number in that environment, from 1.
        number: u32,
        /// SHA-256 of the envelope.
        ciphertext: Hash,
        /// Hiding commitment to the value.
        commitment: ValueCommitment,
        /// The epoch that it is sealed in.
        epoch: EpochId,
        /// Where it came from.
        origin: Origin,
    },
    /// Which versions of a secret are `pending`, `current` and `previous` in an environment.
    Promote {
        /// The secret.
        secret: SecretId,
        /// The environment.
        environment: EnvironmentId,
        /// Which.
        stages: Stages,
    },
    /// A field of a project.
    SetProject {
        /// The project.
        project: ProjectId,
        /// What it says from now on.
        field: ProjectField,
    },
    /// A field of an environment.
    SetEnvironment {
        /// The environment.
        environment: EnvironmentId,
        /// What it says from now on.
        field: EnvironmentField,
    },
    /// A field of a secret.
    SetSecret {
        /// The secret.
        secret: SecretId,
        /// What it says from now on.
        field: SecretField,
    },
    /// What a version's text refers to.
    Refer {
        /// The version.
        version: VersionId,
        /// In the order of the text.
        targets: Vec<Target>,
    },
    /// A file of a secret in an environment.
    Attach {
        /// Its id.
        id: AttachmentId,
        /// The secret.
        secret: SecretId,
        /// The environment.
        environment: EnvironmentId,
        /// Its name.
        name: String,
        /// Bytes of it.
        size: u64,
        /// SHA-256 of the envelope.
        ciphertext: Hash,
        /// The epoch that it is sealed in.
        epoch: EpochId,
    },
    /// Whether a file is gone.
    SetAttachment {
        /// The file.
        attachment: AttachmentId,
        /// Whether it is.
        removed: bool,
    },
    /// What a provider knows as one thing.
    CreateCredential {
        /// Its id.
        id: CredentialId,
        /// Its project.
        project: ProjectId,
        /// Its name.
        name: String,
    },
    /// A field of a credential.
    SetCredential {
        /// The credential.
        credential: CredentialId,
        /// What it says from now on.
        field: CredentialField,
    },
    /// What the log's first operations lead to stands for them.
    Compact {
        /// So many.
        operations: u64,
        /// RFC 6962 root over them.
        root: Hash,
        /// SHA-256 of what they lead to.
        state: Hash,
    },
    /// Values outside the retention, and files that were removed long ago, are gone.
    Prune {
        /// Of which versions.
        versions: Vec<VersionId>,
        /// Of which attachments.
        attachments: Vec<AttachmentId>,
    },
    /// A value or a file is sealed anew, by whoever says it, under the key that seals now.
    SealAnew {
        /// The version or the attachment.
        what: Sealed,
        /// SHA-256 of the envelope.
        ciphertext: Hash,
        /// The epoch that it is sealed in.
        epoch: EpochId,
    },
    /// A log begins anew after an older copy of the vault was put back.
    BeginIncarnation {
        /// The incarnation before.
        follows: Incarnation,
        /// Operations of it that the copy holds.
        operations: u64,
        /// RFC 6962 root over them.
        operation_root: Hash,
        /// Events of it that the copy holds.
        events: u64,
        /// RFC 6962 root over them.
        event_root: Hash,
    },
    /// A local folder is linked (vault's own log).
    CreateLink {
        /// Its id.
        id: LinkId,
        /// The project.
        project: ProjectId,
        /// The environment.
        environment: EnvironmentId,
        /// The folder.
        folder: String,
        /// The file in it.
        file: String,
        /// The dialect's name.
        dialect: String,
    },
    /// A link is forgotten (vault's own log).
    RemoveLink {
        /// Its id.
        id: LinkId,
    },
    /// Somebody's card is kept, or a newer one of theirs (vault's own log).
    PinCard {
        /// The card.
        card: Vec<u8>,
    },
    /// Whether the safety number was compared with somebody (vault's own log).
    Vouch {
        /// The fingerprint of their identity.
        identity: Hash,
        /// Whether it was.
        verified: bool,
    },
    /// Somebody's card is forgotten (vault's own log).
    ForgetCard {
        /// The fingerprint of their identity.
        identity: Hash,
    },
}
