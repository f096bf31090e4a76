//! Membership, as people who trust each other, and some who should not be, make it.

mod orders;
mod past;
mod world;

use keystead_crypto::{DeviceKeys, EpochId};
use keystead_membership::*;
use std::collections::BTreeSet;
use world::*;

#[test]
fn members_come_with_devices_and_roles() {
    let (ann, ben) = (Person::new(), Person::new());
    let mut graph = founded(&ann);
    let card = ann.card(1);
    holds(&mut graph, &ann, Act::UpdateCard { card });
    join(&mut graph, &ann, &ben, DEV, Role::Editor);
    let standing = graph.standing();
    let view = standing.view();
    assert_eq!(view.role(ann.id(), PROD), Some(Role::Owner));
    assert_eq!(view.role(ben.id(), DEV), Some(Role::Editor));
    assert_eq!(view.role(ben.id(), PROD), None);
    assert_eq!(view.owners(), [ann.id()]);
    let may = |scope| view.entitled(scope);
    let both = BTreeSet::from([ann.device_id(), ben.device_id()]);
    assert_eq!(may(DEV), both);
    assert_eq!(may(Scope::Project(PROJECT)), both, "names are for all");
    assert_eq!(may(PROD), BTreeSet::from([ann.device_id()]));
    assert_eq!(view.card(ben.id()).expect("a card").version, 1);
}

/// A client that signs whatever it likes: as a reader, and as a member without any role.
#[test]
fn whoever_may_only_read_is_refused_everything_else() {
    let (ann, ben, cleo, eve) = (Person::new(), Person::new(), Person::new(), Person::new());
    for role in [Some(Role::Reader), None] {
        let mut graph = founded(&ann);
        join(&mut graph, &ann, &cleo, Scope::Space, Role::Editor);
        let card = eve.card(1);
        holds(&mut graph, &ann, Act::AddMember { card });
        let comes = eve.comes(&graph);
        add(&mut graph, &comes);
        if let Some(role) = role {
            holds(&mut graph, &ann, grant(&eve, Scope::Space, role));
        }
        let opened = keys(&graph, &[DEV]);
        holds(&mut graph, &ann, opened);
        let epoch = first_epoch(&graph);
        let second = DeviceKeys::generate(&mut rng());
        let of_eve = eve.endorse(&second);
        let of_cleo = cleo.endorse(&DeviceKeys::generate(&mut rng()));
        let acts = [
            Act::AddMember { card: ben.card(1) },
            Act::UpdateCard { card: cleo.card(2) },
            Act::AddDevice {
                endorsement: of_cleo,
            },
            grant(&eve, DEV, Role::Editor),
            grant(&eve, Scope::Space, Role::Owner),
            take_back(&cleo, Scope::Space, None),
            remove(&cleo),
            remove(&ann),
            Act::RevokeDevice {
                device: cleo.device_id(),
                cuts: Vec::new(),
            },
            keys(&graph, &[DEV]),
            Act::ShareKeys {
                epochs: vec![epoch],
                wraps: wraps(BTreeSet::from([eve.device_id(), cleo.device_id()])),
            },
            Act::SetRelease {
                scope: DEV,
                release: None,
            },
        ];
        for act in acts {
            assert_eq!(refused(&mut graph, &eve, act.clone()), Why::Role, "{act:?}");
        }
        // What is one's own may be said by anybody.
        let endorsement = of_eve;
        holds(&mut graph, &eve, Act::AddDevice { endorsement });
        let epochs = vec![epoch];
        let wraps = wraps(BTreeSet::from([eve.device_id(), DeviceId(second.id)]));
        let gives = Act::ShareKeys { epochs, wraps };
        // What one may read one may read on each of one's devices.
        match role {
            Some(_) => {
                holds(&mut graph, &eve, gives);
            }
            None => assert_eq!(refused(&mut graph, &eve, gives), Why::Role),
        }
        holds(&mut graph, &eve, Act::UpdateCard { card: eve.card(2) });
        holds(&mut graph, &eve, remove(&eve));
    }
}

