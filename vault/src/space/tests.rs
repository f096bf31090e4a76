//! People with a vault each, and a remote that is a map.

use super::*;
use crate::{
    EnvironmentName, Exposure, NewGrant, Origin, Place, ProjectName, Role, SecretName,
    VersionSelector,
    tests::{asker, one_of_many_in},
};
use keystead_replica::RemoteName;
use std::collections::BTreeMap;

pub(crate) struct Person {
    pub(crate) vault: Vault,
    pub(crate) space: SpaceId,
    root: keystead_crypto::RootKey,
    temp: tempfile::TempDir,
}

/// What a remote holds.
pub(crate) type Remote = BTreeMap<RemoteName, Vec<u8>>;

impl Person {
    pub(crate) fn new(name: &str) -> Self {
        let temp = tempfile::tempdir().expect("temp");
        let (mut vault, _, root) = one_of_many_in(temp.path());
        vault.rename_card(&asker(), name).expect("renamed");
        let space = vault.facts.home;
        Self {
            vault,
            space,
            root,
            temp,
        }
    }

    /// The same device once more, as a copy of its disk is.
    pub(crate) fn copied(&self) -> Vault {
        let checkpoint = "PRAGMA wal_checkpoint(TRUNCATE)";
        let done = self.vault.sql.query_row(checkpoint, [], |_| Ok(()));
        done.expect("written through");
        let original = crate::VaultFolder::at(&self.temp.path().join("work"));
        let place = crate::VaultFolder::at(&self.temp.path().join("copy"));
        std::fs::create_dir_all(place.path()).expect("made");
        for entry in std::fs::read_dir(original.path()).expect("listed") {
            let entry = entry.expect("an entry");
            if entry.file_type().expect("a type").is_file() {
                std::fs::copy(entry.path(), place.path().join(entry.file_name())).expect("copied");
            }
        }
        let opened = crate::unlock::open_with_root_key(&place, &self.root);
        let mut vault = opened.expect("opened");
        vault.enter_space(self.space).expect("entered");
        vault
    }

    /// Makes a space with a project of two environments.
    pub(crate) fn founds(&mut self, name: &str) {
        self.space = self.vault.create_space(&asker(), name).expect("made");
        let environments =
            ["dev", "prod"].map(|name| EnvironmentName::parse(name).expect("a name"));
        self.vault
            .create_project(
                &asker(),
                &ProjectName::parse("shop").expect("a name"),
                &environments,
            )
            .expect("made");
    }

    /// Invites somebody, who accepts at once.
    pub(crate) fn invites(&mut self, other: &mut Self, grants: &[(&str, Role)]) {
        let card = other.vault.card().expect("a card");
        let endorsement = other.vault.endorsement().expect("a device");
        let grants: Vec<NewGrant> = grants
            .iter()
            .map(|(place, role)| NewGrant {
                place: match place.split_once('/') {
                    Some((project, environment)) => {
                        Place::Environment(project.to_owned(), environment.to_owned())
                    }
                    None if *place == "space" => Place::Space,
                    None => Place::Project((*place).to_owned()),
                },
                role: *role,
                expires: None,
            })
            .collect();
        let invites = self
            .vault
            .invite(
                &asker(),
                &Guest {
                    card,
                    endorsements: vec![endorsement],
                },
                &grants,
                &InviteTerms {
                    history: false,
                    remote: None,
                    valid: 1_000,
                },
            )
            .expect("invited");
        let invite = other
            .vault
            .read_invite(&asker(), &invites[0])
            .expect("theirs");
        other.space = other
            .vault
            .accept_invite(&asker(), &invite)
            .expect("accepted");
    }

    /// Takes in all that is on the remote and publishes what is new.
    pub(crate) fn syncs(&mut self, remote: &mut Remote) -> TakenIn {
        let taken = self.takes(remote);
        self.publishes(remote);
        taken
    }

