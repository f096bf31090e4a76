//! Parts of a value: the user or the password of a URL, a string in a JSON document. Everything else of the value stays
//! byte for byte.

use crate::id::SecretId;
use keystead_crypto::{DecodeError, Reader, Writer};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::value::RawValue;
use std::{collections::HashMap, ops::Range, str::FromStr};
use zeroize::Zeroizing;

/// What RFC 3986 leaves alone in a user or password (`unreserved`, §2.3).
const USERINFO: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Which part of a value.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PartOf {
    /// All of it.
    Whole,
    /// The user of a URL.
    UrlUser,
    /// The password of a URL.
    UrlPassword,
    /// A string in a JSON document, by its pointer (RFC 6901).
    Json(String),
}

/// A part of a secret's values.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Part {
    /// The secret.
    pub secret: SecretId,
    /// Which part.
    pub of: PartOf,
}

/// Text that names no part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a part is `user`, `password` or a JSON pointer such as /database/password")]
pub struct PartError;

/// A value that lacks a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NoSuchPart;

impl FromStr for PartOf {
    type Err = PartError;

    fn from_str(text: &str) -> Result<Self, PartError> {
        let printable = !text.chars().any(char::is_control) && text.len() <= 1024;
        match text {
            "" => Ok(Self::Whole),
            "user" => Ok(Self::UrlUser),
            "password" => Ok(Self::UrlPassword),
            pointer if pointer.starts_with('/') && printable => Ok(Self::Json(pointer.to_owned())),
            _ => Err(PartError),
        }
    }
}

impl std::fmt::Display for PartOf {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Whole => "",
            Self::UrlUser => "user",
            Self::UrlPassword => "password",
            Self::Json(pointer) => pointer,
        })
    }
}

impl Part {
    pub(crate) fn encode(&self, writer: &mut Writer) {
        writer.fixed(&self.secret.0).text(&self.of.to_string());
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let secret = SecretId(reader.fixed()?);
        let of = reader.text()?.parse();
        Ok(Self {
            secret,
            of: of.map_err(|PartError| DecodeError::NotCanonical)?,
        })
    }
}

impl PartOf {
    /// The part of a value, so that what was written can be read back.
    #[cfg(test)]
    pub(crate) fn read(&self, value: &str) -> Result<Zeroizing<String>, NoSuchPart> {
        let text = match self {
            Self::Whole => value.to_owned(),
            Self::UrlUser | Self::UrlPassword => {
                let part = &value[self.place(value)?];
                let decoded = percent_encoding::percent_decode_str(part).decode_utf8();
                decoded.map_err(|_| NoSuchPart)?.into_owned()
            }
            Self::Json(_) => {
                serde_json::from_str(&value[self.place(value)?]).map_err(|_| NoSuchPart)?
            }
        };
        Ok(Zeroizing::new(text))
    }

    /// The part as it is written in a value.
    pub(crate) fn written(&self, part: &str) -> Result<Zeroizing<String>, NoSuchPart> {
        Ok(Zeroizing::new(match self {
            Self::Whole => part.to_owned(),
            Self::UrlUser | Self::UrlPassword => utf8_percent_encode(part, USERINFO).to_string(),
            Self::Json(_) => serde_json::to_string(part).map_err(|_| NoSuchPart)?,
        }))
    }

    /// The value with another part.
    #[cfg(test)]
    pub(crate) fn write(&self, value: &str, part: &str) -> Result<Zeroizing<String>, NoSuchPart> {
        crate::reference::write_part(value, &[], (self, part)).map(|composed| composed.text)
    }

    /// Where it stands in a value, as it is written there.
    pub(crate) fn place(&self, value: &str) -> Result<Range<usize>, NoSuchPart> {
        match self {
            Self::Whole => Ok(0..value.len()),
            Self::UrlUser => userinfo(value).map(|(user, _)| user).ok_or(NoSuchPart),
            Self::UrlPassword => userinfo(value)
                .and_then(|(_, password)| password)
                .ok_or(NoSuchPart),
            Self::Json(pointer) => json_string(value, pointer).ok_or(NoSuchPart),
        }
    }
}

