//! The heap, wiped: a process's allocator that leaves nothing behind in what it
//! gives back. For what has to pass through ordinary memory on its way: a
//! library's buffers, a text that grows, a message that is taken apart.
//!
//! It does not lock anything and it is not where keys live; see [`crate::SecretBytes`].

use crate::pages::wipe;
use std::{
    alloc::{GlobalAlloc, Layout, System},
    ptr::NonNull,
};

/// The system's allocator, which wipes each block before it is given back.
///
/// A binary takes it with `#[global_allocator]`. A block that grows always moves,
/// as the system may move it without wiping the old place; growing by doubling,
/// as vectors do, pays for that at most twice.
#[derive(Debug, Clone, Copy, Default)]
pub struct WipingAllocator;

// SAFETY: every block comes from `System` with the caller's layout and goes back to it with the same one; between the
// two only the block itself is written.
unsafe impl GlobalAlloc for WipingAllocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise is the one that `System` asks for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as above; fresh pages of the system need no second zeroing.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if let Some(start) = NonNull::new(block) {
            // SAFETY: the block is `layout.size()` bytes that nobody uses any more.
            unsafe { wipe(start, layout.size()) };
        }
        // SAFETY: it came from `System` with this layout.
        unsafe { System.dealloc(block, layout) };
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller promises a size that is valid with this alignment.
        let wanted = unsafe { Layout::from_size_align_unchecked(size, layout.align()) };
        // SAFETY: the caller promises that the size is not zero.
        let moved = unsafe { self.alloc(wanted) };
        if !moved.is_null() {
            // SAFETY: both blocks have at least that many bytes, and are two blocks.
            unsafe { block.copy_to_nonoverlapping(moved, layout.size().min(size)) };
            // SAFETY: the old block is the caller's no more.
            unsafe { self.dealloc(block, layout) };
        }
        moved
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MARK: [u8; 64] = [0xA7; 64];

    fn layout(size: usize) -> Layout {
        Layout::from_size_align(size, 8).expect("a small block")
    }

    #[test]
    fn a_block_that_grows_or_shrinks_keeps_its_bytes_and_moves() {
        for (old, new) in [(64, 4096), (64, 65), (4096, 64)] {
            // SAFETY: the size is not zero.
            let block = unsafe { WipingAllocator.alloc(layout(old)) };
            assert!(!block.is_null());
            // SAFETY: it has at least 64 bytes.
            unsafe { block.copy_from_nonoverlapping(MARK.as_ptr(), 64) };
            // SAFETY: the block is of this allocator and layout.
            let moved = unsafe { WipingAllocator.realloc(block, layout(old), new) };
            assert!(!moved.is_null() && moved != block);
            // SAFETY: it has at least 64 bytes, all of them written.
            let kept = unsafe { std::slice::from_raw_parts(moved, 64) };
            assert_eq!(kept, MARK);
            // SAFETY: the block is of this allocator, and of its new layout.
            unsafe { WipingAllocator.dealloc(moved, layout(new)) };
        }
    }
}
