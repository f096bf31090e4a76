//! Questions: passphrases, values, yes or no. Nothing typed is echoed.

use crate::{
    args::{Global, InputArgs},
    commands::utf8_path,
    terminal,
};
use keystead_workbench::api::{ApiError, Code, SecretText};
use rpassword::{ConfigBuilder, prompt_password_with_config};
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    termios::{
        LocalModes, OptionalActions, QueueSelector, SpecialCodeIndex, Termios, tcflush, tcgetattr,
        tcsetattr,
    },
};
use std::{
    fs::File,
    io::{self, BufRead, BufReader, IsTerminal, Read, Write},
    path::Path,
};
use zeroize::Zeroizing;

const TERMINAL: &str = "/dev/tty";
const PASSPHRASE_LIMIT: u64 = 64 * 1024;
/// One more than a value may have, so that too long is seen and not cut.
const VALUE_LIMIT: u64 = 1024 * 1024 + 3;
const SEALED_LIMIT: u64 = 32 * 1024 * 1024;

/// The passphrase that opens a vault.
pub(crate) fn passphrase(global: &Global) -> Result<SecretText, ApiError> {
    match &global.passphrase_file {
        Some(path) => first_line(path),
        None => hidden("Passphrase: "),
    }
}

/// The passphrase of a new vault: typed twice, unless it comes from a file.
pub(crate) fn new_passphrase(global: &Global) -> Result<SecretText, ApiError> {
    if let Some(path) = &global.passphrase_file {
        return first_line(path);
    }
    twice()
}

/// A passphrase that is typed twice.
pub(crate) fn twice() -> Result<SecretText, ApiError> {
    let first = hidden("New passphrase: ")?;
    let second = hidden("The same again: ")?;
    if first.expose() == second.expose() {
        Ok(first)
    } else {
        Err(ApiError::new(
            Code::InvalidInput,
            "The two passphrases differ.",
            "Type the same one twice.",
        ))
    }
}

/// Whether a value is read from standard input, without asking.
pub(crate) fn value_is_piped() -> bool {
    !io::stdin().is_terminal()
}

/// Whether the passphrase is the first line of standard input.
pub(crate) fn passphrase_is_piped(global: &Global) -> bool {
    let file = global.passphrase_file.as_deref();
    file.is_some_and(|path| path.as_os_str() == "-")
}

/// A value, from a hidden prompt or from standard input. Without `--raw` one
/// newline at the end is the shell's and goes. Nothing at all is refused unless
/// it is asked for: a producer that failed gives just that.
pub(crate) fn value(name: &str, input: InputArgs) -> Result<SecretText, ApiError> {
    let value = if value_is_piped() {
        piped_value(input.raw)?
    } else if input.empty {
        // Nothing to type.
        SecretText::new(String::new())
    } else {
        let value = hidden(&format!("Value of {}: ", terminal::printable(name)))?;
        one_line()?;
        value
    };
    if value.expose().is_empty() && !input.raw && !input.empty {
        return Err(ApiError::new(
            Code::InvalidInput,
            "There is no value: nothing was given.",
            "Pipe the value in or type it; --empty stores an empty one.",
        ));
    }
    Ok(value)
}

/// A value for a part of a credential: a line of standard input, or a hidden prompt.
pub(crate) fn part(label: &str) -> Result<SecretText, ApiError> {
    let value = if value_is_piped() {
        let mut line = Zeroizing::new(String::new());
        let mut bounded = io::stdin().lock().take(VALUE_LIMIT);
        bounded.read_line(&mut line).map_err(|error| {
            ApiError::new(
                Code::InvalidInput,
                format!("Standard input can't be read: {error}."),
                "Pipe one line for each part.",
            )
        })?;
        if bounded.limit() == 0 {
            return Err(ApiError::new(
                Code::InvalidInput,
                format!(
                    "The line for {} is longer than any value may be.",
                    terminal::printable(label)
                ),
                "A value can't be larger than 1 MiB.",
            ));
        }
        SecretText::new(line.trim_end_matches(['\n', '\r']).to_owned())
    } else {
        let value = hidden(&format!("Value of {}: ", terminal::printable(label)))?;
        one_line()?;
        value
    };
    if value.expose().is_empty() {
        return Err(ApiError::new(
            Code::InvalidInput,
            format!("There is no value for {}.", terminal::printable(label)),
            "Give one line for each part, or name the parts that change with --of.",
        ));
    }
    Ok(value)
}

