//! A storage that lies, one way at a time: what it does is named, what is honest stays readable, and once it stops lying
//! everything is there.

use crate::{
    ProblemKind, Role, TakenIn,
    space::{
        campaign::assert_same,
        keys::Cheat,
        tests::{Person, Remote},
    },
    tests::asker,
};
use keystead_replica::{LogId, ObjectKind, RemoteName, Segment, SpaceEpoch, seal_head};

/// Ann, who writes; Ben, who reads; what was there when Ben looked last, and what is there now.
struct World {
    ann: Person,
    ben: Person,
    before: Remote,
    now: Remote,
}

fn world() -> World {
    let (mut ann, mut ben) = (Person::new("Ann"), Person::new("Ben"));
    ann.founds("team");
    ann.sets("dev", "KEY", "one");
    ann.invites(&mut ben, &[("shop", Role::Editor)]);
    let mut remote = Remote::new();
    ann.publishes(&mut remote);
    ann.sets("dev", "KEY", "two");
    ann.publishes(&mut remote);
    ben.syncs(&mut remote);
    ben.sets("dev", "BENS", "his");
    ben.syncs(&mut remote);
    ann.syncs(&mut remote);
    assert_eq!(ben.reads("dev", "KEY").expect("honest"), "two");
    let before = remote.clone();
    ann.sets("dev", "KEY", "three");
    ann.publishes(&mut remote);
    ann.sets("prod", "KEY", "four");
    ann.publishes(&mut remote);
    World {
        ann,
        ben,
        before,
        now: remote,
    }
}

fn log_of(person: &Person) -> LogId {
    let log = crate::log::Log::load(&person.vault.sql, person.space);
    log.expect("a log").name()
}

fn head_of(space: [u8; 32], log: LogId) -> RemoteName {
    RemoteName {
        space,
        kind: ObjectKind::Head(log),
    }
}

/// Segments of a log, by where they begin.
fn segments_of(remote: &Remote, log: LogId) -> Vec<(RemoteName, Vec<u8>)> {
    let mut found: Vec<_> = remote
        .iter()
        .filter(|(name, _)| matches!(name.kind, ObjectKind::Segment { log: of, .. } if of == log))
        .map(|(name, bytes)| (*name, bytes.clone()))
        .collect();
    found.sort_unstable_by_key(|(name, _)| match name.kind {
        ObjectKind::Segment { first, .. } => first,
        _ => 0,
    });
    found
}

/// What Ben finds in a remote that lies; then in an honest one.
fn attack(lie: impl FnOnce(&mut World, &mut Remote)) -> TakenIn {
    let mut world = world();
    let mut remote = world.now.clone();
    lie(&mut world, &mut remote);
    let found = world.ben.takes(&remote);
    assert_eq!(world.ben.reads("dev", "BENS").expect("his own"), "his");
    assert!(world.ben.reads("dev", "KEY").is_ok(), "what was here is");
    world.ben.verifies();
    let mut honest = world.now.clone();
    world.ben.syncs(&mut honest);
    world.ann.syncs(&mut honest);
    world.ben.syncs(&mut honest);
    assert_eq!(world.ben.reads("dev", "KEY").expect("healed"), "three");
    assert_same(&world.ann, &world.ben, "healed");
    world.ben.verifies();
    found
}

fn kinds(found: &TakenIn) -> Vec<ProblemKind> {
    found.problems.iter().map(|problem| problem.kind).collect()
}

/// Each check is worth its name only if honest objects pass it.
#[test]
fn an_honest_storage_has_no_problem() {
    let found = attack(|_, _| {});
    assert_eq!(found.problems, []);
    assert_eq!((found.operations, found.refused), (2, 0));
}

#[test]
fn what_is_kept_back_is_named() {
    let found = attack(|world, remote| {
        let (name, _) = segments_of(remote, log_of(&world.ann)).pop().expect("one");
        remote.remove(&name);
    });
    assert!(
        matches!(kinds(&found)[..], [ProblemKind::Withheld { .. }]),
        "{found:?}"
    );
    // A head that is kept back alone looks as if nothing had been written: nobody can tell (SECURITY.md).
    let found = attack(|world, remote| {
        let head = head_of(world.ann.space.0, log_of(&world.ann));
        let old = world.before[&head].clone();
        remote.insert(head, old);
    });
    assert_eq!((found.operations, kinds(&found)), (0, vec![]));
}

