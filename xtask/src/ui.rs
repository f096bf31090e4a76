//! The UI's npm steps, each left out when nothing it depends on has changed.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::process;
use crate::stamp::Stamp;
use crate::workspace::Workspace;

/// Below `ui/`, what the steps themselves make.
const MADE: &[&str] = &["node_modules", "dist", "coverage"];

/// `npm ci` in `ui`, when the lock file, the manifest or Node's version is another than last time.
pub(crate) fn install(workspace: &Workspace) -> Result<()> {
    npm_ci(workspace, "ui")
}

/// `vite build`, when a source is another than last time.
pub(crate) fn build(workspace: &Workspace) -> Result<()> {
    let stamp = Stamp::of(
        workspace.target("xtask/ui-build.stamp"),
        &sources(workspace)?,
        "",
    )?;
    if stamp.is_current() && workspace.root.join("ui/dist/index.html").is_file() {
        println!("ui/dist is up to date.");
        return Ok(());
    }
    script(workspace, "build")?;
    stamp.store()
}

/// Types, in TypeScript and in Svelte.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    script(workspace, "check")
}

/// eslint and prettier.
pub(crate) fn lint(workspace: &Workspace) -> Result<()> {
    script(workspace, "lint")
}

/// vitest.
pub(crate) fn test(workspace: &Workspace) -> Result<()> {
    script(workspace, "test")
}

/// `npm ci` in `folder`, when its lock file, its manifest or Node's version is another than last time.
pub(crate) fn npm_ci(workspace: &Workspace, folder: &str) -> Result<()> {
    let root = workspace.root.join(folder);
    let node = process::output(workspace.command("node").arg("--version"))?;
    let inputs = [root.join("package.json"), root.join("package-lock.json")];
    let name = format!("xtask/npm-{}.stamp", folder.replace('/', "-"));
    let stamp = Stamp::of(workspace.target(&name), &inputs, &node)?;
    if stamp.is_current() && root.join("node_modules/.package-lock.json").is_file() {
        println!("{folder}/node_modules is up to date.");
        return Ok(());
    }
    process::run(npm(workspace, folder).args(["ci", "--no-audit", "--no-fund"]))?;
    stamp.store()
}

fn script(workspace: &Workspace, name: &str) -> Result<()> {
    process::run(npm(workspace, "ui").args(["run", name]))
}

fn npm(workspace: &Workspace, folder: &str) -> Command {
    let mut npm = workspace.command("npm");
    npm.arg("--prefix").arg(folder);
    npm
}

fn sources(workspace: &Workspace) -> Result<Vec<PathBuf>> {
    let mut sources = Vec::new();
    for entry in std::fs::read_dir(workspace.root.join("ui")).context("there is no ui folder")? {
        let entry = entry?;
        if !MADE.iter().any(|made| entry.file_name() == *made) {
            sources.push(entry.path());
        }
    }
    sources.sort();
    Ok(sources)
}
