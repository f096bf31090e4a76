use super::Context;
use crate::{domain_args::EnvironmentArgs, terminal};
use keystead_workbench::api::{
    ApiError, CreateEnvironmentRequest, EditEnvironmentRequest, EnvironmentView, ProjectsRequest,
};

/// Lists a project's environments, or makes or edits one.
pub(crate) fn run(context: &Context, args: &EnvironmentArgs) -> Result<(), ApiError> {
    let project = context.project(args.place.project.as_deref())?;
    let Some(environment) = args.place.env.clone() else {
        return list(context, &project);
    };
    if args.new {
        context.workbench.ask(CreateEnvironmentRequest {
            project: project.clone(),
            name: environment.clone(),
        })?;
    }
    let edited = context.confirm_protected(|confirmed| {
        context.workbench.ask(EditEnvironmentRequest {
            project: project.clone(),
            environment: environment.clone(),
            rename: args.rename.clone(),
            protect: args.protect,
            inherit: args.inherit.clone(),
            position: args.position.map(|place| place - 1),
            remove: args.remove,
            confirmed,
        })
    })?;
    context.report_links(&edited.links);
    list(context, &project)
}

fn list(context: &Context, project: &str) -> Result<(), ApiError> {
    let projects = context.workbench.ask(ProjectsRequest {})?.projects;
    let found = projects.into_iter().find(|found| found.name == project);
    let environments = found.map(|found| found.environments).unwrap_or_default();
    if context.global.json {
        terminal::json(&environments);
        return Ok(());
    }
    let rows: Vec<_> = environments.iter().map(row).collect();
    terminal::table(&["ENVIRONMENT", "PROTECTED", "INHERITS"], &rows);
    Ok(())
}

fn row(environment: &EnvironmentView) -> Vec<String> {
    let protected = match environment.protected {
        true => "asks again",
        false => "no",
    };
    let inherits = environment.inherits.clone();
    vec![
        environment.name.clone(),
        protected.to_owned(),
        inherits.unwrap_or_else(|| "nothing".to_owned()),
    ]
}
