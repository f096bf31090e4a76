//! A second machine of the same person: what it gets, what it may, and how it goes alone.

use crate::{
    EnrolError, OpenCopyError, ProjectName, Role, TeamError, VaultError,
    space::tests::{Person, Remote},
    tests::asker,
};
use keystead_crypto::{AgeFormat, DeviceRole, EnrolmentCode, seal_age_file};
use keystead_replica::{EnrolmentError, EnrolmentRequest};
use std::collections::HashMap;

/// What the second machine sends, and the code on its screen.
fn asks(machine: &mut Person) -> (EnrolmentCode, EnrolmentRequest) {
    let (code, sent) = machine.vault.enrolment_request().expect("nothing in it");
    let request = EnrolmentRequest::open(&sent, &code).expect("the code is its");
    (code, request)
}

fn welcome(first: &mut Person, machine: &mut Person, role: DeviceRole) -> Vec<u8> {
    let (code, request) = asks(machine);
    let places = HashMap::new();
    let enrolled = first
        .vault
        .enrol(&asker(), &request, &code, role, &places, 1_000);
    enrolled.expect("enrolled")
}

/// Joins the identity and the first space that it is in.
fn joins(machine: &mut Person, welcome: &[u8]) {
    let read = machine.vault.read_welcome(welcome).expect("for it");
    machine
        .vault
        .join_identity(&asker(), &read)
        .expect("joined");
    machine.space = machine.vault.own_space();
    for invite in &read.invites {
        let invite = machine
            .vault
            .read_invite(&asker(), invite)
            .expect("for this device");
        machine.space = machine
            .vault
            .accept_invite(&asker(), &invite)
            .expect("accepted");
    }
    machine.vault.end_enrolment().expect("noted");
}

fn enrols(first: &mut Person, machine: &mut Person, role: DeviceRole) {
    let sent = welcome(first, machine, role);
    joins(machine, &sent);
}

fn everybody_syncs(people: &mut [&mut Person], remote: &mut Remote) {
    for _ in 0..2 {
        for person in &mut *people {
            let taken = person.syncs(remote);
            assert_eq!((taken.problems, taken.refused), (Vec::new(), 0));
        }
    }
}

#[test]
fn a_second_machine_reads_and_writes_what_its_person_may() {
    let (mut ann, mut ben) = (Person::new("Ann"), Person::new("Ben"));
    let (mut desk, mut remote) = (Person::new("nobody yet"), Remote::new());
    ann.founds("team");
    ann.sets("dev", "KEY", "one");
    ann.sets("prod", "KEY", "secret");
    ann.invites(&mut ben, &[("shop/dev", Role::Reader)]);
    everybody_syncs(&mut [&mut ann, &mut ben], &mut remote);

    enrols(&mut ann, &mut desk, DeviceRole::Secondary);
    assert_eq!(desk.vault.identity_name(), "Ann");
    everybody_syncs(&mut [&mut ann, &mut desk, &mut ben], &mut remote);
    assert_eq!(desk.reads("prod", "KEY").expect("hers"), "secret");
    desk.sets("dev", "KEY", "from the desk");
    everybody_syncs(&mut [&mut desk, &mut ann, &mut ben], &mut remote);
    assert_eq!(ann.reads("dev", "KEY").expect("hers"), "from the desk");
    assert_eq!(ben.reads("dev", "KEY").expect("his"), "from the desk");
    let devices = |person: &Person| -> Vec<usize> {
        let members = person.vault.members().expect("listed");
        members.iter().map(|member| member.devices.len()).collect()
    };
    assert_eq!((devices(&ann), devices(&ben)), (vec![2, 1], vec![1, 2]));

    // A reader's own second machine: he can give what he has to nobody else.
    let mut phone = Person::new("nobody yet");
    enrols(&mut ben, &mut phone, DeviceRole::Secondary);
    everybody_syncs(&mut [&mut ben, &mut phone, &mut ann], &mut remote);
    assert_eq!(phone.reads("dev", "KEY").expect("his"), "from the desk");
    assert!(matches!(phone.reads("prod", "KEY"), Err(VaultError::NoKey)));
    assert!(phone.tries_to_set("dev", "KEY", "his").is_err());

    for person in [&mut ann, &mut desk, &mut ben, &mut phone] {
        person.verifies();
    }
    let mut again = desk.copied();
    assert!(again.verify(&asker()).expect("verified").problem.is_none());
}

