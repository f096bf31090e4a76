//! Members of a shared space: who is in, who comes, what they may.

use crate::{
    asker::{Asker, Timestamp},
    event::Action,
    id::{DeviceId, EnvironmentId, Incarnation, ProjectId, SpaceId},
    keyring::system_random,
    log::{EventDraft, Log},
    membership::{heads, of_environment, of_project},
    project,
    space::keys::sealing_epoch,
    transaction::Transaction,
    vault::{Vault, VaultError},
};
use keystead_crypto::{Card, EpochId, Fingerprint, KemPublicKey};
use keystead_membership::{
    Act, Endorsement, Genesis, MemberId, Role as MembershipRole, Scope, Verdict,
};
use keystead_replica::{Header, Invite, InviteError, InviteRemote};
use rusqlite::{TransactionBehavior, params};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fmt,
};

/// What a member may do. Each may do what those before it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Reads values.
    Reader,
    /// Writes them, and makes new keys.
    Editor,
    /// Says who else may.
    Owner,
}

impl Role {
    /// Every role, the least first.
    pub const ALL: [Self; 3] = [Self::Reader, Self::Editor, Self::Owner];

    /// The word shown and typed.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Reader => "reader",
            Self::Editor => "editor",
            Self::Owner => "owner",
        }
    }

    pub(super) fn said(self) -> MembershipRole {
        match self {
            Self::Reader => MembershipRole::Reader,
            Self::Editor => MembershipRole::Editor,
            Self::Owner => MembershipRole::Owner,
        }
    }

    fn of(role: MembershipRole) -> Self {
        match role {
            MembershipRole::Reader => Self::Reader,
            MembershipRole::Editor => Self::Editor,
            MembershipRole::Owner => Self::Owner,
        }
    }
}

/// Where a role holds, by names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// Everywhere in the space.
    Space,
    /// In all environments of a project.
    Project(String),
    /// In one of them.
    Environment(String, String),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Space => f.write_str("space"),
            Self::Project(project) => f.write_str(project),
            Self::Environment(project, environment) => write!(f, "{project}/{environment}"),
        }
    }
}

/// A member of the space, or a role that is theirs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The fingerprint of their identity.
    pub identity: Fingerprint,
    /// The name on their newest card.
    pub name: String,
    /// Whether it is this vault's identity.
    pub own: bool,
    /// What is settled for them, where they can be named here; `None` where nothing is left; and when it ends.
    pub roles: Vec<(Place, Option<Role>, Option<i64>)>,
    /// Their devices.
    pub devices: Vec<MemberDevice>,
}

/// A device of a member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberDevice {
    /// Its id.
    pub id: DeviceId,
    /// Its name.
    pub name: String,
    /// Whether it is this one.
    pub own: bool,
    /// When the newest operation of it was made that is here, by its clock.
    pub last_heard: Option<Timestamp>,
}

/// A role that somebody gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewGrant {
    /// Where.
    pub place: Place,
    /// What.
    pub role: Role,
    /// When an owner is to take it back.
    pub expires: Option<i64>,
}

/// Somebody who is to come.
pub struct Guest {
    /// Their card.
    pub card: Card,
    /// Their devices, each certified by the card's identity and agreeing to it.
    pub endorsements: Vec<Vec<u8>>,
}

/// What an invite is like.
pub struct InviteTerms {
    /// Whether the keys of everything that was ever sealed go along, where they may read; else only those that seal now.
    pub history: bool,
    /// Where the space is kept, and what opens it.
    pub remote: Option<InviteRemote>,
    /// So many milliseconds until it is too old.
    pub valid: i64,
}

