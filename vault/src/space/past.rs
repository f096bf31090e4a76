//! What is said of the past, or of another's key, in vaults: by who was removed, by who did not know, by who never had a right.

use crate::{
    EnvironmentName, Origin, ProjectName, Retention, Role, SecretName,
    membership::{heads, of_environment},
    space::tests::{Person, Remote},
    tests::asker,
};
use keystead_membership::{Act, EpochClaim, MemberId, Scope, Statement, StatementId};
use std::collections::BTreeSet;

fn scope_of(person: &Person, environment: &str) -> Scope {
    let project = person.vault.project("shop").expect("there");
    let found = project.environment(environment).expect("there").id;
    of_environment(project.id, found)
}

fn heads_of(person: &Person) -> BTreeSet<StatementId> {
    heads(&person.vault.sql, person.space).expect("heads")
}

fn says_anyway(person: &mut Person, parents: &BTreeSet<StatementId>, act: &Act, times: i64) {
    let vault = &mut person.vault;
    let sql = vault.sql.transaction().expect("begun");
    let asker = asker();
    let facts = (&vault.facts, &vault.graphs);
    let mut t = crate::transaction::Transaction::new(sql, &vault.keys, facts, &asker);
    for at in 0..times {
        t.say_anyway(parents, at, act.clone()).expect("said");
    }
    t.commit().expect("committed");
}

fn opens_new_key(person: &mut Person, environments: &[&str]) {
    let mut scopes = environments.iter().map(|name| scope_of(person, name));
    let scopes: Vec<Scope> = scopes.by_ref().collect();
    let opened = person.vault.transact(&asker(), |t| t.open_epochs(&scopes));
    opened.expect("opened");
}

/// Gives somebody a role, with the keys of older values.
fn grants(person: &mut Person, to: &Person, environment: &str, role: Role) {
    let grant = crate::NewGrant {
        place: crate::Place::Environment("shop".to_owned(), environment.to_owned()),
        role,
        expires: None,
    };
    let identity = to.vault.facts.identity;
    let granted = person.vault.grant(&asker(), &identity, &grant, true);
    granted.expect("granted");
}

/// The statement that opened the key that seals, and the key.
fn opening(person: &Person, scope: Scope) -> EpochClaim {
    let space = person.space;
    let sealing = crate::space::sealing_epoch(&person.vault.sql, space, scope.of_keys());
    let epoch = sealing.expect("looked up").expect("one");
    let bytes: Vec<u8> = person
        .vault
        .sql
        .query_row(
            "SELECT s.bytes FROM epochs e JOIN statements s ON s.id = e.statement WHERE e.id = ?1",
            [epoch],
            |row| row.get(0),
        )
        .expect("one");
    let Act::OpenEpochs { epochs, .. } = Statement::decode(&bytes).expect("a statement").act else {
        panic!("it opens none");
    };
    let mut epochs = epochs.into_iter();
    epochs.find(|claim| claim.epoch == epoch).expect("it")
}

/// One statement opens two keys, of which somebody may have one; the other one they are given later.
#[test]
fn a_key_that_is_shared_later_opens() {
    let (mut ann, mut ben) = (Person::new("Ann"), Person::new("Ben"));
    let mut remote = Remote::new();
    ann.founds("team");
    ann.invites(&mut ben, &[("shop/dev", Role::Reader)]);
    opens_new_key(&mut ann, &["dev", "prod"]);
    ann.sets("dev", "KEY", "one");
    ann.sets("prod", "KEY", "two");
    ann.syncs(&mut remote);
    assert!(ben.syncs(&mut remote).problems.is_empty());
    assert_eq!(ben.reads("dev", "KEY").expect("his"), "one");
    grants(&mut ann, &ben, "prod", Role::Reader);
    ann.syncs(&mut remote);
    ben.syncs(&mut remote);
    assert_eq!(ben.reads("prod", "KEY").expect("his now"), "two");
    ben.verifies();
}

