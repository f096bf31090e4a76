//! The system clipboard, through Rust alone: values never pass the web view.

use arboard::Clipboard;
#[cfg(target_os = "linux")]
use arboard::SetExtLinux;
use keystead_workbench::api::SecretText;
use std::sync::{Mutex, PoisonError};
use zeroize::Zeroizing;

/// Our hold on the clipboard; on Linux its owner must stay alive.
#[derive(Default)]
pub(crate) struct OwnClipboard(Mutex<Option<Held>>);

struct Held {
    clipboard: Clipboard,
    value: Zeroizing<String>,
}

impl OwnClipboard {
    /// Puts a value there, kept out of clipboard histories.
    pub(crate) fn set(&self, value: &SecretText) -> Result<(), String> {
        let mut held = self.lock();
        let value = Zeroizing::new(value.expose().to_owned());
        let mut clipboard = match held.take() {
            Some(held) => held.clipboard,
            None => Clipboard::new().map_err(|error| error.to_string())?,
        };
        clipboard
            .set()
            .exclude_from_history()
            .text(value.as_str())
            .map_err(|error| error.to_string())?;
        *held = Some(Held { clipboard, value });
        Ok(())
    }

    /// Empties it if it still holds what we put there.
    pub(crate) fn clear_own(&self) {
        if let Some(mut held) = self.lock().take() {
            let there = held.clipboard.get_text().map(Zeroizing::new);
            if there.is_ok_and(|there| *there == *held.value) {
                // An unreachable clipboard holds nothing of ours any more.
                let _ = held.clipboard.clear();
            }
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Held>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
