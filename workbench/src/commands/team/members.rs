//! Members of a space, what they may, and how they go.

use super::{grant_of, place_of, role_of};
use crate::{
    api::{
        ApiError, Code, DeviceView, ExplainRequest, ExplainView, GrantRequest, KnownValueView,
        MemberTrust, MemberView, MembersView, PlanRemovalRequest, RemovalView, RemoveMemberRequest,
        RevokeDeviceRequest, RoleView, TakeBackRequest,
    },
    commands::copies::fingerprint_words,
    session::Session,
};
use keystead_crypto::Fingerprint;
use keystead_vault::{Contact, DeviceId, Member, RemovalPlan, Role, Vault};

pub(crate) fn members(session: &mut Session) -> Result<MembersView, ApiError> {
    let (open, _) = session.open()?;
    super::spaces::entered_team(&open.vault)?;
    let contacts = open.vault.contacts()?;
    let members = open.vault.members()?;
    Ok(MembersView {
        space: open.vault.space_name().to_owned(),
        members: members
            .iter()
            .map(|member| member_view(member, &contacts))
            .collect(),
    })
}

fn member_view(member: &Member, contacts: &[Contact]) -> MemberView {
    MemberView {
        fingerprint: fingerprint_words(&member.identity),
        name: member.name.clone(),
        trust: match member.own {
            true => MemberTrust::Own,
            false => trust_in(contacts, &member.identity, &member.name),
        },
        roles: member
            .roles
            .iter()
            .map(|(place, role, ends)| RoleView {
                place: place.to_string(),
                role: role.map(|role| role.as_str().to_owned()),
                expires: *ends,
            })
            .collect(),
        devices: member
            .devices
            .iter()
            .map(|device| DeviceView {
                id: device.id.to_string(),
                name: device.name.clone(),
                own: device.own,
                last_heard: device.last_heard.map(|at| at.0),
            })
            .collect(),
    }
}

/// How well a card is known among those that are kept.
pub(super) fn trust_in(contacts: &[Contact], identity: &Fingerprint, name: &str) -> MemberTrust {
    let mut kept = contacts.iter();
    match kept.find(|contact| contact.card.fingerprint() == *identity) {
        Some(contact) if contact.verified => MemberTrust::Verified,
        Some(_) => MemberTrust::Pinned,
        None if contacts.iter().any(|kept| kept.card.name.as_str() == name) => MemberTrust::Changed,
        None => MemberTrust::Introduced,
    }
}

/// The member of that name, or whose fingerprint begins so.
fn member_of(vault: &Vault, name: &str) -> Result<Member, ApiError> {
    let members = vault.members()?;
    let begins = |member: &&Member| {
        let digits: String = fingerprint_words(&member.identity)
            .chars()
            .filter(char::is_ascii_hexdigit)
            .collect();
        let wanted: String = name.chars().filter(char::is_ascii_hexdigit).collect();
        wanted.len() >= 8 && digits.starts_with(&wanted.to_lowercase())
    };
    let mut named = members.iter().filter(|member| member.name == name);
    match (named.next(), named.next()) {
        (Some(one), None) => Ok(one.clone()),
        (Some(_), Some(_)) => Err(ApiError::new(
            Code::InvalidInput,
            format!("More than one member is called {name}."),
            "Say the beginning of the fingerprint instead; `keystead members` shows it.",
        )),
        (None, _) => members.iter().find(begins).cloned().ok_or_else(|| {
            ApiError::new(
                Code::NotFound,
                format!("There is no member {name}."),
                "`keystead members` lists who is in.",
            )
        }),
    }
}

pub(crate) fn grant(
    session: &mut Session,
    request: &GrantRequest,
) -> Result<MembersView, ApiError> {
    let grant = grant_of(&request.grant)?;
    let (open, asker) = session.open()?;
    let member = member_of(&open.vault, &request.member)?;
    super::invites::refuse_unverified(&open.vault, &member.identity, &[&grant])?;
    open.vault
        .grant(&asker, &member.identity, &grant, request.history)?;
    members(session)
}

