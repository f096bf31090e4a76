//! The machines of one person: how another one is enrolled, and how one goes.

use super::{copies::card_view, slots, team};
use crate::{
    api::{
        AcceptWelcomeRequest, ApiError, Code, DevicesView, EnrolDeviceRequest,
        EnrolmentRequestView, OwnDeviceView, ReadEnrolmentRequest, ReadEnrolmentView,
        ReadWelcomeRequest, ReadWelcomeView, RevokeOwnDeviceRequest, SpacesView, WelcomeView,
    },
    session::Session,
};
use keystead_crypto::TextBlock;
use keystead_vault::{
    Action, DeviceRole, EnrolError, EnrolmentCode, EnrolmentError, EnrolmentRequest, InviteRemote,
    OwnDevice, SpaceId,
};
use std::collections::HashMap;

/// A welcome is good for a week.
const VALID: i64 = 7 * 24 * 3_600_000;

pub(crate) fn devices(session: &mut Session) -> Result<DevicesView, ApiError> {
    let (open, _) = session.open()?;
    let devices = open.vault.own_devices()?;
    Ok(DevicesView {
        primary: open.vault.is_primary(),
        unused: open.vault.is_unused()?,
        devices: devices.into_iter().map(device_view).collect(),
    })
}

fn device_view(device: OwnDevice) -> OwnDeviceView {
    OwnDeviceView {
        id: device.id.to_string(),
        name: device.name,
        own: device.own,
        last_heard: device.last_heard.map(|at| at.0),
        spaces: device.spaces,
    }
}

pub(crate) fn request_enrolment(session: &mut Session) -> Result<EnrolmentRequestView, ApiError> {
    let (open, _) = session.open()?;
    let (code, request) = open.vault.enrolment_request()?;
    Ok(EnrolmentRequestView {
        code: code.to_string(),
        text: TextBlock::Request.armor(&request),
    })
}

fn opened(text: &str, code: &str) -> Result<(EnrolmentRequest, EnrolmentCode), ApiError> {
    let code: EnrolmentCode = code.parse().map_err(|error| {
        ApiError::new(
            Code::InvalidInput,
            crate::errors::sentence(&error),
            "Type the 20 characters that the other machine shows.",
        )
    })?;
    let bytes = team::block_in(text, TextBlock::Request, "a request")?;
    Ok((
        EnrolmentRequest::open(&bytes, &code).map_err(EnrolError::from)?,
        code,
    ))
}

pub(crate) fn read_enrolment(
    session: &mut Session,
    request: &ReadEnrolmentRequest,
) -> Result<ReadEnrolmentView, ApiError> {
    let (read, _) = opened(&request.text, &request.code)?;
    Ok(ReadEnrolmentView {
        name: read.device.name.to_string(),
        spaces: shared(session)?.into_iter().map(|(_, name)| name).collect(),
    })
}

fn shared(session: &mut Session) -> Result<Vec<(SpaceId, String)>, ApiError> {
    let (open, _) = session.open()?;
    let spaces = open.vault.spaces()?.into_iter();
    let shared = spaces.filter(|space| space.shared);
    Ok(shared.map(|space| (space.id, space.name)).collect())
}

pub(crate) fn enrol_device(
    session: &mut Session,
    request: &EnrolDeviceRequest,
) -> Result<WelcomeView, ApiError> {
    let (read, code) = opened(&request.text, &request.code)?;
    slots::confirm(session, &request.present, Action::DeviceEnrolled)?;
    let spaces = shared(session)?;
    let mut remotes = HashMap::new();
    for (space, _) in &spaces {
        let keys = match request.with_keys {
            true => session.storage_keys(*space)?,
            false => None,
        };
        let (open, _) = session.open()?;
        if let Some(remote) = open.vault.remote(*space)? {
            let remote = InviteRemote {
                place: remote.place,
                credential: keys.map(|keys| (keys.key_id.clone(), keys.secret.clone())),
            };
            remotes.insert(*space, remote);
        }
    }
    let role = match request.primary {
        true => DeviceRole::Primary,
        false => DeviceRole::Secondary,
    };
    let (open, asker) = session.open()?;
    let welcome = open
        .vault
        .enrol(&asker, &read, &code, role, &remotes, VALID)?;
    let in_now = open.vault.own_devices()?;
    let device = in_now
        .iter()
        .find(|own| *own.id.as_bytes() == read.device.id);
    Ok(WelcomeView {
        name: read.device.name.to_string(),
        text: TextBlock::Welcome.armor(&welcome),
        spaces: device.map(|own| own.spaces.clone()).unwrap_or_default(),
    })
}

