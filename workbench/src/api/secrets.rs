use super::{CredentialView, Dialect, LinkView, LinkWriteView, Millis, SecretText};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Asks for [`ProjectsView`].
#[derive(Serialize, Deserialize, TS)]
pub struct ProjectsRequest {}

/// The space and its projects.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct ProjectsView {
    /// The space's name ("Personal").
    pub space: String,
    /// Its projects, by name.
    pub projects: Vec<ProjectView>,
}

/// A project.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct ProjectView {
    /// Its id, 32 hex digits.
    pub id: String,
    /// Its name (`churn-model`).
    pub name: String,
    /// Its environments, in order.
    pub environments: Vec<EnvironmentView>,
    /// How many secrets it has.
    pub secrets: u32,
}

/// An environment of a project.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct EnvironmentView {
    /// Its id, 32 hex digits.
    pub id: String,
    /// Its name (`dev`).
    pub name: String,
    /// Whether values leave only for whoever says so once more.
    pub protected: bool,
    /// The environment whose values it has where it has none of its own.
    pub inherits: Option<String>,
}

/// Makes a project.
#[derive(Serialize, Deserialize, TS)]
pub struct CreateProjectRequest {
    /// Its name.
    pub name: String,
    /// Its environments, in order; at least one.
    pub environments: Vec<String>,
}

/// Adds an environment at the end.
#[derive(Serialize, Deserialize, TS)]
pub struct CreateEnvironmentRequest {
    /// The project, by name.
    pub project: String,
    /// The new environment's name.
    pub name: String,
}

/// Asks for a project's matrix.
#[derive(Serialize, Deserialize, TS)]
pub struct MatrixRequest {
    /// The project, by name.
    pub project: String,
}

/// Secrets × environments.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct MatrixView {
    /// The project.
    pub project: ProjectView,
    /// One row a secret, by name.
    pub rows: Vec<MatrixRowView>,
}

/// One secret across the environments.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct MatrixRowView {
    /// The secret's id, 32 hex digits.
    pub secret: String,
    /// Its name.
    pub name: String,
    /// Its kind.
    pub kind: KindView,
    /// Words to find it by.
    pub tags: Vec<String>,
    /// Who is asked about it, or empty.
    pub owner: String,
    /// When its values stop working.
    #[ts(type = "number | null")]
    pub expires_at: Option<Millis>,
    /// So many days before that it is due.
    pub lead_days: u16,
    /// One cell an environment, in the project's order.
    pub cells: Vec<CellView>,
}

/// One secret in one environment.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct CellView {
    /// The current version's number; `None` where the value is missing.
    pub version: Option<u32>,
    /// When the current version was made.
    #[ts(type = "number | null")]
    pub changed_at: Option<Millis>,
    /// The first environment before this one that has the same value.
    pub same_as: Option<String>,
    /// The environment whose value it has, where it has none of its own.
    pub inherited_from: Option<String>,
    /// Whether restore has somewhere to go.
    pub has_previous: bool,
}

/// What a secret is, as recognised by prefix and shape, or as set by hand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct KindView {
    /// The stable word: `openai_api_key`, `database_url`, `plain` …
    pub kind: String,
    /// The words shown: "OpenAI API key".
    pub words: String,
    /// The family that the icon follows: `model`, `cloud`, `code`, `database`, `json`, `key`, `plain`.
    pub family: String,
}

/// Asks for one secret in one environment.
#[derive(Serialize, Deserialize, TS)]
pub struct InspectRequest {
    /// The project, by name.
    pub project: String,
    /// The environment, by name.
    pub environment: String,
    /// The secret, by name.
    pub name: String,
}

/// One secret in one environment, without its value.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct SecretView {
    /// Its id.
    pub secret: String,
    /// Its name.
    pub name: String,
    /// The environment, by name.
    pub environment: String,
    /// Its kind.
    pub kind: KindView,
    /// Words to find it by.
    pub tags: Vec<String>,
    /// What somebody wrote down about it.
    pub notes: String,
    /// Who is asked about it, or empty.
    pub owner: String,
    /// When its values stop working.
    #[ts(type = "number | null")]
    pub expires_at: Option<Millis>,
    /// So many days before that it is due.
    pub lead_days: u16,
    /// When the secret was first made.
    #[ts(type = "number")]
    pub created_at: Millis,
    /// The environment whose value it has, where it has none of its own.
    pub inherited_from: Option<String>,
    /// The credential that it is part of.
    pub credential: Option<CredentialView>,
    /// What its current value here is made of.
    pub refers_to: Vec<PlaceView>,
    /// Whose current values are made of this one.
    pub referred_by: Vec<PlaceView>,
    /// Versions in this environment, newest first; empty where it is missing.
    pub versions: Vec<VersionView>,
    /// Where its versions went, newest first.
    pub exposures: Vec<ExposureView>,
    /// Links that carry it.
    pub links: Vec<LinkView>,
}

