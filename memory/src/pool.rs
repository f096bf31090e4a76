//! Small secrets share pages: locking is counted in pages, and a key of 32 bytes should not cost 4,096 of the 8 MiB.
//!
//! Eleven sizes of slot, 64 B to 2 MiB; anything larger has pages of its own. Pages of the pool are never given back, so
//! that a slot, once handed out, is valid until it is returned, and a value of a megabyte costs no page faults twice.

use crate::pages::{Pages, wipe};
use std::ptr::NonNull;
use std::sync::{Mutex, PoisonError};

/// Four times the one before where slots share a chunk, twice where a slot is a chunk.
const SIZES: [usize; 11] = [
    64,
    256,
    1 << 10,
    4 << 10,
    16 << 10,
    64 << 10,
    128 << 10,
    256 << 10,
    512 << 10,
    1 << 20,
    2 << 20,
];
const CHUNK: usize = 64 << 10;

static FREE: [Mutex<Vec<Slot>>; SIZES.len()] = [const { Mutex::new(Vec::new()) }; SIZES.len()];

/// One free slot: an address that nobody else has.
struct Slot(NonNull<u8>);

// SAFETY: a slot in the list is owned by the list, and moves to exactly one `Room`.
unsafe impl Send for Slot {}

/// Zeroed memory that is one owner's: a slot, or pages of its own.
pub(crate) enum Room {
    Slot {
        start: NonNull<u8>,
        class: usize,
        /// What was asked for, and so all that may hold anything.
        used: usize,
    },
    Own(Pages),
}

// SAFETY: a room is exclusively owned; what it gives out are addresses whose use is its owner's proof obligation.
unsafe impl Send for Room {}
// SAFETY: as above.
unsafe impl Sync for Room {}

impl Room {
    /// At least `len` zeroed bytes, aligned to the smaller of 4,096 and the slot's size, which is at least 64.
    ///
    /// Ends the process where the system has no memory, as the heap does.
    pub(crate) fn of(len: usize) -> Self {
        let room = match class_of(len) {
            Some(class) => take(class).map(|Slot(start)| Self::Slot {
                start,
                class,
                used: len,
            }),
            None => Pages::for_secrets(len).map(Self::Own),
        };
        room.unwrap_or_else(|| {
            let layout = std::alloc::Layout::from_size_align(len, SIZES[0]);
            std::alloc::handle_alloc_error(layout.unwrap_or(std::alloc::Layout::new::<u8>()))
        })
    }

    /// Valid for reads and writes of [`Self::size`] bytes while the room lives.
    pub(crate) fn start(&self) -> NonNull<u8> {
        match self {
            Self::Slot { start, .. } => *start,
            Self::Own(pages) => pages.start(),
        }
    }

    pub(crate) fn size(&self) -> usize {
        match self {
            Self::Slot { class, .. } => SIZES[*class],
            Self::Own(pages) => pages.len(),
        }
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        if let Self::Slot { start, class, used } = *self {
            // SAFETY: the slot is ours alone and has at least the bytes that were asked for.
            unsafe { wipe(start, used) };
            free_list(class).push(Slot(start));
        }
    }
}

fn class_of(len: usize) -> Option<usize> {
    SIZES.iter().position(|&size| len <= size)
}

fn free_list(class: usize) -> std::sync::MutexGuard<'static, Vec<Slot>> {
    // A list is whole between any two of its calls, whatever panicked elsewhere.
    FREE[class].lock().unwrap_or_else(PoisonError::into_inner)
}

fn take(class: usize) -> Option<Slot> {
    let mut free = free_list(class);
    if free.is_empty() {
        // Never dropped: the slots outlive whoever asked for the first one.
        let size = SIZES[class];
        let chunk = std::mem::ManuallyDrop::new(Pages::for_secrets(CHUNK.max(size))?);
        let count = chunk.len() / size;
        // Room for all of them now, so that returning one never allocates.
        free.reserve(count);
        for index in (0..count).rev() {
            // SAFETY: `index * size` is less than the chunk's length.
            free.push(Slot(unsafe { chunk.start().add(index * size) }));
        }
    }
    free.pop()
}
