//! The one door: takes requests, keeps the session, watches the clock.

use crate::{
    api::{ApiError, Ask, LockReason, Notice, Request, Response, view_of},
    commands::{self, slots::KeyringErrand},
    host::{self, Caller, Listening},
    logind,
    platform::{Platform, Settings},
    session::Session,
    sync::Background,
    watch::Watch,
};
use keystead_vault::Cancel;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

/// A vault's host: answers commands, locks by itself, watches linked files.
pub struct Workbench {
    session: Mutex<Session>,
    watch: Mutex<Option<Watch>>,
    listening: Mutex<Option<Listening>>,
    /// Held while a space is synchronized.
    pub(crate) syncing: Mutex<()>,
    /// Keeps spaces in step by itself, in a host that stays.
    background: Option<Background>,
    platform: Arc<dyn Platform>,
    this: Weak<Self>,
}

impl Workbench {
    /// Starts with nothing open; answers other processes from now on, if the settings say so.
    pub fn new(settings: Settings, platform: Arc<dyn Platform>) -> Arc<Self> {
        let stays = settings.stays;
        let workbench = Arc::new_cyclic(|this| {
            let watch = settings.watch.then(|| Watch::new(this.clone()));
            Self {
                session: Mutex::new(Session::new(settings, Arc::clone(&platform))),
                watch: Mutex::new(watch),
                listening: Mutex::new(None),
                syncing: Mutex::new(()),
                background: stays.then(|| Background::start(this.clone())),
                platform,
                this: this.clone(),
            }
        });
        workbench.follow_vault(&mut workbench.session());
        if stays {
            logind::follow(workbench.this.clone());
        }
        workbench
    }

    /// Does what is asked and answers it.
    ///
    /// # Errors
    /// [`ApiError`]: nothing was changed then.
    pub fn call(&self, request: Request) -> Result<Response, ApiError> {
        if matches!(request, Request::Sync(_)) {
            return self.sync_space(None, None).map(Response::Sync);
        }
        let shows = host::shows(&request);
        let errand = KeyringErrand::of(&mut self.session(), &request)?;
        let kept = errand.map(KeyringErrand::run).transpose()?;
        let mut session = self.session();
        session.from_keyring = kept;
        let response = self.act(&mut session, request);
        session.from_keyring = None;
        drop(session);
        if shows {
            self.keep_in_step();
        }
        response
    }

    /// Tells whoever keeps spaces in step that there may be something to do.
    fn keep_in_step(&self) {
        if let Some(background) = &self.background {
            background.changed();
        }
    }

    pub(crate) fn tell(&self, notice: Notice) {
        self.platform.notify(notice);
    }

    /// As [`Self::call`], for another process; whoever watches this host is told.
    pub(crate) fn call_for(&self, caller: &Caller, request: Request) -> Result<Response, ApiError> {
        if matches!(request, Request::Sync(_)) {
            let synced = self.sync_space(Some(caller), None).map(Response::Sync);
            self.platform.notify(Notice::VaultChanged);
            return synced;
        }
        let locks = matches!(request, Request::Lock(_));
        let shows = host::shows(&request);
        let mut session = self.session();
        session.caller = Some(caller.clone());
        let errand = KeyringErrand::of(&mut session, &request);
        session.caller = None;
        drop(session);
        let kept = errand?.map(KeyringErrand::run).transpose()?;
        let mut session = self.session();
        let was_open = session.is_open();
        session.caller = Some(caller.clone());
        session.from_keyring = kept;
        let response = self.act(&mut session, request);
        session.from_keyring = None;
        session.caller = None;
        if session.settings.requests_are_activity {
            session.touch();
        }
        drop(session);
        if locks && was_open {
            let reason = LockReason::Asked;
            self.platform.notify(Notice::Locked { reason });
        } else if shows {
            // Also after a failure: a refused unlock is an event too.
            self.platform.notify(Notice::VaultChanged);
            self.keep_in_step();
        }
        response
    }

