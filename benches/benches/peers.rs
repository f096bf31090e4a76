//! One secret read by a whole process: `keystead get` through its host, and what people use instead, in turn.
//!
//! The peers do as they do by default, with the least that each needs to answer without a question: `pass` a GnuPG key
//! without a passphrase, `age` an identity file, `keepassxc-cli` the least decryption time that it offers, `dotenvx` its
//! `.env.keys`, `bao` a development server in memory. Only Keystead writes who read what before it answers.
#![allow(clippy::print_stdout, reason = "a bench prints its figures")]

use keystead_benches::whole::{Place, at, timed};
use std::{
    env, fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

const ROUNDS: usize = 60;
const VALUE: &str = "sk-0000000000000000000000000000000000000000";
const BAO: &str = "http://127.0.0.1:18271";

/// How a program is started for one read.
type Read<'p> = Box<dyn Fn() -> Command + 'p>;

/// Runs a preparation; `input` is what it is told.
fn prepare(mut command: Command, input: &str) {
    let what = format!("{command:?}");
    let child = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn();
    let mut child = child.unwrap_or_else(|error| panic!("{what}: {error}"));
    let mut stdin = child.stdin.take().expect("a pipe");
    // Whoever does not listen needs nothing.
    let _ = stdin.write_all(input.as_bytes());
    drop(stdin);
    let status = child.wait().expect("it ends");
    assert!(status.success(), "{what}");
}

fn with(place: &Place, program: impl AsRef<Path>, words: &[&str]) -> Command {
    let mut command = place.command(program.as_ref());
    command
        .args(words)
        .env("GNUPGHOME", place.path().join("gnupg"))
        .env("PASSWORD_STORE_DIR", place.path().join("store"))
        .env("BAO_ADDR", BAO)
        .env("BAO_TOKEN", "root");
    command
}

fn pass(place: &Place) -> Read<'_> {
    let home = place.path().join("gnupg");
    fs::create_dir(&home).expect("made");
    let private = std::os::unix::fs::PermissionsExt::from_mode(0o700);
    fs::set_permissions(&home, private).expect("made private");
    let key = [
        "--batch",
        "--quiet",
        "--passphrase",
        "",
        "--quick-gen-key",
        "bench@localhost",
    ];
    prepare(
        with(
            place,
            "gpg",
            &[&key[..], &["default", "default", "never"]].concat(),
        ),
        "",
    );
    prepare(with(place, "pass", &["init", "bench@localhost"]), "");
    prepare(
        with(place, "pass", &["insert", "--echo", "KEY_1"]),
        &format!("{VALUE}\n"),
    );
    Box::new(|| with(place, "pass", &["show", "KEY_1"]))
}

fn age(place: &Place) -> Read<'_> {
    prepare(with(place, "age-keygen", &["-o", "identity"]), "");
    let identity = fs::read_to_string(place.path().join("identity")).expect("an identity");
    let recipient = identity
        .split("# public key: ")
        .nth(1)
        .and_then(|rest| rest.lines().next());
    let recipient = recipient.expect("a recipient");
    prepare(
        with(place, "age", &["-r", recipient, "-o", "KEY_1.age"]),
        VALUE,
    );
    Box::new(|| with(place, "age", &["-d", "-i", "identity", "KEY_1.age"]))
}

fn keepassxc(place: &Place) -> Read<'_> {
    let create = [
        "db-create",
        "-q",
        "--set-password",
        "--decryption-time",
        "100",
        "bench.kdbx",
    ];
    prepare(
        with(place, "keepassxc-cli", &create),
        "passphrase\npassphrase\n",
    );
    let add = ["add", "-q", "--password-prompt", "bench.kdbx", "KEY_1"];
    prepare(
        with(place, "keepassxc-cli", &add),
        &format!("passphrase\n{VALUE}\n{VALUE}\n"),
    );
    fs::write(place.path().join("typed"), "passphrase\n").expect("written");
    Box::new(|| {
        let show = ["show", "-q", "--show-protected", "--attributes", "Password"];
        let mut command = with(
            place,
            "keepassxc-cli",
            &[&show[..], &["bench.kdbx", "KEY_1"]].concat(),
        );
        let typed = fs::File::open(place.path().join("typed")).expect("a passphrase");
        command.stdin(typed);
        command
    })
}

