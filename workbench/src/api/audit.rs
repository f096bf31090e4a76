use super::Millis;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Asks for events, newest first.
#[derive(Serialize, Deserialize, TS)]
pub struct AuditRequest {
    /// At most so many.
    pub limit: u32,
    /// Only events before this position (from an earlier answer).
    #[ts(type = "number | null")]
    pub before: Option<i64>,
}

/// Events, newest first.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct AuditView {
    /// The events.
    pub events: Vec<EventView>,
    /// How many there are in all.
    #[ts(type = "number")]
    pub total: u64,
}

/// One event. No value, ever.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct EventView {
    /// Its position over all logs of this vault, from 1.
    #[ts(type = "number")]
    pub position: i64,
    /// `vault` or the space's name: the log that it is in.
    pub log: String,
    /// Its sequence in that log, from 0.
    #[ts(type = "number")]
    pub sequence: u64,
    /// When, by the wall clock.
    #[ts(type = "number")]
    pub at: Millis,
    /// Who: the identity's name.
    pub actor: String,
    /// On which device.
    pub device: String,
    /// The stable word: `value_revealed`, `value_rotated`, `link_written` …
    pub action: String,
    /// The words shown: "revealed", "rotated", "rewrote link".
    pub words: String,
    /// `ok`, `failed` or `refused`.
    pub outcome: String,
    /// The project, by its name now.
    pub project: Option<String>,
    /// The environment, by its name now.
    pub environment: Option<String>,
    /// The secret, by its name now.
    pub secret: Option<String>,
    /// The version's number.
    pub version: Option<u32>,
    /// The version's number before, for a rotation or restore.
    pub previous: Option<u32>,
    /// A path, a count, a reason; empty if nothing.
    pub detail: String,
    /// Why, where the caller said so.
    pub purpose: String,
    /// The process that asked.
    pub process: ProcessView,
    /// The event's leaf hash, 64 hex digits.
    pub hash: String,
}

/// The process that asked.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct ProcessView {
    /// Its id.
    pub pid: u32,
    /// Its executable.
    pub program: String,
    /// Its parent's executable; empty where it can't be read.
    pub parent: String,
    /// Its parent's id.
    pub parent_pid: u32,
    /// Its working directory.
    pub directory: String,
    /// The user's name, or number.
    pub user: String,
}

/// Recomputes the logs.
#[derive(Serialize, Deserialize, TS)]
pub struct VerifyAuditRequest {}

/// What was recomputed, and what it showed.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct VerifyAuditView {
    /// Whether everything agrees.
    pub verified: bool,
    /// Events recomputed, over all logs.
    #[ts(type = "number")]
    pub events: u64,
    /// Operations recomputed, over all logs.
    #[ts(type = "number")]
    pub operations: u64,
    /// Ciphertexts compared to the hash that their operation names.
    #[ts(type = "number")]
    pub ciphertexts: u64,
    /// What each log's newest signed head covers.
    pub logs: Vec<LogCoverageView>,
    /// One sentence that says exactly what was and was not covered.
    pub words: String,
    /// The first disagreement, where there is one.
    pub problem: Option<String>,
}

/// What a log's newest signed head covers.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct LogCoverageView {
    /// `vault` or the space's name.
    pub log: String,
    /// Events in the log.
    #[ts(type = "number")]
    pub events: u64,
    /// Of these, covered by the signed head.
    #[ts(type = "number")]
    pub signed_events: u64,
    /// Operations in the log.
    #[ts(type = "number")]
    pub operations: u64,
    /// Of these, covered by the signed head.
    #[ts(type = "number")]
    pub signed_operations: u64,
}
