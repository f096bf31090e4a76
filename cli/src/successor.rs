//! The program that goes on where this one can't.

use crate::args::Arguments;
use keystead_workbench::api::{ApiError, Code};
use std::{env, ffi::OsString, os::unix::process::CommandExt, process::Command};

const NAME: &str = "keystead-full";

/// Becomes the full program, with the same command line, before anything was
/// read from standard input or asked for. It looks for a host anew.
pub(crate) fn run(_: Arguments, _: Option<ApiError>) -> Result<(), ApiError> {
    let folder = env::current_exe().map(|own| own.with_file_name(NAME));
    let error = match folder {
        Ok(path) => {
            let mut words = env::args_os();
            let own = words.next().unwrap_or_else(|| OsString::from("keystead"));
            // Comes back only where it failed.
            Command::new(path).arg0(own).args(words).exec()
        }
        Err(error) => error,
    };
    Err(ApiError::new(
        Code::NoProgram,
        format!("{NAME}, which opens vaults, could not be run: {error}."),
        "It belongs into the folder that keystead is in; install both again.",
    ))
}
