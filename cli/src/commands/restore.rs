use super::{Context, rotate};
use crate::args::RestoreArgs;
use keystead_workbench::api::{ApiError, RestoreRequest};

/// Makes an older version current again.
pub(crate) fn run(context: &Context, args: &RestoreArgs) -> Result<(), ApiError> {
    let (project, environment) = context.place(&args.place)?;
    let written = context.workbench.ask(RestoreRequest {
        project,
        environment,
        name: args.name.clone(),
        version: args.version,
    })?;
    rotate::report(context, &written);
    Ok(())
}
