//! The dialect of `bash` sourcing a file: how it reads literal assignments, and
//! how to write for it. Does not run shell code, and reads no file that would
//! need it.
//!
//! Source: bash 5.2, its manual's sections Quoting, Shell Expansions and Bash
//! Variables; the lists of names were tried one by one.

use crate::statements::{Assignment, Holds, Lookup, Statements};
use crate::text::{Buffer, Lines, char_at, skip};
use crate::{Obstacle, ParseError, ParseReason};
use word::Word;
use zeroize::Zeroizing;

mod word;

/// Names that bash keeps for itself: read-only, computed when read, overwritten
/// by the next command, or evaluated as arithmetic when set.
const TAKEN: [&str; 40] = [
    "BASHOPTS",
    "BASHPID",
    "BASH_ALIASES",
    "BASH_ARGC",
    "BASH_ARGV",
    "BASH_ARGV0",
    "BASH_CMDS",
    "BASH_COMMAND",
    "BASH_LINENO",
    "BASH_MONOSECONDS",
    "BASH_REMATCH",
    "BASH_SOURCE",
    "BASH_SUBSHELL",
    "BASH_TRAPSIG",
    "BASH_VERSINFO",
    "COLUMNS",
    "COMP_WORDS",
    "COPROC",
    "DIRSTACK",
    "EPOCHREALTIME",
    "EPOCHSECONDS",
    "EUID",
    "FUNCNAME",
    "GROUPS",
    "HISTCMD",
    "LINENO",
    "LINES",
    "MAPFILE",
    "OLDPWD",
    "OPTIND",
    "PIPESTATUS",
    "PPID",
    "PWD",
    "RANDOM",
    "SECONDS",
    "SHELLOPTS",
    "SHLVL",
    "SRANDOM",
    "UID",
    "_",
];

/// Names that bash acts on as soon as they are set: word splitting, tracing,
/// limits and time-outs, and prompts and start-up files, which it runs as code.
const DISRUPTIVE: [&str; 21] = [
    "BASH_COMPAT",
    "BASH_ENV",
    "BASH_XTRACEFD",
    "ENV",
    "EXECIGNORE",
    "FUNCNEST",
    "GLOBIGNORE",
    "HISTFILE",
    "HISTFILESIZE",
    "HISTSIZE",
    "IFS",
    "IGNOREEOF",
    "POSIXLY_CORRECT",
    "PROMPT_COMMAND",
    "PS0",
    "PS1",
    "PS2",
    "PS4",
    "TMOUT",
    "histchars",
    "ignoreeof",
];

/// Reads a whole file without its byte order mark.
pub(crate) fn read(text: &str) -> Result<Statements, ParseError> {
    let mut found = Statements::default();
    let mut lines = Lines::of(text);
    let mut at = 0;
    loop {
        let start = skip(text, at, |c| blank(c) || c == '\n');
        match char_at(text, start) {
            None => return Ok(found),
            Some('#') => at = skip(text, start, |c| c != '\n'),
            Some(_) => {
                let line = lines.line_of(start);
                at = statement(text, at, start, line, &mut found)
                    .map_err(|reason| ParseError { line, reason })?;
            }
        }
    }
}

/// Reads the statement at `start`, behind the blanks and line ends from `from`
/// on, and gives the offset behind its line.
fn statement(
    text: &str,
    from: usize,
    start: usize,
    line: u32,
    found: &mut Statements,
) -> Result<usize, ParseReason> {
    let mut at = start;
    let mut export = false;
    if let Some(rest) = text[start..].strip_prefix("export") {
        let behind = skip(rest, 0, blank);
        export = behind > 0;
        at += if export { 6 + behind } else { 0 };
    }
    let (name, behind) = name(text, at)?;
    if char_at(text, behind) != Some('=') {
        return names(text, at, export, line, found);
    }
    if TAKEN.contains(&name) {
        return Err(ParseReason::UnusableName);
    }
    let raw_at = behind + 1;
    let word = Word::read(text, raw_at, export, found)?;
    let end = rest_of_line(text, word.end).ok_or_else(|| match char_at(text, word.end) {
        Some(';' | '&' | '|' | '<' | '>' | '(' | ')') => ParseReason::ShellCode,
        _ => text_behind(text, skip(text, word.end, blank)),
    })?;
    let indentation = text[from..start].rfind('\n').map_or(0, |at| at + 1);
    found.assign(Assignment {
        name: name.to_owned(),
        value: word.value,
        holds: Holds::Text,
        line,
        unresolved: word.unresolved,
        literal: word.literal,
        whole: from + indentation..end,
        raw: raw_at..word.end,
    });
    Ok(end)
}

