//! One process holds a vault open, and the others ask it: real binaries, real
//! sockets, a real second user.
#![allow(clippy::print_stderr, reason = "what is not run is said")]

use anyhow::{Context as _, Result, ensure};
use keystead_tests::{PASSPHRASE, agent::Agent, cli::Cli, machine::Machine, machine::binary};
use rustix::process::Signal;
use std::{
    fs,
    io::Read,
    os::unix::{
        fs::{MetadataExt, PermissionsExt, symlink},
        net::UnixListener,
        process::{CommandExt, ExitStatusExt},
    },
    path::PathBuf,
    process::{Command, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

const START: [&str; 5] = ["init", "--kdf-memory", "64", "--kdf-passes", "3"];
const VALUE: &str = "canary-5f0c9e";
/// `nobody` on every Linux.
const SOMEBODY_ELSE: u32 = 65_534;

fn started(machine: &Machine) -> Result<Cli<'_>> {
    let cli = Cli::new(machine)?;
    cli.ok(&START)?;
    cli.ok_with(
        &["set", "A", "-p", "small", "-e", "dev", "--yes"],
        VALUE.as_bytes(),
    )?;
    Ok(cli)
}

/// A command that is given no passphrase: only a host can answer it.
fn asking(machine: &Machine, words: &[&str]) -> Result<Command> {
    let mut command = machine.command(&binary("KEYSTEAD_CLI", "keystead")?);
    command.args(words).stdin(Stdio::null());
    Ok(command)
}

fn ask(machine: &Machine, words: &[&str]) -> Result<String> {
    let output = asking(machine, words)?.output()?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    ensure!(
        output.status.success(),
        "{words:?} gave {}: {said}",
        output.status
    );
    Ok(String::from_utf8(output.stdout)?)
}

fn socket(machine: &Machine) -> Result<PathBuf> {
    let folder = machine.root().join("runtime/keystead");
    fs::read_dir(folder)?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|path| path.extension().is_some_and(|e| e == "sock"))
        .context("a socket")
}

#[test]
fn commands_ask_the_agent_and_are_written_down_as_themselves() -> Result<()> {
    let machine = Machine::new()?;
    let cli = started(&machine)?;
    let agent = Agent::start(&machine, &[])?;
    ensure!(ask(&machine, &["get", "A"])? == VALUE);
    let list = ask(&machine, &["list"])?;
    ensure!(list.contains('A') && !list.contains(VALUE), "{list}");

    // Each command, and a relative path as the caller means it.
    fs::write(machine.root().join("more.env"), "B=two\n")?;
    ask(&machine, &["import", "more.env"])?;
    ask(&machine, &["rotate", "A", "--generate", "hex"])?;
    ask(&machine, &["restore", "A"])?;
    ask(&machine, &["export", "-o", "out.env"])?;
    ensure!(fs::read_to_string(machine.root().join("out.env"))?.contains(VALUE));
    let purpose = ask(&machine, &["get", "A", "--purpose", "nightly job"])?;
    ensure!(purpose == VALUE);
    let events: serde_json::Value = serde_json::from_str(&ask(&machine, &["audit", "--json"])?)?;
    let newest = &events["events"][0];
    ensure!(newest["purpose"] == "nightly job", "{newest}");
    ensure!(newest["process"]["pid"] != agent.pid(), "{newest}");
    let program = newest["process"]["program"].as_str().unwrap_or_default();
    ensure!(program.ends_with("/keystead"), "{program}");
    let parent = newest["process"]["parent"].as_str().unwrap_or_default();
    ensure!(parent.contains("host-"), "this test asked: {parent}");

    // A second host is refused; what it would have asked for is not asked.
    let second = cli.run(&["agent"])?;
    ensure!(second.code == 5, "{}: {}", second.code, second.stderr);

    let (code, said) = agent.end()?;
    ensure!(code == Some(0), "{code:?}: {said}");
    ensure!(cli.ok(&["get", "A"])?.text() == VALUE, "and without it");
    ensure!(cli.ok(&["audit", "verify"])?.code == 0);
    Ok(())
}

