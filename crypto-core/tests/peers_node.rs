//! Against npm's @noble/post-quantum, in both directions: X-Wing by itself, whole
//! wraps, composite signatures. Does not test envelopes: those have no post-quantum part.

mod peers;

use peers::{CHANGED, Peer, Random, bytes_of, cases, compare, hex, ours, report};
use serde_json::json;
use x_wing::{
    Ciphertext, Decapsulate as _, DecapsulationKey, Encapsulate as _, EncapsulationKey,
    TryKeyInit as _,
};

/// The crate that the wraps stand on, bare: a wrap would hide which part disagrees.
#[test]
fn x_wing_both_ways() {
    let random = &mut Random::start("node x-wing");
    let node = &mut Peer::node();
    let (mut theirs_agree, mut ours_agree) = (0, 0);
    let (mut theirs_differ, mut ours_differ) = (0, 0);
    for case in 0..cases() {
        let seed: [u8; 32] = random.array();
        let key = DecapsulationKey::from(seed);
        let public = ours::kem_public(&seed);
        let theirs = node.ask(&json!({ "do": "xwing-public", "seed": hex(seed) }));
        let theirs = bytes_of(&theirs.expect("every seed is a key"), "public");
        assert_eq!(theirs, public, "one seed, one key");

        let recipient = EncapsulationKey::new_from_slice(&public).expect("a key");
        let (ciphertext, secret) = recipient.encapsulate_with_rng(random);
        let mut decapsulate = |ciphertext: &[u8]| {
            let request = json!({
                "do": "xwing-decapsulate", "seed": hex(seed), "ciphertext": hex(ciphertext),
            });
            bytes_of(
                &node.ask(&request).expect("every ciphertext has a secret"),
                "secret",
            )
        };
        assert_eq!(decapsulate(&ciphertext)[..], secret[..], "case {case}");
        theirs_agree += 1;
        if case < CHANGED {
            let (changed, at) = random.change(&ciphertext, 0..ciphertext.len());
            assert_ne!(decapsulate(&changed)[..], secret[..], "byte {at}");
            theirs_differ += 1;
        }

        let request = json!({ "do": "xwing-encapsulate", "public": hex(&public) });
        let answer = node.ask(&request).expect("a valid key");
        let (ciphertext, secret) = (bytes_of(&answer, "ciphertext"), bytes_of(&answer, "secret"));
        let decapsulate = |ciphertext: &[u8]| {
            let ciphertext = Ciphertext::try_from(ciphertext).expect("1120 bytes");
            key.decapsulate(&ciphertext)
        };
        assert_eq!(decapsulate(&ciphertext)[..], secret[..], "case {case}");
        ours_agree += 1;
        if case < CHANGED {
            let (changed, at) = random.change(&ciphertext, 0..ciphertext.len());
            assert_ne!(decapsulate(&changed)[..], secret[..], "byte {at}");
            ours_differ += 1;
        }
    }
    let changed = CHANGED.min(cases());
    report(
        "noble decapsulates what x-wing encapsulated",
        theirs_agree,
        cases(),
    );
    report(
        "x-wing decapsulates what noble encapsulated",
        ours_agree,
        cases(),
    );
    report(
        "noble has another secret for a changed ciphertext",
        theirs_differ,
        changed,
    );
    report(
        "x-wing has another secret for a changed ciphertext",
        ours_differ,
        changed,
    );
}

#[test]
fn wraps_both_ways() {
    compare::wraps(&mut Peer::node(), &mut Random::start("node wraps"));
}

#[test]
fn composite_signatures_both_ways() {
    compare::composites(&mut Peer::node(), &mut Random::start("node signatures"));
}
