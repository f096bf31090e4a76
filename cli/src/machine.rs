//! The machine under the workbench, as a terminal command has it.

use crate::{
    args::Global,
    progress::{Interrupt, Progress},
    terminal,
};
use keystead_workbench::{
    Cancel, Connection, HostError, Platform, Settings, Workbench, anchor_folder,
    api::{ApiError, Ask, Code, LockReason, Millis, Notice, SecretText},
    boot_clock, connect, default_vault, device_name, socket_folder, user_name, wall_clock,
};
use serde::de::DeserializeOwned;
use std::{env, path::PathBuf, sync::Arc, time::Duration};

/// Who answers a command: the vault's host, or this process.
pub(crate) enum Door {
    /// Another process holds the vault open.
    Host(Connection),
    /// This one opens it for itself.
    Here(Arc<Workbench>),
}

impl Door {
    /// Asks whoever answers.
    ///
    /// # Errors
    /// [`ApiError`]: nothing was changed then.
    pub(crate) fn ask<A: Ask>(&self, request: A) -> Result<A::View, ApiError>
    where
        A::View: DeserializeOwned,
    {
        let _progress = Progress::of(A::NAME);
        match self {
            // It hears that this process has ended.
            Self::Host(host) => host.ask(request),
            Self::Here(workbench) => {
                let interrupt = Interrupt::of(A::NAME);
                if let Some(interrupt) = &interrupt {
                    workbench.cancel_by(Cancel::when(interrupt.wish()));
                }
                let answer = workbench.ask(request);
                workbench.cancel_by(Cancel::default());
                answer
            }
        }
    }

    /// Whether a command can go on without a passphrase.
    pub(crate) fn is_host(&self) -> bool {
        matches!(self, Self::Host(_))
    }

    /// As [`Workbench::check_free`]; whoever holds a vault has no need to ask.
    ///
    /// # Errors
    /// As there.
    pub(crate) fn check_free(&self) -> Result<(), ApiError> {
        match self {
            Self::Host(_) => Ok(()),
            Self::Here(workbench) => workbench.check_free(),
        }
    }

    /// Ends what this process has open.
    ///
    /// # Errors
    /// As [`Workbench::finish`].
    pub(crate) fn finish(&self) -> Result<(), ApiError> {
        match self {
            Self::Host(_) => Ok(()),
            Self::Here(workbench) => workbench.finish(),
        }
    }
}

/// Whoever takes requests.
pub(crate) trait Answers {
    /// Asks, and waits for the answer.
    ///
    /// # Errors
    /// [`ApiError`]: nothing was changed then.
    fn ask<A: Ask>(&self, request: A) -> Result<A::View, ApiError>
    where
        A::View: DeserializeOwned;
}

impl Answers for Door {
    fn ask<A: Ask>(&self, request: A) -> Result<A::View, ApiError>
    where
        A::View: DeserializeOwned,
    {
        Self::ask(self, request)
    }
}

impl Answers for Connection {
    fn ask<A: Ask>(&self, request: A) -> Result<A::View, ApiError>
    where
        A::View: DeserializeOwned,
    {
        Self::ask(self, request)
    }
}

impl Answers for Workbench {
    fn ask<A: Ask>(&self, request: A) -> Result<A::View, ApiError>
    where
        A::View: DeserializeOwned,
    {
        Self::ask(self, request)
    }
}

struct Terminal {
    /// Says on standard error what happened without being asked for.
    speaks: bool,
}

impl Platform for Terminal {
    fn now(&self) -> Millis {
        wall_clock()
    }

    fn elapsed(&self) -> Duration {
        boot_clock()
    }

    fn set_clipboard(&self, _: &SecretText) -> Result<(), String> {
        Err("a terminal command has none".to_owned())
    }

    fn clear_own_clipboard(&self) {}

    fn notify(&self, notice: Notice) {
        if let Notice::Locked { reason } = notice
            && self.speaks
        {
            let because = match reason {
                LockReason::Idle => "nothing was asked for",
                LockReason::Limit => "it was open for as long as it may be",
                LockReason::Sleep => "the machine went to sleep",
                LockReason::Screen => "the screen was locked",
                _ => "somebody asked",
            };
            terminal::note(&format!(
                "locked, because {because}; `keystead unlock` opens it again"
            ));
        }
    }
}

/// The vault that the command line names.
pub(crate) fn vault(global: &Global) -> Result<PathBuf, ApiError> {
    let named = global.vault.clone();
    named
        .or_else(|| default_vault(|name| env::var_os(name)))
        .ok_or_else(|| {
            ApiError::new(
                Code::VaultNotFound,
                "There is no home folder to look for a vault in.",
                "Name the vault with --vault.",
            )
        })
}

/// The vault's host, where one runs.
///
/// # Errors
/// [`HostError`] for one that is not to be trusted, or not understood.
pub(crate) fn host(global: &Global) -> Result<Option<Connection>, ApiError> {
    let vault = vault(global)?;
    let Some(folder) = socket_folder(|name| env::var_os(name)) else {
        return Ok(None);
    };
    Ok(connect(&folder, &vault, &global.purpose)?)
}

/// Who answers a command that needs the vault open: a host that has it open,
/// else this process.
pub(crate) fn door(global: &Global) -> Result<Door, ApiError> {
    let folder = socket_folder(|name| env::var_os(name));
    let vault = vault(global)?;
    let found = folder.map(|folder| connect(&folder, &vault, &global.purpose));
    match found {
        Some(Ok(Some(host))) if host.unlocked() => return Ok(Door::Host(host)),
        // Nothing was sent to it, and nothing needs it.
        Some(Err(error @ (HostError::UnsafeFolder { .. } | HostError::ForeignPeer))) => {
            terminal::warn(&ApiError::from(error).message);
        }
        Some(Err(error)) => return Err(error.into()),
        _ => {}
    }
    here(global).map(Door::Here)
}

/// A workbench on that vault in this process, which answers nobody else.
pub(crate) fn here(global: &Global) -> Result<Arc<Workbench>, ApiError> {
    let settings = Settings {
        // A command ends long before anybody could be idle.
        idle: Some(Duration::MAX),
        limit: Duration::MAX,
        sockets: None,
        watch: false,
        ..settings(global)?
    };
    Ok(Workbench::new(
        settings,
        Arc::new(Terminal { speaks: false }),
    ))
}

/// A workbench that answers other processes.
pub(crate) fn agent(
    global: &Global,
    idle: Option<Duration>,
    limit: Duration,
) -> Result<Arc<Workbench>, ApiError> {
    let sockets = socket_folder(|name| env::var_os(name)).ok_or_else(|| {
        ApiError::new(
            Code::NotFound,
            "There is no folder for the agent's socket.",
            "Set XDG_RUNTIME_DIR or HOME.",
        )
    })?;
    let settings = Settings {
        idle,
        limit,
        sockets: Some(sockets),
        watch: true,
        stays: true,
        ..settings(global)?
    };
    Ok(Workbench::new(
        settings,
        Arc::new(Terminal { speaks: true }),
    ))
}

fn settings(global: &Global) -> Result<Settings, ApiError> {
    Ok(Settings {
        vault: vault(global)?,
        identity: user_name(),
        device: device_name(),
        idle: Some(Duration::MAX),
        limit: Duration::MAX,
        requests_are_activity: true,
        sockets: None,
        anchors: anchor_folder(|name| env::var_os(name)),
        watch: false,
        stays: false,
        purpose: global.purpose.clone(),
    })
}
