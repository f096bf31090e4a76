//! `cargo deny`: what may be depended on, by whom, under which licence, from where (`deny.toml`).
//!
//! Leaves advisories out: their database is on a host that a build machine need not reach.

use std::path::PathBuf;

use anyhow::Result;

use crate::process;
use crate::workspace::Workspace;

const VERSION: &str = "0.20.2";

/// Installs the pinned cargo-deny where it is neither on PATH nor in `target/tools`, and checks.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let program = program(workspace)?;
    process::run(
        workspace
            .command(program)
            .args(["--locked", "check", "bans", "licenses", "sources"]),
    )
}

fn program(workspace: &Workspace) -> Result<PathBuf> {
    let tools = workspace.target("tools");
    let own = tools.join("bin/cargo-deny");
    let candidates = process::find_program("cargo-deny")
        .into_iter()
        .chain([own.clone()]);
    for candidate in candidates {
        let version = process::output(workspace.command(&candidate).arg("--version"));
        if version.is_ok_and(|version| version.split_whitespace().nth(1) == Some(VERSION)) {
            return Ok(candidate);
        }
    }
    println!(
        "No cargo-deny {VERSION} here: building it into {}.",
        tools.display()
    );
    let built = tools.join("build");
    let mut install = workspace.cargo(&["install", "--locked", "--debug", "--quiet", "--force"]);
    install
        .args([
            "--config",
            "profile.dev.debug=0",
            "--version",
            VERSION,
            "cargo-deny",
            "--root",
        ])
        .arg(&tools);
    process::run(install.env("CARGO_TARGET_DIR", &built))?;
    // Some hundred megabytes that nothing reads again.
    std::fs::remove_dir_all(&built)?;
    Ok(own)
}
