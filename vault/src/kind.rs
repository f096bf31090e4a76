//! What a secret is: recognised by prefix and shape, never by asking a provider.

/// What a secret is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u16)]
pub enum Kind {
    /// Nothing that is recognised.
    Plain = 0,
    /// `sk-…`, `sk-proj-…` of OpenAI.
    OpenAiApiKey = 1,
    /// `sk-ant-…` of Anthropic.
    AnthropicApiKey = 2,
    /// `hf_…` of Hugging Face.
    HuggingFaceToken = 3,
    /// `AKIA…` or `ASIA…` of AWS: half of a pair.
    AwsAccessKeyId = 4,
    /// 40 characters under a name that says so: the other half.
    AwsSecretAccessKey = 5,
    /// `ghp_…`, `github_pat_…` and their family.
    GitHubToken = 6,
    /// `scheme://…` of a database.
    DatabaseUrl = 7,
    /// A JSON object that holds a credential (a GCP service account, say).
    JsonCredential = 8,
    /// A PEM private key.
    PrivateKey = 9,
    /// `AIza…` of Google.
    GoogleApiKey = 10,
    /// `pcsk_…` of Pinecone.
    PineconeApiKey = 11,
    /// `xoxb-…` and its family of Slack.
    SlackToken = 12,
    /// 40 hexadecimal digits under a name that says so, of Weights & Biases.
    WandbApiKey = 13,
    /// What one-time codes are made from (RFC 6238): base32, or an `otpauth://totp/` URL.
    Totp = 14,
}

