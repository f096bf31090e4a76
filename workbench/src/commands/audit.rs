//! The audit: events, and recomputing them.

use crate::{
    api::{
        ApiError, AuditRequest, AuditView, EventView, LogCoverageView, ProcessView, VerifyAuditView,
    },
    session::Session,
};
use keystead_vault::{EventRow, Vault, Verification};

const PAGE_LIMIT: u32 = 10_000;

pub(crate) fn audit(session: &mut Session, request: &AuditRequest) -> Result<AuditView, ApiError> {
    let (open, _) = session.open()?;
    let rows = open
        .vault
        .events(request.limit.min(PAGE_LIMIT), request.before)?;
    Ok(AuditView {
        events: rows
            .into_iter()
            .map(|row| event_view(&open.vault, row))
            .collect(),
        total: open.vault.event_count()?,
    })
}

pub(crate) fn verify_audit(session: &mut Session) -> Result<VerifyAuditView, ApiError> {
    let (open, asker) = session.open()?;
    let verification = open.vault.verify(&asker)?;
    let logs = verification.logs.iter().map(|log| LogCoverageView {
        log: log.log.clone(),
        events: log.events,
        signed_events: log.signed_events,
        operations: log.operations,
        signed_operations: log.signed_operations,
    });
    Ok(VerifyAuditView {
        verified: verification.problem.is_none(),
        events: verification.events,
        operations: verification.operations,
        ciphertexts: verification.ciphertexts,
        logs: logs.collect(),
        words: words(&verification),
        problem: verification.problem,
    })
}

fn words(verification: &Verification) -> String {
    if let Some(problem) = &verification.problem {
        return format!("Not verified: {problem}. Compare this vault with a backup.");
    }
    let signed: u64 = verification.logs.iter().map(|log| log.signed_events).sum();
    let unsigned = verification.events - signed;
    let rest = if unsigned == 0 {
        "all of them under a signed head".to_owned()
    } else {
        format!(
            "{signed} of them under a signed head and {unsigned} since, which the next lock signs"
        )
    };
    format!(
        "Recomputed {} events, {rest}; {} operations; and the hashes of {} values. \
         A signed head here shows changes made without this device's key; only another \
         device can show that the whole vault was put back to an earlier day.",
        verification.events, verification.operations, verification.ciphertexts
    )
}

fn event_view(vault: &Vault, row: EventRow) -> EventView {
    let event = row.event;
    EventView {
        position: row.position,
        log: row.log,
        sequence: event.sequence,
        at: event.at,
        actor: vault.identity_name().to_owned(),
        device: vault.name_of_device(event.device),
        action: event.action.as_str().to_owned(),
        words: event.action.words().to_owned(),
        outcome: event.outcome.as_str().to_owned(),
        project: row.project,
        environment: row.environment,
        secret: row.secret,
        version: row.version,
        previous: row.previous,
        detail: event.detail,
        purpose: event.purpose,
        process: ProcessView {
            pid: event.process.pid,
            program: event.process.program,
            parent: event.process.parent,
            parent_pid: event.process.parent_pid,
            directory: event.process.directory,
            user: event.process.user,
        },
        hash: row.hash.iter().map(|byte| format!("{byte:02x}")).collect(),
    }
}
