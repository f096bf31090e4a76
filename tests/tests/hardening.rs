//! Pins what the window is allowed to be, and which crate may use `unsafe`: a change here is a decision.

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use std::{
    fs,
    path::{Path, PathBuf},
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &str) -> Result<Value> {
    let text = fs::read_to_string(root().join(path)).context(path.to_owned())?;
    Ok(serde_json::from_str(&text)?)
}

#[test]
fn the_page_can_load_nothing_from_elsewhere() -> Result<()> {
    let config = read("src-tauri/tauri.conf.json")?;
    let security = &config["app"]["security"];
    let csp = security["csp"].as_str().context("a policy")?;
    let mut directives: Vec<&str> = csp.split("; ").collect();
    directives.sort_unstable();
    assert_eq!(
        directives,
        [
            "base-uri 'none'",
            "connect-src ipc: http://ipc.localhost",
            "default-src 'none'",
            "font-src 'self'",
            "form-action 'none'",
            "frame-ancestors 'none'",
            "img-src 'self' data:",
            "object-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
        ]
    );
    assert_eq!(security["freezePrototype"], true);
    assert_eq!(security["dangerousDisableAssetCspModification"], false);
    assert_eq!(security["assetProtocol"]["enable"], false);
    assert_eq!(config["app"]["withGlobalTauri"], false);
    assert!(
        config["build"].get("devUrl").is_none(),
        "no remote content, not in development either"
    );
    Ok(())
}

#[test]
fn a_window_has_four_commands_and_hears_notices() -> Result<()> {
    let capabilities: Vec<_> = fs::read_dir(root().join("src-tauri/capabilities"))?
        .map(|entry| entry.map(|e| e.file_name()))
        .collect::<Result<_, _>>()?;
    assert_eq!(capabilities, ["window.json"], "one capability file");
    let capability = read("src-tauri/capabilities/window.json")?;
    assert_eq!(capability["windows"], json!(["keystead-*"]));
    assert!(capability.get("remote").is_none());
    assert_eq!(
        capability["permissions"],
        json!([
            "core:event:allow-listen",
            "core:event:allow-unlisten",
            "allow-call",
            "allow-pick-file",
            "allow-pick-folder",
            "allow-pick-save"
        ])
    );
    Ok(())
}

#[test]
fn developer_tools_are_not_in_a_release() -> Result<()> {
    for manifest in ["Cargo.toml", "src-tauri/Cargo.toml"] {
        let text = fs::read_to_string(root().join(manifest))?;
        assert!(
            !text.contains("devtools"),
            "tauri's devtools feature keeps them in a release: {manifest}"
        );
    }
    Ok(())
}

#[test]
fn only_the_memory_crate_may_hold_unsafe_code() -> Result<()> {
    let workspace = fs::read_to_string(root().join("Cargo.toml"))?;
    assert!(workspace.contains("unsafe_code = \"forbid\""));
    for member in [
        "crypto-core",
        "vault",
        "formats",
        "workbench",
        "cli",
        "src-tauri",
        "tests",
        "benches",
        "xtask",
    ] {
        let manifest = fs::read_to_string(root().join(member).join("Cargo.toml"))?;
        assert!(
            manifest.contains("[lints]\nworkspace = true"),
            "{member} has the workspace's lints"
        );
    }
    Ok(())
}

#[test]
fn every_crate_but_memory_forbids_unsafe_code() -> Result<()> {
    let workspace = fs::read_to_string(root().join("Cargo.toml"))?;
    assert!(
        workspace.contains("[workspace.lints.rust]\nunsafe_code = \"forbid\""),
        "the workspace's lints forbid it"
    );
    let (_, members) = workspace.split_once("members = [").context("members")?;
    let (members, _) = members.split_once(']').context("the list's end")?;
    let members: Vec<&str> = members.split('"').skip(1).step_by(2).collect();
    assert!(members.len() >= 10, "{members:?}");
    for member in members {
        let manifest = fs::read_to_string(root().join(member).join("Cargo.toml"))?;
        let takes_them = manifest.contains("[lints]\nworkspace = true");
        assert_eq!(takes_them, member != "memory", "{member}");
    }
    let fuzz = fs::read_to_string(root().join("fuzz/Cargo.toml"))?;
    assert!(fuzz.contains("unsafe_code = \"forbid\""), "fuzz");
    Ok(())
}
