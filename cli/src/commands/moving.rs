use super::Context;
use crate::{domain_args::MoveArgs, terminal};
use keystead_workbench::api::{ApiError, MoveSecretsRequest};

/// Moves secrets to another project, into the environments of the same names.
pub(crate) fn run(context: &Context, args: &MoveArgs) -> Result<(), ApiError> {
    let project = context.project(args.project.as_deref())?;
    let moved = context.confirm_protected(|confirmed| {
        context.create_missing(|create_missing| {
            context.workbench.ask(MoveSecretsRequest {
                project: project.clone(),
                names: args.names.clone(),
                to: args.to.clone(),
                create_missing,
                confirmed,
            })
        })
    })?;
    if context.global.json {
        terminal::json(&moved);
    } else {
        terminal::note("moved; `keystead undo` brings it back");
    }
    context.report_links(&moved.links);
    Ok(())
}
