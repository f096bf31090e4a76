//! Writes what each target begins with: `seeds ROOT`, into `fuzz/corpus`. Beside the kit's files, faults and all, these
//! are inputs of every kind that the kit lacks, and each is checked to be one that its parser takes.

use getrandom::{SysRng, rand_core::UnwrapErr};
use keystead_crypto::{
    Anchor, Card, Checkpoint, DeviceCertificate, EnrolmentCode, LiveVersion, LogPosition,
    SafetyNumber, SignedCheckpoint, SigningKey,
};
use keystead_fuzz::kit;
use keystead_membership::{
    Act, Cut, DeviceId, EnvironmentId, EpochClaim, MemberId, ProjectId, Release, Role, Scope,
    SpaceId, Statement, StatementId, WrapClaim,
};
use keystead_replica::{Block, Header, LogId, NamesGroup, Parcel, Seen};
use keystead_vault::fuzzing;
use std::collections::BTreeMap;
use std::path::Path;
use std::{fs, io};

// Its library has what the counters in this binary call.
use libfuzzer_sys as _;

/// The lines of the kit's files that are inputs, and whose.
const LINES: &[(&str, &[&str])] = &[
    ("envelope", &["envelope", "padded"]),
    ("wrap", &["wrap", "key"]),
    ("card", &["card", "certificate"]),
    ("head", &["head", "frontier", "proof"]),
    ("recovery_words", &["words", "share", "text"]),
];

