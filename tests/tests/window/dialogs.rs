//! What the workbench opens, over the sample vault: each as pictures in both themes and at both widths, and without a
//! violation in either theme.

use crate::look;
use anyhow::{Result, ensure};
use keystead_tests::{cli::Cli, machine::Machine, window::Window};

async fn sample(machine: &Machine) -> Result<Window> {
    let window = Window::open(machine, &[]).await?;
    window.click("open-sample").await?;
    window.see("row-OPENAI_API_KEY").await?;
    Ok(window)
}

/// Opens by the palette, as a person who knows what it is called.
async fn command(window: &Window, id: &str, words: &str) -> Result<()> {
    window.click("palette-trigger").await?;
    window.fill("palette-input", words).await?;
    window.click(&format!("palette-command-{id}")).await
}

async fn close(window: &Window, dialog: &str) -> Result<()> {
    window.press("Escape").await?;
    window.gone(dialog).await
}

#[tokio::test]
async fn lists_filters_and_selections_are_accessible_in_both_themes() -> Result<()> {
    let machine = Machine::new()?;
    let window = sample(&machine).await?;
    look(&window, "sample").await?;
    window.click("environment-staging").await?;
    look(&window, "list").await?;
    window.click("environment-all").await?;
    window.fill("filter", "no such secret at all").await?;
    window.see("empty-filter").await?;
    look(&window, "empty-filter").await?;
    window.click("filter-clear").await?;
    window.see("row-OPENAI_API_KEY").await?;
    window.click("filter-help").await?;
    look(&window, "filter-help").await?;
    window.press("Escape").await?;
    window.click("row-OPENAI_API_KEY").await?;
    window.says("inspector-name", "OPENAI_API_KEY").await?;
    look(&window, "inspector").await?;
    window.click("inspector-close").await?;
    window.gone("inspector").await?;
    window.click("select-OPENAI_API_KEY").await?;
    window.click("select-HF_TOKEN").await?;
    window.says("selection-count", "2").await?;
    look(&window, "selection").await?;
    for (button, dialog) in [
        ("selection-tag", "tag-dialog"),
        ("selection-move", "move-dialog"),
        ("selection-rotate", "rotate-many-dialog"),
        ("selection-export", "export-dialog"),
    ] {
        window.click(button).await?;
        window.see(dialog).await?;
        look(&window, dialog).await?;
        close(&window, dialog).await?;
    }
    Ok(())
}

#[tokio::test]
async fn dialogs_of_the_workbench_are_accessible_in_both_themes() -> Result<()> {
    let machine = Machine::new()?;
    let window = sample(&machine).await?;
    window.click("compare").await?;
    window.see("compare-dialog").await?;
    look(&window, "compare").await?;
    window.click("compare-tab-differ").await?;
    look(&window, "compare-differ").await?;
    close(&window, "compare-dialog").await?;
    window.click("environment-settings").await?;
    window.see("environments-dialog").await?;
    look(&window, "environments").await?;
    close(&window, "environments-dialog").await?;
    command(&window, "find.value", "which secret").await?;
    window
        .paste("find-value-input", "nobody has this one")
        .await?;
    window.click("find-value-submit").await?;
    window.see("find-value-none").await?;
    look(&window, "find-value-none").await?;
    close(&window, "find-value-dialog").await?;
    command(&window, "log", "was changed").await?;
    window.see("log-dialog").await?;
    look(&window, "log").await?;
    close(&window, "log-dialog").await?;
    window.click("row-DATABASE_URL").await?;
    window.says("inspector-name", "DATABASE_URL").await?;
    look(&window, "inspector-whole").await?;
    window.see("credential-parts").await?;
    window.see("file-database-ca.pem").await?;
    for (button, dialog) in [
        ("history-open", "history-dialog"),
        ("credential-edit", "credential-dialog"),
        ("credential-rotate", "rotate-credential-dialog"),
    ] {
        window.click(button).await?;
        window.see(dialog).await?;
        look(&window, dialog).await?;
        close(&window, dialog).await?;
    }
    window.click("details-edit").await?;
    window.see("details-dialog").await?;
    look(&window, "details").await?;
    close(&window, "details-dialog").await?;
    window.click("palette-trigger").await?;
    window.fill("palette-input", "xyzzy plugh").await?;
    window.see("palette-empty").await?;
    look(&window, "palette-empty").await?;
    window.press("Escape").await?;
    window.gone("palette").await?;
    ensure!(
        !window.sees("toast-failed").await?,
        "nothing failed on the way"
    );
    Ok(())
}

