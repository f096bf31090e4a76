//! What projects, environments and secrets say of themselves; what was done to them, and taking it back.

use super::{recognise::kind_of, write_link};
use crate::{
    api::{
        ApiError, Code, CompactRequest, CompactedView, EditEnvironmentRequest, EditProjectRequest,
        EditSecretsRequest, EditedView, ExpiryChoice, FillRequest, LinkWriteView, OperationView,
        OperationsRequest, OperationsView, RemoveSecretsRequest, UndoRequest, UndoneView,
    },
    session::Session,
};
use keystead_vault::{
    EnvironmentField, EnvironmentName, Note, Owner, ProjectField, ProjectName, Retention,
    SecretField, SecretName, Tag, Undone, VaultError,
};

use std::collections::{BTreeSet, HashSet};

const MOST_OPERATIONS: u32 = 1_000;

pub(crate) fn edit_secrets(
    session: &mut Session,
    request: &EditSecretsRequest,
) -> Result<EditedView, ApiError> {
    if request.rename.is_some() && request.names.len() != 1 {
        return Err(ApiError::new(
            Code::InvalidInput,
            "Only one secret at a time gets another name.",
            "Name one.",
        ));
    }
    let mut fields = Vec::new();
    if let Some(name) = &request.rename {
        fields.push(SecretField::Name(SecretName::parse(name)?.to_string()));
    }
    if let Some(word) = &request.kind {
        fields.push(SecretField::Kind(kind_of(word)?));
    }
    if let Some(notes) = &request.notes {
        fields.push(SecretField::Notes(Note::parse(notes)?.to_string()));
    }
    if let Some(owner) = &request.owner {
        fields.push(SecretField::Owner(Owner::parse(owner)?.to_string()));
    }
    match request.expires {
        None => {}
        Some(ExpiryChoice::Never) => fields.push(SecretField::Expires(None)),
        Some(ExpiryChoice::At(at)) => fields.push(SecretField::Expires(Some(at))),
    }
    if let Some(days) = request.lead_days {
        fields.push(SecretField::Lead(days));
    }
    let tags = |words: &[String]| {
        let tags = words.iter().map(|word| Tag::parse(word));
        tags.collect::<Result<Vec<_>, _>>()
    };
    let (add, remove) = (tags(&request.add_tags)?, tags(&request.remove_tags)?);
    let (open, asker) = session.open()?;
    let mut names = request.names.clone();
    if request.expires.is_some() || request.lead_days.is_some() {
        // What a provider knows as one thing expires as one.
        for name in &request.names {
            names.extend(open.vault.together_with(&request.project, name)?);
        }
    }
    let asked: HashSet<&String> = request.names.iter().collect();
    let together: BTreeSet<&String> = names.iter().filter(|name| !asked.contains(name)).collect();
    let mut edits = Vec::new();
    for name in together {
        let expiry = fields
            .iter()
            .filter(|field| matches!(field, SecretField::Expires(_) | SecretField::Lead(_)));
        edits.push((name.as_str(), expiry.cloned().collect()));
    }
    for name in &request.names {
        let mut fields = fields.clone();
        if !add.is_empty() || !remove.is_empty() {
            let mut tags = open.vault.tags(&request.project, name)?;
            tags.extend(add.iter().map(ToString::to_string));
            tags.retain(|tag| !remove.iter().any(|gone| gone.as_str() == tag));
            fields.push(SecretField::Tags(tags.into_iter().collect()));
        }
        edits.push((name.as_str(), fields));
    }
    open.vault.edit_secrets(&asker, &request.project, &edits)?;
    let links = match request.rename {
        // The name is what a file holds.
        Some(_) => write_all_of(session, &request.project)?,
        None => Vec::new(),
    };
    Ok(EditedView { links })
}

pub(crate) fn remove_secrets(
    session: &mut Session,
    request: &RemoveSecretsRequest,
) -> Result<EditedView, ApiError> {
    let (open, asker) = session.open()?;
    let names: Vec<&str> = request.names.iter().map(String::as_str).collect();
    let links = match &request.environment {
        Some(environment) => {
            open.vault
                .remove_values(&asker, (&request.project, environment), &names)?;
            write_link::write_all_at(session, (&request.project, environment))
        }
        None => {
            let edits: Vec<_> = names
                .iter()
                .map(|name| (*name, vec![SecretField::Removed(true)]))
                .collect();
            open.vault.edit_secrets(&asker, &request.project, &edits)?;
            write_all_of(session, &request.project)?
        }
    };
    Ok(EditedView { links })
}

pub(crate) fn fill(session: &mut Session, request: &FillRequest) -> Result<EditedView, ApiError> {
    let names: Vec<&str> = request.names.iter().map(String::as_str).collect();
    let (open, mut asker) = session.open()?;
    asker.confirmed = request.confirmed;
    let between = (&*request.from, &*request.to);
    open.vault.fill(&asker, &request.project, between, &names)?;
    let links = write_link::write_all_at(session, (&request.project, &request.to));
    Ok(EditedView { links })
}

