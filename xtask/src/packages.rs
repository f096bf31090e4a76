//! Which Debian packages each use of the checkout needs, and how they get onto the machine.

use std::process::Command;

use anyhow::{Result, bail};

use crate::process;
use crate::workspace::Workspace;

/// What the build links against: a linker, SQLCipher's OpenSSL, Tauri's web view.
const BUILD: &[&str] = &[
    "gcc",
    "libc6-dev",
    "libssl-dev",
    "libwebkit2gtk-4.1-dev",
    "pkg-config",
];

/// What drives the real window where nobody looks: a display, a session bus, a keyring on it, the web driver, a font,
/// a window manager with what finds and types into native dialogs, and a reader of QR codes.
const HEADLESS: &[&str] = &[
    "dbus-daemon",
    "fonts-dejavu-core",
    "gnome-keyring",
    "openbox",
    "webkit2gtk-driver",
    "wmctrl",
    "xauth",
    "xdotool",
    "xvfb",
    "zbar-tools",
];

/// What the tests compare with and are driven by: Python's peers, the reader of the dialect `json`, a clock that jumps, shells that
/// complete, a reader of manual pages, a logind that says what it is told, and a C++ compiler for libFuzzer.
const PEERS: &[&str] = &[
    "faketime",
    "fish",
    "g++",
    "jq",
    "mandoc",
    "openssh-client",
    "openssl",
    "python3",
    "python3-dbusmock",
    "python3-venv",
    "zsh",
];

/// What Keystead's speed is compared with.
const BENCH_PEERS: &[&str] = &["age", "gnupg", "keepassxc", "pass"];

/// What makes a clean Debian in a folder.
const CHROOT: &[&str] = &["debootstrap"];

/// One use of the checkout.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Use {
    Build,
    Headless,
    Peers,
    BenchPeers,
    Chroot,
}

impl Use {
    fn packages(self) -> &'static [&'static str] {
        match self {
            Self::Build => BUILD,
            Self::Headless => HEADLESS,
            Self::Peers => PEERS,
            Self::BenchPeers => BENCH_PEERS,
            Self::Chroot => CHROOT,
        }
    }
}

/// Installs what is missing for `uses`. Asks `dpkg` once and does nothing else where nothing is missing.
///
/// # Errors
/// On a system that is not one of the supported ones, with the list of what to install there; and where `apt-get` fails.
pub(crate) fn install_missing(workspace: &Workspace, uses: &[Use]) -> Result<()> {
    if std::env::var_os("KEYSTEAD_SKIP_SETUP").is_some_and(|value| value == "1") {
        return Ok(());
    }
    let wanted: Vec<&str> = uses
        .iter()
        .flat_map(|one| one.packages())
        .copied()
        .collect();
    let missing = missing(&wanted);
    if missing.is_empty() {
        return Ok(());
    }
    let system = System::read();
    if !system.is_supported() {
        bail!(
            "set-up knows Debian 12 and 13 and Ubuntu 24.04, and this is {}. Install what these Debian packages hold:\n  {}\n\
             then start again with KEYSTEAD_SKIP_SETUP=1.",
            system.name,
            missing.join(" ")
        );
    }
    println!("Missing packages: {}", missing.join(" "));
    if let Err(error) = process::run(apt_get(workspace)?.arg("update")) {
        println!("{error:#}; trying with the present package lists.");
    }
    let mut install = apt_get(workspace)?;
    install
        .args(["install", "-y", "--no-install-recommends"])
        .args(&missing);
    process::run(&mut install)?;
    Ok(())
}

/// Those of `wanted` that `dpkg` does not know as installed; all of them where there is no `dpkg`.
fn missing<'a>(wanted: &[&'a str]) -> Vec<&'a str> {
    let mut query = Command::new("dpkg-query");
    query
        .args(["-W", "-f", "${Package} ${db:Status-Status}\\n"])
        .args(wanted);
    // It ends with 1 when it does not know a name, and prints the others all the same.
    let known = query
        .output()
        .map(|output| output.stdout)
        .unwrap_or_default();
    not_installed(wanted, &String::from_utf8_lossy(&known))
}

fn not_installed<'a>(wanted: &[&'a str], known: &str) -> Vec<&'a str> {
    let installed = |name: &str| {
        known
            .lines()
            .any(|line| line.split_once(' ') == Some((name, "installed")))
    };
    wanted
        .iter()
        .copied()
        .filter(|name| !installed(name))
        .collect()
}

/// `apt-get` with root's rights and no questions.
fn apt_get(workspace: &Workspace) -> Result<Command> {
    let is_root = process::output(Command::new("id").arg("-u"))?.trim() == "0";
    let mut command = if is_root {
        Command::new("env")
    } else if process::find_program("sudo").is_some() {
        let mut sudo = Command::new("sudo");
        if workspace.ci {
            sudo.arg("-n");
        }
        sudo.arg("env");
        sudo
    } else {
        bail!("packages are missing and there is no sudo: become root and start again");
    };
    // Another apt may be at work on a machine that has just started: wait for it.
    command.args([
        "DEBIAN_FRONTEND=noninteractive",
        "apt-get",
        "-o",
        "DPkg::Lock::Timeout=300",
    ]);
    Ok(command)
}

/// What `/etc/os-release` says about this machine.
struct System {
    id: String,
    version: String,
    name: String,
}

impl System {
    fn read() -> Self {
        Self::parse(&std::fs::read_to_string("/etc/os-release").unwrap_or_default())
    }

    fn parse(os_release: &str) -> Self {
        let field = |name: &str| {
            os_release
                .lines()
                .find_map(|line| line.strip_prefix(name)?.strip_prefix('='))
                .map(|value| value.trim_matches('"').to_owned())
        };
        Self {
            id: field("ID").unwrap_or_default(),
            version: field("VERSION_ID").unwrap_or_default(),
            name: field("PRETTY_NAME").unwrap_or_else(|| "another system".to_owned()),
        }
    }

    fn is_supported(&self) -> bool {
        matches!(
            (self.id.as_str(), self.version.as_str()),
            ("debian", "12" | "13") | ("ubuntu", "24.04")
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_removed_or_unknown_package_is_missing() {
        let known = "gcc installed\nxvfb config-files\nxauth installed\n";
        assert_eq!(
            not_installed(&["gcc", "xvfb", "openbox", "xauth"], known),
            ["xvfb", "openbox"]
        );
    }

    #[test]
    fn only_the_systems_it_was_proven_on_are_supported() {
        let debian =
            "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nVERSION_ID=\"12\"\nID=debian\n";
        assert!(System::parse(debian).is_supported());
        assert!(System::parse("ID=ubuntu\nVERSION_ID=\"24.04\"\n").is_supported());
        let fedora = System::parse("ID=fedora\nVERSION_ID=43\nPRETTY_NAME=\"Fedora Linux 43\"\n");
        assert!(!fedora.is_supported());
        assert_eq!(fedora.name, "Fedora Linux 43");
        assert!(!System::parse("").is_supported());
    }
}
