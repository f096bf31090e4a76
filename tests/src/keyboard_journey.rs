//! The main job once more, by keyboard alone: no click, and no focus set by
//! script. Wherever the keyboard is, it shows. What values and files become is
//! the other journey's to check.

use crate::{
    PASSPHRASE,
    journey::{FIRST, KEY, SECOND, WindowManager, Witness, clipboard},
    machine::Machine,
    sample_env,
    window::Window,
};
use anyhow::ensure;
use std::{fs, path::Path};

/// Walks it; fails with the step that did not hold.
pub async fn walk_by_keyboard(pictures: &Path, witness: &mut dyn Witness) -> anyhow::Result<()> {
    let machine = Machine::new()?;
    let _manager = WindowManager::start(&machine)?;
    let mut journey = Journey {
        window: Window::open(&machine, &[]).await?,
        machine: &machine,
        pictures,
        witness,
    };
    journey.create().await?;
    journey.import().await?;
    journey.look_around().await?;
    journey.reveal_and_copy().await?;
    journey.rotate().await?;
    journey.link().await?;
    journey.audit().await?;
    journey.unlink().await?;
    journey.lock().await
}

struct Journey<'j> {
    machine: &'j Machine,
    window: Window,
    pictures: &'j Path,
    witness: &'j mut dyn Witness,
}

