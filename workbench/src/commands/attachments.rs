//! Files that belong to a secret.

use super::links;
use crate::{
    api::{
        ApiError, AttachRequest, AttachmentView, AttachmentsRequest, AttachmentsView,
        RemoveAttachmentRequest, SaveAttachmentRequest, SavedAttachmentView,
    },
    atomic_file::read_regular,
    errors::io_error,
    session::Session,
};
use keystead_vault::{FileName, LARGEST_ATTACHMENT, VaultError};
use std::path::Path;

pub(crate) fn attachments(
    session: &mut Session,
    request: &AttachmentsRequest,
) -> Result<AttachmentsView, ApiError> {
    view(
        session,
        (&request.project, &request.environment, &request.name),
    )
}

pub(crate) fn attach(
    session: &mut Session,
    request: &AttachRequest,
) -> Result<AttachmentsView, ApiError> {
    let target = (&*request.project, &*request.environment, &*request.name);
    let path = Path::new(&request.path);
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let name = FileName::parse(&name)?;
    session.open()?;
    // One byte more than fits is enough to know.
    let limit = LARGEST_ATTACHMENT as u64;
    let bytes = read_regular(path, limit).map_err(|error| io_error(path, &error))?;
    if bytes.len() > LARGEST_ATTACHMENT {
        return Err(VaultError::AttachmentTooLarge.into());
    }
    let (open, asker) = session.open()?;
    open.vault.attach(&asker, target, &name, &bytes)?;
    view(session, target)
}

pub(crate) fn save_attachment(
    session: &mut Session,
    request: &SaveAttachmentRequest,
) -> Result<SavedAttachmentView, ApiError> {
    let path = Path::new(&request.path);
    links::check_target(session, path, request.overwrite)?;
    let target = (&*request.project, &*request.environment, &*request.name);
    let (open, mut asker) = session.open()?;
    asker.confirmed = request.confirmed;
    let bytes = open
        .vault
        .read_attachment(&asker, target, &request.attachment, &request.path)?;
    links::write_target(path, &bytes, request.overwrite)?;
    Ok(SavedAttachmentView {
        path: request.path.clone(),
        size: bytes.len() as u64,
    })
}

pub(crate) fn remove_attachment(
    session: &mut Session,
    request: &RemoveAttachmentRequest,
) -> Result<AttachmentsView, ApiError> {
    let target = (&*request.project, &*request.environment, &*request.name);
    let (open, asker) = session.open()?;
    open.vault
        .remove_attachment(&asker, target, &request.attachment)?;
    view(session, target)
}

fn view(session: &mut Session, target: (&str, &str, &str)) -> Result<AttachmentsView, ApiError> {
    let (open, _) = session.open()?;
    let attachments = open.vault.attachments(target)?;
    let attachments = attachments.into_iter().map(|attachment| AttachmentView {
        name: attachment.name,
        size: attachment.size,
        created_at: attachment.created_at.0,
        exposures: attachment.exposures,
    });
    Ok(AttachmentsView {
        attachments: attachments.collect(),
    })
}
