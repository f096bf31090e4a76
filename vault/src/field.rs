//! What a project, an environment and a secret say of themselves, one field a change: two people who change two fields
//! at once both keep their change.

use crate::{id::EnvironmentId, kind::Kind, part::Part};
use keystead_crypto::{DecodeError, Reader, Writer};

/// A field of a project.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProjectField {
    /// Its name.
    Name(String),
    /// Whether it is gone; its secrets' versions stay.
    Removed(bool),
}

/// A field of an environment.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EnvironmentField {
    /// Its name.
    Name(String),
    /// Its place in the project's order, from 0.
    Position(u32),
    /// Whether values leave only for whoever says so once more.
    Protected(bool),
    /// The environment whose values it has where it has none of its own.
    Inherits(Option<EnvironmentId>),
    /// Whether it is gone; its versions stay.
    Removed(bool),
}

/// A field of a credential.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CredentialField {
    /// Its name.
    Name(String),
    /// What it is made of, in order.
    Parts(Vec<Part>),
    /// Whether it is gone; its secrets stay.
    Removed(bool),
}

/// A field of a secret, over all environments.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SecretField {
    /// Its name.
    Name(String),
    /// Its kind.
    Kind(Kind),
    /// What somebody wrote down about it.
    Notes(String),
    /// Who is asked about it.
    Owner(String),
    /// Words to find it by, in order, each once.
    Tags(Vec<String>),
    /// When its values stop working, in milliseconds since 1970.
    Expires(Option<i64>),
    /// So many days before that it is due.
    Lead(u16),
    /// Whether it is gone; its versions stay.
    Removed(bool),
}

impl ProjectField {
    /// The field of a tag, saying nothing.
    pub(crate) fn blank(tag: u8) -> Option<Self> {
        Some(match tag {
            1 => Self::Name(String::new()),
            2 => Self::Removed(false),
            _ => return None,
        })
    }

    /// The field, whatever it says.
    pub(crate) fn tag(&self) -> u8 {
        match self {
            Self::Name(_) => 1,
            Self::Removed(_) => 2,
        }
    }

    pub(crate) fn encode_value(&self, writer: &mut Writer) {
        match self {
            Self::Name(name) => writer.text(name),
            Self::Removed(removed) => writer.u8((*removed).into()),
        };
    }

    pub(crate) fn decode_value(tag: u8, reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(match tag {
            1 => Self::Name(reader.text()?.to_owned()),
            2 => Self::Removed(flag(reader)?),
            _ => return Err(DecodeError::NotCanonical),
        })
    }
}

impl CredentialField {
    /// The field of a tag, saying nothing.
    pub(crate) fn blank(tag: u8) -> Option<Self> {
        Some(match tag {
            1 => Self::Name(String::new()),
            2 => Self::Removed(false),
            3 => Self::Parts(Vec::new()),
            _ => return None,
        })
    }

    /// The field, whatever it says.
    pub(crate) fn tag(&self) -> u8 {
        match self {
            Self::Name(_) => 1,
            Self::Removed(_) => 2,
            Self::Parts(_) => 3,
        }
    }

    pub(crate) fn encode_value(&self, writer: &mut Writer) {
        match self {
            Self::Name(name) => {
                writer.text(name);
            }
            Self::Removed(removed) => {
                writer.u8((*removed).into());
            }
            Self::Parts(parts) => {
                writer.count(parts.len());
                for part in parts {
                    part.encode(writer);
                }
            }
        }
    }

    pub(crate) fn decode_value(tag: u8, reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(match tag {
            1 => Self::Name(reader.text()?.to_owned()),
            2 => Self::Removed(flag(reader)?),
            3 => Self::Parts(reader.list(Part::decode)?),
            _ => return Err(DecodeError::NotCanonical),
        })
    }
}

impl EnvironmentField {
    /// The field of a tag, saying nothing.
    pub(crate) fn blank(tag: u8) -> Option<Self> {
        Some(match tag {
            1 => Self::Name(String::new()),
            2 => Self::Position(0),
            3 => Self::Protected(false),
            4 => Self::Inherits(None),
            5 => Self::Removed(false),
            _ => return None,
        })
    }

