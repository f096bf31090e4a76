use crate::{args::Arguments, terminal};
use clap::CommandFactory;
use clap_mangen::Man;
use keystead_workbench::api::{ApiError, Code};
use std::path::Path;

/// Prints the manual page, or writes all of them into a folder that is there.
pub(crate) fn run(folder: Option<&Path>) -> Result<(), ApiError> {
    let Some(folder) = folder else {
        let mut page = Vec::new();
        let rendered = Man::new(Arguments::command()).render(&mut page);
        return rendered
            .and_then(|()| terminal::raw(&page))
            .map_err(|error| terminal::not_written(&error));
    };
    clap_mangen::generate_to(Arguments::command(), folder).map_err(|error| {
        ApiError::new(
            Code::Io,
            format!(
                "The pages could not be written to {}: {error}.",
                folder.display()
            ),
            "Name a folder that is there and can be written.",
        )
    })
}
