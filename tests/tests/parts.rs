//! What belongs to secrets, by the command line: references, credentials, files, codes, keys, history, compaction.

use anyhow::{Context as _, Result, ensure};
use keystead_tests::{agent::Agent, cli::Cli, machine::Machine};
use std::{fs, os::unix::fs::PermissionsExt, process::Command};

const START: [&str; 5] = ["init", "--kdf-memory", "64", "--kdf-passes", "3"];

fn set(cli: &Cli<'_>, place: (&str, &str), name: &str, value: &str) -> Result<()> {
    let words = ["set", name, "-p", place.0, "-e", place.1, "--yes"];
    cli.ok_with(&words, value.as_bytes())?;
    Ok(())
}

#[test]
fn a_value_that_refers_to_others_follows_them_into_linked_files() -> Result<()> {
    let machine = Machine::new()?;
    let cli = Cli::new(&machine)?;
    cli.ok(&START)?;
    let agent = Agent::start(&machine, &[])?;
    set(&cli, ("db", "prod"), "PASSWORD", "p@ss")?;
    set(&cli, ("app", "prod"), "PORT", "5432")?;
    let url = "postgres://app:${db/prod/PASSWORD}@h:${app/prod/PORT}/d";
    set(&cli, ("app", "prod"), "URL", url)?;
    let place = ["-p", "app", "-e", "prod"];
    let get = || -> Result<String> {
        Ok(cli
            .ok(&["get", "URL", "-p", "app", "-e", "prod"])?
            .text()
            .to_owned())
    };
    ensure!(get()? == "postgres://app:p@ss@h:5432/d", "{}", get()?);

    let folder = machine.root().join("app");
    fs::create_dir(&folder)?;
    let folder = folder.to_str().context("UTF-8")?;
    let mut link = vec!["link", folder];
    link.extend(place);
    cli.ok(&link)?;
    cli.ok_with(
        &["rotate", "PASSWORD", "-p", "db", "-e", "prod"],
        b"rotated",
    )?;
    let file = fs::read_to_string(machine.root().join("app/.env"))?;
    ensure!(file.contains("postgres://app:rotated@h:5432/d"), "{file}");
    cli.ok(&["edit", "PASSWORD", "-p", "db", "--rename", "DB_PASSWORD"])?;
    ensure!(get()?.contains("rotated"), "a rename breaks nothing");

    let circle = cli.run_with(
        &["set", "DB_PASSWORD", "-p", "db", "-e", "prod"],
        b"${app/prod/URL}",
    )?;
    ensure!(circle.code == 7, "{} {}", circle.code, circle.stderr);
    ensure!(
        circle.stderr.contains("made of itself"),
        "{}",
        circle.stderr
    );
    let removed = cli.run(&["remove", "DB_PASSWORD", "-p", "db"])?;
    ensure!(removed.code != 0 && removed.stderr.contains("URL in prod of app refers to it"));

    // The audit knows that the password left inside the URL.
    let audit = cli.ok(&["audit", "--limit", "500", "--json"])?.json();
    let events = audit["events"].as_array().context("events")?;
    ensure!(events.iter().any(|event| event["action"] == "value_read"));
    cli.ok(&["audit", "verify"])?;
    agent.end()?;
    Ok(())
}

