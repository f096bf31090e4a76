//! What a provider knows as one thing.

use super::{secrets::bounded, write_link};
use crate::{
    api::{
        ApiError, CredentialView, CredentialsRequest, CredentialsView, EditCredentialRequest,
        NewValue, PartView, RestoreCredentialRequest, RotateCredentialRequest,
        RotatedCredentialView,
    },
    generate::generate_value,
    session::Session,
};
use keystead_vault::{CredentialField, CredentialName, Origin, PartOf, ProviderCredential};

pub(crate) fn credentials(
    session: &mut Session,
    request: &CredentialsRequest,
) -> Result<CredentialsView, ApiError> {
    let (open, _) = session.open()?;
    let credentials = open.vault.credentials(&request.project)?;
    Ok(CredentialsView {
        credentials: credentials.into_iter().map(credential_view).collect(),
    })
}

pub(crate) fn edit_credential(
    session: &mut Session,
    request: &EditCredentialRequest,
) -> Result<CredentialsView, ApiError> {
    let name = CredentialName::parse(&request.name)?;
    let (open, asker) = session.open()?;
    if let Some(parts) = &request.parts {
        let mut made_of = Vec::new();
        for part in parts {
            made_of.push((&*part.secret, parse(&part.part)?));
        }
        open.vault
            .set_credential(&asker, &request.project, &name, &made_of)?;
    }
    let mut fields = Vec::new();
    if let Some(name) = &request.rename {
        let name = CredentialName::parse(name)?;
        fields.push(CredentialField::Name(name.to_string()));
    }
    if request.remove {
        fields.push(CredentialField::Removed(true));
    }
    if !fields.is_empty() {
        let place = (&*request.project, &*request.name);
        open.vault.edit_credential(&asker, place, &fields)?;
    }
    let project = request.project.clone();
    credentials(session, &CredentialsRequest { project })
}

pub(crate) fn rotate_credential(
    session: &mut Session,
    request: RotateCredentialRequest,
) -> Result<RotatedCredentialView, ApiError> {
    let generated = request
        .values
        .iter()
        .all(|new| matches!(new.value, NewValue::Generated(_)));
    let origin = match generated {
        true => Origin::Generated,
        false => Origin::Rotated,
    };
    let mut values = Vec::new();
    for new in request.values {
        let value = match new.value {
            NewValue::Pasted(value) => value,
            NewValue::Generated(shape) => generate_value(shape),
        };
        bounded(&value)?;
        values.push((new.part.secret, parse(&new.part.part)?, value));
    }
    let values: Vec<_> = values
        .iter()
        .map(|(secret, of, value)| (&**secret, of.clone(), value.expose()))
        .collect();
    let target = (&*request.project, &*request.environment, &*request.name);
    let (open, mut asker) = session.open()?;
    asker.confirmed = request.confirmed;
    let puts = open
        .vault
        .rotate_credential(&asker, target, &values, origin)?;
    let written = puts.into_iter().filter(|put| put.written);
    Ok(RotatedCredentialView {
        secrets: written.map(|put| put.name.to_string()).collect(),
        links: write_link::write_all_at(session, (target.0, target.1)),
    })
}

pub(crate) fn restore_credential(
    session: &mut Session,
    request: &RestoreCredentialRequest,
) -> Result<RotatedCredentialView, ApiError> {
    let target = (&*request.project, &*request.environment, &*request.name);
    let (open, asker) = session.open()?;
    let secrets = open.vault.restore_credential(&asker, target)?;
    Ok(RotatedCredentialView {
        secrets,
        links: write_link::write_all_at(session, (target.0, target.1)),
    })
}

pub(crate) fn credential_view(credential: ProviderCredential) -> CredentialView {
    let parts = credential.parts.into_iter().map(|(secret, of)| PartView {
        secret,
        part: of.to_string(),
    });
    CredentialView {
        name: credential.name,
        parts: parts.collect(),
    }
}

fn parse(part: &str) -> Result<PartOf, ApiError> {
    part.parse::<PartOf>().map_err(|error| {
        ApiError::new(
            crate::api::Code::InvalidInput,
            format!("{part:?} is no part: {error}."),
            "Leave it empty for the whole value.",
        )
    })
}
