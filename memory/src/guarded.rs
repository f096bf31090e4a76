//! What is kept in secret memory: bytes, or a value.

use crate::{pages::wipe, pool::Room};
use std::mem::{ManuallyDrop, align_of, size_of};
use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;

/// A byte buffer of fixed length in secret memory. Wiped on drop; no `Clone`, `Debug`, `Display`, `Serialize`.
pub struct SecretBytes {
    room: Room,
    len: usize,
}

impl SecretBytes {
    /// `len` zero bytes.
    pub fn zeroed(len: usize) -> Self {
        Self {
            room: Room::of(len),
            len,
        }
    }

    /// A copy of `bytes`; the caller wipes the original.
    pub fn copy_of(bytes: &[u8]) -> Self {
        let mut copy = Self::zeroed(bytes.len());
        copy.copy_from_slice(bytes);
        copy
    }

    /// Keeps the first `len` bytes and wipes the others; does nothing where there are fewer.
    pub fn truncate(&mut self, len: usize) {
        if len < self.len {
            self[len..].fill(0);
            self.len = len;
        }
    }
}

impl Deref for SecretBytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        // SAFETY: the room has at least `len` initialised bytes (zeroed at first), and is borrowed with `self`.
        unsafe { std::slice::from_raw_parts(self.room.start().as_ptr(), self.len) }
    }
}

impl DerefMut for SecretBytes {
    fn deref_mut(&mut self) -> &mut [u8] {
        // SAFETY: as in `deref`, and `self` is borrowed mutably.
        unsafe { std::slice::from_raw_parts_mut(self.room.start().as_ptr(), self.len) }
    }
}

/// A value in secret memory. Dropped in place, then its bytes are wiped.
///
/// What the value owns elsewhere, such as a `Box` in it, is not moved here.
pub struct Guarded<T> {
    room: Room,
    value: std::marker::PhantomData<T>,
}

impl<T> Guarded<T> {
    /// Moves `value` into secret memory, and wipes it where it was.
    pub fn new(value: T) -> Self {
        const {
            assert!(
                align_of::<T>() <= 64,
                "secret memory is aligned to 64 bytes"
            )
        }
        let room = Room::of(size_of::<T>());
        let mut value = ManuallyDrop::new(value);
        let from = NonNull::from(&mut value).cast::<T>();
        // SAFETY: the room is ours alone, large enough, aligned to at least 64 bytes, and apart from the local value.
        unsafe { room.start().cast::<T>().copy_from_nonoverlapping(from, 1) };
        // SAFETY: the value moved to the room; its old bytes are a local that nothing reads or drops any more.
        unsafe { wipe(from.cast(), size_of::<T>()) };
        Self {
            room,
            value: std::marker::PhantomData,
        }
    }
}

impl<T> Deref for Guarded<T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: `new` wrote a `T` there, and only `drop` ends it.
        unsafe { self.room.start().cast::<T>().as_ref() }
    }
}

impl<T> DerefMut for Guarded<T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: as in `deref`, and `self` is borrowed mutably.
        unsafe { self.room.start().cast::<T>().as_mut() }
    }
}

impl<T> Drop for Guarded<T> {
    fn drop(&mut self) {
        // SAFETY: `new` wrote a `T` there; it is dropped this once, and the room wipes the bytes after.
        unsafe { self.room.start().cast::<T>().drop_in_place() };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Mutex, MutexGuard, PoisonError};

    /// Tests that look at what a slot holds after its return, or which one comes next, must be alone.
    fn alone() -> MutexGuard<'static, ()> {
        static ALONE: Mutex<()> = Mutex::new(());
        ALONE.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[test]
    fn what_was_given_back_is_empty_when_it_is_given_out_again() {
        let _alone = alone();
        for size in [900, 200_000, 3_000_000] {
            let mut first = SecretBytes::zeroed(size);
            assert!(first.iter().all(|&byte| byte == 0));
            first.fill(0xA5);
            let at = first.as_ptr();
            drop(first);
            let again = SecretBytes::zeroed(size);
            assert!(
                again.iter().all(|&byte| byte == 0),
                "{size} bytes were not wiped"
            );
            if size < 3_000_000 {
                assert_eq!(again.as_ptr(), at, "the slot is used again");
            }
        }
    }

