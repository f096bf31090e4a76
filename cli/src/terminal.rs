//! The only place that prints.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "printing is what this module is for"
)]

use keystead_workbench::api::ApiError;
use serde::Serialize;
use std::io::{self, IsTerminal, Write};

/// A line on standard output.
pub(crate) fn line(text: &str) {
    // A closed pipe (`| head`) ends the reader, not the command.
    let _ = writeln!(io::stdout().lock(), "{text}");
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
        Ok(text) => line(&text),
        Err(error) => eprintln!("keystead: the answer can't be written as JSON: {error}"),
    }
}

/// Something the person should know, on standard error.
pub(crate) fn note(text: &str) {
    eprintln!("{text}");
}

/// A warning, on standard error.
pub(crate) fn warn(text: &str) {
    eprintln!("keystead: warning: {text}");
}

/// An error: what happened, and what to do.
pub(crate) fn error(error: &ApiError) {
    eprintln!("keystead: {}: {}", error.code.word(), error.message);
    if !error.hint.is_empty() {
        eprintln!("  hint: {}", error.hint);
    }
}

/// Whether somebody can answer a question.
pub(crate) fn can_ask() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
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
            let printable: String = cell
                .chars()
                .map(|c| if c.is_control() { '?' } else { c })
                .collect();
            out.push_str(&format!("{printable:width$}  "));
        }
        line(out.trim_end());
    };
    print(&mut head.iter().copied());
    for row in rows {
        print(&mut row.iter().map(String::as_str));
    }
}
