//! The ways to unlock a vault: using them, adding, changing and removing them.

use super::session::{costs, kdf_view, refuse_weak};
use crate::{
    api::{
        self, AddKeyringRequest, ApiError, ChangePassphraseRequest, Code,
        ConfirmRecoveryKitRequest, CostsView, KdfView, KeyFileChoice, NewRecoveryKitRequest,
        Present, RecoverRequest, RecoveryKitView, RemoveSlotRequest, Request, SecretText, SlotView,
        SlotsView, StatusView,
    },
    errors::sentence,
    key_file,
    session::{PendingKit, Session},
    system_keyring::{Item, KeyringError},
};
use getrandom::{SysRng, rand_core::UnwrapErr};
use keystead_vault::{
    Action, Costs, Credential, KdfParams, KeyFile, NewPassphrase, Passphrase, RecoverySecret,
    SlotId, SlotKey, SlotKind, UnlockError, Vault, slots_of,
};
use qrcode::{EcLevel, QrCode};
use std::time::Duration;

/// A kit that nobody confirms is forgotten after this.
const KIT_PATIENCE: Duration = Duration::from_secs(20 * 60);
/// So many words are asked for before a recovery kit counts.
const ASKED_WORDS: usize = 3;

pub(crate) fn slots(session: &mut Session) -> Result<SlotsView, ApiError> {
    let (open, _) = session.open()?;
    let slots = open.vault.slots()?;
    let view = |slot: &keystead_vault::SlotInfo| SlotView {
        kind: kind_view(slot.kind),
        made_at: slot.made_at.0,
        costs: slot.costs.map(|costs| CostsView {
            memory_kib: costs.params.memory_kib(),
            passes: costs.params.passes(),
            lanes: costs.params.lanes(),
            by_hand: costs.by_hand,
        }),
        key_file: slot.key_file,
    };
    Ok(SlotsView {
        slots: slots.iter().map(view).collect(),
    })
}

/// What was shown of the present passphrase, in the vault's own types.
struct Shown {
    passphrase: Passphrase,
    file: Option<KeyFile>,
}

impl Shown {
    fn read(present: &Present) -> Result<Self, ApiError> {
        Ok(Self {
            passphrase: Passphrase::new(present.passphrase.expose().to_owned()),
            file: present
                .key_file
                .as_deref()
                .map(key_file::read)
                .transpose()?,
        })
    }

    /// Whether that is the present passphrase; what was intended is an event where it is not.
    fn check(&self, session: &mut Session, intent: Action) -> Result<(), ApiError> {
        let (open, asker) = session.open()?;
        let (passphrase, file) = (&self.passphrase, self.file.as_ref());
        Ok(open
            .vault
            .check_passphrase(passphrase, file, intent, &asker)?)
    }

    fn credential(&self) -> Credential<'_> {
        Credential::Passphrase(&self.passphrase, self.file.as_ref())
    }
}

/// Whether the present passphrase was shown once more, for something that is worth as much.
pub(crate) fn confirm(
    session: &mut Session,
    present: &Present,
    intent: Action,
) -> Result<(), ApiError> {
    Shown::read(present)?.check(session, intent)
}

pub(crate) fn change_passphrase(
    session: &mut Session,
    request: ChangePassphraseRequest,
) -> Result<KdfView, ApiError> {
    let had_file = passphrase_slot(&session.open()?.0.vault)?.1;
    if request.new.expose() != request.present.passphrase.expose() {
        refuse_weak(&request.new)?;
    }
    let (costs, took) = costs(session, request.kdf)?;
    let shown = Shown::read(&request.present)?;
    let new = Passphrase::new(request.new.expose().to_owned());
    let made = match &request.key_file {
        KeyFileChoice::Make(path) => {
            let made = KeyFile::generate(&mut UnwrapErr(SysRng));
            // A wrong passphrase leaves no key file behind.
            shown.check(session, Action::PassphraseChanged)?;
            key_file::write(path, &made)?;
            Some(made)
        }
        _ => None,
    };
    let file = match &request.key_file {
        KeyFileChoice::Keep => shown.file.as_ref().filter(|_| had_file),
        KeyFileChoice::Without => None,
        KeyFileChoice::Make(_) => made.as_ref(),
    };
    let new = NewPassphrase {
        passphrase: &new,
        key_file: file,
        costs,
    };
    if request.compromised {
        rekey(session, &shown.credential(), new)?;
    } else {
        let (open, asker) = session.open()?;
        open.vault
            .change_passphrase(&shown.credential(), new, &asker)?;
    }
    Ok(kdf_view(costs.params, took))
}

