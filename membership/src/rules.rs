//! Which statements hold.
//!
//! A statement holds where its author could say it, as the statements before it have it. What gives something falls with
//! a taking that crosses it and takes the right to give from its author: otherwise somebody who was removed could go on
//! giving, by statements that pretend not to know. What takes stands beside a taking that crosses it, unless no owner of
//! the space would remain: then the taking of the member who came first stands. Whatever rests on a statement that does
//! not hold does not hold either.

use crate::{
    act::{Act, Cut, Role, Scope},
    bits::Bits,
    graph::Graph,
    id::{DeviceId, MemberId, StatementId},
    view::View,
};
use keystead_crypto::EpochId;
use std::collections::{BTreeMap, BTreeSet};

/// Whether a statement holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It holds.
    Holds,
    /// It does not.
    Refused(Why),
}

/// Why a statement does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum Why {
    /// Its author was not in.
    #[error("its author was not a member's device there")]
    NotIn,
    /// Its author's role did not reach.
    #[error("its author's role there does not allow it")]
    Role,
    /// It says something of somebody who was not in.
    #[error("it is about somebody who was not a member there")]
    NobodyThere,
    /// It does not give, or not take, what it says.
    #[error("it gives less, or takes more, than there was")]
    NoChange,
    /// It names other epochs as those before than there were.
    #[error("its keys do not take over from the ones before")]
    WrongParents,
    /// It gives keys to devices that may not have them.
    #[error("it gives keys to devices that may not have them")]
    WrongRecipients,
    /// Its author lost the right to it in a statement that crosses it.
    #[error("its author's right was taken back by a statement that crosses it")]
    Crossed,
    /// No owner would remain.
    #[error("no owner would remain")]
    NoOwnerLeft,
}

/// What holds in a space, out of all statements or of those that some follow.
pub struct Standing<'g> {
    graph: &'g Graph,
    holds: Bits,
    within: Bits,
    verdicts: Vec<Option<Verdict>>,
    /// Whether a taking is crossed by something.
    crossed: bool,
}

/// What was judged of a graph, to go on from when more is said.
#[derive(Clone)]
pub struct Judgement {
    holds: Bits,
    verdicts: Vec<Option<Verdict>>,
    crossed: bool,
}

