use super::Context;
use crate::{domain_args::UndoArgs, terminal};
use keystead_workbench::api::{ApiError, RedoRequest, UndoRequest, UndoneView};

/// Takes an operation back.
pub(crate) fn run(context: &Context, args: &UndoArgs) -> Result<(), ApiError> {
    let sequence = args.operation;
    let undone = context.workbench.ask(UndoRequest { sequence })?;
    report(context, &undone, "took back");
    Ok(())
}

/// Makes again what was taken back last.
pub(crate) fn redo(context: &Context) -> Result<(), ApiError> {
    let redone = context.workbench.ask(RedoRequest {})?;
    report(context, &redone, "made again");
    Ok(())
}

fn report(context: &Context, undone: &UndoneView, did: &str) {
    if context.global.json {
        terminal::json(undone);
    } else {
        terminal::note(&format!("{did} {}: {}", undone.sequence, undone.what));
    }
    context.report_links(&undone.links);
}
