use super::Context;
use crate::{commands::audit::utc, domain_args::NamedArgs, terminal};
use keystead_workbench::api::{ApiError, HistoryRequest, HistoryRowView, PartChange};

/// Tells what became of a secret: what changed in its values, without them, and what was said of it.
pub(crate) fn run(context: &Context, args: &NamedArgs) -> Result<(), ApiError> {
    let (project, environment) = context.place(&args.place)?;
    let history = context.workbench.ask(HistoryRequest {
        project,
        environment,
        name: args.name.clone(),
    })?;
    if context.global.json {
        terminal::json(&history);
        return Ok(());
    }
    let rows: Vec<_> = history.rows.iter().map(row).collect();
    terminal::table(&["WHEN (UTC)", "ON", "WHAT", "CHANGED"], &rows);
    Ok(())
}

fn row(row: &HistoryRowView) -> Vec<String> {
    let (what, changed) = match (&row.value, &row.field) {
        (Some(value), _) => {
            let (environment, version) = (&value.environment, value.version);
            let parts = |wanted: PartChange| {
                let found = value.parts.iter().filter(|part| part.change == wanted);
                found.map(|part| part.part.clone()).collect::<Vec<_>>()
            };
            let mut words = Vec::new();
            for (change, word) in [
                (PartChange::Changed, "changed"),
                (PartChange::Added, "new"),
                (PartChange::Removed, "gone"),
                (PartChange::Same, "as before"),
            ] {
                let parts = parts(change);
                if !parts.is_empty() {
                    words.push(format!("{}: {word}", parts.join(", ")));
                }
            }
            let what = format!("v{version} in {environment}, {}", value.origin);
            (what, words.join("; "))
        }
        (None, Some(field)) => {
            let shown = |text: &str| match (field.field.as_str(), text) {
                (_, "") => "nothing".to_owned(),
                ("expires", at) => at.parse().map_or_else(|_| at.to_owned(), utc),
                (_, text) => format!("{text:?}"),
            };
            let to = shown(&field.to);
            let changed = match &field.from {
                Some(from) => format!("{} -> {to}", shown(from)),
                None => to,
            };
            (field.field.clone(), changed)
        }
        (None, None) => Default::default(),
    };
    vec![utc(row.at), row.device.clone(), what, changed]
}
