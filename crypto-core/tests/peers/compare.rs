//! Comparisons that every peer in a process of its own goes through alike.

use super::{
    CHANGED, Peer, Random, bytes_of, cases, hex,
    ours::{self, label},
    report,
};
use serde_json::{Value, json};

/// HPKE wraps: each side opens the other's, and refuses them with a byte changed.
pub(crate) fn wraps(peer: &mut Peer, random: &mut Random) {
    let (mut theirs_opened, mut ours_opened) = (0, 0);
    let (mut theirs_refused, mut ours_refused) = (0, 0);
    for case in 0..cases() {
        let seed = random.array();
        let public = ours::kem_public(&seed);
        let (context, payload) = (random.bytes(100), random.bytes(500));
        let info = hex(ours::wrap_info(&context));
        let open = |wrap: &[u8]| json!({ "do": "hpke-open", "seed": hex(seed), "info": info, "wrap": hex(wrap) });

        let wrap = ours::wrap(&public, &context, &payload, random);
        let opened = peer.ask(&open(&wrap)).expect("our wrap opens");
        assert_eq!(bytes_of(&opened, "payload"), payload, "case {case}");
        theirs_opened += 1;

        let request = json!({
            "do": "hpke-seal", "public": hex(&public), "info": info, "payload": hex(&payload),
        });
        let sealed = bytes_of(&peer.ask(&request).expect("it seals"), "wrap");
        let opened = ours::unwrap(&seed, &context, &sealed);
        assert_eq!(opened.as_ref(), Some(&payload), "case {case}");
        ours_opened += 1;

        if case < CHANGED {
            let (changed, at) = random.change(&wrap, 0..wrap.len());
            assert_eq!(peer.ask(&open(&changed)), None, "byte {at}");
            theirs_refused += 1;
            let (changed, at) = random.change(&sealed, 0..sealed.len());
            assert_eq!(ours::unwrap(&seed, &context, &changed), None, "byte {at}");
            ours_refused += 1;
        }
    }
    let changed = CHANGED.min(cases());
    report("the peer opens our wraps", theirs_opened, cases());
    report("we open the peer's wraps", ours_opened, cases());
    report("the peer refuses changed wraps", theirs_refused, changed);
    report("we refuse changed wraps", ours_refused, changed);
}

/// Composite signatures: both halves of ours hold at the peer, the peer's
/// composites hold here, and neither side takes one with a byte changed.
pub(crate) fn composites(peer: &mut Peer, random: &mut Random) {
    let contexts = ours::signing_contexts();
    let (mut theirs_held, mut ours_held) = (0, 0);
    let (mut theirs_refused, mut ours_refused) = (0, 0);
    for case in 0..cases() {
        let (context, context_bytes) = contexts[random.below(contexts.len())];
        let (seed, message) = (random.array(), random.bytes(1_000));
        let public = ours::signature_public(&seed);
        let verify = |signature: &[u8]| {
            json!({
                "do": "composite-verify", "public": hex(&public), "context": hex(context_bytes),
                "message": hex(&message), "signature": hex(signature),
            })
        };

        let signature = ours::sign(&seed, context, &message, random);
        assert_eq!(
            halves(peer, &verify(&signature)),
            (true, true),
            "case {case}"
        );
        theirs_held += 1;

        let request = json!({
            "do": "composite-sign", "seed": hex(seed), "context": hex(context_bytes),
            "message": hex(&message),
        });
        let signed = peer.ask(&request).expect("it signs");
        assert_eq!(bytes_of(&signed, "public"), public, "one seed, one key");
        let theirs = bytes_of(&signed, "signature");
        assert!(
            ours::verifies(&public, context, &message, &theirs),
            "case {case}"
        );
        ours_held += 1;

        if case < CHANGED {
            // Each half in turn: the other one must still hold, or the test tells nothing.
            let first = case % 2 == 0;
            let half = if first {
                0..ours::ML_DSA_SIGNATURE_SIZE
            } else {
                ours::ML_DSA_SIGNATURE_SIZE..signature.len()
            };
            let (changed, at) = random.change(&signature, half.clone());
            assert_eq!(
                halves(peer, &verify(&changed)),
                (!first, first),
                "byte {at}"
            );
            let mut elsewhere = verify(&signature);
            elsewhere["ml_dsa_context"] = json!("");
            assert_eq!(halves(peer, &elsewhere), (false, true), "the label counts");
            let mut elsewhere = verify(&signature);
            elsewhere["context"] = json!(hex(label("seen-heads")));
            assert_eq!(
                halves(peer, &elsewhere),
                (false, false),
                "the context counts"
            );
            theirs_refused += 1;

            let (changed, at) = random.change(&theirs, half);
            assert!(
                !ours::verifies(&public, context, &message, &changed),
                "byte {at}"
            );
            ours_refused += 1;
        }
    }
    let changed = CHANGED.min(cases());
    report(
        "both halves of our signatures hold at the peer",
        theirs_held,
        cases(),
    );
    report("the peer's composites hold here", ours_held, cases());
    report(
        "the peer refuses changed signatures",
        theirs_refused,
        changed,
    );
    report("we refuse changed signatures", ours_refused, changed);
}

/// What the peer says of the ML-DSA and of the Ed25519 half.
fn halves(peer: &mut Peer, request: &Value) -> (bool, bool) {
    let verdict = peer.ask(request).expect("a verdict");
    let half = |name| verdict[name].as_bool().expect("a verdict on each half");
    (half("ml_dsa"), half("ed25519"))
}
