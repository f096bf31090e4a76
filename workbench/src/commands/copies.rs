//! Copies that are sealed for somebody, as ordinary age files.

use super::{links, secrets::count};
use crate::{
    api::{
        ApiError, CardView, Code, CopyRecipient, CopySource, OpenCopyRequest, OpenedCopyView,
        ReadCardRequest, RenameCardRequest, SaveCardRequest, SecretText, SendCopyRequest,
        SentCopyView,
    },
    atomic_file::read_regular,
    errors::io_error,
    session::{Open, Session},
};
use getrandom::{SysRng, rand_core::UnwrapErr};
use keystead_crypto::{
    AgeError, AgeFormat, ArmorError, Card, CardError, KemPublicKey, SecretBytes, TextBlock,
    seal_age_file,
};
use keystead_formats::{Dialect, render};
use keystead_vault::{Asker, Exposure, OpenCopyError};
use std::path::Path;

/// As large as a sealed file of values may be.
const COPY_LIMIT: u64 = 32 * 1024 * 1024;

pub(crate) fn card(session: &mut Session) -> Result<CardView, ApiError> {
    let (open, _) = session.open()?;
    own_card(open)
}

/// The own card, with this device below it: what somebody needs to invite it.
fn own_card(open: &Open) -> Result<CardView, ApiError> {
    let mut view = card_view(&open.vault.card()?);
    view.text += &TextBlock::Device.armor(&open.vault.endorsement()?);
    Ok(view)
}

pub(crate) fn rename_card(
    session: &mut Session,
    request: &RenameCardRequest,
) -> Result<CardView, ApiError> {
    let (open, asker) = session.open()?;
    open.vault.rename_card(&asker, &request.name)?;
    own_card(open)
}

pub(crate) fn read_card(request: &ReadCardRequest) -> Result<CardView, ApiError> {
    Ok(Recipient::parse(&request.text)?.view)
}

pub(crate) fn save_card(
    session: &mut Session,
    request: &SaveCardRequest,
) -> Result<CardView, ApiError> {
    let path = Path::new(&request.path);
    links::check_target(session, path, request.overwrite)?;
    let (open, _) = session.open()?;
    let card = own_card(open)?;
    links::write_target(path, card.text.as_bytes(), request.overwrite)?;
    Ok(card)
}

pub(crate) fn send_copy(
    session: &mut Session,
    request: &SendCopyRequest,
) -> Result<SentCopyView, ApiError> {
    if request.names.is_empty() {
        return Err(ApiError::new(
            Code::InvalidInput,
            "There is nothing to send.",
            "Choose at least one secret.",
        ));
    }
    let recipients = request.to.iter().map(|to| Recipient::find(session, to));
    let recipients = recipients.collect::<Result<Vec<_>, _>>()?;
    let path = request.path.as_ref().map(Path::new);
    if let Some(path) = path {
        links::check_target(session, path, request.overwrite)?;
    }
    let (keys, to): (Vec<KemPublicKey>, Vec<CardView>) = recipients
        .into_iter()
        .map(|recipient| (recipient.key, recipient.view))
        .unzip();
    let format = match path {
        Some(_) => AgeFormat::Binary,
        None => AgeFormat::Armored,
    };
    let whom: Vec<String> = to.iter().map(CardView::words).collect();
    let names: Vec<&str> = request.names.iter().map(String::as_str).collect();
    let (open, mut asker) = session.open()?;
    asker.confirmed = request.confirmed;
    let (released, sealed) = open.vault.read_some(
        &asker,
        (&request.project, &request.environment),
        Some(&names),
        Exposure::Shared,
        &whom.join(", "),
        |environment| {
            let text = render(Dialect::Dotenv, &environment.pairs()).map_err(ApiError::from)?;
            let rng = &mut UnwrapErr(SysRng);
            seal_age_file(&keys, text.as_bytes(), format, rng).map_err(age_error)
        },
    )?;
    let secrets = count(released.values.len());
    let text = match path {
        Some(path) => {
            links::write_target(path, &sealed, request.overwrite)?;
            None
        }
        // Armor is ASCII.
        None => Some(String::from_utf8_lossy(&sealed).into_owned()),
    };
    Ok(SentCopyView {
        path: request.path.clone(),
        text,
        secrets,
        to,
    })
}

pub(crate) fn open_copy(
    session: &mut Session,
    request: OpenCopyRequest,
) -> Result<OpenedCopyView, ApiError> {
    session.open()?;
    let (place, bytes) = match request.source {
        CopySource::Text(text) => ("pasted text".to_owned(), text.into_bytes()),
        CopySource::Path(path) => {
            let file = Path::new(&path);
            let bytes = read_regular(file, COPY_LIMIT).map_err(|error| io_error(file, &error))?;
            (path.clone(), bytes.to_vec())
        }
    };
    let (open, asker) = session.open()?;
    let opened = unsealed(open, &asker, &bytes, &place)?;
    let text = std::str::from_utf8(&opened).map_err(|_| {
        ApiError::new(
            Code::InvalidFile,
            "What is in the copy is not text.",
            "Export the identity's age key and open it with age.",
        )
    })?;
    Ok(OpenedCopyView {
        text: SecretText::new(text.to_owned()),
    })
}

