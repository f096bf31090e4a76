//! The sample vault: every screen filled, with nothing real in it.

use crate::{
    api::{ApiError, Code, OpenSampleRequest, StatusView},
    session::Session,
};
use keystead_sample::{PASSPHRASE, fill, fill_many};
use keystead_vault::{
    Costs, Credential, KdfParams, Names, NewPassphrase, Passphrase, Vault, VaultFolder,
};
use std::{fs, path::Path};

const NAME: &str = "sample.keystead";
const SEED: u64 = 7;
/// Secrets of each project where there are many.
const OF_PROJECT: usize = 1_000;

/// Opens the sample vault, made now if it is not there.
pub(crate) fn open_sample(
    session: &mut Session,
    request: &OpenSampleRequest,
) -> Result<StatusView, ApiError> {
    // The page of an open vault would stay with what it shows.
    if session.is_open() {
        return Err(ApiError::new(
            Code::NotAllowed,
            "A vault is open.",
            "Lock it first.",
        ));
    }
    let place = match &request.path {
        Some(path) => VaultFolder::at(Path::new(path)),
        None => VaultFolder::at(&session.place().path().with_file_name(NAME)),
    };
    let words = Passphrase::new(PASSPHRASE.to_owned());
    if !place.exists() {
        let made = make(session, &place, &words, request);
        if made.is_err() {
            // Half a sample is none; nothing in it is anybody's.
            drop(fs::remove_dir_all(place.path()));
        }
        made?;
    }
    session.choose(place)?;
    let vault = session.unlock(&Credential::Passphrase(&words, None))?;
    session.opened(vault);
    Ok(session.status())
}

fn make(
    session: &Session,
    place: &VaultFolder,
    words: &Passphrase,
    request: &OpenSampleRequest,
) -> Result<(), ApiError> {
    let asker = session.asker();
    let names = Names {
        identity: session.settings.identity.clone(),
        device: session.settings.device.clone(),
    };
    // Its passphrase is printed; a guess need not cost more than the least.
    let passphrase = NewPassphrase {
        passphrase: words,
        key_file: None,
        costs: Costs {
            params: KdfParams::FLOOR,
            by_hand: true,
        },
    };
    let mut vault = Vault::create(place, passphrase, &names, &asker)?;
    let seed = request.seed.unwrap_or(SEED);
    match request.secrets {
        None => fill(&mut vault, &asker, seed)?,
        Some(secrets) => {
            let secrets = usize::try_from(secrets).unwrap_or(usize::MAX);
            fill_many(&mut vault, &asker, seed, secrets, OF_PROJECT)?;
        }
    }
    vault.close_quietly()?;
    Ok(())
}