/// What is piped in, as text that is no secret: a card, something sealed.
pub(crate) fn text_of_input() -> Result<String, ApiError> {
    let mut text = String::new();
    let unreadable = |problem: String| {
        ApiError::new(
            Code::InvalidInput,
            format!("Standard input can't be read: {problem}."),
            "Pipe the text of a card or of a sealed copy.",
        )
    };
    let mut bounded = io::stdin().lock().take(SEALED_LIMIT);
    bounded
        .read_to_string(&mut text)
        .map_err(|error| unreadable(error.to_string()))?;
    match bounded.limit() {
        0 => Err(unreadable("it is larger than 32 MiB".to_owned())),
        _ => Ok(text),
    }
}

/// Refuses what was pasted after the line that a prompt took, and throws it
/// away: the shell would run it.
fn one_line() -> Result<(), ApiError> {
    let Ok(terminal) = File::open(TERMINAL) else {
        return Ok(());
    };
    let mut more = false;
    while pending(&terminal) {
        more = true;
        if tcflush(&terminal, QueueSelector::IFlush).is_err() {
            break;
        }
    }
    if more {
        return Err(ApiError::new(
            Code::InvalidInput,
            "A prompt takes one line, and there were more; nothing was stored.",
            "Pipe the value in: `keystead set NAME < FILE`.",
        ));
    }
    Ok(())
}

/// Whether input waits, or comes as fast as a paste does.
fn pending(terminal: &File) -> bool {
    let moment = Timespec {
        tv_sec: 0,
        tv_nsec: 100_000_000,
    };
    let mut fds = [PollFd::new(terminal, PollFlags::IN)];
    poll(&mut fds, Some(&moment)).is_ok_and(|ready| ready > 0)
        && fds[0].revents().contains(PollFlags::IN)
}

fn piped_value(raw: bool) -> Result<SecretText, ApiError> {
    let mut bytes = Zeroizing::new(Vec::new());
    io::stdin()
        .take(VALUE_LIMIT)
        .read_to_end(&mut bytes)
        .map_err(|error| unreadable("standard input", &error))?;
    let text = std::str::from_utf8(&bytes).map_err(|_| {
        ApiError::new(
            Code::InvalidInput,
            "The value is not UTF-8 text.",
            "Encode it first, as base64 for example.",
        )
    })?;
    let text = if raw { text } else { without_newline(text) };
    Ok(SecretText::new(text.to_owned()))
}

/// A line that is seen while it is typed, or the first of standard input.
pub(crate) fn line(question: &str) -> Result<SecretText, ApiError> {
    let mut err = io::stderr().lock();
    let asked = write!(err, "{question}").and_then(|()| err.flush());
    asked.map_err(|error| unreadable("the terminal", &error))?;
    first_line(Path::new("-"))
}

/// The vault's key file, as the workbench takes a path.
pub(crate) fn key_file(global: &Global) -> Result<Option<String>, ApiError> {
    let named = global.key_file.clone().or_else(|| {
        let set = std::env::var_os("KEYSTEAD_KEY_FILE").filter(|path| !path.is_empty());
        set.map(Into::into)
    });
    named.map(|path| utf8_path(&path)).transpose()
}

/// Asks yes or no. `--yes` agrees; without a terminal the question is an error.
pub(crate) fn agree(global: &Global, question: &str, otherwise: ApiError) -> Result<(), ApiError> {
    if global.yes {
        return Ok(());
    }
    if !terminal::can_ask() {
        return Err(otherwise);
    }
    let mut err = io::stderr().lock();
    let question = terminal::printable(question);
    let asked = write!(err, "{question} [y/N] ").and_then(|()| err.flush());
    asked.map_err(|error| unreadable("the terminal", &error))?;
    let mut answer = String::new();
    io::stdin()
        .lock()
        .read_line(&mut answer)
        .map_err(|error| unreadable("the terminal", &error))?;
    if matches!(answer.trim(), "y" | "Y" | "yes") {
        Ok(())
    } else {
        Err(otherwise)
    }
}

