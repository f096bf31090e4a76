//! Writing linked files: merged into what stands there, whole or not at all,
//! never over somebody else's edits without a word.

use crate::{
    api::{ApiError, Code, LinkState, LinkWriteView},
    atomic_file,
    errors::io_error,
    session::{Open, Session},
};
use keystead_formats::{Dialect, EnvFile, render};
use keystead_vault::{Asker, Exposure, Link, LinkId, LinkProblem, WrittenVersion};
use sha2::{Digest, Sha256};
use std::{fs, io, path::Path};
use zeroize::Zeroizing;

/// Writes every link of an environment but `except`. One that can't be written is left as
/// it is and named; the others are written all the same.
pub(crate) fn write_all(
    session: &mut Session,
    project: &str,
    environment: &str,
    except: Option<LinkId>,
) -> Result<Vec<LinkWriteView>, ApiError> {
    let (open, asker) = session.open()?;
    let links = open.vault.links()?;
    let here = |link: &&Link| {
        link.project == project && link.environment == environment && Some(link.id) != except
    };
    links
        .iter()
        .filter(here)
        .map(|link| write_or_note(open, &asker, link, false))
        .collect()
}

/// Writes one link, or notes in the vault why not.
pub(crate) fn write_or_note(
    open: &mut Open,
    asker: &Asker,
    link: &Link,
    overwrite_drift: bool,
) -> Result<LinkWriteView, ApiError> {
    let outcome = write(open, asker, link, overwrite_drift);
    let (state, problem) = match outcome {
        Ok(()) => (LinkState::Current, None),
        Err(error) => {
            let problem = LinkProblem {
                code: error.code.word(),
                message: error.message.clone(),
                hint: error.hint.clone(),
            };
            open.vault.note_link_problem(asker, link, &problem)?;
            let state = if error.code == Code::Drifted {
                LinkState::Drifted
            } else {
                LinkState::Stale
            };
            (state, Some(error))
        }
    };
    Ok(LinkWriteView {
        link: link.id.to_string(),
        path: link.path().display().to_string(),
        state,
        problem,
    })
}

fn write(
    open: &mut Open,
    asker: &Asker,
    link: &Link,
    overwrite_drift: bool,
) -> Result<(), ApiError> {
    let path = link.path();
    let dialect = dialect_of(link)?;
    let before = read_file(&path)?;
    if let (Some(bytes), Some(hash)) = (&before, link.content_hash)
        && hash_of(bytes) != hash
        && !overwrite_drift
    {
        return Err(ApiError::new(
            Code::Drifted,
            format!(
                "{} was edited since Keystead wrote it, and was left alone.",
                path.display()
            ),
            "Look at what changed, then write it again or take the file's values.",
        ));
    }
    let file = parse_existing(dialect, &path, before.as_ref().map(|b| &b[..]))?;
    let place = (&*link.project, &*link.environment);
    let detail = path.display().to_string();
    let (released, text) =
        open.vault
            .read_environment(asker, place, Exposure::Linked, &detail, |environment| {
                let pairs = environment.pairs();
                let gone = |w: &&WrittenVersion| !pairs.iter().any(|(name, _)| *name == w.name);
                let gone: Vec<&str> = link.written.iter().filter(gone).map(|w| &*w.name).collect();
                match &file {
                    Some(file) => file.merge(&pairs, &gone),
                    None => render(dialect, &pairs),
                }
                .map_err(ApiError::from)
            })?;
    atomic_file::write(&path, text.as_bytes()).map_err(|error| io_error(&path, &error))?;
    let written: Vec<_> = released
        .values
        .iter()
        .map(|(name, version, _)| WrittenVersion {
            name: name.clone(),
            version: *version,
        })
        .collect();
    let foreign = foreign_hash(dialect, text.as_bytes(), &written).unwrap_or_default();
    let hashes = (hash_of(text.as_bytes()), foreign);
    open.vault
        .note_link_written(asker, link.id, hashes, &written)?;
    open.noted_drift.remove(&link.id);
    Ok(())
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

/// The file's bytes; `None` where there is none.
pub(crate) fn read_file(path: &Path) -> Result<Option<Zeroizing<Vec<u8>>>, ApiError> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(Zeroizing::new(bytes))),
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
