//! What this process is, as events record it. Linux; elsewhere less is known.

use keystead_vault::Process;
use std::{env, fs, os::unix::process::parent_id, process};

/// Describes the process that runs this.
pub fn this_process() -> Process {
    let path = |p: std::io::Result<std::path::PathBuf>| {
        p.map(|p| p.display().to_string()).unwrap_or_default()
    };
    let parent = parent_id();
    Process {
        pid: process::id(),
        program: path(env::current_exe()),
        parent_pid: parent,
        parent: path(fs::read_link(format!("/proc/{parent}/exe"))),
        directory: path(env::current_dir()),
        user: user_name(),
    }
}

/// The user's name by the user database; the number where it has none.
pub fn user_name() -> String {
    let uid = rustix::process::getuid().as_raw().to_string();
    let database = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let name = database.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)? == uid).then(|| name.to_owned())
    });
    name.unwrap_or(uid)
}

/// The machine's name, without its domain.
pub fn device_name() -> String {
    let system = rustix::system::uname();
    let name = system.nodename().to_string_lossy();
    let short = name.split('.').next().unwrap_or_default();
    if short.is_empty() {
        "this machine".to_owned()
    } else {
        short.to_owned()
    }
}
