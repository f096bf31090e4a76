//! Spaces that several people write in.

mod conflicts;
mod invites;
mod members;
mod releases;
mod spaces;

pub(crate) use conflicts::{conflicts, settle};
pub(crate) use invites::{
    accept_invite, block_in, invite, join_space, keep_remote, read_invite, read_keys, save_invite,
};
pub(crate) use members::{
    device_named, explain, grant, members, plan_removal, remove_member, revoke_device, take_back,
};
pub(crate) use releases::{releases, set_release};
pub(crate) use spaces::{
    create_space, enter_space, entered_team, forget_remote, set_remote, space_of, spaces,
};

use crate::api::{ApiError, Code, NewGrantView};
use keystead_vault::{InviteError, NewGrant, Place, Role, TeamError};

/// `space`, a project, or `project/environment`.
fn place_of(text: &str) -> Place {
    match text.split_once('/') {
        Some((project, environment)) => {
            Place::Environment(project.to_owned(), environment.to_owned())
        }
        None if text == "space" => Place::Space,
        None => Place::Project(text.to_owned()),
    }
}

fn role_of(text: &str) -> Result<Role, ApiError> {
    let mut roles = Role::ALL.into_iter();
    roles.find(|role| role.as_str() == text).ok_or_else(|| {
        ApiError::new(
            Code::InvalidInput,
            format!("{text} is no role."),
            "Roles are reader, editor and owner.",
        )
    })
}

fn grant_of(view: &NewGrantView) -> Result<NewGrant, ApiError> {
    Ok(NewGrant {
        place: place_of(&view.place),
        role: role_of(&view.role)?,
        expires: view.expires,
    })
}

impl From<TeamError> for ApiError {
    fn from(error: TeamError) -> Self {
        let (code, hint) = match &error {
            TeamError::Vault(_) => match error {
                TeamError::Vault(error) => return error.into(),
                _ => (Code::Internal, ""),
            },
            TeamError::OwnSpace => (
                Code::InvalidInput,
                "Make a space for the team with `keystead space create`, and work in it.",
            ),
            TeamError::NoDevice(_) => (
                Code::InvalidInput,
                "Ask them for what `keystead card` writes: the card and their device.",
            ),
            TeamError::Device(_) => (
                Code::InvalidInput,
                "Ask them to send their card again, by another way.",
            ),
            TeamError::Member(_) => (
                Code::Exists,
                "`keystead grant` gives a member another role.",
            ),
            TeamError::Nobody(_) => (Code::NotFound, "`keystead members` lists who is in."),
            TeamError::Invite(InviteError::NotForThisDevice) => (
                Code::InvalidInput,
                "Ask for an invite for this device: send what `keystead card` writes here.",
            ),
            TeamError::Invite(_) => (
                Code::InvalidInput,
                "Nothing was accepted. Ask whoever sent it, by another way.",
            ),
            TeamError::Hours => (
                Code::InvalidInput,
                "For example 8-18, or 22-6 over midnight; they are UTC.",
            ),
            TeamError::Expired => (Code::InvalidInput, "Ask for a new one."),
            TeamError::Joined(_) => (Code::Exists, "`keystead sync` brings what is new in it."),
            _ => (Code::Internal, "Report this, with the steps that led here."),
        };
        let message = crate::errors::sentence(&error);
        Self::new(code, message, hint)
    }
}