/// An editor of one environment claims another one's key as theirs to open, for their scope and for its own, as if before
/// it was there.
#[test]
fn a_claim_on_a_key_that_comes_first_hides_nothing() {
    let [mut ann, mut cleo, mut dan] = ["Ann", "Cleo", "Dan"].map(Person::new);
    let mut remote = Remote::new();
    ann.founds("team");
    ann.invites(&mut cleo, &[("shop/dev", Role::Editor)]);
    ann.invites(&mut dan, &[("shop/dev", Role::Reader)]);
    ann.syncs(&mut remote);
    cleo.syncs(&mut remote);
    dan.syncs(&mut remote);
    let early = heads_of(&cleo);
    let before = remote.clone();
    opens_new_key(&mut ann, &["prod"]);
    ann.sets("prod", "KEY", "one");
    ann.syncs(&mut remote);
    let honest = remote.clone();
    cleo.takes(&remote);
    let claim = opening(&ann, scope_of(&ann, "prod"));
    let hers = EpochClaim {
        scope: scope_of(&ann, "dev"),
        parents: BTreeSet::new(),
        ..claim
    };
    for claim in [hers, claim] {
        let act = Act::OpenEpochs {
            epochs: vec![claim],
            wraps: Vec::new(),
        };
        says_anyway(&mut cleo, &early, &act, 1);
    }
    cleo.publishes(&mut remote);
    // Dan gets what Cleo said before what it is about.
    let new = |(name, bytes): (&_, &Vec<u8>)| honest.get(name) != Some(bytes);
    let mut first: Remote = before.clone();
    first.extend(
        remote
            .iter()
            .filter(|(name, bytes)| new((name, bytes)))
            .map(|(name, bytes)| (*name, bytes.clone())),
    );
    dan.takes(&first);
    ann.takes(&remote);
    grants(&mut ann, &dan, "prod", Role::Reader);
    ann.syncs(&mut remote);
    let taken = dan.takes(&remote);
    assert_eq!(taken.problems, []);
    assert_eq!(dan.reads("prod", "KEY").expect("his"), "one");
    // Nor does Cleo, who claims it for what she reads, come by it with a right to the past.
    grants(&mut ann, &cleo, "dev", Role::Owner);
    ann.syncs(&mut remote);
    cleo.takes(&remote);
    assert!(cleo.reads("prod", "KEY").is_err());
    for person in [&mut ann, &mut dan, &mut cleo] {
        person.verifies();
    }
}

/// Somebody says hundreds of things at once, none of which follows another: others go on, and name few.
#[test]
fn hundreds_of_statements_at_once_stop_nobody() {
    let [mut ann, mut ben, mut cleo] = ["Ann", "Ben", "Cleo"].map(Person::new);
    let mut remote = Remote::new();
    ann.founds("team");
    ann.invites(&mut ben, &[("shop/dev", Role::Editor)]);
    ann.invites(&mut cleo, &[("shop/dev", Role::Reader)]);
    ann.syncs(&mut remote);
    cleo.syncs(&mut remote);
    ben.syncs(&mut remote);
    let early = heads_of(&cleo);
    says_anyway(&mut cleo, &early, &Act::Acknowledge, 300);
    cleo.publishes(&mut remote);
    ben.takes(&remote);
    assert_eq!(heads_of(&ben).len(), 300);
    ben.sets("dev", "KEY", "one");
    assert!(heads_of(&ben).len() <= 64);
    ben.publishes(&mut remote);
    ann.syncs(&mut remote);
    assert_eq!(ann.reads("dev", "KEY").expect("read"), "one");
    let identity = cleo.vault.facts.identity;
    ann.vault
        .remove_member(&asker(), &identity)
        .expect("removed");
    ann.sets("dev", "KEY", "two");
    ann.syncs(&mut remote);
    ben.syncs(&mut remote);
    assert_eq!(ben.reads("dev", "KEY").expect("read"), "two");
    ann.verifies();
    ben.verifies();
}

