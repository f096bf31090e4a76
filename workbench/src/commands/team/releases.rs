//! When values leave, as owners said.

use super::{members::device_of, place_of, spaces::entered_team};
use crate::{
    api::{ApiError, ReleaseRuleView, ReleasesView, SetReleaseRequest},
    session::Session,
};
use keystead_vault::{Place, ReleaseRule, SaidRelease, Vault};

pub(crate) fn releases(session: &mut Session) -> Result<ReleasesView, ApiError> {
    let (open, _) = session.open()?;
    entered_team(&open.vault)?;
    let rules = open.vault.releases()?;
    Ok(ReleasesView {
        rules: rules.into_iter().map(rule_view).collect(),
    })
}

fn rule_view(said: SaidRelease) -> ReleaseRuleView {
    ReleaseRuleView {
        place: said.place.to_string(),
        hours: said.rule.hours,
        tags: said.rule.tags.into_iter().collect(),
        device_ids: said.rule.devices.iter().map(ToString::to_string).collect(),
        devices: said.devices,
        by: said.by,
    }
}

pub(crate) fn set_release(
    session: &mut Session,
    request: &SetReleaseRequest,
) -> Result<ReleasesView, ApiError> {
    let (open, asker) = session.open()?;
    let members = open.vault.members()?;
    let devices = request.devices.iter();
    let devices = devices.map(|wanted| device_of(&members, wanted));
    let rule = ReleaseRule {
        hours: request.hours,
        tags: request.tags.iter().cloned().collect(),
        devices: devices.collect::<Result<_, _>>()?,
    };
    let place = place_of(&request.place);
    open.vault.set_release(&asker, &place, Some(&rule))?;
    releases(session)
}

/// The rules around a place.
pub(super) fn around(vault: &Vault, place: &Place) -> Result<Vec<ReleaseRuleView>, ApiError> {
    let reaches = |rule: &Place| match (rule, place) {
        (Place::Space, _) => true,
        (Place::Project(rule), Place::Project(of) | Place::Environment(of, _)) => rule == of,
        (rule, place) => rule == place,
    };
    let rules = vault.releases()?.into_iter();
    let rules = rules.filter(|said| reaches(&said.place));
    Ok(rules.map(rule_view).collect())
}
