//! An editor of one environment with a client that writes whatever it likes: nothing of it stops anybody, and nothing of it
//! reaches further than the editor may.

use crate::{
    Role,
    change::{Change, Origin, Stages},
    field::{CredentialField, EnvironmentField},
    id::{AttachmentId, CredentialId, EnvironmentId, ProjectId, SecretId, VersionId},
    kind::Kind,
    part::{Part, PartOf},
    reference::Target,
    space::tests::{Person, Remote},
    tests::asker,
};

/// Ann, who owns the space; Eve, who may write in dev; and Ben, who reads all of it.
struct World {
    ann: Person,
    ben: Person,
    eve: Person,
    remote: Remote,
}

fn world() -> World {
    let [mut ann, mut ben, mut eve] = ["Ann", "Ben", "Eve"].map(Person::new);
    let mut remote = Remote::new();
    ann.founds("team");
    ann.sets("dev", "KEY", "one");
    ann.sets("prod", "DB", "secret");
    ann.invites(&mut ben, &[("shop", Role::Editor)]);
    ann.invites(&mut eve, &[("shop/dev", Role::Editor)]);
    for person in [&mut ann, &mut ben, &mut eve] {
        person.syncs(&mut remote);
    }
    ann.syncs(&mut remote);
    World {
        ann,
        ben,
        eve,
        remote,
    }
}

/// What Eve knows, to make something wrong of.
struct Known {
    project: ProjectId,
    dev: EnvironmentId,
    prod: EnvironmentId,
    key: SecretId,
    db: SecretId,
    version: VersionId,
    epoch: [u8; 32],
}

fn known(person: &Person) -> Known {
    let project = person.vault.project("shop").expect("there");
    let dev = project.environment("dev").expect("there").id;
    let prod = project.environment("prod").expect("there").id;
    let secret = |name: &str| {
        let query = "SELECT id FROM secrets WHERE project = ?1 AND name = ?2";
        let found = person
            .vault
            .sql
            .query_row(query, (project.id, name), |row| row.get(0));
        found.expect("there")
    };
    let scope = crate::membership::of_environment(project.id, dev).of_keys();
    let epoch = crate::space::sealing_epoch(&person.vault.sql, person.space, scope);
    let key = secret("KEY");
    let version = person.vault.sql.query_row(
        "SELECT id FROM versions WHERE secret = ?1 AND environment = ?2",
        (key, dev),
        |row| row.get(0),
    );
    Known {
        project: project.id,
        dev,
        prod,
        key,
        db: secret("DB"),
        version: version.expect("there"),
        epoch: epoch.expect("looked up").expect("one"),
    }
}

fn put(known: &Known, id: [u8; 16], number: u32) -> Change {
    Change::PutVersion {
        id: VersionId(id),
        secret: known.key,
        environment: known.dev,
        number,
        ciphertext: [7; 32],
        commitment: [8; 32],
        epoch: known.epoch,
        origin: Origin::Set,
    }
}

type Changes = dyn Fn(&[[u8; 16]], &Known) -> Vec<Change>;

/// An operation that Eve writes, of these changes; the first of them may make something of these ids, each of its own.
fn writes(world: &mut World, changes: &Changes) {
    let known = known(&world.eve);
    // Her program asks nobody.
    world.eve.vault.facts.shared = false;
    let written = world.eve.vault.transact(&asker(), |t| {
        let ids = t.ids_ahead::<4>();
        changes(&ids, &known)
            .into_iter()
            .for_each(|change| t.cheat(change));
        Ok::<_, crate::VaultError>(())
    });
    written.expect("written");
    world.eve.vault.facts.shared = true;
    let outgoing = world.eve.vault.outgoing(&asker(), world.eve.space);
    world.remote.extend(outgoing.expect("sealed").objects);
}

/// Everybody goes on, and comes to the same.
fn everybody_goes_on(world: &mut World, what: &str) {
    let World {
        ann, ben, remote, ..
    } = world;
    for (person, other, value) in [(0, 1, "first"), (1, 0, "second")] {
        let people = [&mut *ann, &mut *ben];
        people[person].syncs(remote);
        people[person].sets("dev", "KEY", value);
        people[person].syncs(remote);
        let taken = people[other].syncs(remote);
        assert_eq!(taken.problems, [], "{what}");
        assert_eq!(people[other].reads("dev", "KEY").expect(what), value);
    }
    ann.syncs(remote);
    ben.syncs(remote);
    ann.verifies();
    ben.verifies();
    crate::space::campaign::assert_same(ann, ben, what);
}