/// The family that a kind's picture follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Model vendors.
    Model,
    /// Clouds.
    Cloud,
    /// Code hosts.
    Code,
    /// Databases.
    Database,
    /// JSON documents.
    Json,
    /// Private keys, and what codes are made from.
    Key,
    /// Where people talk.
    Chat,
    /// Everything else.
    Plain,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 15] = [
        Self::Plain,
        Self::OpenAiApiKey,
        Self::AnthropicApiKey,
        Self::HuggingFaceToken,
        Self::AwsAccessKeyId,
        Self::AwsSecretAccessKey,
        Self::GitHubToken,
        Self::DatabaseUrl,
        Self::JsonCredential,
        Self::PrivateKey,
        Self::GoogleApiKey,
        Self::PineconeApiKey,
        Self::SlackToken,
        Self::WandbApiKey,
        Self::Totp,
    ];

    /// Recognises a value; `name` decides only where the shape alone does not.
    pub fn recognise(name: &str, value: &str) -> Self {
        let value = value.trim();
        if value.starts_with("sk-ant-") && value.len() >= 20 {
            Self::AnthropicApiKey
        } else if is_openai(name, value) {
            Self::OpenAiApiKey
        } else if value.starts_with("hf_") && token(value, 20) {
            Self::HuggingFaceToken
        } else if value.starts_with("AIza") && value.len() == 39 && token(value, 39) {
            Self::GoogleApiKey
        } else if value.starts_with("pcsk_") && token(value, 20) {
            Self::PineconeApiKey
        } else if is_slack(value) {
            Self::SlackToken
        } else if is_wandb(name, value) {
            Self::WandbApiKey
        } else if value.starts_with("otpauth://totp/") || is_totp(name, value) {
            Self::Totp
        } else if is_aws_access_key_id(value) {
            Self::AwsAccessKeyId
        } else if is_aws_secret_access_key(name, value) {
            Self::AwsSecretAccessKey
        } else if is_github(value) {
            Self::GitHubToken
        } else if is_database_url(value) {
            Self::DatabaseUrl
        } else if value.starts_with("-----BEGIN ") && value.contains("PRIVATE KEY-----") {
            Self::PrivateKey
        } else if is_json_credential(value) {
            Self::JsonCredential
        } else {
            Self::Plain
        }
    }

    /// The stable word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::OpenAiApiKey => "openai_api_key",
            Self::AnthropicApiKey => "anthropic_api_key",
            Self::HuggingFaceToken => "hugging_face_token",
            Self::AwsAccessKeyId => "aws_access_key_id",
            Self::AwsSecretAccessKey => "aws_secret_access_key",
            Self::GitHubToken => "github_token",
            Self::DatabaseUrl => "database_url",
            Self::JsonCredential => "json_credential",
            Self::PrivateKey => "private_key",
            Self::GoogleApiKey => "google_api_key",
            Self::PineconeApiKey => "pinecone_api_key",
            Self::SlackToken => "slack_token",
            Self::WandbApiKey => "wandb_api_key",
            Self::Totp => "totp",
        }
    }

    /// The kind of that stable word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }

    /// The words shown.
    pub fn words(self) -> &'static str {
        match self {
            Self::Plain => "Plain value",
            Self::OpenAiApiKey => "OpenAI API key",
            Self::AnthropicApiKey => "Anthropic API key",
            Self::HuggingFaceToken => "Hugging Face token",
            Self::AwsAccessKeyId => "AWS access key ID",
            Self::AwsSecretAccessKey => "AWS secret access key",
            Self::GitHubToken => "GitHub token",
            Self::DatabaseUrl => "Database URL",
            Self::JsonCredential => "JSON credential",
            Self::PrivateKey => "Private key",
            Self::GoogleApiKey => "Google API key",
            Self::PineconeApiKey => "Pinecone API key",
            Self::SlackToken => "Slack token",
            Self::WandbApiKey => "Weights & Biases API key",
            Self::Totp => "One-time code (TOTP)",
        }
    }

    /// The name that its issuer's own tools look for; `None` where there is none.
    pub fn usual_name(self) -> Option<&'static str> {
        Some(match self {
            Self::OpenAiApiKey => "OPENAI_API_KEY",
            Self::AnthropicApiKey => "ANTHROPIC_API_KEY",
            Self::HuggingFaceToken => "HF_TOKEN",
            Self::GoogleApiKey => "GOOGLE_API_KEY",
            Self::PineconeApiKey => "PINECONE_API_KEY",
            Self::WandbApiKey => "WANDB_API_KEY",
            Self::SlackToken => "SLACK_BOT_TOKEN",
            Self::AwsAccessKeyId => "AWS_ACCESS_KEY_ID",
            Self::AwsSecretAccessKey => "AWS_SECRET_ACCESS_KEY",
            Self::GitHubToken => "GITHUB_TOKEN",
            Self::DatabaseUrl => "DATABASE_URL",
            Self::JsonCredential | Self::PrivateKey | Self::Totp | Self::Plain => return None,
        })
    }

    /// The family that the picture follows.
    pub fn family(self) -> Family {
        match self {
            Self::OpenAiApiKey
            | Self::AnthropicApiKey
            | Self::HuggingFaceToken
            | Self::GoogleApiKey
            | Self::PineconeApiKey
            | Self::WandbApiKey => Family::Model,
            Self::SlackToken => Family::Chat,
            Self::AwsAccessKeyId | Self::AwsSecretAccessKey => Family::Cloud,
            Self::GitHubToken => Family::Code,
            Self::DatabaseUrl => Family::Database,
            Self::JsonCredential => Family::Json,
            Self::PrivateKey | Self::Totp => Family::Key,
            Self::Plain => Family::Plain,
        }
    }

    /// The number in operations.
    pub(crate) fn code(self) -> u16 {
        self as u16
    }

    pub(crate) fn from_code(code: u16) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }
}

impl Family {
    /// The stable word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Model => "model",
            Self::Cloud => "cloud",
            Self::Code => "code",
            Self::Database => "database",
            Self::Json => "json",
            Self::Key => "key",
            Self::Chat => "chat",
            Self::Plain => "plain",
        }
    }
}

pub(crate) fn token(value: &str, least: usize) -> bool {
    value.len() >= least
        && value
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
}

fn is_slack(value: &str) -> bool {
    let prefixes = ["xoxb-", "xoxp-", "xoxa-", "xoxr-", "xoxs-", "xapp-"];
    prefixes.iter().any(|prefix| value.starts_with(prefix)) && token(value, 20)
}

fn is_wandb(name: &str, value: &str) -> bool {
    name.to_ascii_uppercase().contains("WANDB")
        && value.len() == 40
        && value.bytes().all(|b| b.is_ascii_hexdigit())
}

fn is_totp(name: &str, value: &str) -> bool {
    let name = name.to_ascii_uppercase();
    let named = ["TOTP", "2FA", "MFA"]
        .iter()
        .any(|word| name.contains(word));
    named
        && value.len() >= 16
        && value
            .bytes()
            .all(|b| matches!(b, b'A'..=b'Z' | b'2'..=b'7' | b'='))
}

