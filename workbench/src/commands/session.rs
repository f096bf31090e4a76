//! Creating, choosing, unlocking and locking a vault.

use crate::{
    api::{
        ApiError, BackupRequest, BackupView, ChangePassphraseRequest, Code, CreateVaultRequest,
        CreatedView, KdfRequest, KdfView, LockReason, OpenVaultRequest, RestoreBackupRequest,
        SecretText, StatusView, StrengthRequest, StrengthView, UnlockRequest,
    },
    passphrase,
    session::Session,
};
use keystead_crypto::{calibrate, derive_slot_key};
use keystead_vault::{KdfError, KdfParams, Names, Passphrase, Vault, VaultFolder};
use std::{path::Path, time::Duration};

pub(crate) fn strength(request: &StrengthRequest) -> StrengthView {
    passphrase::strength(request.passphrase.expose())
}

pub(crate) fn create_vault(
    session: &mut Session,
    request: CreateVaultRequest,
) -> Result<CreatedView, ApiError> {
    let place = match &request.path {
        Some(path) => VaultFolder::at(Path::new(path)),
        None => session.place().clone(),
    };
    if place.exists() {
        return Err(ApiError::new(
            Code::VaultExists,
            format!("{} is there already.", place.path().display()),
            "Unlock it, or choose another place.",
        ));
    }
    refuse_weak(&request.passphrase)?;
    let passphrase = Passphrase::new(request.passphrase.expose().to_owned());
    drop(request.passphrase);
    let (params, took) = costs(session, request.kdf)?;
    let names = Names {
        identity: session.settings.identity.clone(),
        device: session.settings.device.clone(),
    };
    let vault = Vault::create(&place, &passphrase, params, &names, &session.asker())?;
    session.choose(place)?;
    session.opened(vault);
    Ok(CreatedView {
        status: session.status(),
        kdf: kdf_view(params, took),
    })
}

/// Whether a stolen disk would give the passphrase away.
fn refuse_weak(passphrase: &SecretText) -> Result<(), ApiError> {
    let strength = passphrase::strength(passphrase.expose());
    if strength.acceptable {
        return Ok(());
    }
    let advice = if strength.advice.is_empty() {
        "Use four or more words that do not belong together.".to_owned()
    } else {
        strength.advice
    };
    Err(ApiError::new(
        Code::WeakPassphrase,
        "That passphrase is too weak for a vault.",
        advice,
    ))
}

pub(crate) fn change_passphrase(
    session: &mut Session,
    request: ChangePassphraseRequest,
) -> Result<KdfView, ApiError> {
    session.open()?;
    refuse_weak(&request.new)?;
    let (params, took) = costs(session, request.kdf)?;
    let present = Passphrase::new(request.present.expose().to_owned());
    let new = Passphrase::new(request.new.expose().to_owned());
    drop(request);
    let (open, asker) = session.open()?;
    open.vault
        .change_passphrase(&present, &new, params, &asker)?;
    Ok(kdf_view(params, took))
}

pub(crate) fn backup(
    session: &mut Session,
    request: &BackupRequest,
) -> Result<BackupView, ApiError> {
    let (open, asker) = session.open()?;
    let backup = open.vault.backup(Path::new(&request.path), &asker)?;
    Ok(BackupView {
        path: request.path.clone(),
        bytes: backup.bytes,
        sha256: backup.sha256.iter().map(|b| format!("{b:02x}")).collect(),
        events: backup.events,
        operations: backup.operations,
        values: backup.ciphertexts,
    })
}

pub(crate) fn restore_backup(
    session: &mut Session,
    request: &RestoreBackupRequest,
) -> Result<StatusView, ApiError> {
    keystead_vault::restore_backup(Path::new(&request.file), session.place())?;
    Ok(session.status())
}

pub(crate) fn open_vault(
    session: &mut Session,
    request: &OpenVaultRequest,
) -> Result<StatusView, ApiError> {
    session.choose(VaultFolder::at(Path::new(&request.path)))?;
    Ok(session.status())
}

pub(crate) fn unlock(
    session: &mut Session,
    request: UnlockRequest,
) -> Result<StatusView, ApiError> {
    if !session.is_open() {
        let passphrase = Passphrase::new(request.passphrase.expose().to_owned());
        drop(request);
        let place = session.place().clone();
        let vault = Vault::unlock(&place, &passphrase, &session.asker())?;
        session.opened(vault);
    }
    Ok(session.status())
}

pub(crate) fn lock(session: &mut Session) -> Result<StatusView, ApiError> {
    session.lock(LockReason::Asked)?;
    Ok(session.status())
}

/// Costs by hand, or calibrated to this machine; with what one derivation took.
fn costs(
    session: &Session,
    by_hand: Option<KdfRequest>,
) -> Result<(KdfParams, Duration), KdfError> {
    let floor = KdfParams::FLOOR;
    let probe = Passphrase::new(String::new());
    let measure = |params| {
        let start = session.platform.elapsed();
        derive_slot_key(&probe, &[0; 32], params)?;
        Ok(session.platform.elapsed().saturating_sub(start))
    };
    match by_hand {
        None => calibrate(measure),
        Some(costs) => {
            let params = KdfParams::new(
                costs.memory_kib.unwrap_or(floor.memory_kib()),
                costs.passes.unwrap_or(floor.passes()),
                floor.lanes(),
            )?;
            Ok((params, measure(params)?))
        }
    }
}

fn kdf_view(params: KdfParams, took: Duration) -> KdfView {
    KdfView {
        memory_kib: params.memory_kib(),
        passes: params.passes(),
        lanes: params.lanes(),
        milliseconds: u32::try_from(took.as_millis()).unwrap_or(u32::MAX),
        words: format!(
            "Each guess costs {:.1} s and {} MiB on this machine",
            took.as_secs_f64(),
            params.memory_kib() / 1024
        ),
    }
}
