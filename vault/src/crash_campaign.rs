//! A scripted load that is killed at random moments. After each kill the vault has to hold every
//! change that was acknowledged, and to verify.
//!
//! The load runs in this test's own program, started again; the vault is opened by its root key, so that the
//! passphrase is derived once. `KEYSTEAD_KILLS` says how many, 100 if it says nothing. A second load keys a vault anew
//! again and again: `KEYSTEAD_REKEY_KILLS`, 8 if it says nothing, as each of its steps derives the passphrase.

use crate::{
    Credential, Exposure, Origin, SecretName, Vault, VaultError, VaultFolder, VersionSelector,
    tests::{asker, at_the_floor, vault_in},
    unlock::open_with_root_key,
};
use keystead_crypto::{KeyBytes, Passphrase, RootKey};
use std::{
    collections::BTreeMap,
    env, fs,
    io::{BufRead, BufReader, Read, Write},
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

const FOLDER: &str = "KEYSTEAD_CRASH_FOLDER";
const FIRST: &str = "KEYSTEAD_CRASH_FIRST";
pub(crate) const PLACE: (&str, &str) = ("churn-model", "dev");
const PASSPHRASE: &str = "one passphrase";
/// A header with one slot and no former root key has so many bytes.
const FINISHED_HEADER: usize = 8 + 4 + 16 + 8 + 4 + (16 + 1 + 8 + 12 + 2 + 32 + 4 + 114) + 1 + 32;
/// Steps of the load between two fresh vaults.
const LIFE: usize = 20;

/// What the environment holds after the first `steps` steps.
pub(crate) fn expected(steps: u64) -> BTreeMap<String, String> {
    let mut values = BTreeMap::new();
    for step in 0..steps {
        for (name, value) in written_by(step) {
            values.insert(name, value);
        }
    }
    values
}

/// What one step writes: one value, or twenty at once; nothing where it only reads.
fn written_by(step: u64) -> Vec<(String, String)> {
    let value = |name: u64| (format!("KEY_{name}"), format!("value {step} of {name}"));
    match step % 5 {
        0 => (0..20).map(|i| value(i + step % 7)).collect(),
        4 => Vec::new(),
        _ => vec![value(step % 11)],
    }
}

pub(crate) fn act(vault: &mut Vault, step: u64) -> Result<(), VaultError> {
    let written = written_by(step);
    let values: Vec<_> = written
        .iter()
        .map(|(name, value)| (SecretName::parse(name).expect("a name"), value.as_str()))
        .collect();
    if values.is_empty() {
        vault
            .read(
                &asker(),
                (PLACE.0, PLACE.1, "KEY_3"),
                VersionSelector::Current,
                Exposure::Read,
                "",
            )
            .map(drop)
    } else {
        vault
            .put_values(&asker(), PLACE.0, PLACE.1, &values, Origin::Set, "", true)
            .map(drop)
    }
}

/// The load itself: says each step once it was acknowledged, until it is killed.
#[test]
#[ignore = "the other half of the campaign below, which starts it"]
fn load() {
    let (Some(folder), Ok(first)) = (env::var_os(FOLDER), env::var(FIRST)) else {
        return;
    };
    let mut root = [0; 32];
    std::io::stdin()
        .read_exact(&mut root)
        .expect("the root key");
    let root = RootKey::from_bytes(KeyBytes::from_slice(&root).expect("32 bytes"));
    let place = VaultFolder::at(Path::new(&folder));
    let mut vault = open_with_root_key(&place, &root).expect("it opens");
    let mut out = std::io::stdout();
    for step in first.parse().expect("a number").. {
        act(&mut vault, step).expect("stored, or read as step 0 wrote it");
        // Past the test harness, which keeps what a test prints.
        writeln!(out, "\nacknowledged {step}").expect("a reader");
        out.flush().expect("a reader");
    }
}

/// Keys a vault anew, again and again, until it is killed. Each time the passphrase is the same.
#[test]
#[ignore = "the other half of the second campaign below, which starts it"]
fn rekeying() {
    let Some(folder) = env::var_os(FOLDER) else {
        return;
    };
    let place = VaultFolder::at(Path::new(&folder));
    let passphrase = Passphrase::new(PASSPHRASE.to_owned());
    let credential = Credential::Passphrase(&passphrase, None);
    let mut vault = Vault::unlock(&place, &credential, &asker()).expect("it opens");
    let mut out = std::io::stdout();
    for round in 0.. {
        vault
            .rekey(&credential, at_the_floor(&passphrase), None, &asker())
            .expect("keyed anew");
        writeln!(out, "\nacknowledged {round}").expect("a reader");
        out.flush().expect("a reader");
    }
}

fn start(place: &VaultFolder, root: &RootKey, first: u64) -> Child {
    start_half("load", place, root, first)
}

fn start_half(half: &str, place: &VaultFolder, root: &RootKey, first: u64) -> Child {
    let mut child = Command::new(env::current_exe().expect("this test"))
        .args([
            "--exact",
            &format!("crash_campaign::{half}"),
            "--ignored",
            "--nocapture",
        ])
        .env(FOLDER, place.path())
        .env(FIRST, first.to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    // The half that unlocks by its passphrase reads none of it.
    let _ = stdin.write_all(root.key().expose());
    child
}

/// A small generator of its own: the seed alone tells a run.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound
    }
}

