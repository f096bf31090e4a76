use super::Context;
use crate::{args::ListArgs, terminal};
use keystead_workbench::api::{
    ApiError, CellView, Code, MatrixRequest, MatrixView, ProjectsRequest,
};

/// Lists secrets × environments of one project, or of all.
pub(crate) fn run(context: &Context, args: &ListArgs) -> Result<(), ApiError> {
    let projects = context.workbench.ask(ProjectsRequest {})?.projects;
    let names = match &args.place.project {
        Some(name) => vec![name.clone()],
        None => projects.into_iter().map(|project| project.name).collect(),
    };
    let none = names.is_empty();
    let mut matrices = Vec::new();
    for project in names {
        let mut matrix = context.workbench.ask(MatrixRequest { project })?;
        if let Some(environment) = &args.place.env
            && !keep_environment(&mut matrix, environment)
        {
            continue;
        }
        matrices.push(matrix);
    }
    if let (Some(environment), true, false) = (&args.place.env, matrices.is_empty(), none) {
        let message = match &args.place.project {
            Some(project) => format!("{project} has no environment {environment}."),
            None => format!("No project has an environment {environment}."),
        };
        return Err(ApiError::new(
            Code::NotFound,
            message,
            "See what there is with `keystead list`.",
        ));
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

/// Takes every other environment out; whether this one is there.
fn keep_environment(matrix: &mut MatrixView, environment: &str) -> bool {
    let environments = &mut matrix.project.environments;
    let Some(at) = environments.iter().position(|e| e.name == environment) else {
        return false;
    };
    environments.retain(|e| e.name == environment);
    for row in &mut matrix.rows {
        row.cells = row.cells.get(at).cloned().into_iter().collect();
    }
    true
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
        (None, _) => match &cell.inherited_from {
            Some(from) => format!("as {from}"),
            None => "missing".to_owned(),
        },
        (Some(version), None) => format!("v{version}"),
        (Some(version), Some(same)) => format!("v{version}, same as {same}"),
    }
}
