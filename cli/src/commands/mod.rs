//! One file per command.

mod accept;
pub(crate) mod agent;
mod attachment;
mod audit;
pub(crate) mod backup;
mod card;
mod code;
mod compact;
pub(crate) mod completions;
mod conflicts;
mod contacts;
mod credential;
mod device;
mod edit;
mod environment;
mod explain;
mod export;
mod fill;
mod find;
mod get;
mod grant;
mod history;
mod import;
pub(crate) mod init;
mod invite;
mod link;
mod links;
mod list;
mod lock;
mod log;
pub(crate) mod man;
mod members;
mod moving;
mod open_copy;
mod passphrase;
mod project;
mod public_half;
pub(crate) mod recover;
mod release;
mod remote;
mod remove;
mod restore;
mod rollback;
mod rotate;
mod run;
pub(crate) mod sample;
mod search;
mod set;
mod settings;
mod share;
mod slots;
mod space;
mod status;
mod sync;
mod undo;
mod unlock;
mod verify;

use crate::{
    args::{Arguments, BackupArgs, BackupCommand, Command, Global, Place},
    machine::{self, Door, Found},
    prompt, terminal,
};
use keystead_workbench::api::{
    ApiError, Code, LinkState, LinkWriteView, Present, ProjectsRequest, SecretText, SessionState,
    StatusRequest, StatusView, UnlockRequest, UnlockWithKeyringRequest,
};
use std::path::{self, Path};

/// Does a command that no host answers; an error says who stands where one would be.
pub(crate) type Alone = fn(Arguments, Option<ApiError>) -> Result<(), ApiError>;

/// Does a command: asks the host that has the vault open, else does it `alone`.
pub(crate) fn run(arguments: Arguments, alone: Alone) -> Result<(), ApiError> {
    match &arguments.command {
        // About the host itself.
        Command::Unlock => return unlock::run(&arguments.global),
        Command::Lock => return lock::run(&arguments.global),
        // These begin something, or need no vault.
        Command::Agent(_)
        | Command::Init(_)
        | Command::Sample(_)
        | Command::Recover(_)
        | Command::Completions { .. }
        | Command::Man { .. }
        | Command::Backup(BackupArgs {
            command: Some(BackupCommand::Restore { .. }),
            ..
        }) => return alone(arguments, None),
        _ => {}
    }
    match machine::open_host(&arguments.global)? {
        Found::Open(host) => {
            let Arguments { global, command } = arguments;
            let workbench = Door::Host(host);
            with_vault(Context { workbench, global }, &command)
        }
        Found::Nobody { suspect } => alone(arguments, suspect),
    }
}

/// Does a command that needs the vault open.
pub(crate) fn with_vault(context: Context, command: &Command) -> Result<(), ApiError> {
    match command {
        Command::Status => status::run(&context),
        // Becomes another program once the vault is closed.
        Command::Run(args) => run::run(context, args),
        command => with(context, |context| with_context(context, command)),
    }
}

fn with_context(context: &Context, command: &Command) -> Result<(), ApiError> {
    match command {
        // These wait for a value before they unlock.
        Command::Set(args) => set::run(context, args),
        Command::Passphrase(args) => passphrase::run(context, args),
        Command::Rotate(args) => rotate::run(context, args),
        Command::Slots(args) => slots::run(context, args),
        Command::Find => find::run(context),
        Command::Credential(args) => credential::run(context, args),
        command => context.unlock().and_then(|()| match command {
            Command::Import(args) => import::run(context, args),
            Command::Get(args) => get::run(context, args),
            Command::List(args) => list::run(context, args),
            Command::Restore(args) => restore::run(context, args),
            Command::Link(args) => link::run(context, args),
            Command::Links => links::run(context),
            Command::Export(args) => export::run(context, args),
            Command::Audit(args) => audit::run(context, args),
            Command::Settings(args) => settings::run(context, args),
            Command::Search(args) => search::run(context, args),
            Command::Edit(args) => edit::run(context, args),
            Command::Card(args) => card::run(context, args),
            Command::Contacts(args) => contacts::run(context, args),
            Command::Space(args) => space::run(context, args),
            Command::Members(args) => members::run(context, args),
            Command::Device(args) => device::run(context, args),
            Command::Invite(args) => invite::run(context, args),
            Command::Accept(args) => accept::run(context, args),
            Command::Grant(args) => grant::grant(context, args),
            Command::Revoke(args) => grant::revoke(context, args),
            Command::Release(args) => release::run(context, args),
            Command::Remote(args) => remote::run(context, args),
            Command::Explain(args) => explain::run(context, args),
            Command::Conflicts(args) => conflicts::run(context, args),
            Command::Sync => sync::run(context),
            Command::Verify(args) => verify::run(context, args),
            Command::Share(args) => share::run(context, args),
            Command::Open(args) => open_copy::run(context, args),
            Command::Compact(args) => compact::run(context, args),
            Command::History(args) => history::run(context, args),
            Command::Attachment(args) => attachment::run(context, args),
            Command::Code(args) => code::run(context, args),
            Command::Public(args) => public_half::run(context, args),
            Command::Move(args) => moving::run(context, args),
            Command::Remove(args) => remove::run(context, args),
            Command::Fill(args) => fill::run(context, args),
            Command::Environment(args) => environment::run(context, args),
            Command::Project(args) => project::run(context, args),
            Command::Log(args) => log::run(context, args),
            Command::Undo(args) => undo::run(context, args),
            Command::Redo => undo::redo(context),
            Command::Rollback { accept } => rollback::run(context, *accept),
            Command::Backup(args) => backup::run(context, args.file.as_deref()),
            Command::Init(_)
            | Command::Sample(_)
            | Command::Set(_)
            | Command::Passphrase(_)
            | Command::Rotate(_)
            | Command::Slots(_)
            | Command::Find
            | Command::Credential(_)
            | Command::Recover(_)
            | Command::Completions { .. }
            | Command::Man { .. }
            | Command::Run(_)
            | Command::Agent(_)
            | Command::Unlock
            | Command::Lock
            | Command::Status => Ok(()),
        }),
    }
}

