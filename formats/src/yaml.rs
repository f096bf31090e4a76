//! The dialect of PyYAML: one block mapping of names and texts. Does not look
//! into values that hold anything else, and follows no anchor or alias.
//!
//! The syntax is read by `saphyr-parser`, which is a YAML 1.2 parser; what PyYAML,
//! a 1.1 parser, would read otherwise is refused.
//!
//! Source: YAML 1.1; PyYAML 6.0.3, `reader.py`, `scanner.py` and `resolver.py`.

use std::ops::Range;

use saphyr_parser::{Event, Parser, ScalarStyle, Span};
use zeroize::Zeroizing;

use crate::statements::{Assignment, Holds, Statements};
use crate::text::{Buffer, Lines, after_line_end, skip};
use crate::{Obstacle, ParseError, ParseReason};

/// Words that PyYAML takes for truth values, or for nothing.
const WORDS: [&str; 9] = ["", "~", "null", "yes", "no", "on", "off", "true", "false"];

/// Longest name that PyYAML reads without a question mark before it.
const NAME_MAX: usize = 1_000;

/// Reads a whole file without its byte order mark.
pub(crate) fn read(text: &str) -> Result<Statements, ParseError> {
    if let Some(at) = text.find(|c| !readable(c)) {
        let line = Lines::of(text).line_of(at);
        return Err(ParseError {
            line,
            reason: ParseReason::YamlCharacter,
        });
    }
    let mut reader = Reader {
        text,
        parser: Parser::new_from_str(text),
        characters: 0,
        bytes: 0,
    };
    reader.document().map_err(|(at, reason)| ParseError {
        line: Lines::of(text).line_of(at.min(text.len())),
        reason,
    })
}

/// Whether both a 1.1 and a 1.2 reader take the character for the same thing.
fn readable(c: char) -> bool {
    let control = c.is_control() && !matches!(c, '\t' | '\n' | '\r');
    !control
        && !matches!(
            c,
            '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}'
        )
}

/// What went wrong, and the offset where.
type Fault = (usize, ParseReason);

/// A scalar of the top level.
struct Scalar {
    text: Zeroizing<String>,
    style: ScalarStyle,
    /// Where its content begins and ends, by the parser.
    range: Range<usize>,
}

/// What stands where a name or a value is expected.
enum Node {
    Scalar(Scalar),
    /// A sequence or mapping: where it begins, and all its scalars.
    Nested(usize, Zeroizing<String>),
}

struct Reader<'t> {
    text: &'t str,
    parser: Parser<'t, saphyr_parser::StrInput<'t>>,
    /// The parser counts characters; so many of them are so many bytes.
    characters: usize,
    bytes: usize,
}

impl<'t> Reader<'t> {
    fn document(&mut self) -> Result<Statements, Fault> {
        let mut found = Statements::default();
        self.event()?;
        match self.event()? {
            (Event::StreamEnd, _) => return Ok(found),
            (Event::DocumentStart(_), _) => {}
            (_, at) => return Err((at.start, ParseReason::NotYaml)),
        }
        match self.event()? {
            (Event::MappingStart(..), at) if self.text[at.start..].starts_with('{') => {
                return Err((at.start, ParseReason::YamlFlow));
            }
            (Event::MappingStart(0, None), at) => {
                found.indentation = self.text[..at.start]
                    .rfind('\n')
                    .map_or(at.start, |line_end| at.start - line_end - 1);
                self.mapping(&mut found)?;
            }
            (Event::MappingStart(..), at) => return Err((at.start, ParseReason::YamlReference)),
            (Event::Scalar(text, ScalarStyle::Plain, 0, None), _) if text.is_empty() => {}
            (_, at) => return Err((at.start, ParseReason::NotAnObject)),
        }
        match self.event()? {
            (Event::DocumentEnd, at) if at.start < at.end => {
                Err((at.start, ParseReason::SeveralDocuments))
            }
            (_, at) => match self.event()? {
                (Event::StreamEnd, _) => Ok(found),
                _ => Err((at.start, ParseReason::SeveralDocuments)),
            },
        }
    }

    /// Reads the names and values up to the end of the mapping.
    fn mapping(&mut self, found: &mut Statements) -> Result<(), Fault> {
        let mut lines = Lines::of(self.text);
        let mut name = self.node()?;
        while let Some(node) = name {
            let value = self.node()?;
            let key = match node {
                Node::Scalar(key) => key,
                Node::Nested(at, _) => return Err((at, ParseReason::NotAnAssignment)),
            };
            name = self.node()?;
            let end = match &name {
                Some(Node::Scalar(next)) => next.range.start,
                Some(Node::Nested(at, _)) => *at,
                None => self.bytes,
            };
            let value = value.ok_or((key.range.start, ParseReason::NotYaml))?;
            let line = lines.line_of(key.range.start);
            self.pair(found, key, value, end, line)?;
        }
        Ok(())
    }

