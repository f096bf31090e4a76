//! Spaces that several people write in: who is in them, what they may, where they are kept.

use super::{CardView, Millis};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Lists the vault's spaces.
#[derive(Serialize, Deserialize, TS)]
pub struct SpacesRequest {}

/// The vault's spaces, its own first.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct SpacesView {
    /// Them.
    pub spaces: Vec<SpaceView>,
}

/// A space.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct SpaceView {
    /// Its id, in hexadecimal digits.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Whether others write in it too, or may one day.
    pub shared: bool,
    /// Whether it is the one that is worked in.
    pub entered: bool,
    /// Operations of this device that nobody else can see yet.
    pub unpublished: u32,
    /// Where it is kept; `None` where it is nowhere else.
    pub remote: Option<RemoteView>,
}

/// Where a space is kept, and how it went.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct RemoteView {
    /// The place, without anything secret.
    pub place: String,
    /// `project/environment` of the own space whose values open it.
    pub keys: Option<String>,
    /// When all was the same here and there.
    #[ts(type = "number | null")]
    pub last_ok: Option<Millis>,
    /// What went wrong since.
    pub problem: Option<String>,
    /// Requests, ever.
    #[ts(type = "number")]
    pub requests: u64,
    /// Bytes that came, ever.
    #[ts(type = "number")]
    pub received: u64,
    /// Bytes that went, ever.
    #[ts(type = "number")]
    pub sent: u64,
}

/// Makes a space for several people, with this vault's identity as its first owner.
#[derive(Serialize, Deserialize, TS)]
pub struct CreateSpaceRequest {
    /// Its name.
    pub name: String,
}

/// Works in another space from now on.
#[derive(Serialize, Deserialize, TS)]
pub struct EnterSpaceRequest {
    /// Its name, or the beginning of its id.
    pub space: String,
}

/// Lists the members of the space that is worked in.
#[derive(Serialize, Deserialize, TS)]
pub struct MembersRequest {}

/// The members of a space, this vault's identity first.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct MembersView {
    /// The space's name.
    pub space: String,
    /// Them.
    pub members: Vec<MemberView>,
}

/// How well somebody's card is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum MemberTrust {
    /// It is this vault's identity.
    Own,
    /// An owner said who they are.
    Introduced,
    /// Their card is kept.
    Pinned,
    /// Their safety number was compared.
    Verified,
    /// Under their name the card of another identity is kept: they have to be asked.
    Changed,
}

/// A member.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct MemberView {
    /// SHA-256 of their identity's signature key, in groups of four hexadecimal digits.
    pub fingerprint: String,
    /// The name on their newest card.
    pub name: String,
    /// How well their card is known.
    pub trust: MemberTrust,
    /// What is settled for them, where they can be named here.
    pub roles: Vec<RoleView>,
    /// Their devices.
    pub devices: Vec<DeviceView>,
}

/// A role in a place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct RoleView {
    /// `space`, a project, or `project/environment`.
    pub place: String,
    /// `reader`, `editor` or `owner`; `None` where nothing is left.
    pub role: Option<String>,
    /// When it ends.
    #[ts(type = "number | null")]
    pub expires: Option<Millis>,
}

/// A device of a member.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct DeviceView {
    /// Its id, in hexadecimal digits.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Whether it is this one.
    pub own: bool,
    /// When the newest operation of it was made that is here, by its clock.
    #[ts(type = "number | null")]
    pub last_heard: Option<Millis>,
}

/// A role that somebody gets.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct NewGrantView {
    /// `space`, a project, or `project/environment`.
    pub place: String,
    /// `reader`, `editor` or `owner`.
    pub role: String,
    /// When an owner is to take it back.
    #[ts(type = "number | null")]
    pub expires: Option<Millis>,
}

/// Invites somebody into the space that is worked in.
#[derive(Serialize, Deserialize, TS)]
pub struct InviteRequest {
    /// Their card with its devices, as `keystead card` writes it.
    pub card: String,
    /// What they get.
    pub grants: Vec<NewGrantView>,
    /// Whether they also get the keys of older values.
    pub history: bool,
    /// Whether the keys of the storage go along.
    pub with_keys: bool,
}

