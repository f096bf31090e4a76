//! A second machine of the same person: how one asks, how the other one takes it in, and how the first becomes a device of
//! that identity. Each machine has a vault of its own with an own space; what they share are the spaces that are kept
//! somewhere both reach.

use crate::{
    asker::{Asker, Timestamp},
    create::{self, found, random},
    event::Action,
    id::{DeviceId, Incarnation, SpaceId},
    keyring::system_random,
    log::{EventDraft, Log, VAULT_LOG},
    space::{InviteTerms, TeamError, note_entered},
    vault::{Vault, VaultError},
};
use keystead_crypto::{
    Card, DeviceCertificate, DevicePublic, DeviceRole, EnrolmentCode, IdentityKeys, KemPrivateKey,
    KeyBytes, SigningKey,
};
use keystead_membership::{Act, DeviceId as Device, Endorsement, Genesis, MemberId};
pub use keystead_replica::Welcome;
use keystead_replica::{EnrolmentError, EnrolmentRequest, Invite, InviteRemote};
use rusqlite::{TransactionBehavior, params};
use std::collections::{BTreeMap, HashMap};

/// A device of the own identity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnDevice {
    /// Its id.
    pub id: DeviceId,
    /// Its name.
    pub name: String,
    /// Whether it is this one.
    pub own: bool,
    /// When the newest operation of it was made that is here, by its clock.
    pub last_heard: Option<Timestamp>,
    /// The spaces that it is in, by name.
    pub spaces: Vec<String>,
}

/// Why no device was enrolled, or this one is still its own.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EnrolError {
    /// The request or the welcome does not hold.
    #[error(transparent)]
    Refused(#[from] EnrolmentError),
    /// The vault that asks has something that its identity holds together.
    #[error("this vault has projects or spaces of its own already")]
    InUse,
    /// No request of this vault waits for a welcome.
    #[error("this vault did not ask to become another one's device")]
    NotAsked,
    /// The device is this one.
    #[error("this is the request of this very device")]
    Itself,
    /// A space could not be shared with it.
    #[error(transparent)]
    Team(#[from] TeamError),
    /// The store failed.
    #[error(transparent)]
    Vault(#[from] VaultError),
}

impl From<rusqlite::Error> for EnrolError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Vault(error.into())
    }
}

impl Vault {
    /// Whether this device holds the identity's keys.
    pub fn is_primary(&self) -> bool {
        self.keys.identity.is_some()
    }

    fn device_public(&self) -> Result<DevicePublic, VaultError> {
        let certificate: Vec<u8> =
            self.sql
                .query_row("SELECT certificate FROM vault", [], |row| row.get(0))?;
        let certificate = DeviceCertificate::parse(&self.card()?.signing, &certificate)
            .map_err(|_| VaultError::Damaged("its device certificate does not verify"))?;
        Ok(certificate.device)
    }

    /// Whether nothing hangs on the vault's identity: it has no other space, and nothing was ever made in its own.
    ///
    /// # Errors
    /// [`VaultError`] if the store fails.
    pub fn is_unused(&self) -> Result<bool, VaultError> {
        let project = "SELECT 1 FROM projects";
        let projects = self.sql.prepare_cached(project)?.exists([])?;
        Ok(!projects && self.spaces()?.len() == 1)
    }

    fn refuse_in_use(&self) -> Result<(), EnrolError> {
        match self.is_unused()? {
            true => Ok(()),
            false => Err(EnrolError::InUse),
        }
    }

    /// Asks for this vault to become a device of another one's identity: what is sent there, and the code that is typed
    /// there. The code stays the same until a welcome comes.
    ///
    /// # Errors
    /// [`EnrolError::InUse`] where something here hangs on this vault's own identity.
    pub fn enrolment_request(&mut self) -> Result<(EnrolmentCode, Vec<u8>), EnrolError> {
        self.refuse_rolled_back()?;
        self.refuse_in_use()?;
        let nonce = match self.enrolling()? {
            Some(nonce) => nonce,
            None => {
                let nonce: [u8; 32] = random();
                self.sql
                    .execute("UPDATE vault SET enrolling = ?1", [nonce])?;
                nonce
            }
        };
        let (device, signing) = (self.device_public()?, &self.keys.device.signing);
        let rng = &mut system_random();
        Ok(EnrolmentRequest::seal(&device, signing, &nonce, rng))
    }

