//! Finds what a passphrase derivation may cost on this machine. Has no clock: callers measure.

use crate::{KdfError, KdfParams};
use std::ops::RangeInclusive;
use std::time::Duration;

/// What one derivation should take: dear for a guesser, bearable for a person.
const TARGET: Duration = Duration::from_millis(700);
const WANTED: RangeInclusive<Duration> = Duration::from_millis(500)..=Duration::from_secs(1);
/// Beyond this, passes grow instead of memory, so that small machines can open the vault too.
const MEMORY_LIMIT_KIB: u32 = 512 * 1024;
const MEMORY_STEP_KIB: u32 = 16 * 1024;

/// Measurements beyond the floor's: costs are close to linear, so that two corrections settle what one missed.
const CORRECTIONS: usize = 2;

/// Finds costs at which one derivation takes 0.5–1 s here, never below the floor.
///
/// `measure` makes one derivation with the costs it is given and says what it took; it is called at most four times. On a
/// machine whose speed jumps between two measurements the last one may lie outside. Returns the costs and their measured time.
///
/// # Errors
/// What `measure` says.
pub fn calibrate(
    mut measure: impl FnMut(KdfParams) -> Result<Duration, KdfError>,
) -> Result<(KdfParams, Duration), KdfError> {
    let floor = KdfParams::FLOOR;
    let took = measure(floor)?;
    if took >= TARGET {
        return Ok((floor, took));
    }
    let mut params = scaled(floor, took)?;
    let mut took = measure(params)?;
    for _ in 0..CORRECTIONS {
        let next = scaled(params, took)?;
        if WANTED.contains(&took) || next == params {
            break;
        }
        params = next;
        took = measure(params)?;
    }
    Ok((params, took))
}

/// The costs that should take [`TARGET`] where `params` took `took`: memory first, passes beyond its limit.
fn scaled(params: KdfParams, took: Duration) -> Result<KdfParams, KdfError> {
    let floor = KdfParams::FLOOR;
    let factor = TARGET.as_secs_f64() / took.as_secs_f64().max(0.000_1);
    let cost = f64::from(params.memory_kib()) * f64::from(params.passes()) * factor;
    let memory = (cost / f64::from(floor.passes())).min(f64::from(MEMORY_LIMIT_KIB)) as u32;
    let memory_kib = (memory / MEMORY_STEP_KIB * MEMORY_STEP_KIB).max(floor.memory_kib());
    let passes = (cost / f64::from(memory_kib)).min(f64::from(KdfParams::PASSES_CEILING)) as u32;
    KdfParams::new(memory_kib, passes.max(floor.passes()), floor.lanes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twice_as_fast_a_machine_gets_twice_the_memory() {
        let floor = KdfParams::FLOOR;
        let half = scaled(floor, TARGET / 2).expect("within the limits");
        assert_eq!(half.memory_kib(), 2 * floor.memory_kib());
        assert_eq!(half.passes(), floor.passes());
        for percent in [110, 130, 170, 290] {
            let faster = scaled(floor, TARGET * 100 / percent).expect("within the limits");
            assert_eq!(faster.memory_kib() % (16 * 1024), 0, "steps of 16 MiB");
        }
    }

    /// A machine that needs `nanos` per KiB and pass.
    fn machine(nanos: u64) -> (KdfParams, Duration) {
        calibrate(|p| {
            Ok(Duration::from_nanos(
                nanos * u64::from(p.memory_kib()) * u64::from(p.passes()),
            ))
        })
        .expect("nothing fails here")
    }

    #[test]
    fn a_slow_machine_keeps_the_floor() {
        let (params, took) = machine(10_000);
        assert_eq!(params, KdfParams::FLOOR);
        assert!(took > TARGET);
    }

    #[test]
    fn nothing_is_measured_again_that_fits() {
        let mut measured = 0;
        let (_, took) = calibrate(|p| {
            measured += 1;
            // A little slower beyond the floor: within what is wanted, and beside the target.
            let nanos = if p == KdfParams::FLOOR { 700 } else { 850 };
            Ok(Duration::from_nanos(
                nanos * u64::from(p.memory_kib()) * u64::from(p.passes()),
            ))
        })
        .expect("nothing fails here");
        assert!(took != TARGET && WANTED.contains(&took), "{took:?}");
        assert_eq!(measured, 2, "the floor, and what was found");
    }

    #[test]
    fn a_machine_that_is_not_linear_is_corrected() {
        // Twice as slow per byte beyond 128 MiB, as where caches and lanes give out.
        let (params, took) = calibrate(|p| {
            let nanos = if p.memory_kib() > 128 * 1024 {
                1_400
            } else {
                700
            };
            Ok(Duration::from_nanos(
                nanos * u64::from(p.memory_kib()) * u64::from(p.passes()),
            ))
        })
        .expect("nothing fails here");
        assert!(WANTED.contains(&took), "{params:?} takes {took:?}");
    }

    #[test]
    fn every_other_machine_lands_between_half_a_second_and_one() {
        for nanos in [3, 30, 100, 300, 600, 1_000, 2_000] {
            let (params, took) = machine(nanos);
            assert!(params.memory_kib() <= MEMORY_LIMIT_KIB);
            let capped = params.passes() == KdfParams::PASSES_CEILING;
            assert!(
                capped || (took.as_millis() >= 500 && took.as_millis() <= 1_000),
                "{nanos} ns: {params:?} takes {took:?}"
            );
        }
    }
}
