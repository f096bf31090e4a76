//! What is chosen in the real window holds, and is seen by a terminal.

use crate::{filled, unlocked};
use anyhow::{Context as _, Result, ensure};
use keystead_tests::{cli::Cli, machine::Machine};
use std::fs;

#[tokio::test]
async fn settings_hold_for_the_window_and_backups_come_by_themselves() -> Result<()> {
    let machine = Machine::new()?;
    filled(&machine)?;
    let cli = Cli::new(&machine)?;
    let backups = machine.root().join("backups");
    fs::create_dir(&backups)?;
    let to = backups.to_str().context("UTF-8")?;
    cli.ok(&["settings", "--backups-to", to])?;
    let window = unlocked(&machine, &[]).await?;
    let made = || Ok(fs::read_dir(&backups)?.count() == 1);
    window.until("a backup", || async { made() }).await?;
    window.press("Ctrl+,").await?;
    window.click("preset-strict").await?;
    window
        .says("preset-preview", "Strict would change 2 choices")
        .await?;
    window.click("preset-apply").await?;
    window.gone("preset-preview").await?;
    // A terminal sees what the window chose, and the window what the terminal chooses.
    ensure!(
        cli.ok(&["settings"])?
            .text()
            .contains("auto-lock         2 min")
    );
    cli.ok(&["settings", "--clipboard", "90s"])?;
    window
        .until("the terminal's choice", || async {
            let chosen =
                "return document.querySelector('[data-testid=clipboard-90]')?.dataset.state";
            Ok(window.script(chosen).await? == "checked")
        })
        .await?;
    Ok(())
}
