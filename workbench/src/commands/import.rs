//! Import: preview first, then all of it or nothing.

use super::{
    copies,
    projects::kind_view,
    secrets::{check_value, count},
    write_link,
};
use crate::{
    api::{
        ApiError, Code, ImportEntryState, ImportEntryView, ImportPreviewView, ImportRequest,
        ImportSource, ImportedView, PreviewImportRequest, SecretText,
    },
    atomic_file::read_regular,
    errors::{ask_to_create, io_error},
    session::{Preview, Session},
};
use getrandom::{
    SysRng,
    rand_core::{Rng, UnwrapErr},
};
use keystead_formats::{Dialect, Entry, EnvFile};
use keystead_vault::{EnvironmentName, Kind, Origin, ProjectName, SecretName, VaultError};
use std::{collections::BTreeSet, path::Path};
use zeroize::Zeroizing;

const FILE_LIMIT: u64 = 16 * 1024 * 1024;
/// A forgotten preview holds values; only so many are kept.
const PREVIEW_LIMIT: usize = 8;

pub(crate) fn preview_import(
    session: &mut Session,
    request: PreviewImportRequest,
) -> Result<ImportPreviewView, ApiError> {
    session.open()?;
    ProjectName::parse(&request.project)?;
    EnvironmentName::parse(&request.environment)?;
    let (source, mut bytes) = read_source(request.source)?;
    if copies::is_sealed(&bytes) {
        // Somebody sealed it for this identity.
        let (open, asker) = session.open()?;
        let opened = copies::unsealed(open, &asker, &bytes, &source)?;
        bytes = Zeroizing::new(opened.to_vec());
    }
    let dialect = request.dialect.into();
    let file = EnvFile::parse(dialect, &bytes)
        .map_err(|error| invalid_line(&source, error.line, &error.reason.to_string()))?;
    let documents = matches!(dialect, Dialect::Json | Dialect::Yaml);
    if let Some(bare) = file.bare_names().next().filter(|_| !documents) {
        return Err(invalid_line(&source, bare.line, "this name has no value"));
    }
    let entries = file.effective();
    let names = entries
        .iter()
        .map(|entry| {
            let name = SecretName::parse(entry.name)
                .map_err(|error| invalid_line(&source, entry.line, &error.to_string()))?;
            check_value(entry.value).map_err(|unfit| {
                let reason = format!("{} {}", entry.name, unfit.words());
                invalid_line(&source, entry.line, &reason)
            })?;
            Ok(name)
        })
        .collect::<Result<Vec<_>, ApiError>>()?;

    let (open, _) = session.open()?;
    let pairs: Vec<_> = entries.iter().map(|e| (e.name, e.value)).collect();
    let there = open
        .vault
        .compare(&request.project, &request.environment, &pairs)?;
    let project = match open.vault.project(&request.project) {
        Err(VaultError::NoProject(_)) => None,
        other => Some(other?),
    };
    let has_environment =
        |p: &keystead_vault::Project| p.environment(&request.environment).is_some();
    let views = entries
        .iter()
        .zip(&there)
        .map(|(entry, there)| entry_view(entry, *there));
    let token = token();
    let view = ImportPreviewView {
        preview: token.clone(),
        source: source.clone(),
        creates_project: project.is_none(),
        creates_environment: !project.as_ref().is_some_and(has_environment),
        entries: views.collect(),
        left_out: file.bare_names().map(|bare| bare.name.to_owned()).collect(),
    };
    let held = names
        .into_iter()
        .zip(&entries)
        .map(|(name, entry)| (name, SecretText::new(entry.value.to_owned())));
    let preview = Preview {
        project: request.project,
        environment: request.environment,
        source,
        dialect,
        entries: held.collect(),
    };
    if open.previews.len() >= PREVIEW_LIMIT {
        open.previews.clear();
    }
    open.previews.insert(token, preview);
    Ok(view)
}

