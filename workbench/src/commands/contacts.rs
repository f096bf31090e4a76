//! People whose cards are kept, and whether they were verified.

use super::{
    copies::{card_of, card_view},
    slots::qr_code,
};
use crate::{
    api::{
        ApiError, Code, ContactView, ContactsView, ForgetContactRequest, PinCardRequest,
        SafetyNumberRequest, SafetyNumberView, VerifyContactRequest,
    },
    session::Session,
};
use keystead_crypto::SupersedeError;
use keystead_vault::ContactError;

pub(crate) fn contacts(session: &mut Session) -> Result<ContactsView, ApiError> {
    let (open, _) = session.open()?;
    let contacts = open
        .vault
        .contacts()?
        .into_iter()
        .map(|contact| ContactView {
            card: card_view(&contact.card),
            verified: contact.verified,
            since: contact.since.0,
        });
    Ok(ContactsView {
        contacts: contacts.collect(),
    })
}

pub(crate) fn pin_card(
    session: &mut Session,
    request: &PinCardRequest,
) -> Result<ContactsView, ApiError> {
    let card = card_of(&request.text)?;
    let (open, asker) = session.open()?;
    open.vault.pin_card(&asker, &card)?;
    contacts(session)
}

pub(crate) fn safety_number(
    session: &mut Session,
    request: &SafetyNumberRequest,
) -> Result<SafetyNumberView, ApiError> {
    let (open, _) = session.open()?;
    let number = open.vault.safety_number(&request.name)?.to_string();
    let mut both = [
        open.vault.fingerprint(),
        open.vault.person(&request.name)?.fingerprint(),
    ];
    both.sort_unstable();
    let hex: String = both
        .as_flattened()
        .iter()
        .map(|b| format!("{b:02x}"))
        .collect();
    let qr = qr_code(&format!("keystead:{hex}"))?;
    Ok(SafetyNumberView {
        number,
        qr: qr.expose().to_owned(),
    })
}

pub(crate) fn verify_contact(
    session: &mut Session,
    request: &VerifyContactRequest,
) -> Result<ContactsView, ApiError> {
    let (open, asker) = session.open()?;
    open.vault
        .verify_contact(&asker, &request.name, &request.number)?;
    contacts(session)
}

pub(crate) fn forget_contact(
    session: &mut Session,
    request: &ForgetContactRequest,
) -> Result<ContactsView, ApiError> {
    let (open, asker) = session.open()?;
    open.vault.forget_contact(&asker, &request.name)?;
    contacts(session)
}

impl From<ContactError> for ApiError {
    fn from(error: ContactError) -> Self {
        let (code, hint) = match &error {
            ContactError::Vault(_) => match error {
                ContactError::Vault(error) => return error.into(),
                _ => (Code::Internal, ""),
            },
            ContactError::Own => (Code::InvalidInput, "Ask the other person for theirs."),
            ContactError::AnotherIdentity(_) => (
                Code::Exists,
                "Ask them whether they made a new identity. If so, forget the old card, and compare the safety number anew.",
            ),
            ContactError::Supersede(SupersedeError::Older { .. }) => (
                Code::Exists,
                "The newer card stays. Ask them for their newest.",
            ),
            ContactError::Supersede(_) => (
                Code::Exists,
                "One of the two is not theirs: ask them, by another way than it came.",
            ),
            ContactError::Nobody(_) => (
                Code::NotFound,
                "`keystead contacts` lists whose cards are kept.",
            ),
            ContactError::NoNumber(_) => (
                Code::InvalidInput,
                "Type all sixty digits, as they read them.",
            ),
            ContactError::AnotherNumber => (
                Code::NotAllowed,
                "Read it again, both of you. If it stays another one, one of the cards was exchanged on its way: send nothing.",
            ),
            _ => (Code::Internal, "Report this, with the steps that led here."),
        };
        let message = crate::errors::sentence(&error);
        Self::new(code, message, hint)
    }
}
