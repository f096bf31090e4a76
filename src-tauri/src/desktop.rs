//! The machine under the workbench, as the desktop has it.

use crate::{clipboard::OwnClipboard, window};
use keystead_workbench::{
    Platform,
    api::{Millis, Notice, SecretText},
};
use rustix::time::{ClockId, clock_gettime};
use std::time::{Duration, SystemTime};
use tauri::{AppHandle, Emitter};

pub(crate) struct Desktop {
    app: AppHandle,
    clipboard: OwnClipboard,
}

impl Desktop {
    pub(crate) fn new(app: AppHandle) -> Self {
        Self {
            app,
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
        // Goes on while the machine sleeps, so that a closed lid counts as idle.
        let now = clock_gettime(ClockId::Boottime);
        Duration::from_secs(now.tv_sec.cast_unsigned())
            + Duration::from_nanos(now.tv_nsec.cast_unsigned())
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
