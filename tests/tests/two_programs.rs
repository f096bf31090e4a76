//! `keystead` asks a host and holds no store; `keystead-full` beside it opens vaults.

use anyhow::{Result, ensure};
use keystead_tests::{agent::Agent, cli::Cli, machine::Machine, machine::binary};
use std::{fs, process::Stdio};

const PLACE: [&str; 4] = ["-p", "small", "-e", "dev"];

#[test]
fn without_the_full_one_a_host_is_asked_and_nothing_else_is_done() -> Result<()> {
    let machine = Machine::new()?;
    let cli = Cli::new(&machine)?;
    cli.ok(&["init", "--kdf-memory", "64", "--kdf-passes", "3"])?;
    let set = ["set", "A", "--yes"].into_iter().chain(PLACE);
    cli.ok_with(&set.collect::<Vec<_>>(), b"first")?;
    let alone = machine.root().join("bin");
    fs::create_dir(&alone)?;
    let alone = alone.join("keystead");
    fs::copy(binary("KEYSTEAD_CLI", "keystead")?, &alone)?;
    let get = || {
        let mut command = machine.command(&alone);
        command.args(["get", "A"]).args(PLACE).stdin(Stdio::null());
        command.output()
    };

    let refused = get()?;
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    ensure!(refused.status.code() == Some(127), "{refused:?}");
    ensure!(
        said.contains("keystead-full") && said.contains("install both again"),
        "{said}"
    );
    ensure!(refused.stdout.is_empty());

    let agent = Agent::start(&machine, &[])?;
    let answered = get()?;
    ensure!(answered.stdout == b"first", "{answered:?}");
    agent.end()?;
    Ok(())
}

#[test]
fn the_full_one_does_everything_and_both_speak_of_keystead() -> Result<()> {
    let machine = Machine::new()?;
    let full = binary("KEYSTEAD_CLI", "keystead")?.with_file_name("keystead-full");
    let cli = Cli::new(&machine)?;
    cli.ok(&["init", "--kdf-memory", "64", "--kdf-passes", "3"])?;
    let passphrase = machine.root().join("passphrase");
    let by = |program: &std::path::Path, words: &[&str]| {
        let mut command = machine.command(program);
        command.arg("--passphrase-file").arg(&passphrase);
        command.args(words).stdin(Stdio::null()).output()
    };
    let listed = by(&full, &["list", "--json"])?;
    ensure!(listed.status.success(), "{listed:?}");
    let small = binary("KEYSTEAD_CLI", "keystead")?;
    for words in [
        &["--help"][..],
        &["get", "--help"],
        &["get"],
        &["completions", "bash"],
    ] {
        let (a, b) = (by(&small, words)?, by(&full, words)?);
        ensure!(a.status.code() == b.status.code());
        let said = |name: &str, out: &[u8]| String::from_utf8_lossy(out).replace(name, "keystead");
        for (a, b) in [(&a.stdout, &b.stdout), (&a.stderr, &b.stderr)] {
            ensure!(said("keystead", a) == said("keystead-full", b), "{words:?}");
        }
    }
    Ok(())
}
