//! What a space made opens and verifies in another implementation, `tests/peers/crypto.py`.
//!
//! What a peer is told is put together here by hand, from `docs/format.md`, not by this program's writers.

use super::tests::{Person, Remote};
use crate::Role;
use keystead_replica::Payload;
use serde_json::{Value, json};
use std::{
    env,
    fmt::Write as _,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

const SIGNATURE_SIZE: usize = 3_309 + 64;

#[test]
fn a_wrap_opens_and_a_head_verifies_in_another_implementation() {
    let (mut ann, mut ben) = (Person::new("Ann"), Person::new("Ben"));
    let mut remote = Remote::new();
    ann.founds("team");
    ann.sets("dev", "KEY", "one");
    ann.invites(&mut ben, &[("shop/dev", Role::Reader)]);
    ann.syncs(&mut remote);
    assert_eq!(ben.syncs(&mut remote).problems, []);

    // What she wrapped for his device.
    let keys = &ben.vault.keys.device;
    let wraps: Vec<([u8; 16], Vec<u8>)> = ann
        .vault
        .sql
        .prepare(
            "SELECT parcel, message FROM wraps JOIN parcels USING (statement) WHERE device = ?1",
        )
        .expect("a statement")
        .query_map([keys.id], |row| Ok((row.get(0)?, row.get(1)?)))
        .and_then(Iterator::collect)
        .expect("rows");
    assert!(!wraps.is_empty(), "nothing was wrapped for Ben");
    let mut asked = Vec::new();
    for (parcel, wrap) in &wraps {
        for space in [ben.space.0, ben.vault.facts.home.0] {
            asked.push(json!({
                "do": "hpke-open",
                "seed": hex(keys.kem.seed().expose()),
                "info": hex(&info(&space, parcel, &keys.id)),
                "wrap": hex(wrap),
            }));
        }
    }

    // The newest head of her device, as she signed it, and with one bit of it another.
    let signed: Vec<u8> = ann
        .vault
        .sql
        .query_row(
            "SELECT signed FROM heads JOIN logs ON logs.id = heads.log
             WHERE own = 1 AND space = ?1",
            [ann.space.0],
            |row| row.get(0),
        )
        .expect("a head");
    let (said, signature) = signed.split_at(signed.len() - SIGNATURE_SIZE);
    let mut other = said.to_vec();
    *other.last_mut().expect("a head") ^= 1;
    let public = ann.vault.keys.device.signing.verifying_key();
    for message in [said, &other] {
        asked.push(json!({
            "do": "composite-verify",
            "public": hex(public.as_bytes()),
            "context": hex(b"keystead/v1/sign-head"),
            "message": hex(message),
            "signature": hex(signature),
        }));
    }

    let answers = peer(&asked);
    let (opened, verified) = answers.split_at(2 * wraps.len());
    for (own, foreign) in opened.chunks(2).map(|pair| (&pair[0], &pair[1])) {
        let payload = own["done"]["payload"]
            .as_str()
            .unwrap_or_else(|| panic!("{own}"));
        let payload = Payload::decode(&unhex(payload)).expect("a payload");
        assert!(!payload.keys.is_empty());
        assert!(foreign["refused"].is_string(), "{foreign}");
    }
    let holds = |holds| json!({ "done": { "ml_dsa": holds, "ed25519": holds } });
    assert_eq!(verified, [holds(true), holds(false)]);
}

/// What a wrap is bound to: suite, schema, label, and space, parcel and device.
fn info(space: &[u8; 32], parcel: &[u8; 16], device: &[u8; 16]) -> Vec<u8> {
    let label = b"keystead/v1/key-wrap";
    let context = [&[0, 1, 0, 0][..], space, parcel, device].concat();
    let size = |bytes: &[u8]| u32::try_from(bytes.len()).expect("short").to_be_bytes();
    [
        &[0, 1, 0, 0][..],
        &size(label),
        label,
        &size(&context),
        &context,
    ]
    .concat()
}

/// One answer for each request, from a process of its own.
fn peer(requests: &[Value]) -> Vec<Value> {
    let beside = |path: &str| Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    let python = env::var_os("KEYSTEAD_PYTHON")
        .map_or_else(|| beside("../target/venv/bin/python"), PathBuf::from);
    let folder =
        env::var_os("KEYSTEAD_PEERS").map_or_else(|| beside("../tests/peers"), PathBuf::from);
    let mut process = Command::new(&python)
        .arg(folder.join("crypto.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| {
            panic!(
                "{} does not start ({error}); `cargo xtask test peers` installs it",
                python.display()
            )
        });
    // Few enough for a pipe's buffer to hold every answer.
    let mut input = process.stdin.take().expect("it was asked for");
    for request in requests {
        writeln!(input, "{request}").expect("the peer reads");
    }
    drop(input);
    let output = process.wait_with_output().expect("the peer ends");
    assert!(output.status.success(), "{}", output.status);
    let answers: Vec<Value> = output
        .stdout
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_slice(line).expect("an answer"))
        .collect();
    assert_eq!(answers.len(), requests.len());
    answers
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string");
        text
    })
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).expect("hex"))
        .collect()
}
