//! Statements that do not know of each other, and what one of them takes from the other.

use crate::{
    act::{Act, Role, Scope},
    graph::Graph,
    id::{DeviceId, MemberId},
    view::View,
};
use std::collections::BTreeSet;

impl Graph {
    /// Whether a taking could leave the space without an owner: it takes from somebody who owned it.
    pub(crate) fn takes_from_owner(&self, taking: usize) -> bool {
        let narrower = matches!(&self.nodes[taking].statement.act,
            Act::TakeBack { scope, .. } if *scope != Scope::Space);
        !narrower
            && self.taken(taking).iter().any(|member| {
                let facts = self.members.get(member);
                let given = facts.and_then(|facts| facts.roles.get(&Scope::Space));
                let owner = |at: &usize| {
                    self.nodes[taking].before.contains(*at)
                        && matches!(
                            &self.nodes[*at].statement.act,
                            Act::Grant {
                                role: Role::Owner,
                                ..
                            }
                        )
                };
                *member == self.genesis().founder()
                    || given.is_some_and(|given| given.iter().any(owner))
            })
    }

    /// Whether neither of two statements comes before the other.
    pub(crate) fn cross(&self, one: usize, other: usize) -> bool {
        one != other
            && !self.nodes[one].before.contains(other)
            && !self.nodes[other].before.contains(one)
    }

    /// Everybody whose device the author of a statement was before it, whether that holds or not.
    pub(crate) fn authors(&self, at: usize) -> impl Iterator<Item = MemberId> + '_ {
        let node = &self.nodes[at];
        let facts = self.devices.get(&node.statement.author);
        let added = facts.into_iter().flat_map(|facts| &facts.added);
        let added = added.filter(move |added| added.at == at || node.before.contains(added.at));
        added.map(|added| added.member)
    }

    /// Whom a taking takes from.
    pub(crate) fn taken(&self, taking: usize) -> BTreeSet<MemberId> {
        match &self.nodes[taking].statement.act {
            Act::Remove { member, .. } | Act::TakeBack { member, .. } => [*member].into(),
            Act::RevokeDevice { device, .. } => {
                let facts = self.devices.get(device).into_iter();
                let added = facts.flat_map(|facts| &facts.added);
                added.map(|added| added.member).collect()
            }
            _ => BTreeSet::new(),
        }
    }

    /// Whom a taking takes from, and who takes.
    pub(crate) fn parties(&self, taking: usize) -> BTreeSet<MemberId> {
        self.taken(taking)
            .into_iter()
            .chain(self.authors(taking))
            .collect()
    }

    /// Whether somebody takes something from themselves. That takes nothing else along.
    pub(crate) fn is_own(&self, taking: usize) -> bool {
        match &self.nodes[taking].statement.act {
            Act::Remove { member, .. } | Act::TakeBack { member, .. } => {
                self.authors(taking).any(|author| author == *member)
            }
            Act::RevokeDevice { device, .. } => *device == self.nodes[taking].statement.author,
            _ => false,
        }
    }

    /// Whether a taking that crosses a statement takes from its author, who is somebody else than the one who takes.
    pub(crate) fn takes_right_to(&self, taking: usize, at: usize) -> bool {
        let node = &self.nodes[at];
        !self.is_own(taking)
            && (self
                .authors(at)
                .any(|author| self.takes_from(taking, author, node.statement.author))
                || self.takes_comer(taking, at))
    }

    /// Whether a revocation is of another device of the member whose device comes by its own word: whoever holds the revoked
    /// one may hold the identity's key.
    fn takes_comer(&self, taking: usize, at: usize) -> bool {
        let node = &self.nodes[at];
        let Act::RevokeDevice { device, .. } = &self.nodes[taking].statement.act else {
            return false;
        };
        let (Some((comes, member)), Some(facts)) = (node.brings, self.devices.get(device)) else {
            return false;
        };
        comes == node.statement.author
            && comes != *device
            && facts.added.iter().any(|added| added.member == member)
    }

    /// Whether a taking is of this member or device.
    pub(crate) fn takes_from(&self, taking: usize, of: MemberId, on: DeviceId) -> bool {
        match &self.nodes[taking].statement.act {
            Act::Remove { member, .. } | Act::TakeBack { member, .. } => *member == of,
            Act::RevokeDevice { device, .. } => *device == on,
            _ => false,
        }
    }
}

impl View<'_> {
    /// Whether takings that cross a statement took the right to it.
    pub(crate) fn is_contested(&self, at: usize) -> bool {
        let takings = self.graph.takings.iter().copied();
        let takings = takings.filter(|taking| {
            self.within.contains(*taking)
                && self.graph.cross(*taking, at)
                && self.graph.takes_right_to(*taking, at)
        });
        let takings: Vec<usize> = takings.collect();
        if takings.is_empty() {
            return false;
        }
        let mut with = self.graph.nodes[at].before.clone();
        with.retain(&self.within);
        takings.into_iter().for_each(|taking| with.insert(taking));
        self.graph.check(at, &self.graph.view(with)).is_err()
    }
}
