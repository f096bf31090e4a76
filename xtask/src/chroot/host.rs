//! What the clean machine borrows: this machine's toolchains and the way it reaches the network.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::process;
use crate::workspace::Workspace;

/// Shared libraries that every Debian has from the start.
const EVERYWHERE: &[&str] = &[
    "linux-vdso",
    "ld-linux",
    "libc.",
    "libdl.",
    "libm.",
    "libpthread.",
    "librt.",
    "libgcc_s.",
    "libstdc++.",
];

/// Where this machine's toolchains are.
pub(super) struct Toolchains {
    pub(super) rust: PathBuf,
    pub(super) node: PathBuf,
    /// npm's own folder, with all it needs in it.
    pub(super) npm: PathBuf,
}

impl Toolchains {
    pub(super) fn find(workspace: &Workspace) -> Result<Self> {
        let rust = process::output(workspace.command("rustc").args(["--print", "sysroot"]))?;
        let node = process::output(Command::new("node").args(["-p", "process.execPath"]))?;
        let npm = process::find_program("npm")
            .context("there is no npm on PATH")?
            .canonicalize()?;
        let npm = npm
            .ancestors()
            .nth(2)
            .context("npm lies in a folder")?
            .to_owned();
        let found = Self {
            rust: rust.trim().into(),
            node: Path::new(node.trim()).canonicalize()?,
            npm,
        };
        found.check()?;
        Ok(found)
    }

    /// Debian's own Node is spread over the system and cannot be lent.
    fn check(&self) -> Result<()> {
        let libraries = process::output(Command::new("ldd").arg(&self.node)).unwrap_or_default();
        let foreign = libraries
            .lines()
            .filter_map(|line| line.split_whitespace().next())
            .find(|name| {
                let name = name.rsplit('/').next().unwrap_or(name);
                !EVERYWHERE.iter().any(|known| name.starts_with(known)) && name != "statically"
            });
        if let Some(library) = foreign {
            bail!(
                "{} needs {library}: use a Node from nodejs.org or NodeSource here",
                self.node.display()
            );
        }
        if !self.npm.join("bin/npm-cli.js").is_file() || !self.npm.join("node_modules").is_dir() {
            bail!(
                "{} does not hold all of npm: use a Node from nodejs.org or NodeSource here",
                self.npm.display()
            );
        }
        Ok(())
    }
}

/// Configuration of package registries: (here, inside). Mounted, never copied, because it may hold a token.
pub(super) fn configuration() -> Vec<(PathBuf, &'static str)> {
    let home = PathBuf::from(std::env::var_os("HOME").unwrap_or_else(|| "/root".into()));
    let cargo = std::env::var_os("CARGO_HOME").map_or_else(|| home.join(".cargo"), PathBuf::from);
    let mut files = vec![
        (cargo.join("config.toml"), "root/.cargo/config.toml"),
        (home.join(".npmrc"), "root/.npmrc"),
        (
            home.join(".config/pip/pip.conf"),
            "root/.config/pip/pip.conf",
        ),
        (PathBuf::from("/etc/pip.conf"), "etc/pip.conf"),
    ];
    if let Ok(global) = process::output(Command::new("npm").args(["config", "get", "globalconfig"]))
    {
        files.push((PathBuf::from(global.trim()), "opt/node/etc/npmrc"));
    }
    files.retain(|(here, _)| here.is_file());
    files
}

/// Variables that say how the network is reached. One that names a file is left out where `root` lacks the file.
pub(super) fn environment(root: &Path) -> Vec<(String, String)> {
    const NAMES: &[&str] = &[
        "ALL_PROXY",
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "NO_PROXY",
        "SSL_CERT_DIR",
        "SSL_CERT_FILE",
        "CURL_CA_BUNDLE",
        "REQUESTS_CA_BUNDLE",
        "NODE_EXTRA_CA_CERTS",
        "PIP_CERT",
        "PIP_DEFAULT_TIMEOUT",
        "PIP_EXTRA_INDEX_URL",
        "PIP_INDEX_URL",
        "PIP_TRUSTED_HOST",
        "TERM",
    ];
    const PREFIXES: &[&str] = &[
        "CARGO_HTTP_",
        "CARGO_NET_",
        "CARGO_REGISTR",
        "CARGO_SOURCE_",
        "NPM_CONFIG_",
    ];
    std::env::vars()
        .filter(|(name, value)| {
            let name = name.to_uppercase();
            let wanted = NAMES.contains(&name.as_str())
                || PREFIXES.iter().any(|prefix| name.starts_with(prefix));
            wanted && (!value.starts_with('/') || root.join(value.trim_start_matches('/')).exists())
        })
        .collect()
}

/// Where this machine gets Debian from.
pub(super) struct Mirrors {
    pub(super) main: String,
    pub(super) security: String,
}

impl Mirrors {
    pub(super) fn find() -> Self {
        let mut sources = String::new();
        let folder = std::fs::read_dir("/etc/apt/sources.list.d")
            .into_iter()
            .flatten()
            .flatten();
        let files = folder
            .map(|entry| entry.path())
            .chain([PathBuf::from("/etc/apt/sources.list")]);
        for file in files.filter(|file| {
            matches!(
                file.extension().and_then(|e| e.to_str()),
                Some("list" | "sources")
            )
        }) {
            sources += &std::fs::read_to_string(file).unwrap_or_default();
            sources.push('\n');
        }
        Self::parse(&sources)
    }

    fn parse(sources: &str) -> Self {
        let addresses = || {
            sources
                .lines()
                .filter(|line| !line.trim_start().starts_with('#'))
                .flat_map(str::split_whitespace)
                .filter(|word| word.starts_with("http://") || word.starts_with("https://"))
                .map(|word| word.trim_end_matches('/'))
        };
        let ending = |end: &str| {
            addresses()
                .find(|address| address.ends_with(end))
                .map(str::to_owned)
        };
        Self {
            main: ending("/debian").unwrap_or_else(|| "http://deb.debian.org/debian".to_owned()),
            security: ending("/debian-security")
                .unwrap_or_else(|| "http://deb.debian.org/debian-security".to_owned()),
        }
    }
}

/// This machine's apt settings about the network, as lines of an `apt.conf`.
pub(super) fn apt_network_settings() -> String {
    const WANTED: &[&str] = &["http", "https", "Check-", "ForceIP", "Retries"];
    let dump = process::output(Command::new("apt-config").arg("dump")).unwrap_or_default();
    let is_wanted = |line: &&str| {
        line.strip_prefix("Acquire::")
            .is_some_and(|rest| WANTED.iter().any(|wanted| rest.starts_with(wanted)))
    };
    dump.lines()
        .filter(is_wanted)
        .map(|line| format!("{line}\n"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::Mirrors;

    #[test]
    fn mirrors_are_read_from_both_kinds_of_sources() {
        let old = Mirrors::parse(
            "# deb http://old/debian sid main\ndeb [signed-by=/k] http://near/debian/ bookworm main\n",
        );
        assert_eq!(
            (old.main.as_str(), old.security.as_str()),
            (
                "http://near/debian",
                "http://deb.debian.org/debian-security"
            )
        );
        let new = Mirrors::parse(
            "Types: deb\nURIs: http://near/debian\n\nURIs: https://near/debian-security\n",
        );
        assert_eq!(
            (new.main.as_str(), new.security.as_str()),
            ("http://near/debian", "https://near/debian-security")
        );
        assert_eq!(
            Mirrors::parse("deb http://archive.ubuntu.com/ubuntu noble main").main,
            "http://deb.debian.org/debian"
        );
    }
}
