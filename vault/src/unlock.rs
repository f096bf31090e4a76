//! Opening a vault. Wrong, truncated or foreign files are typed errors, and
//! are left as they were.

use crate::{
    asker::Asker,
    event::{Action, Outcome},
    folder::VaultFolder,
    header::{self, Header, HeaderError},
    header_change,
    id::{DeviceId, SpaceId, VaultId},
    keyring::Keyring,
    log::{EventDraft, VAULT_LOG},
    rekey::copy_of,
    rollback::Anchors,
    search::Stale,
    slot::{Credential, SlotKind},
    space::{self, Graphs},
    store,
    vault::{Facts, Vault, VaultError},
};
use keystead_crypto::{
    Card, DeviceCertificate, DeviceKeys, DeviceRole, IdentityKeys, KdfError, RootKey,
};
use rusqlite::{Connection, ErrorCode};
use std::{
    fs::{self, File},
    io::{self, Read},
};

/// A header is far smaller; a larger file is none.
const HEADER_LIMIT: u64 = 64 * 1024;

/// Why a vault did not open.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UnlockError {
    /// Nothing stands there.
    #[error("there is no vault at {0}")]
    NotFound(String),
    /// Another process holds it.
    #[error("another program has this vault open")]
    Busy,
    /// Wrong passphrase, or a changed header.
    #[error("the passphrase is wrong or the file was changed")]
    WrongPassphraseOrTampered,
    /// The passphrase counts only beside a key file, and none was given.
    #[error("the vault is unlocked by a passphrase and a key file")]
    KeyFileNeeded,
    /// Nothing of that kind opens the vault.
    #[error("the vault has no {}", .0.words())]
    NoSlot(SlotKind),
    /// Written by another version.
    #[error("the vault was written in format {0}, which this version does not read")]
    UnsupportedSchema(i64),
    /// Costs outside floor and ceilings, or no memory for them.
    #[error(transparent)]
    Kdf(KdfError),
    /// The files are truncated, foreign, changed, or do not belong together.
    #[error("the vault is damaged: {0}")]
    Damaged(&'static str),
    /// A file could not be read.
    #[error("the vault could not be read: {0}")]
    Io(#[from] io::Error),
}

impl From<HeaderError> for UnlockError {
    fn from(error: HeaderError) -> Self {
        match error {
            HeaderError::NotAHeader => {
                Self::Damaged("its header is truncated or of something else")
            }
            HeaderError::Unsupported(n) => Self::UnsupportedSchema(n.into()),
            HeaderError::Kdf(error) => Self::Kdf(error),
            HeaderError::WrongPassphraseOrTampered => Self::WrongPassphraseOrTampered,
            HeaderError::KeyFileNeeded => Self::KeyFileNeeded,
            HeaderError::NoSlot(kind) => Self::NoSlot(kind),
        }
    }
}

impl From<VaultError> for UnlockError {
    fn from(error: VaultError) -> Self {
        match error {
            VaultError::Damaged(what) => Self::Damaged(what),
            VaultError::Store(error) => error.into(),
            VaultError::Io(error) => Self::Io(error),
            _ => Self::Damaged("its store does not fit its header"),
        }
    }
}

impl From<rusqlite::Error> for UnlockError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy,
            // What a system refuses says nothing about the files.
            Some(
                ErrorCode::DiskFull
                | ErrorCode::SystemIoFailure
                | ErrorCode::PermissionDenied
                | ErrorCode::CannotOpen
                | ErrorCode::OutOfMemory
                | ErrorCode::ReadOnly,
            ) => Self::Io(io::Error::other(error)),
            _ => Self::Damaged("its store is truncated, changed, or of another vault"),
        }
    }
}

impl Vault {
    /// Opens a vault, and writes down the unlock and the failed ones before it.
    ///
    /// # Errors
    /// [`UnlockError`]; wrong words are noted for the audit, nothing else changes.
    pub fn unlock(
        place: &VaultFolder,
        credential: &Credential<'_>,
        asker: &Asker,
    ) -> Result<Self, UnlockError> {
        Self::unlock_anchored(place, credential, &[], asker)
    }