    #[test]
    fn buffers_of_every_size_are_apart_and_keep_what_they_hold() {
        let _alone = alone();
        let sizes = [
            0, 1, 32, 64, 65, 256, 257, 1024, 5000, 16_385, 65_536, 65_537,
        ];
        let mut held: Vec<SecretBytes> =
            sizes.iter().map(|&len| SecretBytes::zeroed(len)).collect();
        for (index, bytes) in held.iter_mut().enumerate() {
            bytes.fill(index as u8 + 1);
        }
        for (index, bytes) in held.iter().enumerate() {
            assert_eq!(bytes.len(), sizes[index]);
            assert!(bytes.iter().all(|&byte| byte == index as u8 + 1), "{index}");
        }
    }

    #[test]
    fn a_shorter_buffer_has_wiped_the_rest() {
        let _alone = alone();
        let mut bytes = SecretBytes::copy_of(b"passphrase");
        bytes.truncate(4);
        assert_eq!(&bytes[..], b"pass");
        // SAFETY: a test looks at what its own buffer's room holds beyond the length.
        let beyond = unsafe { std::slice::from_raw_parts(bytes.as_ptr(), 10) };
        assert_eq!(&beyond[4..], [0; 6]);
        bytes.truncate(9);
        assert_eq!(bytes.len(), 4, "it does not grow again");
    }

    #[test]
    fn a_value_is_dropped_once_and_then_wiped() {
        let _alone = alone();
        use std::sync::atomic::{AtomicUsize, Ordering};
        static DROPS: AtomicUsize = AtomicUsize::new(0);
        struct Key([u8; 3000]);
        impl Drop for Key {
            fn drop(&mut self) {
                DROPS.fetch_add(1, Ordering::Relaxed);
            }
        }
        let key = Guarded::new(Key([7; 3000]));
        assert!(key.0.iter().all(|&byte| byte == 7));
        let at = key.0.as_ptr();
        drop(key);
        assert_eq!(DROPS.load(Ordering::Relaxed), 1);
        // SAFETY: pages of the pool stay mapped for ever, and this test is alone.
        let left = unsafe { std::slice::from_raw_parts(at, 3000) };
        assert!(
            left.iter().all(|&byte| byte == 0),
            "the value was not wiped"
        );
    }

    #[test]
    fn many_threads_share_the_pool() {
        let _alone = alone();
        std::thread::scope(|scope| {
            for thread in 0..8u8 {
                scope.spawn(move || {
                    for round in 0..2_000usize {
                        let mut bytes = SecretBytes::zeroed(round % 64 + 1);
                        bytes.fill(thread);
                        std::hint::black_box(&bytes[..]);
                        assert!(bytes.iter().all(|&byte| byte == thread));
                    }
                });
            }
        });
    }

    #[test]
    fn more_large_secrets_than_are_kept_idle_come_and_go() {
        let _alone = alone();
        for _ in 0..3 {
            let held: Vec<SecretBytes> = (0..8)
                .map(|index| {
                    let mut bytes = SecretBytes::zeroed(1 << 20);
                    bytes.fill(index);
                    bytes
                })
                .collect();
            for (index, bytes) in held.iter().enumerate() {
                assert!(bytes.iter().all(|&byte| byte == index as u8));
            }
        }
        let small = SecretBytes::zeroed(70_000);
        assert_eq!(small.len(), 70_000);
    }

    #[test]
    fn more_small_secrets_than_one_chunk_holds_come_and_go() {
        let _alone = alone();
        for _ in 0..3 {
            let held: Vec<SecretBytes> = (0..3_000u32)
                .map(|index| SecretBytes::copy_of(&index.to_be_bytes()))
                .collect();
            for (index, bytes) in held.iter().enumerate() {
                assert_eq!(bytes[..], (index as u32).to_be_bytes());
            }
        }
    }
}
