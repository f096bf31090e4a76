//! What a power cut and a failing disk leave of a vault.
//!
//! A scripted load runs in this test's own program, started again behind a file layer (`testdata/file_layer.c`) that
//! records all it writes and makes durable. From the record come the states that a power cut could have left: of what
//! was not yet made durable some is dropped, some is torn at sectors, the rest is there in any order. Each has to open, to
//! verify and to hold every change that was acknowledged. Then the layer makes the Nth operation fail, for every N.
//!
//! `KEYSTEAD_CUTS` says how many states, 300 if it says nothing; `KEYSTEAD_FAILURES` is `all` for every N, else how many
//! are drawn, 25 if it says nothing.

use crate::{
    Action, Credential, SlotId, VaultFolder,
    crash_campaign::{Dice, PLACE, act, expected, number},
    tests::{asker, vault_in},
    unlock::open_with_root_key,
};
use keystead_crypto::{KeyBytes, RecoverySecret, RootKey, SlotKey};
use std::{
    collections::BTreeMap,
    env, fs,
    io::{Read as _, Write as _},
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::OnceLock,
};

const FOLDER: &str = "KEYSTEAD_POWER_FOLDER";
const CARELESS: &str = "KEYSTEAD_POWER_CARELESS";
const STEPS: u64 = 30;
/// Steps between two openings of the vault, each of which ends with all in one file.
const SPAN: u64 = 8;
const SECTOR: usize = 512;
/// Operations of the load, about.
const ABOUT: u64 = 1_300;
/// Failures that the load goes on after.
const PATIENCE: u32 = 8;
/// A disk that is full, and one that is broken.
const ERRORS: [(&str, i32); 2] = [("ENOSPC", 28), ("EIO", 5)];

/// The load itself. What fails is said, and tried once more.
#[test]
#[ignore = "the other half of the campaigns below, which start it"]
fn load() {
    let Some(folder) = env::var_os(FOLDER) else {
        return;
    };
    let mut keys = Vec::new();
    std::io::stdin().read_to_end(&mut keys).expect("the keys");
    let (root, words) = keys.split_at(32);
    let root = || RootKey::from_bytes(KeyBytes::from_slice(root).expect("32 bytes"));
    let words = std::str::from_utf8(words).expect("words");
    let kit = RecoverySecret::parse(words).expect("24 words");
    let place = VaultFolder::at(Path::new(&folder));
    let say = |words: String| {
        // In one piece, and past the test harness, which keeps what a test prints.
        let mut out = std::io::stdout();
        out.write_all(format!("\n{words}\n").as_bytes())
            .and_then(|()| out.flush())
            .expect("a reader");
    };
    let (mut step, mut failures) = (0, 0);
    // A disk that stays broken is given up.
    while step < STEPS && failures < PATIENCE {
        let mut vault = match open_with_root_key(&place, &root()) {
            Ok(vault) => vault,
            Err(error) => {
                failures += 1;
                say(format!("refused opening: {error}"));
                continue;
            }
        };
        if env::var_os(CARELESS).is_some() {
            let off = vault.sql.pragma_update(None, "synchronous", "OFF");
            off.expect("nothing is synced from now on");
        }
        let until = (step + SPAN).min(STEPS);
        while step < until && failures < PATIENCE {
            match act(&mut vault, step) {
                Ok(()) => {
                    say(format!("acknowledged {step}"));
                    step += 1;
                }
                Err(error) => {
                    failures += 1;
                    say(format!("refused {step}: {error}"));
                }
            }
        }
        // Another header, and the one after it.
        let present = Credential::Recovery(&kit);
        let slot = SlotKey::from_bytes(KeyBytes::from_slice(&[7; 32]).expect("32 bytes"));
        let id = SlotId([step as u8; 16]);
        match vault.add_keyring(&present, (id, &slot), &asker()) {
            Ok(()) => say(format!("header {step}")),
            Err(error) => say(format!("refused header: {error}")),
        }
        if let Err(error) = vault.close_quietly() {
            say(format!("refused closing: {error}"));
        }
    }
}