/// A secret in an environment, by names.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct PlaceView {
    /// The project.
    pub project: String,
    /// The environment.
    pub environment: String,
    /// The secret.
    pub name: String,
}

/// One version.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct VersionView {
    /// Its number, from 1.
    pub number: u32,
    /// Its stage; `None` for one that is neither current, previous nor pending.
    pub stage: Option<Stage>,
    /// When it was made.
    #[ts(type = "number")]
    pub created_at: Millis,
    /// Who made it (a device's name, until identities have names).
    pub author: String,
    /// How it came: `imported`, `set`, `rotated`, `generated`, `taken from file`.
    pub origin: String,
    /// Whether its value is gone, outside the retention; what is known of it stays.
    pub gone: bool,
}

/// Where a version stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Made, not yet in use.
    Pending,
    /// In use.
    Current,
    /// In use before.
    Previous,
}

/// One way a version left the vault.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct ExposureView {
    /// The version's number.
    pub version: u32,
    /// `revealed`, `copied`, `read`, `exported`, `linked`.
    pub how: String,
    /// The place: a path, a program, or empty.
    pub place: String,
    /// When it was last so.
    #[ts(type = "number")]
    pub at: Millis,
    /// How many times.
    pub times: u32,
}

/// Shows a value.
#[derive(Serialize, Deserialize, TS)]
pub struct RevealRequest {
    /// The project, by name.
    pub project: String,
    /// The environment, by name.
    pub environment: String,
    /// The secret, by name.
    pub name: String,
    /// Which version.
    pub version: VersionSelector,
    /// Whether a person said so once more where the environment is protected.
    #[serde(default)]
    #[ts(as = "Option<bool>", optional)]
    pub confirmed: bool,
}

/// A value that is shown for a short time.
#[derive(Serialize, Deserialize, TS)]
pub struct RevealedView {
    /// The value.
    #[ts(type = "string")]
    pub value: SecretText,
    /// Its version.
    pub version: u32,
    /// Hide it after so many seconds.
    pub hide_after_seconds: u32,
}

/// Which version of a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum VersionSelector {
    /// The one in use.
    Current,
    /// The one in use before.
    Previous,
    /// By number.
    Number(u32),
}

/// Puts a value on the clipboard.
#[derive(Serialize, Deserialize, TS)]
pub struct CopyRequest {
    /// The project, by name.
    pub project: String,
    /// The environment, by name.
    pub environment: String,
    /// The secret, by name.
    pub name: String,
    /// Which version.
    pub version: VersionSelector,
    /// Whether a person said so once more where the environment is protected.
    #[serde(default)]
    #[ts(as = "Option<bool>", optional)]
    pub confirmed: bool,
}

/// A value is on the clipboard.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct CopiedView {
    /// Cleared after so many seconds, if it is still there.
    pub clears_after_seconds: u32,
}

/// Reads a value for a program or a terminal.
#[derive(Serialize, Deserialize, TS)]
pub struct ReadRequest {
    /// The project, by name.
    pub project: String,
    /// The environment, by name.
    pub environment: String,
    /// The secret, by name.
    pub name: String,
    /// Which version.
    pub version: VersionSelector,
    /// Whether a person said so once more where the environment is protected.
    #[serde(default)]
    #[ts(as = "Option<bool>", optional)]
    pub confirmed: bool,
}

/// A value that was read.
#[derive(Serialize, Deserialize, TS)]
pub struct ReadView {
    /// The secret's name.
    pub name: String,
    /// Its version.
    pub version: u32,
    /// The value.
    #[ts(type = "string")]
    pub value: SecretText,
}

/// Stores a value.
#[derive(Serialize, Deserialize, TS)]
pub struct SetSecretRequest {
    /// The project, by name.
    pub project: String,
    /// The environment, by name.
    pub environment: String,
    /// The secret, by name; made if it is new.
    pub name: String,
    /// The value.
    pub value: NewValue,
    /// Whether a missing project or environment may be made.
    pub create_missing: bool,
    /// Whether a person said so once more where a value of a protected environment would be part of it.
    #[serde(default)]
    #[ts(as = "Option<bool>", optional)]
    pub confirmed: bool,
}

