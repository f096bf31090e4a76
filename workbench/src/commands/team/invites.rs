//! Inviting somebody, and accepting an invite.

use super::{grant_of, members::trust_in};
use crate::{
    api::{
        AcceptInviteRequest, ApiError, Code, InviteRequest, InviteView, ReadInviteRequest,
        ReadInviteView, SaveInviteRequest, SavedInviteView, SpacesView,
    },
    commands::{
        copies::{card_of, card_view},
        links,
    },
    session::Session,
};
use keystead_crypto::{Card, SafetyNumber, TextBlock};
use keystead_vault::{
    EnvironmentName, Exposure, Guest, Invite, InviteRemote, InviteTerms, NewGrant, Origin, Place,
    ProjectName, SecretName, SpaceId, Vault, VersionSelector,
};
use std::path::Path;

/// An invite is good for a week.
const VALID: i64 = 7 * 24 * 3_600_000;
/// Where an accepted invite keeps the keys of its storage, in the own space.
const STORAGE: &str = "storage";

pub(crate) fn invite(
    session: &mut Session,
    request: &InviteRequest,
) -> Result<InviteView, ApiError> {
    let guest = guest_of(&request.card)?;
    let grants = request
        .grants
        .iter()
        .map(grant_of)
        .collect::<Result<Vec<NewGrant>, _>>()?;
    let (open, _) = session.open()?;
    let space = super::spaces::entered_team(&open.vault)?;
    let keys = match request.with_keys {
        true => session.storage_keys(space)?,
        false => None,
    };
    let (open, asker) = session.open()?;
    let identity = guest.card.fingerprint();
    let all: Vec<&NewGrant> = grants.iter().collect();
    refuse_unverified(&open.vault, &identity, &all)?;
    let known = open.vault.contacts()?;
    if !known.iter().any(|kept| kept.card.fingerprint() == identity) {
        open.vault.pin_card(&asker, &guest.card)?;
    }
    let remote = open.vault.remote(space)?.map(|remote| InviteRemote {
        place: remote.place,
        credential: keys.map(|keys| (keys.key_id.clone(), keys.secret.clone())),
    });
    let with_keys = remote
        .as_ref()
        .is_some_and(|remote| remote.credential.is_some());
    let terms = InviteTerms {
        history: request.history,
        remote,
        valid: VALID,
    };
    let invites = open.vault.invite(&asker, &guest, &grants, &terms)?;
    Ok(InviteView {
        name: guest.card.name.to_string(),
        invites: invites
            .iter()
            .map(|invite| TextBlock::Invite.armor(invite))
            .collect(),
        with_keys,
    })
}

/// A card with its devices, as `keystead card` writes them.
fn guest_of(text: &str) -> Result<Guest, ApiError> {
    let card = card_of(text)?;
    let blocks = TextBlock::all_in(text).map_err(|error| {
        ApiError::new(
            Code::InvalidInput,
            format!("The card can't be read: {error}."),
            "Ask for it again, as a file.",
        )
    })?;
    let devices = blocks
        .into_iter()
        .filter(|(kind, _)| *kind == TextBlock::Device);
    Ok(Guest {
        card,
        endorsements: devices.map(|(_, bytes)| bytes).collect(),
    })
}

/// What is protected goes to nobody whose safety number was not compared.
pub(crate) fn refuse_unverified(
    vault: &Vault,
    identity: &[u8; 32],
    grants: &[&NewGrant],
) -> Result<(), ApiError> {
    let contacts = vault.contacts()?;
    let verified = contacts
        .iter()
        .any(|kept| kept.verified && kept.card.fingerprint() == *identity);
    if verified {
        return Ok(());
    }
    for project in vault.projects()? {
        for environment in project.environments.iter().filter(|e| e.protected) {
            let reaches = |grant: &&&NewGrant| match &grant.place {
                Place::Space => true,
                Place::Project(name) => *name == project.name,
                Place::Environment(name, of) => (name, of) == (&project.name, &environment.name),
            };
            if grants.iter().any(|grant| reaches(&grant)) {
                return Err(ApiError::new(
                    Code::NotAllowed,
                    format!(
                        "{}/{} is protected, and their safety number was not compared.",
                        project.name, environment.name
                    ),
                    "Compare it with `keystead verify`, and give the role then.",
                ));
            }
        }
    }
    Ok(())
}

