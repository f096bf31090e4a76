//! What those say who were removed, or whose laptop was stolen: of the past, as if they did not know.

use crate::world::*;
use keystead_crypto::DeviceKeys;
use keystead_membership::*;
use std::collections::BTreeSet;

/// A graph with the statements that come before these heads.
fn back_to(graph: &Graph, heads: &BTreeSet<StatementId>) -> Graph {
    let mut apart = Graph::new(graph.genesis().clone());
    let ids: Vec<StatementId> = graph.ids().collect();
    for ((bytes, signature), id) in graph.signed().zip(ids) {
        if heads.contains(&id) || heads.iter().any(|head| graph.follows(*head, id)) {
            apart.insert_kept(bytes, signature).expect("taken in");
        }
    }
    apart
}

fn holding(graph: &Graph, id: StatementId) -> bool {
    graph.standing().verdict(id) == Some(Verdict::Holds)
}

fn cut(of: &Person, operations: u64) -> Cut {
    Cut {
        device: of.device_id(),
        incarnation: [4; 16],
        operations,
        root: [5; 32],
    }
}

fn remove_with(who: &Person, cuts: Vec<Cut>) -> Act {
    let member = who.id();
    Act::Remove { member, cuts }
}

/// An editor who was removed long ago takes themselves out once more, before the keys that they had made.
#[test]
fn what_somebody_takes_from_themselves_takes_nothing_along() {
    let (ann, ed, ben) = (Person::new(), Person::new(), Person::new());
    for way in 0..2 {
        let mut graph = founded(&ann);
        join(&mut graph, &ann, &ed, Scope::Space, Role::Owner);
        let early = graph.heads().clone();
        join(&mut graph, &ed, &ben, Scope::Space, Role::Editor);
        let made = keys(&graph, &[DEV]);
        let made = holds(&mut graph, &ed, made);
        let wrote = graph.heads().clone();
        holds(&mut graph, &ann, remove_with(&ed, vec![cut(&ed, 12)]));
        let made_anew = keys(&graph, &[DEV]);
        let made_anew = holds(&mut graph, &ann, made_anew);
        let sealing = graph.standing().sealing(DEV).expect("a key").epoch;
        let late = match way {
            0 => remove(&ed),
            _ => take_back(&ed, Scope::Space, None),
        };
        let late = ed.says_after(&graph, &early, late);
        let late = add(&mut graph, &late);
        assert!(holding(&graph, late), "whoever goes, goes");
        assert!(
            graph.standing().view().is_member(ben.id()),
            "whom Ed brought"
        );
        assert!(holding(&graph, made) && holding(&graph, made_anew));
        let standing = graph.standing();
        assert_eq!(standing.sealing(DEV).expect("the same").epoch, sealing);
        let of_ed = standing.cut(ed.device_id(), [4; 16], &wrote, DEV);
        assert_eq!(of_ed.map(|cut| cut.operations), Some(12), "not all of it");
    }
}

/// A removal that was said in good faith crosses keys that the removed one made, under which others wrote.
#[test]
fn what_others_sealed_under_a_key_stays_when_who_made_it_is_removed() {
    let (ann, fay, ben, cleo) = (Person::new(), Person::new(), Person::new(), Person::new());
    let mut graph = founded(&fay);
    join(&mut graph, &fay, &ann, Scope::Space, Role::Owner);
    join(&mut graph, &fay, &ben, Scope::Space, Role::Editor);
    join(&mut graph, &fay, &cleo, Scope::Space, Role::Reader);
    let first = keys(&graph, &[DEV]);
    holds(&mut graph, &fay, first);
    let early = graph.heads().clone();
    let first = graph.standing().sealing(DEV).expect("a key").epoch;
    holds(&mut graph, &ann, remove(&cleo));
    let made = keys(&graph, &[DEV]);
    holds(&mut graph, &ann, made);
    let under = graph.standing().sealing(DEV).expect("a key").epoch;
    let ben_knew = graph.heads().clone();
    let removal = fay.says_after(&graph, &early, remove(&ann));
    let removal = add(&mut graph, &removal);
    let standing = graph.standing();
    assert_eq!(standing.verdict(removal), Some(Verdict::Holds));
    let then = standing.view_at(&ben_knew).expect("looked at");
    assert!(then.is_newest(DEV, under) && !then.is_newest(DEV, first));
    // Nothing is sealed under it any more, nor under the one before, which Cleo holds.
    let now = standing.sealing(DEV);
    assert!(matches!(now, Err(NotSealing::Several(_))), "{now:?}");
    let made = keys(&graph, &[DEV]);
    holds(&mut graph, &ben, made);
    let sealing = graph.standing().sealing(DEV).expect("a new key").epoch;
    assert!(sealing != under && sealing != first);
    // And whoever knows all that seals under the newest alone.
    let heads = graph.heads().clone();
    let view = graph.standing().view_at(&heads).expect("looked at");
    assert!(view.is_newest(DEV, sealing) && !view.is_newest(DEV, under));
}

