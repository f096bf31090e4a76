//! What a person chose about a vault, as real hosts keep it: locks with the system, backups by themselves.

use anyhow::{Context as _, Result, ensure};
use keystead_tests::{
    agent::Agent,
    cli::Cli,
    keyring::Bus,
    logind::{Logind, SESSION},
    machine::Machine,
};
use std::{
    fs,
    path::Path,
    thread,
    time::{Duration, Instant},
};

const START: [&str; 5] = ["init", "--kdf-memory", "64", "--kdf-passes", "3"];
const PATIENCE: Duration = Duration::from_secs(20);

#[test]
fn settings_are_shown_chosen_by_preset_or_one_by_one_and_refused() -> Result<()> {
    let machine = Machine::new()?;
    let cli = Cli::new(&machine)?;
    cli.ok(&START)?;
    let shown = cli.ok(&["settings"])?.text().to_owned();
    ensure!(shown.contains("auto-lock         10 min"), "{shown}");
    ensure!(shown.contains("backups           off"), "{shown}");
    let strict = cli.ok(&[
        "settings",
        "--preset",
        "strict",
        "--lock-with-screen",
        "off",
    ])?;
    let strict = strict.text().to_owned();
    for line in [
        "auto-lock         2 min",
        "clipboard         10 s",
        "lock with screen  off",
    ] {
        ensure!(strict.contains(line), "{strict}");
    }
    ensure!(cli.ok(&["settings"])?.text() == strict, "it is kept");
    for (wrong, code) in [
        (&["settings", "--preset", "lax"][..], 7),
        (&["settings", "--clipboard", "1h"], 7),
        (&["settings", "--backups-keep", "3"], 7),
        (&["settings", "--backups-to", "nowhere"], 3),
    ] {
        let run = cli.run(wrong)?;
        ensure!(run.code == code, "{wrong:?}: {} {}", run.code, run.stderr);
    }
    ensure!(cli.ok(&["settings"])?.text() == strict, "and nothing else");
    let audit = cli.ok(&["audit", "--limit", "20"])?.text().to_owned();
    ensure!(audit.contains("auto-lock after 2 min"), "{audit}");
    Ok(())
}

fn line(agent: &mut Agent) -> Result<String> {
    agent.line()
}

#[test]
fn an_agent_locks_with_the_system_where_that_was_chosen() -> Result<()> {
    let mut machine = Machine::new()?;
    let bus = Bus::start(&machine)?;
    machine.set("DBUS_SYSTEM_BUS_ADDRESS", bus.address());
    machine.set("XDG_SESSION_ID", SESSION);
    let logind = Logind::start(&machine, &bus)?;
    let cli = Cli::new(&machine)?;
    cli.ok(&START)?;
    let mut agent = Agent::start(&machine, &[])?;
    logind.until_delayed(&machine, true)?;

    logind.sleeps(&machine, true)?;
    let said = line(&mut agent)?;
    ensure!(said.contains("went to sleep"), "{said}");
    // The machine may sleep now, and waits for us again once it is awake.
    logind.until_delayed(&machine, false)?;
    logind.sleeps(&machine, false)?;
    logind.until_delayed(&machine, true)?;

    cli.ok(&["unlock"])?;
    logind.locks_session(&machine, "c8")?;
    logind.locks_session(&machine, SESSION)?;
    let said = line(&mut agent)?;
    ensure!(said.contains("screen was locked"), "{said}");
    cli.ok(&["unlock"])?;
    logind.screen_is_locked(&machine, SESSION)?;
    let said = line(&mut agent)?;
    ensure!(said.contains("screen was locked"), "{said}");

    // Not chosen: the screen locks nothing, sleep still does.
    cli.ok(&["unlock"])?;
    cli.ok(&["settings", "--lock-with-screen", "off"])?;
    logind.locks_session(&machine, SESSION)?;
    logind.sleeps(&machine, true)?;
    let said = line(&mut agent)?;
    ensure!(
        said.contains("went to sleep"),
        "the screen locked it: {said}"
    );
    let audit = cli.ok(&["audit", "--limit", "30"])?.text().to_owned();
    ensure!(
        audit.contains("screen locked") && audit.contains("sleep"),
        "{audit}"
    );
    Ok(())
}

fn backups(folder: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        names.push(entry?.file_name().into_string().ok().context("UTF-8")?);
    }
    names.sort();
    Ok(names)
}

#[test]
fn backups_come_by_themselves_and_the_oldest_go() -> Result<()> {
    let machine = Machine::new()?;
    let cli = Cli::new(&machine)?;
    cli.ok(&START)?;
    cli.ok_with(&["set", "A", "-p", "small", "-e", "dev", "--yes"], b"value")?;
    let folder = machine.root().join("backups");
    fs::create_dir(&folder)?;
    for day in 1..=3 {
        fs::write(
            folder.join(format!("personal-2020-01-0{day}T00-00-00Z.keystead-backup")),
            "old",
        )?;
    }
    let to = folder.display().to_string();
    cli.ok(&[
        "settings",
        "--backups-to",
        &to,
        "--backups-every",
        "24",
        "--backups-keep",
        "2",
    ])?;
    let agent = Agent::start(&machine, &[])?;
    let start = Instant::now();
    while backups(&folder)?.len() != 2 {
        ensure!(start.elapsed() < PATIENCE, "{:?}", backups(&folder)?);
        thread::sleep(Duration::from_millis(50));
    }
    let names = backups(&folder)?;
    ensure!(names[0].contains("2020-01-03"), "{names:?}");
    drop(agent);
    // The new one is a whole vault.
    let restored = machine.root().join("restored").display().to_string();
    let new = folder.join(&names[1]).display().to_string();
    cli.ok(&["backup", "restore", &new, "--vault", &restored])?;
    ensure!(cli.ok(&["get", "A", "--vault", &restored])?.text() == "value");
    Ok(())
}
