//! Names the dialects. Does not read or write any of them.

use std::fmt;
use std::str::FromStr;

/// Which reader a file is for; the reader defines the dialect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// PyPI `python-dotenv` 1.2 with interpolation on; carries any UTF-8 without NUL.
    Dotenv,
    /// npm `dotenv` 17 and 18, `parse` without options.
    DotenvNode,
    /// `bash` 5 sourcing the file.
    Shell,
}

impl Dialect {
    /// Lists every dialect, the default one first.
    pub const ALL: [Self; 3] = [Self::Dotenv, Self::DotenvNode, Self::Shell];

    /// Gives the name that people type and that is stored with a link.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Dotenv => "dotenv",
            Self::DotenvNode => "dotenv-node",
            Self::Shell => "shell",
        }
    }

    /// Says in human words which reader the dialect is made for.
    #[must_use]
    pub const fn reader(self) -> &'static str {
        match self {
            Self::Dotenv => "python-dotenv, interpolation on",
            Self::DotenvNode => "npm dotenv",
            Self::Shell => "bash, sourcing the file",
        }
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Dialect {
    type Err = UnknownDialect;

    fn from_str(name: &str) -> Result<Self, UnknownDialect> {
        Self::ALL
            .into_iter()
            .find(|dialect| dialect.as_str() == name)
            .ok_or(UnknownDialect)
    }
}

/// The name is none of the dialects' names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown dialect; choose dotenv, dotenv-node or shell")]
pub struct UnknownDialect;
