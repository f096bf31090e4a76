//! Backups that a host makes by itself, while a vault is open: one when the newest in the folder is old enough, and then
//! those beyond the number that stays go. The folder is the only memory of it.

use crate::api::{ApiError, Millis};
use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use keystead_vault::{Asker, BackupSchedule, Vault};
use std::{
    fs, io,
    path::{Path, PathBuf},
};

const ENDING: &str = ".keystead-backup";
const FORMAT: &str = "%Y-%m-%dT%H-%M-%SZ";

/// The name of a backup of that vault, made at that time.
pub(crate) fn name(vault: &str, at: Millis) -> String {
    let time = Timestamp::from_millisecond(at).unwrap_or_default();
    format!("{vault}-{}{ENDING}", time.strftime(FORMAT))
}

/// When the newest backup of that vault in the folder was made.
pub(crate) fn newest(folder: &Path, vault: &str) -> Option<Millis> {
    let found = ours(folder, vault).ok()?;
    found.last().map(|(at, _)| *at)
}

/// Whether one is due at that time.
pub(crate) fn is_due(schedule: &BackupSchedule, vault: &str, now: Millis) -> bool {
    let every = i64::from(schedule.every_hours) * 60 * 60 * 1_000;
    // A time ahead of the clock says nothing about now.
    let made = ours(Path::new(&schedule.folder), vault).unwrap_or_default();
    let newest = made.iter().map(|(at, _)| *at).rfind(|at| *at <= now);
    newest.is_none_or(|at| now.saturating_sub(at) >= every)
}

/// Makes one, then removes what is beyond the number that stays.
///
/// # Errors
/// [`ApiError`] where it was not made: then nothing is removed; or where an old one could not be removed.
pub(crate) fn make(
    vault: &mut Vault,
    schedule: &BackupSchedule,
    of: &str,
    asker: &Asker,
) -> Result<(), ApiError> {
    let folder = Path::new(&schedule.folder);
    vault.backup(&folder.join(name(of, asker.at.0)), asker)?;
    prune(folder, of, schedule.keep).map_err(|error| crate::errors::io_error(folder, &error))
}

fn prune(folder: &Path, vault: &str, keep: u32) -> io::Result<()> {
    let found = ours(folder, vault)?;
    let beyond = found.len().saturating_sub(keep as usize);
    for (_, path) in &found[..beyond] {
        fs::remove_file(path)?;
    }
    Ok(())
}

/// The folder's backups of that vault, by time. Only ordinary files with exactly such a name.
fn ours(folder: &Path, vault: &str) -> io::Result<Vec<(Millis, PathBuf)>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let file = entry.file_name();
        let time = file
            .to_str()
            .and_then(|name| {
                name.strip_prefix(vault)?
                    .strip_prefix('-')?
                    .strip_suffix(ENDING)
            })
            .and_then(|time| DateTime::strptime(FORMAT, time).ok())
            .and_then(|time| time.to_zoned(TimeZone::UTC).ok());
        if let Some(time) = time
            && entry.file_type()?.is_file()
        {
            found.push((time.timestamp().as_millisecond(), entry.path()));
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Millis = 60 * 60 * 1_000;
    const NOW: Millis = 1_800_000_000_000;

    #[test]
    fn only_our_own_oldest_go() {
        let temp = tempfile::tempdir().expect("temp");
        let folder = temp.path();
        for hours in 1..=5 {
            fs::write(folder.join(name("work", NOW - hours * HOUR)), "").expect("written");
        }
        for other in [
            "work-notes.keystead-backup",
            "work-2027-01-15T08-00-00Z.txt",
            "homework-2020-01-01T00-00-00Z.keystead-backup",
            "work-2-2020-01-01T00-00-00Z.keystead-backup",
        ] {
            fs::write(folder.join(other), "").expect("written");
        }
        fs::create_dir(folder.join("work-2020-01-01T00-00-00Z.keystead-backup")).expect("made");
        assert_eq!(newest(folder, "work"), Some(NOW - HOUR));
        prune(folder, "work", 2).expect("pruned");
        let left: Vec<_> = ours(folder, "work")
            .expect("read")
            .iter()
            .map(|f| f.0)
            .collect();
        assert_eq!(left, [NOW - 2 * HOUR, NOW - HOUR]);
        assert_eq!(fs::read_dir(folder).expect("read").count(), 2 + 5);
        prune(folder, "work", 5).expect("nothing to do");
        assert_eq!(ours(folder, "work").expect("read").len(), 2);
    }

    #[test]
    fn one_is_due_when_the_newest_is_old_or_none_is_there() {
        let temp = tempfile::tempdir().expect("temp");
        let schedule = BackupSchedule {
            folder: temp.path().display().to_string(),
            every_hours: 24,
            keep: 3,
        };
        assert!(is_due(&schedule, "work", NOW));
        fs::write(temp.path().join(name("work", NOW)), "").expect("written");
        assert!(!is_due(&schedule, "work", NOW + 24 * HOUR - 1));
        assert!(is_due(&schedule, "work", NOW + 24 * HOUR));
        assert!(is_due(&schedule, "work", NOW - HOUR), "from the future");
        fs::write(temp.path().join(name("work", NOW - HOUR)), "").expect("written");
        assert!(
            !is_due(&schedule, "work", NOW - HOUR),
            "and not again and again"
        );
        assert!(is_due(&schedule, "other", NOW));
    }
}