    /// Takes up one name with its value, which ends before `end`.
    fn pair(
        &self,
        found: &mut Statements,
        key: Scalar,
        value: Node,
        end: usize,
        line: u32,
    ) -> Result<(), Fault> {
        let (text, at) = (self.text, key.range.start);
        let start = text[..at].rfind(['\n', '\r']).map_or(0, |at| at + 1);
        if !text[start..at].chars().all(|c| c == ' ') {
            return Err((at, ParseReason::NotAnAssignment));
        }
        let plain = key.style == ScalarStyle::Plain;
        if plain && matches!(key.text.as_str(), "<<" | "=") {
            return Err((at, ParseReason::YamlReference));
        }
        let key_end = match key.style {
            ScalarStyle::Plain => key.range.end,
            _ => closing_quote(text, at).ok_or((at, ParseReason::UnterminatedQuote))?,
        };
        let colon = key_end
            + text[key_end..]
                .find(':')
                .ok_or((at, ParseReason::NotYaml))?
            + 1;
        if text[key_end..colon].contains(['\n', '\r']) {
            return Err((at, ParseReason::NotAnAssignment));
        }
        let body_end = colon + without_comments(&text[colon..end]).len();
        if plain && is_number(&key.text) {
            return Err((at, ParseReason::YamlNumber));
        }
        // What is no text is no secret's name; it stays as it stands.
        let name = match plain && is_word(&key.text) {
            true => String::new(),
            false => (*key.text).clone(),
        };
        let (mut holds, mut literal, value, raw) = match value {
            Node::Nested(_, scalars) => (Holds::Other, false, scalars, colon..body_end),
            Node::Scalar(value) if value.text.contains('\0') => {
                return Err((value.range.start, ParseReason::Nul));
            }
            Node::Scalar(value) => {
                let raw = self.raw_of(&value, colon, found.indentation, end)?;
                let plain = value.style == ScalarStyle::Plain;
                match value.text.as_str() {
                    "" | "~" | "null" | "Null" | "NULL" if plain => {
                        (Holds::Nothing, false, Zeroizing::default(), raw)
                    }
                    text => {
                        let literal = !plain || is_text(text);
                        (Holds::Text, literal, value.text, raw)
                    }
                }
            }
        };
        let behind = skip(text, raw.end, |c| !matches!(c, '\n' | '\r'));
        let whole_end = match holds {
            _ if text[..raw.end].ends_with('\n') => raw.end,
            _ => after_line_end(text, behind),
        };
        if plain && name.is_empty() {
            (holds, literal) = (Holds::Other, false);
        }
        found
            .hold(Assignment {
                name,
                value,
                holds,
                line,
                unresolved: Vec::new(),
                literal,
                whole: start..whole_end,
                raw,
            })
            .map_err(|reason| (at, reason))
    }

    /// Gives the range of a value with its quotes or its block's indicator.
    fn raw_of(
        &self,
        value: &Scalar,
        colon: usize,
        indentation: usize,
        end: usize,
    ) -> Result<Range<usize>, Fault> {
        let (text, start) = (self.text, value.range.start);
        match value.style {
            ScalarStyle::Plain if value.text.is_empty() => Ok(colon..colon),
            ScalarStyle::Plain => {
                let stop = start + text[start..value.range.end].trim_end().len();
                Ok(start..stop)
            }
            ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => {
                let stop = closing_quote(text, start);
                Ok(start..stop.ok_or((start, ParseReason::UnterminatedQuote))?)
            }
            ScalarStyle::Literal | ScalarStyle::Folded => {
                let sign = text[colon..end].find(['|', '>']);
                let sign = colon + sign.ok_or((start, ParseReason::NotYaml))?;
                let head = skip(text, sign, |c| !matches!(c, '\n' | '\r'));
                let stated = text[sign + 1..head]
                    .chars()
                    .take(2)
                    .find_map(|c| c.to_digit(10));
                let stated = stated.map(|digit| indentation + digit as usize);
                let stop = block_end(text, after_line_end(text, head), indentation, stated);
                Ok(sign..stop)
            }
        }
    }

    /// Reads a name or a value of the top level; none at the mapping's end.
    fn node(&mut self) -> Result<Option<Node>, Fault> {
        let (event, at) = self.event()?;
        match event {
            Event::MappingEnd => Ok(None),
            Event::Scalar(text, style, 0, None) => Ok(Some(Node::Scalar(Scalar {
                text: Zeroizing::new(text.into_owned()),
                style,
                range: at,
            }))),
            Event::Scalar(..) | Event::Alias(_) => Err((at.start, ParseReason::YamlReference)),
            Event::SequenceStart(..) | Event::MappingStart(..) => {
                let (mut depth, mut scalars) = (1, Buffer::with_capacity(0));
                while depth > 0 {
                    match self.event()?.0 {
                        Event::SequenceStart(..) | Event::MappingStart(..) => depth += 1,
                        Event::SequenceEnd | Event::MappingEnd => depth -= 1,
                        Event::Scalar(text, ..) => {
                            scalars.push_str(&text);
                            scalars.push('\0');
                        }
                        _ => {}
                    }
                }
                Ok(Some(Node::Nested(at.start, scalars.finish())))
            }
            _ => Err((at.start, ParseReason::NotYaml)),
        }
    }