#[test]
fn a_secondary_machine_can_not_speak_for_the_identity_and_a_primary_can() {
    let mut ann = Person::new("Ann");
    ann.founds("team");
    let (mut desk, mut phone) = (Person::new("one"), Person::new("two"));
    enrols(&mut ann, &mut desk, DeviceRole::Secondary);
    let vault = &mut desk.vault;
    assert!(!vault.is_primary());
    let not = |error: VaultError| assert!(matches!(error, VaultError::NotPrimary), "{error}");
    not(vault.create_space(&asker(), "mine").expect_err("refused"));
    not(vault.rename_card(&asker(), "Eve").err().expect("refused"));
    let share = vault.card().expect("a card").share;
    let rng = &mut crate::keyring::system_random();
    let copy = seal_age_file(&[share], b"A=1\n", AgeFormat::Binary, rng).expect("sealed");
    let opened = vault.open_copy(&asker(), &copy, "mail");
    assert!(matches!(
        opened,
        Err(OpenCopyError::Vault(VaultError::NotPrimary))
    ));
    let (code, request) = asks(&mut phone);
    let (role, places) = (DeviceRole::Secondary, HashMap::new());
    let refused = vault.enrol(&asker(), &request, &code, role, &places, 1_000);
    assert!(matches!(
        refused,
        Err(EnrolError::Vault(VaultError::NotPrimary))
    ));

    enrols(&mut ann, &mut phone, DeviceRole::Primary);
    let vault = &mut phone.vault;
    assert!(vault.is_primary());
    let opened = vault.open_copy(&asker(), &copy, "mail").expect("opened");
    assert_eq!(&opened[..], b"A=1\n");
    vault.create_space(&asker(), "mine").expect("made");
    // Its own space works as any other, and all of it opens again.
    let own = vault.own_space();
    vault.enter_space(own).expect("entered");
    let dev = [crate::EnvironmentName::parse("dev").expect("a name")];
    let shop = ProjectName::parse("shop").expect("a name");
    vault.create_project(&asker(), &shop, &dev).expect("made");
    phone.space = own;
    phone.sets("dev", "KEY", "own");
    phone.verifies();
    let mut again = phone.copied();
    assert!(again.is_primary());
    assert!(again.verify(&asker()).expect("verified").problem.is_none());
}

/// Who finds the laptop may have the identity's key; the next machine still comes, as one that is in brings it.
#[test]
fn a_lost_machine_goes_alone_and_another_one_comes() {
    let (mut ann, mut ben) = (Person::new("Ann"), Person::new("Ben"));
    let (mut lost, mut new) = (Person::new("one"), Person::new("two"));
    let mut remote = Remote::new();
    ann.founds("team");
    ann.sets("prod", "KEY", "before");
    ann.invites(&mut ben, &[("space", Role::Editor)]);
    enrols(&mut ann, &mut lost, DeviceRole::Secondary);
    everybody_syncs(&mut [&mut ann, &mut lost, &mut ben], &mut remote);

    let device = lost.vault.facts.device;
    ann.vault.revoke_device(&asker(), device).expect("revoked");
    ann.sets("prod", "KEY", "after");
    everybody_syncs(&mut [&mut ann, &mut ben], &mut remote);
    assert_eq!(ben.reads("prod", "KEY").expect("his"), "after");
    lost.takes(&remote);
    assert_ne!(lost.reads("prod", "KEY").ok().as_deref(), Some("after"));
    assert_eq!(ann.vault.members().expect("listed").len(), 2);

    enrols(&mut ann, &mut new, DeviceRole::Secondary);
    everybody_syncs(&mut [&mut ann, &mut ben, &mut new], &mut remote);
    assert_eq!(new.reads("prod", "KEY").expect("hers"), "after");
    new.sets("prod", "KEY", "from the new one");
    everybody_syncs(&mut [&mut new, &mut ben], &mut remote);
    assert_eq!(ben.reads("prod", "KEY").expect("his"), "from the new one");
    for person in [&mut ann, &mut ben, &mut new] {
        person.verifies();
    }
}