    /// As [`Self::unlock`], with where the vault stood when it was last seen. A copy that is older than that, or another,
    /// can only be looked at: nothing is written to it, not even the unlock.
    ///
    /// # Errors
    /// As [`Self::unlock`].
    pub fn unlock_anchored(
        place: &VaultFolder,
        credential: &Credential<'_>,
        anchors: &[Anchors],
        asker: &Asker,
    ) -> Result<Self, UnlockError> {
        let derive = |bytes: &[u8]| -> Result<(Header, RootKey), UnlockError> {
            let parsed = Header::decode(bytes)?;
            match parsed.unlock(bytes, credential) {
                Ok(root) => Ok((parsed, root)),
                Err(error) => {
                    // What a keyring holds is nobody's guess.
                    let guessed = credential.kind() != SlotKind::Keyring;
                    if guessed && error == HeaderError::WrongPassphraseOrTampered {
                        place.note_failed_unlock(asker.at.0)?;
                    }
                    Err(error.into())
                }
            }
        };
        // The derivation takes most of a second and needs no vault: two commands at once each make theirs, and then
        // hold it one after the other. A window that has it open is told of at once.
        let before = read_header(place)?;
        if place.is_held()? {
            return Err(UnlockError::Busy);
        }
        let (mut parsed, mut root) = derive(&before)?;
        let (hold, bytes) = hold(place)?;
        if bytes != before {
            (parsed, root) = derive(&bytes)?;
        }
        let mut vault = open(place, hold, &bytes, &parsed, &root)?;
        vault.unlocked_by = credential.kind();
        for anchors in anchors {
            vault.compare_with(anchors)?;
        }
        if vault.rollback.is_none() {
            vault.settle(credential.kind(), asker)?;
        }
        Ok(vault)
    }

    pub(crate) fn record_unlock(&mut self, how: SlotKind, asker: &Asker) -> Result<(), VaultError> {
        let failed = self.folder.failed_unlocks()?;
        if let Some(last) = failed.last() {
            self.failed_unlocks = failed.len().try_into().unwrap_or(u32::MAX);
            let times = if failed.len() == 1 { "time" } else { "times" };
            let last = match jiff::Timestamp::from_millisecond(*last) {
                Ok(time) => time.strftime("%Y-%m-%d %H:%M:%S UTC").to_string(),
                Err(_) => "a time out of range".to_owned(),
            };
            let detail = format!("{} {times}, last at {last}", failed.len());
            let draft = EventDraft::of(Action::UnlockFailed)
                .outcome(Outcome::Refused)
                .detail(detail);
            self.record(asker, VAULT_LOG, draft)?;
            self.folder.clear_failed_unlocks()?;
        }
        self.record(
            asker,
            VAULT_LOG,
            EventDraft::of(Action::Unlocked).detail(how.words()),
        )
    }
}

/// Opens a vault by its root key, past the passphrase: right after it was made,
/// and in this crate's campaigns.
pub(crate) fn open_with_root_key(
    place: &VaultFolder,
    root: &RootKey,
) -> Result<Vault, UnlockError> {
    let (hold, bytes) = hold(place)?;
    let parsed = Header::decode(&bytes)?;
    header::verify(&bytes, root)?;
    let mut vault = open(place, hold, &bytes, &parsed, root)?;
    vault.settle_header(&bytes, None)?;
    Ok(vault)
}

fn hold(place: &VaultFolder) -> Result<(File, Vec<u8>), UnlockError> {
    // A foreign folder is told before anything is made in it.
    read_header(place)?;
    let hold = place.try_hold()?.ok_or(UnlockError::Busy)?;
    Ok((hold, read_header(place)?))
}

/// The header's bytes, once they have its form.
pub(crate) fn read_header(place: &VaultFolder) -> Result<Vec<u8>, UnlockError> {
    let file = match place.open_header() {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(if place.exists() {
                UnlockError::Damaged("its header is missing")
            } else {
                UnlockError::NotFound(place.path().display().to_string())
            });
        }
        Err(error) => return Err(error.into()),
    };
    if !file.metadata()?.is_file() {
        return Err(UnlockError::Damaged("its header is not a file"));
    }
    let mut bytes = Vec::new();
    file.take(HEADER_LIMIT).read_to_end(&mut bytes)?;
    Header::decode(&bytes)?;
    Ok(bytes)
}