#[test]
fn lock_unlock_and_status_say_what_is() -> Result<()> {
    let machine = Machine::new()?;
    let cli = started(&machine)?;
    let status = |word: &str| -> Result<()> {
        let status: serde_json::Value =
            serde_json::from_str(&ask(&machine, &["status", "--json"])?)?;
        ensure!(status["state"] == word, "{status}");
        Ok(())
    };
    status("locked")?;
    let nobody = cli.run(&["unlock"])?;
    ensure!(nobody.code == 3, "{}", nobody.stderr);
    let mut agent = Agent::start(&machine, &["--locked"])?;
    status("locked")?;
    // A host that is locked keeps nobody from opening the vault for itself.
    ensure!(cli.ok(&["get", "A"])?.text() == VALUE);
    cli.ok(&["unlock"])?;
    status("unlocked")?;
    ensure!(ask(&machine, &["get", "A"])? == VALUE);
    ask(&machine, &["lock"])?;
    status("locked")?;
    ensure!(agent.line()?.contains("somebody asked"));
    ensure!(
        ask(&machine, &["lock"]).is_ok(),
        "locking twice is no failure"
    );

    let wrong = machine.root().join("wrong");
    fs::write(&wrong, "not the passphrase\n")?;
    let refused = asking(&machine, &["unlock", "--passphrase-file"])?
        .arg(&wrong)
        .output()?;
    ensure!(refused.status.code() == Some(4));
    let opened = cli.ok(&["unlock"])?;
    ensure!(
        opened.stderr.contains("1 wrong passphrase"),
        "{}",
        opened.stderr
    );
    Ok(())
}

#[test]
fn an_agent_locks_by_idle_and_at_its_limit_and_lets_go_of_the_vault() -> Result<()> {
    let machine = Machine::new()?;
    let cli = started(&machine)?;
    let mut agent = Agent::start(&machine, &["--idle", "1s"])?;
    ensure!(agent.line()?.contains("nothing was asked for"));
    ensure!(cli.ok(&["get", "A"])?.text() == VALUE);
    let (code, _) = agent.end()?;
    ensure!(code == Some(0));

    let mut agent = Agent::start(&machine, &["--limit", "2s"])?;
    let start = Instant::now();
    let (line, said) = mpsc::channel();
    let listening = thread::spawn(move || line.send(agent.line()).map(|()| agent));
    // Asked all the time, it locks all the same.
    let heard = loop {
        if let Ok(heard) = said.try_recv() {
            break heard?;
        }
        ensure!(
            start.elapsed() < Duration::from_secs(15),
            "it does not lock"
        );
        let _ = asking(&machine, &["status"])?.output()?;
    };
    ensure!(heard.contains("as long as it may be"), "{heard}");
    drop(listening.join());
    Ok(())
}

#[test]
fn a_killed_agent_leaves_nothing_in_the_way() -> Result<()> {
    let machine = Machine::new()?;
    let cli = started(&machine)?;
    for _ in 0..3 {
        let agent = Agent::start(&machine, &[])?;
        ensure!(ask(&machine, &["get", "A"])? == VALUE);
        agent.signal(Signal::KILL)?;
        drop(agent);
        ensure!(socket(&machine).is_ok(), "its socket is still there");
        ensure!(cli.ok(&["get", "A"])?.text() == VALUE);
    }
    Ok(())
}

#[test]
fn without_a_runtime_folder_the_socket_stands_in_the_state_folder() -> Result<()> {
    let machine = Machine::new()?;
    started(&machine)?;
    let passphrase = machine.root().join("passphrase");
    let mut agent = asking(&machine, &["agent", "--passphrase-file"])?
        .arg(passphrase)
        .env_remove("XDG_RUNTIME_DIR")
        .stderr(Stdio::piped())
        .spawn()?;
    let mut first = [0; 7];
    agent
        .stderr
        .as_mut()
        .context("a pipe")?
        .read_exact(&mut first)?;
    let folder = machine.home().join(".local/state/keystead/run");
    let mode = fs::metadata(&folder)?.mode() & 0o777;
    let got = asking(&machine, &["get", "A"])?
        .env_remove("XDG_RUNTIME_DIR")
        .output()?;
    agent.kill()?;
    agent.wait()?;
    ensure!(&first == b"holding" && mode == 0o700, "{mode:o}");
    ensure!(got.stdout == VALUE.as_bytes());
    Ok(())
}

