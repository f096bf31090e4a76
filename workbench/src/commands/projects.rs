//! Projects, environments and the matrix.

use crate::{
    api::{
        ApiError, CellView, Code, CreateEnvironmentRequest, CreateProjectRequest, EnvironmentView,
        KindView, MatrixRequest, MatrixRowView, MatrixView, ProjectView, ProjectsView,
    },
    session::Session,
};
use keystead_vault::{Cell, EnvironmentName, Kind, MatrixRow, NameError, Project, ProjectName};

pub(crate) fn projects(session: &mut Session) -> Result<ProjectsView, ApiError> {
    let (open, _) = session.open()?;
    let projects = open.vault.projects()?;
    Ok(ProjectsView {
        space: open.vault.space_name().to_owned(),
        projects: projects.iter().map(project_view).collect(),
    })
}

pub(crate) fn create_project(
    session: &mut Session,
    request: &CreateProjectRequest,
) -> Result<ProjectView, ApiError> {
    let name = ProjectName::parse(&request.name)?;
    let environments = request
        .environments
        .iter()
        .map(|name| EnvironmentName::parse(name))
        .collect::<Result<Vec<_>, NameError>>()?;
    if environments.is_empty() {
        return Err(ApiError::new(
            Code::InvalidInput,
            "A project needs an environment.",
            "Name at least one, such as dev.",
        ));
    }
    let (open, asker) = session.open()?;
    let project = open.vault.create_project(&asker, &name, &environments)?;
    Ok(project_view(&project))
}

pub(crate) fn create_environment(
    session: &mut Session,
    request: &CreateEnvironmentRequest,
) -> Result<ProjectView, ApiError> {
    let name = EnvironmentName::parse(&request.name)?;
    let (open, asker) = session.open()?;
    let project = open
        .vault
        .create_environment(&asker, &request.project, &name)?;
    Ok(project_view(&project))
}

pub(crate) fn matrix(
    session: &mut Session,
    request: &MatrixRequest,
) -> Result<MatrixView, ApiError> {
    let (open, _) = session.open()?;
    let project = open.vault.project(&request.project)?;
    let rows = open.vault.matrix(&request.project)?;
    Ok(MatrixView {
        rows: rows.iter().map(|row| row_view(&project, row)).collect(),
        project: project_view(&project),
    })
}

pub(crate) fn kind_view(kind: Kind) -> KindView {
    KindView {
        kind: kind.as_str().to_owned(),
        words: kind.words().to_owned(),
        family: kind.family().as_str().to_owned(),
    }
}

fn project_view(project: &Project) -> ProjectView {
    let environments = project
        .environments
        .iter()
        .map(|environment| EnvironmentView {
            id: environment.id.to_string(),
            name: environment.name.clone(),
            protected: environment.protected,
            inherits: environment.inherits.clone(),
        });
    ProjectView {
        id: project.id.to_string(),
        name: project.name.clone(),
        environments: environments.collect(),
        secrets: project.secrets,
    }
}

fn row_view(project: &Project, row: &MatrixRow) -> MatrixRowView {
    let cells = row.cells.iter().enumerate().map(|(index, cell)| CellView {
        version: cell.as_ref().map(|cell| cell.number),
        changed_at: cell.as_ref().map(|cell| cell.created_at.0),
        same_as: cell
            .as_ref()
            .and_then(|cell| first_same(&row.cells[..index], cell))
            .map(|same| project.environments[same].name.clone()),
        inherited_from: match cell {
            None => inherited(project, row, index),
            Some(_) => None,
        },
        has_previous: cell.as_ref().is_some_and(|cell| cell.has_previous),
    });
    MatrixRowView {
        secret: row.secret.to_string(),
        name: row.name.clone(),
        kind: kind_view(row.kind),
        tags: row.tags.clone(),
        owner: row.owner.clone(),
        expires_at: row.expires_at.map(|at| at.0),
        lead_days: row.lead,
        cells: cells.collect(),
    }
}

/// The nearest environment that it inherits a value from.
fn inherited(project: &Project, row: &MatrixRow, index: usize) -> Option<String> {
    let mut at = &project.environments[index];
    // Each step is another one of them.
    for _ in 0..project.environments.len() {
        let from = at.inherits.as_ref()?;
        let next = project.environments.iter().position(|e| e.name == *from)?;
        at = &project.environments[next];
        if row.cells[next].is_some() {
            return Some(at.name.clone());
        }
    }
    None
}

fn first_same(before: &[Option<Cell>], cell: &Cell) -> Option<usize> {
    before
        .iter()
        .position(|other| other.as_ref().is_some_and(|other| other.same_value(cell)))
}
