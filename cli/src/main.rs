//! `keystead`: the vault from a terminal. Parses, asks, forwards to the
//! workbench and prints; what happens is decided there.

mod args;
mod commands;
mod exit;
mod machine;
mod progress;
mod prompt;
mod terminal;

use keystead_workbench::WipingAllocator;
use std::process::ExitCode;

/// What passes through the heap, through libraries too, is wiped when it goes back.
#[global_allocator]
static HEAP: WipingAllocator = WipingAllocator;

fn main() -> ExitCode {
    // Before anything secret is read: no core dumps, no tracing by others. A
    // system that can't do it is no reason to refuse the work.
    let hardened = secmem_proc::Config::new_with_anti_tracing(false).harden_process();
    let arguments = args::parse();
    if hardened.is_err() {
        terminal::warn("this system does not let Keystead keep its memory out of core dumps");
    }
    match commands::run(arguments).and(terminal::finish()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            terminal::error(&error);
            exit::code_of(error.code)
        }
    }
}
