use crate::{KdfError, KdfParams};
use std::time::Duration;

/// What one derivation should take: dear for a guesser, bearable for a person.
const TARGET: Duration = Duration::from_millis(700);
/// Beyond this, passes grow instead of memory, so that small machines can open the vault too.
const MEMORY_LIMIT_KIB: u32 = 512 * 1024;
const MEMORY_STEP_KIB: u32 = 16 * 1024;

/// Finds costs at which one derivation takes 0.5–1 s here, never below the floor.
///
/// `measure` makes one derivation with the costs it is given and says what it
/// took; it is called once or twice. Returns the costs and their measured time.
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
    // Cost is close to linear in memory × passes.
    let factor = TARGET.as_secs_f64() / took.as_secs_f64().max(0.000_1);
    let wanted_kib = (f64::from(floor.memory_kib()) * factor).min(f64::from(u32::MAX));
    let memory_kib = (wanted_kib.min(f64::from(MEMORY_LIMIT_KIB)) as u32 / MEMORY_STEP_KIB
        * MEMORY_STEP_KIB)
        .max(floor.memory_kib());
    let passes = (f64::from(floor.passes()) * wanted_kib / f64::from(memory_kib)).floor();
    let passes = (passes.min(f64::from(KdfParams::PASSES_CEILING)) as u32).max(floor.passes());
    let params = KdfParams::new(memory_kib, passes, floor.lanes())?;
    let took = measure(params)?;
    Ok((params, took))
}

#[cfg(test)]
mod tests {
    use super::*;

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
