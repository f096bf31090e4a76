//! Private anonymous mappings: the one place that talks to the system.
//!
//! Where the system is not Linux, pages come from the heap and are wiped, and neither locked nor kept out of dumps.

use std::ptr::NonNull;
use std::sync::atomic::{AtomicU64, Ordering};

/// Bytes that were asked to be locked, and those that the system refused to lock. Totals since the start.
static WANTED: AtomicU64 = AtomicU64::new(0);
static REFUSED: AtomicU64 = AtomicU64::new(0);

/// How well the secrets of this process are kept out of swap, since its start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Protection {
    /// All of them lay in locked memory.
    Locked,
    /// The system refused to lock some, so that they may be written to swap: total bytes refused.
    Partly {
        /// Bytes that were used unlocked.
        unlocked: u64,
    },
    /// This system has no locked memory, or grants none.
    Unlocked,
}

/// Says whether all secrets so far could be locked. [`Protection::Locked`] while there are none.
pub fn protection() -> Protection {
    // What is refused was wanted before, so read in this order the second is never less than the first.
    let refused = REFUSED.load(Ordering::Acquire);
    let wanted = WANTED.load(Ordering::Acquire);
    match refused {
        0 => Protection::Locked,
        all if all >= wanted => Protection::Unlocked,
        unlocked => Protection::Partly { unlocked },
    }
}

/// A zeroed run of whole pages, exclusively owned. Wiped and given back on drop.
pub(crate) struct Pages {
    start: NonNull<u8>,
    len: usize,
}

// SAFETY: `Pages` owns its mapping alone and hands out nothing but borrows of itself.
unsafe impl Send for Pages {}
// SAFETY: a shared `Pages` gives out its address only; reading through it is its users' proof obligation.
unsafe impl Sync for Pages {}

impl Pages {
    /// Locked pages for at least `len` bytes, for secrets; `None` if the system has no memory.
    pub(crate) fn for_secrets(len: usize) -> Option<Self> {
        let pages = Self::map(len.checked_next_multiple_of(system::page_size())?)?;
        WANTED.fetch_add(pages.len as u64, Ordering::Release);
        if !system::lock(pages.start, pages.len) {
            REFUSED.fetch_add(pages.len as u64, Ordering::Release);
        }
        Some(pages)
    }

    /// Unlocked pages for `len` bytes that start at a multiple of `align` (a power of two), huge where the system can.
    pub(crate) fn huge(len: usize, align: usize) -> Option<Self> {
        let align = align.max(system::HUGE_PAGE);
        let pages = Self::map_aligned(len.checked_next_multiple_of(system::page_size())?, align)?;
        system::advise_huge(pages.start, pages.len);
        Some(pages)
    }

    fn map(len: usize) -> Option<Self> {
        Self::map_aligned(len, system::page_size())
    }

    fn map_aligned(len: usize, align: usize) -> Option<Self> {
        let start = system::map(len, align)?;
        system::keep_private(start, len);
        Some(Self { start, len })
    }

    /// The first byte. Valid for reads and writes of [`Self::len`] bytes for as long as the pages live.
    pub(crate) fn start(&self) -> NonNull<u8> {
        self.start
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        // SAFETY: the mapping is ours alone, `len` bytes long and writable.
        unsafe { wipe(self.start, self.len) };
        system::unmap(self.start, self.len);
    }
}

/// Writes zeros that the compiler may not leave out.
///
/// # Safety
/// `start` is valid for writes of `len` bytes, and nothing else reads or writes them meanwhile.
pub(crate) unsafe fn wipe(start: NonNull<u8>, len: usize) {
    // SAFETY: passed on from the caller.
    unsafe { start.as_ptr().write_bytes(0, len) };
    // The address escapes here, so the stores before it are observable and stay.
    std::hint::black_box(start.as_ptr());
    std::sync::atomic::compiler_fence(Ordering::SeqCst);
}

