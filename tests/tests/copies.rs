//! One-off copies, by the command line: sealed here and opened by age's TypeScript implementation, sealed there and
//! opened here, and recorded.

use anyhow::{Context as _, Result, ensure};
use base64::{Engine, prelude::BASE64_STANDARD};
use keystead_tests::{cli::Cli, machine::Machine};
use serde_json::{Value, json};
use std::{
    env, fs,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

const START: [&str; 5] = ["init", "--kdf-memory", "64", "--kdf-passes", "3"];

/// One question to npm `age-encryption`.
fn typage(operation: &str, mut request: Value) -> Result<Value> {
    let peers = env::var_os("KEYSTEAD_PEERS").map(PathBuf::from);
    let peers = peers.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("peers"));
    request["operation"] = json!(operation);
    let mut process = Command::new("node")
        .arg(peers.join("age.mjs"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("node, and `cargo xtask test peers`")?;
    let mut requests = process.stdin.take().context("piped")?;
    writeln!(requests, "{request}")?;
    drop(requests);
    let mut line = String::new();
    BufReader::new(process.stdout.take().context("piped")?).read_line(&mut line)?;
    process.wait()?;
    let answer: Value = serde_json::from_str(&line)?;
    ensure!(answer["error"].is_null(), "{answer}");
    Ok(answer["ok"].clone())
}

fn set(cli: &Cli<'_>, name: &str, value: &str) -> Result<()> {
    let words = ["set", name, "-p", "app", "-e", "dev", "--yes"];
    cli.ok_with(&words, value.as_bytes())?;
    Ok(())
}

#[test]
fn a_copy_goes_from_one_vault_to_another_and_to_nobody_else() -> Result<()> {
    let (one, two) = (Machine::new()?, Machine::new()?);
    let (ann, ben) = (Cli::new(&one)?, Cli::new(&two)?);
    ann.ok(&START)?;
    ben.ok(&START)?;
    set(&ann, "TOKEN", "canary-token")?;
    set(&ann, "URL", "postgres://app:${app/dev/TOKEN}@h/d")?;
    let card = one.root().join("ben.txt");
    fs::write(&card, ben.ok(&["card"])?.text())?;
    let card = card.to_str().context("UTF-8")?;
    let file = one.root().join("URL.age");
    let file = file.to_str().context("UTF-8")?;
    let share = [
        "share", "URL", "--to", card, "-p", "app", "-e", "dev", "-o", file,
    ];
    let sent = ann.ok(&share)?;
    ensure!(
        sent.stderr.contains("1 values can be opened by"),
        "{}",
        sent.stderr
    );
    let sealed = fs::read(file)?;
    ensure!(sealed.starts_with(b"age-encryption.org/v1"), "an age file");
    ensure!(!sealed.windows(6).any(|bytes| bytes == b"canary"), "sealed");

    // Nothing is replaced unasked, and whoever sealed it can't open it.
    let again = ann.run(&share)?;
    ensure!(again.code == 6, "{} {}", again.code, again.stderr);
    let own = ann.run(&["open", file])?;
    ensure!(
        own.code != 0 && own.stderr.contains("not for this key"),
        "{}",
        own.stderr
    );

    let opened = ben.ok(&["open", file])?;
    ensure!(
        opened.text().contains("postgres://app:canary-token@h/d"),
        "{}",
        opened.text()
    );
    ben.ok(&["import", file, "-p", "app", "-e", "dev", "--yes"])?;
    let read = ben.ok(&["get", "URL", "-p", "app", "-e", "dev"])?;
    ensure!(
        read.text() == "postgres://app:canary-token@h/d",
        "{}",
        read.text()
    );

    // As text, through a pipe.
    let text = ann.ok(&[
        "share", "TOKEN", "--to", card, "-p", "app", "-e", "dev", "-o", "-",
    ])?;
    ensure!(
        text.text()
            .starts_with("-----BEGIN AGE ENCRYPTED FILE-----"),
        "{}",
        text.text()
    );
    let opened = ben.ok_with(&["open", "-"], text.text().as_bytes())?;
    ensure!(opened.text().contains("canary-token"), "{}", opened.text());

    // Who got it is known, of every value in it.
    let audit = ann.ok(&["audit"])?;
    ensure!(audit.text().contains("sent a copy"), "{}", audit.text());
    let inspected = ann.ok(&["list", "-p", "app", "-e", "dev", "--json"])?;
    ensure!(!inspected.text().contains("canary"), "no value is listed");
    let audit = ben.ok(&["audit"])?;
    ensure!(audit.text().contains("opened a copy"), "{}", audit.text());
    for refused in ["no card at all", "age1pq1nonsense"] {
        let path = one.root().join("wrong.txt");
        fs::write(&path, refused)?;
        let to = match refused.starts_with("age1") {
            true => refused,
            false => path.to_str().context("UTF-8")?,
        };
        let run = ann.run(&["share", "URL", "--to", to, "-p", "app", "-e", "dev"])?;
        ensure!(run.code == 7, "{refused}: {} {}", run.code, run.stderr);
    }
    Ok(())
}

#[test]
fn somebody_is_pinned_verified_and_named() -> Result<()> {
    let (one, two, three) = (Machine::new()?, Machine::new()?, Machine::new()?);
    let (ann, ben, eve) = (Cli::new(&one)?, Cli::new(&two)?, Cli::new(&three)?);
    ann.ok(&START)?;
    ben.ok(&START)?;
    eve.ok(&START)?;
    let name = "Ben Ito";
    ben.ok(&["card", "--name", name])?;
    eve.ok(&["card", "--name", name])?;
    set(&ann, "TOKEN", "canary")?;
    let card = ben.ok(&["card"])?;
    let kept = ann.ok_with(&["contacts", "--add", "-"], card.text().as_bytes())?;
    ensure!(
        kept.text().contains(name) && kept.text().contains("no:"),
        "{}",
        kept.text()
    );
    // Somebody else under his name.
    let forged = eve.ok(&["card"])?;
    let refused = ann.run_with(&["contacts", "--add", "-"], forged.text().as_bytes())?;
    ensure!(
        refused.code == 6 && refused.stderr.contains("another identity key"),
        "{}",
        refused.stderr
    );

    let own = ann.ok(&["card", "--name", "Ann Lee"])?;
    ben.ok_with(&["contacts", "--add", "-"], own.text().as_bytes())?;
    let here = ann.ok(&["verify", name, "--json"])?.json();
    let there = ben.ok(&["verify", "Ann Lee", "--json"])?.json();
    ensure!(here == there, "the same on both sides: {here} {there}");
    let number = here["number"].as_str().context("a number")?;
    let wrong: String = number.chars().rev().collect();
    let refused = ann.run(&["verify", name, "--number", &wrong])?;
    ensure!(
        refused.code != 0 && refused.stderr.contains("another one"),
        "{}",
        refused.stderr
    );
    ann.ok(&["verify", name, "--number", number])?;
    let kept = ann.ok(&["contacts", "--json"])?.json();
    ensure!(kept["contacts"][0]["verified"] == true, "{kept}");

    let file = one.root().join("TOKEN.age");
    let file = file.to_str().context("UTF-8")?;
    ann.ok(&[
        "share", "TOKEN", "--to", name, "-p", "app", "-e", "dev", "-o", file,
    ])?;
    ensure!(
        ben.ok(&["open", file])?.text().contains("canary"),
        "for Ben"
    );
    ensure!(eve.run(&["open", file])?.code != 0, "and for no other Ben");
    ann.ok(&["contacts", "--forget", name])?;
    let nobody = ann.run(&[
        "share", "TOKEN", "--to", name, "-p", "app", "-e", "dev", "-o", file,
    ])?;
    ensure!(
        nobody.code != 0 && nobody.stderr.contains("No card of"),
        "{}",
        nobody.stderr
    );
    Ok(())
}

#[test]
fn typage_opens_a_copy_and_what_typage_seals_is_imported() -> Result<()> {
    let machine = Machine::new()?;
    let cli = Cli::new(&machine)?;
    cli.ok(&START)?;
    set(&cli, "TOKEN", "canary")?;
    let peer = typage("generate", json!({}))?;
    let recipient = peer["recipient"].as_str().context("a recipient")?;
    let file = machine.root().join("TOKEN.age");
    let path = file.to_str().context("UTF-8")?;
    cli.ok(&[
        "share", "TOKEN", "--to", recipient, "-p", "app", "-e", "dev", "-o", path,
    ])?;
    let sealed = BASE64_STANDARD.encode(fs::read(&file)?);
    let request = json!({"identity": peer["identity"], "file": sealed, "armored": false});
    let opened = typage("open", request)?;
    let opened = BASE64_STANDARD.decode(opened.as_str().context("base64")?)?;
    ensure!(
        String::from_utf8(opened)?.trim() == "TOKEN=canary",
        "as dotenv reads it"
    );

    let card = cli.ok(&["card", "--json"])?.json();
    let request = json!({
        "recipients": [card["recipient"]],
        "plaintext": BASE64_STANDARD.encode("FROM_TYPAGE='is here'\n"),
        "armored": false,
    });
    let sealed = typage("seal", request)?;
    let sealed = BASE64_STANDARD.decode(sealed.as_str().context("base64")?)?;
    let from = machine.root().join("from.age");
    fs::write(&from, sealed)?;
    let from = from.to_str().context("UTF-8")?;
    cli.ok(&["import", from, "-p", "app", "-e", "dev", "--yes"])?;
    let read = cli.ok(&["get", "FROM_TYPAGE", "-p", "app", "-e", "dev"])?;
    ensure!(read.text() == "is here", "{}", read.text());
    Ok(())
}