/// `sk-` is used by others too, so the classic form wants its length or a name.
fn is_openai(name: &str, value: &str) -> bool {
    let marked = ["sk-proj-", "sk-svcacct-", "sk-admin-"]
        .iter()
        .any(|prefix| value.starts_with(prefix));
    let classic = value.starts_with("sk-")
        && (value.len() == 51 || name.to_ascii_uppercase().contains("OPENAI"));
    (marked || classic) && token(value, 20)
}

fn is_aws_access_key_id(value: &str) -> bool {
    (value.starts_with("AKIA") || value.starts_with("ASIA"))
        && value.len() == 20
        && value
            .bytes()
            .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
}

fn is_aws_secret_access_key(name: &str, value: &str) -> bool {
    let name = name.to_ascii_uppercase();
    name.contains("SECRET")
        && (name.contains("AWS") || name.contains("ACCESS_KEY"))
        && value.len() == 40
        && value
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'+' | b'='))
}

fn is_github(value: &str) -> bool {
    let prefixes = ["ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"];
    prefixes.iter().any(|prefix| value.starts_with(prefix)) && token(value, 36)
}

fn is_database_url(value: &str) -> bool {
    let Some((scheme, rest)) = value.split_once("://") else {
        return false;
    };
    let base = scheme.split('+').next().unwrap_or(scheme);
    let known = [
        "postgres",
        "postgresql",
        "mysql",
        "mariadb",
        "mongodb",
        "redis",
        "rediss",
        "mssql",
        "sqlserver",
        "clickhouse",
        "cockroachdb",
        "oracle",
        "snowflake",
        "amqp",
        "amqps",
    ];
    known.contains(&base) && !rest.is_empty() && !value.contains(char::is_whitespace)
}

fn is_json_credential(value: &str) -> bool {
    let marks = [
        "\"private_key\"",
        "\"client_secret\"",
        "\"refresh_token\"",
        "\"service_account\"",
    ];
    value.starts_with('{') && value.ends_with('}') && marks.iter().any(|mark| value.contains(mark))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_told_by_prefix_and_shape() {
        let forty = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
        let cases = [
            ("X", "sk-ant-api03-abcdefghijklmnop", Kind::AnthropicApiKey),
            ("X", "sk-proj-abcdefghijklmnop1234", Kind::OpenAiApiKey),
            (
                "OPENAI_API_KEY",
                "sk-abcdefghijklmnop1234",
                Kind::OpenAiApiKey,
            ),
            ("X", "sk-abcdefghijklmnop1234", Kind::Plain),
            ("X", "hf_abcdefghijklmnopqrstuvwxyz", Kind::HuggingFaceToken),
            ("X", "AKIAIOSFODNN7EXAMPLE", Kind::AwsAccessKeyId),
            ("AWS_SECRET_ACCESS_KEY", forty, Kind::AwsSecretAccessKey),
            ("COMMIT", forty, Kind::Plain),
            (
                "X",
                "ghp_abcdefghijklmnopqrstuvwxyz0123456789",
                Kind::GitHubToken,
            ),
            ("X", "postgresql+psycopg://u:p@h:5432/d", Kind::DatabaseUrl),
            ("X", "https://example.org", Kind::Plain),
            (
                "X",
                "{\"type\":\"service_account\",\"private_key\":\"x\"}",
                Kind::JsonCredential,
            ),
            (
                "X",
                "-----BEGIN RSA PRIVATE KEY-----\nabc",
                Kind::PrivateKey,
            ),
            (
                "X",
                "AIzaabcdefghijklmnopqrstuvwxyz012345678",
                Kind::GoogleApiKey,
            ),
            ("X", "pcsk_abcdefghijklmnopqrstuvwxyz", Kind::PineconeApiKey),
            ("X", "xoxb-123456789012-abcdef", Kind::SlackToken),
            (
                "WANDB_API_KEY",
                "0123456789abcdef0123456789abcdef01234567",
                Kind::WandbApiKey,
            ),
            ("X", "0123456789abcdef0123456789abcdef01234567", Kind::Plain),
            ("GITHUB_TOTP", "JBSWY3DPEHPK3PXP", Kind::Totp),
            ("X", "otpauth://totp/a?secret=JBSWY3DPEHPK3PXP", Kind::Totp),
            ("X", "", Kind::Plain),
        ];
        for (name, value, kind) in cases {
            assert_eq!(Kind::recognise(name, value), kind, "{name}={value}");
        }
        for kind in Kind::ALL {
            assert_eq!(Kind::from_code(kind.code()), Some(kind));
        }
    }
}
