//! Keeps spaces in step while the vault is open: soon after something was done here, when the folder that a space is kept in
//! changes, and now and then, as not every storage says so. What fails is tried again later and later.

use crate::{Workbench, api::Notice};
use keystead_sync::Place;
use keystead_vault::{RemoteName, SpaceId};
use notify::{RecommendedWatcher, RecursiveMode};
use notify_debouncer_full::{DebounceEventResult, Debouncer, RecommendedCache, new_debouncer};
use std::{
    collections::HashMap,
    path::Path,
    sync::{
        Weak,
        mpsc::{self, Receiver, RecvTimeoutError, Sender},
    },
    thread,
    time::{Duration, Instant},
};

/// What a person does in one go is published together.
const SETTLE: Duration = Duration::from_millis(200);
/// Files that a program for synchronizing writes together are one change.
const DEBOUNCE: Duration = Duration::from_millis(100);
/// How often a storage is asked that says nothing by itself.
const POLL: Duration = Duration::from_secs(30);
/// After the first failure, and at most.
const BACK_OFF: (Duration, Duration) = (Duration::from_secs(5), Duration::from_secs(600));
/// How long nothing is looked at where nothing is due.
const LOOK: Duration = Duration::from_secs(60);

enum Signal {
    /// Something was done in the vault, or it was opened.
    Changed,
    /// The folder of a space changed.
    Folder(SpaceId),
}

/// A thread that keeps spaces in step.
pub(crate) struct Background {
    signals: Sender<Signal>,
}

impl Background {
    pub(crate) fn start(workbench: Weak<Workbench>) -> Self {
        let (signals, heard) = mpsc::channel();
        let own = signals.clone();
        thread::spawn(move || Turns::new(workbench, own).run(&heard));
        Self { signals }
    }

    /// Something was done that others may want to see.
    pub(crate) fn changed(&self) {
        // A thread that ended keeps nothing in step any more, and the next sync by hand says why.
        let _ = self.signals.send(Signal::Changed);
    }
}

/// A space that is kept somewhere.
pub(crate) struct Kept {
    pub(crate) space: SpaceId,
    pub(crate) place: String,
    /// Operations that nobody else can see yet.
    pub(crate) unpublished: u64,
}

/// When a space is synchronized next.
struct Turn {
    place: String,
    due: Instant,
    failures: u32,
    watch: Option<Debouncer<RecommendedWatcher, RecommendedCache>>,
}

struct Turns {
    workbench: Weak<Workbench>,
    signals: Sender<Signal>,
    turns: HashMap<SpaceId, Turn>,
}

impl Turns {
    fn new(workbench: Weak<Workbench>, signals: Sender<Signal>) -> Self {
        Self {
            workbench,
            signals,
            turns: HashMap::new(),
        }
    }

    fn run(&mut self, heard: &Receiver<Signal>) {
        loop {
            let due = self.turns.values().map(|turn| turn.due).min();
            let wait = due.map_or(LOOK, |due| due.saturating_duration_since(Instant::now()));
            let signal = match heard.recv_timeout(wait.min(LOOK)) {
                Ok(signal) => Some(signal),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => return,
            };
            let Some(workbench) = self.workbench.upgrade() else {
                return;
            };
            let more = heard.try_iter();
            for signal in signal.into_iter().chain(more) {
                if let Signal::Folder(space) = signal
                    && let Some(turn) = self.turns.get_mut(&space)
                {
                    turn.due = Instant::now();
                }
            }
            self.look(workbench.kept_spaces());
            let now = Instant::now();
            let due = self.turns.iter().filter(|(_, turn)| turn.due <= now);
            for space in due.map(|(space, _)| *space).collect::<Vec<_>>() {
                self.take(&workbench, space);
            }
        }
    }

    /// Gives every space that is kept somewhere its turn: soon where something is to be published.
    fn look(&mut self, kept: Vec<Kept>) {
        let now = Instant::now();
        let places: HashMap<SpaceId, &str> =
            kept.iter().map(|one| (one.space, &*one.place)).collect();
        self.turns.retain(|space, turn| {
            let stays = places.get(space) == Some(&&*turn.place);
            if !stays && let Some(watch) = turn.watch.take() {
                // Its thread may be waiting for this one.
                watch.stop_nonblocking();
            }
            stays
        });
        for one in kept {
            let turn = self.turns.entry(one.space).or_insert_with(|| Turn {
                place: one.place,
                due: now,
                failures: 0,
                watch: None,
            });
            if one.unpublished > 0 && turn.failures == 0 {
                turn.due = turn.due.min(now + SETTLE);
            }
        }
    }

    fn take(&mut self, workbench: &Workbench, space: SpaceId) {
        let synced = workbench.sync_space(None, Some(space));
        let Some(turn) = self.turns.get_mut(&space) else {
            return;
        };
        match &synced {
            Ok(_) => {
                turn.failures = 0;
                turn.due = Instant::now() + spread(POLL);
                if turn.watch.is_none() {
                    turn.watch = watch(&turn.place, space, &self.signals);
                }
            }
            Err(_) => {
                let (first, most) = BACK_OFF;
                let wait = first.saturating_mul(1 << turn.failures.min(10)).min(most);
                turn.failures += 1;
                turn.due = Instant::now() + spread(wait);
                // The folder may come back as another one.
                if let Some(watch) = turn.watch.take() {
                    watch.stop_nonblocking();
                }
            }
        }
        let news = synced.is_ok_and(|synced| {
            synced.taken_in > 0 || synced.published > 0 || !synced.problems.is_empty()
        });
        workbench.tell(match news {
            true => Notice::VaultChanged,
            false => Notice::Synced,
        });
    }
}

/// Watches the folder of a space's heads, where it is a folder: whoever publishes writes there last.
fn watch(
    place: &str,
    space: SpaceId,
    signals: &Sender<Signal>,
) -> Option<Debouncer<RecommendedWatcher, RecommendedCache>> {
    let Ok(Place::Folder(folder)) = place.parse() else {
        return None;
    };
    let signals = signals.clone();
    let changed = move |result: DebounceEventResult| {
        let Ok(events) = result else { return };
        if events.iter().any(|event| !event.kind.is_access()) {
            // As for [`Background::changed`].
            let _ = signals.send(Signal::Folder(space));
        }
    };
    let mut watch = new_debouncer(DEBOUNCE, None, changed).ok()?;
    let heads = Path::new(&folder).join(RemoteName::heads_of(space.as_bytes()));
    watch.watch(&heads, RecursiveMode::NonRecursive).ok()?;
    Some(watch)
}

/// About so long: many who wait for one storage do not all come at once.
fn spread(wait: Duration) -> Duration {
    let mut byte = [0; 1];
    // Without random numbers it is just so long.
    let _ = getrandom::fill(&mut byte);
    wait.mul_f64(0.8 + 0.4 * f64::from(byte[0]) / 255.0)
}
