//! What reading and writing can refuse. Holds lines and names, never a value.

use crate::Dialect;

/// The file is not one that its reader would understand as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct ParseError {
    /// The line where the broken statement begins, counted from 1.
    pub line: u32,
    /// What is wrong with it.
    pub reason: ParseReason,
}

/// Why a line cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseReason {
    /// The bytes are not UTF-8.
    #[error("this is not UTF-8 text")]
    NotUtf8,
    /// A NUL byte, which no environment variable can hold.
    #[error("a NUL byte cannot stand in an env file")]
    Nul,
    /// Neither an assignment nor a comment.
    #[error("this is neither NAME=value nor a comment")]
    NotAnAssignment,
    /// A quote that nothing closes.
    #[error("a quote is opened and never closed")]
    UnterminatedQuote,
    /// Something other than a comment follows a closing quote.
    #[error("there is text after the closing quote")]
    TextAfterQuote,
    /// `NAME:` and a line break, which npm dotenv continues on the next line.
    #[error("the value would be taken from the next line; write NAME=value")]
    ValueOnNextLine,
    /// The reader would not keep a variable of this name.
    #[error("the reader keeps no variable of this name")]
    UnusableName,
    /// A name without `=` that takes away the value it was given above.
    #[error("this name has no value here but is given one above")]
    BareAfterValue,
    /// Shell syntax beyond quoted words and variables.
    #[error("this is shell code, and Keystead does not run shell code")]
    ShellCode,
    /// Two assignments in one shell statement.
    #[error("only one assignment can stand on a line")]
    SeveralAssignments,
    /// A carriage return that bash would make part of a word.
    #[error("bash would read this carriage return as text; use Unix line ends")]
    CarriageReturn,
    /// U+0001 or U+007F where bash loses it.
    #[error("bash misreads this control character outside single quotes")]
    ControlCharacter,
    /// Not JSON text.
    #[error("this is not JSON")]
    NotJson,
    /// Not YAML, or YAML of a kind that readers of 1.1 and 1.2 take differently.
    #[error("this is not YAML")]
    NotYaml,
    /// Not one object of names.
    #[error("the file has to be one object of names and texts")]
    NotAnObject,
    /// An anchor, alias, tag or merge key where a name or a text is expected.
    #[error("anchors, aliases, tags and merge keys are not followed; write the text itself")]
    YamlReference,
    /// A name that readers take for different things.
    #[error("this name could be a number or a date; put it in quotes")]
    YamlNumber,
    /// A mapping in braces.
    #[error("write one `NAME: value` on a line instead of braces, or choose json")]
    YamlFlow,
    /// More than one document, or an end mark.
    #[error("the file has to be one document, without `...`")]
    SeveralDocuments,
    /// A character that YAML readers refuse or take for different things.
    #[error("this character cannot stand in YAML as it is; write an escape in double quotes")]
    YamlCharacter,
    /// A block of text that the end of the file cuts short.
    #[error("this block of text needs a line end behind it")]
    BlockAtEnd,
    /// References multiply values beyond any real file.
    #[error("references to other names make the values too large")]
    TooLarge,
}

/// A secret that a dialect's reader cannot return byte for byte.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} cannot be written for {} ({}): {reason}", name.escape_debug(), dialect, dialect.reader())]
pub struct CannotCarry {
    /// The name of the secret.
    pub name: String,
    /// The dialect that was asked for.
    pub dialect: Dialect,
    /// What stands in the way.
    pub reason: Obstacle,
    /// The dialects that carry this name with this value.
    pub carried_by: Vec<Dialect>,
}

/// Why a dialect cannot carry a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Obstacle {
    /// The name is empty or holds a character that the reader ends names at.
    #[error("its reader does not accept this name")]
    NameCharacters,
    /// The reader's own variable: read-only, computed, or not kept.
    #[error("its reader sets this name itself, so the value would not stick")]
    NameTaken,
    /// Setting the name changes how the sourcing shell works or runs code in it.
    #[error("setting this name would change the shell that reads the file")]
    NameDisruptive,
    /// The value holds a NUL.
    #[error("the value holds a NUL byte")]
    Nul,
    /// No kind of quote returns this value unchanged.
    #[error("the reader has no way to quote this value")]
    Unquotable,
    /// The file gives the name a list or an object.
    #[error("the file gives this name a list or an object, which would be lost")]
    NotText,
    /// What else stands in the file would change how the value is read.
    #[error("the other lines of the file would change how it is read")]
    Surroundings,
}
