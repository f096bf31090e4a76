//! Where this checkout is and how it is built. Reads the environment once; changes nothing.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

/// One checkout of the workspace and the environment it is worked on in.
pub(crate) struct Workspace {
    pub(crate) root: PathBuf,
    /// Where cargo puts what it builds: `CARGO_TARGET_DIR`, or `target`.
    pub(crate) cargo_target: PathBuf,
    /// Whether nobody watches: then a check that cannot run is a failure.
    pub(crate) ci: bool,
    cargo: OsString,
}

impl Workspace {
    pub(crate) fn locate() -> Result<Self> {
        // Cargo sets it for `cargo run`; the compiled-in one serves when the binary is started by hand.
        let manifest = std::env::var_os("CARGO_MANIFEST_DIR")
            .unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
        let root = Path::new(&manifest)
            .parent()
            .context("xtask lies inside the workspace")?
            .to_owned();
        let cargo_target = match std::env::var_os("CARGO_TARGET_DIR") {
            Some(directory) => std::env::current_dir()?.join(directory),
            None => root.join("target"),
        };
        Ok(Self {
            root,
            cargo_target,
            ci: std::env::var("CI")
                .is_ok_and(|value| !matches!(value.as_str(), "" | "0" | "false")),
            cargo: std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()),
        })
    }

    /// A command that starts in the workspace's root.
    pub(crate) fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.root);
        command
    }

    /// `cargo ARGUMENTS` in the workspace's root, without what cargo left in the environment for xtask itself.
    pub(crate) fn cargo(&self, arguments: &[&str]) -> Command {
        let mut command = self.command(&self.cargo);
        command
            .args(arguments)
            .env("CARGO_TARGET_DIR", &self.cargo_target);
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
                command.env_remove(&name);
            }
        }
        command
    }

    /// A path below the checkout's own `target`: stamps, tools, the Python environment, screenshots.
    pub(crate) fn target(&self, below: &str) -> PathBuf {
        self.root.join("target").join(below)
    }

    /// A binary of the debug build.
    pub(crate) fn binary(&self, name: &str) -> PathBuf {
        self.cargo_target.join("debug").join(name)
    }
}
