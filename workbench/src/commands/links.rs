//! Links: what is on disk compared to the vault, and what a person does about it.

use super::{
    secrets::{check_value, count},
    write_link::{
        dialect_of, foreign_hash, hash_of, parse_existing, read_file, refuse_too_large,
        unknown_values, write_all, write_or_note,
    },
};
use crate::{
    api::{
        self, ApiError, Code, DriftChange, DriftRowView, DriftView, IgnoreInGitRequest,
        LinkPreviewView, LinkRequest, LinkState, LinkView, LinksView, PreviewLinkRequest,
        TakeDriftRequest, UnlinkRequest, WriteLinkRequest,
    },
    atomic_file,
    errors::{ask_to_create, io_error},
    git,
    session::{Open, Session},
};
use keystead_formats::{Dialect, EnvFile, render};
use keystead_vault::{Link, LinkId, Origin, SecretName, VaultError};
use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

pub(crate) fn links(session: &mut Session) -> Result<LinksView, ApiError> {
    let (open, _) = session.open()?;
    let links = open.vault.links()?;
    Ok(LinksView {
        links: links.iter().map(|link| view(open, link)).collect(),
    })
}

/// Links of one environment.
pub(crate) fn links_of(
    session: &mut Session,
    project: &str,
    environment: &str,
) -> Result<Vec<LinkView>, ApiError> {
    let (open, _) = session.open()?;
    let links = open.vault.links()?;
    let here = |link: &&Link| link.project == project && link.environment == environment;
    Ok(links
        .iter()
        .filter(here)
        .map(|link| view(open, link))
        .collect())
}

pub(crate) fn preview_link(
    session: &mut Session,
    request: &PreviewLinkRequest,
) -> Result<LinkPreviewView, ApiError> {
    let dialect: Dialect = request.dialect.into();
    let file = request
        .file
        .as_deref()
        .unwrap_or(request.dialect.usual_file());
    let (_, path) = target(session, &request.folder, file)?;
    let (open, _) = session.open()?;
    let writes = match open
        .vault
        .current_versions(&request.project, &request.environment)
    {
        Err(VaultError::NoProject(_) | VaultError::NoEnvironment { .. }) => Vec::new(),
        other => other?,
    };
    let writes: Vec<String> = writes.into_iter().map(|(name, _)| name).collect();
    let bytes = read_file(&path)?;
    let mut problem = None;
    let (mut replaces, mut keeps) = (Vec::new(), Vec::new());
    match parse_existing(dialect, &path, bytes.as_ref().map(|b| &b[..])) {
        Err(error) => problem = Some(error),
        Ok(file) => {
            if let Some(file) = &file {
                let entries = file.effective();
                let pairs: Vec<_> = entries.iter().map(|e| (e.name, e.value)).collect();
                let there = open
                    .vault
                    .compare(&request.project, &request.environment, &pairs)?;
                for (entry, there) in entries.iter().zip(there) {
                    match there {
                        None => keeps.push(entry.name.to_owned()),
                        Some(false) => replaces.push(entry.name.to_owned()),
                        Some(true) => {}
                    }
                }
            }
            if !writes.is_empty() {
                let place = (&*request.project, &*request.environment);
                problem = open.vault.examine_environment(place, |environment| {
                    let pairs = environment.pairs();
                    let text = match &file {
                        Some(file) => file.merge(&pairs, &[]),
                        None => render(dialect, &pairs),
                    };
                    let fits = text
                        .map_err(ApiError::from)
                        .and_then(|text| refuse_too_large(&path, &text));
                    fits.err()
                })?;
            }
        }
    }
    Ok(LinkPreviewView {
        exists: bytes.is_some(),
        writes,
        replaces,
        keeps,
        git: git::look(&path),
        problem,
        path: path.display().to_string(),
    })
}

