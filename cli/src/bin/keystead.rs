//! `keystead`: asks the vault's host, and starts `keystead-full` where there is none.

use keystead_workbench::WipingAllocator;
use std::process::ExitCode;

/// What passes through the heap, through libraries too, is wiped when it goes back.
#[global_allocator]
static HEAP: WipingAllocator = WipingAllocator;

fn main() -> ExitCode {
    keystead_cli::keystead()
}
