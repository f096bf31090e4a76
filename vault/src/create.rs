//! Making a vault: header, store, identity, device and personal space, all of
//! it or none.

use crate::{
    asker::Asker,
    change::Change,
    event::Action,
    folder::VaultFolder,
    header::Header,
    id::{DeviceId, Incarnation, SpaceId, VaultId},
    keyring::{Keyring, system_random},
    log::{EventDraft, Log, VAULT_LOG, record},
    name::NameError,
    slot::NewPassphrase,
    space::{self, Graphs},
    store,
    transaction::Transaction,
    vault::{Facts, Vault, VaultError},
};
use keystead_crypto::{
    Card, DeviceCertificate, DeviceKeys, DeviceRole, DisplayName, DisplayNameError, IdentityKeys,
    KdfError, RootKey,
};
use keystead_membership::{Act, Endorsement, Genesis, Scope};
use rand_core::Rng;
use rusqlite::{TransactionBehavior, params};
use sha2::{Digest, Sha256};
use std::io;

pub(crate) const PERSONAL_SPACE: &str = "Personal";

/// What the person and the machine are called.
#[derive(Clone, Debug)]
pub struct Names {
    /// The person.
    pub identity: String,
    /// The machine.
    pub device: String,
}

/// Why a vault could not be made. Nothing is left behind.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CreateError {
    /// Something stands at that place.
    #[error("{0} is there already")]
    Exists(String),
    /// The derivation could not be made.
    #[error(transparent)]
    Kdf(#[from] KdfError),
    /// A file could not be written.
    #[error("the vault's folder could not be made: {0}")]
    Io(#[from] io::Error),
    /// The store could not be written.
    #[error(transparent)]
    Vault(#[from] VaultError),
}

impl From<DisplayNameError> for CreateError {
    fn from(error: DisplayNameError) -> Self {
        Self::Vault(display_name_error(error))
    }
}

pub(crate) fn display_name_error(error: DisplayNameError) -> VaultError {
    let error = match error {
        DisplayNameError::Empty => NameError::Empty,
        DisplayNameError::TooLong => NameError::TooLong(DisplayName::MAX_SIZE),
        _ => NameError::NotPrintable,
    };
    error.into()
}

impl From<rusqlite::Error> for CreateError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Vault(error.into())
    }
}

impl Vault {
    /// Makes a vault at `place` and opens it.
    ///
    /// # Errors
    /// [`CreateError`]; the place is as it was then.
    pub fn create(
        place: &VaultFolder,
        passphrase: NewPassphrase<'_>,
        names: &Names,
        asker: &Asker,
    ) -> Result<Self, CreateError> {
        let root = RootKey::generate(&mut system_random());
        let vault = VaultId(random());
        let taken = || CreateError::Exists(place.path().display().to_string());
        if place.exists() {
            return Err(taken());
        }
        let header = Header::generate(vault, passphrase, &root, asker.at, &mut system_random())?;
        create_with(place, &root, &header, names, asker).map_err(|error| match error {
            CreateError::Io(e) if e.kind() == io::ErrorKind::AlreadyExists => taken(),
            other => other,
        })
    }
}

pub(crate) fn create_with(
    place: &VaultFolder,
    root: &RootKey,
    header: &Header,
    names: &Names,
    asker: &Asker,
) -> Result<Vault, CreateError> {
    let staged = place.stage()?;
    let filled = fill(&staged, root, header, names, asker);
    if let Err(error) = filled.and_then(|()| Ok(staged.publish(place)?)) {
        staged.discard();
        return Err(error);
    }
    crate::unlock::open_with_root_key(place, root)
        .map_err(|_| CreateError::Vault(VaultError::Damaged("a new vault does not open")))
}

fn fill(
    staged: &VaultFolder,
    root: &RootKey,
    header: &Header,
    names: &Names,
    asker: &Asker,
) -> Result<(), CreateError> {
    let rng = &mut system_random();
    let bytes = header.encode(&root.derive_header_mac_key());
    staged.write_header(&bytes)?;

    let identity = IdentityKeys::generate(rng);
    let device = DeviceKeys::generate(rng);
    let card = Card::issue(1, &DisplayName::parse(&names.identity)?, &identity, rng);
    let certificate = DeviceCertificate::issue(
        &identity.signing,
        DeviceRole::Primary,
        &device.public(&DisplayName::parse(&names.device)?),
        rng,
    );
    let seal_key = root.derive_identity_seal_key();
    let (identity_signing, identity_share) = identity.seal(&seal_key, header.vault.0, rng);
    let (device_signing, device_kem) = device.seal(&seal_key, header.vault.0, rng);

    let (genesis, signature) = Genesis::sign(&identity.signing, &random::<32>(), rng);
    let statement = genesis.as_bytes().to_vec();
    let space = SpaceId(genesis.space().0);
    let endorsement = Endorsement::consent(&certificate, &device.signing, rng);

    let facts = Facts {
        vault: header.vault,
        home: space,
        space,
        shared: false,
        space_name: PERSONAL_SPACE.to_owned(),
        identity: Card::parse(&card)
            .map_err(|_| VaultError::Damaged("a new card does not parse"))?
            .fingerprint(),
        identity_name: names.identity.clone(),
        device: DeviceId(device.id),
        device_name: names.device.clone(),
    };
    let keys = Keyring::new(Some(identity), device, root.derive_index_key());

    let graphs = Graphs::default();
    let mut sql = store::open(&staged.store_path(), &root.derive_store_key())?;
    let transaction = sql.transaction_with_behavior(TransactionBehavior::Immediate)?;
    store::create_tables(&transaction)?;
    space::note_entered(&transaction, space)?;
    transaction.execute(
        "INSERT INTO vault (one, id, header_generation, header_hash, card, certificate, device,
         identity_signing, identity_share, device_signing, device_kem)
         VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        params![
            header.vault,
            header.generation.cast_signed(),
            <[u8; 32]>::from(Sha256::digest(&bytes)),
            card,
            certificate,
            facts.device,
            identity_signing,
            identity_share,
            device_signing,
            device_kem
        ],
    )?;
    for space in [VAULT_LOG, space] {
        let own = (facts.device, true);
        Log::create(&transaction, space, own, Incarnation(random()))?;
    }
    let mut founding = Transaction::new(transaction, &keys, (&facts, &graphs), asker);
    found(&mut founding, (statement, signature), endorsement, card)?;
    founding.commit()?;
    let transaction = sql.transaction()?;
    record(
        &transaction,
        &keys,
        &facts,
        asker,
        VAULT_LOG,
        EventDraft::of(Action::VaultCreated).detail(&facts.device_name),
    )?;
    transaction.commit()?;
    // Closing checkpoints the write-ahead log; what is published is one file.
    sql.close().map_err(|(_, error)| VaultError::Store(error))?;
    Ok(())
}

/// The first operation of the own space.
pub(crate) fn found(
    founding: &mut Transaction<'_>,
    (statement, signature): (Vec<u8>, Vec<u8>),
    endorsement: Vec<u8>,
    card: Vec<u8>,
) -> Result<(), VaultError> {
    founding.space_change(Change::Genesis {
        statement,
        signature,
        name: PERSONAL_SPACE.to_owned(),
    })?;
    founding.say(Act::AddDevice { endorsement })?;
    founding.say(Act::UpdateCard { card })?;
    founding.open_epochs(&[Scope::Space])
}

pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    system_random().fill_bytes(&mut bytes);
    bytes
}
