//! Who is at the other end. User and process id come from the kernel; the rest
//! is what that process says of itself, as a process that is kept out of core
//! dumps can't be looked into either.

use super::{HostError, wire::Hello};
use crate::process::user_name;
use keystead_vault::{Cancel, Process};
use rustix::{
    net::{RecvFlags, recv, sockopt::socket_peercred},
    process::geteuid,
};
use std::{fs, io, os::unix::net::UnixStream};

/// The process that asks through a host, and why.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub(crate) process: Process,
    pub(crate) purpose: String,
    /// The space that it works in; empty for the vault's own.
    pub(crate) space: String,
    /// Once it has ended, nobody waits for what it asked.
    pub(crate) cancel: Cancel,
}

/// The process id at the other end.
///
/// # Errors
/// [`HostError::ForeignPeer`] where it belongs to another user.
pub(super) fn check(stream: &UnixStream) -> Result<u32, HostError> {
    let peer = socket_peercred(stream).map_err(io::Error::from)?;
    if peer.uid != geteuid() {
        return Err(HostError::ForeignPeer);
    }
    Ok(peer.pid.as_raw_nonzero().get().cast_unsigned())
}

/// What an event will say of the process with that id.
pub(super) fn caller(pid: u32, hello: Hello, stream: Option<UnixStream>) -> Caller {
    let parent_pid = parent_of(pid).unwrap_or_default();
    let program = |pid: u32| {
        let path = fs::read_link(format!("/proc/{pid}/exe"));
        path.ok().map(|path| path.display().to_string())
    };
    Caller {
        process: Process {
            pid,
            program: program(pid).unwrap_or(hello.program),
            parent_pid,
            parent: program(parent_pid).unwrap_or(hello.parent),
            directory: hello.directory,
            user: user_name(),
        },
        purpose: hello.purpose,
        space: hello.space,
        cancel: stream.map_or_else(Cancel::default, |stream| {
            Cancel::when(move || ended(&stream))
        }),
    }
}

/// Whether the other side has closed; nothing that it sends is taken.
fn ended(stream: &UnixStream) -> bool {
    let look = RecvFlags::PEEK | RecvFlags::DONTWAIT;
    matches!(recv(stream, &mut [0; 1], look), Ok((_, 0)))
}

fn parent_of(pid: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name stands in brackets and may hold anything, brackets too.
    let (_, after) = stat.rsplit_once(')')?;
    after.split_whitespace().nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parent_is_the_kernel_s_word() {
        let own = parent_of(std::process::id());
        assert_eq!(own, Some(std::os::unix::process::parent_id()));
        assert_eq!(parent_of(0), None);
    }
}
