//! Programs of cargo's that the checks need, at pinned versions, built into `target/tools` where they are not on PATH.

use std::path::PathBuf;

use anyhow::Result;

use crate::process;
use crate::workspace::Workspace;

/// The program of that name and version: the one on PATH, the one built before, or one built now.
pub(crate) fn install(workspace: &Workspace, name: &str, version: &str) -> Result<PathBuf> {
    let tools = workspace.target("tools");
    let own = tools.join("bin").join(name);
    let candidates = process::find_program(name).into_iter().chain([own.clone()]);
    for candidate in candidates {
        let said = process::output(workspace.command(&candidate).arg("--version"));
        if said.is_ok_and(|said| said.split_whitespace().nth(1) == Some(version)) {
            return Ok(candidate);
        }
    }
    println!(
        "No {name} {version} here: building it into {}.",
        tools.display()
    );
    let built = tools.join("build");
    let mut install = workspace.cargo(&["install", "--locked", "--debug", "--quiet", "--force"]);
    install
        .args([
            "--config",
            "profile.dev.debug=0",
            "--version",
            version,
            name,
            "--root",
        ])
        .arg(&tools);
    process::run(install.env("CARGO_TARGET_DIR", &built))?;
    // Some hundred megabytes that nothing reads again.
    std::fs::remove_dir_all(&built)?;
    Ok(own)
}
