//! What a person chose about this vault: when it locks, how long a copied value stays, when it is backed up. Kept in
//! the store, so that nobody loosens it without the vault.

use crate::{
    asker::Asker,
    event::Action,
    log::{EventDraft, VAULT_LOG, record},
    vault::{Vault, VaultError},
};
use keystead_crypto::{DecodeError, Reader, Writer};
use rusqlite::{OptionalExtension, TransactionBehavior};

/// Choices, with the ones that a new vault has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preferences {
    /// Locks when nobody was there for so long, in seconds.
    pub idle_seconds: u32,
    /// Locks when the machine goes to sleep.
    pub lock_on_sleep: bool,
    /// Locks when the screen is locked.
    pub lock_on_screen_lock: bool,
    /// A copied value leaves the clipboard after so many seconds.
    pub clipboard_seconds: u32,
    /// When backups are made, if they are.
    pub backups: Option<BackupSchedule>,
}

/// When backups are made, and how many stay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackupSchedule {
    /// The folder that they are written to.
    pub folder: String,
    /// Hours between two.
    pub every_hours: u32,
    /// So many of the newest stay.
    pub keep: u32,
}

/// A choice that can't be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PreferencesError {
    /// Never locking, or locking while a person reads.
    #[error("a vault locks after 30 seconds to 12 hours without anybody there")]
    Idle,
    /// Copied values stay only a short time.
    #[error("a copied value stays on the clipboard for 5 to 300 seconds")]
    Clipboard,
    /// Backups come at least every four weeks, at most each hour, and some stay.
    #[error("a backup is made every 1 to 672 hours, and 1 to 500 of them stay")]
    Backups,
}

impl Default for Preferences {
    fn default() -> Self {
        Self {
            idle_seconds: 600,
            lock_on_sleep: true,
            lock_on_screen_lock: true,
            clipboard_seconds: 30,
            backups: None,
        }
    }
}

impl Preferences {
    /// Whether each choice is within what a vault allows.
    ///
    /// # Errors
    /// [`PreferencesError`] with the first that is not.
    pub fn check(&self) -> Result<(), PreferencesError> {
        if !(30..=12 * 60 * 60).contains(&self.idle_seconds) {
            return Err(PreferencesError::Idle);
        }
        if !(5..=300).contains(&self.clipboard_seconds) {
            return Err(PreferencesError::Clipboard);
        }
        match &self.backups {
            Some(schedule)
                if !(1..=672).contains(&schedule.every_hours)
                    || !(1..=500).contains(&schedule.keep)
                    || schedule.folder.is_empty() =>
            {
                Err(PreferencesError::Backups)
            }
            _ => Ok(()),
        }
    }

    fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::versioned();
        writer
            .u32(self.idle_seconds)
            .u8(self.lock_on_sleep.into())
            .u8(self.lock_on_screen_lock.into())
            .u32(self.clipboard_seconds)
            .option(self.backups.as_ref(), |w, schedule| {
                w.text(&schedule.folder)
                    .u32(schedule.every_hours)
                    .u32(schedule.keep);
            });
        writer.finish()
    }

    fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::versioned(bytes)?;
        let flag = |byte| match byte {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(DecodeError::NotCanonical),
        };
        let preferences = Self {
            idle_seconds: reader.u32()?,
            lock_on_sleep: flag(reader.u8()?)?,
            lock_on_screen_lock: flag(reader.u8()?)?,
            clipboard_seconds: reader.u32()?,
            backups: reader.option(|r| {
                Ok(BackupSchedule {
                    folder: r.text()?.to_owned(),
                    every_hours: r.u32()?,
                    keep: r.u32()?,
                })
            })?,
        };
        reader.finish()?;
        preferences.check().map_err(|_| DecodeError::NotCanonical)?;
        Ok(preferences)
    }

    /// What differs from `before`, for the audit.
    fn words(&self, before: &Self) -> String {
        let mut words = Vec::new();
        let time = |seconds: u32| match seconds % 60 {
            0 => format!("{} min", seconds / 60),
            _ => format!("{seconds} s"),
        };
        let yes = |on: bool| if on { "on" } else { "off" };
        if self.idle_seconds != before.idle_seconds {
            words.push(format!("auto-lock after {}", time(self.idle_seconds)));
        }
        if self.lock_on_sleep != before.lock_on_sleep {
            words.push(format!("lock on sleep {}", yes(self.lock_on_sleep)));
        }
        if self.lock_on_screen_lock != before.lock_on_screen_lock {
            words.push(format!(
                "lock with the screen {}",
                yes(self.lock_on_screen_lock)
            ));
        }
        if self.clipboard_seconds != before.clipboard_seconds {
            words.push(format!("clipboard for {}", time(self.clipboard_seconds)));
        }
        if self.backups != before.backups {
            words.push(match &self.backups {
                None => "backups off".to_owned(),
                Some(s) => format!("backups every {} h into {}", s.every_hours, s.folder),
            });
        }
        words.join(", ")
    }
}