    pub(crate) fn takes(&mut self, remote: &Remote) -> TakenIn {
        let objects: Vec<(RemoteName, Vec<u8>)> = remote
            .iter()
            .map(|(name, bytes)| (*name, bytes.clone()))
            .collect();
        self.vault
            .take_in(&asker(), self.space, &objects)
            .expect("taken in")
    }

    pub(crate) fn publishes(&mut self, remote: &mut Remote) {
        let outgoing = self.vault.outgoing(&asker(), self.space).expect("ready");
        for (name, bytes) in &outgoing.objects {
            let before = remote.insert(*name, bytes.clone());
            let replaces = matches!(name.kind, keystead_replica::ObjectKind::Head(_));
            let same = |there: Vec<u8>| keystead_replica::is_same_object(name, &there, bytes);
            assert!(replaces || before.is_none_or(same), "{name:?} is made once");
        }
        for name in &outgoing.replaced {
            assert!(remote.remove(name).is_some(), "{name:?} was there");
        }
        self.vault.note_published(&outgoing).expect("noted");
    }

    pub(crate) fn sets(&mut self, environment: &str, name: &str, value: &str) {
        self.tries_to_set(environment, name, value).expect("set");
    }

    pub(crate) fn tries_to_set(
        &mut self,
        environment: &str,
        name: &str,
        value: &str,
    ) -> Result<(), VaultError> {
        let values = [(SecretName::parse(name).expect("a name"), value)];
        self.vault
            .put_values(
                &asker(),
                "shop",
                environment,
                &values,
                Origin::Set,
                "",
                false,
            )
            .map(|_| ())
    }

    pub(crate) fn reads(&mut self, environment: &str, name: &str) -> Result<String, VaultError> {
        let place = ("shop", environment, name);
        let current = VersionSelector::Current;
        let read = self
            .vault
            .read(&asker(), place, current, Exposure::Read, "")?;
        Ok(read.value.to_string())
    }

    pub(crate) fn verifies(&mut self) {
        let problem = self.vault.verify(&asker()).expect("verified").problem;
        assert_eq!(problem, None);
    }
}

#[test]
fn two_people_share_a_space_over_objects() {
    let (mut ann, mut ben) = (Person::new("Ann"), Person::new("Ben"));
    let mut remote = Remote::new();
    ann.founds("team");
    ann.sets("dev", "KEY", "one");
    ann.sets("prod", "KEY", "secret");
    ann.invites(&mut ben, &[("shop/dev", Role::Editor)]);
    ann.syncs(&mut remote);
    let taken = ben.syncs(&mut remote);
    assert_eq!(taken.problems, []);
    assert!(taken.operations > 0 && taken.refused == 0, "{taken:?}");
    assert_eq!(ben.reads("dev", "KEY").expect("his"), "one");
    assert!(matches!(ben.reads("prod", "KEY"), Err(VaultError::NoKey)));
    ben.verifies();

    ben.sets("dev", "KEY", "two");
    ben.sets("dev", "OTHER", "new");
    let refused = ben.tries_to_set("prod", "KEY", "mine");
    assert!(
        matches!(
            refused,
            Err(VaultError::NotAllowed(_) | VaultError::NoKey | VaultError::NotSealing(_))
        ),
        "{refused:?}"
    );
    ben.syncs(&mut remote);
    let taken = ann.syncs(&mut remote);
    assert_eq!((taken.problems, taken.refused), (Vec::new(), 0));
    assert_eq!(ann.reads("dev", "KEY").expect("hers"), "two");
    assert_eq!(ann.reads("dev", "OTHER").expect("hers"), "new");
    assert_eq!(ann.reads("prod", "KEY").expect("hers"), "secret");
    ann.verifies();
    ben.verifies();
    // Nothing new: nothing to publish, nothing to take in.
    let before = remote.clone();
    assert_eq!(ben.syncs(&mut remote), TakenIn::default());
    assert_eq!(ann.syncs(&mut remote), TakenIn::default());
    assert_eq!(remote, before);
}

