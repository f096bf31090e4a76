//! The half that runs in namespaces of its own: mounts what a machine has and what is lent to it, then the command.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};

use super::Request;
use super::bootstrap::CHECKOUT;
use super::host::{self, Toolchains};
use crate::process;
use crate::workspace::Workspace;

const PATH: &str =
    "/opt/rust/bin:/opt/node/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Names, for the half inside, the mount namespace that it must not be in.
pub(super) const OUTSIDE: &str = "KEYSTEAD_OUTSIDE_NAMESPACE";

/// Refuses to run anywhere but in a namespace made for it: its mounts must never reach this machine.
pub(crate) fn execute(workspace: &Workspace, request: &Request) -> Result<ExitCode> {
    let outside = std::env::var_os(OUTSIDE).context("this is a step of `cargo xtask chroot`")?;
    if mount_namespace()? == outside {
        bail!("the mounts would be this machine's: no namespace was made for them");
    }
    let root = request.root(workspace);
    mount_system(&root)?;
    lend(&root, &Toolchains::find(workspace)?)?;
    if !request.keep {
        process::run(enter(&root).args(["update-ca-certificates"]))?;
    }
    let mut command = enter(&root);
    command
        .args(["sh", "-c", &format!("cd /{CHECKOUT} && exec \"$@\""), "sh"])
        .args(&request.command);
    let status = command.status().context("chroot does not start")?;
    Ok(ExitCode::from(
        status
            .code()
            .and_then(|code| u8::try_from(code).ok())
            .unwrap_or(1),
    ))
}

/// The mount namespace that this process is in.
pub(super) fn mount_namespace() -> Result<OsString> {
    Ok(fs::read_link("/proc/self/ns/mnt")?.into_os_string())
}

fn mount_system(root: &Path) -> Result<()> {
    mount(root, "proc", &["-t", "proc", "proc"])?;
    mount(root, "sys", &["-t", "sysfs", "-o", "ro", "sysfs"])?;
    mount(root, "dev", &["-t", "tmpfs", "-o", "mode=755", "tmpfs"])?;
    for device in ["null", "zero", "full", "random", "urandom", "tty"] {
        fs::write(root.join("dev").join(device), "")?;
        mount(
            root,
            &format!("dev/{device}"),
            &["--bind", &format!("/dev/{device}")],
        )?;
    }
    for (name, target) in [
        ("fd", "/proc/self/fd"),
        ("stdin", "/proc/self/fd/0"),
        ("stdout", "/proc/self/fd/1"),
    ] {
        symlink(target, root.join("dev").join(name))?;
    }
    symlink("/proc/self/fd/2", root.join("dev/stderr"))?;
    symlink("pts/ptmx", root.join("dev/ptmx"))?;
    mount(
        root,
        "dev/pts",
        &[
            "-t",
            "devpts",
            "-o",
            "newinstance,ptmxmode=0666,mode=620,gid=5",
            "devpts",
        ],
    )?;
    mount(
        root,
        "dev/shm",
        &["-t", "tmpfs", "-o", "mode=1777", "tmpfs"],
    )?;
    Ok(())
}

fn lend(root: &Path, toolchains: &Toolchains) -> Result<()> {
    mount_read_only(root, "opt/rust", &toolchains.rust)?;
    mount_read_only(root, "opt/node/bin/node", &toolchains.node)?;
    mount_read_only(root, "opt/node/lib/node_modules/npm", &toolchains.npm)?;
    for name in ["npm", "npx"] {
        let link = root.join("opt/node/bin").join(name);
        if fs::symlink_metadata(&link).is_err() {
            symlink(format!("../lib/node_modules/npm/bin/{name}-cli.js"), link)?;
        }
    }
    for (here, inside) in host::configuration() {
        mount_read_only(root, inside, &here)?;
    }
    Ok(())
}

/// `chroot` with an environment of its own.
fn enter(root: &Path) -> Command {
    let mut command = Command::new("chroot");
    command.env_clear().arg(root).env("PATH", PATH);
    command
        .env("HOME", "/root")
        .env("USER", "root")
        .env("LANG", "C.UTF-8")
        .env("CI", "true");
    command.envs(host::environment(root));
    command
}

fn mount(root: &Path, at: &str, arguments: &[&str]) -> Result<()> {
    let point = root.join(at);
    if !point.exists() {
        fs::create_dir_all(&point)?;
    }
    process::output(Command::new("mount").args(arguments).arg(&point)).map(drop)
}

fn mount_read_only(root: &Path, at: &str, from: &Path) -> Result<()> {
    let point = root.join(at);
    let Some(parent) = point.parent() else {
        bail!("{at} has no folder")
    };
    fs::create_dir_all(parent)?;
    if from.is_file() && !point.exists() {
        fs::write(&point, "")?;
    }
    let from = from.to_string_lossy();
    mount(root, at, &["--bind", &from])?;
    process::output(
        Command::new("mount")
            .args(["-o", "remount,bind,ro"])
            .arg(&point),
    )
    .map(drop)
}
