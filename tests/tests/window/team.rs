//! A team lead's side in the real window, with somebody else on another machine by the command line: a space, where it is
//! kept, an invite, the number that both compare, what the other one writes, and a removal.

use crate::{both_themes, filled, unlocked};
use anyhow::{Context as _, Result, ensure};
use keystead_tests::{cli::Cli, journey::WindowManager, machine::Machine, window::Window};
use std::fs;

/// What the element's attribute of that name says.
async fn data(window: &Window, id: &str, name: &str) -> Result<String> {
    window.see(id).await?;
    let source = format!("return document.querySelector('[data-testid=\"{id}\"]').dataset.{name}");
    let said = window.script(&source).await?;
    Ok(said.as_str().context("text")?.to_owned())
}

#[tokio::test]
async fn a_lead_shares_a_project_and_takes_it_back() -> Result<()> {
    let (one, two) = (Machine::new()?, Machine::new()?);
    let _manager = WindowManager::start(&one)?;
    filled(&one)?;
    let ann = Cli::new(&one)?;
    ann.ok(&["card", "--name", "Ann Lee"])?;
    let ben = Cli::new(&two)?;
    ben.ok(&["init", "--kdf-memory", "64", "--kdf-passes", "3"])?;
    let card = ben.ok(&["card", "--name", "Ben Ito"])?.text().to_owned();
    let shared = tempfile::tempdir()?;
    let folder = shared.path().join("storage");
    fs::create_dir(&folder)?;

    let window = unlocked(&one, &[]).await?;
    window.resize(1280, 800).await?;
    window.press("Ctrl+3").await?;
    window.see("empty-team").await?;
    both_themes(&window, "team", "empty").await?;
    window.click("empty-space-new").await?;
    window.fill("space-name", "acme").await?;
    window.press("Enter").await?;
    window.see("team-alone").await?;
    both_themes(&window, "team", "alone").await?;

    // A project with a value, which the terminal sets in the space that is named.
    let in_team = |words: &[&str]| -> Vec<String> {
        let space = ["--space", "acme"].iter();
        space.chain(words).map(ToString::to_string).collect()
    };
    let run = |cli: &Cli<'_>, words: &[&str], input: &str| -> Result<String> {
        let words = in_team(words);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        Ok(cli.ok_with(&words, input.as_bytes())?.text().to_owned())
    };
    let key = ["-p", "shop", "-e", "dev"];
    let with = |words: &[&'static str]| [words, &key[..]].concat();
    run(&ann, &with(&["set", "API_KEY", "--yes"]), "sk-first")?;
    window.see("project-shop").await?;

    // Where it is kept.
    window.press("Ctrl+3").await?;
    window.click("storage-choose").await?;
    window.see("storage-dialog").await?;
    window.click("storage-pick").await?;
    window.answer_dialog("Choose a folder", &folder).await?;
    window.shows_path("storage-path", &folder).await?;
    both_themes(&window, "team", "storage").await?;
    window.click("storage-save").await?;
    window.see("storage-synced").await?;

    // Ben's card, what he gets, and the invite that only his device opens.
    window.click("invite").await?;
    window.paste("invite-card", &card).await?;
    window.see("invite-read").await?;
    window.click("grant-role-0").await?;
    window.click("grant-role-0-option-editor").await?;
    both_themes(&window, "team", "invite").await?;
    window.click("invite-save").await?;
    window.see("invited-dialog").await?;
    both_themes(&window, "team", "invited").await?;
    let invite = window
        .script("return document.querySelector('[data-testid=\"invite-text-0\"]').value")
        .await?;
    let file = two.root().join("invite.txt");
    fs::write(&file, invite.as_str().context("an invite")?)?;
    window.click("invited-close").await?;
    ben.ok(&["accept", file.to_str().context("UTF-8")?, "--yes"])?;
    let synced = || async {
        run(&ben, &["sync"], "")?;
        let got = ben.run(&[
            "--space", "acme", "get", "API_KEY", "-p", "shop", "-e", "dev",
        ])?;
        Ok(got.text() == "sk-first")
    };
    window.until("Ben reads the value", synced).await?;

    // The number is the same on both sides.
    window.see("member-Ben Ito").await?;
    ensure!(data(&window, "trust-Ben Ito", "trust").await? == "pinned");
    window.click("look-Ben Ito").await?;
    let number = window.text("member-number").await?;
    let digits = |text: &str| {
        text.chars()
            .filter(char::is_ascii_digit)
            .collect::<String>()
    };
    let theirs = run(&ben, &["verify", "Ann Lee"], "")?;
    ensure!(digits(&number).len() == 60 && digits(&number) == digits(&theirs));
    both_themes(&window, "team", "member").await?;
    window.click("number-match").await?;
    let verified = || async { Ok(data(&window, "member-trust", "trust").await? == "verified") };
    window.until("Ben is verified", verified).await?;

    // What Ben writes shows by itself.
    run(&ben, &with(&["set", "BENS_KEY", "--yes"]), "sk-ben")?;
    run(&ben, &["sync"], "")?;
    window.click("project-shop").await?;
    window.see("row-BENS_KEY").await?;
    both_themes(&window, "team", "workbench").await?;

    // He goes, with a list of what he could read.
    window.press("Ctrl+3").await?;
    window.click("look-Ben Ito").await?;
    window.click("member-remove").await?;
    window.see("removal-steps").await?;
    window.says("removal-tile-values", "2").await?;
    both_themes(&window, "team", "removal").await?;
    window.resize(1024, 800).await?;
    both_themes(&window, "team", "removal-narrow").await?;
    window.resize(1280, 800).await?;
    window.click("removal-remove").await?;
    window.gone("member-Ben Ito").await?;
    window.says("toast-done", "Ben Ito was removed").await?;
    both_themes(&window, "team", "removed").await?;
    run(&ann, &with(&["set", "API_KEY", "--yes"]), "sk-second")?;
    run(&ann, &["sync"], "")?;
    run(&ben, &["sync"], "")?;
    let known = run(&ben, &with(&["get", "API_KEY"]), "")?;
    ensure!(known == "sk-first", "{known}");

    // A folder that is gone is said, and the window goes on.
    fs::rename(&folder, shared.path().join("away"))?;
    window.click("sync-now").await?;
    window.see("storage-problem").await?;
    both_themes(&window, "team", "problem").await?;
    // The own space is as it was.
    window.click("space-switcher").await?;
    window.see("space-new").await?;
    both_themes(&window, "team", "switcher").await?;
    window.press("Escape").await?;
    Ok(())
}
