//! The only place that prints. Never ends the program: what standard error does
//! not take is lost, what standard output does not take is told by [`finish`].

use keystead_workbench::api::{ApiError, Code};
use serde::Serialize;
use std::{
    env,
    io::{self, IsTerminal, Write},
    sync::OnceLock,
};

/// The first answer that did not get out.
static FAILED: OnceLock<ApiError> = OnceLock::new();

/// Whether everything that was printed on standard output got there.
///
/// # Errors
/// `io` with the first failure, but for a closed pipe.
pub(crate) fn finish() -> Result<(), ApiError> {
    note_failure(io::stdout().lock().flush());
    FAILED.get().map_or(Ok(()), |error| Err(error.clone()))
}

/// A line on standard output.
pub(crate) fn line(text: &str) {
    note_failure(writeln!(io::stdout().lock(), "{}", printable(text)));
}

fn note_failure(written: io::Result<()>) {
    if let Err(error) = written {
        // A closed pipe (`| head`) ends the reader, not the command.
        if error.kind() != io::ErrorKind::BrokenPipe {
            let _ = FAILED.set(not_written(&error));
        }
    }
}

/// An answer that standard output did not take.
pub(crate) fn not_written(error: &io::Error) -> ApiError {
    ApiError::new(
        Code::Io,
        format!("The answer could not be written to standard output: {error}."),
        "What the command did stands; check where its output goes.",
    )
}

/// Text without what would steer a terminal or reorder what it shows: names of
/// files, projects and arguments come from anywhere.
pub(crate) fn printable(text: &str) -> String {
    let steers = |c: char| {
        c.is_control()
            || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.replace(steers, "?")
}

fn say(text: std::fmt::Arguments<'_>) {
    // There is nobody left to tell.
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Bytes on standard output, as they are.
pub(crate) fn raw(bytes: &[u8]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(bytes)?;
    out.flush()
}

/// A view as JSON.
pub(crate) fn json(view: &impl Serialize) {
    match serde_json::to_string_pretty(view) {
        // Its strings are escaped already, and its lines are meant.
        Ok(text) => note_failure(writeln!(io::stdout().lock(), "{text}")),
        Err(error) => note_failure(Err(error.into())),
    }
}

/// Something the person should know, on standard error.
pub(crate) fn note(text: &str) {
    say(format_args!("{}", printable(text)));
}

/// A warning, on standard error.
pub(crate) fn warn(text: &str) {
    say(format_args!("keystead: warning: {}", printable(text)));
}

/// An error: what happened, and what to do.
pub(crate) fn error(error: &ApiError) {
    let message = printable(&error.message);
    say(format_args!("keystead: {}: {message}", error.code.word()));
    if !error.hint.is_empty() {
        say(format_args!("  hint: {}", printable(&error.hint)));
    }
}

/// Words of several lines, on standard error.
pub(crate) fn lines(text: &str) {
    for text in text.lines() {
        note(text);
    }
}

/// Whether somebody can answer a question.
pub(crate) fn can_ask() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Whether a line can be drawn over.
pub(crate) fn can_redraw() -> bool {
    let dumb = env::var_os("TERM").is_none_or(|term| term.is_empty() || term == "dumb");
    io::stderr().is_terminal() && !dumb
}

/// Draws the line anew that the cursor is on.
pub(crate) fn redraw(text: &str) {
    let mut out = io::stderr().lock();
    let _ = write!(out, "\r{}\u{1b}[K", printable(text)).and_then(|()| out.flush());
}

/// Rows as aligned columns.
pub(crate) fn table(head: &[&str], rows: &[Vec<String>]) {
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells
            .chain([head[column].chars().count()])
            .max()
            .unwrap_or(0)
    };
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let print = |cells: &mut dyn Iterator<Item = &str>| {
        let mut out = String::new();
        for (cell, width) in cells.zip(&widths) {
            out.push_str(&format!("{:width$}  ", printable(cell)));
        }
        line(out.trim_end());
    };
    print(&mut head.iter().copied());
    for row in rows {
        print(&mut row.iter().map(String::as_str));
    }
}