/// The founder, who was away, removes an owner who made new keys meanwhile. What a third one wrote under them stays.
#[test]
fn what_a_third_one_wrote_stays_when_two_part() {
    let [mut fay, mut ann, mut ben] = ["Fay", "Ann", "Ben"].map(Person::new);
    let mut remote = Remote::new();
    fay.founds("team");
    fay.sets("dev", "KEY", "one");
    fay.invites(&mut ann, &[("space", Role::Owner)]);
    fay.invites(&mut ben, &[("space", Role::Owner)]);
    fay.syncs(&mut remote);
    ann.syncs(&mut remote);
    ben.syncs(&mut remote);
    fay.syncs(&mut remote);
    let of_ann = ann.vault.facts.identity;
    fay.vault.remove_member(&asker(), &of_ann).expect("removed");
    opens_new_key(&mut ann, &["dev"]);
    ann.sets("dev", "ANNS", "hers");
    ann.syncs(&mut remote);
    ben.syncs(&mut remote);
    ben.sets("dev", "KEY", "bens");
    ben.syncs(&mut remote);
    fay.syncs(&mut remote);
    ben.syncs(&mut remote);
    // Ben's program goes on from it: an owner was removed, and Ben is another one.
    assert!(bore_witness(&ben));
    fay.vault.tidy_space(&asker()).expect("tidied");
    fay.syncs(&mut remote);
    ben.syncs(&mut remote);
    fay.syncs(&mut remote);
    for person in [&mut fay, &mut ben] {
        assert_eq!(person.reads("dev", "KEY").expect("kept"), "bens");
        assert!(person.reads("dev", "ANNS").is_err(), "beyond the cut");
        person.verifies();
    }
    ben.sets("dev", "KEY", "more");
    ben.syncs(&mut remote);
    fay.syncs(&mut remote);
    assert_eq!(fay.reads("dev", "KEY").expect("sealed anew"), "more");
}

/// Whether a device said of its own accord that it goes on from what was said.
fn bore_witness(person: &Person) -> bool {
    let looked = person
        .vault
        .graphs
        .with(&person.vault.sql, person.space, |graph| {
            let own = keystead_membership::DeviceId(person.vault.keys.device.id);
            let mut said = graph.ids().filter_map(|id| graph.get(id));
            let mut said = said.by_ref().filter(|said| said.author == own);
            Ok::<_, crate::VaultError>(said.any(|said| said.act == Act::Acknowledge))
        });
    looked.expect("looked at")
}

/// Two of three owners remove each other. What both wrote until then stays, and the third one's program says where it ends.
#[test]
fn an_owner_confirms_what_two_took_from_each_other_and_others_bear_witness() {
    let [mut fay, mut ann, mut ben] = ["Fay", "Ann", "Ben"].map(Person::new);
    let mut remote = Remote::new();
    fay.founds("team");
    fay.invites(&mut ann, &[("space", Role::Owner)]);
    fay.invites(&mut ben, &[("space", Role::Owner)]);
    for person in [&mut fay, &mut ann, &mut ben] {
        person.syncs(&mut remote);
    }
    fay.syncs(&mut remote);
    let (of_fay, of_ann) = (fay.vault.facts.identity, ann.vault.facts.identity);
    ann.sets("dev", "ANNS", "hers");
    ann.publishes(&mut remote);
    fay.vault.remove_member(&asker(), &of_ann).expect("removed");
    ann.vault.remove_member(&asker(), &of_fay).expect("removed");
    fay.publishes(&mut remote);
    ann.publishes(&mut remote);
    ben.takes(&remote);
    let unconfirmed = |person: &Person| {
        let space = person.space;
        let said = person.vault.graphs.with(&person.vault.sql, space, |graph| {
            let standing = graph.standing();
            let member = MemberId(person.vault.facts.identity);
            let found = (standing.unconfirmed().len(), standing.wants_witness(member));
            Ok::<_, crate::VaultError>(found)
        });
        said.expect("looked at")
    };
    assert_eq!(unconfirmed(&ben), (2, true));
    assert!(ben.vault.tidy_space(&asker()).expect("tidied"));
    assert_eq!(unconfirmed(&ben), (0, false));
    assert!(!ben.vault.tidy_space(&asker()).expect("nothing left"));
    ben.sets("dev", "KEY", "mine");
    ben.syncs(&mut remote);
    assert_eq!(ben.reads("dev", "ANNS").expect("kept"), "hers");
    ben.verifies();
}

/// An editor who was removed takes themselves out once more, as if before the keys that they had made.
#[test]
fn who_was_removed_takes_nothing_along() {
    let [mut ann, mut ed, mut ben] = ["Ann", "Ed", "Ben"].map(Person::new);
    let mut remote = Remote::new();
    ann.founds("team");
    ann.invites(&mut ed, &[("space", Role::Editor)]);
    ann.invites(&mut ben, &[("space", Role::Editor)]);
    for person in [&mut ann, &mut ed, &mut ben] {
        person.syncs(&mut remote);
    }
    let early = heads_of(&ed);
    opens_new_key(&mut ed, &["dev"]);
    ed.sets("dev", "EDS", "his");
    ed.syncs(&mut remote);
    ben.syncs(&mut remote);
    ben.sets("dev", "KEY", "bens");
    ben.syncs(&mut remote);
    ann.syncs(&mut remote);
    let identity = ed.vault.facts.identity;
    ann.vault
        .remove_member(&asker(), &identity)
        .expect("removed");
    ann.sets("dev", "ANNS", "hers");
    ann.syncs(&mut remote);
    // Ed's log ends there for everybody; a segment of it still opens.
    let member = MemberId(identity);
    let cuts = Vec::new();
    says_anyway(&mut ed, &early, &Act::Remove { member, cuts }, 1);
    ed.publishes(&mut remote);
    for person in [&mut ann, &mut ben] {
        person.syncs(&mut remote);
        person.vault.tidy_space(&asker()).expect("tidied");
        for (name, value) in [("EDS", "his"), ("KEY", "bens"), ("ANNS", "hers")] {
            assert_eq!(person.reads("dev", name).expect(name), value);
        }
        person.verifies();
    }
}