impl Graph {
    /// What holds out of every statement.
    pub fn standing(&self) -> Standing<'_> {
        self.standing_within(Bits::below(self.nodes.len()))
    }

    /// What holds out of every statement, where `earlier` was judged of this graph when it had fewer. Where what came since
    /// follows every taking, and no taking came that something crosses, only that is looked at; else all of it.
    pub fn standing_after(&self, earlier: &Judgement) -> Standing<'_> {
        let known = earlier.verdicts.len();
        let follows_all = |at: usize| {
            let before = &self.nodes[at].before;
            match self.nodes[at].statement.act.takes() {
                true => before.contains_all(&Bits::below(at)),
                false => {
                    let takings = self.takings.iter().filter(|taking| **taking < at);
                    takings.copied().all(|taking| before.contains(taking))
                }
            }
        };
        if earlier.crossed
            || known > self.nodes.len()
            || !(known..self.nodes.len()).all(follows_all)
        {
            return self.standing();
        }
        let mut judged = Judged {
            holds: earlier.holds.clone(),
            verdicts: earlier.verdicts.clone(),
        };
        judged.verdicts.resize(self.nodes.len(), None);
        for at in known..self.nodes.len() {
            self.judge_one(at, (&[], &[]), &BTreeMap::new(), &mut judged);
        }
        Standing {
            graph: self,
            holds: judged.holds,
            within: Bits::below(self.nodes.len()),
            verdicts: judged.verdicts,
            crossed: false,
        }
    }

    /// What holds out of these statements and what they follow; `None` where one is not here.
    pub fn standing_at(&self, heads: &BTreeSet<StatementId>) -> Option<Standing<'_>> {
        Some(self.standing_within(self.closure(heads)?))
    }

    fn standing_within(&self, within: Bits) -> Standing<'_> {
        let takings = self.takings.iter().copied();
        let takings: Vec<usize> = takings
            .filter(|at| within.contains(*at) && self.is_crossed(*at, &within))
            .collect();
        let mut dropped: BTreeMap<usize, Why> = BTreeMap::new();
        loop {
            let settled = self.settle(&within, &takings, &mut dropped);
            let (taken, judged) = (settled.taken, settled.judged);
            let fell = taken.iter().find(|at| !judged.holds.contains(**at));
            match fell {
                None => {
                    let Judged { holds, verdicts } = judged;
                    return Standing {
                        graph: self,
                        holds,
                        within,
                        verdicts,
                        crossed: !takings.is_empty(),
                    };
                }
                // What it rested on fell with a later one: it counts no more, and all is weighed again without it.
                Some(at) => {
                    let why = match judged.verdicts[*at] {
                        Some(Verdict::Refused(why)) => why,
                        _ => Why::NotIn,
                    };
                    dropped.insert(*at, why);
                }
            }
        }
    }

    /// Lets takings count one after the other: what they follow first, then by who came first.
    fn settle(
        &self,
        within: &Bits,
        takings: &[usize],
        dropped: &mut BTreeMap<usize, Why>,
    ) -> Settled {
        let mut settled = Settled {
            taken: Vec::new(),
            judged: self.judge(within, (takings, &[]), dropped),
        };
        let mut refused: Vec<usize> = Vec::new();
        let mut open: BTreeSet<usize> = takings.iter().copied().collect();
        while !open.is_empty() {
            let free = open.iter().copied().filter(|at| {
                let before = &self.nodes[*at].before;
                !open.iter().any(|other| before.contains(*other))
            });
            let first =
                free.min_by_key(|at| (self.seniority(*at, &settled.judged), self.nodes[*at].id));
            let Some(at) = first else { break };
            open.remove(&at);
            if !self.count(at, (within, takings), dropped, &mut settled) {
                refused.push(at);
            }
        }
        // What could not be said may be sayable where a later one took something else away.
        while let Some(next) = refused.iter().position(|at| {
            settled.judged.verdicts[*at] == Some(Verdict::Holds)
                && self.count(*at, (within, takings), dropped, &mut settled)
        }) {
            refused.remove(next);
        }
        settled
    }

    /// Lets one more taking count, if it holds then and an owner is left; whether it does.
    fn count(
        &self,
        at: usize,
        (within, takings): (&Bits, &[usize]),
        dropped: &mut BTreeMap<usize, Why>,
        settled: &mut Settled,
    ) -> bool {
        if dropped.contains_key(&at) {
            return false;
        }
        settled.taken.push(at);
        let with = self.judge(within, (takings, &settled.taken), dropped);
        if with.holds.contains(at) {
            if self.view(with.holds.clone()).is_owned() {
                settled.judged = with;
                return true;
            }
            dropped.insert(at, Why::NoOwnerLeft);
        }
        settled.taken.pop();
        settled.judged = self.judge(within, (takings, &settled.taken), dropped);
        false
    }

    /// Whether something neither comes before a statement nor after it.
    fn is_crossed(&self, at: usize, within: &Bits) -> bool {
        let before = &self.nodes[at].before;
        (0..self.nodes.len()).any(|other| {
            other != at
                && within.contains(other)
                && !before.contains(other)
                && !self.nodes[other].before.contains(at)
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

    /// Judges every statement, where of the takings that something crosses these count.
    fn judge(
        &self,
        within: &Bits,
        (crossed, taken): (&[usize], &[usize]),
        dropped: &BTreeMap<usize, Why>,
    ) -> Judged {
        let mut judged = Judged {
            holds: Bits::default(),
            verdicts: vec![None; self.nodes.len()],
        };
        // Statements stand behind what they follow.
        for at in 0..self.nodes.len() {
            if !within.contains(at) {
                continue;
            }
            self.judge_one(at, (crossed, taken), dropped, &mut judged);
        }
        judged
    }

    /// Judges a statement, once those that it follows are.
    fn judge_one(
        &self,
        at: usize,
        (crossed, taken): (&[usize], &[usize]),
        dropped: &BTreeMap<usize, Why>,
        judged: &mut Judged,
    ) {
        let mut verdict = match dropped.get(&at) {
            Some(why) => Verdict::Refused(*why),
            None => match self.may(at, judged, taken) {
                Ok(()) => Verdict::Holds,
                Err(why) => Verdict::Refused(why),
            },
        };
        let takes = self.nodes[at].statement.act.takes();
        if takes && verdict == Verdict::Holds && !crossed.contains(&at) {
            let mut after = judged.among(&self.nodes[at].before);
            after.insert(at);
            if !self.view(after).is_owned() {
                verdict = Verdict::Refused(Why::NoOwnerLeft);
            }
        }
        judged.verdicts[at] = Some(verdict);
        let counts = !takes || !crossed.contains(&at) || taken.contains(&at);
        if verdict == Verdict::Holds && counts {
            judged.holds.insert(at);
        }
    }

    fn may(&self, at: usize, judged: &Judged, taken: &[usize]) -> Result<(), Why> {
        let node = &self.nodes[at];
        let before = self.view(judged.among(&node.before));
        let member = self.check(at, &before)?;
        if node.statement.act.takes() {
            return Ok(());
        }
        let crossing = taken.iter().copied().filter(|taking| {
            let other = &self.nodes[*taking];
            !node.before.contains(*taking)
                && !other.before.contains(at)
                && self.takes_from(*taking, member, node.statement.author)
        });
        let crossing: Vec<usize> = crossing.collect();
        if crossing.is_empty() {
            return Ok(());
        }
        let mut with = before.within.clone();
        crossing.into_iter().for_each(|taking| with.insert(taking));
        match self.check(at, &self.view(with)) {
            Ok(_) => Ok(()),
            Err(_) => Err(Why::Crossed),
        }
    }

    /// Whether a taking is of this member or device.
    fn takes_from(&self, taking: usize, of: MemberId, on: DeviceId) -> bool {
        match &self.nodes[taking].statement.act {
            Act::Remove { member, .. } | Act::TakeBack { member, .. } => *member == of,
            Act::RevokeDevice { device, .. } => *device == on,
            _ => false,
        }
    }

    /// Whether the author could say this where `view` is what there is; who the author is.
    fn check(&self, at: usize, view: &View<'_>) -> Result<MemberId, Why> {
        let statement = &self.nodes[at].statement;
        let here = self.nodes[at].brings;
        let here = here.filter(|(device, _)| *device == statement.author);
        let member = match (view.member_of(statement.author), here) {
            (Some(member), _) => member,
            // A device that comes speaks for itself, unless it was revoked.
            (None, Some((_, member))) => {
                let mut with = view.within.clone();
                with.insert(at);
                match self.view(with).member_of(statement.author) {
                    Some(of) if of == member => member,
                    _ => return Err(Why::NotIn),
                }
            }
            (None, None) => return Err(Why::NotIn),
        };
        let may = |scope, role| match view.role(member, scope) >= Some(role) {
            true => Ok(()),
            false => Err(Why::Role),
        };
        match &statement.act {
            Act::AddMember { .. } => {
                match view.role_within(member, Scope::Space) >= Some(Role::Owner) {
                    true => {}
                    false => return Err(Why::Role),
                }
            }
            Act::UpdateCard { .. } => {
                let facts = self.members.get(&member);
                let own = facts.is_some_and(|facts| facts.cards.iter().any(|(of, _)| *of == at));
                if !own {
                    return Err(Why::Role);
                }
            }
            Act::AddDevice { .. } => {
                // Identity and device agreed already; an owner may bring what an invited member sent.
                let of = self.nodes[at].brings.map(|(_, member)| member);
                let invites = view.role_within(member, Scope::Space) >= Some(Role::Owner);
                match of {
                    Some(of) if of == member => {}
                    Some(of) if invites && view.is_member(of) => {}
                    Some(_) if invites => return Err(Why::NobodyThere),
                    _ => return Err(Why::Role),
                }
            }
            Act::Grant {
                member: to,
                scope,
                role,
                ..
            } => {
                may(*scope, Role::Owner)?;
                if !view.is_member(*to) {
                    return Err(Why::NobodyThere);
                }
                if view.role(*to, *scope) > Some(*role) {
                    return Err(Why::NoChange);
                }
            }
            Act::TakeBack {
                member: from,
                scope,
                role,
                ..
            } => {
                if *from != member {
                    may(*scope, Role::Owner)?;
                }
                if view.role(*from, *scope) <= *role {
                    return Err(Why::NoChange);
                }
            }
            Act::Remove { member: who, .. } => {
                if *who != member {
                    may(Scope::Space, Role::Owner)?;
                }
                if !view.is_member(*who) {
                    return Err(Why::NobodyThere);
                }
            }
            Act::RevokeDevice { device, .. } => {
                let of = view.member_of(*device).ok_or(Why::NobodyThere)?;
                if of != member {
                    may(Scope::Space, Role::Owner)?;
                }
            }
            Act::OpenEpochs { epochs, .. } => {
                for claim in epochs {
                    if view.role_within(member, claim.scope) < Some(Role::Editor) {
                        return Err(Why::Role);
                    }
                    let taken = !view.scopes_of(claim.epoch).is_empty();
                    if taken || view.epochs(claim.scope) != claim.parents {
                        return Err(Why::WrongParents);
                    }
                }
            }
            Act::ShareKeys { epochs, wraps } => {
                for epoch in epochs {
                    let scopes = view.scopes_of(*epoch);
                    if scopes.is_empty() {
                        return Err(Why::WrongParents);
                    }
                    // A key commits to one scope; whoever claims it for another one gains nothing by it.
                    for scope in scopes {
                        if view.role_within(member, scope) < Some(Role::Editor) {
                            return Err(Why::Role);
                        }
                        let entitled = |device| {
                            let member = view.member_of(device);
                            member.is_some_and(|member| view.may_open(member, scope))
                        };
                        if !wraps.iter().all(|wrap| entitled(wrap.device)) {
                            return Err(Why::WrongRecipients);
                        }
                    }
                }
            }
            Act::SetRelease { scope, .. } => may(*scope, Role::Owner)?,
        }
        Ok(member)
    }

    pub(crate) fn view(&self, within: Bits) -> View<'_> {
        View {
            graph: self,
            within,
        }
    }
}

/// The takings that count, and what holds then.
struct Settled {
    taken: Vec<usize>,
    judged: Judged,
}

struct Judged {
    holds: Bits,
    verdicts: Vec<Option<Verdict>>,
}

impl Judged {
    /// Those of `these` that hold.
    fn among(&self, these: &Bits) -> Bits {
        let mut among = these.clone();
        among.retain(&self.holds);
        among
    }
}

impl<'g> Standing<'g> {
    /// What was judged, to go on from: of a standing of every statement.
    pub fn judgement(&self) -> Judgement {
        Judgement {
            holds: self.holds.clone(),
            verdicts: self.verdicts.clone(),
            crossed: self.crossed,
        }
    }

    /// What follows from all that holds.
    pub fn view(&self) -> View<'g> {
        self.graph.view(self.holds.clone())
    }

    /// What follows from what holds of these statements and of what they follow; `None` where one is not looked at.
    pub fn view_at(&self, heads: &BTreeSet<StatementId>) -> Option<View<'g>> {
        let mut within = self.graph.closure(heads)?;
        if !self.within.contains_all(&within) {
            return None;
        }
        within.retain(&self.holds);
        Some(self.graph.view(within))
    }

    /// Whether a statement holds; `None` for one that is not looked at.
    pub fn verdict(&self, id: StatementId) -> Option<Verdict> {
        self.verdicts[self.graph.place(id)?]
    }

    /// Until where operations of a log are taken in by takings that hold and that those who wrote `after` had not seen.
    /// `None` where nothing was taken from that device; 0 operations where a taking names no end of that log.
    pub fn cut(
        &self,
        device: DeviceId,
        incarnation: [u8; 16],
        after: &BTreeSet<StatementId>,
        scope: Scope,
    ) -> Option<Cut> {
        let seen = self.graph.closure(after)?;
        let members = self.members_ever(device);
        let takings = self.graph.takings.iter().copied();
        let takings = takings.filter(|at| self.holds.contains(*at) && !seen.contains(*at));
        let cuts = takings.filter_map(|at| {
            let act = &self.graph.nodes[at].statement.act;
            let concerns = match act {
                Act::TakeBack { scope: of, .. } => of.meets(scope),
                _ => true,
            };
            let mut members = members.iter();
            if !concerns || !members.any(|of| self.graph.takes_from(at, *of, device)) {
                return None;
            }
            let named = act.cuts().iter();
            let mut named =
                named.filter(|cut| (cut.device, cut.incarnation) == (device, incarnation));
            Some(named.next().copied().unwrap_or(Cut {
                device,
                incarnation,
                operations: 0,
                root: keystead_crypto::tree_hash([]),
            }))
        });
        cuts.min_by_key(|cut| (cut.operations, cut.root))
    }

    /// Everybody whose device this ever was.
    fn members_ever(&self, device: DeviceId) -> BTreeSet<MemberId> {
        let facts = self.graph.devices.get(&device);
        let added = facts.into_iter().flat_map(|facts| &facts.added);
        let held = added.filter(|added| self.holds.contains(added.at));
        held.map(|added| added.member).collect()
    }
}

