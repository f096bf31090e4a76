//! The fuzz targets of `fuzz/`: built with coverage counters on the installed toolchain, started on the test kit's files.
//!
//! The flags are those of `cargo fuzz run -s none`, which works here too; calling cargo directly spares every machine
//! the build of cargo-fuzz. There is no sanitizer: the crates that are fuzzed forbid unsafe code.

use std::collections::BTreeMap;
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

/// Every target, and the line of the kit's files that is its kind of input.
const TARGETS: &[(&str, &[&str])] = &[
    ("header", &[]),
    ("operation", &[]),
    ("envelope", &["envelope", "padded"]),
    ("wrap", &["wrap", "key"]),
    ("card", &["card", "certificate"]),
    ("head", &["head", "frontier"]),
    ("age_file", &[]),
    ("recovery_words", &["words", "share"]),
];

/// What one call may allocate at most, in MiB: the bound that the crates promise for hostile input.
const ALLOCATION_LIMIT: u32 = 64;

pub(crate) fn is_target(name: &str) -> bool {
    TARGETS.iter().any(|(target, _)| *target == name)
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
    let mut done = Vec::new();
    for (target, lines) in TARGETS {
        if !wanted.is_empty() && !wanted.iter().any(|name| name == target) {
            continue;
        }
        let corpus = workspace.root.join("fuzz/corpus").join(target);
        let artifacts = workspace.root.join("fuzz/artifacts").join(target);
        fs::create_dir_all(&corpus)?;
        fs::create_dir_all(&artifacts)?;
        seed(workspace, lines, &corpus)?;
        if *target == "age_file" {
            copy_files(
                &workspace.root.join("crypto-core/testdata/age/cctv"),
                &corpus,
            )?;
        }
        let mut command = workspace.command(binaries.join(target));
        command
            .arg(&corpus)
            .arg(format!("-max_total_time={seconds}"))
            .arg(format!("-malloc_limit_mb={ALLOCATION_LIMIT}"))
            .arg("-max_len=65536")
            .arg("-timeout=10")
            .arg(format!("-artifact_prefix={}/", artifacts.display()));
        let log = artifacts.join("last.log");
        command.stderr(fs::File::create(&log)?);
        let ended = process::run(&mut command);
        let text = fs::read_to_string(&log)?;
        if let Err(error) = ended {
            bail!("{error:#}; the end of its log:\n{}", last_lines(&text, 30));
        }
        let runs =
            executed(&text).with_context(|| format!("{target} says no runs: {}", log.display()))?;
        if runs == 0 {
            bail!("{target} ran nothing");
        }
        done.push(format!("{target}: {runs} inputs, nothing found"));
    }
    println!("{}", done.join("\n"));
    Ok(())
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

/// Gives the fuzzer something to begin with: the bytes that the kit has for this kind of input.
fn seed(workspace: &Workspace, lines: &[&str], corpus: &Path) -> Result<()> {
    let mut seeds = BTreeMap::new();
    for entry in fs::read_dir(workspace.root.join("crypto-core/testdata/v0"))? {
        let path = entry?.path();
        let text = fs::read_to_string(&path)?;
        for (name, value) in text.lines().filter_map(|line| line.split_once(": ")) {
            if lines.contains(&name) {
                let stem = path.file_stem().unwrap_or_default().to_string_lossy();
                // Words stand in the kit as text, everything else in hex.
                let bytes = unhex(value).unwrap_or_else(|| value.as_bytes().to_vec());
                seeds.insert(format!("{stem}-{name}"), bytes);
            }
        }
    }
    for (name, bytes) in seeds {
        fs::write(corpus.join(name), bytes)?;
    }
    Ok(())
}

fn copy_files(from: &Path, to: &Path) -> Result<()> {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        fs::copy(entry.path(), to.join(entry.file_name()))?;
    }
    Ok(())
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) {
        return None;
    }
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok())
        .collect()
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
    fn hex_is_told_from_words() {
        assert_eq!(unhex("00ff"), Some(vec![0, 255]));
        assert_eq!(unhex("abandon ability"), None);
    }

    #[test]
    fn every_target_is_a_binary_of_the_fuzz_crate() -> Result<()> {
        let manifest = fs::read_to_string(Workspace::locate()?.root.join("fuzz/Cargo.toml"))?;
        let binaries = manifest.matches("[[bin]]").count();
        assert_eq!(binaries, TARGETS.len());
        for (target, _) in TARGETS {
            assert!(
                manifest.contains(&format!("name = \"{target}\"")),
                "{target}"
            );
        }
        Ok(())
    }
}