#[test]
fn nothing_that_an_editor_writes_stops_the_others() {
    let cases: [(&str, &Changes); 9] = [
        (
            "what a version refers to, said of an old one, and twice",
            &|_, known| {
                let target = |at| Target {
                    at,
                    secret: known.key,
                    environment: known.dev,
                };
                let version = known.version;
                let targets = vec![target(0)];
                let refer = Change::Refer { version, targets };
                vec![refer.clone(), refer]
            },
        ),
        ("what a version refers to, twice", &|ids, known| {
            let target = Target {
                at: 0,
                secret: known.key,
                environment: known.dev,
            };
            let targets = vec![target];
            let version = VersionId(ids[0]);
            let refer = Change::Refer { version, targets };
            vec![put(known, ids[0], 2), refer.clone(), refer]
        }),
        ("a name that is another one's shown", &|ids, known| {
            let hex: String = ids[1].iter().map(|byte| format!("{byte:02x}")).collect();
            let secret = |id, name: &str| Change::CreateSecret {
                id: SecretId(id),
                project: known.project,
                name: name.to_owned(),
                kind: Kind::Plain,
            };
            vec![secret(ids[0], &format!("KEY/{hex}")), secret(ids[1], "KEY")]
        }),
        ("parts that nobody can name", &|ids, known| {
            let (secret, credential) = (SecretId(ids[0]), CredentialId(ids[1]));
            let part = Part {
                secret,
                of: PartOf::Whole,
            };
            vec![
                Change::CreateSecret {
                    id: secret,
                    project: known.project,
                    name: "no/name".to_owned(),
                    kind: Kind::Plain,
                },
                Change::CreateCredential {
                    id: credential,
                    project: known.project,
                    name: "login".to_owned(),
                },
                Change::SetCredential {
                    credential,
                    field: CredentialField::Parts(vec![part]),
                },
            ]
        }),
        ("an environment that is not hers to make", &|ids, known| {
            let id = EnvironmentId(ids[0]);
            vec![
                Change::CreateEnvironment {
                    id,
                    project: known.project,
                    name: "no/name".to_owned(),
                    position: 9,
                },
                Change::SetEnvironment {
                    environment: known.dev,
                    field: EnvironmentField::Inherits(Some(id)),
                },
            ]
        }),
        ("the last number", &|ids, known| {
            vec![put(known, ids[0], u32::MAX)]
        }),
        ("a great number", &|ids, known| {
            vec![put(known, ids[0], 1 << 30)]
        }),
        ("values that go", &|_, known| {
            vec![Change::Prune {
                versions: vec![known.version],
                attachments: vec![AttachmentId([3; 16])],
            }]
        }),
        ("stages of nothing", &|_, known| {
            let stages = Stages {
                current: Some(VersionId([9; 16])),
                ..Stages::default()
            };
            vec![Change::Promote {
                secret: known.key,
                environment: known.dev,
                stages,
            }]
        }),
    ];
    for (what, changes) in cases {
        let mut world = world();
        writes(&mut world, changes);
        everybody_goes_on(&mut world, what);
    }
}

/// A value that refers to one that its author may not read would bring it out to whoever may.
#[test]
fn a_reference_reaches_no_further_than_its_author() {
    let mut world = world();
    writes(&mut world, &|ids, known| {
        let version = VersionId(ids[0]);
        let target = Target {
            at: 0,
            secret: known.db,
            environment: known.prod,
        };
        vec![
            put(known, ids[0], 2),
            Change::Refer {
                version,
                targets: vec![target],
            },
        ]
    });
    let taken = world.ann.takes(&world.remote);
    assert_eq!(taken.refused, 1, "{taken:?}");
    // Nor by inheriting.
    writes(&mut world, &|_, known| {
        vec![Change::SetEnvironment {
            environment: known.dev,
            field: EnvironmentField::Inherits(Some(known.prod)),
        }]
    });
    let taken = world.ann.takes(&world.remote);
    assert_eq!(taken.refused, 1, "{taken:?}");
    assert_eq!(world.ann.reads("dev", "KEY").expect("as before"), "one");
}

/// Whoever may write may seal anew, and does not have to seal what was there.
#[test]
fn junk_in_the_place_of_a_value_hides_nothing() {
    let mut world = world();
    writes(&mut world, &|_, known| {
        vec![Change::SealAnew {
            what: crate::change::Sealed::Version(known.version),
            ciphertext: [9; 32],
            epoch: known.epoch,
        }]
    });
    for person in [&mut world.ann, &mut world.ben] {
        let taken = person.takes(&world.remote);
        assert_eq!((taken.operations, taken.refused), (1, 0));
        assert_eq!(person.reads("dev", "KEY").expect("as it was"), "one");
        person.verifies();
    }
    // Her segments become one meanwhile, and who comes then finds the value in it all the same.
    let segments = world.remote.len();
    for at in 0..20 {
        world.ann.sets("dev", "OTHER", &at.to_string());
        world.ann.publishes(&mut world.remote);
    }
    assert!(world.remote.len() < segments + 20, "some were put together");
    let mut dan = Person::new("Dan");
    world.ann.invites(&mut dan, &[("space", Role::Reader)]);
    world.ann.publishes(&mut world.remote);
    assert_eq!(dan.takes(&world.remote).problems, []);
    assert_eq!(dan.reads("dev", "KEY").expect("as it was"), "one");
    everybody_goes_on(&mut world, "junk");
}
