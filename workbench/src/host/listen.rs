//! The answering side: a thread that accepts, and one for each connection.

use super::{
    HostError, PROTOCOL, admission, peer,
    socket_folder::{SocketFolder, SocketName},
    wire::{Hello, Welcome, receive, send},
};
use crate::{
    Workbench,
    api::{ApiError, Request, Response},
};
use serde::Serialize;
use std::{
    fs::{File, TryLockError},
    io,
    os::unix::net::{UnixListener, UnixStream},
    path::Path,
    sync::{
        Arc, Weak,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

const GREETING_PATIENCE: Duration = Duration::from_secs(5);
/// Eight scripts at once are many; this is a program gone wrong.
const CONNECTIONS_MAX: usize = 64;

/// Answers for one vault until it is dropped.
pub(crate) struct Listening {
    folder: SocketFolder,
    name: SocketName,
    shared: Arc<Shared>,
    /// Two hosts of one vault would answer in turn.
    _lock: File,
}

struct Shared {
    workbench: Weak<Workbench>,
    ended: AtomicBool,
    connections: AtomicUsize,
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Answer<'a> {
    View(&'a Response),
    Error(&'a ApiError),
}

impl Listening {
    /// Takes the vault's socket and answers on it.
    ///
    /// # Errors
    /// [`HostError::Taken`] while another host has it.
    pub(crate) fn start(
        folder: &Path,
        vault: &Path,
        workbench: Weak<Workbench>,
    ) -> Result<Self, HostError> {
        let folder = SocketFolder::make(folder)?;
        let name = SocketName::of(vault);
        let lock = folder.lock_file(&name)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(HostError::Taken),
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
        // What a host left that was killed: it held the lock that we have now.
        folder.remove_socket(&name);
        let listener = UnixListener::bind(folder.address(&name))?;
        let shared = Arc::new(Shared {
            workbench,
            ended: AtomicBool::new(false),
            connections: AtomicUsize::new(0),
        });
        let accepting = Arc::clone(&shared);
        thread::Builder::new()
            .name("host".to_owned())
            .spawn(move || accept(&listener, &accepting))?;
        Ok(Self {
            folder,
            name,
            shared,
            _lock: lock,
        })
    }
}

impl Listening {
    /// Whether this is the socket of that vault.
    pub(crate) fn is_of(&self, vault: &Path) -> bool {
        self.name == SocketName::of(vault)
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::SeqCst);
        // Wakes the thread that accepts; one that is gone needs no waking.
        let _ = UnixStream::connect(self.folder.address(&self.name));
        self.folder.remove_socket(&self.name);
    }
}

fn accept(listener: &UnixListener, shared: &Arc<Shared>) {
    for stream in listener.incoming() {
        if shared.ended.load(Ordering::SeqCst) {
            return;
        }
        let Ok(stream) = stream else {
            // Out of descriptors, say: the next one may fare better.
            thread::sleep(Duration::from_millis(50));
            continue;
        };
        if shared.connections.fetch_add(1, Ordering::SeqCst) >= CONNECTIONS_MAX {
            shared.connections.fetch_sub(1, Ordering::SeqCst);
            continue;
        }
        let own = Arc::clone(shared);
        let started = thread::Builder::new().spawn(move || {
            // A client that ends, or talks nonsense, is its own affair.
            let _ = converse(stream, &own);
            own.connections.fetch_sub(1, Ordering::SeqCst);
        });
        if started.is_err() {
            shared.connections.fetch_sub(1, Ordering::SeqCst);
        }
    }
}

fn converse(mut stream: UnixStream, shared: &Shared) -> Result<(), HostError> {
    let pid = peer::check(&stream)?;
    stream.set_read_timeout(Some(GREETING_PATIENCE))?;
    let Some(hello) = receive::<Hello>(&mut stream)? else {
        return Ok(());
    };
    let unlocked = shared.workbench.upgrade().is_some_and(|w| w.is_open());
    let welcome = Welcome {
        protocol: PROTOCOL,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        unlocked,
    };
    send(&mut stream, &welcome)?;
    if hello.protocol != PROTOCOL {
        return Ok(());
    }
    stream.set_read_timeout(None)?;
    let caller = peer::caller(pid, hello, stream.try_clone().ok());
    while let Some(request) = receive::<Request>(&mut stream)? {
        let answer = admission::admit(&request).and_then(|()| {
            let workbench = shared.workbench.upgrade();
            // This socket is one vault's; its window may show another one by now.
            let workbench = workbench.filter(|_| !shared.ended.load(Ordering::SeqCst));
            let workbench = workbench.ok_or_else(gone)?;
            workbench.call_for(&caller, request)
        });
        match &answer {
            Ok(view) => send(&mut stream, &Answer::View(view))?,
            Err(error) => send(&mut stream, &Answer::Error(error))?,
        }
    }
    Ok(())
}

fn gone() -> ApiError {
    HostError::from(io::Error::new(
        io::ErrorKind::ConnectionAborted,
        "it has ended",
    ))
    .into()
}
