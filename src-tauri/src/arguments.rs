//! The few words on the command line.

use keystead_workbench::{
    Settings, anchor_folder, default_vault, device_name, socket_folder, user_name,
};
use std::{ffi::OsString, path::PathBuf, time::Duration};

const USAGE: &str = "usage: keystead-desktop [--vault PATH] [--idle SECONDS]";
/// Whatever happens, a vault is not open for longer.
const LIMIT: Duration = Duration::from_secs(12 * 60 * 60);
const SHORTEST_IDLE: u64 = 5;

/// What the command line says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Arguments {
    vault: PathBuf,
    /// Whatever was chosen for the vault.
    idle: Option<Duration>,
}

impl Arguments {
    pub(crate) fn parse(words: impl Iterator<Item = OsString>) -> Result<Self, String> {
        let mut vault = None;
        let mut idle = None;
        let mut words = words;
        while let Some(word) = words.next() {
            let value = |words: &mut dyn Iterator<Item = OsString>| {
                words.next().ok_or_else(|| USAGE.to_owned())
            };
            match word.to_str() {
                Some("--vault") => vault = Some(PathBuf::from(value(&mut words)?)),
                Some("--idle") => {
                    let text = value(&mut words)?;
                    let seconds = text.to_str().and_then(|t| t.parse::<u64>().ok());
                    let seconds = seconds
                        .filter(|s| *s >= SHORTEST_IDLE)
                        .ok_or_else(|| format!("--idle takes seconds, at least {SHORTEST_IDLE}"))?;
                    idle = Some(Duration::from_secs(seconds));
                }
                _ => return Err(USAGE.to_owned()),
            }
        }
        let vault = vault
            .or_else(|| default_vault(|name| std::env::var_os(name)))
            .ok_or("there is no home folder to keep a vault in: name one with --vault")?;
        Ok(Self { vault, idle })
    }

    pub(crate) fn settings(&self) -> Settings {
        Settings {
            vault: self.vault.clone(),
            identity: user_name(),
            device: device_name(),
            idle: self.idle,
            limit: LIMIT,
            // A script in the background is not the person in front of the window.
            requests_are_activity: false,
            sockets: socket_folder(|name| std::env::var_os(name)),
            anchors: anchor_folder(|name| std::env::var_os(name)),
            watch: true,
            stays: true,
            purpose: String::new(),
            space: String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &[&str]) -> Result<Arguments, String> {
        Arguments::parse(words.iter().map(OsString::from))
    }

    #[test]
    fn both_words_are_understood_and_no_other() {
        let both = parse(&["--vault", "/v", "--idle", "30"]).expect("both");
        assert_eq!(both.vault, PathBuf::from("/v"));
        assert_eq!(both.idle, Some(Duration::from_secs(30)));
        for wrong in [
            &["--vault"][..],
            &["--idle", "4"],
            &["--idle", "x"],
            &["--else"],
            &["/v"],
        ] {
            assert!(parse(wrong).is_err(), "{wrong:?}");
        }
    }
}
