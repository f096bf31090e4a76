//! What a person edits, finds and takes back, by the command line and beside linked files.

use anyhow::{Context as _, Result, ensure};
use keystead_tests::{agent::Agent, cli::Cli, machine::Machine};
use std::fs;

const START: [&str; 5] = ["init", "--kdf-memory", "64", "--kdf-passes", "3"];

fn filled(machine: &Machine) -> Result<Cli<'_>> {
    let cli = Cli::new(machine)?;
    cli.ok(&START)?;
    for (environment, name, value) in [
        ("dev", "OPENAI_API_KEY", "sk-proj-aaaaaaaaaaaaaaaaaaaaaaaa"),
        ("dev", "DATABASE_URL", "postgres://u:p@h/dev"),
        ("prod", "OPENAI_API_KEY", "sk-proj-bbbbbbbbbbbbbbbbbbbbbbbb"),
    ] {
        let words = ["set", name, "-p", "churn", "-e", environment, "--yes"];
        cli.ok_with(&words, value.as_bytes())?;
    }
    Ok(cli)
}

#[test]
fn a_protected_environment_asks_again_before_a_value_leaves() -> Result<()> {
    let machine = Machine::new()?;
    let cli = filled(&machine)?;
    let folder = machine.root().join("app");
    fs::create_dir(&folder)?;
    let folder = folder.to_str().context("UTF-8")?;
    cli.ok(&[
        "environment",
        "-p",
        "churn",
        "-e",
        "prod",
        "--protect",
        "on",
    ])?;
    let agent = Agent::start(&machine, &[])?;
    let ways: [&[&str]; 5] = [
        &["get", "OPENAI_API_KEY", "-e", "prod"],
        &["export", "-e", "prod"],
        &["run", "-e", "prod", "--", "true"],
        &["fill", "--from", "prod", "--to", "dev", "OPENAI_API_KEY"],
        &["link", folder, "-e", "prod"],
    ];
    for words in ways {
        let refused = cli.run(words)?;
        ensure!(refused.code == 6, "{words:?}: {}", refused.stderr);
        ensure!(
            refused.stderr.contains("prod is protected"),
            "{}",
            refused.stderr
        );
        ensure!(!refused.stdout.starts_with(b"sk-") && refused.stdout.is_empty());
    }
    ensure!(
        fs::read_dir(folder)?.next().is_none(),
        "nothing was written"
    );
    let mut forced = vec!["--yes"];
    forced.extend(ways[0]);
    ensure!(cli.ok(&forced)?.text() == "sk-proj-bbbbbbbbbbbbbbbbbbbbbbbb");
    let linked = ["--yes", "link", folder, "-e", "prod"];
    cli.ok(&linked)?;
    // Who linked it said so then: a rotation follows by itself.
    cli.ok(&[
        "rotate",
        "OPENAI_API_KEY",
        "-e",
        "prod",
        "--generate",
        "hex",
    ])?;
    let file = fs::read_to_string(machine.root().join("app/.env"))?;
    ensure!(!file.contains("bbbbbbbb"), "{file}");
    agent.end()?;
    Ok(())
}

#[test]
fn one_environment_is_filled_from_another_or_has_what_it_has() -> Result<()> {
    let machine = Machine::new()?;
    let cli = filled(&machine)?;
    let listed = cli.ok(&["list"])?.text().to_owned();
    ensure!(listed.contains("missing"), "{listed}");
    cli.ok(&["environment", "-e", "prod", "--inherit", "dev"])?;
    ensure!(cli.ok(&["list"])?.text().contains("as dev"));
    ensure!(cli.ok(&["get", "DATABASE_URL", "-e", "prod"])?.text() == "postgres://u:p@h/dev");
    let own = cli
        .ok(&["get", "OPENAI_API_KEY", "-e", "prod"])?
        .text()
        .to_owned();
    ensure!(own.ends_with("bbbb"), "its own value goes first: {own}");
    let circle = cli.run(&["environment", "-e", "dev", "--inherit", "prod"])?;
    ensure!(circle.code == 7, "{}", circle.stderr);
    cli.ok(&["environment", "-e", "prod", "--inherit", ""])?;
    ensure!(cli.run(&["get", "DATABASE_URL", "-e", "prod"])?.code == 3);

    let filled = cli.ok(&["fill", "--from", "dev", "--to", "prod"])?;
    ensure!(filled.stderr.contains("1 filled"), "{}", filled.stderr);
    ensure!(cli.ok(&["get", "DATABASE_URL", "-e", "prod"])?.text() == "postgres://u:p@h/dev");
    let again = cli.ok(&["fill", "--from", "dev", "--to", "prod"])?;
    ensure!(
        again.stderr.contains("prod has all that dev has"),
        "{}",
        again.stderr
    );
    ensure!(cli.run(&["fill", "--from", "qa", "--to", "prod"])?.code == 3);
    Ok(())
}

