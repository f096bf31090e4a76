use super::{Millis, SecretText};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Asks for [`StatusView`].
#[derive(Serialize, Deserialize, TS)]
pub struct StatusRequest {}

/// Which vault this host has, and whether it is open.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct StatusView {
    /// No vault, locked or unlocked.
    pub state: SessionState,
    /// The vault at the chosen place; at `no_vault`, the place where one would be made.
    pub vault: VaultView,
    /// What unlocks it beside a passphrase, as its header says.
    pub unlock_with: UnlockWaysView,
    /// This machine's name, as shown in the status bar.
    pub device: String,
    /// While unlocked: the idle timeout.
    pub lock: Option<LockView>,
    /// After a lock in this process: why.
    pub locked_because: Option<LockReason>,
    /// After a lock in this process: when.
    #[ts(type = "number | null")]
    pub locked_at: Option<Millis>,
    /// Where the vault is older than it was on this machine, or another copy of it: it can only be looked at.
    pub rollback: Option<RollbackView>,
    /// On the first unlock after wrong passphrases: how many there were.
    pub failed_unlocks: u32,
    /// Where the last scheduled backup failed: one sentence that says why, and what helps.
    pub backup_warning: Option<String>,
    /// Where other processes can't reach this host: one sentence that says why, and what helps.
    pub host_warning: Option<String>,
    /// Where the system did not let all secrets be locked into memory: one sentence that says so, and what helps.
    pub memory_warning: Option<String>,
}

/// How a vault differs from what it was on this machine.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct RollbackView {
    /// Changes that it is short of, at least.
    #[ts(type = "number")]
    pub changes: u64,
    /// Events that it is short of, at least.
    #[ts(type = "number")]
    pub events: u64,
    /// Its ways to unlock are older: a passphrase may have come back.
    pub older_header: bool,
    /// It holds something else since.
    pub diverged: bool,
    /// All of it, behind the name of the copy: "lacks 3 changes and 5 events".
    pub words: String,
}

/// Goes on from an older copy of the vault, which can only be looked at until then.
#[derive(Serialize, Deserialize, TS)]
pub struct AcceptRollbackRequest {}

/// What unlocks a vault beside a passphrase.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, TS)]
pub struct UnlockWaysView {
    /// The passphrase counts only with a key file.
    pub key_file: bool,
    /// The system's keyring holds a key.
    pub keyring: bool,
    /// There is a recovery kit.
    pub recovery: bool,
}

/// A vault's name and place.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct VaultView {
    /// The folder's name without `.keystead`.
    pub name: String,
    /// The folder.
    pub path: String,
}

/// Whether a vault is there and open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum SessionState {
    /// Nothing stands at the place yet.
    NoVault,
    /// A vault stands there and is locked.
    Locked,
    /// It is open in this process.
    Unlocked,
}

/// Why a vault was locked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum LockReason {
    /// Somebody asked.
    Asked,
    /// Nobody was there for the idle timeout.
    Idle,
    /// It was open for as long as it may be.
    Limit,
    /// The machine went to sleep.
    Sleep,
    /// The screen was locked.
    Screen,
    /// The process ends.
    Quit,
}

/// The idle timeout and what is left of it.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct LockView {
    /// The timeout, in seconds.
    pub idle_seconds: u32,
    /// Seconds until the vault locks if nothing happens.
    pub locks_in_seconds: u32,
}

/// Asks how strong a passphrase is.
#[derive(Serialize, Deserialize, TS)]
pub struct StrengthRequest {
    /// The passphrase as typed so far.
    #[ts(type = "string")]
    pub passphrase: SecretText,
}

/// How strong a passphrase is.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct StrengthView {
    /// 0 (guessed at once) to 4 (out of reach).
    pub score: u8,
    /// Whether a vault may be made with it.
    pub acceptable: bool,
    /// One short sentence: "Strong: about 300 years to guess from a stolen disk".
    pub words: String,
    /// What would make it stronger; empty if nothing needs to.
    pub advice: String,
}

/// Cost of the passphrase derivation (Argon2id), chosen by hand.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, TS)]
pub struct KdfRequest {
    /// Memory in KiB; at least 65,536.
    pub memory_kib: Option<u32>,
    /// Passes; at least 3.
    pub passes: Option<u32>,
}

/// Cost of the passphrase derivation of a new vault.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct KdfView {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes over the memory.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
    /// What one derivation took here, in milliseconds.
    pub milliseconds: u32,
    /// "Each guess costs 0.6 s and 256 MiB on this machine".
    pub words: String,
}

/// Makes a vault.
#[derive(Serialize, Deserialize, TS)]
pub struct CreateVaultRequest {
    /// Where, as a folder that ends in `.keystead`; the host's place if absent.
    pub path: Option<String>,
    /// The passphrase that will open it.
    #[ts(type = "string")]
    pub passphrase: SecretText,
    /// Costs by hand; calibrated to this machine if absent.
    pub kdf: Option<KdfRequest>,
}

/// Makes a vault with projects, people and a history that are made up, and opens it; the one of before is chosen again.
#[derive(Serialize, Deserialize, TS)]
pub struct OpenSampleRequest {
    /// Where, as a folder that ends in `.keystead`; beside the host's place if absent.
    pub path: Option<String>,
    /// Of which everything follows; the usual one if absent.
    #[ts(type = "number | null")]
    pub seed: Option<u64>,
    /// So many secrets, with no history, instead of a small team's.
    pub secrets: Option<u32>,
}

/// A vault was made and is open.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct CreatedView {
    /// The session after it.
    pub status: StatusView,
    /// What each guess will cost.
    pub kdf: KdfView,
}

/// Chooses another vault.
#[derive(Serialize, Deserialize, TS)]
pub struct OpenVaultRequest {
    /// Its folder.
    pub path: String,
}

/// Opens the vault.
#[derive(Serialize, Deserialize, TS)]
pub struct UnlockRequest {
    /// Its passphrase.
    #[ts(type = "string")]
    pub passphrase: SecretText,
    /// Its key file, where it has one.
    pub key_file: Option<String>,
}

/// Writes a backup.
#[derive(Serialize, Deserialize, TS)]
pub struct BackupRequest {
    /// The new file.
    pub path: String,
}

/// A backup that was read back.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct BackupView {
    /// The file.
    pub path: String,
    /// Its size, in bytes.
    #[ts(type = "number")]
    pub bytes: u64,
    /// Its SHA-256, in hex.
    pub sha256: String,
    /// Events in it.
    #[ts(type = "number")]
    pub events: u64,
    /// Operations in it.
    #[ts(type = "number")]
    pub operations: u64,
    /// Sealed values in it, older versions too.
    #[ts(type = "number")]
    pub values: u64,
}

/// Unpacks a backup into the host's place, where nothing stands yet; it stays locked.
#[derive(Serialize, Deserialize, TS)]
pub struct RestoreBackupRequest {
    /// The backup.
    pub file: String,
}

/// Locks the vault.
#[derive(Serialize, Deserialize, TS)]
pub struct LockRequest {}

/// Says that a person is there.
#[derive(Serialize, Deserialize, TS)]
pub struct TouchRequest {}

/// What happened without being asked for; the host passes it to its window.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "notice", rename_all = "snake_case")]
pub enum Notice {
    /// The vault was locked.
    Locked {
        /// Why.
        reason: LockReason,
    },
    /// Another process unlocked the vault, or did something that shows.
    VaultChanged,
    /// A linked file changed on disk, or was written.
    LinksChanged,
    /// A space was synchronized, or could not be; nothing else changed.
    Synced,
    /// The clipboard no longer holds a copied value.
    ClipboardCleared,
}