/// Two write apart: both versions stay, the greater stamp is current on both sides, and who writes next settles it.
#[test]
fn what_two_said_apart_stays_until_somebody_who_saw_both_says_more() {
    let (mut ann, mut ben) = (Person::new("Ann"), Person::new("Ben"));
    let mut remote = Remote::new();
    ann.founds("team");
    ann.sets("dev", "KEY", "one");
    ann.invites(&mut ben, &[("space", Role::Editor)]);
    ann.syncs(&mut remote);
    ben.syncs(&mut remote);
    ann.syncs(&mut remote);
    let conflicts = |person: &Person| -> i64 {
        let count = "SELECT count(*) FROM conflicts";
        person
            .vault
            .sql
            .query_row(count, [], |row| row.get(0))
            .expect("counted")
    };
    ann.sets("dev", "KEY", "anns");
    ben.sets("dev", "KEY", "bens");
    ann.sets("dev", "TWIN", "anns twin");
    ben.sets("dev", "TWIN", "bens twin");
    for _ in 0..2 {
        ann.syncs(&mut remote);
        ben.syncs(&mut remote);
    }
    let current = ann.reads("dev", "KEY").expect("one of them");
    assert_eq!(current, ben.reads("dev", "KEY").expect("the same"));
    assert!(["anns", "bens"].contains(&&*current), "{current}");
    assert_eq!((conflicts(&ann), conflicts(&ben)), (1, 1));
    let numbers = |person: &Person| -> Vec<(u32, i64)> {
        let query = "SELECT v.number, v.twin FROM versions v JOIN secrets c ON c.id = v.secret
                     WHERE c.name = 'KEY' AND v.environment IN
                     (SELECT id FROM environments WHERE name = 'dev') ORDER BY 1, 2";
        let mut statement = person.vault.sql.prepare(query).expect("prepared");
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)));
        rows.expect("rows").map(|row| row.expect("read")).collect()
    };
    assert_eq!(numbers(&ann), [(1, 0), (2, 0), (2, 1)]);
    assert_eq!(numbers(&ann), numbers(&ben));
    // Two secrets of one name: one has it, the other is shown aside, the same one on both sides.
    let names = |person: &Person| -> Vec<String> {
        let rows = person.vault.matrix("shop").expect("listed");
        rows.into_iter().map(|row| row.name.to_string()).collect()
    };
    assert_eq!(names(&ann), names(&ben));
    let aside: Vec<String> = names(&ann)
        .into_iter()
        .filter(|name| name.starts_with("TWIN/"))
        .collect();
    assert_eq!(aside.len(), 1, "{:?}", names(&ann));
    assert_eq!(
        ann.reads("dev", "TWIN").expect("one"),
        ben.reads("dev", "TWIN").expect("the same one")
    );
    ann.verifies();
    ben.verifies();
    // Listed on both sides alike, and settled by whoever saw both.
    let listed = ann.vault.conflicts().expect("listed");
    let other = ben.vault.conflicts().expect("listed");
    assert_eq!((listed.len(), other.len()), (1, 1));
    assert_eq!(listed[0].about, "shop/dev KEY");
    let both = |said: &crate::Conflict| {
        let mut both = [&said.stands, &said.waits].map(|said| (said.by.clone(), said.what.clone()));
        both.sort();
        both
    };
    assert_eq!(both(&listed[0]), both(&other[0]));
    assert!(
        both(&listed[0]).iter().any(|(by, _)| by == "Ann"),
        "{listed:?}"
    );
    let waits = match current.as_str() {
        "anns" => "bens",
        _ => "anns",
    };
    let id = &listed[0].id;
    ann.vault
        .settle_conflict(&asker(), id, crate::Settlement::Take)
        .expect("settled");
    assert_eq!(ann.reads("dev", "KEY").expect("the other"), waits);
    let again = ann
        .vault
        .settle_conflict(&asker(), id, crate::Settlement::Keep);
    assert!(matches!(again, Err(VaultError::NoConflict(_))));
    ann.syncs(&mut remote);
    ben.syncs(&mut remote);
    assert_eq!(ben.vault.conflicts().expect("listed"), []);
    assert_eq!(ben.reads("dev", "KEY").expect("the same"), waits);
    ben.sets("dev", "KEY", "settled");
    ben.syncs(&mut remote);
    ann.syncs(&mut remote);
    assert_eq!((conflicts(&ann), conflicts(&ben)), (0, 0));
    assert_eq!(ann.reads("dev", "KEY").expect("his"), "settled");
    ann.verifies();
}

