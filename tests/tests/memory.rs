//! After a lock no process of ours holds a passphrase or a value.
#![allow(clippy::print_stderr, reason = "what is not run is said")]

use anyhow::{Result, ensure};
use keystead_tests::{
    PASSPHRASE,
    agent::Agent,
    cli::Cli,
    machine::Machine,
    memory::{Needle, search},
};
use std::{fs, thread, time::Duration};

/// With what JSON has to escape, so that a parser copies it.
const VALUE: &str = "tk-\"Zq9\\vXw3\"-JtR7\\nLm2Kd-Hy5Bc8";

fn needles() -> [Needle; 2] {
    [
        Needle::new("the passphrase", PASSPHRASE),
        Needle::new("the value", VALUE),
    ]
}

#[test]
fn a_locked_agent_holds_neither_passphrase_nor_value() -> Result<()> {
    if !rustix::process::geteuid().is_root() {
        ensure!(
            std::env::var_os("CI").is_none(),
            "another process's memory needs root"
        );
        eprintln!("NOT RUN: another process's memory needs root");
        return Ok(());
    }
    let machine = Machine::new()?;
    let cli = Cli::new(&machine)?;
    cli.ok(&["init", "--kdf-memory", "64", "--kdf-passes", "3"])?;
    let agent = Agent::start(&machine, &["--locked"])?;
    cli.ok(&["unlock"])?;
    let place = ["-p", "small", "-e", "dev"];
    let with = |words: &[&'static str]| [words, &place].concat();
    cli.ok_with(&with(&["set", "A", "--yes"]), VALUE.as_bytes())?;
    ensure!(cli.ok(&with(&["get", "A"]))?.text() == VALUE);
    ensure!(cli.ok(&with(&["export"]))?.code == 0);
    cli.ok(&["run", "-p", "small", "-e", "dev", "--", "true"])?;
    // A preview that nobody agreed to is held until the lock: the search has to find it.
    let file = machine.root().join("held.env");
    fs::write(&file, format!("HELD='{VALUE}'\n"))?;
    let path = file.to_str().unwrap_or_default().to_owned();
    cli.ok(&["import", &path, "-p", "small", "-e", "dev", "--dry-run"])?;
    let before = search(agent.pid(), &needles())?;
    ensure!(
        before.contains_key("the value raw"),
        "the search finds what is there: {before:?}"
    );
    cli.ok(&["lock"])?;
    thread::sleep(Duration::from_secs(5));
    let after = search(agent.pid(), &needles())?;
    ensure!(
        after.is_empty(),
        "after the lock: {after:?}; before: {before:?}"
    );
    Ok(())
}
