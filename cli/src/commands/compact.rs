use super::Context;
use crate::{domain_args::CompactArgs, terminal};
use keystead_workbench::api::{ApiError, CompactRequest};

/// Lets operations from long ago give way to what they lead to.
pub(crate) fn run(context: &Context, args: &CompactArgs) -> Result<(), ApiError> {
    let done = context.workbench.ask(CompactRequest {
        keep_versions: args.keep_versions,
        keep_days: args.keep_days,
    })?;
    if context.global.json {
        terminal::json(&done);
    } else if done.operations == 0 && done.values == 0 {
        terminal::note("there is nothing yet that would free more than it writes");
    } else {
        terminal::note(&format!(
            "{} operations gave way, {} bytes to {}; {} old values went",
            done.operations, done.before, done.after, done.values
        ));
    }
    Ok(())
}
