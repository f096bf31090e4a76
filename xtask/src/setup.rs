//! Set-up: the two toolchains are checked and never installed, the system packages are installed.

use anyhow::{Context, Result, bail};

use crate::packages::{self, Use};
use crate::process;
use crate::workspace::Workspace;

/// The oldest Node that runs the UI's build tools.
const NODE: (u64, u64) = (20, 19);

/// Makes the machine ready for `uses`, or says what a person has to do.
pub(crate) fn prepare(workspace: &Workspace, uses: &[Use]) -> Result<()> {
    show_linker_log(workspace);
    check_rust(workspace)?;
    check_node(workspace)?;
    packages::install_missing(workspace, uses)
}

/// Adds rustfmt and clippy where a minimal toolchain of rustup lacks them.
pub(crate) fn ensure_rust_components(workspace: &Workspace) -> Result<()> {
    for (component, command) in [("rustfmt", "fmt"), ("clippy", "clippy")] {
        let is_there = || process::succeeds(&mut workspace.cargo(&[command, "--version"]));
        if is_there() {
            continue;
        }
        if process::find_program("rustup").is_some() {
            process::run(
                workspace
                    .command("rustup")
                    .args(["component", "add", component]),
            )?;
        }
        if !is_there() {
            bail!("the Rust toolchain has no {component}: add the component and start again");
        }
    }
    Ok(())
}

fn check_rust(workspace: &Workspace) -> Result<()> {
    let wanted = version(env!("CARGO_PKG_RUST_VERSION")).context("rust-version is a version")?;
    let found = process::output(workspace.command("rustc").arg("--version"))
        .context("no Rust toolchain on PATH; install one from https://rustup.rs")?;
    if version(&found).is_none_or(|found| found < wanted) {
        bail!(
            "Keystead needs Rust {} or newer, and this is {}. With rustup: rustup update stable",
            env!("CARGO_PKG_RUST_VERSION"),
            found.trim()
        );
    }
    Ok(())
}

fn check_node(workspace: &Workspace) -> Result<()> {
    let (major, minor) = NODE;
    let wanted = format!("Keystead's window needs Node {major}.{minor} or newer with npm");
    let found = process::output(workspace.command("node").arg("--version")).with_context(|| {
        format!("{wanted}, and there is no node on PATH; see https://nodejs.org")
    })?;
    if version(&found).is_none_or(|found| found < NODE) {
        bail!(
            "{wanted}, and this is {}; see https://nodejs.org",
            found.trim()
        );
    }
    if process::find_program("npm").is_none() {
        bail!("{wanted}, and there is no npm on PATH");
    }
    Ok(())
}

/// Shows, once, what was installed so that xtask itself could be linked (`xtask/linker/cc`).
fn show_linker_log(workspace: &Workspace) {
    let log = workspace.target("xtask/linker.log");
    if let Ok(text) = std::fs::read_to_string(&log) {
        print!("{text}");
        // Only a convenience: where it cannot be removed it is shown again.
        let _ = std::fs::remove_file(&log);
    }
}

/// The first `MAJOR.MINOR` in a text such as `v20.20.2` or `rustc 1.95.0 (…)`.
fn version(text: &str) -> Option<(u64, u64)> {
    let start = text.find(|c: char| c.is_ascii_digit())?;
    let mut numbers = text[start..].split(|c: char| !c.is_ascii_digit());
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::version;

    #[test]
    fn versions_are_read_as_the_tools_print_them() {
        assert_eq!(
            version("rustc 1.95.0 (59807616e 2026-04-14)\n"),
            Some((1, 95))
        );
        assert_eq!(version("v20.20.2\n"), Some((20, 20)));
        assert_eq!(version("1.95"), Some((1, 95)));
        assert_eq!(version("nightly"), None);
        assert!(
            version("v22.1.0") > version("v20.19.0"),
            "majors come first"
        );
    }
}