/// Somebody was invited.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct InviteView {
    /// Who.
    pub name: String,
    /// One invite for each of their devices, as text. Only that device opens it.
    pub invites: Vec<String>,
    /// Whether the keys of the storage are in it.
    pub with_keys: bool,
}

/// Writes an invite that was made to a file.
#[derive(Serialize, Deserialize, TS)]
pub struct SaveInviteRequest {
    /// The invite, as text.
    pub text: String,
    /// The file.
    pub path: String,
    /// Whether a file that is there may be written over.
    pub overwrite: bool,
}

/// Where an invite was written.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct SavedInviteView {
    /// The file.
    pub path: String,
}

/// Reads an invite for this device.
#[derive(Serialize, Deserialize, TS)]
pub struct ReadInviteRequest {
    /// The invite, as text.
    pub text: String,
}

/// What an invite says.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct ReadInviteView {
    /// The space's name.
    pub space: String,
    /// Who invites.
    pub from: CardView,
    /// The number to compare with them, by another way than the invite came.
    pub safety_number: String,
    /// How well their card is known here.
    pub trust: MemberTrust,
    /// Where the space is kept.
    pub place: Option<String>,
    /// Whether the keys of the storage are in it.
    pub with_keys: bool,
}

/// Joins the space of an invite.
#[derive(Serialize, Deserialize, TS)]
pub struct AcceptInviteRequest {
    /// The invite, as text.
    pub text: String,
}

/// Gives a member a role.
#[derive(Serialize, Deserialize, TS)]
pub struct GrantRequest {
    /// The member, by name or by the beginning of the fingerprint.
    pub member: String,
    /// What they get.
    pub grant: NewGrantView,
    /// Whether they also get the keys of older values.
    pub history: bool,
}

/// Asks why a member may what they may.
#[derive(Serialize, Deserialize, TS)]
pub struct ExplainRequest {
    /// The member, by name or by the beginning of the fingerprint.
    pub member: String,
    /// `space`, a project, or `project/environment`.
    pub place: String,
}

/// What a member may do in a place, and why.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct ExplainView {
    /// Who.
    pub member: String,
    /// Where.
    pub place: String,
    /// `reader`, `editor` or `owner`; `None` for nothing.
    pub role: Option<String>,
    /// Why, in words.
    pub because: String,
    /// When values of it leave, where owners said so: every one of these holds.
    pub release: Vec<ReleaseRuleView>,
}

/// Lists when values leave, where owners of the space that is worked in said so.
#[derive(Serialize, Deserialize, TS)]
pub struct ReleasesRequest {}

/// When values leave.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct ReleasesView {
    /// Every rule, where its place can be named here.
    pub rules: Vec<ReleaseRuleView>,
}

/// A rule of when values leave. It is kept by honest programs; what bounds somebody is their role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ReleaseRuleView {
    /// `space`, a project, or `project/environment`.
    pub place: String,
    /// From this hour of the day to before that one, UTC; over midnight where the first is the later one.
    pub hours: Option<(u8, u8)>,
    /// Only secrets with one of these tags; all where there is none.
    pub tags: Vec<String>,
    /// Only on these devices, by name; on all where there is none.
    pub devices: Vec<String>,
    /// Their ids, in the same order: two may have one name.
    pub device_ids: Vec<String>,
    /// Who said so; `None` where they went.
    pub by: Option<String>,
}

/// Says when values of a place leave; whenever somebody may read them, where nothing is asked.
#[derive(Serialize, Deserialize, TS)]
pub struct SetReleaseRequest {
    /// `space`, a project, or `project/environment`.
    pub place: String,
    /// From this hour of the day to before that one, UTC.
    pub hours: Option<(u8, u8)>,
    /// Only secrets with one of these tags.
    pub tags: Vec<String>,
    /// Only on these devices, by name or by the beginning of the id.
    pub devices: Vec<String>,
}

