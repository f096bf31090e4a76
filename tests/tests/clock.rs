//! A wall clock that jumps ten years forward and twenty back while a vault is open. It is libfaketime's, which the real
//! programs take for the system's; the clock that only goes forward is left alone.

use anyhow::{Context as _, Result, ensure};
use keystead_tests::{
    agent::Agent,
    cli::Cli,
    machine::{Machine, binary},
};
use serde_json::Value;
use std::{
    fs,
    path::PathBuf,
    process::Stdio,
    thread,
    time::{Duration, Instant},
};

const START: [&str; 5] = ["init", "--kdf-memory", "64", "--kdf-passes", "3"];
const PLACE: [&str; 4] = ["-p", "small", "-e", "dev"];

fn library() -> Result<PathBuf> {
    let folders = fs::read_dir("/usr/lib")?.flatten();
    let mut found = folders.map(|folder| folder.path().join("faketime/libfaketime.so.1"));
    let found = found.find(|path| path.is_file());
    found.context("faketime is installed by `cargo xtask test setup`")
}

#[test]
fn a_clock_that_jumps_changes_no_order_and_no_auto_lock() -> Result<()> {
    let mut machine = Machine::new()?;
    let offset = machine.root().join("offset");
    fs::write(&offset, "+0")?;
    machine.set("LD_PRELOAD", &library()?.display().to_string());
    machine.set("FAKETIME_TIMESTAMP_FILE", &offset.display().to_string());
    machine.set("FAKETIME_NO_CACHE", "1");
    machine.set("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    let machine = machine;
    let cli = Cli::new(&machine)?;
    cli.ok(&START)?;
    cli.ok_with(&[&["set", "A", "--yes"][..], &PLACE].concat(), b"value 0")?;

    let idle = Duration::from_secs(6);
    let _agent = Agent::start(&machine, &["--idle", "6s"])?;
    let program = binary("KEYSTEAD_CLI", "keystead")?;
    let ask = |words: &[&str], input: &str| -> Result<String> {
        let input_file = machine.root().join("input");
        fs::write(&input_file, input)?;
        let mut command = machine.command(&program);
        let output = command
            .args(words)
            .stdin(fs::File::open(input_file)?)
            .output()?;
        ensure!(output.status.success(), "{words:?}: {output:?}");
        Ok(String::from_utf8(output.stdout)?)
    };
    let mut touched = Instant::now();
    for (nth, jump) in ["+10y", "-10y", "+0", "-3650d", "+3650d"]
        .iter()
        .enumerate()
    {
        fs::write(&offset, jump)?;
        // Open it stays, in whatever year.
        ask(&["rotate", "A"], &format!("value {}", nth + 1))?;
        ask(&["get", "A"], "")?;
        touched = Instant::now();
    }
    ensure!(
        ask(&["get", "A"], "")? == "value 5",
        "the last one is current"
    );
    ensure!(ask(&["audit", "verify"], "").is_ok());
    let audit: Value = serde_json::from_str(&ask(&["audit", "--json", "--limit", "60"], "")?)?;
    let events = audit["events"].as_array().context("events")?;
    let numbers = |field: &str| -> Vec<i64> {
        events
            .iter()
            .filter_map(|event| event[field].as_i64())
            .collect()
    };
    let (positions, times) = (numbers("position"), numbers("at"));
    ensure!(
        positions.len() > 12 && times.len() == positions.len(),
        "{audit:.300}"
    );
    ensure!(
        positions.is_sorted_by(|a, b| a > b),
        "newest first, by position: {positions:?}"
    );
    let year = 365 * 86_400_000;
    let span = times
        .iter()
        .max()
        .zip(times.iter().min())
        .map(|(a, b)| a - b);
    ensure!(span > Some(19 * year), "the clock did jump: {span:?}");
    ensure!(!times.is_sorted_by(|a, b| a >= b), "and back");
    ensure!(ask(&["restore", "A"], "").is_ok() && ask(&["get", "A"], "")? == "value 4");

    // Ten years back, and it locks all the same when nothing was asked for so long.
    fs::write(&offset, "-10y")?;
    let mut command = machine.command(&program);
    command.arg("status").stdin(Stdio::null());
    while touched.elapsed() < idle + Duration::from_secs(15) {
        thread::sleep(Duration::from_secs(7));
        let output = command.output()?;
        if String::from_utf8(output.stdout)?.contains(": locked") {
            return Ok(());
        }
    }
    anyhow::bail!("it did not lock")
}
