//! The one door: takes requests, keeps the session, watches the clock.

use crate::{
    api::{ApiError, Ask, Code, LockReason, Notice, Request, Response},
    commands,
    platform::{Platform, Settings},
    session::Session,
    watch::Watch,
};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A vault's host: answers commands, locks by itself, watches linked files.
pub struct Workbench {
    session: Mutex<Session>,
    watch: Mutex<Option<Watch>>,
    platform: Arc<dyn Platform>,
}

impl Workbench {
    /// Starts with nothing open.
    pub fn new(settings: Settings, platform: Arc<dyn Platform>) -> Arc<Self> {
        Arc::new_cyclic(|this| {
            let watch = settings.watch.then(|| Watch::new(this.clone()));
            Self {
                session: Mutex::new(Session::new(settings, Arc::clone(&platform))),
                watch: Mutex::new(watch),
                platform,
            }
        })
    }

    /// Does what is asked and answers it.
    ///
    /// # Errors
    /// [`ApiError`]: nothing was changed then.
    pub fn call(&self, request: Request) -> Result<Response, ApiError> {
        let mut session = self.session();
        // The page asks for much by itself; what a person does comes as `touch`.
        if matches!(request, Request::Touch(_)) {
            session.touch();
        }
        let opens = matches!(request, Request::Unlock(_));
        let follows_links = matches!(
            request,
            Request::CreateVault(_)
                | Request::Unlock(_)
                | Request::Lock(_)
                | Request::OpenVault(_)
                | Request::Link(_)
                | Request::Unlink(_)
        );
        let response = commands::dispatch(&mut session, request);
        if opens && response.is_ok() {
            // What was edited while nobody watched.
            commands::links::note_new_drift(&mut session);
        }
        if follows_links {
            self.follow_links(&session);
        }
        response
    }

    /// As [`Self::call`], with the answer's own type.
    ///
    /// # Errors
    /// As [`Self::call`].
    pub fn ask<A: Ask>(&self, request: A) -> Result<A::View, ApiError> {
        let response = self.call(request.into_request())?;
        A::view(response).ok_or_else(|| {
            ApiError::new(
                Code::Internal,
                "A command answered with another command's view.",
                "Report this, with the steps that led here.",
            )
        })
    }

    /// Whether the vault could be opened now, before anybody types a passphrase.
    ///
    /// # Errors
    /// [`Code::VaultBusy`] while another process holds it.
    pub fn check_free(&self) -> Result<(), ApiError> {
        self.session().check_free()
    }

    /// Locks the vault if nobody was there for the idle timeout, and empties
    /// the clipboard when its time is up. Hosts call this about once a second.
    pub fn tick(&self) {
        let mut session = self.session();
        if session.clipboard_is_due() {
            self.platform.clear_own_clipboard();
            self.platform.notify(Notice::ClipboardCleared);
        }
        if session.is_idle() {
            let reason = LockReason::Idle;
            // The keys are gone even where the last words could not be written.
            let _ = session.lock(reason);
            self.follow_links(&session);
            drop(session);
            self.platform.notify(Notice::Locked { reason });
        }
    }

    /// Locks because the process ends; also empties the clipboard of our value.
    pub fn quit(&self) {
        let mut session = self.session();
        if session.forget_clipboard() {
            self.platform.clear_own_clipboard();
        }
        let _ = session.lock(LockReason::Quit);
        self.follow_links(&session);
    }

    /// Ends without an event for it: a command that opened the vault for itself.
    pub fn finish(&self) -> Result<(), ApiError> {
        self.session().close_quietly()
    }

    pub(crate) fn files_changed(&self) {
        let mut session = self.session();
        commands::links::note_new_drift(&mut session);
        drop(session);
        self.platform.notify(Notice::LinksChanged);
    }

    fn follow_links(&self, session: &Session) {
        let mut watch = self.watch.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(watch) = watch.as_mut() {
            watch.follow(session.link_folders());
        }
    }

    fn session(&self) -> MutexGuard<'_, Session> {
        // A panic in one command must not make the vault unreachable: every
        // change is a transaction, so the session is whole.
        self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