#[test]
fn a_credential_changes_as_one_and_parts_of_it_do_not_alone() -> Result<()> {
    let machine = Machine::new()?;
    let cli = Cli::new(&machine)?;
    cli.ok(&START)?;
    let here = ("app", "prod");
    set(&cli, here, "AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")?;
    set(&cli, here, "AWS_SECRET_ACCESS_KEY", "old")?;
    set(&cli, here, "DATABASE_URL", "postgres://app:one@h/d?x=y")?;
    cli.ok(&[
        "credential",
        "aws",
        "--of",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
    ])?;
    cli.ok(&["credential", "login", "--of", "DATABASE_URL#password"])?;
    let listed = cli.ok(&["credential"])?.text().to_owned();
    ensure!(listed.contains("DATABASE_URL#password"), "{listed}");
    let alone = cli.run_with(&["rotate", "AWS_SECRET_ACCESS_KEY", "-e", "prod"], b"new")?;
    ensure!(alone.code != 0 && alone.stderr.contains("credential aws"));
    let half = cli.run_with(
        &["credential", "aws", "--rotate", "-e", "prod"],
        b"AKIAIOSFODNN7EXAMPL2\n",
    )?;
    ensure!(half.code != 0, "one line is not two values");
    cli.ok_with(
        &["credential", "aws", "--rotate", "-e", "prod"],
        b"AKIAIOSFODNN7EXAMPL2\nnew\n",
    )?;
    let get = |name: &str| -> Result<String> {
        Ok(cli.ok(&["get", name, "-e", "prod"])?.text().to_owned())
    };
    ensure!(get("AWS_ACCESS_KEY_ID")?.ends_with('2') && get("AWS_SECRET_ACCESS_KEY")? == "new");
    cli.ok_with(
        &["credential", "login", "--rotate", "-e", "prod"],
        b"t/wo\n",
    )?;
    ensure!(get("DATABASE_URL")? == "postgres://app:t%2Fwo@h/d?x=y");
    cli.ok(&["credential", "aws", "--restore", "-e", "prod"])?;
    ensure!(
        get("AWS_ACCESS_KEY_ID")?.ends_with("EXAMPLE") && get("AWS_SECRET_ACCESS_KEY")? == "old"
    );

    cli.ok(&["edit", "AWS_ACCESS_KEY_ID", "--expires", "2031-03-31"])?;
    let matrix = cli.ok(&["list", "--json"])?.json();
    let rows = matrix[0]["rows"].as_array().context("rows")?;
    let expiring = rows.iter().filter(|row| !row["expires_at"].is_null());
    ensure!(expiring.count() == 2, "both halves expire together");

    let history = cli.ok(&["history", "DATABASE_URL", "-e", "prod"])?;
    ensure!(
        history.text().contains("password: changed") && !history.text().contains("t%2Fwo"),
        "{}",
        history.text()
    );
    cli.ok(&["audit", "verify"])?;
    Ok(())
}

#[test]
fn files_come_back_byte_for_byte_and_nobody_else_reads_them() -> Result<()> {
    let machine = Machine::new()?;
    let cli = Cli::new(&machine)?;
    cli.ok(&START)?;
    set(&cli, ("app", "dev"), "CERT", "x")?;
    let source = machine.root().join("client.p12");
    let bytes: Vec<u8> = (0..300_000_u32).flat_map(u32::to_le_bytes).collect();
    fs::write(&source, &bytes)?;
    let source = source.to_str().context("UTF-8")?;
    cli.ok(&["attachment", "CERT", "--add", source])?;
    fs::remove_file(source)?;
    let listed = cli.ok(&["attachment", "CERT", "--json"])?.json();
    ensure!(listed["attachments"][0]["size"] == 1_200_000, "{listed}");
    let back = machine.root().join("back.p12");
    let out = back.to_str().context("UTF-8")?;
    cli.ok(&["attachment", "CERT", "--save", "client.p12", "-o", out])?;
    ensure!(fs::read(&back)? == bytes);
    let mode = fs::metadata(&back)?.permissions().mode() & 0o777;
    ensure!(mode == 0o600, "{mode:o}");
    let again = cli.run(&["attachment", "CERT", "--save", "client.p12", "-o", out])?;
    ensure!(again.code != 0, "an existing file is not replaced");
    let large = machine.root().join("large");
    fs::write(&large, vec![0; 10 * 1024 * 1024 + 1])?;
    let large = large.to_str().context("UTF-8")?;
    let refused = cli.run(&["attachment", "CERT", "--add", large])?;
    ensure!(refused.code == 7 && refused.stderr.contains("10 MiB"));
    cli.ok(&["attachment", "CERT", "--remove", "client.p12"])?;
    cli.ok(&["undo"])?;
    let listed = cli.ok(&["attachment", "CERT"])?.text().to_owned();
    ensure!(listed.contains("client.p12"), "{listed}");
    cli.ok(&["audit", "verify"])?;
    Ok(())
}

