//! The vault from a terminal. Parses, asks, forwards to the workbench and
//! prints; what happens is decided there.
//!
//! Two programs are made of this. Whoever asks for a secret hundreds of times
//! an hour has a host running, and waits for little but the start of a process:
//! [`keystead`] has no store and no OpenSSL in it, so that it starts with half
//! the page faults. What no host answers it leaves to [`keystead_full`], by becoming
//! it. See `docs/adr/0014-two-programs.md`.

mod alone;
mod args;
mod commands;
mod domain_args;
mod exit;
mod machine;
mod progress;
mod prompt;
mod successor;
mod terminal;

use commands::Alone;
use std::process::ExitCode;

/// Asks a host; becomes the full program where none answers.
#[must_use]
pub fn keystead() -> ExitCode {
    run(successor::run)
}

/// Asks a host; opens the vault by itself where none answers.
#[must_use]
pub fn keystead_full() -> ExitCode {
    run(alone::run)
}

fn run(alone: Alone) -> ExitCode {
    // Before anything secret is read: no core dumps, no tracing by others. A
    // system that can't do it is no reason to refuse the work.
    let hardened = secmem_proc::Config::new_with_anti_tracing(false).harden_process();
    let arguments = args::parse();
    if hardened.is_err() {
        terminal::warn("this system does not let Keystead keep its memory out of core dumps");
    }
    match commands::run(arguments, alone).and(terminal::finish()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            terminal::error(&error);
            exit::code_of(error.code)
        }
    }
}