pub(crate) fn take_back(
    session: &mut Session,
    request: &TakeBackRequest,
) -> Result<MembersView, ApiError> {
    let left = request.left.as_deref().map(role_of).transpose()?;
    let (open, asker) = session.open()?;
    let member = member_of(&open.vault, &request.member)?;
    open.vault.take_back(
        &asker,
        &member.identity,
        &place_of(&request.place),
        left.map(|role: Role| role),
    )?;
    members(session)
}

pub(crate) fn explain(
    session: &mut Session,
    request: &ExplainRequest,
) -> Result<ExplainView, ApiError> {
    let (open, _) = session.open()?;
    let member = member_of(&open.vault, &request.member)?;
    let place = place_of(&request.place);
    let (role, because) = open.vault.explain(&member.identity, &place)?;
    Ok(ExplainView {
        member: member.name,
        place: place.to_string(),
        role: role.map(|role| role.as_str().to_owned()),
        because,
        release: super::releases::around(&open.vault, &place)?,
    })
}

pub(crate) fn plan_removal(
    session: &mut Session,
    request: &PlanRemovalRequest,
) -> Result<RemovalView, ApiError> {
    let (open, _) = session.open()?;
    let member = member_of(&open.vault, &request.member)?;
    let plan = open.vault.plan_removal(&member.identity)?;
    removal_view(&open.vault, &plan)
}

pub(crate) fn remove_member(
    session: &mut Session,
    request: &RemoveMemberRequest,
) -> Result<RemovalView, ApiError> {
    let (open, asker) = session.open()?;
    let member = member_of(&open.vault, &request.member)?;
    let plan = open.vault.remove_member(&asker, &member.identity)?;
    removal_view(&open.vault, &plan)
}

fn removal_view(vault: &Vault, plan: &RemovalPlan) -> Result<RemovalView, ApiError> {
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let remote = vault.remote(vault.entered_space())?;
    Ok(RemovalView {
        member: member_view(&plan.member, &vault.contacts()?),
        keys: count(plan.keys),
        values: plan
            .values
            .iter()
            .map(|value| KnownValueView {
                project: value.project.clone(),
                environment: value.environment.clone(),
                name: value.name.clone(),
                number: value.number,
            })
            .collect(),
        files: count(plan.files),
        storage: remote.and_then(|remote| remote.keys.and(Some(remote.place))),
    })
}

pub(crate) fn revoke_device(
    session: &mut Session,
    request: &RevokeDeviceRequest,
) -> Result<MembersView, ApiError> {
    let (open, asker) = session.open()?;
    let found = device_of(&open.vault.members()?, &request.device)?;
    open.vault.revoke_device(&asker, found)?;
    members(session)
}

/// The device of that name, or whose id begins so.
pub(super) fn device_of(members: &[Member], wanted: &str) -> Result<DeviceId, ApiError> {
    let devices = members.iter().flat_map(|member| &member.devices);
    device_named(devices.map(|device| (device.id, &*device.name)), wanted)
}

/// Of these devices the one of that name, or whose id begins so.
pub(crate) fn device_named<'d>(
    devices: impl Iterator<Item = (DeviceId, &'d str)>,
    wanted: &str,
) -> Result<DeviceId, ApiError> {
    let mut named = devices.filter(|(id, name)| {
        *name == wanted || (wanted.len() >= 8 && id.to_string().starts_with(wanted))
    });
    match (named.next(), named.next()) {
        (Some((one, _)), None) => Ok(one),
        (Some(_), Some(_)) => Err(ApiError::new(
            Code::InvalidInput,
            format!("More than one device is called {wanted}."),
            "Say the beginning of its id instead; `keystead device` and `keystead members --json` show it.",
        )),
        (None, _) => Err(ApiError::new(
            Code::NotFound,
            format!("There is no device {wanted}."),
            "`keystead device` lists yours, `keystead members` whose devices are in a space.",
        )),
    }
}
