//! What people said apart of the same thing.

use crate::{
    api::{ApiError, ConflictView, ConflictsView, SaidView, SettleRequest},
    session::Session,
};
use keystead_vault::{Conflict, Said, Settlement};

pub(crate) fn conflicts(session: &mut Session) -> Result<ConflictsView, ApiError> {
    let (open, _) = session.open()?;
    super::entered_team(&open.vault)?;
    let conflicts = open.vault.conflicts()?.into_iter().map(view);
    Ok(ConflictsView {
        conflicts: conflicts.collect(),
    })
}

pub(crate) fn settle(
    session: &mut Session,
    request: &SettleRequest,
) -> Result<ConflictsView, ApiError> {
    let (open, asker) = session.open()?;
    let settlement = match request.take {
        true => Settlement::Take,
        false => Settlement::Keep,
    };
    open.vault
        .settle_conflict(&asker, &request.id, settlement)?;
    conflicts(session)
}

fn view(conflict: Conflict) -> ConflictView {
    let said = |said: Said| SaidView {
        what: said.what,
        by: said.by,
        at: said.at.0,
    };
    ConflictView {
        id: conflict.id,
        about: conflict.about,
        stands: said(conflict.stands),
        waits: said(conflict.waits),
    }
}
