//! Where secrets lie while they are in use: a process looks through its own memory.
//!
//! What is looked for is kept inverted, so that the search finds the secrets and not itself. Stacks are left out: what a
//! library leaves on them while it computes is out of reach, and SECURITY.md says so.
#![cfg(target_os = "linux")]

use getrandom::{
    SysRng,
    rand_core::{Rng, UnwrapErr},
};
use keystead_crypto::{
    DeviceKeys, EnvironmentKey, Field, IdentityKeys, KemPrivateKey, KeyBytes, Passphrase, Place,
    SecretBytes, SigningKey, open, seal, unwrap_keys, wrap_keys,
};
use std::fmt::Write as _;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// One test at a time, as memory that others free and take is read while it changes. Each begins by finding what lies on
/// its own thread's heap, or its silence would tell nothing.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let secret = random();
    let needle = Needle::of(&secret);
    // Several, as the search itself takes memory that was freed.
    let planted: Vec<_> = (0..16).map(|_| secret.to_vec()).collect();
    assert!(search(&needle).ordinary > 0, "the heap is not seen");
    drop(planted);
    assert!(
        search(&needle).ordinary > 0,
        "what was freed and not wiped is not seen"
    );
    alone
}

/// A text whose every piece is random, grown in one allocation: one that moved would leave its beginning behind.
fn random_text() -> String {
    let mut text = String::with_capacity(64);
    for byte in &random()[..32] {
        write!(text, "{byte:02x}").expect("writing to a string");
    }
    text
}

struct Needle(Vec<u8>);

impl Needle {
    fn of(bytes: &[u8]) -> Self {
        Self(bytes.iter().map(|byte| !byte).collect())
    }

    /// Any eight bytes of it that begin at a multiple of eight: a piece is enough, and what an allocator writes over
    /// the beginning of freed memory hides nothing.
    fn is_in(&self, memory: &[u8]) -> bool {
        let mut begins = [false; 256];
        for piece in self.0.chunks_exact(8) {
            begins[usize::from(!piece[0])] = true;
        }
        memory.windows(8).any(|window| {
            begins[usize::from(window[0])]
                && self.0.chunks_exact(8).any(|piece| {
                    window
                        .iter()
                        .zip(piece)
                        .all(|(byte, inverted)| *byte == !inverted)
                })
        })
    }
}

#[derive(Debug, PartialEq)]
struct Found {
    /// Mappings that are kept out of core dumps.
    guarded: usize,
    /// Any other that is writable, but for stacks.
    ordinary: usize,
}

fn search(needle: &Needle) -> Found {
    let stack_probe = 0u8;
    let here = std::ptr::from_ref(&stack_probe).addr();
    let smaps = std::fs::read_to_string("/proc/self/smaps").expect("Linux");
    let memory = File::open("/proc/self/mem").expect("our own");
    let mut found = Found {
        guarded: 0,
        ordinary: 0,
    };
    let mut mapping = None;
    for line in smaps.lines() {
        if let Some((start, end, writable)) = range(line) {
            let is_stack = line.ends_with("[stack]") || (start..end).contains(&here);
            mapping = (writable && !is_stack).then_some((start, end));
        } else if let Some(flags) = line.strip_prefix("VmFlags:")
            && let Some((start, end)) = mapping.take()
        {
            // What was read lies in guarded memory too, and is wiped after.
            let mut copy = SecretBytes::zeroed(end - start);
            if memory.read_exact_at(&mut copy, start as u64).is_ok() && needle.is_in(&copy) {
                if flags.split_whitespace().any(|flag| flag == "dd") {
                    found.guarded += 1;
                } else {
                    found.ordinary += 1;
                }
            }
        }
    }
    found
}

fn range(line: &str) -> Option<(usize, usize, bool)> {
    let mut words = line.split_whitespace();
    let (start, end) = words.next()?.split_once('-')?;
    let start = usize::from_str_radix(start, 16).ok()?;
    let end = usize::from_str_radix(end, 16).ok()?;
    Some((start, end, words.next()?.contains('w')))
}

fn random() -> [u8; 64] {
    let mut bytes = [0; 64];
    UnwrapErr(SysRng).fill_bytes(&mut bytes);
    bytes
}

#[test]
fn seeds_and_keys_lie_in_guarded_memory_alone() {
    let _alone = alone();
    let rng = &mut UnwrapErr(SysRng);
    let signing = SigningKey::generate(rng);
    let kem = KemPrivateKey::generate(rng);
    let identity = IdentityKeys::generate(rng);
    let device = DeviceKeys::generate(rng);
    let environment = EnvironmentKey::generate(rng);
    let passphrase = Passphrase::new(random_text());
    // Used, as in an open vault.
    signing.sign(keystead_crypto::SigningContext::Head, b"head", rng);
    signing.verifying_key();
    kem.public_key();
    let secrets: [(&str, &[u8]); 8] = [
        ("ML-DSA seed", &signing.seed()[..32]),
        ("Ed25519 seed", &signing.seed()[32..]),
        ("KEM seed", kem.seed().expose()),
        ("identity's signing seed", &identity.signing.seed()[..32]),
        ("identity's share seed", identity.share.seed().expose()),
        ("device's KEM seed", device.kem.seed().expose()),
        ("environment key", environment.key().expose()),
        ("passphrase", passphrase.expose().as_bytes()),
    ];
    for (name, secret) in secrets {
        let found = search(&Needle::of(secret));
        assert!(found.guarded > 0, "{name}: {found:?}");
        assert_eq!(found.ordinary, 0, "{name}: {found:?}");
    }
}

#[test]
fn opened_values_and_unwrapped_keys_lie_in_guarded_memory_alone() {
    let _alone = alone();
    let rng = &mut UnwrapErr(SysRng);
    let place = Place::in_vault([1; 16], [2; 16], Field::Value);
    let environment = EnvironmentKey::generate(rng);
    let device = KemPrivateKey::generate(rng);
    let secret = SecretBytes::copy_of(&random());
    let envelope = seal(&environment, &place, &secret, rng);
    let wrap = wrap_keys(&device.public_key(), b"", &secret, rng).expect("a valid key");
    let needle = Needle::of(&secret);
    drop(secret);
    assert_eq!(
        search(&needle),
        Found {
            guarded: 0,
            ordinary: 0
        },
        "wiped, and sealed in place"
    );

    let opened = open(&environment, &place, &envelope).expect("its own");
    let unwrapped = unwrap_keys(&device, b"", &wrap).expect("its own");
    let found = search(&needle);
    assert!(found.guarded > 0 && found.ordinary == 0, "{found:?}");
    drop((opened, unwrapped));
    assert_eq!(
        search(&needle),
        Found {
            guarded: 0,
            ordinary: 0
        },
        "wiped"
    );
}

#[test]
fn what_was_dropped_is_wiped() {
    let _alone = alone();
    let rng = &mut UnwrapErr(SysRng);
    let signing = SigningKey::generate(rng);
    let key = KeyBytes::generate(rng);
    let needles = [Needle::of(&signing.seed()[..]), Needle::of(key.expose())];
    drop((signing, key));
    for needle in &needles {
        assert_eq!(
            search(needle),
            Found {
                guarded: 0,
                ordinary: 0
            }
        );
    }
}
