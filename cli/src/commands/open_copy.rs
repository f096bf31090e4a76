use super::{Context, utf8_path};
use crate::{domain_args::OpenArgs, prompt, terminal};
use keystead_workbench::api::{ApiError, CopySource, OpenCopyRequest};
use std::path::Path;

/// Prints what somebody sealed for this vault's identity.
pub(crate) fn run(context: &Context, args: &OpenArgs) -> Result<(), ApiError> {
    let source = match args.file == Path::new("-") {
        true => CopySource::Text(prompt::text_of_input()?),
        false => CopySource::Path(utf8_path(&args.file)?),
    };
    let opened = context.workbench.ask(OpenCopyRequest { source })?;
    if context.global.json {
        terminal::json(&opened);
        return Ok(());
    }
    terminal::raw(opened.text.expose().as_bytes()).map_err(|error| terminal::not_written(&error))
}
