//! `cargo xtask chroot`: the proof on a clean machine. A fresh Debian in a folder, this machine's Rust and Node in it
//! read-only, a copy of the checkout, and the entry point run inside.
//!
//! All mounts are made in a mount namespace of their own (`inside`): they are gone when the command is, however it ends.

mod bootstrap;
mod host;
pub(crate) mod inside;

use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::time::Instant;

use anyhow::{Context, Result, bail};

use crate::packages::{self, Use};
use crate::workspace::Workspace;
use crate::{process, test};

const SUITES: &[&str] = &["bookworm", "trixie"];

/// What to do on which clean machine.
#[derive(Debug, PartialEq)]
pub(crate) struct Request {
    suite: String,
    /// Enter the folder as the last run left it.
    keep: bool,
    /// The command line inside, in the checkout's root.
    command: Vec<String>,
}

impl Request {
    /// Reads what stands before `--` and after it; `None` for a usage error.
    pub(crate) fn parse(own: &[String], passed: Option<&[String]>) -> Option<Self> {
        let mut request = Self {
            suite: SUITES[0].to_owned(),
            keep: false,
            command: Vec::new(),
        };
        let mut words = own.iter().map(String::as_str).peekable();
        while let Some(flag) = words.next_if(|word| word.starts_with("--")) {
            match flag {
                "--suite" => {
                    request.suite = words
                        .next()
                        .filter(|suite| SUITES.contains(suite))?
                        .to_owned()
                }
                "--keep" => request.keep = true,
                _ => return None,
            }
        }
        let inner: Vec<&str> = words.collect();
        let command = match (inner.as_slice(), passed) {
            ([], Some(command)) if !command.is_empty() => command.to_vec(),
            ([], None) => xtask(&["test"]),
            (["run"], None) => xtask(&["run"]),
            (["test", stages @ ..], None) if stages.iter().all(|stage| test::is_stage(stage)) => {
                xtask(&inner)
            }
            _ => return None,
        };
        Some(Self { command, ..request })
    }

    fn root(&self, workspace: &Workspace) -> PathBuf {
        workspace.target("chroot").join(&self.suite)
    }
}

fn xtask(words: &[&str]) -> Vec<String> {
    ["cargo", "xtask"]
        .iter()
        .chain(words)
        .map(|&word| word.to_owned())
        .collect()
}

/// Makes the clean machine (or keeps the last one) and runs the command in it.
pub(crate) fn enter_fresh(workspace: &Workspace, request: &Request) -> Result<ExitCode> {
    if process::output(Command::new("id").arg("-u"))?.trim() != "0" {
        bail!("a clean machine in a folder needs root");
    }
    packages::install_missing(workspace, &[Use::Chroot])?;
    let root = request.root(workspace);
    if request.keep {
        if !root.join("etc").is_dir() {
            bail!("there is no {} to keep", root.display());
        }
    } else {
        let start = Instant::now();
        bootstrap::make(workspace, &request.suite, &root)?;
        println!(
            "A clean {} after {:.1} s.",
            request.suite,
            start.elapsed().as_secs_f64()
        );
    }
    bootstrap::copy_checkout(workspace, &root, request.keep)?;

    println!("In {}: {}", request.suite, request.command.join(" "));
    let start = Instant::now();
    let status = namespaced(request)?
        .status()
        .context("unshare does not start")?;
    println!(
        "In {}: {status} after {:.1} s.",
        request.suite,
        start.elapsed().as_secs_f64()
    );
    Ok(if status.success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// This program again, in namespaces of its own.
fn namespaced(request: &Request) -> Result<Command> {
    let mut command = Command::new("unshare");
    command.args(["--mount", "--pid", "--fork", "--kill-child"]);
    command.env(inside::OUTSIDE, inside::mount_namespace()?);
    // The shell is the namespace's first process: it stays and reaps what others leave behind.
    command.args(["sh", "-c", "\"$@\"; exit $?", "sh"]);
    command
        .arg(std::env::current_exe()?)
        .args(["chroot-inside", "--suite", &request.suite]);
    if request.keep {
        command.arg("--keep");
    }
    command.arg("--").args(&request.command);
    Ok(command)
}
