//! The fuzz targets of `fuzz/`: built with coverage counters on the installed toolchain, started on the corpora that its
//! `seeds` writes. What was planted must be found first: a panic, and more memory than an input may cost.
//!
//! The flags are those of `cargo fuzz run -s none`, which works here too; calling cargo directly spares every machine
//! the build of cargo-fuzz. There is no sanitizer, as stable Rust has none. The parsers are in crates that forbid unsafe
//! code; what is unsafe below them, in `memory/` and in dependencies, is watched by debug assertions and checked
//! arithmetic alone. `memory/` meets no byte of anybody's input but as a length, and its own tests cover it.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::process;
use crate::workspace::Workspace;

const FLAGS: &[&str] = &[
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "-Cllvm-args=-simplifycfg-branch-fold-threshold=0",
    "--cfg",
    "fuzzing",
];

/// How much the build may cost: a smoke run is over before an optimised build has paid for itself.
#[derive(Clone, Copy)]
enum Build {
    Quick,
    Optimised,
}

const TARGETS: &[&str] = &[
    "header",
    "operation",
    "statement",
    "envelope",
    "wrap",
    "card",
    "head",
    "age_file",
    "recovery_words",
];

/// Binaries that have to fail, what they are given, and what their log then says.
const PLANTED: &[(&str, Planted, &str)] = &[
    (
        "planted_allocation",
        Planted::Input("heap"),
        "memory allocation of 209715200 bytes failed",
    ),
    (
        "planted_allocation",
        Planted::Input("secret"),
        "memory allocation of 209715200 bytes failed",
    ),
    (
        "planted_panic",
        Planted::ToBeFound,
        "panicked at fuzz_targets/planted_panic.rs",
    ),
];