/// Does a command, and ends what it opened.
pub(crate) fn with<T>(
    context: Context,
    act: impl FnOnce(&Context) -> Result<T, ApiError>,
) -> Result<T, ApiError> {
    let done = act(&context);
    // Only now is it known what this command held; a host says it for itself.
    if !context.workbench.is_host()
        && let Ok(StatusView {
            memory_warning: Some(words),
            ..
        }) = context.workbench.ask(StatusRequest {})
    {
        terminal::warn(&words);
    }
    // Signs what is new; a failed command may still have written events.
    let finished = context.workbench.finish();
    done.and_then(|done| finished.map(|()| done))
}

/// What every command has.
pub(crate) struct Context {
    pub(crate) workbench: Door,
    pub(crate) global: Global,
}

/// A path as the workbench takes it: a host's working directory is not ours.
///
/// # Errors
/// `invalid_input` for one that is not UTF-8: any stand-in would name another file.
pub(crate) fn utf8_path(path: &Path) -> Result<String, ApiError> {
    let path = path::absolute(path).unwrap_or_else(|_| path.to_owned());
    path.to_str().map(str::to_owned).ok_or_else(|| {
        ApiError::new(
            Code::InvalidInput,
            format!("{} is not UTF-8.", path.display()),
            "Give the file or folder a name in UTF-8.",
        )
    })
}

/// Opens the vault: by the system's keyring where that keeps a key of it and nobody named a passphrase, else by the
/// passphrase.
pub(crate) fn open(door: &Door, global: &Global) -> Result<StatusView, ApiError> {
    let ways = door.ask(StatusRequest {})?.unlock_with;
    if ways.keyring && global.passphrase_file.is_none() {
        match door.ask(UnlockWithKeyringRequest {}) {
            Err(error) if error.code == Code::Keyring => terminal::warn(&error.message),
            other => return other,
        }
    }
    let key_file = prompt::key_file(global)?;
    let passphrase = prompt::passphrase(global)?;
    door.ask(UnlockRequest {
        passphrase,
        key_file,
    })
}

/// Asks before what can't be taken back.
fn agree_for_good(context: &Context, question: &str) -> Result<(), ApiError> {
    let otherwise = ApiError::new(
        Code::NeedsConfirmation,
        "It can't be taken back, so it asks first.",
        "Say --yes, or ask in a terminal.",
    );
    prompt::agree(&context.global, question, otherwise)
}

/// What has to be shown before a way to unlock is changed.
pub(crate) fn present(global: &Global, passphrase: SecretText) -> Result<Present, ApiError> {
    Ok(Present {
        passphrase,
        key_file: prompt::key_file(global)?,
    })
}

/// Says how often somebody tried a wrong passphrase, and whether this is an older copy of the vault.
pub(crate) fn report_unlock(status: &StatusView) {
    if let Some(found) = &status.rollback {
        terminal::warn(&rollback::words(found));
    }
    match status.failed_unlocks {
        0 => {}
        1 => terminal::warn("1 wrong passphrase was tried since the last unlock"),
        n => terminal::warn(&format!(
            "{n} wrong passphrases were tried since the last unlock"
        )),
    }
}

/// There is no vault to speak of.
pub(crate) fn no_vault(status: &StatusView) -> ApiError {
    ApiError::new(
        Code::VaultNotFound,
        format!("There is no vault at {}.", status.vault.path),
        "Make one with `keystead init`, or name another one with --vault.",
    )
}

