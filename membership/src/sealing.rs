//! Which key values are sealed under, if any.

use crate::{
    act::{Act, EpochClaim, Scope},
    graph::Graph,
    id::DeviceId,
    standing::Standing,
    view::View,
};
use keystead_crypto::EpochId;
use std::collections::BTreeSet;

/// The key of a scope that seals now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealing {
    /// It.
    pub epoch: EpochId,
    /// Devices that may have it and were not given it yet.
    pub lacking: BTreeSet<DeviceId>,
}

/// Why nothing is sealed in a scope until somebody makes a new key there, which follows all these.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotSealing {
    /// There is no key.
    #[error("there is no key yet")]
    NoKey,
    /// Several were made at once.
    #[error("{} keys were made at once", .0.len())]
    Several(BTreeSet<EpochId>),
    /// It went to other devices than those who might have it where it was made.
    #[error("the key went to other devices than may have it")]
    WrongRecipients,
    /// Devices hold it that may not any more.
    #[error("{} devices hold the key that may not any more", .0.len())]
    HeldByOthers(BTreeSet<DeviceId>),
}

impl Standing<'_> {
    /// The key that seals in a scope.
    ///
    /// # Errors
    /// [`NotSealing`] where it takes a new one first.
    pub fn sealing(&self, scope: Scope) -> Result<Sealing, NotSealing> {
        self.view().sealing(scope)
    }
}

impl View<'_> {
    /// The key that seals in a scope, as far as these statements say.
    ///
    /// # Errors
    /// [`NotSealing`] where it takes a new one first.
    pub fn sealing(&self, scope: Scope) -> Result<Sealing, NotSealing> {
        let now = self;
        let newest = now.newest_openings(scope);
        let [(at, epoch)] = newest[..] else {
            return Err(match newest.is_empty() {
                true => NotSealing::NoKey,
                false => NotSealing::Several(newest.into_iter().map(|(_, epoch)| epoch).collect()),
            });
        };
        // One whose author's right is gone was sealed under meanwhile: the one before it seals no more.
        let openings = now.openings(scope).into_iter();
        let since = openings.filter(|since| now.graph.nodes[*since].before.contains(at));
        let since = since.filter_map(|since| Some(now.graph.claim(since, scope)?.epoch));
        let since: BTreeSet<EpochId> = since.collect();
        if !since.is_empty() {
            return Err(NotSealing::Several(
                since.into_iter().chain([epoch]).collect(),
            ));
        }
        let opening = now.opening(at);
        if !opening.to_all {
            return Err(NotSealing::WrongRecipients);
        }
        let (held, entitled) = (opening.then.entitled(scope), now.entitled(scope));
        let given: BTreeSet<DeviceId> = held.into_iter().chain(now.shared(epoch)).collect();
        let others: BTreeSet<DeviceId> = given.difference(&entitled).copied().collect();
        if !others.is_empty() {
            return Err(NotSealing::HeldByOthers(others));
        }
        Ok(Sealing {
            epoch,
            lacking: entitled.difference(&given).copied().collect(),
        })
    }
}

impl View<'_> {
    /// The epochs of a scope that no other one follows, but for those whose author's right a statement took that crosses
    /// them.
    pub fn epochs(&self, scope: Scope) -> BTreeSet<EpochId> {
        let newest = self.newest_openings(scope);
        newest.into_iter().map(|(_, epoch)| epoch).collect()
    }

    /// Whether an epoch was the only one of its scope that no other one follows, for who knew of these statements. What came
    /// out later of who opened it changes nothing.
    pub fn is_newest(&self, scope: Scope, epoch: EpochId) -> bool {
        let newest = self.newest_openings(scope);
        let claims = self.graph.claims.get(&epoch).map_or(&[][..], Vec::as_slice);
        let there = claims
            .iter()
            .filter(|(at, of)| *of == scope && self.known.contains(*at));
        there.map(|(at, _)| *at).any(|at| {
            let before = &self.graph.nodes[at].before;
            let first = !claims.iter().any(|(other, _)| before.contains(*other));
            let follows = |(other, _): &(usize, EpochId)| *other == at || before.contains(*other);
            first && newest.iter().all(follows)
        })
    }

    pub(crate) fn newest_openings(&self, scope: Scope) -> Vec<(usize, EpochId)> {
        let mut there = self.openings(scope);
        loop {
            let newest = self.unfollowed(&there);
            let tainted: Vec<usize> = newest
                .iter()
                .copied()
                .filter(|at| self.is_contested(*at))
                .collect();
            if tainted.is_empty() {
                let claim = |at: usize| Some((at, self.graph.claim(at, scope)?.epoch));
                return newest.into_iter().filter_map(claim).collect();
            }
            there.retain(|at| !tainted.contains(at));
        }
    }

    /// Statements here that open a key of a scope.
    pub(crate) fn openings(&self, scope: Scope) -> Vec<usize> {
        let statements = self.graph.epochs.get(&scope).map_or(&[][..], Vec::as_slice);
        let there = statements.iter().copied();
        there.filter(|at| self.within.contains(*at)).collect()
    }

    /// Of these statements the ones that no other one of them follows.
    fn unfollowed(&self, these: &[usize]) -> Vec<usize> {
        let newest = these.iter().copied().filter(|at| {
            let followed = |other: &usize| self.graph.nodes[*other].before.contains(*at);
            !these.iter().any(followed)
        });
        newest.collect()
    }

    /// What the statements here say of an epoch of a scope.
    pub fn claims_of(&self, epoch: EpochId, scope: Scope) -> Vec<&'_ EpochClaim> {
        let claims = self.graph.claims.get(&epoch).map_or(&[][..], Vec::as_slice);
        let there = claims
            .iter()
            .filter(|(at, of)| *of == scope && self.within.contains(*at));
        there
            .filter_map(|(at, _)| self.graph.claim(*at, scope))
            .collect()
    }

    /// Every scope that an epoch is claimed for.
    pub(crate) fn scopes_of(&self, epoch: EpochId) -> BTreeSet<Scope> {
        let statements = self.graph.claims.get(&epoch).map_or(&[][..], Vec::as_slice);
        let there = statements
            .iter()
            .filter(|(at, _)| self.within.contains(*at));
        there.map(|(_, scope)| *scope).collect()
    }
}

impl Graph {
    pub(crate) fn claim(&self, at: usize, scope: Scope) -> Option<&EpochClaim> {
        match &self.nodes[at].statement.act {
            Act::OpenEpochs { epochs, .. } => epochs.iter().find(|claim| claim.scope == scope),
            _ => None,
        }
    }
}
