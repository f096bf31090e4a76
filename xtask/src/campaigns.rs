//! Long campaigns that CI does not make; their last results stand in `docs/campaigns.md`.

use anyhow::Result;

use crate::workspace::Workspace;
use crate::{process, rust, tools};

const MUTANTS: &str = "27.1.0";

/// `cargo mutants` over the crypto core: each mutant must be caught by the crate's own tests. With nextest, where it is there,
/// what takes seconds comes last (`.config/nextest.toml`): it asks the unit tests alone then, which is the stricter question.
pub(crate) fn mutants(workspace: &Workspace, arguments: &[String]) -> Result<()> {
    let program = tools::install(workspace, "cargo-mutants", MUTANTS)?;
    let mut mutants = workspace.command(program);
    mutants
        .args(["mutants", "--package", "keystead-crypto"])
        .args(arguments);
    if rust::has_nextest(workspace) && !arguments.iter().any(|word| word == "--") {
        mutants
            .env("NEXTEST_PROFILE", "mutants")
            .args(["--test-tool", "nextest", "--", "--lib"]);
    }
    process::run(&mut mutants)
}

/// Constant-time checks (dudect) of the comparisons that meet secrets, beside a leaky control that must be found.
pub(crate) fn timing(workspace: &Workspace, arguments: &[String]) -> Result<()> {
    let mut bench = workspace.cargo(&["bench", "-p", "keystead-benches", "--bench", "timing"]);
    if !arguments.is_empty() {
        bench.arg("--").args(arguments);
    }
    process::run(&mut bench)
}