/// Keys that a removed editor makes in the past force nobody to make new ones.
#[test]
fn a_key_of_the_past_takes_over_from_nothing() {
    let (ann, ed) = (Person::new(), Person::new());
    let mut graph = founded(&ann);
    join(&mut graph, &ann, &ed, Scope::Space, Role::Editor);
    let first = keys(&graph, &[DEV]);
    holds(&mut graph, &ann, first);
    let early = graph.heads().clone();
    holds(&mut graph, &ann, remove(&ed));
    let second = keys(&graph, &[DEV]);
    holds(&mut graph, &ann, second);
    let sealing = graph.standing().sealing(DEV).expect("a key");
    let late = keys(&back_to(&graph, &early), &[DEV]);
    let late = ed.says_after(&graph, &early, late);
    add(&mut graph, &late);
    assert_eq!(graph.standing().sealing(DEV), Ok(sealing));
}

/// A founder who was removed removes everybody who came to own the space, as if before, with as many others as they like.
#[test]
fn a_removed_founder_gets_nothing_back_where_another_owner_went_on() {
    let [fay, ann, ben, cleo, dan] = std::array::from_fn(|_| Person::new());
    let mut graph = founded(&fay);
    join(&mut graph, &fay, &ann, Scope::Space, Role::Owner);
    join(&mut graph, &fay, &ben, Scope::Space, Role::Owner);
    join(&mut graph, &fay, &dan, Scope::Space, Role::Editor);
    let opened = keys(&graph, &[DEV]);
    holds(&mut graph, &fay, opened);
    let early = graph.heads().clone();
    let removal = holds(&mut graph, &ann, remove(&fay));
    join(&mut graph, &ann, &cleo, Scope::Space, Role::Owner);
    let opened = keys(&graph, &[DEV]);
    holds(&mut graph, &ann, opened);
    // Who owns nothing may say what they like.
    holds(&mut graph, &dan, Act::Acknowledge);
    let after = |graph: &Graph| {
        let mut graph = graph.clone();
        let mut apart = back_to(&graph, &early);
        let stooges: Vec<Person> = (0..4).map(|_| Person::new()).collect();
        for stooge in &stooges {
            join(&mut apart, &fay, stooge, Scope::Space, Role::Owner);
        }
        let fork = apart.heads().clone();
        for who in [&ann, &ben] {
            let late = fay.says_after(&apart, &fork, remove(who));
            add(&mut apart, &late);
        }
        for stooge in &stooges {
            let on = stooge.says(&apart, Act::Acknowledge);
            add(&mut apart, &on);
        }
        crate::merge(&mut graph, &apart);
        graph
    };
    let owned = |graph: &Graph| graph.standing().view().owners();
    // No other owner went on from it: who came first stays, and no key of before seals for them.
    let taken_over = after(&graph);
    let standing = taken_over.standing();
    assert!(owned(&taken_over).contains(&fay.id()) && !owned(&taken_over).contains(&ann.id()));
    assert!(!holding(&taken_over, removal));
    assert!(matches!(standing.sealing(DEV), Err(NotSealing::Several(_))));
    // Ben did: Fay stays out with all of hers. She takes Ann or Ben along, and the other one brings them back.
    assert!(graph.standing().wants_witness(ben.id()));
    assert!(
        !graph.standing().wants_witness(dan.id()),
        "who owns nothing"
    );
    holds(&mut graph, &ben, Act::Acknowledge);
    assert!(!graph.standing().wants_witness(ben.id()));
    let stood = after(&graph);
    assert!(holding(&stood, removal));
    let left = owned(&stood);
    let honest = [ann.id(), ben.id(), cleo.id()];
    assert!(!left.is_empty() && left.iter().all(|owner| honest.contains(owner)));
    assert_ne!(left.contains(&ann.id()), left.contains(&ben.id()));
}

