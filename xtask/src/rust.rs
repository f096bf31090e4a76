//! The cargo stages. All of them select the whole workspace, so that one resolution of features serves build and tests.

use std::path::Path;
use std::process::Command;

use anyhow::{Result, bail};

use crate::workspace::Workspace;
use crate::{peers, process};

/// The test target that drives the real window; it runs alone and under a display of its own.
const WINDOW: &str = "window";

/// Prints the names of the integration test targets out of `cargo metadata`; Node reads JSON, and xtask stays small.
const TEST_TARGETS: &str = "const {packages} = JSON.parse(require('fs').readFileSync(process.argv[1], 'utf8')); \
    for (const {targets} of packages) for (const {kind, name} of targets) if (kind.includes('test')) console.log(name)";

/// `cargo fmt --check`.
pub(crate) fn fmt(workspace: &Workspace) -> Result<()> {
    process::run(&mut workspace.cargo(&["fmt", "--all", "--check"]))
}

/// Clippy over every target, with no warning left.
pub(crate) fn clippy(workspace: &Workspace) -> Result<()> {
    process::run(&mut workspace.cargo(&[
        "clippy",
        "--workspace",
        "--all-targets",
        "--locked",
        "--",
        "-D",
        "warnings",
    ]))
}

/// Every binary and every test, built and not run.
pub(crate) fn build(workspace: &Workspace) -> Result<()> {
    process::run(&mut workspace.cargo(&["build", "--workspace", "--locked", "--bins", "--tests"]))
}

/// Whether the checked-in TypeScript is what the workbench crate generates.
pub(crate) fn bindings(workspace: &Workspace) -> Result<()> {
    if has_nextest(workspace) {
        // Fails when no test is of that name.
        return process::run(&mut nextest(
            workspace,
            "package(keystead-workbench) & test(bindings)",
        ));
    }
    // The whole workspace, so that nothing is compiled again for another choice of features.
    let filtered = |arguments: &[&str]| -> Result<Command> {
        let mut tests = plain_tests(workspace)?;
        tests.arg("bindings").args(arguments);
        Ok(tests)
    };
    let found = process::output(&mut filtered(&["--", "--list"])?)?;
    if !found
        .lines()
        .any(|line| line.contains("bindings") && line.ends_with(": test"))
    {
        bail!("no test is named after the bindings: nothing would notice drift");
    }
    process::run(&mut filtered(&[])?)
}

/// Unit, property, integration and documentation tests; all but the window's.
pub(crate) fn tests(workspace: &Workspace) -> Result<()> {
    let mut tests = if has_nextest(workspace) {
        nextest(workspace, &format!("not binary({WINDOW})"))
    } else {
        println!("No cargo-nextest on PATH: cargo test runs the tests instead.");
        plain_tests(workspace)?
    };
    process::run(tests.envs(environment(workspace)))?;
    let mut examples = workspace.cargo(&["test", "--workspace", "--locked", "--doc"]);
    process::run(examples.envs(environment(workspace)))
}

/// The journeys in the real window, one after the other, under Xvfb and a session bus of their own.
pub(crate) fn window(workspace: &Workspace) -> Result<()> {
    let tests = if has_nextest(workspace) {
        let mut tests = nextest(workspace, &format!("binary({WINDOW})"));
        tests.args(["--test-threads", "1"]);
        tests
    } else {
        workspace.cargo(&[
            "test",
            "--workspace",
            "--locked",
            "--test",
            WINDOW,
            "--",
            "--test-threads=1",
        ])
    };
    process::run(headless(workspace, &tests).envs(environment(workspace)))
}

/// Writes the TypeScript bindings that the drift check compares with.
pub(crate) fn write_bindings(workspace: &Workspace) -> Result<()> {
    let mut write = workspace.cargo(&["test", "-p", "keystead-workbench", "bindings"]);
    process::run(write.env("KEYSTEAD_WRITE_BINDINGS", "1"))
}

/// Whole processes are measured as they are shipped.
pub(crate) fn build_release_cli(workspace: &Workspace) -> Result<()> {
    process::run(&mut workspace.cargo(&["build", "--release", "--locked", "-p", "keystead-cli"]))
}

