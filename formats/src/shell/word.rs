//! Reads one shell word of quotes, escapes and variables. Does not expand
//! anything that would need a shell.

use zeroize::Zeroizing;

use crate::ParseReason;
use crate::statements::{Lookup, Statements, Unresolved};
use crate::text::{Buffer, char_at, skip};

/// A word's value and where the word ends.
pub(crate) struct Word {
    pub(crate) value: Zeroizing<String>,
    pub(crate) unresolved: Vec<String>,
    pub(crate) literal: bool,
    pub(crate) end: usize,
}

impl Word {
    /// Reads the value of an assignment at `at`.
    ///
    /// After `export`, bash expands braces in an unquoted word; in a plain
    /// assignment it does not.
    pub(crate) fn read(
        text: &str,
        at: usize,
        export: bool,
        above: &mut Statements,
    ) -> Result<Self, ParseReason> {
        let mut reader = WordReader {
            text,
            at,
            above,
            value: Buffer::with_capacity(0),
            unresolved: Unresolved::default(),
            literal: true,
        };
        reader.unquoted(export)?;
        Ok(Self {
            value: reader.value.finish(),
            unresolved: reader.unresolved.finish(),
            literal: reader.literal,
            end: reader.at,
        })
    }
}

/// The two characters that bash marks quoted text with: outside single quotes it
/// loses some of them, and what stands behind them.
const MARKS: [char; 2] = ['\u{1}', '\u{7f}'];

struct WordReader<'a> {
    text: &'a str,
    at: usize,
    above: &'a mut Statements,
    value: Buffer,
    unresolved: Unresolved,
    literal: bool,
}

