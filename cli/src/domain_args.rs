//! The command line of what edits, finds and takes back. Values never stand in it.

use crate::args::{Place, ShapeArg, parse_switch};
use clap::{Args, Subcommand};
use keystead_workbench::api::ExpiryChoice;
use std::path::PathBuf;

#[derive(Args)]
pub(crate) struct SampleArgs {
    /// Make another one [default: always the same]
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,
    /// So many secrets in three environments, with no history
    #[arg(long, value_name = "N")]
    pub(crate) secrets: Option<u32>,
}

#[derive(Args)]
pub(crate) struct EditArgs {
    /// The secrets' names
    #[arg(required = true)]
    pub(crate) names: Vec<String>,
    /// The project [default: the only one there is]
    #[arg(long, short = 'p', value_name = "NAME")]
    pub(crate) project: Option<String>,
    /// Give it another name
    #[arg(long, value_name = "NAME")]
    pub(crate) rename: Option<String>,
    /// Say what it is (`plain`, `openai_api_key`, ...)
    #[arg(long, value_name = "KIND")]
    pub(crate) kind: Option<String>,
    /// Write something down about it; an empty text for nothing
    #[arg(long, value_name = "TEXT")]
    pub(crate) notes: Option<String>,
    /// Say who is asked about it; an empty name for nobody
    #[arg(long, value_name = "NAME")]
    pub(crate) owner: Option<String>,
    /// Add a tag; may be repeated
    #[arg(long, value_name = "TAG")]
    pub(crate) tag: Vec<String>,
    /// Take a tag away; may be repeated
    #[arg(long, value_name = "TAG")]
    pub(crate) untag: Vec<String>,
    /// Say on which day its values stop working, or `never`
    #[arg(long, value_name = "YYYY-MM-DD|never", value_parser = parse_day)]
    pub(crate) expires: Option<ExpiryChoice>,
    /// Remind so many days before that
    #[arg(long, value_name = "DAYS")]
    pub(crate) lead: Option<u16>,
}

#[derive(Args)]
pub(crate) struct RemoveArgs {
    /// The secrets' names
    #[arg(required = true)]
    pub(crate) names: Vec<String>,
    /// The project [default: the only one there is]
    #[arg(long, short = 'p', value_name = "NAME")]
    pub(crate) project: Option<String>,
    /// Only their values in this environment
    #[arg(long, short = 'e', value_name = "NAME")]
    pub(crate) env: Option<String>,
}

#[derive(Args)]
pub(crate) struct NamedArgs {
    /// The secret's name
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) place: Place,
}

#[derive(Args)]
pub(crate) struct AttachmentArgs {
    /// The secret's name
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) place: Place,
    /// Attach this file, of at most 10 MiB; one of the same name is replaced
    #[arg(long, value_name = "FILE", conflicts_with_all = ["save", "remove"])]
    pub(crate) add: Option<PathBuf>,
    /// Write this attachment to a file of mode 0600
    #[arg(long, value_name = "ATTACHMENT", conflicts_with = "remove")]
    pub(crate) save: Option<String>,
    /// The file to write [default: named like the attachment, here]
    #[arg(long, short = 'o', value_name = "FILE", requires = "save")]
    pub(crate) output: Option<PathBuf>,
    /// Remove this attachment
    #[arg(long, value_name = "ATTACHMENT")]
    pub(crate) remove: Option<String>,
}

#[derive(Args)]
pub(crate) struct CredentialArgs {
    /// The credential's name [default: list them all]
    pub(crate) name: Option<String>,
    #[command(flatten)]
    pub(crate) place: Place,
    /// Say what it is made of: NAME, NAME#user, NAME#password or NAME#/json/pointer; with --rotate, which of these
    #[arg(long = "of", value_name = "PART", num_args = 1.., requires = "name")]
    pub(crate) parts: Vec<String>,
    /// Give it new values, all at once: each part is asked for, or read as a line of standard input
    #[arg(long, requires = "name", conflicts_with_all = ["restore", "remove", "rename"])]
    pub(crate) rotate: bool,
    /// Make the new values instead of reading them
    #[arg(long, value_enum, value_name = "SHAPE", requires = "rotate")]
    pub(crate) generate: Option<ShapeArg>,
    /// Make the previous values current again, all at once
    #[arg(long, requires = "name", conflicts_with_all = ["remove", "rename"])]
    pub(crate) restore: bool,
    /// Give it another name
    #[arg(
        long,
        value_name = "NAME",
        requires = "name",
        conflicts_with = "remove"
    )]
    pub(crate) rename: Option<String>,
    /// Remove it; its secrets stay
    #[arg(long, requires = "name")]
    pub(crate) remove: bool,
}