pub(crate) fn remove_slot(
    session: &mut Session,
    request: &RemoveSlotRequest,
) -> Result<SlotsView, ApiError> {
    session.open()?;
    let shown = Shown::read(&request.present)?;
    let kind = match request.kind {
        api::SlotKind::Passphrase => SlotKind::Passphrase,
        api::SlotKind::Recovery => SlotKind::Recovery,
        api::SlotKind::Keyring => SlotKind::Keyring,
    };
    let (open, asker) = session.open()?;
    let item = keyring_item(&open.vault)?;
    if request.compromised {
        let (costs, had_file) = passphrase_slot(&open.vault)?;
        let new = NewPassphrase {
            passphrase: &shown.passphrase,
            key_file: shown.file.as_ref().filter(|_| had_file),
            costs,
        };
        rekey(session, &shown.credential(), new)?;
    } else {
        open.vault.remove_slot(&shown.credential(), kind, &asker)?;
        if kind == SlotKind::Keyring
            && let Some(item) = item
        {
            // The key opens nothing any more, and a keyring that is gone keeps none.
            let _ = item.forget_all();
        }
    }
    slots(session)
}

/// Another root key; the keyring's key, where there was one, is forgotten with all other ways.
fn rekey(
    session: &mut Session,
    present: &Credential<'_>,
    new: NewPassphrase<'_>,
) -> Result<(), ApiError> {
    let (open, asker) = session.open()?;
    let item = keyring_item(&open.vault)?;
    open.kit = None;
    open.vault.rekey(present, new, None, &asker)?;
    if let Some(item) = item {
        let _ = item.forget_all();
    }
    Ok(())
}

/// What has to be done with the system's keyring before a request is. It may take a person's answer to a question of the
/// keyring's, so it is not done while the session is held.
pub(crate) enum KeyringErrand {
    Load(Item),
    Store(Item),
}

impl KeyringErrand {
    /// The errand of a request, where it has one.
    pub(crate) fn of(session: &mut Session, request: &Request) -> Result<Option<Self>, ApiError> {
        match request {
            Request::UnlockWithKeyring(_) if !session.is_open() => {
                let (vault, slots) = slots_of(session.place())?;
                let slot = slots.iter().find(|slot| slot.kind == SlotKind::Keyring);
                let slot = slot.ok_or(UnlockError::NoSlot(SlotKind::Keyring))?.id;
                session.check_free()?;
                Ok(Some(Self::Load(Item { vault, slot })))
            }
            Request::AddKeyring(request) => {
                session.open()?;
                let shown = Shown::read(&request.present)?;
                shown.check(session, Action::SlotAdded)?;
                Ok(Some(Self::Store(Item {
                    vault: session.open()?.0.vault.id(),
                    slot: SlotId::generate(&mut UnwrapErr(SysRng)),
                })))
            }
            _ => Ok(None),
        }
    }

    /// The item, and the key that the keyring holds for it now.
    pub(crate) fn run(self) -> Result<(Item, SlotKey), ApiError> {
        let item = match self {
            Self::Load(item) => item,
            Self::Store(item) => {
                // First, so that no slot waits for a key that was never kept.
                item.store(&SlotKey::generate(&mut UnwrapErr(SysRng)))?;
                item
            }
        };
        // A keyring that says it keeps a key is asked for it.
        Ok((item, item.load()?))
    }
}

