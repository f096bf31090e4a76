// Generated from the workbench crate by `cargo xtask bindings`. Do not edit.

export type AcceptInviteRequest = { 
/**
 * The invite, as text.
 */
text: string, };

export type AcceptRollbackRequest = Record<symbol, never>;

export type AcceptWelcomeRequest = { 
/**
 * The welcome, as text.
 */
text: string, };

export type AddKeyringRequest = { 
/**
 * What opens it now.
 */
present: Present, };

export type ApiError = { 
/**
 * What kind of failure this is.
 */
code: Code, 
/**
 * One sentence: what happened.
 */
message: string, 
/**
 * One sentence: what to do about it.
 */
hint: string, };

export type AttachRequest = { 
/**
 * The project, by name.
 */
project: string, 
/**
 * The environment, by name.
 */
environment: string, 
/**
 * The secret, by name.
 */
name: string, 
/**
 * The file, which is named like it in the vault.
 */
path: string, };

export type AttachmentView = { 
/**
 * Its name.
 */
name: string, 
/**
 * Bytes of it.
 */
size: number, 
/**
 * When it was attached.
 */
created_at: number, 
/**
 * How often it left.
 */
exposures: number, };

export type AttachmentsRequest = { 
/**
 * The project, by name.
 */
project: string, 
/**
 * The environment, by name.
 */
environment: string, 
/**
 * The secret, by name.
 */
name: string, };

export type AttachmentsView = { 
/**
 * By name.
 */
attachments: Array<AttachmentView>, };

export type AuditRequest = { 
/**
 * At most so many.
 */
limit: number, 
/**
 * Only events before this position (from an earlier answer).
 */
before: number | null, };

export type AuditView = { 
/**
 * The events.
 */
events: Array<EventView>, 
/**
 * How many there are in all.
 */
total: number, };

export type BackupChoices = { 
/**
 * The folder that they are written to.
 */
folder: string, 
/**
 * Hours between two.
 */
every_hours: number, 
/**
 * So many of the newest stay.
 */
keep: number, };

export type BackupRequest = { 
/**
 * The new file.
 */
path: string, };

export type BackupView = { 
/**
 * The file.
 */
path: string, 
/**
 * Its size, in bytes.
 */
bytes: number, 
/**
 * Its SHA-256, in hex.
 */
sha256: string, 
/**
 * Events in it.
 */
events: number, 
/**
 * Operations in it.
 */
operations: number, 
/**
 * Sealed values in it, older versions too.
 */
values: number, };

export type CardRequest = Record<symbol, never>;

export type CardView = { 
/**
 * The name on it; empty for a recipient without a card.
 */
name: string, 
/**
 * SHA-256 of the identity's signature key, in groups of four hexadecimal digits; empty for a recipient without a card.
 */
fingerprint: string, 
/**
 * The age recipient, `age1pq1…`.
 */
recipient: string, 
/**
 * The card as text, for mail and chat; empty for a recipient without a card.
 */
text: string, };

export type CellView = { 
/**
 * The current version's number; `None` where the value is missing.
 */
version: number | null, 
/**
 * When the current version was made.
 */
changed_at: number | null, 
/**
 * The first environment before this one that has the same value.
 */
same_as: string | null, 
/**
 * The environment whose value it has, where it has none of its own.
 */
inherited_from: string | null, 
/**
 * Whether restore has somewhere to go.
 */
has_previous: boolean, };

export type ChangePassphraseRequest = { 
/**
 * What opens it now.
 */
present: Present, 
/**
 * The passphrase that opens it from now on.
 */
new: string, 
/**
 * Which key file counts beside it.
 */
key_file: KeyFileChoice, 
/**
 * Costs by hand; calibrated to this machine if absent.
 */
kdf: KdfRequest | null, 
/**
 * Others may know the present one: the vault gets another root key, and every other way to unlock goes.
 */
compromised: boolean, };

export type ChangeSettingsRequest = { 
/**
 * What is to hold from now on.
 */
choices: Choices, };

export type Choices = { 
/**
 * Locks when nobody was there for so long.
 */
idle_seconds: number, 
/**
 * Locks when the machine goes to sleep.
 */
lock_on_sleep: boolean, 
/**
 * Locks when the screen is locked.
 */
lock_on_screen_lock: boolean, 
/**
 * A copied value leaves the clipboard after so long.
 */
clipboard_seconds: number, 
/**
 * When backups are made, if they are.
 */
backups: BackupChoices | null, };

export type Code = "vault_not_found" | "vault_exists" | "vault_locked" | "vault_busy" | "wrong_passphrase" | "key_file_needed" | "recovery_words" | "keyring" | "vault_damaged" | "unsupported_schema" | "weak_passphrase" | "invalid_input" | "invalid_file" | "not_found" | "exists" | "needs_confirmation" | "protected" | "changed_since" | "cancelled" | "rolled_back" | "dialect_cannot_carry" | "no_program" | "drifted" | "not_allowed" | "role" | "storage" | "clipboard" | "io" | "internal";

export type CompactRequest = { 
/**
 * Of old values so many of the newest stay, of each secret in each environment; 20 if absent.
 */
keep_versions: number | null, 
/**
 * And all that are younger than so many days; 400 if absent.
 */
keep_days: number | null, 
/**
 * Says only what would go.
 */
plan: boolean, };

export type CompactedView = { 
/**
 * Operations that gave way; 0 where that would have freed less than it writes.
 */
operations: number, 
/**
 * Their bytes.
 */
before: number, 
/**
 * Bytes of what they lead to.
 */
after: number, 
/**
 * Old values that went.
 */
values: number, };

export type ConfirmRecoveryKitRequest = { 
/**
 * The words that were asked for, in order, a space between.
 */
answer: string, };

export type ConflictView = { 
/**
 * Names it, for as long as it is there.
 */
id: string, 
/**
 * What it is about.
 */
about: string, 
/**
 * What stands.
 */
stands: SaidView, 
/**
 * What waits.
 */
waits: SaidView, };

export type ConflictsRequest = Record<symbol, never>;

export type ConflictsView = { 
/**
 * Each of it.
 */
conflicts: Array<ConflictView>, };

export type ContactView = { 
/**
 * The card.
 */
card: CardView, 
/**
 * Whether the safety number was compared with them.
 */
verified: boolean, 
/**
 * When the card was kept first.
 */
since: number, };

export type ContactsRequest = Record<symbol, never>;

export type ContactsView = { 
/**
 * Them.
 */
contacts: Array<ContactView>, };

export type CopiedView = { 
/**
 * Cleared after so many seconds, if it is still there.
 */
clears_after_seconds: number, };

export type CopyRecipient = { "contact": string } | { "card": string };

export type CopyRequest = { 
/**
 * The project, by name.
 */
project: string, 
/**
 * The environment, by name.
 */
environment: string, 
/**
 * The secret, by name.
 */
name: string, 
/**
 * Which version.
 */
version: VersionSelector, 
/**
 * Whether a person said so once more where the environment is protected.
 */
confirmed?: boolean, };

export type CopySource = { "path": string } | { "text": string };

export type CostsView = { 
/**
 * Argon2id memory, in KiB.
 */
memory_kib: number, 
/**
 * Passes.
 */
passes: number, 
/**
 * Lanes.
 */
lanes: number, 
/**
 * Chosen by a person, and not raised by itself.
 */
by_hand: boolean, };

export type CreateEnvironmentRequest = { 
/**
 * The project, by name.
 */
project: string, 
/**
 * The new environment's name.
 */
name: string, };

export type CreateProjectRequest = { 
/**
 * Its name.
 */
name: string, 
/**
 * Its environments, in order; at least one.
 */
environments: Array<string>, };

export type CreateSpaceRequest = { 
/**
 * Its name.
 */
name: string, };

export type CreateVaultRequest = { 
/**
 * Where, as a folder that ends in `.keystead`; the host's place if absent.
 */
path: string | null, 
/**
 * The passphrase that will open it.
 */
passphrase: string, 
/**
 * Costs by hand; calibrated to this machine if absent.
 */
kdf: KdfRequest | null, };

export type CreatedView = { 
/**
 * The session after it.
 */
status: StatusView, 
/**
 * What each guess will cost.
 */
kdf: KdfView, };

export type CredentialView = { 
/**
 * Its name.
 */
name: string, 
/**
 * What it is made of, in order.
 */
parts: Array<PartView>, };