    fn enrolling(&self) -> Result<Option<[u8; 32]>, VaultError> {
        let asked = "SELECT enrolling FROM vault";
        Ok(self.sql.query_row(asked, [], |row| row.get(0))?)
    }

    /// Takes a device that asks into the own identity, and into every space that it is a member of, with every key that it
    /// has there; what the device needs to begin. `remotes` are where spaces are kept and what opens these places.
    ///
    /// Doing it again is the way out where a welcome was lost.
    ///
    /// # Errors
    /// [`EnrolError`]; [`VaultError::NotPrimary`] where this device can't certify another one.
    pub fn enrol(
        &mut self,
        asker: &Asker,
        request: &EnrolmentRequest,
        code: &EnrolmentCode,
        role: DeviceRole,
        remotes: &HashMap<SpaceId, InviteRemote>,
        valid: i64,
    ) -> Result<Vec<u8>, EnrolError> {
        self.refuse_rolled_back()?;
        let device = &request.device;
        if device.id == self.facts.device.0 {
            return Err(EnrolError::Itself);
        }
        let rng = &mut system_random();
        let signing = &self.keys.identity()?.signing;
        let certificate = DeviceCertificate::issue(signing, role, device, rng);
        let (genesis, signature) = Genesis::sign(signing, &random::<32>(), rng);
        let endorsement = Endorsement::consent_by_proxy(&certificate, &request.proxy, rng);
        let entered = self.facts.space;
        let mut invites = Vec::new();
        for space in self.spaces()?.into_iter().filter(|space| space.shared) {
            self.enter_space(space.id)?;
            let terms = InviteTerms {
                history: true,
                remote: remotes.get(&space.id).cloned(),
                valid,
            };
            let invited = self.enrol_here(asker, device, &endorsement, &terms);
            self.enter_space(entered)?;
            invites.extend(invited?);
        }
        self.record(
            asker,
            VAULT_LOG,
            EventDraft::of(Action::DeviceEnrolled).detail(device.name.as_str()),
        )?;
        let identity = match role {
            DeviceRole::Primary => Some(copy_of(self.keys.identity()?)),
            DeviceRole::Secondary => None,
        };
        let welcome = Welcome {
            card: self.card()?.as_bytes().to_vec(),
            endorsement,
            identity,
            genesis: (genesis.as_bytes().to_vec(), signature),
            invites,
        };
        Ok(welcome
            .seal(device, code, &mut system_random())
            .map_err(|_| VaultError::Damaged("a device's KEM key is not valid"))?)
    }

    /// Brings the device into the space that is worked in; nothing where the identity is no member.
    fn enrol_here(
        &mut self,
        asker: &Asker,
        device: &DevicePublic,
        endorsement: &[u8],
        terms: &InviteTerms,
    ) -> Result<Vec<Vec<u8>>, EnrolError> {
        let member = MemberId(self.facts.identity);
        let id = Device(device.id);
        let (is_in, is_there) = self.graphs.with(&self.sql, self.facts.space, |graph| {
            let standing = graph.standing();
            let view = standing.view();
            let is_there = view.member_of(id) == Some(member);
            Ok::<_, VaultError>((view.is_member(member), is_there))
        })?;
        if !is_in {
            return Ok(Vec::new());
        }
        let reached = BTreeMap::from([(id, device.kem.clone())]);
        let name = device.name.as_str();
        self.transact(asker, |t| {
            if !is_there {
                t.say(Act::AddDevice {
                    endorsement: endorsement.to_vec(),
                })?;
            }
            // Also what it was given before: the welcome names this statement's parcel.
            let epochs = t.epochs_of(member)?;
            t.share_keys(&epochs, &reached)?;
            t.event(EventDraft::of(Action::DeviceEnrolled).detail(name))
        })?;
        Ok(self.invites_for(asker, member, &[(id, device.kem.clone())], terms)?)
    }

    /// Reads a welcome that answers this vault's request. Nothing is changed.
    ///
    /// # Errors
    /// [`EnrolError`].
    pub fn read_welcome(&self, bytes: &[u8]) -> Result<Welcome, EnrolError> {
        let nonce = self.enrolling()?.ok_or(EnrolError::NotAsked)?;
        let device = self.device_public()?;
        let code = EnrolmentCode::of(&device, &nonce);
        Ok(Welcome::open(bytes, &device, &self.keys.device.kem, &code)?)
    }

