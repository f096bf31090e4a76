//! Which algorithms and which formats: numbers that stand in front of what is signed, sealed or stored.

/// The one cipher suite so far: HKDF-SHA256, AES-256-GCM with commitment,
/// X-Wing, id-MLDSA65-Ed25519-SHA512. Two bytes on the wire, big-endian.
pub const SUITE: u16 = 1;

/// The format generation. `0` may still break; an older or newer one is a
/// typed error, never a guess.
pub const SCHEMA: u16 = 0;
