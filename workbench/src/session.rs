//! What is open, since when, and what is held for a short time.

use crate::{
    anchor_store::AnchorStore,
    api::{
        ApiError, Code, LockReason, LockView, Millis, RollbackView, SecretText, SessionState,
        StatusView, UnlockWaysView, VaultView,
    },
    backups,
    commands::team::{read_keys, space_of},
    host::Caller,
    platform::{Platform, Settings},
    process,
    system_keyring::Item,
};
use keystead_crypto::{Protection, protection};
use keystead_formats::Dialect;
use keystead_vault::{
    Anchors, Asker, Cancel, Credential, KeyFile, LinkId, Passphrase, Preferences, RecoverySecret,
    Retention, SecretName, SlotKey, SlotKind, SpaceId, Timestamp, UnlockError, Vault, VaultFolder,
    slots_of,
};
use std::{
    collections::{BTreeSet, HashMap},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

/// How often a host that stays keeps where its vault stands.
const ANCHOR_EVERY: Duration = Duration::from_secs(60);
/// How often a host looks whether the log has grown long: what can't be compacted now can't be an hour later.
const COMPACT_LOOK: Duration = Duration::from_secs(24 * 3600);
const COMPACT_WHEN_IDLE: Duration = Duration::from_secs(60);
/// How often a host looks whether a backup is due, and tries again one that failed.
const BACKUP_LOOK: Duration = Duration::from_secs(10 * 60);

/// An import that was previewed and waits for its yes. Wiped on lock.
pub(crate) struct Preview {
    pub(crate) project: String,
    pub(crate) environment: String,
    pub(crate) source: String,
    pub(crate) dialect: Dialect,
    pub(crate) entries: Vec<(SecretName, SecretText)>,
}

/// A recovery kit's words, with what was shown to have them made. Wiped on lock.
pub(crate) struct PendingKit {
    pub(crate) secret: RecoverySecret,
    pub(crate) passphrase: Passphrase,
    pub(crate) file: Option<KeyFile>,
    /// The words that have to be said, counted from 1.
    pub(crate) ask: Vec<u8>,
    /// By the clock that only goes forward.
    pub(crate) until: Duration,
}

pub(crate) struct Session {
    pub(crate) settings: Settings,
    pub(crate) platform: Arc<dyn Platform>,
    place: VaultFolder,
    open: Option<Open>,
    locked: Option<(LockReason, Millis)>,
    last_activity: Duration,
    opened_at: Duration,
    /// The space that the person in front of this host works in; `None` for the vault's own.
    entered: Option<SpaceId>,
    /// The other process that the present request comes from.
    pub(crate) caller: Option<Caller>,
    pub(crate) host_problem: Option<ApiError>,
    /// Whether this process still wants what it asks for.
    pub(crate) cancel: Cancel,
    /// What the system's keyring gave for the present request.
    pub(crate) from_keyring: Option<(Item, SlotKey)>,
    /// Why the last scheduled backup failed.
    pub(crate) backup_problem: Option<ApiError>,
    /// Whether the system's keyring answered since the unlock, as far as it was asked.
    keyring_answers: bool,
    /// When anchors may be kept again, by the clock that only goes forward, and which were kept last.
    anchored: (Duration, Option<Anchors>),
    /// Whether this system says when it sleeps or its screen is locked.
    pub(crate) hears_system: bool,
    clipboard_until: Option<Duration>,
}

/// What exists only while the vault is open.
pub(crate) struct Open {
    pub(crate) vault: Vault,
    pub(crate) previews: HashMap<String, Preview>,
    /// What was chosen for it.
    pub(crate) preferences: Preferences,
    /// When a scheduled backup may be tried, by the clock that only goes forward.
    pub(crate) backup_at: Duration,
    /// When the log's length is looked at again.
    pub(crate) compact_at: Duration,
    /// A recovery kit that was shown and waits to be confirmed.
    pub(crate) kit: Option<PendingKit>,
    /// What opens the storage of spaces, once it was read.
    pub(crate) storage_keys: HashMap<SpaceId, Arc<keystead_sync::Credential>>,
    /// Links whose present drift is in the audit already, with the drifted file's hash.
    pub(crate) noted_drift: HashMap<LinkId, [u8; 32]>,
}

impl Session {
    pub(crate) fn new(settings: Settings, platform: Arc<dyn Platform>) -> Self {
        Self {
            place: VaultFolder::at(&settings.vault),
            last_activity: platform.elapsed(),
            opened_at: platform.elapsed(),
            entered: None,
            caller: None,
            host_problem: None,
            cancel: Cancel::default(),
            from_keyring: None,
            backup_problem: None,
            hears_system: false,
            keyring_answers: true,
            anchored: (Duration::ZERO, None),
            settings,
            platform,
            open: None,
            locked: None,
            clipboard_until: None,
        }
    }

    pub(crate) fn asker(&self) -> Asker {
        let (process, purpose, cancel) = match &self.caller {
            Some(caller) => (
                caller.process.clone(),
                caller.purpose.clone(),
                caller.cancel.clone(),
            ),
            None => (
                process::this_process(),
                self.settings.purpose.clone(),
                self.cancel.clone(),
            ),
        };
        Asker {
            at: Timestamp(self.platform.now()),
            process,
            purpose,
            confirmed: false,
            cancel,
        }
    }

    pub(crate) fn place(&self) -> &VaultFolder {
        &self.place
    }

    /// Chooses another vault; the one that is open is locked first.
    pub(crate) fn choose(&mut self, place: VaultFolder) -> Result<(), ApiError> {
        let result = self.lock(LockReason::Asked);
        self.place = place;
        self.locked = None;
        result
    }

    /// Opens the vault that is chosen, and holds it against where it stood.
    pub(crate) fn unlock(&mut self, credential: &Credential<'_>) -> Result<Vault, UnlockError> {
        self.keyring_answers = true;
        let mut anchors = Vec::new();
        if let Some(store) = self.anchor_store() {
            (anchors, self.keyring_answers) = store.load();
        }
        Vault::unlock_anchored(&self.place, credential, &anchors, &self.asker())
    }

    fn anchor_store(&self) -> Option<AnchorStore> {
        let store = AnchorStore::of(&self.place, self.settings.anchors.clone())?;
        // One that is locked would ask its person once a minute.
        Some(match self.keyring_answers {
            true => store,
            false => store.without_keyring(),
        })
    }

    /// Keeps where the vault stands.
    fn anchor(&mut self, anchors: Option<Anchors>) {
        let Some(anchors) = anchors.filter(|new| self.anchored.1.as_ref() != Some(new)) else {
            return;
        };
        if let Some(store) = self.anchor_store() {
            self.keyring_answers &= store.keep(&anchors);
        }
        self.anchored.1 = Some(anchors);
    }

    /// Keeps where the vault stands, now and then.
    pub(crate) fn anchor_if_due(&mut self) {
        let now = self.platform.elapsed();
        if now < self.anchored.0 {
            return;
        }
        self.anchored.0 = now + ANCHOR_EVERY;
        let anchors = self.open.as_ref().map(|open| open.vault.anchors());
        self.anchor(anchors.and_then(Result::ok).flatten());
    }

    /// Forgets which space the window works in: the own one is another one now.
    pub(crate) fn leave_own_space(&mut self) {
        self.entered = None;
    }

    /// Keeps where the vault stands, whenever that was last done.
    pub(crate) fn anchor_now(&mut self) -> Result<(), ApiError> {
        let (open, _) = self.open()?;
        let anchors = open.vault.anchors()?;
        self.anchor(anchors);
        Ok(())
    }

    /// Goes on from an older copy of the vault.
    pub(crate) fn accept_rollback(&mut self) -> Result<(), ApiError> {
        let (open, asker) = self.open()?;
        open.vault.accept_rollback(&asker)?;
        let anchors = open.vault.anchors()?;
        self.anchor(anchors);
        Ok(())
    }

    pub(crate) fn opened(&mut self, vault: Vault) {
        self.backup_problem = None;
        self.entered = None;
        self.open = Some(Open {
            storage_keys: HashMap::new(),
            // Where they can't be read, the careful ones hold.
            preferences: vault.preferences().unwrap_or_default(),
            backup_at: self.platform.elapsed(),
            compact_at: Duration::ZERO,
            vault,
            previews: HashMap::new(),
            kit: None,
            noted_drift: HashMap::new(),
        });
        self.locked = None;
        self.opened_at = self.platform.elapsed();
        self.touch();
    }

    /// The open vault, with who asks.
    /// The open vault, in the space that whoever asks works in.
    pub(crate) fn open(&mut self) -> Result<(&mut Open, Asker), ApiError> {
        let asker = self.asker();
        let named = match &self.caller {
            Some(caller) => &caller.space,
            None => &self.settings.space,
        };
        let entered = self.entered.filter(|_| self.caller.is_none());
        match &mut self.open {
            Some(open) => {
                let vault = &mut open.vault;
                let space = match entered {
                    Some(space) => space,
                    None if named.is_empty() => vault.own_space(),
                    None => space_of(vault, named)?,
                };
                vault.enter_space(space)?;
                Ok((open, asker))
            }
            None => Err(ApiError::new(
                Code::VaultLocked,
                "The vault is locked.",
                "Unlock it first.",
            )),
        }
    }

    /// Whoever asks works in this space from now on.
    pub(crate) fn enter(&mut self, space: SpaceId) {
        match &mut self.caller {
            Some(caller) => caller.space = space.to_string(),
            None => self.entered = Some(space),
        }
    }

    /// The keys that open the storage of a space. Read once while the vault is open, which is an event.
    pub(crate) fn storage_keys(
        &mut self,
        space: SpaceId,
    ) -> Result<Option<Arc<keystead_sync::Credential>>, ApiError> {
        let (open, asker) = self.open()?;
        let entered = open.vault.entered_space();
        if let Some(keys) = open.storage_keys.get(&space) {
            return Ok(Some(Arc::clone(keys)));
        }
        let remote = open.vault.remote(space)?;
        let Some((project, environment)) = remote.and_then(|remote| remote.keys) else {
            return Ok(None);
        };
        open.vault.enter_space(open.vault.own_space())?;
        let keys = read_keys(&mut open.vault, &asker, (&project, &environment));
        open.vault.enter_space(entered)?;
        let keys = Arc::new(keys?);
        open.storage_keys.insert(space, Arc::clone(&keys));
        Ok(Some(keys))
    }

    /// Forgets them, as another place has others.
    pub(crate) fn forget_storage_keys(&mut self) {
        if let Some(open) = &mut self.open {
            open.storage_keys.clear();
        }
    }

    pub(crate) fn is_open(&self) -> bool {
        self.open.is_some()
    }

    pub(crate) fn touch(&mut self) {
        self.last_activity = self.platform.elapsed();
    }

    /// Why the vault has to be locked now, if it has to.
    pub(crate) fn due(&self) -> Option<LockReason> {
        let open_for = self.platform.elapsed().saturating_sub(self.opened_at);
        if !self.is_open() {
            None
        } else if self.idle_for() >= self.idle() {
            Some(LockReason::Idle)
        } else if open_for >= self.settings.limit {
            Some(LockReason::Limit)
        } else {
            None
        }
    }

    /// The idle timeout: this host's own, else the vault's.
    fn idle(&self) -> Duration {
        let chosen = self.open.as_ref().map(|open| open.preferences.idle_seconds);
        let chosen = Duration::from_secs(chosen.unwrap_or_default().into());
        self.settings.idle.unwrap_or(chosen)
    }

    fn idle_for(&self) -> Duration {
        self.platform.elapsed().saturating_sub(self.last_activity)
    }

    /// Whether what the system says locks the vault.
    pub(crate) fn locks_for(&self, reason: LockReason) -> bool {
        self.open.as_ref().is_some_and(|open| match reason {
            LockReason::Sleep => open.preferences.lock_on_sleep,
            LockReason::Screen => open.preferences.lock_on_screen_lock,
            _ => true,
        })
    }

    /// Forgets a recovery kit that nobody confirmed.
    pub(crate) fn forget_old_kit(&mut self) {
        let now = self.platform.elapsed();
        if let Some(open) = &mut self.open {
            open.kit.take_if(|kit| now >= kit.until);
        }
    }

    /// Lets what is long past give way where the log has grown long and nobody is waiting; whether it did.
    pub(crate) fn compact_if_due(&mut self) -> bool {
        let elapsed = self.platform.elapsed();
        let quiet = self.idle_for() >= COMPACT_WHEN_IDLE;
        let asker = self.asker();
        let Some(open) = &mut self.open else {
            return false;
        };
        if !quiet || elapsed < open.compact_at || open.vault.rollback().is_some() {
            return false;
        }
        open.compact_at = elapsed + COMPACT_LOOK;
        // One that fails leaves the log as it is, and an event that says why.
        open.vault.is_long().is_ok_and(|long| long)
            && matches!(
                open.vault.compact(&asker, Retention::default()),
                Ok(Some(_))
            )
    }

    /// Makes a scheduled backup where one is due; whether there is something new to see.
    pub(crate) fn back_up_if_due(&mut self) -> bool {
        let (elapsed, name) = (self.platform.elapsed(), self.place.name());
        let asker = self.asker();
        let Some(open) = &mut self.open else {
            return false;
        };
        let Some(schedule) = open.preferences.backups.clone() else {
            return false;
        };
        if elapsed < open.backup_at || open.vault.rollback().is_some() {
            return false;
        }
        open.backup_at = elapsed + BACKUP_LOOK;
        if !backups::is_due(&schedule, &name, asker.at.0) {
            return false;
        }
        let made = backups::make(&mut open.vault, &schedule, &name, &asker);
        self.backup_problem = made.err();
        true
    }

    pub(crate) fn check_free(&self) -> Result<(), ApiError> {
        let held = self.place.is_held().map_err(UnlockError::from)?;
        if held && !self.is_open() {
            return Err(UnlockError::Busy.into());
        }
        Ok(())
    }

    /// Signs, closes and wipes.
    pub(crate) fn lock(&mut self, reason: LockReason) -> Result<(), ApiError> {
        let asker = self.asker();
        let Some(open) = self.open.take() else {
            return Ok(());
        };
        self.locked = Some((reason, self.platform.now()));
        let words = match reason {
            LockReason::Asked => "asked",
            LockReason::Idle => "idle",
            LockReason::Limit => "limit",
            LockReason::Quit => "quit",
            LockReason::Sleep => "sleep",
            LockReason::Screen => "screen locked",
        };
        let anchors = open.vault.close(&asker, words)?;
        self.anchor(anchors);
        Ok(())
    }

    pub(crate) fn close_quietly(&mut self) -> Result<(), ApiError> {
        match self.open.take() {
            Some(open) => {
                let anchors = open.vault.close_quietly()?;
                self.anchor(anchors);
                Ok(())
            }
            None => Ok(()),
        }
    }

    pub(crate) fn hold_clipboard(&mut self, seconds: u32) {
        let until = self.platform.elapsed() + Duration::from_secs(seconds.into());
        self.clipboard_until = Some(until);
    }

    pub(crate) fn forget_clipboard(&mut self) -> bool {
        self.clipboard_until.take().is_some()
    }

    pub(crate) fn clipboard_is_due(&mut self) -> bool {
        let due = self
            .clipboard_until
            .is_some_and(|until| self.platform.elapsed() >= until);
        due && self.forget_clipboard()
    }

    pub(crate) fn link_folders(&self) -> BTreeSet<PathBuf> {
        let links = self.open.as_ref().and_then(|open| open.vault.links().ok());
        let links = links.unwrap_or_default();
        links.into_iter().map(|link| link.folder.into()).collect()
    }

    pub(crate) fn lock_view(&self) -> LockView {
        let seconds = |d: Duration| u32::try_from(d.as_secs()).unwrap_or(u32::MAX);
        let open_for = self.platform.elapsed().saturating_sub(self.opened_at);
        let left = self.idle().saturating_sub(self.idle_for());
        let left = left.min(self.settings.limit.saturating_sub(open_for));
        LockView {
            idle_seconds: seconds(self.idle()),
            locks_in_seconds: seconds(left),
        }
    }

    /// As the header says; one that can't be read is told of by the unlock.
    fn unlock_ways(&self) -> UnlockWaysView {
        let (_, slots) = match slots_of(&self.place) {
            Ok(read) if self.place.exists() => read,
            _ => return UnlockWaysView::default(),
        };
        let has = |kind| slots.iter().any(|slot| slot.kind == kind);
        UnlockWaysView {
            key_file: slots.iter().any(|slot| slot.key_file),
            keyring: has(SlotKind::Keyring),
            recovery: has(SlotKind::Recovery),
        }
    }

    pub(crate) fn status(&self) -> StatusView {
        let state = match &self.open {
            Some(_) => SessionState::Unlocked,
            None if self.place.exists() => SessionState::Locked,
            None => SessionState::NoVault,
        };
        StatusView {
            state,
            vault: VaultView {
                name: self.place.name(),
                path: self.place.path().display().to_string(),
            },
            unlock_with: self.unlock_ways(),
            device: self.settings.device.clone(),
            lock: self.is_open().then(|| self.lock_view()),
            locked_because: self.locked.map(|(reason, _)| reason),
            locked_at: self.locked.map(|(_, at)| at),
            rollback: self
                .open
                .as_ref()
                .and_then(|open| open.vault.rollback())
                .map(|found| RollbackView {
                    changes: found.operations,
                    events: found.events,
                    older_header: found.older_header,
                    diverged: found.diverged,
                    words: found.words(),
                }),
            failed_unlocks: self.open.as_ref().map_or(0, |o| o.vault.failed_unlocks()),
            backup_warning: self
                .backup_problem
                .as_ref()
                .map(|problem| format!("{} {}", problem.message, problem.hint)),
            host_warning: self
                .host_problem
                .as_ref()
                .map(|problem| format!("{} {}", problem.message, problem.hint)),
            memory_warning: memory_warning(protection()),
        }
    }
}

fn memory_warning(protection: Protection) -> Option<String> {
    let how_much = match protection {
        Protection::Locked => return None,
        Protection::Partly { unlocked } => format!("{} KiB of secrets", unlocked.div_ceil(1024)),
        _ => "secrets".to_owned(),
    };
    Some(format!(
        "This system did not let {how_much} be locked into memory, so they may be written to swap. \
         Raise the limit on locked memory (ulimit -l), or encrypt the swap."
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unlocked_memory_is_said_with_its_size_and_what_helps() {
        assert_eq!(memory_warning(Protection::Locked), None);
        let words = memory_warning(Protection::Unlocked).expect("a warning");
        assert!(
            words.contains("let secrets be locked") && words.contains("ulimit -l"),
            "{words}"
        );
    }
}
