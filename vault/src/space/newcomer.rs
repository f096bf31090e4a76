//! What a storage shows to somebody who has seen nothing of a space before. What is not what the invite says is named, and
//! once the storage is honest nobody asks any more.

use crate::{
    Guest, Invite, InviteTerms, NewGrant, Place, ProblemKind, Role, TakenIn,
    space::{
        checkpoint::tests::seal_for_test,
        tests::{Person, Remote},
    },
    tests::asker,
};
use keystead_crypto::{Checkpoint, Hash, LiveVersion};
use keystead_replica::{LogId, ObjectKind, RemoteName, checkpoint_name};

/// Ann and Cleo, who write; Ben, who is invited; what was there before that, and what is there now.
struct World {
    ann: Person,
    cleo: Person,
    ben: Person,
    invite: Invite,
    before: Remote,
    now: Remote,
}

fn world() -> World {
    let (mut ann, mut cleo, mut ben) =
        (Person::new("Ann"), Person::new("Cleo"), Person::new("Ben"));
    let mut remote = Remote::new();
    ann.founds("team");
    ann.sets("dev", "KEY", "one");
    ann.invites(&mut cleo, &[("space", Role::Editor)]);
    ann.syncs(&mut remote);
    cleo.syncs(&mut remote);
    cleo.sets("dev", "HERS", "old");
    cleo.publishes(&mut remote);
    let before = remote.clone();
    cleo.sets("dev", "HERS", "new");
    cleo.publishes(&mut remote);
    ann.takes(&remote);
    let guest = Guest {
        card: ben.vault.card().expect("a card"),
        endorsements: vec![ben.vault.endorsement().expect("a device")],
    };
    let grants = [NewGrant {
        place: Place::Space,
        role: Role::Reader,
        expires: None,
    }];
    let terms = InviteTerms {
        history: true,
        remote: None,
        valid: 1_000,
    };
    let invites = ann.vault.invite(&asker(), &guest, &grants, &terms);
    let invite = invites.expect("invited").remove(0);
    ann.publishes(&mut remote);
    let invite = ben.vault.read_invite(&asker(), &invite).expect("his");
    ben.space = ann.space;
    World {
        ann,
        cleo,
        ben,
        invite,
        before,
        now: remote,
    }
}

fn log_of(person: &Person) -> LogId {
    let log = crate::log::Log::load(&person.vault.sql, person.space);
    log.expect("a log").name()
}

impl World {
    fn ben_joins(&mut self) {
        let joined = self.ben.vault.accept_invite(&asker(), &self.invite);
        assert_eq!(joined.expect("joined"), self.ben.space);
    }

    /// What Ben finds in a remote that lies, where he was invited with such a checkpoint.
    fn shown(&mut self, (log, hash): (LogId, Hash), lie: impl FnOnce(&mut Remote)) -> TakenIn {
        let mut remote = self.now.clone();
        lie(&mut remote);
        let sql = &self.ben.vault.sql;
        sql.execute("DELETE FROM checkpoints", []).expect("done");
        sql.execute(
            "INSERT INTO checkpoints (hash, space, log) VALUES (?1, ?2, ?3)",
            rusqlite::params![hash, self.ben.space, log.0],
        )
        .expect("wanted");
        let found = self.ben.takes(&remote);
        match found.problems.is_empty() {
            true => assert_eq!(wanted(self), None, "found, and done with"),
            // It is asked for until it is there.
            false => assert_eq!(self.ben.takes(&remote).problems, found.problems),
        }
        found
    }
}

fn wanted(world: &World) -> Option<RemoteName> {
    let wanted = world.ben.vault.wanted_checkpoint(world.ben.space);
    wanted.expect("looked up")
}

fn kinds(found: &TakenIn) -> Vec<ProblemKind> {
    found.problems.iter().map(|problem| problem.kind).collect()
}

