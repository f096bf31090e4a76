//! From each crate's errors to what people see: code, message, hint.

use crate::api::{ApiError, Code};
use keystead_formats::CannotCarry;
use keystead_vault::{
    BackupError, ChangeSlotsError, CreateError, KdfError, NameError, RestoreError, UnlockError,
    VaultError,
};
use std::io;

impl From<VaultError> for ApiError {
    fn from(error: VaultError) -> Self {
        let (code, hint) = match &error {
            VaultError::NoProject(_) => (Code::NotFound, "List what there is, or make it first."),
            VaultError::NoEnvironment { .. } => (
                Code::NotFound,
                "List the project's environments, or make it first.",
            ),
            VaultError::NoSecret { .. } => (
                Code::NotFound,
                "List the environment's secrets, or set it first.",
            ),
            VaultError::NoVersion { .. } => (
                Code::NotFound,
                "Look at the secret's versions and name one of them.",
            ),
            VaultError::NoLink => (Code::NotFound, "List the links and name one of them."),
            VaultError::Exists(_) => (Code::Exists, "Choose another name, or use what is there."),
            VaultError::Name(_) => (Code::InvalidInput, "Choose another name."),
            VaultError::SameValue => (
                Code::InvalidInput,
                "Make a new value at the provider and paste that one.",
            ),
            VaultError::AlreadyCurrent => (Code::InvalidInput, "Name an older version."),
            VaultError::NothingToUndo => (
                Code::NotFound,
                "Look at what was done, and what of it can be taken back.",
            ),
            VaultError::ChangedSince(_) => (
                Code::ChangedSince,
                "Take back what was done to it later first, or edit it.",
            ),
            VaultError::Protected(_) => (
                Code::Protected,
                "Say so once more: agree in the window, or use --yes.",
            ),
            VaultError::Linked(_) => (Code::Exists, "Unlink the folders that get it first."),
            VaultError::InheritsItself(_) => (
                Code::InvalidInput,
                "Choose an environment that does not inherit from it.",
            ),
            VaultError::NoAttachment(_) => (Code::NotFound, "Choose one that is listed."),
            VaultError::AttachmentTooLarge => (
                Code::InvalidInput,
                "Store the file elsewhere and keep its key here.",
            ),
            VaultError::NoCredential(_) => (Code::NotFound, "Choose one that is listed."),
            VaultError::NoPart(_) => (
                Code::NotFound,
                "Name a part that it is made of, as NAME#password, and that its value has.",
            ),
            VaultError::NoParts => (Code::InvalidInput, "Name each part once."),
            VaultError::PartOf(_) => (
                Code::Exists,
                "Rotate or restore the whole credential, or take this one out of it first.",
            ),
            VaultError::RefersToItself(_) => (
                Code::InvalidInput,
                "Store a value there that does not refer back.",
            ),
            VaultError::RefersToNothing(_) => (
                Code::NotFound,
                "Give that one a value, or store another value that does not refer to it.",
            ),
            VaultError::ReferredTo(_) => (
                Code::Exists,
                "Store a value there first that does not refer to it.",
            ),
            VaultError::ResolvesTooLarge => {
                (Code::InvalidInput, "Refer to less, or to smaller values.")
            }
            VaultError::NoSpace(_) => (
                Code::NotFound,
                "`keystead space` lists the spaces of this vault.",
            ),
            VaultError::NoConflict(_) => (
                Code::NotFound,
                "`keystead conflicts` lists those that are there.",
            ),
            VaultError::NoKey => (
                Code::Role,
                "Ask an owner of the space for a role there, and sync.",
            ),
            VaultError::NotSealing(_) => (
                Code::Role,
                "Sync: somebody who may makes the key, and you get it with the next sync.",
            ),
            VaultError::NotAllowed(_) => (
                Code::Role,
                "Ask an owner of the space; `keystead members` says who is one.",
            ),
            VaultError::Cancelled => (Code::Cancelled, "Nothing was changed."),
            VaultError::NotReleased(_) => (
                Code::Role,
                "An owner of the space said so; Team in the window, or `keystead release`, shows the rules and who said them.",
            ),
            VaultError::NotPrimary => (
                Code::Role,
                "Do it on the machine that enrolled this one, or have this one enrolled as a primary device.",
            ),
            VaultError::RolledBack => (
                Code::RolledBack,
                "If you put that copy back yourself, go on from it: `keystead rollback --accept`, or in the window.",
            ),
            VaultError::Damaged(_) => (
                Code::VaultDamaged,
                "Restore the vault from a backup; keep this copy aside.",
            ),
            VaultError::Store(_) | VaultError::Io(_) => (
                Code::Io,
                "Check that the disk has room and the vault's folder can be written, then try again.",
            ),
            _ => (Code::Internal, "Report this, with the steps that led here."),
        };
        Self::new(code, vault_sentence(&error), hint)
    }
}

