//! Work that takes a while says so on a terminal, and ends by Ctrl-C with nothing changed.

use anyhow::{Context as _, Result, ensure};
use keystead_tests::{
    agent::Agent,
    cli::Cli,
    machine::{Machine, binary},
};
use std::{
    fs,
    io::{Read as _, Write as _},
    path::Path,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

const START: [&str; 5] = ["init", "--kdf-memory", "64", "--kdf-passes", "3"];
/// So many take seconds.
const MANY: usize = 20_000;
const PATIENCE: Duration = Duration::from_secs(60);

/// `keystead` on a terminal of its own, and what it shows there so far.
struct OnTerminal {
    child: Child,
    shown: Arc<Mutex<String>>,
}

impl OnTerminal {
    fn start(machine: &Machine, words: &str) -> Result<Self> {
        let line = format!(
            "'{}' --passphrase-file '{}' {words}",
            binary("KEYSTEAD_CLI", "keystead")?.display(),
            machine.root().join("passphrase").display()
        );
        let mut command = machine.command(Path::new("script"));
        command
            .args(["-qefc", &line, "/dev/null"])
            .env("TERM", "xterm");
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut output = child.stdout.take().context("piped")?;
        let shown = Arc::new(Mutex::new(String::new()));
        let showing = Arc::clone(&shown);
        thread::spawn(move || {
            let mut some = [0; 4096];
            while let Ok(size @ 1..) = output.read(&mut some) {
                let text = String::from_utf8_lossy(&some[..size]);
                showing.lock().expect("no panic").push_str(&text);
            }
        });
        Ok(Self { child, shown })
    }

    fn shown(&self) -> String {
        self.shown.lock().expect("no panic").clone()
    }

    fn wait_for(&self, words: &str) -> Result<()> {
        let start = Instant::now();
        while !self.shown().contains(words) {
            ensure!(start.elapsed() < PATIENCE, "{words}: {}", self.shown());
            thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    }

    fn press_ctrl_c(&mut self) -> Result<()> {
        let stdin = self.child.stdin.as_mut().context("piped")?;
        stdin.write_all(b"\x03")?;
        Ok(stdin.flush()?)
    }

    fn end(&mut self) -> Result<i32> {
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait()? {
                return status.code().context("an exit code");
            }
            ensure!(start.elapsed() < PATIENCE, "it ends: {}", self.shown());
            thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for OnTerminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn many(machine: &Machine) -> Result<()> {
    let lines: String = (0..MANY)
        .map(|nth| format!("KEY_{nth}=value-{nth}\n"))
        .collect();
    Ok(fs::write(machine.root().join("many.env"), lines)?)
}

#[test]
fn an_import_says_that_it_takes_a_while_and_ctrl_c_undoes_it() -> Result<()> {
    let machine = Machine::new()?;
    let cli = Cli::new(&machine)?;
    cli.ok(&START)?;
    many(&machine)?;
    let import = "import many.env -p big -e dev --yes";
    let mut terminal = OnTerminal::start(&machine, import)?;
    terminal.wait_for("storing, ")?;
    ensure!(terminal.shown().contains("Ctrl-C cancels"));
    terminal.press_ctrl_c()?;
    let code = terminal.end()?;
    let shown = terminal.shown();
    ensure!(
        code == 130 && shown.contains("cancelled"),
        "{code}: {shown}"
    );
    let listed = cli.run(&["list", "-p", "big"])?;
    ensure!(listed.code == 3, "nothing was stored: {}", listed.stderr);
    ensure!(cli.ok(&["audit", "verify"])?.code == 0);

    // Who reads a pipe sees none of it.
    let quiet = cli.ok(&["import", "many.env", "-p", "big", "-e", "dev", "--yes"])?;
    ensure!(
        !quiet.stderr.contains("storing") && !quiet.stderr.contains('\u{1b}'),
        "{}",
        quiet.stderr
    );
    Ok(())
}

#[test]
fn a_host_gives_up_what_nobody_waits_for() -> Result<()> {
    let machine = Machine::new()?;
    let cli = Cli::new(&machine)?;
    cli.ok(&START)?;
    many(&machine)?;
    cli.ok(&["import", "many.env", "-p", "big", "-e", "dev", "--yes"])?;
    let _agent = Agent::start(&machine, &[])?;
    let mut terminal = OnTerminal::start(&machine, "backup copy.keystead-backup")?;
    terminal.wait_for("backing up, and reading it back, ")?;
    terminal.press_ctrl_c()?;
    ensure!(terminal.end()? == 130, "{}", terminal.shown());
    // The next one asks a host that is free again.
    let program = binary("KEYSTEAD_CLI", "keystead")?;
    let ask = |words: &[&str]| -> Result<String> {
        let output = machine
            .command(&program)
            .args(words)
            .stdin(Stdio::null())
            .output()?;
        ensure!(output.status.success(), "{output:?}");
        Ok(String::from_utf8(output.stdout)?)
    };
    ensure!(ask(&["get", "KEY_7", "-p", "big", "-e", "dev"])? == "value-7");
    let audit = ask(&["audit", "--limit", "5"])?;
    ensure!(!audit.contains("backed up"), "{audit}");
    let left: Vec<_> = fs::read_dir(machine.root())?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| name.contains("backup"))
        .collect();
    ensure!(left.is_empty(), "{left:?}");
    Ok(())
}

#[test]
fn a_terminal_that_can_not_be_drawn_over_is_left_alone() -> Result<()> {
    let machine = Machine::new()?;
    let cli = Cli::new(&machine)?;
    cli.ok(&["init", "--kdf-memory", "512", "--kdf-passes", "8"])?;
    let shows = |term: &str| -> Result<String> {
        let line = format!(
            "TERM={term} '{}' --passphrase-file '{}' list",
            binary("KEYSTEAD_CLI", "keystead")?.display(),
            machine.root().join("passphrase").display()
        );
        let mut command: Command = machine.command(Path::new("script"));
        let output = command
            .args(["-qefc", &line, "/dev/null"])
            .stdin(Stdio::null())
            .output()?;
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    };
    ensure!(shows("xterm")?.contains("unlocking, "));
    ensure!(!shows("dumb")?.contains("unlocking"));
    Ok(())
}
