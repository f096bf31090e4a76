use super::Context;
use crate::{domain_args::NamedArgs, terminal};
use keystead_workbench::api::{ApiError, PublicHalfRequest};

/// Prints the public half of a private key.
pub(crate) fn run(context: &Context, args: &NamedArgs) -> Result<(), ApiError> {
    let (project, environment) = context.place(&args.place)?;
    let public = context.confirm_protected(|confirmed| {
        context.workbench.ask(PublicHalfRequest {
            project: project.clone(),
            environment: environment.clone(),
            name: args.name.clone(),
            confirmed,
        })
    })?;
    if context.global.json {
        terminal::json(&public);
    } else {
        public.text.lines().for_each(terminal::line);
    }
    Ok(())
}
