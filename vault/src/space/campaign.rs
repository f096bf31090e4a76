//! Random histories of people who write apart, see each other late and twice, and come together in the end: the same
//! state everywhere, nothing lost, and doing it all again from the logs gives the same.

use crate::{
    CredentialName, EnvironmentField, EnvironmentName, Origin, ProjectName, Role, SecretField,
    SecretName, Tag, VersionSelector,
    asker::Timestamp,
    crash_campaign::{Dice, number},
    space::{
        accept::{Acceptor, Care},
        rebuild,
        tests::{Person, Remote},
    },
    tests::asker,
};
use rusqlite::types::Value;
use std::collections::{BTreeMap, HashMap};

const NAMES: [&str; 3] = ["A", "B", "C_KEY"];
const ENVIRONMENTS: [&str; 3] = ["dev", "prod", "staging"];

/// What a vault says of its space, without what is only its own: numbers of rows, what it may open.
pub(crate) fn state(person: &Person) -> BTreeMap<&'static str, Vec<String>> {
    let queries = [
        (
            "projects",
            "SELECT hex(id), name, said, removed, secrets FROM projects WHERE space = ?1",
        ),
        (
            "environments",
            "SELECT hex(e.id), hex(e.project), e.name, e.said, e.position, e.protected,
             hex(e.inherits), e.removed FROM environments e JOIN projects p ON p.id = e.project
             WHERE p.space = ?1",
        ),
        (
            "secrets",
            "SELECT hex(c.id), hex(c.project), c.name, c.said, c.kind, c.created_at, c.notes,
             c.owner, c.expires_at, c.lead, c.removed FROM secrets c
             JOIN projects p ON p.id = c.project WHERE p.space = ?1",
        ),
        (
            "tags",
            "SELECT hex(t.secret), t.tag FROM tags t JOIN secrets c ON c.id = t.secret
             JOIN projects p ON p.id = c.project WHERE p.space = ?1",
        ),
        (
            "versions",
            "SELECT hex(v.id), hex(v.secret), hex(v.environment), v.number, v.twin,
             hex(v.ciphertext), hex(v.epoch), hex(v.author), v.origin, v.created_at, v.pruned
             FROM versions v JOIN secrets c ON c.id = v.secret
             JOIN projects p ON p.id = c.project WHERE p.space = ?1",
        ),
        (
            "stages",
            "SELECT hex(s.secret), hex(s.environment), hex(s.pending), hex(s.current),
             hex(s.previous) FROM stages s JOIN secrets c ON c.id = s.secret
             JOIN projects p ON p.id = c.project WHERE p.space = ?1",
        ),
        (
            "credentials",
            "SELECT hex(d.id), d.name, d.said, d.removed,
             (SELECT group_concat(hex(secret) || part) FROM parts q WHERE q.credential = d.id)
             FROM credentials d JOIN projects p ON p.id = d.project WHERE p.space = ?1",
        ),
        (
            "stamps",
            "SELECT hex(subject), lamport, hex(leaf), place FROM stamps WHERE space = ?1",
        ),
        (
            "conflicts",
            "SELECT hex(subject), lamport, hex(leaf), place, hex(change) FROM conflicts
             WHERE space = ?1",
        ),
        (
            "things",
            "SELECT hex(id), kind, hex(project), hex(secret), hex(environment), sequence
             FROM things WHERE space = ?1",
        ),
        (
            "operations",
            "SELECT hex(l.device), hex(l.incarnation), o.sequence, o.refused, hex(o.root)
             FROM operations o JOIN logs l ON l.id = o.log WHERE l.space = ?1",
        ),
        ("keys", "SELECT hex(id), seals FROM epochs WHERE space = ?1"),
    ];
    let sql = &person.vault.sql;
    let rows = queries.into_iter().map(|(what, query)| {
        let mut statement = sql.prepare(query).expect("a query");
        let columns = statement.column_count();
        let rows = statement.query_map([person.space], |row| {
            let values: Result<Vec<Value>, _> = (0..columns).map(|at| row.get(at)).collect();
            Ok(format!("{:?}", values?))
        });
        let mut rows: Vec<String> = rows.expect("rows").collect::<Result<_, _>>().expect("read");
        rows.sort_unstable();
        (what, rows)
    });
    rows.collect()
}

