use super::Context;
use crate::{domain_args::ExplainArgs, terminal};
use keystead_workbench::api::{ApiError, ExplainRequest};

/// Says what a member may do in a place, and why.
pub(crate) fn run(context: &Context, args: &ExplainArgs) -> Result<(), ApiError> {
    let explained = context.workbench.ask(ExplainRequest {
        member: args.member.clone(),
        place: args.place.clone(),
    })?;
    if context.global.json {
        terminal::json(&explained);
        return Ok(());
    }
    let role = explained.role.as_deref().unwrap_or("nothing");
    terminal::line(&format!(
        "{} in {}: {role}, because {}",
        explained.member, explained.place, explained.because
    ));
    for rule in &explained.release {
        let by = rule.by.as_deref().unwrap_or("somebody who went");
        terminal::line(&format!(
            "values of {} leave: {}, as {by} said",
            rule.place,
            super::release::words(rule)
        ));
    }
    Ok(())
}
