use super::Millis;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Asks for [`SettingsView`].
#[derive(Serialize, Deserialize, TS)]
pub struct SettingsRequest {}

/// What was chosen about the open vault, and what could be.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct SettingsView {
    /// What holds now.
    pub chosen: Choices,
    /// Sets of choices with a name; one that holds now is `chosen` but for its backups.
    pub presets: Vec<PresetView>,
    /// The idle timeout that this host was started with, where it counts instead.
    pub idle_override_seconds: Option<u32>,
    /// Whether this system says when it sleeps or its screen is locked.
    pub hears_system: bool,
    /// The newest scheduled backup in the chosen folder.
    #[ts(type = "number | null")]
    pub last_backup_at: Option<Millis>,
}

/// When the vault locks, how long a copied value stays, when it is backed up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Choices {
    /// Locks when nobody was there for so long.
    pub idle_seconds: u32,
    /// Locks when the machine goes to sleep.
    pub lock_on_sleep: bool,
    /// Locks when the screen is locked.
    pub lock_on_screen_lock: bool,
    /// A copied value leaves the clipboard after so long.
    pub clipboard_seconds: u32,
    /// When backups are made, if they are.
    pub backups: Option<BackupChoices>,
}

/// When backups are made, and how many stay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct BackupChoices {
    /// The folder that they are written to.
    pub folder: String,
    /// Hours between two.
    pub every_hours: u32,
    /// So many of the newest stay.
    pub keep: u32,
}

/// A set of choices with a name.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct PresetView {
    /// Its name.
    pub name: String,
    /// Whom it is for, in a sentence.
    pub words: String,
    /// What it chooses; backups are as they are.
    pub choices: Choices,
}

/// Chooses anew.
#[derive(Serialize, Deserialize, TS)]
pub struct ChangeSettingsRequest {
    /// What is to hold from now on.
    pub choices: Choices,
}
