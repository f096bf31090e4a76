//! One secret: look, show, copy, read, set, rotate, restore; and an
//! environment as text.

use super::{credentials::credential_view, links, projects::kind_view, write_link};
use crate::{
    api::{
        ApiError, Code, CopiedView, CopyRequest, ExportFileRequest, ExportRequest, ExportView,
        ExportedFileView, ExposureView, InjectRequest, InjectView, InspectRequest, NewValue,
        OneTimeCodeRequest, OneTimeCodeView, PlaceView, PublicHalfRequest, PublicHalfView,
        ReadRequest, ReadView, RestoreRequest, RevealRequest, RevealedView, RotateRequest,
        SecretText, SecretView, SetSecretRequest, Stage, VariableView, VersionSelector,
        VersionView, WrittenView,
    },
    errors::ask_to_create,
    generate::generate_value,
    key_pair,
    one_time_code::code_at,
    session::Session,
};
use keystead_formats::render;
use keystead_vault::{Exposure, Named, Origin, Put, Released, SecretName, StageName, VersionRow};
use std::path::Path;

const REVEAL_SECONDS: u32 = 20;
/// Far above any key, certificate bundle or service account.
const VALUE_LIMIT: usize = 1024 * 1024;

pub(crate) fn inspect(
    session: &mut Session,
    request: &InspectRequest,
) -> Result<SecretView, ApiError> {
    let links = links::links_of(session, &request.project, &request.environment)?;
    let (open, _) = session.open()?;
    let secret = open
        .vault
        .secret(&request.project, &request.environment, &request.name)?;
    let versions = secret.versions.iter().map(|row| VersionView {
        number: row.number,
        stage: row.stage.map(stage_view),
        created_at: row.created_at.0,
        author: author_of(&open.vault, row),
        origin: row.origin.words().to_owned(),
        gone: row.pruned,
    });
    let place = (&*request.project, &*request.environment);
    let inherited_from = match secret
        .versions
        .iter()
        .any(|row| row.stage == Some(StageName::Current))
    {
        true => None,
        false => open.vault.inherited_from(place, &request.name)?,
    };
    let (refers_to, referred_by) = open.vault.references(place, &request.name)?;
    let credential = open.vault.credential_of(place.0, &request.name)?;
    let exposures = secret.exposures.iter().map(|exposed| ExposureView {
        version: exposed.version,
        how: exposed.how.as_str().to_owned(),
        place: exposed.place.clone(),
        at: exposed.last_at.0,
        times: exposed.times,
    });
    Ok(SecretView {
        secret: secret.id.to_string(),
        environment: request.environment.clone(),
        kind: kind_view(secret.kind),
        tags: secret.tags,
        notes: secret.notes,
        owner: secret.owner,
        expires_at: secret.expires_at.map(|at| at.0),
        lead_days: secret.lead,
        created_at: secret.created_at.0,
        inherited_from,
        credential: credential.map(credential_view),
        refers_to: refers_to.into_iter().map(place_view).collect(),
        referred_by: referred_by.into_iter().map(place_view).collect(),
        versions: versions.collect(),
        exposures: exposures.collect(),
        name: secret.name,
        links,
    })
}

pub(crate) fn reveal(
    session: &mut Session,
    request: &RevealRequest,
) -> Result<RevealedView, ApiError> {
    let target = (&*request.project, &*request.environment, &*request.name);
    let released = release(
        session,
        target,
        (request.version, request.confirmed),
        Exposure::Revealed,
        "",
    )?;
    Ok(RevealedView {
        value: released.value.into(),
        version: released.number,
        hide_after_seconds: REVEAL_SECONDS,
    })
}

pub(crate) fn copy(session: &mut Session, request: &CopyRequest) -> Result<CopiedView, ApiError> {
    let target = (&*request.project, &*request.environment, &*request.name);
    let seconds = session.open()?.0.preferences.clipboard_seconds;
    let place = format!("clipboard, {seconds} s");
    let released = release(
        session,
        target,
        (request.version, request.confirmed),
        Exposure::Copied,
        &place,
    )?;
    session
        .platform
        .set_clipboard(&released.value.into())
        .map_err(|reason| {
            ApiError::new(
                Code::Clipboard,
                format!("The clipboard can't be used: {reason}."),
                "Reveal the value instead, or use `keystead get` in a terminal.",
            )
        })?;
    session.hold_clipboard(seconds);
    Ok(CopiedView {
        clears_after_seconds: seconds,
    })
}

pub(crate) fn read(session: &mut Session, request: &ReadRequest) -> Result<ReadView, ApiError> {
    let target = (&*request.project, &*request.environment, &*request.name);
    let place = session.asker().process.parent;
    let released = release(
        session,
        target,
        (request.version, request.confirmed),
        Exposure::Read,
        &place,
    )?;
    Ok(ReadView {
        name: request.name.clone(),
        version: released.number,
        value: released.value.into(),
    })
}

