//! Somebody who has the space's key helps the storage: what they put into others' objects makes nobody a member, puts no
//! card in another one's place, and brings nothing down to an older suite. Each is named.

use crate::{
    ProblemKind, Role,
    space::tests::{Person, Remote},
};
use keystead_crypto::{Card, DisplayName, EpochScope, IdentityKeys, Reader};
use keystead_membership::{Act, MemberId, Scope, Statement};
use keystead_replica::{Block, LogId, ObjectKind, Parcel, RemoteName, Segment, SpaceEpoch};

/// Ann, who invites; Ben, who reads along; what was there before Cleo was invited, and what is there now.
struct World {
    ann: Person,
    ben: Person,
    cleo: Person,
    now: Remote,
}

fn world() -> World {
    let (mut ann, mut ben) = (Person::new("Ann"), Person::new("Ben"));
    let mut cleo = Person::new("Cleo");
    let mut remote = Remote::new();
    ann.founds("team");
    ann.sets("dev", "KEY", "one");
    ann.invites(&mut ben, &[("space", Role::Editor)]);
    ann.syncs(&mut remote);
    assert_eq!(ben.syncs(&mut remote).problems, []);
    ann.invites(&mut cleo, &[("shop", Role::Reader)]);
    ann.publishes(&mut remote);
    World {
        ann,
        ben,
        cleo,
        now: remote,
    }
}

/// Opens and seals objects of the space, as each of its members can.
struct Insider<'w> {
    person: &'w Person,
}

impl Insider<'_> {
    fn with_key<T>(&self, work: impl FnOnce(SpaceEpoch<'_>) -> T) -> T {
        let (sql, space) = (&self.person.vault.sql, self.person.space);
        let epoch = crate::space::sealing_epoch(sql, space, EpochScope::Space);
        let epoch = epoch.expect("asked").expect("one");
        let key = self.person.vault.keys.space_key(sql, epoch).expect("held");
        work(SpaceEpoch { epoch, key: &key })
    }

    /// Changes the newest segment of a log.
    fn changes(&self, remote: &mut Remote, log: LogId, change: impl Fn(&mut Segment)) {
        let newest = remote.keys().filter_map(|name| match name.kind {
            ObjectKind::Segment {
                log: of,
                first,
                end,
                ..
            } if of == log => Some((first, end, *name)),
            _ => None,
        });
        let (first, end, name) = newest.max_by_key(|(first, ..)| *first).expect("one");
        let bytes = remote.remove(&name).expect("there");
        let space = self.person.space.0;
        let (name, bytes) = self.with_key(|under| {
            let opened = Segment::open(space, log, (first, end), under, &bytes);
            let mut segment = opened.expect("opens");
            change(&mut segment);
            segment.seal(space, log, under, &mut crate::keyring::system_random())
        });
        remote.insert(name, bytes);
    }
}

/// Rewrites each statement of the segment's blocks; what it names is as it was signed.
fn rewrites(segment: &mut Segment, rewrite: &dyn Fn(Act) -> Option<Act>) {
    for entry in &mut segment.entries {
        let Some(block) = &mut entry.block else {
            continue;
        };
        let mut decoded = Block::decode(block).expect("a block");
        for change in &mut decoded.changes {
            let said =
                crate::change::Change::decode_with(&mut Reader::new(change), &mut |_| Ok(None));
            let Ok((
                crate::change::Change::Say {
                    statement,
                    signature,
                },
                _,
            )) = said
            else {
                continue;
            };
            let mut read = Statement::decode(&statement).expect("a statement");
            let Some(act) = rewrite(read.act.clone()) else {
                continue;
            };
            read.act = act;
            let mut writer = keystead_crypto::Writer::new();
            let statement = read.encode();
            crate::change::Change::Say {
                statement,
                signature,
            }
            .encode_open(&mut writer);
            *change = writer.finish();
        }
        *block = decoded.encode();
    }
}

fn log_of(person: &Person) -> LogId {
    let log = crate::log::Log::load(&person.vault.sql, person.space);
    log.expect("a log").name()
}

fn eves_card() -> (Vec<u8>, [u8; 32]) {
    let rng = &mut crate::keyring::system_random();
    let eve = IdentityKeys::generate(rng);
    let card = Card::issue(1, &DisplayName::parse("Cleo").expect("a name"), &eve, rng);
    let fingerprint = Card::parse(&card).expect("a card").fingerprint();
    (card, fingerprint)
}

