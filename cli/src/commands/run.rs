use super::{Context, utf8_path, with};
use crate::args::RunArgs;
use keystead_workbench::api::{ApiError, Code, InjectRequest};
use rustix::fs::{Access, access};
use std::{
    env,
    ffi::OsStr,
    fs,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::Command,
};

/// Becomes the program, with the environment's secrets among its variables. So its
/// terminal, its signals and its end are its own, and nothing of the vault is left
/// in its memory but what was asked for.
pub(crate) fn run(context: Context, args: &RunArgs) -> Result<(), ApiError> {
    let [program, arguments @ ..] = &args.command[..] else {
        return Err(missing(""));
    };
    // Before any value is let out for it.
    let path = find(program).ok_or_else(|| missing(&program.to_string_lossy()))?;
    let injected = with(context, |context| {
        context.unlock()?;
        let (project, environment) = context.place(&args.place)?;
        let program = utf8_path(&path)?;
        context.confirm_protected(|confirmed| {
            context.workbench.ask(InjectRequest {
                project: project.clone(),
                environment: environment.clone(),
                program: program.clone(),
                confirmed,
            })
        })
    })?;
    let mut command = Command::new(&path);
    command.arg0(program).args(arguments);
    for variable in &injected.variables {
        command.env(&variable.name, variable.value.expose());
    }
    // Comes back only where it failed.
    let error = command.exec();
    Err(ApiError::new(
        Code::NoProgram,
        format!("{} could not be run: {error}.", path.display()),
        "Name a program that this system can run.",
    ))
}

fn missing(program: &str) -> ApiError {
    ApiError::new(
        Code::NoProgram,
        format!("There is no program {program:?} that can be run."),
        "Name a program on PATH, or its path; nothing was read from the vault.",
    )
}

/// The file that a shell would run for that name.
fn find(program: &OsStr) -> Option<PathBuf> {
    if program.as_encoded_bytes().contains(&b'/') {
        return Some(PathBuf::from(program)).filter(|path| can_run(path));
    }
    let folders = env::var_os("PATH")?;
    env::split_paths(&folders)
        .map(|folder| folder.join(program))
        .find(|path| can_run(path))
}

fn can_run(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|found| found.is_file()) && access(path, Access::EXEC_OK).is_ok()
}