impl From<UnlockError> for ApiError {
    fn from(error: UnlockError) -> Self {
        let (code, message, hint) = match &error {
            UnlockError::NotFound(_) => (
                Code::VaultNotFound,
                sentence(&error),
                "Make one, or name the folder of another one.",
            ),
            UnlockError::Busy => (
                Code::VaultBusy,
                "Another program has this vault open.".to_owned(),
                "Lock it in the Keystead window, or wait for the other command to end.",
            ),
            UnlockError::WrongPassphraseOrTampered => (
                Code::WrongPassphrase,
                "Can't open this vault: the passphrase is wrong or the file was changed."
                    .to_owned(),
                "Try again; look at Caps Lock and the keyboard layout.",
            ),
            UnlockError::KeyFileNeeded => (
                Code::KeyFileNeeded,
                "This vault is unlocked by a passphrase and a key file.".to_owned(),
                "Name the key file (--key-file on the command line).",
            ),
            UnlockError::NoSlot(_) => (
                Code::NotFound,
                sentence(&error),
                "Unlock it another way; the ways that there are can be listed once it is open.",
            ),
            UnlockError::UnsupportedSchema(_) => (
                Code::UnsupportedSchema,
                sentence(&error),
                "Open it with the version of Keystead that wrote it.",
            ),
            UnlockError::Kdf(KdfError::OutOfMemory) => (
                Code::Io,
                sentence(&error),
                "Close other programs and try again.",
            ),
            UnlockError::Kdf(_) => (
                Code::VaultDamaged,
                sentence(&error),
                "Somebody may have changed the header: restore it from a backup.",
            ),
            UnlockError::Damaged(_) => (
                Code::VaultDamaged,
                sentence(&error),
                "Nothing was changed. Restore the folder from a backup.",
            ),
            _ => (
                Code::Io,
                sentence(&error),
                "Check that you may read and write the vault's folder.",
            ),
        };
        Self::new(code, message, hint)
    }
}

impl From<BackupError> for ApiError {
    fn from(error: BackupError) -> Self {
        match error {
            BackupError::Exists(_) => {
                Self::new(Code::Exists, as_named(&error), "Choose another name.")
            }
            BackupError::DoesNotReadBack(_) => Self::new(
                Code::VaultDamaged,
                sentence(&error),
                "Nothing was kept. Verify the audit, and try another disk.",
            ),
            BackupError::Vault(error) => error.into(),
            _ => Self::new(
                Code::Io,
                sentence(&error),
                "Check that the folder is there, has room and can be written.",
            ),
        }
    }
}

impl From<RestoreError> for ApiError {
    fn from(error: RestoreError) -> Self {
        match error {
            RestoreError::Exists(_) => Self::new(
                Code::VaultExists,
                as_named(&error),
                "Name a new place with --vault.",
            ),
            RestoreError::NotABackup(_) => Self::new(
                Code::InvalidFile,
                sentence(&error),
                "Name a file that `keystead backup` wrote.",
            ),
            _ => Self::new(
                Code::Io,
                sentence(&error),
                "Check that the file can be read and the place be written.",
            ),
        }
    }
}

impl From<ChangeSlotsError> for ApiError {
    fn from(error: ChangeSlotsError) -> Self {
        match error {
            ChangeSlotsError::WrongCredential(kind) => Self::new(
                Code::WrongPassphrase,
                format!(
                    "That is not the present {}; nothing was changed.",
                    kind.words()
                ),
                "Try again; look at Caps Lock and the keyboard layout.",
            ),
            ChangeSlotsError::KeyFileNeeded => UnlockError::KeyFileNeeded.into(),
            ChangeSlotsError::NoSlot(kind) => UnlockError::NoSlot(kind).into(),
            ChangeSlotsError::PassphraseStays => Self::new(
                Code::InvalidInput,
                sentence(&error),
                "Change it, or say that others may know it.",
            ),
            ChangeSlotsError::Kdf(error) => error.into(),
            ChangeSlotsError::Header(error) => error.into(),
            ChangeSlotsError::Vault(error) => error.into(),
            _ => Self::new(Code::Internal, sentence(&error), "Report this."),
        }
    }
}

