use crate::VaultError;
use std::{fmt, sync::Arc};

/// Milliseconds since the Unix epoch, by the wall clock. Shown, never compared
/// for order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timestamp(pub i64);

/// Who asks for something, when, and why: what every event records.
#[derive(Clone, Debug)]
pub struct Asker {
    /// When, by the wall clock.
    pub at: Timestamp,
    /// The process.
    pub process: Process,
    /// Why, where the caller said so.
    pub purpose: String,
    /// Whether a person said once more that a value of a protected environment may leave.
    pub confirmed: bool,
    /// Whether nobody waits for it any more.
    pub cancel: Cancel,
}

/// Says whether what was asked for is still wanted. Long work looks now and then, and undoes itself if not.
#[derive(Clone, Default)]
pub struct Cancel(Option<Arc<dyn Fn() -> bool + Send + Sync>>);

impl Cancel {
    /// Cancelled once this says so.
    pub fn when(cancelled: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(cancelled)))
    }

    pub(crate) fn check(&self) -> Result<(), VaultError> {
        match &self.0 {
            Some(cancelled) if cancelled() => Err(VaultError::Cancelled),
            _ => Ok(()),
        }
    }
}

impl fmt::Debug for Cancel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cancel")
    }
}

/// A process, as an event records it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Process {
    /// Its id.
    pub pid: u32,
    /// Its executable.
    pub program: String,
    /// Its parent's id.
    pub parent_pid: u32,
    /// Its parent's executable; empty where it can't be read.
    pub parent: String,
    /// Its working directory.
    pub directory: String,
    /// The user's name, or number.
    pub user: String,
}
