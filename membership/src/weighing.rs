//! Which takings count, where something crosses them.

use crate::{
    bits::Bits,
    graph::Graph,
    id::{MemberId, StatementId},
    rules::{Judged, Verdict, Why},
    standing::Standing,
};
use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

/// What is let count first: what more go on from, then what who came first said.
type Weight = (Reverse<usize>, (u32, Option<StatementId>), StatementId);

/// The takings that count, those that do not, and what holds then.
struct Settled {
    taken: Vec<usize>,
    judged: Judged,
    dropped: BTreeMap<usize, Why>,
}

impl Graph {
    pub(crate) fn standing_within(&self, within: Bits) -> Standing<'_> {
        let takings = self.takings.iter().copied();
        let takings: Vec<usize> = takings
            .filter(|at| within.contains(*at) && self.is_crossed(*at, &within))
            .collect();
        let mut dropped: BTreeMap<usize, Why> = BTreeMap::new();
        loop {
            let Settled { taken, judged, .. } = self.settle(&within, &takings, dropped.clone());
            let fell = |judged: &Judged| -> Vec<usize> {
                let taken = taken.iter().copied();
                taken.filter(|at| !judged.holds.contains(*at)).collect()
            };
            let fallen = fell(&judged);
            let Some(last) = fallen.last() else {
                let Judged { holds, verdicts } = judged;
                return Standing {
                    graph: self,
                    holds,
                    within,
                    verdicts,
                    crossed: !takings.is_empty(),
                };
            };
            // What they rested on fell with a later one. What does not hold even where they take nothing counts no more,
            // and all is weighed again without it.
            let sound: Vec<usize> = taken
                .iter()
                .copied()
                .filter(|at| judged.holds.contains(*at))
                .collect();
            let without = self.judge(&within, (&takings, &sound), &dropped);
            let mut gone: Vec<usize> = fallen.clone();
            gone.retain(|at| without.verdicts[*at] != Some(Verdict::Holds));
            if gone.is_empty() {
                gone.push(*last);
            }
            for at in gone {
                let why = match judged.verdicts[at] {
                    Some(Verdict::Refused(why)) => why,
                    _ => Why::NotIn,
                };
                dropped.insert(at, why);
            }
        }
    }

    /// Lets takings count one after the other: what they follow first, then by how many go on from them, then by who came
    /// first.
    fn settle(&self, within: &Bits, takings: &[usize], dropped: BTreeMap<usize, Why>) -> Settled {
        let mut settled = Settled {
            taken: Vec::new(),
            judged: self.judge(within, (takings, &[]), &dropped),
            dropped,
        };
        if takings.is_empty() {
            return settled;
        }
        let sayable: Vec<usize> = takings
            .iter()
            .copied()
            .filter(|at| settled.judged.verdicts[*at] == Some(Verdict::Holds))
            .collect();
        let undisputed = self.judge(within, (takings, &sayable), &settled.dropped);
        let weight: BTreeMap<usize, Weight> = takings
            .iter()
            .map(|at| {
                let followers = self.followers(*at, within, &undisputed);
                let seniority = self.seniority(*at, &settled.judged);
                (*at, (Reverse(followers), seniority, self.nodes[*at].id))
            })
            .collect();
        let mut waits: BTreeMap<usize, usize> = BTreeMap::new();
        for at in takings {
            let before = &self.nodes[*at].before;
            let those = takings.iter().filter(|other| before.contains(**other));
            waits.insert(*at, those.count());
        }
        let free = waits.iter().filter(|(_, waits)| **waits == 0);
        let mut free: BTreeSet<(&Weight, usize)> = free.map(|(at, _)| (&weight[at], *at)).collect();
        let mut refused: Vec<usize> = Vec::new();
        while let Some((_, at)) = free.pop_first() {
            for (other, waits) in &mut waits {
                if self.nodes[*other].before.contains(at) {
                    *waits -= 1;
                    if *waits == 0 {
                        free.insert((&weight[other], *other));
                    }
                }
            }
            if !self.count(at, (within, takings), &mut settled) {
                refused.push(at);
            }
        }
        // What could not be said may be sayable where a later one took something else away.
        while let Some(next) = refused
            .iter()
            .position(|at| self.count(*at, (within, takings), &mut settled))
        {
            refused.remove(next);
        }
        settled
    }

    /// Lets one more taking count, if it holds and an owner is left then; whether it does.
    fn count(
        &self,
        at: usize,
        (within, takings): (&Bits, &[usize]),
        settled: &mut Settled,
    ) -> bool {
        // That it counts changes nothing of what it follows, so where it does not hold before, it does not then.
        if settled.judged.verdicts[at] != Some(Verdict::Holds) {
            return false;
        }
        settled.taken.push(at);
        let with = self.judge(within, (takings, &settled.taken), &settled.dropped);
        if self.view(with.holds.clone()).is_owned() {
            settled.judged = with;
            return true;
        }
        settled.taken.pop();
        settled.dropped.insert(at, Why::NoOwnerLeft);
        settled.judged = self.judge(within, (takings, &settled.taken), &settled.dropped);
        false
    }

    /// How many other owners went on from a taking, of those who were owners before it by words that stand where every taking
    /// counts: whoever takes could make as many others as they like.
    fn followers(&self, at: usize, within: &Bits, undisputed: &Judged) -> usize {
        let parties = self.parties(at);
        let going_on = self.going_on(at, within);
        let before = self.view(undisputed.among(&self.nodes[at].before));
        let mut owners = before.owners();
        owners.retain(|owner| !parties.contains(owner) && going_on.contains(owner));
        owners.len()
    }

    /// Everybody who said something that follows a statement.
    pub(crate) fn going_on(&self, at: usize, within: &Bits) -> BTreeSet<MemberId> {
        let following = (0..self.nodes.len())
            .filter(|other| within.contains(*other) && self.nodes[*other].before.contains(at));
        following.flat_map(|at| self.authors(at)).collect()
    }

    /// Whether a taking is crossed by something that it takes the right to, or by another one that may take the right to it or
    /// leave nobody together with it.
    fn is_crossed(&self, at: usize, within: &Bits) -> bool {
        (0..self.nodes.len()).any(|other| {
            other != at
                && within.contains(other)
                && self.cross(at, other)
                && (self.takes_right_to(at, other)
                    || self.nodes[other].statement.act.takes()
                        && (self.takes_right_to(other, at)
                            || self.takes_from_owner(at) && self.takes_from_owner(other)))
        })
    }

    /// How early the author of a statement came: the founder first.
    fn seniority(&self, at: usize, judged: &Judged) -> (u32, Option<StatementId>) {
        let author = self.nodes[at].statement.author;
        let before = self.view(judged.among(&self.nodes[at].before));
        let Some(member) = before.member_of(author) else {
            return (u32::MAX, None);
        };
        if before.is_founder(member) {
            return (0, None);
        }
        let added = before.added_members(member);
        let added = added.map(|at| (self.nodes[at].depth + 1, Some(self.nodes[at].id)));
        added.min().unwrap_or((u32::MAX, None))
    }
}
