use super::Context;
use crate::{args::ImportArgs, terminal};
use keystead_workbench::api::{
    ApiError, ImportEntryState, ImportEntryView, ImportRequest, ImportSource, PreviewImportRequest,
};

/// Shows what a file holds, and stores it as one operation.
pub(crate) fn run(context: &Context, args: &ImportArgs) -> Result<(), ApiError> {
    let (project, environment) = context.place(&args.place)?;
    let preview = context.workbench.ask(PreviewImportRequest {
        source: ImportSource::Path(args.file.display().to_string()),
        project: project.clone(),
        environment: environment.clone(),
        dialect: args.dialect.into(),
    })?;
    if args.dry_run && context.global.json {
        terminal::json(&preview);
        return Ok(());
    }
    if args.dry_run {
        let rows: Vec<_> = preview.entries.iter().map(row).collect();
        terminal::table(&["LINE", "NAME", "KIND", "STATE"], &rows);
    }
    for entry in &preview.entries {
        if !entry.warning.is_empty() {
            let name = &entry.name;
            terminal::warn(&format!("line {}, {name}: {}", entry.line, entry.warning));
        }
        if !entry.overridden_lines.is_empty() {
            let lines: Vec<_> = entry.overridden_lines.iter().map(u32::to_string).collect();
            terminal::note(&format!(
                "{} stands more than once: line {} counts, line {} does not",
                entry.name,
                entry.line,
                lines.join(", ")
            ));
        }
    }
    if args.dry_run {
        return Ok(());
    }
    let imported = context.create_missing(|create_missing| {
        context.workbench.ask(ImportRequest {
            preview: preview.preview.clone(),
            names: None,
            create_missing,
        })
    })?;
    if context.global.json {
        terminal::json(&imported);
    } else {
        terminal::note(&format!(
            "imported into {project} · {environment}: {} new, {} changed, {} unchanged",
            imported.created, imported.changed, imported.unchanged
        ));
    }
    context.report_links(&imported.links);
    Ok(())
}

fn row(entry: &ImportEntryView) -> Vec<String> {
    let state = match entry.state {
        ImportEntryState::New => "new",
        ImportEntryState::Changed => "changed",
        ImportEntryState::Unchanged => "unchanged",
    };
    let empty = if entry.empty { ", empty" } else { "" };
    vec![
        entry.line.to_string(),
        entry.name.clone(),
        entry.kind.words.clone(),
        format!("{state}{empty}"),
    ]
}
