use super::Context;
use crate::{
    args::{AuditArgs, AuditCommand},
    terminal,
};
use keystead_workbench::api::{ApiError, AuditRequest, Code, EventView, VerifyAuditRequest};

/// Lists events, newest first, or recomputes the logs.
pub(crate) fn run(context: &Context, args: &AuditArgs) -> Result<(), ApiError> {
    match args.command {
        Some(AuditCommand::Verify) => verify(context),
        None => list(context, args),
    }
}

fn list(context: &Context, args: &AuditArgs) -> Result<(), ApiError> {
    let audit = context.workbench.ask(AuditRequest {
        limit: args.limit,
        before: args.before,
    })?;
    if context.global.json {
        terminal::json(&audit);
        return Ok(());
    }
    let rows: Vec<_> = audit.events.iter().map(row).collect();
    terminal::table(&["WHEN (UTC)", "WHO", "WHAT", "ON", "FROM"], &rows);
    if (audit.events.len() as u64) < audit.total {
        let shown = audit.events.len();
        let oldest = audit.events.last().map_or(0, |event| event.position);
        terminal::note(&format!(
            "{shown} of {} events; --limit shows more, --before {oldest} those before",
            audit.total
        ));
    }
    Ok(())
}

fn verify(context: &Context) -> Result<(), ApiError> {
    let verified = context.workbench.ask(VerifyAuditRequest {})?;
    if context.global.json {
        terminal::json(&verified);
    } else {
        terminal::line(&verified.words);
    }
    if verified.verified {
        Ok(())
    } else {
        Err(ApiError::new(
            Code::VaultDamaged,
            "The audit does not verify.",
            "Compare this vault with a backup; keep this copy aside.",
        ))
    }
}

fn row(event: &EventView) -> Vec<String> {
    let place: Vec<&str> = [&event.project, &event.environment, &event.secret]
        .into_iter()
        .flatten()
        .map(String::as_str)
        .collect();
    // A secret's own event says enough; for the others the detail is the point.
    let on = match (
        place.is_empty(),
        event.secret.is_some() || event.detail.is_empty(),
    ) {
        (true, _) => event.detail.clone(),
        (false, true) => place.join(" · "),
        (false, false) => format!("{}: {}", place.join(" · "), event.detail),
    };
    let what = match (event.outcome.as_str(), event.version) {
        ("ok", Some(version)) => format!("{} v{version}", event.words),
        ("ok", None) => event.words.clone(),
        (outcome, _) => format!("{} ({outcome})", event.words),
    };
    let program = event.process.program.rsplit('/').next().unwrap_or_default();
    vec![
        utc(event.at),
        format!("{} on {}", event.actor, event.device),
        what,
        on,
        format!("{program}, pid {}", event.process.pid),
    ]
}

pub(crate) fn utc(millis: i64) -> String {
    match jiff::Timestamp::from_millisecond(millis) {
        Ok(time) => time.strftime("%Y-%m-%d %H:%M:%S").to_string(),
        Err(_) => millis.to_string(),
    }
}