impl Vault {
    /// What was chosen.
    ///
    /// # Errors
    /// [`VaultError`] if the store fails or holds something else.
    pub fn preferences(&self) -> Result<Preferences, VaultError> {
        let body: Option<Vec<u8>> = self
            .sql
            .query_row("SELECT body FROM preferences", [], |row| row.get(0))
            .optional()?;
        Ok(body.map_or_else(
            || Ok(Preferences::default()),
            |body| Preferences::decode(&body),
        )?)
    }

    /// Chooses anew; the same again is no event.
    ///
    /// # Errors
    /// [`VaultError`] if the store fails. Whether the choice can be is for [`Preferences::check`].
    pub fn prefer(&mut self, preferences: &Preferences, asker: &Asker) -> Result<(), VaultError> {
        self.refuse_rolled_back()?;
        let before = self.preferences()?;
        if before == *preferences {
            return Ok(());
        }
        let sql = self
            .sql
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        sql.execute(
            "INSERT INTO preferences (one, body) VALUES (1, ?1)
             ON CONFLICT (one) DO UPDATE SET body = ?1",
            [preferences.encode()],
        )?;
        let draft = EventDraft::of(Action::PreferencesChanged).detail(preferences.words(&before));
        record(&sql, &self.keys, &self.facts, asker, VAULT_LOG, draft)?;
        Ok(sql.commit()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{asker, vault_in};

    fn strict() -> Preferences {
        Preferences {
            idle_seconds: 120,
            lock_on_screen_lock: false,
            clipboard_seconds: 15,
            backups: Some(BackupSchedule {
                folder: "/backups".to_owned(),
                every_hours: 24,
                keep: 14,
            }),
            ..Preferences::default()
        }
    }

    #[test]
    fn choices_are_kept_and_each_change_is_an_event() {
        let temp = tempfile::tempdir().expect("temp");
        let (mut vault, place, root) = vault_in(temp.path());
        assert_eq!(vault.preferences().expect("read"), Preferences::default());
        let events = vault.event_count().expect("read");
        vault
            .prefer(&Preferences::default(), &asker())
            .expect("kept");
        assert_eq!(vault.event_count().expect("read"), events, "nothing new");
        vault.prefer(&strict(), &asker()).expect("kept");
        let newest = vault.events(1, None).expect("read").remove(0).event;
        assert_eq!(newest.action, Action::PreferencesChanged);
        assert_eq!(
            newest.detail,
            "auto-lock after 2 min, lock with the screen off, clipboard for 15 s, \
             backups every 24 h into /backups"
        );
        vault.close_quietly().expect("closed");
        let vault = crate::unlock::open_with_root_key(&place, &root).expect("opens");
        assert_eq!(vault.preferences().expect("read"), strict());
    }

    #[test]
    fn what_would_never_lock_is_refused() {
        let with = |change: fn(&mut Preferences)| {
            let mut preferences = strict();
            change(&mut preferences);
            preferences.check()
        };
        assert_eq!(with(|_| {}), Ok(()));
        assert_eq!(with(|p| p.idle_seconds = 29), Err(PreferencesError::Idle));
        assert_eq!(
            with(|p| p.idle_seconds = 43_201),
            Err(PreferencesError::Idle)
        );
        assert_eq!(
            with(|p| p.clipboard_seconds = 4),
            Err(PreferencesError::Clipboard)
        );
        assert_eq!(
            with(|p| p.clipboard_seconds = 301),
            Err(PreferencesError::Clipboard)
        );
        let schedule = |every_hours, keep| {
            let mut preferences = strict();
            let folder = "/x".to_owned();
            preferences.backups = Some(BackupSchedule {
                folder,
                every_hours,
                keep,
            });
            preferences.check()
        };
        assert_eq!(schedule(1, 1), Ok(()));
        for (every, keep) in [(0, 1), (673, 1), (1, 0), (1, 501)] {
            assert_eq!(schedule(every, keep), Err(PreferencesError::Backups));
        }
        let bytes = strict().encode();
        assert_eq!(Preferences::decode(&bytes), Ok(strict()));
        for size in 0..bytes.len() {
            assert!(Preferences::decode(&bytes[..size]).is_err(), "{size}");
        }
    }
}
