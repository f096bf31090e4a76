//! What follows from a set of statements that hold: members, devices, roles, keys.

use crate::{
    act::{Act, Release, Role, Scope},
    bits::Bits,
    graph::{Added, Graph},
    id::{DeviceId, MemberId, StatementId},
};
use keystead_crypto::{Card, DevicePublic, EpochId};
use std::{
    cell::{OnceCell, RefCell},
    collections::{BTreeMap, BTreeSet, HashMap},
    rc::Rc,
};

/// The members of a space as some statements have it.
pub struct View<'g> {
    pub(crate) graph: &'g Graph,
    /// Statements that hold and are looked at.
    pub(crate) within: Bits,
    /// Statements that are looked at, whether they hold or not.
    pub(crate) known: Bits,
    /// Everybody at once, for questions about all of them.
    roster: OnceCell<Roster>,
    /// What statements that open keys came upon.
    openings: RefCell<HashMap<usize, Rc<Opening<'g>>>>,
}

/// The members, what is settled for each, and their devices.
type Roster = Vec<(MemberId, HashMap<Scope, Option<Role>>, Vec<DeviceId>)>;

/// Who could have the keys of a statement that opens some.
pub(crate) struct Opening<'g> {
    pub(crate) then: View<'g>,
    /// Whether it names a message for each device that might have any of them, and for no other.
    pub(crate) to_all: bool,
}

/// A member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberView {
    /// Who.
    pub member: MemberId,
    /// What is settled for them, by scope; `None` where nothing is left.
    pub roles: BTreeMap<Scope, Option<Role>>,
    /// Their devices.
    pub devices: Vec<DeviceId>,
}

impl<'g> View<'g> {
    /// What follows where these statements hold, out of the ones that are looked at.
    pub(crate) fn new(graph: &'g Graph, within: Bits, known: Bits) -> Self {
        Self {
            graph,
            within,
            known,
            roster: OnceCell::new(),
            openings: RefCell::default(),
        }
    }