impl Journey<'_> {
    async fn create(&mut self) -> anyhow::Result<()> {
        let w = &self.window;
        w.focused("create-passphrase").await?;
        w.write(PASSPHRASE).await?;
        w.says("strength", "to guess").await?;
        w.reach("Tab", "create-again").await?;
        w.write(PASSPHRASE).await?;
        w.press("Enter").await?;
        w.see("view-workbench").await?;
        w.focused("empty-import").await?;
        self.done("created a vault; the keyboard is at what comes next")
            .await
    }

    async fn import(&mut self) -> anyhow::Result<()> {
        let w = &self.window;
        w.press("Enter").await?;
        w.focused("import-file").await?;
        w.press("Enter").await?;
        w.answer_dialog("Choose a file", &sample_env()).await?;
        w.shows_path("import-path", &sample_env()).await?;
        w.focused("import-project").await?;
        w.write("churn-model").await?;
        w.press("Enter").await?;
        w.focused("import-names").await?;
        w.reach("Tab", "import-all").await?;
        w.press("Space").await?;
        w.says("import-save", "Import 0 secrets").await?;
        w.press("Space").await?;
        w.says("import-save", "Import 28 secrets").await?;
        w.press("Ctrl+Enter").await?;
        w.gone("import-dialog").await?;
        w.see(&format!("row-{KEY}")).await?;
        w.focused("matrix").await?;
        self.done("imported a .env through the native dialog").await
    }

    async fn look_around(&mut self) -> anyhow::Result<()> {
        let w = &self.window;
        w.press("/").await?;
        w.focused("filter").await?;
        w.write("openai").await?;
        w.gone("row-DATABASE_URL").await?;
        w.press("Enter").await?;
        w.focused("matrix").await?;
        w.press("Enter").await?;
        w.says("inspector-name", KEY).await?;
        w.press("/").await?;
        w.focused("filter").await?;
        w.press("Escape").await?;
        w.see("row-DATABASE_URL").await?;
        w.press("Escape").await?;
        w.focused("matrix").await?;
        w.press("End").await?;
        w.says("inspector-name", "WINDOWS_PATH").await?;
        w.focused("matrix").await?;
        w.press("Escape").await?;
        w.gone("inspector").await?;
        w.focused("matrix").await?;

        w.press("Ctrl+k").await?;
        w.focused("palette-input").await?;
        w.write("openai").await?;
        w.see(&format!("palette-secret-{KEY}")).await?;
        w.press("Enter").await?;
        w.says("inspector-name", KEY).await?;
        w.focused("matrix").await?;

        w.press("?").await?;
        w.focused("shortcuts-close").await?;
        w.press("Escape").await?;
        w.gone("shortcuts").await?;
        w.focused("matrix").await?;
        self.done("filtered, walked the matrix, jumped from the palette")
            .await
    }

    async fn reveal_and_copy(&mut self) -> anyhow::Result<()> {
        let w = &self.window;
        w.reach("Tab", "reveal").await?;
        w.press("Enter").await?;
        w.says("value", FIRST).await?;
        w.focused("reveal").await?;
        w.press("Tab").await?;
        w.focused("copy").await?;
        w.press("Enter").await?;
        w.see("clipboard").await?;
        ensure!(clipboard()? == FIRST, "the clipboard holds the value");
        w.press("Ctrl+Shift+S").await?;
        w.gone("value").await?;
        w.focused("copy").await?;
        self.done("revealed, copied and hid the value").await
    }

    async fn rotate(&mut self) -> anyhow::Result<()> {
        let w = &self.window;
        w.reach("Tab", "rotate").await?;
        w.press("Enter").await?;
        w.focused("rotate-value").await?;
        w.write(SECOND).await?;
        w.reach("Tab", "rotate-submit").await?;
        w.press("Enter").await?;
        w.see("rotate-done").await?;
        w.focused("rotate-close").await?;
        w.press("Enter").await?;
        w.gone("rotate-dialog").await?;
        w.focused("rotate").await?;
        w.says("version-2", "current").await?;

        w.press("Enter").await?;
        w.focused("rotate-value").await?;
        // Round the dialog backwards, past its beginning.
        w.reach("Shift+Tab", "rotate-dialog-close").await?;
        w.press("Shift+Tab").await?;
        w.focused("rotate-cancel").await?;
        w.reach("Shift+Tab", "rotate-paste").await?;
        w.press("ArrowRight").await?;
        w.focused("rotate-generate").await?;
        w.press("Tab").await?;
        w.focused("shape-password").await?;
        w.press("ArrowRight").await?;
        w.focused("shape-hex").await?;
        w.press("Ctrl+Enter").await?;
        w.focused("rotate-close").await?;
        w.press("Enter").await?;
        w.gone("rotate-dialog").await?;
        w.focused("rotate").await?;
        w.says("version-3", "current").await?;

        w.reach("Tab", "restore-2").await?;
        w.press("Enter").await?;
        w.says("version-2", "current").await?;
        w.focused("versions").await?;
        self.done("rotated by paste and by generator, and restored")
            .await
    }

    async fn link(&mut self) -> anyhow::Result<()> {
        let project = self.machine.repository("churn")?;
        let file = project.join(".env");
        let w = &self.window;
        w.press("Ctrl+4").await?;
        w.focused("link-new").await?;
        w.press("Enter").await?;
        w.focused("link-folder").await?;
        w.press("Enter").await?;
        w.answer_dialog("Choose a folder", &project).await?;
        w.shows_path("link-folder-path", &project).await?;
        w.see("link-preview").await?;
        w.focused("link-folder").await?;
        w.reach("Tab", "link-gitignore").await?;
        w.press("Ctrl+Enter").await?;
        w.gone("link-dialog").await?;
        w.see("link-state-current").await?;
        w.focused("link-row-churn-model-dev").await?;
        let written = fs::read_to_string(&file)?;
        ensure!(written.contains(SECOND), "the restored value is written");

        fs::write(&file, written.replace(SECOND, "edited-by-somebody-else"))?;
        w.see("link-state-drifted").await?;
        w.see(&format!("drift-row-{KEY}")).await?;
        w.focused("link-row-churn-model-dev").await?;
        w.reach("Tab", "link-write").await?;
        w.press("Enter").await?;
        w.focused("confirm-overwrite-no").await?;
        w.press("Tab").await?;
        w.focused("confirm-overwrite-yes").await?;
        w.press("Enter").await?;
        w.see("link-state-current").await?;
        w.focused("link-write").await?;
        ensure!(
            fs::read_to_string(&file)?.contains(SECOND),
            "and written again once that was agreed to"
        );
        self.done("linked a folder, saw an edit as drift and settled it")
            .await
    }

    async fn audit(&mut self) -> anyhow::Result<()> {
        let w = &self.window;
        w.press("Ctrl+2").await?;
        w.focused("events").await?;
        w.press("ArrowDown").await?;
        w.press("Enter").await?;
        w.see("event-detail").await?;
        w.reach("Tab", "event-detail-close").await?;
        w.press("Enter").await?;
        w.gone("event-detail").await?;
        w.focused("events").await?;
        w.reach("Shift+Tab", "audit-verify").await?;
        w.press("Enter").await?;
        w.see("verified").await?;
        w.focused("audit-verify").await?;
        self.done("read an event, and verified the log").await
    }

    async fn unlink(&mut self) -> anyhow::Result<()> {
        let w = &self.window;
        w.press("Ctrl+4").await?;
        w.focused("link-row-churn-model-dev").await?;
        w.reach("Tab", "link-unlink").await?;
        w.press("Enter").await?;
        w.focused("confirm-unlink-no").await?;
        w.press("Tab").await?;
        w.press("Enter").await?;
        w.see("empty-links").await?;
        w.focused("link-new").await?;
        self.done("unlinked; the keyboard is at what is left").await
    }

    async fn lock(&mut self) -> anyhow::Result<()> {
        self.window.press("Ctrl+l").await?;
        self.window.follow().await?;
        let w = &self.window;
        w.focused("unlock-passphrase").await?;
        w.write("not the passphrase").await?;
        w.press("Enter").await?;
        w.see("unlock-error").await?;
        w.focused("unlock-passphrase").await?;
        w.write(PASSPHRASE).await?;
        w.press("Enter").await?;
        w.see(&format!("row-{KEY}")).await?;
        w.focused("matrix").await?;
        self.done("locked, mistyped, and unlocked").await
    }

    async fn done(&mut self, words: &str) -> anyhow::Result<()> {
        let name = words.split([' ', ',', ';']).next().unwrap_or(words);
        let path = self.window.picture(self.pictures, name).await?;
        self.witness.picture(&path);
        self.witness.step(words);
        Ok(())
    }
}