pub(crate) fn add_keyring(
    session: &mut Session,
    request: &AddKeyringRequest,
) -> Result<SlotsView, ApiError> {
    let (item, key) = session.from_keyring.take().ok_or(KeyringError::NoKey)?;
    let added = put_keyring(session, request, item, &key);
    if added.is_err() {
        let _ = item.forget();
    }
    added?;
    slots(session)
}

fn put_keyring(
    session: &mut Session,
    request: &AddKeyringRequest,
    item: Item,
    key: &SlotKey,
) -> Result<(), ApiError> {
    let shown = Shown::read(&request.present)?;
    let (open, asker) = session.open()?;
    let before = keyring_item(&open.vault)?;
    open.vault
        .add_keyring(&shown.credential(), (item.slot, key), &asker)?;
    if let Some(before) = before {
        let _ = before.forget();
    }
    Ok(())
}

pub(crate) fn unlock_with_keyring(session: &mut Session) -> Result<StatusView, ApiError> {
    let kept = session.from_keyring.take();
    if !session.is_open() {
        let (_, key) = kept.ok_or(KeyringError::NoKey)?;
        let opened = session.unlock(&Credential::Keyring(&key));
        session.opened(opened.map_err(|error| match error {
            UnlockError::WrongPassphraseOrTampered => KeyringError::NoKey.into(),
            other => ApiError::from(other),
        })?);
    }
    Ok(session.status())
}

pub(crate) fn recover(
    session: &mut Session,
    request: RecoverRequest,
) -> Result<StatusView, ApiError> {
    let secret = parse_words(&request.words)?;
    refuse_weak(&request.new)?;
    let passphrase = Passphrase::new(request.new.expose().to_owned());
    let (kdf, accept_rollback) = (request.kdf, request.accept_rollback);
    drop(request);
    let credential = Credential::Recovery(&secret);
    let opened = session.unlock(&credential);
    let mut vault = opened.map_err(|error| match error {
        UnlockError::WrongPassphraseOrTampered => ApiError::new(
            Code::RecoveryWords,
            "Those words do not open this vault: they are of another kit, or the file was changed.",
            "Look for a newer kit: making one ends the one before.",
        ),
        other => other.into(),
    })?;
    if accept_rollback {
        vault.accept_rollback(&session.asker())?;
    }
    let (costs, _) = costs(session, kdf)?;
    let new = NewPassphrase {
        passphrase: &passphrase,
        key_file: None,
        costs,
    };
    vault.change_passphrase(&credential, new, &session.asker())?;
    session.opened(vault);
    Ok(session.status())
}

fn parse_words(words: &SecretText) -> Result<RecoverySecret, ApiError> {
    RecoverySecret::parse(words.expose()).map_err(|error| {
        ApiError::new(
            Code::RecoveryWords,
            sentence(&error),
            "Compare with the recovery kit, word by word; the first four letters of each are enough.",
        )
    })
}

pub(crate) fn new_recovery_kit(
    session: &mut Session,
    request: &NewRecoveryKitRequest,
) -> Result<RecoveryKitView, ApiError> {
    session.open()?;
    let shown = Shown::read(&request.present)?;
    let vault = session.place().name();
    let now = session.platform.elapsed();
    shown.check(session, Action::SlotAdded)?;
    let (open, asker) = session.open()?;
    let rng = &mut UnwrapErr(SysRng);
    let secret = RecoverySecret::generate(rng);
    let words = secret.words();
    let qr = qr_code(&words)?;
    let ask = ask_positions(rng);
    open.kit = Some(PendingKit {
        secret,
        passphrase: shown.passphrase,
        file: shown.file,
        ask: ask.clone(),
        until: now + KIT_PATIENCE,
    });
    Ok(RecoveryKitView {
        words: words.into(),
        qr,
        vault,
        made_at: asker.at.0,
        ask,
    })
}