#[test]
fn an_editor_makes_keys_and_says_nothing_of_members() {
    let (ann, ben, cleo) = (Person::new(), Person::new(), Person::new());
    let mut graph = founded(&ann);
    join(&mut graph, &ann, &ben, DEV, Role::Editor);
    join(&mut graph, &ann, &cleo, PROD, Role::Owner);
    let opened = keys(&graph, &[Scope::Space, DEV]);
    holds(&mut graph, &ben, opened);
    let opened = keys(&graph, &[PROD]);
    assert_eq!(refused(&mut graph, &ben, opened), Why::Role);
    assert_eq!(
        refused(&mut graph, &ben, grant(&ben, PROD, Role::Reader)),
        Why::Role
    );
    // An owner of one environment gives roles in it, and nowhere else.
    holds(&mut graph, &cleo, grant(&ben, PROD, Role::Reader));
    assert_eq!(
        refused(&mut graph, &cleo, grant(&ben, DEV, Role::Owner)),
        Why::Role
    );
    assert_eq!(refused(&mut graph, &cleo, remove(&ben)), Why::Role);
    holds(&mut graph, &cleo, take_back(&ben, PROD, None));
    assert_eq!(
        graph.standing().view().role(ben.id(), PROD),
        None,
        "taken back"
    );
}

#[test]
fn who_is_removed_gives_nothing_any_more_not_even_in_the_past() {
    let (ann, ben, eve) = (Person::new(), Person::new(), Person::new());
    let mut graph = founded(&ann);
    join(&mut graph, &ann, &ben, Scope::Space, Role::Owner);
    let long_ago = graph.heads().clone();
    holds(&mut graph, &ann, remove(&ben));
    assert_eq!(
        refused(&mut graph, &ben, Act::AddMember { card: eve.card(1) }),
        Why::NotIn
    );
    // As if it had been said before the removal.
    let late = ben.says_after(&graph, &long_ago, Act::AddMember { card: eve.card(1) });
    let late = add(&mut graph, &late);
    let standing = graph.standing();
    assert_eq!(standing.verdict(late), Some(Verdict::Refused(Why::Crossed)));
    assert!(!standing.view().is_member(eve.id()));
    // What eve says rests on it.
    let comes = eve.comes(&graph);
    let comes = add(&mut graph, &comes);
    assert!(matches!(
        graph.standing().verdict(comes),
        Some(Verdict::Refused(Why::NotIn))
    ));
}

#[test]
fn removals_that_cross_both_count_unless_nobody_would_be_left() {
    let (ann, ben, cleo) = (Person::new(), Person::new(), Person::new());
    let mut graph = founded(&ann);
    join(&mut graph, &ann, &ben, Scope::Space, Role::Owner);
    for third in [false, true] {
        if third {
            join(&mut graph, &ann, &cleo, Scope::Space, Role::Owner);
        }
        let mut graph = graph.clone();
        let heads = graph.heads().clone();
        let by_ann = ann.says_after(&graph, &heads, remove(&ben));
        let by_ben = ben.says_after(&graph, &heads, remove(&ann));
        let (by_ben, by_ann) = (add(&mut graph, &by_ben), add(&mut graph, &by_ann));
        let standing = graph.standing();
        let view = standing.view();
        assert_eq!(standing.verdict(by_ann), Some(Verdict::Holds));
        assert!(!view.is_member(ben.id()));
        if third {
            assert_eq!(standing.verdict(by_ben), Some(Verdict::Holds));
            assert_eq!(view.owners(), [cleo.id()]);
        } else {
            let nobody = Some(Verdict::Refused(Why::NoOwnerLeft));
            assert_eq!(standing.verdict(by_ben), nobody, "ann came first");
            assert_eq!(view.owners(), [ann.id()]);
        }
    }
}

