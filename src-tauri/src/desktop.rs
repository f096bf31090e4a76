//! The machine under the workbench, as the desktop has it.

use crate::{admission::Granted, clipboard::OwnClipboard, window};
use keystead_workbench::{
    Platform,
    api::{Millis, Notice, SecretText},
    boot_clock, wall_clock,
};
use std::time::Duration;
use tauri::{AppHandle, Emitter, Manager};

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
        wall_clock()
    }

    fn elapsed(&self) -> Duration {
        boot_clock()
    }

    fn set_clipboard(&self, value: &SecretText) -> Result<(), String> {
        self.clipboard.set(value)
    }

    fn clear_own_clipboard(&self) {
        self.clipboard.clear_own();
    }

    fn notify(&self, notice: Notice) {
        if matches!(notice, Notice::Locked { .. }) {
            self.app.state::<Granted>().forget();
            window::replace(&self.app);
        } else {
            // A window that is gone needs no notice.
            let _ = self.app.emit("notice", notice);
        }
    }
}
