//! What no host answers: the vault is opened in this process.

use crate::{
    args::{Arguments, BackupArgs, BackupCommand, Command, Global},
    commands::{self, Context, agent, backup, completions, init, man, recover, sample},
    machine::{Door, Opened, vault},
    terminal,
};
use keystead_workbench::{
    Cancel, Platform, Settings, Workbench, anchor_folder,
    api::{ApiError, Code, LockReason, Millis, Notice, Request, Response, SecretText},
    boot_clock, device_name, socket_folder, user_name, wall_clock,
};
use std::{env, sync::Arc, time::Duration};

/// Does it. `suspect` is who stands where a host would be.
pub(crate) fn run(arguments: Arguments, suspect: Option<ApiError>) -> Result<(), ApiError> {
    let Arguments { global, command } = arguments;
    match &command {
        // About the command line: no vault.
        Command::Completions { shell } => return completions::run(*shell),
        Command::Man { to } => return man::run(to.as_deref()),
        Command::Agent(args) => return agent::run(&global, args),
        _ => {}
    }
    let workbench = Door::Here(here(&global)?);
    let context = Context { workbench, global };
    match (&command, suspect) {
        // It looks by itself, and fails with it.
        (Command::Status, _) | (_, None) => {}
        (_, Some(suspect)) => terminal::warn(&suspect.message),
    }
    match &command {
        Command::Init(args) => commands::with(context, |context| init::run(context, args)),
        Command::Sample(args) => commands::with(context, |context| sample::run(context, args)),
        Command::Recover(args) => commands::with(context, |context| recover::run(context, args)),
        Command::Backup(BackupArgs {
            command: Some(BackupCommand::Restore { file }),
            ..
        }) => commands::with(context, |context| backup::restore(context, file)),
        command => commands::with_vault(context, command),
    }
}

impl Opened for Workbench {
    fn call(&self, request: Request) -> Result<Response, ApiError> {
        self.call(request)
    }

    fn cancel_by(&self, cancel: Cancel) {
        self.cancel_by(cancel);
    }

    fn check_free(&self) -> Result<(), ApiError> {
        self.check_free()
    }

    fn finish(&self) -> Result<(), ApiError> {
        self.finish()
    }
}

struct Terminal {
    /// Says on standard error what happened without being asked for.
    speaks: bool,
}

impl Platform for Terminal {
    fn now(&self) -> Millis {
        wall_clock()
    }

    fn elapsed(&self) -> Duration {
        boot_clock()
    }

    fn set_clipboard(&self, _: &SecretText) -> Result<(), String> {
        Err("a terminal command has none".to_owned())
    }

    fn clear_own_clipboard(&self) {}

    fn notify(&self, notice: Notice) {
        if let Notice::Locked { reason } = notice
            && self.speaks
        {
            let because = match reason {
                LockReason::Idle => "nothing was asked for",
                LockReason::Limit => "it was open for as long as it may be",
                LockReason::Sleep => "the machine went to sleep",
                LockReason::Screen => "the screen was locked",
                _ => "somebody asked",
            };
            terminal::note(&format!(
                "locked, because {because}; `keystead unlock` opens it again"
            ));
        }
    }
}

/// A workbench on that vault, which answers nobody else.
fn here(global: &Global) -> Result<Arc<Workbench>, ApiError> {
    let settings = Settings {
        // A command ends long before anybody could be idle.
        idle: Some(Duration::MAX),
        limit: Duration::MAX,
        sockets: None,
        watch: false,
        ..settings(global)?
    };
    Ok(Workbench::new(
        settings,
        Arc::new(Terminal { speaks: false }),
    ))
}

/// A workbench that answers other processes.
pub(crate) fn agent(
    global: &Global,
    idle: Option<Duration>,
    limit: Duration,
) -> Result<Arc<Workbench>, ApiError> {
    let sockets = socket_folder(|name| env::var_os(name)).ok_or_else(|| {
        ApiError::new(
            Code::NotFound,
            "There is no folder for the agent's socket.",
            "Set XDG_RUNTIME_DIR or HOME.",
        )
    })?;
    let settings = Settings {
        idle,
        limit,
        sockets: Some(sockets),
        watch: true,
        stays: true,
        ..settings(global)?
    };
    Ok(Workbench::new(
        settings,
        Arc::new(Terminal { speaks: true }),
    ))
}

fn settings(global: &Global) -> Result<Settings, ApiError> {
    Ok(Settings {
        vault: vault(global)?,
        identity: user_name(),
        device: device_name(),
        idle: Some(Duration::MAX),
        limit: Duration::MAX,
        requests_are_activity: true,
        sockets: None,
        anchors: anchor_folder(|name| env::var_os(name)),
        watch: false,
        stays: false,
        purpose: global.purpose.clone(),
        space: global.space(),
    })
}