export type CredentialsRequest = { 
/**
 * The project, by name.
 */
project: string, };

export type CredentialsView = { 
/**
 * By name.
 */
credentials: Array<CredentialView>, };

export type DeviceView = { 
/**
 * Its id, in hexadecimal digits.
 */
id: string, 
/**
 * Its name.
 */
name: string, 
/**
 * Whether it is this one.
 */
own: boolean, 
/**
 * When the newest operation of it was made that is here, by its clock.
 */
last_heard: number | null, };

export type DevicesRequest = Record<symbol, never>;

export type DevicesView = { 
/**
 * Whether this one holds the identity's keys: only then can it enrol another one.
 */
primary: boolean, 
/**
 * Whether this vault could still become a device of another one's identity: nothing is in it.
 */
unused: boolean, 
/**
 * Them.
 */
devices: Array<OwnDeviceView>, };

export type Dialect = "dotenv" | "dotenv-node" | "shell" | "json" | "yaml";

export type DriftChange = "changed" | "removed";

export type DriftRowView = { 
/**
 * The name.
 */
name: string, 
/**
 * What happened to it.
 */
change: DriftChange, };

export type DriftView = { 
/**
 * Names whose value differs, in the file's order.
 */
rows: Array<DriftRowView>, 
/**
 * Whether lines that Keystead does not manage changed too.
 */
other_lines: boolean, 
/**
 * Set where the file can no longer be parsed: file and line.
 */
unreadable: string | null, };

export type EditCredentialRequest = { 
/**
 * The project, by name.
 */
project: string, 
/**
 * Its name.
 */
name: string, 
/**
 * What it is made of; makes the credential if there is none of that name.
 */
parts: Array<PartView> | null, 
/**
 * Another name.
 */
rename: string | null, 
/**
 * Removes it; its secrets stay.
 */
remove: boolean, };

export type EditEnvironmentRequest = { 
/**
 * The project, by name.
 */
project: string, 
/**
 * The environment, by name.
 */
environment: string, 
/**
 * Another name.
 */
rename: string | null, 
/**
 * Whether values leave only for whoever says so once more.
 */
protect: boolean | null, 
/**
 * The environment whose values it has where it has none; empty for none.
 */
inherit: string | null, 
/**
 * Its place in the project's order, from 0.
 */
position: number | null, 
/**
 * Removes it; its versions stay.
 */
remove: boolean, 
/**
 * Whether it may have the values of a protected environment.
 */
confirmed?: boolean, };

export type EditProjectRequest = { 
/**
 * The project, by name.
 */
project: string, 
/**
 * Another name.
 */
rename: string | null, 
/**
 * Removes it; its versions stay.
 */
remove: boolean, };

export type EditSecretsRequest = { 
/**
 * The project, by name.
 */
project: string, 
/**
 * The secrets, by name.
 */
names: Array<string>, 
/**
 * Another name; for one secret only.
 */
rename: string | null, 
/**
 * Another kind, by its stable word.
 */
kind: string | null, 
/**
 * Other notes.
 */
notes: string | null, 
/**
 * Another owner; empty for none.
 */
owner: string | null, 
/**
 * Tags to add.
 */
add_tags: Array<string>, 
/**
 * Tags to take away.
 */
remove_tags: Array<string>, 
/**
 * When the values stop working.
 */
expires: ExpiryChoice | null, 
/**
 * So many days before that it is due.
 */
lead_days: number | null, };

export type EditedView = { 
/**
 * What became of each linked file.
 */
links: Array<LinkWriteView>, };

export type EnrolDeviceRequest = { 
/**
 * The request, as text.
 */
text: string, 
/**
 * The code that the other machine shows.
 */
code: string, 
/**
 * Whether it gets the identity's keys: it can enrol others then, and losing it is losing the identity.
 */
primary: boolean, 
/**
 * Whether the keys of the storages go along.
 */
with_keys: boolean, 
/**
 * The passphrase once more: that machine gets every key that this one has.
 */
present: Present, };

export type EnrolmentRequestView = { 
/**
 * 20 characters to type there. Whoever has both can answer the request.
 */
code: string, 
/**
 * The request, as text.
 */
text: string, };

export type EnterSpaceRequest = { 
/**
 * Its name, or the beginning of its id.
 */
space: string, };

export type EnvironmentView = { 
/**
 * Its id, 32 hex digits.
 */
id: string, 
/**
 * Its name (`dev`).
 */
name: string, 
/**
 * Whether values leave only for whoever says so once more.
 */
protected: boolean, 
/**
 * The environment whose values it has where it has none of its own.
 */
inherits: string | null, };

export type EventView = { 
/**
 * Its position over all logs of this vault, from 1.
 */
position: number, 
/**
 * `vault` or the space's name: the log that it is in.
 */
log: string, 
/**
 * Its sequence in that log, from 0.
 */
sequence: number, 
/**
 * When, by the wall clock.
 */
at: number, 
/**
 * Who: the identity's name.
 */
actor: string, 
/**
 * On which device.
 */
device: string, 
/**
 * The stable word: `value_revealed`, `value_rotated`, `link_written` …
 */
action: string, 
/**
 * The words shown: "revealed", "rotated", "rewrote link".
 */
words: string, 
/**
 * `ok`, `failed` or `refused`.
 */
outcome: string, 
/**
 * The project, by its name now.
 */
project: string | null, 
/**
 * The environment, by its name now.
 */
environment: string | null, 
/**
 * The secret, by its name now.
 */
secret: string | null, 
/**
 * The version's number.
 */
version: number | null, 
/**
 * The version's number before, for a rotation or restore.
 */
previous: number | null, 
/**
 * A path, a count, a reason; empty if nothing.
 */
detail: string, 
/**
 * Why, where the caller said so.
 */
purpose: string, 
/**
 * The process that asked.
 */
process: ProcessView, 
/**
 * The event's leaf hash, 64 hex digits.
 */
hash: string, };

export type ExpiryChoice = "never" | { "at": number };

export type ExplainRequest = { 
/**
 * The member, by name or by the beginning of the fingerprint.
 */
member: string, 
/**
 * `space`, a project, or `project/environment`.
 */
place: string, };

export type ExplainView = { 
/**
 * Who.
 */
member: string, 
/**
 * Where.
 */
place: string, 
/**
 * `reader`, `editor` or `owner`; `None` for nothing.
 */
role: string | null, 
/**
 * Why, in words.
 */
because: string, 
/**
 * When values of it leave, where owners said so: every one of these holds.
 */
release: Array<ReleaseRuleView>, };

export type ExportFileRequest = { 
/**
 * The project, by name.
 */
project: string, 
/**
 * The environment, by name.
 */
environment: string, 
/**
 * The secrets, by name; all if absent.
 */
names: Array<string> | null, 
/**
 * For which reader.
 */
dialect: Dialect, 
/**
 * The file.
 */
path: string, 
/**
 * Whether an existing file may be replaced.
 */
overwrite: boolean, 
/**
 * Whether a person said so once more where the environment is protected.
 */
confirmed?: boolean, };

export type ExportRequest = { 
/**
 * The project, by name.
 */
project: string, 
/**
 * The environment, by name.
 */
environment: string, 
/**
 * The secrets, by name; all if absent.
 */
names: Array<string> | null, 
/**
 * For which reader.
 */
dialect: Dialect, 
/**
 * Whether a person said so once more where the environment is protected.
 */
confirmed?: boolean, };

export type ExportView = { 
/**
 * The text.
 */
text: string, 
/**
 * How many secrets it holds.
 */
secrets: number, };

export type ExportedFileView = { 
/**
 * The file.
 */
path: string, 
/**
 * How many secrets it holds.
 */
secrets: number, };

export type ExposureView = { 
/**
 * The version's number.
 */
version: number, 
/**
 * `revealed`, `copied`, `read`, `exported`, `linked`.
 */
how: string, 
/**
 * The place: a path, a program, or empty.
 */
place: string, 
/**
 * When it was last so.
 */
at: number, 
/**
 * How many times.
 */
times: number, };

export type FillRequest = { 
/**
 * The project, by name.
 */
project: string, 
/**
 * The environment that has them.
 */
from: string, 
/**
 * The environment that gets them.
 */
to: string, 
/**
 * The secrets, by name.
 */
names: Array<string>, 
/**
 * Whether a person said so once more where `from` is protected.
 */
confirmed?: boolean, };