type Seeds = BTreeMap<(&'static str, String), Vec<u8>>;

fn main() -> io::Result<()> {
    let root = std::env::args_os().nth(1).expect("the checkout's root");
    let root = Path::new(&root);
    let mut seeds = Seeds::new();
    of_the_kit(root, &mut seeds)?;
    of_age(root, &mut seeds)?;
    of_the_vault(&mut seeds);
    of_the_core(&mut seeds);
    of_membership(&mut seeds);
    for ((target, name), bytes) in &seeds {
        let folder = root.join("fuzz/corpus").join(target);
        fs::create_dir_all(&folder)?;
        fs::write(folder.join(name), bytes)?;
    }
    println!("{} seeds", seeds.len());
    Ok(())
}

/// A statement of each act.
fn of_membership(seeds: &mut Seeds) {
    let (member, device) = (MemberId([1; 32]), DeviceId([2; 16]));
    let scope = Scope::Environment(ProjectId([3; 16]), EnvironmentId([4; 16]));
    let cuts = || {
        let cut = |operations| Cut {
            device,
            incarnation: [operations; 16],
            operations: operations.into(),
            root: [6; 32],
        };
        vec![cut(5), cut(7)]
    };
    let wraps = || {
        let message = [8; 32];
        vec![WrapClaim { device, message }]
    };
    let claim = |scope| EpochClaim {
        scope,
        epoch: [9; 32],
        parents: [[10; 32], [11; 32]].into(),
    };
    let release = Release {
        hours: Some((8, 18)),
        tags: vec!["pii".to_owned()],
        devices: vec![device],
    };
    let acts = [
        Act::AddMember { card: vec![12; 40] },
        Act::UpdateCard { card: vec![13; 40] },
        Act::AddDevice {
            endorsement: vec![14; 40],
        },
        Act::Grant {
            member,
            scope,
            role: Role::Editor,
            expires: Some(15),
        },
        Act::TakeBack {
            member,
            scope,
            role: None,
            cuts: cuts(),
        },
        Act::Remove {
            member,
            cuts: cuts(),
        },
        Act::RevokeDevice {
            device,
            cuts: cuts(),
        },
        Act::OpenEpochs {
            epochs: vec![
                claim(Scope::Space),
                EpochClaim {
                    epoch: [19; 32],
                    ..claim(scope)
                },
            ],
            wraps: wraps(),
        },
        Act::ShareKeys {
            epochs: vec![[16; 32]],
            wraps: wraps(),
        },
        Act::SetRelease {
            scope,
            release: Some(release),
        },
        Act::Acknowledge,
    ];
    for (at, act) in acts.into_iter().enumerate() {
        let statement = Statement {
            space: SpaceId([17; 32]),
            parents: [StatementId([18; 32]), StatementId([19; 32])].into(),
            author: device,
            at: 20,
            act,
        };
        let bytes = statement.encode();
        assert_eq!(Statement::decode(&bytes), Ok(statement));
        seeds.insert(("statement", format!("act-{at}")), bytes);
    }
}

fn of_the_kit(root: &Path, seeds: &mut Seeds) -> io::Result<()> {
    for entry in fs::read_dir(root.join("crypto-core/testdata/v0"))? {
        let path = entry?.path();
        let file = fs::read_to_string(&path)?;
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        for (at, line) in file.lines().enumerate() {
            let Some((name, value)) = line.split_once(": ") else {
                continue;
            };
            for (target, names) in LINES {
                if names.contains(&name) {
                    // Words and card texts stand in the kit as text, with `|` for a new line; all else is hex.
                    let bytes =
                        kit::unhex(value).unwrap_or_else(|| value.replace('|', "\n").into_bytes());
                    seeds.insert((target, format!("{stem}-{at}")), bytes);
                }
            }
        }
    }
    Ok(())
}

fn of_age(root: &Path, seeds: &mut Seeds) -> io::Result<()> {
    let age = root.join("crypto-core/testdata/age");
    for entry in fs::read_dir(age.join("cctv"))? {
        let path = entry?.path();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let vector = fs::read(&path)?;
        let file = kit::age_file(&vector).expect("fields, an empty line, an age file");
        assert!(
            file.starts_with(b"age-encryption.org/v1") || file.starts_with(b"-----BEGIN AGE"),
            "{name}"
        );
        seeds.insert(("age_file", name), file);
    }
    let identity = kit::age_field(kit::AGE_FILE, "identity").expect("an identity");
    seeds.insert(("age_file", "key-identity".to_owned()), identity.into());
    let recipient = fs::read_to_string(age.join("c2sp-recipient.txt"))?;
    seeds.insert(
        ("age_file", "key-recipient".to_owned()),
        recipient.trim().into(),
    );
    Ok(())
}

fn of_the_vault(seeds: &mut Seeds) {
    let header = fuzzing::header_seed();
    assert_eq!(fuzzing::header(&header).as_ref(), Some(&header));
    seeds.insert(("header", "one-slot".to_owned()), header);
    let changes = fuzzing::change_seeds();
    for (at, change) in changes.iter().enumerate() {
        assert_eq!(fuzzing::change(change).as_ref(), Some(change));
        seeds.insert(("operation", format!("change-{at}")), change.clone());
    }
    let names = NamesGroup {
        project: [1; 16],
        epoch: [2; 32],
        envelope: vec![3; 146],
    };
    let block = Block {
        names: vec![names],
        changes,
    };
    let block = block.encode();
    let seen = Seen {
        operations: 3,
        root: [4; 32],
    };
    let header = Header {
        space: [1; 32],
        device: [2; 16],
        incarnation: [3; 16],
        sequence: 4,
        previous: [5; 32],
        lamport: 6,
        at: 7,
        membership: [[8; 32], [9; 32]].into(),
        seen: [(LogId([7; 32]), seen)].into(),
        block: Block::hash(&block),
    };
    let parcel = Parcel {
        id: [1; 16],
        wraps: [([2; 16], vec![3; 1_200]), ([4; 16], vec![5; 1_200])].into(),
        envelope: vec![6; 1_106],
    };
    for (name, bytes) in [
        ("block", block),
        ("header", header.encode()),
        ("parcel", parcel.encode()),
    ] {
        seeds.insert(("operation", name.to_owned()), bytes);
    }
    let event = fuzzing::event_seed();
    assert_eq!(fuzzing::event(&event).as_ref(), Some(&event));
    seeds.insert(("operation", "event".to_owned()), event);
}

fn of_the_core(seeds: &mut Seeds) {
    let certificate = kit::bytes(kit::CERTIFICATE, "certificate");
    let certificate = DeviceCertificate::parse(&kit::identity(), &certificate).expect("the kit's");
    let device = certificate.device;
    seeds.insert(("card", "device".to_owned()), device.encode());
    let code = EnrolmentCode::of(&device, &[2; 32]).to_string();
    seeds.insert(("recovery_words", "enrolment-code".to_owned()), code.into());
    let number = SafetyNumber::of(&kit::identity(), &device.signing).to_string();
    seeds.insert(
        ("recovery_words", "safety-number".to_owned()),
        number.into(),
    );
    let text = &seeds[&("recovery_words", "card-text-control-3".to_owned())];
    let text = std::str::from_utf8(text).expect("text");
    assert!(
        Card::parse_armored(text).is_ok(),
        "the text of a card, with its lines"
    );

    let key = SigningKey::from_seed(&[5; 64]).expect("64 bytes");
    let checkpoint = Checkpoint {
        space: [1; 32],
        membership_heads: vec![[2; 32], [3; 32]],
        logs: vec![LogPosition {
            log: [4; 32],
            operations: 5,
            root: [6; 32],
        }],
        live: vec![LiveVersion {
            version: [7; 16],
            log: [4; 32],
            sequence: 3,
        }],
    };
    let checkpoint = checkpoint
        .sign(&key, &mut UnwrapErr(SysRng))
        .expect("nothing stands twice")
        .encode();
    assert!(SignedCheckpoint::decode(&checkpoint).is_ok());
    seeds.insert(("head", "checkpoint".to_owned()), checkpoint);
    let anchor = Anchor {
        vault: [1; 16],
        generation: 2,
        sequence: 3,
        root: [4; 32],
    };
    seeds.insert(("head", "anchor".to_owned()), anchor.encode());
}