/// One bench, or all; the fastest peers are compiled in.
pub(crate) fn bench(workspace: &Workspace, arguments: &[String]) -> Result<()> {
    if let Some(("window", sizes)) = arguments
        .split_first()
        .map(|(name, rest)| (name.as_str(), rest))
    {
        return bench_window(workspace, sizes);
    }
    build_release_cli(workspace)?;
    let mut bench = workspace.cargo(&["bench", "-p", "keystead-benches", "--features", "peers"]);
    match arguments.split_first() {
        Some((name, rest)) => bench.args(["--bench", name, "--"]).args(rest),
        None => {
            let all = ["core", "vault", "host", "scale", "team", "newcomer"];
            bench.args(all.iter().flat_map(|name| ["--bench", name]))
        }
    };
    process::run(&mut bench)
}

/// The release build of the real window over large vaults, on a display of its own.
fn bench_window(workspace: &Workspace, sizes: &[String]) -> Result<()> {
    let packages = ["keystead-cli", "keystead-desktop", "keystead-tests"];
    let mut build = workspace.cargo(&["build", "--release", "--bins"]);
    build.args(packages.iter().flat_map(|name| ["-p", name]));
    process::run(&mut build)?;
    let released = |name: &str| workspace.target("release").join(name);
    let mut pace = workspace.command(released("window_pace"));
    pace.args(sizes)
        .env("KEYSTEAD_CLI", released("keystead"))
        .env("KEYSTEAD_DESKTOP", released("keystead-desktop"));
    process::run(&mut headless(workspace, &pace))
}

/// What tests and the journey are told: the binaries to drive, the peers to compare with, where pictures go.
pub(crate) fn environment(workspace: &Workspace) -> Vec<(&'static str, std::path::PathBuf)> {
    vec![
        ("KEYSTEAD_CLI", workspace.binary("keystead")),
        ("KEYSTEAD_DESKTOP", workspace.binary("keystead-desktop")),
        ("KEYSTEAD_PEERS", peers::folder_of(workspace)),
        ("KEYSTEAD_PYTHON", peers::python_of(workspace)),
        ("KEYSTEAD_SCREENSHOTS", workspace.target("journey")),
    ]
}

/// The same command with a virtual display and a session bus around it.
pub(crate) fn headless(workspace: &Workspace, inner: &Command) -> Command {
    let mut outer = workspace.command("xvfb-run");
    outer.args([
        "-a",
        "-s",
        "-screen 0 1280x800x24 -nolisten tcp",
        "dbus-run-session",
        "--",
    ]);
    outer.arg(inner.get_program()).args(inner.get_args());
    for (name, value) in inner.get_envs() {
        match value {
            Some(value) => outer.env(name, value),
            None => outer.env_remove(name),
        };
    }
    outer
}

pub(crate) fn has_nextest(workspace: &Workspace) -> bool {
    process::find_program("cargo-nextest").is_some()
        && process::succeeds(&mut workspace.cargo(&["nextest", "--version"]))
}

fn nextest(workspace: &Workspace, filter: &str) -> Command {
    let mut nextest = workspace.cargo(&[
        "nextest",
        "run",
        "--workspace",
        "--locked",
        "--no-fail-fast",
        "-E",
    ]);
    nextest.arg(filter);
    nextest
}

/// `cargo test` for every target but the window's; cargo can only be told what to take, not what to leave out.
fn plain_tests(workspace: &Workspace) -> Result<Command> {
    let mut tests = workspace.cargo(&["test", "--workspace", "--locked", "--no-fail-fast"]);
    tests.args(["--lib", "--bins"]);
    for name in test_targets(workspace)?
        .iter()
        .filter(|name| *name != WINDOW)
    {
        tests.args(["--test", name]);
    }
    Ok(tests)
}

fn test_targets(workspace: &Workspace) -> Result<Vec<String>> {
    let metadata =
        process::output(&mut workspace.cargo(&["metadata", "--no-deps", "--format-version", "1"]))?;
    let file = workspace.target("xtask/metadata.json");
    std::fs::create_dir_all(file.parent().unwrap_or(Path::new(".")))?;
    std::fs::write(&file, metadata)?;
    let names = process::output(
        workspace
            .command("node")
            .args(["-e", TEST_TARGETS])
            .arg(&file),
    )?;
    Ok(names.lines().map(str::to_owned).collect())
}