/// Compaction of the own space says nothing of a team's values, which stand in the same tables.
#[test]
fn compaction_of_the_own_space_leaves_a_teams_values() {
    let (mut ann, mut ben) = (Person::new("Ann"), Person::new("Ben"));
    let mut remote = Remote::new();
    ben.founds("team");
    ben.invites(&mut ann, &[("shop", Role::Reader)]);
    for value in ["one", "two", "three", "four"] {
        ben.sets("dev", "KEY", value);
    }
    ben.publishes(&mut remote);
    ann.syncs(&mut remote);
    let team = ann.space;
    let own = ann.vault.own_space();
    ann.vault.enter_space(own).expect("entered");
    let environments = ["dev"].map(|name| EnvironmentName::parse(name).expect("a name"));
    let project = ProjectName::parse("shop").expect("a name");
    ann.vault
        .create_project(&asker(), &project, &environments)
        .expect("made");
    let at = |days: i64| crate::Asker {
        at: crate::Timestamp(asker().at.0 + days * 86_400_000),
        ..asker()
    };
    for (value, day) in [("a", 0), ("b", 0), ("c", 0), ("d", 1)] {
        let values = [(SecretName::parse("KEY").expect("a name"), value)];
        ann.vault
            .put_values(&at(day), "shop", "dev", &values, Origin::Set, "", false)
            .expect("set");
    }
    let retention = Retention {
        versions: 1,
        days: 0,
    };
    ann.vault
        .compact_but(&at(2), retention, 0)
        .expect("compacted");
    let pruned = |vault: &crate::Vault, space: crate::id::SpaceId| -> i64 {
        let query = "SELECT count(*) FROM versions v JOIN secrets c ON c.id = v.secret
             JOIN projects p ON p.id = c.project WHERE p.space = ?1 AND v.pruned = 1";
        let counted = vault.sql.query_row(query, [space], |row| row.get(0));
        counted.expect("counted")
    };
    assert_eq!(pruned(&ann.vault, team), 0);
}

/// An owner who was removed says that they had removed who removed them, and writes on. What they write then is gone once a
/// third owner's program has said so, and not before what they had written.
#[test]
fn what_a_removed_owner_writes_later_goes() {
    let [mut fay, mut ann, mut ben] = ["Fay", "Ann", "Ben"].map(Person::new);
    let mut remote = Remote::new();
    ann.founds("team");
    ann.invites(&mut fay, &[("space", Role::Owner)]);
    ann.invites(&mut ben, &[("space", Role::Owner)]);
    for person in [&mut ann, &mut fay, &mut ben] {
        person.syncs(&mut remote);
    }
    let early = heads_of(&fay);
    fay.sets("dev", "KEY", "in time");
    fay.publishes(&mut remote);
    ann.syncs(&mut remote);
    let (of_fay, of_ann) = (fay.vault.facts.identity, ann.vault.facts.identity);
    ann.vault.remove_member(&asker(), &of_fay).expect("removed");
    ann.syncs(&mut remote);
    ben.syncs(&mut remote);
    assert_eq!(ben.reads("dev", "KEY").expect("kept"), "in time");
    let (member, cuts) = (MemberId(of_ann), Vec::new());
    says_anyway(&mut fay, &early, &Act::Remove { member, cuts }, 1);
    fay.sets("dev", "KEY", "too late");
    fay.sets("dev", "OTHER", "too late");
    fay.publishes(&mut remote);
    ben.takes(&remote);
    ben.vault.tidy_space(&asker()).expect("tidied");
    ben.syncs(&mut remote);
    assert_eq!(ben.reads("dev", "KEY").expect("kept"), "in time");
    assert!(ben.reads("dev", "OTHER").is_err());
    ben.verifies();
}