pub(crate) fn hidden(question: &str) -> Result<SecretText, ApiError> {
    let typed = Quiet::new().and_then(|terminal| {
        let config = ConfigBuilder::new().input_reader(terminal).build();
        prompt_password_with_config(question, config)
    });
    // The person's own Enter was not echoed.
    if let Ok(mut terminal) = File::options().write(true).open(TERMINAL) {
        let _ = terminal.write_all(b"\n");
    }
    typed.map(SecretText::new).map_err(|error| {
        let message = match error.kind() {
            // Ctrl-D.
            io::ErrorKind::UnexpectedEof => "The question was not answered.",
            _ => "There is no terminal to ask on.",
        };
        let hint = "Name a file with --passphrase-file, and pipe values in.";
        ApiError::new(Code::InvalidInput, message, hint)
    })
}

/// The terminal without echo, key by key; as it was again once this goes. Ctrl-C
/// ends the process in the prompt, so it is put back before that key is passed on.
struct Quiet {
    terminal: File,
    before: Termios,
}

impl Quiet {
    fn new() -> io::Result<Self> {
        let terminal = File::open(TERMINAL)?;
        let before = tcgetattr(&terminal)?;
        let mut quiet = before.clone();
        let line_keys = LocalModes::ECHO | LocalModes::ECHONL | LocalModes::ICANON;
        quiet.local_modes.remove(line_keys | LocalModes::ISIG);
        quiet.special_codes[SpecialCodeIndex::VMIN] = 1;
        quiet.special_codes[SpecialCodeIndex::VTIME] = 0;
        tcsetattr(&terminal, OptionalActions::Now, &quiet)?;
        Ok(Self { terminal, before })
    }

    fn restore(&self) {
        // A terminal that is gone has nothing to put back.
        let _ = tcsetattr(&self.terminal, OptionalActions::Now, &self.before);
    }
}

impl Read for Quiet {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        const CTRL_C: u8 = 3;
        let read = self.terminal.read(buffer)?;
        if buffer[..read].contains(&CTRL_C) {
            self.restore();
        }
        Ok(read)
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        self.restore();
    }
}

pub(crate) fn first_line(path: &Path) -> Result<SecretText, ApiError> {
    let name = path.display().to_string();
    let mut line = Zeroizing::new(Vec::new());
    let read = if path.as_os_str() == "-" {
        // Byte by byte: what follows the line is the value's.
        read_line_unbuffered(&mut io::stdin().lock(), &mut line)
    } else {
        File::open(path).and_then(|file| {
            let mut reader = BufReader::new(file.take(PASSPHRASE_LIMIT));
            reader.read_until(b'\n', &mut line).map(|_| ())
        })
    };
    read.map_err(|error| unreadable(&name, &error))?;
    let text = std::str::from_utf8(&line).map_err(|_| {
        ApiError::new(
            Code::InvalidInput,
            format!("{name} is not UTF-8 text."),
            "Write the passphrase into it as UTF-8, on the first line.",
        )
    })?;
    Ok(SecretText::new(without_newline(text).to_owned()))
}

/// Text without the one newline at its end. A carriage return alone is no newline.
fn without_newline(text: &str) -> &str {
    let line = text.strip_suffix('\n');
    line.map_or(text, |line| line.strip_suffix('\r').unwrap_or(line))
}

fn read_line_unbuffered(input: &mut impl Read, line: &mut Vec<u8>) -> io::Result<()> {
    // The locked handle shares one buffer with later reads, so nothing is lost.
    let mut byte = [0];
    while (line.len() as u64) < PASSPHRASE_LIMIT && input.read(&mut byte)? == 1 {
        line.push(byte[0]);
        if byte[0] == b'\n' {
            break;
        }
    }
    Ok(())
}

fn unreadable(what: &str, error: &io::Error) -> ApiError {
    ApiError::new(
        Code::Io,
        format!("{what}: {error}."),
        "Check that it is there and that you may read it.",
    )
}