#[test]
fn what_rests_on_what_fell_falls() {
    let (ann, ben, cleo, dan) = (Person::new(), Person::new(), Person::new(), Person::new());
    let mut graph = founded(&ann);
    join(&mut graph, &ann, &ben, Scope::Space, Role::Owner);
    join(&mut graph, &ann, &cleo, Scope::Space, Role::Editor);
    let mut apart = graph.clone();
    // Ben, not knowing, makes Dan an owner, who removes Cleo.
    join(&mut apart, &ben, &dan, Scope::Space, Role::Owner);
    let removal = dan.says(&apart, remove(&cleo));
    add(&mut apart, &removal);
    assert!(!apart.standing().view().is_member(cleo.id()));
    holds(&mut graph, &ann, remove(&ben));
    merge(&mut graph, &apart);
    let standing = graph.standing();
    let view = standing.view();
    assert!(!view.is_member(dan.id()) && view.is_member(cleo.id()));
    assert_eq!(view.owners(), [ann.id()]);
}

/// A removal that counted first loses its ground to one that was weighed after it, and then crosses nothing any more.
#[test]
fn a_removal_that_fell_takes_nothing() {
    let (ann, ben, mia, cleo, xena, dan) = (
        Person::new(),
        Person::new(),
        Person::new(),
        Person::new(),
        Person::new(),
        Person::new(),
    );
    let mut first = founded(&ann);
    join(&mut first, &ann, &ben, Scope::Space, Role::Owner);
    join(&mut first, &ann, &xena, Scope::Space, Role::Owner);
    // Ben makes Mia an owner, who removes Xena.
    let mut one = first.clone();
    join(&mut one, &ben, &mia, Scope::Space, Role::Owner);
    let of_mia = mia.says(&one, remove(&xena));
    let of_mia = add(&mut one, &of_mia);
    // Cleo came later than Mia, not knowing of it, and removes Ben.
    let mut two = first.clone();
    for version in 2..6 {
        let card = ann.card(version);
        holds(&mut two, &ann, Act::UpdateCard { card });
    }
    join(&mut two, &ann, &cleo, Scope::Space, Role::Owner);
    holds(&mut two, &cleo, remove(&ben));
    // Xena knows of neither, and brings Dan.
    let mut three = first.clone();
    let card = dan.card(1);
    let of_xena = xena.says(&three, Act::AddMember { card });
    let of_xena = add(&mut three, &of_xena);
    let mut all = one.clone();
    merge(&mut all, &three);
    let crossed = Some(Verdict::Refused(Why::Crossed));
    assert_eq!(all.standing().verdict(of_xena), crossed, "so far");
    merge(&mut all, &two);
    let standing = all.standing();
    assert!(matches!(
        standing.verdict(of_mia),
        Some(Verdict::Refused(Why::NotIn))
    ));
    assert_eq!(standing.verdict(of_xena), Some(Verdict::Holds));
    let view = standing.view();
    assert!(view.is_member(dan.id()) && view.is_member(xena.id()));
    assert!(!view.is_member(mia.id()) && !view.is_member(ben.id()));
}

#[test]
fn what_is_taken_back_while_somebody_gives_stays_taken() {
    let (ann, ben, cleo) = (Person::new(), Person::new(), Person::new());
    let mut graph = founded(&ann);
    join(&mut graph, &ann, &ben, Scope::Space, Role::Owner);
    join(&mut graph, &ann, &cleo, PROD, Role::Reader);
    let heads = graph.heads().clone();
    let given = ben.says_after(&graph, &heads, grant(&cleo, PROD, Role::Owner));
    let taken = ann.says_after(&graph, &heads, take_back(&cleo, PROD, None));
    add(&mut graph, &given);
    add(&mut graph, &taken);
    assert_eq!(graph.standing().view().role(cleo.id(), PROD), None);
    // Whoever knows of it may give anew.
    holds(&mut graph, &ben, grant(&cleo, PROD, Role::Editor));
    let standing = graph.standing();
    assert_eq!(standing.view().role(cleo.id(), PROD), Some(Role::Editor));
}

#[test]
fn to_give_is_to_give_more_and_to_take_is_to_leave_less() {
    let (ann, ben) = (Person::new(), Person::new());
    let mut graph = founded(&ann);
    join(&mut graph, &ann, &ben, Scope::Space, Role::Editor);
    for act in [
        grant(&ben, PROD, Role::Reader),
        take_back(&ben, PROD, Some(Role::Editor)),
        take_back(&ben, PROD, Some(Role::Owner)),
    ] {
        assert_eq!(refused(&mut graph, &ann, act), Why::NoChange);
    }
    holds(&mut graph, &ann, take_back(&ben, PROD, None));
    let standing = graph.standing();
    let view = standing.view();
    assert_eq!(view.role(ben.id(), PROD), None, "the narrower one counts");
    assert_eq!(view.role(ben.id(), DEV), Some(Role::Editor));
}