/// A thief brings a device of their own with the identity's key that was on the stolen one.
#[test]
fn a_stolen_device_brings_no_other_one() {
    let (ann, ben, cleo) = (Person::new(), Person::new(), Person::new());
    let mut graph = founded(&ann);
    join(&mut graph, &ann, &cleo, DEV, Role::Editor);
    join(&mut graph, &ann, &ben, DEV, Role::Editor);
    let early = graph.heads().clone();
    let (stolen, thief) = (ben, DeviceKeys::generate(&mut rng()));
    let endorsement = stolen.endorse(&thief);
    let thief = Person {
        identity: stolen.identity,
        device: thief,
    };
    let act = Act::AddDevice { endorsement };
    // Without a revocation a device comes by its own word.
    let mut before = graph.clone();
    holds(&mut before, &thief, act.clone());
    let device = DeviceId(stolen.device.id);
    let cuts = Vec::new();
    holds(&mut graph, &ann, Act::RevokeDevice { device, cuts });
    assert_eq!(refused(&mut graph, &thief, act.clone()), Why::NotIn);
    let late = thief.says_after(&graph, &early, act.clone());
    let late = add(&mut graph, &late);
    let crossed = Some(Verdict::Refused(Why::Crossed));
    assert_eq!(graph.standing().verdict(late), crossed);
    // An owner may still bring the member's new one, and somebody else may not.
    assert_eq!(refused(&mut graph, &cleo, act.clone()), Why::Role);
    holds(&mut graph, &ann, act);
    assert_eq!(
        graph.standing().view().member_of(thief.device_id()),
        Some(thief.id())
    );
}

/// Two owners remove each other at once. Both are out, what both wrote stays until a third one says where it ends.
#[test]
fn contested_removals_end_no_log_until_somebody_else_says_so() {
    let (ann, ben, cleo) = (Person::new(), Person::new(), Person::new());
    let mut graph = founded(&ann);
    join(&mut graph, &ann, &ben, Scope::Space, Role::Owner);
    join(&mut graph, &ann, &cleo, Scope::Space, Role::Owner);
    let heads = graph.heads().clone();
    let by_ann = ann.says_after(&graph, &heads, remove_with(&ben, vec![cut(&ben, 1)]));
    let by_ben = ben.says_after(&graph, &heads, remove_with(&ann, vec![cut(&ann, 2)]));
    add(&mut graph, &by_ann);
    add(&mut graph, &by_ben);
    let ends = |graph: &Graph, who: &Person| {
        let standing = graph.standing();
        let cut = standing.cut(who.device_id(), [4; 16], &heads, DEV);
        cut.map(|cut| cut.operations)
    };
    assert_eq!((ends(&graph, &ann), ends(&graph, &ben)), (None, None));
    assert_eq!(graph.standing().view().owners(), [cleo.id()]);
    assert_eq!(graph.standing().unconfirmed().len(), 2);
    holds(&mut graph, &cleo, remove_with(&ann, vec![cut(&ann, 7)]));
    holds(&mut graph, &cleo, remove_with(&ben, vec![cut(&ben, 8)]));
    assert_eq!((ends(&graph, &ann), ends(&graph, &ben)), (Some(7), Some(8)));
    assert!(graph.standing().unconfirmed().is_empty());
    // Who never came is removed by nobody.
    let eve = Person::new();
    let (bytes, signature) = cleo.says(&graph, remove(&eve));
    let never = graph.insert(&bytes, &signature);
    assert_eq!(never, Err(InsertError::UnknownMember));
}

/// What somebody gave back is left alone, and whoever went and came again is in.
#[test]
fn who_went_is_confirmed_once_and_only_while_they_are_out() {
    let (ann, ben) = (Person::new(), Person::new());
    let mut graph = founded(&ann);
    join(&mut graph, &ann, &ben, DEV, Role::Editor);
    holds(&mut graph, &ben, take_back(&ben, DEV, Some(Role::Reader)));
    assert!(graph.standing().unconfirmed().is_empty());
    let went = holds(&mut graph, &ben, remove(&ben));
    let unconfirmed = graph.standing().unconfirmed();
    let act = remove(&ben);
    let own = true;
    assert_eq!(unconfirmed, [Unconfirmed { id: went, act, own }]);
    let mut confirmed = graph.clone();
    holds(&mut confirmed, &ann, remove(&ben));
    assert!(confirmed.standing().unconfirmed().is_empty());
    join(&mut graph, &ann, &ben, DEV, Role::Reader);
    assert!(graph.standing().unconfirmed().is_empty());
}

