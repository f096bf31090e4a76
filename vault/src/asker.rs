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
