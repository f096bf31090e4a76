//! Starting other programs: shown before they run, stopped at the deadline, failed by name.

use std::fs::File;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

static DEADLINE: OnceLock<Instant> = OnceLock::new();

/// From now on no program runs past `duration`, so that one that hangs cannot hold a CI machine for hours.
///
/// Needs `timeout` of coreutils, and is left out at a terminal: there Ctrl-C must reach the program.
pub(crate) fn set_deadline(duration: Duration) {
    if !std::io::stdin().is_terminal() && find_program("timeout").is_some() {
        DEADLINE.get_or_init(|| Instant::now() + duration);
    }
}

/// Shows the command line and runs it.
///
/// # Errors
/// When it does not start, ends with anything but success, or reaches the deadline.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    run_with(command, None)
}

/// The same, with its standard error in the file `log`. Set on the command itself, it would be lost below `timeout`.
///
/// # Errors
/// Those of [`run`], and when the file can't be made.
pub(crate) fn run_logged(command: &mut Command, log: &Path) -> Result<()> {
    let file = File::create(log).with_context(|| format!("cannot write {}", log.display()))?;
    run_with(command, Some(file))
}

fn run_with(command: &mut Command, log: Option<File>) -> Result<()> {
    let line = display(command);
    println!("$ {line}");
    let mut limited = None;
    if let Some(deadline) = DEADLINE.get() {
        let left = deadline.saturating_duration_since(Instant::now());
        limited = Some(under_timeout(command, left));
    }
    let started = limited.as_mut().unwrap_or(command);
    if let Some(log) = log {
        started.stderr(log);
    }
    let status = started.status();
    let status = status.with_context(|| format!("`{line}` does not start"))?;
    match status.code() {
        Some(0) => Ok(()),
        Some(124 | 137)
            if DEADLINE
                .get()
                .is_some_and(|deadline| Instant::now() >= *deadline) =>
        {
            bail!("`{line}` was stopped: the time for the whole run is over")
        }
        _ => bail!("`{line}` failed ({status})"),
    }
}

/// Runs the command silently and hands back what it printed.
///
/// # Errors
/// When it does not start or ends with anything but success.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let line = display(command);
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("`{line}` does not start"))?;
    if !output.status.success() {
        bail!(
            "`{line}` failed ({}): {}",
            output.status,
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Whether the command can be started and ends well; prints nothing.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    output(command).is_ok()
}

/// The first `name` on PATH.
pub(crate) fn find_program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|directory| directory.join(name))
        .find(|candidate| candidate.is_file())
}

fn display(command: &Command) -> String {
    let mut words = Vec::new();
    for (name, value) in command.get_envs() {
        let name = name.to_string_lossy();
        if let Some(value) = value.filter(|_| name.starts_with("KEYSTEAD_")) {
            words.push(format!("{name}={}", value.to_string_lossy()));
        }
    }
    words.push(quoted(&command.get_program().to_string_lossy()));
    words.extend(
        command
            .get_args()
            .map(|argument| quoted(&argument.to_string_lossy())),
    );
    words.join(" ")
}

fn quoted(word: &str) -> String {
    if word.is_empty() || word.contains(|c: char| c.is_whitespace() || "'\"()$&|;*<>".contains(c)) {
        format!("'{}'", word.replace('\'', r"'\''"))
    } else {
        word.to_owned()
    }
}

/// The same command below `timeout`, which ends it with all it started.
fn under_timeout(command: &Command, left: Duration) -> Command {
    let mut limited = Command::new("timeout");
    limited
        .arg("--kill-after=10")
        .arg(left.as_secs().max(1).to_string());
    limited.arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => limited.env(name, value),
            None => limited.env_remove(name),
        };
    }
    if let Some(directory) = command.get_current_dir() {
        limited.current_dir(directory);
    }
    limited
}
