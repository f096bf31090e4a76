//! The same statements give the same answer, in whatever order they come.

use crate::world::*;
use keystead_membership::*;
use std::collections::BTreeSet;

/// A small generator, so that a seed says everything.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits") % limit
    }
}

/// What a member's program may come to say, out of what it knows.
fn something(dice: &mut Dice, graph: &Graph, people: &[Person]) -> Act {
    let who = &people[dice.below(people.len())];
    let scope = [Scope::Space, Scope::Project(PROJECT), DEV, PROD][dice.below(4)];
    let role = [Role::Reader, Role::Editor, Role::Owner][dice.below(3)];
    match dice.below(12) {
        0 => Act::AddMember { card: who.card(1) },
        1..5 => grant(who, scope, role),
        5 => take_back(who, scope, [None, Some(Role::Reader)][dice.below(2)]),
        6 | 7 => remove(who),
        8 => Act::RevokeDevice {
            device: who.device_id(),
            cuts: Vec::new(),
        },
        9 => Act::AddDevice {
            endorsement: who.endorse(&who.device),
        },
        _ => keys(graph, &[scope]),
    }
}

/// Takes in all that another graph has, which was checked when it was said.
fn keep(graph: &mut Graph, other: &Graph) {
    for (bytes, signature) in other.signed() {
        graph.insert_kept(bytes, signature).expect("taken in");
    }
}

/// Everything that follows, in words, so that two answers can be compared.
fn answer(graph: &Graph) -> Vec<String> {
    answer_of(graph, &graph.standing())
}

fn answer_of(graph: &Graph, standing: &Standing<'_>) -> Vec<String> {
    let view = standing.view();
    let mut answer: Vec<String> = view.members().iter().map(|m| format!("{m:?}")).collect();
    for scope in [Scope::Space, Scope::Project(PROJECT), DEV, PROD] {
        answer.push(format!(
            "{:?} {:?}",
            standing.sealing(scope),
            view.entitled(scope)
        ));
    }
    let mut verdicts: Vec<String> = graph
        .ids()
        .map(|id| format!("{id:?} {:?}", standing.verdict(id)))
        .collect();
    verdicts.sort_unstable();
    answer.extend(verdicts);
    answer
}

#[test]
fn every_order_of_arrival_gives_the_same_answer() {
    let number = |name: &str, usual: u64| {
        std::env::var(name).map_or(usual, |text| text.parse().expect("a number"))
    };
    let mut seed = [0; 8];
    getrandom::fill(&mut seed).expect("random");
    let seed = number("KEYSTEAD_MEMBERSHIP_SEED", u64::from_le_bytes(seed));
    let histories = number("KEYSTEAD_MEMBERSHIP_HISTORIES", 60);
    println!("{histories} histories of seed {seed}");
    let people: Vec<Person> = (0..5).map(|_| Person::new()).collect();
    let (mut refused, mut crossed, mut owned) = (0, 0, 0);
    for history in 0..histories {
        let mut dice = Dice(seed ^ history.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let mut first = founded(&people[0]);
        for who in &people[1..4] {
            let role = [Role::Owner, Role::Owner, Role::Editor][dice.below(3)];
            join(&mut first, &people[0], who, Scope::Space, role);
        }
        // Each knows some of what was said, and now and then hears from another one.
        let mut known: Vec<Graph> = (0..people.len()).map(|_| first.clone()).collect();
        for _ in 0..24 {
            let at = dice.below(people.len());
            if dice.below(3) == 0 {
                let from = dice.below(people.len());
                let other = known[from].clone();
                keep(&mut known[at], &other);
            }
            let act = something(&mut dice, &known[at], &people);
            let (bytes, signature) = people[at].says(&known[at], act);
            // A program that knows the rules may be refused what it could not know of.
            let _ = known[at].insert(&bytes, &signature);
        }
        let mut all = first.clone();
        for graph in &known {
            keep(&mut all, graph);
        }
        let wanted = answer(&all);
        // Any order in which each comes after what it follows.
        for _ in 0..3 {
            let mut left: Vec<Signed> = all
                .signed()
                .map(|(b, s)| (b.to_vec(), s.to_vec()))
                .collect();
            let mut shuffled = Graph::new(all.genesis().clone());
            let mut earlier = shuffled.standing().judgement();
            while !left.is_empty() {
                let next = dice.below(left.len());
                if shuffled.insert_kept(&left[next].0, &left[next].1).is_ok() {
                    left.swap_remove(next);
                }
                // Gone on from what was judged now and then, as a program does.
                if dice.below(3) == 0 || left.is_empty() {
                    let standing = shuffled.standing_after(&earlier);
                    let judged = answer_of(&shuffled, &standing);
                    assert_eq!(
                        judged,
                        answer(&shuffled),
                        "history {history} of seed {seed}"
                    );
                    earlier = standing.judgement();
                }
            }
            assert_eq!(
                answer(&shuffled),
                wanted,
                "history {history} of seed {seed}"
            );
        }
        let standing = all.standing();
        let verdicts: Vec<Verdict> = all.ids().filter_map(|id| standing.verdict(id)).collect();
        refused += verdicts.iter().filter(|v| **v != Verdict::Holds).count();
        crossed += verdicts
            .iter()
            .filter(|v| **v == Verdict::Refused(Why::Crossed))
            .count();
        let view = standing.view();
        let owners: BTreeSet<MemberId> = view.owners().into_iter().collect();
        assert!(
            !owners.is_empty(),
            "history {history} of seed {seed}: nobody owns it"
        );
        owned += owners.len();
    }
    println!("{refused} refused, {crossed} of them crossed, {owned} owners left");
    assert!(
        refused > 0 && crossed > 0,
        "nothing was refused: {refused} {crossed}"
    );
}