#[test]
fn an_older_state_is_named_once_a_newer_one_was_seen() {
    let mut world = world();
    world.ben.takes(&world.now);
    let found = world.ben.takes(&world.before);
    assert_eq!(kinds(&found), [ProblemKind::RolledBack]);
    assert_eq!(world.ben.reads("dev", "KEY").expect("kept"), "three");
    // The own log too: what was published is published again.
    world.ben.sets("dev", "BENS", "newer");
    let mut remote = world.now.clone();
    world.ben.publishes(&mut remote);
    let found = world.ben.takes(&world.before);
    assert!(
        kinds(&found).contains(&ProblemKind::RemoteBehind),
        "{found:?}"
    );
    let mut put_back = world.before.clone();
    world.ben.publishes(&mut put_back);
    world.ann.takes(&put_back);
    assert_eq!(world.ann.reads("dev", "BENS").expect("again"), "newer");
}

#[test]
fn objects_under_each_others_names_do_not_open() {
    let found = attack(|world, remote| {
        let segments = segments_of(remote, log_of(&world.ann));
        let [.., (one, a), (two, b)] = &segments[..] else {
            panic!("two segments");
        };
        remote.insert(*one, b.clone());
        remote.insert(*two, a.clone());
    });
    assert!(
        kinds(&found).contains(&ProblemKind::Transplanted),
        "{found:?}"
    );
    let found = attack(|world, remote| {
        let space = world.ann.space.0;
        let (ann, ben) = (
            head_of(space, log_of(&world.ann)),
            head_of(space, log_of(&world.ben)),
        );
        let (a, b) = (remote[&ann].clone(), remote[&ben].clone());
        remote.insert(ann, b);
        remote.insert(ben, a);
    });
    assert_eq!(found.operations, 0);
    let two = [ProblemKind::Transplanted; 2];
    assert_eq!(kinds(&found), two);
}

#[test]
fn what_is_cut_short_or_changed_is_named() {
    for cut in [1, 100] {
        let found = attack(|world, remote| {
            let (name, mut bytes) = segments_of(remote, log_of(&world.ann)).pop().expect("one");
            bytes.truncate(bytes.len() - cut);
            remote.insert(name, bytes);
        });
        assert!(kinds(&found).contains(&ProblemKind::Changed), "{found:?}");
    }
    let found = attack(|world, remote| {
        let head = head_of(world.ann.space.0, log_of(&world.ann));
        let bytes = remote.get_mut(&head).expect("there");
        let last = bytes.len() - 1;
        bytes[last] ^= 1;
    });
    assert!(kinds(&found).contains(&ProblemKind::Changed), "{found:?}");
}

#[test]
fn junk_and_doubles_change_nothing() {
    let found = attack(|_, remote| {
        let doubles: Vec<_> = remote.values().cloned().collect();
        for (at, bytes) in (0u8..).zip(doubles) {
            let kind = ObjectKind::Bytes([at; 32]);
            let space = remote.keys().next().expect("some").space;
            remote.insert(RemoteName { space, kind }, bytes);
        }
    });
    assert_eq!((found.operations, kinds(&found)), (2, vec![]));
}

#[test]
fn objects_of_another_space_are_nobodys() {
    let found = attack(|world, remote| {
        let mut other = Person::new("Eve");
        other.founds("elsewhere");
        other.sets("dev", "KEY", "theirs");
        let mut theirs = Remote::new();
        other.publishes(&mut theirs);
        for (name, bytes) in theirs {
            let moved = RemoteName {
                space: world.ann.space.0,
                ..name
            };
            remote.insert(moved, bytes);
        }
    });
    assert_eq!(found.operations, 2);
    assert!(
        found.unreadable > 0 && kinds(&found).is_empty(),
        "{found:?}"
    );
}

