//! Names: parsed once, right from then on.

use keystead_crypto::DisplayName;
use std::fmt;

/// Why a name was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NameError {
    /// Nothing there.
    #[error("a name can't be empty")]
    Empty,
    /// Longer than the limit, in bytes.
    #[error("a name can't be longer than {0} bytes")]
    TooLong(usize),
    /// For secrets: not what a program can look up.
    #[error(
        "a secret's name is made of letters, digits, `_`, `.` and `-`, and does not start with a digit, `.` or `-`"
    )]
    NotASecretName,
    /// For tags: what could not be typed as one word.
    #[error("a tag is made of lower-case letters, digits, `-`, `_`, `.` and `/`")]
    NotATag,
    /// For notes: more than fits.
    #[error("notes can't be longer than {0} bytes")]
    NoteTooLong(usize),
    /// For projects and environments: what would break or turn a line, is not seen, or means something in a path.
    #[error(
        "a name can't have control or invisible characters, slashes, or spaces around it, nor be `.` or `..`"
    )]
    NotPrintable,
}

macro_rules! names {
    ($($(#[$doc:meta])* $name:ident($limit:literal, $check:ident);)*) => {
        $($(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// Checks a name.
            ///
            /// # Errors
            /// [`NameError`] that says what a name may be.
            pub fn parse(text: &str) -> Result<Self, NameError> {
                if text.is_empty() {
                    return Err(NameError::Empty);
                }
                if text.len() > $limit {
                    return Err(NameError::TooLong($limit));
                }
                $check(text)?;
                Ok(Self(text.to_owned()))
            }

            /// The name.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        })*
    };
}

names! {
    /// A secret's name, as a program looks it up (`OPENAI_API_KEY`).
    SecretName(256, secret_name);
    /// A project's name (`churn-model`).
    ProjectName(128, printable);
    /// An environment's name (`dev`).
    EnvironmentName(64, printable);
    /// The name of a file of a secret; no path.
    FileName(255, printable);
    /// The name of what a provider knows as one thing.
    CredentialName(128, printable);
    /// A word to find secrets by (`customer`).
    Tag(64, tag);
}

fn secret_name(text: &str) -> Result<(), NameError> {
    let bytes = text.as_bytes();
    let first = bytes[0].is_ascii_alphabetic() || bytes[0] == b'_';
    let rest = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-');
    if first && bytes.iter().all(rest) {
        Ok(())
    } else {
        Err(NameError::NotASecretName)
    }
}

/// Lower case, so that one tag has one spelling; without what a query would take for something else.
fn tag(text: &str) -> Result<(), NameError> {
    let fits = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '/');
    if text.chars().all(|c| fits(c) && !c.is_uppercase()) {
        Ok(())
    } else {
        Err(NameError::NotATag)
    }
}

fn printable(text: &str) -> Result<(), NameError> {
    let is_path = matches!(text, "." | "..") || text.contains(['/', '\\']);
    if is_path || DisplayName::parse(text).is_err() {
        return Err(NameError::NotPrintable);
    }
    Ok(())
}

const LONGEST_NOTE: usize = 16 * 1024;

/// What somebody wrote down about a secret; empty for nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note(String);

impl Note {
    /// Checks a note: text of at most 16 KiB, without what steers a terminal.
    ///
    /// # Errors
    /// [`NameError`] that says what a note may be.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        if text.len() > LONGEST_NOTE {
            return Err(NameError::NoteTooLong(LONGEST_NOTE));
        }
        if text
            .chars()
            .any(|c| c.is_control() && !matches!(c, '\n' | '\t'))
        {
            return Err(NameError::NotPrintable);
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Who is asked about a secret; empty for nobody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner(String);

impl Owner {
    /// Checks an owner's name.
    ///
    /// # Errors
    /// [`NameError`] that says what a name may be.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        if text.len() > 128 {
            return Err(NameError::TooLong(128));
        }
        if !text.is_empty() && DisplayName::parse(text).is_err() {
            return Err(NameError::NotPrintable);
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_programs_look_up_pass_and_others_do_not() {
        for name in ["OPENAI_API_KEY", "_x", "spring.datasource.url", "a-b"] {
            assert!(SecretName::parse(name).is_ok(), "{name}");
        }
        for name in [
            "",
            "1A",
            ".A",
            "-A",
            "A B",
            "A=B",
            "Ä",
            "A\n",
            &"A".repeat(257),
        ] {
            assert!(SecretName::parse(name).is_err(), "{name:?}");
        }
        for name in [
            " dev",
            "a/b",
            "a\\b",
            "a\u{1}",
            "",
            ".",
            "..",
            "\u{202e}ved",
            "de\u{200b}v",
        ] {
            assert!(EnvironmentName::parse(name).is_err(), "{name:?}");
        }
    }
}
