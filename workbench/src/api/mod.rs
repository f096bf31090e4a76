//! The command surface: what a host may ask ([`Request`]), what it gets
//! ([`Response`]) and how it is told no ([`ApiError`]).
//!
//! One registry (`commands!` below) is the only list of commands: the window,
//! the CLI and the TypeScript bindings are all derived from it. Nothing here
//! acts; see [`crate::Workbench::call`].

mod audit;
mod copies;
mod devices;
mod domain;
mod error;
mod links;
mod parts;
mod secrets;
mod session;
mod settings;
mod slots;
mod team;
mod text;

pub use audit::{
    AuditRequest, AuditView, EventView, LogCoverageView, ProcessView, VerifyAuditRequest,
    VerifyAuditView,
};
pub use copies::{
    CardRequest, CardView, ContactView, ContactsRequest, ContactsView, CopyRecipient, CopySource,
    ForgetContactRequest, OpenCopyRequest, OpenedCopyView, PinCardRequest, ReadCardRequest,
    RenameCardRequest, SafetyNumberRequest, SafetyNumberView, SaveCardRequest, SendCopyRequest,
    SentCopyView, VerifyContactRequest,
};
pub use devices::{
    AcceptWelcomeRequest, DevicesRequest, DevicesView, EnrolDeviceRequest, EnrolmentRequestView,
    OwnDeviceView, ReadEnrolmentRequest, ReadEnrolmentView, ReadWelcomeRequest, ReadWelcomeView,
    RequestEnrolmentRequest, RevokeOwnDeviceRequest, WelcomeView,
};
pub use domain::{
    CompactRequest, CompactedView, EditEnvironmentRequest, EditProjectRequest, EditSecretsRequest,
    EditedView, ExpiryChoice, FillRequest, FilterRequest, FilterView, FindValueRequest,
    FindValueView, GenerateValuesRequest, HistoryFieldView, HistoryPartView, HistoryRequest,
    HistoryRowView, HistoryValueView, HistoryView, HitView, KindsRequest, KindsView,
    MoveSecretsRequest, OperationView, OperationsRequest, OperationsView, PartChange,
    RecogniseRequest, RecognisedFileView, RecognisedView, RedoRequest, RemoveSecretsRequest,
    SearchRequest, SearchView, UndoRequest, UndoneView, ValueHitView,
};
pub use error::{ApiError, Code};
pub use links::{
    Dialect, DriftChange, DriftRowView, DriftView, GitState, GitView, IgnoreInGitRequest,
    LinkPreviewView, LinkRequest, LinkState, LinkView, LinkWriteView, LinksRequest, LinksView,
    PreviewLinkRequest, TakeDriftRequest, UnlinkRequest, WriteLinkRequest,
};
pub use parts::{
    AttachRequest, AttachmentView, AttachmentsRequest, AttachmentsView, CredentialView,
    CredentialsRequest, CredentialsView, EditCredentialRequest, NewPartValue, PartView,
    RemoveAttachmentRequest, RestoreCredentialRequest, RotateCredentialRequest,
    RotatedCredentialView, SaveAttachmentRequest, SavedAttachmentView,
};
pub use secrets::{
    CellView, CopiedView, CopyRequest, CreateEnvironmentRequest, CreateProjectRequest,
    EnvironmentView, ExportFileRequest, ExportRequest, ExportView, ExportedFileView, ExposureView,
    ImportEntryState, ImportEntryView, ImportPreviewView, ImportRequest, ImportSource,
    ImportedView, InjectRequest, InjectView, InspectRequest, KindView, MatrixRequest,
    MatrixRowView, MatrixView, NewValue, OneTimeCodeRequest, OneTimeCodeView, PlaceView,
    PreviewImportRequest, ProjectView, ProjectsRequest, ProjectsView, PublicHalfRequest,
    PublicHalfView, ReadRequest, ReadView, RestoreRequest, RevealRequest, RevealedView,
    RotateRequest, SecretView, SetSecretRequest, Stage, ValueShape, VariableView, VersionSelector,
    VersionView, WrittenView,
};
pub use session::{
    AcceptRollbackRequest, BackupRequest, BackupView, CreateVaultRequest, CreatedView, KdfRequest,
    KdfView, LockReason, LockRequest, LockView, Notice, OpenSampleRequest, OpenVaultRequest,
    RestoreBackupRequest, RollbackView, SessionState, StatusRequest, StatusView, StrengthRequest,
    StrengthView, TouchRequest, UnlockRequest, UnlockWaysView, VaultView,
};
pub use settings::{
    BackupChoices, ChangeSettingsRequest, Choices, PresetView, SettingsRequest, SettingsView,
};
pub use slots::{
    AddKeyringRequest, ChangePassphraseRequest, ConfirmRecoveryKitRequest, CostsView,
    KeyFileChoice, NewRecoveryKitRequest, Present, RecoverRequest, RecoveryKitView,
    RemoveSlotRequest, SlotKind, SlotView, SlotsRequest, SlotsView, UnlockWithKeyringRequest,
};
pub use team::*;
pub use text::SecretText;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Milliseconds since the Unix epoch. Shown, never compared for order.
pub type Millis = i64;