/// A member who helps the storage: they hold the space's key, and still can't speak for somebody else.
#[test]
fn whoever_holds_the_spaces_key_speaks_for_nobody_else() {
    let reseal = |person: &Person, log: LogId, signed: &[u8]| {
        let (sql, keys, space) = (&person.vault.sql, &person.vault.keys, person.space);
        let epoch = crate::space::sealing_epoch(sql, space, keystead_crypto::EpochScope::Space)
            .expect("asked")
            .expect("one");
        let key = keys.space_key(sql, epoch).expect("held");
        let under = SpaceEpoch { epoch, key: &key };
        let rng = &mut crate::keyring::system_random();
        seal_head(space.0, log, under, signed, rng)
    };
    // A head of Ann's log that Ben signs, and one with half a signature.
    let signed_by_ann = |world: &World| {
        let log = crate::log::Log::load(&world.ann.vault.sql, world.ann.space).expect("hers");
        let bytes = log.signed_head(&world.ann.vault.sql).expect("asked");
        bytes.expect("signed")
    };
    for forge in [0, 1, 2] {
        let found = attack(|world, remote| {
            let log = log_of(&world.ann);
            let signed = signed_by_ann(world);
            let head = *keystead_crypto::SignedHead::decode(&signed)
                .expect("hers")
                .unverified();
            let rng = &mut crate::keyring::system_random();
            let forged = match forge {
                0 => head
                    .sign(&world.ben.vault.keys.device.signing, rng)
                    .encode(),
                half => {
                    // The composite is Ed25519's 64 bytes behind ML-DSA's.
                    let mut bytes = signed;
                    let end = bytes.len();
                    match half {
                        1 => bytes[end - 64..].fill(0),
                        _ => bytes[end - 3_373..end - 64].fill(0),
                    }
                    bytes
                }
            };
            let object = reseal(&world.ben, log, &forged);
            remote.insert(head_of(world.ann.space.0, log), object);
        });
        assert_eq!(kinds(&found), [ProblemKind::Forged], "{forge}");
    }
    // Operations of her log in another order, under her own head.
    let found = attack(|world, remote| {
        let log = log_of(&world.ann);
        let segments = segments_of(remote, log);
        let (sql, keys, space) = (&world.ben.vault.sql, &world.ben.vault.keys, world.ann.space);
        let epoch = crate::space::sealing_epoch(sql, space, keystead_crypto::EpochScope::Space)
            .expect("asked")
            .expect("one");
        let key = keys.space_key(sql, epoch).expect("held");
        let under = SpaceEpoch { epoch, key: &key };
        let [.., (one, a), (two, b)] = &segments[..] else {
            panic!("two segments");
        };
        let open = |name: &RemoteName, bytes: &[u8]| match name.kind {
            ObjectKind::Segment { first, end, .. } => {
                Segment::open(space.0, log, (first, end), under, bytes).expect("opens")
            }
            _ => panic!("a segment"),
        };
        let (mut first, mut second) = (open(one, a), open(two, b));
        std::mem::swap(&mut first.entries, &mut second.entries);
        for (old, segment) in [(one, first), (two, second)] {
            remote.remove(old);
            let rng = &mut crate::keyring::system_random();
            let (name, bytes) = segment.seal(space.0, log, under, rng);
            remote.insert(name, bytes);
        }
    });
    assert_eq!(kinds(&found), [ProblemKind::Changed]);
    // A block of hers with another value.
    let found = attack(|world, remote| {
        let log = log_of(&world.ann);
        let (name, bytes) = segments_of(remote, log).pop().expect("one");
        let (sql, keys, space) = (&world.ben.vault.sql, &world.ben.vault.keys, world.ann.space);
        let epoch = crate::space::sealing_epoch(sql, space, keystead_crypto::EpochScope::Space)
            .expect("asked")
            .expect("one");
        let key = keys.space_key(sql, epoch).expect("held");
        let under = SpaceEpoch { epoch, key: &key };
        let ObjectKind::Segment { first, end, .. } = name.kind else {
            panic!("a segment");
        };
        let mut segment = Segment::open(space.0, log, (first, end), under, &bytes).expect("opens");
        let block = segment.entries[0].block.as_mut().expect("there");
        let last = block.len() - 1;
        block[last] ^= 1;
        remote.remove(&name);
        let rng = &mut crate::keyring::system_random();
        let (name, bytes) = segment.seal(space.0, log, under, rng);
        remote.insert(name, bytes);
    });
    assert_eq!(kinds(&found), [ProblemKind::Changed]);
}

