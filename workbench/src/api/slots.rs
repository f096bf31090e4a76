use super::{KdfRequest, Millis, SecretText};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Asks for [`SlotsView`].
#[derive(Serialize, Deserialize, TS)]
pub struct SlotsRequest {}

/// The ways to unlock the open vault.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct SlotsView {
    /// One of each kind at most.
    pub slots: Vec<SlotView>,
}

/// One way to unlock.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct SlotView {
    /// Which way.
    pub kind: SlotKind,
    /// When it was made.
    #[ts(type = "number")]
    pub made_at: Millis,
    /// For a passphrase: what each guess costs, and who chose that.
    pub costs: Option<CostsView>,
    /// For a passphrase: whether it counts only with a key file.
    pub key_file: bool,
}

/// What each guess at a passphrase costs.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct CostsView {
    /// Argon2id memory, in KiB.
    pub memory_kib: u32,
    /// Passes.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
    /// Chosen by a person, and not raised by itself.
    pub by_hand: bool,
}

/// A kind of slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum SlotKind {
    /// What a person types.
    Passphrase,
    /// 24 words on paper.
    Recovery,
    /// A key in the system's keyring.
    Keyring,
}

/// What has to be shown again before a way to unlock is changed.
#[derive(Serialize, Deserialize, TS)]
pub struct Present {
    /// The present passphrase.
    #[ts(type = "string")]
    pub passphrase: SecretText,
    /// The present key file, where the vault has one.
    pub key_file: Option<String>,
}

/// Which key file counts from now on.
#[derive(Debug, Clone, Default, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum KeyFileChoice {
    /// The one that counted before, if one did.
    #[default]
    Keep,
    /// None.
    Without,
    /// A new one, which is written to this path.
    Make(String),
}

/// Gives the vault another passphrase, key file or cost of a guess.
#[derive(Serialize, Deserialize, TS)]
pub struct ChangePassphraseRequest {
    /// What opens it now.
    pub present: Present,
    /// The passphrase that opens it from now on.
    #[ts(type = "string")]
    pub new: SecretText,
    /// Which key file counts beside it.
    #[serde(default)]
    pub key_file: KeyFileChoice,
    /// Costs by hand; calibrated to this machine if absent.
    pub kdf: Option<KdfRequest>,
    /// Others may know the present one: the vault gets another root key, and every other way to unlock goes.
    #[serde(default)]
    pub compromised: bool,
}

/// Opens the vault with what the system's keyring holds.
#[derive(Serialize, Deserialize, TS)]
pub struct UnlockWithKeyringRequest {}

/// Opens the vault with the words of its recovery kit and gives it a new passphrase.
#[derive(Serialize, Deserialize, TS)]
pub struct RecoverRequest {
    /// The 24 words.
    #[ts(type = "string")]
    pub words: SecretText,
    /// The passphrase that opens it from now on, without a key file.
    #[ts(type = "string")]
    pub new: SecretText,
    /// Costs by hand; calibrated to this machine if absent.
    pub kdf: Option<KdfRequest>,
    /// Whether to go on from a copy of the vault that is older than it was on this machine.
    pub accept_rollback: bool,
}

/// Puts a key into the system's keyring that opens the vault.
#[derive(Serialize, Deserialize, TS)]
pub struct AddKeyringRequest {
    /// What opens it now.
    pub present: Present,
}

/// Makes the words of a recovery kit. They open nothing until they are confirmed.
#[derive(Serialize, Deserialize, TS)]
pub struct NewRecoveryKitRequest {
    /// What opens the vault now.
    pub present: Present,
}

/// A recovery kit, to be printed or written down.
#[derive(Serialize, Deserialize, TS)]
pub struct RecoveryKitView {
    /// The 24 words, a space between.
    #[ts(type = "string")]
    pub words: SecretText,
    /// The same words in capital letters as a QR code: a line for each row, `1` for a dark square.
    #[ts(type = "string")]
    pub qr: SecretText,
    /// The vault's name.
    pub vault: String,
    /// When it was made.
    #[ts(type = "number")]
    pub made_at: Millis,
    /// The words, counted from 1, that have to be said to confirm it.
    pub ask: Vec<u8>,
}

/// Confirms that the kit was kept: from now on it opens the vault, and an earlier one does not.
#[derive(Serialize, Deserialize, TS)]
pub struct ConfirmRecoveryKitRequest {
    /// The words that were asked for, in order, a space between.
    #[ts(type = "string")]
    pub answer: SecretText,
}

/// Removes a way to unlock.
#[derive(Serialize, Deserialize, TS)]
pub struct RemoveSlotRequest {
    /// Which.
    pub kind: SlotKind,
    /// What opens the vault now.
    pub present: Present,
    /// Others may know it: the vault gets another root key, and every way to unlock but the passphrase goes.
    #[serde(default)]
    pub compromised: bool,
}
