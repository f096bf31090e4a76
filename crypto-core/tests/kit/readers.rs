//! What each kind of file is given to, and the class that comes out: `ok`, or the error's enum and variant.

use crate::case::Case;
use keystead_crypto::{
    Anchor, AnchorState, Card, CardError, CommitmentOpening, ConsistencyProof, DecodeError,
    DeviceCertificate, DevicePublic, EnrolmentCode, EnvironmentKey, EpochScope, Field, ForkError,
    ForkProof, Frontier, InclusionProof, KdfParams, KemPrivateKey, KemPublicKey, KeyBytes,
    OpenError, Padding, Place, ProjectMetadataKey, ProofError, Reader, RecoverySecret,
    RecoveryShare, SafetyCode, SafetyCodeMatch, SecretBytes, ShareError, SignedCheckpoint,
    SignedHead, SigningContext, SpaceKey, TreeHead, VerifyError, VerifyingKey, WrapError, Writer,
    check_epoch, combine_shares, open, opens_commitment, read_parents, unpad, unwrap_invite,
    unwrap_keys, unwrap_seeds,
};
use std::fmt::Debug;

pub(crate) fn read(case: &Case) -> String {
    match case.what() {
        "envelope" => envelope(case, |key, place, envelope| {
            open(&EnvironmentKey::from_bytes(key), place, envelope)
        }),
        "operation envelope" => envelope(case, |key, place, envelope| {
            SpaceKey::from_bytes(key).open(place, envelope)
        }),
        "metadata envelope" => envelope(case, |key, place, envelope| {
            ProjectMetadataKey::from_bytes(key).open(place, envelope)
        }),
        "wrap" => wrap(case, unwrap_keys),
        "recovery wrap" => wrap(case, unwrap_seeds),
        "invite wrap" => wrap(case, unwrap_invite),
        "recipient" => class("WrapError", KemPublicKey::from_bytes(&case.bytes("key"))),
        "verifying key" => class("", VerifyingKey::from_bytes(&case.bytes("key"))),
        "signature" => class("", signature(case)),
        "card" => card_class(Card::parse(&case.bytes("card"))),
        "certificate" => {
            let key = VerifyingKey::from_bytes(&case.bytes("identity")).expect("a key");
            card_class(DeviceCertificate::parse(&key, &case.bytes("certificate")))
        }
        "head" => head(case),
        "padding" => class("", unpad(padding(case), &case.bytes("padded"))),
        "costs" => {
            let number = |name| u32::try_from(case.integer(name)).expect("32 bits");
            let costs = KdfParams::new(number("memory-kib"), number("passes"), number("lanes"));
            class("KdfError", costs)
        }
        "epoch" => epoch(case),
        "value commitment" => {
            let holds = opens_commitment(
                &case.array("commitment"),
                &CommitmentOpening::from_bytes(
                    KeyBytes::from_slice(&case.bytes("opening")).expect("32 bytes"),
                ),
                &case.bytes("value"),
            );
            if holds { "ok" } else { "no match" }.to_owned()
        }
        "frontier" => class("DecodeError", Frontier::decode(&case.bytes("frontier"))),
        "card text" => card_class(Card::parse_armored(&case.of("text").replace('|', "\n"))),
        "inclusion" => proof_class(inclusion(case)),
        "consistency" => proof_class(consistency(case)),
        "recovery words" => class(
            "RecoveryWordsError",
            RecoverySecret::parse(case.of("words")),
        ),
        "shares" => shares(case),
        "checkpoint" => checkpoint(case),
        "fork proof" => fork(case),
        "anchor" => anchor(case),
        "device card" => card_class(DevicePublic::decode(&case.bytes("card"))),
        "enrolment code" => enrolment_code(case),
        "safety code" => {
            let code = SafetyCode::of(&case.array("one"), &case.array("other"));
            match code.compare(&case.bytes("scanned")) {
                SafetyCodeMatch::Match => "ok".to_owned(),
                other => format!("SafetyCodeMatch::{other:?}"),
            }
        }
        other => panic!("no reader for {other}"),
    }
}

