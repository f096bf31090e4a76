use super::Context;
use crate::{args::PassphraseArgs, prompt, terminal};
use keystead_workbench::api::{ApiError, ChangePassphraseRequest};

/// Gives the vault another passphrase. The present one is asked for also where a host has the
/// vault open: who sits down at an unlocked machine can't lock its owner out.
pub(crate) fn run(context: &Context, args: &PassphraseArgs) -> Result<(), ApiError> {
    let present = prompt::passphrase(&context.global)?;
    context.unlock_by(&present)?;
    let new = match &args.new_passphrase_file {
        Some(path) => prompt::first_line(path)?,
        None => prompt::twice()?,
    };
    let costs = context.workbench.ask(ChangePassphraseRequest {
        present,
        new,
        kdf: args.kdf.kdf(),
    })?;
    if context.global.json {
        terminal::json(&costs);
    } else {
        terminal::note(
            "the passphrase is changed; copies of the vault from before still open with the old one",
        );
        terminal::note(&format!("{}.", costs.words));
    }
    Ok(())
}