#[cfg(target_os = "linux")]
mod system {
    use rustix::mm::{Advice, MapFlags, ProtFlags, madvise, mlock, mmap_anonymous, munmap};
    use std::ptr::NonNull;

    pub(super) const HUGE_PAGE: usize = 2 * 1024 * 1024;

    pub(super) fn page_size() -> usize {
        rustix::param::page_size()
    }

    /// `len` is a multiple of the page size, `align` a power of two that is one too.
    pub(super) fn map(len: usize, align: usize) -> Option<NonNull<u8>> {
        let slack = align - page_size();
        let total = len.checked_add(slack).filter(|&total| total > 0)?;
        // SAFETY: a fresh private mapping at an address of the kernel's choice touches nobody's memory.
        let mapped = unsafe {
            mmap_anonymous(
                std::ptr::null_mut(),
                total,
                ProtFlags::READ | ProtFlags::WRITE,
                MapFlags::PRIVATE,
            )
        };
        let mapped = NonNull::new(mapped.ok()?)?.cast::<u8>();
        let before = mapped.align_offset(align);
        // SAFETY: `before` is at most `slack`, so it stays inside the mapping of `len + slack` bytes.
        let start = unsafe { mapped.add(before) };
        if before > 0 {
            unmap(mapped, before);
        }
        if slack > before {
            // SAFETY: `len` bytes from `start` end at most `slack - before` bytes before the mapping's end.
            unmap(unsafe { start.add(len) }, slack - before);
        }
        Some(start)
    }

    pub(super) fn unmap(start: NonNull<u8>, len: usize) {
        // It can fail where a process has as many mappings as it may; then wiped pages stay mapped.
        // SAFETY: callers pass whole pages that `map` made, and use them no more.
        let _ = unsafe { munmap(start.as_ptr().cast(), len) };
    }

    pub(super) fn lock(start: NonNull<u8>, len: usize) -> bool {
        // SAFETY: locking changes no byte, and the range is a mapping of ours.
        unsafe { mlock(start.as_ptr().cast(), len) }.is_ok()
    }

    /// Keeps the pages out of core dumps and out of forked children, in which whoever touches them is ended: zeros in
    /// their place would be values that nobody made. Old kernels may refuse; then they are only wiped.
    pub(super) fn keep_private(start: NonNull<u8>, len: usize) {
        for advice in [Advice::LinuxDontDump, Advice::LinuxDontFork] {
            advise(start, len, advice);
        }
    }

    pub(super) fn advise_huge(start: NonNull<u8>, len: usize) {
        advise(start, len, Advice::LinuxHugepage);
    }

    fn advise(start: NonNull<u8>, len: usize, advice: Advice) {
        // SAFETY: the three kinds of advice used here change no byte of this process.
        let _ = unsafe { madvise(start.as_ptr().cast(), len, advice) };
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use std::alloc::{Layout, alloc_zeroed, dealloc};
    use std::ptr::NonNull;

    pub(super) const HUGE_PAGE: usize = PAGE;
    const PAGE: usize = 4096;

    pub(super) fn page_size() -> usize {
        PAGE
    }

    pub(super) fn map(len: usize, align: usize) -> Option<NonNull<u8>> {
        if align > PAGE || len == 0 {
            return None;
        }
        let layout = Layout::from_size_align(len, PAGE).ok()?;
        // SAFETY: the layout is not of size zero.
        NonNull::new(unsafe { alloc_zeroed(layout) })
    }

    pub(super) fn unmap(start: NonNull<u8>, len: usize) {
        if let Ok(layout) = Layout::from_size_align(len, PAGE) {
            // SAFETY: `map` allocated these bytes with this layout, and nobody uses them any more.
            unsafe { dealloc(start.as_ptr(), layout) };
        }
    }

    pub(super) fn lock(_: NonNull<u8>, _: usize) -> bool {
        false
    }

    pub(super) fn keep_private(_: NonNull<u8>, _: usize) {}

    pub(super) fn advise_huge(_: NonNull<u8>, _: usize) {}
}