fn open(
    place: &VaultFolder,
    hold: File,
    header_bytes: &[u8],
    header: &Header,
    root: &RootKey,
) -> Result<Vault, UnlockError> {
    match fs::symlink_metadata(place.store_path()) {
        // SQLite takes an empty file for a new database.
        Ok(store) if store.len() == 0 => return Err(UnlockError::Damaged("its store is empty")),
        Ok(store) if !store.is_file() => {
            return Err(UnlockError::Damaged("its store is not a file"));
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(UnlockError::Damaged("its store is missing"));
        }
        _ => {}
    }
    let previous = header.previous_root(root)?;
    let mut sql = store::open(&place.store_path(), &root.derive_store_key());
    if let (Err(_), Some(previous)) = (&sql, &previous) {
        sql = store::open(&place.store_path(), &previous.derive_store_key());
    }
    let sql = sql?;
    store::check_version(&sql)?.map_err(UnlockError::UnsupportedSchema)?;
    let mut loaded = load(&sql, header_bytes, header, root);
    if let (Err(_), Some(previous)) = (&loaded, &previous) {
        loaded = load(&sql, header_bytes, header, previous);
    }
    let (facts, keys) = loaded?;
    Ok(Vault {
        folder: place.clone(),
        sql,
        keys,
        facts,
        failed_unlocks: 0,
        unlocked_by: SlotKind::Passphrase,
        rollback: None,
        index: None,
        stale: Stale::default(),
        graphs: Graphs::default(),
        root: copy_of(root),
        _hold: hold,
    })
}

fn damaged<E>(what: &'static str) -> impl FnOnce(E) -> UnlockError {
    move |_| UnlockError::Damaged(what)
}

fn load(
    sql: &Connection,
    header_bytes: &[u8],
    header: &Header,
    root: &RootKey,
) -> Result<(Facts, Keyring), UnlockError> {
    type Sealed = Vec<u8>;
    let vault: VaultId = sql.query_row("SELECT id FROM vault", [], |row| row.get(0))?;
    let (card, certificate, device): (Sealed, Sealed, DeviceId) =
        sql.query_row("SELECT card, certificate, device FROM vault", [], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })?;
    let (identity, sealed): ([Option<Sealed>; 2], [Sealed; 2]) = sql.query_row(
        "SELECT identity_signing, identity_share, device_signing, device_kem FROM vault",
        [],
        |row| {
            let identity = [row.get(0)?, row.get(1)?];
            Ok((identity, [row.get(2)?, row.get(3)?]))
        },
    )?;
    // An old header put beside a newer store is a passphrase come back to life.
    if vault != header.vault || !header_change::is_known(sql, header.generation, header_bytes)? {
        return Err(UnlockError::Damaged(
            "its header and store are of different times",
        ));
    }
    let seal_key = root.derive_identity_seal_key();
    let [device_signing, device_kem] = &sealed;
    let identity = match &identity {
        [Some(signing), Some(share)] => {
            let opened = IdentityKeys::open(&seal_key, vault.0, (signing, share));
            Some(opened.map_err(damaged("its identity does not open"))?)
        }
        [None, None] => None,
        _ => return Err(UnlockError::Damaged("it has half an identity")),
    };
    let keys = DeviceKeys::open(&seal_key, vault.0, device.0, (device_signing, device_kem))
        .map_err(damaged("its device does not open"))?;
    let card = Card::parse(&card).map_err(damaged("its card does not verify"))?;
    let certificate = DeviceCertificate::parse(&card.signing, &certificate)
        .map_err(damaged("its device certificate does not verify"))?;
    let primary = certificate.role == DeviceRole::Primary;
    let of_card = |identity: &IdentityKeys| {
        identity.signing.verifying_key().as_bytes() == card.signing.as_bytes()
    };
    if identity.is_some() != primary
        || !identity.as_ref().is_none_or(of_card)
        || certificate.device.signing.as_bytes() != keys.signing.verifying_key().as_bytes()
        || certificate.device.id != device.0
    {
        return Err(UnlockError::Damaged(
            "its keys and certificates do not match",
        ));
    }
    // The vault's own space was there first.
    let own = "SELECT id, name, shared FROM spaces ORDER BY rowid LIMIT 1";
    let (space, space_name, shared): (SpaceId, String, bool) =
        sql.query_row(own, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    space::note_entered(sql, space)?;
    let facts = Facts {
        vault,
        home: space,
        space,
        space_name,
        shared,
        identity: card.fingerprint(),
        identity_name: card.name.to_string(),
        device,
        device_name: certificate.device.name.to_string(),
    };
    Ok((facts, Keyring::new(identity, keys, root.derive_index_key())))
}