impl View<'_> {
    /// The epochs of a scope that no other one follows.
    pub fn epochs(&self, scope: Scope) -> BTreeSet<EpochId> {
        let newest = self.newest_openings(scope);
        newest.into_iter().map(|(_, epoch)| epoch).collect()
    }

    pub(crate) fn newest_openings(&self, scope: Scope) -> Vec<(usize, EpochId)> {
        let statements = self.graph.epochs.get(&scope).map_or(&[][..], Vec::as_slice);
        let there = statements.iter().copied();
        let there: Vec<usize> = there.filter(|at| self.within.contains(*at)).collect();
        let newest = there.iter().copied().filter(|at| {
            let followed = |other: &usize| self.graph.nodes[*other].before.contains(*at);
            !there.iter().any(followed)
        });
        newest
            .filter_map(|at| Some((at, self.graph.claim(at, scope)?.epoch)))
            .collect()
    }

    /// Every scope that an epoch is claimed for.
    fn scopes_of(&self, epoch: EpochId) -> BTreeSet<Scope> {
        let statements = self.graph.claims.get(&epoch).map_or(&[][..], Vec::as_slice);
        let there = statements
            .iter()
            .filter(|(at, _)| self.within.contains(*at));
        there.map(|(_, scope)| *scope).collect()
    }
}

impl Graph {
    pub(crate) fn claim(&self, at: usize, scope: Scope) -> Option<&crate::EpochClaim> {
        match &self.nodes[at].statement.act {
            Act::OpenEpochs { epochs, .. } => epochs.iter().find(|claim| claim.scope == scope),
            _ => None,
        }
    }
}
