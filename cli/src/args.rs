//! The command line. Values and passphrases never stand in it.

use crate::{
    domain_args::{
        AcceptArgs, AttachmentArgs, CardArgs, CompactArgs, ConflictsArgs, ContactsArgs,
        CredentialArgs, DeviceArgs, EditArgs, EnvironmentArgs, ExplainArgs, FillArgs, GrantArgs,
        InviteArgs, LogArgs, MembersArgs, MoveArgs, NamedArgs, OpenArgs, ProjectArgs, ReleaseArgs,
        RemoteArgs, RemoveArgs, RevokeArgs, SampleArgs, SearchArgs, ShareArgs, SpaceArgs, UndoArgs,
        VerifyArgs,
    },
    terminal,
};
use clap::{
    Args, Parser, Subcommand, ValueEnum,
    error::{ContextKind, ContextValue, ErrorKind},
};
use keystead_workbench::api;
use std::{
    env,
    ffi::{OsStr, OsString},
    path::{Path, PathBuf},
    process,
    time::Duration,
};

/// A secrets workbench for people who build with AI.
#[derive(Parser)]
#[command(name = "keystead", version, about, after_long_help = EXIT_CODES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The command line of this process. Ends it with 2 where there is no reading it.
pub(crate) fn parse() -> Arguments {
    Arguments::try_parse().unwrap_or_else(|error| {
        let takes_value = env::args_os().any(|word| word == "set" || word == "rotate");
        let words = error.to_string();
        if takes_value && may_repeat_value(error.kind()) {
            terminal::lines(&without_value(&error));
        } else if words.chars().any(|c| c.is_control() && c != '\n') {
            terminal::lines(&words);
        } else {
            error.exit();
        }
        process::exit(error.exit_code())
    })
}

/// Whether clap's words for this may hold something from the command line that
/// is not a flag's or a command's name.
fn may_repeat_value(kind: ErrorKind) -> bool {
    !matches!(
        kind,
        ErrorKind::DisplayHelp
            | ErrorKind::DisplayVersion
            | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
            | ErrorKind::MissingRequiredArgument
            | ErrorKind::MissingSubcommand
            | ErrorKind::ArgumentConflict
    )
}

/// What is wrong, but not with which words: one of them may be the secret that
/// somebody typed where it does not belong.
fn without_value(error: &clap::Error) -> String {
    let mut words = match error.kind().as_str() {
        Some(what) => format!("error: {what}\n\n"),
        None => "error: the command line is wrong\n\n".to_owned(),
    };
    words += "  A value never stands on the command line: pipe it to standard input, or type it when asked.\n";
    if let Some(ContextValue::String(flag)) = error.get(ContextKind::SuggestedArg) {
        words += &format!("  A similar argument exists: {flag}\n");
    }
    words + "\nFor more information, try '--help'."
}

const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  failed
  2  the command line is wrong
  3  not found: vault, project, environment, secret, version or link
  4  can't unlock: wrong passphrase, key file, recovery words or keyring; damaged or unsupported vault
  5  busy: another program has the vault open
  6  needs a yes, something is there already or was changed since, or a linked file was edited
  7  bad input: a name, value or file, or a dialect that can't carry a value
  8  reading or writing a file failed
  9  a shared space: your role does not allow it, or you have no key
 10  a shared space: its storage can't be reached, or does what it must not
 127 `run`: the program is not there, or is none
 130 cancelled; nothing was changed

`run` ends as the program does that it runs.";