#[test]
fn an_older_state_is_named_and_ends_with_an_honest_one() {
    let mut world = world();
    let mut old = world.now.clone();
    let hers = log_of(&world.cleo);
    // All of Cleo's log as it was before, signed and whole.
    old.retain(|name, _| match name.kind {
        ObjectKind::Head(log) | ObjectKind::Segment { log, .. } => log != hers,
        _ => true,
    });
    for (name, bytes) in &world.before {
        if matches!(name.kind, ObjectKind::Head(log) | ObjectKind::Segment { log, .. } if log == hers)
        {
            old.insert(*name, bytes.clone());
        }
    }
    world.ben_joins();
    // What Ann did after she saw more of it waits, so her log is short as well.
    let found = kinds(&world.ben.takes(&old));
    let older = ProblemKind::OlderThanInvite { logs: 2 };
    assert!(
        matches!(&found[..], [ProblemKind::Waits { .. }, last] if *last == older),
        "{found:?}"
    );
    assert_eq!(world.ben.reads("dev", "HERS").expect("readable"), "old");
    assert!(wanted(&world).is_some());
    assert_eq!(world.ben.takes(&world.now).problems, []);
    assert_eq!(world.ben.reads("dev", "HERS").expect("readable"), "new");
    assert_eq!(wanted(&world), None);
    assert_eq!(world.ben.takes(&world.now), TakenIn::default());
    world.ben.verifies();
}

#[test]
fn a_checkpoint_that_is_missing_or_another_one_is_named() {
    let mut world = world();
    world.ben_joins();
    let (log, hash) = world.invite.checkpoint;
    let name = checkpoint_name(world.ann.space.0, log, &hash);
    let at = (log, hash);
    assert_eq!(world.shown(at, |_| {}).problems, []);
    let found = world.shown(at, |remote| drop(remote.remove(&name).expect("there")));
    assert_eq!(kinds(&found), [ProblemKind::CheckpointMissing]);
    let forged = [ProblemKind::CheckpointForged];
    // That of an invite before, which Ann signed as well.
    let mut before = world.before.iter();
    let old = before.find(|(name, _)| matches!(name.kind, ObjectKind::Checkpoint { .. }));
    let old = old.expect("Cleo's").1.clone();
    let found = world.shown(at, |remote| drop(remote.insert(name, old)));
    assert_eq!(kinds(&found), forged);
    // One that somebody else in the space signs and seals.
    let nothing = Checkpoint {
        space: world.ann.space.0,
        membership_heads: vec![world.ann.space.0],
        logs: Vec::new(),
        live: Vec::new(),
    };
    let (by_cleo, object) = seal_for_test(&world.cleo.vault, world.cleo.space, log, nothing);
    let found = world.shown(at, |remote| drop(remote.insert(name, object.clone())));
    assert_eq!(kinds(&found), forged);
    // Even where the invite names it: it stands in Ann's name.
    let name = checkpoint_name(world.ann.space.0, log, &by_cleo);
    let found = world.shown((log, by_cleo), |remote| drop(remote.insert(name, object)));
    assert_eq!(kinds(&found), forged);
    let name = checkpoint_name(world.ann.space.0, log, &hash);
    let found = world.shown(at, |remote| {
        let object = remote.get_mut(&name).expect("there");
        let middle = object.len() / 2;
        object[middle] ^= 1;
    });
    assert_eq!(kinds(&found), forged);
    assert_eq!(
        world.shown(at, |_| {}).problems,
        [],
        "and an honest one is believed"
    );
}

