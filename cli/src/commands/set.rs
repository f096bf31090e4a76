use super::Context;
use super::rotate::NewArg;
use crate::{args::SetArgs, terminal};
use keystead_workbench::api::{ApiError, SetSecretRequest};

/// Stores a value under a name.
pub(crate) fn run(context: &Context, args: &SetArgs) -> Result<(), ApiError> {
    let value = NewArg::read(context, &args.name, args.generate, args.input)?;
    let (project, environment) = context.place(&args.place)?;
    let written = context.confirm_protected(|confirmed| {
        context.create_missing(|create_missing| {
            context.workbench.ask(SetSecretRequest {
                project: project.clone(),
                environment: environment.clone(),
                name: args.name.clone(),
                value: value.new_value(),
                create_missing,
                confirmed,
            })
        })
    })?;
    if context.global.json {
        terminal::json(&written);
    } else {
        let version = written.version;
        terminal::note(&format!(
            "{} is at v{version} in {project} · {environment}",
            args.name
        ));
    }
    context.report_links(&written.links);
    Ok(())
}
