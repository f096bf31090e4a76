//! Many programs that read and rotate one secret at once: what each of them saw has to be what one after the other would
//! have seen, in the order of the audit log.

use crate::{
    cli::Cli,
    machine::{Machine, binary},
};
use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    env,
    io::Write,
    process::{Child, Stdio},
    thread,
};

/// Operations of all programs: `KEYSTEAD_OPERATIONS`, or as many as usual.
pub fn operations(usual: usize) -> Result<usize> {
    match env::var("KEYSTEAD_OPERATIONS") {
        Ok(text) => text.parse().context("KEYSTEAD_OPERATIONS is a number"),
        Err(_) => Ok(usual),
    }
}

/// So many programs at once, each with so many operations.
pub fn work_at_once(
    machine: &Machine,
    workers: usize,
    each: usize,
) -> Result<Vec<Vec<(String, Did)>>> {
    thread::scope(|scope| {
        let workers: Vec<_> = (0..workers)
            .map(|worker| scope.spawn(move || work(machine, worker, each)))
            .collect();
        let joined = workers.into_iter().map(|w| w.join().expect("no panic"));
        joined.collect()
    })
}

/// What one process did, by its own account.
pub enum Did {
    /// Gave it this value.
    Rotated(String),
    /// Found this value.
    Read(String),
}

fn spawn(machine: &Machine, words: &[&str]) -> Result<Child> {
    Ok(machine
        .command(&binary("KEYSTEAD_CLI", "keystead")?)
        .args(words)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?)
}

/// What one program does with the secret `A`: each operation is a process that says in its purpose which it is.
pub fn work(machine: &Machine, worker: usize, operations: usize) -> Result<Vec<(String, Did)>> {
    let mut done = Vec::new();
    for operation in 0..operations {
        let rotates = (worker + operation).is_multiple_of(3);
        let value = format!("worker-{worker}-{operation}");
        let act = if rotates { "rotate" } else { "get" };
        let words = [act, "A", "--purpose", &value];
        let mut child = spawn(machine, &words)?;
        let mut stdin = child.stdin.take().context("a pipe")?;
        if rotates {
            stdin.write_all(value.as_bytes())?;
        }
        drop(stdin);
        let output = child.wait_with_output()?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        ensure!(output.status.success(), "{words:?}: {said}");
        done.push(if rotates {
            (value.clone(), Did::Rotated(value))
        } else {
            (value, Did::Read(String::from_utf8(output.stdout)?))
        });
    }
    Ok(done)
}

/// Every event of the vault, newest first.
fn all_events(cli: &Cli<'_>) -> Result<Vec<Value>> {
    let mut events: Vec<Value> = Vec::new();
    loop {
        let before = events
            .last()
            .map_or(i64::MAX, |event| event["position"].as_i64().unwrap_or(0));
        let before = before.to_string();
        let page = cli
            .ok(&["audit", "--json", "--limit", "5000", "--before", &before])?
            .json();
        let page = page["events"].as_array().context("events")?;
        if page.is_empty() {
            return Ok(events);
        }
        events.extend_from_slice(page);
    }
}

/// Holds what was seen against the log: `done` by programs, `window` by a window that says no purpose, each with the
/// version that it was told.
pub fn check(cli: &Cli<'_>, done: &[Vec<(String, Did)>], window: &[(Did, u64)]) -> Result<()> {
    let events = all_events(cli)?;
    // Oldest first: the order that everything is said to have happened in.
    let (mut current, mut versions) = (1, BTreeMap::from([(1, "first".to_owned())]));
    let mut by_purpose = BTreeMap::<&str, &Value>::new();
    let mut in_window = Vec::new();
    for event in events.iter().rev() {
        let version = event["version"].as_u64();
        match event["action"].as_str().context("an action")? {
            "value_rotated" => {
                ensure!(event["previous"].as_u64() == Some(current), "{event}");
                ensure!(version == Some(current + 1), "{event}");
                current += 1;
            }
            "value_read" | "value_revealed" => {
                ensure!(version == Some(current), "not the one in use: {event}")
            }
            _ => continue,
        }
        let purpose = event["purpose"].as_str().context("a purpose")?;
        if purpose.is_empty() {
            in_window.push(event);
        }
        if !purpose.is_empty() && by_purpose.insert(purpose, event).is_some() {
            bail!("two events of one process: {event}");
        }
    }

    // Each program's own account is that of the log.
    let (mut rotations, mut reads) = (0, 0);
    let all: Vec<_> = done.iter().flatten().collect();
    for (purpose, did) in &all {
        let event = by_purpose.get(&**purpose).context("an event of each")?;
        let version = event["version"].as_u64().context("a version")?;
        if let Did::Rotated(value) = did {
            ensure!(event["action"] == "value_rotated", "{event}");
            ensure!(
                versions.insert(version, value.clone()).is_none(),
                "twice {version}"
            );
            rotations += 1;
        }
    }
    // The window's account is its part of the log, one by one.
    ensure!(
        in_window.len() == window.len(),
        "{} and {}",
        in_window.len(),
        window.len()
    );
    for ((did, version), event) in window.iter().zip(&in_window) {
        ensure!(
            event["version"].as_u64() == Some(*version),
            "{event} is not {version}"
        );
        if let Did::Rotated(value) = did {
            ensure!(event["action"] == "value_rotated", "{event}");
            ensure!(
                versions.insert(*version, value.clone()).is_none(),
                "twice {version}"
            );
            rotations += 1;
        }
    }
    for (did, version) in window {
        if let Did::Read(value) = did {
            ensure!(
                versions.get(version) == Some(value),
                "{value} is not version {version}"
            );
            reads += 1;
        }
    }
    for (purpose, did) in &all {
        let event = by_purpose[&**purpose];
        let version = event["version"].as_u64().context("a version")?;
        if let Did::Read(value) = did {
            ensure!(event["action"] == "value_read", "{event}");
            ensure!(
                versions.get(&version) == Some(value),
                "{value} is not version {version}"
            );
            reads += 1;
        }
    }
    // And each worker's own order is kept.
    for worker in done {
        let position = |purpose: &str| by_purpose[purpose]["position"].as_u64();
        let positions: Vec<_> = worker
            .iter()
            .map(|(purpose, _)| position(purpose))
            .collect();
        ensure!(positions.is_sorted(), "a worker's own order: {positions:?}");
    }
    ensure!(current == rotations + 1 && rotations > 0 && reads > rotations);
    for (version, value) in versions.iter().step_by(17) {
        let get = ["get", "A", "--version", &version.to_string()];
        ensure!(cli.ok(&get)?.text() == value, "version {version}");
    }
    Ok(())
}
