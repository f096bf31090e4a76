//! The dialect of python-dotenv: how it reads, and how to write for it. Does not
//! resolve references; `interpolation` does.
//!
//! Source: python-dotenv 1.2.4, `parser.py`. What is written here also reads the
//! same in 1.0 and 1.1, whose quotes end elsewhere when a backslash stands last.

use zeroize::Zeroizing;

use crate::interpolation::resolve;
use crate::statements::{Assignment, Holds, Lookup, Statements};
use crate::text::skip;
use crate::text::{Buffer, Lines, after_line_end, char_at, is_plain, python_blank, python_space};
use crate::{Obstacle, ParseError, ParseReason};

/// Reads a whole file without its byte order mark.
pub(crate) fn read(text: &str) -> Result<Statements, ParseError> {
    let mut found = Statements::default();
    let mut lines = Lines::of(text);
    let mut at = 0;
    loop {
        let start = skip(text, at, python_space);
        if start == text.len() {
            return Ok(found);
        }
        let line = lines.line_of(start);
        at = statement(text, at, start, line, &mut found)
            .map_err(|reason| ParseError { line, reason })?;
    }
}

/// Reads the statement at `start`, behind the whitespace from `from` on, and
/// gives the offset behind its line.
fn statement(
    text: &str,
    from: usize,
    start: usize,
    line: u32,
    found: &mut Statements,
) -> Result<usize, ParseReason> {
    let mut at = start;
    if text[at..].starts_with("export") {
        let behind = skip(text, at + 6, python_blank);
        if behind > at + 6 {
            at = behind;
        }
    }
    if char_at(text, at) == Some('#') {
        return Ok(after_line_end(text, line_end(text, at)));
    }
    let (name, behind) = key(text, at).ok_or(ParseReason::NotAnAssignment)?;
    at = skip(text, behind, python_blank);
    if char_at(text, at) != Some('=') {
        let end = rest_of_line(text, at).ok_or(ParseReason::NotAnAssignment)?;
        if matches!(found.lookup(name), Lookup::Value(_)) {
            return Err(ParseReason::BareAfterValue);
        }
        found.name_only(name, line);
        return Ok(end);
    }
    let spaced = at + 1;
    at = skip(text, spaced, python_blank);
    let (value, raw) = match char_at(text, at) {
        None | Some('\r' | '\n') => (Buffer::with_capacity(0).finish(), spaced..spaced),
        Some('#') if at > spaced => (Buffer::with_capacity(0).finish(), spaced..spaced),
        Some(quote @ ('\'' | '"')) => {
            let close = closing_quote(text, at).ok_or(ParseReason::UnterminatedQuote)?;
            (unescape(&text[at + 1..close], quote), at..close + 1)
        }
        Some(_) => {
            let end = at + unquoted(&text[at..line_end(text, at)]).len();
            (Zeroizing::new(text[at..end].to_owned()), at..end)
        }
    };
    let end = rest_of_line(text, raw.end).ok_or(ParseReason::TextAfterQuote)?;
    let resolved = resolve(&value, found)?;
    let indentation = text[from..start].rfind(['\n', '\r']).map_or(0, |at| at + 1);
    found.assign(Assignment {
        name: name.to_owned(),
        value: resolved.value,
        holds: Holds::Text,
        line,
        unresolved: resolved.unresolved,
        literal: resolved.literal,
        whole: from + indentation..end,
        raw,
    });
    Ok(end)
}

/// Reads a name, `'quoted'` or not, and gives the offset behind it.
fn key(text: &str, at: usize) -> Option<(&str, usize)> {
    if let Some(quoted) = text[at..].strip_prefix('\'') {
        let name = &quoted[..quoted.find('\'')?];
        let usable = !name.is_empty() && !name.contains(['\r', '\n']);
        return usable.then_some((name, at + name.len() + 2));
    }
    let end = skip(text, at, |c| !matches!(c, '=' | '#') && !python_space(c));
    (end > at).then(|| (&text[at..end], end))
}

/// Finds the quote that closes the one at `open`; a backslash always takes the
/// next character with it.
fn closing_quote(text: &str, open: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = open + 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 2,
            b if b == bytes[open] => return Some(at),
            _ => at += 1,
        }
    }
    None
}