impl WordReader<'_> {
    fn peek(&self) -> Option<char> {
        char_at(self.text, self.at)
    }

    /// Takes the next character of text that is not in single quotes.
    fn next(&mut self) -> Result<Option<char>, ParseReason> {
        let next = self.peek();
        if next.is_some_and(|c| MARKS.contains(&c)) {
            return Err(ParseReason::ControlCharacter);
        }
        self.at += next.map_or(0, char::len_utf8);
        Ok(next)
    }

    fn unquoted(&mut self, export: bool) -> Result<(), ParseReason> {
        let mut tilde_expands = true;
        while let Some(c) = self.peek() {
            let tilde_here = std::mem::replace(&mut tilde_expands, c == ':');
            match c {
                ' ' | '\t' | '\n' | ';' | '&' | '|' | '<' | '>' | '(' | ')' => return Ok(()),
                '\r' => return Err(ParseReason::CarriageReturn),
                '`' => return Err(ParseReason::ShellCode),
                '~' if tilde_here => return Err(ParseReason::ShellCode),
                '{' if export => return Err(ParseReason::ShellCode),
                '\'' => self.single_quoted()?,
                '"' => self.double_quoted()?,
                '$' => match self.text[self.at + 1..].bytes().next() {
                    Some(b'\'') => self.ansi_quoted()?,
                    Some(b'"') => return Err(ParseReason::ShellCode),
                    _ => self.variable()?,
                },
                '\\' => {
                    self.at += 1;
                    match self.next()? {
                        None => return Err(ParseReason::UnterminatedQuote),
                        // The next line to be added would continue this one.
                        Some('\n') if self.peek().is_none() => {
                            return Err(ParseReason::UnterminatedQuote);
                        }
                        Some('\n') => tilde_expands = tilde_here,
                        Some(escaped) => self.value.push(escaped),
                    }
                }
                _ => self.literal_char()?,
            }
        }
        Ok(())
    }

    fn literal_char(&mut self) -> Result<(), ParseReason> {
        if let Some(c) = self.next()? {
            self.value.push(c);
        }
        Ok(())
    }

    fn single_quoted(&mut self) -> Result<(), ParseReason> {
        let inner = &self.text[self.at + 1..];
        let close = inner.find('\'').ok_or(ParseReason::UnterminatedQuote)?;
        self.value.push_str(&inner[..close]);
        self.at += close + 2;
        Ok(())
    }

    fn double_quoted(&mut self) -> Result<(), ParseReason> {
        self.at += 1;
        while let Some(c) = self.peek() {
            match c {
                '"' => {
                    self.at += 1;
                    return Ok(());
                }
                '`' => return Err(ParseReason::ShellCode),
                '$' => self.variable()?,
                '\\' => {
                    self.at += 1;
                    match self.peek() {
                        Some('\n') => self.at += 1,
                        Some('$' | '`' | '"' | '\\') => self.literal_char()?,
                        _ => self.value.push('\\'),
                    }
                }
                _ => self.literal_char()?,
            }
        }
        Err(ParseReason::UnterminatedQuote)
    }

    /// Reads `$NAME` or `${NAME}`; a `$` before anything that is no parameter
    /// stands for itself. A name that goes on behind a line continuation is
    /// refused.
    fn variable(&mut self) -> Result<(), ParseReason> {
        let dollar = self.at;
        let braced = self.text[dollar..].starts_with("${");
        let from = dollar + 1 + usize::from(braced);
        let to = skip(self.text, from, |c| c.is_ascii_alphanumeric() || c == '_');
        let name = &self.text[from..to];
        let first = char_at(self.text, from);
        let named = first.is_some_and(|c| c.is_ascii_alphabetic() || c == '_') && name != "_";
        let continued = self.text[to..].starts_with("\\\n");
        if continued || (braced && !(named && self.text[to..].starts_with('}'))) {
            return Err(ParseReason::ShellCode);
        }
        if !named {
            let special = |c: char| c.is_ascii_digit() || "_@*#?-$!([".contains(c);
            if first.is_some_and(special) {
                return Err(ParseReason::ShellCode);
            }
            return self.literal_char();
        }
        self.literal = false;
        self.at = to + usize::from(braced);
        let mut referenced = 0;
        match self.above.lookup(name) {
            Lookup::Value(found) => {
                referenced = found.value.len() + found.unresolved.len();
                self.value.push_str(&found.value);
                self.unresolved.add_all(&found.unresolved);
            }
            Lookup::Nothing | Lookup::NotSet => {
                self.value.push_str(&self.text[dollar..self.at]);
                self.unresolved.add(name);
            }
        }
        self.above.charge(referenced)
    }

    /// Reads `$'…'`, as far as its escapes name whole characters.
    fn ansi_quoted(&mut self) -> Result<(), ParseReason> {
        self.at += 2;
        while let Some(c) = self.next()? {
            match c {
                '\'' => return Ok(()),
                '\\' => self.ansi_escape()?,
                _ => self.value.push(c),
            }
        }
        Err(ParseReason::UnterminatedQuote)
    }

    fn ansi_escape(&mut self) -> Result<(), ParseReason> {
        let escape = self.next()?.ok_or(ParseReason::UnterminatedQuote)?;
        let plain = match escape {
            'a' => '\u{7}',
            'b' => '\u{8}',
            'e' | 'E' => '\u{1b}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'v' => '\u{b}',
            '\\' | '\'' | '"' | '?' => escape,
            '0'..='7' => {
                self.at -= 1;
                self.code(8, 3, 0x7f)?
            }
            'x' => self.code(16, 2, 0x7f)?,
            'u' => self.code(16, 4, u32::MAX)?,
            'U' => self.code(16, 8, u32::MAX)?,
            'c' => return Err(ParseReason::ShellCode),
            _ => {
                self.value.push('\\');
                escape
            }
        };
        self.value.push(plain);
        Ok(())
    }

    /// Reads up to `digits` digits of a character's code; NUL, bytes that are
    /// no character and a missing number are refused.
    fn code(&mut self, radix: u32, digits: usize, limit: u32) -> Result<char, ParseReason> {
        let rest = &self.text[self.at..];
        let length = rest
            .bytes()
            .take(digits)
            .take_while(|b| char::from(*b).is_digit(radix))
            .count();
        self.at += length;
        u32::from_str_radix(&rest[..length], radix)
            .ok()
            .filter(|code| (1..=limit).contains(code))
            .and_then(char::from_u32)
            .ok_or(ParseReason::ShellCode)
    }
}
