//! What holds, and what follows from it for logs.

use crate::{
    act::{Act, Cut, Role, Scope},
    bits::Bits,
    graph::Graph,
    id::{DeviceId, MemberId, StatementId},
    rules::{Judged, Verdict},
    view::View,
};
use std::collections::{BTreeMap, BTreeSet};

/// So many members go on from what is taken from an owner by a statement of their own; more would say nothing new.
const ENOUGH_WITNESSES: usize = 8;

/// What holds in a space, out of all statements or of those that some follow.
pub struct Standing<'g> {
    pub(crate) graph: &'g Graph,
    pub(crate) holds: Bits,
    pub(crate) within: Bits,
    pub(crate) verdicts: Vec<Option<Verdict>>,
    /// Whether a taking is crossed by something.
    pub(crate) crossed: bool,
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
        let known = within.clone();
        within.retain(&self.holds);
        Some(View::new(self.graph, within, known))
    }

    /// Whether a statement holds; `None` for one that is not looked at.
    pub fn verdict(&self, id: StatementId) -> Option<Verdict> {
        self.verdicts[self.graph.place(id)?]
    }

    /// Until where operations of a log are taken in by takings that hold and that those who wrote `after` had not seen.
    /// `None` where nothing was taken from that device; 0 operations where a taking names no end of that log. One that is
    /// contested, and what somebody takes from themselves, ends no log, until somebody says it again who is neither.
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
            if !concerns
                || !members.any(|of| self.graph.takes_from(at, *of, device))
                || !self.ends_logs(at)
            {
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

    /// Whether a taking ends logs.
    fn ends_logs(&self, taking: usize) -> bool {
        !self.graph.is_own(taking) && !self.view().is_contested(taking)
    }

    /// Takings that hold and end no log, and that nobody said again who is neither contested nor takes from themselves: what
    /// an owner's program says again, with all that it knows of the logs.
    pub fn unconfirmed(&self) -> Vec<Act> {
        let view = self.view();
        let act = |at: usize| &self.graph.nodes[at].statement.act;
        let is_so = |at: usize| match act(at) {
            Act::Remove { member, .. } => !view.is_member(*member),
            Act::TakeBack { member, scope, .. } => view.newest(*member, *scope).contains(&at),
            _ => true,
        };
        let takings = self.graph.takings.iter().copied();
        let takings: Vec<usize> = takings
            .filter(|at| self.holds.contains(*at) && is_so(*at))
            .collect();
        let again = |one: &Act, other: &Act| match (one, other) {
            (Act::Remove { member: a, .. }, Act::Remove { member: b, .. }) => a == b,
            (Act::RevokeDevice { device: a, .. }, Act::RevokeDevice { device: b, .. }) => a == b,
            (
                Act::TakeBack {
                    member: a,
                    scope: of,
                    ..
                },
                Act::TakeBack {
                    member: b, scope, ..
                },
            ) => (a, of) == (b, scope),
            _ => false,
        };
        let (ends, open): (Vec<usize>, Vec<usize>) =
            takings.into_iter().partition(|at| self.ends_logs(*at));
        let mut unconfirmed: Vec<Act> = Vec::new();
        for at in open {
            let confirmed = ends.iter().any(|other| {
                self.graph.nodes[*other].before.contains(at) && again(act(at), act(*other))
            });
            if !confirmed && !unconfirmed.iter().any(|there| again(there, act(at))) {
                unconfirmed.push(act(at).clone());
            }
        }
        unconfirmed
    }

    /// Whether something was taken from an owner that few went on from, and this member, who had no part in it, not yet.
    pub fn wants_witness(&self, member: MemberId) -> bool {
        let takings = self.graph.takings.iter().copied();
        let mut takings = takings.filter(|at| self.holds.contains(*at));
        self.view().is_member(member)
            && takings.any(|at| {
                let parties = self.graph.parties(at);
                let mut before = self.graph.nodes[at].before.clone();
                before.retain(&self.holds);
                let then = self.graph.view(before);
                let owner = |of: &MemberId| then.role(*of, Scope::Space) == Some(Role::Owner);
                if parties.contains(&member) || !self.graph.taken(at).iter().any(owner) {
                    return false;
                }
                let witnesses = self.graph.going_on(at, &self.within);
                !witnesses.contains(&member)
                    && witnesses.difference(&parties).count() < ENOUGH_WITNESSES
            })
    }

    /// Everybody whose device this ever was.
    fn members_ever(&self, device: DeviceId) -> BTreeSet<MemberId> {
        let facts = self.graph.devices.get(&device);
        let added = facts.into_iter().flat_map(|facts| &facts.added);
        let held = added.filter(|added| self.holds.contains(added.at));
        held.map(|added| added.member).collect()
    }
}
