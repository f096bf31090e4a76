//! The host's door to other processes of the same user: a Unix socket for each
//! vault, in a folder that only we can enter.
//!
//! Requests and views travel as the JSON that the window uses too, in frames
//! with their length before them. Who asks is known from the kernel (user and
//! process id); what a hardened process keeps from `/proc` it says itself.
//! Nothing here decides about secrets, and no network is involved.

mod admission;
mod connection;
mod listen;
mod peer;
mod socket_folder;
mod wire;

pub(crate) use admission::shows;
pub use connection::{Connection, connect};
pub(crate) use listen::Listening;
pub(crate) use peer::Caller;

use crate::api::{ApiError, Code};
use std::{io, path::PathBuf};

/// What both sides speak; another number is refused by name.
const PROTOCOL: u16 = 2;

/// Why a host was not reached, or can't be one.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HostError {
    /// The sockets' folder could be entered or changed by somebody else.
    #[error("{path} is no place for a socket: {why}")]
    UnsafeFolder {
        /// The folder.
        path: PathBuf,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The process at the other end belongs to somebody else.
    #[error("the program that answers for this vault belongs to another user")]
    ForeignPeer,
    /// Another program is this vault's host already.
    #[error("another program is this vault's host already")]
    Taken,
    /// The two programs are of different versions.
    #[error("the host speaks version {theirs} of the protocol, and this program {PROTOCOL}")]
    OtherProtocol {
        /// The other side's version.
        theirs: u16,
    },
    /// What came is not a message, or larger than any.
    #[error("the host's answer is not one")]
    Malformed,
    /// The connection failed.
    #[error("the host could not be reached: {0}")]
    Io(#[from] io::Error),
}

impl From<HostError> for ApiError {
    fn from(error: HostError) -> Self {
        let (code, hint) = match &error {
            HostError::UnsafeFolder { .. } => (
                Code::NotAllowed,
                "Remove it, or make it yours alone (mode 0700).",
            ),
            HostError::ForeignPeer => (
                Code::NotAllowed,
                "Nothing was sent to it. Find out which program it is before you type a passphrase.",
            ),
            HostError::Taken => (
                Code::VaultBusy,
                "Use the window or the agent that is there, or end it first.",
            ),
            HostError::OtherProtocol { .. } => (
                Code::UnsupportedSchema,
                "Restart the Keystead window or agent, so that both are of one version.",
            ),
            HostError::Malformed => (
                Code::Internal,
                "Restart the Keystead window or agent; report this if it comes back.",
            ),
            HostError::Io(_) => (
                Code::Io,
                "Check that the Keystead window or agent still runs, and try again.",
            ),
        };
        let words = error.to_string();
        let mut sentence: String = words[..1].to_uppercase();
        sentence.push_str(&words[1..]);
        Self::new(code, format!("{sentence}."), hint)
    }
}

#[cfg(test)]
mod tests;
