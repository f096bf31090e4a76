use super::{Dialect, KindView, LinkWriteView, Millis, SecretText, Stage, ValueShape};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Edits what secrets of one project say of themselves, as one operation. What is absent stays as it is.
#[derive(Default, Serialize, Deserialize, TS)]
pub struct EditSecretsRequest {
    /// The project, by name.
    pub project: String,
    /// The secrets, by name.
    pub names: Vec<String>,
    /// Another name; for one secret only.
    pub rename: Option<String>,
    /// Another kind, by its stable word.
    pub kind: Option<String>,
    /// Other notes.
    pub notes: Option<String>,
    /// Another owner; empty for none.
    pub owner: Option<String>,
    /// Tags to add.
    pub add_tags: Vec<String>,
    /// Tags to take away.
    pub remove_tags: Vec<String>,
    /// When the values stop working.
    pub expires: Option<ExpiryChoice>,
    /// So many days before that it is due.
    pub lead_days: Option<u16>,
}

/// When values stop working.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ExpiryChoice {
    /// As far as is known they don't.
    Never,
    /// At this time.
    At(#[ts(type = "number")] Millis),
}

/// Removes secrets, or their values in one environment. Versions stay, and an undo brings everything back.
#[derive(Serialize, Deserialize, TS)]
pub struct RemoveSecretsRequest {
    /// The project, by name.
    pub project: String,
    /// The secrets, by name.
    pub names: Vec<String>,
    /// Only their values there.
    pub environment: Option<String>,
}

/// Copies values from one environment of a project to another; none leaves the vault.
#[derive(Serialize, Deserialize, TS)]
pub struct FillRequest {
    /// The project, by name.
    pub project: String,
    /// The environment that has them.
    pub from: String,
    /// The environment that gets them.
    pub to: String,
    /// The secrets, by name.
    pub names: Vec<String>,
    /// Whether a person said so once more where `from` is protected.
    #[serde(default)]
    #[ts(as = "Option<bool>", optional)]
    pub confirmed: bool,
}

/// Moves secrets with their current values to another project, as one operation.
#[derive(Serialize, Deserialize, TS)]
pub struct MoveSecretsRequest {
    /// The project that they leave, by name.
    pub project: String,
    /// The secrets, by name.
    pub names: Vec<String>,
    /// The project that gets them, by name.
    pub to: String,
    /// Whether environments that are missing there may be made.
    pub create_missing: bool,
    /// Whether a person said so once more where an environment is protected.
    #[serde(default)]
    #[ts(as = "Option<bool>", optional)]
    pub confirmed: bool,
}

/// Replaces the values of secrets in one environment by generated ones, as one operation.
#[derive(Serialize, Deserialize, TS)]
pub struct GenerateValuesRequest {
    /// The project, by name.
    pub project: String,
    /// The environment, by name.
    pub environment: String,
    /// The secrets, by name; each must have a value there.
    pub names: Vec<String>,
    /// What the values look like.
    pub shape: ValueShape,
}

/// Asks which rows of a project's matrix answer.
#[derive(Serialize, Deserialize, TS)]
pub struct FilterRequest {
    /// The project, by name.
    pub project: String,
    /// As in [`SearchRequest`].
    pub query: String,
}

/// Rows of a project's matrix.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct FilterView {
    /// Their places in the matrix, from 0, in order.
    pub rows: Vec<u32>,
    /// How many rows the matrix has, so that one of another moment is noticed.
    pub of: u32,
}

/// Asks what a value is, before it is stored. Nothing is kept, and the answer holds none of it.
#[derive(Serialize, Deserialize, TS)]
pub struct RecogniseRequest {
    /// The name it would get, or empty.
    pub name: String,
    /// The value.
    #[ts(type = "string")]
    pub value: SecretText,
    /// The kind that it should be, by its stable word; recognised if absent.
    pub kind: Option<String>,
}

