use super::{no_vault, open, report_unlock};
use crate::{
    alone,
    args::{AgentArgs, Global},
    machine::Door,
    terminal,
};
use keystead_workbench::{
    Workbench,
    api::{ApiError, Code, SessionState, StatusRequest},
};
use signal_hook::{
    consts::{SIGHUP, SIGINT, SIGTERM},
    iterator::Signals,
};
use std::{sync::Arc, thread, time::Duration};

const TICK: Duration = Duration::from_millis(250);

/// Holds the vault open for other commands until it is told to end.
pub(crate) fn run(global: &Global, args: &AgentArgs) -> Result<(), ApiError> {
    let workbench = alone::agent(global, args.idle, args.limit)?;
    if let Some(problem) = workbench.host_problem() {
        return Err(problem);
    }
    let status = workbench.ask(StatusRequest {})?;
    if status.state == SessionState::NoVault {
        return Err(no_vault(&status));
    }
    let path = terminal::printable(&status.vault.path);
    if args.locked {
        terminal::note(&format!(
            "ready for {path}, locked; `keystead unlock` opens it"
        ));
    } else {
        workbench.check_free()?;
        let status = open(&Door::Here(Arc::clone(&workbench) as _), global)?;
        report_unlock(&status);
        let idle = status.lock.as_ref().map_or(0, |lock| lock.idle_seconds);
        terminal::note(&format!(
            "holding {path} open; locks when nothing is asked for {}, and after {} at the latest",
            words(Duration::from_secs(idle.into())),
            words(args.limit)
        ));
    }
    // Only now: at a prompt Ctrl-C ends a program at once.
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP]).map_err(|error| {
        ApiError::new(
            Code::Internal,
            format!("Signals can't be waited for: {error}."),
            "Report this, with the system that you use.",
        )
    })?;
    watch_clock(&workbench);
    signals.forever().next();
    workbench.quit();
    Ok(())
}

fn watch_clock(workbench: &Arc<Workbench>) {
    let workbench = Arc::downgrade(workbench);
    thread::spawn(move || {
        while let Some(workbench) = workbench.upgrade() {
            workbench.tick();
            drop(workbench);
            thread::sleep(TICK);
        }
    });
}

fn words(time: Duration) -> String {
    jiff::SignedDuration::try_from(time).map_or_else(|_| String::new(), |time| format!("{time:#}"))
}
