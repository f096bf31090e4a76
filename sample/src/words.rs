//! The words that a sample is made of. Every value is made up and opens nothing.

use crate::random::Random;

pub(crate) const PROJECTS: [(&str, &[&str]); 9] = [
    ("churn-model", &["dev", "staging", "prod"]),
    ("rag-api", &["dev", "staging", "prod"]),
    ("eval-harness", &["dev", "ci"]),
    ("pricing-service", &["dev", "staging", "prod"]),
    ("data-lake", &["dev", "prod"]),
    ("voice-agent", &["dev", "staging", "prod"]),
    ("fraud-signals", &["dev", "staging", "prod", "dr"]),
    ("support-bot", &["dev", "prod"]),
    ("forecasting", &["dev", "staging", "prod"]),
];

pub(crate) const PEOPLE: [&str; 6] = [
    "Mara Lindqvist",
    "Tomás Oliveira",
    "Ada Nwosu",
    "Kenji Mori",
    "Lena Hofmann",
    "Priya Raman",
];

pub(crate) const TAGS: [&str; 7] = [
    "customer", "gpu", "pii", "billing", "legacy", "eval", "shared",
];

pub(crate) const NOTES: [&str; 6] = [
    "Read-only; ask for the writer in the platform channel.",
    "Billed to the research budget, limit 400 a month.",
    "Rotated by hand: the vendor has no API for it.",
    "Used by the nightly job and by nobody else.",
    "Shared with the evaluation team until the end of the quarter.",
    "The old key still stands in two notebooks.",
];

/// It certifies nothing.
pub(crate) const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----
bWFkZSB1cCwgYW5kIGNlcnRpZmllcyBub3RoaW5nIGF0IGFsbA==
-----END CERTIFICATE-----
";

/// A part of a system that has keys of its own.
pub(crate) const PARTS: [&str; 12] = [
    "INGEST", "TRAIN", "SERVE", "BATCH", "EVAL", "WEB", "ADMIN", "METRICS", "SEARCH", "MAIL",
    "EXPORT", "AUDIT",
];

const LOWER: &str = "abcdefghijklmnopqrstuvwxyz0123456789";
const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const MIXED: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
const HEX: &str = "0123456789abcdef";

/// What a secret is called, and how often of a hundred times a project has it.
pub(crate) const SECRETS: [(&str, usize); 24] = [
    ("OPENAI_API_KEY", 90),
    ("ANTHROPIC_API_KEY", 70),
    ("HF_TOKEN", 60),
    ("MISTRAL_API_KEY", 30),
    ("COHERE_API_KEY", 25),
    ("GOOGLE_API_KEY", 35),
    ("WANDB_API_KEY", 55),
    ("PINECONE_API_KEY", 40),
    ("QDRANT_API_KEY", 30),
    ("LANGSMITH_API_KEY", 35),
    ("AWS_ACCESS_KEY_ID", 75),
    ("AWS_SECRET_ACCESS_KEY", 75),
    ("GCP_SERVICE_ACCOUNT", 30),
    ("DATABASE_URL", 95),
    ("REDIS_URL", 65),
    ("CLICKHOUSE_URL", 25),
    ("SNOWFLAKE_PASSWORD", 30),
    ("KAFKA_PASSWORD", 25),
    ("GITHUB_TOKEN", 60),
    ("SLACK_BOT_TOKEN", 45),
    ("STRIPE_API_KEY", 20),
    ("SENTRY_DSN", 55),
    ("JWT_SIGNING_KEY", 50),
    ("WEBHOOK_SECRET", 40),
];

/// A value of the shape that the name promises.
pub(crate) fn value(name: &str, random: &mut Random) -> String {
    let ends = |with: &str| name.ends_with(with);
    if ends("OPENAI_API_KEY") {
        format!("sk-proj-{}", random.text(MIXED, 40))
    } else if ends("ANTHROPIC_API_KEY") {
        format!("sk-ant-api03-{}", random.text(MIXED, 60))
    } else if ends("HF_TOKEN") {
        format!("hf_{}", random.text(MIXED, 34))
    } else if ends("AWS_ACCESS_KEY_ID") {
        format!("AKIA{}", random.text(UPPER, 16))
    } else if ends("AWS_SECRET_ACCESS_KEY") {
        random.text(MIXED, 40)
    } else if ends("GITHUB_TOKEN") {
        format!("ghp_{}", random.text(MIXED, 36))
    } else if ends("SLACK_BOT_TOKEN") {
        format!(
            "xoxb-{}-{}",
            random.text("0123456789", 12),
            random.text(MIXED, 24)
        )
    } else if ends("DATABASE_URL") {
        let password = random.text(MIXED, 20);
        format!("postgresql://app:{password}@db.internal.example:5432/app")
    } else if ends("REDIS_URL") {
        format!(
            "redis://:{}@cache.internal.example:6379/0",
            random.text(MIXED, 24)
        )
    } else if ends("CLICKHOUSE_URL") {
        format!(
            "clickhouse://app:{}@ch.internal.example:9440",
            random.text(MIXED, 20)
        )
    } else if ends("SENTRY_DSN") {
        format!("https://{}@o1.ingest.example/42", random.text(HEX, 32))
    } else if ends("GCP_SERVICE_ACCOUNT") {
        let id = random.text(HEX, 40);
        format!(
            "{{\"type\":\"service_account\",\"project_id\":\"sample\",\"private_key_id\":\"{id}\",\"private_key\":\"sample\"}}"
        )
    } else if ends("SIGNING_KEY") || ends("SECRET") {
        random.text(HEX, 64)
    } else {
        random.text(LOWER, 40)
    }
}
