use super::Context;
use crate::{domain_args::EditArgs, terminal};
use keystead_workbench::api::{ApiError, EditSecretsRequest};

/// Edits what secrets say of themselves, as one operation.
pub(crate) fn run(context: &Context, args: &EditArgs) -> Result<(), ApiError> {
    let edited = context.workbench.ask(EditSecretsRequest {
        project: context.project(args.project.as_deref())?,
        names: args.names.clone(),
        rename: args.rename.clone(),
        kind: args.kind.clone(),
        notes: args.notes.clone(),
        owner: args.owner.clone(),
        add_tags: args.tag.clone(),
        remove_tags: args.untag.clone(),
        expires: args.expires,
        lead_days: args.lead,
    })?;
    if context.global.json {
        terminal::json(&edited);
    }
    context.report_links(&edited.links);
    Ok(())
}
