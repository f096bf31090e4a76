//! Character classes of the readers, scanning, and a buffer that leaves no
//! copies behind. Knows no dialect's grammar.

use zeroize::Zeroizing;

/// Whitespace to Python's `re` module (`\s` on `str`).
pub(crate) fn python_space(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{1c}'..='\u{1f}')
}

/// Whitespace to Python's `re` module except line ends: `[^\S\r\n]`.
pub(crate) fn python_blank(c: char) -> bool {
    python_space(c) && !matches!(c, '\r' | '\n')
}

/// Whitespace to ECMAScript (`\s`, `trim`).
pub(crate) fn js_space(c: char) -> bool {
    (c.is_whitespace() && c != '\u{85}') || c == '\u{feff}'
}

/// Line terminators of ECMAScript, where `^` and `$` match and `.` does not.
pub(crate) fn js_line_end(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{2028}' | '\u{2029}')
}

/// Whitespace within a line to ECMAScript.
pub(crate) fn js_blank(c: char) -> bool {
    js_space(c) && !js_line_end(c)
}

/// Gives the character at a byte offset.
pub(crate) fn char_at(text: &str, at: usize) -> Option<char> {
    text.get(at..).and_then(|rest| rest.chars().next())
}

/// Gives the first offset from `from` on whose character is not in `class`.
pub(crate) fn skip(text: &str, from: usize, class: impl Fn(char) -> bool) -> usize {
    let rest = &text[from..];
    from + rest.find(|c| !class(c)).unwrap_or(rest.len())
}

/// Gives the offset behind the line end at `at`, or `at` where there is none.
pub(crate) fn after_line_end(text: &str, at: usize) -> usize {
    let rest = &text.as_bytes()[at..];
    match rest {
        [b'\r', b'\n', ..] => at + 2,
        [b'\r' | b'\n', ..] => at + 1,
        _ => at,
    }
}

/// Whether every reader returns the value as it stands, without quotes.
pub(crate) fn is_plain(value: &str) -> bool {
    !value.is_empty()
        && value
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"_-./:@%+,=".contains(&b))
}

/// Counts lines up to growing offsets in one pass.
pub(crate) struct Lines<'a> {
    text: &'a str,
    counted: usize,
    line: u32,
}

impl<'a> Lines<'a> {
    pub(crate) fn of(text: &'a str) -> Self {
        Self {
            text,
            counted: 0,
            line: 1,
        }
    }

    /// Gives the line of an offset, counted from 1; offsets may not decrease.
    pub(crate) fn line_of(&mut self, at: usize) -> u32 {
        let bytes = self.text.as_bytes();
        while self.counted < at {
            let ends_line = match bytes[self.counted] {
                b'\n' => true,
                b'\r' => bytes.get(self.counted + 1) != Some(&b'\n'),
                _ => false,
            };
            self.line = self.line.saturating_add(u32::from(ends_line));
            self.counted += 1;
        }
        self.line
    }
}

/// A growing text that wipes what it leaves behind when it moves.
pub(crate) struct Buffer(Zeroizing<String>);

impl Buffer {
    pub(crate) fn with_capacity(bytes: usize) -> Self {
        Self(Zeroizing::new(String::with_capacity(bytes)))
    }

    pub(crate) fn push_str(&mut self, text: &str) {
        let needed = self.0.len() + text.len();
        if needed > self.0.capacity() {
            let mut grown = String::with_capacity(needed.max(2 * self.0.capacity()));
            grown.push_str(&self.0);
            self.0 = Zeroizing::new(grown);
        }
        self.0.push_str(text);
    }

    pub(crate) fn push(&mut self, c: char) {
        self.push_str(c.encode_utf8(&mut [0; 4]));
    }

    /// Adds text as a reader sees it that takes `\r\n` and `\r` for `\n`.
    pub(crate) fn push_with_newlines(&mut self, text: &str) {
        let mut rest = text;
        while let Some(at) = rest.find('\r') {
            self.push_str(&rest[..at]);
            self.push_str("\n");
            rest = &rest[after_line_end(rest, at)..];
        }
        self.push_str(rest);
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn finish(self) -> Zeroizing<String> {
        self.0
    }
}
