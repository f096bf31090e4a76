//! Memory for secrets: locked into RAM, left out of core dumps and of forked children, wiped before it is given back.
//!
//! The only crate of ours with `unsafe`. It maps pages and hands out slices of them; it does *not* know what a key is,
//! derives nothing and does no I/O. Three shapes:
//!
//! - [`SecretBytes`]: a byte buffer of fixed length;
//! - [`Guarded`]: a value of any type, such as a library's expanded private key;
//! - [`KdfBlocks`]: Argon2's working memory, on huge pages,
//!
//! and [`WipingAllocator`], the ordinary heap that leaves nothing behind. [`remove_variable`] is here because it takes `unsafe` too.
//!
//! Locking is bounded by the system (`RLIMIT_MEMLOCK`, often 8 MiB): memory that cannot be locked is used unlocked, and
//! [`protection`] says so, so that a host can warn. What cannot be had at all is an error for [`KdfBlocks`], whose size an
//! outsider may have chosen, and ends the process for the others, as running out of heap does.
//!
//! A forked child has none of it: it may start another program, and is ended if it touches a secret. (`fork` itself takes
//! `unsafe`, which no other crate of ours may use; `std::process::Command` only starts other programs.)

mod blocks;
mod environment;
mod guarded;
mod pages;
mod pool;
mod wiping;

pub use blocks::{KdfBlocks, OutOfMemory};
pub use environment::remove_variable;
pub use guarded::{Guarded, SecretBytes};
pub use pages::{Protection, protection};
pub use wiping::WipingAllocator;
