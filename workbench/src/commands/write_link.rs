//! Writing linked files: merged into what stands there, whole or not at all,
//! never over somebody else's edits without a word.

use crate::{
    api::{ApiError, Code, LinkState, LinkWriteView},
    atomic_file::{self, read_regular, refuse_link},
    errors::io_error,
    session::{Open, Session},
};
use keystead_formats::{Dialect, EnvFile, render};
use keystead_vault::{Asker, Exposure, Link, LinkId, LinkProblem, Project, WrittenVersion};
use sha2::{Digest, Sha256};
use std::{io, path::Path};
use zeroize::Zeroizing;

/// Far above any env file.
const FILE_LIMIT: u64 = 16 * 1024 * 1024;

/// Writes every link of an environment, and of those that have its values.
pub(crate) fn write_all_at(
    session: &mut Session,
    (project, environment): (&str, &str),
) -> Vec<LinkWriteView> {
    write_all(
        session,
        &[(project.to_owned(), environment.to_owned())],
        None,
    )
}

/// Writes every link of these environments, and of those that have their values, once each, but `except`. One that
/// can't be written is left as it is and named; the others are written all the same. No error here undoes the change
/// that led to it, so each is part of the answer.
pub(crate) fn write_all(
    session: &mut Session,
    places: &[(String, String)],
    except: Option<LinkId>,
) -> Vec<LinkWriteView> {
    let (open, asker) = match session.open() {
        Ok(opened) => opened,
        Err(problem) => return vec![unlisted(problem)],
    };
    let links = match open.vault.links() {
        Ok(links) => links,
        Err(error) => return vec![unlisted(error.into())],
    };
    let places = match places_with(open, places) {
        Ok(places) => places,
        Err(error) => return vec![unlisted(error)],
    };
    let here = |link: &&Link| {
        let place = (link.project.clone(), link.environment.clone());
        places.contains(&place) && Some(link.id) != except
    };
    links
        .iter()
        .filter(here)
        .map(|link| write_or_note(open, &asker, link, false))
        .collect()
}

/// Every environment that shows a value of these: by itself, by inheriting, or in a value that refers to it.
fn places_with(
    open: &Open,
    places: &[(String, String)],
) -> Result<Vec<(String, String)>, ApiError> {
    let mut places = places.to_vec();
    let mut at = 0;
    while at < places.len() {
        let (project, environment) = places[at].clone();
        let heirs = heirs(&open.vault.project(&project)?, &environment);
        let heirs = heirs.into_iter().map(|heir| (project.clone(), heir));
        let made_of = open.vault.places_made_of(&project, &environment)?;
        for place in heirs.chain(made_of) {
            if !places.contains(&place) {
                places.push(place);
            }
        }
        at += 1;
    }
    Ok(places)
}

/// An environment, and those that have its values where they have none.
fn heirs(project: &Project, environment: &str) -> Vec<String> {
    let mut heirs = vec![environment.to_owned()];
    let mut at = 0;
    while at < heirs.len() {
        for each in &project.environments {
            if each.inherits.as_ref() == Some(&heirs[at]) && !heirs.contains(&each.name) {
                heirs.push(each.name.clone());
            }
        }
        at += 1;
    }
    heirs
}

/// Writes one link, or notes in the vault why not. `overwrite` is a person's
/// yes to replacing what stands in the file.
pub(crate) fn write_or_note(
    open: &mut Open,
    asker: &Asker,
    link: &Link,
    overwrite: bool,
) -> LinkWriteView {
    let (state, problem) = match write(open, asker, link, overwrite) {
        Ok(()) => (LinkState::Current, None),
        Err(error) => {
            let problem = LinkProblem {
                code: error.code.word(),
                message: error.message.clone(),
                hint: error.hint.clone(),
            };
            // A store that can't note it can't be helped here; the answer says it.
            let _ = open.vault.note_link_problem(asker, link, &problem);
            let state = if error.code == Code::Drifted {
                LinkState::Drifted
            } else {
                LinkState::Stale
            };
            (state, Some(error))
        }
    };
    LinkWriteView {
        link: link.id.to_string(),
        path: link.path().display().to_string(),
        state,
        problem,
    }
}

fn unlisted(problem: ApiError) -> LinkWriteView {
    LinkWriteView {
        link: String::new(),
        path: String::new(),
        state: LinkState::Stale,
        problem: Some(problem),
    }
}

fn write(open: &mut Open, asker: &Asker, link: &Link, overwrite: bool) -> Result<(), ApiError> {
    let path = link.path();
    let dialect = dialect_of(link)?;
    let before = read_file(&path)?;
    let file = parse_existing(dialect, &path, before.as_ref().map(|b| &b[..]))?;
    if !overwrite {
        refuse_to_lose(open, link, before.as_ref().map(|b| &b[..]), file.as_ref())?;
    }
    let place = (&*link.project, &*link.environment);
    let detail = path.display().to_string();
    let (released, text) =
        open.vault
            .read_environment(asker, place, Exposure::Linked, &detail, |environment| {
                let pairs = environment.pairs();
                let gone = |w: &&WrittenVersion| !pairs.iter().any(|(name, _)| *name == w.name);
                let gone: Vec<&str> = link.written.iter().filter(gone).map(|w| &*w.name).collect();
                let text = match &file {
                    Some(file) => file.merge(&pairs, &gone),
                    None => render(dialect, &pairs),
                };
                let text = text.map_err(ApiError::from)?;
                refuse_too_large(&path, &text).map(|()| text)
            })?;
    let hash = hash_of(text.as_bytes());
    open.vault.note_link_pending(asker, link.id, hash)?;
    let as_read = |path: &Path| {
        let now = match read_regular(path, FILE_LIMIT) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            other => Some(other?),
        };
        Ok(now == before)
    };
    atomic_file::write(&path, text.as_bytes(), as_read).map_err(|error| {
        if error.kind() == io::ErrorKind::ResourceBusy {
            edited(&path)
        } else {
            io_error(&path, &error)
        }
    })?;
    let written: Vec<_> = released
        .values
        .iter()
        .map(|(name, version, value)| WrittenVersion::of(name, *version, value))
        .collect();
    let foreign = foreign_hash(dialect, text.as_bytes(), &written).unwrap_or_default();
    open.vault
        .note_link_written(asker, link.id, (hash, foreign), &written)?;
    open.noted_drift.remove(&link.id);
    Ok(())
}

