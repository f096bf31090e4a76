//! The folder of a clean machine: debootstrap's smallest Debian, told how to reach the network, and the checkout in it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::host::{self, Mirrors};
use crate::process;
use crate::workspace::Workspace;

/// Where the checkout is inside.
pub(super) const CHECKOUT: &str = "keystead";

const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";

/// Makes `root` anew. The bootstrap itself is kept as an archive; remove `target/chroot/*.tar` for a newer one.
pub(super) fn make(workspace: &Workspace, suite: &str, root: &Path) -> Result<()> {
    let archive = root.with_extension("tar");
    let mirrors = Mirrors::find();
    remove(root)?;
    fs::create_dir_all(root)?;
    if !archive.is_file() {
        bootstrap(workspace, suite, root, &mirrors)?;
        let partial = root.with_extension("tar.partial");
        process::run(
            workspace
                .command("tar")
                .arg("-C")
                .arg(root)
                .arg("-cf")
                .arg(&partial)
                .arg("."),
        )?;
        fs::rename(&partial, &archive)?;
    } else {
        process::run(
            workspace
                .command("tar")
                .arg("-C")
                .arg(root)
                .arg("-xpf")
                .arg(&archive),
        )?;
    }
    configure(suite, root, &mirrors)
}

/// Brings the checkout in as git sees it: tracked files and new ones, as they are now, and nothing that is ignored.
/// A kept copy loses no file, and one that is the same keeps its time, so that what was built from it stays built.
pub(super) fn copy_checkout(workspace: &Workspace, root: &Path, keep: bool) -> Result<()> {
    let mut list = workspace.command("git");
    list.args([
        "ls-files",
        "-z",
        "--cached",
        "--others",
        "--exclude-standard",
    ]);
    let listed = process::output(&mut list)?;
    let destination = root.join(CHECKOUT);
    for name in listed.split('\0').filter(|name| !name.is_empty()) {
        let (from, to) = (workspace.root.join(name), destination.join(name));
        // Listed and not there: removed and not yet committed.
        if !from.is_file()
            || (keep && fs::read(&to).is_ok_and(|old| fs::read(&from).is_ok_and(|new| new == old)))
        {
            continue;
        }
        fs::create_dir_all(to.parent().context("a file lies in a folder")?)?;
        fs::copy(&from, &to).with_context(|| format!("cannot copy {name}"))?;
    }
    Ok(())
}

fn bootstrap(workspace: &Workspace, suite: &str, root: &Path, mirrors: &Mirrors) -> Result<()> {
    // Certificates are what Rust and Node were fetched with on a real machine; minbase has none.
    let mut debootstrap = workspace.command("debootstrap");
    debootstrap.args(["--variant=minbase", "--include=ca-certificates"]);
    if Path::new(KEYRING).is_file() {
        debootstrap.arg(format!("--keyring={KEYRING}"));
    }
    process::run(debootstrap.arg(suite).arg(root).arg(&mirrors.main))
}

fn configure(suite: &str, root: &Path, Mirrors { main, security }: &Mirrors) -> Result<()> {
    for file in ["etc/resolv.conf", "etc/hosts", "etc/hostname"] {
        let here = Path::new("/").join(file);
        if here.is_file() {
            fs::write(root.join(file), fs::read(here)?)?;
        }
    }
    let signed = format!("Signed-By: {KEYRING}");
    fs::write(
        root.join("etc/apt/sources.list.d/debian.sources"),
        format!(
            "Types: deb\nURIs: {main}\nSuites: {suite} {suite}-updates\nComponents: main\n{signed}\n\n\
             Types: deb\nURIs: {security}\nSuites: {suite}-security\nComponents: main\n{signed}\n"
        ),
    )?;
    fs::write(root.join("etc/apt/sources.list"), "")?;
    fs::write(
        root.join("etc/apt/apt.conf.d/99network"),
        host::apt_network_settings(),
    )?;

    let policy = root.join("usr/sbin/policy-rc.d");
    fs::write(
        &policy,
        "#!/bin/sh\n# No package starts a service here.\nexit 101\n",
    )?;
    fs::set_permissions(&policy, fs::Permissions::from_mode(0o755))?;

    for certificate in certificates(Path::new("/usr/local/share/ca-certificates")) {
        let inside = root.join(certificate.strip_prefix("/")?);
        fs::create_dir_all(inside.parent().context("a certificate lies in a folder")?)?;
        fs::copy(&certificate, &inside)?;
    }
    Ok(())
}

/// The certificates that this machine's owner trusts besides Debian's.
fn certificates(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for path in fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
    {
        if path.is_dir() {
            found.extend(certificates(&path));
        } else if path.extension().is_some_and(|extension| extension == "crt") {
            found.push(path);
        }
    }
    found
}

/// Removes the last machine, unless something is mounted in it: then a removal would reach through the mount.
fn remove(root: &Path) -> Result<()> {
    let mounts = fs::read_to_string("/proc/self/mountinfo")?;
    let inside = format!("{}/", root.display());
    if let Some(mount) = mounts
        .lines()
        .filter_map(|line| line.split(' ').nth(4))
        .find(|at| at.starts_with(&inside))
    {
        bail!("{mount} is mounted: unmount it first");
    }
    if root.exists() {
        process::run(
            Command::new("rm")
                .args(["-rf", "--one-file-system"])
                .arg(root),
        )?;
    }
    Ok(())
}