/// A number from the environment.
pub(crate) fn number(name: &str, usual: u64) -> u64 {
    match env::var(name) {
        Ok(text) => text.parse().expect("a number"),
        Err(_) => usual,
    }
}

#[test]
fn a_kill_in_the_midst_of_a_new_root_key_leaves_a_vault_that_opens() {
    let kills = number("KEYSTEAD_REKEY_KILLS", 8);
    let seed = number("KEYSTEAD_SEED", 1);
    let mut dice = Dice(seed);
    let temp = tempfile::tempdir().expect("temp");
    let (mut vault, place, root) = vault_in(temp.path());
    for step in 0..5 {
        act(&mut vault, step).expect("stored, or read as step 0 wrote it");
    }
    vault.close_quietly().expect("closed");
    let passphrase = Passphrase::new(PASSPHRASE.to_owned());
    let (mut fired, mut acknowledged, mut unfinished) = (0, 0, 0);
    for kill in 0..kills {
        let mut child = start_half("rekeying", &place, &root, 0);
        thread::sleep(Duration::from_micros(dice.below(2_500_000)));
        let ran = child.try_wait().expect("a child").is_none();
        child.kill().expect("ours");
        child.wait().expect("ended");
        assert!(ran, "seed {seed}, kill {kill}: the load ended by itself");
        fired += 1;
        let said = BufReader::new(child.stdout.take().expect("a pipe"));
        let lines = said.lines().map_while(Result::ok);
        acknowledged += lines
            .filter(|line| line.starts_with("acknowledged"))
            .count();
        let header = fs::read(place.path().join("header")).expect("a header");
        unfinished += usize::from(header.len() > FINISHED_HEADER);
        let credential = Credential::Passphrase(&passphrase, None);
        let mut vault = Vault::unlock(&place, &credential, &asker()).expect("it opens");
        let verified = vault.verify(&asker()).expect("it can be read");
        assert_eq!(verified.problem, None, "seed {seed}, kill {kill}");
        let held = vault.examine_environment(PLACE, |environment| {
            let pairs = environment.pairs();
            let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
            pairs.iter().map(owned).collect::<BTreeMap<_, _>>()
        });
        assert_eq!(
            held.expect("values open"),
            expected(5),
            "seed {seed}, kill {kill}"
        );
        vault.close_quietly().expect("closed");
        let header = fs::read(place.path().join("header")).expect("a header");
        assert!(
            header.len() <= FINISHED_HEADER,
            "whoever opens it goes on to the end"
        );
    }
    println!(
        "seed {seed}: {fired} kills fired; {acknowledged} new root keys acknowledged; {unfinished} were under way and finished by the next unlock"
    );
    assert_eq!(fired, kills);
}

#[test]
fn a_kill_at_any_moment_loses_nothing_that_was_acknowledged() {
    let kills = number("KEYSTEAD_KILLS", 100);
    let seed = number("KEYSTEAD_SEED", 1);
    println!("seed {seed}, {kills} kills");
    let mut dice = Dice(seed);
    let temp = tempfile::tempdir().expect("temp");
    let template = temp.path().join("template");
    fs::create_dir(&template).expect("made");
    let (vault, made, root) = vault_in(&template);
    vault.close_quietly().expect("closed");

    let (mut fired, mut acknowledged, mut between) = (0, 0, 0);
    let mut place = made.clone();
    let mut next = 0;
    for kill in 0..kills {
        if (kill as usize).is_multiple_of(LIFE) {
            let folder = temp.path().join(format!("{kill}.keystead"));
            fs::create_dir(&folder).expect("made");
            for file in ["header", "store.db"] {
                fs::copy(made.path().join(file), folder.join(file)).expect("copied");
            }
            place = VaultFolder::at(&folder);
            next = 0;
        }
        let mut child = start(&place, &root, next);
        // From before it opens the vault to well into its work.
        thread::sleep(Duration::from_micros(dice.below(120_000)));
        let ran = child.try_wait().expect("a child").is_none();
        child.kill().expect("ours");
        child.wait().expect("ended");
        assert!(ran, "the load ended by itself");
        fired += 1;
        let said = BufReader::new(child.stdout.take().expect("a pipe"));
        let last = said
            .lines()
            .map_while(Result::ok)
            .filter_map(|line| line.strip_prefix("acknowledged ")?.parse::<u64>().ok())
            .last();
        let done = last.map_or(next, |last| last + 1);
        acknowledged += done - next;

        let mut vault = open_with_root_key(&place, &root).expect("it opens after a kill");
        let verified = vault.verify(&asker()).expect("it can be read");
        assert_eq!(verified.problem, None, "seed {seed}, kill {kill}");
        let held: BTreeMap<String, String> = if done == 0 && vault.project(PLACE.0).is_err() {
            BTreeMap::new()
        } else {
            vault
                .examine_environment(PLACE, |environment| {
                    let pairs = environment.pairs();
                    pairs
                        .iter()
                        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                        .collect()
                })
                .expect("values open")
        };
        // The step that was under way may have become durable before it could say so.
        next = if held == expected(done) {
            done
        } else {
            assert_eq!(
                held,
                expected(done + 1),
                "seed {seed}, kill {kill}, step {done}"
            );
            between += 1;
            done + 1
        };
        drop(vault);
    }
    println!(
        "{fired} kills fired; {acknowledged} steps acknowledged; {between} durable and not said"
    );
    assert_eq!(fired, kills);
    assert!(acknowledged > kills, "the load got on between kills");
}
