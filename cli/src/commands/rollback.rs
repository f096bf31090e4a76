use super::Context;
use crate::{prompt, terminal};
use keystead_workbench::api::{
    AcceptRollbackRequest, ApiError, Code, RollbackView, StatusRequest, StatusView,
};

/// Says whether the vault is the one that was last seen here, and goes on from it where it is not.
pub(crate) fn run(context: &Context, accept: bool) -> Result<(), ApiError> {
    let status = context.workbench.ask(StatusRequest {})?;
    let Some(found) = status.rollback.as_ref().filter(|_| accept) else {
        return say(context, &status);
    };
    let question = format!(
        "This copy {}. What it lacks stays lost. Go on from it?",
        found.words
    );
    let refused = ApiError::new(
        Code::NeedsConfirmation,
        format!("This copy {}.", found.words),
        "Agree to go on from it with --yes, or put the newer vault back.",
    );
    prompt::agree(&context.global, &question, refused)?;
    let status = context.workbench.ask(AcceptRollbackRequest {})?;
    say(context, &status)
}

fn say(context: &Context, status: &StatusView) -> Result<(), ApiError> {
    if context.global.json {
        terminal::json(&status.rollback);
        return Ok(());
    }
    terminal::line(&match &status.rollback {
        Some(found) => words(found),
        None => "this vault holds all that it held when it was last seen here".to_owned(),
    });
    Ok(())
}

/// What is known of an older copy, in one sentence.
pub(crate) fn words(found: &RollbackView) -> String {
    format!(
        "this vault is not the one that was last seen here: it {}; it can only be looked at",
        found.words
    )
}
