//! One thing done to several secrets, as one operation.

use super::{domain::write_all_of, write_link};
use crate::{
    api::{ApiError, EditedView, GenerateValuesRequest, MoveSecretsRequest},
    errors::ask_to_create,
    generate::generate_value,
    session::Session,
};
use keystead_vault::{Origin, SecretName, VaultError};

pub(crate) fn move_secrets(
    session: &mut Session,
    request: &MoveSecretsRequest,
) -> Result<EditedView, ApiError> {
    let (open, mut asker) = session.open()?;
    asker.confirmed = request.confirmed;
    let names: Vec<&str> = request.names.iter().map(String::as_str).collect();
    let way = (&*request.project, &*request.to);
    open.vault
        .move_secrets(&asker, way, &names, request.create_missing)
        .map_err(ask_to_create)?;
    let mut links = write_all_of(session, &request.project)?;
    links.extend(write_all_of(session, &request.to)?);
    Ok(EditedView { links })
}

pub(crate) fn generate_values(
    session: &mut Session,
    request: &GenerateValuesRequest,
) -> Result<EditedView, ApiError> {
    let place = (&*request.project, &*request.environment);
    let (open, asker) = session.open()?;
    let asked: Vec<_> = request.names.iter().map(|name| (&**name, "")).collect();
    let there = open.vault.compare(place.0, place.1, &asked)?;
    if let Some(at) = there.iter().position(Option::is_none) {
        return Err(VaultError::NoSecret {
            project: request.project.clone(),
            environment: request.environment.clone(),
            name: request.names[at].clone(),
        }
        .into());
    }
    for name in &request.names {
        if let Some(credential) = open.vault.credential_of(place.0, name)? {
            return Err(VaultError::PartOf(credential.name).into());
        }
    }
    let mut values = Vec::with_capacity(request.names.len());
    for name in &request.names {
        values.push((SecretName::parse(name)?, generate_value(request.shape)));
    }
    let values: Vec<_> = values
        .iter()
        .map(|(name, value)| (name.clone(), value.expose()))
        .collect();
    let origin = Origin::Generated;
    open.vault.put_values(
        &asker,
        place.0,
        place.1,
        &values,
        origin,
        origin.words(),
        false,
    )?;
    let links = write_link::write_all_at(session, (place.0, place.1));
    Ok(EditedView { links })
}
