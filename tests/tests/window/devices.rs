//! A second machine of the same person in the real window: taken in by the one that is there, and asking as the new one.

use crate::{both_themes, filled, unlocked};
use anyhow::{Context as _, Result, ensure};
use keystead_tests::{
    PASSPHRASE, cli::Cli, journey::WindowManager, machine::Machine, window::Window,
};
use std::fs;

/// What stands in a field.
async fn value(window: &Window, id: &str) -> Result<String> {
    window.see(id).await?;
    let source = format!("return document.querySelector('[data-testid=\"{id}\"]').value");
    let value = window.script(&source).await?;
    Ok(value.as_str().context("text")?.to_owned())
}

#[tokio::test]
async fn a_second_machine_is_taken_in_and_one_asks() -> Result<()> {
    let (one, two, three) = (Machine::new()?, Machine::new()?, Machine::new()?);
    let _manager = WindowManager::start(&one)?;
    filled(&one)?;
    let first = Cli::new(&one)?;
    first.ok(&["card", "--name", "Ann Lee"])?;
    first.ok(&["space", "create", "acme"])?;
    let key = ["-p", "shop", "-e", "dev"];
    let words = [&["--space", "acme", "set", "API_KEY", "--yes"], &key[..]].concat();
    first.ok_with(&words, b"sk-first")?;
    let shared = tempfile::tempdir()?;
    let place = shared.path().to_str().context("UTF-8")?;
    first.ok(&["--space", "acme", "remote", "add", place])?;

    // The other machine asks by the command line; a code that is not its own takes in nobody.
    let second = Cli::new(&two)?;
    second.ok(&["init", "--kdf-memory", "64", "--kdf-passes", "3"])?;
    let asked = second.ok(&["device", "request", "--json"])?.json();
    let said = |name: &str| asked[name].as_str().context("said").map(str::to_owned);
    let (code, request) = (said("code")?, said("text")?);
    let window = unlocked(&one, &[]).await?;
    window.resize(1280, 800).await?;
    window.click("nav-settings").await?;
    window.see("settings-devices").await?;
    window.click("device-add").await?;
    window.paste("enrol-request", &request).await?;
    window
        .fill("enrol-code", "0000-0000-0000-0000-0000")
        .await?;
    window.click("enrol-next").await?;
    let said = || async {
        let text = window.text("enrol-dialog").await?;
        Ok(text.contains("The code is not that of this request"))
    };
    window.until("it says so at the code", said).await?;
    both_themes(&window, "devices", "wrong-code").await?;
    window.fill("enrol-code", &code.to_lowercase()).await?;
    window.click("enrol-next").await?;
    window.see("enrol-space-acme").await?;
    both_themes(&window, "devices", "choose").await?;
    window.fill("present-passphrase", PASSPHRASE).await?;
    window.click("enrol-save").await?;
    let welcome = value(&window, "welcome-text").await?;
    both_themes(&window, "devices", "welcome").await?;
    window.click("enrol-done").await?;
    let answer = window.see("confirm-welcome-yes").await;
    if answer.is_ok() {
        window.click("confirm-welcome-yes").await?;
    }
    let file = two.root().join("welcome.txt");
    fs::write(&file, welcome)?;
    second.ok(&["device", "join", file.to_str().context("UTF-8")?, "--yes"])?;
    let words = [&["--space", "acme", "get", "API_KEY"], &key[..]].concat();
    let reads = || async {
        second.run(&["--space", "acme", "sync"])?;
        Ok(second.run(&words)?.text() == "sk-first")
    };
    window.until("the second machine reads", reads).await?;
    both_themes(&window, "devices", "listed").await?;
    drop(window);

    // A new machine asks in its window, and the first one answers by the command line.
    let third = Cli::new(&three)?;
    third.ok(&["init", "--kdf-memory", "64", "--kdf-passes", "3"])?;
    let window = Window::open(&three, &[]).await?;
    window.resize(1280, 800).await?;
    window.fill("unlock-passphrase", PASSPHRASE).await?;
    window.click("unlock-submit").await?;
    window.see("second-machine").await?;
    both_themes(&window, "devices", "new-machine").await?;
    window.click("second-machine").await?;
    let code = window.text("ask-code").await?;
    both_themes(&window, "devices", "asks").await?;
    let request = one.root().join("request.txt");
    fs::write(&request, value(&window, "request-text").await?)?;
    let words = [
        "device",
        "add",
        request.to_str().context("UTF-8")?,
        "--primary",
        "--yes",
    ];
    let added = first.ok_with(&words, code.as_bytes())?;
    first.ok(&["--space", "acme", "sync"])?;
    window.click("ask-next").await?;
    window.paste("ask-welcome", added.text()).await?;
    window.says("ask-name", "Ann Lee").await?;
    both_themes(&window, "devices", "is-that-you").await?;
    window.click("ask-join").await?;
    let spaces = || async {
        let spaces = third.run(&["space", "--json"])?;
        Ok(spaces.code == 0 && spaces.text().contains("acme"))
    };
    window.until("the space came along", spaces).await?;
    let card = third.ok(&["card", "--json"])?.json();
    ensure!(card["name"] == "Ann Lee", "{card}");
    let words = [&["--space", "acme", "get", "API_KEY"], &key[..]].concat();
    let reads = || async {
        third.run(&["--space", "acme", "sync"])?;
        Ok(third.run(&words)?.text() == "sk-first")
    };
    window.until("the third machine reads", reads).await?;
    both_themes(&window, "devices", "joined").await?;
    Ok(())
}
