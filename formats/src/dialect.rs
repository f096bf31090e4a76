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
    /// `jq`: one JSON object of texts.
    Json,
    /// PyYAML, `safe_load`: one block mapping of texts.
    Yaml,
}

impl Dialect {
    /// Lists every dialect, the default one first.
    pub const ALL: [Self; 5] = [
        Self::Dotenv,
        Self::DotenvNode,
        Self::Shell,
        Self::Json,
        Self::Yaml,
    ];

    /// Gives the name that people type and that is stored with a link.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Dotenv => "dotenv",
            Self::DotenvNode => "dotenv-node",
            Self::Shell => "shell",
            Self::Json => "json",
            Self::Yaml => "yaml",
        }
    }

    /// Says in human words which reader the dialect is made for.
    #[must_use]
    pub const fn reader(self) -> &'static str {
        match self {
            Self::Dotenv => "python-dotenv, interpolation on",
            Self::DotenvNode => "npm dotenv",
            Self::Shell => "bash, sourcing the file",
            Self::Json => "jq",
            Self::Yaml => "PyYAML",
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
#[error("unknown dialect; choose dotenv, dotenv-node, shell, json or yaml")]
pub struct UnknownDialect;
