//! Writes values into new and existing files, and reads back what it wrote. Does
//! not decide which names are managed, and does not touch the file system.

use std::collections::{HashMap, HashSet};

use zeroize::Zeroizing;

use crate::file::BYTE_ORDER_MARK;
use crate::statements::{Assignment, Holds, Statements};
use crate::text::Buffer;
use crate::{CannotCarry, Dialect, EnvFile, Obstacle, dotenv, dotenv_node, json, shell, yaml};

/// Writes a new file with one line per value, in the given order.
///
/// Of a name that is given twice, the last value counts.
///
/// # Errors
/// The first secret that the dialect's reader could not return byte for byte.
pub fn render(dialect: Dialect, values: &[(&str, &str)]) -> Result<Zeroizing<String>, CannotCarry> {
    rewrite(dialect, None, values, &[])
}

impl EnvFile {
    /// Rewrites the file: every assignment of a name in `values` gets the new
    /// value, names that the file does not assign are added at the end, and the
    /// assignments of names in `remove` go with their lines.
    ///
    /// All else stays byte for byte, trailing comments of rewritten lines and
    /// assignments that already have their value included. The result ends with
    /// a line end unless it is empty; lines that are added end as the first line
    /// of the file does where the reader takes that. A byte order mark stays,
    /// except in a shell file, whose first line bash could not read behind one.
    /// Of a name that is given twice, the last value counts; a name that is in
    /// both lists is set.
    ///
    /// # Errors
    /// The first secret that the dialect's reader could not return byte for byte
    /// from this file. Nothing is written in part.
    pub fn merge(
        &self,
        values: &[(&str, &str)],
        remove: &[&str],
    ) -> Result<Zeroizing<String>, CannotCarry> {
        rewrite(self.dialect, Some(self), values, remove)
    }
}

/// A secret in the words of the dialect.
struct Written<'a> {
    value: &'a str,
    name_text: String,
    value_text: Zeroizing<String>,
}

/// What a rewrite changes: `order` holds each name of `written` once.
struct Rewrite<'a> {
    dialect: Dialect,
    file: Option<&'a EnvFile>,
    written: HashMap<&'a str, Written<'a>>,
    order: Vec<&'a str>,
    remove: HashSet<&'a str>,
}

fn rewrite(
    dialect: Dialect,
    file: Option<&EnvFile>,
    values: &[(&str, &str)],
    remove: &[&str],
) -> Result<Zeroizing<String>, CannotCarry> {
    let mut written = HashMap::with_capacity(values.len());
    let mut order = Vec::with_capacity(values.len());
    for &(name, value) in values {
        let secret = write(dialect, name, value)
            .map_err(|reason| cannot_carry(dialect, name, value, reason))?;
        if written.insert(name, secret).is_none() {
            order.push(name);
        }
    }
    let rewrite = Rewrite {
        dialect,
        file,
        written,
        order,
        remove: remove.iter().copied().collect(),
    };
    if let Some(name) = rewrite.lost() {
        let value = rewrite.written[name].value;
        return Err(cannot_carry(dialect, name, value, Obstacle::NotText));
    }
    let output = rewrite.assemble();
    match rewrite.misread(&output) {
        None => Ok(output),
        Some(name) => {
            let secret = rewrite.written.get(name);
            let value = secret.map_or("", |secret| secret.value);
            Err(cannot_carry(dialect, name, value, Obstacle::Surroundings))
        }
    }
}

fn write<'a>(dialect: Dialect, name: &str, value: &'a str) -> Result<Written<'a>, Obstacle> {
    let (name_text, value_text) = match dialect {
        Dialect::Dotenv => (dotenv::write_name(name)?, dotenv::write_value(value)?),
        Dialect::DotenvNode => (
            dotenv_node::write_name(name)?,
            dotenv_node::write_value(value)?,
        ),
        Dialect::Shell => (shell::write_name(name)?, shell::write_value(value)?),
        Dialect::Json => (json::write_name(name)?, json::write_value(value)?),
        Dialect::Yaml => (yaml::write_name(name)?, yaml::write_value(value)?),
    };
    Ok(Written {
        value,
        name_text,
        value_text,
    })
}

fn cannot_carry(dialect: Dialect, name: &str, value: &str, reason: Obstacle) -> CannotCarry {
    CannotCarry {
        name: name.to_owned(),
        dialect,
        reason,
        carried_by: Dialect::ALL
            .into_iter()
            .filter(|other| *other != dialect && write(*other, name, value).is_ok())
            .collect(),
    }
}