pub(crate) fn link(session: &mut Session, request: &LinkRequest) -> Result<LinkView, ApiError> {
    let dialect: Dialect = request.dialect.into();
    let file = request
        .file
        .as_deref()
        .unwrap_or(request.dialect.usual_file());
    let (folder, path) = target(session, &request.folder, file)?;
    let (open, mut asker) = session.open()?;
    asker.confirmed = request.confirmed;
    match open
        .vault
        .check_release(&asker, (&request.project, &request.environment))
    {
        // Made below, where that may be.
        Err(VaultError::NoProject(_) | VaultError::NoEnvironment { .. }) | Ok(()) => {}
        Err(error) => return Err(error.into()),
    }
    // What is known to fail is refused before anything is changed: a link that
    // stands after a failure would be written by the next rotation.
    if !request.create_missing {
        open.vault
            .current_versions(&request.project, &request.environment)
            .map_err(ask_to_create)?;
    }
    let existing = read_file(&path)?;
    parse_existing(dialect, &path, existing.as_ref().map(|b| &b[..]))?;
    let mut gitignore = None;
    if request.add_to_gitignore && git::look(&path).state == api::GitState::NotIgnored {
        gitignore = Some(git::add_to_gitignore(&path)?);
        git::check_ignored(&path)?;
    }
    let id = open
        .vault
        .create_link(
            &asker,
            (&request.project, &request.environment),
            (&folder.display().to_string(), file),
            dialect.as_str(),
            request.create_missing,
        )
        .map_err(ask_to_create)?;
    let link = open.vault.link(id)?;
    if let Some(gitignore) = gitignore {
        let gitignore = gitignore.display().to_string();
        open.vault.note_gitignore(&asker, &link, &gitignore)?;
    }
    // What it replaces was in the preview that this request agrees to.
    write_or_note(open, &asker, &link, true);
    let link = open.vault.link(id)?;
    Ok(view(open, &link))
}

pub(crate) fn write_link(
    session: &mut Session,
    request: &WriteLinkRequest,
) -> Result<LinkView, ApiError> {
    let (open, asker) = session.open()?;
    let link = find(open, &request.link)?;
    let written = write_or_note(open, &asker, &link, request.overwrite_drift);
    if let Some(problem) = written.problem {
        return Err(problem);
    }
    let link = open.vault.link(link.id)?;
    Ok(view(open, &link))
}

pub(crate) fn take_drift(
    session: &mut Session,
    request: &TakeDriftRequest,
) -> Result<LinkView, ApiError> {
    let (open, mut asker) = session.open()?;
    asker.confirmed = request.confirmed;
    let link = find(open, &request.link)?;
    let path = link.path();
    let bytes = read_file(&path)?
        .ok_or_else(|| io_error(&path, &std::io::Error::from(std::io::ErrorKind::NotFound)))?;
    let file = parse_existing(dialect_of(&link)?, &path, Some(&bytes))?;
    let entries = file.as_ref().map(EnvFile::effective).unwrap_or_default();
    let unknown = match &file {
        Some(file) => unknown_values(open, &link, file)?,
        None => Vec::new(),
    };
    let mut values = Vec::new();
    for entry in &entries {
        let written = link.written.iter().find(|w| w.name == entry.name);
        let taken = match written {
            // What the file still has as written is older than the vault's, if they differ.
            Some(written) => !written.was(entry.value),
            None => unknown.iter().any(|name| name == entry.name),
        };
        if taken {
            check_value(entry.value).map_err(|unfit| {
                ApiError::new(
                    Code::InvalidFile,
                    format!(
                        "{}:{}: {} {}.",
                        path.display(),
                        entry.line,
                        entry.name,
                        unfit.words()
                    ),
                    "Change the value in the file, or overwrite the file with the vault's values.",
                )
            })?;
            values.push((SecretName::parse(entry.name)?, entry.value));
        }
    }
    if !values.is_empty() {
        let detail = format!("taken from {}", path.display());
        open.vault.put_values(
            &asker,
            &link.project,
            &link.environment,
            &values,
            Origin::TakenFromFile,
            &detail,
            false,
        )?;
    }
    // The file's values are the vault's now, so writing loses nothing of them.
    write_or_note(open, &asker, &link, true);
    let place = (link.project.clone(), link.environment.clone());
    write_all(session, &[place], Some(link.id));
    let (open, _) = session.open()?;
    let link = open.vault.link(link.id)?;
    Ok(view(open, &link))
}

pub(crate) fn ignore_in_git(
    session: &mut Session,
    request: &IgnoreInGitRequest,
) -> Result<LinkView, ApiError> {
    let (open, asker) = session.open()?;
    let link = find(open, &request.link)?;
    add_to_gitignore(open, &asker, &link)?;
    Ok(view(open, &link))
}

pub(crate) fn unlink(
    session: &mut Session,
    request: &UnlinkRequest,
) -> Result<LinksView, ApiError> {
    let (open, asker) = session.open()?;
    let link = find(open, &request.link)?;
    open.vault.remove_link(&asker, link.id)?;
    links(session)
}

