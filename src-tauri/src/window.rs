//! The one window. After a lock it is replaced by a fresh one: with the old
//! one its web process ends, and whatever that still held in memory.

use crate::web_process::WebProcesses;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use tauri::{AppHandle, Manager, WebviewUrl, WebviewWindowBuilder};

const LABEL: &str = "keystead-";

/// Counts windows, so that each has a label of its own.
#[derive(Default)]
pub(crate) struct Windows {
    made: AtomicU32,
    replacing: AtomicBool,
}

pub(crate) fn open_first(app: &AppHandle) -> tauri::Result<()> {
    build(app, None)
}

/// Opens a fresh window where the old one is, then destroys the old one, and
/// sees to it that its process ends.
pub(crate) fn replace(app: &AppHandle) {
    let windows = app.state::<Windows>();
    windows.replacing.store(true, Ordering::SeqCst);
    let old: Vec<_> = app.webview_windows().into_values().collect();
    let processes = WebProcesses::running();
    let opened = build(app, old.first());
    for window in old {
        // A window that is gone already is what we want.
        let _ = window.destroy();
    }
    processes.end();
    windows.replacing.store(false, Ordering::SeqCst);
    if opened.is_err() {
        // Without a window nobody could unlock; the vault is locked already.
        app.exit(1);
    }
}

pub(crate) fn is_replacing(app: &AppHandle) -> bool {
    app.state::<Windows>().replacing.load(Ordering::SeqCst)
}

fn build(app: &AppHandle, like: Option<&tauri::WebviewWindow>) -> tauri::Result<()> {
    let number = app.state::<Windows>().made.fetch_add(1, Ordering::SeqCst);
    let mut builder = WebviewWindowBuilder::new(
        app,
        format!("{LABEL}{number}"),
        WebviewUrl::App("index.html".into()),
    )
    .title("Keystead")
    .inner_size(1280.0, 800.0)
    .min_inner_size(720.0, 560.0)
    // Nothing but our own page is ever shown.
    .on_navigation(|url| url.scheme() == "tauri" || url.host_str() == Some("tauri.localhost"));
    if let Some(old) = like {
        let scale = old.scale_factor().unwrap_or(1.0);
        if let (Ok(size), Ok(place)) = (old.inner_size(), old.outer_position()) {
            let size = size.to_logical::<f64>(scale);
            let place = place.to_logical::<f64>(scale);
            builder = builder
                .inner_size(size.width, size.height)
                .position(place.x, place.y);
        }
    }
    builder.build().map(|_| ())
}