pub(crate) fn one_time_code(
    session: &mut Session,
    request: &OneTimeCodeRequest,
) -> Result<OneTimeCodeView, ApiError> {
    let target = (&*request.project, &*request.environment, &*request.name);
    let (open, mut asker) = session.open()?;
    asker.confirmed = request.confirmed;
    let now = u64::try_from(asker.at.0 / 1_000).unwrap_or(0);
    let made = open
        .vault
        .use_value(&asker, target, "one-time code", |value| code_at(value, now))?;
    Ok(OneTimeCodeView {
        code: made.code,
        seconds: made.seconds,
    })
}

pub(crate) fn public_half(
    session: &mut Session,
    request: &PublicHalfRequest,
) -> Result<PublicHalfView, ApiError> {
    let target = (&*request.project, &*request.environment, &*request.name);
    let (open, mut asker) = session.open()?;
    asker.confirmed = request.confirmed;
    let text = open
        .vault
        .use_value(&asker, target, "public half", |private| {
            key_pair::public_half(private).ok_or_else(|| {
                ApiError::new(
                    Code::InvalidInput,
                    "This value has no public half that Keystead can tell.",
                    "It can for OpenSSH keys, and for RSA and P-256 keys in PKCS #8.",
                )
            })
        })?;
    Ok(PublicHalfView { text })
}

pub(crate) fn set_secret(
    session: &mut Session,
    request: SetSecretRequest,
) -> Result<WrittenView, ApiError> {
    let (value, origin) = match request.value {
        NewValue::Pasted(value) => (value, Origin::Set),
        NewValue::Generated(shape) => (generate_value(shape), Origin::Generated),
    };
    let values = [(SecretName::parse(&request.name)?, bounded(&value)?)];
    let (open, mut asker) = session.open()?;
    asker.confirmed = request.confirmed;
    let puts = open
        .vault
        .put_values(
            &asker,
            &request.project,
            &request.environment,
            &values,
            origin,
            "",
            request.create_missing,
        )
        .map_err(ask_to_create)?;
    let put = puts.into_iter().next().ok_or_else(no_version)?;
    written(session, &request.project, &request.environment, &put)
}

pub(crate) fn rotate(
    session: &mut Session,
    request: RotateRequest,
) -> Result<WrittenView, ApiError> {
    let (value, origin) = match request.value {
        NewValue::Pasted(value) => (value, Origin::Rotated),
        NewValue::Generated(shape) => (generate_value(shape), Origin::Generated),
    };
    let target = (&*request.project, &*request.environment, &*request.name);
    let (open, mut asker) = session.open()?;
    asker.confirmed = request.confirmed;
    if request.pending {
        let put = open
            .vault
            .put_pending(&asker, target, bounded(&value)?, origin)?;
        return Ok(WrittenView {
            name: request.name,
            version: put.number,
            previous: None,
            links: Vec::new(),
        });
    }
    let put = open
        .vault
        .rotate(&asker, target, bounded(&value)?, origin)?;
    written(session, &request.project, &request.environment, &put)
}

pub(crate) fn restore(
    session: &mut Session,
    request: &RestoreRequest,
) -> Result<WrittenView, ApiError> {
    let target = (&*request.project, &*request.environment, &*request.name);
    let (open, asker) = session.open()?;
    let put = open
        .vault
        .restore(&asker, target, selector(request.version))?;
    written(session, &request.project, &request.environment, &put)
}

pub(crate) fn export(
    session: &mut Session,
    request: &ExportRequest,
) -> Result<ExportView, ApiError> {
    let place = session.asker().process.parent;
    let (open, mut asker) = session.open()?;
    asker.confirmed = request.confirmed;
    let dialect = request.dialect.into();
    let only = borrowed(request.names.as_deref());
    let (released, text) = open.vault.read_some(
        &asker,
        (&request.project, &request.environment),
        only.as_deref(),
        Exposure::Exported,
        &place,
        |environment| render(dialect, &environment.pairs()).map_err(ApiError::from),
    )?;
    Ok(ExportView {
        text: text.into(),
        secrets: count(released.values.len()),
    })
}

pub(crate) fn export_file(
    session: &mut Session,
    request: &ExportFileRequest,
) -> Result<ExportedFileView, ApiError> {
    let path = Path::new(&request.path);
    links::check_target(session, path, request.overwrite)?;
    let (open, mut asker) = session.open()?;
    asker.confirmed = request.confirmed;
    let dialect = request.dialect.into();
    let only = borrowed(request.names.as_deref());
    let (released, text) = open.vault.read_some(
        &asker,
        (&request.project, &request.environment),
        only.as_deref(),
        Exposure::Exported,
        &request.path,
        |environment| render(dialect, &environment.pairs()).map_err(ApiError::from),
    )?;
    links::write_target(path, text.as_bytes(), request.overwrite)?;
    Ok(ExportedFileView {
        path: request.path.clone(),
        secrets: count(released.values.len()),
    })
}

