use super::Context;
use crate::{domain_args::ProjectArgs, terminal};
use keystead_workbench::api::{ApiError, CreateProjectRequest, EditProjectRequest};

/// Makes, renames or removes a project.
pub(crate) fn run(context: &Context, args: &ProjectArgs) -> Result<(), ApiError> {
    let name = args.name.clone();
    if !args.new.is_empty() {
        let environments = args.new.clone();
        let made = context
            .workbench
            .ask(CreateProjectRequest { name, environments })?;
        if context.global.json {
            terminal::json(&made);
        }
        return Ok(());
    }
    let edited = context.workbench.ask(EditProjectRequest {
        project: name,
        rename: args.rename.clone(),
        remove: args.remove,
    })?;
    if context.global.json {
        terminal::json(&edited);
    }
    Ok(())
}