    /// Becomes the device that a welcome makes it. The spaces in it are joined by their invites, one by one, afterwards; until
    /// [`Self::end_enrolment`] the same welcome can be read again.
    ///
    /// # Errors
    /// [`EnrolError`]; the vault is as it was then.
    pub fn join_identity(&mut self, asker: &Asker, welcome: &Welcome) -> Result<Card, EnrolError> {
        self.refuse_rolled_back()?;
        let (card, certificate) = welcome.certificate()?;
        if card.fingerprint() == self.facts.identity {
            self.become_primary(welcome)?;
            return Ok(card);
        }
        self.refuse_in_use()?;
        let (statement, signature) = welcome.genesis.clone();
        let genesis = Genesis::parse(&statement, &signature).map_err(EnrolmentError::from)?;
        let home = SpaceId(genesis.space().0);
        let seal_key = self.root.derive_identity_seal_key();
        let rng = &mut system_random();
        let identity = welcome.identity.as_ref().map(copy_of);
        let (signing, share) = identity
            .as_ref()
            .map(|keys| keys.seal(&seal_key, self.facts.vault.0, rng))
            .unzip();
        let (before, old_home) = (self.facts.identity, self.facts.home);
        self.facts.identity = card.fingerprint();
        (self.facts.home, self.facts.space) = (home, home);
        let joined = self.join(asker, welcome, (signing, share), old_home);
        if let Err(error) = joined {
            self.facts.identity = before;
            (self.facts.home, self.facts.space) = (old_home, old_home);
            note_entered(&self.sql, old_home)?;
            return Err(error);
        }
        self.graphs.forget(old_home);
        self.keys.identity = identity;
        self.facts.identity_name = card.name.to_string();
        self.facts.device_name = certificate.device.name.to_string();
        Ok(card)
    }

    /// Takes the identity's keys, where a second welcome has them and the first had not.
    fn become_primary(&mut self, welcome: &Welcome) -> Result<(), EnrolError> {
        let (Some(identity), None) = (&welcome.identity, &self.keys.identity) else {
            return Ok(());
        };
        let seal_key = self.root.derive_identity_seal_key();
        let (vault, rng) = (self.facts.vault.0, &mut system_random());
        let (signing, share) = identity.seal(&seal_key, vault, rng);
        self.sql.execute(
            "UPDATE vault SET certificate = ?1, identity_signing = ?2, identity_share = ?3",
            params![certificate_in(welcome)?, signing, share],
        )?;
        self.keys.identity = Some(copy_of(identity));
        Ok(())
    }

    fn join(
        &mut self,
        asker: &Asker,
        welcome: &Welcome,
        (signing, share): (Option<Vec<u8>>, Option<Vec<u8>>),
        old_home: SpaceId,
    ) -> Result<(), EnrolError> {
        let own_certificate = certificate_in(welcome)?;
        let left = Log::load(&self.sql, old_home)?;
        let sql = self
            .sql
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        for forget in FORGET_OWN_SPACE {
            sql.execute(forget, params![old_home])?;
        }
        sql.execute(
            "UPDATE vault SET card = ?1, certificate = ?2, identity_signing = ?3,
             identity_share = ?4, left_operations = ?5, left_events = ?6",
            params![
                welcome.card,
                own_certificate,
                signing,
                share,
                left.operations.size().cast_signed(),
                left.events.size().cast_signed()
            ],
        )?;
        let home = self.facts.home;
        Log::create(
            &sql,
            home,
            (self.facts.device, true),
            Incarnation(create::random()),
        )?;
        note_entered(&sql, home)?;
        let facts = (&self.facts, &self.graphs);
        let mut founding = crate::Transaction::new(sql, &self.keys, facts, asker);
        let (card, endorsement) = (welcome.card.clone(), welcome.endorsement.clone());
        found(&mut founding, welcome.genesis.clone(), endorsement, card)?;
        let name = Card::parse(&welcome.card)
            .map_err(EnrolmentError::from)?
            .name;
        founding.vault_event(EventDraft::of(Action::IdentityJoined).detail(name.as_str()))?;
        founding.commit()?;
        Ok(())
    }

    /// The spaces that a welcome invites this device into, by name.
    ///
    /// # Errors
    /// [`EnrolError`] where an invite does not hold.
    pub fn invited_into(&self, welcome: &Welcome) -> Result<Vec<String>, EnrolError> {
        let (device, kem) = (self.facts.device.0, &self.keys.device.kem);
        let mut names = Vec::new();
        for invite in &welcome.invites {
            let invite = Invite::open(invite, device, kem).map_err(TeamError::from)?;
            names.push(invite.name.clone());
        }
        Ok(names)
    }