/// The file layer, compiled once.
fn layer() -> &'static Path {
    static LAYER: OnceLock<(tempfile::TempDir, PathBuf)> = OnceLock::new();
    let (_, path) = LAYER.get_or_init(|| {
        let folder = tempfile::tempdir().expect("temp");
        let library = folder.path().join("file_layer.so");
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/file_layer.c");
        let compiled = Command::new("cc")
            .args([
                "-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror", "-o",
            ])
            .arg(&library)
            .args([source, "-ldl"])
            .status();
        assert!(compiled.expect("a C compiler").success());
        (folder, library)
    });
    path
}

/// A vault with a recovery kit, as it stands before each load.
struct Start {
    temp: tempfile::TempDir,
    files: BTreeMap<String, Vec<u8>>,
    root: RootKey,
    keys: Vec<u8>,
}

impl Start {
    fn new() -> Self {
        let temp = tempfile::tempdir().expect("temp");
        let (mut vault, place, root) = vault_in(temp.path());
        let kit = RecoverySecret::generate(&mut crate::keyring::system_random());
        let passphrase = keystead_crypto::Passphrase::new("one passphrase".to_owned());
        let present = Credential::Passphrase(&passphrase, None);
        vault.add_recovery(&present, &kit, &asker()).expect("a kit");
        vault.close_quietly().expect("closed");
        let files = ["header", "store.db", "lock"].map(|name| {
            let bytes = fs::read(place.path().join(name)).expect("a file");
            (name.to_owned(), bytes)
        });
        let keys = [&root.key().expose()[..], kit.words().as_bytes()].concat();
        Self {
            temp,
            files: files.into(),
            root,
            keys,
        }
    }

    /// A fresh copy, at a path without symbolic links.
    fn copy(&self, name: &str) -> VaultFolder {
        let base = fs::canonicalize(self.temp.path()).expect("temp");
        let folder = base.join(format!("{name}.keystead"));
        let _ = fs::remove_dir_all(&folder);
        write_all(&folder, &self.files);
        VaultFolder::at(&folder)
    }

