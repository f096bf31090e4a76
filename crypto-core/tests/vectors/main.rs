//! Published test vectors against the primitives and the public API. Says
//! nothing about our own formats, which have their own tests beside the code.
//!
//! Every set is counted, and the count is held against a constant: a vector
//! file that shrinks fails. `cargo test --test vectors -- --nocapture` shows the
//! counts. The composite signatures' vectors want a free context string and
//! stand in `src/signature/vectors.rs`.

#![allow(
    clippy::print_stdout,
    reason = "the counts are what a reader of a test log wants to see"
)]

mod aes_gcm;
mod argon2id;
mod ed25519;
mod hkdf_sha256;
mod hpke_pq;
mod ml_dsa_65;
mod ml_kem_768;
mod rfc6962;
mod support;
mod x25519;
mod xwing;
