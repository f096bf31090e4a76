//! Which key values are sealed under, if any.

use crate::{
    act::{Act, Scope},
    id::DeviceId,
    rules::Standing,
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
        let node = &now.graph.nodes[at];
        let mut then = node.before.clone();
        then.retain(&now.within);
        let then = now.graph.view(then);
        let Act::OpenEpochs { epochs, wraps } = &node.statement.act else {
            return Err(NotSealing::NoKey);
        };
        let claims = epochs.iter().map(|claim| claim.scope);
        let recipients: BTreeSet<DeviceId> = wraps.iter().map(|wrap| wrap.device).collect();
        // A device finds in its message the keys that it may have, so a message goes to whoever may have any of them.
        let may_any: BTreeSet<DeviceId> = claims.flat_map(|scope| then.entitled(scope)).collect();
        if may_any != recipients {
            return Err(NotSealing::WrongRecipients);
        }
        let (held, entitled) = (then.entitled(scope), now.entitled(scope));
        let given: BTreeSet<DeviceId> = now
            .graph
            .devices
            .keys()
            .copied()
            .filter(|device| held.contains(device) || now.was_shared(*device, epoch))
            .collect();
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
