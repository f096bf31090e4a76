//! Events: what was done to values, by whom, when, from where. No value, ever.

use crate::{
    asker::Process,
    id::{DeviceId, EnvironmentId, ProjectId, SecretId, VersionId},
};
use keystead_crypto::{DecodeError, Fingerprint, Hash, Reader, Writer};

macro_rules! actions {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $word:literal, $words:literal;)*) => {
        /// What happened.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u16)]
        #[non_exhaustive]
        pub enum Action {
            $($(#[$doc])* $name = $code,)*
        }

        impl Action {
            /// The stable word.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word,)* }
            }

            /// The words shown.
            pub fn words(self) -> &'static str {
                match self { $(Self::$name => $words,)* }
            }

            pub(crate) fn from_code(code: u16) -> Option<Self> {
                match code { $($code => Some(Self::$name),)* _ => None }
            }
        }
    };
}

actions! {
    /// The vault was made.
    VaultCreated = 1, "vault_created", "created the vault";
    /// The vault was opened.
    Unlocked = 2, "unlocked", "unlocked";
    /// Wrong passphrases were tried while it was locked.
    UnlockFailed = 3, "unlock_failed", "wrong passphrase";
    /// The keys were wiped.
    Locked = 4, "locked", "locked";
    /// A project was made.
    ProjectCreated = 5, "project_created", "created project";
    /// An environment was made.
    EnvironmentCreated = 6, "environment_created", "created environment";
    /// Values came in from a file.
    Imported = 7, "imported", "imported";
    /// A value was stored.
    ValueSet = 8, "value_set", "set";
    /// A value was replaced.
    ValueRotated = 9, "value_rotated", "rotated";
    /// An older version was made current.
    ValueRestored = 10, "value_restored", "restored";
    /// A value was shown in the window.
    ValueRevealed = 11, "value_revealed", "revealed";
    /// A value was put on the clipboard.
    ValueCopied = 12, "value_copied", "copied";
    /// A value was read by a program.
    ValueRead = 13, "value_read", "read";
    /// Values were written out as text or to a file.
    Exported = 14, "exported", "exported";
    /// A folder was linked.
    Linked = 15, "linked", "linked folder";
    /// A link was forgotten.
    Unlinked = 16, "unlinked", "unlinked folder";
    /// A linked file was written.
    LinkWritten = 17, "link_written", "wrote link";
    /// A linked file was found edited.
    DriftFound = 18, "drift_found", "found drift";
    /// A `.gitignore` was added to.
    GitignoreAdded = 19, "gitignore_added", "added to .gitignore";
    /// The logs were recomputed.
    AuditVerified = 20, "audit_verified", "verified audit";
    /// A program was started with values in its environment.
    Injected = 21, "injected", "ran with";
    /// The passphrase is another one.
    PassphraseChanged = 22, "passphrase_changed", "changed passphrase";
    /// A copy of the vault was written and read back.
    BackedUp = 23, "backed_up", "backed up";
    /// There is another way to unlock.
    SlotAdded = 24, "slot_added", "added a way to unlock";
    /// A way to unlock is no more.
    SlotRemoved = 25, "slot_removed", "removed a way to unlock";
    /// Each guess at the passphrase costs more.
    KdfUpgraded = 26, "kdf_upgraded", "raised the cost of a guess";
    /// The vault has another root key.
    Rekeyed = 27, "rekeyed", "keyed anew";
    /// When it locks, how long values stay copied, or when it is backed up.
    PreferencesChanged = 28, "preferences_changed", "changed settings";
    /// Somebody goes on from an older copy of the vault.
    RollbackAccepted = 29, "rollback_accepted", "went on from an older copy";
    /// An operation was taken back.
    Undone = 30, "undone", "took back";
    /// An operation that was taken back was made again.
    Redone = 31, "redone", "made again";
    /// What secrets say of themselves: names, tags, notes, owners, expiry.
    SecretEdited = 32, "secret_edited", "edited";
    /// Secrets are gone; their versions stay.
    SecretRemoved = 33, "secret_removed", "removed";
    /// A secret has no value in an environment any more.
    ValueRemoved = 34, "value_removed", "removed a value";
    /// An environment: its name, place, protection, or what it inherits.
    EnvironmentEdited = 35, "environment_edited", "edited environment";
    /// An environment is gone; its versions stay.
    EnvironmentRemoved = 36, "environment_removed", "removed environment";
    /// A project's name.
    ProjectEdited = 37, "project_edited", "edited project";
    /// A project is gone; its versions stay.
    ProjectRemoved = 38, "project_removed", "removed project";
    /// Values were copied to another environment; none left the vault.
    ValuesFilled = 39, "values_filled", "filled";
    /// Somebody asked which secrets hold a value that they know.
    ValueLookedFor = 40, "value_looked_for", "looked for a value";
    /// Secrets went to another project; no value left the vault.
    SecretsMoved = 41, "secrets_moved", "moved";
    /// Something was made from a value that does not tell it: a one-time code, a public key.
    ValueUsed = 42, "value_used", "used";
    /// A file was attached to a secret.
    Attached = 43, "attached", "attached";
    /// A file of a secret left the vault.
    AttachmentRead = 44, "attachment_read", "saved attachment";
    /// A file of a secret is gone.
    AttachmentRemoved = 45, "attachment_removed", "removed attachment";
    /// What a provider knows as one thing: its name, or what it is made of.
    CredentialEdited = 46, "credential_edited", "edited credential";
    /// Operations from long ago gave way to what they lead to.
    Compacted = 47, "compacted", "compacted the log";
    /// A value was stored that is not in use yet.
    ValuePending = 48, "value_pending", "stored for later";
    /// Copies of values were sealed for somebody.
    ValueShared = 49, "value_shared", "sent a copy";
    /// A copy that somebody sent was opened.
    CopyOpened = 50, "copy_opened", "opened a copy";
    /// Somebody's card is kept.
    CardPinned = 51, "card_pinned", "kept the card of";
    /// The safety number was compared with somebody, or was another one.
    ContactVerified = 52, "contact_verified", "compared the safety number with";
    /// Somebody's card is forgotten.
    CardForgotten = 53, "card_forgotten", "forgot the card of";
    /// The own card has another name.
    CardRenamed = 54, "card_renamed", "renamed the own card";
    /// A space for several people was made.
    SpaceCreated = 55, "space_created", "made the space";
    /// Somebody was invited into a space.
    MemberInvited = 56, "member_invited", "invited";
    /// A space was joined.
    SpaceJoined = 57, "space_joined", "joined the space";
    /// A role was given.
    RoleGranted = 58, "role_granted", "gave a role to";
    /// A role was taken back, or less of it left.
    RoleTakenBack = 59, "role_taken_back", "took a role back from";
    /// A member went, with every device.
    MemberRemoved = 60, "member_removed", "removed the member";
    /// A device went for good.
    DeviceRevoked = 61, "device_revoked", "revoked the device";
    /// What others did came in.
    ChangesTakenIn = 62, "changes_taken_in", "took in changes";
    /// What came from others was refused.
    ChangesRefused = 63, "changes_refused", "refused changes";
    /// A space is kept at a place.
    RemoteSet = 64, "remote_set", "keeps the space at";
    /// Where a space is kept was forgotten.
    RemoteForgotten = 65, "remote_forgotten", "forgot where the space is kept";
    /// Of what two said apart one was chosen.
    ConflictSettled = 66, "conflict_settled", "settled the conflict about";
    /// A device of the own identity was enrolled.
    DeviceEnrolled = 67, "device_enrolled", "enrolled the device";
    /// It was said when values leave.
    ReleaseSet = 69, "release_set", "said when values leave of";
    /// This vault became a device of an identity.
    IdentityJoined = 68, "identity_joined", "became a device of";
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Outcome {
    /// It happened.
    Ok = 0,
    /// It was tried and did not work.
    Failed = 1,
    /// It was not allowed.
    Refused = 2,
}

impl Outcome {
    /// The stable word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Failed => "failed",
            Self::Refused => "refused",
        }
    }

    fn from_code(code: u8) -> Option<Self> {
        [Self::Ok, Self::Failed, Self::Refused]
            .into_iter()
            .find(|outcome| *outcome as u8 == code)
    }
}

