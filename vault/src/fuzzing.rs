//! The parsers that meet other people's bytes, for `fuzz/`, and bytes for them to begin with. Compiled there and nowhere
//! else.

use crate::asker::Process;
use crate::change::{Change, Origin, Stages};
use crate::event::{Action, Event, Outcome};
use crate::header;
use crate::id::{DeviceId, EnvironmentId, Incarnation, LinkId, ProjectId, SecretId, VersionId};
use crate::kind::Kind;
use keystead_crypto::{HEADER_MAC_SIZE, KdfParams, Reader, Writer};

/// Reads a header and writes it again; `None` if it is refused. The MAC's bytes are taken over, as it can only be
/// checked with the root key.
pub fn header(bytes: &[u8]) -> Option<Vec<u8>> {
    let header = header::Header::decode(bytes).ok()?;
    let body = bytes.len() - HEADER_MAC_SIZE;
    Some([&header.body()[..], &bytes[body..]].concat())
}

/// Reads a change with the names that it says and writes it again; `None` if it is refused.
pub fn change(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut reader = Reader::new(bytes);
    let change = Change::decode(&mut reader).ok()?;
    reader.finish().ok()?;
    Some(encoded(&change))
}

fn encoded(change: &Change) -> Vec<u8> {
    let mut writer = Writer::new();
    change.encode(&mut writer);
    writer.finish()
}

/// Reads an event and writes it again; `None` if it is refused.
pub fn event(bytes: &[u8]) -> Option<Vec<u8>> {
    Some(Event::decode(bytes).ok()?.encode())
}

/// A header with a slot of each kind, in the midst of a change of the root key. Put together by hand, as making one
/// properly derives a key first.
pub fn header_seed() -> Vec<u8> {
    let costs = KdfParams::FLOOR;
    let mut writer = Writer::versioned();
    writer
        .fixed(&[1; 16])
        .u64(1)
        .count(3)
        .fixed(&[2; 16])
        .u8(1)
        .i64(6)
        .u32(costs.memory_kib())
        .u32(costs.passes())
        .u32(costs.lanes())
        .u8(1)
        .u8(0)
        .fixed(&[3; 32])
        .bytes(&[4; 114]);
    for kind in [2, 3] {
        writer.fixed(&[kind; 16]).u8(kind).i64(-6).bytes(&[4; 114]);
    }
    writer
        .option(Some(&[7; 114]), |w, envelope| {
            w.bytes(envelope);
        })
        .fixed(&[5; HEADER_MAC_SIZE]);
    [&b"KEYSTEAD"[..], &writer.finish()].concat()
}

/// A change of each kind.
pub fn change_seeds() -> Vec<Vec<u8>> {
    let changes = vec![
        Change::Genesis {
            statement: vec![1; 40],
            signature: vec![2; 40],
            name: "team".to_owned(),
        },
        Change::Say {
            statement: vec![3; 40],
            signature: vec![4; 40],
        },
        Change::CreateProject {
            id: ProjectId([5; 16]),
            name: "shop".to_owned(),
        },
        Change::CreateEnvironment {
            id: EnvironmentId([6; 16]),
            project: ProjectId([5; 16]),
            name: "staging".to_owned(),
            position: 1,
        },
        Change::CreateSecret {
            id: SecretId([7; 16]),
            project: ProjectId([5; 16]),
            name: "DATABASE_URL".to_owned(),
            kind: Kind::DatabaseUrl,
        },
        Change::PutVersion {
            id: VersionId([8; 16]),
            secret: SecretId([7; 16]),
            environment: EnvironmentId([6; 16]),
            number: 2,
            ciphertext: [9; 32],
            commitment: [10; 32],
            epoch: [11; 32],
            origin: Origin::Rotated,
        },
        Change::Promote {
            secret: SecretId([7; 16]),
            environment: EnvironmentId([6; 16]),
            stages: Stages {
                pending: None,
                current: Some(VersionId([8; 16])),
                previous: Some(VersionId([12; 16])),
            },
        },
        Change::CreateLink {
            id: LinkId([13; 16]),
            project: ProjectId([5; 16]),
            environment: EnvironmentId([6; 16]),
            folder: "/srv/shop".to_owned(),
            file: ".env".to_owned(),
            dialect: "dotenv".to_owned(),
        },
        Change::PinCard { card: vec![31; 40] },
        Change::Vouch {
            identity: [32; 32],
            verified: true,
        },
        Change::ForgetCard { identity: [33; 32] },
        Change::RemoveLink {
            id: LinkId([13; 16]),
        },
        Change::BeginIncarnation {
            follows: Incarnation([14; 16]),
            operations: 3,
            operation_root: [15; 32],
            events: 4,
            event_root: [16; 32],
        },
    ];
    changes.iter().map(encoded).collect()
}

/// An event with every field.
pub fn event_seed() -> Vec<u8> {
    let event = Event {
        sequence: 7,
        at: 8,
        actor: [1; 32],
        device: DeviceId([2; 16]),
        action: Action::ValueRotated,
        outcome: Outcome::Ok,
        project: Some(ProjectId([3; 16])),
        environment: Some(EnvironmentId([4; 16])),
        secret: Some(SecretId([5; 16])),
        versions: vec![VersionId([6; 16]), VersionId([7; 16])],
        previous: Some(VersionId([8; 16])),
        detail: "2 values".to_owned(),
        purpose: "deploy".to_owned(),
        process: Process {
            pid: 1,
            program: "/bin/sh".to_owned(),
            parent_pid: 2,
            parent: "/sbin/init".to_owned(),
            directory: "/srv".to_owned(),
            user: "mara".to_owned(),
        },
    };
    event.encode()
}