    /// The field, whatever it says.
    pub(crate) fn tag(&self) -> u8 {
        match self {
            Self::Name(_) => 1,
            Self::Position(_) => 2,
            Self::Protected(_) => 3,
            Self::Inherits(_) => 4,
            Self::Removed(_) => 5,
        }
    }

    pub(crate) fn encode_value(&self, writer: &mut Writer) {
        match self {
            Self::Name(name) => writer.text(name),
            Self::Position(position) => writer.u32(*position),
            Self::Protected(protected) => writer.u8((*protected).into()),
            Self::Inherits(from) => writer.option(*from, |w, id| {
                w.fixed(&id.0);
            }),
            Self::Removed(removed) => writer.u8((*removed).into()),
        };
    }

    pub(crate) fn decode_value(tag: u8, reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(match tag {
            1 => Self::Name(reader.text()?.to_owned()),
            2 => Self::Position(reader.u32()?),
            3 => Self::Protected(flag(reader)?),
            4 => Self::Inherits(reader.option(|r| r.fixed().map(EnvironmentId))?),
            5 => Self::Removed(flag(reader)?),
            _ => return Err(DecodeError::NotCanonical),
        })
    }
}

impl SecretField {
    /// The field of a tag, saying nothing.
    pub(crate) fn blank(tag: u8) -> Option<Self> {
        Some(match tag {
            1 => Self::Name(String::new()),
            2 => Self::Kind(Kind::Plain),
            3 => Self::Notes(String::new()),
            4 => Self::Owner(String::new()),
            5 => Self::Tags(Vec::new()),
            6 => Self::Expires(None),
            7 => Self::Lead(0),
            8 => Self::Removed(false),
            _ => return None,
        })
    }

    /// The field, whatever it says.
    pub(crate) fn tag(&self) -> u8 {
        match self {
            Self::Name(_) => 1,
            Self::Kind(_) => 2,
            Self::Notes(_) => 3,
            Self::Owner(_) => 4,
            Self::Tags(_) => 5,
            Self::Expires(_) => 6,
            Self::Lead(_) => 7,
            Self::Removed(_) => 8,
        }
    }

    pub(crate) fn encode_value(&self, writer: &mut Writer) {
        match self {
            Self::Name(text) | Self::Notes(text) | Self::Owner(text) => writer.text(text),
            Self::Kind(kind) => writer.u16(kind.code()),
            Self::Tags(tags) => {
                writer.count(tags.len());
                for tag in tags {
                    writer.text(tag);
                }
                writer
            }
            Self::Expires(at) => writer.option(*at, |w, at| {
                w.i64(at);
            }),
            Self::Lead(days) => writer.u16(*days),
            Self::Removed(removed) => writer.u8((*removed).into()),
        };
    }

    pub(crate) fn decode_value(tag: u8, reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(match tag {
            1 => Self::Name(reader.text()?.to_owned()),
            2 => Self::Kind(Kind::from_code(reader.u16()?).ok_or(DecodeError::NotCanonical)?),
            3 => Self::Notes(reader.text()?.to_owned()),
            4 => Self::Owner(reader.text()?.to_owned()),
            5 => {
                let tags = reader.list(|r| Ok(r.text()?.to_owned()))?;
                if !tags.is_sorted_by(|a, b| a < b) {
                    return Err(DecodeError::NotCanonical);
                }
                Self::Tags(tags)
            }
            6 => Self::Expires(reader.option(Reader::i64)?),
            7 => Self::Lead(reader.u16()?),
            8 => Self::Removed(flag(reader)?),
            _ => return Err(DecodeError::NotCanonical),
        })
    }
}

pub(crate) fn flag(reader: &mut Reader<'_>) -> Result<bool, DecodeError> {
    match reader.u8()? {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(DecodeError::NotCanonical),
    }
}