/// Where the user and the password of a URL stand (RFC 3986 §3.2.1).
fn userinfo(url: &str) -> Option<(Range<usize>, Option<Range<usize>>)> {
    let authority = url.find("://")? + 3;
    let end = url[authority..]
        .find(['/', '?', '#'])
        .map_or(url.len(), |at| authority + at);
    let at = authority + url[authority..end].rfind('@')?;
    Some(match url[authority..at].find(':') {
        None => (authority..at, None),
        Some(colon) => {
            let colon = authority + colon;
            (authority..colon, Some(colon + 1..at))
        }
    })
}

/// Where a string of a JSON document stands, with its quotes.
fn json_string(json: &str, pointer: &str) -> Option<Range<usize>> {
    let mut part: &RawValue = serde_json::from_str(json).ok()?;
    for token in pointer.split('/').skip(1) {
        let token = token.replace("~1", "/").replace("~0", "~");
        part = match part.get().as_bytes().first()? {
            b'{' => {
                let fields: HashMap<String, &RawValue> = serde_json::from_str(part.get()).ok()?;
                fields.get(&token).copied()?
            }
            b'[' => {
                let items: Vec<&RawValue> = serde_json::from_str(part.get()).ok()?;
                items.get(token.parse::<usize>().ok()?).copied()?
            }
            _ => return None,
        };
    }
    let text = part.get();
    // Both borrow from the document.
    let begin = (text.as_ptr() as usize).checked_sub(json.as_ptr() as usize)?;
    text.starts_with('"').then(|| begin..begin + text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_read_and_written_and_the_rest_stays_as_it_was() {
        let url = "postgresql+psycopg://app:p%40ss@[::1]:5432/db?sslmode=require&x=a@b";
        let json =
            "{ \"a\" : 1,\n  \"db\": {\"pass\\\"word\": \"old\\n\", \"l/s\": [\"x\", \"y\"]} }";
        for (value, part, reads, new, then) in [
            (
                url,
                "user",
                "app",
                "b:c",
                "postgresql+psycopg://b%3Ac:p%40ss@[::1]:5432/db?sslmode=require&x=a@b",
            ),
            (
                url,
                "password",
                "p@ss",
                "n/é",
                "postgresql+psycopg://app:n%2F%C3%A9@[::1]:5432/db?sslmode=require&x=a@b",
            ),
            (
                "redis://:secret@h",
                "password",
                "secret",
                "x",
                "redis://:x@h",
            ),
            (
                json,
                "/db/l~1s/1",
                "y",
                "\"z\"",
                "{ \"a\" : 1,\n  \"db\": {\"pass\\\"word\": \"old\\n\", \"l/s\": [\"x\", \"\\\"z\\\"\"]} }",
            ),
            (
                json,
                "/db/pass\"word",
                "old\n",
                "new",
                "{ \"a\" : 1,\n  \"db\": {\"pass\\\"word\": \"new\", \"l/s\": [\"x\", \"y\"]} }",
            ),
            ("plain", "", "plain", "other", "other"),
        ] {
            let of: PartOf = part.parse().expect("a part");
            assert_eq!(of.to_string(), part);
            assert_eq!(
                of.read(value).as_deref().map(String::as_str),
                Ok(reads),
                "{part}"
            );
            let written = of.write(value, new).expect("written");
            assert_eq!(*written, then, "{part}");
            assert_eq!(of.read(&written).as_deref().map(String::as_str), Ok(new));
        }
    }

    #[test]
    fn what_is_not_there_is_not_invented() {
        for (value, part) in [
            ("postgres://h/d", "password"),
            ("postgres://app@h/d", "password"),
            ("hunter2", "user"),
            ("{\"a\": 1}", "/a"),
            ("{\"a\": {}}", "/a/b"),
            ("[\"x\"]", "/1"),
            ("{broken", "/a"),
            ("postgres://h/d?x=a@b", "user"),
        ] {
            let of: PartOf = part.parse().expect("a part");
            assert!(
                of.read(value).is_err() && of.write(value, "x").is_err(),
                "{value} {part}"
            );
        }
        for text in ["host", "a/b", "/a\nb"] {
            assert!(text.parse::<PartOf>().is_err(), "{text}");
        }
    }
}
