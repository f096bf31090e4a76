//! What the tests of whole programs share: the built binaries, a throwaway
//! machine for each test, the window under WebDriver, and the journey.
//!
//! Tests of one crate stand in that crate.

pub mod agent;
pub mod cli;
pub mod journey;
pub mod keyboard_journey;
pub mod keyring;
pub mod logind;
pub mod machine;
pub mod memory;
pub mod random;
pub mod readers;
pub mod s3;
pub mod serial;
pub mod window;

use std::path::PathBuf;

/// A strong passphrase that protects nothing.
pub const PASSPHRASE: &str = "lantern otter ribbon quarry";

/// The `.env` that every journey brings in: 28 names, a byte order mark, CRLF.
pub fn sample_env() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("data/churn-model.env")
}
