//! The dialect of `jq`: one object whose members are names and texts. Does not
//! look into members that hold anything else.
//!
//! Source: RFC 8259; jq 1.6 and 1.7 for what the RFC leaves open: of a name that
//! is given twice the last member counts, and a byte order mark is passed over.

use std::fmt;
use std::ops::Range;

use serde::Deserializer as _;
use serde::de::{MapAccess, Visitor};
use serde_json::value::RawValue;
use zeroize::Zeroizing;

use crate::statements::{Assignment, Holds, Statements};
use crate::text::{Buffer, Lines, skip};
use crate::{Obstacle, ParseError, ParseReason};

/// The members as they stand in the text, and where the object begins and ends.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Object {
    /// The offset behind `{`.
    open: usize,
    /// The offset of `}`.
    close: usize,
    /// What stands between a name and its value, as the last member has it.
    separator: Range<usize>,
}

/// Reads a whole file without its byte order mark. No text at all is an object
/// without members, so that a new file can be begun.
pub(crate) fn read(text: &str) -> Result<Statements, ParseError> {
    let mut found = Statements::default();
    let open = skip(text, 0, blank);
    if open == text.len() {
        return Ok(found);
    }
    let mut reader = serde_json::Deserializer::from_str(text);
    let members = reader.deserialize_map(Members).and_then(|members| {
        reader.end()?;
        Ok(members)
    });
    let members = members.map_err(|error| ParseError {
        line: u32::try_from(error.line().max(1)).unwrap_or(u32::MAX),
        reason: match error.classify() {
            serde_json::error::Category::Data => ParseReason::NotAnObject,
            _ => ParseReason::NotJson,
        },
    })?;
    let mut object = Object {
        open: open + 1,
        close: text.trim_end_matches(blank).len() - 1,
        separator: 0..0,
    };
    let mut lines = Lines::of(text);
    for (name, value) in members {
        let (name_at, raw) = (range_in(text, name), range_in(text, value));
        let line = lines.line_of(name_at.start);
        let fault = |reason| ParseError { line, reason };
        let name: String =
            serde_json::from_str(name.get()).map_err(|_| fault(ParseReason::NotJson))?;
        object.separator = name_at.end..raw.start;
        let source = &text[raw.clone()];
        let (holds, value, literal) = match source.as_bytes().first() {
            Some(b'"') => {
                let value = serde_json::from_str(source).map(Zeroizing::<String>::new);
                let value = value.map_err(|_| fault(ParseReason::NotJson))?;
                if value.contains('\0') {
                    return Err(fault(ParseReason::Nul));
                }
                (Holds::Text, value, true)
            }
            Some(b'{' | b'[') => (Holds::Other, Zeroizing::default(), false),
            Some(b'n') => (Holds::Nothing, Zeroizing::default(), false),
            _ => (Holds::Text, Zeroizing::new(source.to_owned()), false),
        };
        found
            .hold(Assignment {
                name,
                value,
                holds,
                line,
                unresolved: Vec::new(),
                literal,
                whole: name_at.start..raw.end,
                raw,
            })
            .map_err(fault)?;
    }
    found.object = Some(object);
    Ok(found)
}

/// The members of an object, each with the text it was read from.
struct Members;

impl<'text> Visitor<'text> for Members {
    type Value = Vec<(&'text RawValue, &'text RawValue)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'text>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(members)
    }
}

/// Gives where a value that was borrowed from `text` stands in it.
fn range_in(text: &str, value: &RawValue) -> Range<usize> {
    let start = value.get().as_ptr().addr() - text.as_ptr().addr();
    start..start + value.get().len()
}

fn blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r')
}

/// Writes an object anew: each member gets its new text, stays or goes; `added`
/// follow behind the last one, laid out as it is.
pub(crate) fn assemble<'a>(
    text: &str,
    statements: &Statements,
    change: impl Fn(&Assignment) -> Option<&'a str>,
    goes: impl Fn(&Assignment) -> bool,
    added: &[(&str, &str)],
) -> Zeroizing<String> {
    let members = &statements.assignments;
    let whole = Object::default();
    let object = statements.object.as_ref().unwrap_or(&whole);
    let new: usize = added.iter().map(|(n, v)| n.len() + v.len() + 16).sum();
    let changed: usize = members.iter().filter_map(&change).map(str::len).sum();
    let mut out = Buffer::with_capacity(text.len() + new + changed + 8);
    let begins = if object.open == 0 {
        "{"
    } else {
        &text[..object.open]
    };
    out.push_str(begins);
    // What stands before the comma that follows the last member written.
    let mut written: Option<&str> = None;
    let mut behind_comma = object.open;
    for (at, member) in members.iter().enumerate() {
        let lead = behind_comma..member.whole.start;
        let end = member.whole.end;
        let next = members.get(at + 1).map_or(end, |next| next.whole.start);
        let trail = &text[end..end + text[end..next].find(',').unwrap_or(0)];
        behind_comma = (end + trail.len() + 1).min(next.max(end));
        if goes(member) {
            continue;
        }
        if let Some(before_comma) = written.replace(trail) {
            out.push_str(before_comma);
            out.push(',');
        }
        out.push_str(&text[lead]);
        match change(member) {
            Some(new) => {
                out.push_str(&text[member.whole.start..member.raw.start]);
                out.push_str(new);
            }
            None => out.push_str(&text[member.whole.clone()]),
        }
    }
    let line_end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let (mut own_lead, mut separator) = (format!("{line_end}  "), ": ");
    if let Some(last) = members.last() {
        let before = text[..last.whole.start].trim_end_matches(blank).len();
        text[before..last.whole.start].clone_into(&mut own_lead);
        separator = &text[object.separator.clone()];
    }
    for (name, value) in added {
        if let Some(before_comma) = written.replace("") {
            out.push_str(before_comma);
            out.push(',');
        }
        out.push_str(&own_lead);
        out.push_str(name);
        out.push_str(separator);
        out.push_str(value);
    }
    let tail = members.last().map_or(object.open, |last| last.whole.end);
    match members.is_empty() && !added.is_empty() {
        true => out.push_str(line_end),
        false => out.push_str(text.get(tail..object.close).unwrap_or_default()),
    }
    out.push('}');
    out.push_str(text.get(object.close + 1..).unwrap_or_default());
    if !out.as_str().ends_with('\n') {
        out.push_str(line_end);
    }
    out.finish()
}

/// Writes a value as a string.
///
/// # Errors
/// A NUL.
pub(crate) fn write_value(value: &str) -> Result<Zeroizing<String>, Obstacle> {
    match value.contains('\0') {
        true => Err(Obstacle::Nul),
        false => Ok(write_text(value)),
    }
}

fn write_text(text: &str) -> Zeroizing<String> {
    let mut out = Buffer::with_capacity(text.len() + text.len() / 8 + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{1}'..='\u{1f}' | '\u{7f}' => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            _ => out.push(c),
        }
    }
    out.push('"');
    out.finish()
}

/// Writes a name.
///
/// # Errors
/// The empty name, and one with a NUL: no variable has them.
pub(crate) fn write_name(name: &str) -> Result<String, Obstacle> {
    match name.is_empty() || name.contains('\0') {
        true => Err(Obstacle::NameCharacters),
        false => Ok((*write_text(name)).clone()),
    }
}
