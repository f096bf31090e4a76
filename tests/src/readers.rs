//! The programs that the dialects are named after, reading a file.

use anyhow::{Context as _, Result, ensure};
use keystead_formats::Dialect;
use std::{
    collections::BTreeMap,
    env,
    path::{Path, PathBuf},
    process::Command,
};

/// Values by name.
pub type Values = BTreeMap<String, String>;

/// The Python that the peers are installed for.
pub fn python() -> PathBuf {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/venv/bin/python");
    env::var_os("KEYSTEAD_PYTHON").map_or_else(beside, PathBuf::from)
}

/// Reads a file with the dialect's own reader.
pub fn read_back(dialect: Dialect, file: &Path) -> Result<Values> {
    let peers = env::var_os("KEYSTEAD_PEERS").map(PathBuf::from);
    let peers = peers.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("peers"));
    let mut command = match dialect {
        Dialect::Dotenv => {
            let mut command = Command::new(python());
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
        Dialect::Json => {
            let mut command = Command::new("jq");
            command.arg(".");
            command
        }
        Dialect::Yaml => {
            let mut command = Command::new(python());
            command.args([
                "-c",
                "import sys, json, yaml\n\
                json.dump(yaml.safe_load(open(sys.argv[1], 'rb')) or {}, sys.stdout)",
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
