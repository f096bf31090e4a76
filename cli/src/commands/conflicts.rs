use super::Context;
use crate::{
    commands::audit::utc,
    domain_args::{ConflictsArgs, ConflictsCommand},
    terminal,
};
use keystead_workbench::api::{ApiError, ConflictsRequest, SaidView, SettleRequest};

/// Lists what people said apart of the same thing, or settles it.
pub(crate) fn run(context: &Context, args: &ConflictsArgs) -> Result<(), ApiError> {
    let listed = match &args.command {
        Some(ConflictsCommand::Settle { id, take }) => context.workbench.ask(SettleRequest {
            id: id.clone(),
            take: *take,
        })?,
        None => context.workbench.ask(ConflictsRequest {})?,
    };
    if context.global.json {
        terminal::json(&listed);
        return Ok(());
    }
    let said = |said: &SaidView| format!("{}, {} at {}", said.what, said.by, utc(said.at));
    let rows: Vec<_> = listed
        .conflicts
        .iter()
        .map(|conflict| {
            vec![
                conflict.id.clone(),
                conflict.about.clone(),
                said(&conflict.stands),
                said(&conflict.waits),
            ]
        })
        .collect();
    terminal::table(&["CONFLICT", "ABOUT", "STANDS", "WAITS"], &rows);
    Ok(())
}
