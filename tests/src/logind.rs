//! logind as python-dbusmock plays it, on a bus of our own.

use crate::{keyring::Bus, machine::Machine};
use anyhow::{Context as _, Result, ensure};
use std::{
    path::Path,
    process::{Child, Stdio},
    thread,
    time::{Duration, Instant},
};

const PATIENCE: Duration = Duration::from_secs(15);
/// The session that our programs belong to, by `XDG_SESSION_ID`.
pub const SESSION: &str = "c7";

/// A logind that says what it is told to say. Ends with it.
pub struct Logind<'b> {
    mock: Child,
    bus: &'b Bus,
}

impl<'b> Logind<'b> {
    /// Starts one with two sessions, and waits until it answers.
    pub fn start(machine: &Machine, bus: &'b Bus) -> Result<Self> {
        let mock = bus
            .command(machine, Path::new("/usr/bin/python3"))
            .args(["-m", "dbusmock", "--template", "logind"])
            .env("DBUS_SYSTEM_BUS_ADDRESS", bus.address())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("python3 -m dbusmock: apt-get install python3-dbusmock")?;
        let logind = Self { mock, bus };
        let start = Instant::now();
        while !bus.has(machine, "org.freedesktop.login1")? {
            ensure!(start.elapsed() < PATIENCE, "dbusmock does not answer");
            thread::sleep(Duration::from_millis(50));
        }
        for session in [SESSION, "c8"] {
            logind.say(
                machine,
                &format!("mock.AddSession('{session}', 'seat0', dbus.UInt32(1000), 'ada', True)"),
            )?;
        }
        Ok(logind)
    }

    /// The machine goes to sleep, or is awake again.
    pub fn sleeps(&self, machine: &Machine, begins: bool) -> Result<()> {
        let begins = if begins { "True" } else { "False" };
        self.say(
            machine,
            &format!("mock.EmitSignal('org.freedesktop.login1.Manager', 'PrepareForSleep', 'b', [{begins}])"),
        )
    }

    /// `loginctl lock-session` of that session.
    pub fn locks_session(&self, machine: &Machine, session: &str) -> Result<()> {
        self.say(
            machine,
            &format!(
                "session('{session}').EmitSignal('org.freedesktop.login1.Session', 'Lock', '', [])"
            ),
        )
    }

    /// The desktop's own lock screen came up in that session.
    pub fn screen_is_locked(&self, machine: &Machine, session: &str) -> Result<()> {
        self.say(
            machine,
            &format!(
                "session('{session}').EmitSignal('org.freedesktop.DBus.Properties', 'PropertiesChanged', 'sa{{sv}}as', \
                 ['org.freedesktop.login1.Session', dbus.Dictionary({{'LockedHint': True}}, signature='sv'), dbus.Array([], signature='s')])"
            ),
        )
    }

    /// Waits until somebody makes sleep wait, or nobody does.
    pub fn until_delayed(&self, machine: &Machine, delayed: bool) -> Result<()> {
        let want = if delayed { "1" } else { "0" };
        self.say(
            machine,
            &format!(
                "import time; deadline = time.time() + 10\nwhile len(manager.ListInhibitors()) != {want}:\n    \
                 assert time.time() < deadline, manager.ListInhibitors()\n    time.sleep(0.05)"
            ),
        )
    }

    fn say(&self, machine: &Machine, words: &str) -> Result<()> {
        let script = format!(
            "import dbus\nbus = dbus.SystemBus()\nroot = bus.get_object('org.freedesktop.login1', '/org/freedesktop/login1')\n\
             mock = dbus.Interface(root, 'org.freedesktop.DBus.Mock')\n\
             manager = dbus.Interface(root, 'org.freedesktop.login1.Manager')\n\
             def session(name):\n    return dbus.Interface(bus.get_object('org.freedesktop.login1', '/org/freedesktop/login1/session/' + name), 'org.freedesktop.DBus.Mock')\n{words}\n"
        );
        let output = self
            .bus
            .command(machine, Path::new("/usr/bin/python3"))
            .arg("-c")
            .arg(script)
            .env("DBUS_SYSTEM_BUS_ADDRESS", self.bus.address())
            .output()?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "logind did not say it: {said}");
        Ok(())
    }
}

impl Drop for Logind<'_> {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.mock.kill();
        let _ = self.mock.wait();
    }
}