#[derive(Args)]
pub(crate) struct CompactArgs {
    /// Keep so many of the newest old values, of each secret in each environment [default: 20]
    #[arg(long, value_name = "N")]
    pub(crate) keep_versions: Option<u32>,
    /// And all that are younger [default: 400]
    #[arg(long, value_name = "DAYS")]
    pub(crate) keep_days: Option<u32>,
}

#[derive(Args)]
pub(crate) struct CardArgs {
    /// Give it another name first
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// Write it to this file
    #[arg(long, short = 'o', value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct ContactsArgs {
    /// Keep the card in this file, or on standard input with `-`
    #[arg(long, value_name = "FILE", conflicts_with = "forget")]
    pub(crate) add: Option<String>,
    /// Forget somebody's card
    #[arg(long, value_name = "NAME")]
    pub(crate) forget: Option<String>,
}

#[derive(Args)]
pub(crate) struct VerifyArgs {
    /// Whose: the name or the fingerprint of a kept card or of a member
    pub(crate) name: String,
    /// The sixty digits as they read them out [default: shows the number and asks]
    #[arg(long, value_name = "DIGITS")]
    pub(crate) number: Option<String>,
}

#[derive(Args)]
pub(crate) struct ShareArgs {
    /// The secrets' names
    #[arg(required = true)]
    pub(crate) names: Vec<String>,
    /// For whom: the name on a card that is kept, a file with a card, `-` for one on standard input, or an age1pq1…
    /// recipient; may be repeated
    #[arg(long, required = true, value_name = "CARD")]
    pub(crate) to: Vec<String>,
    #[command(flatten)]
    pub(crate) place: Place,
    /// The file to write, `-` for text on standard output [default: the first name, with .age]
    #[arg(long, short = 'o', value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct OpenArgs {
    /// The file, or `-` for text on standard input
    pub(crate) file: PathBuf,
}

#[derive(Args)]
pub(crate) struct SpaceArgs {
    #[command(subcommand)]
    pub(crate) command: Option<SpaceCommand>,
}

#[derive(Subcommand)]
pub(crate) enum SpaceCommand {
    /// Make a space for several people
    Create {
        /// Its name
        name: String,
    },
}

#[derive(Args)]
pub(crate) struct InviteArgs {
    /// A file with their card and device, as `keystead card` writes them, or `-`
    #[arg(long, required = true, value_name = "FILE")]
    pub(crate) card: String,
    /// What they get: space, PROJECT or PROJECT/ENVIRONMENT, and reader, editor or owner; may be repeated
    #[arg(long, required = true, value_name = "PLACE=ROLE")]
    pub(crate) grant: Vec<String>,
    /// When all of it ends: an owner's program takes it back then
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = parse_day)]
    pub(crate) until: Option<ExpiryChoice>,
    /// Give them the keys of older values too
    #[arg(long)]
    pub(crate) with_history: bool,
    /// Leave the keys of the storage out of the invite
    #[arg(long)]
    pub(crate) no_keys: bool,
    /// The file to write [default: prints it]
    #[arg(long, short = 'o', value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct AcceptArgs {
    /// The file with the invite, or `-`
    pub(crate) file: String,
}

#[derive(Args)]
pub(crate) struct GrantArgs {
    /// The member, by name or by the beginning of the fingerprint
    pub(crate) member: String,
    /// space, PROJECT or PROJECT/ENVIRONMENT
    pub(crate) place: String,
    /// reader, editor or owner
    pub(crate) role: String,
    /// When it ends: an owner's program takes it back then
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = parse_day)]
    pub(crate) until: Option<ExpiryChoice>,
    /// Give them the keys of older values too
    #[arg(long)]
    pub(crate) with_history: bool,
}