pub(crate) fn assert_same(one: &Person, other: &Person, when: &str) {
    let (one, other) = (state(one), state(other));
    // What somebody lacks explains what differs.
    let order = ["operations", "keys", "things", "projects"];
    for what in order.iter().chain(one.keys()) {
        let lacks = |a: &[String], b: &[String]| -> Vec<String> {
            a.iter().filter(|row| !b.contains(row)).cloned().collect()
        };
        let (mine, theirs) = (&one[what], &other[what]);
        assert_eq!(lacks(mine, theirs), lacks(theirs, mine), "{what}, {when}");
        assert_eq!(mine.len(), theirs.len(), "{what}, {when}");
    }
}

/// Does everything of the space again from its logs.
pub(crate) fn rebuilt(person: &mut Person) {
    let space = person.space;
    let vault = &mut person.vault;
    let sql = vault.sql.transaction().expect("begun");
    let nothing = HashMap::new();
    let acceptor = Acceptor::new((&sql, &vault.keys), space, &nothing, Care::EachOperation);
    vault
        .graphs
        .with(&sql, space, |graph| {
            rebuild::rebuild(&acceptor, &graph.standing())
        })
        .expect("rebuilt");
    sql.commit().expect("kept");
}

fn pick<'t>(dice: &mut Dice, from: &[&'t str]) -> &'t str {
    from[usize::try_from(dice.below(from.len() as u64)).expect("small")]
}

/// One thing that somebody does; whether it went is not asked: names may be taken, secrets gone.
fn does_something(person: &mut Person, dice: &mut Dice, clock: i64) -> &'static str {
    let mut by = asker();
    by.at = Timestamp(clock);
    let vault = &mut person.vault;
    let (name, environment) = (pick(dice, &NAMES), pick(dice, &ENVIRONMENTS));
    let here = ("shop", environment, name);
    let value = format!("value {}", dice.below(4));
    let secret = |field| [(name, vec![field])];
    match dice.below(14) {
        0..=3 => {
            let values = [(SecretName::parse(name).expect("a name"), &*value)];
            let put = vault.put_values(
                &by,
                "shop",
                environment,
                &values,
                Origin::Set,
                "",
                dice.below(2) == 0,
            );
            let _ = put;
            "put"
        }
        4 => {
            let _ = vault.rotate(&by, here, &value, Origin::Rotated);
            "rotate"
        }
        5 => {
            let _ = vault.restore(&by, here, VersionSelector::Previous);
            "restore"
        }
        6 => {
            let fields = secret(SecretField::Notes(value));
            let _ = vault.edit_secrets(&by, "shop", &fields);
            "note"
        }
        7 => {
            let other = pick(dice, &NAMES);
            let fields = secret(SecretField::Name(other.to_owned()));
            let _ = vault.edit_secrets(&by, "shop", &fields);
            "rename"
        }
        8 => {
            let fields = secret(SecretField::Removed(true));
            let _ = vault.edit_secrets(&by, "shop", &fields);
            "remove"
        }
        9 => {
            let tag = Tag::parse(&format!("tag{}", dice.below(3))).expect("a tag");
            let fields = secret(SecretField::Tags(vec![tag.to_string()]));
            let _ = vault.edit_secrets(&by, "shop", &fields);
            "tag"
        }
        10 => {
            let _ = vault.undo(&by, None);
            "undo"
        }
        11 => {
            let made = EnvironmentName::parse(environment).expect("a name");
            let _ = vault.create_environment(&by, "shop", &made);
            "environment"
        }
        12 => {
            let fields = [match dice.below(2) {
                0 => EnvironmentField::Position(u32::try_from(dice.below(5)).expect("small")),
                _ => EnvironmentField::Name(pick(dice, &ENVIRONMENTS).to_owned()),
            }];
            let _ = vault.edit_environment(&by, ("shop", environment), &fields);
            "order"
        }
        _ => {
            let parts = [(name, crate::PartOf::Whole)];
            let called = CredentialName::parse("login").expect("a name");
            let _ = vault.set_credential(&by, "shop", &called, &parts);
            if dice.below(4) == 0 {
                let project = ProjectName::parse("other").expect("a name");
                let _ = vault.create_project(&by, &project, &[]);
            }
            "credential"
        }
    }
}