/// Why nobody was invited, or no space joined.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TeamError {
    /// It is the vault's own space.
    #[error("the vault's own space is for its owner alone")]
    OwnSpace,
    /// What is there is no card with a device.
    #[error("a card without a device can't be invited: {0}")]
    NoDevice(String),
    /// A device in it was refused.
    #[error("a device was refused: {0}")]
    Device(#[from] keystead_membership::EndorsementError),
    /// They are a member already.
    #[error("{0} is a member already")]
    Member(String),
    /// No such member.
    #[error("there is no member {0}")]
    Nobody(String),
    /// The invite was refused.
    #[error(transparent)]
    Invite(#[from] InviteError),
    /// The invite is too old.
    #[error("the invite is too old to be accepted")]
    Expired,
    /// Hours that no day has, or none at all.
    #[error("hours are from 0 to 24, and the second is another one than the first")]
    Hours,
    /// The space is in this vault already.
    #[error("the space {0} is in this vault already")]
    Joined(String),
    /// Something else.
    #[error(transparent)]
    Vault(#[from] VaultError),
}

impl Vault {
    /// The members of the space that is worked in, this vault's identity first, then by name.
    ///
    /// # Errors
    /// [`VaultError`] if the store fails.
    pub fn members(&self) -> Result<Vec<Member>, VaultError> {
        self.members_who(|_| true)
    }

    fn members_who(&self, wanted: impl Fn(MemberId) -> bool) -> Result<Vec<Member>, VaultError> {
        let space = self.facts.space;
        let places = self.places()?;
        let own = self.facts.identity;
        let heard = self.last_heard()?;
        let mut members = self.graphs.with(&self.sql, space, |graph| {
            let standing = graph.standing();
            let view = standing.view();
            let ending = view.ending();
            let members = view.members_who(&wanted).into_iter().map(|member| {
                let name = match view.card(member.member) {
                    Some(card) => card.name.to_string(),
                    None => shown(&member.member.0),
                };
                let devices = member.devices.iter().map(|device| MemberDevice {
                    id: DeviceId(device.0),
                    name: view
                        .device(*device)
                        .map_or(String::new(), |public| public.name.to_string()),
                    own: device.0 == self.facts.device.0,
                    last_heard: heard.get(&DeviceId(device.0)).copied(),
                });
                let founder = view.role(member.member, Scope::Space);
                let mut roles: BTreeMap<Scope, Option<MembershipRole>> = member.roles.clone();
                if let Some(role) = founder {
                    roles.insert(Scope::Space, Some(role));
                }
                let ends = |scope: &Scope| {
                    let mut ending = ending.iter();
                    let found = ending.find(|(of, at, ..)| (*of, *at) == (member.member, *scope));
                    found.map(|(.., at)| *at)
                };
                let named = roles.iter().filter_map(|(scope, role)| {
                    let place = places.get(scope)?.clone();
                    Some((place, role.map(Role::of), ends(scope)))
                });
                Member {
                    identity: member.member.0,
                    name,
                    own: member.member.0 == own,
                    roles: named.collect(),
                    devices: devices.collect(),
                }
            });
            Ok::<_, VaultError>(members.collect::<Vec<_>>())
        })?;
        members.sort_by(|a, b| (!a.own, &a.name, a.identity).cmp(&(!b.own, &b.name, b.identity)));
        Ok(members)
    }

    /// When the newest operation of each device was made that is here.
    fn last_heard(&self) -> Result<HashMap<DeviceId, Timestamp>, VaultError> {
        let mut statement = self.sql.prepare_cached(
            "SELECT l.device, o.header FROM logs l JOIN operations o ON o.log = l.id
             WHERE l.space = ?1 AND o.sequence =
               (SELECT max(sequence) FROM operations WHERE log = l.id)",
        )?;
        let mut rows = statement.query([self.facts.space])?;
        let mut heard = HashMap::new();
        while let Some(row) = rows.next()? {
            let header: Vec<u8> = row.get(1)?;
            let at = Timestamp(Header::decode(&header)?.at);
            let newest = heard.entry(row.get(0)?).or_insert(at);
            newest.0 = newest.0.max(at.0);
        }
        Ok(heard)
    }

    /// The newest cards of the members of the space that is worked in.
    pub(crate) fn member_cards(&self) -> Result<Vec<Card>, VaultError> {
        self.graphs.with(&self.sql, self.facts.space, |graph| {
            let standing = graph.standing();
            let view = standing.view();
            let members = view.members().into_iter();
            Ok(members
                .filter_map(|member| view.card(member.member).cloned())
                .collect())
        })
    }

    /// What this vault's identity may do in an environment of the space, or in the space as a whole.
    ///
    /// # Errors
    /// [`VaultError`] that names what there is none of.
    pub fn own_role(&self, place: &Place) -> Result<Option<Role>, VaultError> {
        let scope = self.scope(place)?;
        let member = MemberId(self.facts.identity);
        self.graphs.with(&self.sql, self.facts.space, |graph| {
            Ok(graph.standing().view().role(member, scope).map(Role::of))
        })
    }

    /// What a member may do in a place, and why, in words.
    ///
    /// # Errors
    /// [`TeamError::Nobody`], or [`VaultError`] that names what there is none of.
    pub fn explain(
        &self,
        member: &Fingerprint,
        place: &Place,
    ) -> Result<(Option<Role>, String), TeamError> {
        let there = self.member(member)?;
        let scope = self.scope(place)?;
        let places = self.places()?;
        let id = MemberId(*member);
        let explained = self.graphs.with(&self.sql, self.facts.space, |graph| {
            let standing = graph.standing();
            let view = standing.view();
            let role = view.role(id, scope).map(Role::of);
            let Some((at, statements)) = view.because(id, scope) else {
                return Ok((
                    role,
                    "nothing was ever given there, or in what it lies in".to_owned(),
                ));
            };
            let wide = match places.get(&at) {
                Some(Place::Space) => "the whole space".to_owned(),
                Some(Place::Project(name)) => format!("the project {name}"),
                Some(Place::Environment(name, of)) => format!("{name}/{of}"),
                None => "a place that has no name here".to_owned(),
            };
            if statements.is_empty() {
                return Ok((role, format!("{} founded the space", there.name)));
            }
            let mut words = Vec::new();
            for id in statements {
                let Some(said) = graph.get(id) else { continue };
                let by = view.member_of(said.author).and_then(|by| view.card(by));
                let by = by.map_or_else(
                    || "somebody who went".to_owned(),
                    |card| card.name.to_string(),
                );
                words.push(match &said.act {
                    Act::Grant { role, expires, .. } => format!(
                        "{by} gave {} for {wide}{}",
                        Role::of(*role).as_str(),
                        match expires {
                            Some(_) => ", until a date",
                            None => "",
                        }
                    ),
                    Act::TakeBack { role, .. } => format!(
                        "{by} left {} of it for {wide}",
                        role.map_or("nothing", |role| Role::of(role).as_str())
                    ),
                    _ => continue,
                });
            }
            Ok::<_, VaultError>((role, words.join("; ")))
        })?;
        Ok(explained)
    }

    /// The scopes that have a name here.
    pub(super) fn places(&self) -> Result<BTreeMap<Scope, Place>, VaultError> {
        let mut places = BTreeMap::from([(Scope::Space, Place::Space)]);
        let mut statement = self.sql.prepare_cached(
            "SELECT p.id, p.name, e.id, e.name FROM projects p
             LEFT JOIN environments e ON e.project = p.id AND e.removed = 0
             WHERE p.removed = 0 AND p.space = ?1",
        )?;
        let rows = statement.query_map([self.facts.space], |row| {
            Ok((
                row.get::<_, ProjectId>(0)?,
                row.get::<_, String>(1)?,
                row.get::<_, Option<EnvironmentId>>(2)?,
                row.get::<_, Option<String>>(3)?,
            ))
        })?;
        for row in rows {
            let (project, name, environment, of) = row?;
            places.insert(of_project(project), Place::Project(name.clone()));
            if let (Some(environment), Some(of)) = (environment, of) {
                let scope = of_environment(project, environment);
                places.insert(scope, Place::Environment(name, of));
            }
        }
        Ok(places)
    }

    pub(super) fn scope(&self, place: &Place) -> Result<Scope, VaultError> {
        Ok(match place {
            Place::Space => Scope::Space,
            Place::Project(name) => of_project(project::id_of(&self.sql, name)?),
            Place::Environment(name, environment) => {
                let (project, environment) = project::resolve(&self.sql, name, environment)?;
                of_environment(project, environment)
            }
        })
    }

    fn refuse_own_space(&self) -> Result<(), TeamError> {
        match self.facts.shared {
            true => Ok(()),
            false => Err(TeamError::OwnSpace),
        }
    }

    /// Invites somebody into the space that is worked in: they are a member from now on, and each invite is for one of
    /// their devices.
    ///
    /// # Errors
    /// [`TeamError`]; nothing was changed then.
    pub fn invite(
        &mut self,
        asker: &Asker,
        guest: &Guest,
        grants: &[NewGrant],
        terms: &InviteTerms,
    ) -> Result<Vec<Vec<u8>>, TeamError> {
        self.refuse_own_space()?;
        let Guest { card, endorsements } = guest;
        let member = MemberId(card.fingerprint());
        let mut devices = Vec::new();
        for endorsement in endorsements {
            let read = Endorsement::parse(&card.signing, endorsement)?;
            devices.push((read.device(), read.certificate.device.kem.clone()));
        }
        if devices.is_empty() {
            return Err(TeamError::NoDevice(card.name.to_string()));
        }
        if self
            .members()?
            .iter()
            .any(|there| there.identity == member.0)
        {
            return Err(TeamError::Member(card.name.to_string()));
        }
        let scopes = grants
            .iter()
            .map(|grant| Ok((self.scope(&grant.place)?, grant)))
            .collect::<Result<Vec<_>, VaultError>>()?;
        let reached: BTreeMap<_, KemPublicKey> = devices.iter().cloned().collect();
        let name = card.name.to_string();
        self.transact(asker, |t| {
            t.say(Act::AddMember {
                card: card.as_bytes().to_vec(),
            })?;
            for endorsement in endorsements {
                t.say(Act::AddDevice {
                    endorsement: endorsement.clone(),
                })?;
            }
            for (scope, grant) in &scopes {
                t.say(Act::Grant {
                    member,
                    scope: *scope,
                    role: grant.role.said(),
                    expires: grant.expires,
                })?;
            }
            let epochs = t.epochs_for(member, terms.history)?;
            t.share_keys(&epochs, &reached)?;
            t.event(EventDraft::of(Action::MemberInvited).detail(&*name))
        })?;
        self.invites_for(asker, member, &devices, terms)
    }

    /// An invite into the space that is worked in for each of these devices, whose first keys the last operation gave.
    pub(crate) fn invites_for(
        &mut self,
        asker: &Asker,
        member: MemberId,
        devices: &[(keystead_membership::DeviceId, KemPublicKey)],
        terms: &InviteTerms,
    ) -> Result<Vec<Vec<u8>>, TeamError> {
        let space = self.facts.space;
        let log = Log::load(&self.sql, space)?;
        let sequence = log.operations.size() - 1;
        let kept: Vec<u8> = self
            .sql
            .query_row("SELECT genesis FROM spaces WHERE id = ?1", [space], |row| {
                row.get(0)
            })
            .map_err(VaultError::from)?;
        let mut reader = keystead_crypto::Reader::new(&kept);
        let genesis = match crate::change::Change::decode(&mut reader).map_err(VaultError::from)? {
            crate::change::Change::Genesis {
                statement,
                signature,
                ..
            } => (statement, signature),
            _ => return Err(VaultError::Damaged("a space begins otherwise").into()),
        };
        let checkpoint = self.checkpoint(asker)?;
        let rng = &mut system_random();
        let mut invites = Vec::new();
        for (device, kem) in devices {
            let invite = Invite {
                name: self.facts.space_name.clone(),
                genesis: genesis.clone(),
                card: self.card()?.as_bytes().to_vec(),
                endorsement: self.endorsement()?,
                member: member.0,
                device: device.0,
                membership: heads(&self.sql, space)?.iter().map(|id| id.0).collect(),
                parcel: (log.name(), sequence, 0),
                checkpoint,
                remote: terms.remote.clone(),
                at: asker.at.0,
                expires: asker.at.0.saturating_add(terms.valid),
            };
            let sealed = invite
                .seal(&self.keys.device.signing, kem, rng)
                .map_err(|_| VaultError::Damaged("a device's KEM key is not valid"))?;
            invites.push(sealed);
        }
        Ok(invites)
    }

    /// Reads an invite that is for this device. Nothing is changed.
    ///
    /// # Errors
    /// [`TeamError`].
    pub fn read_invite(&self, asker: &Asker, bytes: &[u8]) -> Result<Invite, TeamError> {
        let invite = self.open_invite(bytes)?;
        match invite.expires < asker.at.0 {
            true => Err(TeamError::Expired),
            false => Ok(invite),
        }
    }

    /// As [`Self::read_invite`], however old it is.
    ///
    /// # Errors
    /// [`TeamError`].
    pub fn open_invite(&self, bytes: &[u8]) -> Result<Invite, TeamError> {
        let device = self.facts.device.0;
        let invite = Invite::open(bytes, device, &self.keys.device.kem)?;
        match invite.member == self.facts.identity {
            true => Ok(invite),
            false => Err(InviteError::NotForThisDevice.into()),
        }
    }

    /// The space of an invite, where it is in this vault already.
    ///
    /// # Errors
    /// [`TeamError`].
    pub fn joined_by(&self, invite: &Invite) -> Result<Option<SpaceId>, TeamError> {
        let (statement, signature) = &invite.genesis;
        let genesis = Genesis::parse(statement, signature).map_err(InviteError::from)?;
        let space = SpaceId(genesis.space().0);
        let there = self.spaces()?.into_iter().any(|there| there.id == space);
        Ok(there.then_some(space))
    }

    /// Joins the space of an invite and works in it. What is in it comes with the first sync.
    ///
    /// # Errors
    /// [`TeamError`].
    pub fn accept_invite(&mut self, asker: &Asker, invite: &Invite) -> Result<SpaceId, TeamError> {
        self.refuse_rolled_back()?;
        let (statement, signature) = &invite.genesis;
        let genesis = Genesis::parse(statement, signature).map_err(InviteError::from)?;
        let space = SpaceId(genesis.space().0);
        if let Some(there) = self.spaces()?.into_iter().find(|there| there.id == space) {
            return Err(TeamError::Joined(there.name));
        }
        let taken = |name: &str| -> Result<bool, VaultError> {
            Ok(self.spaces()?.iter().any(|there| there.name == name))
        };
        let mut name = invite.name.clone();
        if taken(&name)? {
            name = format!("{name} ({})", &space.to_string()[..4]);
        }
        let mut writer = keystead_crypto::Writer::new();
        crate::change::Change::Genesis {
            statement: statement.clone(),
            signature: signature.clone(),
            name: invite.name.clone(),
        }
        .encode(&mut writer);
        let device = self.facts.device;
        let sql = self
            .sql
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(VaultError::from)?;
        sql.execute(
            "INSERT INTO spaces (id, name, shared, genesis) VALUES (?1, ?2, 1, ?3)",
            params![space, name, writer.as_slice()],
        )
        .map_err(VaultError::from)?;
        let (log, sequence, nth) = invite.parcel;
        sql.execute(
            "INSERT INTO awaited (space, log, sequence, nth) VALUES (?1, ?2, ?3, ?4)",
            params![space, log.0, sequence.cast_signed(), nth],
        )
        .map_err(VaultError::from)?;
        let (of, hash) = invite.checkpoint;
        sql.execute(
            "INSERT INTO checkpoints (hash, space, log) VALUES (?1, ?2, ?3)",
            params![hash, space, of.0],
        )
        .map_err(VaultError::from)?;
        let incarnation = Incarnation(crate::create::random());
        Log::create(&sql, space, (device, true), incarnation)?;
        sql.commit().map_err(VaultError::from)?;
        self.enter_space(space)?;
        let draft = EventDraft::of(Action::SpaceJoined).detail(name);
        self.record(asker, space, draft)?;
        Ok(space)
    }

    /// Gives a member a role.
    ///
    /// # Errors
    /// [`TeamError`]; [`VaultError::NotAllowed`] where it is not this identity's to give.
    pub fn grant(
        &mut self,
        asker: &Asker,
        member: &Fingerprint,
        grant: &NewGrant,
        history: bool,
    ) -> Result<(), TeamError> {
        self.refuse_own_space()?;
        let there = self.member(member)?;
        let scope = self.scope(&grant.place)?;
        let id = MemberId(*member);
        Ok(self.transact(asker, |t| {
            t.say(Act::Grant {
                member: id,
                scope,
                role: grant.role.said(),
                expires: grant.expires,
            })?;
            let epochs = t.epochs_for(id, history)?;
            let reached = t.reached(id)?;
            t.share_keys(&epochs, &reached)?;
            t.event(EventDraft::of(Action::RoleGranted).detail(&*there.name))
        })?)
    }

    /// One member.
    ///
    /// # Errors
    /// [`TeamError::Nobody`].
    pub fn member(&self, identity: &Fingerprint) -> Result<Member, TeamError> {
        let found = self.members_who(|member| member.0 == *identity)?;
        let mut found = found.into_iter();
        found
            .next()
            .ok_or_else(|| TeamError::Nobody(shown(identity)))
    }
}

/// The beginning of a fingerprint, for one whose name is not known.
fn shown(identity: &Fingerprint) -> String {
    identity[..4]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

impl Transaction<'_> {
    /// The keys that a member may have and that are not theirs yet: of the space and of the projects that they see all that
    /// there are, as names have no past; of environments the one that seals, or all.
    pub(crate) fn epochs_for(
        &self,
        member: MemberId,
        history: bool,
    ) -> Result<Vec<EpochId>, VaultError> {
        self.epochs_where(member, history, false)
    }

    /// The keys that a member may have, all that there ever were, whether they are theirs already or not.
    pub(crate) fn epochs_of(&self, member: MemberId) -> Result<Vec<EpochId>, VaultError> {
        self.epochs_where(member, true, true)
    }

    fn epochs_where(
        &self,
        member: MemberId,
        history: bool,
        again: bool,
    ) -> Result<Vec<EpochId>, VaultError> {
        let space = self.space();
        let mut statement = self
            .sql()
            .prepare_cached("SELECT id, statement FROM epochs WHERE space = ?1")?;
        let rows = statement.query_map([space], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let epochs: Vec<(EpochId, [u8; 32])> = rows.collect::<Result<_, _>>()?;
        let sql = self.sql();
        self.with_graph(|graph| {
            let standing = graph.standing();
            let view = standing.view();
            let devices: BTreeSet<_> = view.devices(member).into_iter().collect();
            let mut wanted = Vec::new();
            let mut sealing_of = BTreeMap::new();
            for (epoch, statement) in epochs {
                let id = keystead_membership::StatementId(statement);
                let Some(Act::OpenEpochs { epochs, .. }) = graph.get(id).map(|said| &said.act)
                else {
                    continue;
                };
                if standing.verdict(id) != Some(Verdict::Holds) {
                    continue;
                }
                let Some(claim) = epochs.iter().find(|claim| claim.epoch == epoch) else {
                    continue;
                };
                if !view.may_open(member, claim.scope) {
                    continue;
                }
                let newest = match claim.scope {
                    Scope::Environment(..) => {
                        sealing_epoch(sql, space, claim.scope.of_keys())? == Some(epoch)
                    }
                    _ => true,
                };
                let sealing = sealing_of.entry(claim.scope);
                let lacks = match sealing.or_insert_with(|| view.sealing(claim.scope)) {
                    Ok(sealing) if sealing.epoch == epoch => devices
                        .iter()
                        .any(|device| sealing.lacking.contains(device)),
                    _ => true,
                };
                // Somebody may claim another scope's key for their own.
                let fits = || self.keys().fits(sql, space, claim);
                if (newest || history) && (lacks || again) && !wanted.contains(&epoch) && fits() {
                    wanted.push(epoch);
                }
            }
            Ok(wanted)
        })
    }

    /// How a member's devices are reached.
    fn reached(
        &self,
        member: MemberId,
    ) -> Result<BTreeMap<keystead_membership::DeviceId, KemPublicKey>, VaultError> {
        self.with_graph(|graph| {
            let standing = graph.standing();
            let view = standing.view();
            let devices = view.devices(member).into_iter();
            let devices =
                devices.filter_map(|device| Some((device, view.device(device)?.kem.clone())));
            Ok(devices.collect())
        })
    }
}
