//! The main job, end to end, in the real window: from an empty folder to a
//! rotated key in a project, with the audit to show for it.

use crate::{PASSPHRASE, cli::Cli, machine::Machine, sample_env, window::Window};
use anyhow::{Context as _, ensure};
use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Child, Stdio},
    time::{Duration, Instant},
};

pub(crate) const KEY: &str = "OPENAI_API_KEY";
pub(crate) const FIRST: &str = "sk-proj-Qm7vT2xLr9NdKe4BwYh8ZsUc1PfJg6Ra";
pub(crate) const SECOND: &str = "sk-proj-Second7vT2xLr9NdKe4BwYh8ZsUc1Pf";
/// A secret that a terminal stores while the window is open.
const FROM_TERMINAL: &str = "FROM_TERMINAL";
const THIRD: &str = "sk-proj-Third-7vT2xLr9NdKe4BwYh8ZsUc1Pf";
const FOURTH: &str = "sk-proj-Fourth7vT2xLr9NdKe4BwYh8ZsUc1Pf";
const NAMES: usize = 28;

/// Hears each step as it is done, and each picture as it is taken.
pub trait Witness {
    /// A step was done.
    fn step(&mut self, words: &str);
    /// A picture was taken.
    fn picture(&mut self, path: &Path);
}

/// A window manager for the test's display: dialogs get their focus from it.
pub struct WindowManager(Child);

