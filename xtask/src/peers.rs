//! The independent implementations that the tests compare with, pinned in `tests/peers`: PyPI's python-dotenv,
//! PyYAML, cryptography and moto, npm's dotenv, @noble/post-quantum and age-encryption.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::stamp::Stamp;
use crate::workspace::Workspace;
use crate::{process, ui};

/// Fails where one of the Python modules is missing, or made for another Python.
const IMPORTS: &str = "import cryptography.hazmat.primitives.hpke, dotenv, moto.server, yaml";

/// Installs Python's and Node's, where they are not already there as pinned.
pub(crate) fn install(workspace: &Workspace) -> Result<()> {
    ui::npm_ci(workspace, "tests/peers")?;
    let requirements = workspace.root.join("tests/peers/requirements.txt");
    // Debian's own Python where there is one: python3-venv belongs to it and not to whatever comes first on PATH.
    let system = [PathBuf::from("/usr/bin/python3"), PathBuf::from("python3")];
    let python = system
        .into_iter()
        .find(|python| {
            process::succeeds(
                workspace
                    .command(python)
                    .args(["-c", "import ensurepip, venv"]),
            )
        })
        .context("no python3 with venv on this machine")?;
    let version = process::output(workspace.command(&python).arg("--version"))?;

    let server = workspace.root.join("tests/peers/s3-server.txt");
    let stamp = Stamp::of(
        workspace.target("xtask/venv.stamp"),
        &[requirements.clone(), server],
        &format!("{} {version}", python.display()),
    )?;
    if stamp.is_current()
        && process::succeeds(
            workspace
                .command(python_of(workspace))
                .args(["-c", IMPORTS]),
        )
    {
        println!("target/venv is up to date.");
        return Ok(());
    }
    let venv = workspace.target("venv");
    process::run(
        workspace
            .command(&python)
            .args(["-m", "venv", "--clear"])
            .arg(&venv),
    )?;
    process::run(&mut pip_install(
        workspace,
        &python_of(workspace),
        &requirements,
    ))?;
    stamp.store()
}

/// `pip install` of exactly the files whose hashes `requirements` names, none of them built here.
pub(crate) fn pip_install(workspace: &Workspace, python: &Path, requirements: &Path) -> Command {
    let mut install = workspace.command(python);
    install
        .args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
        ])
        .args([
            "--require-hashes",
            "--no-deps",
            "--only-binary",
            ":all:",
            "-r",
        ])
        .arg(requirements);
    install
}

/// The Python that has python-dotenv and cryptography.
pub(crate) fn python_of(workspace: &Workspace) -> PathBuf {
    workspace.target("venv/bin/python")
}

/// The folder whose `node_modules` has dotenv, @noble/post-quantum and age-encryption, with the scripts that answer the tests.
pub(crate) fn folder_of(workspace: &Workspace) -> PathBuf {
    workspace.root.join("tests/peers")
}
