//! The vault's spaces, and where they are kept.

use crate::{
    api::{
        ApiError, Code, CreateSpaceRequest, EnterSpaceRequest, RemoteView, SetRemoteRequest,
        SpaceView, SpacesView,
    },
    session::Session,
};
use keystead_sync::Place;
use keystead_vault::{RemoteRow, SpaceId, Vault};

pub(crate) fn spaces(session: &mut Session) -> Result<SpacesView, ApiError> {
    let (open, _) = session.open()?;
    let vault = &open.vault;
    let mut spaces = Vec::new();
    for space in vault.spaces()? {
        spaces.push(SpaceView {
            unpublished: match space.shared {
                true => u32::try_from(vault.unpublished(space.id)?).unwrap_or(u32::MAX),
                false => 0,
            },
            remote: vault.remote(space.id)?.map(remote_view),
            id: space.id.to_string(),
            name: space.name,
            shared: space.shared,
            entered: space.entered,
        });
    }
    Ok(SpacesView { spaces })
}

fn remote_view(row: RemoteRow) -> RemoteView {
    let (requests, received, sent) = row.traffic;
    RemoteView {
        place: row.place,
        keys: row
            .keys
            .map(|(project, environment)| format!("{project}/{environment}")),
        last_ok: row.last_ok.map(|at| at.0),
        problem: row.problem,
        requests,
        received,
        sent,
    }
}

/// The space of that name, or whose id begins so.
pub(crate) fn space_of(vault: &Vault, name: &str) -> Result<SpaceId, ApiError> {
    let spaces = vault.spaces()?;
    let named = spaces.iter().find(|space| space.name == name);
    let begins = |id: &SpaceId| name.len() >= 4 && id.to_string().starts_with(name);
    let found = named.or_else(|| spaces.iter().find(|space| begins(&space.id)));
    found.map(|space| space.id).ok_or_else(|| {
        ApiError::new(
            Code::NotFound,
            format!("There is no space {name}."),
            "`keystead space` lists the spaces of this vault.",
        )
    })
}

pub(crate) fn create_space(
    session: &mut Session,
    request: &CreateSpaceRequest,
) -> Result<SpacesView, ApiError> {
    let name = request.name.trim();
    if name.is_empty() || name.len() > 64 || name.contains(char::is_control) {
        return Err(ApiError::new(
            Code::InvalidInput,
            "That is no name of a space.",
            "Give it one line of at most 64 bytes.",
        ));
    }
    let (open, asker) = session.open()?;
    let space = open.vault.create_space(&asker, name)?;
    session.enter(space);
    spaces(session)
}

pub(crate) fn enter_space(
    session: &mut Session,
    request: &EnterSpaceRequest,
) -> Result<SpacesView, ApiError> {
    let (open, _) = session.open()?;
    let space = space_of(&open.vault, &request.space)?;
    session.enter(space);
    spaces(session)
}

pub(crate) fn set_remote(
    session: &mut Session,
    request: &SetRemoteRequest,
) -> Result<SpacesView, ApiError> {
    let place: Place = request.place.parse().map_err(|error| {
        ApiError::new(
            Code::InvalidInput,
            crate::errors::sentence(&error),
            "Keys are values of the vault: name the project and environment they are in.",
        )
    })?;
    let keys = request.keys.as_deref().map(|keys| {
        keys.split_once('/').ok_or_else(|| {
            ApiError::new(
                Code::InvalidInput,
                format!("{keys} is no project/environment."),
                "Name the environment that has AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.",
            )
        })
    });
    let keys = keys.transpose()?;
    let (open, asker) = session.open()?;
    let space = entered_team(&open.vault)?;
    open.vault
        .set_remote(&asker, space, &place.to_string(), keys)?;
    session.forget_storage_keys();
    spaces(session)
}

pub(crate) fn forget_remote(session: &mut Session) -> Result<SpacesView, ApiError> {
    let (open, asker) = session.open()?;
    let space = entered_team(&open.vault)?;
    open.vault.forget_remote(&asker, space)?;
    session.forget_storage_keys();
    spaces(session)
}

/// The space that is worked in, if it is one for several people.
pub(crate) fn entered_team(vault: &Vault) -> Result<SpaceId, ApiError> {
    let spaces = vault.spaces()?;
    let entered = spaces.iter().find(|space| space.entered && space.shared);
    entered
        .map(|space| space.id)
        .ok_or_else(|| keystead_vault::TeamError::OwnSpace.into())
}