/// What a value is.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct RecognisedView {
    /// Its kind, by prefix and shape, or the one asked about.
    pub kind: KindView,
    /// The name that the issuer's own tools look for.
    pub usual_name: Option<String>,
    /// What is not as values of this kind are; empty if nothing.
    pub problem: String,
    /// Read as a file of secrets it holds so many, in that dialect.
    pub file: Option<RecognisedFileView>,
}

/// Text that is a file of secrets.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct RecognisedFileView {
    /// Whose reading fits.
    pub dialect: Dialect,
    /// How many secrets it holds.
    pub secrets: u32,
}

/// Asks for [`KindsView`].
#[derive(Serialize, Deserialize, TS)]
pub struct KindsRequest {}

/// Every kind that a secret can be.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct KindsView {
    /// In the order shown.
    pub kinds: Vec<KindView>,
}

/// Edits an environment. What is absent stays as it is.
#[derive(Default, Serialize, Deserialize, TS)]
pub struct EditEnvironmentRequest {
    /// The project, by name.
    pub project: String,
    /// The environment, by name.
    pub environment: String,
    /// Another name.
    pub rename: Option<String>,
    /// Whether values leave only for whoever says so once more.
    pub protect: Option<bool>,
    /// The environment whose values it has where it has none; empty for none.
    pub inherit: Option<String>,
    /// Its place in the project's order, from 0.
    pub position: Option<u32>,
    /// Removes it; its versions stay.
    pub remove: bool,
    /// Whether it may have the values of a protected environment.
    #[serde(default)]
    #[ts(as = "Option<bool>", optional)]
    pub confirmed: bool,
}

/// Edits a project. What is absent stays as it is.
#[derive(Default, Serialize, Deserialize, TS)]
pub struct EditProjectRequest {
    /// The project, by name.
    pub project: String,
    /// Another name.
    pub rename: Option<String>,
    /// Removes it; its versions stay.
    pub remove: bool,
}

/// Something was edited, and with it the links that carry it.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct EditedView {
    /// What became of each linked file.
    pub links: Vec<LinkWriteView>,
}

/// Asks for operations, newest first.
#[derive(Serialize, Deserialize, TS)]
pub struct OperationsRequest {
    /// At most so many.
    pub limit: u32,
    /// Those before this sequence; from the newest if absent.
    #[ts(type = "number | null")]
    pub before: Option<u64>,
}

/// Operations of the space's log.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct OperationsView {
    /// Newest first.
    pub operations: Vec<OperationView>,
}

/// One operation.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct OperationView {
    /// Its sequence in the space's log.
    #[ts(type = "number")]
    pub sequence: u64,
    /// When.
    #[ts(type = "number")]
    pub at: Millis,
    /// The device that made it.
    pub device: String,
    /// What it did, in words; names as they are now.
    pub what: String,
    /// Whether it was taken back.
    pub undone: bool,
    /// Whether it can be taken back, as far as is known before it is tried.
    pub can_undo: bool,
}

/// Lets operations from long ago give way to what they lead to. Audit stays, and what can be taken back.
#[derive(Serialize, Deserialize, TS)]
pub struct CompactRequest {
    /// Of old values so many of the newest stay, of each secret in each environment; 20 if absent.
    pub keep_versions: Option<u32>,
    /// And all that are younger than so many days; 400 if absent.
    pub keep_days: Option<u32>,
    /// Says only what would go.
    #[serde(default)]
    pub plan: bool,
}

/// What a compaction did.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct CompactedView {
    /// Operations that gave way; 0 where that would have freed less than it writes.
    #[ts(type = "number")]
    pub operations: u64,
    /// Their bytes.
    #[ts(type = "number")]
    pub before: u64,
    /// Bytes of what they lead to.
    #[ts(type = "number")]
    pub after: u64,
    /// Old values that went.
    #[ts(type = "number")]
    pub values: u64,
}

/// Asks what became of a secret.
#[derive(Serialize, Deserialize, TS)]
pub struct HistoryRequest {
    /// The project, by name.
    pub project: String,
    /// The environment, by name.
    pub environment: String,
    /// The secret, by name.
    pub name: String,
}