/// Reads `export NAME …` without values and gives the offset behind its line.
fn names(
    text: &str,
    mut at: usize,
    export: bool,
    line: u32,
    found: &mut Statements,
) -> Result<usize, ParseReason> {
    loop {
        let (name, behind) = name(text, at)?;
        match char_at(text, behind) {
            Some('=') => return Err(ParseReason::SeveralAssignments),
            Some('\r') => return Err(ParseReason::CarriageReturn),
            Some(c) if !blank(c) && c != '\n' => return Err(ParseReason::ShellCode),
            _ if !export => return Err(ParseReason::NotAnAssignment),
            _ => {}
        }
        if !matches!(found.lookup(name), Lookup::Value(_)) {
            found.name_only(name, line);
        }
        if let Some(end) = rest_of_line(text, behind) {
            return Ok(end);
        }
        at = skip(text, behind, blank);
    }
}

fn blank(c: char) -> bool {
    matches!(c, ' ' | '\t')
}

fn name(text: &str, at: usize) -> Result<(&str, usize), ParseReason> {
    let behind = skip(text, at, |c| c.is_ascii_alphanumeric() || c == '_');
    let name = &text[at..behind];
    match char_at(text, at) {
        Some('\r') => Err(ParseReason::CarriageReturn),
        Some(c) if c.is_ascii_digit() || name.is_empty() => Err(ParseReason::ShellCode),
        None => Err(ParseReason::ShellCode),
        Some(_) if text[behind..].starts_with('\r') => Err(ParseReason::CarriageReturn),
        Some(_) => Ok((name, behind)),
    }
}

/// Passes a comment and the line end; gives none where other text stands. A `#`
/// begins a comment only behind a blank.
fn rest_of_line(text: &str, at: usize) -> Option<usize> {
    let behind = skip(text, at, blank);
    let end = match char_at(text, behind) {
        Some('#') if behind > at => skip(text, behind, |c| c != '\n'),
        None | Some('\n') => behind,
        Some(_) => return None,
    };
    Some(text.len().min(end + 1))
}

fn text_behind(text: &str, at: usize) -> ParseReason {
    match name(text, at) {
        Ok((_, behind)) if char_at(text, behind) == Some('=') => ParseReason::SeveralAssignments,
        Err(ParseReason::CarriageReturn) => ParseReason::CarriageReturn,
        _ => ParseReason::ShellCode,
    }
}

/// Writes a name, exported.
///
/// # Errors
/// Anything but `[A-Za-z_][A-Za-z0-9_]*`, and names that bash keeps for itself
/// or acts on when they are set.
pub(crate) fn write_name(name: &str) -> Result<String, Obstacle> {
    let proper = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !proper {
        return Err(Obstacle::NameCharacters);
    }
    if TAKEN.contains(&name) {
        return Err(Obstacle::NameTaken);
    }
    if DISRUPTIVE.contains(&name) {
        return Err(Obstacle::NameDisruptive);
    }
    Ok(format!("export {name}"))
}

/// Writes a value in single quotes, where bash changes nothing.
///
/// # Errors
/// A NUL.
pub(crate) fn write_value(value: &str) -> Result<Zeroizing<String>, Obstacle> {
    if value.contains('\0') {
        return Err(Obstacle::Nul);
    }
    let mut out = Buffer::with_capacity(value.len() + 3 * value.matches('\'').count() + 2);
    out.push('\'');
    for (nth, part) in value.split('\'').enumerate() {
        if nth > 0 {
            out.push_str(r"'\''");
        }
        out.push_str(part);
    }
    out.push('\'');
    Ok(out.finish())
}