/// Whoever may not is refused by everybody else, whatever their own program lets through.
#[test]
fn what_a_reader_writes_counts_for_nobody() {
    let (mut ann, mut eve) = (Person::new("Ann"), Person::new("Eve"));
    let mut remote = Remote::new();
    ann.founds("team");
    ann.sets("dev", "KEY", "one");
    ann.sets("dev", "OTHER", "kept");
    ann.invites(&mut eve, &[("shop/dev", Role::Reader)]);
    ann.syncs(&mut remote);
    eve.syncs(&mut remote);
    // Her program asks nobody.
    eve.vault.facts.shared = false;
    eve.sets("dev", "KEY", "hers");
    let renamed = [("OTHER", vec![crate::SecretField::Name("GONE".to_owned())])];
    eve.vault
        .edit_secrets(&asker(), "shop", &renamed)
        .expect("said");
    let protected = [crate::EnvironmentField::Protected(true)];
    eve.vault
        .edit_environment(&asker(), ("shop", "dev"), &protected)
        .expect("said");
    let removed = [crate::ProjectField::Removed(true)];
    eve.vault
        .edit_project(&asker(), "shop", &removed)
        .expect("said");
    eve.vault.facts.shared = true;
    let said = eve.vault.unpublished(eve.space).expect("counted");
    assert!(said >= 4, "{said}");
    // Nor does it publish what it could not have written; somebody else's would.
    let log = crate::log::Log::load(&eve.vault.sql, eve.space).expect("hers");
    assert!(log.operations.size() >= 4);
    let outgoing = eve.vault.outgoing(&asker(), eve.space).expect("sealed");
    for (name, bytes) in outgoing.objects {
        remote.insert(name, bytes);
    }
    let found = ann.takes(&remote);
    assert_eq!((found.operations, found.refused), (said, said), "{found:?}");
    assert_eq!(ann.reads("dev", "KEY").expect("hers"), "one");
    assert_eq!(ann.reads("dev", "OTHER").expect("hers"), "kept");
    ann.verifies();
}

