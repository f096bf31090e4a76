//! Cards, devices, invites and what enrols a device as text that goes through mail and chat. Carries any bytes; what they are is for others
//! to say, as [`Card::parse`](super::Card::parse).
//!
//! Layout: a first line, base64 (RFC 4648 §4, padded) in lines of 64
//! characters, the last one shorter, and a last line; each ends with LF. The
//! shape is that of RFC 7468 §2, strict.

use base64ct::{Base64, Encoding};

/// What a block of text holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextBlock {
    /// A card.
    Card,
    /// A device with its certificate and consent.
    Device,
    /// An invite into a space.
    Invite,
    /// A new device that asks to be enrolled.
    Request,
    /// What it gets.
    Welcome,
}

impl TextBlock {
    const ALL: [Self; 5] = [
        Self::Card,
        Self::Device,
        Self::Invite,
        Self::Request,
        Self::Welcome,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Card => "CARD",
            Self::Device => "DEVICE",
            Self::Invite => "INVITE",
            Self::Request => "REQUEST",
            Self::Welcome => "WELCOME",
        }
    }

    fn begin(self) -> String {
        format!("-----BEGIN KEYSTEAD {}-----", self.name())
    }

    fn end(self) -> String {
        format!("-----END KEYSTEAD {}-----", self.name())
    }

    /// The text of some bytes.
    pub fn armor(self, bytes: &[u8]) -> String {
        armor(self, bytes)
    }

    /// The bytes in a text of one block.
    ///
    /// # Errors
    /// [`ArmorError`].
    pub fn unarmor(self, text: &str) -> Result<Vec<u8>, ArmorError> {
        unarmor(self, text)
    }

    /// Every block in a text, in order, whatever stands between them.
    ///
    /// # Errors
    /// [`ArmorError`] where one begins and does not end, or was changed.
    pub fn all_in(text: &str) -> Result<Vec<(Self, Vec<u8>)>, ArmorError> {
        let mut found = Vec::new();
        let mut block: Option<(Self, String)> = None;
        for line in text.lines().map(str::trim) {
            if let Some((kind, lines)) = &mut block {
                lines.push_str(line);
                lines.push('\n');
                if line == kind.end() {
                    found.push((*kind, unarmor(*kind, lines)?));
                    block = None;
                }
            } else if let Some(kind) = Self::ALL.into_iter().find(|kind| line == kind.begin()) {
                block = Some((kind, format!("{line}\n")));
            }
        }
        match block {
            Some(_) => Err(ArmorError::NotCanonical),
            None => Ok(found),
        }
    }
}

const LINE: usize = 64;

/// Far above any block's text: an invite has 34,000 characters, and a welcome one for each space.
const MAX_SIZE: usize = 2 * 1024 * 1024;

/// Why text was refused as a card's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ArmorError {
    /// No first or last line, or far too long.
    #[error(
        "this is not the text of a card: it begins with -----BEGIN KEYSTEAD CARD----- and ends with -----END KEYSTEAD CARD-----"
    )]
    NotACard,
    /// No first or last line, or far too long.
    #[error("this is not the text of what was asked for")]
    NotTheBlock,
    /// Between them stands something else than base64, or lines were broken anew.
    #[error("the text was changed on its way")]
    NotCanonical,
}

/// The text of some bytes.
fn armor(kind: TextBlock, bytes: &[u8]) -> String {
    let encoded = Base64::encode_string(bytes);
    let mut text = String::with_capacity(encoded.len() + encoded.len() / LINE + 64);
    let mut rest = encoded.as_str();
    text.push_str(&kind.begin());
    text.push('\n');
    while !rest.is_empty() {
        // Base64 is ASCII, so every index is a character's.
        let (line, tail) = rest.split_at(rest.len().min(LINE));
        text.push_str(line);
        text.push('\n');
        rest = tail;
    }
    text.push_str(&kind.end());
    text.push('\n');
    text
}

/// The bytes in a block's text. White space around each line, CRLF and empty
/// lines before and after are what mail adds, and are let pass; nothing else is.
///
/// # Errors
/// [`ArmorError`] unless [`armor`] gives the same lines again.
fn unarmor(kind: TextBlock, text: &str) -> Result<Vec<u8>, ArmorError> {
    let none = match kind {
        TextBlock::Card => ArmorError::NotACard,
        _ => ArmorError::NotTheBlock,
    };
    let (begin, end) = (kind.begin(), kind.end());
    if text.len() > MAX_SIZE {
        return Err(none);
    }
    let mut lines = text.trim().lines().map(str::trim);
    if lines.next() != Some(&begin) || lines.next_back() != Some(&end) {
        return Err(none);
    }
    let encoded: String = lines.clone().collect();
    let bytes = Base64::decode_vec(&encoded).map_err(|_| ArmorError::NotCanonical)?;
    let same = armor(kind, &bytes)
        .lines()
        .eq([&*begin].into_iter().chain(lines).chain([&*end]));
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

    const BEGIN: &str = "-----BEGIN KEYSTEAD CARD-----";
    const END: &str = "-----END KEYSTEAD CARD-----";

    fn armor(bytes: &[u8]) -> String {
        TextBlock::Card.armor(bytes)
    }

    fn unarmor(text: &str) -> Result<Vec<u8>, ArmorError> {
        TextBlock::Card.unarmor(text)
    }

    #[test]
    fn blocks_are_found_among_other_words() {
        let (card, device) = (vec![1; 70], vec![2; 10]);
        let text = format!(
            "Hello,\n{}and my laptop:\n\n{}Bye",
            TextBlock::Card.armor(&card),
            TextBlock::Device.armor(&device)
        );
        let found = vec![(TextBlock::Card, card), (TextBlock::Device, device)];
        assert_eq!(TextBlock::all_in(&text), Ok(found));
        assert_eq!(TextBlock::all_in("Hello"), Ok(Vec::new()));
        let cut = &text[..text.len() - 40];
        assert_eq!(TextBlock::all_in(cut), Err(ArmorError::NotCanonical));
        let invite = TextBlock::Invite.armor(b"x");
        assert_eq!(unarmor(&invite), Err(ArmorError::NotACard));
    }

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
