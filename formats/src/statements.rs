//! What a reader found in a file, in file order. Does not read text itself.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use zeroize::Zeroizing;

use crate::ParseReason;
use crate::json::Object;

/// Bytes that references may add to all values of a file together.
const REFERENCED_LIMIT: usize = 16 << 20;

/// What a name is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Holds {
    /// A text, or what reads as one: a number or a truth value, as written.
    Text,
    /// Nothing: a null.
    Nothing,
    /// What is no text: a list or a mapping.
    Other,
}

/// One assignment; the ranges are byte offsets into the text that was read.
pub(crate) struct Assignment {
    pub(crate) name: String,
    pub(crate) value: Zeroizing<String>,
    pub(crate) holds: Holds,
    pub(crate) line: u32,
    /// Names in the value that the file does not set, kept as written.
    pub(crate) unresolved: Vec<String>,
    /// The value depends on nothing but its own text.
    pub(crate) literal: bool,
    /// The statement with its comment and line end.
    pub(crate) whole: Range<usize>,
    /// The value with its quotes.
    pub(crate) raw: Range<usize>,
}

/// A name without a value.
pub(crate) struct Bare {
    pub(crate) name: String,
    pub(crate) line: u32,
}

/// The statements so far, and what a reference to a name finds among them.
#[derive(Default)]
pub(crate) struct Statements {
    pub(crate) assignments: Vec<Assignment>,
    pub(crate) bare: Vec<Bare>,
    /// Spaces before each name, where the dialect keeps them equal.
    pub(crate) indentation: usize,
    /// The braces around the assignments, where the dialect has them.
    pub(crate) object: Option<Object>,
    latest: HashMap<String, Option<usize>>,
    referenced: usize,
}

/// What a reference to a name finds in the file above it.
pub(crate) enum Lookup<'a> {
    Value(&'a Assignment),
    /// Named without a value.
    Nothing,
    NotSet,
}

impl Statements {
    pub(crate) fn assign(&mut self, assignment: Assignment) {
        let name = assignment.name.clone();
        self.latest.insert(name, Some(self.assignments.len()));
        self.assignments.push(assignment);
    }

    /// Takes up what may be no text.
    pub(crate) fn hold(&mut self, assignment: Assignment) -> Result<(), ParseReason> {
        match assignment.holds {
            Holds::Text => self.assign(assignment),
            _ if matches!(self.lookup(&assignment.name), Lookup::Value(_)) => {
                return Err(ParseReason::BareAfterValue);
            }
            Holds::Nothing | Holds::Other => {
                if !assignment.name.is_empty() {
                    self.bare.push(Bare {
                        name: assignment.name.clone(),
                        line: assignment.line,
                    });
                }
                self.assignments.push(assignment);
            }
        }
        Ok(())
    }

    pub(crate) fn name_only(&mut self, name: &str, line: u32) {
        self.latest.entry(name.to_owned()).or_insert(None);
        self.bare.push(Bare {
            name: name.to_owned(),
            line,
        });
    }

    pub(crate) fn lookup(&self, name: &str) -> Lookup<'_> {
        match self.latest.get(name) {
            Some(Some(at)) => Lookup::Value(&self.assignments[*at]),
            Some(None) => Lookup::Nothing,
            None => Lookup::NotSet,
        }
    }

    /// Accounts for bytes that came in through a reference.
    pub(crate) fn charge(&mut self, bytes: usize) -> Result<(), ParseReason> {
        self.referenced += bytes;
        if self.referenced > REFERENCED_LIMIT {
            return Err(ParseReason::TooLarge);
        }
        Ok(())
    }
}

/// Names that the file does not set, each once, in order of appearance.
#[derive(Default)]
pub(crate) struct Unresolved {
    names: Vec<String>,
    listed: HashSet<String>,
}

impl Unresolved {
    pub(crate) fn add(&mut self, name: &str) {
        if self.listed.insert(name.to_owned()) {
            self.names.push(name.to_owned());
        }
    }

    pub(crate) fn add_all(&mut self, names: &[String]) {
        for name in names {
            self.add(name);
        }
    }

    pub(crate) fn finish(self) -> Vec<String> {
        self.names
    }
}