/// Everywhere.
#[derive(Args)]
pub(crate) struct Global {
    // Not clap's `env`: a variable that is set to nothing is as one that is not set.
    /// The vault's folder [env: KEYSTEAD_VAULT] [default: by the XDG rules]
    #[arg(long, global = true, value_name = "PATH")]
    pub(crate) vault: Option<PathBuf>,
    /// Read the passphrase from this file's first line; `-` is standard input
    #[arg(long, global = true, value_name = "PATH")]
    pub(crate) passphrase_file: Option<PathBuf>,
    /// The vault's key file, where it has one [env: KEYSTEAD_KEY_FILE]
    #[arg(long, global = true, value_name = "PATH")]
    pub(crate) key_file: Option<PathBuf>,
    /// Agree to what would be asked
    #[arg(long, short = 'y', global = true)]
    pub(crate) yes: bool,
    /// Print JSON where the command reads something
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Work in this space [env: KEYSTEAD_SPACE] [default: the vault's own]
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) space: Option<String>,
    /// Say why; it stands in the audit
    #[arg(long, global = true, value_name = "TEXT", default_value = "")]
    pub(crate) purpose: String,
}

impl Global {
    /// The space to work in; empty for the vault's own.
    pub(crate) fn space(&self) -> String {
        let named = || std::env::var("KEYSTEAD_SPACE").unwrap_or_default();
        self.space.clone().unwrap_or_else(named)
    }
}

/// Where a secret is.
#[derive(Args)]
pub(crate) struct Place {
    /// The project [default: the only one there is]
    #[arg(long, short = 'p', value_name = "NAME")]
    pub(crate) project: Option<String>,
    /// The environment [default: the project's only one, else dev]
    #[arg(long, short = 'e', value_name = "NAME")]
    pub(crate) env: Option<String>,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Make a vault
    Init(InitArgs),
    /// Make a vault with made-up projects, people and history, to try things out
    Sample(SampleArgs),
    /// Bring in the secrets of a file
    Import(ImportArgs),
    /// Store a value, from standard input or a prompt
    Set(SetArgs),
    /// Print a value, and nothing else
    Get(GetArgs),
    /// List secrets, without values
    List(ListArgs),
    /// Replace a value by a new one; the old one becomes `previous`
    Rotate(RotateArgs),
    /// Make an older version current again
    Restore(RestoreArgs),
    /// Keep a local folder's file exported
    Link(LinkArgs),
    /// List links and what is on disk compared to the vault
    Links,
    /// Print an environment in a dialect
    Export(ExportArgs),
    /// Run a program with an environment's secrets in its environment; nothing is written to disk
    Run(RunArgs),
    /// Hold the vault open for other commands, in the foreground
    Agent(AgentArgs),
    /// Write the whole vault into one encrypted file, and read it back
    Backup(BackupArgs),
    /// Give the vault another passphrase
    Passphrase(PassphraseArgs),
    /// List the ways to unlock the vault, add one or remove one
    Slots(SlotsArgs),
    /// Show or change when the vault locks, how long values stay copied, when it is backed up
    Settings(SettingsArgs),
    /// Open the vault with its recovery kit and give it a new passphrase
    Recover(RecoverArgs),
    /// Open the vault in the window or agent that runs
    Unlock,
    /// Wipe the keys in the window or agent that runs
    Lock,
    /// Whether the vault is open, and who holds it
    Status,
    /// Say whether the vault is an older copy than this machine knew, and go on from it
    Rollback {
        /// Go on from it: what it lacks stays lost
        #[arg(long)]
        accept: bool,
    },
    /// Find secrets by name, tag, note, kind, owner; env:prod, due:7d and others are filters
    Search(SearchArgs),
    /// Say which secrets hold a value, from standard input or a prompt
    Find,
    /// Tag, rename or annotate secrets; say who owns them and when they expire
    Edit(EditArgs),
    /// Show the card that others need to seal something for you
    Card(CardArgs),
    /// List whose cards are kept, or keep or forget one
    Contacts(ContactsArgs),
    /// List the vault's spaces, or make one for several people
    Space(SpaceArgs),
    /// List who is in a space, or let somebody or a device go
    Members(MembersArgs),
    /// List your devices, take in another machine, or revoke one
    Device(DeviceArgs),
    /// Invite somebody into a space by their card
    Invite(InviteArgs),
    /// Join the space of an invite
    Accept(AcceptArgs),
    /// Give a member a role
    Grant(GrantArgs),
    /// Show or say when values of a place leave: hours, tags, devices
    Release(ReleaseArgs),
    /// Take a role back from a member, or leave less of it
    Revoke(RevokeArgs),
    /// Say where a space is kept, and see how it went
    Remote(RemoteArgs),
    /// Say what a member may do in a place, and why
    Explain(ExplainArgs),
    /// List what people said apart of the same thing, or settle it
    Conflicts(ConflictsArgs),
    /// Take in what others wrote, and publish what was done here
    Sync,
    /// Compare the safety number with somebody whose card is kept
    Verify(VerifyArgs),
    /// Seal copies of values for somebody, as an age file; it is recorded as an exposure
    Share(ShareArgs),
    /// Print what somebody sealed for you; `import` takes such a file too
    Open(OpenArgs),
    /// Let changes from long ago, and old values outside the retention, give way; audit stays
    Compact(CompactArgs),
    /// Tell what became of a secret: what changed in its values, without them, and what was said of it
    History(NamedArgs),
    /// List the files of a secret, or attach, save or remove one
    Attachment(AttachmentArgs),
    /// List credentials, which are what a provider knows as one thing, or edit, rotate or restore one
    Credential(CredentialArgs),
    /// Print the one-time code of this moment, from a secret that holds a TOTP secret
    Code(NamedArgs),
    /// Print the public half of a private key
    Public(NamedArgs),
    /// Move secrets to another project
    Move(MoveArgs),
    /// Remove secrets, or their values in one environment
    Remove(RemoveArgs),
    /// Copy values that one environment has to another that lacks them
    Fill(FillArgs),
    /// List a project's environments; make, protect, order, rename or remove one
    Environment(EnvironmentArgs),
    /// Make, rename or remove a project
    Project(ProjectArgs),
    /// Show what was done to the vault, newest first
    Log(LogArgs),
    /// Take an operation back
    Undo(UndoArgs),
    /// Make again what was taken back last
    Redo,
    /// Show what was done, by whom, when and from where
    Audit(AuditArgs),
    /// Print what a shell needs to complete commands and flags
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page, or write one page for each command
    Man {
        /// Write keystead.1, keystead-get.1 and so on into this folder
        #[arg(long, value_name = "DIR")]
        to: Option<PathBuf>,
    },
}