pub(crate) fn import(
    session: &mut Session,
    request: &ImportRequest,
) -> Result<ImportedView, ApiError> {
    let (open, mut asker) = session.open()?;
    asker.confirmed = request.confirmed;
    let preview = open.previews.remove(&request.preview).ok_or_else(|| {
        ApiError::new(
            Code::NotFound,
            "That preview is no longer held.",
            "Preview the file again.",
        )
    })?;
    let wanted: Option<BTreeSet<&str>> = request
        .names
        .as_ref()
        .map(|names| names.iter().map(String::as_str).collect());
    let values: Vec<_> = preview
        .entries
        .iter()
        .filter(|(name, _)| wanted.as_ref().is_none_or(|w| w.contains(name.as_str())))
        .map(|(name, value)| (name.clone(), value.expose()))
        .collect();
    if values.is_empty() {
        return Err(ApiError::new(
            Code::InvalidInput,
            "There is nothing to import.",
            "Choose at least one name.",
        ));
    }
    let detail = format!(
        "{} values from {} ({})",
        values.len(),
        preview.source,
        preview.dialect.as_str()
    );
    let place = (&*preview.project, &*preview.environment);
    let puts = open.vault.put_values(
        &asker,
        place.0,
        place.1,
        &values,
        Origin::Imported,
        &detail,
        request.create_missing,
    );
    let puts = match puts {
        Ok(puts) => puts,
        Err(error) => {
            // Nothing was stored, so the same preview can be agreed to.
            open.previews.insert(request.preview.clone(), preview);
            return Err(ask_to_create(error));
        }
    };
    let changed = puts.iter().filter(|p| p.previous.is_some()).count();
    let unchanged = puts.iter().filter(|p| !p.written).count();
    let links = if unchanged < puts.len() {
        write_link::write_all_at(session, (&preview.project, &preview.environment))
    } else {
        Vec::new()
    };
    Ok(ImportedView {
        created: count(puts.len() - changed - unchanged),
        changed: count(changed),
        unchanged: count(unchanged),
        links,
    })
}

fn read_source(source: ImportSource) -> Result<(String, Zeroizing<Vec<u8>>), ApiError> {
    match source {
        ImportSource::Text(text) => Ok((
            "pasted text".to_owned(),
            Zeroizing::new(text.expose().as_bytes().to_vec()),
        )),
        ImportSource::Path(path) => {
            let path = Path::new(&path);
            let bytes = read_regular(path, FILE_LIMIT).map_err(|error| io_error(path, &error))?;
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if bytes.len() as u64 > FILE_LIMIT {
                return Err(ApiError::new(
                    Code::InvalidFile,
                    format!("{name} is larger than 16 MiB."),
                    "Choose a file of secrets.",
                ));
            }
            Ok((name.into_owned(), bytes))
        }
    }
}

fn entry_view(entry: &Entry<'_>, there: Option<bool>) -> ImportEntryView {
    ImportEntryView {
        name: entry.name.to_owned(),
        line: entry.line,
        kind: kind_view(Kind::recognise(entry.name, entry.value)),
        state: match there {
            None => ImportEntryState::New,
            Some(true) => ImportEntryState::Unchanged,
            Some(false) => ImportEntryState::Changed,
        },
        empty: entry.value.is_empty(),
        overridden_lines: entry.overridden.to_vec(),
        // How many, never which: a reference may be a piece of the value.
        warning: match entry.unresolved.len() {
            0 => String::new(),
            1 => "Has a reference that this file does not set: kept as written.".to_owned(),
            n => format!("Has {n} references that this file does not set: kept as written."),
        },
    }
}

fn invalid_line(source: &str, line: u32, reason: &str) -> ApiError {
    ApiError::new(
        Code::InvalidFile,
        format!("{source}, line {line}: {reason}."),
        "Nothing was imported. Mend that line, or choose the dialect of the file's own reader.",
    )
}

fn token() -> String {
    let mut bytes = [0; 16];
    UnwrapErr(SysRng).fill_bytes(&mut bytes);
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
