//! The dialect of npm `dotenv`: how its `parse` reads, and how to write for it.
//! Does not expand variables; neither does `parse`.
//!
//! The reader is one regular expression that backtracks; this follows the same
//! paths by hand in linear time. What is written here also reads the same with
//! the `fast` option of version 18.
//!
//! Source: npm dotenv 17.4.2 and 18.0.10, `LINE` and `parse`.

use std::ops::Range;

use zeroize::Zeroizing;

use crate::statements::{Assignment, Holds, Statements};
use crate::text::{Buffer, Lines, after_line_end, char_at, is_plain, js_blank, js_line_end};
use crate::text::{js_space, skip};
use crate::{Obstacle, ParseError, ParseReason};

/// Reads a whole file without its byte order mark.
pub(crate) fn read(text: &str) -> Result<Statements, ParseError> {
    let mut found = Statements::default();
    let mut lines = Lines::of(text);
    let mut at = 0;
    loop {
        let start = skip(text, at, js_space);
        if start == text.len() {
            return Ok(found);
        }
        if char_at(text, start) == Some('#') {
            at = skip(text, start, |c| !js_line_end(c));
            continue;
        }
        let line = lines.line_of(start);
        at = statement(text, at, start, line, &mut found)
            .map_err(|reason| ParseError { line, reason })?;
    }
}

/// Reads the statement at `start`, behind the whitespace from `from` on, and
/// gives the offset where its line ends.
fn statement(
    text: &str,
    from: usize,
    start: usize,
    line: u32,
    found: &mut Statements,
) -> Result<usize, ParseReason> {
    let mut name_at = start;
    if text[start..].starts_with("export") {
        let behind = skip(text, start + 6, js_space);
        if behind > start + 6 && char_at(text, behind).is_some_and(is_name_char) {
            name_at = behind;
        }
    }
    let name_end = skip(text, name_at, is_name_char);
    let name = &text[name_at..name_end];
    if name.is_empty() {
        return Err(ParseReason::NotAnAssignment);
    }
    let sign = skip(text, name_end, js_space);
    let value_at = if char_at(text, sign) == Some('=') {
        sign + 1
    } else if let Some(behind_colon) = text[name_end..].strip_prefix(':') {
        match behind_colon.chars().next() {
            Some(c) if js_line_end(c) => return Err(ParseReason::ValueOnNextLine),
            Some(c) if js_space(c) => name_end + 1 + c.len_utf8(),
            _ => return Err(ParseReason::NotAnAssignment),
        }
    } else {
        let behind = skip(text, name_end, js_blank);
        return match char_at(text, behind) {
            Some(c) if c != '#' && !js_line_end(c) => Err(ParseReason::NotAnAssignment),
            _ => {
                found.name_only(name, line);
                Ok(rest_of_line(text, behind))
            }
        };
    };
    if name == "__proto__" {
        return Err(ParseReason::UnusableName);
    }
    let raw = match quoted(text, value_at) {
        Some(raw) => raw,
        None => unquoted(text, value_at)?,
    };
    let own_line = match text[from..start].rfind(['\n', '\r']) {
        Some(at) => Some(from + at + 1),
        None if from == 0 || text[..from].ends_with(['\n', '\r']) => Some(from),
        None => None,
    };
    let mut end = rest_of_line(text, raw.end);
    if own_line.is_some() {
        end = after_line_end(text, end);
    }
    found.assign(Assignment {
        name: name.to_owned(),
        value: unquote(&text[raw.clone()]),
        holds: Holds::Text,
        line,
        unresolved: Vec::new(),
        literal: true,
        whole: own_line.unwrap_or(start)..end,
        raw,
    });
    Ok(end)
}

fn is_name_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-')
}

/// Finds a value in quotes, which may begin on a later line.
///
/// The regular expression prefers the first quote that no backslash precedes;
/// where other text follows that one, it falls back to the last quote before it
/// that has a backslash, and so on.
fn quoted(text: &str, value_at: usize) -> Option<Range<usize>> {
    let open = skip(text, value_at, js_space);
    let bytes = text.as_bytes();
    let quote = *bytes.get(open).filter(|b| b"'\"`".contains(b))?;
    let mut last_escaped = None;
    for at in open + 1..bytes.len() {
        if bytes[at] != quote {
            continue;
        }
        if bytes[at - 1] == b'\\' {
            if closes(text, at + 1) {
                last_escaped = Some(at);
            }
        } else if closes(text, at + 1) {
            return Some(open..at + 1);
        } else {
            break;
        }
    }
    last_escaped.map(|at| open..at + 1)
}

/// Whether `\s*(?:#.*)?$` matches.
fn closes(text: &str, at: usize) -> bool {
    let behind = skip(text, at, js_blank);
    char_at(text, behind).is_none_or(|c| c == '#' || js_line_end(c))
}

