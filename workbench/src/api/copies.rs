//! Copies of values that are sealed for somebody, and the cards that they are sealed for.

use super::{Millis, SecretText};
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

/// Lists everybody whose card is kept.
#[derive(Serialize, Deserialize, TS)]
pub struct ContactsRequest {}

/// Everybody whose card is kept, by name.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct ContactsView {
    /// Them.
    pub contacts: Vec<ContactView>,
}

/// Somebody whose card is kept.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct ContactView {
    /// The card.
    pub card: CardView,
    /// Whether the safety number was compared with them.
    pub verified: bool,
    /// When the card was kept first.
    #[ts(type = "number")]
    pub since: Millis,
}

/// Keeps somebody's card, or a newer one of theirs.
#[derive(Serialize, Deserialize, TS)]
pub struct PinCardRequest {
    /// The card as text.
    pub text: String,
}

/// Asks for the number to compare with somebody.
#[derive(Serialize, Deserialize, TS)]
pub struct SafetyNumberRequest {
    /// Whose: the name or the fingerprint of a kept card or of a member of the space that is worked in.
    pub name: String,
}

/// The number to compare.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct SafetyNumberView {
    /// Sixty digits in groups of five, the same on both sides.
    pub number: String,
    /// A QR code of both fingerprints, the same on both sides: rows of `1` for dark and `0` for light.
    pub qr: String,
}

/// Says that somebody read out this number, by another way than the card came.
#[derive(Serialize, Deserialize, TS)]
pub struct VerifyContactRequest {
    /// Whose, as for the number.
    pub name: String,
    /// The number as they read it.
    pub number: String,
}

/// Forgets somebody's card.
#[derive(Serialize, Deserialize, TS)]
pub struct ForgetContactRequest {
    /// Whose, by name.
    pub name: String,
}

/// Gives the own card another name.
#[derive(Serialize, Deserialize, TS)]
pub struct RenameCardRequest {
    /// The name.
    pub name: String,
}

/// Saves the own card as a file.
#[derive(Serialize, Deserialize, TS)]
pub struct SaveCardRequest {
    /// The file.
    pub path: String,
    /// Whether it may replace what is there.
    pub overwrite: bool,
}

/// For whom a copy is sealed.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum CopyRecipient {
    /// Somebody whose card is kept, by name.
    Contact(String),
    /// A card as text, or an age recipient.
    Card(String),
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
    /// For whom.
    pub to: Vec<CopyRecipient>,
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