    /// Runs the load behind the layer; what it said.
    fn run(&self, place: &VaultFolder, variables: &[(&str, &str)]) -> String {
        let mut child = Command::new(env::current_exe().expect("this test"))
            .args([
                "--exact",
                "power_campaign::load",
                "--ignored",
                "--nocapture",
            ])
            .env(FOLDER, place.path())
            .env("LD_PRELOAD", layer())
            .env("FILE_LAYER_ROOT", place.path())
            .envs(variables.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts");
        let mut stdin = child.stdin.take().expect("a pipe");
        stdin.write_all(&self.keys).expect("a reader");
        drop(stdin);
        let output = child.wait_with_output().expect("it ends");
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(
            output.status.success(),
            "{variables:?}: {said}{}",
            String::from_utf8_lossy(&output.stderr)
        );
        said
    }

    /// Opens what is left, verifies it and compares with what was acknowledged; whether one step more than that was
    /// durable.
    fn check(&self, place: &VaultFolder, done: u64) -> Result<bool, String> {
        let vault = open_with_root_key(place, &self.root);
        let mut vault = vault.map_err(|error| format!("does not open: {error}"))?;
        let verified = vault.verify(&asker()).map_err(|error| error.to_string())?;
        if let Some(problem) = verified.problem {
            return Err(format!("does not verify: {problem}"));
        }
        let held = if vault.project(PLACE.0).is_err() {
            BTreeMap::new()
        } else {
            let held = vault.examine_environment(PLACE, |environment| {
                let pairs = environment.pairs();
                let owned = |(n, v): &(&str, &str)| ((*n).to_owned(), (*v).to_owned());
                pairs.iter().map(owned).collect()
            });
            held.map_err(|error| format!("values do not open: {error}"))?
        };
        // A read leaves an event and nothing else.
        let events = vault.events(10_000, None).map_err(|e| e.to_string())?;
        let reads = events
            .iter()
            .filter(|row| row.event.action == Action::ValueRead)
            .count() as u64;
        let acknowledged = (0..done).filter(|step| step % 5 == 4).count() as u64;
        if reads < acknowledged {
            return Err(format!(
                "{reads} reads in the audit, {acknowledged} released"
            ));
        }
        if held == expected(done) {
            Ok(false)
        } else if held == expected(done + 1) {
            Ok(true)
        } else {
            Err(format!("step {done} and before it are not what is held"))
        }
    }
}

fn write_all(folder: &Path, files: &BTreeMap<String, Vec<u8>>) {
    fs::create_dir(folder).expect("made");
    for (name, bytes) in files {
        fs::write(folder.join(name), bytes).expect("written");
    }
}

/// What a program did to a folder.
enum Record {
    Create {
        inode: u64,
        name: String,
    },
    Write {
        inode: u64,
        at: usize,
        bytes: Vec<u8>,
    },
    Truncate {
        inode: u64,
        size: usize,
    },
    Sync {
        inode: u64,
    },
    SyncFolder,
    Rename {
        from: String,
        to: String,
    },
    Unlink {
        name: String,
    },
    Said {
        text: String,
    },
}

fn records(bytes: &[u8]) -> Vec<Record> {
    let mut found = Vec::new();
    let mut rest = bytes;
    while let [what, numbers @ ..] = rest {
        let number = |nth: usize| {
            let eight = numbers[nth * 8..nth * 8 + 8]
                .try_into()
                .expect("eight bytes");
            u64::from_le_bytes(eight)
        };
        let (inode, at, size) = (number(0), number(1) as usize, number(2) as usize);
        let (body, behind) = numbers[24..].split_at(size);
        rest = behind;
        let text = || String::from_utf8_lossy(body).into_owned();
        found.push(match what {
            b'C' => Record::Create {
                inode,
                name: text(),
            },
            b'W' => Record::Write {
                inode,
                at,
                bytes: body.to_vec(),
            },
            b'T' => Record::Truncate { inode, size: at },
            b'S' => Record::Sync { inode },
            b'D' => Record::SyncFolder,
            b'U' => Record::Unlink { name: text() },
            b'A' => Record::Said { text: text() },
            b'R' => {
                let both = text();
                let (from, to) = both.split_once('\0').expect("two names");
                Record::Rename {
                    from: from.to_owned(),
                    to: to.to_owned(),
                }
            }
            other => panic!("no record begins with {other}"),
        });
    }
    found
}

/// A change of one file that is not durable yet.
#[derive(Clone)]
enum Pending {
    Write(usize, Vec<u8>),
    Truncate(usize),
}

/// A change of the folder that is not durable yet.
#[derive(Clone)]
enum Naming {
    Link(String, usize),
    Rename(String, String),
    Unlink(String),
}

/// What is durable of a folder, and what is not yet.
#[derive(Default)]
struct Disk {
    files: Vec<(Vec<u8>, Vec<Pending>)>,
    inodes: BTreeMap<u64, usize>,
    names: BTreeMap<String, usize>,
    pending: Vec<Naming>,
}

/// How often each kind of loss was made.
#[derive(Debug, Default)]
struct Losses {
    dropped: u64,
    torn: u64,
    reordered: u64,
    names: u64,
}

impl Disk {
    fn of(place: &VaultFolder) -> Self {
        let mut disk = Self::default();
        for entry in fs::read_dir(place.path()).expect("a folder") {
            let entry = entry.expect("a file");
            let inode = entry.metadata().expect("a file").ino();
            let name = entry.file_name().to_string_lossy().into_owned();
            disk.files
                .push((fs::read(entry.path()).expect("a file"), Vec::new()));
            disk.inodes.insert(inode, disk.files.len() - 1);
            disk.names.insert(name, disk.files.len() - 1);
        }
        disk
    }

    fn file(&mut self, inode: u64) -> &mut (Vec<u8>, Vec<Pending>) {
        &mut self.files[self.inodes[&inode]]
    }

    fn take(&mut self, record: &Record) {
        match record {
            Record::Create { inode, name } => {
                self.files.push((Vec::new(), Vec::new()));
                let file = self.files.len() - 1;
                self.inodes.insert(*inode, file);
                self.pending.push(Naming::Link(name.clone(), file));
            }
            Record::Write { inode, at, bytes } => {
                let write = Pending::Write(*at, bytes.clone());
                self.file(*inode).1.push(write);
            }
            Record::Truncate { inode, size } => self.file(*inode).1.push(Pending::Truncate(*size)),
            Record::Sync { inode } => {
                let (bytes, pending) = self.file(*inode);
                for change in std::mem::take(pending) {
                    change.apply(bytes);
                }
            }
            Record::SyncFolder => {
                for naming in std::mem::take(&mut self.pending) {
                    naming.apply(&mut self.names);
                }
            }
            Record::Rename { from, to } => {
                self.pending.push(Naming::Rename(from.clone(), to.clone()));
            }
            Record::Unlink { name } => self.pending.push(Naming::Unlink(name.clone())),
            Record::Said { .. } => {}
        }
    }

