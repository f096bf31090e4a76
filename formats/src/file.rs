//! A parsed env file that keeps every byte it was read from. Does not touch the
//! file system.

use std::collections::HashMap;

use zeroize::Zeroizing;

use crate::statements::{Assignment, Holds, Statements};
use crate::text::Lines;
use crate::{Dialect, ParseError, ParseReason, dotenv, dotenv_node, json, shell, yaml};

pub(crate) const BYTE_ORDER_MARK: char = '\u{feff}';

/// An env file as its dialect's reader understands it, with comments, order,
/// foreign lines and line ends kept.
pub struct EnvFile {
    pub(crate) dialect: Dialect,
    pub(crate) source: Zeroizing<String>,
    /// Bytes of the byte order mark that the statements' ranges do not count.
    pub(crate) mark: usize,
    pub(crate) statements: Statements,
    /// The lines that assign each name, in file order.
    assigned: HashMap<String, Vec<u32>>,
    /// How many assignments of the same name stand above each assignment.
    overrides: Vec<usize>,
}

/// One assignment of a file. Neither printable nor comparable: it shows a value.
#[non_exhaustive]
pub struct Entry<'a> {
    /// The name as the reader gives it.
    pub name: &'a str,
    /// The value as the reader gives it, except for what `unresolved` lists.
    pub value: &'a str,
    /// The line where the assignment begins, counted from 1.
    pub line: u32,
    /// Names of references that the file does not set above; they stand in the
    /// value as written. They are pieces of the value: do not log them.
    pub unresolved: &'a [String],
    /// Lines of earlier assignments of the same name, which this one replaces.
    pub overridden: &'a [u32],
}

/// A name that stands on a line without a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BareName<'a> {
    /// The name as the reader gives it.
    pub name: &'a str,
    /// Its line, counted from 1.
    pub line: u32,
}

impl EnvFile {
    /// Reads a file the way the dialect's reader would.
    ///
    /// A byte order mark at the start is accepted in every dialect and belongs
    /// to no name. References are resolved against the file alone.
    ///
    /// # Errors
    /// The first line that is not UTF-8, holds a NUL, or that the reader would
    /// skip, misread or run. The error holds nothing of the file's content.
    pub fn parse(dialect: Dialect, bytes: &[u8]) -> Result<Self, ParseError> {
        let source = match std::str::from_utf8(bytes) {
            Ok(text) => Zeroizing::new(text.to_owned()),
            Err(error) => {
                let readable = bytes.split_at(error.valid_up_to()).0;
                return Err(fault_at_end(readable, ParseReason::NotUtf8));
            }
        };
        let mark = if source.starts_with(BYTE_ORDER_MARK) {
            BYTE_ORDER_MARK.len_utf8()
        } else {
            0
        };
        let text = &source[mark..];
        if let Some(at) = text.find('\0') {
            return Err(fault_at_end(&text.as_bytes()[..at], ParseReason::Nul));
        }
        let statements = match dialect {
            Dialect::Dotenv => dotenv::read(text),
            Dialect::DotenvNode => dotenv_node::read(text),
            Dialect::Shell => shell::read(text),
            Dialect::Json => json::read(text),
            Dialect::Yaml => yaml::read(text),
        }?;
        let mut assigned = HashMap::<String, Vec<u32>>::new();
        let mut overrides = Vec::with_capacity(statements.assignments.len());
        for assignment in &statements.assignments {
            let lines = assigned.entry(assignment.name.clone()).or_default();
            overrides.push(lines.len());
            if assignment.holds == Holds::Text {
                lines.push(assignment.line);
            }
        }
        Ok(Self {
            dialect,
            source,
            mark,
            statements,
            assigned,
            overrides,
        })
    }

    /// Gives the dialect the file was read in.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Lists every assignment in file order.
    pub fn entries(&self) -> impl Iterator<Item = Entry<'_>> {
        self.statements
            .assignments
            .iter()
            .zip(&self.overrides)
            .filter(|(assignment, _)| assignment.holds == Holds::Text)
            .map(|(assignment, above)| self.entry(assignment, *above))
    }

    /// Lists the assignments that count: the last one of each name, in the order
    /// of these last ones.
    #[must_use]
    pub fn effective(&self) -> Vec<Entry<'_>> {
        self.entries()
            .filter(|entry| entry.overridden.len() + 1 == self.lines_of(entry.name).len())
            .collect()
    }

    /// Lists the names without a text (`NAME` alone on a line, `export NAME` in a
    /// shell file, a null, a list or an object), which stay as they are.
    pub fn bare_names(&self) -> impl Iterator<Item = BareName<'_>> {
        self.statements.bare.iter().map(|bare| BareName {
            name: &bare.name,
            line: bare.line,
        })
    }

    /// Gives the text that the statements' ranges count in.
    pub(crate) fn text(&self) -> &str {
        &self.source[self.mark..]
    }

    fn entry<'a>(&'a self, assignment: &'a Assignment, above: usize) -> Entry<'a> {
        Entry {
            name: &assignment.name,
            value: &assignment.value,
            line: assignment.line,
            unresolved: &assignment.unresolved,
            overridden: &self.lines_of(&assignment.name)[..above],
        }
    }

    fn lines_of(&self, name: &str) -> &[u32] {
        self.assigned.get(name).map_or(&[], Vec::as_slice)
    }
}

fn fault_at_end(readable: &[u8], reason: ParseReason) -> ParseError {
    let text = std::str::from_utf8(readable).unwrap_or_default();
    ParseError {
        line: Lines::of(text).line_of(text.len()),
        reason,
    }
}
