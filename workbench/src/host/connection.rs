//! The asking side: finds a vault's host and speaks to it.

use super::{
    HostError, PROTOCOL, peer,
    socket_folder::{SocketFolder, SocketName},
    wire::{Hello, Welcome, receive, send},
};
use crate::{
    api::{ApiError, Ask},
    process::this_process,
};
use keystead_vault::VaultFolder;
use serde::{Deserialize, de::DeserializeOwned};
use std::{
    io,
    os::unix::net::UnixStream,
    path::Path,
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// A host that hangs is not waited for; an answer to a request may take as long as it needs.
const GREETING_PATIENCE: Duration = Duration::from_secs(5);

/// A host that runs, and answers for one vault.
pub struct Connection {
    stream: Mutex<UnixStream>,
    pid: u32,
    version: String,
    unlocked: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Answer<V> {
    View(V),
    Error(ApiError),
}

/// Finds the host of `vault` by its socket in `folder`; `None` where none runs. What is asked is for a purpose, in a
/// space of the vault; empty for its own.
///
/// # Errors
/// [`HostError`]; nothing was sent to a peer that is not ours.
pub fn connect(
    folder: &Path,
    vault: &Path,
    (purpose, space): (&str, &str),
) -> Result<Option<Connection>, HostError> {
    let Some(folder) = SocketFolder::open(folder)? else {
        return Ok(None);
    };
    let mut stream =
        match UnixStream::connect(folder.address(&SocketName::of(VaultFolder::at(vault).path()))) {
            Ok(stream) => stream,
            // No socket, or one that a host left which was killed.
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused
                ) =>
            {
                return Ok(None);
            }
            Err(error) => return Err(error.into()),
        };
    let pid = peer::check(&stream)?;
    stream.set_read_timeout(Some(GREETING_PATIENCE))?;
    let own = this_process();
    let hello = Hello {
        protocol: PROTOCOL,
        program: own.program,
        parent: own.parent,
        directory: own.directory,
        purpose: purpose.to_owned(),
        space: space.to_owned(),
    };
    send(&mut stream, &hello)?;
    let welcome: Welcome = receive(&mut stream)?.ok_or(HostError::Malformed)?;
    if welcome.protocol != PROTOCOL {
        return Err(HostError::OtherProtocol {
            theirs: welcome.protocol,
        });
    }
    stream.set_read_timeout(None)?;
    Ok(Some(Connection {
        stream: Mutex::new(stream),
        pid,
        version: welcome.version,
        unlocked: welcome.unlocked,
    }))
}

impl Connection {
    /// The host's process id.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// The host's version.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Whether the vault was open when the connection was made.
    pub fn unlocked(&self) -> bool {
        self.unlocked
    }

    /// Asks, and waits for the answer.
    ///
    /// # Errors
    /// [`ApiError`], the host's or the connection's.
    pub fn ask<A: Ask>(&self, request: A) -> Result<A::View, ApiError>
    where
        A::View: DeserializeOwned,
    {
        let mut stream = self.stream.lock().unwrap_or_else(PoisonError::into_inner);
        send(&mut *stream, &request.into_request())?;
        match receive(&mut *stream)?.ok_or_else(ended)? {
            Answer::View(view) => Ok(view),
            Answer::Error(error) => Err(error),
        }
    }
}

fn ended() -> HostError {
    io::Error::new(io::ErrorKind::ConnectionAborted, "it has ended").into()
}
