//! What the fuzz targets share: a bound on the memory that one input may cost, and the test kit's valid inputs.
//!
//! Says nothing about the formats; each target asserts for itself.

use cap::Cap;
use std::alloc::System;
use std::sync::atomic::{AtomicU32, Ordering};

pub mod kit;

/// What one input may cost, in bytes: the bound that the crates promise for hostile ones.
pub const MEMORY_LIMIT: usize = 64 << 20;

/// How often the bound on mappings is set anew: reading it is a system call or two, and an input takes a microsecond.
const MAPPINGS_EVERY: u32 = 256;

/// Counts what Rust allocates, and nothing of what libFuzzer does. Beyond the limit there is no memory, and the process
/// ends with the input that asked for it. libFuzzer's own `-malloc_limit_mb` needs a sanitizer to count for it.
#[global_allocator]
static HEAP: Cap<System> = Cap::new(System, usize::MAX);

static INPUTS: AtomicU32 = AtomicU32::new(0);

/// Every target's first call: from here on this input may allocate [`MEMORY_LIMIT`] at most.
pub fn bound_memory() {
    let limit = HEAP.allocated() + MEMORY_LIMIT;
    HEAP.set_limit(limit).expect("more than is in use");
    if INPUTS.fetch_add(1, Ordering::Relaxed) % MAPPINGS_EVERY == 0 {
        bound_mappings();
    }
}

/// Secret memory has mappings of its own, past the allocator. The system counts those (`RLIMIT_DATA`), among all that
/// the process may write to, so that libFuzzer's corpus has to be counted in again as it grows.
#[cfg(target_os = "linux")]
fn bound_mappings() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let statm = std::fs::read_to_string("/proc/self/statm").expect("the process's own sizes");
    let data_pages = statm.split_whitespace().nth(5);
    let data_pages: usize = data_pages
        .and_then(|pages| pages.parse().ok())
        .expect("the sixth size is that of data and stack");
    let used = data_pages * rustix::param::page_size();
    let limit = Rlimit {
        current: Some((used + MEMORY_LIMIT) as u64),
        maximum: getrlimit(Resource::Data).maximum,
    };
    setrlimit(Resource::Data, limit).expect("lower than the hard limit");
}

#[cfg(not(target_os = "linux"))]
fn bound_mappings() {}
