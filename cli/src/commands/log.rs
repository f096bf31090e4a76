use super::Context;
use crate::{commands::audit::utc, domain_args::LogArgs, terminal};
use keystead_workbench::api::{ApiError, OperationView, OperationsRequest};

/// Lists what was done, newest first, with the numbers that `undo` takes.
pub(crate) fn run(context: &Context, args: &LogArgs) -> Result<(), ApiError> {
    let log = context.workbench.ask(OperationsRequest {
        limit: args.limit,
        before: args.before,
    })?;
    if context.global.json {
        terminal::json(&log);
        return Ok(());
    }
    let rows: Vec<_> = log.operations.iter().map(row).collect();
    terminal::table(&["#", "WHEN (UTC)", "ON", "WHAT", ""], &rows);
    Ok(())
}

fn row(operation: &OperationView) -> Vec<String> {
    let state = match (operation.undone, operation.can_undo) {
        (true, _) => "taken back",
        (false, true) => "",
        (false, false) => "stays",
    };
    vec![
        operation.sequence.to_string(),
        utc(operation.at),
        operation.device.clone(),
        operation.what.clone(),
        state.to_owned(),
    ]
}