export type FilterRequest = { 
/**
 * The project, by name.
 */
project: string, 
/**
 * As in [`SearchRequest`].
 */
query: string, };

export type FilterView = { 
/**
 * Their places in the matrix, from 0, in order.
 */
rows: Array<number>, 
/**
 * How many rows the matrix has, so that one of another moment is noticed.
 */
of: number, };

export type FindValueRequest = { 
/**
 * The value.
 */
value: string, };

export type FindValueView = { 
/**
 * In use first.
 */
hits: Array<ValueHitView>, };

export type ForgetContactRequest = { 
/**
 * Whose, by name.
 */
name: string, };

export type ForgetRemoteRequest = Record<symbol, never>;

export type GenerateValuesRequest = { 
/**
 * The project, by name.
 */
project: string, 
/**
 * The environment, by name.
 */
environment: string, 
/**
 * The secrets, by name; each must have a value there.
 */
names: Array<string>, 
/**
 * What the values look like.
 */
shape: ValueShape, };

export type GitState = "no_repository" | "ignored" | "not_ignored";

export type GitView = { 
/**
 * The answer.
 */
state: GitState, 
/**
 * The `.gitignore` that would be added to.
 */
gitignore: string | null, };

export type GrantRequest = { 
/**
 * The member, by name or by the beginning of the fingerprint.
 */
member: string, 
/**
 * What they get.
 */
grant: NewGrantView, 
/**
 * Whether they also get the keys of older values.
 */
history: boolean, };

export type HistoryFieldView = { 
/**
 * `name`, `kind`, `notes`, `owner`, `tags`, `expires` and `lead` (in ms since 1970 and days), `removed`.
 */
field: string, 
/**
 * What it said before; absent where that is not known any more.
 */
from: string | null, 
/**
 * What it says since.
 */
to: string, };

export type HistoryPartView = { 
/**
 * `value`, or of a URL `password`, `host` …, or a JSON field's name.
 */
part: string, 
/**
 * How it differs.
 */
change: PartChange, };

export type HistoryRequest = { 
/**
 * The project, by name.
 */
project: string, 
/**
 * The environment, by name.
 */
environment: string, 
/**
 * The secret, by name.
 */
name: string, };

export type HistoryRowView = { 
/**
 * When.
 */
at: number, 
/**
 * The device that did it.
 */
device: string, 
/**
 * A value that was stored, or else a field.
 */
value: HistoryValueView | null, 
/**
 * What it says of itself since.
 */
field: HistoryFieldView | null, };

export type HistoryValueView = { 
/**
 * The environment.
 */
environment: string, 
/**
 * The version's number there.
 */
version: number, 
/**
 * How it came: `imported`, `set`, `rotated` …
 */
origin: string, 
/**
 * What of it differs from the version before; empty for the first one.
 */
parts: Array<HistoryPartView>, };

export type HistoryView = { 
/**
 * Newest first.
 */
rows: Array<HistoryRowView>, };

export type HitView = { 
/**
 * The project.
 */
project: string, 
/**
 * The secret's id.
 */
secret: string, 
/**
 * Its name.
 */
name: string, 
/**
 * Its kind.
 */
kind: KindView, 
/**
 * Its tags.
 */
tags: Array<string>, 
/**
 * Who is asked about it, or empty.
 */
owner: string, 
/**
 * When its values stop working.
 */
expires_at: number | null, 
/**
 * The environments in which it has a value of its own, in order.
 */
environments: Array<string>, };

export type IgnoreInGitRequest = { 
/**
 * The link's id.
 */
link: string, };

export type ImportEntryState = "new" | "changed" | "unchanged";

export type ImportEntryView = { 
/**
 * The name.
 */
name: string, 
/**
 * Its line in the file, from 1.
 */
line: number, 
/**
 * Its kind, by prefix and shape.
 */
kind: KindView, 
/**
 * New, changed or unchanged.
 */
state: ImportEntryState, 
/**
 * Whether the value is empty.
 */
empty: boolean, 
/**
 * Lines of earlier values of the same name, which are not stored.
 */
overridden_lines: Array<number>, 
/**
 * What the person should know; empty if nothing.
 */
warning: string, };

export type ImportPreviewView = { 
/**
 * Names this preview in `import`.
 */
preview: string, 
/**
 * The file's name, or "pasted text".
 */
source: string, 
/**
 * Whether `import` would make the project.
 */
creates_project: boolean, 
/**
 * Whether `import` would make the environment.
 */
creates_environment: boolean, 
/**
 * What would be stored, in the file's order; the last of duplicates.
 */
entries: Array<ImportEntryView>, 
/**
 * Names that hold no text, so that nothing is stored for them: a list, an object, a null.
 */
left_out: Array<string>, };

export type ImportRequest = { 
/**
 * From [`ImportPreviewView`].
 */
preview: string, 
/**
 * The names to store; all if absent.
 */
names: Array<string> | null, 
/**
 * Whether a missing project or environment may be made.
 */
create_missing: boolean, 
/**
 * Whether a person said so once more where a value of a protected environment would be part of it.
 */
confirmed?: boolean, };

export type ImportSource = { "path": string } | { "text": string };

export type ImportedView = { 
/**
 * Names that had no value before.
 */
created: number, 
/**
 * Names that got another value.
 */
changed: number, 
/**
 * Names left alone.
 */
unchanged: number, 
/**
 * What became of each linked file.
 */
links: Array<LinkWriteView>, };

export type InjectRequest = { 
/**
 * The project, by name.
 */
project: string, 
/**
 * The environment, by name.
 */
environment: string, 
/**
 * The program's path, for the audit.
 */
program: string, 
/**
 * Whether a person said so once more where the environment is protected.
 */
confirmed?: boolean, };

export type InjectView = { 
/**
 * One for each secret, by name.
 */
variables: Array<VariableView>, };

export type InspectRequest = { 
/**
 * The project, by name.
 */
project: string, 
/**
 * The environment, by name.
 */
environment: string, 
/**
 * The secret, by name.
 */
name: string, };

export type InviteRequest = { 
/**
 * Their card with its devices, as `keystead card` writes it.
 */
card: string, 
/**
 * What they get.
 */
grants: Array<NewGrantView>, 
/**
 * Whether they also get the keys of older values.
 */
history: boolean, 
/**
 * Whether the keys of the storage go along.
 */
with_keys: boolean, };

export type InviteView = { 
/**
 * Who.
 */
name: string, 
/**
 * One invite for each of their devices, as text. Only that device opens it.
 */
invites: Array<string>, 
/**
 * Whether the keys of the storage are in it.
 */
with_keys: boolean, };

export type KdfRequest = { 
/**
 * Memory in KiB; at least 65,536.
 */
memory_kib: number | null, 
/**
 * Passes; at least 3.
 */
passes: number | null, };

export type KdfView = { 
/**
 * Memory in KiB.
 */
memory_kib: number, 
/**
 * Passes over the memory.
 */
passes: number, 
/**
 * Lanes.
 */
lanes: number, 
/**
 * What one derivation took here, in milliseconds.
 */
milliseconds: number, 
/**
 * "Each guess costs 0.6 s and 256 MiB on this machine".
 */
words: string, };

export type KeyFileChoice = "keep" | "without" | { "make": string };

export type KindView = { 
/**
 * The stable word: `openai_api_key`, `database_url`, `plain` …
 */
kind: string, 
/**
 * The words shown: "OpenAI API key".
 */
words: string, 
/**
 * The family that the icon follows: `model`, `cloud`, `code`, `database`, `json`, `key`, `plain`.
 */
family: string, };

export type KindsRequest = Record<symbol, never>;

export type KindsView = { 
/**
 * In the order shown.
 */
kinds: Array<KindView>, };

export type KnownValueView = { 
/**
 * Its project.
 */
project: string, 
/**
 * Its environment.
 */
environment: string, 
/**
 * Its secret.
 */
name: string, 
/**
 * Its number.
 */
number: number, };

export type LinkPreviewView = { 
/**
 * The file's full path.
 */
path: string, 
/**
 * Whether a file is there already.
 */
exists: boolean, 
/**
 * Names that would be written.
 */
writes: Array<string>, 
/**
 * Names in the file whose value would change.
 */
replaces: Array<string>, 
/**
 * Names in the file that Keystead leaves alone.
 */
keeps: Array<string>, 
/**
 * Whether git would take the file in.
 */
git: GitView, 
/**
 * Why it can't be written, where it can't.
 */
problem: ApiError | null, };

