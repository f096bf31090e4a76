//! What C libraries free. Our own allocator wipes what passes through Rust; GLib and WebKit, which carry what a page
//! sends and gets, use the C library's. glibc overwrites freed memory if it is asked to before the process begins,
//! but for what its thread caches keep: so they are off, and one heap serves all threads.

use keystead_workbench::remove_variable;
use std::{env, os::unix::process::CommandExt, process::Command};

const VARIABLE: &str = "GLIBC_TUNABLES";
const WEBKIT_VARIABLE: &str = "Malloc";
const TUNABLES: &str =
    "glibc.malloc.perturb=165:glibc.malloc.tcache_count=0:glibc.malloc.arena_max=1";

/// Starts this program once more, in this process, with freed memory overwritten. Comes back where it is so already, or
/// where that can't be done.
pub(crate) fn overwrite() {
    let before = env::var(VARIABLE).unwrap_or_default();
    if before.contains(TUNABLES) {
        // For this process alone: the page's ends with the lock, and its graphics read what they have freed.
        remove_variable(VARIABLE);
        remove_variable(WEBKIT_VARIABLE);
        return;
    }
    let Ok(program) = env::current_exe() else {
        return;
    };
    let tunables = if before.is_empty() {
        TUNABLES.to_owned()
    } else {
        format!("{before}:{TUNABLES}")
    };
    let mut arguments = env::args_os();
    let name = arguments.next().unwrap_or_else(|| program.clone().into());
    // Returns only where it failed; the window opens all the same.
    let _ = Command::new(program)
        .arg0(name)
        .args(arguments)
        .env(VARIABLE, tunables)
        // WebKit's own allocator keeps what it frees as it is; the C library's does not.
        .env(WEBKIT_VARIABLE, "1")
        .exec();
}
