//! Copies of values that are sealed for somebody, and the cards that they are sealed for.

use super::SecretText;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Asks for the open vault's own card.
#[derive(Serialize, Deserialize, TS)]
pub struct CardRequest {}

/// A card: who somebody is, and what they can open.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct CardView {
    /// The name on it; empty for a recipient without a card.
    pub name: String,
    /// SHA-256 of the identity's signature key, in groups of four hexadecimal digits; empty for a recipient without a card.
    pub fingerprint: String,
    /// The age recipient, `age1pq1…`.
    pub recipient: String,
    /// The card as text, for mail and chat; empty for a recipient without a card.
    pub text: String,
}

/// Reads a card or an age recipient that somebody sent.
#[derive(Serialize, Deserialize, TS)]
pub struct ReadCardRequest {
    /// The text.
    pub text: String,
}

/// Saves the own card as a file.
#[derive(Serialize, Deserialize, TS)]
pub struct SaveCardRequest {
    /// The file.
    pub path: String,
    /// Whether it may replace what is there.
    pub overwrite: bool,
}

/// Seals copies of current values for somebody, as an age file. It is recorded as an exposure.
#[derive(Serialize, Deserialize, TS)]
pub struct SendCopyRequest {
    /// The project, by name.
    pub project: String,
    /// The environment, by name.
    pub environment: String,
    /// The secrets, by name.
    pub names: Vec<String>,
    /// For whom: cards as text, or age recipients.
    pub to: Vec<String>,
    /// The file to write; without one the answer has the text.
    pub path: Option<String>,
    /// Whether it may replace what is there.
    pub overwrite: bool,
    /// Whether a person said so once more where the environment is protected.
    #[serde(default)]
    #[ts(as = "Option<bool>", optional)]
    pub confirmed: bool,
}

/// A copy was sealed.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct SentCopyView {
    /// The file, if one was written.
    pub path: Option<String>,
    /// The sealed text, if none was.
    pub text: Option<String>,
    /// How many values are in it.
    pub secrets: u32,
    /// Who can open it.
    pub to: Vec<CardView>,
}

/// What to open.
#[derive(Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum CopySource {
    /// A file on this machine.
    Path(String),
    /// Sealed text.
    Text(String),
}

/// Opens a copy that somebody sealed for this vault's identity.
#[derive(Serialize, Deserialize, TS)]
pub struct OpenCopyRequest {
    /// The copy.
    pub source: CopySource,
}

/// What was in a copy.
#[derive(Serialize, Deserialize, TS)]
pub struct OpenedCopyView {
    /// The text.
    #[ts(type = "string")]
    pub text: SecretText,
}
