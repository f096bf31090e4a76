use super::{ApiError, Millis};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A file format, named after its reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum Dialect {
    /// python-dotenv with interpolation on; carries any UTF-8 without NUL.
    Dotenv,
    /// npm `dotenv`.
    DotenvNode,
    /// `bash`, by `source`.
    Shell,
    /// `jq`: one JSON object of texts.
    Json,
    /// PyYAML, `safe_load`: one block mapping of texts.
    Yaml,
}

impl Dialect {
    /// The name that a linked file has where nobody names it.
    pub const fn usual_file(self) -> &'static str {
        match self {
            Self::Dotenv | Self::DotenvNode | Self::Shell => ".env",
            Self::Json => ".env.json",
            Self::Yaml => ".env.yaml",
        }
    }
}

/// Asks for [`LinksView`].
#[derive(Serialize, Deserialize, TS)]
pub struct LinksRequest {}

/// Every link.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct LinksView {
    /// By project, environment and folder.
    pub links: Vec<LinkView>,
}

/// A local project folder that Keystead keeps exported.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct LinkView {
    /// Its id, 32 hex digits.
    pub id: String,
    /// The project, by name.
    pub project: String,
    /// The environment, by name.
    pub environment: String,
    /// The folder.
    pub folder: String,
    /// The file in it.
    pub file: String,
    /// For which reader.
    pub dialect: Dialect,
    /// What is on disk compared to the vault.
    pub state: LinkState,
    /// Why it could not be written, where it could not.
    pub problem: Option<ApiError>,
    /// When Keystead last wrote it.
    #[ts(type = "number | null")]
    pub written_at: Option<Millis>,
    /// How many secrets it carries.
    pub secrets: u32,
    /// Whether git would take the file in.
    pub git: GitView,
    /// What somebody changed, where somebody did.
    pub drift: Option<DriftView>,
}

/// What is on disk compared to the vault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum LinkState {
    /// The file holds what the vault holds.
    Current,
    /// The vault has moved on and the file could not follow.
    Stale,
    /// Somebody else edited the file.
    Drifted,
    /// The file is gone.
    Missing,
}

/// Whether git would take a file in.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct GitView {
    /// The answer.
    pub state: GitState,
    /// The `.gitignore` that would be added to.
    pub gitignore: Option<String>,
}

/// Whether git would take a file in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum GitState {
    /// The folder is in no repository.
    NoRepository,
    /// git ignores the file.
    Ignored,
    /// git would take it in.
    NotIgnored,
}

/// What somebody changed in a linked file; no values.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct DriftView {
    /// Names whose value differs, in the file's order.
    pub rows: Vec<DriftRowView>,
    /// Whether lines that Keystead does not manage changed too.
    pub other_lines: bool,
    /// Set where the file can no longer be parsed: file and line.
    pub unreadable: Option<String>,
}

/// One line of a masked diff.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct DriftRowView {
    /// The name.
    pub name: String,
    /// What happened to it.
    pub change: DriftChange,
}

/// What happened to a name in a linked file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum DriftChange {
    /// It has another value than Keystead wrote.
    Changed,
    /// It was taken out.
    Removed,
}

/// What became of a linked file after a change.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct LinkWriteView {
    /// The link's id.
    pub link: String,
    /// The file's full path.
    pub path: String,
    /// Its state now.
    pub state: LinkState,
    /// Why it was left alone, where it was.
    pub problem: Option<ApiError>,
}

/// Asks what linking would do.
#[derive(Serialize, Deserialize, TS)]
pub struct PreviewLinkRequest {
    /// The project, by name.
    pub project: String,
    /// The environment, by name.
    pub environment: String,
    /// The folder.
    pub folder: String,
    /// The file in it; if absent `.env`, or `.env.json` and `.env.yaml` for these two.
    pub file: Option<String>,
    /// For which reader.
    pub dialect: Dialect,
}

/// What linking would do.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct LinkPreviewView {
    /// The file's full path.
    pub path: String,
    /// Whether a file is there already.
    pub exists: bool,
    /// Names that would be written.
    pub writes: Vec<String>,
    /// Names in the file whose value would change.
    pub replaces: Vec<String>,
    /// Names in the file that Keystead leaves alone.
    pub keeps: Vec<String>,
    /// Whether git would take the file in.
    pub git: GitView,
    /// Why it can't be written, where it can't.
    pub problem: Option<ApiError>,
}

/// Links a folder.
#[derive(Serialize, Deserialize, TS)]
pub struct LinkRequest {
    /// The project, by name.
    pub project: String,
    /// The environment, by name.
    pub environment: String,
    /// The folder.
    pub folder: String,
    /// The file in it; if absent `.env`, or `.env.json` and `.env.yaml` for these two.
    pub file: Option<String>,
    /// For which reader.
    pub dialect: Dialect,
    /// Whether to add the file to `.gitignore` where git does not ignore it.
    pub add_to_gitignore: bool,
    /// Whether a missing project or environment may be made.
    pub create_missing: bool,
    /// Whether a person said so once more where the environment is protected.
    #[serde(default)]
    #[ts(as = "Option<bool>", optional)]
    pub confirmed: bool,
}

/// Writes a link's file again.
#[derive(Serialize, Deserialize, TS)]
pub struct WriteLinkRequest {
    /// The link's id.
    pub link: String,
    /// Whether somebody else's edits may be overwritten.
    pub overwrite_drift: bool,
}

/// Takes a drifted file's values into the vault.
#[derive(Serialize, Deserialize, TS)]
pub struct TakeDriftRequest {
    /// The link's id.
    pub link: String,
    /// Whether they may be made of values of a protected environment.
    #[serde(default)]
    #[ts(as = "Option<bool>", optional)]
    pub confirmed: bool,
}

/// Adds a link's file to `.gitignore`.
#[derive(Serialize, Deserialize, TS)]
pub struct IgnoreInGitRequest {
    /// The link's id.
    pub link: String,
}

/// Forgets a link.
#[derive(Serialize, Deserialize, TS)]
pub struct UnlinkRequest {
    /// The link's id.
    pub link: String,
}
