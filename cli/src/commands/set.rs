use super::Context;
use crate::{args::SetArgs, prompt, terminal};
use keystead_workbench::api::{ApiError, SecretText, SetSecretRequest};

/// Stores a value under a name.
pub(crate) fn run(context: &Context, args: &SetArgs) -> Result<(), ApiError> {
    let value = context.unlock_with(|| prompt::value(&args.name, args.input))?;
    let (project, environment) = context.place(&args.place)?;
    let written = context.create_missing(|create_missing| {
        context.workbench.ask(SetSecretRequest {
            project: project.clone(),
            environment: environment.clone(),
            name: args.name.clone(),
            value: SecretText::new(value.expose().to_owned()),
            create_missing,
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
