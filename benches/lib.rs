//! What the benches share: paired measuring, so that a ratio holds although
//! the machine's speed drifts. No bench asserts a time.
//!
//! Not criterion: it measures one work after the other, and on a machine whose
//! speed changes by a third within minutes two of its figures make no ratio.

pub mod vaults;
pub mod whole;

use rustix::time::{ClockId, clock_gettime};
use std::time::{Duration, Instant};

/// What this process had of the processors so far.
pub fn cpu() -> Duration {
    let spent = clock_gettime(ClockId::ProcessCPUTime);
    let part = |n: i64| u64::try_from(n).expect("not before the start");
    Duration::new(
        part(spent.tv_sec),
        u32::try_from(spent.tv_nsec).expect("below a second"),
    )
}

/// Medians of works that took turns.
pub struct Paired {
    /// Ours.
    pub ours: Duration,
    /// The floor.
    pub floor: Duration,
    /// Median of the ratios, round by round.
    pub ratio: f64,
    /// The lowest and the highest quarter's bounds of those ratios.
    pub spread: (f64, f64),
}

impl Paired {
    /// Ours over the floor.
    pub fn ratio(&self) -> f64 {
        self.ratio
    }
}

/// Runs both in turn, `rounds` times each, after one of each that is not counted.
pub fn in_turn(rounds: usize, ours: impl FnMut(), floor: impl FnMut()) -> Paired {
    in_turn_batched(rounds, 1, ours, floor)
}

/// As [`in_turn`], with `batch` calls to one time reading: for works of microseconds. Times are of one call.
pub fn in_turn_batched(
    rounds: usize,
    batch: u32,
    mut ours: impl FnMut(),
    mut floor: impl FnMut(),
) -> Paired {
    let time = |work: &mut dyn FnMut()| {
        let start = Instant::now();
        for _ in 0..batch {
            work();
        }
        start.elapsed() / batch
    };
    time(&mut ours);
    time(&mut floor);
    let (mut a, mut b, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rounds.div_ceil(2) {
        // ours, floor, floor, ours: each comes once after the other and once after itself, so that both meet warm and
        // cold caches alike; one ratio for the four.
        let first = time(&mut ours);
        let floors = [time(&mut floor), time(&mut floor)];
        let ours = [first, time(&mut ours)];
        let sum = |times: [Duration; 2]| (times[0] + times[1]).as_secs_f64();
        ratios.push(sum(ours) / sum(floors));
        a.extend(ours);
        b.extend(floors);
    }
    ratios.sort_by(f64::total_cmp);
    Paired {
        ours: median(a),
        floor: median(b),
        ratio: ratios[ratios.len() / 2],
        spread: (ratios[ratios.len() / 4], ratios[ratios.len() * 3 / 4]),
    }
}

/// The median time of one call, for a figure that stands beside a ratio.
pub fn median_of(rounds: usize, batch: u32, mut work: impl FnMut()) -> Duration {
    work();
    let times = (0..rounds).map(|_| {
        let start = Instant::now();
        for _ in 0..batch {
            work();
        }
        start.elapsed() / batch
    });
    median(times.collect())
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

/// The most memory that this process ever had at once, in KiB; 0 where the system does not tell.
pub fn peak_memory_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|rest| rest.split_whitespace().next()?.parse().ok())
        .unwrap_or(0)
}

/// Argon2id of libsodium: 32 bytes from a passphrase and a salt of 16 bytes.
#[cfg(feature = "peers")]
pub fn libsodium_argon2id(
    passphrase: &[u8],
    salt: &[u8; 16],
    passes: u64,
    bytes: usize,
) -> Vec<u8> {
    libsodium_rs::crypto_pwhash::argon2id::pwhash(32, passphrase, salt, passes, bytes)
        .expect("the memory is there")
}
