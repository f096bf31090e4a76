//! A throwaway machine: a home, its XDG folders and a temp folder, away from
//! the real ones.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};
use tempfile::TempDir;

/// Folders that end with the test.
pub struct Machine {
    root: TempDir,
    variables: Vec<(&'static str, String)>,
}

impl Machine {
    /// Makes empty folders.
    pub fn new() -> anyhow::Result<Self> {
        let root = tempfile::Builder::new()
            .prefix("keystead-test-")
            .tempdir()?;
        for folder in ["home", "tmp", "runtime", "projects"] {
            std::fs::create_dir(root.path().join(folder))?;
        }
        Ok(Self {
            root,
            variables: Vec::new(),
        })
    }

    /// The folder that holds everything.
    pub fn root(&self) -> &Path {
        self.root.path()
    }

    /// Sets a variable that every program here sees.
    pub fn set(&mut self, name: &'static str, value: &str) {
        self.variables.push((name, value.to_owned()));
    }

    /// The home folder.
    pub fn home(&self) -> PathBuf {
        self.root.path().join("home")
    }

    /// Where the vault is by default.
    pub fn vault(&self) -> PathBuf {
        self.home().join(".local/share/keystead/personal.keystead")
    }

    /// A folder under `projects`, made a git repository by its `.git`.
    pub fn repository(&self, name: &str) -> anyhow::Result<PathBuf> {
        let folder = self.root.path().join("projects").join(name);
        std::fs::create_dir_all(folder.join(".git/info"))?;
        Ok(std::fs::canonicalize(folder)?)
    }

    /// A program that sees this machine and little else.
    pub fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.env_clear().current_dir(self.root.path());
        for name in [
            "PATH",
            "DISPLAY",
            "XAUTHORITY",
            "DBUS_SESSION_BUS_ADDRESS",
            "RUST_BACKTRACE",
        ] {
            if let Some(value) = env::var_os(name) {
                command.env(name, value);
            }
        }
        command
            .env("HOME", self.home())
            .env("TMPDIR", self.root.path().join("tmp"))
            .env("XDG_RUNTIME_DIR", self.root.path().join("runtime"))
            .env("LANG", "C.UTF-8")
            .envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }
}

/// A binary of this workspace: named by the environment, else beside this test.
pub fn binary(variable: &str, name: &str) -> anyhow::Result<PathBuf> {
    if let Some(path) = env::var_os(variable) {
        return Ok(path.into());
    }
    let here = env::current_exe()?;
    let found = here
        .ancestors()
        .map(|folder| folder.join(name))
        .find(|path| path.is_file());
    found.ok_or_else(|| {
        anyhow::anyhow!("{name} is not built: run `cargo build`, or name it in {variable}")
    })
}