#[derive(Args)]
pub(crate) struct RunArgs {
    #[command(flatten)]
    pub(crate) place: Place,
    /// The program and its arguments, after `--`
    #[arg(last = true, required = true, value_name = "CMD")]
    pub(crate) command: Vec<OsString>,
}

#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct BackupArgs {
    #[command(subcommand)]
    pub(crate) command: Option<BackupCommand>,
    /// The new file [default: NAME-DATE-TIME.keystead-backup in this folder]
    pub(crate) file: Option<PathBuf>,
}

#[derive(Subcommand)]
pub(crate) enum BackupCommand {
    /// Make a vault of a backup, at the place that --vault names
    Restore {
        /// The backup
        file: PathBuf,
    },
}

#[derive(Args)]
pub(crate) struct PassphraseArgs {
    /// Read the new passphrase from this file's first line
    #[arg(long, value_name = "PATH")]
    pub(crate) new_passphrase_file: Option<PathBuf>,
    /// Make a key file at this path, without which the passphrase opens nothing
    #[arg(long, value_name = "PATH", conflicts_with = "without_key_file")]
    pub(crate) make_key_file: Option<PathBuf>,
    /// From now on the passphrase opens the vault alone
    #[arg(long)]
    pub(crate) without_key_file: bool,
    /// Others may know the present one: make a new root key; every other way to unlock goes
    #[arg(long)]
    pub(crate) compromised: bool,
    #[command(flatten)]
    pub(crate) kdf: InitArgs,
}

