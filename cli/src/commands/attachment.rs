use super::{Context, utf8_path};
use crate::{commands::audit::utc, domain_args::AttachmentArgs, terminal};
use keystead_workbench::api::{
    ApiError, AttachRequest, AttachmentsRequest, AttachmentsView, RemoveAttachmentRequest,
    SaveAttachmentRequest,
};

/// Lists the files of a secret, or attaches, saves or removes one.
pub(crate) fn run(context: &Context, args: &AttachmentArgs) -> Result<(), ApiError> {
    let (project, environment) = context.place(&args.place)?;
    let name = args.name.clone();
    let listed = if let Some(file) = &args.add {
        let path = utf8_path(file)?;
        context.workbench.ask(AttachRequest {
            project,
            environment,
            name,
            path,
        })?
    } else if let Some(attachment) = &args.save {
        return save(context, args, (project, environment), attachment);
    } else if let Some(attachment) = args.remove.clone() {
        context.workbench.ask(RemoveAttachmentRequest {
            project,
            environment,
            name,
            attachment,
        })?
    } else {
        context.workbench.ask(AttachmentsRequest {
            project,
            environment,
            name,
        })?
    };
    list(context, &listed);
    Ok(())
}

fn save(
    context: &Context,
    args: &AttachmentArgs,
    (project, environment): (String, String),
    attachment: &str,
) -> Result<(), ApiError> {
    let named = args.output.clone().unwrap_or_else(|| attachment.into());
    let path = utf8_path(&named)?;
    let saved = context.confirm_protected(|confirmed| {
        context.workbench.ask(SaveAttachmentRequest {
            project: project.clone(),
            environment: environment.clone(),
            name: args.name.clone(),
            attachment: attachment.to_owned(),
            path: path.clone(),
            overwrite: context.global.yes,
            confirmed,
        })
    })?;
    if context.global.json {
        terminal::json(&saved);
    } else {
        terminal::note(&format!("wrote {} bytes to {}", saved.size, saved.path));
    }
    Ok(())
}

fn list(context: &Context, listed: &AttachmentsView) {
    if context.global.json {
        terminal::json(listed);
        return;
    }
    let rows: Vec<_> = listed
        .attachments
        .iter()
        .map(|file| {
            vec![
                file.name.clone(),
                file.size.to_string(),
                utc(file.created_at),
            ]
        })
        .collect();
    terminal::table(&["ATTACHMENT", "BYTES", "SINCE (UTC)"], &rows);
}
