//! What somebody, or the storage, did wrong: one name for each, with what can be done.

use keystead_replica::LogId;
use std::fmt;

/// Something that did not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The log that it is about.
    pub log: Option<LogId>,
    /// What.
    pub kind: ProblemKind,
}

/// What did not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProblemKind {
    /// An object was changed, cut short, or put under another's name.
    #[error("an object was changed, or stands under another one's name")]
    Changed,
    /// A head is not signed by the device that it names.
    #[error("a head is not signed by its device")]
    Forged,
    /// Nobody ever said who the device is.
    #[error("nobody said whose device writes this log")]
    NobodyKnowsDevice,
    /// A head or an operation is of another log or space.
    #[error("it belongs to another log or space")]
    Transplanted,
    /// A message carries another key than the epoch that it names, or leaves one out that this device may have.
    #[error("a key was handed out that is not the one that its epoch names, or was left out")]
    WrongKeyForEpoch,
    /// Operations do not follow each other.
    #[error("operations are in another order than they were written")]
    Reordered,
    /// A counter is not one more than what the operation follows.
    #[error("an operation counts otherwise than what it follows")]
    WrongCounter,
    /// An operation saw another history of a log than the one here.
    #[error("it saw another history of a log than the one that is here")]
    SawAnother(LogId),
    /// An operation knew less of who may do what than the one before.
    #[error("an operation knew less of who may do what than the one before it")]
    ForgetsMembers,
    /// The storage shows an older state of a log than was seen before.
    #[error("the storage shows an older state of this log than was seen before")]
    RolledBack,
    /// The storage lost what this device had published.
    #[error("the storage lost what this device had published")]
    RemoteBehind,
    /// Two histories of a log were signed.
    #[error("two different histories of this log were signed")]
    Forked,
    /// This device's own log is further on the storage than here.
    #[error("this device's own log is further on the storage than here")]
    OwnLogAhead,
    /// A head promises operations that are not there.
    #[error("operations {from} to before {to} are promised and not there")]
    Withheld {
        /// The first.
        from: u64,
        /// Behind the last.
        to: u64,
    },
    /// Somebody wrote under names that are this device's.
    #[error("somebody wrote {count} objects under names of this device; they were written over")]
    NamesTaken {
        /// How many.
        count: u64,
    },
    /// Sealed bytes of values or files are not there.
    #[error("the bytes of {count} values or files are not there yet")]
    BytesMissing {
        /// Of how many, at least.
        count: u64,
    },
    /// A statement of who may do what is not signed by whom it names, or is not one of this space.
    #[error(
        "somebody put a statement of who may do what there that is not signed by whom it names"
    )]
    StatementForged,
    /// A card or a device in a statement is not signed by its identity.
    #[error("a card or a device was put in another one's place in a statement of who may do what")]
    CardForged,
    /// The checkpoint that an invite names is not there.
    #[error("the checkpoint that the invite names is not there")]
    CheckpointMissing,
    /// What stands in the place of the checkpoint that an invite names is another one, or nobody's.
    #[error("the checkpoint that the invite names was put in another one's place, or forged")]
    CheckpointForged,
    /// The storage shows less than there was when this device was invited.
    #[error("{logs} logs are shorter than they were when this device was invited")]
    OlderThanInvite {
        /// How many.
        logs: u64,
    },
    /// What an invite names was asked for again and again, and is not there.
    #[error(
        "what the invite names was asked for {asked} times and is not there: somebody keeps it back"
    )]
    KeptBack {
        /// So often.
        asked: u32,
    },
    /// What whoever invited says of the space is not what is there.
    #[error("the checkpoint says otherwise than what is here of {things} logs or values")]
    CheckpointContradicted {
        /// Of how many logs and values.
        things: u64,
    },
    /// What an operation follows did not arrive yet.
    #[error("operation {from} follows something that did not arrive yet")]
    Waits {
        /// The operation.
        from: u64,
    },
}

impl ProblemKind {
    /// Whether it is an attack or a fault, and not only something that is on its way.
    pub fn is_alarming(self) -> bool {
        !matches!(
            self,
            Self::Waits { .. }
                | Self::Withheld { .. }
                | Self::BytesMissing { .. }
                | Self::NobodyKnowsDevice
                | Self::CheckpointMissing
                | Self::OlderThanInvite { .. }
        )
    }

    /// What can be done.
    pub fn hint(self) -> &'static str {
        match self {
            Self::Waits { .. }
            | Self::Withheld { .. }
            | Self::BytesMissing { .. }
            | Self::NobodyKnowsDevice
            | Self::CheckpointMissing
            | Self::OlderThanInvite { .. } => {
                "wait for the storage to bring the rest; if it never does, somebody keeps it back"
            }
            Self::StatementForged | Self::CardForged => {
                "nobody got or lost anything by it; somebody who has the space's key helps the storage"
            }
            Self::CheckpointForged | Self::KeptBack { .. } => {
                "ask whoever invited you to publish it again; until it is there, something may be kept from you"
            }
            Self::CheckpointContradicted { .. } => {
                "whoever invited you, or the storage, shows you another history than others: compare with somebody else in the space"
            }
            Self::RolledBack => {
                "nothing is lost here; ask whoever runs the storage what was put back"
            }
            Self::WrongKeyForEpoch => {
                "whoever made that key gives different ones to different people: ask, and remove them if they do"
            }
            Self::NamesTaken { .. } => {
                "nothing is lost; whoever holds the storage's keys can do that: give it new ones, and to fewer people"
            }
            Self::RemoteBehind => {
                "it is published again, and nothing is lost here; ask whoever runs the storage what was put back"
            }
            Self::Forked | Self::SawAnother(_) => {
                "revoke that device: its key is used in two places, or the storage shows you different things"
            }
            Self::OwnLogAhead => {
                "an older copy of this vault was put back, or its key is used elsewhere: nothing is published; let an owner revoke this device, and come again with another"
            }
            _ => "nothing of it was taken in; ask the device's owner to publish again",
        }
    }
}

impl Problem {
    /// Objects that stood where this device's belong.
    pub fn names_taken(count: u64) -> Self {
        Self::of(ProblemKind::NamesTaken { count }, None)
    }

    /// Bytes that are named and not there.
    pub fn bytes_missing(count: u64) -> Self {
        Self::of(ProblemKind::BytesMissing { count }, None)
    }

    pub(crate) fn of(kind: ProblemKind, log: Option<LogId>) -> Self {
        Self { log, kind }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.log {
            Some(log) => write!(f, "log {}: {}", &log.to_string()[..8], self.kind),
            None => write!(f, "{}", self.kind),
        }
    }
}