/// Two histories of one log, shown to two people.
#[test]
fn a_log_that_goes_on_in_two_ways_is_named() {
    let mut world = world();
    world.ben.takes(&world.now);
    // Ann's key signs another history of the log that Ben has.
    let log = log_of(&world.ann);
    let name = head_of(world.ann.space.0, log);
    let kept = crate::log::Log::of_space(&world.ben.vault.sql, world.ben.space).expect("logs");
    let hers = kept.iter().find(|kept| kept.name() == log).expect("hers");
    let mut head = *keystead_crypto::SignedHead::decode(
        &hers
            .signed_head(&world.ben.vault.sql)
            .expect("asked")
            .expect("kept"),
    )
    .expect("a head")
    .unverified();
    head.operation_root = [7; 32];
    let rng = &mut crate::keyring::system_random();
    let signed = head
        .sign(&world.ann.vault.keys.device.signing, rng)
        .encode();
    let (sql, keys) = (&world.ann.vault.sql, &world.ann.vault.keys);
    let epoch =
        crate::space::sealing_epoch(sql, world.ann.space, keystead_crypto::EpochScope::Space)
            .expect("asked")
            .expect("one");
    let key = keys.space_key(sql, epoch).expect("held");
    let under = SpaceEpoch { epoch, key: &key };
    let mut remote = world.now.clone();
    remote.insert(name, seal_head(name.space, log, under, &signed, rng));
    let found = world.ben.takes(&remote);
    assert_eq!(kinds(&found), [ProblemKind::Forked]);
    assert_eq!(world.ben.reads("dev", "KEY").expect("kept"), "three");
}

/// Two members, two keys under the name of one epoch: the name commits to the key. Or one of them gets none.
#[test]
fn two_keys_under_one_name_are_told() {
    let (mut ann, mut ben) = (Person::new("Ann"), Person::new("Ben"));
    ann.founds("team");
    ann.sets("dev", "KEY", "one");
    ann.invites(&mut ben, &[("space", Role::Owner)]);
    let mut remote = Remote::new();
    ann.publishes(&mut remote);
    ben.syncs(&mut remote);
    ann.syncs(&mut remote);
    for cheat in [Cheat::Not, Cheat::AnotherKey, Cheat::NoKey] {
        let project = ben.vault.project("shop").expect("there");
        let dev = project.environment("dev").expect("there").id;
        let scope = crate::membership::of_environment(project.id, dev);
        let opened = ben
            .vault
            .transact(&asker(), |t| t.open_as_a_cheat(scope, cheat));
        opened.expect("said");
        ben.publishes(&mut remote);
        let found = ann.takes(&remote);
        match cheat {
            Cheat::Not => assert_eq!(kinds(&found), []),
            Cheat::AnotherKey => assert_eq!(kinds(&found), [ProblemKind::WrongKeyForEpoch]),
            // The other one still lies there.
            Cheat::NoKey => assert_eq!(kinds(&found), [ProblemKind::WrongKeyForEpoch; 2]),
        }
        assert_eq!(ann.reads("dev", "KEY").expect("as before"), "one");
    }
}

/// Every bit of what is still to come: nothing that was changed is taken in, and it is told.
#[test]
fn no_bit_of_a_space_can_change() {
    let flips = crate::crash_campaign::number("KEYSTEAD_FLIPS", 300);
    let seed = crate::crash_campaign::number(
        "KEYSTEAD_FLIPS_SEED",
        u64::from_be_bytes(crate::create::random()),
    );
    println!("{flips} flips of seed {seed}");
    let mut dice = crate::crash_campaign::Dice(seed);
    let mut world = world();
    let log = log_of(&world.ann);
    let head = head_of(world.ann.space.0, log);
    let last = segments_of(&world.now, log).pop().expect("one");
    let targets = [(head, world.now[&head].clone()), last];
    for _ in 0..flips {
        let (name, mut bytes) = targets[usize::from(dice.below(2) == 1)].clone();
        let bit = usize::try_from(dice.below(bytes.len() as u64 * 8)).expect("small");
        bytes[bit / 8] ^= 1 << (bit % 8);
        let mut remote = world.now.clone();
        remote.insert(name, bytes);
        let found = world.ben.takes(&remote);
        assert!(
            !found.problems.is_empty() || found.unreadable > 0,
            "{name:?} bit {bit}: {found:?}"
        );
        assert_eq!(world.ben.reads("dev", "BENS").expect("his own"), "his");
    }
    world.ben.takes(&world.now.clone());
    assert_eq!(world.ben.reads("dev", "KEY").expect("healed"), "three");
    world.ben.verifies();
}

