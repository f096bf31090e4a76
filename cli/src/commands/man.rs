use crate::{args::Arguments, terminal};
use clap::{Command, CommandFactory};
use clap_mangen::Man;
use keystead_workbench::api::{ApiError, Code};
use std::{io, path::Path};

/// When what the pages say was last looked at.
const DATE: &str = "2026-11-27";

/// Prints the manual page, or writes all of them into a folder that is there.
pub(crate) fn run(folder: Option<&Path>) -> Result<(), ApiError> {
    // Names the pages of subcommands after the whole command.
    let mut command = Arguments::command().disable_help_subcommand(true);
    command.build();
    let Some(folder) = folder else {
        let mut page = Vec::new();
        let rendered = page_of(&command).render(&mut page);
        return rendered
            .and_then(|()| terminal::raw(&page))
            .map_err(|error| terminal::not_written(&error));
    };
    write_all(&command, folder).map_err(|error| {
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

fn page_of(command: &Command) -> Man {
    let version = concat!("keystead ", env!("CARGO_PKG_VERSION"));
    Man::new(command.clone())
        .date(DATE)
        .source(version)
        .manual("Keystead")
}

fn write_all(command: &Command, folder: &Path) -> io::Result<()> {
    for part in command.get_subcommands().filter(|part| !part.is_hide_set()) {
        write_all(part, folder)?;
    }
    page_of(command).generate_to(folder).map(drop)
}