#[test]
fn run_gives_a_program_the_secrets_and_is_otherwise_not_there() -> Result<()> {
    let machine = Machine::new()?;
    started(&machine)?;
    let _agent = Agent::start(&machine, &[])?;
    let environment = ask(&machine, &["run", "-p", "small", "-e", "dev", "--", "env"])?;
    ensure!(
        environment.contains(&format!("\nA={VALUE}\n"))
            || environment.starts_with(&format!("A={VALUE}\n"))
    );
    ensure!(!environment.contains(PASSPHRASE));
    let quoted = ask(
        &machine,
        &["run", "--", "printf", "%s|", "a b", "", "--help", "$A"],
    )?;
    ensure!(
        quoted == "a b||--help|$A|",
        "arguments are as they were: {quoted}"
    );

    for code in [0, 1, 42, 255] {
        let status = asking(
            &machine,
            &["run", "--", "sh", "-c", &format!("exit {code}")],
        )?
        .status()?;
        ensure!(status.code() == Some(code), "{status}");
    }
    for signal in [Signal::TERM, Signal::KILL, Signal::HUP, Signal::QUIT] {
        let mut child = asking(
            &machine,
            &["run", "--", "sh", "-c", "echo up; exec sleep 60"],
        )?
        .stdout(Stdio::piped())
        .spawn()?;
        let mut up = [0; 3];
        child
            .stdout
            .as_mut()
            .context("a pipe")?
            .read_exact(&mut up)?;
        rustix::process::kill_process(rustix::process::Pid::from_child(&child), signal)?;
        ensure!(
            child.wait()?.signal() == Some(signal.as_raw()),
            "{signal:?}"
        );
    }
    // A reader that ends early ends the program, as in a pipe without us.
    let piped = asking(&machine, &["run", "--", "sh", "-c", "yes | head -1"])?.output()?;
    ensure!(piped.stdout == b"y\n" && piped.stderr.is_empty());

    for (words, code) in [(&["no-such-program"][..], 127), (&["/etc/passwd"], 127)] {
        let output = asking(&machine, &["run", "--"])?.args(words).output()?;
        ensure!(
            output.status.code() == Some(code),
            "{words:?}: {}",
            output.status
        );
    }
    let on_terminal = Command::new("script")
        .args([
            "-qec",
            &format!(
                "{} run -- sh -c 'test -t 0 && test -t 1 && tty'",
                binary("KEYSTEAD_CLI", "keystead")?.display()
            ),
            "/dev/null",
        ])
        .env("HOME", machine.home())
        .env("XDG_RUNTIME_DIR", machine.root().join("runtime"))
        .stdin(Stdio::null())
        .output()
        .context("script, of bsdutils")?;
    let tty = String::from_utf8_lossy(&on_terminal.stdout).into_owned();
    ensure!(
        on_terminal.status.success() && tty.contains("/dev/"),
        "the terminal is inherited: {tty}"
    );
    Ok(())
}

#[test]
fn run_is_one_event_and_one_exposure_a_version_and_writes_nothing_else() -> Result<()> {
    let machine = Machine::new()?;
    let cli = started(&machine)?;
    cli.ok_with(&["set", "B", "-p", "small", "-e", "dev"], b"other")?;
    let _agent = Agent::start(&machine, &[])?;
    let injected = || -> Result<usize> {
        let audit: serde_json::Value = serde_json::from_str(&ask(&machine, &["audit", "--json"])?)?;
        let events = audit["events"].as_array().context("events")?;
        Ok(events.iter().filter(|e| e["action"] == "injected").count())
    };
    ask(&machine, &["run", "--", "true"])?;
    ensure!(injected()? == 1, "one event for both secrets");
    ask(&machine, &["run", "--", "true"])?;
    ensure!(injected()? == 2);
    // What could not be started was not given anything.
    let _ = asking(&machine, &["run", "--", "no-such-program"])?.status()?;
    ensure!(injected()? == 2);
    let mut files = vec![machine.root().to_owned()];
    let mut seen = 0;
    while let Some(path) = files.pop() {
        if path.is_dir() {
            files.extend(fs::read_dir(&path)?.filter_map(|e| Some(e.ok()?.path())));
        } else if path.is_file() {
            seen += 1;
            let bytes = fs::read(&path)?;
            let found = bytes.windows(VALUE.len()).any(|w| w == VALUE.as_bytes());
            ensure!(!found, "the value stands in {}", path.display());
        }
    }
    ensure!(seen > 4, "the vault's files were looked at");
    Ok(())
}

