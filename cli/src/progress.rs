//! What takes longer than a moment says so on a terminal, and ends by Ctrl-C.

use crate::terminal;
use signal_hook::{SigId, consts::SIGINT, flag, low_level::unregister};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{self, Receiver, RecvTimeoutError, Sender},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

/// Before that nobody wonders.
const SOON: Duration = Duration::from_millis(300);
const TURN: Duration = Duration::from_millis(120);
const SIGNS: [char; 4] = ['|', '/', '-', '\\'];

/// A line on a terminal for as long as this is there.
pub(crate) struct Progress {
    done: Option<Sender<()>>,
    drawing: Option<JoinHandle<()>>,
}

impl Progress {
    /// Begins to wait for one request.
    pub(crate) fn of(request: &str) -> Self {
        if !terminal::can_redraw() {
            return Self {
                done: None,
                drawing: None,
            };
        }
        let (done, ends) = mpsc::channel();
        let words = words(request);
        Self {
            done: Some(done),
            drawing: Some(thread::spawn(move || draw(words, &ends))),
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        drop(self.done.take());
        if let Some(drawing) = self.drawing.take() {
            // A line that could not be drawn is nobody's loss.
            let _ = drawing.join();
        }
    }
}

fn draw(words: &str, ends: &Receiver<()>) {
    let start = Instant::now();
    let mut wait = SOON;
    for sign in SIGNS.iter().cycle() {
        if !matches!(ends.recv_timeout(wait), Err(RecvTimeoutError::Timeout)) {
            break;
        }
        wait = TURN;
        let seconds = start.elapsed().as_secs();
        terminal::redraw(&format!("{sign} {words}, {seconds} s; Ctrl-C cancels"));
    }
    if wait == TURN {
        terminal::redraw("");
    }
}

fn words(request: &str) -> &'static str {
    match request {
        "unlock" | "unlock_with_keyring" => "unlocking",
        "open_sample" => "making the sample vault",
        "create_vault" => "making the vault",
        "recover" => "recovering",
        "change_passphrase" => "changing the passphrase",
        "backup" => "backing up, and reading it back",
        "restore_backup" => "restoring",
        "verify_audit" => "recomputing the logs",
        "preview_import" => "reading the file",
        "import" => "storing",
        _ => "working",
    }
}

/// Makes the first Ctrl-C a wish that the work looks at; the second one ends the process.
pub(crate) struct Interrupt {
    wished: Arc<AtomicBool>,
    handlers: Vec<SigId>,
}

impl Interrupt {
    /// For a request that undoes itself; for another the process just ends, and what it had not finished never was.
    pub(crate) fn of(request: &str) -> Option<Self> {
        if !matches!(request, "backup" | "verify_audit" | "import") {
            return None;
        }
        let wished = Arc::new(AtomicBool::new(false));
        // In this order: the second one finds the wish of the first.
        let second = flag::register_conditional_default(SIGINT, Arc::clone(&wished)).ok()?;
        let first = flag::register(SIGINT, Arc::clone(&wished)).ok()?;
        Some(Self {
            wished,
            handlers: vec![first, second],
        })
    }

    /// Whether somebody wished it.
    pub(crate) fn wish(&self) -> impl Fn() -> bool + Send + Sync + 'static {
        let wished = Arc::clone(&self.wished);
        move || wished.load(Ordering::Relaxed)
    }
}

impl Drop for Interrupt {
    fn drop(&mut self) {
        for handler in self.handlers.drain(..) {
            unregister(handler);
        }
    }
}
