//! The two clocks: one for people, and one that decides.

use crate::api::Millis;
use rustix::time::{ClockId, clock_gettime};
use std::time::{Duration, SystemTime};

/// The wall clock. Shown, never compared for order.
pub fn wall_clock() -> Millis {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.map_or(0, |d| i64::try_from(d.as_millis()).unwrap_or(i64::MAX))
}

/// A clock that only goes forward, also while the machine sleeps, so that a
/// closed lid counts as idle; nobody can set it.
pub fn boot_clock() -> Duration {
    #[cfg(target_os = "linux")]
    let clock = ClockId::Boottime;
    #[cfg(not(target_os = "linux"))]
    let clock = ClockId::Monotonic;
    let now = clock_gettime(clock);
    Duration::from_secs(now.tv_sec.cast_unsigned())
        + Duration::from_nanos(now.tv_nsec.cast_unsigned())
}
