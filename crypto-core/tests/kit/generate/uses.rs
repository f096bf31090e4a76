//! One key, several uses: what is sealed, wrapped or signed for one opens for no other.

use super::sealed::{envelope_of, place};
use super::{Kit, flipped};
use crate::{case::Case, seeded::Seeded};
use keystead_crypto::{
    EnvironmentKey, Field, KemPrivateKey, KeyBytes, Place, ProjectMetadataKey, SigningContext,
    SigningKey, SpaceKey, seal, wrap_invite, wrap_keys, wrap_seeds,
};

const PLAINTEXT: &[u8] = b"sk-proj-not-a-real-key";

fn key_bytes(bytes: &[u8; 32]) -> KeyBytes {
    KeyBytes::from_slice(bytes).expect("32 bytes")
}

/// Values, operations and metadata, sealed under the same key's bytes in the same place.
pub(crate) fn envelopes(kit: &mut Kit) {
    const TAMPERED: &str = "OpenError::WrongKeyOrTampered";
    let rng = &mut Seeded::new("envelopes of uses");
    let (key, other) = (rng.array::<32>(), rng.array::<32>());
    let seal_as = |use_: &str, place: &Place, rng: &mut Seeded| match use_ {
        "envelope" => seal(
            &EnvironmentKey::from_bytes(key_bytes(&key)),
            place,
            PLAINTEXT,
            rng,
        ),
        "operation envelope" => SpaceKey::from_bytes(key_bytes(&key)).seal(place, PLAINTEXT, rng),
        _ => ProjectMetadataKey::from_bytes(key_bytes(&key)).seal(place, PLAINTEXT, rng),
    };
    let fields = [
        ("envelope", Field::Value),
        ("operation envelope", Field::Segment),
        ("metadata envelope", Field::BlockNames),
    ];
    for (what, field) in fields {
        let here = place(rng, field);
        for (sealed_as, _) in fields {
            let sealed = seal_as(sealed_as, &here, rng);
            if sealed_as != what {
                let note = format!("the same key and place, sealed as {sealed_as}");
                let fault = format!("sealed-as-{}", sealed_as.replace(' ', "-"));
                let case = envelope_of(what, TAMPERED, &note, &key, &here, &sealed);
                kit.add(&fault, case);
            } else if what != "envelope" {
                let case = |expect: &str, note: &str, key: &[u8], place: &Place, bytes: &[u8]| {
                    envelope_of(what, expect, note, key, place, bytes)
                };
                let mut moved = here;
                moved.field = Field::Value;
                let [end, suite] = [sealed.len() - 1, 1];
                let suite_0 = "OpenError::UnsupportedSuite(0)";
                for (fault, case) in [
                    ("control", case("ok", "as sealed", &key, &here, &sealed)),
                    (
                        "other-key",
                        case(TAMPERED, "another key", &other, &here, &sealed),
                    ),
                    (
                        "moved-field",
                        case(TAMPERED, "said to be a value", &key, &moved, &sealed),
                    ),
                    (
                        "tag",
                        case(
                            TAMPERED,
                            "a bit of the tag is changed",
                            &key,
                            &here,
                            &flipped(&sealed, end),
                        ),
                    ),
                    (
                        "suite-0",
                        case(suite_0, "suite 0", &key, &here, &flipped(&sealed, suite)),
                    ),
                ] {
                    kit.add(fault, case);
                }
            }
        }
    }
}

/// Keys, seeds and invites, wrapped for the same recipient in the same context.
pub(crate) fn wraps(kit: &mut Kit) {
    const TAMPERED: &str = "WrapError::WrongKeyOrTampered";
    let rng = &mut Seeded::new("wraps of uses");
    let (seed, other) = (rng.array::<32>(), rng.array::<32>());
    let public = KemPrivateKey::from_seed(key_bytes(&seed)).public_key();
    let payload = rng.array::<96>();
    let context = b"what the wrap belongs to";
    let mut wrap_as = |use_: &str| {
        match use_ {
            "wrap" => wrap_keys(&public, context, &payload, rng),
            "recovery wrap" => wrap_seeds(&public, context, &payload, rng),
            _ => wrap_invite(&public, context, &payload, rng),
        }
        .expect("a valid key")
    };
    let uses = ["wrap", "recovery wrap", "invite wrap"];
    for what in uses {
        let case = |expect: &str, note: &str, seed: &[u8], context: &[u8], wrap: &[u8]| {
            Case::new(what, expect, note)
                .hex("seed", seed)
                .hex("context", context)
                .hex("payload", &payload)
                .hex("wrap", wrap)
        };
        for wrapped_as in uses {
            let wrap = wrap_as(wrapped_as);
            if wrapped_as != what {
                let note = format!("the same recipient and context, made as {wrapped_as}");
                let fault = format!("made-as-{}", wrapped_as.replace(' ', "-"));
                kit.add(&fault, case(TAMPERED, &note, &seed, context, &wrap));
            } else if what != "wrap" {
                kit.add("control", case("ok", "as wrapped", &seed, context, &wrap));
                kit.add(
                    "other-recipient",
                    case(TAMPERED, "another's key", &other, context, &wrap),
                );
                kit.add(
                    "other-context",
                    case(TAMPERED, "another context", &seed, b"another", &wrap),
                );
                kit.add(
                    "x25519-zero",
                    case(
                        TAMPERED,
                        "the X25519 point is of small order, so its half contributes nothing",
                        &seed,
                        context,
                        &super::replaced(&wrap, 1088, &[0; 32]),
                    ),
                );
            }
        }
    }
}

/// The same key and message in every context, each read in the next one too.
pub(crate) fn signatures(kit: &mut Kit) {
    let rng = &mut Seeded::new("signatures of uses");
    let key = SigningKey::generate(rng);
    let message = b"what is signed";
    let contexts = [
        ("card", SigningContext::Card),
        ("device", SigningContext::Device),
        ("consent", SigningContext::Consent),
        ("head", SigningContext::Head),
        ("membership", SigningContext::Membership),
        ("invite", SigningContext::Invite),
        ("checkpoint", SigningContext::Checkpoint),
    ];
    for (index, (name, context)) in contexts.into_iter().enumerate() {
        let signature = key.sign(context, message, rng);
        let (next, _) = contexts[(index + 1) % contexts.len()];
        let case = |expect: &str, note: &str, read_as: &str| {
            Case::new("signature", expect, note)
                .hex("key", &key.verifying_key().as_bytes()[..])
                .text("context", read_as)
                .hex("message", message)
                .hex("signature", &signature[..])
        };
        kit.add(
            &format!("control-of-{name}"),
            case("ok", &format!("signed as {name}"), name),
        );
        kit.add(
            &format!("of-{name}-read-as-{next}"),
            case(
                "VerifyError",
                &format!("signed as {name}, read as {next}"),
                next,
            ),
        );
    }
}
