use super::{Context, links};
use crate::{
    args::{DialectArg, LinkArgs},
    prompt, terminal,
};
use keystead_workbench::api::{
    self, ApiError, Code, GitState, GitView, IgnoreInGitRequest, LinkRequest, LinkView,
    LinksRequest, PreviewLinkRequest, TakeDriftRequest, UnlinkRequest, WriteLinkRequest,
};
use std::{fs, path::Path};

/// Links a folder, writes a linked one again, or forgets it.
pub(crate) fn run(context: &Context, args: &LinkArgs) -> Result<(), ApiError> {
    let linked = existing(context, args)?;
    let view = match linked {
        // Another link than the one that was named is neither forgotten nor written.
        Some(link) if !matches(&link, args) => return Err(another(&link, args)),
        Some(link) if args.remove => {
            context.workbench.ask(UnlinkRequest { link: link.id })?;
            terminal::note(&format!(
                "forgot {}/{}; the file stays",
                link.folder, link.file
            ));
            return Ok(());
        }
        Some(link) => {
            let path = format!("{}/{}", link.folder, link.file);
            if offer_gitignore(context, &link.git, &path) {
                context.workbench.ask(IgnoreInGitRequest {
                    link: link.id.clone(),
                })?;
            }
            if args.take {
                context.confirm_protected(|confirmed| {
                    context.workbench.ask(TakeDriftRequest {
                        link: link.id.clone(),
                        confirmed,
                    })
                })?
            } else {
                context.workbench.ask(WriteLinkRequest {
                    link: link.id,
                    overwrite_drift: args.overwrite,
                })?
            }
        }
        None if args.remove || args.take || args.overwrite => {
            return Err(ApiError::new(
                Code::NotFound,
                format!("{} is not linked.", args.dir.display()),
                "List the links with `keystead links`.",
            ));
        }
        None => create(context, args)?,
    };
    if context.global.json {
        terminal::json(&view);
    } else if view.problem.is_none() {
        links::print(std::slice::from_ref(&view));
    }
    // The link stands, but its file could not follow: that is this command's failure.
    match view.problem {
        Some(problem) => Err(problem),
        None => Ok(()),
    }
}

fn create(context: &Context, args: &LinkArgs) -> Result<LinkView, ApiError> {
    let (project, environment) = context.place(&args.place)?;
    let folder = super::utf8_path(&args.dir)?;
    let preview = context.workbench.ask(PreviewLinkRequest {
        project: project.clone(),
        environment: environment.clone(),
        folder: folder.clone(),
        file: args.file.clone(),
        dialect: dialect(args).into(),
    })?;
    // Said before anything is asked; the link would be refused for it.
    if let Some(problem) = preview.problem
        && problem.code == Code::InvalidFile
    {
        return Err(problem);
    }
    if !preview.replaces.is_empty() {
        let question = format!(
            "{} has other values for {}. Replace them?",
            preview.path,
            preview.replaces.join(", ")
        );
        let refused = ApiError::new(
            Code::NeedsConfirmation,
            format!(
                "{} has other values for {}.",
                preview.path,
                preview.replaces.join(", ")
            ),
            "Agree to replace them with --yes, or import the file first.",
        );
        prompt::agree(&context.global, &question, refused)?;
    }
    let add_to_gitignore = offer_gitignore(context, &preview.git, &preview.path);
    context.confirm_protected(|confirmed| {
        context.create_missing(|create_missing| {
            context.workbench.ask(LinkRequest {
                project: project.clone(),
                environment: environment.clone(),
                folder: folder.clone(),
                file: args.file.clone(),
                dialect: dialect(args).into(),
                add_to_gitignore,
                create_missing,
                confirmed,
            })
        })
    })
}

/// Warns where git would take the file in; whether to add it to `.gitignore`.
fn offer_gitignore(context: &Context, git: &GitView, path: &str) -> bool {
    if git.state != GitState::NotIgnored {
        return false;
    }
    terminal::warn(&format!("git does not ignore {path}"));
    let declined = ApiError::new(Code::NeedsConfirmation, "", "");
    prompt::agree(&context.global, "Add it to .gitignore?", declined).is_ok()
}

/// The folder is linked, but not to what the command line names.
fn another(link: &LinkView, args: &LinkArgs) -> ApiError {
    let reader = match args.dialect.map(api::Dialect::from) {
        Some(named) if named != link.dialect => ", in another dialect",
        _ => "",
    };
    let linked = format!(
        "{}/{} is linked to {} · {}{}",
        link.folder, link.file, link.project, link.environment, reader
    );
    if args.remove || args.take {
        let hint = "Name that project, environment and dialect, or leave them out.";
        return ApiError::new(Code::NotFound, format!("{linked}."), hint);
    }
    let hint = "Forget that link first with --remove.";
    ApiError::new(Code::Exists, format!("{linked}."), hint)
}

/// Whether what the command line names is what is linked.
fn matches(link: &LinkView, args: &LinkArgs) -> bool {
    let same = |named: &Option<String>, linked: &str| named.as_deref().is_none_or(|n| n == linked);
    same(&args.place.project, &link.project)
        && same(&args.place.env, &link.environment)
        && args
            .dialect
            .is_none_or(|d| api::Dialect::from(d) == link.dialect)
}

/// The dialect that is named, or else the one of the file's name.
fn dialect(args: &LinkArgs) -> DialectArg {
    DialectArg::of(args.dialect, args.file.as_deref().map(Path::new))
}

fn existing(context: &Context, args: &LinkArgs) -> Result<Option<LinkView>, ApiError> {
    let dir = &args.dir;
    let usual = api::Dialect::from(dialect(args)).usual_file();
    let file = args.file.as_deref().unwrap_or(usual);
    // A folder that is gone can still be unlinked.
    let folder = fs::canonicalize(dir)
        .or_else(|_| std::path::absolute(dir))
        .unwrap_or_else(|_| dir.clone());
    let links = context.workbench.ask(LinksRequest {})?.links;
    Ok(links
        .into_iter()
        .find(|link| Path::new(&link.folder) == folder && link.file == file))
}
