//! A card as text that goes through mail and chat. Carries any bytes; whether
//! they are a card is for [`Card::parse`](super::Card::parse) to say.
//!
//! Layout: a first line, base64 (RFC 4648 §4, padded) in lines of 64
//! characters, the last one shorter, and a last line; each ends with LF. The
//! shape is that of RFC 7468 §2, strict.

use base64ct::{Base64, Encoding};

const BEGIN: &str = "-----BEGIN KEYSTEAD CARD-----";
const END: &str = "-----END KEYSTEAD CARD-----";
const LINE: usize = 64;

/// Far above any card's text: 9,150 characters with the longest name.
const MAX_SIZE: usize = 64 * 1024;

/// Why text was refused as a card's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ArmorError {
    /// No first or last line, or far too long.
    #[error("this is not the text of a card: it begins with {BEGIN} and ends with {END}")]
    NotACard,
    /// Between them stands something else than base64, or lines were broken anew.
    #[error("the text of the card was changed on its way")]
    NotCanonical,
}

/// The text of a card's bytes.
pub(super) fn armor(bytes: &[u8]) -> String {
    let encoded = Base64::encode_string(bytes);
    let mut text = String::with_capacity(encoded.len() + encoded.len() / LINE + 64);
    let mut rest = encoded.as_str();
    text.push_str(BEGIN);
    text.push('\n');
    while !rest.is_empty() {
        // Base64 is ASCII, so every index is a character's.
        let (line, tail) = rest.split_at(rest.len().min(LINE));
        text.push_str(line);
        text.push('\n');
        rest = tail;
    }
    text.push_str(END);
    text.push('\n');
    text
}

/// The bytes in a card's text. White space around each line, CRLF and empty
/// lines before and after are what mail adds, and are let pass; nothing else is.
///
/// # Errors
/// [`ArmorError`] unless [`armor`] gives the same lines again.
pub(super) fn unarmor(text: &str) -> Result<Vec<u8>, ArmorError> {
    if text.len() > MAX_SIZE {
        return Err(ArmorError::NotACard);
    }
    let mut lines = text.trim().lines().map(str::trim);
    if lines.next() != Some(BEGIN) || lines.next_back() != Some(END) {
        return Err(ArmorError::NotACard);
    }
    let encoded: String = lines.clone().collect();
    let bytes = Base64::decode_vec(&encoded).map_err(|_| ArmorError::NotCanonical)?;
    let same = armor(&bytes)
        .lines()
        .eq([BEGIN].into_iter().chain(lines).chain([END]));
    if same {
        Ok(bytes)
    } else {
        Err(ArmorError::NotCanonical)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_text_is_what_the_format_says() {
        let bytes: Vec<u8> = (0..50).collect();
        assert_eq!(
            armor(&bytes),
            "-----BEGIN KEYSTEAD CARD-----\n\
             AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4v\n\
             MDE=\n\
             -----END KEYSTEAD CARD-----\n"
        );
    }

    #[test]
    fn a_text_of_the_largest_size_is_read_and_no_larger_one() {
        let bytes: Vec<u8> = (0..100).collect();
        let text = armor(&bytes);
        let fill = |size: usize| text.clone() + &" ".repeat(size - text.len());
        assert_eq!(unarmor(&fill(MAX_SIZE)), Ok(bytes));
        assert_eq!(unarmor(&fill(MAX_SIZE + 1)), Err(ArmorError::NotACard));
    }

    #[test]
    fn what_mail_does_passes_and_nothing_more() {
        let bytes: Vec<u8> = (0..100).collect();
        let text = armor(&bytes);
        let by_mail = format!("\n\n  {}  \r\n\n", text.replace('\n', " \r\n\t"));
        assert_eq!(unarmor(&by_mail), Ok(bytes));

        let line = text.lines().nth(1).expect("two lines of base64");
        let refused = [
            text.replace(line, ""),
            text.replace(line, &format!("{} {}", &line[..10], &line[10..])),
            text.replace(line, &format!("{}\n{}", &line[..10], &line[10..])),
            text.replace(line, &format!("{line}\n")),
            text.replace(line, &format!("Comment: hello\n\n{line}")),
            text.replace("==\n", "\n"),
            text.replace("Yw==\n", "Yx==\n"),
        ];
        for text in refused {
            assert_eq!(unarmor(&text), Err(ArmorError::NotCanonical), "{text}");
        }
        for text in [
            "",
            "KEYSTEAD",
            BEGIN,
            END,
            &text.replace("BEGIN", "begin"),
            &text.replace("CARD", "INVITE"),
            &format!("{text}P.S. call me"),
            &format!("{text}{}", " ".repeat(MAX_SIZE)),
        ] {
            assert_eq!(unarmor(text), Err(ArmorError::NotACard), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_was_armored_comes_back(bytes: Vec<u8>) {
            let text = armor(&bytes);
            prop_assert!(text.is_ascii() && text.lines().all(|line| line.len() <= LINE));
            prop_assert_eq!(unarmor(&text), Ok(bytes.clone()));
            prop_assert_eq!(unarmor(&text.replace('\n', "\r\n")), Ok(bytes));
        }

        #[test]
        fn any_text_between_is_refused_or_canonical(middle in "[A-Za-z0-9+/=\n]{0,200}") {
            let text = format!("{BEGIN}\n{middle}\n{END}\n");
            if let Ok(bytes) = unarmor(&text) {
                prop_assert_eq!(armor(&bytes), text);
            }
        }
    }
}
