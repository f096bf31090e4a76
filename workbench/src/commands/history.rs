//! What became of a secret.

use crate::{
    api::{
        ApiError, HistoryFieldView, HistoryPartView, HistoryRequest, HistoryRowView,
        HistoryValueView, HistoryView, PartChange,
    },
    session::Session,
};
use keystead_vault::Happened;

pub(crate) fn history(
    session: &mut Session,
    request: &HistoryRequest,
) -> Result<HistoryView, ApiError> {
    let (open, _) = session.open()?;
    let place = (&*request.project, &*request.environment);
    let rows = open.vault.history(place, &request.name)?;
    let rows = rows.into_iter().map(|row| {
        let (value, field) = match row.what {
            Happened::Value {
                environment,
                number,
                origin,
                parts,
            } => {
                let parts = parts.into_iter().map(|(part, change)| HistoryPartView {
                    part,
                    change: change_view(change),
                });
                let value = HistoryValueView {
                    environment,
                    version: number,
                    origin: origin.words().to_owned(),
                    parts: parts.collect(),
                };
                (Some(value), None)
            }
            Happened::Field { field, from, to } => {
                let field = field.to_owned();
                (None, Some(HistoryFieldView { field, from, to }))
            }
        };
        HistoryRowView {
            at: row.at.0,
            device: open.vault.name_of_device(row.device),
            value,
            field,
        }
    });
    Ok(HistoryView {
        rows: rows.collect(),
    })
}

fn change_view(change: keystead_vault::PartChange) -> PartChange {
    match change {
        keystead_vault::PartChange::Same => PartChange::Same,
        keystead_vault::PartChange::Changed => PartChange::Changed,
        keystead_vault::PartChange::Added => PartChange::Added,
        keystead_vault::PartChange::Removed => PartChange::Removed,
    }
}
