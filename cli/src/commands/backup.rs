use super::{Context, utf8_path};
use crate::terminal;
use keystead_workbench::api::{ApiError, BackupRequest, RestoreBackupRequest, StatusRequest};
use std::path::{Path, PathBuf};

/// Writes a backup, beside where it is called if no place is named.
pub(crate) fn run(context: &Context, file: Option<&Path>) -> Result<(), ApiError> {
    let usual = || -> Result<PathBuf, ApiError> {
        let name = context.workbench.ask(StatusRequest {})?.vault.name;
        let now = jiff::Timestamp::now().strftime("%Y-%m-%dT%H-%M-%SZ");
        Ok(format!("{name}-{now}.keystead-backup").into())
    };
    let file = file.map_or_else(usual, |file| Ok(file.to_owned()))?;
    let backup = context.workbench.ask(BackupRequest {
        path: utf8_path(&file)?,
    })?;
    if context.global.json {
        terminal::json(&backup);
    } else {
        terminal::note(&format!(
            "wrote {}: {} KiB; read back with {} values and {} events",
            backup.path,
            backup.bytes.div_ceil(1024),
            backup.values,
            backup.events
        ));
    }
    Ok(())
}

/// Makes a vault of a backup. It opens with the passphrase of that time.
pub(crate) fn restore(context: &Context, file: &Path) -> Result<(), ApiError> {
    let status = context.workbench.ask(RestoreBackupRequest {
        file: utf8_path(file)?,
    })?;
    if context.global.json {
        terminal::json(&status);
    } else {
        terminal::note(&format!(
            "made {} of the backup; it is locked",
            status.vault.path
        ));
        terminal::note(
            "it lacks what the vault did since: `keystead rollback --accept` goes on from it",
        );
    }
    Ok(())
}
