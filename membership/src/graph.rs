//! The statements of a space, as they follow each other. Takes in what is signed by the device that it names and
//! follows what is known; whether it holds is for the rules.

use crate::{
    act::{Act, Scope},
    bits::Bits,
    endorsement::{Endorsement, EndorsementError},
    id::{DeviceId, MemberId, StatementId},
    statement::{Genesis, Statement, id_of},
};
use keystead_crypto::{
    Card, CardError, DecodeError, DevicePublic, EpochId, SigningContext, VerifyingKey,
};
use std::collections::{BTreeSet, HashMap};

/// So many statements may be named as parents: more concurrent ends than any honest space has.
const MOST_PARENTS: usize = 4096;
/// So many bytes: a new key for fifty thousand devices takes half of it.
const LARGEST: usize = 4 * 1024 * 1024;

/// Why a statement was not taken in. But for [`Self::Unknown`] it never will be.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InsertError {
    /// It is not in canonical form.
    #[error("the statement is malformed: {0}")]
    Malformed(#[from] DecodeError),
    /// It has more than 4 MiB.
    #[error("the statement is larger than any may be")]
    TooLarge,
    /// It belongs to another space.
    #[error("the statement is of another space")]
    AnotherSpace,
    /// It follows statements that are not here (yet).
    #[error("the statement follows {} that are not here", .0.len())]
    Unknown(Vec<StatementId>),
    /// It names a statement that another one that it names follows, or too many.
    #[error("the statement names more parents than it follows directly")]
    ParentsNotMinimal,
    /// Its author is no device that it could know of.
    #[error("the statement's author is not known to it")]
    UnknownAuthor,
    /// The signature does not hold.
    #[error("the statement's signature does not hold")]
    NotSigned,
    /// A card in it was refused.
    #[error("the card in the statement was refused: {0}")]
    Card(#[from] CardError),
    /// A device in it was refused.
    #[error("the device in the statement was refused: {0}")]
    Endorsement(#[from] EndorsementError),
    /// It is about a member that it could not know of.
    #[error("the statement is about a member that is not known to it")]
    UnknownMember,
    /// It is about a device that it could not know of.
    #[error("the statement is about a device that is not known to it")]
    UnknownDevice,
}

#[derive(Clone)]
pub(crate) struct Node {
    pub(crate) id: StatementId,
    bytes: Vec<u8>,
    signature: Vec<u8>,
    pub(crate) statement: Statement,
    /// Everything that it follows, however far.
    pub(crate) before: Bits,
    /// Length of the longest way to the beginning.
    pub(crate) depth: u32,
    /// The device that it brings, and whose.
    pub(crate) brings: Option<(DeviceId, MemberId)>,
}

/// Where a device came, of whom, and how it is reached.
#[derive(Clone)]
pub(crate) struct Added {
    pub(crate) at: usize,
    pub(crate) member: MemberId,
    pub(crate) public: DevicePublic,
}

/// What is known of a device, whether it is in or not.
#[derive(Clone, Default)]
pub(crate) struct DeviceFacts {
    pub(crate) added: Vec<Added>,
    /// Where it was revoked.
    pub(crate) revoked: Vec<usize>,
}

/// What is known of a member, whether they are in or not.
#[derive(Clone, Default)]
pub(crate) struct MemberFacts {
    /// Where they came.
    pub(crate) added: Vec<usize>,
    /// Where they went.
    pub(crate) removed: Vec<usize>,
    /// Where their roles were settled, by scope.
    pub(crate) roles: HashMap<Scope, Vec<usize>>,
    /// Their cards, each where it came.
    pub(crate) cards: Vec<(usize, Card)>,
    pub(crate) devices: BTreeSet<DeviceId>,
}

/// The statements of a space.
#[derive(Clone)]
pub struct Graph {
    genesis: Genesis,
    pub(crate) nodes: Vec<Node>,
    index: HashMap<StatementId, usize>,
    heads: BTreeSet<StatementId>,
    pub(crate) members: HashMap<MemberId, MemberFacts>,
    pub(crate) devices: HashMap<DeviceId, DeviceFacts>,
    keys: HashMap<MemberId, VerifyingKey>,
    /// Statements that open keys of a scope.
    pub(crate) epochs: HashMap<Scope, Vec<usize>>,
    /// Where each epoch is claimed, and for which scope.
    pub(crate) claims: HashMap<EpochId, Vec<(usize, Scope)>>,
    /// Statements that share a key.
    pub(crate) shares: HashMap<EpochId, Vec<usize>>,
    pub(crate) releases: HashMap<Scope, Vec<usize>>,
    /// Statements that take something from somebody.
    pub(crate) takings: Vec<usize>,
}

impl Graph {
    /// Begins with nothing but the genesis.
    pub fn new(genesis: Genesis) -> Self {
        let founder = genesis.founder();
        Self {
            nodes: Vec::new(),
            index: HashMap::new(),
            heads: BTreeSet::from([StatementId(genesis.space().0)]),
            members: HashMap::from([(founder, MemberFacts::default())]),
            devices: HashMap::new(),
            keys: HashMap::from([(founder, genesis.key().clone())]),
            epochs: HashMap::new(),
            claims: HashMap::new(),
            shares: HashMap::new(),
            releases: HashMap::new(),
            takings: Vec::new(),
            genesis,
        }
    }

    /// Where it begins.
    pub fn genesis(&self) -> &Genesis {
        &self.genesis
    }

    /// The statements that no other one follows: what a new one names as its parents.
    pub fn heads(&self) -> &BTreeSet<StatementId> {
        &self.heads
    }

    /// How many statements there are.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there is none but the genesis.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// A statement.
    pub fn get(&self, id: StatementId) -> Option<&Statement> {
        self.index.get(&id).map(|at| &self.nodes[*at].statement)
    }

    /// A device that somebody once brought, whether that holds or not: what it signed can be checked.
    pub fn known_device(&self, device: DeviceId) -> Option<&DevicePublic> {
        let added = self.devices.get(&device)?.added.first()?;
        Some(&added.public)
    }

    /// Every device that somebody once brought as this member's, whether that holds or not.
    pub fn devices_ever(&self, member: MemberId) -> impl Iterator<Item = DeviceId> + '_ {
        let facts = self.members.get(&member).into_iter();
        facts.flat_map(|facts| &facts.devices).copied()
    }

    /// Where takings cut a log, whether they hold or not: so many operations.
    pub fn cuts_of(&self, device: DeviceId, incarnation: [u8; 16]) -> BTreeSet<u64> {
        let takings = self.takings.iter();
        let cuts = takings.flat_map(|at| self.nodes[*at].statement.act.cuts());
        let cuts = cuts.filter(|cut| (cut.device, cut.incarnation) == (device, incarnation));
        cuts.map(|cut| cut.operations).collect()
    }

    /// Whether a statement follows another one, however far.
    pub fn follows(&self, one: StatementId, other: StatementId) -> bool {
        let genesis = self.genesis.space().0;
        match (self.place(one), self.place(other)) {
            (Some(one), Some(other)) => self.nodes[one].before.contains(other),
            (Some(_), None) => other.0 == genesis,
            _ => false,
        }
    }

    /// Every statement with its signature, each behind what it follows.
    pub fn signed(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        let nodes = self.nodes.iter();
        nodes.map(|node| (&node.bytes[..], &node.signature[..]))
    }

    /// The ids of all statements, each behind what it follows.
    pub fn ids(&self) -> impl Iterator<Item = StatementId> + '_ {
        self.nodes.iter().map(|node| node.id)
    }

    pub(crate) fn place(&self, id: StatementId) -> Option<usize> {
        self.index.get(&id).copied()
    }

    /// What these statements follow, and they themselves; `None` where one is not here.
    pub(crate) fn closure(&self, heads: &BTreeSet<StatementId>) -> Option<Bits> {
        let mut within = Bits::default();
        for head in heads {
            if head.0 == self.genesis.space().0 {
                continue;
            }
            let at = self.place(*head)?;
            within.extend(&self.nodes[at].before);
            within.insert(at);
        }
        Some(within)
    }

    /// Takes a statement in; one that is here already changes nothing.
    ///
    /// # Errors
    /// [`InsertError`]; the graph is as it was.
    pub fn insert(&mut self, bytes: &[u8], signature: &[u8]) -> Result<StatementId, InsertError> {
        self.insert_checked(bytes, signature, |key| {
            key.verify(SigningContext::Membership, bytes, signature)
                .map_err(|_| InsertError::NotSigned)
        })
    }

    /// Takes a statement in whose signature this device checked before, and kept the statement where nobody else writes.
    ///
    /// # Errors
    /// As [`Self::insert`], but for the signature.
    pub fn insert_kept(
        &mut self,
        bytes: &[u8],
        signature: &[u8],
    ) -> Result<StatementId, InsertError> {
        self.insert_checked(bytes, signature, |_| Ok(()))
    }

    fn insert_checked(
        &mut self,
        bytes: &[u8],
        signature: &[u8],
        check: impl FnOnce(&VerifyingKey) -> Result<(), InsertError>,
    ) -> Result<StatementId, InsertError> {
        let id = id_of(bytes);
        if self.index.contains_key(&id) {
            return Ok(id);
        }
        if bytes.len() > LARGEST {
            return Err(InsertError::TooLarge);
        }
        let statement = Statement::decode(bytes)?;
        if statement.space != self.genesis.space() {
            return Err(InsertError::AnotherSpace);
        }
        let (before, depth) = self.position(&statement.parents)?;
        let facts = self.facts(&statement, &before)?;
        check(match (&facts, self.devices.get(&statement.author)) {
            (Facts::Device(_, endorsed), _) if endorsed.device() == statement.author => {
                &endorsed.certificate.device.signing
            }
            // Its id is its key's, so that each of them has the same one.
            (_, Some(device)) => {
                let mut added = device.added.iter();
                let known = added.find(|added| before.contains(added.at));
                &known.ok_or(InsertError::UnknownAuthor)?.public.signing
            }
            _ => return Err(InsertError::UnknownAuthor),
        })?;
        let signed = (bytes.to_vec(), signature.to_vec());
        self.take_in(id, statement, (signed, before, depth), facts);
        Ok(id)
    }

    fn position(&self, parents: &BTreeSet<StatementId>) -> Result<(Bits, u32), InsertError> {
        let genesis = StatementId(self.genesis.space().0);
        let absent = |id: &&StatementId| **id != genesis && !self.index.contains_key(id);
        let absent: Vec<StatementId> = parents.iter().filter(absent).copied().collect();
        if !absent.is_empty() {
            return Err(InsertError::Unknown(absent));
        }
        let places: Vec<usize> = parents.iter().filter_map(|id| self.place(*id)).collect();
        let (mut before, mut depth) = (Bits::default(), 0);
        for at in &places {
            before.extend(&self.nodes[*at].before);
            depth = depth.max(self.nodes[*at].depth + 1);
        }
        let beyond_genesis = parents.contains(&genesis) && parents.len() > 1;
        let followed = places.iter().any(|at| before.contains(*at));
        if beyond_genesis || followed || parents.len() > MOST_PARENTS {
            return Err(InsertError::ParentsNotMinimal);
        }
        places.iter().for_each(|at| before.insert(*at));
        Ok((before, depth))
    }

    /// What of a statement can be checked once and for all.
    fn facts(&self, statement: &Statement, before: &Bits) -> Result<Facts, InsertError> {
        let known_member = |member: &MemberId| {
            *member == self.genesis.founder()
                || self
                    .members
                    .get(member)
                    .is_some_and(|facts| facts.added.iter().any(|at| before.contains(*at)))
        };
        let known_device = |device: &DeviceId| {
            let facts = self.devices.get(device);
            facts.is_some_and(|facts| facts.added.iter().any(|added| before.contains(added.at)))
        };
        match &statement.act {
            Act::AddMember { card } => Ok(Facts::Card(Card::parse(card)?)),
            Act::UpdateCard { card } => {
                let card = Card::parse(card)?;
                match known_member(&MemberId(card.fingerprint())) {
                    true => Ok(Facts::Card(card)),
                    false => Err(InsertError::UnknownMember),
                }
            }
            Act::AddDevice { endorsement } => {
                let member = Endorsement::named(endorsement)?;
                let key = self.keys.get(&member).filter(|_| known_member(&member));
                let key = key.ok_or(InsertError::UnknownMember)?;
                let endorsed = Endorsement::parse(key, endorsement)?;
                Ok(Facts::Device(member, endorsed))
            }
            Act::Grant { member, .. }
            | Act::TakeBack { member, .. }
            | Act::Remove { member, .. }
                if !known_member(member) =>
            {
                Err(InsertError::UnknownMember)
            }
            Act::RevokeDevice { device, .. } if !known_device(device) => {
                Err(InsertError::UnknownDevice)
            }
            _ => Ok(Facts::Plain),
        }
    }

    fn take_in(
        &mut self,
        id: StatementId,
        statement: Statement,
        (signed, before, depth): ((Vec<u8>, Vec<u8>), Bits, u32),
        facts: Facts,
    ) {
        let at = self.nodes.len();
        let mut brings = None;
        match facts {
            Facts::Card(card) => {
                let member = MemberId(card.fingerprint());
                self.keys.entry(member).or_insert(card.signing.clone());
                let facts = self.members.entry(member).or_default();
                if matches!(statement.act, Act::AddMember { .. }) {
                    facts.added.push(at);
                }
                facts.cards.push((at, card));
            }
            Facts::Device(member, endorsed) => {
                let device = endorsed.device();
                brings = Some((device, member));
                self.devices.entry(device).or_default().added.push(Added {
                    at,
                    member,
                    public: endorsed.certificate.device,
                });
                self.members
                    .entry(member)
                    .or_default()
                    .devices
                    .insert(device);
            }
            Facts::Plain => {}
        }
        match &statement.act {
            Act::Grant { member, scope, .. } | Act::TakeBack { member, scope, .. } => {
                let facts = self.members.entry(*member).or_default();
                facts.roles.entry(*scope).or_default().push(at);
            }
            Act::Remove { member, .. } => {
                self.members.entry(*member).or_default().removed.push(at);
            }
            Act::RevokeDevice { device, .. } => {
                if let Some(facts) = self.devices.get_mut(device) {
                    facts.revoked.push(at);
                }
            }
            Act::OpenEpochs { epochs, .. } => {
                for claim in epochs {
                    self.epochs.entry(claim.scope).or_default().push(at);
                    let claimed = self.claims.entry(claim.epoch).or_default();
                    claimed.push((at, claim.scope));
                }
            }
            Act::ShareKeys { epochs, .. } => {
                for epoch in epochs {
                    self.shares.entry(*epoch).or_default().push(at);
                }
            }
            Act::SetRelease { scope, .. } => self.releases.entry(*scope).or_default().push(at),
            _ => {}
        }
        if statement.act.takes() {
            self.takings.push(at);
        }
        for parent in &statement.parents {
            self.heads.remove(parent);
        }
        self.heads.insert(id);
        self.index.insert(id, at);
        let (bytes, signature) = signed;
        self.nodes.push(Node {
            id,
            bytes,
            signature,
            statement,
            before,
            depth,
            brings,
        });
    }
}

enum Facts {
    Plain,
    Card(Card),
    Device(MemberId, Endorsement),
}
