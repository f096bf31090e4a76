//! What `docs/format.md` states in numbers and formulas, held against the code: its table of sizes row by row, and the
//! hashes that no published vector covers, computed anew from the text.

use getrandom::{SysRng, rand_core::UnwrapErr};
use hkdf::Hkdf;
use keystead_crypto::{
    Anchor, Branch, Card, Checkpoint, ConsistencyProof, DeviceCertificate, DeviceKeys, DeviceRole,
    DisplayName, ENVELOPE_OVERHEAD, EnrolmentCode, EnvironmentKey, EpochScope, Field, ForkProof,
    ForkedTree, Frontier, Hash, Head, IdentityKeys, InclusionProof, KemPublicKey, KeyBytes,
    LiveVersion, LogPosition, PUBLIC_KEY_SIZE, Place, SIGNATURE_SIZE, SafetyCode, SafetyNumber,
    SignedHead, SigningKey, Threshold, TreeHead, epoch_id, leaf_hash, seal, split_key, tree_hash,
    wrap_keys,
};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

const FORMAT: &str = include_str!("../../docs/format.md");

/// The rows of the table of sizes: name, and what it says.
fn stated() -> BTreeMap<&'static str, &'static str> {
    let (_, section) = FORMAT.split_once("\n## Sizes\n").expect("a section");
    let section = section.split("\n## ").next().expect("not empty");
    section
        .lines()
        .filter_map(|line| {
            line.strip_prefix("| ")?
                .strip_suffix(" |")?
                .split_once(" | ")
        })
        .skip(2)
        .collect()
}