/// Whether this test may become another user. Without root it can't, and says so; CI has to be able to.
fn can_be_somebody_else() -> Result<bool> {
    if rustix::process::geteuid().is_root() {
        return Ok(true);
    }
    ensure!(std::env::var_os("CI").is_none(), "a second user needs root");
    eprintln!("NOT RUN: a second user needs root");
    Ok(false)
}

#[test]
fn another_user_reaches_nothing() -> Result<()> {
    if !can_be_somebody_else()? {
        return Ok(());
    }
    let machine = Machine::new()?;
    started(&machine)?;
    // As open as a careless person could have it, but for what is ours.
    for folder in ["", "home", "runtime"] {
        fs::set_permissions(
            machine.root().join(folder),
            fs::Permissions::from_mode(0o777),
        )?;
    }
    let agent = Agent::start(&machine, &[])?;
    let socket = socket(&machine)?;
    let place = fs::metadata(machine.root().join("runtime/keystead"))?;
    ensure!(place.mode() & 0o777 == 0o700);
    let vault = machine.vault();
    let pid = agent.pid();
    let attempts = format!(
        "cat {vault}/header; cat {vault}/store.db; ls {vault}; ls {run}; cat {socket}; \
         cat /proc/{pid}/environ; cat /proc/{pid}/mem; ls -l /proc/{pid}/fd; cat /proc/{pid}/maps; readlink /proc/{pid}/exe",
        vault = vault.display(),
        run = machine.root().join("runtime/keystead").display(),
        socket = socket.display(),
    );
    for attempt in attempts.split("; ") {
        let output = Command::new("sh")
            .args(["-c", attempt])
            .uid(SOMEBODY_ELSE)
            .gid(SOMEBODY_ELSE)
            .output()?;
        ensure!(
            output.stdout.is_empty(),
            "{attempt}: {:?}",
            String::from_utf8_lossy(&output.stdout)
        );
        ensure!(!output.status.success(), "{attempt}");
    }
    // The same user's debugger neither.
    let get = asking(&machine, &["get", "A"])?
        .uid(SOMEBODY_ELSE)
        .gid(SOMEBODY_ELSE)
        .output()?;
    ensure!(!get.status.success() && get.stdout.is_empty());
    ensure!(
        ask(&machine, &["get", "A"])? == VALUE,
        "and it still answers us"
    );
    Ok(())
}