/// Takes in some of what is on the remote, in a random order, maybe an older state of it.
fn takes_some(person: &mut Person, remotes: &[Remote], dice: &mut Dice) {
    let at = remotes.len()
        - 1
        - usize::try_from(dice.below(3))
            .expect("small")
            .min(remotes.len() - 1);
    let mut objects: Vec<_> = remotes[at]
        .iter()
        .filter(|_| dice.below(8) > 0)
        .map(|(name, bytes)| (*name, bytes.clone()))
        .collect();
    for at in (1..objects.len()).rev() {
        let other = usize::try_from(dice.below(at as u64 + 1)).expect("small");
        objects.swap(at, other);
    }
    let taken = person
        .vault
        .take_in(&asker(), person.space, &objects)
        .expect("taken in");
    for problem in taken.problems {
        use crate::ProblemKind;
        assert!(
            !problem.kind.is_alarming()
                || matches!(
                    problem.kind,
                    ProblemKind::RolledBack | ProblemKind::RemoteBehind
                ),
            "{problem}"
        );
    }
}

pub(crate) fn history(seed: u64, people: usize, steps: u64) -> BTreeMap<&'static str, u64> {
    let mut dice = Dice(seed);
    let mut everybody: Vec<Person> = (0..people)
        .map(|at| Person::new(["Ann", "Ben", "Cleo", "Dan", "Eve"][at]))
        .collect();
    let mut done = BTreeMap::new();
    let mut remotes = vec![Remote::new()];
    let (ann, others) = everybody.split_first_mut().expect("somebody");
    ann.founds("team");
    ann.sets("dev", "A", "first");
    for other in others {
        ann.invites(other, &[("space", Role::Owner)]);
    }
    let mut remote = Remote::new();
    ann.publishes(&mut remote);
    remotes.push(remote.clone());
    for _ in 0..steps {
        let at = usize::try_from(dice.below(people as u64)).expect("small");
        let person = &mut everybody[at];
        match dice.below(4) {
            0 => {
                takes_some(person, &remotes, &mut dice);
                let state = state(person);
                *done.entry("conflicts").or_default() += state["conflicts"].len() as u64;
                let aside = state["secrets"].iter().filter(|row| row.contains('/'));
                *done.entry("shadowed").or_default() += aside.count() as u64;
            }
            1 => {
                person.publishes(&mut remote);
                remotes.push(remote.clone());
            }
            _ => {
                // Clocks of ten years to either side.
                let clock = i64::try_from(dice.below(631_152_000_000)).expect("small");
                let what = does_something(person, &mut dice, 1_500_000_000_000 + clock);
                *done.entry(what).or_default() += 1;
            }
        }
    }
    for _ in 0..3 {
        for person in &mut everybody {
            person.syncs(&mut remote);
        }
    }
    let (ann, others) = everybody.split_first_mut().expect("somebody");
    for other in others.iter() {
        assert_same(ann, other, &format!("seed {seed}"));
    }
    for person in others.iter_mut().chain([&mut *ann]) {
        person.verifies();
    }
    rebuilt(ann);
    assert_same(ann, &others[0], &format!("done again, seed {seed}"));
    ann.verifies();
    done
}

