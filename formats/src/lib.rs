//! Reads and rewrites env files, in the exact dialect of the program that will
//! read them.
//!
//! It does *not* know vaults, paths or the process environment, does not run
//! shell code, and never guesses: a file that its reader would half understand
//! is a [`ParseError`] with a line, and a value that a reader cannot return byte
//! for byte is a [`CannotCarry`] with the dialects that can.
//!
//! A [`Dialect`] is defined by its reader, not by a grammar: what python-dotenv,
//! npm `dotenv`, `bash`, `jq` or PyYAML returns is what an entry's value is. Every rewrite is
//! read back before it is handed out.

mod dialect;
mod dotenv;
mod dotenv_node;
mod error;
mod file;
mod interpolation;
mod json;
mod merge;
mod shell;
mod statements;
mod text;
mod yaml;

pub use dialect::{Dialect, UnknownDialect};
pub use error::{CannotCarry, Obstacle, ParseError, ParseReason};
pub use file::{BareName, Entry, EnvFile};
pub use merge::render;
