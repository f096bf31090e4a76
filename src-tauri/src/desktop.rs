//! The machine under the workbench, as the desktop has it.

use crate::{clipboard::OwnClipboard, window};
use keystead_workbench::{
    Platform,
    api::{Millis, Notice, SecretText},
};
use std::time::{Duration, Instant, SystemTime};
use tauri::{AppHandle, Emitter};

pub(crate) struct Desktop {
    app: AppHandle,
    start: Instant,
    clipboard: OwnClipboard,
}

impl Desktop {
    pub(crate) fn new(app: AppHandle) -> Self {
        Self {
            app,
            start: Instant::now(),
            clipboard: OwnClipboard::default(),
        }
    }
}

impl Platform for Desktop {
    fn now(&self) -> Millis {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        since.map_or(0, |d| i64::try_from(d.as_millis()).unwrap_or(i64::MAX))
    }

    fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    fn set_clipboard(&self, value: &SecretText) -> Result<(), String> {
        self.clipboard.set(value)
    }

    fn clear_own_clipboard(&self) {
        self.clipboard.clear_own();
    }

    fn notify(&self, notice: Notice) {
        if matches!(notice, Notice::Locked { .. }) {
            window::replace(&self.app);
        } else {
            // A window that is gone needs no notice.
            let _ = self.app.emit("notice", notice);
        }
    }
}