pub(crate) fn edit_environment(
    session: &mut Session,
    request: &EditEnvironmentRequest,
) -> Result<EditedView, ApiError> {
    let (open, mut asker) = session.open()?;
    asker.confirmed = request.confirmed;
    let project = open.vault.project(&request.project)?;
    let mut fields = Vec::new();
    if let Some(name) = &request.rename {
        let name = EnvironmentName::parse(name)?;
        fields.push(EnvironmentField::Name(name.to_string()));
    }
    fields.extend(request.protect.map(EnvironmentField::Protected));
    if let Some(from) = &request.inherit {
        let from = match from.as_str() {
            "" => None,
            name => Some(
                project
                    .environment(name)
                    .ok_or_else(|| VaultError::NoEnvironment {
                        project: request.project.clone(),
                        environment: name.to_owned(),
                    })?
                    .id,
            ),
        };
        fields.push(EnvironmentField::Inherits(from));
    }
    if request.remove {
        fields.push(EnvironmentField::Removed(true));
    }
    let place = (&*request.project, &*request.environment);
    open.vault.edit_environment(&asker, place, &fields)?;
    if let Some(position) = request.position {
        let mut order: Vec<&str> = project.environments.iter().map(|e| &*e.name).collect();
        order.retain(|name| *name != request.environment);
        let at = usize::try_from(position)
            .unwrap_or(usize::MAX)
            .min(order.len());
        order.insert(
            at,
            request.rename.as_deref().unwrap_or(&request.environment),
        );
        open.vault
            .order_environments(&asker, &request.project, &order)?;
    }
    let links = match &request.inherit {
        Some(_) => write_all_of(session, &request.project)?,
        None => Vec::new(),
    };
    Ok(EditedView { links })
}

pub(crate) fn edit_project(
    session: &mut Session,
    request: &EditProjectRequest,
) -> Result<EditedView, ApiError> {
    let mut fields = Vec::new();
    if let Some(name) = &request.rename {
        fields.push(ProjectField::Name(ProjectName::parse(name)?.to_string()));
    }
    if request.remove {
        fields.push(ProjectField::Removed(true));
    }
    let (open, asker) = session.open()?;
    open.vault.edit_project(&asker, &request.project, &fields)?;
    Ok(EditedView { links: Vec::new() })
}

pub(crate) fn operations(
    session: &mut Session,
    request: &OperationsRequest,
) -> Result<OperationsView, ApiError> {
    let (open, _) = session.open()?;
    let rows = open
        .vault
        .operations(request.limit.min(MOST_OPERATIONS), request.before)?;
    let operations = rows.into_iter().map(|row| OperationView {
        sequence: row.sequence,
        at: row.at.0,
        device: open.vault.name_of_device(row.device),
        what: row.what,
        undone: row.undone,
        can_undo: row.can_undo,
    });
    Ok(OperationsView {
        operations: operations.collect(),
    })
}

pub(crate) fn compact(
    session: &mut Session,
    request: &CompactRequest,
) -> Result<CompactedView, ApiError> {
    let usual = Retention::default();
    let retention = Retention {
        versions: request.keep_versions.unwrap_or(usual.versions),
        days: request.keep_days.unwrap_or(usual.days),
    };
    let (open, asker) = session.open()?;
    let done = match request.plan {
        true => open.vault.plan_compaction(&asker, retention)?,
        false => open.vault.compact(&asker, retention)?,
    };
    Ok(CompactedView {
        operations: done.map_or(0, |done| done.operations),
        before: done.map_or(0, |done| done.before),
        after: done.map_or(0, |done| done.after),
        values: done.map_or(0, |done| done.values),
    })
}

pub(crate) fn undo(session: &mut Session, request: &UndoRequest) -> Result<UndoneView, ApiError> {
    let (open, asker) = session.open()?;
    let undone = open.vault.undo(&asker, request.sequence)?;
    Ok(undone_view(session, undone))
}

pub(crate) fn redo(session: &mut Session) -> Result<UndoneView, ApiError> {
    let (open, asker) = session.open()?;
    let redone = open.vault.redo(&asker)?;
    Ok(undone_view(session, redone))
}

fn undone_view(session: &mut Session, undone: Undone) -> UndoneView {
    UndoneView {
        sequence: undone.sequence,
        what: undone.what,
        links: write_link::write_all(session, &undone.places, None),
    }
}

/// Writes the links of every environment of a project.
pub(crate) fn write_all_of(
    session: &mut Session,
    project: &str,
) -> Result<Vec<LinkWriteView>, ApiError> {
    let (open, _) = session.open()?;
    let environments = open.vault.project(project)?.environments;
    let places: Vec<_> = environments
        .into_iter()
        .map(|environment| (project.to_owned(), environment.name))
        .collect();
    Ok(write_link::write_all(session, &places, None))
}
