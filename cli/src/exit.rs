use keystead_workbench::api::Code;
use std::process::ExitCode;

/// The exit code of a failure; documented in `--help` and stable.
pub(crate) fn code_of(code: Code) -> ExitCode {
    ExitCode::from(match code {
        Code::VaultNotFound | Code::NotFound => 3,
        Code::WrongPassphrase
        | Code::VaultDamaged
        | Code::UnsupportedSchema
        | Code::KeyFileNeeded
        | Code::RecoveryWords
        | Code::Keyring
        | Code::VaultLocked => 4,
        Code::VaultBusy => 5,
        Code::NeedsConfirmation
        | Code::Protected
        | Code::ChangedSince
        | Code::RolledBack
        | Code::Exists
        | Code::VaultExists
        | Code::Drifted => 6,
        Code::InvalidInput
        | Code::InvalidFile
        | Code::WeakPassphrase
        | Code::DialectCannotCarry => 7,
        Code::Io => 8,
        Code::Role => 9,
        Code::Storage => 10,
        Code::Cancelled => 130,
        // As a shell says it.
        Code::NoProgram => 127,
        Code::NotAllowed | Code::Clipboard | Code::Internal => 1,
    })
}
