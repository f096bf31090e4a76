//! The `keystead` binary, as a person or a script uses it.

use crate::{
    PASSPHRASE,
    machine::{Machine, binary},
};
use std::{
    fs,
    io::Write,
    path::PathBuf,
    process::{Output, Stdio},
};

/// `keystead` on a throwaway machine.
pub struct Cli<'m> {
    machine: &'m Machine,
    program: PathBuf,
    passphrase_file: PathBuf,
    variables: Vec<(&'static str, &'static str)>,
}

/// What one run gave.
pub struct Run {
    /// Its exit code.
    pub code: i32,
    /// Standard output, as it is.
    pub stdout: Vec<u8>,
    /// Standard error.
    pub stderr: String,
}

impl Run {
    /// Standard output as text.
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.stdout).expect("output is UTF-8")
    }

    /// Standard output as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.stdout).expect("output is JSON")
    }
}

impl<'m> Cli<'m> {
    /// Writes the passphrase file.
    pub fn new(machine: &'m Machine) -> anyhow::Result<Self> {
        let passphrase_file = machine.root().join("passphrase");
        fs::write(&passphrase_file, format!("{PASSPHRASE}\n"))?;
        Ok(Self {
            machine,
            program: binary("KEYSTEAD_CLI", "keystead")?,
            passphrase_file,
            variables: Vec::new(),
        })
    }

    /// The same with a variable of the environment.
    #[must_use]
    pub fn with(&self, name: &'static str, value: &'static str) -> Self {
        let mut variables = self.variables.clone();
        variables.push((name, value));
        Self {
            machine: self.machine,
            program: self.program.clone(),
            passphrase_file: self.passphrase_file.clone(),
            variables,
        }
    }

    /// Runs a command with the passphrase file and nothing on standard input.
    pub fn run(&self, words: &[&str]) -> anyhow::Result<Run> {
        self.run_with(words, b"")
    }

    /// Runs a command that must do what it was asked.
    pub fn ok(&self, words: &[&str]) -> anyhow::Result<Run> {
        self.ok_with(words, b"")
    }

    /// As [`Self::ok`], with these bytes on standard input.
    pub fn ok_with(&self, words: &[&str], input: &[u8]) -> anyhow::Result<Run> {
        let run = self.run_with(words, input)?;
        anyhow::ensure!(
            run.code == 0,
            "keystead {words:?} gave {}: {}",
            run.code,
            run.stderr
        );
        Ok(run)
    }

    /// Runs a command with these bytes on standard input.
    pub fn run_with(&self, words: &[&str], input: &[u8]) -> anyhow::Result<Run> {
        let mut command = self.machine.command(&self.program);
        command
            .envs(self.variables.iter().copied())
            .arg("--passphrase-file")
            .arg(&self.passphrase_file)
            .args(words)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn()?;
        if let Some(mut stdin) = child.stdin.take() {
            // A command that wants no input may have ended already.
            let _ = stdin.write_all(input);
        }
        let Output {
            status,
            stdout,
            stderr,
        } = child.wait_with_output()?;
        Ok(Run {
            code: status.code().unwrap_or(-1),
            stdout,
            stderr: String::from_utf8_lossy(&stderr).into_owned(),
        })
    }
}