impl<'a> Rewrite<'a> {
    fn text(&self) -> &'a str {
        self.file.map_or("", EnvFile::text)
    }

    fn assignments(&self) -> &'a [Assignment] {
        self.file.map_or(&[], |file| &file.statements.assignments)
    }

    /// Gives the names that the file does not assign yet.
    fn added(&self) -> impl Iterator<Item = &'a str> {
        let assigned: HashSet<&str> = self.assignments().iter().map(|a| a.name.as_str()).collect();
        let order = self.order.iter().copied();
        order.filter(move |name| !assigned.contains(name))
    }

    /// Names a secret whose place in the file holds what is no text.
    fn lost(&self) -> Option<&'a str> {
        let mut others = self.assignments().iter();
        let other =
            others.find(|a| a.holds == Holds::Other && self.written.contains_key(a.name.as_str()));
        other.map(|assignment| assignment.name.as_str())
    }

    /// Gives the new text of an assignment's value where it changes.
    fn change(&self, assignment: &Assignment) -> Option<&str> {
        let secret = self.written.get(assignment.name.as_str())?;
        let same = assignment.literal && *assignment.value == secret.value;
        (!same).then_some(secret.value_text.as_str())
    }

    fn goes(&self, assignment: &Assignment) -> bool {
        let name = assignment.name.as_str();
        !self.written.contains_key(name) && self.remove.contains(name)
    }

    fn assemble(&self) -> Zeroizing<String> {
        let out = match (self.dialect, self.file) {
            (Dialect::Json, file) => {
                let nothing = Statements::default();
                let added: Vec<_> = self.added().map(|name| self.texts(name)).collect();
                json::assemble(
                    self.text(),
                    file.map_or(&nothing, |file| &file.statements),
                    |assignment| self.change(assignment),
                    |assignment| self.goes(assignment),
                    &added,
                )
            }
            _ => self.assemble_lines(),
        };
        match self.file {
            Some(file) if file.mark > 0 && self.dialect != Dialect::Shell => {
                let mut marked = Buffer::with_capacity(file.mark + out.len());
                marked.push(BYTE_ORDER_MARK);
                marked.push_str(&out);
                marked.finish()
            }
            _ => out,
        }
    }

    fn texts(&self, name: &str) -> (&str, &str) {
        let secret = &self.written[name];
        (&secret.name_text, &secret.value_text)
    }

    fn assemble_lines(&self) -> Zeroizing<String> {
        let text = self.text();
        let indentation = self.file.map_or(0, |file| file.statements.indentation);
        let secrets = self.written.values();
        let room: usize = secrets
            .map(|s| s.name_text.len() + s.value_text.len() + indentation + 4)
            .sum();
        let mut out = Buffer::with_capacity(text.len() + room + 2);
        let mut done = 0;
        for assignment in self.assignments() {
            let (range, new_text) = match self.change(assignment) {
                Some(new_text) => (&assignment.raw, new_text),
                None if self.goes(assignment) => (&assignment.whole, ""),
                None => continue,
            };
            out.push_str(&text[done..range.start]);
            if self.dialect == Dialect::Yaml && out.as_str().ends_with(':') {
                out.push(' ');
            }
            out.push_str(new_text);
            // A block of text ends with its line.
            if !new_text.is_empty() && self.ends_line(&text[range.clone()]) {
                out.push_str(self.line_end());
            }
            done = range.end;
        }
        out.push_str(&text[done..]);
        let line_end = self.line_end();
        if !out.as_str().is_empty() && !self.ends_line(out.as_str()) {
            out.push_str(line_end);
        }
        let sign = match self.dialect {
            Dialect::Yaml => ": ",
            _ => "=",
        };
        for name in self.added() {
            let (name, value) = self.texts(name);
            out.push_str(&" ".repeat(indentation));
            out.push_str(name);
            out.push_str(sign);
            out.push_str(value);
            out.push_str(line_end);
        }
        out.finish()
    }

    /// Gives the line end for lines that are added: the file's own where its
    /// reader does not take the carriage return for text.
    fn line_end(&self) -> &'static str {
        let text = self.text();
        let first = text.find('\n').map_or("", |at| &text[..at]);
        if self.dialect != Dialect::Shell && first.ends_with('\r') {
            "\r\n"
        } else {
            "\n"
        }
    }

    fn ends_line(&self, text: &str) -> bool {
        text.ends_with('\n') || (self.dialect != Dialect::Shell && text.ends_with('\r'))
    }

    /// Reads the result back and names the first assignment that is not what it
    /// should be: a managed one its value, a foreign one its text.
    fn misread(&self, output: &str) -> Option<&'a str> {
        let any = self.order.first().or(self.remove.iter().next());
        let any = any.copied().unwrap_or_default();
        let Ok(after) = EnvFile::parse(self.dialect, output.as_bytes()) else {
            return Some(any);
        };
        let references = matches!(self.dialect, Dialect::Dotenv | Dialect::Shell);
        let kept = self.assignments().iter().filter(|kept| !self.goes(kept));
        let kept = kept.map(|kept| (kept.name.as_str(), Some(kept)));
        let mut found = after.statements.assignments.iter();
        for (name, kept) in kept.chain(self.added().map(|name| (name, None))) {
            let right = found.next().is_some_and(|found| {
                let text = &after.text()[found.raw.clone()];
                found.name == name
                    && match (self.written.get(name), kept) {
                        (Some(secret), _) => found.literal && *found.value == secret.value,
                        (None, Some(kept)) => {
                            // Where there are references, they follow what is written.
                            let same = references || found.value == kept.value;
                            same && self.text()[kept.raw.clone()] == *text
                        }
                        (None, None) => false,
                    }
            });
            if !right {
                let managed = self.written.contains_key(name);
                return Some(if managed { name } else { any });
            }
        }
        found.next().map(|_| any)
    }
}
