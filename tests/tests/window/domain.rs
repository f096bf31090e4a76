//! The sample vault in the real window: found, protected, taken back.

use crate::{both_themes, pictures};
use anyhow::{Context as _, Result, ensure};
use keystead_tests::{cli::Cli, journey::WindowManager, machine::Machine, window::Window};

#[tokio::test]
async fn the_sample_is_searched_asks_for_what_is_protected_and_takes_back() -> Result<()> {
    let machine = Machine::new()?;
    // Without one the keyboard is wherever the test before left it.
    let _manager = WindowManager::start(&machine)?;
    let window = Window::open(&machine, &[]).await?;
    window.resize(1280, 800).await?;
    window.see("open-sample").await?;
    both_themes(&window, "domain", "create").await?;
    window.click("open-sample").await?;
    window.see("row-OPENAI_API_KEY").await?;
    window.see("protected-prod").await?;
    both_themes(&window, "domain", "sample").await?;
    window.click("cell-OPENAI_API_KEY-staging").await?;
    window.says("inspector-name", "OPENAI_API_KEY").await?;
    both_themes(&window, "domain", "workbench").await?;
    window.press("Ctrl+2").await?;
    window.see("view-audit").await?;
    both_themes(&window, "domain", "audit").await?;
    window.press("Ctrl+1").await?;

    // With a gap, in whichever project; Enter takes the best one.
    window.press("Ctrl+k").await?;
    window.focused("palette-input").await?;
    window.write("clkhouse fraud").await?;
    window.see("palette-secret-CLICKHOUSE_URL").await?;
    both_themes(&window, "domain", "palette").await?;
    window.press("Enter").await?;
    window.says("inspector-name", "CLICKHOUSE_URL").await?;
    window.see("cell-CLICKHOUSE_URL-dr").await?;
    let state = window
        .script("return document.querySelector('[data-testid=\"cell-CLICKHOUSE_URL-dr\"]').dataset.state")
        .await?;
    ensure!(state == "inherited", "{state}");

    window.click("inspector-environment-prod").await?;
    window.see("reveal").await?;
    window.click("reveal").await?;
    window.see("protected-dialog").await?;
    ensure!(!window.sees("value").await?);
    both_themes(&window, "domain", "protected").await?;
    window.press("Escape").await?;
    window.gone("protected-dialog").await?;
    ensure!(!window.sees("value").await?, "refused is refused");
    window.click("reveal").await?;
    window.see("protected-dialog").await?;
    // Enter alone refuses: whoever pressed it once too often has let nothing out.
    let on_cancel = || async {
        let focus = window
            .script("return document.activeElement?.dataset.testid")
            .await?;
        Ok(focus == "protected-cancel")
    };
    window.until("the focus is on Cancel", on_cancel).await?;
    window.press("Tab").await?;
    window.focused("protected-confirm").await?;
    window.press("Enter").await?;
    let shown = window.text("value").await?;
    ensure!(shown.starts_with("clickhouse://"), "a value is shown");

    // What a terminal did is taken back by keys in the window, and seen there.
    let vault = machine.vault().with_file_name("sample.keystead");
    let vault = vault.to_str().context("UTF-8")?.to_owned();
    let cli = Cli::new(&machine)?;
    let place = ["--vault", &vault, "-p", "fraud-signals", "-e", "dev"];
    let with = |words: &[&'static str]| -> Vec<String> {
        let words = words.iter().map(ToString::to_string);
        words.chain(place.iter().map(ToString::to_string)).collect()
    };
    let run = |words: Vec<String>| -> Result<String> {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        Ok(cli.ok(&words)?.text().to_owned())
    };
    let before = run(with(&["get", "CLICKHOUSE_URL"]))?;
    run(with(&["rotate", "CLICKHOUSE_URL", "--generate", "hex"]))?;
    let rotated = run(with(&["get", "CLICKHOUSE_URL"]))?;
    ensure!(rotated != before);
    window.press("Ctrl+z").await?;
    window
        .says(
            "toast-done",
            "Took back: CLICKHOUSE_URL in dev of fraud-signals",
        )
        .await?;
    both_themes(&window, "domain", "undo").await?;
    ensure!(run(with(&["get", "CLICKHOUSE_URL"]))? == before);
    window.press("Ctrl+Shift+z").await?;
    let get = || async { Ok(run(with(&["get", "CLICKHOUSE_URL"]))? == rotated) };
    window.until("the rotation is made again", get).await?;
    window.resize(1024, 800).await?;
    window
        .picture(&pictures().join("domain"), "narrow-light")
        .await?;
    Ok(())
}