pub(crate) fn confirm_recovery_kit(
    session: &mut Session,
    request: &ConfirmRecoveryKitRequest,
) -> Result<SlotsView, ApiError> {
    let (open, asker) = session.open()?;
    let kit = open.kit.as_ref().ok_or_else(|| {
        ApiError::new(
            Code::NotFound,
            "That recovery kit is no longer held.",
            "Make another one, and throw the sheet away.",
        )
    })?;
    let words = kit.secret.words();
    let words: Vec<_> = words.split(' ').collect();
    let asked = kit.ask.iter().map(|at| words[usize::from(*at) - 1]);
    let answer: Vec<_> = request.answer.expose().split_whitespace().collect();
    let right = answer.len() == kit.ask.len()
        && asked.zip(&answer).all(|(word, typed)| is_word(word, typed));
    if !right {
        let positions: Vec<_> = kit.ask.iter().map(ToString::to_string).collect();
        return Err(ApiError::new(
            Code::RecoveryWords,
            format!("Those are not the words {}.", positions.join(", ")),
            "Read them from the kit that was just made.",
        ));
    }
    let credential = Credential::Passphrase(&kit.passphrase, kit.file.as_ref());
    open.vault.add_recovery(&credential, &kit.secret, &asker)?;
    open.kit = None;
    slots(session)
}

/// In full or by four letters or more, as the words are read elsewhere.
fn is_word(word: &str, typed: &str) -> bool {
    let head = word.get(..typed.len());
    head.is_some_and(|head| head.eq_ignore_ascii_case(typed))
        && (typed.len() >= 4 || typed.len() == word.len())
}

/// Different positions from 1 to 24, ascending.
fn ask_positions(rng: &mut UnwrapErr<SysRng>) -> Vec<u8> {
    use getrandom::rand_core::Rng;
    let mut positions = std::collections::BTreeSet::new();
    while positions.len() < ASKED_WORDS {
        // 24 divides 240: no position is likelier than another.
        let [byte] = rng
            .next_u32()
            .to_le_bytes()
            .first_chunk()
            .copied()
            .unwrap_or([255]);
        if byte < 240 {
            positions.insert(byte % 24 + 1);
        }
    }
    positions.into_iter().collect()
}

/// Capital letters and spaces take the alphanumeric mode: a smaller picture, which survives a bad printer better.
pub(super) fn qr_code(words: &str) -> Result<SecretText, ApiError> {
    let capital = zeroize::Zeroizing::new(words.to_uppercase());
    let code = QrCode::with_error_correction_level(capital.as_bytes(), EcLevel::M);
    let code = code.map_err(|_| {
        ApiError::new(
            Code::Internal,
            "The words did not fit into a QR code.",
            "Report this.",
        )
    })?;
    let mut rows = String::with_capacity(code.width() * (code.width() + 1));
    for row in code.to_colors().chunks_exact(code.width()) {
        rows.extend(row.iter().map(|color| color.select('1', '0')));
        rows.push('\n');
    }
    Ok(SecretText::new(rows))
}

fn passphrase_slot(vault: &Vault) -> Result<(Costs, bool), ApiError> {
    let slots = vault.slots()?;
    let slot = slots.iter().find(|slot| slot.kind == SlotKind::Passphrase);
    let floor = Costs {
        params: KdfParams::FLOOR,
        by_hand: false,
    };
    Ok(slot.map_or((floor, false), |slot| {
        (slot.costs.unwrap_or(floor), slot.key_file)
    }))
}

fn keyring_item(vault: &Vault) -> Result<Option<Item>, ApiError> {
    let slots = vault.slots()?;
    let slot = slots.iter().find(|slot| slot.kind == SlotKind::Keyring);
    Ok(slot.map(|slot| Item {
        vault: vault.id(),
        slot: slot.id,
    }))
}

fn kind_view(kind: SlotKind) -> api::SlotKind {
    match kind {
        SlotKind::Passphrase => api::SlotKind::Passphrase,
        SlotKind::Recovery => api::SlotKind::Recovery,
        SlotKind::Keyring => api::SlotKind::Keyring,
    }
}

#[cfg(test)]
mod tests;
