//! `cargo xtask run`: from a checkout to the window, or to the journey where there is no display.

use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, Result};

use crate::packages::Use;
use crate::workspace::Workspace;
use crate::{process, rust, setup, ui};

/// Installs and builds what is missing, then opens the window or walks the journey.
pub(crate) fn run(workspace: &Workspace, window: bool, arguments: &[String]) -> Result<ExitCode> {
    let start = Instant::now();
    if window || has_display() {
        setup::prepare(workspace, &[Use::Build])?;
        build(workspace, &["keystead-cli", "keystead-desktop"])?;
        println!(
            "Opening the window after {:.1} s.",
            start.elapsed().as_secs_f64()
        );
        return open_window(workspace, arguments);
    }
    println!(
        "No display: the journey runs in the real window under Xvfb (--window opens the window even so)."
    );
    setup::prepare(workspace, &[Use::Build, Use::Headless])?;
    build(
        workspace,
        &["keystead-cli", "keystead-desktop", "keystead-tests"],
    )?;
    println!(
        "The journey starts after {:.1} s.",
        start.elapsed().as_secs_f64()
    );
    walk_journey(workspace, arguments)?;
    println!("Done after {:.1} s.", start.elapsed().as_secs_f64());
    Ok(ExitCode::SUCCESS)
}

fn has_display() -> bool {
    ["DISPLAY", "WAYLAND_DISPLAY"]
        .iter()
        .any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
}

fn build(workspace: &Workspace, packages: &[&str]) -> Result<()> {
    ui::install(workspace)?;
    ui::build(workspace)?;
    let mut build = workspace.cargo(&["build", "--bins"]);
    for package in packages {
        build.args(["-p", package]);
    }
    process::run(&mut build)
}

fn open_window(workspace: &Workspace, arguments: &[String]) -> Result<ExitCode> {
    let desktop = workspace.binary("keystead-desktop");
    let mut command = workspace.command(&desktop);
    // Paths in ARGS are the caller's.
    command
        .current_dir(std::env::current_dir()?)
        .args(arguments);
    let status = command
        .status()
        .with_context(|| format!("{} does not start", desktop.display()))?;
    Ok(if status.success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn walk_journey(workspace: &Workspace, arguments: &[String]) -> Result<()> {
    let screenshots = workspace.target("journey");
    if screenshots.exists() {
        std::fs::remove_dir_all(&screenshots)?;
    }
    std::fs::create_dir_all(&screenshots)?;
    let mut journey = workspace.command(workspace.binary("journey"));
    journey.args(arguments);
    // A bare session's buses and toolkits complain about what is not there; the
    // journey itself says its steps, and its failure, on standard output.
    let log = screenshots.join("session.log");
    let mut session = rust::headless(workspace, &journey);
    session.envs(rust::environment(workspace));
    process::run_logged(&mut session, &log).with_context(|| format!("see also {}", log.display()))
}