/// The bytes of the first block of a kind in a text.
pub(crate) fn block_in(text: &str, kind: TextBlock, what: &str) -> Result<Vec<u8>, ApiError> {
    let blocks = TextBlock::all_in(text).unwrap_or_default();
    let mut blocks = blocks.into_iter().filter(|(found, _)| *found == kind);
    blocks.next().map(|(_, bytes)| bytes).ok_or_else(|| {
        ApiError::new(
            Code::InvalidInput,
            format!("This is not the text of {what}."),
            format!(
                "It begins with {}; copy all of it.",
                kind.armor(&[]).lines().next().unwrap_or_default()
            ),
        )
    })
}

fn invite_bytes(text: &str) -> Result<Vec<u8>, ApiError> {
    block_in(text, TextBlock::Invite, "an invite")
}

fn invite_in(session: &mut Session, text: &str) -> Result<Invite, ApiError> {
    let bytes = invite_bytes(text)?;
    let (open, asker) = session.open()?;
    Ok(open.vault.read_invite(&asker, &bytes)?)
}

/// Writes an invite, a request or a welcome to a file: what was made here to go somewhere else.
pub(crate) fn save_invite(
    session: &mut Session,
    request: &SaveInviteRequest,
) -> Result<SavedInviteView, ApiError> {
    let blocks = TextBlock::all_in(&request.text).unwrap_or_default();
    let goes = [TextBlock::Invite, TextBlock::Request, TextBlock::Welcome];
    let mut blocks = blocks.into_iter().filter(|(kind, _)| goes.contains(kind));
    let (kind, bytes) = match blocks.next() {
        Some(block) => block,
        None => (TextBlock::Invite, invite_bytes(&request.text)?),
    };
    let path = Path::new(&request.path);
    links::check_target(session, path, request.overwrite)?;
    session.open()?;
    let text = kind.armor(&bytes);
    links::write_target(path, text.as_bytes(), request.overwrite)?;
    Ok(SavedInviteView {
        path: request.path.clone(),
    })
}

pub(crate) fn read_invite(
    session: &mut Session,
    request: &ReadInviteRequest,
) -> Result<ReadInviteView, ApiError> {
    let invite = invite_in(session, &request.text)?;
    let (open, _) = session.open()?;
    let from = inviter(&invite)?;
    let own = open.vault.card()?;
    let contacts = open.vault.contacts()?;
    Ok(ReadInviteView {
        space: invite.name.clone(),
        safety_number: SafetyNumber::of(&own.signing, &from.signing).to_string(),
        trust: trust_in(&contacts, &from.fingerprint(), from.name.as_str()),
        from: card_view(&from),
        place: invite.remote.as_ref().map(|remote| remote.place.clone()),
        with_keys: invite
            .remote
            .as_ref()
            .is_some_and(|remote| remote.credential.is_some()),
    })
}

fn inviter(invite: &Invite) -> Result<Card, ApiError> {
    Card::parse(&invite.card).map_err(|error| {
        ApiError::new(
            Code::InvalidInput,
            format!("The card in the invite was refused: {error}."),
            "Nothing was accepted. Ask whoever sent it, by another way.",
        )
    })
}

