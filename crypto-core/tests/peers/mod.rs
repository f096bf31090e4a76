//! What the comparisons with other implementations share: seeded randomness,
//! counts of cases, and a peer that answers JSON lines. Compares nothing itself.
#![allow(dead_code, reason = "each test takes the part that it needs")]
#![allow(clippy::print_stdout, reason = "a run says its seed and its counts")]

pub(crate) mod compare;
pub(crate) mod ours;

use rand_core::{Rng as _, TryCryptoRng, TryRng};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::{
    convert::Infallible,
    env,
    ffi::OsString,
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

/// How many changed bytes each side is offered, and must refuse.
pub(crate) const CHANGED: usize = 10;

/// Cases per direction: `KEYSTEAD_PEER_CASES`, or 100.
pub(crate) fn cases() -> usize {
    env::var("KEYSTEAD_PEER_CASES").map_or(100, |text| {
        text.parse().expect("KEYSTEAD_PEER_CASES is a number")
    })
}

/// Cases per direction where one takes a good part of a second: 5, or 20 in a full run.
pub(crate) fn slow_cases() -> usize {
    (cases() / 50).clamp(5, 20)
}

/// Says how many cases of one direction held, and asserts that it was all of them.
pub(crate) fn report(direction: &str, held: usize, wanted: usize) {
    println!("{direction}: {held} of {wanted}");
    assert_eq!(held, wanted, "{direction}");
}

/// A generator whose seed is printed, so that a failing run can be had again.
///
/// SHA-256(seed ‖ test ‖ counter), block by block. `KEYSTEAD_SEED` sets the seed.
pub(crate) struct Random {
    key: [u8; 32],
    counter: u64,
}

impl Random {
    /// Starts for one test; tests share a seed and not its output.
    pub(crate) fn start(test: &str) -> Self {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        let seed = env::var("KEYSTEAD_SEED").map_or_else(
            |_| now.map_or(1, |elapsed| elapsed.as_nanos() as u64),
            |text| text.parse().expect("KEYSTEAD_SEED is a number"),
        );
        println!("{test}: KEYSTEAD_SEED={seed}");
        let key = Sha256::new()
            .chain_update(seed.to_be_bytes())
            .chain_update(test)
            .finalize()
            .into();
        Self { key, counter: 0 }
    }

    /// A number in `0..bound`.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        (self.next_u64() % bound as u64) as usize
    }

    pub(crate) fn array<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.fill_bytes(&mut bytes);
        bytes
    }

    /// Up to `longest` bytes, none included.
    pub(crate) fn bytes(&mut self, longest: usize) -> Vec<u8> {
        let mut bytes = vec![0; self.below(longest + 1)];
        self.fill_bytes(&mut bytes);
        bytes
    }

    /// Up to `longest` characters from all of Unicode.
    pub(crate) fn text(&mut self, longest: usize) -> String {
        let size = self.below(longest + 1);
        std::iter::repeat_with(|| char::from_u32(self.next_u32() % 0x11_0000))
            .flatten()
            .take(size)
            .collect()
    }

    /// `bytes` with one bit of one byte in `range` changed, and where.
    pub(crate) fn change(
        &mut self,
        bytes: &[u8],
        range: std::ops::Range<usize>,
    ) -> (Vec<u8>, usize) {
        let at = range.start + self.below(range.len());
        let mut changed = bytes.to_vec();
        changed[at] ^= 1 << self.below(8);
        (changed, at)
    }
}

impl TryRng for Random {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_be_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_be_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        for chunk in out.chunks_mut(32) {
            let block = Sha256::new()
                .chain_update(self.key)
                .chain_update(self.counter.to_be_bytes())
                .finalize();
            self.counter += 1;
            chunk.copy_from_slice(&block[..chunk.len()]);
        }
        Ok(())
    }
}

impl TryCryptoRng for Random {}

/// Another implementation in a process of its own: one JSON object per line in, one out.
pub(crate) struct Peer {
    process: Child,
    // Taken when the peer is to end: it ends with its input.
    requests: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Peer {
    /// `tests/peers/crypto.py`, with PyPI's cryptography.
    pub(crate) fn python() -> Self {
        let python = env::var_os("KEYSTEAD_PYTHON").map_or_else(installed_python, PathBuf::from);
        Self::start(python.into(), "crypto.py")
    }

    /// `tests/peers/crypto.mjs`, with npm's @noble/post-quantum.
    pub(crate) fn node() -> Self {
        Self::start("node".into(), "crypto.mjs")
    }

    fn start(program: OsString, script: &str) -> Self {
        let folder =
            env::var_os("KEYSTEAD_PEERS").map_or_else(|| beside("../tests/peers"), PathBuf::from);
        let missing = "; `cargo xtask test peers` installs what it needs";
        let mut process = Command::new(&program)
            .arg(folder.join(script))
            .env_clear()
            .env("PATH", env::var_os("PATH").unwrap_or_default())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| {
                panic!("{} does not start ({error}){missing}", program.display())
            });
        let mut peer = Self {
            requests: process.stdin.take(),
            answers: BufReader::new(process.stdout.take().expect("it was asked for")),
            process,
        };
        let versions = peer
            .exchange(&serde_json::json!({ "do": "versions" }))
            .unwrap_or_else(|| panic!("{script} does not answer{missing}"));
        println!("{script}: {versions}");
        peer
    }

    /// Asks; `None` where the peer refuses what it was given.
    ///
    /// # Panics
    /// Where the peer ends or says that it failed: neither is a refusal.
    pub(crate) fn ask(&mut self, request: &Value) -> Option<Value> {
        let answer = self
            .exchange(request)
            .unwrap_or_else(|| panic!("the peer ended at {}", request["do"]));
        match (answer.get("done"), answer.get("refused")) {
            (Some(done), None) => Some(done.clone()),
            (None, Some(_)) => None,
            _ => panic!("{}: {answer}", request["do"]),
        }
    }

    fn exchange(&mut self, request: &Value) -> Option<Value> {
        let requests = self.requests.as_mut().expect("taken in `drop` alone");
        writeln!(requests, "{request}").ok()?;
        requests.flush().ok()?;
        let mut line = String::new();
        self.answers.read_line(&mut line).ok()?;
        serde_json::from_str(&line).ok()
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.requests.take();
        // A test that panics must not wait for a peer that hangs.
        if std::thread::panicking() {
            let _ = self.process.kill();
        }
        let _ = self.process.wait();
    }
}

/// Where `cargo xtask test peers` puts it, or where cargo's output goes if it is there.
fn installed_python() -> PathBuf {
    let own = beside("../target/venv/bin/python");
    env::var_os("CARGO_TARGET_DIR")
        .map(|target| Path::new(&target).join("venv/bin/python"))
        .filter(|python| python.exists() && !own.exists())
        .unwrap_or(own)
}

fn beside(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Bytes as the peers are told them.
pub(crate) fn hex(bytes: impl AsRef<[u8]>) -> String {
    bytes
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// The bytes of the member `name` of a peer's answer.
pub(crate) fn bytes_of(answer: &Value, name: &str) -> Vec<u8> {
    let text = answer[name]
        .as_str()
        .unwrap_or_else(|| panic!("no {name} in {answer}"));
    unhex(text)
}

/// Bytes of lower-case hexadecimal.
pub(crate) fn unhex(text: &str) -> Vec<u8> {
    assert!(text.len().is_multiple_of(2), "whole bytes");
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).expect("hexadecimal"))
        .collect()
}