/// What an invited member sent is enough for an owner to bring them with a device.
#[test]
fn an_owner_brings_the_device_of_a_member_and_nobody_else_does() {
    let (ann, ben, cleo) = (Person::new(), Person::new(), Person::new());
    let mut graph = founded(&ann);
    join(&mut graph, &ann, &ben, DEV, Role::Editor);
    let endorsement = cleo.endorse(&cleo.device);
    let (bytes, signature) = ann.says(
        &graph,
        Act::AddDevice {
            endorsement: endorsement.clone(),
        },
    );
    let nobody = graph.insert(&bytes, &signature);
    assert_eq!(nobody, Err(InsertError::UnknownMember), "no member yet");
    let card = cleo.card(1);
    holds(&mut graph, &ann, Act::AddMember { card });
    let by_ben = Act::AddDevice {
        endorsement: endorsement.clone(),
    };
    assert_eq!(refused(&mut graph, &ben, by_ben), Why::Role);
    holds(&mut graph, &ann, Act::AddDevice { endorsement });
    let standing = graph.standing();
    assert_eq!(standing.view().devices(cleo.id()), [cleo.device_id()]);
}

/// Who went and came again came when they came again: the founder too.
#[test]
fn a_founder_who_went_and_came_again_is_no_founder() {
    let (ann, ben) = (Person::new(), Person::new());
    let mut graph = founded(&ann);
    join(&mut graph, &ann, &ben, Scope::Space, Role::Owner);
    holds(&mut graph, &ben, remove(&ann));
    join(&mut graph, &ben, &ann, DEV, Role::Reader);
    assert_eq!(graph.standing().view().owners(), [ben.id()]);
    holds(&mut graph, &ben, grant(&ann, Scope::Space, Role::Owner));
    // They remove each other, and Ben was there first.
    let heads = graph.heads().clone();
    let by_ann = ann.says_after(&graph, &heads, remove(&ben));
    let by_ben = ben.says_after(&graph, &heads, remove(&ann));
    add(&mut graph, &by_ann);
    add(&mut graph, &by_ben);
    assert_eq!(graph.standing().view().owners(), [ben.id()]);
}

#[test]
fn a_role_that_was_taken_back_gives_nothing_in_the_past_either() {
    let (ann, ben, eve) = (Person::new(), Person::new(), Person::new());
    let mut graph = founded(&ann);
    join(&mut graph, &ann, &ben, Scope::Space, Role::Owner);
    let card = eve.card(1);
    holds(&mut graph, &ann, Act::AddMember { card });
    let long_ago = graph.heads().clone();
    holds(
        &mut graph,
        &ann,
        take_back(&ben, Scope::Space, Some(Role::Reader)),
    );
    let late = ben.says_after(&graph, &long_ago, grant(&eve, PROD, Role::Reader));
    let late = add(&mut graph, &late);
    let standing = graph.standing();
    assert_eq!(standing.verdict(late), Some(Verdict::Refused(Why::Crossed)));
    assert_eq!(standing.view().role(ben.id(), PROD), Some(Role::Reader));
    assert_eq!(standing.view().role(eve.id(), PROD), None);
}

