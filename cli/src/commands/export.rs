use super::{Context, utf8_path};
use crate::{
    args::{DialectArg, ExportArgs},
    terminal,
};
use keystead_workbench::api::{ApiError, ExportFileRequest, ExportRequest};

/// Prints an environment in a dialect, or writes it to a private file.
pub(crate) fn run(context: &Context, args: &ExportArgs) -> Result<(), ApiError> {
    let (project, environment) = context.place(&args.place)?;
    let dialect = DialectArg::of(args.dialect, args.output.as_deref()).into();
    let names = (!args.names.is_empty()).then(|| args.names.clone());
    if let Some(output) = &args.output {
        let path = utf8_path(output)?;
        let written = context.confirm_protected(|confirmed| {
            context.workbench.ask(ExportFileRequest {
                project: project.clone(),
                environment: environment.clone(),
                names: names.clone(),
                dialect,
                path: path.clone(),
                overwrite: context.global.yes,
                confirmed,
            })
        })?;
        terminal::note(&format!(
            "wrote {} secrets to {}",
            written.secrets, written.path
        ));
        return Ok(());
    }
    let export = context.confirm_protected(|confirmed| {
        context.workbench.ask(ExportRequest {
            project: project.clone(),
            environment: environment.clone(),
            names: names.clone(),
            dialect,
            confirmed,
        })
    })?;
    if context.global.json {
        terminal::json(&export);
        return Ok(());
    }
    terminal::raw(export.text.expose().as_bytes()).map_err(|error| terminal::not_written(&error))
}
