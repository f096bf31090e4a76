//! `cargo deny`: what may be depended on, by whom, under which licence, from where (`deny.toml`).
//!
//! Leaves advisories out: their database is on a host that a build machine need not reach.

use anyhow::Result;

use crate::workspace::Workspace;
use crate::{process, tools};

const VERSION: &str = "0.20.2";

/// Checks, with the pinned cargo-deny.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let program = tools::install(workspace, "cargo-deny", VERSION)?;
    process::run(
        workspace
            .command(program)
            .args(["--locked", "check", "bans", "licenses", "sources"]),
    )
}
