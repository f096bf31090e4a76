//! Argon2id: RFC 9106 §5.3, with the crate and the features that derive slot
//! keys. The vector has a secret and associated data, which slot keys have not.

use crate::support::{Expected, Tally, unhex};
use argon2::{Algorithm, Argon2, AssociatedData, ParamsBuilder, Version};

#[test]
fn rfc_9106() {
    let mut tally = Tally::new("rfc 9106 argon2id (section 5.3)");
    let data = AssociatedData::new(&[4; 12]).expect("12 bytes are within the limit");
    let params = ParamsBuilder::new()
        .m_cost(32)
        .t_cost(3)
        .p_cost(4)
        .output_len(32)
        .data(data)
        .build()
        .expect("the RFC's own costs");
    let argon = Argon2::new_with_secret(&[3; 8], Algorithm::Argon2id, Version::V0x13, params)
        .expect("8 bytes are within the limit");
    let mut tag = [0; 32];
    argon
        .hash_password_into(&[1; 32], &[2; 16], &mut tag)
        .expect("the RFC's own sizes");
    assert_eq!(
        tag[..],
        unhex("0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659")
    );
    tally.held();
    tally.finish(&Expected {
        run: 1,
        ..Expected::default()
    });
}
