use super::{Context, utf8_path};
use crate::{domain_args::ShareArgs, prompt, terminal};
use keystead_workbench::api::{ApiError, Code, CopyRecipient, SendCopyRequest};
use std::path::{Path, PathBuf};

/// Seals copies of values for somebody, as an age file.
pub(crate) fn run(context: &Context, args: &ShareArgs) -> Result<(), ApiError> {
    let (project, environment) = context.place(&args.place)?;
    let to = args.to.iter().map(|card| recipient(card));
    let to = to.collect::<Result<Vec<_>, _>>()?;
    let named = args.output.clone();
    let output = named.unwrap_or_else(|| PathBuf::from(format!("{}.age", args.names[0])));
    let path = match output == Path::new("-") {
        true => None,
        false => Some(utf8_path(&output)?),
    };
    let sent = context.confirm_protected(|confirmed| {
        context.workbench.ask(SendCopyRequest {
            project: project.clone(),
            environment: environment.clone(),
            names: args.names.clone(),
            to: to.clone(),
            path: path.clone(),
            overwrite: context.global.yes,
            confirmed,
        })
    })?;
    if context.global.json {
        terminal::json(&sent);
        return Ok(());
    }
    for line in sent.text.iter().flat_map(|text| text.lines()) {
        terminal::line(line);
    }
    let whom = sent.to.iter().map(|card| match card.name.is_empty() {
        true => card.recipient.clone(),
        false => format!("{} ({})", card.name, card.fingerprint),
    });
    for whom in whom {
        terminal::note(&format!("{} values can be opened by {whom}", sent.secrets));
    }
    if let Some(path) = &sent.path {
        terminal::note(&format!("wrote {path}"));
    }
    Ok(())
}

/// A recipient or a contact as it is named, or the text of a card.
fn recipient(card: &str) -> Result<CopyRecipient, ApiError> {
    if card.starts_with("age1") {
        return Ok(CopyRecipient::Card(card.to_owned()));
    }
    match card == "-" || Path::new(card).exists() {
        true => text_of(card).map(CopyRecipient::Card),
        false => Ok(CopyRecipient::Contact(card.to_owned())),
    }
}

/// The text of a card in a file, or on standard input.
pub(super) fn text_of(card: &str) -> Result<String, ApiError> {
    let text = match card {
        "-" => prompt::text_of_input()?,
        file => std::fs::read_to_string(file).map_err(|error| {
            ApiError::new(
                Code::Io,
                format!("{file} can't be read: {error}."),
                "Name a file with a card as text, or an age1pq1… recipient.",
            )
        })?,
    };
    Ok(text)
}