impl WindowManager {
    /// Starts one; if one runs already it keeps the display and this one ends.
    pub fn start(machine: &Machine) -> anyhow::Result<Self> {
        let child = machine
            .command(Path::new("openbox"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("openbox is not installed: apt-get install openbox")?;
        Ok(Self(child))
    }
}

impl Drop for WindowManager {
    fn drop(&mut self) {
        // Ended already is what we want.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Walks the whole journey; fails with the step that did not hold.
pub async fn walk(pictures: &Path, witness: &mut dyn Witness) -> anyhow::Result<()> {
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
    journey.see().await?;
    journey.rotate().await?;
    let project = journey.link().await?;
    journey.drift(&project).await?;
    journey.audit().await?;
    journey.lock().await?;
    journey.restart(&project).await
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
        w.see("view-create").await?;
        self.shot("1-create-empty").await?;
        let w = &self.window;
        w.fill("create-passphrase", PASSPHRASE).await?;
        w.says("strength", "to guess").await?;
        w.fill("create-again", "something else").await?;
        w.press("Tab").await?;
        w.see("create-mismatch").await?;
        w.fill("create-again", PASSPHRASE).await?;
        self.shot("1-create").await?;
        self.window.click("create-submit").await?;
        self.window.see("view-workbench").await?;
        self.window.says("kdf-note", "Each guess costs").await?;
        let vault = self.machine.vault();
        let mode = |path: &Path| anyhow::Ok(fs::metadata(path)?.permissions().mode() & 0o777);
        ensure!(mode(&vault)? == 0o700, "the vault's folder is private");
        for entry in fs::read_dir(&vault)? {
            let path = entry?.path();
            ensure!(mode(&path)? == 0o600, "{} is private", path.display());
        }
        self.shot("1-created").await?;
        self.done("created a vault with a passphrase, folder 0700, files 0600");
        Ok(())
    }

    async fn import(&mut self) -> anyhow::Result<()> {
        let w = &self.window;
        w.click("empty-import").await?;
        w.click("import-file").await?;
        w.answer_dialog("Choose a file", &sample_env()).await?;
        w.shows_path("import-path", &sample_env()).await?;
        w.fill("import-project", "churn-model").await?;
        w.fill("import-environment", "dev").await?;
        self.shot("2-import-source").await?;
        let w = &self.window;
        w.click("import-preview").await?;
        w.see("import-preview-view").await?;
        w.says(&format!("import-row-{KEY}"), "OpenAI API key")
            .await?;
        w.says("import-row-DATABASE_URL", "Database URL").await?;
        w.says("import-row-DEPLOY_KEY", "Private key").await?;
        w.says("import-row-GCP_SERVICE_ACCOUNT", "JSON credential")
            .await?;
        self.shot("2-import-preview").await?;
        let w = &self.window;
        w.click("import-save").await?;
        w.gone("import-dialog").await?;
        w.see(&format!("row-{KEY}")).await?;
        w.says("secret-count", &NAMES.to_string()).await?;
        self.shot("3-workbench").await?;
        self.done("imported 28 names of a real .env from a native dialog, previewed first");
        Ok(())
    }

    async fn see(&mut self) -> anyhow::Result<()> {
        let w = &self.window;
        w.press("/").await?;
        w.fill("filter", "openai").await?;
        w.gone("row-DATABASE_URL").await?;
        w.see(&format!("row-{KEY}")).await?;
        w.click(&format!("row-{KEY}")).await?;
        w.says("inspector-name", KEY).await?;
        w.click("filter").await?;
        w.press("Escape").await?;
        w.see("row-DATABASE_URL").await?;
        w.says("inspector-name", KEY).await?;
        w.see("value-masked").await?;
        ensure!(
            !self.page().await?.contains(FIRST),
            "a value shows before it is revealed"
        );
        let w = &self.window;
        w.click("copy").await?;
        let copied = Instant::now();
        w.see("clipboard").await?;
        ensure!(clipboard()? == FIRST, "the clipboard holds the value");
        ensure!(
            !self.page().await?.contains(FIRST),
            "copying goes past the page"
        );
        let w = &self.window;
        w.click("reveal").await?;
        let revealed = Instant::now();
        w.says("value", FIRST).await?;
        self.shot("3-revealed").await?;
        tokio::time::sleep(Duration::from_secs(18).saturating_sub(revealed.elapsed())).await;
        ensure!(
            self.page().await?.contains(FIRST),
            "a value is shown for 20 s"
        );
        self.window.gone("value").await?;
        let shown = revealed.elapsed();
        ensure!(
            shown < Duration::from_secs(23),
            "and hidden then, not after {shown:?}"
        );
        ensure!(
            !self.page().await?.contains(FIRST),
            "nothing of it is left on the page"
        );
        tokio::time::sleep(Duration::from_secs(28).saturating_sub(copied.elapsed())).await;
        ensure!(clipboard()? == FIRST, "the clipboard holds it for 30 s");
        self.window
            .until("the clipboard is empty", || async {
                Ok(clipboard().unwrap_or_default() != FIRST)
            })
            .await?;
        self.done("searched, revealed for 20 s, copied for 30 s past the web view");
        Ok(())
    }

    async fn rotate(&mut self) -> anyhow::Result<()> {
        self.rotate_to(SECOND).await?;
        let w = &self.window;
        w.says("version-2", "current").await?;
        w.says("version-1", "previous").await?;
        w.click("restore-1").await?;
        w.says("version-1", "current").await?;
        w.says("version-2", "previous").await?;
        self.shot("4-restored").await?;
        self.rotate_to(THIRD).await?;
        self.window.says("version-3", "current").await?;
        self.done("rotated by hand, restored the previous value, rotated again");
        Ok(())
    }

    async fn rotate_to(&mut self, value: &str) -> anyhow::Result<()> {
        let w = &self.window;
        w.click("rotate").await?;
        w.fill("rotate-value", value).await?;
        w.click("rotate-submit").await?;
        w.see("rotate-done").await?;
        self.shot("4-rotated").await?;
        self.window.click("rotate-close").await?;
        self.window.gone("rotate-dialog").await
    }

    async fn link(&mut self) -> anyhow::Result<PathBuf> {
        let project = self.machine.repository("churn")?;
        let file = project.join(".env");
        fs::write(
            &file,
            "# mine\nMY_OWN=untouched # stays\n\nLOG_LEVEL=warning\n",
        )?;
        let w = &self.window;
        w.click("nav-disk").await?;
        w.click("link-new").await?;
        w.click("link-folder").await?;
        w.answer_dialog("Choose a folder", &project).await?;
        w.shows_path("link-folder-path", &project).await?;
        w.see("link-preview").await?;
        w.see("link-gitignore").await?;
        self.shot("5-link").await?;
        let w = &self.window;
        w.click("link-submit").await?;
        w.gone("link-dialog").await?;
        w.see("link-state-current").await?;
        let text = fs::read_to_string(&file)?;
        ensure!(
            text.starts_with("# mine\nMY_OWN=untouched # stays\n\nLOG_LEVEL=info\n"),
            "comments, order and foreign keys stay: {}",
            first_lines(&text)
        );
        ensure!(text.contains(THIRD), "the current value is there");
        ensure!(
            fs::metadata(&file)?.permissions().mode() & 0o777 == 0o600,
            "mode 0600"
        );
        ensure!(
            fs::read_to_string(project.join(".gitignore"))?.contains("/.env"),
            "git ignores it"
        );
        self.shot("5-linked").await?;
        self.done("linked a folder: written 0600, foreign lines kept, .gitignore added to");
        Ok(project)
    }

    async fn drift(&mut self, project: &Path) -> anyhow::Result<()> {
        let file = project.join(".env");
        self.open_key().await?;
        self.rotate_to(FOURTH).await?;
        ensure!(
            fs::read_to_string(&file)?.contains(FOURTH),
            "a rotation rewrites the file at once"
        );
        self.window.see("exposure-linked").await?;
        self.shot("5-exposures").await?;

        self.window.click("nav-disk").await?;
        self.window.see("link-state-current").await?;
        let edited = fs::read_to_string(&file)?.replace(FOURTH, "sk-proj-edited-by-somebody-else");
        fs::write(&file, &edited)?;
        let start = Instant::now();
        self.window.see("link-state-drifted").await?;
        let took = start.elapsed();
        ensure!(
            took < Duration::from_secs(2),
            "drift shows within 2 s, not {took:?}"
        );
        self.window.click("link-row-churn-model-dev").await?;
        self.window.see(&format!("drift-row-{KEY}")).await?;
        ensure!(
            !self.page().await?.contains("edited-by-somebody"),
            "the diff is masked"
        );
        self.shot("5-drift").await?;

        self.open_key().await?;
        self.rotate_to(SECOND).await?;
        ensure!(
            fs::read_to_string(&file)? == edited,
            "an edited file is never overwritten silently"
        );
        let w = &self.window;
        w.click("nav-disk").await?;
        w.click("link-row-churn-model-dev").await?;
        w.click("link-write").await?;
        w.click("confirm-overwrite-yes").await?;
        w.see("link-state-current").await?;
        ensure!(
            fs::read_to_string(&file)?.contains(SECOND),
            "written again once somebody agreed"
        );
        self.done(&format!(
            "rotation landed in the file; an edit showed as drift in {} ms and was not overwritten",
            took.as_millis()
        ));
        Ok(())
    }

    async fn audit(&mut self) -> anyhow::Result<()> {
        let w = &self.window;
        w.click("nav-audit").await?;
        w.see("events").await?;
        let actions =
            "return [...document.querySelectorAll('[data-action]')].map(e => e.dataset.action)";
        let seen = w.script(actions).await?.to_string();
        for action in [
            "vault_created",
            "project_created",
            "imported",
            "value_revealed",
            "value_copied",
            "value_rotated",
            "value_restored",
            "linked",
            "link_written",
            "drift_found",
            "gitignore_added",
        ] {
            ensure!(seen.contains(action), "{action} is in the audit: {seen}");
        }
        w.click("audit-verify").await?;
        w.see("verified").await?;
        self.shot("6-audit").await?;
        self.done("every step is in the audit, which verifies");
        Ok(())
    }

    async fn lock(&mut self) -> anyhow::Result<()> {
        let before = self.window.web_processes();
        ensure!(!before.is_empty(), "the window has a web process");
        let cli = Cli::new(self.machine)?;
        // The window holds the vault, and answers the terminal.
        ensure!(
            cli.ok(&["get", KEY])?.text() == SECOND,
            "the terminal asks the window"
        );
        cli.ok_with(&["set", FROM_TERMINAL], b"set beside the window")?;
        self.window.click("nav-workbench").await?;
        let start = Instant::now();
        self.window.see(&format!("row-{FROM_TERMINAL}")).await?;
        ensure!(
            start.elapsed() < Duration::from_secs(2),
            "the window follows at once"
        );
        self.window.press("Ctrl+l").await?;
        self.window.follow().await?;
        self.window
            .until("the old web process ended", || async {
                let now = self.window.web_processes();
                Ok(before.iter().all(|pid| !now.contains(pid)))
            })
            .await?;
        self.shot("7-locked").await?;
        ensure!(
            cli.ok(&["get", KEY])?.text() == SECOND,
            "the terminal reads what the window wrote"
        );
        let w = &self.window;
        w.fill("unlock-passphrase", "not the passphrase").await?;
        w.click("unlock-submit").await?;
        w.says(
            "unlock-error",
            "the passphrase is wrong or the file was changed",
        )
        .await?;
        self.shot("7-wrong-passphrase").await?;
        self.unlock().await?;
        let w = &self.window;
        w.click("nav-audit").await?;
        let failed = "return !!document.querySelector('[data-action=unlock_failed]')";
        w.until("the wrong passphrase is in the audit", || async {
            Ok(w.script(failed).await?.as_bool() == Some(true))
        })
        .await?;
        self.done(
            "a terminal asked the window; locked by Ctrl-L into a fresh web process; a wrong passphrase is one error, counted",
        );
        Ok(())
    }

    async fn restart(&mut self, project: &Path) -> anyhow::Result<()> {
        // The first app ends before the second wants the vault.
        self.window.end();
        self.window = Window::open(self.machine, &[]).await?;
        self.window.see("view-unlock").await?;
        self.unlock().await?;
        self.window.see(&format!("row-{KEY}")).await?;
        self.window.click("nav-disk").await?;
        self.window.see("link-state-current").await?;
        ensure!(
            fs::read_to_string(project.join(".env"))?.contains(SECOND),
            "the file is as it was"
        );
        self.done("after a restart everything is there");
        Ok(())
    }

    async fn unlock(&self) -> anyhow::Result<()> {
        let w = &self.window;
        w.fill("unlock-passphrase", PASSPHRASE).await?;
        w.click("unlock-submit").await?;
        w.see("shell").await?;
        w.see("view-workbench").await?;
        Ok(())
    }

    async fn open_key(&self) -> anyhow::Result<()> {
        self.window.click("nav-workbench").await?;
        self.window.click(&format!("row-{KEY}")).await?;
        self.window.says("inspector-name", KEY).await
    }

    async fn page(&self) -> anyhow::Result<String> {
        let html = self
            .window
            .script("return document.documentElement.outerHTML")
            .await?;
        Ok(html.as_str().unwrap_or_default().to_owned())
    }

    async fn shot(&mut self, name: &str) -> anyhow::Result<()> {
        let path = self.window.picture(self.pictures, name).await?;
        self.witness.picture(&path);
        Ok(())
    }

    fn done(&mut self, words: &str) {
        self.witness.step(words);
    }
}

pub(crate) fn clipboard() -> anyhow::Result<String> {
    Ok(arboard::Clipboard::new()?.get_text().unwrap_or_default())
}

fn first_lines(text: &str) -> String {
    text.lines().take(4).collect::<Vec<_>>().join(" | ")
}
