//! The command line's manners: what it says and returns when input does not
//! arrive, output can't be written, or a name or value is not what it should be.

use anyhow::{Result, ensure};
use keystead_tests::{PASSPHRASE, cli::Cli, machine::Machine, machine::binary};
use std::{
    ffi::OsStr,
    fs::{self, File},
    io::Write,
    os::unix::ffi::OsStrExt,
    path::Path,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

const PLACE: [&str; 4] = ["-p", "small", "-e", "dev"];
const START: [&str; 5] = ["init", "--kdf-memory", "64", "--kdf-passes", "3"];

fn with<'a>(words: &[&'a str]) -> Vec<&'a str> {
    words.iter().copied().chain(PLACE).collect()
}

/// `keystead` for a test that wires its standard streams itself.
fn keystead(machine: &Machine) -> Result<Command> {
    let mut command = machine.command(&binary("KEYSTEAD_CLI", "keystead")?);
    command
        .arg("--passphrase-file")
        .arg(machine.root().join("passphrase"))
        .stdin(Stdio::null());
    Ok(command)
}

fn full() -> Result<File> {
    Ok(File::options().write(true).open("/dev/full")?)
}

fn started(machine: &Machine) -> Result<Cli<'_>> {
    let cli = Cli::new(machine)?;
    cli.ok(&START)?;
    cli.ok_with(&with(&["set", "A", "--yes"]), b"first")?;
    Ok(cli)
}

#[test]
fn a_standard_error_that_is_full_changes_no_exit_code() -> Result<()> {
    let machine = Machine::new()?;
    started(&machine)?;
    for (words, code) in [
        (&["set", "B", "--empty"][..], 0),
        (&["get", "NOT_THERE"], 3),
        (&["rotate", "A", "--generate", "hex"], 0),
    ] {
        let status = keystead(&machine)?
            .args(words)
            .stdout(Stdio::null())
            .stderr(full()?)
            .status()?;
        ensure!(status.code() == Some(code), "{words:?} gave {status}");
    }
    Ok(())
}

