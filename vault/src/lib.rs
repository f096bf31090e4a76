//! A person's vault: the domain, and the encrypted store that holds it.
//!
//! Every change is an operation in this device's log, applied to the tables in
//! the same transaction; a value leaves only after its event is durable. This
//! crate does *not* know links' file formats, windows, terminals or the clock:
//! time and the asking process are passed in.

mod apply;
mod asker;
mod attachment;
mod backup;
mod change;
mod compact;
mod contact;
mod create;
mod credential;
mod edit;
mod enrolment;
mod event;
mod exposure;
mod field;
mod folder;
#[cfg(fuzzing)]
pub mod fuzzing;
mod header;
mod header_change;
mod history;
mod id;
mod identity;
mod keyring;
mod kind;
mod kind_check;
mod link;
mod log;
mod membership;
mod moving;
mod name;
mod names;
mod operation;
mod part;
mod preferences;
mod project;
mod query;
mod read;
mod reference;
mod rekey;
mod rollback;
mod search;
mod secret;
mod slot;
mod slots;
mod space;
mod store;
mod transaction;
mod undo;
mod unlock;
mod vault;
mod verify;
mod verify_fields;

#[cfg(test)]
mod campaign;
#[cfg(test)]
mod crash_campaign;
#[cfg(test)]
mod domain_campaign;
#[cfg(test)]
mod power_campaign;
#[cfg(test)]
mod tests;

pub use asker::{Asker, Cancel, Process, Timestamp};
pub use attachment::{Attachment, LARGEST_ATTACHMENT};
pub use backup::{Backup, BackupError, RestoreError, restore_backup};
pub use change::{Change, Origin, Sealed, Stages};
pub use compact::{Compacted, Retention};
pub use contact::{Contact, ContactError};
pub use create::{CreateError, Names};
pub use credential::ProviderCredential;
pub use enrolment::{EnrolError, OwnDevice, Welcome};
pub use event::{Action, Event, EventRow, Outcome};
pub use exposure::{Exposed, Exposure};
pub use field::{CredentialField, EnvironmentField, ProjectField, SecretField};
pub use folder::VaultFolder;
pub use header::HeaderError;
pub use header_change::ChangeSlotsError;
pub use history::{Happened, HistoryRow, PartChange};
pub use id::{
    AttachmentId, CredentialId, DeviceId, EnvironmentId, IdError, Incarnation, LinkId, ProjectId,
    SecretId, SlotId, SpaceId, VaultId, VersionId,
};
pub use identity::OpenCopyError;
pub use keystead_crypto::{DeviceRole, EnrolmentCode, EnrolmentCodeError};
pub use keystead_crypto::{KdfError, KdfParams, KeyFile, Passphrase, RecoverySecret, SlotKey};
pub use keystead_replica::{
    EnrolmentError, EnrolmentRequest, Invite, InviteError, InviteRemote, LogId, ObjectKind,
    RemoteName,
};
pub use kind::{Family, Kind};
pub use link::{Link, LinkProblem, WrittenVersion};
pub use name::{
    CredentialName, EnvironmentName, FileName, NameError, Note, Owner, ProjectName, SecretName, Tag,
};
pub use part::{Part, PartError, PartOf};
pub use preferences::{BackupSchedule, Preferences, PreferencesError};
pub use project::{Environment, Project};
pub use query::{Query, QueryError};
pub use read::{Released, ReleasedEnvironment};
pub use reference::{Named, Target};
pub use rollback::{Anchors, Rollback};
pub use search::{Filtered, Found, Hit, ValueHit};
pub use secret::{Cell, MatrixRow, Secret, StageName, VersionRow, VersionSelector};
pub use slot::{Costs, Credential, NewPassphrase, SlotInfo, SlotKind};
pub use slots::slots_of;
pub use space::{
    Conflict, Guest, InviteTerms, KnownValue, Member, MemberDevice, NewGrant, NotReleased,
    Outgoing, Place, Problem, ProblemKind, ReleaseRule, RemoteRow, RemovalPlan, Role, Said,
    SaidRelease, Settlement, SpaceRow, TakenIn, TeamError, Wanted,
};
pub use transaction::{Put, Transaction};
pub use undo::{OperationRow, Undone};
pub use unlock::UnlockError;
pub use vault::{Vault, VaultError};
pub use verify::{LogCoverage, Verification};