/// Ben sees what is wrong by its name, has what he had, and takes in the rest once the storage is honest.
fn shown(
    world: &mut World,
    lie: impl FnOnce(&Insider<'_>, &mut Remote, LogId),
) -> Vec<ProblemKind> {
    let mut remote = world.now.clone();
    let log = log_of(&world.ann);
    let insider = Insider {
        person: &world.cleo,
    };
    lie(&insider, &mut remote, log);
    let found = world.ben.takes(&remote);
    assert_eq!(world.ben.reads("dev", "KEY").expect("his"), "one");
    found.problems.iter().map(|problem| problem.kind).collect()
}

fn members(person: &Person) -> Vec<[u8; 32]> {
    let members = person.vault.members().expect("listed");
    members.iter().map(|member| member.identity).collect()
}

fn honest(mut world: World) {
    assert_eq!(world.ben.takes(&world.now).problems, []);
    assert_eq!(members(&world.ben).len(), 3);
    world.ben.verifies();
}

/// Cleo has the space's key by now.
fn insider() -> World {
    let mut world = world();
    assert_eq!(world.cleo.takes(&world.now).problems, []);
    world
}

#[test]
fn no_card_takes_the_place_of_another() {
    let mut world = insider();
    let (card, eve) = eves_card();
    // Eve's whole card, under the name that the other one had.
    let found = shown(&mut world, |insider, remote, log| {
        insider.changes(remote, log, |segment| {
            rewrites(segment, &|act| match act {
                Act::AddMember { .. } => Some(Act::AddMember { card: card.clone() }),
                _ => None,
            });
        });
    });
    assert!(found.contains(&ProblemKind::StatementForged), "{found:?}");
    // What Ann did with the card that she meant waits for it.
    let waits = |kind: &ProblemKind| matches!(kind, ProblemKind::Waits { .. });
    assert!(found.iter().any(waits), "{found:?}");
    assert!(!members(&world.ben).contains(&eve));
    // Cleo's card with another name in it.
    let found = shown(&mut world, |insider, remote, log| {
        insider.changes(remote, log, |segment| {
            rewrites(segment, &|act| match act {
                Act::AddMember { mut card } => {
                    let middle = card.len() / 2;
                    card[middle] ^= 1;
                    Some(Act::AddMember { card })
                }
                _ => None,
            });
        });
    });
    assert!(
        found.contains(&ProblemKind::CardForged) || found.contains(&ProblemKind::StatementForged),
        "{found:?}"
    );
    honest(world);
}

#[test]
fn nobody_becomes_a_member_by_the_storage() {
    let mut world = insider();
    let (card, eve) = eves_card();
    let sign = |world: &World, act: Act| {
        let statement = Statement {
            space: keystead_membership::SpaceId(world.ann.space.0),
            parents: [keystead_membership::StatementId(world.ann.space.0)].into(),
            author: keystead_membership::DeviceId(world.ann.vault.facts.device.0),
            at: 0,
            act,
        };
        let rng = &mut crate::keyring::system_random();
        statement.sign(&world.cleo.vault.keys.device.signing, rng)
    };
    // In Ann's name, signed by somebody else: in a parcel that Ben can open, as the storage may put anything anywhere.
    let said = sign(&world, Act::AddMember { card });
    let member = MemberId(world.cleo.vault.facts.identity);
    let gives = sign(
        &world,
        Act::Grant {
            member,
            scope: Scope::Space,
            role: keystead_membership::Role::Owner,
            expires: None,
        },
    );
    let ben = (
        world.ben.vault.facts.device.0,
        world.ben.vault.keys.device.kem.public_key(),
    );
    for (statement, signature) in [said, gives] {
        let found = shown(&mut world, |insider, remote, log| {
            let rng = &mut crate::keyring::system_random();
            let parcel_key = keystead_crypto::ParcelKey::generate(rng);
            let parcel = [7; 16];
            let context = keystead_replica::wrap_context(&insider.person.space.0, &parcel, &ben.0);
            let payload = keystead_replica::Payload::encode(&parcel_key, &[]);
            let wrap = keystead_crypto::wrap_keys(&ben.1, &context, &payload, rng).expect("a key");
            let sealed = Parcel::seal(
                insider.person.space.0,
                parcel,
                &parcel_key,
                (&statement, &signature),
                [(ben.0, wrap)],
                rng,
            );
            let name = RemoteName {
                space: insider.person.space.0,
                kind: ObjectKind::Parcel {
                    log,
                    sequence: 0,
                    nth: 9,
                },
            };
            remote.insert(name, sealed.encode());
        });
        assert_eq!(found, [ProblemKind::StatementForged]);
        assert!(!members(&world.ben).contains(&eve));
    }
    let role = world.ben.vault.members().expect("listed");
    let role = role
        .iter()
        .find(|one| one.identity == member.0)
        .expect("in");
    assert!(
        role.roles
            .iter()
            .all(|(_, role, _)| *role != Some(Role::Owner))
    );
    honest(world);
}

#[test]
fn an_older_suite_or_schema_opens_nothing() {
    let mut world = insider();
    let objects: Vec<RemoteName> = world.now.keys().copied().collect();
    // Behind its hint an envelope begins with its suite; a segment's length stands between.
    for suite in [[0, 0], [0, 2], [0xff, 0xff]] {
        let found = shown(&mut world, |_, remote, log| {
            for name in &objects {
                let at = match name.kind {
                    ObjectKind::Head(of) if of == log => 8,
                    ObjectKind::Segment { log: of, .. } if of == log => 12,
                    _ => continue,
                };
                let bytes = remote.get_mut(name).expect("there");
                assert_eq!(bytes[at..at + 2], [0, 1], "{name:?}");
                bytes[at..at + 2].copy_from_slice(&suite);
            }
        });
        assert!(!found.is_empty() && found.iter().all(|kind| *kind == ProblemKind::Changed));
    }
    // A signed head of another schema, sealed by somebody who has the key.
    let log = crate::log::Log::load(&world.ann.vault.sql, world.ann.space).expect("hers");
    let signed = log.signed_head(&world.ann.vault.sql).expect("read");
    let mut signed = signed.expect("signed");
    signed[3] = 1;
    let found = shown(&mut world, |insider, remote, log| {
        let space = insider.person.space.0;
        let sealed = insider.with_key(|under| {
            let rng = &mut crate::keyring::system_random();
            keystead_replica::seal_head(space, log, under, &signed, rng)
        });
        let kind = ObjectKind::Head(log);
        remote.insert(RemoteName { space, kind }, sealed);
    });
    assert_eq!(found, [ProblemKind::Changed]);
    honest(world);
}
