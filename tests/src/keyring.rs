//! A session bus of its own, with a real keyring on it or none.

use crate::machine::Machine;
use anyhow::{Context as _, Result, ensure};
use std::{
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

const PATIENCE: Duration = Duration::from_secs(10);

/// A session bus. Ends with it, also in a panic.
pub struct Bus {
    daemon: Child,
    address: String,
}

impl Bus {
    /// Starts one that starts nothing by itself, so that only what a test puts there answers.
    pub fn start(machine: &Machine) -> Result<Self> {
        let config = machine.root().join("bus.conf");
        std::fs::write(
            &config,
            format!(
                "<busconfig><type>session</type><listen>unix:dir={}</listen><auth>EXTERNAL</auth>
                 <policy context=\"default\"><allow send_destination=\"*\" eavesdrop=\"true\"/>
                 <allow eavesdrop=\"true\"/><allow own=\"*\"/></policy></busconfig>",
                machine.root().join("runtime").display()
            ),
        )?;
        let mut daemon = machine
            .command(Path::new("dbus-daemon"))
            .arg("--nofork")
            .arg("--print-address")
            .arg("--config-file")
            .arg(&config)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("dbus-daemon")?;
        let mut address = String::new();
        BufReader::new(daemon.stdout.take().context("a pipe")?).read_line(&mut address)?;
        let address = address.trim().to_owned();
        ensure!(!address.is_empty(), "dbus-daemon says no address");
        Ok(Self { daemon, address })
    }

    /// Its address.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Puts a keyring on it whose password is `password`; one that stays locked without.
    pub fn keyring(&self, machine: &Machine, password: Option<&str>) -> Result<Keyring> {
        let mut command = machine.command(Path::new("gnome-keyring-daemon"));
        command
            .args(["--foreground", "--components=secrets"])
            .env("DBUS_SESSION_BUS_ADDRESS", &self.address)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        if password.is_some() {
            command.arg("--unlock");
        }
        let mut daemon = command.spawn().context("gnome-keyring-daemon")?;
        let mut stdin = daemon.stdin.take().context("a pipe")?;
        stdin.write_all(password.unwrap_or_default().as_bytes())?;
        drop(stdin);
        let keyring = Keyring(daemon);
        let start = Instant::now();
        while !self.has(machine, "org.freedesktop.secrets")? {
            ensure!(start.elapsed() < PATIENCE, "the keyring does not answer");
            thread::sleep(Duration::from_millis(50));
        }
        Ok(keyring)
    }

    /// Whether somebody has that name.
    pub fn has(&self, machine: &Machine, name: &str) -> Result<bool> {
        let output = machine
            .command(Path::new("dbus-send"))
            .env("DBUS_SESSION_BUS_ADDRESS", &self.address)
            .args([
                "--session",
                "--print-reply",
                "--dest=org.freedesktop.DBus",
                "/",
                "org.freedesktop.DBus.NameHasOwner",
                &format!("string:{name}"),
            ])
            .stderr(Stdio::null())
            .output()?;
        Ok(String::from_utf8_lossy(&output.stdout).contains("true"))
    }

    /// A command of that machine which finds this bus.
    pub fn command(&self, machine: &Machine, program: &Path) -> Command {
        let mut command = machine.command(program);
        command.env("DBUS_SESSION_BUS_ADDRESS", &self.address);
        command
    }
}

impl Drop for Bus {
    fn drop(&mut self) {
        end(&mut self.daemon);
    }
}

/// A keyring daemon. Ends with it.
pub struct Keyring(Child);

impl Drop for Keyring {
    fn drop(&mut self) {
        end(&mut self.0);
    }
}

fn end(child: &mut Child) {
    // It may have ended by itself.
    let _ = child.kill();
    let _ = child.wait();
}
