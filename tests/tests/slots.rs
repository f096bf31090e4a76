//! Every way to unlock by the real binary; the system's keyring is GNOME's own, on a bus of its own.

use anyhow::{Context as _, Result, ensure};
use keystead_tests::{
    PASSPHRASE,
    cli::Cli,
    keyring::Bus,
    machine::{Machine, binary},
};
use std::{
    fs,
    path::PathBuf,
    process::{Output, Stdio},
    time::{Duration, Instant},
};

const START: [&str; 5] = ["init", "--kdf-memory", "64", "--kdf-passes", "3"];
const VALUE: &str = "canary-77ab10";
const NEW: &str = "correct horse battery staple";

fn started(machine: &Machine) -> Result<Cli<'_>> {
    let cli = Cli::new(machine)?;
    cli.ok(&START)?;
    cli.ok_with(
        &["set", "A", "-p", "small", "-e", "dev", "--yes"],
        VALUE.as_bytes(),
    )?;
    Ok(cli)
}

fn file(machine: &Machine, name: &str, text: &str) -> Result<PathBuf> {
    let path = machine.root().join(name);
    fs::write(&path, text)?;
    Ok(path)
}

/// Who has a bus and types no passphrase.
fn by_bus(bus: &Bus, machine: &Machine, words: &[&str]) -> Result<Output> {
    let program = binary("KEYSTEAD_CLI", "keystead")?;
    let mut command = bus.command(machine, &program);
    Ok(command.args(words).stdin(Stdio::null()).output()?)
}

