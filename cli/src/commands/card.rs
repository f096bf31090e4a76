use super::{Context, utf8_path};
use crate::{domain_args::CardArgs, terminal};
use keystead_workbench::api::{ApiError, CardRequest, RenameCardRequest, SaveCardRequest};

/// Shows or saves the vault's own card.
pub(crate) fn run(context: &Context, args: &CardArgs) -> Result<(), ApiError> {
    if let Some(name) = args.name.clone() {
        context.workbench.ask(RenameCardRequest { name })?;
    }
    let card = match &args.output {
        Some(output) => context.workbench.ask(SaveCardRequest {
            path: utf8_path(output)?,
            overwrite: context.global.yes,
        })?,
        None => context.workbench.ask(CardRequest {})?,
    };
    if context.global.json {
        terminal::json(&card);
        return Ok(());
    }
    terminal::note(&format!("{}, {}", card.name, card.fingerprint));
    match &args.output {
        Some(output) => terminal::note(&format!("wrote the card to {}", output.display())),
        None => card.text.lines().for_each(terminal::line),
    }
    Ok(())
}