/// Whether bytes begin as an age file does, binary or armored.
pub(crate) fn is_sealed(bytes: &[u8]) -> bool {
    bytes.starts_with(b"age-encryption.org/")
        || bytes
            .trim_ascii_start()
            .starts_with(b"-----BEGIN AGE ENCRYPTED FILE-----")
}

/// What is in a copy for this identity.
pub(crate) fn unsealed(
    open: &mut Open,
    asker: &Asker,
    bytes: &[u8],
    place: &str,
) -> Result<SecretBytes, ApiError> {
    let opened = open.vault.open_copy(asker, bytes, place);
    opened.map_err(|error| match error {
        OpenCopyError::Vault(error) => error.into(),
        OpenCopyError::Age(error) => age_error(error),
        other => ApiError::new(
            Code::Internal,
            format!("The copy was not opened: {other}."),
            "Report this, with the steps that led here.",
        ),
    })
}

/// Somebody to seal for.
struct Recipient {
    key: KemPublicKey,
    view: CardView,
}

impl Recipient {
    fn find(session: &mut Session, to: &CopyRecipient) -> Result<Self, ApiError> {
        let name = match to {
            CopyRecipient::Card(text) => return Self::parse(text),
            CopyRecipient::Contact(name) => name,
        };
        let (open, _) = session.open()?;
        let card = open.vault.contact(name)?.card;
        let view = card_view(&card);
        let key = card.share;
        Ok(Self { key, view })
    }

    fn parse(text: &str) -> Result<Self, ApiError> {
        let text = text.trim();
        if text.starts_with("age1") {
            let key = KemPublicKey::from_age_recipient(text).map_err(age_error)?;
            let view = CardView {
                name: String::new(),
                fingerprint: String::new(),
                recipient: text.to_owned(),
                text: String::new(),
            };
            return Ok(Self { key, view });
        }
        let card = card_of(text)?;
        let view = card_view(&card);
        let key = card.share;
        Ok(Self { key, view })
    }
}

impl CardView {
    /// In a line, for the audit.
    fn words(&self) -> String {
        match self.name.is_empty() {
            true => format!("{}…", self.recipient.get(..24).unwrap_or(&self.recipient)),
            false => format!(
                "{} ({})",
                self.name,
                self.fingerprint.get(..19).unwrap_or("")
            ),
        }
    }
}

/// A card out of its text.
pub(crate) fn card_of(text: &str) -> Result<Card, ApiError> {
    let no_card = |error: CardError| {
        ApiError::new(
            Code::InvalidInput,
            format!("This is no card: {error}."),
            "Paste all of it, from -----BEGIN KEYSTEAD CARD----- on, or an age1pq1… recipient.",
        )
    };
    let blocks = TextBlock::all_in(text).map_err(|error| no_card(error.into()))?;
    let mut cards = blocks.iter().filter(|(kind, _)| *kind == TextBlock::Card);
    match (cards.next(), cards.next()) {
        (Some((_, bytes)), None) => Card::parse(bytes).map_err(no_card),
        _ => Err(no_card(ArmorError::NotACard.into())),
    }
}

pub(crate) fn card_view(card: &Card) -> CardView {
    CardView {
        name: card.name.as_str().to_owned(),
        fingerprint: fingerprint_words(&card.fingerprint()),
        recipient: card.share.to_age_recipient(),
        text: card.armored(),
    }
}

/// Hexadecimal digits in groups of four.
pub(crate) fn fingerprint_words(bytes: &[u8]) -> String {
    let pairs = bytes.chunks(2).map(|pair| {
        let digits: Vec<String> = pair.iter().map(|byte| format!("{byte:02x}")).collect();
        digits.concat()
    });
    pairs.collect::<Vec<_>>().join(" ")
}

fn age_error(error: AgeError) -> ApiError {
    let (code, hint) = match error {
        AgeError::NoMatchingKey => (
            Code::NotAllowed,
            "Ask for a copy that is sealed for your card; `keystead card` shows it.",
        ),
        AgeError::RecipientCount | AgeError::InvalidRecipient => (
            Code::InvalidInput,
            "Name one to sixty-four cards, or age1pq1… recipients.",
        ),
        AgeError::TooLarge => (Code::InvalidInput, "Send fewer values at once."),
        _ => (Code::InvalidFile, "Ask for it to be sent again."),
    };
    let message = crate::errors::sentence(&error);
    ApiError::new(code, message, hint)
}
