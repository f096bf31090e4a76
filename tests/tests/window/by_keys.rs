//! Two environments compared, the missing one filled, taken back, and a secret found by pasting its value: by keyboard
//! alone, in the real window, with the machine's own clipboard.

use crate::pictures;
use anyhow::{Context as _, Result, ensure};
use keystead_tests::{
    PASSPHRASE, cli::Cli, journey::WindowManager, machine::Machine, window::Window,
};

const SHARED: &str = "sk-proj-onlyInDev00000000000000000000000000";

/// dev has three secrets, prod one of them; another project has a name in common.
fn filled(machine: &Machine) -> Result<()> {
    let cli = Cli::new(machine)?;
    cli.ok(&["init", "--kdf-memory", "64", "--kdf-passes", "3"])?;
    for (project, environment, name, value) in [
        ("churn-model", "dev", "OPENAI_API_KEY", SHARED),
        (
            "churn-model",
            "dev",
            "HF_TOKEN",
            "hf_inDevAlone000000000000000000000000",
        ),
        ("churn-model", "dev", "REGION", "eu-central-1"),
        ("churn-model", "prod", "REGION", "eu-west-1"),
        (
            "labelling",
            "dev",
            "HF_TOKEN",
            "hf_another00000000000000000000000000",
        ),
    ] {
        let words = ["set", name, "-p", project, "-e", environment, "--yes"];
        cli.ok_with(&words, value.as_bytes())?;
    }
    Ok(())
}

async fn state_of(window: &Window, cell: &str) -> Result<String> {
    let source = format!(
        "return document.querySelector('[data-testid=\"{cell}\"]')?.dataset.state ?? 'none'"
    );
    let state = window.script(&source).await?;
    Ok(state.as_str().context("a state")?.to_owned())
}

#[tokio::test]
async fn environments_are_compared_filled_and_taken_back_and_a_value_is_found_by_keys() -> Result<()>
{
    let machine = Machine::new()?;
    filled(&machine)?;
    let _manager = WindowManager::start(&machine)?;
    let window = Window::open(&machine, &[]).await?;
    window.focused("unlock-passphrase").await?;
    window.write(PASSPHRASE).await?;
    window.press("Enter").await?;
    window.see("row-OPENAI_API_KEY").await?;
    window.focused("matrix").await?;

    // Compare, by the palette.
    window.press("Ctrl+k").await?;
    window.focused("palette-input").await?;
    window.write("compare env").await?;
    window.see("palette-command-environment.compare").await?;
    window.press("Enter").await?;
    window.see("compare-dialog").await?;
    window.see("compare-row-OPENAI_API_KEY").await?;
    window.says("compare-fill", "Fill 2 in prod").await?;
    let folder = pictures().join("domain");
    window.picture(&folder, "compare-light").await?;
    window.reach("Tab", "compare-fill").await?;
    window.press("Enter").await?;
    window.says("toast-done", "Filled 2 in prod").await?;
    let filled = || async { Ok(state_of(&window, "cell-OPENAI_API_KEY-prod").await? == "same") };
    window.until("prod has what dev has", filled).await?;
    if window.sees("compare-dialog").await? {
        window.press("Escape").await?;
        window.gone("compare-dialog").await?;
    }

    // Taken back, and made again.
    window.press("Ctrl+z").await?;
    window.says("toast-done", "Took back").await?;
    let missing =
        || async { Ok(state_of(&window, "cell-OPENAI_API_KEY-prod").await? == "missing") };
    window.until("prod lacks it again", missing).await?;
    ensure!(state_of(&window, "cell-REGION-prod").await? == "set");

    // One value onto the clipboard, from the list; then: which secret is it?
    window.reach("Tab", "matrix").await?;
    window.press("Home").await?;
    window.press("ArrowDown").await?;
    window.press("Enter").await?;
    window.says("inspector-name", "OPENAI_API_KEY").await?;
    window.press("Ctrl+Shift+c").await?;
    window.says("toast-done", "Copied").await?;
    window.press("Escape").await?;
    window.gone("inspector").await?;
    window.press("Ctrl+Shift+f").await?;
    window.focused("find-value-input").await?;
    window.press("Ctrl+v").await?;
    window
        .says("find-value-words", "OPENAI_API_KEY in dev of churn-model")
        .await?;
    window.picture(&folder, "find-value-light").await?;
    window.focused("find-value-hit-0").await?;
    window.press("Enter").await?;
    window.gone("find-value-dialog").await?;
    window.says("inspector-name", "OPENAI_API_KEY").await?;

    // Filters in words, in the list.
    window.press("/").await?;
    window.focused("filter").await?;
    window.write("missing:prod kind:model").await?;
    window.says("secret-count", "2").await?;
    window.gone("row-REGION").await?;
    window.picture(&folder, "filter-light").await?;
    window.press("Escape").await?;
    window.see("row-REGION").await?;

    // Several at once.
    window.reach("Tab", "matrix").await?;
    window.press("Home").await?;
    window.press("Space").await?;
    window.press("Shift+ArrowDown").await?;
    window.says("selection-count", "2").await?;
    window.picture(&folder, "selection-light").await?;
    window.reach("Shift+Tab", "selection-tag").await?;
    window.press("Enter").await?;
    window.see("tag-dialog").await?;
    window.press("Escape").await?;
    window.gone("tag-dialog").await?;
    Ok(())
}
