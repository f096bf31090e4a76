use super::Context;
use crate::{args::RecoverArgs, prompt, terminal};
use keystead_workbench::api::{ApiError, RecoverRequest};

/// Opens the vault with its recovery kit and gives it a new passphrase.
pub(crate) fn run(context: &Context, args: &RecoverArgs) -> Result<(), ApiError> {
    context.find_vault()?;
    context.workbench.check_free()?;
    let words = match &args.words_file {
        Some(path) => prompt::first_line(path)?,
        None => prompt::hidden("The 24 words: ")?,
    };
    let new = match &args.new_passphrase_file {
        Some(path) => prompt::first_line(path)?,
        None => prompt::twice()?,
    };
    context.workbench.ask(RecoverRequest {
        words,
        new,
        kdf: args.kdf.kdf(),
    })?;
    terminal::note("the vault opens with the new passphrase; the recovery kit still opens it too");
    Ok(())
}