/// Writes each new drift into the audit, once for each edit.
pub(crate) fn note_new_drift(session: &mut Session) {
    let Ok((open, asker)) = session.open() else {
        return;
    };
    for link in open.vault.links().unwrap_or_default() {
        let Ok(Some(bytes)) = read_file(&link.path()) else {
            continue;
        };
        let now = hash_of(&bytes);
        let drifted = link.content_hash.is_some() && !link.wrote(now);
        if drifted && open.noted_drift.insert(link.id, now) != Some(now) {
            // The drift still shows; only its place in the audit would be missing.
            let _ = open.vault.note_drift(&asker, &link);
        }
    }
}

fn find(open: &Open, id: &str) -> Result<Link, ApiError> {
    let id: LinkId = id.parse().map_err(|_| VaultError::NoLink)?;
    Ok(open.vault.link(id)?)
}

fn add_to_gitignore(
    open: &mut Open,
    asker: &keystead_vault::Asker,
    link: &Link,
) -> Result<(), ApiError> {
    let path = link.path();
    let gitignore = git::add_to_gitignore(&path)?.display().to_string();
    open.vault.note_gitignore(asker, link, &gitignore)?;
    git::check_ignored(&path)
}

/// The folder, made absolute, and the file's full path.
fn target(session: &Session, folder: &str, file: &str) -> Result<(PathBuf, PathBuf), ApiError> {
    let plain = Path::new(file).components().count() == 1
        && Path::new(file).file_name().is_some_and(|name| name == file)
        && !file.chars().any(char::is_control);
    if !plain {
        return Err(ApiError::new(
            Code::InvalidInput,
            format!("{file:?} is not a file's name."),
            "Name a file without folders, such as .env.",
        ));
    }
    if matches!(file, ".git" | ".gitignore") {
        return Err(ApiError::new(
            Code::InvalidInput,
            format!("{file} is git's own and can't be linked."),
            "Name another file, such as .env.",
        ));
    }
    let given = Path::new(folder);
    let folder = fs::canonicalize(given).map_err(|error| io_error(given, &error))?;
    if !folder.is_dir() {
        return Err(ApiError::new(
            Code::InvalidInput,
            format!("{} is not a folder.", folder.display()),
            "Choose a project's folder.",
        ));
    }
    refuse_vaults(session, &folder)?;
    let path = folder.join(file);
    Ok((folder, path))
}

/// Refuses a folder inside a vault: values would lie there in the clear, and
/// could take the place of the vault's own files.
pub(crate) fn refuse_vaults(session: &Session, folder: &Path) -> Result<(), ApiError> {
    // A folder that can't be made absolute can't be written either, which says so.
    let folder = fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
    let own = session.place().path();
    let own = fs::canonicalize(own).unwrap_or_else(|_| own.to_owned());
    let is_vault = |f: &Path| f.extension().is_some_and(|e| e == "keystead");
    if folder.starts_with(own) || folder.ancestors().any(is_vault) {
        return Err(ApiError::new(
            Code::InvalidInput,
            format!("{} is in a vault's folder.", folder.display()),
            "Choose a project's folder.",
        ));
    }
    Ok(())
}

/// Where somebody wants values written to: not into a vault, and over nothing that is there unless they agreed.
pub(crate) fn check_target(
    session: &Session,
    path: &Path,
    overwrite: bool,
) -> Result<(), ApiError> {
    let folder = atomic_file::folder_of(path).map_err(|error| io_error(path, &error))?;
    refuse_vaults(session, folder)?;
    match !overwrite && fs::symlink_metadata(path).is_ok() {
        true => Err(taken(path)),
        false => Ok(()),
    }
}

/// Writes what left the vault to a place that [`check_target`] allowed. What came there meanwhile is not replaced.
pub(crate) fn write_target(path: &Path, bytes: &[u8], overwrite: bool) -> Result<(), ApiError> {
    let written = match overwrite {
        true => atomic_file::write(path, bytes, |_| Ok(true)),
        false => atomic_file::write_new(path, bytes),
    };
    written.map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists if !overwrite => taken(path),
        _ => io_error(path, &error),
    })
}

fn taken(path: &Path) -> ApiError {
    ApiError::new(
        Code::Exists,
        format!("{} is there already.", path.display()),
        "Choose another name, or agree to replace it.",
    )
}