#[test]
fn what_is_not_for_this_request_is_refused_and_nothing_changes() {
    let (mut ann, mut desk) = (Person::new("Ann"), Person::new("nobody yet"));
    ann.founds("team");
    ann.sets("dev", "KEY", "one");
    let refused = |result: Result<_, EnrolError>| match result {
        Err(EnrolError::Refused(error)) => error,
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("it was taken"),
    };
    // A vault with something in it, or that did not ask.
    assert!(matches!(
        ann.vault.enrolment_request(),
        Err(EnrolError::InUse)
    ));
    assert!(matches!(
        desk.vault.read_welcome(&[0; 64]),
        Err(EnrolError::NotAsked)
    ));
    let sent = welcome(&mut ann, &mut desk, DeviceRole::Secondary);
    let mut changed = sent.clone();
    changed[sent.len() / 3] ^= 1;
    let read = desk.vault.read_welcome(&changed).map(|_| ());
    assert_eq!(refused(read), EnrolmentError::NotForThisDevice);
    // Another machine that asked, too, with a code of its own.
    let mut other = Person::new("other");
    let (code, _) = asks(&mut other);
    assert_ne!(code, asks(&mut desk).0);
    let read = other.vault.read_welcome(&sent).map(|_| ());
    assert_eq!(refused(read), EnrolmentError::NotForThisDevice);
    // Where it has something by now, it stays what it is.
    let read = desk.vault.read_welcome(&sent).expect("for it");
    let dev = [crate::EnvironmentName::parse("dev").expect("a name")];
    let name = ProjectName::parse("mine").expect("a name");
    other
        .vault
        .create_project(&asker(), &name, &dev)
        .expect("made");
    let joined = other.vault.join_identity(&asker(), &read);
    assert!(matches!(joined, Err(EnrolError::InUse)));
    other.verifies();
    // The same welcome twice, as after a crash between its spaces.
    let own = desk.vault.own_space();
    let kept = desk.vault.anchors().expect("read").expect("some");
    desk.vault.join_identity(&asker(), &read).expect("joined");
    assert_ne!(desk.vault.own_space(), own);
    // What was anchored before is of a space that it left, and no sign of an older copy; what was anchored since is one.
    desk.space = desk.vault.own_space();
    let older = desk.copied();
    desk.vault.compare_with(&kept).expect("compared");
    assert_eq!(desk.vault.rollback(), None);
    let environment = crate::EnvironmentName::parse("dev").expect("a name");
    for name in ["a", "b", "c", "d", "e", "f", "g", "h"] {
        let project = ProjectName::parse(name).expect("a name");
        desk.vault
            .create_project(&asker(), &project, std::slice::from_ref(&environment))
            .expect("made");
    }
    let since = desk.vault.anchors().expect("read").expect("some");
    let mut older = older;
    older.compare_with(&since).expect("compared");
    assert!(older.rollback().is_some(), "an older copy is one");
    drop(older);
    let own = desk.vault.own_space();
    joins(&mut desk, &sent);
    assert_eq!(desk.vault.own_space(), own);
    assert!(matches!(
        desk.vault.read_welcome(&sent),
        Err(EnrolError::NotAsked)
    ));
    let invite = ann.vault.read_invite(&asker(), &read.invites[0]);
    assert!(matches!(invite, Err(TeamError::Invite(_))));
    desk.verifies();
}

