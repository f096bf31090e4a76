//! Whether an operation counts: a function of what is said of membership and of the operation itself, the same for
//! everybody who has both.

use crate::header::Header;
use keystead_crypto::{EpochId, Hash};
use keystead_membership::{DeviceId, MemberId, Role, Scope, Standing, StatementId, View};
use std::collections::{BTreeSet, HashMap};

/// What somebody must have been allowed for one change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Demand {
    /// Where.
    pub scope: Scope,
    /// What.
    pub role: Role,
    /// Whether the role may be theirs in any part of the scope alone.
    pub within: bool,
    /// The epoch that something was sealed in, which must have been the one that seals there.
    pub epoch: Option<EpochId>,
}

/// Why an operation does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// Its device was no member's.
    #[error("its device was not a member's there")]
    NotIn,
    /// Its author might not.
    #[error("its author's role there did not allow it")]
    Role,
    /// It seals under a key that did not seal.
    #[error("it seals under a key that does not seal there")]
    WrongEpoch,
    /// Its log was cut off before it.
    #[error("its author's right was taken back, and its log is taken in only until before it")]
    BeyondCut,
    /// It is about something that was not there, or makes something under an id that is not its own.
    #[error("it is about something that was not there")]
    NothingThere,
    /// It is nothing that an operation of a shared space does.
    #[error("it is nothing that may be done in a shared space")]
    NotHere,
}

impl Refusal {
    /// Every reason, by the code that a store keeps.
    pub const ALL: [Self; 6] = [
        Self::NotIn,
        Self::Role,
        Self::WrongEpoch,
        Self::BeyondCut,
        Self::NothingThere,
        Self::NotHere,
    ];

    /// The code that a store keeps, from 1.
    pub fn code(self) -> u8 {
        let at = Self::ALL.iter().position(|other| *other == self);
        u8::try_from(at.unwrap_or_default() + 1).unwrap_or(u8::MAX)
    }

    /// The reason of a code.
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.get(usize::from(code).checked_sub(1)?).copied()
    }
}

/// Judges operations by what is said of membership.
pub struct Judge<'g, 's> {
    standing: &'s Standing<'g>,
    /// By the statements that operations knew; neighbours know the same.
    known: HashMap<BTreeSet<Hash>, Known<'g>>,
}

struct Known<'g> {
    view: View<'g>,
    members: HashMap<DeviceId, Option<MemberId>>,
    roles: HashMap<(MemberId, Scope, bool), Option<Role>>,
    newest: HashMap<(Scope, EpochId), bool>,
    cuts: HashMap<(DeviceId, [u8; 16], Scope), Cut>,
}

/// So many operations, with the root over them; `None` where nothing was taken.
type Cut = Option<(u64, Hash)>;

impl<'g, 's> Judge<'g, 's> {
    /// Judges by this.
    pub fn new(standing: &'s Standing<'g>) -> Self {
        Self {
            standing,
            known: HashMap::new(),
        }
    }

    /// Whether an operation counts. `None` where it names statements that are not here. `root_at` is the root over so
    /// many operations of its log; `None` where not that many are here: then it counts for now, and is judged again once
    /// they are.
    ///
    /// An operation is taken whole or not at all: it is one act of a person. One that demands nothing, as where it only
    /// says something of membership, always counts: its statements are judged for themselves.
    pub fn judge(
        &mut self,
        header: &Header,
        demands: &[Demand],
        root_at: impl Fn(u64) -> Option<Hash>,
    ) -> Option<Result<(), Refusal>> {
        let known = match self.known.get_mut(&header.membership) {
            Some(known) => known,
            None => {
                let heads = header.membership.iter().copied().map(StatementId).collect();
                let known = Known {
                    view: self.standing.view_at(&heads)?,
                    members: HashMap::new(),
                    roles: HashMap::new(),
                    newest: HashMap::new(),
                    cuts: HashMap::new(),
                };
                self.known.entry(header.membership.clone()).or_insert(known)
            }
        };
        Some(known.judge(self.standing, header, demands, root_at))
    }
}

impl Known<'_> {
    fn judge(
        &mut self,
        standing: &Standing<'_>,
        header: &Header,
        demands: &[Demand],
        root_at: impl Fn(u64) -> Option<Hash>,
    ) -> Result<(), Refusal> {
        if demands.is_empty() {
            return Ok(());
        }
        let view = &self.view;
        let device = DeviceId(header.device);
        let member = *self
            .members
            .entry(device)
            .or_insert_with(|| view.member_of(device));
        let member = member.ok_or(Refusal::NotIn)?;
        for demand in demands {
            let Demand {
                scope,
                role,
                within,
                epoch,
            } = *demand;
            let has = self.roles.entry((member, scope, within));
            let has = *has.or_insert_with(|| match within {
                true => view.role_within(member, scope),
                false => view.role(member, scope),
            });
            if has < Some(role) {
                return Err(Refusal::Role);
            }
            if let Some(epoch) = epoch {
                let newest = self.newest.entry((scope, epoch));
                if !*newest.or_insert_with(|| view.is_newest(scope, epoch)) {
                    return Err(Refusal::WrongEpoch);
                }
            }
            let cut = self.cuts.entry((device, header.incarnation, scope));
            let cut = *cut.or_insert_with(|| {
                let heads = header.membership.iter().copied().map(StatementId).collect();
                let cut = standing.cut(device, header.incarnation, &heads, scope);
                cut.map(|cut| (cut.operations, cut.root))
            });
            if let Some((operations, root)) = cut
                && (header.sequence >= operations
                    || root_at(operations).is_some_and(|at| at != root))
            {
                return Err(Refusal::BeyondCut);
            }
        }
        Ok(())
    }
}