#[derive(Args)]
pub(crate) struct SlotsArgs {
    #[command(subcommand)]
    pub(crate) command: Option<SlotsCommand>,
}

#[derive(Subcommand)]
pub(crate) enum SlotsCommand {
    /// Add a recovery kit, or a key in the system's keyring
    Add {
        /// Which
        kind: SlotArg,
    },
    /// Remove a way to unlock
    Remove {
        /// Which
        kind: SlotArg,
        /// Others may know it: make a new root key; every way but the passphrase goes
        #[arg(long)]
        compromised: bool,
    },
}

/// A way to unlock beside the passphrase.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SlotArg {
    /// 24 words on paper
    Recovery,
    /// A key in the system's keyring
    Keyring,
}

impl From<SlotArg> for api::SlotKind {
    fn from(kind: SlotArg) -> Self {
        match kind {
            SlotArg::Recovery => Self::Recovery,
            SlotArg::Keyring => Self::Keyring,
        }
    }
}

#[derive(Args)]
pub(crate) struct SettingsArgs {
    /// Choose a preset: relaxed, balanced or strict
    #[arg(long, value_name = "NAME")]
    pub(crate) preset: Option<String>,
    /// Lock when nobody was there for so long
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    pub(crate) idle: Option<Duration>,
    /// Lock when the machine goes to sleep
    #[arg(long, value_name = "on|off", value_parser = parse_switch)]
    pub(crate) lock_on_sleep: Option<bool>,
    /// Lock when the screen is locked
    #[arg(long, value_name = "on|off", value_parser = parse_switch)]
    pub(crate) lock_with_screen: Option<bool>,
    /// Empty the clipboard of a copied value after so long
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    pub(crate) clipboard: Option<Duration>,
    /// Make backups in this folder
    #[arg(long, value_name = "DIR")]
    pub(crate) backups_to: Option<PathBuf>,
    /// Hours between two backups
    #[arg(long, value_name = "HOURS")]
    pub(crate) backups_every: Option<u32>,
    /// Keep so many of the newest backups
    #[arg(long, value_name = "N")]
    pub(crate) backups_keep: Option<u32>,
    /// Make no backups
    #[arg(long, conflicts_with_all = ["backups_to", "backups_every", "backups_keep"])]
    pub(crate) no_backups: bool,
}

pub(crate) fn parse_switch(text: &str) -> Result<bool, String> {
    match text {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err("on or off".to_owned()),
    }
}

#[derive(Args)]
pub(crate) struct RecoverArgs {
    /// Read the 24 words from this file; `-` is the first line of standard input
    #[arg(long, value_name = "PATH")]
    pub(crate) words_file: Option<PathBuf>,
    /// Read the new passphrase from this file's first line
    #[arg(long, value_name = "PATH")]
    pub(crate) new_passphrase_file: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) kdf: InitArgs,
}

#[derive(Args)]
pub(crate) struct AgentArgs {
    /// Lock when nothing was asked for so long [default: as the vault's settings say]
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    pub(crate) idle: Option<Duration>,
    /// Lock so long after the unlock, whatever happens; at most 12h
    #[arg(long, value_name = "TIME", value_parser = parse_time, default_value = "12h")]
    pub(crate) limit: Duration,
    /// Start locked; `keystead unlock` opens the vault
    #[arg(long)]
    pub(crate) locked: bool,
}

/// No vault is open for longer without its passphrase.
const LONGEST: Duration = Duration::from_secs(12 * 60 * 60);
const SHORTEST: Duration = Duration::from_secs(1);

fn parse_time(text: &str) -> Result<Duration, String> {
    let parsed: Option<jiff::SignedDuration> = text.parse().ok();
    parsed
        .and_then(|time| Duration::try_from(time).ok())
        .filter(|time| (SHORTEST..=LONGEST).contains(time))
        .ok_or_else(|| "a time like 90s, 10m or 2h, from 1s to 12h".to_owned())
}