fn dotenvx(place: &Place) -> Read<'_> {
    let program = named("KEYSTEAD_BENCH_DOTENVX");
    fs::write(place.path().join(".env"), format!("KEY_1={VALUE}\n")).expect("written");
    prepare(with(place, &program, &["encrypt"]), "");
    let text = fs::read_to_string(place.path().join(".env")).expect("read");
    assert!(!text.contains(VALUE), "it is encrypted");
    Box::new(move || with(place, &program, &["get", "KEY_1"]))
}

/// A server; ends with it.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn bao(place: &Place) -> (Server, Read<'_>) {
    let program = named("KEYSTEAD_BENCH_BAO");
    let address = BAO.trim_start_matches("http://");
    let listen = format!("-dev-listen-address={address}");
    let server = [
        "server",
        "-dev",
        "-dev-no-store-token",
        "-dev-root-token-id=root",
        &listen,
    ];
    let server = with(place, &program, &server).spawn().expect("it runs");
    let server = Server(server);
    let start = Instant::now();
    while std::net::TcpStream::connect(address).is_err() {
        assert!(start.elapsed() < Duration::from_secs(20), "it listens");
        thread::sleep(Duration::from_millis(100));
    }
    let value = format!("value={VALUE}");
    let put = ["kv", "put", "secret/KEY_1", &value];
    let start = Instant::now();
    // It listens before it is unsealed.
    while !with(place, &program, &put)
        .status()
        .is_ok_and(|status| status.success())
    {
        assert!(
            start.elapsed() < Duration::from_secs(20),
            "it takes a secret"
        );
        thread::sleep(Duration::from_millis(200));
    }
    let read = move || {
        with(
            place,
            &program,
            &["kv", "get", "-field=value", "secret/KEY_1"],
        )
    };
    (server, Box::new(read))
}

fn named(variable: &str) -> PathBuf {
    let path = env::var_os(variable).map(PathBuf::from);
    path.unwrap_or_else(|| panic!("`cargo xtask bench-peers` sets {variable}"))
}

fn main() {
    let place = Place::new();
    place.fill(100);
    let _agent = place.agent();
    let (_server, bao) = bao(&place);
    let readers: Vec<(&str, Read<'_>)> = vec![
        (
            "keystead get",
            Box::new(|| {
                with(
                    &place,
                    &place.program,
                    &["get", "KEY_1", "-p", "bench", "-e", "dev"],
                )
            }),
        ),
        (
            "a process that does nothing",
            Box::new(|| with(&place, "true", &[])),
        ),
        ("age -d", age(&place)),
        ("pass show", pass(&place)),
        ("bao kv get", bao),
        ("keepassxc-cli show", keepassxc(&place)),
        ("dotenvx get", dotenvx(&place)),
    ];
    for (name, read) in &readers[2..] {
        let output = read().stdout(Stdio::piped()).output().expect("it runs");
        let said = String::from_utf8_lossy(&output.stdout);
        assert_eq!(said.trim_end(), VALUE, "{name} reads it");
    }
    let mut times = vec![Vec::new(); readers.len()];
    for _ in 0..ROUNDS {
        for ((_, read), times) in readers.iter().zip(&mut times) {
            times.push(timed(read()));
        }
    }
    println!(
        "milliseconds of whole processes, {ROUNDS} rounds in turn; ratio of medians to keystead's"
    );
    println!("{:<28}  {:>8}  {:>8}  {:>8}", "", "median", "p99", "ratio");
    for times in &mut times {
        times.sort_unstable();
    }
    let ours = at(&times[0], 0.5);
    for ((name, _), times) in readers.iter().zip(&times) {
        let (median, late) = (at(times, 0.5), at(times, 0.99));
        println!(
            "{name:<28}  {median:>8.2}  {late:>8.2}  {:>8.1}",
            median / ours
        );
    }
    // Started by what was measured, and not its own.
    prepare(with(&place, "gpgconf", &["--kill", "all"]), "");
}
