use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Why a command did not happen. People branch on `code`; `message` says what
/// happened and `hint` what to do next. Neither ever holds a value.
#[derive(Debug, Clone, Serialize, Deserialize, TS, thiserror::Error)]
#[error("{message}")]
pub struct ApiError {
    /// What kind of failure this is.
    pub code: Code,
    /// One sentence: what happened.
    pub message: String,
    /// One sentence: what to do about it.
    pub hint: String,
}

impl ApiError {
    /// Makes an error from its three parts.
    pub fn new(code: Code, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            hint: hint.into(),
        }
    }
}

/// A failure that somebody branches on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// There is no vault at that place.
    VaultNotFound,
    /// Something is already there.
    VaultExists,
    /// The command needs an open vault.
    VaultLocked,
    /// Another process holds the vault.
    VaultBusy,
    /// The passphrase is wrong, or the header was changed.
    WrongPassphrase,
    /// The vault is unlocked by a passphrase and a key file, and none was named.
    KeyFileNeeded,
    /// The 24 words are not those of a recovery kit.
    RecoveryWords,
    /// There is no system keyring, it is locked, or it has no key of this vault.
    Keyring,
    /// The vault's files are damaged, truncated or of something else.
    VaultDamaged,
    /// The vault was written in a format this version does not read.
    UnsupportedSchema,
    /// The passphrase is too weak for a vault.
    WeakPassphrase,
    /// A name, value, path or setting is not acceptable.
    InvalidInput,
    /// A file could not be parsed; the message names file and line.
    InvalidFile,
    /// No such project, environment, secret, version, link or preview.
    NotFound,
    /// The name is taken.
    Exists,
    /// A missing project or environment would have to be made: ask first.
    NeedsConfirmation,
    /// A value of a protected environment would leave: ask first.
    Protected,
    /// What was to be taken back was changed since.
    ChangedSince,
    /// Nobody waited for it any more, and nothing was changed.
    Cancelled,
    /// The vault is older than it was on this machine, and can only be looked at.
    RolledBack,
    /// The dialect cannot carry a value; the message names the secret.
    DialectCannotCarry,
    /// The program to be run is not there, or is none.
    NoProgram,
    /// The file was edited by somebody else and is not overwritten.
    Drifted,
    /// The window may not ask for this.
    NotAllowed,
    /// Their role in the space does not allow it, or no key that seals is there.
    Role,
    /// A shared space's storage can't be reached, or does something that it must not.
    Storage,
    /// The system's clipboard could not be used.
    Clipboard,
    /// Reading or writing a file failed.
    Io,
    /// The vault is inconsistent with itself; a bug or damage.
    Internal,
}

impl Code {
    /// The stable word, as it stands in JSON and in the store.
    pub fn word(self) -> String {
        match serde_json::to_value(self) {
            Ok(serde_json::Value::String(word)) => word,
            _ => String::new(),
        }
    }

    /// The code of that word.
    pub(crate) fn from_word(word: &str) -> Option<Self> {
        serde_json::from_value(word.into()).ok()
    }
}