#[test]
fn a_device_that_was_revoked_never_comes_back() {
    let (ann, ben) = (Person::new(), Person::new());
    let mut graph = founded(&ann);
    join(&mut graph, &ann, &ben, DEV, Role::Editor);
    let lost = Person {
        identity: keystead_crypto::IdentityKeys::generate(&mut rng()),
        device: DeviceKeys::generate(&mut rng()),
    };
    let endorsement = ben.endorse(&lost.device);
    holds(
        &mut graph,
        &ben,
        Act::AddDevice {
            endorsement: endorsement.clone(),
        },
    );
    let opened = keys(&graph, &[DEV]);
    holds(&mut graph, &lost, opened);
    let device = lost.device_id();
    let cuts = Vec::new();
    holds(&mut graph, &ben, Act::RevokeDevice { device, cuts });
    let again = Act::AddDevice { endorsement };
    assert_eq!(refused(&mut graph, &lost, again.clone()), Why::NotIn);
    // Not by another device either.
    let signed = ben.says(&graph, again);
    add(&mut graph, &signed);
    let standing = graph.standing();
    assert_eq!(standing.view().member_of(device), None);
    assert_eq!(standing.view().devices(ben.id()), [ben.device_id()]);
    assert_eq!(
        standing.sealing(DEV),
        Err(NotSealing::HeldByOthers(BTreeSet::from([device])))
    );
}

#[test]
fn a_device_of_two_identities_is_nobodys_and_a_certificate_alone_is_none() {
    let (ann, ben, eve) = (Person::new(), Person::new(), Person::new());
    let mut graph = founded(&ann);
    join(&mut graph, &ann, &ben, Scope::Space, Role::Owner);
    join(&mut graph, &ann, &eve, DEV, Role::Reader);
    // Eve certifies Ben's device as hers, and signs for it with her own.
    let mut forged = Person::new();
    forged.identity = eve.identity;
    let name = keystead_crypto::DisplayName::parse("laptop").expect("a name");
    let certificate = keystead_crypto::DeviceCertificate::issue(
        &forged.identity.signing,
        keystead_crypto::DeviceRole::Primary,
        &ben.device.public(&name),
        &mut rng(),
    );
    forged.device = eve.device;
    let endorsement = Endorsement::consent(&certificate, &forged.device.signing, &mut rng());
    let (bytes, signature) = forged.says(&graph, Act::AddDevice { endorsement });
    assert!(matches!(
        graph.insert(&bytes, &signature),
        Err(InsertError::Endorsement(EndorsementError::NoConsent(_)))
    ));
    // Ben's device agrees to both.
    let both = Act::AddDevice {
        endorsement: forged.endorse(&ben.device),
    };
    holds(&mut graph, &forged, both);
    let standing = graph.standing();
    assert_eq!(standing.view().member_of(ben.device_id()), None);
    assert_eq!(
        refused(&mut graph, &ben, grant(&forged, DEV, Role::Owner)),
        Why::NotIn
    );
}

#[test]
fn keys_made_at_once_seal_nothing_until_one_follows_all() {
    let (ann, ben) = (Person::new(), Person::new());
    let mut graph = founded(&ann);
    join(&mut graph, &ann, &ben, DEV, Role::Editor);
    assert_eq!(graph.standing().sealing(DEV), Err(NotSealing::NoKey));
    let heads = graph.heads().clone();
    let by_ann = ann.says_after(&graph, &heads, keys(&graph, &[DEV]));
    let by_ben = ben.says_after(&graph, &heads, keys(&graph, &[DEV]));
    add(&mut graph, &by_ann);
    assert!(graph.standing().sealing(DEV).is_ok());
    add(&mut graph, &by_ben);
    let several = graph.standing().sealing(DEV);
    assert!(
        matches!(&several, Err(NotSealing::Several(keys)) if keys.len() == 2),
        "{several:?}"
    );
    // One that names keys as those before that nobody made is refused, and one that is there already.
    let mut wrong = keys(&graph, &[DEV]);
    if let Act::OpenEpochs { epochs, .. } = &mut wrong {
        epochs[0].parents.insert([8; 32]);
    }
    assert_eq!(refused(&mut graph, &ben, wrong), Why::WrongParents);
    let mut again = keys(&graph, &[DEV]);
    if let Act::OpenEpochs { epochs, .. } = &mut again {
        epochs[0].epoch = *epochs[0].parents.first().expect("one before");
    }
    assert_eq!(refused(&mut graph, &ben, again), Why::WrongParents);
    let opened = keys(&graph, &[DEV]);
    holds(&mut graph, &ben, opened);
    let sealing = graph.standing().sealing(DEV).expect("one key");
    assert!(sealing.lacking.is_empty());

    // Somebody who comes lacks it until it is shared; somebody who goes holds it until there is a new one.
    let cleo = Person::new();
    join(&mut graph, &ann, &cleo, DEV, Role::Reader);
    let now = graph.standing().sealing(DEV).expect("the same key");
    assert_eq!(now.epoch, sealing.epoch);
    assert_eq!(now.lacking, BTreeSet::from([cleo.device_id()]));
    let share = |to: &Person| Act::ShareKeys {
        epochs: vec![sealing.epoch],
        wraps: wraps([to.device_id()]),
    };
    let stranger = Person::new();
    assert_eq!(
        refused(&mut graph, &ben, share(&stranger)),
        Why::WrongRecipients
    );
    holds(&mut graph, &ben, share(&cleo));
    assert!(
        graph
            .standing()
            .sealing(DEV)
            .expect("it")
            .lacking
            .is_empty()
    );
    holds(&mut graph, &ann, remove(&cleo));
    assert_eq!(
        graph.standing().sealing(DEV),
        Err(NotSealing::HeldByOthers(BTreeSet::from([cleo.device_id()])))
    );
    let opened = keys(&graph, &[DEV]);
    holds(&mut graph, &ben, opened);
    let renewed = graph.standing().sealing(DEV).expect("a new key");
    assert_ne!(renewed.epoch, sealing.epoch);
}

