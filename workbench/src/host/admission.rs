//! What another process may ask of a host. What belongs to the person in front
//! of the window stays there: choosing and making vaults, the clipboard, and
//! showing values.

use crate::api::{ApiError, Code, Request};

pub(super) fn admit(request: &Request) -> Result<(), ApiError> {
    match request {
        Request::CreateVault(_)
        | Request::OpenSample(_)
        | Request::RestoreBackup(_)
        | Request::OpenVault(_)
        | Request::Touch(_)
        | Request::Reveal(_)
        | Request::Copy(_) => Err(ApiError::new(
            Code::NotAllowed,
            format!("{} is for the window alone.", request.name()),
            "Do it in the Keystead window.",
        )),
        _ => Ok(()),
    }
}

/// Whether somebody who looks at the vault sees something else afterwards.
pub(crate) fn shows(request: &Request) -> bool {
    !matches!(
        request,
        Request::Status(_)
            | Request::Strength(_)
            | Request::Projects(_)
            | Request::Matrix(_)
            | Request::Inspect(_)
            | Request::PreviewImport(_)
            | Request::PreviewLink(_)
            | Request::Links(_)
            | Request::Operations(_)
            | Request::Filter(_)
            | Request::Recognise(_)
            | Request::Attachments(_)
            | Request::History(_)
            | Request::Credentials(_)
            | Request::Kinds(_)
            | Request::Search(_)
            | Request::Audit(_)
            | Request::Slots(_)
            | Request::Settings(_)
            | Request::Card(_)
            | Request::ReadCard(_)
            | Request::Contacts(_)
            | Request::SafetyNumber(_)
            | Request::NewRecoveryKit(_)
            | Request::Spaces(_)
            | Request::Members(_)
            | Request::Devices(_)
            | Request::ReadEnrolment(_)
            | Request::ReadWelcome(_)
            | Request::SaveInvite(_)
            | Request::ReadInvite(_)
            | Request::PlanRemoval(_)
            | Request::Conflicts(_)
            | Request::Explain(_)
            | Request::Releases(_)
    )
}
