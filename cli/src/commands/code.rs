use super::Context;
use crate::{domain_args::NamedArgs, terminal};
use keystead_workbench::api::{ApiError, OneTimeCodeRequest};

/// Prints the one-time code of this moment, alone.
pub(crate) fn run(context: &Context, args: &NamedArgs) -> Result<(), ApiError> {
    let (project, environment) = context.place(&args.place)?;
    let made = context.confirm_protected(|confirmed| {
        context.workbench.ask(OneTimeCodeRequest {
            project: project.clone(),
            environment: environment.clone(),
            name: args.name.clone(),
            confirmed,
        })
    })?;
    if context.global.json {
        terminal::json(&made);
    } else {
        terminal::line(made.code.expose());
        terminal::note(&format!("for {} s more", made.seconds));
    }
    Ok(())
}