#[test]
fn a_key_for_others_than_may_have_it_seals_nothing() {
    let (ann, ben, eve) = (Person::new(), Person::new(), Person::new());
    let mut graph = founded(&ann);
    join(&mut graph, &ann, &ben, DEV, Role::Editor);
    for wrong in [
        wraps([ben.device_id()]),
        wraps(BTreeSet::from([
            ann.device_id(),
            ben.device_id(),
            eve.device_id(),
        ])),
    ] {
        let mut graph = graph.clone();
        let mut opened = keys(&graph, &[DEV]);
        if let Act::OpenEpochs { wraps, .. } = &mut opened {
            *wraps = wrong;
        }
        holds(&mut graph, &ben, opened);
        assert_eq!(
            graph.standing().sealing(DEV),
            Err(NotSealing::WrongRecipients)
        );
    }
}

/// A key commits to its scope. Whoever claims another scope's key for their own gives nobody anything by it.
#[test]
fn a_key_of_another_scope_is_nobodys_to_claim() {
    let (ann, ben, cleo) = (Person::new(), Person::new(), Person::new());
    let mut graph = founded(&ann);
    join(&mut graph, &ann, &ben, DEV, Role::Owner);
    join(&mut graph, &ben, &cleo, DEV, Role::Reader);
    let before = graph.heads().clone();
    let opened = keys(&graph, &[PROD]);
    holds(&mut graph, &ann, opened.clone());
    let of_prod = graph.standing().sealing(PROD).expect("a key").epoch;
    let claim = |graph: &Graph| {
        let mut act = keys(graph, &[DEV]);
        if let Act::OpenEpochs { epochs, .. } = &mut act {
            epochs[0].epoch = of_prod;
        }
        act
    };
    let known = claim(&graph);
    assert_eq!(refused(&mut graph, &ben, known), Why::WrongParents);
    // As if said before it was there: then both claim it, and sharing it takes a right to both.
    let mut apart = Graph::new(graph.genesis().clone());
    for (bytes, signature) in graph.signed() {
        if apart.heads() != &before {
            apart.insert(bytes, signature).expect("taken in");
        }
    }
    let early = ben.says(&apart, claim(&apart));
    add(&mut graph, &early);
    let share = Act::ShareKeys {
        epochs: vec![of_prod],
        wraps: wraps([cleo.device_id()]),
    };
    assert_eq!(refused(&mut graph, &ben, share), Why::Role);
    let sealing = graph.standing().sealing(PROD).expect("as before");
    assert_eq!(sealing.epoch, of_prod);
}

