//! What a person chose about a vault, and presets to choose from.

use crate::{
    api::{
        ApiError, BackupChoices, ChangeSettingsRequest, Choices, Code, PresetView, SettingsView,
    },
    backups,
    errors::sentence,
    session::Session,
};
use keystead_vault::{BackupSchedule, Preferences};
use std::path::Path;

/// Name, whom it is for, idle seconds, on sleep, with the screen, clipboard seconds.
const PRESETS: [(&str, &str, u32, bool, bool, u32); 3] = [
    (
        "Relaxed",
        "A machine that only you reach, in a room that locks.",
        60 * 60,
        true,
        false,
        90,
    ),
    (
        "Balanced",
        "A laptop that goes where you go.",
        10 * 60,
        true,
        true,
        30,
    ),
    (
        "Strict",
        "Shared rooms, production keys, people behind you.",
        2 * 60,
        true,
        true,
        10,
    ),
];

pub(crate) fn settings(session: &mut Session) -> Result<SettingsView, ApiError> {
    let name = session.place().name();
    let (open, _) = session.open()?;
    let chosen = choices(&open.preferences);
    let last_backup_at = chosen
        .backups
        .as_ref()
        .and_then(|b| backups::newest(Path::new(&b.folder), &name));
    let presets = PRESETS
        .iter()
        .map(
            |&(name, words, idle_seconds, sleep, screen, clipboard_seconds)| PresetView {
                name: name.to_owned(),
                words: words.to_owned(),
                choices: Choices {
                    idle_seconds,
                    lock_on_sleep: sleep,
                    lock_on_screen_lock: screen,
                    clipboard_seconds,
                    backups: chosen.backups.clone(),
                },
            },
        )
        .collect();
    let idle = session.settings.idle;
    Ok(SettingsView {
        chosen,
        presets,
        idle_override_seconds: idle.and_then(|idle| u32::try_from(idle.as_secs()).ok()),
        hears_system: session.hears_system,
        last_backup_at,
    })
}

pub(crate) fn change_settings(
    session: &mut Session,
    request: ChangeSettingsRequest,
) -> Result<SettingsView, ApiError> {
    let preferences = preferences(request.choices);
    preferences.check().map_err(|error| {
        ApiError::new(Code::InvalidInput, sentence(&error), "Choose within that.")
    })?;
    if let Some(schedule) = &preferences.backups
        && !Path::new(&schedule.folder).is_dir()
    {
        return Err(ApiError::new(
            Code::NotFound,
            format!("There is no folder {}.", schedule.folder),
            "Make it first, or choose another one.",
        ));
    }
    let now = session.platform.elapsed();
    let (open, asker) = session.open()?;
    open.vault.prefer(&preferences, &asker)?;
    open.backup_at = now;
    open.preferences = preferences;
    session.backup_problem = None;
    settings(session)
}

fn choices(preferences: &Preferences) -> Choices {
    let backups = |schedule: &BackupSchedule| BackupChoices {
        folder: schedule.folder.clone(),
        every_hours: schedule.every_hours,
        keep: schedule.keep,
    };
    Choices {
        idle_seconds: preferences.idle_seconds,
        lock_on_sleep: preferences.lock_on_sleep,
        lock_on_screen_lock: preferences.lock_on_screen_lock,
        clipboard_seconds: preferences.clipboard_seconds,
        backups: preferences.backups.as_ref().map(backups),
    }
}

fn preferences(choices: Choices) -> Preferences {
    let backups = |backups: BackupChoices| BackupSchedule {
        folder: backups.folder,
        every_hours: backups.every_hours,
        keep: backups.keep,
    };
    Preferences {
        idle_seconds: choices.idle_seconds,
        lock_on_sleep: choices.lock_on_sleep,
        lock_on_screen_lock: choices.lock_on_screen_lock,
        clipboard_seconds: choices.clipboard_seconds,
        backups: choices.backups.map(backups),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presets_can_be_chosen_and_the_usual_choices_are_one() {
        let all =
            PRESETS.map(
                |(_, _, idle_seconds, sleep, screen, clipboard_seconds)| Preferences {
                    idle_seconds,
                    lock_on_sleep: sleep,
                    lock_on_screen_lock: screen,
                    clipboard_seconds,
                    backups: None,
                },
            );
        assert!(all.iter().all(|preset| preset.check().is_ok()));
        assert_eq!(all[1], Preferences::default());
    }
}