export type LinkRequest = { 
/**
 * The project, by name.
 */
project: string, 
/**
 * The environment, by name.
 */
environment: string, 
/**
 * The folder.
 */
folder: string, 
/**
 * The file in it; if absent `.env`, or `.env.json` and `.env.yaml` for these two.
 */
file: string | null, 
/**
 * For which reader.
 */
dialect: Dialect, 
/**
 * Whether to add the file to `.gitignore` where git does not ignore it.
 */
add_to_gitignore: boolean, 
/**
 * Whether a missing project or environment may be made.
 */
create_missing: boolean, 
/**
 * Whether a person said so once more where the environment is protected.
 */
confirmed?: boolean, };

export type LinkState = "current" | "stale" | "drifted" | "missing";

export type LinkView = { 
/**
 * Its id, 32 hex digits.
 */
id: string, 
/**
 * The project, by name.
 */
project: string, 
/**
 * The environment, by name.
 */
environment: string, 
/**
 * The folder.
 */
folder: string, 
/**
 * The file in it.
 */
file: string, 
/**
 * For which reader.
 */
dialect: Dialect, 
/**
 * What is on disk compared to the vault.
 */
state: LinkState, 
/**
 * Why it could not be written, where it could not.
 */
problem: ApiError | null, 
/**
 * When Keystead last wrote it.
 */
written_at: number | null, 
/**
 * How many secrets it carries.
 */
secrets: number, 
/**
 * Whether git would take the file in.
 */
git: GitView, 
/**
 * What somebody changed, where somebody did.
 */
drift: DriftView | null, };

export type LinkWriteView = { 
/**
 * The link's id.
 */
link: string, 
/**
 * The file's full path.
 */
path: string, 
/**
 * Its state now.
 */
state: LinkState, 
/**
 * Why it was left alone, where it was.
 */
problem: ApiError | null, };

export type LinksRequest = Record<symbol, never>;

export type LinksView = { 
/**
 * By project, environment and folder.
 */
links: Array<LinkView>, };

export type LockReason = "asked" | "idle" | "limit" | "sleep" | "screen" | "quit";

export type LockRequest = Record<symbol, never>;

export type LockView = { 
/**
 * The timeout, in seconds.
 */
idle_seconds: number, 
/**
 * Seconds until the vault locks if nothing happens.
 */
locks_in_seconds: number, };

export type LogCoverageView = { 
/**
 * `vault` or the space's name.
 */
log: string, 
/**
 * Events in the log.
 */
events: number, 
/**
 * Of these, covered by the signed head.
 */
signed_events: number, 
/**
 * Operations in the log.
 */
operations: number, 
/**
 * Of these, covered by the signed head.
 */
signed_operations: number, };

export type MatrixRequest = { 
/**
 * The project, by name.
 */
project: string, };

export type MatrixRowView = { 
/**
 * The secret's id, 32 hex digits.
 */
secret: string, 
/**
 * Its name.
 */
name: string, 
/**
 * Its kind.
 */
kind: KindView, 
/**
 * Words to find it by.
 */
tags: Array<string>, 
/**
 * Who is asked about it, or empty.
 */
owner: string, 
/**
 * When its values stop working.
 */
expires_at: number | null, 
/**
 * So many days before that it is due.
 */
lead_days: number, 
/**
 * One cell an environment, in the project's order.
 */
cells: Array<CellView>, };

export type MatrixView = { 
/**
 * The project.
 */
project: ProjectView, 
/**
 * One row a secret, by name.
 */
rows: Array<MatrixRowView>, };

export type MemberTrust = "own" | "introduced" | "pinned" | "verified" | "changed";

export type MemberView = { 
/**
 * SHA-256 of their identity's signature key, in groups of four hexadecimal digits.
 */
fingerprint: string, 
/**
 * The name on their newest card.
 */
name: string, 
/**
 * How well their card is known.
 */
trust: MemberTrust, 
/**
 * What is settled for them, where they can be named here.
 */
roles: Array<RoleView>, 
/**
 * Their devices.
 */
devices: Array<DeviceView>, };

export type MembersRequest = Record<symbol, never>;

export type MembersView = { 
/**
 * The space's name.
 */
space: string, 
/**
 * Them.
 */
members: Array<MemberView>, };

export type MoveSecretsRequest = { 
/**
 * The project that they leave, by name.
 */
project: string, 
/**
 * The secrets, by name.
 */
names: Array<string>, 
/**
 * The project that gets them, by name.
 */
to: string, 
/**
 * Whether environments that are missing there may be made.
 */
create_missing: boolean, 
/**
 * Whether a person said so once more where an environment is protected.
 */
confirmed?: boolean, };

export type NewGrantView = { 
/**
 * `space`, a project, or `project/environment`.
 */
place: string, 
/**
 * `reader`, `editor` or `owner`.
 */
role: string, 
/**
 * When an owner is to take it back.
 */
expires: number | null, };

export type NewPartValue = { 
/**
 * The part.
 */
part: PartView, 
/**
 * Its value.
 */
value: NewValue, };

export type NewRecoveryKitRequest = { 
/**
 * What opens the vault now.
 */
present: Present, };

export type NewValue = { "pasted": string } | { "generated": ValueShape };

export type Notice = { "notice": "locked", 
/**
 * Why.
 */
reason: LockReason, } | { "notice": "vault_changed" } | { "notice": "links_changed" } | { "notice": "synced" } | { "notice": "clipboard_cleared" };

export type OneTimeCodeRequest = { 
/**
 * The project, by name.
 */
project: string, 
/**
 * The environment, by name.
 */
environment: string, 
/**
 * The secret, by name.
 */
name: string, 
/**
 * Whether a person said so once more where the environment is protected.
 */
confirmed?: boolean, };

export type OneTimeCodeView = { 
/**
 * Its digits.
 */
code: string, 
/**
 * It counts for so many seconds more.
 */
seconds: number, };

export type OpenCopyRequest = { 
/**
 * The copy.
 */
source: CopySource, };

export type OpenSampleRequest = { 
/**
 * Where, as a folder that ends in `.keystead`; beside the host's place if absent.
 */
path: string | null, 
/**
 * Of which everything follows; the usual one if absent.
 */
seed: number | null, 
/**
 * So many secrets, with no history, instead of a small team's.
 */
secrets: number | null, };

export type OpenVaultRequest = { 
/**
 * Its folder.
 */
path: string, };

export type OpenedCopyView = { 
/**
 * The text.
 */
text: string, };

export type OperationView = { 
/**
 * Its sequence in the space's log.
 */
sequence: number, 
/**
 * When.
 */
at: number, 
/**
 * The device that made it.
 */
device: string, 
/**
 * What it did, in words; names as they are now.
 */
what: string, 
/**
 * Whether it was taken back.
 */
undone: boolean, 
/**
 * Whether it can be taken back, as far as is known before it is tried.
 */
can_undo: boolean, };

export type OperationsRequest = { 
/**
 * At most so many.
 */
limit: number, 
/**
 * Those before this sequence; from the newest if absent.
 */
before: number | null, };

export type OperationsView = { 
/**
 * Newest first.
 */
operations: Array<OperationView>, };

export type OwnDeviceView = { 
/**
 * Its id, in hexadecimal digits.
 */
id: string, 
/**
 * Its name.
 */
name: string, 
/**
 * Whether it is this one.
 */
own: boolean, 
/**
 * When the newest operation of it was made that is here, by its clock.
 */
last_heard: number | null, 
/**
 * The spaces that it is in, by name.
 */
spaces: Array<string>, };

export type PartChange = "same" | "changed" | "added" | "removed";

export type PartView = { 
/**
 * The secret, by name.
 */
secret: string, 
/**
 * Empty for the whole value, `user` or `password` of a URL, or a JSON pointer (RFC 6901).
 */
part: string, };

export type PinCardRequest = { 
/**
 * The card as text.
 */
text: string, };

export type PlaceView = { 
/**
 * The project.
 */
project: string, 
/**
 * The environment.
 */
environment: string, 
/**
 * The secret.
 */
name: string, };

export type PlanRemovalRequest = { 
/**
 * The member, by name or by the beginning of the fingerprint.
 */
member: string, };