#[test]
fn people_who_wrote_apart_come_to_the_same() {
    let histories = number("KEYSTEAD_TEAM_HISTORIES", 30);
    let seed = number(
        "KEYSTEAD_TEAM_SEED",
        u64::from_be_bytes(crate::create::random()),
    );
    println!("{histories} histories of seed {seed}");
    let mut done: BTreeMap<&str, u64> = BTreeMap::new();
    let mut at = 0;
    loop {
        let people = 2 + usize::try_from(at % 3).expect("small");
        for (what, count) in history(seed.wrapping_add(at), people, 60) {
            *done.entry(what).or_default() += count;
        }
        at += 1;
        // A few histories may end with everything settled, by chance.
        let crossed = done["conflicts"] + done["shadowed"];
        assert!(
            crossed > 0 || at < 60,
            "nobody ever crossed anybody: {done:?}"
        );
        if at >= histories && (crossed > 0 || histories < 6) {
            break;
        }
    }
    println!("{done:?}");
}

/// Objects that are on the remote and were not before.
fn since(remote: &Remote, before: &Remote) -> Remote {
    let new = remote
        .iter()
        .filter(|(name, bytes)| before.get(name) != Some(bytes));
    new.map(|(name, bytes)| (*name, bytes.clone())).collect()
}

/// Whether somebody opens an object with any key that they ever had.
fn opens(person: &Person, name: &keystead_replica::RemoteName, bytes: &[u8]) -> bool {
    use keystead_replica::{ObjectKind, Parcel, Segment, SpaceEpoch, open_checkpoint, open_head};
    let (sql, keys) = (&person.vault.sql, &person.vault.keys);
    let mut statement = sql
        .prepare("SELECT id FROM epochs WHERE space = ?1 AND scope = 1")
        .expect("prepared");
    let epochs: Vec<[u8; 32]> = statement
        .query_map([person.space], |row| row.get(0))
        .expect("rows")
        .collect::<Result<_, _>>()
        .expect("read");
    epochs.into_iter().any(|epoch| {
        let Ok(key) = keys.space_key(sql, epoch) else {
            return false;
        };
        let under = SpaceEpoch { epoch, key: &key };
        match name.kind {
            ObjectKind::Head(log) => open_head(name.space, log, under, bytes).is_ok(),
            ObjectKind::Segment {
                log, first, end, ..
            } => Segment::open(name.space, log, (first, end), under, bytes).is_ok(),
            ObjectKind::Parcel { .. } => Parcel::decode(bytes)
                .expect("a parcel")
                .wrap_for(&keys.device.id)
                .is_some(),
            ObjectKind::Bytes(_) => false,
            ObjectKind::Checkpoint { log, .. } => {
                open_checkpoint(name.space, log, under, bytes).is_ok()
            }
        }
    })
}

/// Whether a key that somebody ever had opens a value or a file as it is sealed at somebody else's now.
fn opens_values(attacker: &Person, of: &Person) -> Vec<String> {
    let mut statement = of
        .vault
        .sql
        .prepare(
            "SELECT c.name, e.name, v.epoch FROM stages s
             JOIN versions v ON v.id IN (s.current, s.pending, s.previous)
             JOIN ciphertexts b ON b.version = v.row
             JOIN secrets c ON c.id = v.secret JOIN environments e ON e.id = v.environment
             JOIN projects p ON p.id = c.project WHERE p.space = ?1",
        )
        .expect("prepared");
    let rows = statement.query_map([of.space], |row| {
        Ok((
            format!("{} {}", row.get::<_, String>(0)?, row.get::<_, String>(1)?),
            row.get::<_, [u8; 32]>(2)?,
        ))
    });
    let rows = rows.expect("rows").map(|row| row.expect("read"));
    let known = rows.filter(|(_, epoch)| attacker.vault.keys.has(&attacker.vault.sql, *epoch));
    known.map(|(name, _)| name).collect()
}