/// A link as it stands; one that can't be looked at says why, and hides no other.
fn view(open: &mut Open, link: &Link) -> LinkView {
    let mut view = LinkView {
        id: link.id.to_string(),
        project: link.project.clone(),
        environment: link.environment.clone(),
        folder: link.folder.clone(),
        file: link.file.clone(),
        dialect: link
            .dialect
            .parse::<Dialect>()
            .unwrap_or(Dialect::Dotenv)
            .into(),
        state: LinkState::Stale,
        problem: None,
        written_at: link.written_at.map(|at| at.0),
        secrets: count(link.written.len()),
        git: git::look(&link.path()),
        drift: None,
    };
    match look(open, link) {
        Ok((state, drift)) => {
            let problem = link
                .problem
                .as_ref()
                .filter(|_| state != LinkState::Current);
            view.problem = problem.map(|problem| {
                let code = Code::from_word(&problem.code).unwrap_or(Code::Internal);
                ApiError::new(code, &problem.message, &problem.hint)
            });
            view.state = state;
            view.drift = drift;
        }
        Err(problem) => view.problem = Some(problem),
    }
    view
}

fn look(open: &mut Open, link: &Link) -> Result<(LinkState, Option<DriftView>), ApiError> {
    let dialect = dialect_of(link)?;
    let now = open
        .vault
        .current_versions(&link.project, &link.environment)?;
    let up_to_date = now.len() == link.written.len()
        && now
            .iter()
            .zip(&link.written)
            .all(|((name, version), w)| *name == w.name && *version == w.version);
    let Some(bytes) = read_file(&link.path())? else {
        let state = match link.content_hash {
            Some(_) => LinkState::Missing,
            None => LinkState::Stale,
        };
        return Ok((state, None));
    };
    let hash = hash_of(&bytes);
    if link.content_hash.is_some() && !link.wrote(hash) {
        return Ok((
            LinkState::Drifted,
            Some(drift(open, link, dialect, &bytes)?),
        ));
    }
    if up_to_date && link.content_hash == Some(hash) {
        refuse_readable(&link.path())?;
        return Ok((LinkState::Current, None));
    }
    let lost = match EnvFile::parse(dialect, &bytes) {
        Ok(file) => unknown_values(open, link, &file)?,
        Err(_) => Vec::new(),
    };
    if lost.is_empty() {
        return Ok((LinkState::Stale, None));
    }
    Ok((
        LinkState::Drifted,
        Some(drift(open, link, dialect, &bytes)?),
    ))
}

/// Says it where other people than the file's owner may open it.
fn refuse_readable(path: &Path) -> Result<(), ApiError> {
    let metadata = fs::symlink_metadata(path).map_err(|error| io_error(path, &error))?;
    let mode = metadata.permissions().mode() & 0o777;
    if mode & 0o077 == 0 {
        return Ok(());
    }
    Err(ApiError::new(
        Code::InvalidFile,
        format!("{} is open to others (mode {mode:03o}).", path.display()),
        "Write it again to make it private.",
    ))
}

fn drift(
    open: &mut Open,
    link: &Link,
    dialect: Dialect,
    bytes: &[u8],
) -> Result<DriftView, ApiError> {
    let file = match EnvFile::parse(dialect, bytes) {
        Ok(file) => file,
        Err(error) => {
            return Ok(DriftView {
                rows: Vec::new(),
                other_lines: false,
                unreadable: Some(format!("line {}: {}", error.line, error.reason)),
            });
        }
    };
    let entries = file.effective();
    let mut rows = Vec::new();
    for written in &link.written {
        let name = &written.name;
        let change = match entries.iter().find(|entry| entry.name == name) {
            None => DriftChange::Removed,
            Some(entry) if written.was(entry.value) => continue,
            Some(_) => DriftChange::Changed,
        };
        rows.push(DriftRowView {
            name: name.clone(),
            change,
        });
    }
    for name in unknown_values(open, link, &file)? {
        rows.push(DriftRowView {
            name,
            change: DriftChange::Changed,
        });
    }
    let foreign = foreign_hash(dialect, bytes, &link.written);
    Ok(DriftView {
        // With no value changed, something else must have.
        other_lines: rows.is_empty() || foreign != link.foreign_hash,
        rows,
        unreadable: None,
    })
}

impl From<api::Dialect> for Dialect {
    fn from(dialect: api::Dialect) -> Self {
        match dialect {
            api::Dialect::Dotenv => Self::Dotenv,
            api::Dialect::DotenvNode => Self::DotenvNode,
            api::Dialect::Shell => Self::Shell,
            api::Dialect::Json => Self::Json,
            api::Dialect::Yaml => Self::Yaml,
        }
    }
}

impl From<Dialect> for api::Dialect {
    fn from(dialect: Dialect) -> Self {
        match dialect {
            Dialect::Dotenv => Self::Dotenv,
            Dialect::DotenvNode => Self::DotenvNode,
            Dialect::Shell => Self::Shell,
            Dialect::Json => Self::Json,
            Dialect::Yaml => Self::Yaml,
        }
    }
}

#[cfg(test)]
mod tests;