#[derive(Args)]
pub(crate) struct InitArgs {
    /// Memory of each guess, in MiB, at least 64 [default: calibrated to this machine]
    #[arg(long, value_name = "MIB")]
    pub(crate) kdf_memory: Option<u32>,
    /// Passes over that memory, at least 3 [default: calibrated to this machine]
    #[arg(long, value_name = "N")]
    pub(crate) kdf_passes: Option<u32>,
}

#[derive(Args)]
pub(crate) struct ImportArgs {
    /// The file
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) place: Place,
    /// Whose reading of the file counts [default: dotenv, or as a name ending in .json or .yaml says]
    #[arg(long, value_enum)]
    pub(crate) dialect: Option<DialectArg>,
    /// Only show what would be imported
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// How a value is read.
#[derive(Args, Clone, Copy, Default)]
pub(crate) struct InputArgs {
    /// Keep a newline at the end of standard input
    #[arg(long)]
    pub(crate) raw: bool,
    /// Store an empty value where none is given
    #[arg(long)]
    pub(crate) empty: bool,
}

#[derive(Args)]
pub(crate) struct SetArgs {
    /// The secret's name
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) place: Place,
    /// Make the value instead of reading it
    #[arg(long, value_enum, value_name = "SHAPE")]
    pub(crate) generate: Option<ShapeArg>,
    #[command(flatten)]
    pub(crate) input: InputArgs,
}

#[derive(Args)]
pub(crate) struct GetArgs {
    /// The secret's name
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) place: Place,
    /// A version's number, or `previous`
    #[arg(long, value_name = "N|previous", value_parser = parse_version)]
    pub(crate) version: Option<api::VersionSelector>,
}

#[derive(Args)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    pub(crate) place: Place,
}

#[derive(Args)]
pub(crate) struct RotateArgs {
    /// The secret's name
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) place: Place,
    /// Make the new value instead of reading it
    #[arg(long, value_enum, value_name = "SHAPE")]
    pub(crate) generate: Option<ShapeArg>,
    /// Store it beside the present one, and put it into use later
    #[arg(long)]
    pub(crate) pending: bool,
    #[command(flatten)]
    pub(crate) input: InputArgs,
}

#[derive(Args)]
pub(crate) struct RestoreArgs {
    /// The secret's name
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) place: Place,
    /// A version's number, or `previous`
    #[arg(long, value_name = "N|previous", value_parser = parse_version, default_value = "previous")]
    pub(crate) version: api::VersionSelector,
}

#[derive(Args)]
pub(crate) struct LinkArgs {
    /// The project's folder
    pub(crate) dir: PathBuf,
    #[command(flatten)]
    pub(crate) place: Place,
    /// For which reader [default: dotenv, or as a name ending in .json or .yaml says]
    #[arg(long, value_enum)]
    pub(crate) dialect: Option<DialectArg>,
    /// The file in the folder [default: .env, .env.json or .env.yaml]
    #[arg(long, value_name = "NAME")]
    pub(crate) file: Option<String>,
    /// Write the file again although somebody edited it
    #[arg(long)]
    pub(crate) overwrite: bool,
    /// Take the values of the edited file into the vault
    #[arg(long, conflicts_with = "overwrite")]
    pub(crate) take: bool,
    /// Forget the link; the file stays
    #[arg(long, conflicts_with_all = ["overwrite", "take"])]
    pub(crate) remove: bool,
}

#[derive(Args)]
pub(crate) struct ExportArgs {
    /// The secrets' names [default: all of the environment]
    pub(crate) names: Vec<String>,
    #[command(flatten)]
    pub(crate) place: Place,
    /// For which reader [default: dotenv, or as a name ending in .json or .yaml says]
    #[arg(long, value_enum)]
    pub(crate) dialect: Option<DialectArg>,
    /// Write to this file, of mode 0600, instead of standard output
    #[arg(long, short = 'o', value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct AuditArgs {
    #[command(subcommand)]
    pub(crate) command: Option<AuditCommand>,
    /// At most so many events
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub(crate) limit: u32,
    /// Only events before this position, as an earlier answer gives it
    #[arg(long, value_name = "POSITION")]
    pub(crate) before: Option<i64>,
}

