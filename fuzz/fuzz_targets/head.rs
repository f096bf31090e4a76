//! What says where a log stands: signed heads, frontiers, proofs, checkpoints, anchors. Refused, or the one canonical
//! form.
#![no_main]

use keystead_crypto::{
    Anchor, ConsistencyProof, ForkProof, Frontier, InclusionProof, SignedCheckpoint, SignedHead,
    TreeHead,
};
use keystead_fuzz::bound_memory;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    bound_memory();
    let tree = |size, root| TreeHead { size, root };
    if let Ok(head) = SignedHead::decode(bytes) {
        assert_eq!(bytes, head.encode(), "a head has one encoding");
    }
    if let Ok(frontier) = Frontier::decode(bytes) {
        assert_eq!(bytes, frontier.encode(), "a frontier has one encoding");
        frontier.root();
    }
    if let Ok(proof) = InclusionProof::decode(bytes) {
        assert_eq!(bytes, proof.encode(), "an inclusion proof has one encoding");
        for size in [0, 1, 7, u64::MAX] {
            assert!(proof.verify(&[1; 32], &tree(size, [2; 32])).is_err());
        }
    }
    if let Ok(proof) = ConsistencyProof::decode(bytes) {
        assert_eq!(
            bytes,
            proof.encode(),
            "a consistency proof has one encoding"
        );
        for (old, new) in [(1, 2), (3, 7), (8, 3), (1, u64::MAX)] {
            let (old, new) = (tree(old, [1; 32]), tree(new, [2; 32]));
            assert!(proof.verify(&old, &new).is_err());
        }
    }
    if let Ok(proof) = ForkProof::decode(bytes) {
        assert_eq!(bytes, proof.encode(), "a fork proof has one encoding");
    }
    if let Ok(checkpoint) = SignedCheckpoint::decode(bytes) {
        assert_eq!(bytes, checkpoint.encode(), "a checkpoint has one encoding");
    }
    if let Ok(anchor) = Anchor::decode(bytes) {
        assert_eq!(bytes, anchor.encode(), "an anchor has one encoding");
    }
});