/// What other programs say of generated keys and codes.
#[test]
fn generated_keys_are_those_that_other_programs_read() -> Result<()> {
    let machine = Machine::new()?;
    let cli = Cli::new(&machine)?;
    cli.ok(&START)?;
    cli.ok(&["project", "app", "--new", "dev"])?;
    let private = |name: &str, shape: &str| -> Result<std::path::PathBuf> {
        cli.ok(&["set", name, "--generate", shape])?;
        let path = machine.root().join(name);
        fs::write(&path, cli.ok(&["get", name])?.stdout)?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600))?;
        Ok(path)
    };
    let told = |program: &str, words: &[&str]| -> Result<String> {
        let output = Command::new(program)
            .args(words)
            .output()
            .with_context(|| format!("{program} is not installed"))?;
        let stderr = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "{program}: {stderr}");
        Ok(String::from_utf8(output.stdout)?)
    };
    for shape in ["rsa-key", "ec-key"] {
        let name = shape.replace('-', "_");
        let path = private(&name, shape)?;
        let path = path.to_str().context("UTF-8")?;
        told("openssl", &["pkey", "-in", path, "-check", "-noout"])?;
        let public = told("openssl", &["pkey", "-in", path, "-pubout"])?;
        ensure!(cli.ok(&["public", &name])?.text().trim() == public.trim());
    }
    let path = private("SSH", "ssh-key")?;
    let public = told("ssh-keygen", &["-y", "-f", path.to_str().context("UTF-8")?])?;
    let ours = cli.ok(&["public", "SSH"])?.text().to_owned();
    let key = |line: &str| line.split(' ').take(2).collect::<Vec<_>>().join(" ");
    ensure!(key(ours.trim()) == key(public.trim()), "{ours} {public}");

    set(
        &cli,
        ("app", "dev"),
        "GITHUB_TOTP",
        "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ",
    )?;
    let made = cli.ok(&["code", "GITHUB_TOTP", "--json"])?.json();
    let (code, left) = (made["code"].as_str(), made["seconds"].as_u64());
    ensure!(code.is_some_and(|code| code.len() == 6 && code.bytes().all(|b| b.is_ascii_digit())));
    ensure!(left.is_some_and(|left| (1..=30).contains(&left)));
    ensure!(cli.run(&["code", "SSH"])?.code == 7);
    let audit = cli.ok(&["audit", "--limit", "50"])?.text().to_owned();
    ensure!(audit.contains("used"), "{audit}");
    Ok(())
}

#[test]
fn secrets_move_are_exported_by_name_and_a_long_log_gives_way() -> Result<()> {
    let machine = Machine::new()?;
    let cli = Cli::new(&machine)?;
    cli.ok(&START)?;
    let agent = Agent::start(&machine, &[])?;
    for name in ["A", "B", "C"] {
        set(&cli, ("old", "dev"), name, &format!("value of {name}"))?;
    }
    set(&cli, ("new", "prod"), "X", "x")?;
    let asks = cli.run(&["move", "A", "B", "-p", "old", "--to", "new"])?;
    ensure!(asks.code == 6, "new has no dev: {}", asks.stderr);
    cli.ok(&["--yes", "move", "A", "B", "-p", "old", "--to", "new"])?;
    ensure!(cli.ok(&["get", "A", "-p", "new", "-e", "dev"])?.text() == "value of A");
    ensure!(cli.run(&["get", "A", "-p", "old"])?.code == 3);
    let some = cli.ok(&["export", "B", "-p", "new", "-e", "dev"])?;
    ensure!(
        some.text().trim() == "B='value of B'" || some.text().trim() == "B=\"value of B\"",
        "{}",
        some.text()
    );
    ensure!(cli.run(&["export", "NONE", "-p", "new", "-e", "dev"])?.code == 3);
    cli.ok(&["undo"])?;
    ensure!(cli.ok(&["get", "A", "-p", "old"])?.text() == "value of A");
    let none = cli.ok(&["compact"])?;
    ensure!(none.stderr.contains("nothing yet"), "{}", none.stderr);
    cli.ok(&["audit", "verify"])?;
    agent.end()?;
    Ok(())
}
