//! What a value of a kind looks like, as far as its issuer says so: a warning before it is kept, never a refusal,
//! since issuers change their forms without asking.

use crate::kind::{Kind, token};

impl Kind {
    /// What about a value is not as values of this kind are; `None` if nothing. Holds none of the value.
    ///
    /// White space around the value is a problem of every kind but plain, since pasting adds it.
    pub fn problem(self, value: &str) -> Option<&'static str> {
        if self == Self::Plain {
            return None;
        }
        if value.trim().is_empty() {
            return Some("it is empty");
        }
        let lines = matches!(self, Self::PrivateKey | Self::JsonCredential);
        if value != value.trim() && !lines {
            return Some("it has white space around it");
        }
        let value = value.trim();
        if value.contains(char::is_whitespace) && !lines {
            return Some("it has white space in it");
        }
        match self {
            Self::Plain => None,
            Self::OpenAiApiKey => shaped(value, &["sk-"], 40..=220, "an OpenAI API key begins with sk- and has at least 40 characters"),
            Self::AnthropicApiKey => shaped(value, &["sk-ant-"], 40..=220, "an Anthropic API key begins with sk-ant- and has at least 40 characters"),
            Self::HuggingFaceToken => shaped(value, &["hf_"], 30..=60, "a Hugging Face token begins with hf_ and has some 37 characters"),
            Self::GoogleApiKey => shaped(value, &["AIza"], 39..=39, "a Google API key begins with AIza and has 39 characters"),
            Self::PineconeApiKey => shaped(value, &["pcsk_"], 40..=120, "a Pinecone API key begins with pcsk_"),
            Self::SlackToken => shaped(value, &["xoxb-", "xoxp-", "xoxa-", "xoxr-", "xoxs-", "xapp-"], 20..=300, "a Slack token begins with xoxb-, xoxp- or xapp-"),
            Self::GitHubToken => shaped(
                value,
                &["ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"],
                36..=255,
                "a GitHub token begins with ghp_, gho_, ghu_, ghs_, ghr_ or github_pat_ and has at least 40 characters",
            ),
            Self::AwsAccessKeyId => (!(value.len() == 20 && ["AKIA", "ASIA"].iter().any(|p| value.starts_with(p)) && value.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())))
                .then_some("an AWS access key ID begins with AKIA or ASIA and has 20 capital letters and digits"),
            Self::AwsSecretAccessKey => (!(value.len() == 40 && value.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'+'))))
                .then_some("an AWS secret access key has 40 letters, digits, / and +"),
            Self::WandbApiKey => (!(value.len() == 40 && value.bytes().all(|b| b.is_ascii_hexdigit())))
                .then_some("a Weights & Biases API key has 40 hexadecimal digits"),
            Self::DatabaseUrl => database_url(value),
            Self::JsonCredential => json(value),
            Self::PrivateKey => pem(value),
            Self::Totp => totp(value),
        }
    }
}

fn shaped(
    value: &str,
    prefixes: &[&str],
    length: std::ops::RangeInclusive<usize>,
    words: &'static str,
) -> Option<&'static str> {
    let begins = prefixes.iter().any(|prefix| value.starts_with(prefix));
    (!(begins && length.contains(&value.len()) && token(value, 1))).then_some(words)
}

/// RFC 3986: scheme, authority with a host; a driver's suffix (`postgresql+psycopg`) is allowed.
fn database_url(value: &str) -> Option<&'static str> {
    let Some((scheme, rest)) = value.split_once("://") else {
        return Some("a database URL begins with a scheme, as postgresql://");
    };
    let named = scheme
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'));
    if scheme.is_empty() || !named {
        return Some("a database URL begins with a scheme, as postgresql://");
    }
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host);
    if host.is_empty() {
        return Some("a database URL names a host after ://");
    }
    let at_signs = authority.matches('@').count();
    if at_signs > 1 {
        return Some("an @ in its user or password must be written as %40");
    }
    None
}

fn json(value: &str) -> Option<&'static str> {
    match serde_json::from_str::<serde::de::IgnoredAny>(value) {
        Ok(_) if value.starts_with('{') => None,
        Ok(_) => Some("a JSON credential is an object, in braces"),
        Err(_) => Some("it is not well-formed JSON"),
    }
}