/// Somebody who owned something small once takes it back from who removed them later, as if before. That is no right to
/// remove that was lost.
#[test]
fn an_irrelevant_taking_contests_nothing() {
    let (ann, eve) = (Person::new(), Person::new());
    let mut graph = founded(&ann);
    let toy = Scope::Project(PROJECT);
    join(&mut graph, &ann, &eve, toy, Role::Owner);
    let cleo = Person::new();
    join(&mut graph, &eve, &cleo, toy, Role::Editor);
    let early = graph.heads().clone();
    holds(&mut graph, &ann, grant(&cleo, Scope::Space, Role::Owner));
    let opened = keys(&graph, &[DEV]);
    holds(&mut graph, &cleo, opened);
    let sealing = graph.standing().sealing(DEV);
    let heads = graph.heads().clone();
    let removal = holds(&mut graph, &cleo, remove_with(&eve, vec![cut(&eve, 10)]));
    let late = eve.says_after(&graph, &early, take_back(&cleo, toy, None));
    let late = add(&mut graph, &late);
    let standing = graph.standing();
    assert_eq!(standing.verdict(late), Some(Verdict::Holds));
    assert_eq!(standing.verdict(removal), Some(Verdict::Holds));
    let ends = standing.cut(eve.device_id(), [4; 16], &heads, DEV);
    assert_eq!(ends.map(|cut| cut.operations), Some(10));
    assert!(standing.unconfirmed().is_empty());
    // Eve held the key, so there has to be another one; Cleo's is not put in doubt by that.
    let held = |sealing| matches!(sealing, Err(NotSealing::HeldByOthers(_)));
    assert!(sealing.is_ok() && held(standing.sealing(DEV)));
}

/// Three owners' removals, by who came one after the other: the first loses its ground to the second, and the second to the
/// third. Then the first stands.
#[test]
fn a_removal_is_not_dropped_for_one_that_falls_itself() {
    let [ann, ben, xena, dora, zed, mia, cleo] = std::array::from_fn(|_| Person::new());
    let mut first = founded(&ann);
    for owner in [&ben, &xena, &dora] {
        join(&mut first, &ann, owner, Scope::Space, Role::Owner);
    }
    // Who says more before somebody comes has them come later.
    let comes = |graph: &mut Graph, by: &Person, who: &Person, later: u32| {
        for version in 2..2 + later {
            let card = by.card(version);
            holds(graph, by, Act::UpdateCard { card });
        }
        join(graph, by, who, Scope::Space, Role::Owner);
    };
    let [mut one, mut two, mut three] = std::array::from_fn(|_| first.clone());
    comes(&mut one, &ben, &mia, 0);
    let b = holds(&mut one, &mia, remove(&xena));
    comes(&mut two, &dora, &cleo, 4);
    let c = holds(&mut two, &cleo, remove(&ben));
    comes(&mut three, &ann, &zed, 8);
    let e = holds(&mut three, &zed, remove(&dora));
    crate::merge(&mut one, &two);
    crate::merge(&mut one, &three);
    let standing = one.standing();
    assert_eq!(standing.verdict(e), Some(Verdict::Holds));
    assert_ne!(standing.verdict(c), Some(Verdict::Holds));
    assert_eq!(standing.verdict(b), Some(Verdict::Holds));
    let view = standing.view();
    assert!(view.is_member(ben.id()) && view.is_member(mia.id()));
    assert!(!view.is_member(xena.id()) && !view.is_member(dora.id()));
}

/// An owner of a part shuts no owner of the whole out of it, and nobody shuts themselves out by a slip.
#[test]
fn who_owns_the_whole_owns_its_parts() {
    let (ann, pat, ben) = (Person::new(), Person::new(), Person::new());
    let mut graph = founded(&ann);
    let part = Scope::Project(PROJECT);
    join(&mut graph, &ann, &pat, part, Role::Owner);
    join(&mut graph, &ann, &ben, part, Role::Editor);
    for (by, scope) in [(&pat, part), (&pat, DEV), (&ann, part)] {
        let nothing = take_back(&ann, scope, None);
        assert_eq!(refused(&mut graph, by, nothing), Why::NoChange);
    }
    assert_eq!(
        graph.standing().view().role(ann.id(), DEV),
        Some(Role::Owner)
    );
    // What was settled before they came to own the whole does not stand in their way either.
    holds(&mut graph, &pat, take_back(&ben, DEV, None));
    holds(&mut graph, &ann, grant(&ben, Scope::Space, Role::Owner));
    let standing = graph.standing();
    let view = standing.view();
    assert_eq!(view.role(ben.id(), DEV), Some(Role::Owner));
    let (whole, _) = view.because(ben.id(), DEV).expect("a reason");
    assert_eq!(whole, Scope::Space);
}

/// Somebody says hundreds of things at once; everybody else goes on.
#[test]
fn hundreds_of_heads_are_followed_by_one_statement() {
    let (ann, eve) = (Person::new(), Person::new());
    let mut graph = founded(&ann);
    join(&mut graph, &ann, &eve, DEV, Role::Reader);
    let early = graph.heads().clone();
    for at in 0..300 {
        let statement = Statement {
            space: graph.genesis().space(),
            parents: early.clone(),
            author: eve.device_id(),
            at,
            act: Act::Acknowledge,
        };
        let signed = statement.sign(&eve.device.signing, &mut rng());
        add(&mut graph, &signed);
    }
    assert_eq!(graph.heads().len(), 300);
    holds(&mut graph, &ann, remove(&eve));
    assert_eq!(graph.heads().len(), 1);
}
