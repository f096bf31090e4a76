//! `keystead agent` on a throwaway machine.

use crate::{
    PASSPHRASE,
    machine::{Machine, binary},
};
use anyhow::{Context as _, ensure};
use std::{
    fs,
    io::{BufRead, BufReader, Read},
    process::{Child, ChildStderr, Stdio},
    time::{Duration, Instant},
};

const PATIENCE: Duration = Duration::from_secs(20);

/// An agent that answers. Ends with it, also in a panic.
pub struct Agent {
    child: Child,
    stderr: BufReader<ChildStderr>,
}

impl Agent {
    /// Starts one and waits until it says that it is ready.
    pub fn start(machine: &Machine, words: &[&str]) -> anyhow::Result<Self> {
        let passphrase = machine.root().join("agent-passphrase");
        fs::write(&passphrase, format!("{PASSPHRASE}\n"))?;
        let mut child = machine
            .command(&binary("KEYSTEAD_CLI", "keystead")?)
            .arg("--passphrase-file")
            .arg(&passphrase)
            .arg("agent")
            .args(words)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()?;
        let stderr = child.stderr.take().context("a pipe")?;
        let mut agent = Self {
            child,
            stderr: BufReader::new(stderr),
        };
        let said = agent.line()?;
        ensure!(
            said.starts_with("holding") || said.starts_with("ready"),
            "the agent says {said:?}"
        );
        Ok(agent)
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The next line that it says.
    pub fn line(&mut self) -> anyhow::Result<String> {
        let mut line = String::new();
        self.stderr.read_line(&mut line)?;
        Ok(line)
    }

    /// Asks it to end, waits, and gives its exit code and what it said meanwhile.
    pub fn end(mut self) -> anyhow::Result<(Option<i32>, String)> {
        self.signal(rustix::process::Signal::TERM)?;
        let start = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait()? {
                break status;
            }
            ensure!(start.elapsed() < PATIENCE, "the agent does not end");
            std::thread::sleep(Duration::from_millis(20));
        };
        let mut said = String::new();
        self.stderr.read_to_string(&mut said)?;
        Ok((status.code(), said))
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: rustix::process::Signal) -> anyhow::Result<()> {
        let pid = rustix::process::Pid::from_child(&self.child);
        Ok(rustix::process::kill_process(pid, signal)?)
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        // One that has ended is what we want.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