pub(crate) fn accept_invite(
    session: &mut Session,
    request: &AcceptInviteRequest,
) -> Result<SpacesView, ApiError> {
    let invite = invite_in(session, &request.text)?;
    let from = inviter(&invite)?;
    let (open, asker) = session.open()?;
    let contacts = open.vault.contacts()?;
    let known = contacts
        .iter()
        .any(|kept| kept.card.fingerprint() == from.fingerprint());
    if !known {
        open.vault.pin_card(&asker, &from)?;
    }
    join_space(session, &invite)?;
    super::spaces(session)
}

/// Joins the space of an invite, keeps what opens its storage, and works in it.
pub(crate) fn join_space(session: &mut Session, invite: &Invite) -> Result<(), ApiError> {
    let (open, asker) = session.open()?;
    let space = open.vault.accept_invite(&asker, invite)?;
    keep_remote(session, space, invite)?;
    session.enter(space);
    Ok(())
}

/// Keeps where the space of an invite is kept, and what opens that.
pub(crate) fn keep_remote(
    session: &mut Session,
    space: SpaceId,
    invite: &Invite,
) -> Result<(), ApiError> {
    let Some(remote) = &invite.remote else {
        return Ok(());
    };
    let (open, asker) = session.open()?;
    let entered = open.vault.entered_space();
    let spaces = open.vault.spaces()?.into_iter();
    let name = spaces.filter(|one| one.id == space).map(|one| one.name);
    let name = name.collect::<String>();
    let mut keys = None;
    if let Some((id, secret)) = &remote.credential {
        open.vault.enter_space(open.vault.own_space())?;
        let stored = keep_keys(&mut open.vault, &asker, &name, (id, secret));
        open.vault.enter_space(entered)?;
        keys = Some(stored?);
    }
    let keys = keys.as_deref().map(|environment| (STORAGE, environment));
    Ok(open.vault.set_remote(&asker, space, &remote.place, keys)?)
}

/// Keeps the keys of a storage as values of the own space; says in which environment.
fn keep_keys(
    vault: &mut Vault,
    asker: &keystead_vault::Asker,
    space: &str,
    (id, secret): (&str, &str),
) -> Result<String, ApiError> {
    let mut environment: String = space
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() {
                c.to_ascii_lowercase()
            } else {
                '-'
            }
        })
        .collect();
    environment.truncate(24);
    if EnvironmentName::parse(&environment).is_err() {
        "team".clone_into(&mut environment);
    }
    // Another space's keys may stand under that name: names of spaces are their members' to choose.
    let mut chosen = EnvironmentName::parse(&environment)?;
    match vault.project(STORAGE) {
        Err(_) => {
            vault.create_project(asker, &ProjectName::parse(STORAGE)?, &[])?;
        }
        Ok(project) => {
            let mut at = 2;
            while project.environment(chosen.as_str()).is_some() {
                chosen = EnvironmentName::parse(&format!("{environment}-{at}"))?;
                at += 1;
            }
        }
    }
    let environment = chosen;
    let values = [
        (SecretName::parse("AWS_ACCESS_KEY_ID")?, id),
        (SecretName::parse("AWS_SECRET_ACCESS_KEY")?, secret),
    ];
    vault.put_values(
        asker,
        STORAGE,
        environment.as_str(),
        &values,
        Origin::Imported,
        "",
        true,
    )?;
    Ok(environment.to_string())
}

/// The keys that open a storage, out of an environment of the own space.
pub(crate) fn read_keys(
    vault: &mut Vault,
    asker: &keystead_vault::Asker,
    (project, environment): (&str, &str),
) -> Result<keystead_sync::Credential, ApiError> {
    let mut read = |name: &str| {
        let place = (project, environment, name);
        let current = VersionSelector::Current;
        vault
            .read(asker, place, current, Exposure::Injected, "sync")
            .map(|read| read.value.to_string())
    };
    Ok(keystead_sync::Credential {
        key_id: read("AWS_ACCESS_KEY_ID")?,
        secret: read("AWS_SECRET_ACCESS_KEY")?,
        session: read("AWS_SESSION_TOKEN").ok(),
    })
}