pub(crate) fn read_welcome(
    session: &mut Session,
    request: &ReadWelcomeRequest,
) -> Result<ReadWelcomeView, ApiError> {
    let bytes = team::block_in(&request.text, TextBlock::Welcome, "a welcome")?;
    let (open, _) = session.open()?;
    let welcome = open.vault.read_welcome(&bytes)?;
    let (card, certificate) = welcome.certificate().map_err(EnrolError::from)?;
    Ok(ReadWelcomeView {
        card: card_view(&card),
        primary: certificate.role == DeviceRole::Primary,
        spaces: open.vault.invited_into(&welcome)?,
    })
}

pub(crate) fn accept_welcome(
    session: &mut Session,
    request: &AcceptWelcomeRequest,
) -> Result<SpacesView, ApiError> {
    let bytes = team::block_in(&request.text, TextBlock::Welcome, "a welcome")?;
    let (open, asker) = session.open()?;
    let welcome = open.vault.read_welcome(&bytes)?;
    open.vault.join_identity(&asker, &welcome)?;
    let home = open.vault.own_space();
    session.leave_own_space();
    session.enter(home);
    // The own space begins anew, which is no older copy of the one before.
    session.anchor_now()?;
    let mut failed = None;
    for invite in &welcome.invites {
        if let Err(error) = join_or_go_on(session, invite) {
            failed = Some(error);
        }
    }
    if let Some(error) = failed {
        return Err(error);
    }
    let (open, _) = session.open()?;
    open.vault.end_enrolment()?;
    team::spaces(session)
}

/// Joins the space of an invite; where that was begun before a crash, does what is left of it.
fn join_or_go_on(session: &mut Session, invite: &[u8]) -> Result<(), ApiError> {
    let (open, asker) = session.open()?;
    let read = open.vault.open_invite(invite)?;
    match open.vault.joined_by(&read)? {
        Some(space) if open.vault.remote(space)?.is_some() => Ok(()),
        Some(space) => team::keep_remote(session, space, &read),
        None => {
            let read = open.vault.read_invite(&asker, invite)?;
            team::join_space(session, &read)
        }
    }
}

pub(crate) fn revoke_own_device(
    session: &mut Session,
    request: &RevokeOwnDeviceRequest,
) -> Result<DevicesView, ApiError> {
    let (open, asker) = session.open()?;
    let known = open.vault.own_devices()?;
    let others = known.iter().filter(|device| !device.own);
    let others = others.map(|device| (device.id, &*device.name));
    let device = team::device_named(others, &request.device)?;
    open.vault.revoke_own_device(&asker, device)?;
    devices(session)
}

impl From<EnrolError> for ApiError {
    fn from(error: EnrolError) -> Self {
        let (code, hint) = match error {
            EnrolError::Vault(error) => return error.into(),
            EnrolError::Team(error) => return error.into(),
            EnrolError::InUse => (
                Code::Exists,
                "Make a new vault on this machine, and ask from that one; what is in this one can be exported.",
            ),
            EnrolError::NotAsked => (
                Code::InvalidInput,
                "Ask with `keystead device request`, and have that one answered.",
            ),
            EnrolError::Itself => (
                Code::InvalidInput,
                "The request is for your other machine: open Keystead there.",
            ),
            EnrolError::Refused(EnrolmentError::WrongCode) => (
                Code::InvalidInput,
                "Compare it with the other machine's screen, and the request with what it wrote last.",
            ),
            EnrolError::Refused(EnrolmentError::NotForThisDevice) => (
                Code::InvalidInput,
                "Bring the welcome that answers this machine's own request.",
            ),
            EnrolError::Refused(_) => (
                Code::InvalidInput,
                "Nothing was changed. Ask anew, and bring both texts by another way.",
            ),
            _ => (Code::Internal, "Report this, with the steps that led here."),
        };
        Self::new(code, crate::errors::sentence(&error), hint)
    }
}