    /// What a power cut could leave now.
    fn cut(&self, dice: &mut Dice, losses: &mut Losses) -> BTreeMap<String, Vec<u8>> {
        let mut names = self.names.clone();
        // A journal keeps the order of what happens to names.
        let kept = dice.below(self.pending.len() as u64 + 1) as usize;
        losses.names += (self.pending.len() - kept) as u64;
        for naming in &self.pending[..kept] {
            naming.clone().apply(&mut names);
        }
        let kind = dice.below(4);
        let left = names.into_iter().map(|(name, file)| {
            let (durable, pending) = &self.files[file];
            let mut bytes = durable.clone();
            let mut changes: Vec<Pending> = Vec::new();
            for change in pending {
                match (kind, change) {
                    (0, _) => losses.dropped += 1,
                    (1, _) => changes.push(change.clone()),
                    (_, Pending::Write(at, written)) => match dice.below(3) {
                        0 => losses.dropped += 1,
                        1 => {
                            losses.torn += 1;
                            changes.extend(torn(*at, written, dice));
                        }
                        _ => changes.push(change.clone()),
                    },
                    _ => match dice.below(2) {
                        0 => losses.dropped += 1,
                        _ => changes.push(change.clone()),
                    },
                }
            }
            if kind == 3 && changes.len() > 1 {
                losses.reordered += 1;
                for last in (1..changes.len()).rev() {
                    changes.swap(last, dice.below(last as u64 + 1) as usize);
                }
            }
            for change in changes {
                change.apply(&mut bytes);
            }
            (name, bytes)
        });
        left.collect()
    }
}

/// Some of the sectors of a write.
fn torn(at: usize, bytes: &[u8], dice: &mut Dice) -> Vec<Pending> {
    let first = SECTOR - at % SECTOR;
    let (head, rest) = bytes.split_at(first.min(bytes.len()));
    let mut parts = vec![(at, head)];
    let sectors = rest.chunks(SECTOR).enumerate();
    parts.extend(sectors.map(|(nth, part)| (at + first + nth * SECTOR, part)));
    parts.retain(|_| dice.below(2) == 0);
    let writes = parts.into_iter();
    writes
        .map(|(at, part)| Pending::Write(at, part.to_vec()))
        .collect()
}

impl Pending {
    fn apply(self, bytes: &mut Vec<u8>) {
        match self {
            Self::Truncate(size) => bytes.resize(size, 0),
            Self::Write(at, written) => {
                if bytes.len() < at + written.len() {
                    bytes.resize(at + written.len(), 0);
                }
                bytes[at..at + written.len()].copy_from_slice(&written);
            }
        }
    }
}

impl Naming {
    fn apply(self, names: &mut BTreeMap<String, usize>) {
        match self {
            Self::Link(name, file) => drop(names.insert(name, file)),
            Self::Unlink(name) => drop(names.remove(&name)),
            Self::Rename(from, to) => {
                if let Some(file) = names.remove(&from) {
                    names.insert(to, file);
                }
            }
        }
    }
}

/// The last step that a load acknowledged, counted from 1.
fn acknowledged(said: &str) -> u64 {
    let mut steps = said
        .lines()
        .filter_map(|line| line.strip_prefix("acknowledged ")?.parse::<u64>().ok());
    steps.next_back().map_or(0, |last| last + 1)
}

/// Runs a load, and tries states of cuts in it; the first one that does not hold.
fn cuts(start: &Start, count: u64, seed: u64, careless: bool) -> Result<(), String> {
    let place = start.copy("recorded");
    let mut disk = Disk::of(&place);
    let record = start.temp.path().join("record");
    let _ = fs::remove_file(&record);
    let path = record.display().to_string();
    let mut variables = vec![("FILE_LAYER_RECORD", path.as_str())];
    if careless {
        variables.push((CARELESS, "1"));
    }
    let said = start.run(&place, &variables);
    assert_eq!(acknowledged(&said), STEPS, "{said}");
    let records = records(&fs::read(&record).expect("a record"));
    let changes = |record: &&Record| !matches!(record, Record::Said { .. });
    let all = records.iter().filter(changes).count() as u64;
    assert!(all > 300, "it was recorded: {all}");
    assert!(
        records
            .iter()
            .any(|r| matches!(r, Record::Rename { to, .. } if to == "header")),
        "the header was replaced"
    );

    let dice = &mut Dice(seed);
    let (mut losses, mut between) = (Losses::default(), 0);
    let (mut made, mut done) = (0, 0);
    let cut_place = VaultFolder::at(&start.temp.path().join("cut.keystead"));
    for (nth, record) in records.iter().enumerate() {
        disk.take(record);
        if let Record::Said { text } = record {
            done = acknowledged(text).max(done);
        }
        // As many behind each record as make the count, spread evenly.
        let due = count * (nth as u64 + 1) / records.len() as u64;
        while made < due {
            made += 1;
            let files = disk.cut(dice, &mut losses);
            let _ = fs::remove_dir_all(cut_place.path());
            write_all(cut_place.path(), &files);
            match start.check(&cut_place, done) {
                Ok(more) => between += u64::from(more),
                Err(problem) => {
                    return Err(format!(
                        "seed {seed}, cut {made} behind record {nth}: {problem}"
                    ));
                }
            }
        }
    }
    println!(
        "seed {seed}: {made} cuts over {all} operations; {losses:?}; {between} steps durable and not said"
    );
    assert_eq!(made, count);
    assert!(losses.dropped > 0 && losses.torn > 0 && losses.reordered > 0 && losses.names > 0);
    Ok(())
}

#[test]
fn a_power_cut_at_any_moment_loses_nothing_that_was_acknowledged() {
    let start = Start::new();
    let seed = number("KEYSTEAD_SEED", 1);
    let held = cuts(&start, number("KEYSTEAD_CUTS", 300), seed, false);
    assert_eq!(held, Ok(()));
    // The planted positive: a store that syncs nothing does lose.
    let found = cuts(&start, 300, seed, true);
    assert!(found.is_err(), "the cuts find nothing");
}

#[test]
fn a_disk_that_is_full_or_broken_loses_nothing_that_was_acknowledged() {
    let start = Start::new();
    let seed = number("KEYSTEAD_SEED", 1);
    let dice = &mut Dice(seed);
    let drawn = match env::var("KEYSTEAD_FAILURES") {
        Ok(text) if text == "all" => None,
        _ => Some(number("KEYSTEAD_FAILURES", 25)),
    };
    let fired = start.temp.path().join("fired");
    let fired_path = fired.display().to_string();
    let (mut runs, mut faults, mut refusals, mut clean) = (0, 0, 0, 0);
    for (name, errno) in ERRORS {
        for on in ["", " on"] {
            let mut nth = 0;
            let mut left = drawn;
            loop {
                // Every one in turn, or as many as were asked for at ever later places.
                nth += match left {
                    None => 1,
                    Some(0) => break,
                    Some(_) => 1 + dice.below(2 * ABOUT / drawn.unwrap_or(1).max(1)),
                };
                left = left.map(|left| left - 1);
                let place = start.copy("failing");
                let _ = fs::remove_file(&fired);
                let fail = format!("{nth} {errno}{on}");
                let variables = [
                    ("FILE_LAYER_FAIL", fail.as_str()),
                    ("FILE_LAYER_FIRED", fired_path.as_str()),
                ];
                let said = start.run(&place, &variables);
                let count = fs::read(&fired).map_or(0, |bytes| bytes.len());
                let done = acknowledged(&said);
                runs += 1;
                if count == 0 {
                    assert_eq!(done, STEPS, "{name} {nth}: {said}");
                    clean += 1;
                    break;
                }
                assert!(on == " on" || done == STEPS, "{name} {nth} once: {said}");
                faults += count;
                refusals += said.matches("refused").count();
                if let Err(problem) = start.check(&place, done) {
                    panic!(
                        "seed {seed}, {name}{on} at {nth}, {done} acknowledged: {problem}\n{said}"
                    );
                }
            }
        }
    }
    println!(
        "seed {seed}: {runs} runs, {faults} failures fired, {refusals} refusals said, {clean} until clean"
    );
    assert!(faults > 0 && refusals > 0);
    assert!(drawn.is_some() || clean == 4, "each until clean");
}