    fn event(&mut self) -> Result<(Event<'t>, Range<usize>), Fault> {
        match self.parser.next_event() {
            Some(Ok((event, Span { start, end }))) => {
                let start = self.offset(start.index());
                let end = self.offset_ahead(end.index());
                // PyYAML gives the last line of such a block no line end, 1.2 does.
                let block = matches!(
                    event,
                    Event::Scalar(_, ScalarStyle::Literal | ScalarStyle::Folded, ..)
                );
                if block && end == self.text.len() && !self.text.ends_with(['\n', '\r']) {
                    return Err((start, ParseReason::BlockAtEnd));
                }
                Ok((event, start..end))
            }
            Some(Err(error)) => {
                let at = self.offset(error.marker().index());
                Err((at, ParseReason::NotYaml))
            }
            None => Err((self.text.len(), ParseReason::NotYaml)),
        }
    }

    /// Turns a count of characters into an offset, and remembers it: what the
    /// parser tells of goes forward, but for an empty node's place.
    fn offset(&mut self, characters: usize) -> usize {
        if characters < self.characters {
            (self.characters, self.bytes) = (0, 0);
        }
        self.bytes = self.offset_ahead(characters);
        self.characters = characters;
        self.bytes
    }

    fn offset_ahead(&self, characters: usize) -> usize {
        let ahead = characters.saturating_sub(self.characters);
        let rest = &self.text[self.bytes..];
        let bytes = rest
            .char_indices()
            .nth(ahead)
            .map_or(rest.len(), |(at, _)| at);
        self.bytes + bytes
    }
}

/// Cuts blank lines and lines of comments off the end.
fn without_comments(body: &str) -> &str {
    let mut kept = body.trim_end();
    while let Some((before, last)) = kept.rsplit_once('\n')
        && last.trim_start().starts_with('#')
    {
        kept = before.trim_end();
    }
    kept
}

/// Gives the offset behind the quote that closes the one at `open`.
fn closing_quote(text: &str, open: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let quote = *bytes.get(open)?;
    let mut at = open + 1;
    while let Some(&byte) = bytes.get(at) {
        at += match byte {
            b'\\' if quote == b'"' => 2,
            b'\'' if quote == b'\'' && bytes.get(at + 1) == Some(&b'\'') => 2,
            _ if byte == quote => return Some(at + 1),
            _ => 1,
        };
    }
    None
}

/// Gives the offset behind a block's last line: its lines are indented as stated,
/// or else as the first one with text is, or blank.
fn block_end(text: &str, from: usize, parent: usize, stated: Option<usize>) -> usize {
    let (mut end, mut at, mut indentation) = (from, from, stated);
    for line in text[from..].split_inclusive('\n') {
        at += line.len();
        let blanks = line.len() - line.trim_start_matches(' ').len();
        if line.trim_matches([' ', '\n', '\r']).is_empty() {
            continue;
        }
        if blanks < *indentation.get_or_insert((parent + 1).max(blanks)) {
            break;
        }
        end = at;
    }
    end
}

/// Whether a plain scalar is a text to PyYAML.
fn is_text(plain: &str) -> bool {
    !is_word(plain) && !is_number(plain)
}

fn is_word(plain: &str) -> bool {
    WORDS.iter().any(|word| word.eq_ignore_ascii_case(plain))
}

/// Whether some reader could take a plain scalar for a number or a date.
fn is_number(plain: &str) -> bool {
    let number = |c: char| c.is_ascii_hexdigit() || "xXoO_:.+-tTzZ inINfaFA".contains(c);
    plain.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c))
        && plain.chars().all(number)
}

/// Writes a name, in quotes where a reader could take it for anything else.
///
/// # Errors
/// The empty name, and one longer than PyYAML takes.
pub(crate) fn write_name(name: &str) -> Result<String, Obstacle> {
    if name.is_empty() || name.len() > NAME_MAX {
        return Err(Obstacle::NameCharacters);
    }
    let plain = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && is_text(name)
        && !name.eq_ignore_ascii_case("y")
        && !name.eq_ignore_ascii_case("n");
    Ok(match plain {
        true => name.to_owned(),
        false => (*write_value(name).map_err(|_| Obstacle::NameCharacters)?).clone(),
    })
}

/// Writes a value in double quotes, in ASCII, on one line: so that readers of
/// both versions agree, whatever encoding they suppose.
///
/// # Errors
/// A NUL.
pub(crate) fn write_value(value: &str) -> Result<Zeroizing<String>, Obstacle> {
    if value.contains('\0') {
        return Err(Obstacle::Nul);
    }
    let mut out = Buffer::with_capacity(value.len() + value.len() / 8 + 2);
    out.push('"');
    for c in value.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            ' '..='~' => out.push(c),
            '\0'..='\u{ff}' => out.push_str(&format!("\\x{:02x}", u32::from(c))),
            '\u{100}'..='\u{ffff}' => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            _ => out.push_str(&format!("\\U{:08x}", u32::from(c))),
        }
    }
    out.push('"');
    Ok(out.finish())
}
