use super::Context;
use crate::{domain_args::RemoveArgs, terminal};
use keystead_workbench::api::{ApiError, RemoveSecretsRequest};

/// Removes secrets, or their values in one environment; an undo brings them back.
pub(crate) fn run(context: &Context, args: &RemoveArgs) -> Result<(), ApiError> {
    let removed = context.workbench.ask(RemoveSecretsRequest {
        project: context.project(args.project.as_deref())?,
        names: args.names.clone(),
        environment: args.env.clone(),
    })?;
    if context.global.json {
        terminal::json(&removed);
    } else {
        terminal::note("removed; `keystead undo` brings it back");
    }
    context.report_links(&removed.links);
    Ok(())
}