/// Finds the value up to a `#` or the line end, trimmed.
fn unquoted(text: &str, value_at: usize) -> Result<Range<usize>, ParseReason> {
    let end = skip(text, value_at, |c| !matches!(c, '#' | '\r' | '\n'));
    let start = skip(&text[..end], value_at, js_space);
    if start == end {
        return Ok(value_at..value_at);
    }
    let raw = text[start..end].trim_end_matches(js_space);
    let quote = raw.chars().next().filter(|c| matches!(c, '\'' | '"' | '`'));
    match quote {
        Some(quote) if raw[1..].ends_with(quote) => {}
        Some(quote) if raw[1..].contains(quote) => return Err(ParseReason::TextAfterQuote),
        Some(_) => return Err(ParseReason::UnterminatedQuote),
        None => {}
    }
    Ok(start..start + raw.len())
}

/// Takes quotes off as `replace(/^(['"`])([\s\S]*)\1$/mg, '$2')` does, and
/// decodes `\n` and `\r` where the value began with a double quote.
fn unquote(raw: &str) -> Zeroizing<String> {
    let last_closing = ['\'', '"', '`'].map(|quote| {
        raw.match_indices(quote)
            .map(|(at, _)| at)
            .rfind(|at| char_at(raw, at + 1).is_none_or(js_line_end))
            .map(|at| (quote, at))
    });
    let mut out = Buffer::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(first) = rest.chars().next() {
        let at = raw.len() - rest.len();
        let close = last_closing.iter().flatten().find(|(q, _)| *q == first);
        match close {
            Some((_, close)) if *close > at => {
                out.push_with_newlines(&raw[at + 1..*close]);
                rest = &raw[close + 1..];
            }
            _ => {}
        }
        let line = skip(rest, 0, |c| !js_line_end(c));
        let line = char_at(rest, line).map_or(line, |c| line + c.len_utf8());
        out.push_with_newlines(&rest[..line]);
        rest = &rest[line..];
    }
    let value = out.finish();
    if raw.starts_with('"') && value.contains('\\') {
        decode(&value)
    } else {
        value
    }
}

fn decode(value: &str) -> Zeroizing<String> {
    let mut out = Buffer::with_capacity(value.len());
    let mut rest = value;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        let (text, length) = match rest.as_bytes().get(at + 1) {
            Some(b'n') => ("\n", 2),
            Some(b'r') => ("\r", 2),
            _ => ("\\", 1),
        };
        out.push_str(text);
        rest = &rest[at + length..];
    }
    out.push_str(rest);
    out.finish()
}

/// Passes a comment up to the line end.
fn rest_of_line(text: &str, at: usize) -> usize {
    let behind = skip(text, at, js_blank);
    if char_at(text, behind) == Some('#') {
        return skip(text, behind, |c| !js_line_end(c));
    }
    behind
}

/// Writes a name.
///
/// # Errors
/// Names with anything but ASCII letters, digits, `_`, `.` and `-`, and
/// `__proto__`, which a JavaScript object does not keep.
pub(crate) fn write_name(name: &str) -> Result<String, Obstacle> {
    if name.is_empty() || !name.chars().all(is_name_char) {
        return Err(Obstacle::NameCharacters);
    }
    if name == "__proto__" {
        return Err(Obstacle::NameTaken);
    }
    Ok(name.to_owned())
}

/// Writes a value, on one line where that is possible.
///
/// The reader undoes nothing but `\n` and `\r` in double quotes, so a value is
/// put between quotes that do not end it early. A quote behind a backslash does
/// not, and keeps its backslash.
///
/// # Errors
/// A NUL, or a value that no quote fits and that cannot stand without quotes.
pub(crate) fn write_value(value: &str) -> Result<Zeroizing<String>, Obstacle> {
    if value.contains('\0') {
        return Err(Obstacle::Nul);
    }
    if is_plain(value) {
        return Ok(Zeroizing::new(value.to_owned()));
    }
    let has_line_feed = value.contains('\n');
    let has_return = value.contains('\r');
    let fits = |quote| match quote {
        '"' => fits_in(value, quote) && !value.contains("\\n") && !value.contains("\\r"),
        _ => fits_in(value, quote) && !has_return,
    };
    let preference = if has_line_feed || has_return {
        ['"', '\'', '`']
    } else {
        ['\'', '"', '`']
    };
    let Some(quote) = preference.into_iter().find(|quote| fits(*quote)) else {
        if stands_alone(value) {
            return Ok(Zeroizing::new(value.to_owned()));
        }
        return Err(Obstacle::Unquotable);
    };
    let mut out = Buffer::with_capacity(2 * value.len() + 2);
    out.push(quote);
    for c in value.chars() {
        match (c, quote) {
            ('\n', '"') => out.push_str("\\n"),
            ('\r', '"') => out.push_str("\\r"),
            _ => out.push(c),
        }
    }
    out.push(quote);
    Ok(out.finish())
}

fn fits_in(value: &str, quote: char) -> bool {
    !value.ends_with('\\')
        && value
            .match_indices(quote)
            .all(|(at, _)| value[..at].ends_with('\\'))
}

fn stands_alone(value: &str) -> bool {
    !value.starts_with(['\'', '"', '`'])
        && !value.contains(|c| c == '#' || js_line_end(c))
        && value.trim_matches(js_space) == value
}