export type Present = { 
/**
 * The present passphrase.
 */
passphrase: string, 
/**
 * The present key file, where the vault has one.
 */
key_file: string | null, };

export type PresetView = { 
/**
 * Its name.
 */
name: string, 
/**
 * Whom it is for, in a sentence.
 */
words: string, 
/**
 * What it chooses; backups are as they are.
 */
choices: Choices, };

export type PreviewImportRequest = { 
/**
 * The file or text.
 */
source: ImportSource, 
/**
 * The project, by name; it may be missing still.
 */
project: string, 
/**
 * The environment, by name; it may be missing still.
 */
environment: string, 
/**
 * Whose reading of the file counts.
 */
dialect: Dialect, };

export type PreviewLinkRequest = { 
/**
 * The project, by name.
 */
project: string, 
/**
 * The environment, by name.
 */
environment: string, 
/**
 * The folder.
 */
folder: string, 
/**
 * The file in it; if absent `.env`, or `.env.json` and `.env.yaml` for these two.
 */
file: string | null, 
/**
 * For which reader.
 */
dialect: Dialect, };

export type ProblemView = { 
/**
 * What, in words.
 */
message: string, 
/**
 * What can be done.
 */
hint: string, 
/**
 * Whether it is more than something that is on its way.
 */
alarming: boolean, };

export type ProcessView = { 
/**
 * Its id.
 */
pid: number, 
/**
 * Its executable.
 */
program: string, 
/**
 * Its parent's executable; empty where it can't be read.
 */
parent: string, 
/**
 * Its parent's id.
 */
parent_pid: number, 
/**
 * Its working directory.
 */
directory: string, 
/**
 * The user's name, or number.
 */
user: string, };

export type ProjectView = { 
/**
 * Its id, 32 hex digits.
 */
id: string, 
/**
 * Its name (`churn-model`).
 */
name: string, 
/**
 * Its environments, in order.
 */
environments: Array<EnvironmentView>, 
/**
 * How many secrets it has.
 */
secrets: number, };

export type ProjectsRequest = Record<symbol, never>;

export type ProjectsView = { 
/**
 * The space's name ("Personal").
 */
space: string, 
/**
 * Its projects, by name.
 */
projects: Array<ProjectView>, };

export type PublicHalfRequest = { 
/**
 * The project, by name.
 */
project: string, 
/**
 * The environment, by name.
 */
environment: string, 
/**
 * The secret, by name.
 */
name: string, 
/**
 * Whether a person said so once more where the environment is protected.
 */
confirmed?: boolean, };

export type PublicHalfView = { 
/**
 * A line for `authorized_keys`, or PEM.
 */
text: string, };

export type ReadCardRequest = { 
/**
 * The text.
 */
text: string, };

export type ReadEnrolmentRequest = { 
/**
 * The request, as text.
 */
text: string, 
/**
 * The code that the other machine shows.
 */
code: string, };

export type ReadEnrolmentView = { 
/**
 * The machine's name.
 */
name: string, 
/**
 * The spaces that it would be in, by name.
 */
spaces: Array<string>, };

export type ReadInviteRequest = { 
/**
 * The invite, as text.
 */
text: string, };

export type ReadInviteView = { 
/**
 * The space's name.
 */
space: string, 
/**
 * Who invites.
 */
from: CardView, 
/**
 * The number to compare with them, by another way than the invite came.
 */
safety_number: string, 
/**
 * How well their card is known here.
 */
trust: MemberTrust, 
/**
 * Where the space is kept.
 */
place: string | null, 
/**
 * Whether the keys of the storage are in it.
 */
with_keys: boolean, };

export type ReadRequest = { 
/**
 * The project, by name.
 */
project: string, 
/**
 * The environment, by name.
 */
environment: string, 
/**
 * The secret, by name.
 */
name: string, 
/**
 * Which version.
 */
version: VersionSelector, 
/**
 * Whether a person said so once more where the environment is protected.
 */
confirmed?: boolean, };

export type ReadView = { 
/**
 * The secret's name.
 */
name: string, 
/**
 * Its version.
 */
version: number, 
/**
 * The value.
 */
value: string, };

export type ReadWelcomeRequest = { 
/**
 * The welcome, as text.
 */
text: string, };

export type ReadWelcomeView = { 
/**
 * Whose device this vault becomes.
 */
card: CardView, 
/**
 * Whether it gets the identity's keys.
 */
primary: boolean, 
/**
 * The spaces that come with it, by name.
 */
spaces: Array<string>, };

export type RecogniseRequest = { 
/**
 * The name it would get, or empty.
 */
name: string, 
/**
 * The value.
 */
value: string, 
/**
 * The kind that it should be, by its stable word; recognised if absent.
 */
kind: string | null, };

export type RecognisedFileView = { 
/**
 * Whose reading fits.
 */
dialect: Dialect, 
/**
 * How many secrets it holds.
 */
secrets: number, };

export type RecognisedView = { 
/**
 * Its kind, by prefix and shape, or the one asked about.
 */
kind: KindView, 
/**
 * The name that the issuer's own tools look for.
 */
usual_name: string | null, 
/**
 * What is not as values of this kind are; empty if nothing.
 */
problem: string, 
/**
 * Read as a file of secrets it holds so many, in that dialect.
 */
file: RecognisedFileView | null, };

export type RecoverRequest = { 
/**
 * The 24 words.
 */
words: string, 
/**
 * The passphrase that opens it from now on, without a key file.
 */
new: string, 
/**
 * Costs by hand; calibrated to this machine if absent.
 */
kdf: KdfRequest | null, 
/**
 * Whether to go on from a copy of the vault that is older than it was on this machine.
 */
accept_rollback: boolean, };

export type RecoveryKitView = { 
/**
 * The 24 words, a space between.
 */
words: string, 
/**
 * The same words in capital letters as a QR code: a line for each row, `1` for a dark square.
 */
qr: string, 
/**
 * The vault's name.
 */
vault: string, 
/**
 * When it was made.
 */
made_at: number, 
/**
 * The words, counted from 1, that have to be said to confirm it.
 */
ask: Array<number>, };

export type RedoRequest = Record<symbol, never>;

export type ReleaseRuleView = { 
/**
 * `space`, a project, or `project/environment`.
 */
place: string, 
/**
 * From this hour of the day to before that one, UTC; over midnight where the first is the later one.
 */
hours: [number, number] | null, 
/**
 * Only secrets with one of these tags; all where there is none.
 */
tags: Array<string>, 
/**
 * Only on these devices, by name; on all where there is none.
 */
devices: Array<string>, 
/**
 * Their ids, in the same order: two may have one name.
 */
device_ids: Array<string>, 
/**
 * Who said so; `None` where they went.
 */
by: string | null, };

export type ReleasesRequest = Record<symbol, never>;

export type ReleasesView = { 
/**
 * Every rule, where its place can be named here.
 */
rules: Array<ReleaseRuleView>, };

export type RemoteView = { 
/**
 * The place, without anything secret.
 */
place: string, 
/**
 * `project/environment` of the own space whose values open it.
 */
keys: string | null, 
/**
 * When all was the same here and there.
 */
last_ok: number | null, 
/**
 * What went wrong since.
 */
problem: string | null, 
/**
 * Requests, ever.
 */
requests: number, 
/**
 * Bytes that came, ever.
 */
received: number, 
/**
 * Bytes that went, ever.
 */
sent: number, };

export type RemovalView = { 
/**
 * Who goes.
 */
member: MemberView, 
/**
 * How many keys are made anew.
 */
keys: number, 
/**
 * Values in use that they could read: sealed anew, and to be rotated at their providers.
 */
values: Array<KnownValueView>, 
/**
 * Files that are sealed anew.
 */
files: number, 
/**
 * Where the space is kept, if keys open it that they may know.
 */
storage: string | null, };

export type RemoveAttachmentRequest = { 
/**
 * The project, by name.
 */
project: string, 
/**
 * The environment, by name.
 */
environment: string, 
/**
 * The secret, by name.
 */
name: string, 
/**
 * The attachment, by name.
 */
attachment: string, };

export type RemoveMemberRequest = { 
/**
 * The member, by name or by the beginning of the fingerprint.
 */
member: string, };

export type RemoveSecretsRequest = { 
/**
 * The project, by name.
 */
project: string, 
/**
 * The secrets, by name.
 */
names: Array<string>, 
/**
 * Only their values there.
 */
environment: string | null, };

