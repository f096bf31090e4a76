//! Small secrets share pages: locking is counted in pages, and a key of 32 bytes should not cost 4,096 of the 8 MiB.
//!
//! Six sizes of slot, 64 B to 64 KiB; their pages are never given back, so that a slot is valid until it is returned.
//! Anything larger has pages of its own, of which a few are kept for the next one: a value of a megabyte should not cost
//! page faults each time, and what lies idle should not spend the limit that keys need.

use crate::pages::{Pages, wipe};
use std::ptr::NonNull;
use std::sync::{Mutex, MutexGuard, PoisonError};

const SIZES: [usize; 6] = [64, 256, 1 << 10, 4 << 10, 16 << 10, 64 << 10];
const CHUNK: usize = 64 << 10;
/// The most that large pages may lie idle, in bytes: a quarter of the usual limit on locked memory.
const IDLE_LIMIT: usize = 2 << 20;

static FREE: [Mutex<Slots>; SIZES.len()] = [const { Mutex::new(Slots::NONE) }; SIZES.len()];
static IDLE: Mutex<Vec<Pages>> = Mutex::new(Vec::new());

/// The slots of one size that nobody has.
struct Slots {
    free: Vec<Slot>,
    /// All that were ever made.
    made: usize,
}

impl Slots {
    const NONE: Self = Self {
        free: Vec::new(),
        made: 0,
    };
}

/// One free slot: an address that nobody else has.
struct Slot(NonNull<u8>);

// SAFETY: a slot in the list is owned by the list, and moves to exactly one `Room`.
unsafe impl Send for Slot {}

/// Zeroed memory that is one owner's: a slot, or pages of its own.
pub(crate) struct Room {
    place: Place,
    /// What was asked for, and so all that may hold anything.
    used: usize,
}

enum Place {
    Slot {
        start: NonNull<u8>,
        class: usize,
    },
    /// `None` only while the room is being dropped.
    Own(Option<Pages>),
}

// SAFETY: a room is exclusively owned; what it gives out are addresses whose use is its owner's proof obligation.
unsafe impl Send for Room {}
// SAFETY: as above.
unsafe impl Sync for Room {}

impl Room {
    /// At least `len` zeroed bytes, aligned to at least 64.
    ///
    /// Ends the process where the system has no memory, as the heap does.
    pub(crate) fn of(len: usize) -> Self {
        let place = match SIZES.iter().position(|&size| len <= size) {
            Some(class) => take_slot(class).map(|Slot(start)| Place::Slot { start, class }),
            None => take_idle(len)
                .or_else(|| Pages::for_secrets(len))
                .map(|pages| Place::Own(Some(pages))),
        };
        let Some(place) = place else {
            let layout = std::alloc::Layout::from_size_align(len, SIZES[0]);
            std::alloc::handle_alloc_error(layout.unwrap_or(std::alloc::Layout::new::<u8>()))
        };
        Self { place, used: len }
    }

    /// Valid for reads and writes of the bytes that were asked for, while the room lives.
    pub(crate) fn start(&self) -> NonNull<u8> {
        match &self.place {
            Place::Slot { start, .. } => *start,
            Place::Own(pages) => pages.as_ref().map_or(NonNull::dangling(), Pages::start),
        }
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        // SAFETY: the room is ours alone and has at least the bytes that were asked for.
        unsafe { wipe(self.start(), self.used) };
        match &mut self.place {
            Place::Slot { start, class } => lock(&FREE[*class]).free.push(Slot(*start)),
            Place::Own(pages) => {
                if let Some(pages) = pages.take() {
                    keep_idle(pages);
                }
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A list is whole between any two of its calls, whatever panicked elsewhere.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn take_slot(class: usize) -> Option<Slot> {
    let mut slots = lock(&FREE[class]);
    if slots.free.is_empty() {
        // Never dropped: the slots outlive whoever asked for the first one.
        let chunk = std::mem::ManuallyDrop::new(Pages::for_secrets(CHUNK)?);
        let size = SIZES[class];
        let count = CHUNK / size;
        slots.made += count;
        // Room for all that there are, so that returning one never allocates.
        let made = slots.made;
        slots.free.reserve(made);
        for index in (0..count).rev() {
            // SAFETY: `index * size` is less than the chunk's length.
            slots
                .free
                .push(Slot(unsafe { chunk.start().add(index * size) }));
        }
    }
    slots.free.pop()
}

/// Idle pages that are large enough and not more than twice what is asked for.
fn take_idle(len: usize) -> Option<Pages> {
    let mut idle = lock(&IDLE);
    let at = idle
        .iter()
        .position(|pages| (len..=len.saturating_mul(2)).contains(&pages.len()))?;
    Some(idle.swap_remove(at))
}

/// Keeps wiped pages for the next large secret, or gives them back where enough lie idle.
fn keep_idle(pages: Pages) {
    let mut idle = lock(&IDLE);
    let kept: usize = idle.iter().map(Pages::len).sum();
    if kept + pages.len() <= IDLE_LIMIT {
        idle.push(pages);
    }
}
