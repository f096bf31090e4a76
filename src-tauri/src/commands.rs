//! The four commands that a window has: one that forwards, three that open a
//! native dialog.

use crate::{
    admission::{Granted, Purpose},
    window,
};
use keystead_workbench::{
    Workbench,
    api::{ApiError, Code, Request, Response},
};
use serde::Serialize;
use std::sync::Arc;
use tauri::{AppHandle, State, async_runtime::spawn_blocking};
use tauri_plugin_dialog::{DialogExt, FileDialogBuilder, FilePath};

/// A file or folder that a person chose.
#[derive(Serialize)]
pub(crate) struct Picked {
    path: String,
}

/// Forwards a request to the workbench, off the window's thread.
#[tauri::command]
pub(crate) async fn call(
    app: AppHandle,
    workbench: State<'_, Arc<Workbench>>,
    granted: State<'_, Granted>,
    request: Request,
) -> Result<Response, ApiError> {
    granted.admit(&request)?;
    let locks = matches!(request, Request::Lock(_) | Request::OpenVault(_));
    let workbench = Arc::clone(&workbench);
    let response = spawn_blocking(move || workbench.call(request))
        .await
        .map_err(|_| {
            ApiError::new(
                Code::Internal,
                "The command ended without an answer.",
                "Try again; report this if it comes back.",
            )
        })?;
    if let Ok(response) = &response {
        granted.learn(response);
    }
    if locks {
        // The keys are gone also where the last words could not be written.
        granted.forget();
        window::replace(&app);
    }
    response
}

/// Asks for a file to read.
#[tauri::command]
pub(crate) async fn pick_file(
    app: AppHandle,
    granted: State<'_, Granted>,
) -> Result<Option<Picked>, ApiError> {
    let dialog = app.dialog().file().set_title("Choose a file");
    Ok(picked(
        dialog,
        FileDialogBuilder::blocking_pick_file,
        &granted,
        Purpose::Read,
    )
    .await)
}

/// Asks for a folder.
#[tauri::command]
pub(crate) async fn pick_folder(
    app: AppHandle,
    granted: State<'_, Granted>,
) -> Result<Option<Picked>, ApiError> {
    let dialog = app.dialog().file().set_title("Choose a folder");
    Ok(picked(
        dialog,
        FileDialogBuilder::blocking_pick_folder,
        &granted,
        Purpose::Folder,
    )
    .await)
}

/// Asks for a file to write.
#[tauri::command]
pub(crate) async fn pick_save(
    app: AppHandle,
    granted: State<'_, Granted>,
    suggested: String,
) -> Result<Option<Picked>, ApiError> {
    let dialog = app
        .dialog()
        .file()
        .set_title("Save the export")
        .set_file_name(suggested);
    Ok(picked(
        dialog,
        FileDialogBuilder::blocking_save_file,
        &granted,
        Purpose::Save,
    )
    .await)
}

async fn picked(
    dialog: FileDialogBuilder<tauri::Wry>,
    ask: fn(FileDialogBuilder<tauri::Wry>) -> Option<FilePath>,
    granted: &Granted,
    purpose: Purpose,
) -> Option<Picked> {
    let answer = spawn_blocking(move || ask(dialog)).await.ok().flatten()?;
    let path = answer.into_path().ok()?.to_str()?.to_owned();
    granted.grant(purpose, &path);
    Some(Picked { path })
}
