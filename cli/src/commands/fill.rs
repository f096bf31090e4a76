use super::Context;
use crate::{domain_args::FillArgs, terminal};
use keystead_workbench::api::{ApiError, FillRequest, MatrixRequest, MatrixView};

/// Copies values from one environment to another; none leaves the vault.
pub(crate) fn run(context: &Context, args: &FillArgs) -> Result<(), ApiError> {
    let project = context.project(args.project.as_deref())?;
    let names = match &args.names[..] {
        [] => {
            let project = project.clone();
            let matrix = context.workbench.ask(MatrixRequest { project })?;
            match lacking(&matrix, &args.from, &args.to) {
                Some(names) if names.is_empty() => {
                    terminal::note(&format!("{} has all that {} has", args.to, args.from));
                    return Ok(());
                }
                Some(names) => names,
                // It is said below which one there is none of.
                None => Vec::new(),
            }
        }
        names => names.to_vec(),
    };
    let filled = context.confirm_protected(|confirmed| {
        context.workbench.ask(FillRequest {
            project: project.clone(),
            from: args.from.clone(),
            to: args.to.clone(),
            names: names.clone(),
            confirmed,
        })
    })?;
    if context.global.json {
        terminal::json(&filled);
    } else {
        let (n, to) = (names.len(), &args.to);
        terminal::note(&format!("{n} filled in {project} · {to}"));
    }
    context.report_links(&filled.links);
    Ok(())
}

/// What the one has and the other lacks; `None` where there is no such environment.
fn lacking(matrix: &MatrixView, from: &str, to: &str) -> Option<Vec<String>> {
    let place = |name: &str| {
        let mut environments = matrix.project.environments.iter();
        environments.position(|environment| environment.name == name)
    };
    let (from, to) = (place(from)?, place(to)?);
    let rows = matrix.rows.iter();
    let lack =
        rows.filter(|row| row.cells[from].version.is_some() && row.cells[to].version.is_none());
    Some(lack.map(|row| row.name.clone()).collect())
}