/// Refuses what [`read_file`] would never take back: the link could not be
/// written a second time.
pub(crate) fn refuse_too_large(path: &Path, text: &str) -> Result<(), ApiError> {
    if text.len() as u64 <= FILE_LIMIT {
        return Ok(());
    }
    Err(ApiError::new(
        Code::InvalidInput,
        format!(
            "{} would be {} bytes, and a linked file may have {FILE_LIMIT} (16 MiB).",
            path.display(),
            text.len()
        ),
        "Take the large values out of this environment.",
    ))
}

/// Refuses to replace what somebody else put into the file: an edit since the
/// last write, or another value under a name that was not Keystead's yet.
fn refuse_to_lose(
    open: &mut Open,
    link: &Link,
    before: Option<&[u8]>,
    file: Option<&EnvFile>,
) -> Result<(), ApiError> {
    let path = link.path();
    if let (Some(bytes), Some(_)) = (before, link.content_hash)
        && !link.wrote(hash_of(bytes))
    {
        return Err(edited(&path));
    }
    let unknown = match file {
        Some(file) => unknown_values(open, link, file)?,
        None => Vec::new(),
    };
    if unknown.is_empty() {
        return Ok(());
    }
    Err(ApiError::new(
        Code::Drifted,
        format!(
            "{} has another value for {}, which Keystead did not write, and was left alone.",
            path.display(),
            unknown.join(", ")
        ),
        "Write it again to replace them, or take the file's values.",
    ))
}

/// Names of the environment under which the file has a value that is neither
/// the vault's nor one that Keystead wrote.
pub(crate) fn unknown_values(
    open: &mut Open,
    link: &Link,
    file: &EnvFile,
) -> Result<Vec<String>, ApiError> {
    let entries = file.effective();
    let foreign: Vec<(&str, &str)> = entries
        .iter()
        .filter(|entry| !link.written.iter().any(|w| w.name == entry.name))
        .map(|entry| (entry.name, entry.value))
        .collect();
    let there = open
        .vault
        .compare(&link.project, &link.environment, &foreign)?;
    let differs = foreign
        .iter()
        .zip(there)
        .filter(|(_, same)| *same == Some(false));
    Ok(differs.map(|((name, _), _)| (*name).to_owned()).collect())
}

fn edited(path: &Path) -> ApiError {
    ApiError::new(
        Code::Drifted,
        format!(
            "{} was edited since Keystead wrote it, and was left alone.",
            path.display()
        ),
        "Look at what changed, then write it again or take the file's values.",
    )
}

/// The dialect that a link names.
pub(crate) fn dialect_of(link: &Link) -> Result<Dialect, ApiError> {
    link.dialect.parse().map_err(|_| {
        ApiError::new(
            Code::UnsupportedSchema,
            format!("This version does not know the dialect {}.", link.dialect),
            "Open the vault with a newer version of Keystead.",
        )
    })
}

/// The file's bytes; `None` where there is none. A symbolic link is refused:
/// what it points to was not what anybody chose.
pub(crate) fn read_file(path: &Path) -> Result<Option<Zeroizing<Vec<u8>>>, ApiError> {
    let read = refuse_link(path).and_then(|()| read_regular(path, FILE_LIMIT));
    match read {
        Ok(bytes) if bytes.len() as u64 > FILE_LIMIT => Err(io_error(
            path,
            &io::Error::other("it is larger than 16 MiB"),
        )),
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(io_error(path, &error)),
    }
}

/// Parses what stands there, or names file and line.
pub(crate) fn parse_existing(
    dialect: Dialect,
    path: &Path,
    bytes: Option<&[u8]>,
) -> Result<Option<EnvFile>, ApiError> {
    let Some(bytes) = bytes else { return Ok(None) };
    EnvFile::parse(dialect, bytes).map(Some).map_err(|error| {
        ApiError::new(
            Code::InvalidFile,
            format!("{}, line {}: {}.", path.display(), error.line, error.reason),
            "Mend that line, or link with the dialect of the file's own reader.",
        )
    })
}

/// SHA-256 of the lines that Keystead does not manage; `None` if they can't be told.
pub(crate) fn foreign_hash(
    dialect: Dialect,
    bytes: &[u8],
    written: &[WrittenVersion],
) -> Option<[u8; 32]> {
    let names: Vec<&str> = written.iter().map(|w| &*w.name).collect();
    let file = EnvFile::parse(dialect, bytes).ok()?;
    let foreign = file.merge(&[], &names).ok()?;
    Some(hash_of(foreign.as_bytes()))
}

pub(crate) fn hash_of(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}