/// Asks for an environment's values for a program that is about to be started with them.
#[derive(Serialize, Deserialize, TS)]
pub struct InjectRequest {
    /// The project, by name.
    pub project: String,
    /// The environment, by name.
    pub environment: String,
    /// The program's path, for the audit.
    pub program: String,
    /// Whether a person said so once more where the environment is protected.
    #[serde(default)]
    #[ts(as = "Option<bool>", optional)]
    pub confirmed: bool,
}

/// What goes into a program's environment.
#[derive(Serialize, Deserialize, TS)]
pub struct InjectView {
    /// One for each secret, by name.
    pub variables: Vec<VariableView>,
}

/// One variable of a program's environment.
#[derive(Serialize, Deserialize, TS)]
pub struct VariableView {
    /// Its name.
    pub name: String,
    /// Its value.
    #[ts(type = "string")]
    pub value: SecretText,
}

/// Replaces a value.
#[derive(Serialize, Deserialize, TS)]
pub struct RotateRequest {
    /// The project, by name.
    pub project: String,
    /// The environment, by name.
    pub environment: String,
    /// The secret, by name.
    pub name: String,
    /// The new value.
    pub value: NewValue,
    /// Whether it is only stored, and not in use yet; `restore` of its number puts it into use.
    #[serde(default)]
    #[ts(as = "Option<bool>", optional)]
    pub pending: bool,
    /// Whether a person said so once more where a value of a protected environment would be part of it.
    #[serde(default)]
    #[ts(as = "Option<bool>", optional)]
    pub confirmed: bool,
}

/// Where a new value comes from.
#[derive(Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum NewValue {
    /// From the provider, pasted.
    Pasted(#[ts(type = "string")] SecretText),
    /// From the system's random numbers.
    Generated(ValueShape),
}

/// What a generated value looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ValueShape {
    /// 32 characters of letters, digits and `-_.~` (about 193 bits).
    Password,
    /// Eight words of the BIP-39 list with hyphens between (88 bits): for what a person types.
    Passphrase,
    /// 64 hex digits (256 bits).
    Hex,
    /// 32 bytes in base64, 44 characters (256 bits).
    Base64,
    /// 43 characters of URL-safe base64 (256 bits).
    Base64url,
    /// A random UUID, version 4 (122 bits; RFC 9562).
    Uuid,
    /// An Ed25519 key in OpenSSH's format.
    SshKey,
    /// An RSA key of 3072 bits in PKCS #8.
    RsaKey,
    /// A P-256 key in PKCS #8.
    EcKey,
}

/// Asks for the one-time code of this moment (RFC 6238).
#[derive(Serialize, Deserialize, TS)]
pub struct OneTimeCodeRequest {
    /// The project, by name.
    pub project: String,
    /// The environment, by name.
    pub environment: String,
    /// The secret, by name.
    pub name: String,
    /// Whether a person said so once more where the environment is protected.
    #[serde(default)]
    #[ts(as = "Option<bool>", optional)]
    pub confirmed: bool,
}

/// A one-time code.
#[derive(Serialize, Deserialize, TS)]
pub struct OneTimeCodeView {
    /// Its digits.
    #[ts(type = "string")]
    pub code: SecretText,
    /// It counts for so many seconds more.
    pub seconds: u32,
}

/// Asks for the public half of a private key.
#[derive(Serialize, Deserialize, TS)]
pub struct PublicHalfRequest {
    /// The project, by name.
    pub project: String,
    /// The environment, by name.
    pub environment: String,
    /// The secret, by name.
    pub name: String,
    /// Whether a person said so once more where the environment is protected.
    #[serde(default)]
    #[ts(as = "Option<bool>", optional)]
    pub confirmed: bool,
}

/// A public key, which is no secret.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct PublicHalfView {
    /// A line for `authorized_keys`, or PEM.
    pub text: String,
}

/// Makes an older version current.
#[derive(Serialize, Deserialize, TS)]
pub struct RestoreRequest {
    /// The project, by name.
    pub project: String,
    /// The environment, by name.
    pub environment: String,
    /// The secret, by name.
    pub name: String,
    /// Which version.
    pub version: VersionSelector,
}