export type RemoveSlotRequest = { 
/**
 * Which.
 */
kind: SlotKind, 
/**
 * What opens the vault now.
 */
present: Present, 
/**
 * Others may know it: the vault gets another root key, and every way to unlock but the passphrase goes.
 */
compromised: boolean, };

export type RenameCardRequest = { 
/**
 * The name.
 */
name: string, };

export type RequestEnrolmentRequest = Record<symbol, never>;

export type RestoreBackupRequest = { 
/**
 * The backup.
 */
file: string, };

export type RestoreCredentialRequest = { 
/**
 * The project, by name.
 */
project: string, 
/**
 * The environment, by name.
 */
environment: string, 
/**
 * The credential, by name.
 */
name: string, };

export type RestoreRequest = { 
/**
 * The project, by name.
 */
project: string, 
/**
 * The environment, by name.
 */
environment: string, 
/**
 * The secret, by name.
 */
name: string, 
/**
 * Which version.
 */
version: VersionSelector, };

export type RevealRequest = { 
/**
 * The project, by name.
 */
project: string, 
/**
 * The environment, by name.
 */
environment: string, 
/**
 * The secret, by name.
 */
name: string, 
/**
 * Which version.
 */
version: VersionSelector, 
/**
 * Whether a person said so once more where the environment is protected.
 */
confirmed?: boolean, };

export type RevealedView = { 
/**
 * The value.
 */
value: string, 
/**
 * Its version.
 */
version: number, 
/**
 * Hide it after so many seconds.
 */
hide_after_seconds: number, };

export type RevokeDeviceRequest = { 
/**
 * The device, by name or by the beginning of its id.
 */
device: string, };

export type RevokeOwnDeviceRequest = { 
/**
 * The device, by name or by the beginning of its id.
 */
device: string, };

export type RoleView = { 
/**
 * `space`, a project, or `project/environment`.
 */
place: string, 
/**
 * `reader`, `editor` or `owner`; `None` where nothing is left.
 */
role: string | null, 
/**
 * When it ends.
 */
expires: number | null, };

export type RollbackView = { 
/**
 * Changes that it is short of, at least.
 */
changes: number, 
/**
 * Events that it is short of, at least.
 */
events: number, 
/**
 * Its ways to unlock are older: a passphrase may have come back.
 */
older_header: boolean, 
/**
 * It holds something else since.
 */
diverged: boolean, 
/**
 * All of it, behind the name of the copy: "lacks 3 changes and 5 events".
 */
words: string, };

export type RotateCredentialRequest = { 
/**
 * The project, by name.
 */
project: string, 
/**
 * The environment, by name.
 */
environment: string, 
/**
 * The credential, by name.
 */
name: string, 
/**
 * Its new values.
 */
values: Array<NewPartValue>, 
/**
 * Whether they may be made of values of a protected environment.
 */
confirmed?: boolean, };

export type RotateRequest = { 
/**
 * The project, by name.
 */
project: string, 
/**
 * The environment, by name.
 */
environment: string, 
/**
 * The secret, by name.
 */
name: string, 
/**
 * The new value.
 */
value: NewValue, 
/**
 * Whether it is only stored, and not in use yet; `restore` of its number puts it into use.
 */
pending?: boolean, 
/**
 * Whether a person said so once more where a value of a protected environment would be part of it.
 */
confirmed?: boolean, };

export type RotatedCredentialView = { 
/**
 * Its secrets that were written, by name.
 */
secrets: Array<string>, 
/**
 * What became of each linked file.
 */
links: Array<LinkWriteView>, };

export type SafetyNumberRequest = { 
/**
 * Whose: the name or the fingerprint of a kept card or of a member of the space that is worked in.
 */
name: string, };

export type SafetyNumberView = { 
/**
 * Sixty digits in groups of five, the same on both sides.
 */
number: string, 
/**
 * A QR code of both fingerprints, the same on both sides: rows of `1` for dark and `0` for light.
 */
qr: string, };

export type SaidView = { 
/**
 * What, without a value.
 */
what: string, 
/**
 * Who.
 */
by: string, 
/**
 * When, by their clock.
 */
at: number, };

export type SaveAttachmentRequest = { 
/**
 * The project, by name.
 */
project: string, 
/**
 * The environment, by name.
 */
environment: string, 
/**
 * The secret, by name.
 */
name: string, 
/**
 * The attachment, by name.
 */
attachment: string, 
/**
 * The file.
 */
path: string, 
/**
 * Whether an existing file may be replaced.
 */
overwrite: boolean, 
/**
 * Whether a person said so once more where the environment is protected.
 */
confirmed?: boolean, };

export type SaveCardRequest = { 
/**
 * The file.
 */
path: string, 
/**
 * Whether it may replace what is there.
 */
overwrite: boolean, };

export type SaveInviteRequest = { 
/**
 * The invite, as text.
 */
text: string, 
/**
 * The file.
 */
path: string, 
/**
 * Whether a file that is there may be written over.
 */
overwrite: boolean, };

export type SavedAttachmentView = { 
/**
 * The file.
 */
path: string, 
/**
 * Bytes of it.
 */
size: number, };

export type SavedInviteView = { 
/**
 * The file.
 */
path: string, };

export type SearchRequest = { 
/**
 * Words and filters: `openai env:prod due:7d tag:customer`.
 */
query: string, 
/**
 * At most so many.
 */
limit: number, };

export type SearchView = { 
/**
 * The first of them.
 */
hits: Array<HitView>, 
/**
 * How many there are.
 */
total: number, };

export type SecretView = { 
/**
 * Its id.
 */
secret: string, 
/**
 * Its name.
 */
name: string, 
/**
 * The environment, by name.
 */
environment: string, 
/**
 * Its kind.
 */
kind: KindView, 
/**
 * Words to find it by.
 */
tags: Array<string>, 
/**
 * What somebody wrote down about it.
 */
notes: string, 
/**
 * Who is asked about it, or empty.
 */
owner: string, 
/**
 * When its values stop working.
 */
expires_at: number | null, 
/**
 * So many days before that it is due.
 */
lead_days: number, 
/**
 * When the secret was first made.
 */
created_at: number, 
/**
 * The environment whose value it has, where it has none of its own.
 */
inherited_from: string | null, 
/**
 * The credential that it is part of.
 */
credential: CredentialView | null, 
/**
 * What its current value here is made of.
 */
refers_to: Array<PlaceView>, 
/**
 * Whose current values are made of this one.
 */
referred_by: Array<PlaceView>, 
/**
 * Versions in this environment, newest first; empty where it is missing.
 */
versions: Array<VersionView>, 
/**
 * Where its versions went, newest first.
 */
exposures: Array<ExposureView>, 
/**
 * Links that carry it.
 */
links: Array<LinkView>, };

export type SendCopyRequest = { 
/**
 * The project, by name.
 */
project: string, 
/**
 * The environment, by name.
 */
environment: string, 
/**
 * The secrets, by name.
 */
names: Array<string>, 
/**
 * For whom.
 */
to: Array<CopyRecipient>, 
/**
 * The file to write; without one the answer has the text.
 */
path: string | null, 
/**
 * Whether it may replace what is there.
 */
overwrite: boolean, 
/**
 * Whether a person said so once more where the environment is protected.
 */
confirmed?: boolean, };

export type SentCopyView = { 
/**
 * The file, if one was written.
 */
path: string | null, 
/**
 * The sealed text, if none was.
 */
text: string | null, 
/**
 * How many values are in it.
 */
secrets: number, 
/**
 * Who can open it.
 */
to: Array<CardView>, };

export type SessionState = "no_vault" | "locked" | "unlocked";

export type SetReleaseRequest = { 
/**
 * `space`, a project, or `project/environment`.
 */
place: string, 
/**
 * From this hour of the day to before that one, UTC.
 */
hours: [number, number] | null, 
/**
 * Only secrets with one of these tags.
 */
tags: Array<string>, 
/**
 * Only on these devices, by name or by the beginning of the id.
 */
devices: Array<string>, };

export type SetRemoteRequest = { 
/**
 * A folder, or `s3://bucket/prefix?region=…&endpoint=…`; nothing secret.
 */
place: string, 
/**
 * `project/environment` of the own space with `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`.
 */
keys: string | null, };

