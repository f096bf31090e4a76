//! Whole processes through a host: `keystead get` with its durable event, and
//! `keystead run`, beside a process that does nothing. Three sizes of vault.
#![allow(clippy::print_stdout, reason = "a bench prints its figures")]

use std::{
    env, fs,
    io::Read,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

const ROUNDS: usize = 400;

struct Place {
    folder: tempfile::TempDir,
    program: PathBuf,
}

impl Place {
    fn new() -> Self {
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

    fn command(&self, program: &Path) -> Command {
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

    fn with_passphrase(&self, words: &[&str]) -> Command {
        let mut command = self.command(&self.program);
        command
            .args(["--passphrase-file", "pass", "--yes"])
            .args(words);
        command
    }

    fn fill(&self, secrets: usize) {
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

    fn agent(&self) -> Agent {
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

struct Agent(Child);

impl Drop for Agent {
    fn drop(&mut self) {
        // One that has ended is what we want.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn timed(mut command: Command) -> Duration {
    let start = Instant::now();
    let status = command.status().expect("it runs");
    let took = start.elapsed();
    assert!(status.success());
    took
}

fn at(sorted: &[Duration], share: f64) -> f64 {
    let index = ((sorted.len() - 1) as f64 * share) as usize;
    sorted[index].as_secs_f64() * 1e3
}

fn main() {
    println!("milliseconds of whole processes, {ROUNDS} rounds in turn");
    println!(
        "{:>8}  {:>9}  {:>9}  {:>9}  {:>9}  {:>12}  {:>14}",
        "secrets", "true", "get", "get p99", "run true", "get / true", "run over true"
    );
    for secrets in [100, 1_000, 10_000] {
        let place = Place::new();
        place.fill(secrets);
        let _agent = place.agent();
        let (mut bare, mut get, mut run) = (Vec::new(), Vec::new(), Vec::new());
        for round in 0..ROUNDS {
            bare.push(timed(place.command(Path::new("true"))));
            let mut command = place.command(&place.program);
            let name = format!("KEY_{}", round * 7 % secrets);
            command.args(["get", &name, "-p", "bench", "-e", "dev"]);
            get.push(timed(command));
            // All of the environment's values go in, and a system takes only so many.
            if secrets <= 1_000 {
                let mut command = place.command(&place.program);
                command.args(["run", "-p", "bench", "-e", "dev", "--", "true"]);
                run.push(timed(command));
            }
        }
        for times in [&mut bare, &mut get, &mut run] {
            times.sort_unstable();
        }
        let (nothing, one) = (at(&bare, 0.5), at(&get, 0.5));
        let injected = if run.is_empty() {
            f64::NAN
        } else {
            at(&run, 0.5)
        };
        println!(
            "{secrets:>8}  {nothing:>9.2}  {one:>9.2}  {:>9.2}  {injected:>9.2}  {:>12.1}  {:>14.2}",
            at(&get, 0.99),
            one / nothing,
            injected - nothing,
        );
    }
}
