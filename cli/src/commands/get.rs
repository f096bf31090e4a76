use super::Context;
use crate::{args::GetArgs, terminal};
use keystead_workbench::api::{ApiError, ReadRequest, VersionSelector};
use std::io::{self, IsTerminal};

/// Prints a value alone, byte for byte; a newline follows on a terminal only.
pub(crate) fn run(context: &Context, args: &GetArgs) -> Result<(), ApiError> {
    let (project, environment) = context.place(&args.place)?;
    let read = context.confirm_protected(|confirmed| {
        context.workbench.ask(ReadRequest {
            project: project.clone(),
            environment: environment.clone(),
            name: args.name.clone(),
            version: args.version.unwrap_or(VersionSelector::Current),
            confirmed,
        })
    })?;
    if context.global.json {
        terminal::json(&read);
        return Ok(());
    }
    terminal::raw(read.value.expose().as_bytes()).map_err(|error| terminal::not_written(&error))?;
    if io::stdout().is_terminal() {
        terminal::line("");
    }
    Ok(())
}
