//! Against PyPI's cryptography, in both directions: wraps, composite
//! signatures, envelopes and slots. Does not test a format on its own.

mod peers;

use keystead_crypto::Field;
use peers::{
    CHANGED, Peer, Random, bytes_of, cases, compare, hex,
    ours::{self, label},
    report, slow_cases,
};
use serde_json::json;

#[test]
fn wraps_both_ways() {
    compare::wraps(&mut Peer::python(), &mut Random::start("python wraps"));
}

#[test]
fn composite_signatures_both_ways() {
    compare::composites(&mut Peer::python(), &mut Random::start("python signatures"));
}

#[test]
fn envelopes_both_ways() {
    let random = &mut Random::start("python envelopes");
    let python = &mut Peer::python();
    let label = hex(label("value-seal"));
    let (mut theirs_opened, mut ours_opened) = (0, 0);
    let (mut theirs_refused, mut ours_refused) = (0, 0);
    for case in 0..cases() {
        let key = random.array();
        let place = ours::random_place(random, Field::Value);
        let padded = ours::random_padded(random);
        let parts = ours::place_parts(&place);
        let open = |envelope: &[u8]| {
            json!({
                "do": "envelope-open", "key": hex(key), "label": label, "place": parts,
                "envelope": hex(envelope),
            })
        };

        let envelope = ours::seal_value(&key, &place, &padded, random);
        let opened = python.ask(&open(&envelope)).expect("our envelope opens");
        assert_eq!(bytes_of(&opened, "payload"), padded, "case {case}");
        theirs_opened += 1;

        let request = json!({
            "do": "envelope-seal", "key": hex(key), "label": label, "place": parts,
            "payload": hex(&padded),
        });
        let sealed = bytes_of(&python.ask(&request).expect("it seals"), "envelope");
        let opened = ours::open_value(&key, &place, &sealed);
        assert_eq!(opened.as_ref(), Some(&padded), "case {case}");
        ours_opened += 1;

        if case < CHANGED {
            let (changed, at) = random.change(&envelope, 0..envelope.len());
            assert_eq!(python.ask(&open(&changed)), None, "byte {at}");
            theirs_refused += 1;
            let (changed, at) = random.change(&sealed, 0..sealed.len());
            assert_eq!(ours::open_value(&key, &place, &changed), None, "byte {at}");
            ours_refused += 1;
        }
    }
    report("cryptography opens our envelopes", theirs_opened, cases());
    report("we open its envelopes", ours_opened, cases());
    report(
        "it refuses ours with a byte changed",
        theirs_refused,
        CHANGED.min(cases()),
    );
    report(
        "we refuse its with a byte changed",
        ours_refused,
        CHANGED.min(cases()),
    );
}

/// The slot key itself never leaves the crate; that it is the same is seen by
/// each side opening what the other one sealed under it.
#[test]
fn slots_both_ways() {
    let random = &mut Random::start("python slots");
    let python = &mut Peer::python();
    let (mut theirs_opened, mut ours_opened) = (0, 0);
    for case in 0..slow_cases() {
        let passphrase = random.text(40);
        let (salt, root) = (random.array(), random.array());
        let place = ours::random_place(random, Field::SlotRootKey);
        let slot = |action: &str, name: &str, bytes: &[u8]| {
            let costs = ours::SLOT_COSTS;
            let mut request = json!({
                "do": action, "passphrase": hex(&passphrase), "salt": hex(salt),
                "memory_kib": costs.memory_kib(), "passes": costs.passes(), "lanes": costs.lanes(),
                "label": hex(label("slot-seal")), "place": ours::place_parts(&place),
            });
            request[name] = json!(hex(bytes));
            request
        };

        let envelope = ours::seal_slot(&passphrase, &salt, &place, &root, random);
        let opened = python.ask(&slot("slot-open", "envelope", &envelope));
        let opened = opened.expect("our slot opens");
        assert_eq!(bytes_of(&opened, "root"), root, "case {case}");
        theirs_opened += 1;

        let sealed = python
            .ask(&slot("slot-seal", "root", &root))
            .expect("it seals");
        let sealed = bytes_of(&sealed, "envelope");
        let opened = ours::open_slot(&passphrase, &salt, &place, &sealed);
        assert_eq!(opened, Some(root), "case {case}");
        ours_opened += 1;
    }
    report("cryptography opens our slots", theirs_opened, slow_cases());
    report("we open its slots", ours_opened, slow_cases());
}

/// Another passphrase, another salt or a changed byte opens no slot on either side.
/// One slot serves, so that every refusal costs one derivation.
#[test]
fn slots_are_refused_both_ways() {
    let random = &mut Random::start("python slots refused");
    let python = &mut Peer::python();
    let (passphrase, salt, root) = ("correct horse", random.array(), random.array());
    let place = ours::random_place(random, Field::SlotRootKey);
    let costs = ours::SLOT_COSTS;
    let request = json!({
        "do": "slot-open", "passphrase": hex(passphrase), "salt": hex(salt),
        "memory_kib": costs.memory_kib(), "passes": costs.passes(), "lanes": costs.lanes(),
        "label": hex(label("slot-seal")), "place": ours::place_parts(&place), "root": hex(root),
    });
    let envelope = ours::seal_slot(passphrase, &salt, &place, &root, random);
    let mut seal = request.clone();
    seal["do"] = json!("slot-seal");
    let sealed = bytes_of(&python.ask(&seal).expect("it seals"), "envelope");
    let mut open = request.clone();
    open["envelope"] = json!(hex(&envelope));
    let opened = python.ask(&open).expect("unchanged, it opens");
    assert_eq!(bytes_of(&opened, "root"), root);
    let opened = ours::open_slot(passphrase, &salt, &place, &sealed);
    assert_eq!(opened, Some(root), "unchanged, it opens");

    let (mut theirs, mut here) = (0, 0);
    for case in 0..CHANGED {
        let (mut words, mut salt) = (passphrase.to_owned(), salt);
        let (mut for_them, mut for_us) = (envelope.clone(), sealed.clone());
        match case % 3 {
            0 => words.push(' '),
            1 => salt[random.below(32)] ^= 1,
            _ => {
                for_them = random.change(&for_them, 0..envelope.len()).0;
                for_us = random.change(&for_us, 0..sealed.len()).0;
            }
        }
        let mut open = request.clone();
        open["passphrase"] = json!(hex(&words));
        open["salt"] = json!(hex(salt));
        open["envelope"] = json!(hex(&for_them));
        assert_eq!(python.ask(&open), None, "case {case}");
        theirs += 1;
        assert_eq!(
            ours::open_slot(&words, &salt, &place, &for_us),
            None,
            "case {case}"
        );
        here += 1;
    }
    report("cryptography refuses our slot", theirs, CHANGED);
    report("we refuse its slot", here, CHANGED);
}
