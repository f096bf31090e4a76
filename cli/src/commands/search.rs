use super::Context;
use crate::{domain_args::SearchArgs, terminal};
use keystead_workbench::api::{ApiError, HitView, SearchRequest};

/// Finds secrets by what they say of themselves.
pub(crate) fn run(context: &Context, args: &SearchArgs) -> Result<(), ApiError> {
    let found = context.workbench.ask(SearchRequest {
        query: args.query.join(" "),
        limit: args.limit,
    })?;
    if context.global.json {
        terminal::json(&found);
        return Ok(());
    }
    let rows: Vec<_> = found.hits.iter().map(row).collect();
    terminal::table(&["NAME", "PROJECT", "SET IN", "KIND", "TAGS"], &rows);
    let shown = found.hits.len();
    if shown < usize::try_from(found.total).unwrap_or(usize::MAX) {
        terminal::note(&format!("{shown} of {}; --limit shows more", found.total));
    }
    Ok(())
}

fn row(hit: &HitView) -> Vec<String> {
    vec![
        hit.name.clone(),
        hit.project.clone(),
        hit.environments.join(", "),
        hit.kind.words.clone(),
        hit.tags.join(" "),
    ]
}