#[test]
fn an_answer_that_could_not_be_written_is_a_failure() -> Result<()> {
    let machine = Machine::new()?;
    started(&machine)?;
    for words in [
        &["get", "A", "--json"][..],
        &["get", "A"],
        &["list"],
        &["list", "--json"],
        &["audit"],
        &["audit", "verify"],
        &["links", "--json"],
        &["export", "--json"],
        &["export"],
    ] {
        let output = keystead(&machine)?.args(words).stdout(full()?).output()?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(
            output.status.code() == Some(8),
            "{words:?} gave {}",
            output.status
        );
        ensure!(said.contains("standard output"), "{words:?}: {said}");
    }
    // A reader that has seen enough is no failure.
    let mut child = keystead(&machine)?
        .args(["list", "--json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    drop(child.stdout.take());
    ensure!(child.wait()?.success(), "a closed pipe");
    Ok(())
}

#[test]
fn a_value_that_does_not_arrive_is_not_stored() -> Result<()> {
    let machine = Machine::new()?;
    let cli = started(&machine)?;
    for words in [
        with(&["set", "A"]),
        with(&["set", "NEW"]),
        with(&["rotate", "A"]),
    ] {
        for input in [&b""[..], b"\n"] {
            let refused = cli.run_with(&words, input)?;
            ensure!(
                refused.code == 7 && refused.stderr.contains("--empty"),
                "{words:?}: {} {}",
                refused.code,
                refused.stderr
            );
        }
    }
    ensure!(cli.ok(&["get", "A"])?.text() == "first");
    ensure!(cli.run(&["get", "NEW"])?.code == 3);
    // Nothing after the passphrase line.
    let mut child = machine
        .command(&binary("KEYSTEAD_CLI", "keystead")?)
        .args(["--passphrase-file", "-"])
        .args(with(&["rotate", "A"]))
        .stdin(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        writeln!(stdin, "{PASSPHRASE}")?;
    }
    ensure!(child.wait()?.code() == Some(7));
    // Meant, it is.
    cli.ok(&with(&["set", "NEW", "--empty"]))?;
    ensure!(cli.ok(&["get", "NEW"])?.stdout.is_empty());
    cli.ok(&with(&["set", "RAW", "--raw"]))?;
    ensure!(cli.ok(&["get", "RAW"])?.stdout.is_empty());
    Ok(())
}

#[test]
fn a_value_passes_from_one_secret_to_another_through_a_pipe() -> Result<()> {
    let machine = Machine::new()?;
    let cli = started(&machine)?;
    cli.ok_with(&with(&["set", "B"]), b"second")?;
    let mut get = keystead(&machine)?
        .args(with(&["get", "A"]))
        .stdout(Stdio::piped())
        .spawn()?;
    let value = get.stdout.take().expect("piped");
    let rotate = keystead(&machine)?
        .args(with(&["rotate", "B"]))
        .stdin(value)
        .stderr(Stdio::piped())
        .output()?;
    ensure!(get.wait()?.success());
    ensure!(
        rotate.status.success(),
        "{}",
        String::from_utf8_lossy(&rotate.stderr)
    );
    ensure!(cli.ok(&["get", "B"])?.text() == "first");
    Ok(())
}

#[test]
fn a_slow_producer_does_not_hold_the_vault() -> Result<()> {
    let machine = Machine::new()?;
    let cli = started(&machine)?;
    let passphrase = format!("{PASSPHRASE}\n");
    for from_input in [false, true] {
        let mut command = machine.command(&binary("KEYSTEAD_CLI", "keystead")?);
        let file = machine.root().join("passphrase");
        command.arg("--passphrase-file");
        command.arg(if from_input { Path::new("-") } else { &file });
        let mut child = command
            .args(with(&["rotate", "A"]))
            .stdin(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let mut stdin = child.stdin.take().expect("piped");
        if from_input {
            stdin.write_all(passphrase.as_bytes())?;
        }
        thread::sleep(Duration::from_secs(3));
        let meanwhile = cli.run(&["list"])?;
        write!(stdin, "slow {from_input}")?;
        drop(stdin);
        ensure!(child.wait()?.success());
        ensure!(meanwhile.code == 0, "{}", meanwhile.stderr);
        ensure!(cli.ok(&["get", "A"])?.text() == format!("slow {from_input}"));
    }
    Ok(())
}

#[test]
fn a_carriage_return_goes_only_with_its_newline() -> Result<()> {
    let machine = Machine::new()?;
    let cli = started(&machine)?;
    for (input, stored) in [
        (&b"abc\r"[..], "abc\r"),
        (b"abc\r\n", "abc"),
        (b"abc\n", "abc"),
        (b"abc\n\n", "abc\n"),
    ] {
        cli.ok_with(&with(&["set", "B"]), input)?;
        ensure!(cli.ok(&["get", "B"])?.text() == stored, "{input:?}");
    }
    Ok(())
}

#[test]
fn a_path_that_is_not_utf8_is_refused_and_no_other_file_is_touched() -> Result<()> {
    let machine = Machine::new()?;
    started(&machine)?;
    let name = OsStr::from_bytes(b"nu\xff");
    let output = keystead(&machine)?
        .args(["export", "-o"])
        .arg(name)
        .output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.code() == Some(7), "{said}");
    ensure!(!machine.root().join("nu\u{fffd}").exists());
    fs::write(machine.root().join("nu\u{fffd}"), "OTHER=1\n")?;
    let output = keystead(&machine)?.arg("import").arg(name).output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.code() == Some(7), "{said}");
    ensure!(said.contains("UTF-8"), "{said}");
    Ok(())
}

#[test]
fn an_environment_that_is_not_there_is_not_found() -> Result<()> {
    let machine = Machine::new()?;
    let cli = started(&machine)?;
    for words in [
        &["list", "-p", "small", "-e", "nope"][..],
        &["list", "-p", "small", "-e", "nope", "--json"],
        &["list", "-e", "nope"],
    ] {
        let refused = cli.run(words)?;
        ensure!(refused.code == 3, "{words:?} gave {}", refused.code);
        ensure!(refused.stdout.is_empty(), "{words:?}");
        ensure!(refused.stderr.contains("nope"), "{}", refused.stderr);
    }
    // Of all projects, those that have it.
    cli.ok_with(&["set", "A", "-p", "other", "-e", "prod", "--yes"], b"x")?;
    let list = cli.ok(&["list", "-e", "dev", "--json"])?.json();
    ensure!(list.as_array().map(Vec::len) == Some(1), "{list}");
    ensure!(list[0]["project"]["name"] == "small", "{list}");
    Ok(())
}

#[test]
fn names_stand_as_they_are_in_errors() -> Result<()> {
    let machine = Machine::new()?;
    let cli = started(&machine)?;
    let said = cli.run(&["get", "A", "-p", "small", "-e", "nope"])?.stderr;
    ensure!(said.contains(": small has no environment nope."), "{said}");
    let said = cli.run(&["get", "A", "--version", "9"])?.stderr;
    ensure!(said.contains(": A has no such version."), "{said}");
    cli.ok_with(&with(&["set", "lower_key"]), b"'\"`#\\")?;
    let said = cli.run(&["export", "--dialect", "dotenv-node"])?.stderr;
    ensure!(said.contains(": lower_key cannot be written"), "{said}");
    Ok(())
}

#[test]
fn what_no_file_can_carry_is_refused_when_it_is_stored() -> Result<()> {
    let machine = Machine::new()?;
    let cli = started(&machine)?;
    for words in [with(&["set", "A"]), with(&["rotate", "A"])] {
        let refused = cli.run_with(&words, b"one\0two")?;
        ensure!(
            refused.code == 7 && refused.stderr.contains("NUL"),
            "{}",
            refused.stderr
        );
    }
    let file = machine.root().join("large.env");
    let large = "x".repeat(1024 * 1024 + 1);
    fs::write(&file, format!("SMALL=1\nLARGE={large}\n"))?;
    let path = file.to_str().expect("UTF-8");
    let refused = cli.run(&with(&["import", path, "--yes"]))?;
    ensure!(
        refused.code == 7 && refused.stderr.contains("large.env, line 2: LARGE"),
        "{}",
        refused.stderr
    );
    ensure!(cli.run(&["get", "SMALL"])?.code == 3, "all or nothing");
    fs::write(&file, format!("FITS={}\n", &large[1..]))?;
    cli.ok(&with(&["import", path, "--yes"]))?;
    Ok(())
}

/// Runs a command line of `keystead` on a terminal of its own, and types.
fn typed(machine: &Machine, words: &str, text: &[u8]) -> Result<(i32, String)> {
    let line = format!(
        "'{}' --passphrase-file '{}' {words}",
        binary("KEYSTEAD_CLI", "keystead")?.display(),
        machine.root().join("passphrase").display()
    );
    let mut child = machine
        .command(Path::new("script"))
        .args(["-qefc", &line, "/dev/null"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    // Kept open: at its end `script` would type an end of file.
    let mut stdin = child.stdin.take().expect("piped");
    thread::sleep(Duration::from_secs(2));
    stdin.write_all(text)?;
    stdin.flush()?;
    let start = Instant::now();
    while child.try_wait()?.is_none() {
        if start.elapsed() > Duration::from_secs(60) {
            child.kill()?;
        }
        thread::sleep(Duration::from_millis(50));
    }
    drop(stdin);
    let output = child.wait_with_output()?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    Ok((output.status.code().unwrap_or(-1), said))
}

#[test]
fn more_lines_than_one_at_a_prompt_are_refused() -> Result<()> {
    let machine = Machine::new()?;
    let cli = started(&machine)?;
    let (code, said) = typed(&machine, "set B -p small -e dev", b"one line\n")?;
    ensure!(code == 0, "{said}");
    ensure!(cli.ok(&["get", "B"])?.text() == "one line");
    ensure!(!said.contains("one line"), "nothing is echoed");
    let pem = b"-----BEGIN KEY-----\nc2Vjb25kIGxpbmU=\n-----END KEY-----\n";
    let (code, said) = typed(&machine, "set B -p small -e dev", pem)?;
    ensure!(code == 7, "{code}: {said}");
    ensure!(said.contains("one line"), "{said}");
    ensure!(!said.contains("c2Vjb25k"), "{said}");
    ensure!(cli.ok(&["get", "B"])?.text() == "one line", "kept");
    Ok(())
}

#[test]
fn an_interrupted_prompt_leaves_the_terminal_as_it_was() -> Result<()> {
    let machine = Machine::new()?;
    started(&machine)?;
    let words = "set B -p small -e dev; echo \"gave $?\"; stty -a";
    let (code, said) = typed(&machine, words, b"half\x03")?;
    ensure!(code == 0 && said.contains("gave 130"), "{code}: {said}");
    ensure!(!said.contains("half"), "{said}");
    for mode in ["echo", "icanon", "isig"] {
        let modes = said.split_whitespace();
        ensure!(modes.clone().any(|word| word == mode), "no {mode}: {said}");
    }
    Ok(())
}

#[test]
fn a_value_on_the_command_line_is_not_repeated() -> Result<()> {
    let machine = Machine::new()?;
    let cli = started(&machine)?;
    for words in [
        &["set", "A", "sk-live-x"][..],
        &["rotate", "A", "sk-live-x"],
        &["rotate", "A", "--generate", "sk-live-x"],
        &["set", "A", "--sk-live-x"],
        &["set", "A", "--raw=sk-live-x"],
    ] {
        let refused = cli.run(words)?;
        ensure!(refused.code == 2, "{words:?} gave {}", refused.code);
        ensure!(!refused.stderr.contains("sk-live"), "{}", refused.stderr);
        ensure!(
            refused.stderr.contains("standard input"),
            "{}",
            refused.stderr
        );
    }
    let missing = cli.run(&["set"])?;
    ensure!(
        missing.code == 2 && missing.stderr.contains("<NAME>"),
        "{}",
        missing.stderr
    );
    Ok(())
}

#[test]
fn control_characters_do_not_reach_the_terminal() -> Result<()> {
    let machine = Machine::new()?;
    let cli = started(&machine)?;
    for words in [
        &["import", "no\x1b[31msuch\u{202e}"][..],
        &["export", "-o", "no/\x1b]0;title\x07such"],
        &["get", "A", "-p", "\x1b[2Jnone"],
        &["li\x1b[2Jst"],
    ] {
        let refused = cli.run(words)?;
        ensure!(refused.code != 0, "{words:?}");
        let bad = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
        ensure!(!refused.stderr.contains(bad), "{:?}", refused.stderr);
    }
    Ok(())
}

#[test]
fn an_empty_keystead_vault_is_as_none() -> Result<()> {
    let machine = Machine::new()?;
    started(&machine)?;
    let output = keystead(&machine)?
        .env("KEYSTEAD_VAULT", "")
        .args(["get", "A"])
        .output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{said}");
    let output = keystead(&machine)?
        .env("KEYSTEAD_VAULT", "/nowhere/x")
        .args(["get", "A"])
        .output()?;
    ensure!(output.status.code() == Some(3));
    Ok(())
}

#[test]
fn what_is_said_is_short_and_grammatical() -> Result<()> {
    let machine = Machine::new()?;
    let cli = started(&machine)?;
    let file = machine.root().join("twice.env");
    fs::write(&file, "TWICE=1\n".repeat(5_000))?;
    let path = file.to_str().expect("UTF-8");
    let said = cli.ok(&with(&["import", path, "--dry-run"]))?.stderr;
    ensure!(said.len() < 400, "{} bytes", said.len());
    ensure!(said.contains("line 5000 counts"), "{said}");
    ensure!(said.contains("and 4989 more"), "{said}");
    for (tries, words) in [
        (1, "1 wrong passphrase was tried"),
        (2, "2 wrong passphrases were tried"),
    ] {
        for _ in 0..tries {
            let wrong = machine.root().join("wrong");
            fs::write(&wrong, "not the passphrase\n")?;
            let status = machine
                .command(&binary("KEYSTEAD_CLI", "keystead")?)
                .arg("--passphrase-file")
                .arg(&wrong)
                .arg("list")
                .stderr(Stdio::null())
                .status()?;
            ensure!(status.code() == Some(4), "{status}");
        }
        let said = cli.ok(&["list"])?.stderr;
        ensure!(said.contains(words), "{said}");
    }
    Ok(())
}

#[test]
fn a_shell_completes_commands_and_flags() -> Result<()> {
    let machine = Machine::new()?;
    let program = binary("KEYSTEAD_CLI", "keystead")?;
    for shell in ["bash", "zsh", "fish"] {
        let output = keystead(&machine)?.args(["completions", shell]).output()?;
        let script = String::from_utf8_lossy(&output.stdout).into_owned();
        ensure!(
            output.status.success() && script.contains("rotate"),
            "{shell}"
        );
        fs::write(machine.root().join(shell), script)?;
    }
    // The real shell, as far as it can be asked without a terminal.
    let complete = |line: &str| -> Result<String> {
        let words: Vec<&str> = line.split(' ').collect();
        let script = format!(
            "source {}; COMP_WORDS=({line}); COMP_CWORD={}; _keystead keystead '{}' '{}'; echo \"${{COMPREPLY[*]}}\"",
            machine.root().join("bash").display(),
            words.len() - 1,
            words[words.len() - 1],
            words[words.len() - 2],
        );
        let output = Command::new("bash").args(["-c", &script]).output()?;
        Ok(String::from_utf8(output.stdout)?.trim().to_owned())
    };
    ensure!(
        complete("keystead ge")? == "get",
        "{}",
        complete("keystead ge")?
    );
    ensure!(complete("keystead get --ver")?.contains("--version"));
    ensure!(complete("keystead rotate --generate he")? == "hex");
    ensure!(program.is_file());
    let fish = |line: &str| -> Result<String> {
        let script = format!("source fish; complete -C '{line}'");
        let mut command = machine.command(Path::new("fish"));
        let output = command.args(["--no-config", "-c", &script]).output()?;
        ensure!(output.stderr.is_empty(), "{output:?}");
        Ok(String::from_utf8(output.stdout)?)
    };
    ensure!(fish("keystead ge")?.starts_with("get\t"));
    ensure!(fish("keystead rotate --generate he")?.starts_with("hex\t"));
    // zsh completes only in an editor: on a terminal of its own, asked until it answers.
    let editor = "zmodload zsh/zpty; zpty z zsh -f -i
        zpty -w z 'PROMPT=; autoload -U compinit; compinit -u -D; source ./zsh; print rea\"\"dy'
        repeat 100 { zpty -r -t z out && said+=$out; [[ $said == *ready* ]] && break; sleep 0.1 }
        zpty -w -n z $'keystead rotate --generate he\\t'
        repeat 100 { zpty -r -t z out && said+=$out; [[ $said == *'generate hex'* ]] && break; sleep 0.1 }
        print -r -- $said";
    let mut command = machine.command(Path::new("zsh"));
    let output = command
        .args(["-f", "-c", editor])
        .env("TERM", "dumb")
        .output()?;
    let said = String::from_utf8_lossy(&output.stdout);
    ensure!(said.contains("generate hex"), "{said}");
    Ok(())
}

#[test]
fn every_command_has_a_manual_page() -> Result<()> {
    let machine = Machine::new()?;
    let folder = machine.root().join("man");
    fs::create_dir(&folder)?;
    let one = keystead(&machine)?.arg("man").output()?;
    let page = String::from_utf8(one.stdout)?;
    ensure!(
        page.contains(".TH keystead 1") && page.contains("run"),
        "{page}"
    );
    let all = keystead(&machine)?
        .args(["man", "--to"])
        .arg(&folder)
        .status()?;
    ensure!(all.success());
    for name in [
        "keystead",
        "keystead-get",
        "keystead-run",
        "keystead-backup-restore",
    ] {
        let page = fs::read_to_string(folder.join(format!("{name}.1")))?;
        ensure!(page.contains(&format!(".TH {name} 1")), "{name}: {page}");
    }
    let pages = fs::read_dir(&folder)?.collect::<Result<Vec<_>, _>>()?;
    let mut lint = machine.command(Path::new("mandoc"));
    lint.args(["-T", "lint", "-W", "warning"]);
    let lint = lint.args(pages.iter().map(|page| page.path())).output()?;
    let said = String::from_utf8_lossy(&lint.stdout);
    // Empty lines are how the library sets lists.
    let faults = said
        .lines()
        .filter(|line| !line.contains("skipping paragraph macro: br"));
    ensure!(
        faults.clone().count() == 0,
        "{:?}",
        faults.collect::<Vec<_>>()
    );
    ensure!(
        pages.len() > 25 && lint.status.code().is_some_and(|code| code < 3),
        "{lint:?}"
    );
    let nowhere = keystead(&machine)?
        .args(["man", "--to", "nowhere"])
        .status()?;
    ensure!(nowhere.code() == Some(8));
    Ok(())
}

#[test]
fn colour_is_for_a_terminal_that_wants_it() -> Result<()> {
    let machine = Machine::new()?;
    let program = binary("KEYSTEAD_CLI", "keystead")?;
    let help = |variable: Option<(&str, &str)>, on_terminal: bool| -> Result<bool> {
        let mut command = if on_terminal {
            let mut command = machine.command(Path::new("/usr/bin/script"));
            command.args([
                "-qec",
                &format!("{} --help", program.display()),
                "/dev/null",
            ]);
            command.env("TERM", "xterm-256color");
            command
        } else {
            let mut command = machine.command(&program);
            command.arg("--help");
            command
        };
        if let Some((name, value)) = variable {
            command.env(name, value);
        }
        let output = command.stdin(Stdio::null()).output()?;
        ensure!(output.stdout.len() > 500, "it is the help");
        Ok(output.stdout.windows(2).any(|w| w == b"\x1b["))
    };
    ensure!(help(None, true)?, "on a terminal it is styled");
    ensure!(!help(None, false)?, "in a pipe it is not");
    ensure!(!help(Some(("NO_COLOR", "1")), true)?);
    ensure!(!help(Some(("TERM", "dumb")), true)?);
    Ok(())
}
