//! Constant-time checks: does the time of a comparison tell how much of a secret was right?
//!
//! The method is dudect's (Reparaz, Balasch, Verbauwhede, "Dude, is my code constant time?", DATE 2017): two classes of
//! input in random order, and Welch's t-test over their times, with the slowest ones cropped at several thresholds.
//! |t| above 10 is a leak beyond doubt; up to 4.5 none was found with that many measurements, which proves none absent.
//! Between the two, the check is measured again with four times as many: a leak's |t| grows with the root of their
//! number, so it doubles, where noise begins anew. Above 4.5 twice in a row is a leak.
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
    CommitmentOpening, EnrolmentCode, EnvironmentKey, EpochScope, Field, HeaderMacKey, KeyBytes,
    Place, check_epoch, commit_value, epoch_id, header_mac, open, opens_commitment, seal,
    verify_header_mac,
};
use std::collections::BTreeSet;
use std::hint::black_box;
use std::process::ExitCode;
use std::time::Instant;

const LEAK: f64 = 10.0;
const SUSPECT: f64 = 4.5;

/// How many times as many measurements a suspicion gets.
const AGAIN: usize = 4;

type Check = fn(usize) -> f64;

const CHECKS: &[(&str, Check)] = &[
    ("header MAC", header),
    ("envelope's commitment", commitment),
    ("envelope's tag", tag),
    ("value commitment", value),
    ("epoch commitment", epoch),
    ("enrolment code", enrolment),
];

fn main() -> ExitCode {
    // `cargo bench` adds a flag of its own.
    let measurements = std::env::args()
        .skip(1)
        .find_map(|argument| argument.parse().ok())
        .unwrap_or(1_000_000);
    println!(
        "{measurements} measurements each; max |t| up to {SUSPECT}: none found, above {LEAK}: a leak, between: again"
    );
    let found = control(measurements);
    println!("{:28} {found:7.2}", "control, leaks on purpose");
    if found <= LEAK {
        println!("FAILED: the control was not found, so no figure would say anything");
        return ExitCode::FAILURE;
    }
    // All are measured, whatever the first ones show.
    let leaks: Vec<&str> = CHECKS
        .iter()
        .filter(|(name, check)| leaks(name, measurements, *check))
        .map(|(name, _)| *name)
        .collect();
    if leaks.is_empty() {
        ExitCode::SUCCESS
    } else {
        println!("FAILED: leaks in {}", leaks.join(", "));
        ExitCode::FAILURE
    }
}

/// Decides by one run or, where that leaves doubt, by a second and larger one.
fn leaks(name: &str, measurements: usize, check: Check) -> bool {
    let first = check(measurements);
    if first <= SUSPECT {
        println!("{name:28} {first:7.2}  none found");
        return false;
    }
    if first > LEAK {
        println!("{name:28} {first:7.2}  leaks");
        return true;
    }
    let more = measurements * AGAIN;
    let second = check(more);
    let leaks = second > SUSPECT;
    let word = if leaks { "leaks" } else { "none found" };
    println!("{name:28} {first:7.2}, then {second:.2} with {more} measurements  {word}");
    leaks
}

/// Runs `work` on bytes that are wrong in their first place or right up to their last, at random, and says how far
/// apart the times are. `right` is what a guesser is after, `at` where in it the `len` compared bytes stand.
fn measure(
    measurements: usize,
    right: &[u8],
    at: usize,
    len: usize,
    mut work: impl FnMut(&[u8]),
) -> f64 {
    let mut guesses = [right.to_vec(), right.to_vec()];
    guesses[0][at] ^= 1;
    guesses[1][at + len - 1] ^= 1;
    measure_guesses(measurements, &guesses, |guess| work(guess))
}

/// Runs `work` on one of two guesses, at random, and says how far apart the times of the two are.
fn measure_guesses<T: Clone>(
    measurements: usize,
    guesses: &[T; 2],
    mut work: impl FnMut(&T),
) -> f64 {
    let mut rng = UnwrapErr(SysRng);
    let mut order = vec![0; measurements];
    rng.fill_bytes(&mut order);
    let mut input = guesses[0].clone();
    let mut times: Vec<(usize, f64)> = Vec::with_capacity(measurements);
    for byte in order {
        let class = usize::from(byte & 1);
        // The same memory for both, so that only its content differs.
        input.clone_from(&guesses[class]);
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

fn enrolment(measurements: usize) -> f64 {
    // Read beforehand: how long reading takes depends on what was typed, which is no secret.
    let read = |text: &str| -> EnrolmentCode { text.parse().expect("a code") };
    let right = read("G0B2-62DK-299N-KSCR-AD5C");
    let guesses = [
        read("H0B2-62DK-299N-KSCR-AD5C"),
        read("G0B2-62DK-299N-KSCR-AD5D"),
    ];
    measure_guesses(measurements, &guesses, |guess| {
        black_box(black_box(&right) == guess);
    })
}

fn bytes(fill: u8) -> KeyBytes {
    KeyBytes::from_slice(&[fill; 32]).expect("32 bytes")
}
