use super::Context;
use crate::{args::RecoverArgs, prompt, terminal};
use keystead_workbench::api::{ApiError, Code, RecoverRequest, SecretText};

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
    let again = |text: &SecretText| SecretText::new(text.expose().to_owned());
    let recover = |accept_rollback| {
        context.workbench.ask(RecoverRequest {
            words: again(&words),
            new: again(&new),
            kdf: args.kdf.kdf(),
            accept_rollback,
        })
    };
    match recover(false) {
        Err(error) if error.code == Code::RolledBack => {
            let question = format!("{} Go on from it?", error.message);
            prompt::agree(&context.global, &question, error)?;
            recover(true)?
        }
        other => other?,
    };
    terminal::note("the vault opens with the new passphrase; the recovery kit still opens it too");
    Ok(())
}