/// Who may not make keys says that a machine is lost, whatever they took in before they could publish it.
#[test]
fn a_reader_who_lost_a_machine_is_heard() {
    for heard_first in [false, true] {
        let (mut ann, mut ben) = (Person::new("Ann"), Person::new("Ben"));
        let (mut lost, mut remote) = (Person::new("one"), Remote::new());
        ann.founds("team");
        ann.sets("dev", "KEY", "before");
        ann.invites(&mut ben, &[("shop/dev", Role::Reader)]);
        enrols(&mut ben, &mut lost, DeviceRole::Secondary);
        everybody_syncs(&mut [&mut ann, &mut ben, &mut lost], &mut remote);
        let device = lost.vault.facts.device;
        ben.vault
            .revoke_own_device(&asker(), device)
            .expect("his own");
        if heard_first {
            let mut cleo = Person::new("Cleo");
            ann.invites(&mut cleo, &[("shop/dev", Role::Reader)]);
            ann.publishes(&mut remote);
        }
        ben.syncs(&mut remote);
        ann.syncs(&mut remote);
        ann.sets("dev", "KEY", "after");
        everybody_syncs(&mut [&mut ann, &mut ben], &mut remote);
        assert_eq!(ben.reads("dev", "KEY").expect("his"), "after");
        lost.takes(&remote);
        assert_ne!(lost.reads("dev", "KEY").ok().as_deref(), Some("after"));
        // And another machine comes in its place.
        let mut new = Person::new("two");
        enrols(&mut ben, &mut new, DeviceRole::Secondary);
        everybody_syncs(&mut [&mut ben, &mut ann, &mut new], &mut remote);
        assert_eq!(new.reads("dev", "KEY").expect("his"), "after");
    }
}

/// Where the first welcome was lost, the same machine is welcomed again, as another kind of device too.
#[test]
fn a_welcome_that_was_lost_is_made_again() {
    let (mut ann, mut desk) = (Person::new("Ann"), Person::new("nobody yet"));
    let mut remote = Remote::new();
    ann.founds("team");
    ann.sets("dev", "KEY", "one");
    drop(welcome(&mut ann, &mut desk, DeviceRole::Secondary));
    ann.publishes(&mut remote);
    let again = welcome(&mut ann, &mut desk, DeviceRole::Secondary);
    let primary = welcome(&mut ann, &mut desk, DeviceRole::Primary);
    ann.publishes(&mut remote);
    let read = desk.vault.read_welcome(&again).expect("for it");
    desk.vault.join_identity(&asker(), &read).expect("joined");
    assert!(!desk.vault.is_primary());
    joins(&mut desk, &primary);
    assert!(desk.vault.is_primary());
    let taken = desk.syncs(&mut remote);
    assert_eq!(taken.problems, [], "the checkpoint went out with it");
    assert_eq!(desk.reads("dev", "KEY").expect("hers"), "one");
    assert!(desk.copied().is_primary());
    desk.verifies();
}

/// A space whose owner has more to say, and one that has another's name, keep no device in the others.
#[test]
fn a_lost_machine_goes_from_every_space() {
    let (mut ann, mut lost) = (Person::new("Ann"), Person::new("one"));
    ann.founds("one");
    let first = ann.space;
    let before = ann.vault.create_space(&asker(), "two").expect("made");
    enrols(&mut ann, &mut lost, DeviceRole::Secondary);
    ann.vault.create_space(&asker(), "three").expect("made");
    let rename = "UPDATE spaces SET name = 'one' WHERE name = 'three'";
    ann.vault.sql.execute(rename, []).expect("renamed");
    let device = lost.vault.facts.device;
    ann.vault.revoke_own_device(&asker(), device).expect("hers");
    for space in [first, before] {
        ann.vault.enter_space(space).expect("entered");
        let members = ann.vault.members().expect("listed");
        assert_eq!(members[0].devices.len(), 1);
    }
}