/// The invite names what its signer says; where that is not so, the signer is named by the log.
#[test]
fn a_checkpoint_that_says_otherwise_names_its_signer() {
    let mut world = world();
    world.ben_joins();
    let (log, _) = world.invite.checkpoint;
    let space = world.ann.space;
    let mut said = |change: &dyn Fn(&mut Checkpoint)| {
        let mut present = world.ann.vault.present(space).expect("read");
        change(&mut present);
        let (hash, object) = seal_for_test(&world.ann.vault, space, log, present);
        let name = checkpoint_name(space.0, log, &hash);
        let found = world.shown((log, hash), |remote| drop(remote.insert(name, object)));
        assert!(
            found
                .problems
                .iter()
                .all(|problem| problem.log == Some(log))
        );
        kinds(&found)
    };
    assert_eq!(said(&|_| {}), []);
    let contradicted = |things| [ProblemKind::CheckpointContradicted { things }];
    assert_eq!(said(&|c| c.logs[0].root[0] ^= 1), contradicted(1));
    let never = |c: &mut Checkpoint| {
        let log = c.logs[0].log;
        c.live.push(LiveVersion {
            version: [1; 16],
            log,
            sequence: 0,
        });
    };
    assert_eq!(said(&never), contradicted(1));
    assert_eq!(said(&|c| c.live[0].sequence += 1), contradicted(1));
    let more = |c: &mut Checkpoint| c.logs[1].operations += 1;
    assert_eq!(said(&more), [ProblemKind::OlderThanInvite { logs: 1 }]);
    // Of another space, or of a device that the checkpoint itself has out.
    let other = |c: &mut Checkpoint| c.space[0] ^= 1;
    assert_eq!(said(&other), [ProblemKind::CheckpointForged]);
    let early = |c: &mut Checkpoint| c.membership_heads = vec![c.space];
    assert_eq!(said(&early), [ProblemKind::CheckpointForged]);
    let unknown = |c: &mut Checkpoint| c.membership_heads.push([9; 32]);
    assert_eq!(said(&unknown), [ProblemKind::OlderThanInvite { logs: 1 }]);
}

/// Every edit alone in a publish: few objects are left, who reads along misses nothing, and who comes reads all of it.
#[test]
fn many_small_publishes_become_few_segments() {
    let (mut ann, mut ben, mut cleo) =
        (Person::new("Ann"), Person::new("Ben"), Person::new("Cleo"));
    let mut remote = Remote::new();
    ann.founds("team");
    ann.invites(&mut ben, &[("space", Role::Editor)]);
    ann.syncs(&mut remote);
    let segments = |remote: &Remote, of: &Person| {
        let log = log_of(of);
        let of_log = |name: &&RemoteName| matches!(name.kind, ObjectKind::Segment { log: of, .. } if of == log);
        remote.keys().filter(of_log).count()
    };
    for at in 0..40 {
        ann.sets("dev", &format!("KEY_{}", at % 7), &at.to_string());
        ann.publishes(&mut remote);
        if at % 5 == 0 {
            assert_eq!(ben.takes(&remote).problems, []);
        }
    }
    assert_eq!(ben.takes(&remote).problems, []);
    assert!(segments(&remote, &ann) < 16, "{}", segments(&remote, &ann));
    ann.invites(&mut cleo, &[("space", Role::Editor)]);
    ann.publishes(&mut remote);
    assert_eq!(cleo.takes(&remote).problems, []);
    assert_eq!(cleo.reads("dev", "KEY_4").expect("readable"), "39");
    ben.takes(&remote);
    crate::space::campaign::assert_same(&ben, &cleo, "whole");
    // A remote that lost it all gets all of it, and is put together from there on.
    let mut empty = Remote::new();
    let nothing: Vec<RemoteName> = Vec::new();
    let lost = ann.vault.note_listed(ann.space, &nothing);
    assert!(lost.expect("noted"));
    ann.publishes(&mut empty);
    assert_eq!(segments(&empty, &ann), 1);
    for at in 0..20 {
        ann.sets("dev", "KEY_0", &format!("again {at}"));
        ann.publishes(&mut empty);
    }
    assert!(segments(&empty, &ann) < 16);
    assert_eq!(ben.takes(&empty).problems, []);
    assert_eq!(ben.reads("dev", "KEY_0").expect("readable"), "again 19");
    ben.verifies();
}