    /// What a statement that opens keys came upon.
    pub(crate) fn opening(&self, at: usize) -> Rc<Opening<'g>> {
        if let Some(opening) = self.openings.borrow().get(&at) {
            return Rc::clone(opening);
        }
        let node = &self.graph.nodes[at];
        let mut before = node.before.clone();
        before.retain(&self.within);
        let then = self.graph.view(before);
        let mut to_all = false;
        if let Act::OpenEpochs { epochs, wraps } = &node.statement.act {
            // A device finds in its message the keys that it may have, so one goes to whoever may have any of them.
            let recipients: BTreeSet<DeviceId> = wraps.iter().map(|wrap| wrap.device).collect();
            let claims = epochs.iter().flat_map(|claim| then.entitled(claim.scope));
            to_all = claims.collect::<BTreeSet<DeviceId>>() == recipients;
        }
        let opening = Rc::new(Opening { then, to_all });
        self.openings.borrow_mut().insert(at, Rc::clone(&opening));
        opening
    }

    fn roster(&self) -> &Roster {
        self.roster.get_or_init(|| {
            let members = self.graph.members.keys().copied();
            let members = members.filter(|member| self.is_member(*member));
            let one = |member| {
                let scopes = self.scopes(member).into_iter();
                let roles = scopes.filter_map(|scope| Some((scope, self.settled(member, scope)?)));
                (member, roles.collect(), self.devices(member))
            };
            members.map(one).collect()
        })
    }
    /// Whether every one of `these` that is looked at comes before `at`.
    fn all_before(&self, these: &[usize], at: usize) -> bool {
        let before = &self.graph.nodes[at].before;
        let looked_at = these.iter().filter(|this| self.within.contains(**this));
        looked_at.copied().all(|this| before.contains(this))
    }

    /// Of these, the ones that are looked at and that no removal of the member came after or crossed.
    fn standing<'v>(
        &'v self,
        member: MemberId,
        these: &'v [usize],
    ) -> impl Iterator<Item = usize> + 'v {
        let removed = match self.graph.members.get(&member) {
            None => &[][..],
            Some(facts) => &facts.removed,
        };
        let these = these.iter().copied();
        these.filter(move |at| self.within.contains(*at) && self.all_before(removed, *at))
    }

    /// Whether somebody is a member.
    pub fn is_member(&self, member: MemberId) -> bool {
        self.is_founder(member) || self.added_members(member).next().is_some()
    }

    /// Whether somebody founded the space and never went. Who went and came again came when they came again.
    pub(crate) fn is_founder(&self, member: MemberId) -> bool {
        let facts = self.graph.members.get(&member);
        let mut removed = facts.into_iter().flat_map(|facts| &facts.removed);
        member == self.graph.genesis().founder() && !removed.any(|at| self.within.contains(*at))
    }

    /// The statements that made somebody a member and that no removal came after or crossed.
    pub(crate) fn added_members(&self, member: MemberId) -> impl Iterator<Item = usize> + '_ {
        let facts = self.graph.members.get(&member);
        let added = facts.map_or(&[][..], |facts| &facts.added);
        self.standing(member, added)
    }

    /// Where the device came, if it is in.
    fn added(&self, device: DeviceId) -> Option<&'g Added> {
        let facts = self.graph.devices.get(&device)?;
        // A device that was revoked never comes back: whoever found it holds its certificate.
        if self.is_revoked(device) {
            return None;
        }
        let there = facts.added.iter().filter(|added| {
            let mut standing = self.standing(added.member, std::slice::from_ref(&added.at));
            standing.next().is_some()
        });
        let node = |added: &&Added| {
            (
                self.graph.nodes[added.at].depth,
                self.graph.nodes[added.at].id,
            )
        };
        let newest = there.max_by_key(node)?;
        let claimed =
            |added: &Added| self.within.contains(added.at) && added.member != newest.member;
        // Of a device that agreed to two identities nobody knows whose it is.
        let clear = !facts.added.iter().any(claimed) && self.is_member(newest.member);
        clear.then_some(newest)
    }

    /// Whose a device is; `None` where it is not in.
    pub fn member_of(&self, device: DeviceId) -> Option<MemberId> {
        self.added(device).map(|added| added.member)
    }

    /// How a device is reached, where it is in.
    pub fn device(&self, device: DeviceId) -> Option<&'g DevicePublic> {
        self.added(device).map(|added| &added.public)
    }

    /// The devices of a member.
    pub fn devices(&self, member: MemberId) -> Vec<DeviceId> {
        let facts = self.graph.members.get(&member);
        let devices = facts.into_iter().flat_map(|facts| &facts.devices).copied();
        devices
            .filter(|device| self.member_of(*device) == Some(member))
            .collect()
    }

    /// The newest card of a member; the founder has none until it is stated.
    pub fn card(&self, member: MemberId) -> Option<&'g Card> {
        let facts = self.graph.members.get(&member)?;
        let cards = facts.cards.iter();
        let cards = cards.filter(|(at, _)| self.within.contains(*at));
        cards
            .max_by_key(|(at, card)| (card.version, self.graph.nodes[*at].id))
            .map(|(_, card)| card)
    }

    /// What is settled for a member in exactly this scope; `None` where nothing is.
    fn settled(&self, member: MemberId, scope: Scope) -> Option<Option<Role>> {
        self.graph.members.get(&member)?;
        let newest = self.newest(member, scope);
        let (mut given, mut left) = (None, None);
        for at in newest {
            match &self.graph.nodes[at].statement.act {
                Act::Grant { role, .. } => given = given.max(Some(*role)),
                Act::TakeBack { role, .. } => {
                    left = Some(left.map_or(*role, |left: Option<Role>| left.min(*role)));
                }
                _ => {}
            }
        }
        // The founder who went and came again has what was given since.
        let founder = self.is_founder(member);
        match (left, given) {
            // What is taken back while somebody else gives stays taken.
            (Some(left), _) => Some(left),
            (None, Some(role)) => Some(Some(role)),
            (None, None) if founder && scope == Scope::Space => Some(Some(Role::Owner)),
            (None, None) => None,
        }
    }

    /// The statements that settle something for a member in exactly this scope: those that no other one follows.
    pub(crate) fn newest(&self, member: MemberId, scope: Scope) -> Vec<usize> {
        let Some(facts) = self.graph.members.get(&member) else {
            return Vec::new();
        };
        let statements = facts.roles.get(&scope).map_or(&[][..], Vec::as_slice);
        let standing: Vec<usize> = self.standing(member, statements).collect();
        let newest = standing.iter().copied().filter(|at| {
            let followed = |other: &usize| self.graph.nodes[*other].before.contains(*at);
            !standing.iter().any(followed)
        });
        newest.collect()
    }

    /// Why a member may what they may in a scope: where it is settled, and by which statements; none for the founder, who
    /// needs none.
    pub fn because(&self, member: MemberId, scope: Scope) -> Option<(Scope, Vec<StatementId>)> {
        let owns = |scope: &Scope| self.settled(member, *scope) == Some(Some(Role::Owner));
        let mut wider = [scope].into_iter().chain(scope.around());
        let scope = match scope.around().find(owns) {
            Some(scope) => scope,
            None => wider.find(|scope| self.settled(member, *scope).is_some())?,
        };
        let newest = self.newest(member, scope).into_iter();
        Some((scope, newest.map(|at| self.graph.nodes[at].id).collect()))
    }

    /// Roles that end: of whom, where, which, and when. The time is for an honest client to look at.
    pub fn ending(&self) -> Vec<(MemberId, Scope, Role, i64)> {
        let mut ending = Vec::new();
        for (member, facts) in &self.graph.members {
            for (scope, statements) in &facts.roles {
                // Most end never, and need no looking at.
                let ends = |at: &usize| {
                    let act = &self.graph.nodes[*at].statement.act;
                    matches!(act, Act::Grant { expires, .. } if expires.is_some())
                };
                if !statements.iter().any(ends) || !self.is_member(*member) {
                    continue;
                }
                let Some(Some(role)) = self.settled(*member, *scope) else {
                    continue;
                };
                // What is theirs anyway does not end, and the last owner's role is nobody's to take.
                let last = *scope == Scope::Space && self.owners() == [*member];
                if last || self.owns_around(*member, *scope) {
                    continue;
                }
                let ends = self.newest(*member, *scope).into_iter().filter_map(|at| {
                    match &self.graph.nodes[at].statement.act {
                        Act::Grant { expires, .. } => *expires,
                        _ => None,
                    }
                });
                if let Some(at) = ends.min() {
                    ending.push((*member, *scope, role, at));
                }
            }
        }
        ending.sort_unstable_by_key(|(member, scope, _, at)| (*at, *member, *scope));
        ending
    }

    /// What a member may do in a scope: what is settled there, or else for what it lies in. An owner of what it lies in owns
    /// it too, or an owner of a part could shut them out of it.
    pub fn role(&self, member: MemberId, scope: Scope) -> Option<Role> {
        if !self.is_member(member) {
            return None;
        }
        role_of(scope, |scope| self.settled(member, scope))
    }

    /// What a member may do in a scope by what is settled for what it lies in.
    pub fn role_around(&self, member: MemberId, scope: Scope) -> Option<Role> {
        let mut around = scope.around();
        let settled = around.find_map(|scope| self.settled(member, scope));
        settled.flatten().filter(|_| self.is_member(member))
    }

    /// Whether a member owns something that a scope lies in.
    pub(crate) fn owns_around(&self, member: MemberId, scope: Scope) -> bool {
        let mut around = scope.around();
        self.is_member(member)
            && around.any(|scope| self.settled(member, scope) == Some(Some(Role::Owner)))
    }

    /// Whether something was taken back from a member in exactly this scope, and nothing given there since.
    pub(crate) fn was_taken(&self, member: MemberId, scope: Scope) -> bool {
        let mut newest = self.newest(member, scope).into_iter();
        newest.any(|at| self.graph.nodes[at].statement.act.takes())
    }

    /// Whether somebody was removed.
    pub(crate) fn was_removed(&self, member: MemberId) -> bool {
        let facts = self.graph.members.get(&member);
        let mut removed = facts.into_iter().flat_map(|facts| &facts.removed);
        removed.any(|at| self.within.contains(*at))
    }

    /// Whether a device was revoked.
    pub(crate) fn is_revoked(&self, device: DeviceId) -> bool {
        let facts = self.graph.devices.get(&device);
        let mut revoked = facts.into_iter().flat_map(|facts| &facts.revoked);
        revoked.any(|at| self.within.contains(*at))
    }

    /// Whether any device of a member was revoked.
    pub(crate) fn has_revoked(&self, member: MemberId) -> bool {
        let facts = self.graph.members.get(&member);
        let mut devices = facts.into_iter().flat_map(|facts| &facts.devices);
        devices.any(|device| self.is_revoked(*device))
    }

    /// Scopes in which something is settled for a member.
    fn scopes(&self, member: MemberId) -> BTreeSet<Scope> {
        let facts = self.graph.members.get(&member);
        let stated = facts
            .into_iter()
            .flat_map(|facts| facts.roles.keys())
            .copied();
        stated.chain([Scope::Space]).collect()
    }

    /// The most that a member may do anywhere within a scope.
    pub fn role_within(&self, member: MemberId, scope: Scope) -> Option<Role> {
        let inside = self.scopes(member);
        let inside = inside.into_iter().filter(|inside| scope.covers(*inside));
        inside
            .chain([scope])
            .filter_map(|scope| self.role(member, scope))
            .max()
    }

    /// Everybody, by id.
    pub fn members(&self) -> Vec<MemberView> {
        self.members_who(|_| true)
    }

    /// Those of everybody who are wanted, by id.
    pub fn members_who(&self, wanted: impl Fn(MemberId) -> bool) -> Vec<MemberView> {
        let mut members: Vec<MemberId> = self.graph.members.keys().copied().collect();
        members.retain(|member| wanted(*member) && self.is_member(*member));
        members.sort_unstable();
        let view = |member| MemberView {
            member,
            roles: self
                .scopes(member)
                .into_iter()
                .filter_map(|scope| Some((scope, self.settled(member, scope)?)))
                .collect(),
            devices: self.devices(member),
        };
        members.into_iter().map(view).collect()
    }

    /// Whether somebody is left who says who else may, everywhere, and has a device to say it with.
    pub(crate) fn is_owned(&self) -> bool {
        let owners = self.owners();
        owners
            .into_iter()
            .any(|owner| !self.devices(owner).is_empty())
    }

    /// Who says who else may, everywhere.
    pub fn owners(&self) -> Vec<MemberId> {
        let members = self.graph.members.keys().copied();
        let mut owners: Vec<MemberId> = members
            .filter(|member| self.role(*member, Scope::Space) == Some(Role::Owner))
            .collect();
        owners.sort_unstable();
        owners
    }

    /// The devices that may have the key of a scope: of all who may read something in it.
    pub fn entitled(&self, scope: Scope) -> BTreeSet<DeviceId> {
        let may = self.roster().iter().filter(|(_, roles, _)| {
            let settled = |scope: Scope| roles.get(&scope).copied();
            let has = |scope: Scope| role_of(scope, settled).is_some();
            match scope {
                Scope::Environment(..) => has(scope),
                _ => {
                    has(scope)
                        || roles
                            .keys()
                            .any(|inside| scope.covers(*inside) && has(*inside))
                }
            }
        });
        may.flat_map(|(.., devices)| devices).copied().collect()
    }

    /// Whether a member may have the key of a scope. Names of a project go to whoever reads any of its environments,
    /// operations to everybody with a role.
    pub fn may_open(&self, member: MemberId, scope: Scope) -> bool {
        match scope {
            Scope::Environment(..) => self.role(member, scope).is_some(),
            _ => self.role_within(member, scope).is_some(),
        }
    }

    /// When honest clients let values of a scope out, where something is said of exactly this one.
    pub fn release(&self, scope: Scope) -> Option<&'g Release> {
        self.release_said(scope).map(|(_, release)| release)
    }

    /// As [`Self::release`], with the device that said so.
    pub fn release_said(&self, scope: Scope) -> Option<(DeviceId, &'g Release)> {
        let statements = self.graph.releases.get(&scope)?;
        let there = statements.iter().filter(|at| self.within.contains(**at));
        let node = |at: &&usize| (self.graph.nodes[**at].depth, self.graph.nodes[**at].id);
        let statement = &self.graph.nodes[*there.max_by_key(node)?].statement;
        match &statement.act {
            Act::SetRelease { release, .. } => Some((statement.author, release.as_ref()?)),
            _ => None,
        }
    }

    /// Whether anything is said of when values leave.
    pub fn has_releases(&self) -> bool {
        !self.graph.releases.is_empty()
    }

    /// The devices that were given the key of an epoch after it began.
    pub(crate) fn shared(&self, epoch: EpochId) -> BTreeSet<DeviceId> {
        let shares = self.graph.shares.get(&epoch).map_or(&[][..], Vec::as_slice);
        let there = shares.iter().filter(|at| self.within.contains(**at));
        let wraps = there.flat_map(|at| match &self.graph.nodes[*at].statement.act {
            Act::ShareKeys { wraps, .. } => wraps.as_slice(),
            _ => &[],
        });
        wraps.map(|wrap| wrap.device).collect()
    }
}

/// A role in a scope, where it is known what is settled in each.
fn role_of(scope: Scope, settled: impl Fn(Scope) -> Option<Option<Role>>) -> Option<Role> {
    let mut around = scope.around();
    if around.any(|scope| settled(scope) == Some(Some(Role::Owner))) {
        return Some(Role::Owner);
    }
    let mut scopes = [scope].into_iter().chain(scope.around());
    scopes.find_map(settled).flatten()
}