/// Somebody is removed while others write, and does not know it for a while.
fn removal(seed: u64, forgets_to_tidy: bool) -> BTreeMap<&'static str, u64> {
    let mut dice = Dice(seed);
    let mut done = BTreeMap::new();
    let mut ann = Person::new("Ann");
    let mut others = vec![Person::new("Ben"), Person::new("Cleo")];
    ann.founds("team");
    ann.sets("dev", "A", "first");
    ann.sets("prod", "A", "first");
    for (at, other) in others.iter_mut().enumerate() {
        let grants = match (at, dice.below(3)) {
            (0, 0) => vec![("space", Role::Editor)],
            (0, 1) => vec![("shop/dev", Role::Editor), ("shop/prod", Role::Reader)],
            (0, _) => vec![("shop", Role::Editor)],
            _ => vec![("space", Role::Owner)],
        };
        ann.invites(other, &grants);
    }
    let mut remote = Remote::new();
    ann.publishes(&mut remote);
    let mut people = vec![ann];
    people.append(&mut others);
    for person in &mut people {
        person.syncs(&mut remote);
    }
    let moment = 5 + dice.below(15);
    let mut removed_at = None;
    for step in 0..40 {
        if step == moment {
            let by = usize::from(dice.below(2) == 1) * 2;
            let ben = people[1].vault.facts.identity;
            if dice.below(2) == 0 {
                people[by].takes(&remote);
            }
            people[by]
                .vault
                .remove_member(&asker(), &ben)
                .expect("removed");
            people[by].publishes(&mut remote);
            removed_at = Some(remote.clone());
        }
        let at = usize::try_from(dice.below(3)).expect("small");
        // Who was removed goes on as if nothing had happened, and takes in only what they can.
        let clock = i64::try_from(dice.below(631_152_000_000)).expect("small");
        match dice.below(4) {
            0 => drop(people[at].takes(&remote)),
            1 => {
                let space = people[at].space;
                let outgoing = people[at].vault.outgoing(&asker(), space);
                if let Ok(outgoing) = outgoing {
                    for (name, bytes) in &outgoing.objects {
                        remote.insert(*name, bytes.clone());
                    }
                    people[at].vault.note_published(&outgoing).expect("noted");
                }
            }
            _ => {
                let what = does_something(&mut people[at], &mut dice, 1_500_000_000_000 + clock);
                *done.entry(what).or_default() += 1;
            }
        }
    }
    let removed_at = removed_at.expect("somebody was");
    let (mut rest, mut ben) = {
        let mut people = people.into_iter();
        let ann = people.next().expect("three");
        let ben = people.next().expect("three");
        (vec![ann, people.next().expect("three")], ben)
    };
    let before = remote.clone();
    for _ in 0..3 {
        for person in &mut rest {
            match forgets_to_tidy {
                true => drop(person.takes(&remote)),
                false => drop(person.syncs(&mut remote)),
            }
        }
    }
    ben.takes(&remote);
    if !forgets_to_tidy {
        // What was published by those who knew is closed to him; so is every value in use.
        for (name, bytes) in since(&remote, &before) {
            assert!(!opens(&ben, &name, &bytes), "{name:?}, seed {seed}");
        }
        let (cleo, ann) = (rest.pop().expect("two"), rest.pop().expect("two"));
        assert_same(&ann, &cleo, &format!("removal, seed {seed}"));
        rest = vec![ann, cleo];
    }
    for person in &mut rest {
        person.verifies();
    }
    let refused: i64 = rest[0]
        .vault
        .sql
        .query_row(
            "SELECT count(*) FROM operations WHERE refused IS NOT NULL",
            [],
            |row| row.get(0),
        )
        .expect("counted");
    *done.entry("refused").or_default() += refused.cast_unsigned();
    *done.entry("raced").or_default() += u64::from(before != removed_at);
    let known = opens_values(&ben, &rest[0]);
    *done.entry("known").or_default() += known.len() as u64;
    if !forgets_to_tidy {
        assert_eq!(known, Vec::<String>::new(), "seed {seed}");
    }
    done
}

#[test]
fn whoever_was_removed_opens_nothing_that_was_sealed_by_those_who_knew() {
    let histories = number("KEYSTEAD_REMOVAL_HISTORIES", 30);
    let seed = number(
        "KEYSTEAD_REMOVAL_SEED",
        u64::from_be_bytes(crate::create::random()),
    );
    println!("{histories} histories of seed {seed}");
    let mut done: BTreeMap<&str, u64> = BTreeMap::new();
    for at in 0..histories {
        for (what, count) in removal(seed.wrapping_add(at), false) {
            *done.entry(what).or_default() += count;
        }
    }
    println!("{done:?}");
}