/// One audit entry. Fields that do not apply are empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its sequence in its log, from 0.
    pub sequence: u64,
    /// Wall time; shown, never compared.
    pub at: i64,
    /// The identity.
    pub actor: Fingerprint,
    /// The device.
    pub device: DeviceId,
    /// What happened.
    pub action: Action,
    /// How it ended.
    pub outcome: Outcome,
    /// Where.
    pub project: Option<ProjectId>,
    /// Where.
    pub environment: Option<EnvironmentId>,
    /// To what.
    pub secret: Option<SecretId>,
    /// Every version that it concerns; the first is the one shown.
    pub versions: Vec<VersionId>,
    /// For a rotation or restore, the version in use before.
    pub previous: Option<VersionId>,
    /// A path, a count, a reason.
    pub detail: String,
    /// Why, where the caller said so.
    pub purpose: String,
    /// The process that asked.
    pub process: Process,
}

impl Event {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::versioned();
        writer
            .u64(self.sequence)
            .i64(self.at)
            .fixed(&self.actor)
            .fixed(&self.device.0)
            .u16(self.action as u16)
            .u8(self.outcome as u8)
            .option(self.project, |w, id| {
                w.fixed(&id.0);
            })
            .option(self.environment, |w, id| {
                w.fixed(&id.0);
            })
            .option(self.secret, |w, id| {
                w.fixed(&id.0);
            })
            .count(self.versions.len());
        for version in &self.versions {
            writer.fixed(&version.0);
        }
        writer
            .option(self.previous, |w, id| {
                w.fixed(&id.0);
            })
            .text(&self.detail)
            .text(&self.purpose)
            .u32(self.process.pid)
            .text(&self.process.program)
            .u32(self.process.parent_pid)
            .text(&self.process.parent)
            .text(&self.process.directory)
            .text(&self.process.user);
        writer.finish()
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::versioned(bytes)?;
        let event = Self {
            sequence: reader.u64()?,
            at: reader.i64()?,
            actor: reader.fixed()?,
            device: DeviceId(reader.fixed()?),
            action: Action::from_code(reader.u16()?).ok_or(DecodeError::NotCanonical)?,
            outcome: Outcome::from_code(reader.u8()?).ok_or(DecodeError::NotCanonical)?,
            project: reader.option(|r| r.fixed().map(ProjectId))?,
            environment: reader.option(|r| r.fixed().map(EnvironmentId))?,
            secret: reader.option(|r| r.fixed().map(SecretId))?,
            versions: reader.list(|r| r.fixed().map(VersionId))?,
            previous: reader.option(|r| r.fixed().map(VersionId))?,
            detail: reader.text()?.to_owned(),
            purpose: reader.text()?.to_owned(),
            process: Process {
                pid: reader.u32()?,
                program: reader.text()?.to_owned(),
                parent_pid: reader.u32()?,
                parent: reader.text()?.to_owned(),
                directory: reader.text()?.to_owned(),
                user: reader.text()?.to_owned(),
            },
        };
        reader.finish()?;
        Ok(event)
    }
}

