//! A second machine of the same person, by the command line and over a bucket: how it is taken in, and how it goes alone.

use anyhow::{Context, Result, ensure};
use keystead_tests::{
    cli::{Cli, Run},
    machine::Machine,
    s3::S3,
};
use serde_json::Value;

const START: [&str; 5] = ["init", "--kdf-memory", "64", "--kdf-passes", "3"];
const HERE: [&str; 4] = ["-p", "shop", "-e", "prod"];

fn started(machine: &Machine) -> Result<Cli<'_>> {
    let cli = Cli::new(machine)?;
    cli.ok(&START)?;
    Ok(cli)
}

fn file(machine: &Machine, name: &str) -> String {
    machine.root().join(name).display().to_string()
}

fn team(cli: &Cli<'_>, words: &[&str]) -> Result<Run> {
    cli.ok(&[&["--space", "team"], words].concat())
}

fn gets(cli: &Cli<'_>) -> Result<String> {
    let words = [&["--space", "team", "get", "API_KEY"], &HERE[..]].concat();
    Ok(cli.ok(&words)?.text().to_owned())
}

fn sets(cli: &Cli<'_>, value: &str) -> Result<()> {
    let words = [
        &["--space", "team", "set", "API_KEY"],
        &HERE[..],
        &["--yes"],
    ]
    .concat();
    cli.ok_with(&words, value.as_bytes())?;
    Ok(())
}

/// The code that the machine shows, and where its request is.
fn asks(machine: &Machine, cli: &Cli<'_>, name: &str) -> Result<(String, String)> {
    let request = file(machine, name);
    let asked = cli.ok(&["device", "request", "-o", &request])?;
    let code = asked.stderr.lines().find(|line| line.len() == 24);
    Ok((code.context("a code")?.to_owned(), request))
}

fn devices(cli: &Cli<'_>) -> Result<Vec<Value>> {
    let listed = cli.ok(&["device", "--json"])?.json();
    Ok(listed["devices"].as_array().cloned().unwrap_or_default())
}

#[test]
fn a_second_machine_joins_and_a_lost_one_goes_alone() -> Result<()> {
    let server = S3::start()?;
    let (one, two, three) = (Machine::new()?, Machine::new()?, Machine::new()?);
    let first = started(&one)?;
    first.ok(&["card", "--name", "Ann", "-o", &file(&one, "card.txt")])?;
    first.ok(&["space", "create", "team"])?;
    for (name, value) in [
        ("AWS_ACCESS_KEY_ID", &server.keys.0),
        ("AWS_SECRET_ACCESS_KEY", &server.keys.1),
    ] {
        let words = ["set", name, "-p", "infra", "-e", "bucket", "--yes"];
        first.ok_with(&words, value.as_bytes())?;
    }
    let place = server.place("machines");
    team(&first, &["remote", "add", &place, "--keys", "infra/bucket"])?;
    sets(&first, "before the second machine")?;

    // What asks has nothing of its own.
    let used = first.run(&["device", "request"])?;
    ensure!(
        used.code != 0 && used.stderr.contains("of its own"),
        "{}",
        used.stderr
    );
    let second = started(&two)?;
    let (code, request) = asks(&two, &second, "request.txt")?;
    // The code of somebody else's request opens it for nobody.
    let third = started(&three)?;
    let (others, _) = asks(&three, &third, "first.txt")?;
    let welcome = file(&two, "welcome.txt");
    let words = ["device", "add", &request, "-o", &welcome, "--yes"];
    let wrong = first.run_with(&words, others.as_bytes())?;
    ensure!(
        wrong.code != 0 && wrong.stderr.contains("code"),
        "{}",
        wrong.stderr
    );
    ensure!(devices(&first)?.len() == 1, "nothing was taken in");

    let typed = code.to_lowercase().replace('-', " ");
    first.ok_with(&words, typed.as_bytes())?;
    team(&first, &["sync"])?;
    let not_theirs = third.run(&["device", "join", &welcome, "--yes"])?;
    ensure!(not_theirs.code != 0, "{}", not_theirs.stderr);
    second.ok(&["device", "join", &welcome, "--yes"])?;
    team(&second, &["sync"])?;
    ensure!(gets(&second)? == "before the second machine");
    sets(&second, "from the second machine")?;
    team(&second, &["sync"])?;
    team(&first, &["sync"])?;
    ensure!(gets(&first)? == "from the second machine");
    let card = second.ok(&["card", "--json"])?.json();
    ensure!(card["name"] == "Ann", "{card}");
    // It does not hold the identity's keys, and says who does.
    let refused = second.run(&["space", "create", "mine"])?;
    ensure!(refused.code == 9, "{} {}", refused.code, refused.stderr);
    let list = devices(&first)?;
    ensure!(
        list.len() == 2 && list[1]["spaces"][0] == "team",
        "{list:?}"
    );

    // It is lost.
    let id = list[1]["id"].as_str().context("an id")?;
    first.ok(&["device", "revoke", id, "--yes"])?;
    sets(&first, "after it was lost")?;
    team(&first, &["sync"])?;
    let _ = second.run(&["--space", "team", "sync"])?;
    ensure!(
        gets(&second)? == "from the second machine",
        "what it had, it has"
    );
    ensure!(devices(&first)?.len() == 1);

    // The code stays until the welcome comes, so either request will do.
    let (same, _) = asks(&three, &third, "again.txt")?;
    ensure!(same == others, "{same} {others}");

    // Another one comes in its place, as a primary, and can take in others in turn.
    let (code, request) = asks(&three, &third, "second.txt")?;
    let welcome = file(&three, "welcome.txt");
    let words = ["device", "add", &request, "--primary", "-o", &welcome];
    let unasked = first.run_with(&words, code.as_bytes())?;
    ensure!(unasked.code == 6, "{} {}", unasked.code, unasked.stderr);
    let words = [&words[..], &["--yes"]].concat();
    first.ok_with(&words, code.as_bytes())?;
    team(&first, &["sync"])?;
    third.ok(&["device", "join", &welcome, "--yes"])?;
    team(&third, &["sync"])?;
    ensure!(gets(&third)? == "after it was lost");
    third.ok(&["space", "create", "mine"])?;
    for cli in [&first, &third] {
        let verified = team(cli, &["audit", "verify"])?;
        ensure!(
            verified.text().contains("Recomputed"),
            "{}",
            verified.text()
        );
    }
    // Locked and opened again: the vault is what it became, and no older copy of itself.
    ensure!(third.ok(&["status"])?.code == 0);
    Ok(())
}
