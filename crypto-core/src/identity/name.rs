//! What a person or a machine is called: parsed once, right from then on. Does
//! not make names unique; a name proves nothing, the fingerprint does.

use std::fmt;

/// Why a name was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DisplayNameError {
    /// Nothing there.
    #[error("a name can't be empty")]
    Empty,
    /// Longer than [`DisplayName::MAX_SIZE`].
    #[error("a name can't be longer than {} bytes", DisplayName::MAX_SIZE)]
    TooLong,
    /// Characters that break or turn the line that the name stands in.
    #[error(
        "a name can't have control characters, line breaks, text-direction marks or invisible characters"
    )]
    NotPrintable,
    /// White space at the beginning or end, which would make two names look alike.
    #[error("a name can't have spaces around it")]
    OuterSpace,
}

/// 1 to 128 bytes of UTF-8 on one line, without control characters, characters
/// that turn the direction of text, or outer white space.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DisplayName(String);

impl DisplayName {
    /// The longest name, in bytes.
    pub const MAX_SIZE: usize = 128;

    /// Checks a name.
    ///
    /// # Errors
    /// [`DisplayNameError`] that says what a name may be.
    pub fn parse(text: &str) -> Result<Self, DisplayNameError> {
        if text.is_empty() {
            return Err(DisplayNameError::Empty);
        }
        if text.len() > Self::MAX_SIZE {
            return Err(DisplayNameError::TooLong);
        }
        if text.contains(breaks_the_line) {
            return Err(DisplayNameError::NotPrintable);
        }
        if text.trim() != text {
            return Err(DisplayNameError::OuterSpace);
        }
        Ok(Self(text.to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Control characters (Cc), line and paragraph separators, and the explicit
/// direction marks of Unicode Annex 9 §2, with which a name could show another
/// fingerprint's digits beside itself in the wrong order.
fn breaks_the_line(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
                // Not seen at all, so that two names would look alike. Joiners (200C, 200D) are seen: scripts need them.
                | '\u{00ad}' | '\u{200b}' | '\u{2060}'..='\u{2064}' | '\u{feff}'
        )
}

impl fmt::Display for DisplayName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_of_people_and_machines_pass_and_what_breaks_a_line_does_not() {
        for name in ["Mara", "thinkpad-7", "Zoë O’Neil", "田中さくら", "a / b"] {
            assert!(DisplayName::parse(name).is_ok(), "{name}");
        }
        let refused = [
            ("", DisplayNameError::Empty),
            ("a\nb", DisplayNameError::NotPrintable),
            ("a\u{0}", DisplayNameError::NotPrintable),
            ("a\u{85}b", DisplayNameError::NotPrintable),
            ("\u{202e}aram", DisplayNameError::NotPrintable),
            ("a\u{2069}", DisplayNameError::NotPrintable),
            ("a\u{2028}b", DisplayNameError::NotPrintable),
            ("Mara\u{200b}", DisplayNameError::NotPrintable),
            ("Ma\u{ad}ra", DisplayNameError::NotPrintable),
            ("\u{feff}Mara", DisplayNameError::NotPrintable),
            (" Mara", DisplayNameError::OuterSpace),
            ("Mara\u{a0}", DisplayNameError::OuterSpace),
        ];
        for (name, error) in refused {
            assert_eq!(DisplayName::parse(name), Err(error), "{name:?}");
        }
    }

    #[test]
    fn it_is_shown_as_it_is() {
        let name = DisplayName::parse("Zoë O’Neil").expect("a name");
        assert_eq!(name.to_string(), "Zoë O’Neil");
    }

    #[test]
    fn the_bound_counts_bytes() {
        assert!(DisplayName::parse(&"é".repeat(64)).is_ok());
        assert_eq!(
            DisplayName::parse(&"é".repeat(65)),
            Err(DisplayNameError::TooLong)
        );
    }

    proptest! {
        #[test]
        fn whatever_passes_is_kept_as_it_is_and_bounded(text: String) {
            if let Ok(name) = DisplayName::parse(&text) {
                prop_assert_eq!(name.as_str(), &text);
                prop_assert!((1..=128).contains(&text.len()));
                prop_assert!(!text.chars().any(char::is_control));
            }
        }
    }
}
