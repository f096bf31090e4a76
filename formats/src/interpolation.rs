//! Resolves `${NAME}` and `${NAME:-default}` as python-dotenv does, from the
//! file alone. Does not look at the process environment.
//!
//! Source: python-dotenv 1.2.4, `variables.py` and `resolve_variables`.

use zeroize::Zeroizing;

use crate::ParseReason;
use crate::statements::{Lookup, Statements, Unresolved};
use crate::text::Buffer;

/// A value after interpolation.
pub(crate) struct Resolved {
    pub(crate) value: Zeroizing<String>,
    pub(crate) unresolved: Vec<String>,
    /// No reference with a name took part.
    pub(crate) literal: bool,
}

/// Replaces each reference by the value set above it in the file.
///
/// A name that is not set above is left as written and listed, unless it has a
/// default. The empty name is never set, so `${}` is empty and `${:-x}` is `x`.
pub(crate) fn resolve(text: &str, above: &mut Statements) -> Result<Resolved, ParseReason> {
    let mut out = Buffer::with_capacity(text.len());
    let mut unresolved = Unresolved::default();
    let mut literal = true;
    let mut done = 0;
    for reference in References::in_text(text) {
        out.push_str(&text[done..reference.start]);
        done = reference.end;
        if reference.name.is_empty() {
            out.push_str(reference.default.unwrap_or_default());
            continue;
        }
        literal = false;
        let mut referenced = 0;
        match (above.lookup(reference.name), reference.default) {
            (Lookup::Value(found), _) => {
                out.push_str(&found.value);
                referenced = found.value.len() + found.unresolved.len();
                unresolved.add_all(&found.unresolved);
            }
            (Lookup::Nothing, _) => {}
            (Lookup::NotSet, Some(default)) => out.push_str(default),
            (Lookup::NotSet, None) => {
                out.push_str(&text[reference.start..reference.end]);
                unresolved.add(reference.name);
            }
        }
        above.charge(referenced)?;
    }
    out.push_str(&text[done..]);
    Ok(Resolved {
        value: out.finish(),
        unresolved: unresolved.finish(),
        literal,
    })
}

struct Reference<'a> {
    start: usize,
    end: usize,
    name: &'a str,
    default: Option<&'a str>,
}

/// Matches of `\$\{(?P<name>[^\}:]*)(?::-(?P<default>[^\}]*))?\}` in one pass.
struct References<'a> {
    text: &'a str,
    at: usize,
    /// The first `}` or `:` from here on; searched again only once passed.
    stop: usize,
}

impl<'a> References<'a> {
    fn in_text(text: &'a str) -> Self {
        Self {
            text,
            at: 0,
            stop: 0,
        }
    }
}

impl<'a> Iterator for References<'a> {
    type Item = Reference<'a>;

    fn next(&mut self) -> Option<Reference<'a>> {
        let text = self.text;
        loop {
            let start = self.at + text[self.at..].find("${")?;
            let body = start + 2;
            if self.stop < body {
                self.stop = body + text[body..].find(['}', ':'])?;
            }
            let name = &text[body..self.stop];
            let rest = &text[self.stop..];
            let (default, end) = if rest.starts_with('}') {
                (None, self.stop + 1)
            } else if rest.starts_with(":-") {
                let from = self.stop + 2;
                let close = from + text[from..].find('}')?;
                (Some(&text[from..close]), close + 1)
            } else {
                self.at = body;
                continue;
            };
            self.at = end;
            return Some(Reference {
                start,
                end,
                name,
                default,
            });
        }
    }
}
