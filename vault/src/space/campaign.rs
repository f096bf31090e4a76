//! Random histories of people who write apart, see each other late and twice, and come together in the end: the same
//! state everywhere, nothing lost, and doing it all again from the logs gives the same.

use crate::{
    CredentialName, EnvironmentField, EnvironmentName, Origin, ProjectName, Role, SecretField,
    SecretName, Tag, VersionSelector,
    asker::Timestamp,
    crash_campaign::{Dice, number},
    space::{
        accept::Acceptor,
        rebuild,
        tests::{Person, Remote},
    },
    tests::asker,
};
use rusqlite::types::Value;
use std::collections::{BTreeMap, HashMap};

const NAMES: [&str; 5] = ["A", "B", "C", "D_KEY", "E_URL"];
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
    let acceptor = Acceptor {
        sql: &sql,
        keys: &vault.keys,
        space,
        sealed: &nothing,
    };
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
            0 => takes_some(person, &remotes, &mut dice),
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
    let before = state(ann);
    let conflicts = before["conflicts"].len() as u64;
    *done.entry("conflicts").or_default() += conflicts;
    let twins = before["secrets"]
        .iter()
        .filter(|row| row.contains("Text(\"A/"))
        .count() as u64;
    *done.entry("shadowed").or_default() += twins;
    rebuilt(ann);
    assert_same(ann, &others[0], &format!("done again, seed {seed}"));
    ann.verifies();
    done
}

#[test]
fn people_who_wrote_apart_come_to_the_same() {
    let histories = number("KEYSTEAD_TEAM_HISTORIES", 6);
    let seed = number(
        "KEYSTEAD_TEAM_SEED",
        u64::from_be_bytes(crate::create::random()),
    );
    println!("{histories} histories of seed {seed}");
    let mut done: BTreeMap<&str, u64> = BTreeMap::new();
    for at in 0..histories {
        let people = 2 + usize::try_from(at % 3).expect("small");
        for (what, count) in history(seed.wrapping_add(at), people, 60) {
            *done.entry(what).or_default() += count;
        }
    }
    println!("{done:?}");
    if histories >= 6 {
        assert!(
            done["conflicts"] > 0,
            "nobody ever crossed anybody: {done:?}"
        );
    }
}