/// RFC 7468: a label at both ends, base64 between.
fn pem(value: &str) -> Option<&'static str> {
    let begins = "-----BEGIN ";
    let Some(label) = value
        .strip_prefix(begins)
        .and_then(|rest| rest.split_once("-----"))
        .map(|(label, _)| label)
    else {
        return Some("a private key begins with -----BEGIN … PRIVATE KEY-----");
    };
    if !label.ends_with("PRIVATE KEY") {
        return Some("this is no private key but something else in PEM");
    }
    let end = format!("-----END {label}-----");
    if !value.ends_with(&end) {
        return Some("its last line, -----END … PRIVATE KEY-----, is missing");
    }
    if !value.contains('\n') {
        return Some("its line breaks are missing");
    }
    None
}

/// RFC 4648 base32 of at least 10 bytes, or an `otpauth://totp/` URL with one.
fn totp(value: &str) -> Option<&'static str> {
    let secret = match value.strip_prefix("otpauth://") {
        None => value,
        Some(rest) => {
            if !rest.starts_with("totp/") {
                return Some("only otpauth://totp/ URLs hold a time-based secret");
            }
            let query = rest.split_once('?').map_or("", |(_, query)| query);
            let found = query
                .split('&')
                .find_map(|pair| pair.strip_prefix("secret="));
            match found {
                None => return Some("the otpauth URL has no secret="),
                Some(secret) => secret,
            }
        }
    };
    let letters = secret.trim_end_matches('=');
    let base32 = letters
        .bytes()
        .all(|b| matches!(b.to_ascii_uppercase(), b'A'..=b'Z' | b'2'..=b'7'));
    (letters.len() < 16 || !base32)
        .then_some("a TOTP secret is base32 (A–Z, 2–7) of at least 16 characters")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made up to the issuers' published forms; the AWS pair is the one of its documentation.
    #[test]
    fn each_kind_takes_its_own_form_and_says_what_is_wrong_with_another() {
        let forty = "abcdefghijklmnopqrstuvwxyz0123456789ABCD";
        let hex = "0123456789abcdef0123456789abcdef01234567";
        let key = "-----BEGIN PRIVATE KEY-----\nMC4CAQ==\n-----END PRIVATE KEY-----";
        let good: Vec<(Kind, String)> = vec![
            (Kind::Plain, "anything at all ".to_owned()),
            (Kind::OpenAiApiKey, format!("sk-proj-{forty}")),
            (Kind::AnthropicApiKey, format!("sk-ant-api03-{forty}")),
            (
                Kind::HuggingFaceToken,
                "hf_abcdefghijklmnopqrstuvwxyzABCDEFGH".to_owned(),
            ),
            (Kind::GoogleApiKey, format!("AIza{}", &forty[..35])),
            (Kind::PineconeApiKey, format!("pcsk_{forty}")),
            (
                Kind::SlackToken,
                "xoxb-123456789012-abcdefghijkl".to_owned(),
            ),
            (Kind::GitHubToken, format!("ghp_{}", &forty[..36])),
            (Kind::GitHubToken, format!("github_pat_{forty}{forty}")),
            (Kind::AwsAccessKeyId, "AKIAIOSFODNN7EXAMPLE".to_owned()),
            (
                Kind::AwsSecretAccessKey,
                "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".to_owned(),
            ),
            (Kind::WandbApiKey, hex.to_owned()),
            (
                Kind::DatabaseUrl,
                "postgresql+psycopg://u:p%40ss@db.example:5432/app?sslmode=require".to_owned(),
            ),
            (Kind::DatabaseUrl, "redis://cache:6379/0".to_owned()),
            (
                Kind::JsonCredential,
                "{\"type\": \"service_account\"}\n".to_owned(),
            ),
            (Kind::PrivateKey, format!("{key}\n")),
            (Kind::Totp, "JBSWY3DPEHPK3PXP".to_owned()),
            (
                Kind::Totp,
                "otpauth://totp/Example:mara?secret=JBSWY3DPEHPK3PXP&issuer=Example".to_owned(),
            ),
        ];
        for (kind, value) in &good {
            assert_eq!(kind.problem(value), None, "{kind:?}: {value}");
        }
        let named: std::collections::HashSet<Kind> = good.iter().map(|(kind, _)| *kind).collect();
        assert_eq!(named.len(), Kind::ALL.len(), "every kind has a row");

        let bad: Vec<(Kind, String, &str)> = vec![
            (Kind::OpenAiApiKey, "sk-short".to_owned(), "at least 40"),
            (
                Kind::OpenAiApiKey,
                format!("pk-proj-{forty}"),
                "begins with sk-",
            ),
            (
                Kind::OpenAiApiKey,
                format!("sk-proj-{forty}\n"),
                "white space around",
            ),
            (
                Kind::OpenAiApiKey,
                format!("sk-proj-{forty} {forty}"),
                "white space in",
            ),
            (Kind::OpenAiApiKey, String::new(), "empty"),
            (Kind::AnthropicApiKey, format!("sk-proj-{forty}"), "sk-ant-"),
            (
                Kind::HuggingFaceToken,
                "api_abcdefghijklmnopqrstuvwxyz0123456789".to_owned(),
                "hf_",
            ),
            (Kind::GoogleApiKey, format!("AIza{forty}"), "39"),
            (Kind::PineconeApiKey, forty.to_owned(), "pcsk_"),
            (Kind::SlackToken, forty.to_owned(), "xoxb-"),
            (Kind::GitHubToken, forty.to_owned(), "ghp_"),
            (
                Kind::AwsAccessKeyId,
                "AKIAIOSFODNN7example".to_owned(),
                "capital letters",
            ),
            (Kind::AwsAccessKeyId, "AKIAIOSFODNN7EXAMPL".to_owned(), "20"),
            (
                Kind::AwsSecretAccessKey,
                "wJalrXUtnFEMI-K7MDENG-bPxRfiCYEXAMPLEKEY".to_owned(),
                "/ and +",
            ),
            (Kind::WandbApiKey, forty.to_owned(), "hexadecimal"),
            (Kind::DatabaseUrl, "db.example:5432".to_owned(), "scheme"),
            (
                Kind::DatabaseUrl,
                "postgresql://u:p@/app".to_owned(),
                "host",
            ),
            (
                Kind::DatabaseUrl,
                "postgresql://u:p@ss@db/app".to_owned(),
                "%40",
            ),
            (
                Kind::JsonCredential,
                "{\"type\": ".to_owned(),
                "well-formed",
            ),
            (Kind::JsonCredential, "[1]".to_owned(), "object"),
            (Kind::PrivateKey, "MC4CAQ==".to_owned(), "BEGIN"),
            (
                Kind::PrivateKey,
                key.replace("PRIVATE KEY", "CERTIFICATE"),
                "something else",
            ),
            (
                Kind::PrivateKey,
                key.lines().take(2).collect::<Vec<_>>().join("\n"),
                "last line",
            ),
            (Kind::PrivateKey, key.replace('\n', ""), "line breaks"),
            (Kind::Totp, "JBSWY3DP".to_owned(), "16"),
            (Kind::Totp, "JBSWY3DPEHPK3PX1".to_owned(), "base32"),
            (
                Kind::Totp,
                "otpauth://hotp/x?secret=JBSWY3DPEHPK3PXP".to_owned(),
                "otpauth://totp/",
            ),
            (
                Kind::Totp,
                "otpauth://totp/x?issuer=y".to_owned(),
                "no secret=",
            ),
        ];
        for (kind, value, words) in &bad {
            let problem = kind.problem(value).unwrap_or("none");
            assert!(problem.contains(words), "{kind:?}: {value}: {problem}");
            assert!(!problem.contains("abcdefghij"), "none of the value is said");
        }
        let refused: std::collections::HashSet<Kind> = bad.iter().map(|(kind, ..)| *kind).collect();
        assert_eq!(
            refused.len(),
            Kind::ALL.len() - 1,
            "every kind but plain refuses something"
        );
    }
}
