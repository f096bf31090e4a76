use super::Context;
use crate::{args::InputArgs, prompt, terminal};
use keystead_workbench::api::{ApiError, Code, FindValueRequest, Stage, ValueHitView};

/// Says which secrets hold a value, from standard input or a prompt.
pub(crate) fn run(context: &Context) -> Result<(), ApiError> {
    let value = context.unlock_with(|| prompt::value("the secret", InputArgs::default()))?;
    let found = context.workbench.ask(FindValueRequest { value })?;
    if context.global.json {
        terminal::json(&found);
        return Ok(());
    }
    if found.hits.is_empty() {
        return Err(ApiError::new(
            Code::NotFound,
            "No secret of this vault holds or held that value.",
            "A value must be whole: look at what was cut or added.",
        ));
    }
    let rows: Vec<_> = found.hits.iter().map(row).collect();
    terminal::table(
        &["NAME", "PROJECT", "ENVIRONMENT", "VERSION", "STAGE"],
        &rows,
    );
    Ok(())
}

fn row(hit: &ValueHitView) -> Vec<String> {
    let stage = match hit.stage {
        Some(Stage::Current) => "current",
        Some(Stage::Previous) => "previous",
        Some(Stage::Pending) => "pending",
        None => "older",
    };
    vec![
        hit.name.clone(),
        hit.project.clone(),
        hit.environment.clone(),
        format!("v{}", hit.version),
        stage.to_owned(),
    ]
}
