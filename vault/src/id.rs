//! Ids. Random unless said otherwise; shown as hex.

use std::{fmt, str::FromStr};

/// Text that is not an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("that is not an id")]
pub struct IdError;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident($size:literal);)*) => {
        $($(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub(crate) [u8; $size]);

        impl $name {
            /// The id's bytes.
            pub fn as_bytes(&self) -> &[u8; $size] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({self})", stringify!($name))
            }
        }

        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                parse_hex(text).map(Self)
            }
        }

        impl rusqlite::ToSql for $name {
            fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
                self.0.as_slice().to_sql()
            }
        }

        impl rusqlite::types::FromSql for $name {
            fn column_result(
                value: rusqlite::types::ValueRef<'_>,
            ) -> rusqlite::types::FromSqlResult<Self> {
                <[u8; $size]>::column_result(value).map(Self)
            }
        })*
    };
}

ids! {
    /// A vault.
    VaultId(16);
    /// A space: SHA-256 of its genesis statement.
    SpaceId(32);
    /// A project.
    ProjectId(16);
    /// An environment of one project.
    EnvironmentId(16);
    /// A secret of one project.
    SecretId(16);
    /// One immutable value of a secret in an environment.
    VersionId(16);
    /// One machine of an identity.
    DeviceId(16);
    /// A slot of a vault's header.
    SlotId(16);
    /// A link.
    LinkId(16);
    /// A file of a secret.
    AttachmentId(16);
    /// What a provider knows as one thing.
    CredentialId(16);
    /// A log's incarnation; with the device it names the log.
    Incarnation(16);
}

impl SlotId {
    /// Takes 16 random bytes from `rng`.
    pub fn generate(rng: &mut impl rand_core::CryptoRng) -> Self {
        let mut id = Self([0; 16]);
        rng.fill_bytes(&mut id.0);
        id
    }
}

fn parse_hex<const N: usize>(text: &str) -> Result<[u8; N], IdError> {
    let digits = text.as_bytes();
    if digits.len() != N * 2 {
        return Err(IdError);
    }
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        let digit = |d: u8| match d {
            b'0'..=b'9' => Ok(d - b'0'),
            b'a'..=b'f' => Ok(d - b'a' + 10),
            _ => Err(IdError),
        };
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_has_one_spelling() {
        let id = ProjectId([0xab; 16]);
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!("AB".repeat(16).parse::<ProjectId>(), Err(IdError));
        assert_eq!("ab".repeat(15).parse::<ProjectId>(), Err(IdError));
    }
}