#[derive(Args)]
pub(crate) struct ExplainArgs {
    /// The member, by name or by the beginning of the fingerprint
    pub(crate) member: String,
    /// space, PROJECT or PROJECT/ENVIRONMENT
    pub(crate) place: String,
}

#[derive(Args)]
pub(crate) struct ReleaseArgs {
    /// space, PROJECT or PROJECT/ENVIRONMENT [default: lists every rule]
    pub(crate) place: Option<String>,
    /// From one hour of the day to before another one, UTC; 22-6 is over midnight
    #[arg(long, value_name = "FROM-UNTIL", value_parser = parse_hours, requires = "place")]
    pub(crate) hours: Option<(u8, u8)>,
    /// Only secrets with this tag; may be repeated
    #[arg(long, value_name = "TAG", requires = "place")]
    pub(crate) tag: Vec<String>,
    /// Only on this device, by name or by the beginning of its id; may be repeated
    #[arg(long, value_name = "DEVICE", requires = "place")]
    pub(crate) device: Vec<String>,
    /// Whenever somebody may read them: takes the rule away
    #[arg(long, conflicts_with_all = ["hours", "tag", "device"], requires = "place")]
    pub(crate) always: bool,
}

fn parse_hours(text: &str) -> Result<(u8, u8), String> {
    let hours = text.split_once('-').and_then(|(from, until)| {
        let hour = |text: &str| text.trim().parse::<u8>().ok();
        Some((hour(from)?, hour(until)?))
    });
    hours.ok_or_else(|| "say it like 8-18".to_owned())
}

#[derive(Args)]
pub(crate) struct RevokeArgs {
    /// The member, by name or by the beginning of the fingerprint
    pub(crate) member: String,
    /// space, PROJECT or PROJECT/ENVIRONMENT
    pub(crate) place: String,
    /// What is left of it: reader or editor [default: nothing]
    pub(crate) left: Option<String>,
}

#[derive(Args)]
pub(crate) struct RemoveMemberArgs {
    /// The member, by name or by the beginning of the fingerprint
    pub(crate) member: String,
    /// Only say what it would do
    #[arg(long)]
    pub(crate) plan: bool,
}

#[derive(Args)]
pub(crate) struct MembersArgs {
    #[command(subcommand)]
    pub(crate) command: Option<MembersCommand>,
}

#[derive(Subcommand)]
pub(crate) enum MembersCommand {
    /// Remove a member with every device, make new keys and seal what is in use anew
    Remove(RemoveMemberArgs),
    /// Revoke one device for good
    RevokeDevice {
        /// By name or by the beginning of its id
        device: String,
    },
}

#[derive(Args)]
pub(crate) struct DeviceArgs {
    #[command(subcommand)]
    pub(crate) command: Option<DeviceCommand>,
}