impl From<CreateError> for ApiError {
    fn from(error: CreateError) -> Self {
        match error {
            CreateError::Exists(_) => Self::new(
                Code::VaultExists,
                as_named(&error),
                "Unlock it, or choose another place.",
            ),
            CreateError::Kdf(error) => error.into(),
            CreateError::Vault(error) => error.into(),
            _ => Self::new(
                Code::Io,
                sentence(&error),
                "Choose a folder that you may write to.",
            ),
        }
    }
}

impl From<KdfError> for ApiError {
    fn from(error: KdfError) -> Self {
        let hint = match error {
            KdfError::BelowFloor => "Use at least 64 MiB and 3 passes.",
            KdfError::AboveCeiling => "Use at most 1 GiB, 64 passes and 16 lanes.",
            _ => "Close other programs and try again.",
        };
        Self::new(Code::InvalidInput, sentence(&error), hint)
    }
}

impl From<NameError> for ApiError {
    fn from(error: NameError) -> Self {
        VaultError::from(error).into()
    }
}

impl From<CannotCarry> for ApiError {
    fn from(error: CannotCarry) -> Self {
        let carriers: Vec<_> = error.carried_by.iter().map(|d| d.as_str()).collect();
        let hint = match &carriers[..] {
            [] => "No dialect carries it; change the value.".to_owned(),
            [one] => format!("Use the dialect {one}."),
            more => format!("Use one of the dialects {}.", more.join(", ")),
        };
        Self::new(Code::DialectCannotCarry, as_named(&error), hint)
    }
}

/// An error about one file.
pub(crate) fn io_error(path: &std::path::Path, error: &io::Error) -> ApiError {
    ApiError::new(
        Code::Io,
        format!("{}: {error}.", path.display()),
        "Check that the path is right and that you may read and write there.",
    )
}

/// A missing project or environment that a command may make, if it is allowed to.
pub(crate) fn ask_to_create(error: VaultError) -> ApiError {
    match error {
        VaultError::NoProject(_) | VaultError::NoEnvironment { .. } => ApiError::new(
            Code::NeedsConfirmation,
            vault_sentence(&error),
            "Agree to make it (--yes on the command line).",
        ),
        other => other.into(),
    }
}

fn vault_sentence(error: &VaultError) -> String {
    match error {
        VaultError::NoEnvironment { .. } | VaultError::NoVersion { .. } | VaultError::Exists(_) => {
            as_named(error)
        }
        _ => sentence(error),
    }
}

/// As [`sentence`], for words that begin with a name: a capital would make it
/// another one.
fn as_named(error: &impl std::fmt::Display) -> String {
    let words = error.to_string();
    let end = if words.ends_with('.') { "" } else { "." };
    format!("{words}{end}")
}

/// The error's words as a sentence.
pub(crate) fn sentence(error: &impl std::fmt::Display) -> String {
    let words = error.to_string();
    let mut chars = words.chars();
    let first: String = chars
        .next()
        .map(|c| c.to_uppercase().collect())
        .unwrap_or_default();
    let end = if words.ends_with('.') { "" } else { "." };
    format!("{first}{}{end}", chars.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_begins_large_in_any_script() {
        assert_eq!(sentence(&"élodie is a member"), "Élodie is a member.");
        assert_eq!(sentence(&""), ".");
    }

    #[test]
    fn a_sentence_never_changes_a_name() {
        let error = ask_to_create(VaultError::NoEnvironment {
            project: "small".to_owned(),
            environment: "nope".to_owned(),
        });
        assert_eq!(error.message, "small has no environment nope.");
        let error = ApiError::from(VaultError::Exists("small".to_owned()));
        assert!(error.message.starts_with("small "), "{}", error.message);
        let error = ApiError::from(VaultError::NoProject("small".to_owned()));
        assert_eq!(error.message, "There is no project small.");
    }
}