#[derive(Subcommand)]
pub(crate) enum AuditCommand {
    /// Recompute the logs and say exactly what was covered
    Verify,
}

/// A dialect, named after its reader.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum DialectArg {
    /// python-dotenv, interpolation on
    Dotenv,
    /// npm dotenv
    DotenvNode,
    /// bash, by `source`
    Shell,
    /// jq: one object
    Json,
    /// PyYAML: one mapping
    Yaml,
}

impl DialectArg {
    /// Gives the dialect that was named, or else the one of a file's name.
    pub(crate) fn of(named: Option<Self>, file: Option<&Path>) -> Self {
        let ending = file.and_then(Path::extension).and_then(OsStr::to_str);
        named.unwrap_or(match ending {
            Some("json") => Self::Json,
            Some("yaml" | "yml") => Self::Yaml,
            _ => Self::Dotenv,
        })
    }
}

impl From<DialectArg> for api::Dialect {
    fn from(dialect: DialectArg) -> Self {
        match dialect {
            DialectArg::Dotenv => Self::Dotenv,
            DialectArg::DotenvNode => Self::DotenvNode,
            DialectArg::Shell => Self::Shell,
            DialectArg::Json => Self::Json,
            DialectArg::Yaml => Self::Yaml,
        }
    }
}

/// What a generated value looks like.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum ShapeArg {
    /// 32 letters, digits and -_.~
    Password,
    /// Eight words with hyphens between
    Passphrase,
    /// 64 hex digits
    Hex,
    /// 32 bytes in base64
    Base64,
    /// 43 characters of URL-safe base64
    Base64url,
    /// A random UUID
    Uuid,
    /// An Ed25519 key in OpenSSH's format
    SshKey,
    /// An RSA key of 3072 bits in PKCS #8
    RsaKey,
    /// A P-256 key in PKCS #8
    EcKey,
}

impl From<ShapeArg> for api::ValueShape {
    fn from(shape: ShapeArg) -> Self {
        match shape {
            ShapeArg::Password => Self::Password,
            ShapeArg::Passphrase => Self::Passphrase,
            ShapeArg::Hex => Self::Hex,
            ShapeArg::Base64 => Self::Base64,
            ShapeArg::Uuid => Self::Uuid,
            ShapeArg::Base64url => Self::Base64url,
            ShapeArg::SshKey => Self::SshKey,
            ShapeArg::RsaKey => Self::RsaKey,
            ShapeArg::EcKey => Self::EcKey,
        }
    }
}

fn parse_version(text: &str) -> Result<api::VersionSelector, String> {
    match text {
        "current" => Ok(api::VersionSelector::Current),
        "previous" => Ok(api::VersionSelector::Previous),
        number => match number.trim_start_matches('v').parse() {
            Ok(0) | Err(_) => Err("a version is a number from 1, or `previous`".to_owned()),
            Ok(number) => Ok(api::VersionSelector::Number(number)),
        },
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        super::Arguments::command().debug_assert();
    }

    #[test]
    fn a_time_is_in_words_and_within_bounds() {
        let seconds = |text| super::parse_time(text).ok().map(|time| time.as_secs());
        assert_eq!(seconds("90s"), Some(90));
        assert_eq!(seconds("10m"), Some(600));
        assert_eq!(seconds("1h 30m"), Some(5400));
        assert_eq!(seconds("12h"), Some(43_200));
        for wrong in [
            "",
            "10",
            "0s",
            "-5m",
            "12h 1s",
            "13h",
            "9999999999999h",
            "soon",
        ] {
            assert_eq!(seconds(wrong), None, "{wrong}");
        }
    }
}
