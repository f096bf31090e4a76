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

/// What holds in a space, out of all statements or of those that some follow.
pub struct Standing<'g> {
    pub(crate) graph: &'g Graph,
    pub(crate) holds: Bits,
    pub(crate) within: Bits,
    pub(crate) verdicts: Vec<Option<Verdict>>,
    /// Whether a taking is crossed by something.
    pub(crate) crossed: bool,
}

/// A taking that ends no log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unconfirmed {
    /// Which.
    pub id: StatementId,
    /// What it takes.
    pub act: Act,
    /// Whether it takes from who says it: then the ends that it names are theirs to say.
    pub own: bool,
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

    /// Of every statement in the order of the graph whether it holds.
    pub fn verdicts(&self) -> &[Option<Verdict>] {
        &self.verdicts
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

    /// Until where a taking that holds takes a log in; `None` where it does not end it, as it is contested or takes from who
    /// says it.
    pub fn end_by(
        &self,
        taking: StatementId,
        device: DeviceId,
        incarnation: [u8; 16],
    ) -> Option<u64> {
        let at = self.graph.place(taking)?;
        if !self.holds.contains(at) || !self.ends_logs(at) {
            return None;
        }
        let mut cuts = self.graph.nodes[at].statement.act.cuts().iter();
        let cut = cuts.find(|cut| (cut.device, cut.incarnation) == (device, incarnation));
        Some(cut.map_or(0, |cut| cut.operations))
    }

    /// Whether a taking ends logs.
    fn ends_logs(&self, taking: usize) -> bool {
        !self.graph.is_own(taking) && !self.view().is_contested(taking)
    }

    /// Takings that put somebody out and end no log, and that nobody says too who is neither contested nor takes from
    /// themselves: what an owner's program says again, with what it knew of the logs then. Who gave a role back of their own
    /// accord is left alone.
    pub fn unconfirmed(&self) -> Vec<Unconfirmed> {
        let view = self.view();
        let act = |at: usize| &self.graph.nodes[at].statement.act;
        let is_so = |at: usize| match act(at) {
            Act::Remove { member, .. } => !view.is_member(*member),
            Act::TakeBack {
                member,
                scope,
                role,
                ..
            } => view.newest(*member, *scope).contains(&at) && view.role(*member, *scope) <= *role,
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
        let mut unconfirmed: Vec<Unconfirmed> = Vec::new();
        for at in open {
            let own = self.graph.is_own(at);
            if own && matches!(act(at), Act::TakeBack { .. }) {
                continue;
            }
            let confirmed = ends.iter().any(|other| {
                !self.graph.nodes[at].before.contains(*other) && again(act(at), act(*other))
            });
            let mut there = unconfirmed.iter();
            if !confirmed && !there.any(|there| again(&there.act, act(at))) {
                unconfirmed.push(Unconfirmed {
                    id: self.graph.nodes[at].id,
                    act: act(at).clone(),
                    own,
                });
            }
        }
        unconfirmed
    }

    /// Whether something was taken from an owner by somebody else, and this member, who owns the space too, did not go on
    /// from it yet.
    pub fn wants_witness(&self, member: MemberId) -> bool {
        let takings = self.graph.takings.iter().copied();
        let mut takings = takings.filter(|at| self.holds.contains(*at));
        self.view().role(member, Scope::Space) == Some(Role::Owner)
            && takings.any(|at| {
                self.graph.takes_from_owner(at)
                    && !self.graph.parties(at).contains(&member)
                    && !self.graph.going_on(at, &self.within).contains(&member)
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
