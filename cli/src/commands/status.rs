use super::Context;
use crate::{
    machine::{self, Door},
    terminal,
};
use keystead_workbench::{
    Connection,
    api::{ApiError, Code, LockView, SessionState, StatusRequest, StatusView, VaultView},
};
use serde::Serialize;

#[derive(Serialize)]
struct Status {
    vault: VaultView,
    state: SessionState,
    host: Option<Host>,
    lock: Option<LockView>,
    /// A command, or a host that can't be asked, has it open.
    busy: bool,
}

#[derive(Serialize)]
struct Host {
    pid: u32,
    version: String,
}

/// Says whether the vault is open, and who holds it. Opens nothing.
pub(crate) fn run(context: &Context) -> Result<(), ApiError> {
    let (view, host) = match &context.workbench {
        Door::Host(host) => of_host(host)?,
        // One that is locked has nothing to answer with, but is there.
        Door::Here(_) => match machine::host(&context.global)? {
            Some(host) => of_host(&host)?,
            None => (context.workbench.ask(StatusRequest {})?, None),
        },
    };
    let busy = view.state == SessionState::Locked
        && matches!(context.workbench.check_free(), Err(error) if error.code == Code::VaultBusy);
    let status = Status {
        vault: view.vault,
        state: view.state,
        host,
        lock: view.lock,
        busy,
    };
    if context.global.json {
        terminal::json(&status);
    } else {
        terminal::line(&words(&status));
    }
    Ok(())
}

fn of_host(host: &Connection) -> Result<(StatusView, Option<Host>), ApiError> {
    let view = host.ask(StatusRequest {})?;
    let (pid, version) = (host.pid(), host.version().to_owned());
    Ok((view, Some(Host { pid, version })))
}

fn words(status: &Status) -> String {
    let path = &status.vault.path;
    let by = status
        .host
        .as_ref()
        .map(|host| format!("process {}", host.pid));
    match (status.state, by) {
        (SessionState::NoVault, _) => format!("{path}: there is no vault"),
        (SessionState::Unlocked, Some(by)) => {
            let left = status.lock.as_ref().map_or(0, |lock| lock.locks_in_seconds);
            format!(
                "{path}: unlocked in {by}; locks in {} at the latest",
                time(left)
            )
        }
        (SessionState::Unlocked, None) => format!("{path}: unlocked"),
        (SessionState::Locked, _) if status.busy => {
            format!("{path}: held by a program that can't be asked")
        }
        (SessionState::Locked, Some(by)) => format!("{path}: locked; {by} can open it"),
        (SessionState::Locked, None) => format!("{path}: locked"),
    }
}

/// Seconds, or minutes where there are many.
fn time(seconds: u32) -> String {
    match seconds {
        ..120 => format!("{seconds} s"),
        _ => format!("{} min", seconds / 60),
    }
}