async fn add(window: &Window, name: &str, value: Option<&str>) -> Result<()> {
    window.press("Ctrl+n").await?;
    window.see("add-dialog").await?;
    window.fill("add-name", name).await?;
    match value {
        Some(value) => window.paste("add-value-input", value).await?,
        None => {
            window.click("add-generate").await?;
            window.click("shape-ssh_key").await?;
        }
    }
    window.click("add-save").await?;
    window.gone("add-dialog").await?;
    window.says("inspector-name", name).await
}

#[tokio::test]
async fn cards_copies_codes_and_public_keys_are_accessible_in_both_themes() -> Result<()> {
    let machine = Machine::new()?;
    let window = sample(&machine).await?;
    window.click("nav-settings").await?;
    window.says("card-fingerprint", " ").await?;
    window.click("card-show").await?;
    look(&window, "card").await?;
    let text = "return document.querySelector('[data-testid=\"card-text\"]').value";
    let card = window.script(text).await?;
    let card = card.as_str().unwrap_or_default().to_owned();
    ensure!(card.starts_with("-----BEGIN KEYSTEAD CARD-----"), "{card}");
    // Somebody else's, out of a vault of their own.
    let other = Machine::new()?;
    let cli = Cli::new(&other)?;
    cli.ok(&["init", "--kdf-memory", "64", "--kdf-passes", "3"])?;
    let theirs = cli.ok(&["card"])?;
    let name = cli.ok(&["card", "--json"])?.json()["name"].clone();
    let name = name.as_str().unwrap_or_default().to_owned();
    window.click("person-add").await?;
    window.paste("add-card-text", theirs.text()).await?;
    window.see("add-card-read").await?;
    look(&window, "add-card").await?;
    window.click("add-card-save").await?;
    window.gone("add-card-dialog").await?;
    window.click(&format!("person-compare-{name}")).await?;
    window.see("verify-number").await?;
    look(&window, "verify").await?;
    window.click("verify-save").await?;
    window.gone("verify-dialog").await?;
    window
        .says(&format!("person-state-{name}"), "Verified")
        .await?;
    look(&window, "people").await?;
    window.click("nav-workbench").await?;
    window.click("row-OPENAI_API_KEY").await?;
    window.says("inspector-name", "OPENAI_API_KEY").await?;
    command(&window, "secret.send", "send a copy").await?;
    window.see("send-dialog").await?;
    window.see("send-recipient").await?;
    look(&window, "send").await?;
    window.click("send-to").await?;
    window.click("send-to-option-").await?;
    window.paste("send-card", "not a card").await?;
    window.says("send-dialog", "This is no card").await?;
    look(&window, "send-refused").await?;
    window.paste("send-card", &card).await?;
    window.see("send-recipient").await?;
    look(&window, "send-recipient").await?;
    close(&window, "send-dialog").await?;

    let uri = "otpauth://totp/GitHub:mara?secret=JBSWY3DPEHPK3PXP&issuer=GitHub";
    add(&window, "GITHUB_TOTP", Some(uri)).await?;
    window.click("code-show").await?;
    window.see("code").await?;
    look(&window, "code").await?;
    add(&window, "DEPLOY_KEY", None).await?;
    window.click("public-half-show").await?;
    window.says("public-half", "ssh-ed25519").await?;
    look(&window, "public-half").await
}
