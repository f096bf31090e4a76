use super::{Context, utf8_path};
use crate::{args::SettingsArgs, terminal};
use keystead_workbench::api::{
    ApiError, BackupChoices, ChangeSettingsRequest, Choices, Code, SettingsRequest, SettingsView,
};
use std::time::Duration;

const USUAL_HOURS: u32 = 24;
const USUAL_KEEP: u32 = 14;

/// Shows what was chosen, or chooses anew what is named.
pub(crate) fn run(context: &Context, args: &SettingsArgs) -> Result<(), ApiError> {
    let present = context.workbench.ask(SettingsRequest {})?;
    let choices = changed(&present, args)?;
    let view = if choices == present.chosen {
        present
    } else {
        context.workbench.ask(ChangeSettingsRequest { choices })?
    };
    if context.global.json {
        terminal::json(&view);
        return Ok(());
    }
    let Choices {
        idle_seconds,
        lock_on_sleep,
        lock_on_screen_lock,
        clipboard_seconds,
        backups,
    } = &view.chosen;
    let on = |on: bool| if on { "on" } else { "off" };
    terminal::line(&format!("auto-lock         {}", time(*idle_seconds)));
    terminal::line(&format!("lock on sleep     {}", on(*lock_on_sleep)));
    terminal::line(&format!("lock with screen  {}", on(*lock_on_screen_lock)));
    terminal::line(&format!("clipboard         {}", time(*clipboard_seconds)));
    terminal::line(&match backups {
        None => "backups           off".to_owned(),
        Some(backups) => format!(
            "backups           every {} h into {}, the newest {} stay",
            backups.every_hours, backups.folder, backups.keep
        ),
    });
    Ok(())
}

fn changed(present: &SettingsView, args: &SettingsArgs) -> Result<Choices, ApiError> {
    let mut choices = present.chosen.clone();
    if let Some(name) = &args.preset {
        let named =
            |preset: &&keystead_workbench::api::PresetView| preset.name.eq_ignore_ascii_case(name);
        let preset = present.presets.iter().find(named).ok_or_else(|| {
            let names: Vec<_> = present.presets.iter().map(|p| &*p.name).collect();
            ApiError::new(
                Code::InvalidInput,
                format!("There is no preset {name}."),
                format!("Choose one of {}.", names.join(", ").to_lowercase()),
            )
        })?;
        choices = preset.choices.clone();
    }
    let seconds = |time: Duration| u32::try_from(time.as_secs()).unwrap_or(u32::MAX);
    if let Some(idle) = args.idle {
        choices.idle_seconds = seconds(idle);
    }
    if let Some(clipboard) = args.clipboard {
        choices.clipboard_seconds = seconds(clipboard);
    }
    choices.lock_on_sleep = args.lock_on_sleep.unwrap_or(choices.lock_on_sleep);
    choices.lock_on_screen_lock = args.lock_with_screen.unwrap_or(choices.lock_on_screen_lock);
    if args.no_backups {
        choices.backups = None;
    }
    if let Some(folder) = &args.backups_to {
        let before = choices.backups.take();
        choices.backups = Some(BackupChoices {
            folder: utf8_path(folder)?,
            every_hours: before.as_ref().map_or(USUAL_HOURS, |b| b.every_hours),
            keep: before.as_ref().map_or(USUAL_KEEP, |b| b.keep),
        });
    }
    if args.backups_every.is_some() || args.backups_keep.is_some() {
        let backups = choices.backups.as_mut().ok_or_else(|| {
            ApiError::new(
                Code::InvalidInput,
                "There are no backups to speak of.",
                "Name their folder with --backups-to.",
            )
        })?;
        backups.every_hours = args.backups_every.unwrap_or(backups.every_hours);
        backups.keep = args.backups_keep.unwrap_or(backups.keep);
    }
    Ok(choices)
}

fn time(seconds: u32) -> String {
    match seconds {
        60.. if seconds.is_multiple_of(60) => format!("{} min", seconds / 60),
        _ => format!("{seconds} s"),
    }
}
