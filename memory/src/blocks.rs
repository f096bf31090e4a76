//! Argon2's working memory. Too large to be locked; on huge pages it is a quarter faster; it is wiped after use.

use crate::pages::Pages;
use argon2::Block;
use std::mem::{align_of, size_of};
use std::ops::{Deref, DerefMut};

/// The system has not that much memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfMemory;

impl std::fmt::Display for OutOfMemory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the memory can't be had")
    }
}

impl std::error::Error for OutOfMemory {}

/// Zeroed blocks of 1,024 bytes for `argon2::Argon2::hash_password_into_with_memory`. Wiped on drop.
pub struct KdfBlocks {
    pages: Pages,
    count: usize,
}

impl KdfBlocks {
    /// Maps `count` blocks.
    ///
    /// # Errors
    /// [`OutOfMemory`].
    pub fn map(count: usize) -> Result<Self, OutOfMemory> {
        const {
            assert!(
                size_of::<Block>() == Block::SIZE,
                "a block is its 128 words"
            )
        }
        let len = count.checked_mul(Block::SIZE).ok_or(OutOfMemory)?;
        let pages = Pages::huge(len.max(1), align_of::<Block>()).ok_or(OutOfMemory)?;
        Ok(Self { pages, count })
    }
}

impl Deref for KdfBlocks {
    type Target = [Block];

    fn deref(&self) -> &[Block] {
        // SAFETY: the pages hold `count` blocks' bytes, aligned; a block is 128 words, and zero bytes are such words.
        unsafe { std::slice::from_raw_parts(self.pages.start().as_ptr().cast(), self.count) }
    }
}

impl DerefMut for KdfBlocks {
    fn deref_mut(&mut self) -> &mut [Block] {
        // SAFETY: as in `deref`, and `self` is borrowed mutably.
        unsafe { std::slice::from_raw_parts_mut(self.pages.start().as_ptr().cast(), self.count) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_zero_and_aligned_and_an_impossible_count_is_an_error() {
        let mut blocks = KdfBlocks::map(3000).expect("three megabytes");
        assert_eq!(blocks.len(), 3000);
        assert!(
            blocks
                .iter()
                .all(|block| block.as_ref().iter().all(|&word| word == 0))
        );
        assert_eq!(blocks.as_ptr().align_offset(64), 0);
        blocks[2999] = Block::default();
        assert_eq!(KdfBlocks::map(usize::MAX).err(), Some(OutOfMemory));
        assert_eq!(KdfBlocks::map(usize::MAX / 2048).err(), Some(OutOfMemory));
    }
}