#[derive(Subcommand)]
pub(crate) enum DeviceCommand {
    /// Ask on a new machine, in a new vault, to become one of your devices
    Request {
        /// The file to write [default: prints it]
        #[arg(long, short = 'o', value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Take in a machine that asked, with the code that it shows
    Add(AddDeviceArgs),
    /// Become one of your devices, on the machine that asked
    Join {
        /// The file with the welcome, or `-`
        file: String,
    },
    /// Revoke another one of your devices for good, in every space
    Revoke {
        /// By name or by the beginning of its id
        device: String,
    },
}

#[derive(Args)]
pub(crate) struct AddDeviceArgs {
    /// The file with the request; its code is asked for, or read from standard input
    pub(crate) file: PathBuf,
    /// Give it your identity's keys: it can take in others then, and losing it is losing your identity
    #[arg(long)]
    pub(crate) primary: bool,
    /// Leave the keys of the storages out
    #[arg(long)]
    pub(crate) no_keys: bool,
    /// The file to write [default: prints it]
    #[arg(long, short = 'o', value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct ConflictsArgs {
    #[command(subcommand)]
    pub(crate) command: Option<ConflictsCommand>,
}

#[derive(Subcommand)]
pub(crate) enum ConflictsCommand {
    /// Settle one: keep what stands, or take what waits
    Settle {
        /// Which, as the list names it
        id: String,
        /// What waits takes the place of what stands
        #[arg(long)]
        take: bool,
    },
}

#[derive(Args)]
pub(crate) struct RemoteArgs {
    #[command(subcommand)]
    pub(crate) command: Option<RemoteCommand>,
}

#[derive(Subcommand)]
pub(crate) enum RemoteCommand {
    /// Say where the space is kept
    Add {
        /// A folder that something synchronizes, or s3://BUCKET/PREFIX?region=…&endpoint=…
        place: String,
        /// The environment of the own space with AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY
        #[arg(long, value_name = "PROJECT/ENVIRONMENT")]
        keys: Option<String>,
    },
    /// Show where each space is kept, and how it went
    Status,
    /// Forget where the space is kept; what is there stays
    Remove,
}

#[derive(Args)]
pub(crate) struct MoveArgs {
    /// The secrets' names
    #[arg(required = true)]
    pub(crate) names: Vec<String>,
    /// The project that they leave [default: the only one there is]
    #[arg(long, short = 'p', value_name = "NAME")]
    pub(crate) project: Option<String>,
    /// The project that gets them
    #[arg(long, value_name = "PROJECT")]
    pub(crate) to: String,
}

#[derive(Args)]
pub(crate) struct FillArgs {
    /// The secrets' names [default: all that the one has and the other lacks]
    pub(crate) names: Vec<String>,
    /// The project [default: the only one there is]
    #[arg(long, short = 'p', value_name = "NAME")]
    pub(crate) project: Option<String>,
    /// The environment that has them
    #[arg(long, value_name = "ENV")]
    pub(crate) from: String,
    /// The environment that gets them
    #[arg(long, value_name = "ENV")]
    pub(crate) to: String,
}

#[derive(Args)]
pub(crate) struct EnvironmentArgs {
    #[command(flatten)]
    pub(crate) place: Place,
    /// Make it
    #[arg(long, conflicts_with_all = ["rename", "remove"])]
    pub(crate) new: bool,
    /// Give it another name
    #[arg(long, value_name = "NAME")]
    pub(crate) rename: Option<String>,
    /// Ask again before a value leaves it
    #[arg(long, value_name = "on|off", value_parser = parse_switch)]
    pub(crate) protect: Option<bool>,
    /// Where it has no value, take that of this environment; an empty name for none
    #[arg(long, value_name = "ENV")]
    pub(crate) inherit: Option<String>,
    /// Its place in the order, from 1
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) position: Option<u32>,
    /// Remove it; its versions stay
    #[arg(long, conflicts_with = "rename")]
    pub(crate) remove: bool,
}

#[derive(Args)]
pub(crate) struct ProjectArgs {
    /// The project
    pub(crate) name: String,
    /// Make it, with these environments
    #[arg(long, value_name = "ENV", num_args = 1.., conflicts_with_all = ["rename", "remove"])]
    pub(crate) new: Vec<String>,
    /// Give it another name
    #[arg(long, value_name = "NAME", conflicts_with = "remove")]
    pub(crate) rename: Option<String>,
    /// Remove it; its versions stay
    #[arg(long)]
    pub(crate) remove: bool,
}

#[derive(Args)]
pub(crate) struct LogArgs {
    /// Show so many
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub(crate) limit: u32,
    /// Show those before this operation
    #[arg(long, value_name = "OPERATION")]
    pub(crate) before: Option<u64>,
}

#[derive(Args)]
pub(crate) struct UndoArgs {
    /// An operation's number in `keystead log` [default: the newest that was not taken back]
    pub(crate) operation: Option<u64>,
}

#[derive(Args)]
pub(crate) struct SearchArgs {
    /// Words, and filters: env:prod missing:prod project:churn tag:customer kind:openai owner:mara due:7d
    pub(crate) query: Vec<String>,
    /// Show so many
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub(crate) limit: u32,
}

/// The end of a day where this machine is.
fn parse_day(text: &str) -> Result<ExpiryChoice, String> {
    if text == "never" {
        return Ok(ExpiryChoice::Never);
    }
    let day: jiff::civil::Date = text
        .parse()
        .map_err(|_| "write a day as 2027-03-31, or `never`".to_owned())?;
    let end = day
        .at(23, 59, 59, 0)
        .to_zoned(jiff::tz::TimeZone::system())
        .map_err(|_| "that day is out of reach".to_owned())?;
    Ok(ExpiryChoice::At(end.timestamp().as_millisecond()))
}