/// What became of a secret in an environment, and of what it says of itself. Holds no value.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct HistoryView {
    /// Newest first.
    pub rows: Vec<HistoryRowView>,
}

/// Something that happened to a secret.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct HistoryRowView {
    /// When.
    #[ts(type = "number")]
    pub at: Millis,
    /// The device that did it.
    pub device: String,
    /// A value that was stored, or else a field.
    pub value: Option<HistoryValueView>,
    /// What it says of itself since.
    pub field: Option<HistoryFieldView>,
}

/// A value that was stored.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct HistoryValueView {
    /// The environment.
    pub environment: String,
    /// The version's number there.
    pub version: u32,
    /// How it came: `imported`, `set`, `rotated` …
    pub origin: String,
    /// What of it differs from the version before; empty for the first one.
    pub parts: Vec<HistoryPartView>,
}

/// A part of a value, and how it differs from the version before; never what it is.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct HistoryPartView {
    /// `value`, or of a URL `password`, `host` …, or a JSON field's name.
    pub part: String,
    /// How it differs.
    pub change: PartChange,
}

/// How a part of a value differs from the version before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum PartChange {
    /// As it was.
    Same,
    /// Another one.
    Changed,
    /// Was not there.
    Added,
    /// Is not there any more.
    Removed,
}

/// A field, before and after.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct HistoryFieldView {
    /// `name`, `kind`, `notes`, `owner`, `tags`, `expires` and `lead` (in ms since 1970 and days), `removed`.
    pub field: String,
    /// What it said before; absent where that is not known any more.
    pub from: Option<String>,
    /// What it says since.
    pub to: String,
}

/// Takes an operation back.
#[derive(Serialize, Deserialize, TS)]
pub struct UndoRequest {
    /// By its sequence; the newest that was not taken back if absent.
    #[ts(type = "number | null")]
    pub sequence: Option<u64>,
}

/// Makes again what the newest undo took back.
#[derive(Serialize, Deserialize, TS)]
pub struct RedoRequest {}

/// An operation was taken back, or made again.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct UndoneView {
    /// Its sequence in the space's log.
    #[ts(type = "number")]
    pub sequence: u64,
    /// What it had done.
    pub what: String,
    /// What became of each linked file.
    pub links: Vec<LinkWriteView>,
}

/// Finds secrets by what they say of themselves.
#[derive(Serialize, Deserialize, TS)]
pub struct SearchRequest {
    /// Words and filters: `openai env:prod due:7d tag:customer`.
    pub query: String,
    /// At most so many.
    pub limit: u32,
}

/// What was found, best first.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct SearchView {
    /// The first of them.
    pub hits: Vec<HitView>,
    /// How many there are.
    pub total: u32,
}

/// A secret that was found.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct HitView {
    /// The project.
    pub project: String,
    /// The secret's id.
    pub secret: String,
    /// Its name.
    pub name: String,
    /// Its kind.
    pub kind: KindView,
    /// Its tags.
    pub tags: Vec<String>,
    /// Who is asked about it, or empty.
    pub owner: String,
    /// When its values stop working.
    #[ts(type = "number | null")]
    pub expires_at: Option<Millis>,
    /// The environments in which it has a value of its own, in order.
    pub environments: Vec<String>,
}

/// Asks which secrets hold a value.
#[derive(Serialize, Deserialize, TS)]
pub struct FindValueRequest {
    /// The value.
    #[ts(type = "string")]
    pub value: SecretText,
}

/// Where a value stands.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct FindValueView {
    /// In use first.
    pub hits: Vec<ValueHitView>,
}

/// A version that holds a value.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct ValueHitView {
    /// The project.
    pub project: String,
    /// The environment.
    pub environment: String,
    /// The secret.
    pub name: String,
    /// The version's number.
    pub version: u32,
    /// Its stage, if it has one.
    pub stage: Option<Stage>,
}