    fn act(&self, session: &mut Session, request: Request) -> Result<Response, ApiError> {
        // The page asks for much by itself; what a person does comes as `touch`.
        if matches!(request, Request::Touch(_)) {
            session.touch();
        }
        let opens = matches!(
            request,
            Request::Unlock(_)
                | Request::UnlockWithKeyring(_)
                | Request::Recover(_)
                | Request::AcceptRollback(_)
        );
        let follows_links = matches!(
            request,
            Request::CreateVault(_)
                | Request::Unlock(_)
                | Request::UnlockWithKeyring(_)
                | Request::Recover(_)
                | Request::Lock(_)
                | Request::OpenVault(_)
                | Request::OpenSample(_)
                | Request::Link(_)
                | Request::Unlink(_)
        );
        let chooses = matches!(
            request,
            Request::CreateVault(_) | Request::OpenVault(_) | Request::OpenSample(_)
        );
        let response = commands::dispatch(session, request);
        if opens && response.is_ok() {
            // What was edited while nobody watched.
            commands::links::note_new_drift(session);
        }
        if follows_links {
            self.follow_links(session);
        }
        if chooses {
            self.follow_vault(session);
        }
        response
    }

    /// As [`Self::call`], with the answer's own type.
    ///
    /// # Errors
    /// As [`Self::call`].
    pub fn ask<A: Ask>(&self, request: A) -> Result<A::View, ApiError> {
        view_of::<A>(self.call(request.into_request())?)
    }

    /// From now on, what this process asks for is given up once `cancel` says so.
    pub fn cancel_by(&self, cancel: Cancel) {
        self.session().cancel = cancel;
    }

    /// Whether the vault is open.
    pub fn is_open(&self) -> bool {
        self.session().is_open()
    }

    /// Why no other process can reach this host, if none can.
    pub fn host_problem(&self) -> Option<ApiError> {
        self.session().host_problem.clone()
    }

    /// Whether the vault could be opened now, before anybody types a passphrase.
    ///
    /// # Errors
    /// [`Code::VaultBusy`] while another process holds it.
    pub fn check_free(&self) -> Result<(), ApiError> {
        self.session().check_free()
    }

    /// Locks the vault if nobody was there for the idle timeout or it was open
    /// for long enough, and empties the clipboard when its time is up. Hosts call this about once a second.
    pub fn tick(&self) {
        let mut session = self.session();
        if session.clipboard_is_due() {
            self.platform.clear_own_clipboard();
            self.platform.notify(Notice::ClipboardCleared);
        }
        session.forget_old_kit();
        if let Some(reason) = session.due() {
            self.lock_now(session, reason);
        } else if session.settings.stays {
            session.anchor_if_due();
            if session.compact_if_due() | session.back_up_if_due() {
                drop(session);
                self.platform.notify(Notice::VaultChanged);
            }
        }
    }

    /// Locks because of what the system says, where that was chosen.
    pub(crate) fn lock_because(&self, reason: LockReason) {
        let session = self.session();
        if session.locks_for(reason) {
            self.lock_now(session, reason);
        }
    }

    pub(crate) fn hears_system(&self, whether: bool) {
        self.session().hears_system = whether;
    }

    fn lock_now(&self, mut session: MutexGuard<'_, Session>, reason: LockReason) {
        // The keys are gone even where the last words could not be written.
        let _ = session.lock(reason);
        self.follow_links(&session);
        drop(session);
        self.platform.notify(Notice::Locked { reason });
    }

    /// Locks because the process ends, and answers nobody any more; also empties the clipboard of our value.
    pub fn quit(&self) {
        let mut session = self.session();
        if session.forget_clipboard() {
            self.platform.clear_own_clipboard();
        }
        let _ = session.lock(LockReason::Quit);
        self.follow_links(&session);
        *self.listening() = None;
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

    /// Answers for the vault that is chosen, and for no other.
    fn follow_vault(&self, session: &mut Session) {
        let Some(sockets) = &session.settings.sockets else {
            return;
        };
        let vault = session.place().path().to_owned();
        let mut listening = self.listening();
        if listening.as_ref().is_some_and(|l| l.is_of(&vault)) {
            return;
        }
        *listening = None;
        match Listening::start(sockets, &vault, self.this.clone()) {
            Ok(started) => {
                *listening = Some(started);
                session.host_problem = None;
            }
            Err(error) => session.host_problem = Some(error.into()),
        }
    }

    fn listening(&self) -> MutexGuard<'_, Option<Listening>> {
        self.listening
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn session(&self) -> MutexGuard<'_, Session> {
        // A panic in one command must not make the vault unreachable: every
        // change is a transaction, so the session is whole.
        self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