macro_rules! commands {
    ($($(#[$doc:meta])* $variant:ident = $name:literal : $request:ty => $view:ty;)*) => {
        /// One thing a person can ask for.
        #[derive(Serialize, Deserialize)]
        #[serde(tag = "command", content = "request")]
        pub enum Request {
            $($(#[$doc])* #[serde(rename = $name)] $variant($request),)*
        }

        /// The answer to the [`Request`] of the same name.
        #[derive(Serialize)]
        #[serde(untagged)]
        pub enum Response {
            $($(#[$doc])* $variant($view),)*
        }

        impl Request {
            /// The command's name on the wire.
            pub fn name(&self) -> &'static str {
                match self { $(Self::$variant(_) => $name,)* }
            }
        }

        $(impl Ask for $request {
            type View = $view;
            const NAME: &'static str = $name;
            fn into_request(self) -> Request { Request::$variant(self) }
            fn view(response: Response) -> Option<$view> {
                match response { Response::$variant(view) => Some(view), _ => None }
            }
        })*

        /// Every command: its name, and the TypeScript names of request and view.
        pub(crate) fn command_types(config: &ts_rs::Config) -> Vec<(&'static str, String, String)> {
            vec![$(($name, <$request as TS>::name(config), <$view as TS>::name(config)),)*]
        }
    };
}

/// A request that knows the type of its answer.
pub trait Ask: Sized {
    /// The view that answers this request.
    type View;
    /// The command's name on the wire.
    const NAME: &'static str;
    /// Wraps this request into the one type that a [`crate::Workbench`] takes.
    fn into_request(self) -> Request;
    /// Takes the view out of the answer; `None` for another command's answer.
    fn view(response: Response) -> Option<Self::View>;
}

/// The answer's own type.
///
/// # Errors
/// `internal` for another command's answer.
pub fn view_of<A: Ask>(response: Response) -> Result<A::View, ApiError> {
    A::view(response).ok_or_else(|| {
        ApiError::new(
            Code::Internal,
            "A command answered with another command's view.",
            "Report this, with the steps that led here.",
        )
    })
}

commands! {
    /// Which vault this is, and whether it is open.
    Status = "status": StatusRequest => StatusView;
    /// How strong a passphrase is.
    Strength = "strength": StrengthRequest => StrengthView;
    /// Makes a vault and opens it.
    CreateVault = "create_vault": CreateVaultRequest => CreatedView;
    /// Makes a vault of made-up secrets and opens it.
    OpenSample = "open_sample": OpenSampleRequest => StatusView;
    /// Chooses another vault; it stays locked.
    OpenVault = "open_vault": OpenVaultRequest => StatusView;
    /// Opens the vault with its passphrase.
    Unlock = "unlock": UnlockRequest => StatusView;
    /// Opens the vault with what the system's keyring holds.
    UnlockWithKeyring = "unlock_with_keyring": UnlockWithKeyringRequest => StatusView;
    /// Opens the vault with its recovery kit and gives it a new passphrase.
    Recover = "recover": RecoverRequest => StatusView;
    /// Goes on from a copy of the vault that is older than it was on this machine.
    AcceptRollback = "accept_rollback": AcceptRollbackRequest => StatusView;
    /// The ways to unlock the open vault.
    Slots = "slots": SlotsRequest => SlotsView;
    /// Puts a key into the system's keyring that opens the vault.
    AddKeyring = "add_keyring": AddKeyringRequest => SlotsView;
    /// Makes the words of a recovery kit, which open nothing yet.
    NewRecoveryKit = "new_recovery_kit": NewRecoveryKitRequest => RecoveryKitView;
    /// Confirms the words: from now on they open the vault.
    ConfirmRecoveryKit = "confirm_recovery_kit": ConfirmRecoveryKitRequest => SlotsView;
    /// Removes a way to unlock.
    RemoveSlot = "remove_slot": RemoveSlotRequest => SlotsView;
    /// Gives the vault another passphrase, key file or cost of a guess.
    ChangePassphrase = "change_passphrase": ChangePassphraseRequest => KdfView;
    /// What was chosen about the open vault.
    Settings = "settings": SettingsRequest => SettingsView;
    /// Chooses when it locks, how long values stay copied and when it is backed up.
    ChangeSettings = "change_settings": ChangeSettingsRequest => SettingsView;
    /// Writes the whole vault into one file, and reads it back.
    Backup = "backup": BackupRequest => BackupView;
    /// Makes a vault of a backup.
    RestoreBackup = "restore_backup": RestoreBackupRequest => StatusView;
    /// Wipes the keys.
    Lock = "lock": LockRequest => StatusView;
    /// Says that a person is there, so that the idle timeout starts anew.
    Touch = "touch": TouchRequest => LockView;
    /// The space's projects and their environments.
    Projects = "projects": ProjectsRequest => ProjectsView;
    /// Makes a project.
    CreateProject = "create_project": CreateProjectRequest => ProjectView;
    /// Adds an environment to a project.
    CreateEnvironment = "create_environment": CreateEnvironmentRequest => ProjectView;
    /// Secrets × environments of one project; no values.
    Matrix = "matrix": MatrixRequest => MatrixView;
    /// One secret in one environment: versions, exposures, links; no value.
    Inspect = "inspect": InspectRequest => SecretView;
    /// Shows a value to the person for a short time.
    Reveal = "reveal": RevealRequest => RevealedView;
    /// Puts a value on the clipboard, for a short time.
    Copy = "copy": CopyRequest => CopiedView;
    /// Reads a value for a program or a terminal.
    Read = "read": ReadRequest => ReadView;
    /// The one-time code of this moment.
    OneTimeCode = "one_time_code": OneTimeCodeRequest => OneTimeCodeView;
    /// The public half of a private key.
    PublicHalf = "public_half": PublicHalfRequest => PublicHalfView;
    /// Stores a value under a name, which may be new.
    SetSecret = "set_secret": SetSecretRequest => WrittenView;
    /// Replaces a value by a new one; the old one becomes `previous`.
    Rotate = "rotate": RotateRequest => WrittenView;
    /// Makes an older version `current` again.
    Restore = "restore": RestoreRequest => WrittenView;
    /// Reads what would be imported, and holds it until `import`.
    PreviewImport = "preview_import": PreviewImportRequest => ImportPreviewView;
    /// Saves a previewed import as one operation.
    Import = "import": ImportRequest => ImportedView;
    /// The open vault's own card.
    Card = "card": CardRequest => CardView;
    /// Reads a card or an age recipient that somebody sent.
    ReadCard = "read_card": ReadCardRequest => CardView;
    /// Gives the own card another name.
    RenameCard = "rename_card": RenameCardRequest => CardView;
    /// Saves the own card as a file.
    SaveCard = "save_card": SaveCardRequest => CardView;
    /// Everybody whose card is kept.
    Contacts = "contacts": ContactsRequest => ContactsView;
    /// Keeps somebody's card.
    PinCard = "pin_card": PinCardRequest => ContactsView;
    /// The number to compare with somebody.
    SafetyNumber = "safety_number": SafetyNumberRequest => SafetyNumberView;
    /// Says that the number that somebody read out is this.
    VerifyContact = "verify_contact": VerifyContactRequest => ContactsView;
    /// Forgets somebody's card.
    ForgetContact = "forget_contact": ForgetContactRequest => ContactsView;
    /// Seals copies of values for somebody.
    SendCopy = "send_copy": SendCopyRequest => SentCopyView;
    /// Opens a copy that somebody sealed for this vault's identity.
    OpenCopy = "open_copy": OpenCopyRequest => OpenedCopyView;
    /// An environment in one dialect, as text.
    Export = "export": ExportRequest => ExportView;
    /// An environment in one dialect, written to a file of mode 0600.
    ExportFile = "export_file": ExportFileRequest => ExportedFileView;
    /// An environment's values, for a program that is started with them.
    Inject = "inject": InjectRequest => InjectView;
    /// Every link, with what is on disk compared to what was written.
    Links = "links": LinksRequest => LinksView;
    /// What linking a folder would write and keep.
    PreviewLink = "preview_link": PreviewLinkRequest => LinkPreviewView;
    /// Links a folder to an environment and writes its file.
    Link = "link": LinkRequest => LinkView;
    /// Writes a link's file again.
    WriteLink = "write_link": WriteLinkRequest => LinkView;
    /// Takes the file's values of a drifted link into the vault.
    TakeDrift = "take_drift": TakeDriftRequest => LinkView;
    /// Adds a link's file to `.gitignore`.
    IgnoreInGit = "ignore_in_git": IgnoreInGitRequest => LinkView;
    /// Forgets a link; its file stays.
    Unlink = "unlink": UnlinkRequest => LinksView;
    /// Edits what secrets say of themselves.
    EditSecrets = "edit_secrets": EditSecretsRequest => EditedView;
    /// Removes secrets, or their values in one environment.
    RemoveSecrets = "remove_secrets": RemoveSecretsRequest => EditedView;
    /// Copies values from one environment to another.
    Fill = "fill": FillRequest => EditedView;
    /// Moves secrets to another project.
    MoveSecrets = "move_secrets": MoveSecretsRequest => EditedView;
    /// Replaces values by generated ones.
    GenerateValues = "generate_values": GenerateValuesRequest => EditedView;
    /// Which rows of a project's matrix answer.
    Filter = "filter": FilterRequest => FilterView;
    /// What a value is, before it is stored.
    Recognise = "recognise": RecogniseRequest => RecognisedView;
    /// Every kind that a secret can be.
    Kinds = "kinds": KindsRequest => KindsView;
    /// The files of a secret in an environment.
    Attachments = "attachments": AttachmentsRequest => AttachmentsView;
    /// Attaches a file to a secret.
    Attach = "attach": AttachRequest => AttachmentsView;
    /// Writes an attachment to a file of mode 0600.
    SaveAttachment = "save_attachment": SaveAttachmentRequest => SavedAttachmentView;
    /// Removes an attachment.
    RemoveAttachment = "remove_attachment": RemoveAttachmentRequest => AttachmentsView;
    /// A project's credentials.
    Credentials = "credentials": CredentialsRequest => CredentialsView;
    /// Makes or edits a credential: what a provider knows as one thing.
    EditCredential = "edit_credential": EditCredentialRequest => CredentialsView;
    /// Gives a credential new values, all at once.
    RotateCredential = "rotate_credential": RotateCredentialRequest => RotatedCredentialView;
    /// Makes the previous values of a credential current again, all at once.
    RestoreCredential = "restore_credential": RestoreCredentialRequest => RotatedCredentialView;
    /// Edits an environment: its name, place, protection, what it inherits, or that it is gone.
    EditEnvironment = "edit_environment": EditEnvironmentRequest => EditedView;
    /// Edits a project: its name, or that it is gone.
    EditProject = "edit_project": EditProjectRequest => EditedView;
    /// Operations, newest first.
    Operations = "operations": OperationsRequest => OperationsView;
    /// Lets operations from long ago give way to what they lead to.
    Compact = "compact": CompactRequest => CompactedView;
    /// What became of a secret; no value.
    History = "history": HistoryRequest => HistoryView;
    /// Takes an operation back.
    Undo = "undo": UndoRequest => UndoneView;
    /// Makes again what the newest undo took back.
    Redo = "redo": RedoRequest => UndoneView;
    /// Finds secrets by what they say of themselves.
    Search = "search": SearchRequest => SearchView;
    /// Which secrets hold a value.
    FindValue = "find_value": FindValueRequest => FindValueView;
    /// Events, newest first.
    Audit = "audit": AuditRequest => AuditView;
    /// The vault's spaces.
    Spaces = "spaces": SpacesRequest => SpacesView;
    /// Makes a space for several people.
    CreateSpace = "create_space": CreateSpaceRequest => SpacesView;
    /// Works in another space.
    EnterSpace = "enter_space": EnterSpaceRequest => SpacesView;
    /// The members of the space that is worked in.
    Members = "members": MembersRequest => MembersView;
    /// Invites somebody into it.
    Invite = "invite": InviteRequest => InviteView;
    /// Writes an invite to a file.
    SaveInvite = "save_invite": SaveInviteRequest => SavedInviteView;
    /// Reads an invite for this device.
    ReadInvite = "read_invite": ReadInviteRequest => ReadInviteView;
    /// Joins the space of an invite.
    AcceptInvite = "accept_invite": AcceptInviteRequest => SpacesView;
    /// Gives a member a role.
    Grant = "grant": GrantRequest => MembersView;
    /// Takes a role back.
    TakeBack = "take_back": TakeBackRequest => MembersView;
    /// What removing a member would do.
    PlanRemoval = "plan_removal": PlanRemovalRequest => RemovalView;
    /// Removes a member with every device.
    RemoveMember = "remove_member": RemoveMemberRequest => RemovalView;
    /// Revokes a device for good.
    RevokeDevice = "revoke_device": RevokeDeviceRequest => MembersView;
    /// The devices of the own identity.
    Devices = "devices": DevicesRequest => DevicesView;
    /// Asks for this vault to become a device of another one's identity.
    RequestEnrolment = "request_enrolment": RequestEnrolmentRequest => EnrolmentRequestView;
    /// Reads another machine's request with its code.
    ReadEnrolment = "read_enrolment": ReadEnrolmentRequest => ReadEnrolmentView;
    /// Takes another machine into the own identity.
    EnrolDevice = "enrol_device": EnrolDeviceRequest => WelcomeView;
    /// Reads a welcome that answers this vault's request.
    ReadWelcome = "read_welcome": ReadWelcomeRequest => ReadWelcomeView;
    /// Becomes the device that a welcome makes this vault.
    AcceptWelcome = "accept_welcome": AcceptWelcomeRequest => SpacesView;
    /// Revokes a device of the own identity everywhere.
    RevokeOwnDevice = "revoke_own_device": RevokeOwnDeviceRequest => DevicesView;
    /// Says where the space is kept.
    SetRemote = "set_remote": SetRemoteRequest => SpacesView;
    /// Forgets where the space is kept.
    ForgetRemote = "forget_remote": ForgetRemoteRequest => SpacesView;
    /// When values leave, where owners said so.
    Releases = "releases": ReleasesRequest => ReleasesView;
    /// Says when values of a place leave.
    SetRelease = "set_release": SetReleaseRequest => ReleasesView;
    /// What a member may do in a place, and why.
    Explain = "explain": ExplainRequest => ExplainView;
    /// What people said apart.
    Conflicts = "conflicts": ConflictsRequest => ConflictsView;
    /// Settles one of it.
    Settle = "settle": SettleRequest => ConflictsView;
    /// Takes in what others wrote and publishes what this device did.
    Sync = "sync": SyncRequest => SyncView;
    /// Recomputes both logs and checks the signed heads.
    VerifyAudit = "verify_audit": VerifyAuditRequest => VerifyAuditView;
}
