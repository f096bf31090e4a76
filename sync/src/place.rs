//! Where a remote is, as text without anything secret.

use percent_encoding::percent_decode_str;
use std::{fmt, path::PathBuf, str::FromStr};

/// A folder or a bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Place {
    /// A folder, by its absolute path.
    Folder(PathBuf),
    /// A bucket of S3 or what speaks like it.
    S3 {
        /// Its name.
        bucket: String,
        /// What all names begin with; empty for nothing.
        prefix: String,
        /// Another server than Amazon's.
        endpoint: Option<String>,
        /// Where it is.
        region: String,
    },
}

/// Text that names no place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PlaceError {
    /// It begins otherwise than any place.
    #[error("a place is an absolute path, file:///path, or s3://bucket/prefix?region=…&endpoint=…")]
    Unknown,
    /// A key or a password stands in it.
    #[error("a key has no place in an address: it is given apart")]
    Secret,
    /// A part of it is not understood.
    #[error("{0} is nothing that a place has")]
    Part(String),
}

impl FromStr for Place {
    type Err = PlaceError;

    fn from_str(text: &str) -> Result<Self, PlaceError> {
        let decoded = |text: &str| {
            let decoded = percent_decode_str(text).decode_utf8();
            decoded
                .map(|text| text.into_owned())
                .map_err(|_| PlaceError::Unknown)
        };
        if let Some(path) = text.strip_prefix("file://") {
            let path = PathBuf::from(decoded(path)?);
            return match path.is_absolute() {
                true => Ok(Self::Folder(path)),
                false => Err(PlaceError::Unknown),
            };
        }
        let Some(rest) = text.strip_prefix("s3://") else {
            let path = PathBuf::from(text);
            return match path.is_absolute() {
                true => Ok(Self::Folder(path)),
                false => Err(PlaceError::Unknown),
            };
        };
        if rest.contains('@') {
            return Err(PlaceError::Secret);
        }
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (bucket, prefix) = path.split_once('/').unwrap_or((path, ""));
        if bucket.is_empty() {
            return Err(PlaceError::Unknown);
        }
        let (mut endpoint, mut region) = (None, "us-east-1".to_owned());
        for part in query.split('&').filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            match name {
                "endpoint" => endpoint = Some(decoded(value)?),
                "region" => region = decoded(value)?,
                "key" | "secret" | "access_key_id" | "secret_access_key" | "token" => {
                    return Err(PlaceError::Secret);
                }
                other => return Err(PlaceError::Part(other.to_owned())),
            }
        }
        Ok(Self::S3 {
            bucket: bucket.to_owned(),
            prefix: decoded(prefix)?.trim_matches('/').to_owned(),
            endpoint,
            region,
        })
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(path) => write!(f, "{}", path.display()),
            Self::S3 {
                bucket,
                prefix,
                endpoint,
                region,
            } => {
                write!(f, "s3://{bucket}")?;
                if !prefix.is_empty() {
                    write!(f, "/{prefix}")?;
                }
                write!(f, "?region={region}")?;
                match endpoint {
                    Some(endpoint) => write!(f, "&endpoint={endpoint}"),
                    None => Ok(()),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_read_and_written_again() {
        for (text, shown) in [
            ("/srv/team", "/srv/team"),
            ("file:///srv/our%20team", "/srv/our team"),
            ("s3://team", "s3://team?region=us-east-1"),
            (
                "s3://team/keys/?region=eu-central-1&endpoint=http://127.0.0.1:9000",
                "s3://team/keys?region=eu-central-1&endpoint=http://127.0.0.1:9000",
            ),
        ] {
            let place: Place = text.parse().expect(text);
            assert_eq!(place.to_string(), shown);
            assert_eq!(shown.parse(), Ok(place));
        }
        for text in ["team", "./team", "https://x", "s3://", "file://team"] {
            assert_eq!(text.parse::<Place>(), Err(PlaceError::Unknown), "{text}");
        }
        for text in ["s3://id:secret@team", "s3://team?secret=x"] {
            assert_eq!(text.parse::<Place>(), Err(PlaceError::Secret), "{text}");
        }
        assert_eq!(
            "s3://team?acl=public".parse::<Place>(),
            Err(PlaceError::Part("acl".to_owned()))
        );
    }
}