/// Takes a role back, or leaves less of it.
#[derive(Serialize, Deserialize, TS)]
pub struct TakeBackRequest {
    /// The member, by name or by the beginning of the fingerprint.
    pub member: String,
    /// `space`, a project, or `project/environment`.
    pub place: String,
    /// What is left; nothing where it is `None`.
    pub left: Option<String>,
}

/// What removing a member would do.
#[derive(Serialize, Deserialize, TS)]
pub struct PlanRemovalRequest {
    /// The member, by name or by the beginning of the fingerprint.
    pub member: String,
}

/// What a removal does, or did.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct RemovalView {
    /// Who goes.
    pub member: MemberView,
    /// How many keys are made anew.
    pub keys: u32,
    /// Values in use that they could read: sealed anew, and to be rotated at their providers.
    pub values: Vec<KnownValueView>,
    /// Files that are sealed anew.
    pub files: u32,
    /// Where the space is kept, if keys open it that they may know.
    pub storage: Option<String>,
}

/// A value that somebody could read.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct KnownValueView {
    /// Its project.
    pub project: String,
    /// Its environment.
    pub environment: String,
    /// Its secret.
    pub name: String,
    /// Its number.
    pub number: u32,
}

/// Removes a member with every device.
#[derive(Serialize, Deserialize, TS)]
pub struct RemoveMemberRequest {
    /// The member, by name or by the beginning of the fingerprint.
    pub member: String,
}

/// Revokes a device for good.
#[derive(Serialize, Deserialize, TS)]
pub struct RevokeDeviceRequest {
    /// The device, by name or by the beginning of its id.
    pub device: String,
}

/// Says where the space that is worked in is kept.
#[derive(Serialize, Deserialize, TS)]
pub struct SetRemoteRequest {
    /// A folder, or `s3://bucket/prefix?region=…&endpoint=…`; nothing secret.
    pub place: String,
    /// `project/environment` of the own space with `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`.
    pub keys: Option<String>,
}

/// Forgets where the space that is worked in is kept.
#[derive(Serialize, Deserialize, TS)]
pub struct ForgetRemoteRequest {}

/// Takes in what others wrote in the space that is worked in, and publishes what this device did.
#[derive(Serialize, Deserialize, TS)]
pub struct SyncRequest {}

/// What a sync came to.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct SyncView {
    /// The space's name.
    pub space: String,
    /// Operations of others that came in.
    pub taken_in: u32,
    /// Of these, the ones that do not count.
    pub refused: u32,
    /// Operations of this device that others can see now.
    pub published: u32,
    /// Objects that can't be read on this device (yet).
    pub unreadable: u32,
    /// What did not hold.
    pub problems: Vec<ProblemView>,
    /// Requests.
    #[ts(type = "number")]
    pub requests: u64,
    /// Bytes that came.
    #[ts(type = "number")]
    pub received: u64,
    /// Bytes that went.
    #[ts(type = "number")]
    pub sent: u64,
}

/// Something that did not hold.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct ProblemView {
    /// What, in words.
    pub message: String,
    /// What can be done.
    pub hint: String,
    /// Whether it is more than something that is on its way.
    pub alarming: bool,
}

/// Lists what people said apart in the space that is worked in.
#[derive(Serialize, Deserialize, TS)]
pub struct ConflictsRequest {}

/// What people said apart.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct ConflictsView {
    /// Each of it.
    pub conflicts: Vec<ConflictView>,
}

/// Something that two said without seeing each other.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct ConflictView {
    /// Names it, for as long as it is there.
    pub id: String,
    /// What it is about.
    pub about: String,
    /// What stands.
    pub stands: SaidView,
    /// What waits.
    pub waits: SaidView,
}

/// What somebody said.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct SaidView {
    /// What, without a value.
    pub what: String,
    /// Who.
    pub by: String,
    /// When, by their clock.
    #[ts(type = "number")]
    pub at: Millis,
}

/// Settles a conflict.
#[derive(Serialize, Deserialize, TS)]
pub struct SettleRequest {
    /// Which.
    pub id: String,
    /// Whether what waits takes the place of what stands.
    pub take: bool,
}
