use crate::{args::Arguments, terminal};
use clap::CommandFactory;
use clap_complete::Shell;
use keystead_workbench::api::ApiError;

/// Prints a shell's completions, to be sourced by it.
pub(crate) fn run(shell: Shell) -> Result<(), ApiError> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "keystead", &mut script);
    terminal::raw(&script).map_err(|error| terminal::not_written(&error))
}