fn with_passphrase(bus: &Bus, machine: &Machine, words: &[&str]) -> Result<Output> {
    let passphrase = file(machine, "typed", PASSPHRASE)?.display().to_string();
    let words = [&["--passphrase-file", &*passphrase], words].concat();
    by_bus(bus, machine, &words)
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_keyring_opens_the_vault_while_it_is_unlocked() -> Result<()> {
    let machine = Machine::new()?;
    let cli = started(&machine)?;
    let bus = Bus::start(&machine)?;

    // Nobody answers on this bus.
    let output = with_passphrase(&bus, &machine, &["slots", "add", "keyring"])?;
    ensure!(output.status.code() == Some(4), "{}", said(&output));
    ensure!(
        said(&output).contains("no system keyring"),
        "{}",
        said(&output)
    );

    let keyring = bus.keyring(&machine, Some("login password"))?;
    let output = by_bus(&bus, &machine, &["get", "A"])?;
    ensure!(!output.status.success(), "there is no such slot yet");
    let output = with_passphrase(&bus, &machine, &["slots", "add", "keyring"])?;
    ensure!(output.status.success(), "{}", said(&output));
    let output = by_bus(&bus, &machine, &["get", "A"])?;
    ensure!(output.status.success(), "{}", said(&output));
    ensure!(output.stdout == VALUE.as_bytes());
    let output = by_bus(&bus, &machine, &["audit", "--json", "--limit", "3"])?;
    let audit = String::from_utf8(output.stdout)?;
    ensure!(audit.contains("system keyring"), "{audit}");
    let output = by_bus(&bus, &machine, &["slots"])?;
    let slots = String::from_utf8(output.stdout)?;
    ensure!(
        slots.contains("passphrase") && slots.contains("system keyring"),
        "{slots}"
    );

    // The keyring's file holds it encrypted, and it opens the vault after a new login.
    drop(keyring);
    let output = by_bus(&bus, &machine, &["get", "A"])?;
    ensure!(!output.status.success(), "the keyring has ended");
    ensure!(
        said(&output).contains("no system keyring"),
        "{}",
        said(&output)
    );
    let keyring = bus.keyring(&machine, Some("login password"))?;
    ensure!(by_bus(&bus, &machine, &["get", "A"])?.stdout == VALUE.as_bytes());
    drop(keyring);

    // A locked collection, which nobody is there to unlock: said, in time, and the passphrase still opens.
    let keyring = bus.keyring(&machine, None)?;
    let start = Instant::now();
    let output = by_bus(&bus, &machine, &["get", "A"])?;
    ensure!(!output.status.success());
    ensure!(
        said(&output).contains("keyring is locked"),
        "{}",
        said(&output)
    );
    ensure!(start.elapsed() < Duration::from_secs(60));
    let output = with_passphrase(&bus, &machine, &["get", "A"])?;
    ensure!(output.stdout == VALUE.as_bytes(), "{}", said(&output));
    drop(keyring);

    // Removed from vault and keyring.
    let _keyring = bus.keyring(&machine, Some("login password"))?;
    let output = with_passphrase(&bus, &machine, &["slots", "remove", "keyring"])?;
    ensure!(output.status.success(), "{}", said(&output));
    ensure!(!by_bus(&bus, &machine, &["get", "A"])?.status.success());
    ensure!(items(&bus, &machine)? == 0, "the keyring forgot it");
    drop(cli);
    Ok(())
}

/// How many items of ours the keyring has.
fn items(bus: &Bus, machine: &Machine) -> Result<usize> {
    let output = bus
        .command(machine, "dbus-send".as_ref())
        .args([
            "--session",
            "--print-reply",
            "--dest=org.freedesktop.secrets",
            "/org/freedesktop/secrets",
            "org.freedesktop.Secret.Service.SearchItems",
            "dict:string:string:service,keystead",
        ])
        .output()?;
    ensure!(output.status.success(), "{}", said(&output));
    let text = String::from_utf8(output.stdout)?;
    Ok(text.matches("object path").count())
}

#[test]
fn the_words_of_the_kit_open_a_vault_whose_passphrase_is_forgotten() -> Result<()> {
    let machine = Machine::new()?;
    let cli = started(&machine)?;
    // A wrong answer, then words that are on the sheet.
    let refused = cli.run_with(&["slots", "add", "recovery"], b"zoo zoo zoo\n")?;
    ensure!(refused.code == 4, "{}", refused.stderr);
    let (words, added) = make_kit(&machine)?;
    ensure!(added.success());
    ensure!(words.split(' ').count() == 24);

    let words_file = file(&machine, "words", &words)?.display().to_string();
    let new = file(&machine, "new", NEW)?.display().to_string();
    let costs = ["--kdf-memory", "64"];
    let recover = [
        &[
            "recover",
            "--words-file",
            &*words_file,
            "--new-passphrase-file",
            &*new,
        ],
        &costs[..],
    ]
    .concat();
    let run = cli.run(&recover)?;
    ensure!(run.code == 0, "{}", run.stderr);
    ensure!(!run.stderr.contains(words.split_at(words.len() / 2).0));
    ensure!(cli.run(&["get", "A"])?.code == 4, "the old passphrase");
    let get = ["--passphrase-file", &*new, "get", "A"];
    let program = binary("KEYSTEAD_CLI", "keystead")?;
    let output = machine.command(&program).args(get).output()?;
    ensure!(output.stdout == VALUE.as_bytes(), "{}", said(&output));

    let wrong = words.replacen(' ', " zoo ", 1);
    let wrong = wrong.rsplit_once(' ').context("words")?.0.to_owned();
    fs::write(machine.root().join("words"), wrong)?;
    ensure!(
        cli.run(&recover)?.code == 4,
        "words that do not belong together"
    );
    Ok(())
}

/// Makes a kit as a person does: reads the words, then types those that are asked for.
fn make_kit(machine: &Machine) -> Result<(String, std::process::ExitStatus)> {
    use std::io::{BufRead, BufReader, Read, Write};
    let passphrase = machine.root().join("passphrase");
    let mut child = machine
        .command(&binary("KEYSTEAD_CLI", "keystead")?)
        .arg("--passphrase-file")
        .arg(passphrase)
        .args(["slots", "add", "recovery"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let mut stdout = BufReader::new(child.stdout.take().context("a pipe")?);
    let mut words = vec![String::new(); 24];
    for _ in 0..6 {
        let mut line = String::new();
        stdout.read_line(&mut line)?;
        let fields: Vec<_> = line.split_whitespace().collect();
        for pair in fields.chunks_exact(2) {
            let number: usize = pair[0].parse()?;
            words[number - 1] = pair[1].to_owned();
        }
    }
    ensure!(words.iter().all(|word| !word.is_empty()), "24 words");
    let mut stderr = child.stderr.take().context("a pipe")?;
    let mut asked = Vec::new();
    while !asked.ends_with(b": ") || !asked.windows(6).any(|w| w == b"Words ") {
        let mut byte = [0];
        ensure!(stderr.read(&mut byte)? == 1, "it asks for words");
        asked.push(byte[0]);
    }
    let question = String::from_utf8(asked)?;
    let numbers = question.rsplit("Words ").next().context("numbers")?;
    let answer: Vec<_> = numbers
        .trim_end_matches(": ")
        .split(", ")
        .map(|number| Ok(words[number.parse::<usize>()? - 1].clone()))
        .collect::<Result<_>>()?;
    let mut stdin = child.stdin.take().context("a pipe")?;
    writeln!(stdin, "{}", answer.join(" "))?;
    drop(stdin);
    Ok((words.join(" "), child.wait()?))
}

#[test]
fn a_key_file_and_a_new_root_key_by_the_command_line() -> Result<()> {
    let machine = Machine::new()?;
    let cli = started(&machine)?;
    let same = file(&machine, "same", PASSPHRASE)?.display().to_string();
    let new = file(&machine, "new", NEW)?.display().to_string();
    let key = machine.root().join("usb.key").display().to_string();
    let passphrase = |rest: &[&str]| {
        let words = [&["passphrase", "--kdf-memory", "64"], rest].concat();
        cli.run(&words)
    };
    let run = passphrase(&["--new-passphrase-file", &same, "--make-key-file", &key])?;
    ensure!(run.code == 0, "{}", run.stderr);
    let run = cli.run(&["get", "A"])?;
    ensure!(
        run.code == 4 && run.stderr.contains("key file"),
        "{}",
        run.stderr
    );
    ensure!(cli.ok(&["get", "A", "--key-file", &key])?.text() == VALUE);
    let run = passphrase(&[
        "--key-file",
        &key,
        "--new-passphrase-file",
        &new,
        "--without-key-file",
        "--compromised",
    ])?;
    ensure!(run.code == 0, "{}", run.stderr);
    ensure!(cli.run(&["get", "A"])?.code == 4);
    let program = binary("KEYSTEAD_CLI", "keystead")?;
    let get = ["--passphrase-file", &*new, "get", "A"];
    let output = machine.command(&program).args(get).output()?;
    ensure!(output.stdout == VALUE.as_bytes(), "{}", said(&output));
    let verify = ["--passphrase-file", &*new, "audit", "verify"];
    ensure!(
        machine
            .command(&program)
            .args(verify)
            .output()?
            .status
            .success()
    );
    Ok(())
}