/// A value was written, and with it the links that carry it.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct WrittenView {
    /// The secret's name.
    pub name: String,
    /// The version that is current now.
    pub version: u32,
    /// The version that was current before.
    pub previous: Option<u32>,
    /// What became of each linked file.
    pub links: Vec<LinkWriteView>,
}

/// Where an import comes from.
#[derive(Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ImportSource {
    /// A file on this machine.
    Path(String),
    /// Pasted text.
    Text(#[ts(type = "string")] SecretText),
}

/// Reads what would be imported.
#[derive(Serialize, Deserialize, TS)]
pub struct PreviewImportRequest {
    /// The file or text.
    pub source: ImportSource,
    /// The project, by name; it may be missing still.
    pub project: String,
    /// The environment, by name; it may be missing still.
    pub environment: String,
    /// Whose reading of the file counts.
    pub dialect: Dialect,
}

/// What would be imported; the values stay in the host.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct ImportPreviewView {
    /// Names this preview in `import`.
    pub preview: String,
    /// The file's name, or "pasted text".
    pub source: String,
    /// Whether `import` would make the project.
    pub creates_project: bool,
    /// Whether `import` would make the environment.
    pub creates_environment: bool,
    /// What would be stored, in the file's order; the last of duplicates.
    pub entries: Vec<ImportEntryView>,
    /// Names that hold no text, so that nothing is stored for them: a list, an object, a null.
    pub left_out: Vec<String>,
}

/// One name of an import.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct ImportEntryView {
    /// The name.
    pub name: String,
    /// Its line in the file, from 1.
    pub line: u32,
    /// Its kind, by prefix and shape.
    pub kind: KindView,
    /// New, changed or unchanged.
    pub state: ImportEntryState,
    /// Whether the value is empty.
    pub empty: bool,
    /// Lines of earlier values of the same name, which are not stored.
    pub overridden_lines: Vec<u32>,
    /// What the person should know; empty if nothing.
    pub warning: String,
}

/// What an import would do with a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ImportEntryState {
    /// No value there yet.
    New,
    /// Another value is there; it becomes `previous`.
    Changed,
    /// The same value is there; nothing is written.
    Unchanged,
}

/// Saves a preview.
#[derive(Serialize, Deserialize, TS)]
pub struct ImportRequest {
    /// From [`ImportPreviewView`].
    pub preview: String,
    /// The names to store; all if absent.
    pub names: Option<Vec<String>>,
    /// Whether a missing project or environment may be made.
    pub create_missing: bool,
    /// Whether a person said so once more where a value of a protected environment would be part of it.
    #[serde(default)]
    #[ts(as = "Option<bool>", optional)]
    pub confirmed: bool,
}

/// An import was saved.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct ImportedView {
    /// Names that had no value before.
    pub created: u32,
    /// Names that got another value.
    pub changed: u32,
    /// Names left alone.
    pub unchanged: u32,
    /// What became of each linked file.
    pub links: Vec<LinkWriteView>,
}

/// Asks for an environment as text.
#[derive(Serialize, Deserialize, TS)]
pub struct ExportRequest {
    /// The project, by name.
    pub project: String,
    /// The environment, by name.
    pub environment: String,
    /// The secrets, by name; all if absent.
    #[serde(default)]
    pub names: Option<Vec<String>>,
    /// For which reader.
    pub dialect: Dialect,
    /// Whether a person said so once more where the environment is protected.
    #[serde(default)]
    #[ts(as = "Option<bool>", optional)]
    pub confirmed: bool,
}

/// An environment as text.
#[derive(Serialize, Deserialize, TS)]
pub struct ExportView {
    /// The text.
    #[ts(type = "string")]
    pub text: SecretText,
    /// How many secrets it holds.
    pub secrets: u32,
}

/// Writes an environment to a file.
#[derive(Serialize, Deserialize, TS)]
pub struct ExportFileRequest {
    /// The project, by name.
    pub project: String,
    /// The environment, by name.
    pub environment: String,
    /// The secrets, by name; all if absent.
    #[serde(default)]
    pub names: Option<Vec<String>>,
    /// For which reader.
    pub dialect: Dialect,
    /// The file.
    pub path: String,
    /// Whether an existing file may be replaced.
    pub overwrite: bool,
    /// Whether a person said so once more where the environment is protected.
    #[serde(default)]
    #[ts(as = "Option<bool>", optional)]
    pub confirmed: bool,
}

/// An environment was written to a file.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct ExportedFileView {
    /// The file.
    pub path: String,
    /// How many secrets it holds.
    pub secrets: u32,
}
