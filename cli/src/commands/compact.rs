use super::Context;
use crate::{domain_args::CompactArgs, prompt, terminal};
use keystead_workbench::api::{ApiError, Code, CompactRequest};

/// Lets operations from long ago give way to what they lead to. What goes for good is said first.
pub(crate) fn run(context: &Context, args: &CompactArgs) -> Result<(), ApiError> {
    let ask = |plan| {
        context.workbench.ask(CompactRequest {
            keep_versions: args.keep_versions,
            keep_days: args.keep_days,
            plan,
        })
    };
    let mut done = ask(true)?;
    if done.values > 0 {
        let message = format!("{} old values and removed files go for good.", done.values);
        let hint = "Agree with --yes, or keep more with --keep-versions and --keep-days.";
        let refused = ApiError::new(Code::NeedsConfirmation, &*message, hint);
        prompt::agree(&context.global, &format!("{message} Compact?"), refused)?;
    }
    if done.operations > 0 || done.values > 0 {
        done = ask(false)?;
    }
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