fn unescape(inner: &str, quote: char) -> Zeroizing<String> {
    let mut out = Buffer::with_capacity(inner.len());
    let mut rest = inner;
    while let Some(at) = rest.find('\\') {
        out.push_with_newlines(&rest[..at]);
        let escape = rest[at + 1..].chars().next();
        let plain = match (escape, quote) {
            (Some(c @ ('\\' | '\'')), _) | (Some(c @ '"'), '"') => Some(c),
            (Some('a'), '"') => Some('\u{7}'),
            (Some('b'), '"') => Some('\u{8}'),
            (Some('f'), '"') => Some('\u{c}'),
            (Some('n'), '"') => Some('\n'),
            (Some('r'), '"') => Some('\r'),
            (Some('t'), '"') => Some('\t'),
            (Some('v'), '"') => Some('\u{b}'),
            _ => None,
        };
        out.push(plain.unwrap_or('\\'));
        rest = &rest[at + 1 + usize::from(plain.is_some())..];
    }
    out.push_with_newlines(rest);
    out.finish()
}

/// Cuts an unquoted value before its comment and trailing whitespace.
fn unquoted(line: &str) -> &str {
    let mut space_from = None;
    for (at, c) in line.char_indices() {
        if python_space(c) {
            space_from.get_or_insert(at);
        } else if let (Some(from), '#') = (space_from, c) {
            return &line[..from];
        } else {
            space_from = None;
        }
    }
    &line[..space_from.unwrap_or(line.len())]
}

/// Passes a comment and the line end; gives none where other text stands.
fn rest_of_line(text: &str, at: usize) -> Option<usize> {
    let at = skip(text, at, python_blank);
    match char_at(text, at) {
        None | Some('\r' | '\n') => Some(after_line_end(text, at)),
        Some('#') => Some(after_line_end(text, line_end(text, at))),
        Some(_) => None,
    }
}

fn line_end(text: &str, at: usize) -> usize {
    skip(text, at, |c| !matches!(c, '\r' | '\n'))
}

/// Writes a name.
///
/// # Errors
/// Empty names, names that begin with a byte order mark or hold `=` or control
/// characters, and names with an apostrophe that would need quotes.
pub(crate) fn write_name(name: &str) -> Result<String, Obstacle> {
    let refused = name.is_empty()
        || name.starts_with('\u{feff}')
        || name.contains(|c: char| c == '=' || c.is_control());
    if refused {
        return Err(Obstacle::NameCharacters);
    }
    if !name.starts_with('\'') && !name.contains(|c| c == '#' || python_space(c)) {
        return Ok(name.to_owned());
    }
    if name.contains('\'') {
        return Err(Obstacle::NameCharacters);
    }
    Ok(format!("'{name}'"))
}

/// Writes a value on one line, unquoted where it is plain.
///
/// Two things have no escape of their own and are written as the default of a
/// variable with an empty name, which is never set: the `$` of `${`, which is
/// interpolated in every quote, and a backslash before the closing quote, which
/// readers before 1.2.4 take for an escaped quote.
///
/// # Errors
/// A NUL.
pub(crate) fn write_value(value: &str) -> Result<Zeroizing<String>, Obstacle> {
    if value.contains('\0') {
        return Err(Obstacle::Nul);
    }
    if is_plain(value) {
        return Ok(Zeroizing::new(value.to_owned()));
    }
    let escapable = |c| matches!(c, '\u{7}' | '\u{8}' | '\n' | '\u{b}' | '\u{c}' | '\r');
    let double = value.contains(escapable) || (value.contains('\'') && !value.contains('"'));
    let quote = if double { '"' } else { '\'' };
    let mut out = Buffer::with_capacity(4 * value.len() + 12);
    out.push(quote);
    for (at, c) in value.char_indices() {
        let rest = &value[at..];
        match c {
            '$' if rest.starts_with("${") => out.push_str("${:-$}"),
            '\\' if rest.len() == 1 => out.push_str(r"${:-\\}"),
            '\\' => out.push_str(r"\\"),
            '\u{7}' => out.push_str(r"\a"),
            '\u{8}' => out.push_str(r"\b"),
            '\n' => out.push_str(r"\n"),
            '\u{b}' => out.push_str(r"\v"),
            '\u{c}' => out.push_str(r"\f"),
            '\r' => out.push_str(r"\r"),
            _ if c == quote => {
                out.push('\\');
                out.push(c);
            }
            _ => out.push(c),
        }
    }
    out.push(quote);
    Ok(out.finish())
}
