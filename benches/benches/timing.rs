//! Constant-time checks: does the time of a comparison tell how much of a secret was right?
//!
//! The method is dudect's (Reparaz, Balasch, Verbauwhede, "Dude, is my code constant time?", DATE 2017): two classes of
//! input in random order, and Welch's t-test over their times, with the slowest ones cropped at several thresholds.
//! |t| above 10 is a leak beyond doubt; below 4.5 none was found with that many measurements, which proves none absent.
//! The control leaks on purpose and must be found, or the run has failed: then it could not have found the others.
//!
//! `cargo xtask timing [-- MEASUREMENTS]`; the last result stands in docs/campaigns.md. Not the crate dudect-bencher: it
//! only prints its figures, so that nothing could insist on the control, and it brings an unmaintained clap 2.
#![allow(clippy::print_stdout, reason = "a bench prints its figures")]

use getrandom::{
    SysRng,
    rand_core::{Rng, UnwrapErr},
};
use keystead_crypto::{
    CommitmentOpening, EnvironmentKey, EpochScope, Field, HeaderMacKey, KeyBytes, Place,
    check_epoch, commit_value, epoch_id, header_mac, open, opens_commitment, seal,
    verify_header_mac,
};
use std::collections::BTreeSet;
use std::hint::black_box;
use std::process::ExitCode;
use std::time::Instant;

const LEAK: f64 = 10.0;
const SUSPECT: f64 = 4.5;

fn main() -> ExitCode {
    // `cargo bench` adds a flag of its own.
    let measurements = std::env::args()
        .skip(1)
        .find_map(|argument| argument.parse().ok())
        .unwrap_or(1_000_000);
    println!("{measurements} measurements each; |t| < {SUSPECT}: none found, > {LEAK}: a leak");
    let control = control(measurements);
    report("control, leaks on purpose", control);
    let checks = [
        ("header MAC", header(measurements)),
        ("envelope's commitment", commitment(measurements)),
        ("envelope's tag", tag(measurements)),
        ("value commitment", value(measurements)),
        ("epoch commitment", epoch(measurements)),
    ];
    for (name, t) in checks {
        report(name, t);
    }
    if control < LEAK {
        println!("FAILED: the control was not found, so these figures say nothing");
        return ExitCode::FAILURE;
    }
    if checks.iter().any(|(_, t)| *t > LEAK) {
        println!("FAILED: a comparison leaks");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

fn report(name: &str, t: f64) {
    let word = match t {
        t if t > LEAK => "leaks",
        t if t > SUSPECT => "suspect: measure more",
        _ => "none found",
    };
    println!("{name:28} max |t| = {t:7.2}  {word}");
}

/// Runs `work` on inputs that are wrong in their first byte or right up to their last, at random, and says how far
/// apart the times are. `right` is what a guesser is after, `at` where in it the compared bytes stand.
fn measure(
    measurements: usize,
    right: &[u8],
    at: usize,
    len: usize,
    mut work: impl FnMut(&[u8]),
) -> f64 {
    let mut classes = [right.to_vec(), right.to_vec()];
    classes[0][at] ^= 1;
    classes[1][at + len - 1] ^= 1;
    let mut rng = UnwrapErr(SysRng);
    let mut order = vec![0; measurements];
    rng.fill_bytes(&mut order);
    let mut input = right.to_vec();
    let mut times: Vec<(usize, f64)> = Vec::with_capacity(measurements);
    for byte in order {
        let class = usize::from(byte & 1);
        // The same buffer for both, so that only its content differs.
        input.copy_from_slice(&classes[class]);
        let start = Instant::now();
        work(black_box(&input));
        times.push((class, start.elapsed().as_nanos() as f64));
    }
    // The first measurements warm caches and predictors.
    largest_t(&times[measurements / 100..])
}

fn largest_t(times: &[(usize, f64)]) -> f64 {
    let mut sorted: Vec<f64> = times.iter().map(|(_, time)| *time).collect();
    sorted.sort_by(f64::total_cmp);
    [0.5, 0.7, 0.9, 0.99, 1.0]
        .iter()
        .map(|share| {
            let limit = sorted[((sorted.len() - 1) as f64 * share) as usize];
            welch(times.iter().filter(|(_, time)| *time <= limit)).abs()
        })
        .fold(0.0, f64::max)
}

/// Welch's t of the two classes' means, by one pass (Welford).
fn welch<'a>(times: impl Iterator<Item = &'a (usize, f64)>) -> f64 {
    let (mut count, mut mean, mut squares) = ([0.0f64; 2], [0.0; 2], [0.0; 2]);
    for (class, time) in times {
        count[*class] += 1.0;
        let delta = time - mean[*class];
        mean[*class] += delta / count[*class];
        squares[*class] += delta * (time - mean[*class]);
    }
    if count[0] < 2.0 || count[1] < 2.0 {
        return 0.0;
    }
    let spread: f64 = (0..2)
        .map(|class| squares[class] / (count[class] - 1.0) / count[class])
        .sum();
    if spread == 0.0 {
        0.0
    } else {
        (mean[0] - mean[1]) / spread.sqrt()
    }
}

fn control(measurements: usize) -> f64 {
    let right = [7; 32];
    measure(measurements, &right, 0, 32, |guess| {
        let mut equal = true;
        for (a, b) in black_box(&right).iter().zip(guess) {
            if black_box(a != b) {
                equal = false;
                break;
            }
        }
        black_box(equal);
    })
}

fn header(measurements: usize) -> f64 {
    let key = HeaderMacKey::from_bytes(bytes(1));
    let body = [3; 200];
    let mac = header_mac(&key, &body);
    measure(measurements, &mac, 0, 32, |stated| {
        let stated = stated.try_into().expect("32 bytes");
        black_box(verify_header_mac(&key, &body, stated));
    })
}

fn place() -> Place {
    Place::in_vault([1; 16], [2; 16], Field::Value)
}

fn commitment(measurements: usize) -> f64 {
    let key = EnvironmentKey::from_bytes(bytes(2));
    let envelope = seal(&key, &place(), &[5; 256], &mut UnwrapErr(SysRng));
    measure(measurements, &envelope, 34, 32, |envelope| {
        drop(black_box(open(&key, &place(), envelope)));
    })
}

fn tag(measurements: usize) -> f64 {
    let key = EnvironmentKey::from_bytes(bytes(3));
    let envelope = seal(&key, &place(), &[5; 256], &mut UnwrapErr(SysRng));
    let at = envelope.len() - 16;
    measure(measurements, &envelope, at, 16, |envelope| {
        drop(black_box(open(&key, &place(), envelope)));
    })
}

fn value(measurements: usize) -> f64 {
    let opening = CommitmentOpening::from_bytes(bytes(9));
    let stated = commit_value(&opening, b"sk-live");
    measure(measurements, &stated, 0, 32, |stated| {
        let stated = stated.try_into().expect("32 bytes");
        black_box(opens_commitment(stated, &opening, b"sk-live"));
    })
}

fn epoch(measurements: usize) -> f64 {
    let key = bytes(4);
    let scope = EpochScope::Environment([1; 16]);
    let stated = epoch_id(&key, &[2; 32], scope, &BTreeSet::new());
    measure(measurements, &stated, 0, 32, |stated| {
        let stated = stated.try_into().expect("32 bytes");
        let _ = black_box(check_epoch(stated, &key, &[2; 32], scope, &BTreeSet::new()));
    })
}

fn bytes(fill: u8) -> KeyBytes {
    KeyBytes::from_slice(&[fill; 32]).expect("32 bytes")
}