impl Context {
    fn unlock(&self) -> Result<(), ApiError> {
        if self.workbench.is_host() {
            return Ok(());
        }
        self.find_vault()?;
        // Said before anybody types a passphrase.
        self.workbench.check_free()?;
        report_unlock(&open(&self.workbench, &self.global)?);
        Ok(())
    }

    /// Unlocks once the value is there, so that whoever makes or types it does
    /// not hold the vault, and may even read it from this one.
    fn unlock_with(
        &self,
        value: impl FnOnce() -> Result<SecretText, ApiError>,
    ) -> Result<SecretText, ApiError> {
        if self.workbench.is_host() {
            return value();
        }
        let status = self.find_vault()?;
        let by_keyring = status.unlock_with.keyring && self.global.passphrase_file.is_none();
        let waits = prompt::value_is_piped() && !prompt::passphrase_is_piped(&self.global);
        if by_keyring || waits {
            let value = value()?;
            self.workbench.check_free()?;
            report_unlock(&open(&self.workbench, &self.global)?);
            return Ok(value);
        }
        if !prompt::value_is_piped() {
            self.workbench.check_free()?;
        }
        let passphrase = prompt::passphrase(&self.global)?;
        let value = value()?;
        self.open(passphrase)?;
        Ok(value)
    }

    /// Unlocks with a passphrase that is needed once more.
    pub(crate) fn unlock_by(&self, passphrase: &SecretText) -> Result<(), ApiError> {
        if self.workbench.is_host() {
            return Ok(());
        }
        self.find_vault()?;
        self.open(SecretText::new(passphrase.expose().to_owned()))
    }

    fn find_vault(&self) -> Result<StatusView, ApiError> {
        let status = self.workbench.ask(StatusRequest {})?;
        if status.state == SessionState::NoVault {
            return Err(no_vault(&status));
        }
        Ok(status)
    }

    fn open(&self, passphrase: SecretText) -> Result<(), ApiError> {
        let key_file = prompt::key_file(&self.global)?;
        let request = UnlockRequest {
            passphrase,
            key_file,
        };
        report_unlock(&self.workbench.ask(request)?);
        Ok(())
    }

    /// The project and environment that a command line means, where it leaves them out.
    pub(crate) fn place(&self, place: &Place) -> Result<(String, String), ApiError> {
        let project = self.project(place.project.as_deref())?;
        let environment = match &place.env {
            Some(name) => name.clone(),
            None => self.usual_environment(&project)?,
        };
        Ok((project, environment))
    }

    /// The project that a command line means, where it leaves it out.
    pub(crate) fn project(&self, named: Option<&str>) -> Result<String, ApiError> {
        named.map_or_else(|| self.only_project(), |name| Ok(name.to_owned()))
    }

    fn only_project(&self) -> Result<String, ApiError> {
        let projects = self.workbench.ask(ProjectsRequest {})?.projects;
        match &projects[..] {
            [one] => Ok(one.name.clone()),
            _ => Err(ApiError::new(
                Code::InvalidInput,
                format!(
                    "There are {} projects, so one must be named.",
                    projects.len()
                ),
                "Name it with --project.",
            )),
        }
    }

    fn usual_environment(&self, project: &str) -> Result<String, ApiError> {
        let projects = self.workbench.ask(ProjectsRequest {})?.projects;
        let environments = projects
            .iter()
            .find(|p| p.name == project)
            .map(|p| &p.environments[..])
            .unwrap_or_default();
        match environments {
            [one] => Ok(one.name.clone()),
            _ => Ok("dev".to_owned()),
        }
    }

    /// Tries `act` without making anything new; where it needs to, asks, then tries again.
    pub(crate) fn create_missing<T>(
        &self,
        mut act: impl FnMut(bool) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        match act(self.global.yes) {
            Err(error) if error.code == Code::NeedsConfirmation => {
                let question = format!("{} Make it?", error.message);
                prompt::agree(&self.global, &question, error)?;
                act(true)
            }
            other => other,
        }
    }

    /// Tries `act`; where a value of a protected environment would leave, asks, then tries again.
    pub(crate) fn confirm_protected<T>(
        &self,
        mut act: impl FnMut(bool) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        match act(self.global.yes) {
            Err(error) if error.code == Code::Protected => {
                let question = format!("{} Let values of it out?", error.message);
                prompt::agree(&self.global, &question, error)?;
                act(true)
            }
            other => other,
        }
    }

    /// Says what became of linked files. One that was left alone is no failure
    /// of the change itself.
    pub(crate) fn report_links(&self, links: &[LinkWriteView]) {
        for link in links {
            match &link.problem {
                None if link.state == LinkState::Current => {
                    terminal::note(&format!("wrote {}", link.path));
                }
                None => terminal::warn(&format!("{} is not up to date", link.path)),
                Some(problem) => terminal::warn(&format!("{} {}", problem.message, problem.hint)),
            }
        }
    }
}