enum Planted {
    /// Fails on this input.
    Input(&'static str),
    /// Fails on an input that the fuzzer has to find, from nothing.
    ToBeFound,
}

pub(crate) fn is_target(name: &str) -> bool {
    TARGETS.contains(&name)
}

/// The stage of `cargo xtask test`: each target for five seconds.
pub(crate) fn smoke(workspace: &Workspace) -> Result<()> {
    start(workspace, &[], 5, Build::Quick)
}

/// Runs the named targets, or all, for `seconds` each.
pub(crate) fn run(workspace: &Workspace, wanted: &[String], seconds: u32) -> Result<()> {
    start(workspace, wanted, seconds, Build::Optimised)
}

fn start(workspace: &Workspace, wanted: &[String], seconds: u32, how: Build) -> Result<()> {
    let binaries = build(workspace, how)?;
    for (binary, planted, reason) in PLANTED {
        find_planted(workspace, &binaries, binary, planted, reason)?;
    }
    process::run(
        workspace
            .command(binaries.join("seeds"))
            .arg(&workspace.root),
    )?;
    let mut done = Vec::new();
    for target in TARGETS {
        if wanted.is_empty() || wanted.iter().any(|name| name == target) {
            let runs = fuzz(workspace, &binaries, target, seconds)?;
            done.push(format!("{target}: {runs} inputs, nothing found"));
        }
    }
    println!("{}", done.join("\n"));
    Ok(())
}

/// Runs one target, and says on how many inputs.
fn fuzz(workspace: &Workspace, binaries: &Path, target: &str, seconds: u32) -> Result<u64> {
    let artifacts = artifacts(workspace, target)?;
    let mut command = workspace.command(binaries.join(target));
    command
        .arg(workspace.root.join("fuzz/corpus").join(target))
        .arg(format!("-max_total_time={seconds}"))
        .arg("-max_len=65536")
        .arg("-timeout=10")
        .arg(format!("-artifact_prefix={}/", artifacts.display()));
    let log = artifacts.join("last.log");
    let ended = process::run_logged(&mut command, &log);
    let text = fs::read_to_string(&log)?;
    if let Err(error) = ended {
        bail!("{error:#}; the end of its log:\n{}", last_lines(&text, 30));
    }
    let runs =
        executed(&text).with_context(|| format!("{target} says no runs: {}", log.display()))?;
    if runs == 0 {
        bail!("{target} ran nothing");
    }
    Ok(runs)
}

/// Runs a binary that has to fail for `reason`, so that a run that finds nothing has shown that it could have.
fn find_planted(
    workspace: &Workspace,
    binaries: &Path,
    binary: &str,
    planted: &Planted,
    reason: &str,
) -> Result<()> {
    let artifacts = artifacts(workspace, binary)?;
    let mut command = workspace.command(binaries.join(binary));
    let what = match planted {
        Planted::Input(input) => {
            let file = artifacts.join(input);
            fs::write(&file, input)?;
            command.arg(file);
            input
        }
        Planted::ToBeFound => {
            command.args(["-max_total_time=20", "-max_len=64"]);
            "from nothing"
        }
    };
    command.arg(format!("-artifact_prefix={}/", artifacts.display()));
    let log = artifacts.join("last.log");
    let survived = process::run_logged(&mut command, &log).is_ok();
    let text = fs::read_to_string(&log)?;
    if survived || !text.contains(reason) {
        bail!(
            "{binary} ({what}) did not fail with `{reason}`, so that no other run says anything; the end of its log:\n{}",
            last_lines(&text, 30)
        );
    }
    println!("{binary} ({what}): found, as it has to be.");
    Ok(())
}

fn artifacts(workspace: &Workspace, target: &str) -> Result<PathBuf> {
    let folder = workspace.root.join("fuzz/artifacts").join(target);
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

fn build(workspace: &Workspace, how: Build) -> Result<PathBuf> {
    let triple = host_triple(workspace)?;
    let target = workspace.cargo_target.join(match how {
        Build::Quick => "fuzz-quick",
        Build::Optimised => "fuzz",
    });
    let manifest = workspace.root.join("fuzz/Cargo.toml");
    let mut build = workspace.cargo(&[
        "build",
        "--locked",
        "--release",
        "--bins",
        "--target",
        &triple,
    ]);
    build
        .arg("--manifest-path")
        .arg(&manifest)
        .env("CARGO_TARGET_DIR", &target)
        .env("RUSTFLAGS", FLAGS.join(" "));
    if let Build::Quick = how {
        build
            .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1")
            .env("CARGO_PROFILE_RELEASE_DEBUG", "0");
    }
    process::run(&mut build)?;
    Ok(target.join(&triple).join("release"))
}

fn host_triple(workspace: &Workspace) -> Result<String> {
    let version = process::output(workspace.command("rustc").arg("-vV"))?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("rustc names its host")?.to_owned())
}

/// The count in libFuzzer's last line, `Done 123456 runs in 6 second(s)`.
fn executed(log: &str) -> Option<u64> {
    let line = log
        .lines()
        .rev()
        .find_map(|line| line.strip_prefix("Done "))?;
    line.split_whitespace().next()?.parse().ok()
}

fn last_lines(text: &str, count: usize) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(count)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_runs_is_read_from_the_log() {
        let log = "INFO: seed corpus\n#4 DONE cov: 12\nDone 193182 runs in 6 second(s)\n";
        assert_eq!(executed(log), Some(193_182));
        assert_eq!(executed("INFO: nothing"), None);
    }

    #[test]
    fn every_target_is_a_binary_of_the_fuzz_crate() -> Result<()> {
        let manifest = fs::read_to_string(Workspace::locate()?.root.join("fuzz/Cargo.toml"))?;
        let mut declared: Vec<&str> = manifest
            .lines()
            .filter_map(|line| {
                line.strip_prefix("path = \"fuzz_targets/")?
                    .strip_suffix(".rs\"")
            })
            .collect();
        declared.sort_unstable();
        let planted = PLANTED.iter().map(|(binary, ..)| binary);
        let mut known: Vec<&str> = TARGETS.iter().chain(planted).copied().collect();
        known.sort_unstable();
        known.dedup();
        assert_eq!(declared, known);
        Ok(())
    }
}