/// `ok`, or `Enum::Variant`; a struct's name where the error has no variants.
fn class<T, E: Debug>(name: &str, result: Result<T, E>) -> String {
    match result {
        Ok(_) => "ok".to_owned(),
        Err(error) if name.is_empty() => format!("{error:?}"),
        Err(error) => format!("{name}::{error:?}"),
    }
}

fn card_class<T>(result: Result<T, CardError>) -> String {
    match result {
        Err(CardError::Malformed(inner)) => class("DecodeError", Err::<T, _>(inner)),
        Err(CardError::Armor(inner)) => class("ArmorError", Err::<T, _>(inner)),
        other => class("CardError", other),
    }
}

fn field(number: u64) -> Field {
    use Field::{
        BlockNames, DeviceKemSeed, DeviceSigningSeed, IdentityShareSeed, IdentitySigningSeed,
        Segment, SlotRootKey, Value,
    };
    [
        SlotRootKey,
        IdentitySigningSeed,
        IdentityShareSeed,
        DeviceSigningSeed,
        DeviceKemSeed,
        Value,
        Segment,
        BlockNames,
    ]
    .into_iter()
    .find(|field| *field as u64 == number)
    .unwrap_or_else(|| panic!("no field {number}"))
}

fn envelope(
    case: &Case,
    open: fn(KeyBytes, &Place, &[u8]) -> Result<SecretBytes, OpenError>,
) -> String {
    let key = KeyBytes::from_slice(&case.bytes("key")).expect("32 bytes");
    let place = Place {
        owner: case.array("owner"),
        project: case.array("project"),
        environment: case.array("environment"),
        subject: case.array("subject"),
        field: field(case.integer("field")),
        version: case.array("version"),
        epoch: case.array("epoch"),
        author: case.array("author"),
        sealer: case.array("sealer"),
    };
    let opened = open(key, &place, &case.bytes("envelope"));
    if let Ok(plaintext) = &opened {
        assert_eq!(
            plaintext[..],
            case.bytes("plaintext"),
            "opened to something else"
        );
    }
    class("OpenError", opened)
}

type Unwrap = fn(&KemPrivateKey, &[u8], &[u8]) -> Result<SecretBytes, WrapError>;

fn wrap(case: &Case, unwrap: Unwrap) -> String {
    let seed = KeyBytes::from_slice(&case.bytes("seed")).expect("32 bytes");
    let opened = unwrap(
        &KemPrivateKey::from_seed(seed),
        &case.bytes("context"),
        &case.bytes("wrap"),
    );
    if let Ok(payload) = &opened {
        assert_eq!(
            payload[..],
            case.bytes("payload"),
            "opened to something else"
        );
    }
    class("WrapError", opened)
}

fn signature(case: &Case) -> Result<(), VerifyError> {
    let context = match case.of("context") {
        "card" => SigningContext::Card,
        "device" => SigningContext::Device,
        "consent" => SigningContext::Consent,
        "head" => SigningContext::Head,
        "membership" => SigningContext::Membership,
        "invite" => SigningContext::Invite,
        "checkpoint" => SigningContext::Checkpoint,
        other => panic!("no context {other}"),
    };
    VerifyingKey::from_bytes(&case.bytes("key"))?.verify(
        context,
        &case.bytes("message"),
        &case.bytes("signature"),
    )
}

fn head(case: &Case) -> String {
    let key = VerifyingKey::from_bytes(&case.bytes("key")).expect("a key");
    match SignedHead::decode(&case.bytes("head")) {
        Ok(head) => class("", head.verify(&key)),
        Err(error) => class("DecodeError", Err::<(), DecodeError>(error)),
    }
}

fn padding(case: &Case) -> Padding {
    match case.of("of") {
        "value" => Padding::Value,
        "name" => Padding::Name,
        "operation" => Padding::Operation,
        other => panic!("no padding of {other}"),
    }
}