/// A role that somebody has anyway ends, or the last owner's does: nobody is stopped by what can't be taken back.
#[test]
fn a_role_that_can_not_be_taken_back_stops_nobody() {
    let (mut ann, mut ben) = (Person::new("Ann"), Person::new("Ben"));
    let mut remote = Remote::new();
    ann.founds("team");
    ann.invites(&mut ben, &[("shop/prod", Role::Reader)]);
    let at = |days: i64| crate::Asker {
        at: crate::Timestamp(asker().at.0 + days * 86_400_000),
        ..asker()
    };
    let identity = ben.vault.facts.identity;
    let until = |place, role| crate::NewGrant {
        place,
        role,
        expires: Some(at(1).at.0),
    };
    let prod = crate::Place::Environment("shop".to_owned(), "prod".to_owned());
    let owned = crate::NewGrant {
        expires: None,
        ..until(crate::Place::Space, Role::Owner)
    };
    for grant in [until(prod, Role::Editor), owned] {
        ann.vault
            .grant(&asker(), &identity, &grant, false)
            .expect("granted");
    }
    let own = ann.vault.facts.identity;
    ann.vault
        .grant(
            &asker(),
            &own,
            &until(crate::Place::Space, Role::Owner),
            false,
        )
        .expect("granted");
    ann.syncs(&mut remote);
    ben.syncs(&mut remote);
    for person in [&mut ben, &mut ann] {
        let outgoing = person.vault.outgoing(&at(2), person.space);
        outgoing.expect("nothing stands in its way");
    }
    // Ann's own role had ended, and Ben took it back; his goes on.
    let roles = ben.vault.member(&own).expect("there").roles;
    assert!(roles.iter().all(|(_, role, _)| *role != Some(Role::Owner)));
    let values = [(SecretName::parse("KEY").expect("a name"), "later")];
    ben.vault
        .put_values(&at(2), "shop", "prod", &values, Origin::Set, "", false)
        .expect("set");
}

/// An editor makes a new key of the space and gives it to nobody: the next one who may makes another.
#[test]
fn a_space_key_for_nobody_stops_nobody() {
    let [mut ann, mut ben, mut eve] = ["Ann", "Ben", "Eve"].map(Person::new);
    let mut remote = Remote::new();
    ann.founds("team");
    ann.invites(&mut ben, &[("space", Role::Editor)]);
    ann.invites(&mut eve, &[("space", Role::Editor)]);
    for person in [&mut ann, &mut ben, &mut eve] {
        person.syncs(&mut remote);
    }
    let opened = eve.vault.transact(&asker(), |t| {
        t.open_as_a_cheat(Scope::Space, crate::space::keys::Cheat::NoKey)
    });
    opened.expect("said");
    eve.publishes(&mut remote);
    let taken = ann.takes(&remote);
    let kinds: Vec<_> = taken.problems.iter().map(|problem| problem.kind).collect();
    assert!(
        kinds.contains(&crate::ProblemKind::WrongKeyForEpoch),
        "{kinds:?}"
    );
    ann.sets("dev", "KEY", "on");
    ann.publishes(&mut remote);
    ben.takes(&remote);
    assert_eq!(ben.reads("dev", "KEY").expect("read"), "on");
}

/// A narrow role ends: what a wider one gives stays.
#[test]
fn a_role_that_ends_leaves_what_was_theirs_without_it() {
    let (mut ann, mut ben) = (Person::new("Ann"), Person::new("Ben"));
    ann.founds("team");
    ann.invites(&mut ben, &[("shop", Role::Reader)]);
    let identity = ben.vault.facts.identity;
    let prod = crate::Place::Environment("shop".to_owned(), "prod".to_owned());
    let grant = crate::NewGrant {
        place: prod.clone(),
        role: Role::Editor,
        expires: Some(asker().at.0 + 1_000),
    };
    ann.vault
        .grant(&asker(), &identity, &grant, false)
        .expect("granted");
    let later = crate::Asker {
        at: crate::Timestamp(asker().at.0 + 2_000),
        ..asker()
    };
    assert!(ann.vault.tidy_space(&later).expect("tidied"));
    let left = ann.vault.explain(&identity, &prod).expect("explained");
    assert_eq!(left.0, Some(Role::Reader));
}
