use super::{LinkWriteView, Millis, NewValue};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A file of a secret in an environment, without what is in it.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct AttachmentView {
    /// Its name.
    pub name: String,
    /// Bytes of it.
    #[ts(type = "number")]
    pub size: u64,
    /// When it was attached.
    #[ts(type = "number")]
    pub created_at: Millis,
    /// How often it left.
    pub exposures: u32,
}

/// Asks for the files of a secret in an environment.
#[derive(Serialize, Deserialize, TS)]
pub struct AttachmentsRequest {
    /// The project, by name.
    pub project: String,
    /// The environment, by name.
    pub environment: String,
    /// The secret, by name.
    pub name: String,
}

/// The files of a secret in an environment.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct AttachmentsView {
    /// By name.
    pub attachments: Vec<AttachmentView>,
}

/// Attaches a file of at most 10 MiB; one of the same name is replaced.
#[derive(Serialize, Deserialize, TS)]
pub struct AttachRequest {
    /// The project, by name.
    pub project: String,
    /// The environment, by name.
    pub environment: String,
    /// The secret, by name.
    pub name: String,
    /// The file, which is named like it in the vault.
    pub path: String,
}

/// Writes an attachment to a file of mode 0600.
#[derive(Serialize, Deserialize, TS)]
pub struct SaveAttachmentRequest {
    /// The project, by name.
    pub project: String,
    /// The environment, by name.
    pub environment: String,
    /// The secret, by name.
    pub name: String,
    /// The attachment, by name.
    pub attachment: String,
    /// The file.
    pub path: String,
    /// Whether an existing file may be replaced.
    pub overwrite: bool,
    /// Whether a person said so once more where the environment is protected.
    #[serde(default)]
    #[ts(as = "Option<bool>", optional)]
    pub confirmed: bool,
}

/// An attachment was written to a file.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct SavedAttachmentView {
    /// The file.
    pub path: String,
    /// Bytes of it.
    #[ts(type = "number")]
    pub size: u64,
}

/// Removes an attachment; an undo brings it back.
#[derive(Serialize, Deserialize, TS)]
pub struct RemoveAttachmentRequest {
    /// The project, by name.
    pub project: String,
    /// The environment, by name.
    pub environment: String,
    /// The secret, by name.
    pub name: String,
    /// The attachment, by name.
    pub attachment: String,
}

/// What a provider knows as one thing.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct CredentialView {
    /// Its name.
    pub name: String,
    /// What it is made of, in order.
    pub parts: Vec<PartView>,
}

/// A part of a credential.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct PartView {
    /// The secret, by name.
    pub secret: String,
    /// Empty for the whole value, `user` or `password` of a URL, or a JSON pointer (RFC 6901).
    pub part: String,
}

/// Asks for a project's credentials.
#[derive(Serialize, Deserialize, TS)]
pub struct CredentialsRequest {
    /// The project, by name.
    pub project: String,
}

/// A project's credentials.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct CredentialsView {
    /// By name.
    pub credentials: Vec<CredentialView>,
}

/// Makes or edits a credential. What is absent stays as it is.
#[derive(Serialize, Deserialize, TS)]
pub struct EditCredentialRequest {
    /// The project, by name.
    pub project: String,
    /// Its name.
    pub name: String,
    /// What it is made of; makes the credential if there is none of that name.
    pub parts: Option<Vec<PartView>>,
    /// Another name.
    pub rename: Option<String>,
    /// Removes it; its secrets stay.
    pub remove: bool,
}

/// Gives a credential new values in an environment, all at once. Parts that are left out keep theirs.
#[derive(Serialize, Deserialize, TS)]
pub struct RotateCredentialRequest {
    /// The project, by name.
    pub project: String,
    /// The environment, by name.
    pub environment: String,
    /// The credential, by name.
    pub name: String,
    /// Its new values.
    pub values: Vec<NewPartValue>,
    /// Whether they may be made of values of a protected environment.
    #[serde(default)]
    #[ts(as = "Option<bool>", optional)]
    pub confirmed: bool,
}

/// A new value for a part.
#[derive(Serialize, Deserialize, TS)]
pub struct NewPartValue {
    /// The part.
    pub part: PartView,
    /// Its value.
    pub value: NewValue,
}

/// Makes the previous values of a credential current again, all at once.
#[derive(Serialize, Deserialize, TS)]
pub struct RestoreCredentialRequest {
    /// The project, by name.
    pub project: String,
    /// The environment, by name.
    pub environment: String,
    /// The credential, by name.
    pub name: String,
}

/// A credential has other values now.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct RotatedCredentialView {
    /// Its secrets that were written, by name.
    pub secrets: Vec<String>,
    /// What became of each linked file.
    pub links: Vec<LinkWriteView>,
}