    /// The devices of the own identity, this one first, and the spaces that each is in.
    ///
    /// # Errors
    /// [`VaultError`] if the store fails.
    pub fn own_devices(&mut self) -> Result<Vec<OwnDevice>, VaultError> {
        let mut devices = vec![OwnDevice {
            id: self.facts.device,
            name: self.facts.device_name.clone(),
            own: true,
            last_heard: None,
            spaces: Vec::new(),
        }];
        let entered = self.facts.space;
        for space in self.spaces()?.into_iter().filter(|space| space.shared) {
            self.enter_space(space.id)?;
            let members = self.members();
            self.enter_space(entered)?;
            let own = members?.into_iter().filter(|member| member.own);
            for device in own.flat_map(|member| member.devices) {
                let at = devices.iter().position(|known| known.id == device.id);
                let at = at.unwrap_or_else(|| {
                    devices.push(OwnDevice {
                        id: device.id,
                        name: device.name,
                        own: false,
                        last_heard: None,
                        spaces: Vec::new(),
                    });
                    devices.len() - 1
                });
                let known = devices[at].last_heard.iter().chain(&device.last_heard);
                devices[at].last_heard = known.max_by_key(|at| at.0).copied();
                devices[at].spaces.push(space.name.clone());
            }
        }
        Ok(devices)
    }

    /// Revokes another device of the own identity in every space that it is in.
    ///
    /// # Errors
    /// [`EnrolError`] of the last space where it could not be; it is revoked in all the others.
    pub fn revoke_own_device(&mut self, asker: &Asker, device: DeviceId) -> Result<(), EnrolError> {
        let entered = self.facts.space;
        let mut failed = None;
        for space in self.spaces()?.into_iter().filter(|space| space.shared) {
            self.enter_space(space.id)?;
            let revoked = self.revoke_device(asker, device);
            self.enter_space(entered)?;
            match revoked {
                // It is not in that one.
                Ok(()) | Err(TeamError::Nobody(_)) => {}
                Err(error) => failed = Some(error),
            }
        }
        match failed {
            Some(error) => Err(error.into()),
            None => Ok(()),
        }
    }

    /// Notes that everything of a welcome is done.
    ///
    /// # Errors
    /// [`VaultError`] if the store fails.
    pub fn end_enrolment(&mut self) -> Result<(), VaultError> {
        self.refuse_rolled_back()?;
        self.sql.execute("UPDATE vault SET enrolling = NULL", [])?;
        Ok(())
    }
}

/// The certificate's bytes in an endorsement.
fn certificate_in(welcome: &Welcome) -> Result<Vec<u8>, VaultError> {
    let mut reader = keystead_crypto::Reader::versioned(&welcome.endorsement)?;
    Ok(reader.bytes()?.to_vec())
}

/// Everything of an own space in which nothing was made.
const FORGET_OWN_SPACE: &[&str] = &[
    "DELETE FROM wraps WHERE statement IN (SELECT id FROM statements WHERE space = ?1)",
    "DELETE FROM parcels WHERE statement IN (SELECT id FROM statements WHERE space = ?1)",
    "DELETE FROM shares WHERE statement IN (SELECT id FROM statements WHERE space = ?1)",
    "DELETE FROM epochs WHERE space = ?1",
    "DELETE FROM statements WHERE space = ?1",
    "DELETE FROM events WHERE log IN (SELECT id FROM logs WHERE space = ?1)",
    "DELETE FROM undo WHERE log IN (SELECT id FROM logs WHERE space = ?1)",
    "DELETE FROM heads WHERE log IN (SELECT id FROM logs WHERE space = ?1)",
    "DELETE FROM compacted WHERE log IN (SELECT id FROM logs WHERE space = ?1)",
    "DELETE FROM operations WHERE log IN (SELECT id FROM logs WHERE space = ?1)",
    "DELETE FROM logs WHERE space = ?1",
    "DELETE FROM spaces WHERE id = ?1",
];

/// The same keys once more, for the device that gets them.
fn copy_of(keys: &IdentityKeys) -> IdentityKeys {
    let share = KeyBytes::from_slice(keys.share.seed().expose()).expect("a key has 32 bytes");
    IdentityKeys {
        signing: SigningKey::from_seed(keys.signing.seed()).expect("a seed has 64 bytes"),
        share: KemPrivateKey::from_seed(share),
    }
}
