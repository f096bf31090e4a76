use super::Context;
use crate::terminal;
use keystead_workbench::api::{ApiError, Code, SyncRequest};

/// Takes in what others wrote and publishes what this device did.
pub(crate) fn run(context: &Context) -> Result<(), ApiError> {
    let synced = context.workbench.ask(SyncRequest {})?;
    if context.global.json {
        terminal::json(&synced);
    } else {
        terminal::note(&format!(
            "{}: {} changes came in, {} were published ({} requests, {} bytes in, {} out)",
            synced.space,
            synced.taken_in,
            synced.published,
            synced.requests,
            synced.received,
            synced.sent
        ));
        if synced.refused > 0 {
            terminal::warn(&format!(
                "{} changes of others do not count: they might not",
                synced.refused
            ));
        }
        if synced.unreadable > 0 {
            terminal::warn(
                "some of it can't be read on this device: its keys are on their way, or you were removed",
            );
        }
        for problem in synced.problems.iter().filter(|problem| !problem.alarming) {
            terminal::note(&format!("{}: {}", problem.message, problem.hint));
        }
    }
    match synced.problems.iter().find(|problem| problem.alarming) {
        None => Ok(()),
        Some(problem) => Err(ApiError::new(
            Code::Storage,
            format!("{}.", problem.message),
            problem.hint.clone(),
        )),
    }
}