#[test]
fn a_squatter_gets_neither_a_value_nor_a_passphrase() -> Result<()> {
    if !can_be_somebody_else()? {
        return Ok(());
    }
    let machine = Machine::new()?;
    let cli = started(&machine)?;
    // The name that our socket would have.
    let name = {
        let _agent = Agent::start(&machine, &[])?;
        socket(&machine)?.file_name().context("a name")?.to_owned()
    };
    let runtime = machine.root().join("runtime");
    let folder = runtime.join("keystead");
    let squat = |owner: u32, mode: u32| -> Result<UnixListener> {
        fs::remove_dir_all(&folder)?;
        fs::create_dir(&folder)?;
        let listener = UnixListener::bind(folder.join(&name))?;
        fs::set_permissions(folder.join(&name), fs::Permissions::from_mode(0o777))?;
        fs::set_permissions(&folder, fs::Permissions::from_mode(mode))?;
        std::os::unix::fs::chown(&folder, Some(owner), Some(owner))?;
        Ok(listener)
    };
    // The folder of another user, and ours that others may write to.
    for (owner, mode) in [(SOMEBODY_ELSE, 0o755), (0, 0o777)] {
        let listener = squat(owner, mode)?;
        let (heard, got) = mpsc::channel();
        thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let mut bytes = vec![0; 4096];
                let size = stream.read(&mut bytes).unwrap_or_default();
                let _ = heard.send(size);
            }
        });
        let got_value = cli.ok(&["get", "A"])?;
        ensure!(got_value.text() == VALUE, "it opens the vault for itself");
        ensure!(
            got_value.stderr.contains("no place for a socket"),
            "{}",
            got_value.stderr
        );
        for words in [&["unlock"][..], &["lock"], &["status"], &["agent"]] {
            let run = cli.run(words)?;
            ensure!(run.code == 1, "{words:?} gave {}: {}", run.code, run.stderr);
        }
        ensure!(got.try_recv().is_err(), "the squatter was spoken to");
    }
    // Our own folder, but the process that answers is another user's.
    fs::remove_dir_all(&folder)?;
    fs::create_dir(&folder)?;
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o700))?;
    let mut squatter = Command::new("python3")
        .args(["-c", SQUATTER])
        .arg(folder.join(&name))
        .stdout(Stdio::piped())
        .spawn()?;
    let mut ready = [0; 6];
    squatter
        .stdout
        .as_mut()
        .context("a pipe")?
        .read_exact(&mut ready)?;
    let unlock = cli.run(&["unlock"])?;
    let get = cli.run(&["get", "A"])?;
    squatter.kill()?;
    let mut heard = String::new();
    squatter
        .stdout
        .take()
        .context("a pipe")?
        .read_to_string(&mut heard)?;
    squatter.wait()?;
    ensure!(
        unlock.code == 1 && unlock.stderr.contains("another user"),
        "{}",
        unlock.stderr
    );
    ensure!(get.text() == VALUE, "{}", get.stderr);
    ensure!(heard.trim().is_empty(), "the squatter heard {heard}");
    Ok(())
}

/// Binds as root, so that it stands in our folder, then answers as another user.
const SQUATTER: &str = "
import os, socket, sys
s = socket.socket(socket.AF_UNIX)
s.bind(sys.argv[1])
os.setresgid(65534, 65534, 65534)
os.setresuid(65534, 65534, 65534)
s.listen()
print('ready', flush=True)
while True:
    c, _ = s.accept()
    heard = c.recv(65536)
    if heard:
        print(len(heard), flush=True)
";

#[test]
fn a_link_in_the_folder_s_place_is_refused() -> Result<()> {
    let machine = Machine::new()?;
    let cli = started(&machine)?;
    let real = machine.root().join("elsewhere");
    fs::create_dir(&real)?;
    symlink(&real, machine.root().join("runtime/keystead"))?;
    let run = cli.run(&["agent"])?;
    ensure!(
        run.code == 1 && run.stderr.contains("link"),
        "{}",
        run.stderr
    );
    ensure!(
        fs::read_dir(&real)?.next().is_none(),
        "nothing was made there"
    );
    Ok(())
}

#[test]
fn a_vault_that_is_held_where_nobody_can_ask_is_busy_at_once() -> Result<()> {
    let machine = Machine::new()?;
    let cli = started(&machine)?;
    let _agent = Agent::start(&machine, &[])?;
    let elsewhere = machine.root().join("elsewhere");
    fs::create_dir(&elsewhere)?;
    let start = Instant::now();
    let busy = asking(&machine, &["list"])?
        .env("XDG_RUNTIME_DIR", &elsewhere)
        .output()?;
    ensure!(busy.status.code() == Some(5));
    ensure!(
        start.elapsed() < Duration::from_secs(2),
        "it is said at once"
    );
    ensure!(
        cli.ok(&["list"])?.code == 0,
        "from where it can be asked it answers"
    );
    Ok(())
}