/// A device that shows two people two histories of its log: they name it, and go on with each other.
#[test]
fn two_who_were_shown_different_things_go_on_with_each_other() {
    let [mut ann, mut ben, mut mo] = ["Ann", "Ben", "Mo"].map(Person::new);
    let mut remote = Remote::new();
    ann.founds("team");
    ann.invites(&mut ben, &[("space", Role::Editor)]);
    ann.invites(&mut mo, &[("space", Role::Editor)]);
    for person in [&mut ann, &mut ben, &mut mo] {
        person.syncs(&mut remote);
    }
    let mut other = mo.copied();
    mo.sets("dev", "MOS", "for Ann");
    let values = [(crate::SecretName::parse("MOS").expect("a name"), "for Ben")];
    other
        .put_values(
            &asker(),
            "shop",
            "dev",
            &values,
            crate::Origin::Set,
            "",
            false,
        )
        .expect("set");
    let mut for_ben = remote.clone();
    mo.publishes(&mut remote);
    for_ben.extend(other.outgoing(&asker(), mo.space).expect("ready").objects);
    assert_eq!(ann.takes(&remote).problems, []);
    assert_eq!(ben.takes(&for_ben).problems, []);
    ann.sets("dev", "ANNS", "hers");
    ben.sets("dev", "BENS", "his");
    ann.publishes(&mut remote);
    ben.publishes(&mut remote);
    let by_mo = log_of(&mo);
    for (person, name, value) in [(&mut ann, "BENS", "his"), (&mut ben, "ANNS", "hers")] {
        let found = person.takes(&remote);
        let kinds = kinds(&found);
        assert!(kinds.contains(&ProblemKind::SawAnother(by_mo)), "{kinds:?}");
        assert_eq!(person.reads("dev", name).expect("read"), value);
        person.verifies();
    }
    // Whoever knows publishes nothing more of a log that has another history elsewhere.
    let found = mo.takes(&for_ben);
    assert!(mo.vault.is_behind_itself(&found), "{found:?}");
    // Once it is removed nobody is told of it any more, and nobody waits for what it kept back.
    let identity = mo.vault.facts.identity;
    ann.vault
        .remove_member(&asker(), &identity)
        .expect("removed");
    ann.sets("dev", "KEY", "on");
    ann.publishes(&mut remote);
    let head = head_of(mo.space.0, by_mo);
    remote.remove(&head);
    let mut cleo = Person::new("Cleo");
    ann.invites(&mut cleo, &[("space", Role::Reader)]);
    ann.publishes(&mut remote);
    ben.takes(&remote);
    cleo.takes(&remote);
    for person in [&mut ben, &mut cleo] {
        for (name, value) in [("KEY", "on"), ("ANNS", "hers"), ("BENS", "his")] {
            assert_eq!(person.reads("dev", name).expect(name), value);
        }
    }
}

/// Bytes that are too large for a segment come by themselves, and late where a folder brings them late.
#[test]
fn large_files_come_by_themselves() {
    let (mut ann, mut ben) = (Person::new("Ann"), Person::new("Ben"));
    let mut remote = Remote::new();
    ann.founds("team");
    ann.sets("dev", "KEY", "one");
    ann.invites(&mut ben, &[("shop", Role::Reader)]);
    let bytes = vec![7; 400 * 1024];
    let name = crate::FileName::parse("model.bin").expect("a name");
    ann.vault
        .attach(&asker(), ("shop", "dev", "KEY"), &name, &bytes)
        .expect("attached");
    ann.publishes(&mut remote);
    let (large, rest): (Remote, Remote) = remote
        .into_iter()
        .partition(|(name, _)| matches!(name.kind, ObjectKind::Bytes(_)));
    assert_eq!(large.len(), 1);
    ben.takes(&rest);
    let wanted = ben.vault.wanted_bytes(ben.space).expect("listed");
    assert_eq!(wanted, large.keys().copied().collect::<Vec<_>>());
    let place = ("shop", "dev", "KEY");
    let read = |ben: &mut Person| {
        ben.vault
            .read_attachment(&asker(), place, "model.bin", "")
            .map(|read| read.to_vec())
    };
    assert!(read(&mut ben).is_err(), "it is not there yet");
    ben.takes(&large);
    assert_eq!(read(&mut ben).expect("there"), bytes);
    assert_eq!(ben.vault.wanted_bytes(ben.space).expect("listed"), []);
    ben.verifies();
}