fn borrowed(names: Option<&[String]>) -> Option<Vec<&str>> {
    names.map(|names| names.iter().map(String::as_str).collect())
}

/// One event and one exposure per version for the whole start, before any value is let out.
pub(crate) fn inject(
    session: &mut Session,
    request: &InjectRequest,
) -> Result<InjectView, ApiError> {
    let (open, mut asker) = session.open()?;
    asker.confirmed = request.confirmed;
    let (released, ()) = open.vault.read_environment(
        &asker,
        (&request.project, &request.environment),
        Exposure::Injected,
        &request.program,
        |environment| {
            let pairs = environment.pairs();
            let cut = pairs.iter().find(|(_, value)| value.contains('\0'));
            match cut {
                None => Ok(()),
                Some((name, _)) => Err(ApiError::new(
                    Code::DialectCannotCarry,
                    format!("{name} holds a NUL character, which ends a variable."),
                    "Change the value, or read it with `keystead get`.",
                )),
            }
        },
    )?;
    let variables = released.values.into_iter();
    Ok(InjectView {
        variables: variables
            .map(|(name, _, value)| VariableView {
                name,
                value: value.into(),
            })
            .collect(),
    })
}

/// What became of a change: the stages, and the files that follow it.
fn written(
    session: &mut Session,
    project: &str,
    environment: &str,
    put: &Put,
) -> Result<WrittenView, ApiError> {
    let links = if put.written {
        write_link::write_all_at(session, (project, environment))
    } else {
        Vec::new()
    };
    Ok(WrittenView {
        name: put.name.to_string(),
        version: put.number,
        previous: put.previous.map(|(_, number)| number),
        links,
    })
}

fn release(
    session: &mut Session,
    target: (&str, &str, &str),
    (version, confirmed): (VersionSelector, bool),
    how: Exposure,
    place: &str,
) -> Result<Released, ApiError> {
    let (open, mut asker) = session.open()?;
    asker.confirmed = confirmed;
    Ok(open
        .vault
        .read(&asker, target, selector(version), how, place)?)
}

fn selector(version: VersionSelector) -> keystead_vault::VersionSelector {
    match version {
        VersionSelector::Current => keystead_vault::VersionSelector::Current,
        VersionSelector::Previous => keystead_vault::VersionSelector::Previous,
        VersionSelector::Number(number) => keystead_vault::VersionSelector::Number(number),
    }
}

pub(crate) fn stage_view(stage: StageName) -> Stage {
    match stage {
        StageName::Current => Stage::Current,
        StageName::Previous => Stage::Previous,
        StageName::Pending => Stage::Pending,
    }
}

fn place_view(named: Named) -> PlaceView {
    PlaceView {
        project: named.project,
        environment: named.environment,
        name: named.name,
    }
}

fn author_of(vault: &keystead_vault::Vault, row: &VersionRow) -> String {
    format!(
        "{} on {}",
        vault.identity_name(),
        vault.name_of_device(row.author)
    )
}

/// A value that can be kept and, as far as any file can, written out again.
pub(crate) fn bounded(value: &SecretText) -> Result<&str, ApiError> {
    match check_value(value.expose()) {
        Ok(()) => Ok(value.expose()),
        Err(UnfitValue::TooLarge) => Err(ApiError::new(
            Code::InvalidInput,
            "A value can't be larger than 1 MiB.",
            "Store the file elsewhere and keep its key here.",
        )),
        Err(UnfitValue::Nul) => Err(ApiError::new(
            Code::InvalidInput,
            "A value can't hold a NUL byte: no file of secrets could carry it.",
            "Encode it first, as base64 for example.",
        )),
    }
}

/// Why no value of a secret is like this.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UnfitValue {
    /// More than 1 MiB of UTF-8.
    TooLarge,
    /// No dialect and no environment variable carries a NUL byte.
    Nul,
}

impl UnfitValue {
    /// What is wrong, behind the name of the secret.
    pub(crate) fn words(&self) -> &'static str {
        match self {
            Self::TooLarge => "has a value larger than 1 MiB",
            Self::Nul => "has a value with a NUL byte",
        }
    }
}

/// Whether this may be a secret's value, wherever it comes from.
pub(crate) fn check_value(value: &str) -> Result<(), UnfitValue> {
    if value.len() > VALUE_LIMIT {
        Err(UnfitValue::TooLarge)
    } else if value.contains('\0') {
        Err(UnfitValue::Nul)
    } else {
        Ok(())
    }
}

fn no_version() -> ApiError {
    ApiError::new(
        Code::Internal,
        "A stored value has no version.",
        "Report this, with the steps that led here.",
    )
}

pub(crate) fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