export type SetSecretRequest = { 
/**
 * The project, by name.
 */
project: string, 
/**
 * The environment, by name.
 */
environment: string, 
/**
 * The secret, by name; made if it is new.
 */
name: string, 
/**
 * The value.
 */
value: NewValue, 
/**
 * Whether a missing project or environment may be made.
 */
create_missing: boolean, 
/**
 * Whether a person said so once more where a value of a protected environment would be part of it.
 */
confirmed?: boolean, };

export type SettingsRequest = Record<symbol, never>;

export type SettingsView = { 
/**
 * What holds now.
 */
chosen: Choices, 
/**
 * Sets of choices with a name; one that holds now is `chosen` but for its backups.
 */
presets: Array<PresetView>, 
/**
 * The idle timeout that this host was started with, where it counts instead.
 */
idle_override_seconds: number | null, 
/**
 * Whether this system says when it sleeps or its screen is locked.
 */
hears_system: boolean, 
/**
 * The newest scheduled backup in the chosen folder.
 */
last_backup_at: number | null, };

export type SettleRequest = { 
/**
 * Which.
 */
id: string, 
/**
 * Whether what waits takes the place of what stands.
 */
take: boolean, };

export type SlotKind = "passphrase" | "recovery" | "keyring";

export type SlotView = { 
/**
 * Which way.
 */
kind: SlotKind, 
/**
 * When it was made.
 */
made_at: number, 
/**
 * For a passphrase: what each guess costs, and who chose that.
 */
costs: CostsView | null, 
/**
 * For a passphrase: whether it counts only with a key file.
 */
key_file: boolean, };

export type SlotsRequest = Record<symbol, never>;

export type SlotsView = { 
/**
 * One of each kind at most.
 */
slots: Array<SlotView>, };

export type SpaceView = { 
/**
 * Its id, in hexadecimal digits.
 */
id: string, 
/**
 * Its name.
 */
name: string, 
/**
 * Whether others write in it too, or may one day.
 */
shared: boolean, 
/**
 * Whether it is the one that is worked in.
 */
entered: boolean, 
/**
 * Operations of this device that nobody else can see yet.
 */
unpublished: number, 
/**
 * Where it is kept; `None` where it is nowhere else.
 */
remote: RemoteView | null, };

export type SpacesRequest = Record<symbol, never>;

export type SpacesView = { 
/**
 * Them.
 */
spaces: Array<SpaceView>, };

export type Stage = "pending" | "current" | "previous";

export type StatusRequest = Record<symbol, never>;

export type StatusView = { 
/**
 * No vault, locked or unlocked.
 */
state: SessionState, 
/**
 * The vault at the chosen place; at `no_vault`, the place where one would be made.
 */
vault: VaultView, 
/**
 * What unlocks it beside a passphrase, as its header says.
 */
unlock_with: UnlockWaysView, 
/**
 * This machine's name, as shown in the status bar.
 */
device: string, 
/**
 * While unlocked: the idle timeout.
 */
lock: LockView | null, 
/**
 * After a lock in this process: why.
 */
locked_because: LockReason | null, 
/**
 * After a lock in this process: when.
 */
locked_at: number | null, 
/**
 * Where the vault is older than it was on this machine, or another copy of it: it can only be looked at.
 */
rollback: RollbackView | null, 
/**
 * On the first unlock after wrong passphrases: how many there were.
 */
failed_unlocks: number, 
/**
 * Where the last scheduled backup failed: one sentence that says why, and what helps.
 */
backup_warning: string | null, 
/**
 * Where other processes can't reach this host: one sentence that says why, and what helps.
 */
host_warning: string | null, 
/**
 * Where the system did not let all secrets be locked into memory: one sentence that says so, and what helps.
 */
memory_warning: string | null, };

export type StrengthRequest = { 
/**
 * The passphrase as typed so far.
 */
passphrase: string, };

export type StrengthView = { 
/**
 * 0 (guessed at once) to 4 (out of reach).
 */
score: number, 
/**
 * Whether a vault may be made with it.
 */
acceptable: boolean, 
/**
 * One short sentence: "Strong: about 300 years to guess from a stolen disk".
 */
words: string, 
/**
 * What would make it stronger; empty if nothing needs to.
 */
advice: string, };

export type SyncRequest = Record<symbol, never>;

export type SyncView = { 
/**
 * The space's name.
 */
space: string, 
/**
 * Operations of others that came in.
 */
taken_in: number, 
/**
 * Of these, the ones that do not count.
 */
refused: number, 
/**
 * Operations of this device that others can see now.
 */
published: number, 
/**
 * Objects that can't be read on this device (yet).
 */
unreadable: number, 
/**
 * What did not hold.
 */
problems: Array<ProblemView>, 
/**
 * Requests.
 */
requests: number, 
/**
 * Bytes that came.
 */
received: number, 
/**
 * Bytes that went.
 */
sent: number, };

export type TakeBackRequest = { 
/**
 * The member, by name or by the beginning of the fingerprint.
 */
member: string, 
/**
 * `space`, a project, or `project/environment`.
 */
place: string, 
/**
 * What is left; nothing where it is `None`.
 */
left: string | null, };

export type TakeDriftRequest = { 
/**
 * The link's id.
 */
link: string, 
/**
 * Whether they may be made of values of a protected environment.
 */
confirmed?: boolean, };

export type TouchRequest = Record<symbol, never>;

export type UndoRequest = { 
/**
 * By its sequence; the newest that was not taken back if absent.
 */
sequence: number | null, };

export type UndoneView = { 
/**
 * Its sequence in the space's log.
 */
sequence: number, 
/**
 * What it had done.
 */
what: string, 
/**
 * What became of each linked file.
 */
links: Array<LinkWriteView>, };

export type UnlinkRequest = { 
/**
 * The link's id.
 */
link: string, };

export type UnlockRequest = { 
/**
 * Its passphrase.
 */
passphrase: string, 
/**
 * Its key file, where it has one.
 */
key_file: string | null, };

export type UnlockWaysView = { 
/**
 * The passphrase counts only with a key file.
 */
key_file: boolean, 
/**
 * The system's keyring holds a key.
 */
keyring: boolean, 
/**
 * There is a recovery kit.
 */
recovery: boolean, };

export type UnlockWithKeyringRequest = Record<symbol, never>;

export type ValueHitView = { 
/**
 * The project.
 */
project: string, 
/**
 * The environment.
 */
environment: string, 
/**
 * The secret.
 */
name: string, 
/**
 * The version's number.
 */
version: number, 
/**
 * Its stage, if it has one.
 */
stage: Stage | null, };

export type ValueShape = "password" | "passphrase" | "hex" | "base64" | "base64url" | "uuid" | "ssh_key" | "rsa_key" | "ec_key";

export type VariableView = { 
/**
 * Its name.
 */
name: string, 
/**
 * Its value.
 */
value: string, };

export type VaultView = { 
/**
 * The folder's name without `.keystead`.
 */
name: string, 
/**
 * The folder.
 */
path: string, };

export type VerifyAuditRequest = Record<symbol, never>;

export type VerifyAuditView = { 
/**
 * Whether everything agrees.
 */
verified: boolean, 
/**
 * Events recomputed, over all logs.
 */
events: number, 
/**
 * Operations recomputed, over all logs.
 */
operations: number, 
/**
 * Ciphertexts compared to the hash that their operation names.
 */
ciphertexts: number, 
/**
 * What each log's newest signed head covers.
 */
logs: Array<LogCoverageView>, 
/**
 * One sentence that says exactly what was and was not covered.
 */
words: string, 
/**
 * The first disagreement, where there is one.
 */
problem: string | null, };

export type VerifyContactRequest = { 
/**
 * Whose, as for the number.
 */
name: string, 
/**
 * The number as they read it.
 */
number: string, };

export type VersionSelector = "current" | "previous" | { "number": number };

export type VersionView = { 
/**
 * Its number, from 1.
 */
number: number, 
/**
 * Its stage; `None` for one that is neither current, previous nor pending.
 */
stage: Stage | null, 
/**
 * When it was made.
 */
created_at: number, 
/**
 * Who made it (a device's name, until identities have names).
 */
author: string, 
/**
 * How it came: `imported`, `set`, `rotated`, `generated`, `taken from file`.
 */
origin: string, 
/**
 * Whether its value is gone, outside the retention; what is known of it stays.
 */
gone: boolean, };

