//! age files between this crate and npm `age-encryption` (typage), pinned in
//! `tests/peers`: what one seals the other opens, and both refuse the same.
//!
//! `KEYSTEAD_PEER_CASES=1000` for more cases, `KEYSTEAD_SEED=n` to run the
//! same sizes and plaintexts again (keys are new in each run).

use base64::{Engine, prelude::BASE64_STANDARD};
use bech32::{Bech32, ByteIterExt, Fe32IterExt, Hrp};
use getrandom::{SysRng, rand_core::UnwrapErr};
use keystead_crypto::{
    AgeError, AgeFormat, KemPrivateKey, KemPublicKey, open_age_file, seal_age_file,
};
use serde_json::{Value, json};
use std::{
    env,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

/// The other implementation: one process for all cases of a test.
struct Peer {
    process: Child,
    requests: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Peer {
    fn start() -> Self {
        let peers = env::var_os("KEYSTEAD_PEERS").map(PathBuf::from);
        let peers =
            peers.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/peers"));
        assert!(
            peers.join("node_modules/age-encryption").is_dir(),
            "npm age-encryption is not in {}; `cargo xtask test peers` installs it",
            peers.display()
        );
        let mut process = Command::new("node")
            .arg(peers.join("age.mjs"))
            .env_clear()
            .env("PATH", env::var_os("PATH").unwrap_or_default())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("node is installed; `cargo xtask test peers` installs what it reads");
        Self {
            requests: process.stdin.take(),
            answers: BufReader::new(process.stdout.take().expect("piped")),
            process,
        }
    }

    /// `Err` with the implementation's own words where it refuses.
    fn ask(&mut self, operation: &str, mut request: Value) -> Result<Value, String> {
        request["operation"] = json!(operation);
        let requests = self.requests.as_mut().expect("open until it is dropped");
        writeln!(requests, "{request}").expect("the peer reads");
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("the peer answers");
        let mut answer: Value = serde_json::from_str(&line).expect("one JSON value a line");
        match answer["error"].take() {
            Value::Null => Ok(answer["ok"].take()),
            error => Err(error.as_str().expect("a message").to_owned()),
        }
    }

    fn seal(
        &mut self,
        recipients: &[String],
        plaintext: &[u8],
        armored: bool,
    ) -> Result<Vec<u8>, String> {
        let plaintext = BASE64_STANDARD.encode(plaintext);
        let request = json!({"recipients": recipients, "plaintext": plaintext, "armored": armored});
        self.ask("seal", request).map(|file| bytes(&file))
    }

    /// Seals so that only the refusal of `point` keeps the file from opening.
    fn seal_with_point(
        &mut self,
        key: &KemPublicKey,
        plaintext: &[u8],
        point: Option<&[u8]>,
    ) -> Vec<u8> {
        let request = json!({
            "key": BASE64_STANDARD.encode(key.as_bytes()),
            "plaintext": BASE64_STANDARD.encode(plaintext),
            "point": point.map(|point| BASE64_STANDARD.encode(point)),
        });
        bytes(&self.ask("sealWithPoint", request).expect("the peer seals"))
    }

    fn open(&mut self, identity: &str, file: &[u8], armored: bool) -> Result<Vec<u8>, String> {
        let file = BASE64_STANDARD.encode(file);
        let request = json!({"identity": identity, "file": file, "armored": armored});
        self.ask("open", request).map(|plaintext| bytes(&plaintext))
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // The end of its input ends it.
        self.requests = None;
        let _ = self.process.wait();
    }
}

fn bytes(value: &Value) -> Vec<u8> {
    let text = value.as_str().expect("base64");
    BASE64_STANDARD.decode(text).expect("base64")
}

/// A small generator, so that a failing seed can be run again.
struct Random(u64);

impl Random {
    #[allow(clippy::print_stdout, reason = "what a failing run is repeated by")]
    fn start() -> Self {
        let seed = match env::var("KEYSTEAD_SEED") {
            Ok(seed) => seed.parse().expect("KEYSTEAD_SEED is a number"),
            Err(_) => getrandom::u64().expect("the system has randomness") | 1,
        };
        println!("KEYSTEAD_SEED={seed}");
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    fn bytes(&mut self, size: usize) -> Vec<u8> {
        (0..size).map(|_| self.next() as u8).collect()
    }
}

/// Around the ends of age's chunks of 64 KiB, and of armor's lines of 48 bytes.
const SIZES: &[usize] = &[
    0, 1, 15, 16, 47, 48, 49, 65_519, 65_520, 65_535, 65_536, 65_537, 131_071, 131_072, 131_073,
];

struct Case {
    plaintext: Vec<u8>,
    armored: bool,
    recipients: usize,
}

impl Case {
    fn all(random: &mut Random) -> Vec<Self> {
        let count = match env::var("KEYSTEAD_PEER_CASES") {
            Ok(count) => count.parse().expect("KEYSTEAD_PEER_CASES is a number"),
            Err(_) => 100,
        };
        assert!(
            count >= SIZES.len() * 2,
            "too few for the sizes that matter"
        );
        (0..count)
            .map(|index| {
                // Each size that matters twice, once in armor; then any.
                let size = match SIZES.get(index / 2) {
                    Some(size) => *size,
                    None if random.below(4) == 0 => random.below(200_000),
                    None => random.below(2_000),
                };
                Self {
                    plaintext: random.bytes(size),
                    armored: index % 2 == 1,
                    recipients: 1 + random.below(3),
                }
            })
            .collect()
    }

    fn name(&self, index: usize) -> String {
        let form = if self.armored { "armored" } else { "binary" };
        let (size, recipients) = (self.plaintext.len(), self.recipients);
        format!("case {index}: {size} bytes, {form}, {recipients} recipients")
    }
}

/// Cases by form.
fn count(cases: &[Case]) -> String {
    let armored = cases.iter().filter(|case| case.armored).count();
    let binary = cases.len() - armored;
    format!("{} cases, {binary} binary, {armored} armored", cases.len())
}

#[test]
fn typage_opens_what_is_sealed_here() {
    let rng = &mut UnwrapErr(SysRng);
    let mut peer = Peer::start();
    let cases = Case::all(&mut Random::start());
    for (index, case) in cases.iter().enumerate() {
        let name = case.name(index);
        let mut identities = Vec::new();
        let mut recipients = Vec::new();
        for _ in 0..case.recipients {
            let key = peer.ask("generate", json!({})).expect("a new key");
            let recipient = key["recipient"].as_str().expect("text");
            let public = KemPublicKey::from_age_recipient(recipient).expect("the peer's key");
            assert_eq!(public.to_age_recipient(), recipient, "{name}");
            recipients.push(public);
            identities.push(key["identity"].as_str().expect("text").to_owned());
        }
        let format = if case.armored {
            AgeFormat::Armored
        } else {
            AgeFormat::Binary
        };
        let file = seal_age_file(&recipients, &case.plaintext, format, rng).expect("sealed");
        for identity in &identities {
            match peer.open(identity, &file, case.armored) {
                Ok(opened) => assert!(opened == case.plaintext, "{name}"),
                Err(error) => panic!("{name}: {error}"),
            }
            let same = KemPrivateKey::import_age_identity(identity).expect("the peer's key");
            assert_eq!(*same.export_age_identity(), *identity, "{name}");
        }
    }
    println!("sealed here, opened by typage: {}", count(&cases));
}

#[test]
fn what_typage_seals_is_opened_here() {
    let rng = &mut UnwrapErr(SysRng);
    let mut peer = Peer::start();
    let cases = Case::all(&mut Random::start());
    for (index, case) in cases.iter().enumerate() {
        let name = case.name(index);
        let keys: Vec<_> = (0..case.recipients)
            .map(|_| KemPrivateKey::generate(rng))
            .collect();
        let recipients: Vec<_> = keys
            .iter()
            .map(|key| key.public_key().to_age_recipient())
            .collect();
        for (key, recipient) in keys.iter().zip(&recipients) {
            let identity = json!({"identity": &*key.export_age_identity()});
            let theirs = peer.ask("recipientOf", identity).expect("our key");
            assert_eq!(theirs.as_str(), Some(&recipient[..]), "{name}");
        }
        let file = peer
            .seal(&recipients, &case.plaintext, case.armored)
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        for key in &keys {
            match open_age_file(key, &file) {
                Ok(opened) => assert!(*opened == case.plaintext, "{name}"),
                Err(error) => panic!("{name}: {error}"),
            }
        }
        let stranger = open_age_file(&KemPrivateKey::generate(rng), &file);
        assert_eq!(stranger.err(), Some(AgeError::NoMatchingKey), "{name}");
    }
    println!("sealed by typage, opened here: {}", count(&cases));
}

/// The encodings of points whose order divides 8, on Curve25519 and its twist:
/// the seven below 2^255, and each with the bit that X25519 ignores (RFC 7748
/// §5 and §7).
fn points_of_small_order() -> Vec<[u8; 32]> {
    let small = |first: u8| {
        let mut point = [0; 32];
        point[0] = first;
        point
    };
    let near_prime = |first: u8| {
        let mut point = [0xff; 32];
        (point[0], point[31]) = (first, 0x7f);
        point
    };
    let points = [
        small(0),
        small(1),
        near_prime(0xec),
        near_prime(0xed),
        near_prime(0xee),
        [
            0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3, 0xfa, 0xf1, 0x9f,
            0xc4, 0x6a, 0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32, 0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16,
            0x5f, 0x49, 0xb8, 0x00,
        ],
        [
            0x5f, 0x9c, 0x95, 0xbc, 0xa3, 0x50, 0x8c, 0x24, 0xb1, 0xd0, 0xb1, 0x55, 0x9c, 0x83,
            0xef, 0x5b, 0x04, 0x44, 0x5c, 0xc4, 0x58, 0x1c, 0x8e, 0x86, 0xd8, 0x22, 0x4e, 0xdd,
            0xd0, 0x9f, 0x11, 0x57,
        ],
    ];
    let with_ignored_bit = points.map(|mut point| {
        point[31] |= 0x80;
        point
    });
    [points, with_ignored_bit].concat()
}

/// A recipient of bytes that need not be a key.
fn recipient(public: &[u8]) -> String {
    let prefix = Hrp::parse("age1pq").expect("ASCII");
    let data = public.iter().copied().bytes_to_fes();
    data.with_checksum::<Bech32>(&prefix).chars().collect()
}

#[test]
fn a_point_of_small_order_is_refused_by_both() {
    let rng = &mut UnwrapErr(SysRng);
    let mut peer = Peer::start();
    let key = KemPrivateKey::generate(rng);
    let identity = key.export_age_identity();
    let public = key.public_key();

    // That a file is refused shows something only where one that was made the
    // same way, but with an honest point, is opened.
    let honest = peer.seal_with_point(&public, b"value", None);
    assert_eq!(open_age_file(&key, &honest).as_deref(), Ok(&b"value"[..]));
    assert_eq!(peer.open(&identity, &honest, false), Ok(b"value".to_vec()));

    // The recipient's other half is a key's, so that the point is what is refused.
    let same = peer.seal(&[recipient(public.as_bytes())], b"value", false);
    assert!(same.is_ok_and(|file| open_age_file(&key, &file).is_ok()));

    let points = points_of_small_order();
    for point in &points {
        let file = peer.seal_with_point(&public, b"value", Some(point));
        let ours = open_age_file(&key, &file).err();
        assert_eq!(ours, Some(AgeError::Malformed), "{point:02x?}");
        let theirs = peer.open(&identity, &file, false);
        assert!(theirs.is_err(), "{point:02x?}");
    }
    println!(
        "encapsulated, points of small order refused by both: {}",
        points.len()
    );

    for point in &points {
        let mut public = public.as_bytes().to_vec();
        public[KemPublicKey::SIZE - 32..].copy_from_slice(point);
        let recipient = recipient(&public);
        let ours = KemPublicKey::from_age_recipient(&recipient).err();
        assert_eq!(ours, Some(AgeError::InvalidRecipient), "{point:02x?}");
        let theirs = peer.seal(&[recipient], b"value", false);
        assert!(theirs.is_err(), "{point:02x?}");
    }
    println!(
        "recipients, points of small order refused by both: {}",
        points.len()
    );
}