/// A device finds in its message the keys that it may have, so one statement opens keys for different people; who may
/// have none of them gets no message, and whoever may have one gets one.
#[test]
fn keys_of_two_scopes_go_out_together_to_whoever_may_have_any() {
    let (ann, ben) = (Person::new(), Person::new());
    let mut graph = founded(&ann);
    join(&mut graph, &ann, &ben, DEV, Role::Editor);
    let opened = keys(&graph, &[DEV, PROD]);
    holds(&mut graph, &ann, opened);
    for scope in [DEV, PROD] {
        assert!(graph.standing().sealing(scope).is_ok(), "{scope:?}");
    }
    let of_prod = graph.standing().view().entitled(PROD);
    assert_eq!(of_prod, BTreeSet::from([ann.device_id()]));
    let left_out = |mut act| {
        if let Act::OpenEpochs { wraps, .. } = &mut act {
            wraps.retain(|wrap| wrap.device != ben.device_id());
        }
        act
    };
    let opened = left_out(keys(&graph, &[DEV, PROD]));
    holds(&mut graph, &ann, opened);
    for scope in [DEV, PROD] {
        let sealing = graph.standing().sealing(scope);
        assert_eq!(sealing, Err(NotSealing::WrongRecipients), "{scope:?}");
    }
}

#[test]
fn a_log_is_taken_in_up_to_the_cut_of_what_its_writer_had_not_seen() {
    let (ann, ben) = (Person::new(), Person::new());
    let mut graph = founded(&ann);
    join(&mut graph, &ann, &ben, DEV, Role::Editor);
    let seen = graph.heads().clone();
    let cut = Cut {
        device: ben.device_id(),
        incarnation: [4; 16],
        operations: 12,
        root: [5; 32],
    };
    let (member, cuts) = (ben.id(), vec![cut]);
    holds(&mut graph, &ann, Act::Remove { member, cuts });
    let standing = graph.standing();
    let of = |device: &Person, incarnation: u8| {
        standing.cut(device.device_id(), [incarnation; 16], &seen, DEV)
    };
    assert_eq!(of(&ben, 4), Some(cut));
    assert_eq!(
        of(&ben, 6).map(|cut| cut.operations),
        Some(0),
        "another log"
    );
    assert_eq!(of(&ann, 4), None);
    let view = standing.view_at(&seen).expect("looked at");
    assert_eq!(view.role(ben.id(), DEV), Some(Role::Editor), "as it was");
}

#[test]
fn what_is_not_signed_or_follows_nothing_is_not_taken_in() {
    let (ann, eve) = (Person::new(), Person::new());
    let mut graph = founded(&ann);
    let (bytes, signature) = ann.says(&graph, Act::AddMember { card: eve.card(1) });
    for at in (0..bytes.len()).step_by(97) {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        assert!(graph.insert(&changed, &signature).is_err(), "byte {at}");
    }
    for at in (0..signature.len()).step_by(211) {
        let mut changed = signature.clone();
        changed[at] ^= 1;
        assert_eq!(
            graph.insert(&bytes, &changed),
            Err(InsertError::NotSigned),
            "byte {at}"
        );
    }
    let (bytes, signature) = eve.says(&graph, Act::AddMember { card: eve.card(1) });
    let stranger = graph.insert(&bytes, &signature);
    assert_eq!(stranger, Err(InsertError::UnknownAuthor));
    let mut ahead = graph.clone();
    let card = eve.card(1);
    holds(&mut ahead, &ann, Act::AddMember { card });
    let (bytes, signature) = ann.says(&ahead, grant(&eve, DEV, Role::Reader));
    let missing = graph.insert(&bytes, &signature);
    assert!(matches!(missing, Err(InsertError::Unknown(ids)) if ids.len() == 1));
    let other = founded(&Person::new());
    let (bytes, signature) = ann.says(&other, Act::AddMember { card: eve.card(1) });
    assert_eq!(
        graph.insert(&bytes, &signature),
        Err(InsertError::AnotherSpace)
    );
}

/// The only epoch of DEV.
fn first_epoch(graph: &Graph) -> EpochId {
    graph.standing().sealing(DEV).expect("a key").epoch
}

/// Takes in all that another graph has.
pub(crate) fn merge(graph: &mut Graph, other: &Graph) {
    for (bytes, signature) in other.signed() {
        graph.insert(bytes, signature).expect("taken in");
    }
}
