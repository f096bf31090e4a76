use super::{Context, links};
use crate::{args::LinkArgs, prompt, terminal};
use keystead_workbench::api::{
    ApiError, Code, GitState, LinkRequest, LinkView, LinksRequest, PreviewLinkRequest,
    TakeDriftRequest, UnlinkRequest, WriteLinkRequest,
};
use std::{fs, path::Path};

/// Links a folder, writes a linked one again, or forgets it.
pub(crate) fn run(context: &Context, args: &LinkArgs) -> Result<(), ApiError> {
    let linked = existing(context, &args.dir, &args.file)?;
    let view = match linked {
        Some(link) if args.remove => {
            context.workbench.ask(UnlinkRequest { link: link.id })?;
            terminal::note(&format!(
                "forgot {}/{}; the file stays",
                link.folder, link.file
            ));
            return Ok(());
        }
        Some(link) if args.take => context.workbench.ask(TakeDriftRequest { link: link.id })?,
        Some(link) => context.workbench.ask(WriteLinkRequest {
            link: link.id,
            overwrite_drift: args.overwrite,
        })?,
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
    let folder = args.dir.display().to_string();
    let preview = context.workbench.ask(PreviewLinkRequest {
        project: project.clone(),
        environment: environment.clone(),
        folder: folder.clone(),
        file: Some(args.file.clone()),
        dialect: args.dialect.into(),
    })?;
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
    let mut add_to_gitignore = false;
    if preview.git.state == GitState::NotIgnored {
        terminal::warn(&format!("git does not ignore {}", preview.path));
        let question = "Add it to .gitignore?";
        let declined = ApiError::new(Code::NeedsConfirmation, "", "");
        add_to_gitignore = prompt::agree(&context.global, question, declined).is_ok();
    }
    context.create_missing(|create_missing| {
        context.workbench.ask(LinkRequest {
            project: project.clone(),
            environment: environment.clone(),
            folder: folder.clone(),
            file: Some(args.file.clone()),
            dialect: args.dialect.into(),
            add_to_gitignore,
            create_missing,
        })
    })
}

fn existing(context: &Context, dir: &Path, file: &str) -> Result<Option<LinkView>, ApiError> {
    let Ok(folder) = fs::canonicalize(dir) else {
        return Ok(None);
    };
    let links = context.workbench.ask(LinksRequest {})?.links;
    Ok(links
        .into_iter()
        .find(|link| Path::new(&link.folder) == folder && link.file == file))
}
