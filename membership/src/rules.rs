//! Which statements hold.
//!
//! A statement holds where its author could say it, as the statements before it have it. What gives something falls with
//! a taking that crosses it and takes the right to give from its author: otherwise somebody who was removed could go on
//! giving, by statements that pretend not to know. What takes stands beside a taking that crosses it, unless no owner of
//! the space would remain: then the one stands that more of the other owners go on from, and among equals that of the member
//! who came first. Whatever rests on a statement that does not hold does not hold either.
//!
//! What somebody takes from themselves takes nothing else along, and a taking whose author was taken from by one that
//! crosses it (a contested one) ends no log: who was removed can say what they like of the past. A key that begins gives
//! nobody a right, so it stands where its author's right is gone, for those who sealed under it meanwhile, and seals no more.

use crate::{
    act::{Act, Role, Scope},
    bits::Bits,
    graph::Graph,
    id::MemberId,
    view::View,
};
use keystead_crypto::EpochId;
use std::{cmp::Ordering, collections::BTreeMap};

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
    /// It names epochs as those before that were not there, or one that was there as a new one.
    #[error("its keys do not take over from ones before")]
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

pub(crate) struct Judged {
    pub(crate) holds: Bits,
    pub(crate) verdicts: Vec<Option<Verdict>>,
}

impl Judged {
    /// Those of `these` that hold.
    pub(crate) fn among(&self, these: &Bits) -> Bits {
        let mut among = these.clone();
        among.retain(&self.holds);
        among
    }
}

impl Graph {
    /// Judges every statement, where of the takings that something crosses these count.
    pub(crate) fn judge(
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
    pub(crate) fn judge_one(
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
        self.check(at, &before)?;
        let act = &node.statement.act;
        if act.takes() || matches!(act, Act::OpenEpochs { .. }) {
            return Ok(());
        }
        let crossing = taken.iter().copied();
        let crossing: Vec<usize> = crossing
            .filter(|taking| self.cross(*taking, at) && self.takes_right_to(*taking, at))
            .collect();
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

    /// Whether the author could say this where `view` is what there is; who the author is.
    pub(crate) fn check(&self, at: usize, view: &View<'_>) -> Result<MemberId, Why> {
        let statement = &self.nodes[at].statement;
        let here = self.nodes[at].brings;
        let here = here.filter(|(device, _)| *device == statement.author);
        let member = match (view.member_of(statement.author), here) {
            (Some(member), _) => member,
            // A device that comes speaks for itself, unless it or another one of its member was revoked: who has that one may
            // have the identity's key, so another device that is in, or an owner, says that it comes.
            (None, Some((_, member))) if view.has_revoked(member) => return Err(Why::NotIn),
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
                // What is taken may be taken again, by who knows more of the logs.
                let less = match view.role(*from, *scope).cmp(role) {
                    Ordering::Greater => !view.owns_around(*from, *scope),
                    Ordering::Equal => *from != member && view.was_taken(*from, *scope),
                    Ordering::Less => false,
                };
                if !less {
                    return Err(Why::NoChange);
                }
            }
            Act::Remove { member: who, .. } => {
                if *who != member {
                    may(Scope::Space, Role::Owner)?;
                }
                // Who is out may be removed again, by who knows more of their logs.
                if !view.is_member(*who) && !view.was_removed(*who) {
                    return Err(Why::NobodyThere);
                }
            }
            Act::RevokeDevice { device, .. } => match view.member_of(*device) {
                Some(of) if of == member => {}
                Some(_) => may(Scope::Space, Role::Owner)?,
                None if view.is_revoked(*device) => may(Scope::Space, Role::Owner)?,
                None => return Err(Why::NobodyThere),
            },
            Act::OpenEpochs { epochs, .. } => {
                for claim in epochs {
                    if view.role_within(member, claim.scope) < Some(Role::Editor) {
                        return Err(Why::Role);
                    }
                    // Of what holds nothing is asked here: what was sealed under a key must not go with what turns out later.
                    let known = |epoch: &EpochId, scope: Option<Scope>| {
                        let claims = self.claims.get(epoch).into_iter().flatten();
                        let mut claims = claims.filter(|(by, of)| {
                            scope.is_none_or(|scope| *of == scope)
                                && self.nodes[at].before.contains(*by)
                        });
                        claims.next().is_some()
                    };
                    let mut parents = claim.parents.iter();
                    if known(&claim.epoch, None)
                        || !parents.all(|parent| known(parent, Some(claim.scope)))
                    {
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
                        // Whoever may read may read on each of their own devices.
                        let of_own = |device| view.member_of(device) == Some(member);
                        let own =
                            || !wraps.is_empty() && wraps.iter().all(|wrap| of_own(wrap.device));
                        if view.role_within(member, scope) < Some(Role::Editor)
                            && !(view.may_open(member, scope) && own())
                        {
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
            Act::Acknowledge => {}
        }
        Ok(member)
    }

    pub(crate) fn view(&self, within: Bits) -> View<'_> {
        View::new(self, within.clone(), within)
    }
}
