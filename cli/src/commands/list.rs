use super::Context;
use crate::{args::ListArgs, terminal};
use keystead_workbench::api::{ApiError, CellView, MatrixRequest, MatrixView, ProjectsRequest};

/// Lists secrets × environments of one project, or of all.
pub(crate) fn run(context: &Context, args: &ListArgs) -> Result<(), ApiError> {
    let projects = context.workbench.ask(ProjectsRequest {})?.projects;
    let names = match &args.place.project {
        Some(name) => vec![name.clone()],
        None => projects.into_iter().map(|project| project.name).collect(),
    };
    let mut matrices = Vec::new();
    for project in names {
        let mut matrix = context.workbench.ask(MatrixRequest { project })?;
        if let Some(environment) = &args.place.env {
            keep_environment(&mut matrix, environment);
        }
        matrices.push(matrix);
    }
    if context.global.json {
        terminal::json(&matrices);
        return Ok(());
    }
    if matrices.is_empty() {
        terminal::note(
            "There is no project yet. Bring one in with `keystead import FILE -p NAME`.",
        );
    }
    for (index, matrix) in matrices.iter().enumerate() {
        if index > 0 {
            terminal::line("");
        }
        terminal::line(&matrix.project.name);
        print(matrix);
    }
    Ok(())
}

fn keep_environment(matrix: &mut MatrixView, environment: &str) {
    let at = matrix
        .project
        .environments
        .iter()
        .position(|e| e.name == environment);
    let keep = |index: usize| Some(index) == at;
    let mut index = 0;
    matrix.project.environments.retain(|_| {
        index += 1;
        keep(index - 1)
    });
    for row in &mut matrix.rows {
        row.cells = at
            .and_then(|at| row.cells.get(at))
            .cloned()
            .into_iter()
            .collect();
    }
}

fn print(matrix: &MatrixView) {
    let environments = matrix
        .project
        .environments
        .iter()
        .map(|e| e.name.to_uppercase());
    let head: Vec<String> = ["NAME".to_owned(), "KIND".to_owned()]
        .into_iter()
        .chain(environments)
        .collect();
    let head: Vec<&str> = head.iter().map(String::as_str).collect();
    let rows: Vec<Vec<String>> = matrix
        .rows
        .iter()
        .map(|row| {
            [row.name.clone(), row.kind.words.clone()]
                .into_iter()
                .chain(row.cells.iter().map(cell))
                .collect()
        })
        .collect();
    terminal::table(&head, &rows);
}

fn cell(cell: &CellView) -> String {
    match (cell.version, &cell.same_as) {
        (None, _) => "missing".to_owned(),
        (Some(version), None) => format!("v{version}"),
        (Some(version), Some(same)) => format!("v{version}, same as {same}"),
    }
}
