use crate::api::{Millis, Notice, SecretText};
use std::{path::PathBuf, time::Duration};

/// What a workbench needs of the machine that it runs on.
pub trait Platform: Send + Sync {
    /// The wall clock.
    fn now(&self) -> Millis;

    /// A clock that only goes forward, from any start.
    fn elapsed(&self) -> Duration;

    /// Puts a value on the clipboard, kept out of clipboard histories.
    ///
    /// # Errors
    /// What the system says, without the value.
    fn set_clipboard(&self, value: &SecretText) -> Result<(), String>;

    /// Empties the clipboard if it still holds what [`Self::set_clipboard`] put there.
    fn clear_own_clipboard(&self);

    /// Tells the host what happened without being asked for.
    fn notify(&self, notice: Notice);
}

/// What a host decides once.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The vault's folder.
    pub vault: PathBuf,
    /// The person's name, for a new identity.
    pub identity: String,
    /// The machine's name.
    pub device: String,
    /// Locks after so long without a person, whatever was chosen for the vault.
    pub idle: Option<Duration>,
    /// Locks so long after the unlock, whatever happens.
    pub limit: Duration,
    /// Whether what other processes ask for counts as somebody being there.
    pub requests_are_activity: bool,
    /// Where this host's socket stands; `None` for a process that answers nobody else.
    pub sockets: Option<PathBuf>,
    /// Where it is kept how far each vault got; `None` where nothing is kept.
    pub anchors: Option<PathBuf>,
    /// Whether linked files are watched.
    pub watch: bool,
    /// Whether it locks when the system sleeps or its screen is locked, and makes backups when they are due: a host that
    /// stays.
    pub stays: bool,
    /// Why this host asks, where somebody said so; part of every event.
    pub purpose: String,
    /// The space that is worked in from the beginning; empty for the vault's own.
    pub space: String,
}
