//! Watches the folders of linked files, so that an edit shows at once.

use crate::Workbench;
use notify::{RecommendedWatcher, RecursiveMode};
use notify_debouncer_full::{DebounceEventResult, Debouncer, RecommendedCache, new_debouncer};
use std::{collections::BTreeSet, path::PathBuf, sync::Weak, time::Duration};

/// An editor's several writes are one change; a person still sees it at once.
const DEBOUNCE: Duration = Duration::from_millis(250);

pub(crate) struct Watch {
    workbench: Weak<Workbench>,
    debouncer: Option<Debouncer<RecommendedWatcher, RecommendedCache>>,
    folders: BTreeSet<PathBuf>,
}

impl Watch {
    pub(crate) fn new(workbench: Weak<Workbench>) -> Self {
        Self {
            workbench,
            debouncer: None,
            folders: BTreeSet::new(),
        }
    }

    /// Watches exactly these folders, not what is below them.
    pub(crate) fn follow(&mut self, folders: BTreeSet<PathBuf>) {
        if folders == self.folders {
            return;
        }
        if folders.is_empty() {
            if let Some(debouncer) = self.debouncer.take() {
                // Its thread may be waiting for the session that we hold.
                debouncer.stop_nonblocking();
            }
        } else {
            for gone in self.folders.difference(&folders) {
                if let Some(debouncer) = &mut self.debouncer {
                    // A folder that was deleted is unwatched already.
                    let _ = debouncer.unwatch(gone);
                }
            }
            let added: Vec<_> = folders.difference(&self.folders).cloned().collect();
            let mut folders = folders;
            for new in added {
                let watched = self
                    .start()
                    .is_some_and(|d| d.watch(&new, RecursiveMode::NonRecursive).is_ok());
                if !watched {
                    // A missing folder can't be watched; it is tried again with the next change.
                    folders.remove(&new);
                }
            }
            self.folders = folders;
            return;
        }
        self.folders = folders;
    }

    fn start(&mut self) -> Option<&mut Debouncer<RecommendedWatcher, RecommendedCache>> {
        if self.debouncer.is_none() {
            let workbench = self.workbench.clone();
            let changed = move |result: DebounceEventResult| {
                let Ok(events) = result else { return };
                let touched = events.iter().any(|event| !event.kind.is_access());
                if touched && let Some(workbench) = workbench.upgrade() {
                    workbench.files_changed();
                }
            };
            self.debouncer = new_debouncer(DEBOUNCE, None, changed).ok();
        }
        self.debouncer.as_mut()
    }
}
