//! A real S3 server: PyPI's moto, which asks for keys and refuses a second conditional create.

use crate::readers::python;
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::{
    env,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

/// Runs until it is dropped.
pub struct S3 {
    process: Child,
    /// Its address.
    pub endpoint: String,
    /// Key id and secret that may use the bucket `team`.
    pub keys: (String, String),
    /// A key that is known and may nothing.
    pub stranger: (String, String),
}

impl S3 {
    /// Starts one. It has shown that a second conditional create gets 412 and that a key without a right is refused.
    pub fn start() -> Result<Self> {
        let peers = env::var_os("KEYSTEAD_PEERS").map(PathBuf::from);
        let peers = peers.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("peers"));
        let mut process = Command::new(python())
            .arg(peers.join("s3_server.py"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("python with moto, and `cargo xtask test peers`")?;
        let mut line = String::new();
        BufReader::new(process.stdout.take().context("piped")?).read_line(&mut line)?;
        let ready: Value = serde_json::from_str(&line)
            .with_context(|| format!("the server said {line:?} and is not ready"))?;
        ensure!(ready["conditional_create"] == 412, "{ready}");
        let text = |value: &Value| value.as_str().map(str::to_owned).context("text");
        let pair = |name: &str| -> Result<(String, String)> {
            let pair = &ready["keys"][name];
            Ok((text(&pair[0])?, text(&pair[1])?))
        };
        Ok(Self {
            endpoint: text(&ready["endpoint"])?,
            keys: pair("reader")?,
            stranger: pair("stranger")?,
            process,
        })
    }

    /// The place of a remote in its bucket.
    pub fn place(&self, prefix: &str) -> String {
        format!("s3://team/{prefix}?endpoint={}", self.endpoint)
    }
}

impl Drop for S3 {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