fn epoch(case: &Case) -> String {
    let id = case.array("scope-id");
    let scope = match case.of("scope") {
        "space" => EpochScope::Space,
        "project" => EpochScope::Project(id),
        "environment" => EpochScope::Environment(id),
        other => panic!("no scope {other}"),
    };
    let mut parents = Writer::new();
    let listed = case.list("parent");
    parents.count(listed.len());
    for parent in &listed {
        parents.fixed(parent);
    }
    let parents = parents.finish();
    let parents = match read_parents(&mut Reader::new(&parents)) {
        Ok(parents) => parents,
        Err(error) => return class("DecodeError", Err::<(), _>(error)),
    };
    let key = KeyBytes::from_slice(&case.bytes("key")).expect("32 bytes");
    class(
        "",
        check_epoch(
            &case.array("stated"),
            &key,
            &case.array("space"),
            scope,
            &parents,
        ),
    )
}

fn proof_class(result: Result<(), ProofError>) -> String {
    match result {
        Err(ProofError::Malformed(inner)) => class("DecodeError", Err::<(), _>(inner)),
        other => class("ProofError", other),
    }
}

fn inclusion(case: &Case) -> Result<(), ProofError> {
    let tree = TreeHead {
        size: case.integer("size"),
        root: case.array("root"),
    };
    InclusionProof::decode(&case.bytes("proof"))?.verify(&case.array("leaf"), &tree)
}

fn consistency(case: &Case) -> Result<(), ProofError> {
    let tree = |size, root| TreeHead {
        size: case.integer(size),
        root: case.array(root),
    };
    ConsistencyProof::decode(&case.bytes("proof"))?
        .verify(&tree("old-size", "old-root"), &tree("new-size", "new-root"))
}

fn shares(case: &Case) -> String {
    let decoded: Result<Vec<_>, _> = case
        .list("share")
        .iter()
        .map(|share| RecoveryShare::decode(share))
        .collect();
    match decoded.and_then(|shares| combine_shares(&shares)) {
        Ok(key) => {
            assert_eq!(
                key.expose()[..],
                case.bytes("key"),
                "combined to something else"
            );
            "ok".to_owned()
        }
        Err(ShareError::Malformed(inner)) => class("DecodeError", Err::<(), _>(inner)),
        Err(error) => class("ShareError", Err::<(), _>(error)),
    }
}

fn checkpoint(case: &Case) -> String {
    let key = VerifyingKey::from_bytes(&case.bytes("key")).expect("a key");
    match SignedCheckpoint::decode(&case.bytes("checkpoint")) {
        Ok(checkpoint) => class("", checkpoint.verify(&key)),
        Err(error) => class("DecodeError", Err::<(), _>(error)),
    }
}

fn fork(case: &Case) -> String {
    let key = VerifyingKey::from_bytes(&case.bytes("key")).expect("a key");
    match ForkProof::decode(&case.bytes("proof")).and_then(|proof| proof.verify(&key)) {
        Err(ForkError::Malformed(inner)) => class("DecodeError", Err::<(), _>(inner)),
        other => class("ForkError", other),
    }
}

fn anchor(case: &Case) -> String {
    let anchor = match Anchor::decode(&case.bytes("anchor")) {
        Ok(anchor) => anchor,
        Err(error) => return class("DecodeError", Err::<(), _>(error)),
    };
    let (generation, operations) = (case.integer("generation"), case.integer("operations"));
    let root = case.array("root");
    match anchor.compare(case.array("vault"), generation, operations, |_| root) {
        AnchorState::Holds => "ok".to_owned(),
        other => format!("AnchorState::{other:?}"),
    }
}

fn enrolment_code(case: &Case) -> String {
    let card = DevicePublic::decode(&case.bytes("card")).expect("a device card");
    match case.of("typed").parse::<EnrolmentCode>() {
        Ok(code) if code == EnrolmentCode::of(&card, &case.array("nonce")) => "ok".to_owned(),
        Ok(_) => "no match".to_owned(),
        Err(error) => class("EnrolmentCodeError", Err::<(), _>(error)),
    }
}
