use super::Context;
use crate::{domain_args::ReleaseArgs, terminal};
use keystead_workbench::api::{
    ApiError, ReleaseRuleView, ReleasesRequest, ReleasesView, SetReleaseRequest,
};

/// Shows when values leave, or says so.
pub(crate) fn run(context: &Context, args: &ReleaseArgs) -> Result<(), ApiError> {
    let asked = args.hours.is_some() || !args.tag.is_empty() || !args.device.is_empty();
    let rules = match &args.place {
        Some(place) if asked || args.always => context.workbench.ask(SetReleaseRequest {
            place: place.clone(),
            hours: args.hours,
            tags: args.tag.clone(),
            devices: args.device.clone(),
        })?,
        _ => context.workbench.ask(ReleasesRequest {})?,
    };
    show(context, &rules, args.place.as_ref());
    Ok(())
}

fn show(context: &Context, releases: &ReleasesView, place: Option<&String>) {
    if context.global.json {
        terminal::json(releases);
        return;
    }
    let rules = releases.rules.iter();
    let rules = rules.filter(|rule| place.is_none_or(|place| rule.place == *place));
    let rows: Vec<_> = rules
        .map(|rule| {
            let by = rule.by.clone().unwrap_or_default();
            vec![rule.place.clone(), words(rule), by]
        })
        .collect();
    match rows.is_empty() {
        true => terminal::note("values leave whenever somebody may read them"),
        false => terminal::table(&["PLACE", "VALUES LEAVE", "SAID BY"], &rows),
    }
}

/// A rule in words.
pub(super) fn words(rule: &ReleaseRuleView) -> String {
    let hours = rule
        .hours
        .map(|(from, until)| format!("{from}-{until} o'clock UTC"));
    let some = |what: &str, list: &[String]| {
        (!list.is_empty()).then(|| format!("{what} {}", list.join(" or ")))
    };
    let parts = [hours, some("tagged", &rule.tags), some("on", &rule.devices)];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    parts.join(", ")
}