#[test]
fn the_passphrase_is_changed_in_the_host_and_without_one() -> Result<()> {
    let machine = Machine::new()?;
    let cli = started(&machine)?;
    let file = |name: &str, text: &str| -> Result<String> {
        let path = machine.root().join(name);
        fs::write(&path, format!("{text}\n"))?;
        Ok(path.to_str().context("UTF-8")?.to_owned())
    };
    let next = file("next", "copper lantern drizzle mosaic")?;
    let weak = file("weak", "password")?;
    let change = [
        "passphrase",
        "--kdf-memory",
        "64",
        "--kdf-passes",
        "3",
        "--new-passphrase-file",
    ];
    let with = |last: &str| -> Vec<String> {
        change
            .iter()
            .map(|w| (*w).to_owned())
            .chain([last.to_owned()])
            .collect()
    };
    let run = |words: &[String]| {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        cli.run(&words)
    };
    ensure!(run(&with(&weak))?.code == 7, "a weak one is refused");
    {
        let _agent = Agent::start(&machine, &[])?;
        // The host has it open; the present passphrase is asked for all the same.
        let refused = asking(&machine, &change)?
            .arg(&next)
            .args(["--passphrase-file", &weak])
            .output()?;
        ensure!(refused.status.code() == Some(4));
        let changed = run(&with(&next))?;
        ensure!(changed.code == 0, "{}", changed.stderr);
    }
    ensure!(
        cli.run(&["get", "A"])?.code == 4,
        "the old one opens nothing"
    );
    let get = |passphrase: &str| {
        asking(&machine, &["get", "A", "--passphrase-file", passphrase])?
            .output()
            .context("runs")
    };
    ensure!(get(&next)?.stdout == VALUE.as_bytes());
    // And back, without a host.
    let old = file("old", PASSPHRASE)?;
    let back = asking(&machine, &change)?
        .arg(&old)
        .args(["--passphrase-file", &next])
        .output()?;
    ensure!(
        back.status.success(),
        "{}",
        String::from_utf8_lossy(&back.stderr)
    );
    ensure!(cli.ok(&["get", "A"])?.text() == VALUE);
    Ok(())
}

#[test]
fn a_backup_is_made_through_the_host_and_becomes_a_vault_elsewhere() -> Result<()> {
    let machine = Machine::new()?;
    let cli = started(&machine)?;
    {
        let _agent = Agent::start(&machine, &[])?;
        let made: serde_json::Value = serde_json::from_str(&ask(&machine, &["backup", "--json"])?)?;
        let path = PathBuf::from(made["path"].as_str().context("a path")?);
        ensure!(
            path.parent() == Some(machine.root()),
            "where it was called: {made}"
        );
        ensure!(
            made["values"] == 1 && made["bytes"] == fs::metadata(&path)?.len(),
            "{made}"
        );
        ask(&machine, &["backup", "second.keystead-backup"])?;
        let taken = asking(&machine, &["backup", "second.keystead-backup"])?.status()?;
        ensure!(taken.code() == Some(6), "never over another");
    }
    let bytes = fs::read(machine.root().join("second.keystead-backup"))?;
    ensure!(!bytes.windows(VALUE.len()).any(|w| w == VALUE.as_bytes()));
    // Without a host too, and by hand: it is a tar.
    cli.ok(&["backup", "third.keystead-backup"])?;
    let listed = Command::new("tar")
        .args(["-tf", "third.keystead-backup"])
        .current_dir(machine.root())
        .output()?;
    ensure!(listed.stdout == b"header\nstore.db\n");
    let elsewhere = ["--vault", "again.keystead"];
    let with = |words: &[&'static str]| [&elsewhere[..], words].concat();
    cli.ok(&with(&["backup", "restore", "second.keystead-backup"]))?;
    // It is older than the vault was here, and knows it.
    let older = cli.run(&with(&["get", "A"]))?;
    ensure!(older.code == 6, "{}", older.stderr);
    cli.ok(&with(&["rollback", "--accept", "--yes"]))?;
    ensure!(cli.ok(&with(&["get", "A"]))?.text() == VALUE);
    ensure!(cli.ok(&with(&["audit", "verify"]))?.code == 0);
    let again = cli.run(&with(&["backup", "restore", "second.keystead-backup"]))?;
    ensure!(again.code == 6, "{}", again.stderr);
    let none = cli.run(&["--vault", "third", "backup", "restore", "passphrase"])?;
    ensure!(none.code == 7, "{}", none.stderr);
    Ok(())
}
