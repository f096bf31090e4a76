//! Creating, choosing, unlocking and locking a vault.

use crate::{
    api::{
        ApiError, BackupRequest, BackupView, Code, CreateVaultRequest, CreatedView, KdfRequest,
        KdfView, LockReason, OpenVaultRequest, RestoreBackupRequest, SecretText, StatusView,
        StrengthRequest, StrengthView, UnlockRequest,
    },
    key_file, passphrase,
    session::Session,
};
use keystead_crypto::{calibrate, derive_slot_key};
use keystead_vault::{
    Costs, Credential, KdfError, KdfParams, KeyFile, Names, NewPassphrase, Passphrase, SlotKind,
    UnlockError, Vault, VaultFolder,
};
use std::{path::Path, time::Duration};

/// An unlock that took less, derivation and all, is far below the half second that a new vault's takes at the least.
const TOO_CHEAP: Duration = Duration::from_millis(350);

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
    let (costs, took) = costs(session, request.kdf)?;
    let names = Names {
        identity: session.settings.identity.clone(),
        device: session.settings.device.clone(),
    };
    let new = NewPassphrase {
        passphrase: &passphrase,
        key_file: None,
        costs,
    };
    let vault = Vault::create(&place, new, &names, &session.asker())?;
    session.choose(place)?;
    session.opened(vault);
    Ok(CreatedView {
        status: session.status(),
        kdf: kdf_view(costs.params, took),
    })
}

/// Whether a stolen disk would give the passphrase away.
pub(crate) fn refuse_weak(passphrase: &SecretText) -> Result<(), ApiError> {
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
        let file = request
            .key_file
            .as_deref()
            .map(key_file::read)
            .transpose()?;
        drop(request.passphrase);
        let start = session.platform.elapsed();
        let credential = Credential::Passphrase(&passphrase, file.as_ref());
        let opened = session.unlock(&credential);
        let mut vault = opened.map_err(|error| with_way_out(session, error))?;
        let took = session.platform.elapsed().saturating_sub(start);
        if took < TOO_CHEAP && vault.rollback().is_none() {
            raise_costs(session, &mut vault, &passphrase, file.as_ref());
        }
        session.opened(vault);
    }
    Ok(session.status())
}

/// What a wrong passphrase leaves to be tried.
fn with_way_out(session: &Session, error: UnlockError) -> ApiError {
    let wrong = matches!(error, UnlockError::WrongPassphraseOrTampered);
    let mut error = ApiError::from(error);
    if wrong && session.status().unlock_with.recovery {
        error.hint = "Try again, or use your recovery kit.".to_owned();
    }
    error
}

/// Makes a guess cost what it would for a new vault on this machine, where that is more and nobody chose the present
/// costs. The vault is open and stays so: what fails here is tried again at the next unlock.
fn raise_costs(
    session: &Session,
    vault: &mut Vault,
    passphrase: &Passphrase,
    file: Option<&KeyFile>,
) {
    let slots = vault.slots().unwrap_or_default();
    let present = slots
        .iter()
        .find(|slot| slot.kind == SlotKind::Passphrase)
        .and_then(|slot| Some((slot.costs?, slot.key_file)));
    let Some((present, needs_file)) = present.filter(|(costs, _)| !costs.by_hand) else {
        return;
    };
    let Ok((today, _)) = costs(session, None) else {
        return;
    };
    let work =
        |costs: Costs| u64::from(costs.params.memory_kib()) * u64::from(costs.params.passes());
    if work(today) > work(present) {
        let new = NewPassphrase {
            passphrase,
            key_file: file.filter(|_| needs_file),
            costs: today,
        };
        let _ = vault.upgrade_kdf(new, &session.asker());
    }
}

pub(crate) fn accept_rollback(session: &mut Session) -> Result<StatusView, ApiError> {
    session.accept_rollback()?;
    Ok(session.status())
}

pub(crate) fn lock(session: &mut Session) -> Result<StatusView, ApiError> {
    session.lock(LockReason::Asked)?;
    Ok(session.status())
}

/// Costs by hand, or calibrated to this machine; with what one derivation took.
pub(crate) fn costs(
    session: &Session,
    by_hand: Option<KdfRequest>,
) -> Result<(Costs, Duration), KdfError> {
    let floor = KdfParams::FLOOR;
    let probe = Passphrase::new(String::new());
    let measure = |params| {
        let start = session.platform.elapsed();
        derive_slot_key(&probe, None, &[0; 32], params)?;
        Ok(session.platform.elapsed().saturating_sub(start))
    };
    match by_hand {
        None => {
            let (params, took) = calibrate(measure)?;
            let by_hand = false;
            Ok((Costs { params, by_hand }, took))
        }
        Some(costs) => {
            let params = KdfParams::new(
                costs.memory_kib.unwrap_or(floor.memory_kib()),
                costs.passes.unwrap_or(floor.passes()),
                floor.lanes(),
            )?;
            let by_hand = true;
            Ok((Costs { params, by_hand }, measure(params)?))
        }
    }
}

pub(crate) fn kdf_view(params: KdfParams, took: Duration) -> KdfView {
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
