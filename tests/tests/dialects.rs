//! Exports, each read by its own reader: what comes out is what went in, byte
//! for byte. For the imported `.env`, and for 1,000 generated nasty values.

use anyhow::{Context as _, Result, ensure};
use keystead_formats::{Dialect, render};
use keystead_tests::{cli::Cli, machine::Machine, sample_env};
use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

type Values = BTreeMap<String, String>;

const NASTY: usize = 1_000;

/// Reads a file with the dialect's own reader.
fn read_back(dialect: Dialect, file: &Path) -> Result<Values> {
    let peers = env::var_os("KEYSTEAD_PEERS").map(PathBuf::from);
    let peers = peers.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("peers"));
    let mut command = match dialect {
        Dialect::Dotenv => {
            let python = env::var_os("KEYSTEAD_PYTHON")
                .map(PathBuf::from)
                .unwrap_or_else(|| {
                    Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/venv/bin/python")
                });
            let mut command = Command::new(python);
            command.args([
                "-c",
                "import sys, json, dotenv\n\
                json.dump(dotenv.dotenv_values(sys.argv[1], interpolate=True), sys.stdout)",
            ]);
            command
        }
        Dialect::DotenvNode => {
            let mut command = Command::new("node");
            command.current_dir(&peers).args([
                "-e",
                "const fs = require('fs');\
                const parsed = require('dotenv').parse(fs.readFileSync(process.argv[1]));\
                process.stdout.write(JSON.stringify(parsed))",
            ]);
            command
        }
        Dialect::Shell => {
            let mut command = Command::new("bash");
            command.args(["--norc", "-c", "set -e; . \"$1\"; env -0", "bash"]);
            command
        }
    };
    command
        .env_clear()
        .env("PATH", env::var_os("PATH").unwrap_or_default());
    let output = command
        .arg(file)
        .output()
        .context("the reader runs; `cargo xtask test peers` installs it")?;
    ensure!(
        output.status.success(),
        "{dialect}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    if dialect == Dialect::Shell {
        let text = String::from_utf8(output.stdout)?;
        let pairs = text
            .split_terminator('\0')
            .filter_map(|pair| pair.split_once('='));
        return Ok(pairs
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect());
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// A small generator, so that a failing seed can be run again.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound as u64) as usize
    }
}

fn nasty(random: &mut Random) -> String {
    const PIECES: &[&str] = &[
        "'",
        "\"",
        "`",
        "\\",
        "\\\\",
        "$",
        "${A}",
        "${N1:-x}",
        "$(id)",
        "`id`",
        "#",
        " #",
        "=",
        " ",
        "  ",
        "\t",
        "\n",
        "\r",
        "\r\n",
        "\\n",
        "\\r",
        "\\t",
        "export ",
        "A=",
        "\u{feff}",
        "\u{a0}",
        "\u{85}",
        "\u{2028}",
        "é",
        "e\u{301}",
        "🔑",
        "你好",
        "!",
        "!!",
        "%",
        "&",
        ";",
        "|",
        "<",
        ">",
        "*",
        "?",
        "~",
        "{",
        "}",
        "[",
        "]",
        "(",
        ")",
        "\u{1}",
        "\u{7f}",
        "\u{1b}[0m",
        "''",
        "\"\"",
        "'\\''",
        "word",
        "sk-proj-",
        "0",
        ":",
        "${",
        "$$",
        "\\'",
        "\\\"",
        ",",
        "-----BEGIN KEY-----\n",
    ];
    match random.below(40) {
        0 => String::new(),
        1 => "x".repeat(20_000),
        2 => "'\"`".repeat(1 + random.below(3)),
        _ => (0..1 + random.below(12))
            .map(|_| PIECES[random.below(PIECES.len())])
            .collect(),
    }
}

fn seed() -> u64 {
    let chosen = env::var("KEYSTEAD_SEED")
        .ok()
        .and_then(|text| text.parse().ok());
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    chosen.unwrap_or_else(|| now.map_or(1, |d| d.as_nanos() as u64 | 1))
}

/// `NASTY` values that the dialect carries; those that it says it can't are counted.
fn generate(dialect: Dialect, random: &mut Random) -> (Values, usize) {
    let (mut values, mut refused) = (Values::new(), 0);
    while values.len() < NASTY {
        let (name, value) = (format!("N{}", values.len()), nasty(random));
        match render(dialect, &[(&name, &value)]) {
            Ok(_) => {
                values.insert(name, value);
            }
            Err(error) => {
                assert_ne!(
                    dialect,
                    Dialect::Dotenv,
                    "the default dialect carries any UTF-8"
                );
                assert_eq!(error.name, name);
                assert!(error.carried_by.contains(&Dialect::Dotenv));
                refused += 1;
            }
        }
    }
    (values, refused)
}

#[test]
fn exports_give_the_imported_values_to_their_readers() -> Result<()> {
    let machine = Machine::new()?;
    let cli = Cli::new(&machine)?;
    cli.ok(&["init", "--kdf-memory", "64", "--kdf-passes", "3"])?;
    let sample = sample_env();
    let path = sample.to_str().expect("UTF-8");
    cli.ok(&["import", path, "-p", "churn-model", "-e", "dev", "--yes"])?;
    let expected = read_back(Dialect::Dotenv, &sample)?;
    assert_eq!(expected.len(), 28, "the reader itself reads the sample");
    for dialect in Dialect::ALL {
        let export = cli.ok(&["export", "--dialect", dialect.as_str()])?;
        let file = machine.root().join(format!("export-{dialect}"));
        fs::write(&file, &export.stdout)?;
        let read = read_back(dialect, &file)?;
        for (name, value) in &expected {
            assert_eq!(read.get(name), Some(value), "{name} by {dialect}");
        }
    }
    Ok(())
}

#[test]
fn a_thousand_nasty_values_survive_each_dialect() -> Result<()> {
    let seed = seed();
    println!("KEYSTEAD_SEED={seed}");
    let machine = Machine::new()?;
    let cli = Cli::new(&machine)?;
    cli.ok(&["init", "--kdf-memory", "64", "--kdf-passes", "3"])?;
    for dialect in Dialect::ALL {
        let (values, refused) = generate(dialect, &mut Random(seed));
        println!(
            "{dialect}: {} values, {refused} refused by name",
            values.len()
        );
        // In by one dialect, out by another: the vault stands between.
        let pairs: Vec<_> = values
            .iter()
            .map(|(n, v)| (n.as_str(), v.as_str()))
            .collect();
        let text = render(Dialect::Dotenv, &pairs)?;
        let file = machine.root().join("in.env");
        fs::write(&file, text.as_bytes())?;
        let project = format!("nasty-{dialect}");
        let place = ["-p", &project, "-e", "dev"];
        let import = [
            &["import", file.to_str().expect("UTF-8"), "--yes"][..],
            &place,
        ]
        .concat();
        cli.ok(&import)?;
        let export = [&["export", "--dialect", dialect.as_str()][..], &place].concat();
        let out = machine.root().join(format!("out-{dialect}"));
        fs::write(&out, cli.ok(&export)?.stdout)?;
        let read = read_back(dialect, &out)?;
        for (name, value) in &values {
            assert_eq!(
                read.get(name),
                Some(value),
                "{name} by {dialect}, seed {seed}"
            );
        }
    }
    Ok(())
}