#[test]
fn what_was_done_is_listed_taken_back_and_made_again_with_its_files() -> Result<()> {
    let machine = Machine::new()?;
    let cli = filled(&machine)?;
    let folder = machine.root().join("app");
    fs::create_dir(&folder)?;
    cli.ok(&[
        "link",
        folder.to_str().context("UTF-8")?,
        "-e",
        "dev",
        "--yes",
    ])?;
    let file = || fs::read_to_string(folder.join(".env"));
    let words = ["rotate", "OPENAI_API_KEY", "-e", "dev"];
    cli.ok_with(&words, b"sk-proj-cccccccccccccccccccccccc")?;
    ensure!(file()?.contains("cccc"));
    let undone = cli.ok(&["undo"])?;
    ensure!(
        undone.stderr.contains("OPENAI_API_KEY in dev of churn"),
        "{}",
        undone.stderr
    );
    ensure!(file()?.contains("aaaa") && !file()?.contains("cccc"));
    cli.ok(&["redo"])?;
    ensure!(file()?.contains("cccc"));

    cli.ok(&["remove", "DATABASE_URL"])?;
    ensure!(!file()?.contains("DATABASE_URL"));
    ensure!(cli.run(&["get", "DATABASE_URL", "-e", "dev"])?.code == 3);
    cli.ok(&[
        "edit",
        "OPENAI_API_KEY",
        "--tag",
        "customer",
        "--owner",
        "Mara",
    ])?;
    let log = cli.ok(&["log", "--json"])?.json();
    let operations = log["operations"].as_array().context("a list")?;
    let what = |n: usize| operations[n]["what"].as_str().unwrap_or_default();
    ensure!(what(1) == "removed DATABASE_URL", "{log}");
    ensure!(what(2).starts_with("made again: "), "{log}");
    let removal = operations[1]["sequence"].to_string();
    cli.ok(&["undo", &removal])?;
    ensure!(cli.ok(&["get", "DATABASE_URL", "-e", "dev"])?.text() == "postgres://u:p@h/dev");
    ensure!(file()?.contains("DATABASE_URL"));
    ensure!(cli.run(&["undo", &removal])?.code == 3);
    let first = operations.last().context("some")?["sequence"].to_string();
    ensure!(
        cli.run(&["undo", &first])?.code == 3,
        "a space's beginning stays"
    );
    // The value that an older operation set was rotated since.
    let made = |operation: &&serde_json::Value| {
        let what = operation["what"].as_str().unwrap_or_default();
        what.contains("made project churn")
    };
    let set = operations.iter().find(made).context("the first set")?;
    let set = set["sequence"].to_string();
    let refused = cli.run(&["undo", &set])?;
    ensure!(
        refused.code == 6 && refused.stderr.contains("was changed since"),
        "{}",
        refused.stderr
    );
    ensure!(cli.ok(&["log"])?.text().contains("taken back"));
    let audit = cli.ok(&["audit"])?.text().to_owned();
    ensure!(
        audit.contains("took back") && audit.contains("made again"),
        "{audit}"
    );
    cli.ok(&["audit", "verify"])?;
    Ok(())
}

#[test]
fn secrets_are_found_by_what_they_say_and_by_their_value() -> Result<()> {
    let machine = Machine::new()?;
    let cli = filled(&machine)?;
    let words = [
        "edit",
        "DATABASE_URL",
        "--tag",
        "customer",
        "--tag",
        "pii",
        "--owner",
        "Mara L",
    ];
    cli.ok(&words)?;
    cli.ok(&[
        "edit",
        "DATABASE_URL",
        "--untag",
        "pii",
        "--expires",
        "2027-03-31",
        "--lead",
        "14",
    ])?;
    let found = |query: &[&str]| -> Result<Vec<String>> {
        let mut words = vec!["search", "--json"];
        words.extend(query);
        let found = cli.ok(&words)?.json();
        let hits = found["hits"].as_array().context("a list")?;
        Ok(hits
            .iter()
            .filter_map(|hit| hit["name"].as_str().map(str::to_owned))
            .collect())
    };
    ensure!(found(&["opnai"])? == ["OPENAI_API_KEY"]);
    ensure!(found(&["tag:customer", "env:dev"])? == ["DATABASE_URL"]);
    ensure!(found(&["tag:pii"])?.is_empty());
    ensure!(found(&["missing:prod"])? == ["DATABASE_URL"]);
    ensure!(found(&["owner:mara"])? == ["DATABASE_URL"]);
    ensure!(found(&["due:0d"])?.is_empty());
    ensure!(cli.run(&["search", "due:soon"])?.code == 7);
    ensure!(
        cli.run(&["edit", "DATABASE_URL", "--tag", "Two Words"])?
            .code
            == 7
    );
    ensure!(
        cli.run(&["edit", "DATABASE_URL", "--expires", "soon"])?
            .code
            == 2
    );
    ensure!(
        cli.run(&["edit", "DATABASE_URL", "OPENAI_API_KEY", "--rename", "X"])?
            .code
            == 7
    );

    let hits = cli
        .ok_with(&["find", "--json"], b"sk-proj-bbbbbbbbbbbbbbbbbbbbbbbb\n")?
        .json();
    ensure!(hits["hits"][0]["environment"] == "prod", "{hits}");
    ensure!(cli.run_with(&["find"], b"sk-proj-")?.code == 3);
    let audit = cli.ok(&["audit"])?.text().to_owned();
    ensure!(
        audit.contains("looked for a value") && !audit.contains("bbbbbbbb"),
        "{audit}"
    );
    Ok(())
}
