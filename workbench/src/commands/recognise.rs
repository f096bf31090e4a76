//! What a value is, told by its form alone: its kind, what is odd about it, whether it is a whole file of secrets.

use super::{projects::kind_view, secrets::count};
use crate::api::{
    ApiError, Code, Dialect, KindsView, RecogniseRequest, RecognisedFileView, RecognisedView,
};
use keystead_formats::EnvFile;
use keystead_vault::{Kind, SecretName};

/// What a paste is tried as, the most particular first.
const DIALECTS: [Dialect; 3] = [Dialect::Json, Dialect::Dotenv, Dialect::Yaml];

pub(crate) fn recognise(request: &RecogniseRequest) -> Result<RecognisedView, ApiError> {
    let value = request.value.expose();
    let kind = match &request.kind {
        Some(word) => kind_of(word)?,
        None => Kind::recognise(&request.name, value),
    };
    Ok(RecognisedView {
        kind: kind_view(kind),
        usual_name: kind.usual_name().map(str::to_owned),
        problem: kind.problem(value).unwrap_or_default().to_owned(),
        file: file_of(kind, value),
    })
}

pub(crate) fn kinds() -> KindsView {
    KindsView {
        kinds: Kind::ALL.into_iter().map(kind_view).collect(),
    }
}

/// The kind of a stable word.
pub(crate) fn kind_of(word: &str) -> Result<Kind, ApiError> {
    Kind::from_word(word).ok_or_else(|| {
        ApiError::new(
            Code::InvalidInput,
            format!("There is no kind {word:?}."),
            "Use the word that a list shows, such as openai_api_key or plain.",
        )
    })
}

/// A credential in JSON and a key in PEM are values, whatever else could be read out of them.
fn file_of(kind: Kind, value: &str) -> Option<RecognisedFileView> {
    if !matches!(kind, Kind::Plain | Kind::DatabaseUrl) {
        return None;
    }
    DIALECTS.into_iter().find_map(|dialect| {
        let file = EnvFile::parse(dialect.into(), value.as_bytes()).ok()?;
        let entries = file.effective();
        let named = |name: &str| SecretName::parse(name).is_ok() && looks_like_a_name(name);
        // Base64 ends in = and is no name with nothing behind it.
        let says = entries
            .iter()
            .any(|e| !e.value.trim_matches('=').is_empty());
        let all = says && entries.iter().all(|entry| named(entry.name));
        all.then(|| RecognisedFileView {
            dialect,
            secrets: count(entries.len()),
        })
    })
}

/// `sqlite:///x?mode=ro` is no assignment to `sqlite:///x?mode`.
fn looks_like_a_name(name: &str) -> bool {
    name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        && !name.starts_with(|first: char| first.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::SecretText;

    fn recognised(value: &str) -> RecognisedView {
        recognise(&RecogniseRequest {
            name: String::new(),
            value: SecretText::new(value.to_owned()),
            kind: None,
        })
        .expect("recognised")
    }

    #[test]
    fn a_paste_is_a_token_or_a_file() {
        let file = |value: &str| {
            let file = recognised(value).file;
            file.map(|file| (file.dialect, file.secrets))
        };
        assert_eq!(file("A=1\nexport B='2'\n# c\n"), Some((Dialect::Dotenv, 2)));
        assert_eq!(
            file("{\"A\": \"1\", \"B\": \"2\"}"),
            Some((Dialect::Json, 2))
        );
        assert_eq!(file("A: one\nB: two\n"), Some((Dialect::Yaml, 2)));
        assert_eq!(
            file("DATABASE_URL=postgres://u:p@h/d"),
            Some((Dialect::Dotenv, 1))
        );
        for value in [
            "sk-proj-abcdefghijklmnop1234",
            "postgres://u:p@h/d?sslmode=require",
            "{\"type\":\"service_account\",\"private_key\":\"x\"}",
            "-----BEGIN PRIVATE KEY-----\nMC4CAQ==\n-----END PRIVATE KEY-----",
            "hunter2",
            "dGhpcyBpcyBhIHRlc3Q=",
            "two words",
            "",
        ] {
            assert_eq!(file(value), None, "{value}");
        }
    }

    #[test]
    fn a_kind_brings_its_usual_name_and_what_is_odd() {
        let view = recognised("hf_abcdefghijklmnopqrstuvwxyzABCDEFGH ");
        assert_eq!(view.kind.kind, "hugging_face_token");
        assert_eq!(view.usual_name.as_deref(), Some("HF_TOKEN"));
        assert!(view.problem.contains("white space"), "{}", view.problem);
        let asked = recognise(&RecogniseRequest {
            name: String::new(),
            value: SecretText::new("x".to_owned()),
            kind: Some("no_such".to_owned()),
        });
        assert_eq!(
            asked.err().map(|error| error.code),
            Some(Code::InvalidInput)
        );
    }
}