/// A role that has ended: nobody honest seals for whoever had it, and the first owner who comes takes it back.
#[test]
fn a_role_that_has_ended_is_taken_back_by_an_owner() {
    let (mut ann, mut ben) = (Person::new("Ann"), Person::new("Ben"));
    let mut cleo = Person::new("Cleo");
    let mut remote = Remote::new();
    ann.founds("team");
    ann.sets("dev", "KEY", "one");
    ann.invites(&mut ben, &[("shop/dev", Role::Reader)]);
    ann.invites(&mut cleo, &[("shop", Role::Editor)]);
    let grant = NewGrant {
        place: Place::Environment("shop".to_owned(), "prod".to_owned()),
        role: Role::Reader,
        expires: Some(asker().at.0 + 1_000),
    };
    let who = ben.vault.facts.identity;
    ann.sets("prod", "KEY", "for a while");
    ann.vault
        .grant(&asker(), &who, &grant, false)
        .expect("given");
    let listed = ann.vault.member(&who).expect("there");
    assert!(
        listed
            .roles
            .iter()
            .any(|(_, _, ends)| *ends == grant.expires)
    );
    let because = ann.vault.explain(&who, &grant.place).expect("explained");
    assert_eq!(because.0, Some(Role::Reader));
    assert!(
        because.1.contains("Ann gave reader for shop/prod"),
        "{because:?}"
    );
    ann.syncs(&mut remote);
    ben.syncs(&mut remote);
    cleo.syncs(&mut remote);
    assert_eq!(ben.reads("prod", "KEY").expect("his"), "for a while");
    cleo.sets("prod", "KEY", "in time");
    cleo.syncs(&mut remote);
    let mut later = asker();
    later.at.0 += 2_000;
    let put = |person: &mut Person, by: &crate::Asker, value: &str| {
        let values = [(SecretName::parse("KEY").expect("a name"), value)];
        person
            .vault
            .put_values(by, "shop", "prod", &values, Origin::Set, "", false)
            .map(|_| ())
    };
    let refused = put(&mut cleo, &later, "too late");
    assert!(
        matches!(refused, Err(VaultError::NotSealing(_))),
        "{refused:?}"
    );
    ann.takes(&remote);
    assert!(ann.vault.tidy_space(&later).expect("tidied"));
    ann.publishes(&mut remote);
    cleo.takes(&remote);
    put(&mut cleo, &later, "afterwards").expect("sealed under another key");
    cleo.publishes(&mut remote);
    ben.takes(&remote);
    assert_eq!(
        ann.vault.explain(&who, &grant.place).expect("explained").0,
        None
    );
    assert_eq!(
        ben.vault.explain(&who, &grant.place).expect("explained").0,
        None
    );
    assert!(matches!(ben.reads("prod", "KEY"), Err(VaultError::NoKey)));
    ann.takes(&remote);
    assert_eq!(ann.reads("prod", "KEY").expect("hers"), "afterwards");
    ann.verifies();
    ben.verifies();
}

/// What a large space costs; printed, not asserted: run with `--run-ignored all --no-capture`, in release.
#[test]
#[ignore = "prints figures"]
fn a_large_space_in_figures() {
    use keystead_crypto::{
        Card, DeviceCertificate, DeviceKeys, DeviceRole, DisplayName, IdentityKeys,
    };
    use std::time::Instant;
    for members in [10, 100, 1_000] {
        let mut ann = Person::new("Ann");
        ann.founds("team");
        for at in 0..200 {
            ann.sets("dev", &format!("KEY_{at}"), "value");
        }
        let began = Instant::now();
        let mut last = None;
        for at in 0..members {
            let rng = &mut crate::keyring::system_random();
            let identity = IdentityKeys::generate(rng);
            let name = DisplayName::parse(&format!("Member {at}")).expect("a name");
            let card = Card::issue(1, &name, &identity, rng);
            let card = Card::parse(&card).expect("a card");
            let endorsements: Vec<Vec<u8>> = (0..2)
                .map(|_| {
                    let device = DeviceKeys::generate(rng);
                    let certificate = DeviceCertificate::issue(
                        &identity.signing,
                        DeviceRole::Primary,
                        &device.public(&name),
                        rng,
                    );
                    keystead_membership::Endorsement::consent(&certificate, &device.signing, rng)
                })
                .collect();
            let guest = Guest { card, endorsements };
            let grants = [NewGrant {
                place: Place::Environment("shop".to_owned(), "dev".to_owned()),
                role: Role::Editor,
                expires: None,
            }];
            let terms = InviteTerms {
                history: false,
                remote: None,
                valid: 1_000,
            };
            ann.vault
                .invite(&asker(), &guest, &grants, &terms)
                .expect("invited");
            last = Some(guest.card.fingerprint());
        }
        let invited = began.elapsed();
        let began = Instant::now();
        ann.sets("dev", "KEY_0", "another");
        let set = began.elapsed();
        let mut remote = Remote::new();
        let began = Instant::now();
        ann.publishes(&mut remote);
        let published = began.elapsed();
        let bytes: usize = remote.values().map(Vec::len).sum();
        let began = Instant::now();
        ann.vault
            .remove_member(&asker(), &last.expect("some"))
            .expect("removed");
        let removed = began.elapsed();
        println!(
            "{members} members: invited in {invited:?}, a set {set:?}, published in {published:?} ({bytes} bytes), one removed in {removed:?}"
        );
    }
}
