use super::Context;
use crate::{args::RotateArgs, prompt, terminal};
use keystead_workbench::api::{ApiError, NewValue, RotateRequest, WrittenView};

/// Replaces a value by a new one.
pub(crate) fn run(context: &Context, args: &RotateArgs) -> Result<(), ApiError> {
    let value = match args.generate {
        Some(shape) => {
            context.unlock()?;
            NewValue::Generated(shape.into())
        }
        None => {
            let read = || prompt::value(&args.name, args.input);
            NewValue::Pasted(context.unlock_with(read)?)
        }
    };
    let (project, environment) = context.place(&args.place)?;
    let written = context.workbench.ask(RotateRequest {
        project,
        environment,
        name: args.name.clone(),
        value,
    })?;
    report(context, &written);
    Ok(())
}

/// Says which version is current now and what became of linked files.
pub(super) fn report(context: &Context, written: &WrittenView) {
    if context.global.json {
        terminal::json(written);
    } else {
        let previous = written.previous.map(|n| format!(", v{n} is previous"));
        terminal::note(&format!(
            "{}: v{} is current{}",
            written.name,
            written.version,
            previous.unwrap_or_default()
        ));
    }
    context.report_links(&written.links);
}