/// What the letters of a row stand for.
type Letters = Vec<(&'static str, usize)>;

/// What a row says, with its letters replaced by numbers.
fn sum(formula: &str, letters: &[(&str, usize)]) -> usize {
    let number = |factor: &str| {
        let known = letters.iter().find(|(letter, _)| *letter == factor);
        known.map_or_else(
            || factor.replace(',', "").parse().expect("a number"),
            |(_, value)| *value,
        )
    };
    let product = |term: &str| term.split(" × ").map(number).product::<usize>();
    formula.split(" + ").map(product).sum()
}

fn head(operations: u64, root: Hash) -> Head {
    Head {
        space: [1; 32],
        device: [2; 16],
        incarnation: [3; 16],
        operations,
        operation_root: root,
        seen_heads: [4; 32],
        events: 0,
        event_root: tree_hash([]),
    }
}

fn signed(key: &SigningKey, operations: u64, root: Hash) -> SignedHead {
    head(operations, root).sign(key, &mut UnwrapErr(SysRng))
}

#[test]
fn sizes_are_those_that_the_document_states() {
    let rng = &mut UnwrapErr(SysRng);
    let (identity, device) = (IdentityKeys::generate(rng), DeviceKeys::generate(rng));
    let names = ["x".to_owned(), "y".repeat(DisplayName::MAX_SIZE)];
    let leaf = |at: u64| leaf_hash(&at.to_be_bytes());
    let key = &device.signing;
    let mut measured: Vec<(&str, Letters, usize)> = Vec::new();
    for name in &names {
        let n = vec![("n", name.len())];
        let name = DisplayName::parse(name).expect("a name");
        let public = device.public(&name);
        let role = DeviceRole::Primary;
        let certificate = DeviceCertificate::issue(&identity.signing, role, &public, rng);
        let card = Card::issue(1, &name, &identity, rng);
        measured.push(("card", n.clone(), card.len()));
        measured.push(("device certificate", n.clone(), certificate.len()));
        measured.push(("device card", n, public.encode().len()));
        let code = EnrolmentCode::of(&public, &[2; 32]).to_string();
        measured.push(("enrolment code as text", vec![], code.len()));
        if name.as_str().len() == DisplayName::MAX_SIZE {
            let text = Card::parse(&card).expect("just issued").armored();
            measured.push(("card as text, with the longest name", vec![], text.len()));
        }
    }
    measured.push(("signature key", vec![], PUBLIC_KEY_SIZE));
    measured.push(("signature", vec![], SIGNATURE_SIZE));
    measured.push(("share key, KEM key", vec![], KemPublicKey::SIZE));
    measured.push(("envelope", vec![("n", 0)], ENVELOPE_OVERHEAD));
    for size in [0, 32, 320] {
        let n = vec![("n", size)];
        let plaintext = vec![7; size];
        let wrap = wrap_keys(&device.kem.public_key(), b"", &plaintext, rng).expect("a key");
        measured.push(("wrap", n.clone(), wrap.len()));
        let place = Place::in_vault([1; 16], [2; 16], Field::Value);
        let sealed = seal(&EnvironmentKey::generate(rng), &place, &plaintext, rng);
        measured.push(("envelope", n, sealed.len()));
    }
    measured.push((
        "signed head",
        vec![],
        signed(key, 1, leaf(0)).encode().len(),
    ));
    let anchor = Anchor {
        vault: [1; 16],
        generation: 1,
        sequence: 1,
        root: leaf(0),
    };
    measured.push(("anchor", vec![], anchor.encode().len()));
    let threshold = Threshold::new(2, 3).expect("two of three");
    for share in split_key(&KeyBytes::generate(rng), threshold, rng) {
        measured.push(("recovery share", vec![], share.encode().len()));
    }
    let code = SafetyCode::of(&[1; 32], &[2; 32]);
    measured.push(("safety code", vec![], code.as_bytes().len()));
    let (one, other) = (&identity.signing, &device.signing);
    let number = SafetyNumber::of(&one.verifying_key(), &other.verifying_key()).to_string();
    measured.push(("safety number as text", vec![], number.len()));
    let mut frontier = Frontier::new();
    for at in 0..20 {
        let ones = u64::count_ones(at) as usize;
        measured.push(("frontier", vec![("h", ones)], frontier.encode().len()));
        frontier.append(leaf(at));
    }
    for (heads, logs, live) in [(0, 0, 0), (2, 1, 3)] {
        let checkpoint = Checkpoint {
            space: [1; 32],
            membership_heads: (0..heads).map(|at| [at; 32]).collect(),
            logs: (0..logs)
                .map(|at| LogPosition {
                    log: [at; 32],
                    operations: 1,
                    root: [5; 32],
                })
                .collect(),
            live: (0..live)
                .map(|at| LiveVersion {
                    version: [at; 16],
                    log: [1; 32],
                    sequence: 1,
                })
                .collect(),
        };
        let size = checkpoint.sign(key, rng).expect("in order").encode().len();
        let counts = [("heads", heads), ("logs", logs), ("versions", live)];
        let counts = counts.map(|(name, count)| (name, usize::from(count)));
        measured.push(("checkpoint", counts.to_vec(), size));
    }
    // 3 of 11 leaves, then two heads that part after 4.
    let inclusion = InclusionProof::generate(3, 11, leaf).expect("inside");
    measured.push(("inclusion proof", vec![("h", 4)], inclusion.encode().len()));
    let consistency = ConsistencyProof::generate(4, 11, leaf).expect("inside");
    let size = consistency.encode().len();
    measured.push(("consistency proof", vec![("h", 2)], size));
    let side = |mark: u64| {
        let leaf = |at: u64| leaf_hash(&[u8::from(at >= 4) * mark as u8, at as u8]);
        Branch {
            head: signed(key, 8, tree_hash((0..8).map(leaf))),
            consistency: ConsistencyProof::generate(4, 8, leaf).expect("inside"),
            leaf: leaf(4),
            inclusion: InclusionProof::generate(4, 8, leaf).expect("inside"),
        }
    };
    let common = TreeHead {
        size: 4,
        root: tree_hash((0..4).map(|at| leaf_hash(&[0, at]))),
    };
    let fork = ForkProof::new(ForkedTree::Operations, common, side(1), side(2));
    assert!(fork.verify(&key.verifying_key()).is_ok());
    measured.push(("fork proof", vec![("h", 2 * (1 + 3))], fork.encode().len()));

    let stated = stated();
    let mut unmeasured: BTreeSet<_> = stated.keys().copied().collect();
    for (name, letters, size) in measured {
        let formula = stated.get(name).unwrap_or_else(|| panic!("no row {name}"));
        assert_eq!(sum(formula, &letters), size, "{name}: {formula}");
        unmeasured.remove(name);
    }
    assert!(unmeasured.is_empty(), "nobody measures {unmeasured:?}");
}

#[test]
fn an_envelope_s_commitment_is_derived_as_the_document_says() {
    let place = Place {
        owner: [1; 32],
        project: [2; 16],
        environment: [3; 16],
        subject: [4; 16],
        field: Field::Value,
        version: [5; 16],
        epoch: [6; 32],
        author: [7; 16],
        sealer: [8; 16],
    };
    let runs: [(u8, usize); 12] = [
        (0, 1),
        (1, 1),
        (0, 2),
        (1, 32),
        (2, 16),
        (3, 16),
        (4, 16),
        (6, 1),
        (5, 16),
        (6, 32),
        (7, 16),
        (8, 16),
    ];
    let bytes: Vec<u8> = runs.iter().flat_map(|&(byte, n)| vec![byte; n]).collect();
    assert_eq!(bytes.len(), 165);
    assert!(FORMAT.contains("**Place**, 165 bytes"));
    let key = EnvironmentKey::from_bytes(KeyBytes::from_slice(&[9; 32]).expect("32 bytes"));
    let envelope = seal(&key, &place, b"value", &mut UnwrapErr(SysRng));
    let label = b"keystead/v1/value-seal";
    let mut okm = [0; 64];
    Hkdf::<Sha256>::new(Some(&envelope[2..34]), &[9; 32])
        .expand_multi_info(&[&[0, 22], label, &Sha256::digest(&bytes)], &mut okm)
        .expect("short");
    assert_eq!(envelope[34..66], okm[32..]);
}

#[test]
fn hashes_of_seen_heads_and_epochs_are_those_of_the_document() {
    let seen = BTreeMap::from([([2; 32], (7, [3; 32])), ([1; 32], (5, [4; 32]))]);
    let bytes = [
        &[0, 1, 0, 0, 0, 0, 0, 22][..],
        b"keystead/v1/seen-heads",
        &[0, 0, 0, 2],
        &[1; 32],
        &[0, 0, 0, 0, 0, 0, 0, 5],
        &[4; 32],
        &[2; 32],
        &[0, 0, 0, 0, 0, 0, 0, 7],
        &[3; 32],
    ]
    .concat();
    assert_eq!(
        Head::seen_heads_hash(&seen),
        <Hash>::from(Sha256::digest(&bytes))
    );

    let key = KeyBytes::from_slice(&[9; 32]).expect("32 bytes");
    let parents = BTreeSet::from([[7; 32], [5; 32]]);
    for (scope, label, id) in [
        (EpochScope::Space, "space", [0; 16]),
        (EpochScope::Project([6; 16]), "project", [6; 16]),
        (EpochScope::Environment([6; 16]), "environment", [6; 16]),
    ] {
        let info = [
            format!("keystead/v1/{label}-epoch").as_bytes(),
            &[0, 1, 0, 0],
            &[1; 32],
            &id,
            &[0, 0, 0, 2],
            &[5; 32],
            &[7; 32],
        ]
        .concat();
        let mut expected = [0; 32];
        Hkdf::<Sha256>::new(None, &[9; 32])
            .expand(&info, &mut expected)
            .expect("short");
        assert_eq!(
            epoch_id(&key, &[1; 32], scope, &parents),
            expected,
            "{label}"
        );
    }
}

#[test]
fn a_frontier_s_bytes_are_its_size_and_the_roots_of_full_subtrees() {
    let leaf = |at: u8| leaf_hash(&[at]);
    let mut frontier = Frontier::new();
    (0..7).for_each(|at| frontier.append(leaf(at)));
    let bytes = [
        &7u64.to_be_bytes()[..],
        &tree_hash((0..4).map(leaf)),
        &tree_hash((4..6).map(leaf)),
        &leaf(6),
    ]
    .concat();
    assert_eq!(frontier.encode(), bytes);
}
