//! Who answers a command, and which vault it is about.

use crate::{
    args::Global,
    progress::{Interrupt, Progress},
};
use keystead_workbench::{
    Cancel, Connection, HostError,
    api::{ApiError, Ask, Code, Request, Response, view_of},
    connect, default_vault, socket_folder,
};
use serde::de::DeserializeOwned;
use std::{
    env,
    path::{Path, PathBuf},
    sync::Arc,
};

/// Who answers a command: the vault's host, or this process.
pub(crate) enum Door {
    /// Another process holds the vault open.
    Host(Connection),
    /// This one opens it for itself.
    Here(Arc<dyn Opened>),
}

/// A vault that this process opens. [`keystead_workbench::Workbench`] is one, and is named in [`crate::alone`] only:
/// what does not come through there is not in the small program.
pub(crate) trait Opened {
    /// As [`keystead_workbench::Workbench::call`].
    fn call(&self, request: Request) -> Result<Response, ApiError>;
    /// As [`keystead_workbench::Workbench::cancel_by`].
    fn cancel_by(&self, cancel: Cancel);
    /// As [`keystead_workbench::Workbench::check_free`].
    fn check_free(&self) -> Result<(), ApiError>;
    /// As [`keystead_workbench::Workbench::finish`].
    fn finish(&self) -> Result<(), ApiError>;
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
                let answer = workbench.call(request.into_request());
                workbench.cancel_by(Cancel::default());
                answer.and_then(view_of::<A>)
            }
        }
    }

    /// Whether a command can go on without a passphrase.
    pub(crate) fn is_host(&self) -> bool {
        matches!(self, Self::Host(_))
    }

    /// As [`Opened::check_free`]; whoever holds a vault has no need to ask.
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
    /// As [`Opened::finish`].
    pub(crate) fn finish(&self) -> Result<(), ApiError> {
        match self {
            Self::Host(_) => Ok(()),
            Self::Here(workbench) => workbench.finish(),
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
    Ok(reach(&vault(global)?, global)?)
}

fn reach(vault: &Path, global: &Global) -> Result<Option<Connection>, HostError> {
    match socket_folder(|name| env::var_os(name)) {
        Some(folder) => connect(&folder, vault, (&global.purpose, &global.space())),
        None => Ok(None),
    }
}

/// The host that has the vault open, if one does.
///
/// # Errors
/// [`ApiError`] of a host that can't be spoken to.
pub(crate) fn open_host(global: &Global) -> Result<Found, ApiError> {
    let vault = vault(global)?;
    match reach(&vault, global) {
        Ok(Some(host)) if host.unlocked() => Ok(Found::Open(host)),
        Ok(_) => Ok(Found::Nobody { suspect: None }),
        // Nothing was sent to it, and nothing needs it.
        Err(error @ (HostError::UnsafeFolder { .. } | HostError::ForeignPeer)) => {
            let suspect = Some(error.into());
            Ok(Found::Nobody { suspect })
        }
        Err(error) => Err(error.into()),
    }
}

/// Who holds the vault open.
pub(crate) enum Found {
    /// A process of ours.
    Open(Connection),
    /// None that is to be asked.
    Nobody {
        /// Somebody else stands where one would be.
        suspect: Option<ApiError>,
    },
}
