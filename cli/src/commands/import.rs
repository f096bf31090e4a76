use super::{Context, utf8_path};
use crate::{
    args::{DialectArg, ImportArgs},
    terminal,
};
use keystead_workbench::api::{
    ApiError, ImportEntryState, ImportEntryView, ImportRequest, ImportSource, PreviewImportRequest,
};

/// Shows what a file holds, and stores it as one operation.
pub(crate) fn run(context: &Context, args: &ImportArgs) -> Result<(), ApiError> {
    let (project, environment) = context.place(&args.place)?;
    let preview = context.workbench.ask(PreviewImportRequest {
        source: ImportSource::Path(utf8_path(&args.file)?),
        project: project.clone(),
        environment: environment.clone(),
        dialect: DialectArg::of(args.dialect, Some(&args.file)).into(),
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
            terminal::note(&format!(
                "{} stands more than once: line {} counts, {}",
                entry.name,
                entry.line,
                overridden(&entry.overridden_lines)
            ));
        }
    }
    if !preview.left_out.is_empty() {
        terminal::note(&format!(
            "left out, as they hold no text: {}",
            preview.left_out.join(", ")
        ));
    }
    if args.dry_run {
        return Ok(());
    }
    let imported = context.confirm_protected(|confirmed| {
        context.create_missing(|create_missing| {
            context.workbench.ask(ImportRequest {
                preview: preview.preview.clone(),
                names: None,
                create_missing,
                confirmed,
            })
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

/// Which lines do not count, the first ten by number.
fn overridden(lines: &[u32]) -> String {
    const SHOWN: usize = 10;
    let shown: Vec<_> = lines.iter().take(SHOWN).map(u32::to_string).collect();
    match (lines.len(), shown.join(", ")) {
        (1, line) => format!("line {line} does not"),
        (..=SHOWN, shown) => format!("lines {shown} do not"),
        (all, shown) => format!("lines {shown} and {} more do not", all - SHOWN),
    }
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
