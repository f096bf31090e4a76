//! An older copy of a vault, put back: noticed by the file that this machine keeps, and by the system's keyring where
//! somebody took that file away too.

use anyhow::{Result, ensure};
use keystead_tests::{
    PASSPHRASE,
    cli::{Cli, Run},
    keyring::Bus,
    machine::{Machine, binary},
};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Stdio,
};

const START: [&str; 5] = ["init", "--kdf-memory", "64", "--kdf-passes", "3"];
const OLD: &str = "canary-old-41c7";
const NEW: &str = "canary-new-90aa";
const PLACE: [&str; 4] = ["-p", "small", "-e", "dev"];

fn set(cli: &Cli<'_>, value: &str) -> Result<()> {
    let words = [&["set", "A", "--yes"][..], &PLACE].concat();
    cli.ok_with(&words, value.as_bytes())?;
    Ok(())
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    let _ = fs::remove_dir_all(to);
    fs::create_dir(to)?;
    for file in fs::read_dir(from)? {
        let file = file?;
        fs::copy(file.path(), to.join(file.file_name()))?;
    }
    Ok(())
}

fn anchors(machine: &Machine) -> PathBuf {
    machine.home().join(".local/state/keystead/anchors")
}

fn refused(run: &Run) -> Result<()> {
    let said = &run.stderr;
    ensure!(run.code == 6, "{} {said}", run.code);
    ensure!(
        said.contains("rolled_back") && said.contains("rollback --accept"),
        "{said}"
    );
    ensure!(!run.text().contains("canary"), "no value leaves");
    Ok(())
}

#[test]
fn an_older_copy_is_looked_at_and_gone_on_from_only_on_consent() -> Result<()> {
    let machine = Machine::new()?;
    let cli = Cli::new(&machine)?;
    cli.ok(&START)?;
    set(&cli, OLD)?;
    let (vault, older) = (machine.vault(), machine.root().join("older"));
    copy(&vault, &older)?;
    let newest = machine.root().join("newest");
    set(&cli, NEW)?;
    cli.ok(&["get", "A"])?;
    copy(&vault, &newest)?;
    let said = cli.ok(&["rollback"])?;
    ensure!(said.text().contains("holds all"), "{}", said.text());

    copy(&older, &vault)?;
    let store = fs::read(vault.join("store.db"))?;
    refused(&cli.run(&["get", "A"])?)?;
    refused(&cli.run_with(&["set", "A", "--yes"], b"canary-x")?)?;
    refused(&cli.run(&["export"])?)?;
    refused(&cli.run(&["backup", "copy.tar"])?)?;
    let listed = cli.ok(&["list"])?;
    ensure!(
        listed.text().contains('A') && listed.stderr.contains("lacks 1 change and"),
        "{}",
        listed.stderr
    );
    let audit = cli.ok(&["audit", "verify"])?;
    ensure!(audit.stderr.contains("only be looked at"));
    ensure!(
        fs::read(vault.join("store.db"))? == store,
        "nothing was written to it"
    );

    let unsaid = cli.run(&["rollback", "--accept"])?;
    ensure!(unsaid.code == 6, "nobody agreed: {}", unsaid.stderr);
    cli.ok(&["rollback", "--accept", "--yes"])?;
    ensure!(cli.ok(&["get", "A"])?.text().trim_end() == OLD);
    set(&cli, "canary-after")?;
    let verified = cli.ok(&["audit", "verify"])?;
    ensure!(verified.stderr.is_empty(), "{}", verified.stderr);
    let audit = cli.ok(&["audit"])?;
    ensure!(
        audit.text().contains("went on from an older copy"),
        "{}",
        audit.text()
    );

    // The newer copy that turns up is another vault now.
    copy(&newest, &vault)?;
    let run = cli.run(&["get", "A"])?;
    refused(&run)?;
    ensure!(
        run.stderr.contains("holds other changes instead"),
        "{}",
        run.stderr
    );
    Ok(())
}

#[test]
fn each_of_many_snapshots_is_noticed() -> Result<()> {
    let machine = Machine::new()?;
    let cli = Cli::new(&machine)?;
    cli.ok(&START)?;
    set(&cli, OLD)?;
    let vault = machine.vault();
    let mut snapshots = Vec::new();
    for nth in 0..5 {
        let to = machine.root().join(format!("snapshot-{nth}"));
        copy(&vault, &to)?;
        snapshots.push(to);
        // Reads count as well: an audit that was cut short is an older copy.
        match nth % 2 {
            0 => drop(cli.ok(&["get", "A"])?),
            _ => set(&cli, &format!("canary-{nth}"))?,
        }
    }
    for snapshot in snapshots {
        copy(&snapshot, &vault)?;
        refused(&cli.run(&["get", "A"])?)?;
    }
    Ok(())
}

#[test]
fn a_keyring_knows_it_where_the_file_is_gone() -> Result<()> {
    let machine = Machine::new()?;
    let cli = Cli::new(&machine)?;
    cli.ok(&START)?;
    set(&cli, OLD)?;
    let bus = Bus::start(&machine)?;
    let _keyring = bus.keyring(&machine, Some("login password"))?;
    let typed = machine.root().join("typed");
    fs::write(&typed, PASSPHRASE)?;
    let by_bus = |words: &[&str]| -> Result<(Option<i32>, String)> {
        let mut command = bus.command(&machine, &binary("KEYSTEAD_CLI", "keystead")?);
        let output = command.args(words).stdin(Stdio::null()).output()?;
        let said = [output.stdout, output.stderr].concat();
        Ok((
            output.status.code(),
            String::from_utf8_lossy(&said).into_owned(),
        ))
    };
    let file = typed.display().to_string();
    let added = by_bus(&["--passphrase-file", &file, "slots", "add", "keyring"])?;
    ensure!(added.0 == Some(0), "{added:?}");
    let older = machine.root().join("older");
    copy(&machine.vault(), &older)?;
    ensure!(by_bus(&["get", "A"])?.0 == Some(0));
    fs::remove_dir_all(anchors(&machine))?;
    ensure!(
        by_bus(&["get", "A"])?.0 == Some(0),
        "the newest one is no older copy"
    );

    copy(&older, &machine.vault())?;
    fs::remove_dir_all(anchors(&machine))?;
    let (code, said) = by_bus(&["get", "A"])?;
    ensure!(code == Some(6) && said.contains("rolled_back"), "{said}");
    // Without either there is nothing that could know.
    cli.ok(&["get", "A"])?;
    Ok(())
}
