//! What the benches share: paired measuring, so that a ratio holds although
//! the machine's speed drifts. No bench asserts a time.

use std::time::{Duration, Instant};

/// Medians of two works that took turns.
pub struct Paired {
    /// Ours.
    pub ours: Duration,
    /// The floor.
    pub floor: Duration,
}

impl Paired {
    /// Ours over the floor.
    pub fn ratio(&self) -> f64 {
        self.ours.as_secs_f64() / self.floor.as_secs_f64()
    }
}

/// Runs both in turn, `rounds` times, after one of each that is not counted.
pub fn in_turn(rounds: usize, mut ours: impl FnMut(), mut floor: impl FnMut()) -> Paired {
    let time = |work: &mut dyn FnMut()| {
        let start = Instant::now();
        work();
        start.elapsed()
    };
    time(&mut ours);
    time(&mut floor);
    let (mut a, mut b) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        a.push(time(&mut ours));
        b.push(time(&mut floor));
    }
    Paired {
        ours: median(a),
        floor: median(b),
    }
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}
