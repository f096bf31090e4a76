//! Whole processes, measured as a person starts them.

use std::{
    env, fs,
    io::Read,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// A home of its own, with a vault and a program.
pub struct Place {
    folder: tempfile::TempDir,
    /// The `keystead` that is measured.
    pub program: PathBuf,
}

impl Place {
    /// An empty one; the program is the release build's, or `KEYSTEAD_CLI`.
    #[allow(clippy::new_without_default, reason = "it makes folders")]
    pub fn new() -> Self {
        let here = env::current_exe().expect("this bench");
        let beside = here
            .ancestors()
            .map(|folder| folder.join("keystead"))
            .find(|path| path.is_file());
        let program = env::var_os("KEYSTEAD_CLI").map(PathBuf::from).or(beside);
        let folder = tempfile::tempdir().expect("temp");
        fs::create_dir(folder.path().join("run")).expect("made");
        fs::write(folder.path().join("pass"), "lantern otter ribbon quarry\n").expect("written");
        Self {
            folder,
            program: program.expect("cargo build --release -p keystead-cli"),
        }
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// A program that sees this home and nothing else, and says nothing.
    pub fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("PATH", env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.folder.path())
            .env("XDG_RUNTIME_DIR", self.folder.path().join("run"))
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command
    }

    /// `keystead` with the passphrase at hand.
    pub fn with_passphrase(&self, words: &[&str]) -> Command {
        let mut command = self.command(&self.program);
        command
            .args(["--passphrase-file", "pass", "--yes"])
            .args(words);
        command
    }

    /// Makes a vault of so many secrets, in `dev` of `bench`.
    pub fn fill(&self, secrets: usize) {
        let lines: String = (0..secrets)
            .map(|i| format!("KEY_{i}=sk-{i:040}\n"))
            .collect();
        fs::write(self.folder.path().join("all.env"), lines).expect("written");
        for words in [
            &["init", "--kdf-memory", "64", "--kdf-passes", "3"][..],
            &["import", "all.env", "-p", "bench", "-e", "dev"],
        ] {
            let status = self.with_passphrase(words).status().expect("it runs");
            assert!(status.success(), "{words:?}");
        }
    }

    /// Starts a host, and waits until it answers.
    pub fn agent(&self) -> Agent {
        let mut child = self
            .with_passphrase(&["agent"])
            .stderr(Stdio::piped())
            .spawn()
            .expect("it runs");
        let mut ready = [0; 7];
        let stderr = child.stderr.as_mut().expect("a pipe");
        stderr
            .read_exact(&mut ready)
            .expect("it says when it is ready");
        Agent(child)
    }
}

/// A host; ends with it.
pub struct Agent(Child);

impl Drop for Agent {
    fn drop(&mut self) {
        // One that has ended is what we want.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// How long a whole process takes; it has to succeed.
pub fn timed(mut command: Command) -> Duration {
    let start = Instant::now();
    let status = command.status().expect("it runs");
    let took = start.elapsed();
    assert!(status.success());
    took
}

/// Milliseconds at a share of sorted times.
pub fn at(sorted: &[Duration], share: f64) -> f64 {
    let index = ((sorted.len() - 1) as f64 * share) as usize;
    sorted[index].as_secs_f64() * 1e3
}
