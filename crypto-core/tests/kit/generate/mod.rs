//! Makes the kit's files. Everything is seeded, so that each run makes the same bytes; until schema 1 a change of the
//! format changes them, and never after.

mod enrolling;
mod keys;
mod logs;
mod proofs;
mod recovery;
mod sealed;
mod statements;
mod uses;

use crate::case::Case;
use std::collections::BTreeMap;

/// Every file, by name.
pub(crate) fn all() -> BTreeMap<String, Case> {
    let mut kit = Kit::default();
    sealed::envelopes(&mut kit);
    sealed::wraps(&mut kit);
    sealed::padding(&mut kit);
    sealed::costs(&mut kit);
    sealed::commitments(&mut kit);
    keys::recipients(&mut kit);
    keys::verifying_keys(&mut kit);
    keys::signatures(&mut kit);
    keys::cards(&mut kit);
    keys::certificates(&mut kit);
    logs::heads(&mut kit);
    logs::epochs(&mut kit);
    keys::card_texts(&mut kit);
    logs::frontiers(&mut kit);
    proofs::inclusion(&mut kit);
    proofs::consistency(&mut kit);
    recovery::words(&mut kit);
    recovery::shares(&mut kit);
    uses::envelopes(&mut kit);
    uses::wraps(&mut kit);
    uses::signatures(&mut kit);
    statements::checkpoints(&mut kit);
    statements::forks(&mut kit);
    statements::anchors(&mut kit);
    enrolling::device_cards(&mut kit);
    enrolling::enrolment_codes(&mut kit);
    enrolling::safety_codes(&mut kit);
    kit.0
}

#[derive(Default)]
pub(crate) struct Kit(BTreeMap<String, Case>);

impl Kit {
    /// Adds a file, named after what it is for and its fault.
    pub(crate) fn add(&mut self, fault: &str, case: Case) {
        let name = format!("{}-{fault}.txt", case.what().replace(' ', "-"));
        let before = self.0.insert(name.clone(), case);
        assert!(before.is_none(), "{name} stands twice");
    }
}

/// `bytes` with one bit changed.
pub(crate) fn flipped(bytes: &[u8], byte: usize) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[byte] ^= 1;
    bytes
}

/// `bytes` with `part` written over what stands at `at`.
pub(crate) fn replaced(bytes: &[u8], at: usize, part: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[at..at + part.len()].copy_from_slice(part);
    bytes
}

/// `bytes` and one more.
pub(crate) fn longer(bytes: &[u8]) -> Vec<u8> {
    [bytes, &[0]].concat()
}