export type WelcomeView = { 
/**
 * The machine's name.
 */
name: string, 
/**
 * The welcome, as text. Only that machine opens it.
 */
text: string, 
/**
 * The spaces that it is in now, by name.
 */
spaces: Array<string>, };

export type WriteLinkRequest = { 
/**
 * The link's id.
 */
link: string, 
/**
 * Whether somebody else's edits may be overwritten.
 */
overwrite_drift: boolean, };

export type WrittenView = { 
/**
 * The secret's name.
 */
name: string, 
/**
 * The version that is current now.
 */
version: number, 
/**
 * The version that was current before.
 */
previous: number | null, 
/**
 * What became of each linked file.
 */
links: Array<LinkWriteView>, };

/** Every command: what it takes and what it answers. */
export interface Commands {
  status: { request: StatusRequest; view: StatusView };
  strength: { request: StrengthRequest; view: StrengthView };
  create_vault: { request: CreateVaultRequest; view: CreatedView };
  open_sample: { request: OpenSampleRequest; view: StatusView };
  open_vault: { request: OpenVaultRequest; view: StatusView };
  unlock: { request: UnlockRequest; view: StatusView };
  unlock_with_keyring: { request: UnlockWithKeyringRequest; view: StatusView };
  recover: { request: RecoverRequest; view: StatusView };
  accept_rollback: { request: AcceptRollbackRequest; view: StatusView };
  slots: { request: SlotsRequest; view: SlotsView };
  add_keyring: { request: AddKeyringRequest; view: SlotsView };
  new_recovery_kit: { request: NewRecoveryKitRequest; view: RecoveryKitView };
  confirm_recovery_kit: { request: ConfirmRecoveryKitRequest; view: SlotsView };
  remove_slot: { request: RemoveSlotRequest; view: SlotsView };
  change_passphrase: { request: ChangePassphraseRequest; view: KdfView };
  settings: { request: SettingsRequest; view: SettingsView };
  change_settings: { request: ChangeSettingsRequest; view: SettingsView };
  backup: { request: BackupRequest; view: BackupView };
  restore_backup: { request: RestoreBackupRequest; view: StatusView };
  lock: { request: LockRequest; view: StatusView };
  touch: { request: TouchRequest; view: LockView };
  projects: { request: ProjectsRequest; view: ProjectsView };
  create_project: { request: CreateProjectRequest; view: ProjectView };
  create_environment: { request: CreateEnvironmentRequest; view: ProjectView };
  matrix: { request: MatrixRequest; view: MatrixView };
  inspect: { request: InspectRequest; view: SecretView };
  reveal: { request: RevealRequest; view: RevealedView };
  copy: { request: CopyRequest; view: CopiedView };
  read: { request: ReadRequest; view: ReadView };
  one_time_code: { request: OneTimeCodeRequest; view: OneTimeCodeView };
  public_half: { request: PublicHalfRequest; view: PublicHalfView };
  set_secret: { request: SetSecretRequest; view: WrittenView };
  rotate: { request: RotateRequest; view: WrittenView };
  restore: { request: RestoreRequest; view: WrittenView };
  preview_import: { request: PreviewImportRequest; view: ImportPreviewView };
  import: { request: ImportRequest; view: ImportedView };
  card: { request: CardRequest; view: CardView };
  read_card: { request: ReadCardRequest; view: CardView };
  rename_card: { request: RenameCardRequest; view: CardView };
  save_card: { request: SaveCardRequest; view: CardView };
  contacts: { request: ContactsRequest; view: ContactsView };
  pin_card: { request: PinCardRequest; view: ContactsView };
  safety_number: { request: SafetyNumberRequest; view: SafetyNumberView };
  verify_contact: { request: VerifyContactRequest; view: ContactsView };
  forget_contact: { request: ForgetContactRequest; view: ContactsView };
  send_copy: { request: SendCopyRequest; view: SentCopyView };
  open_copy: { request: OpenCopyRequest; view: OpenedCopyView };
  export: { request: ExportRequest; view: ExportView };
  export_file: { request: ExportFileRequest; view: ExportedFileView };
  inject: { request: InjectRequest; view: InjectView };
  links: { request: LinksRequest; view: LinksView };
  preview_link: { request: PreviewLinkRequest; view: LinkPreviewView };
  link: { request: LinkRequest; view: LinkView };
  write_link: { request: WriteLinkRequest; view: LinkView };
  take_drift: { request: TakeDriftRequest; view: LinkView };
  ignore_in_git: { request: IgnoreInGitRequest; view: LinkView };
  unlink: { request: UnlinkRequest; view: LinksView };
  edit_secrets: { request: EditSecretsRequest; view: EditedView };
  remove_secrets: { request: RemoveSecretsRequest; view: EditedView };
  fill: { request: FillRequest; view: EditedView };
  move_secrets: { request: MoveSecretsRequest; view: EditedView };
  generate_values: { request: GenerateValuesRequest; view: EditedView };
  filter: { request: FilterRequest; view: FilterView };
  recognise: { request: RecogniseRequest; view: RecognisedView };
  kinds: { request: KindsRequest; view: KindsView };
  attachments: { request: AttachmentsRequest; view: AttachmentsView };
  attach: { request: AttachRequest; view: AttachmentsView };
  save_attachment: { request: SaveAttachmentRequest; view: SavedAttachmentView };
  remove_attachment: { request: RemoveAttachmentRequest; view: AttachmentsView };
  credentials: { request: CredentialsRequest; view: CredentialsView };
  edit_credential: { request: EditCredentialRequest; view: CredentialsView };
  rotate_credential: { request: RotateCredentialRequest; view: RotatedCredentialView };
  restore_credential: { request: RestoreCredentialRequest; view: RotatedCredentialView };
  edit_environment: { request: EditEnvironmentRequest; view: EditedView };
  edit_project: { request: EditProjectRequest; view: EditedView };
  operations: { request: OperationsRequest; view: OperationsView };
  compact: { request: CompactRequest; view: CompactedView };
  history: { request: HistoryRequest; view: HistoryView };
  undo: { request: UndoRequest; view: UndoneView };
  redo: { request: RedoRequest; view: UndoneView };
  search: { request: SearchRequest; view: SearchView };
  find_value: { request: FindValueRequest; view: FindValueView };
  audit: { request: AuditRequest; view: AuditView };
  spaces: { request: SpacesRequest; view: SpacesView };
  create_space: { request: CreateSpaceRequest; view: SpacesView };
  enter_space: { request: EnterSpaceRequest; view: SpacesView };
  members: { request: MembersRequest; view: MembersView };
  invite: { request: InviteRequest; view: InviteView };
  save_invite: { request: SaveInviteRequest; view: SavedInviteView };
  read_invite: { request: ReadInviteRequest; view: ReadInviteView };
  accept_invite: { request: AcceptInviteRequest; view: SpacesView };
  grant: { request: GrantRequest; view: MembersView };
  take_back: { request: TakeBackRequest; view: MembersView };
  plan_removal: { request: PlanRemovalRequest; view: RemovalView };
  remove_member: { request: RemoveMemberRequest; view: RemovalView };
  revoke_device: { request: RevokeDeviceRequest; view: MembersView };
  devices: { request: DevicesRequest; view: DevicesView };
  request_enrolment: { request: RequestEnrolmentRequest; view: EnrolmentRequestView };
  read_enrolment: { request: ReadEnrolmentRequest; view: ReadEnrolmentView };
  enrol_device: { request: EnrolDeviceRequest; view: WelcomeView };
  read_welcome: { request: ReadWelcomeRequest; view: ReadWelcomeView };
  accept_welcome: { request: AcceptWelcomeRequest; view: SpacesView };
  revoke_own_device: { request: RevokeOwnDeviceRequest; view: DevicesView };
  set_remote: { request: SetRemoteRequest; view: SpacesView };
  forget_remote: { request: ForgetRemoteRequest; view: SpacesView };
  releases: { request: ReleasesRequest; view: ReleasesView };
  set_release: { request: SetReleaseRequest; view: ReleasesView };
  explain: { request: ExplainRequest; view: ExplainView };
  conflicts: { request: ConflictsRequest; view: ConflictsView };
  settle: { request: SettleRequest; view: ConflictsView };
  sync: { request: SyncRequest; view: SyncView };
  verify_audit: { request: VerifyAuditRequest; view: VerifyAuditView };
}