/// An event as the store shows it, with names as they are now.
#[derive(Clone, Debug)]
pub struct EventRow {
    /// Its position over all logs, from 1.
    pub position: i64,
    /// The log: a space's name, or `vault`.
    pub log: String,
    /// The event.
    pub event: Event,
    /// Its leaf hash.
    pub hash: Hash,
    /// The project's name.
    pub project: Option<String>,
    /// The environment's name.
    pub environment: Option<String>,
    /// The secret's name.
    pub secret: Option<String>,
    /// The first version's number.
    pub version: Option<u32>,
    /// The number of the version before.
    pub previous: Option<u32>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_has_one_encoding_and_every_prefix_is_refused() {
        let event = Event {
            sequence: 7,
            at: -5,
            actor: [1; 32],
            device: DeviceId([2; 16]),
            action: Action::ValueRotated,
            outcome: Outcome::Refused,
            project: Some(ProjectId([3; 16])),
            environment: None,
            secret: Some(SecretId([4; 16])),
            versions: vec![VersionId([5; 16]), VersionId([6; 16])],
            previous: Some(VersionId([7; 16])),
            detail: "ä".to_owned(),
            purpose: String::new(),
            process: Process {
                pid: 1,
                program: "/bin/x".to_owned(),
                ..Process::default()
            },
        };
        let bytes = event.encode();
        assert_eq!(Event::decode(&bytes), Ok(event));
        for size in 0..bytes.len() {
            assert!(Event::decode(&bytes[..size]).is_err(), "{size}");
        }
        for code in 0..100 {
            if let Some(action) = Action::from_code(code) {
                assert_eq!(action as u16, code);
            }
        }
    }
}
